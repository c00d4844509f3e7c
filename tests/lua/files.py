#!/usr/bin/env python3
"""Writes the small binary files of tests/data/files, with numpy (2.4 wrote
those that are there).

    python3 tests/lua/files.py tests/data/files
"""
import io
import struct
import sys
import zipfile

import numpy as np

folder = sys.argv[1]
X = np.array([[1.5, -2], [3, 0.25], [-0.0, 1e300]])
y = np.array([0, 1, 0])


def npy(array, **options):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, **options)
    return stream.getvalue()


def put(name, data):
    with open(f"{folder}/{name}", "wb") as file:
        file.write(data)


def header(text, version=1, size=None):
    data = text.encode("latin-1")
    width = "<H" if version == 1 else "<I"
    return (b"\x93NUMPY" + bytes([version, 0])
            + struct.pack(width, len(data) if size is None else size) + data)


def dictionary(descr="'<f8'", order="False", shape="(3, 2)"):
    return (f"{{'descr': {descr}, 'fortran_order': {order}, "
            f"'shape': {shape}, }}\n")


good = npy(X)
put("x.npy", good)
put("y.npy", npy(y))
put("fortran.npy", npy(np.asfortranarray(X)))
put("big_endian.npy", npy(X.astype(">f8")))
put("version2.npy", npy(X, version=(2, 0)))
put("version3.npy", npy(X, version=(3, 0)))
put("float16.npy", npy(X[:2].astype("f2")))
put("rows0.npy", npy(X[:0]))
put("scalar.npy", npy(np.array(1.5)))
put("aligned16.npy", header(dictionary().strip() + " " * 3 + "\n")
    + X.tobytes())
put("nan.npy", npy(np.array([[1.0, np.nan], [2, 3], [np.nan, np.nan]])))
put("inf.npy", npy(np.array([[1.0, 2], [2, -np.inf], [3, 4]])))
put("big_integers.npy", npy(np.array([[1, 2], [3, 2 ** 53 + 2]])))
put("dimensions3.npy", npy(np.zeros((2, 2, 2))))
put("objects.npy", npy(np.array([[1, None]], dtype=object), allow_pickle=True))
put("text.npy", npy(np.array([["a", "b"]])))
put("times.npy", npy(np.array([["2020-01-01"]], dtype="M8[D]")))
put("complex.npy", npy(X.astype("c16")))
put("long_double.npy", header(dictionary("'<f16'")) + bytes(96))
put("records.npy", npy(np.zeros(2, dtype=[("a", "f8"), ("b", "i4")])))
put("truncated_header.npy", good[:40])
put("truncated.npy", good[:-1])
put("longer.npy", good + b"\0")
put("version9.npy", good[:6] + b"\x09" + good[7:])
put("no_shape.npy", header("{'descr': '<f8', 'fortran_order': False, }\n"))
put("header_length.npy", header(dictionary(), 2, 0xFFFFFFF0))
put("overflow.npy", header(dictionary(shape="(4611686018427387904, 8)")))
put("no_columns.npy", header(dictionary(shape="(4611686018427387904, 0)")))
put("overflow_digits.npy", header(dictionary(shape="(" + "9" * 40 + ", 1)")))

np.savez(f"{folder}/good.npz", X=X, y=y, weights=[1, 2, 3.5], groups=[7, 7, 9])
np.savez_compressed(f"{folder}/deflated.npz", x=X, y=y)
np.savez_compressed(f"{folder}/data_target.npz", data=np.tile(X, (200, 1)),
                    target=np.tile(y, 200))
np.savez(f"{folder}/two.npz", labels=y, rows=X)
np.savez(f"{folder}/three.npz", a=X, b=y, c=y)
with open(f"{folder}/good.npz", "rb") as file:
    stored = file.read()
with open(f"{folder}/deflated.npz", "rb") as file:
    deflated = file.read()
put("truncated.npz", stored[:-30])
at = stored.index(b"\x93NUMPY") + 130
put("crc.npz", stored[:at] + bytes([stored[at] ^ 1]) + stored[at + 1:])
at = deflated.index(b"x.npy") + len("x.npy") + 20
put("damaged.npz", deflated[:at + 30] + b"\xFF\xFF" + deflated[at + 32:])
# The directory says another size than the bytes have.
at = deflated.index(b"PK\1\2") + 24
put("lying.npz", deflated[:at] + struct.pack("<I", 240) + deflated[at + 4:])
put("bomb.npz", deflated[:at] + struct.pack("<I", 2 ** 31) + deflated[at + 4:])
at = stored.index(b"PK\1\2") + 42
put("offset.npz", stored[:at] + struct.pack("<I", 2 ** 31) + stored[at + 4:])
stream = io.BytesIO()
with zipfile.ZipFile(stream, "w") as file:
    file.writestr(zipfile.ZipInfo("readme.txt"), "no array")
put("no_arrays.zip", stream.getvalue())
