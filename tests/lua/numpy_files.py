#!/usr/bin/env python3
"""numpy reads what neap writes, and neap reads what numpy writes: every type,
order, byte order and version; and numbers as Python's float reads them.

    python3 tests/lua/numpy_files.py build/neap

Ends with 77 where numpy is missing.
"""
import os
import random
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError as error:
    print(error)
    sys.exit(77)

program = os.path.abspath(sys.argv[1])
random.seed(3)
numbers = np.random.default_rng(3)


def run(script, folder):
    path = os.path.join(folder, "script.lua")
    with open(path, "w") as file:
        file.write('local neap = require "neap"\n' + script)
    done = subprocess.run([program, path], cwd=folder, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def arrays():
    """Every type and layout, with values at the ends of the ranges."""
    for kind in ["b1", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2",
                 "f4", "f8"]:
        for shape in [(), (0,), (1,), (7,), (0, 3), (1, 1), (5, 1), (1, 6),
                      (4, 3)]:
            if kind == "b1":
                base = numbers.integers(0, 2, shape).astype(bool)
            elif kind[0] in "iu":
                ends = np.iinfo(kind)
                low = max(ends.min, -2 ** 53)
                high = min(ends.max, 2 ** 53)
                base = numbers.integers(low, high, shape, endpoint=True,
                                        dtype=kind)
            else:
                # Bits at random, but for what is no number.
                size = np.dtype(kind).itemsize
                base = numbers.integers(0, 2 ** (8 * size - 1), shape,
                                        dtype="u8").astype(f"u{size}")
                base = np.asarray(base).view(kind)
                base = np.where(np.isfinite(base), base, 0).astype(kind)
            for order in "CF":
                for byte in "<>":
                    yield np.asarray(base, order=order).astype(
                        np.dtype(kind).newbyteorder(byte), order=order)


def check_reading(folder):
    count, script = 0, []
    wanted = []
    for array in arrays():
        for version in [(1, 0), (2, 0), (3, 0)]:
            path = os.path.join(folder, f"{count}.npy")
            with open(path, "wb") as file:
                np.lib.format.write_array(file, array, version=version)
            wanted.append(array)
            count += 1
    script = f"""
      for i = 0, {count - 1} do
        local a = assert(neap.data.read_array(i .. ".npy"))
        local n, m = a:shape()
        local file = assert(io.open(i .. ".out", "wb"))
        file:write(a:dtype(), " ", n, " ", m or -1, "\\n", a:tobytes())
        file:close()
      end
    """
    run(script, folder)
    for i, array in enumerate(wanted):
        with open(os.path.join(folder, f"{i}.out"), "rb") as file:
            dtype, rows, columns = file.readline().split()
            got = np.frombuffer(file.read(), dtype.decode())
        shape = array.shape if array.ndim else (1,)
        assert int(rows) == shape[0], (array.dtype, array.shape)
        assert int(columns) == (shape[1] if array.ndim == 2 else -1)
        assert got.size == array.size
        same = got.reshape(shape).astype("f8") == array.astype("f8")
        assert same.all(), (array.dtype, array, got)
        signs = np.signbit(got.reshape(shape)) == np.signbit(
            array.astype("f8").reshape(shape))
        assert signs.all(), array
    return count


def check_writing(folder):
    x = numbers.normal(size=(500, 4)) * 10.0 ** numbers.integers(-300, 300,
                                                                 (500, 4))
    y = numbers.integers(0, 3, 500)
    weights = numbers.random(500)
    groups = numbers.integers(0, 40, 500)
    for save in (np.savez, np.savez_compressed):
        save(os.path.join(folder, "in.npz"), X=x, y=y, weights=weights,
             groups=groups)
        run("""
          local d = assert(neap.data.read("in.npz"))
          assert(d:write("out.npz"))
          assert(d:write("out.csv"))
          local g = neap.data.gaussians { n = 100, features = 3, prior = 0.3 }
          assert(g:write("g.npz"))
        """, folder)
        with np.load(os.path.join(folder, "out.npz")) as out:
            assert sorted(out.files) == ["X", "groups", "weights", "y"]
            assert out["X"].dtype == "f8" and (out["X"] == x).all()
            assert out["y"].dtype == "i4" and (out["y"] == y).all()
            assert (out["weights"] == weights).all()
            for i in range(500):  # numbered anew, but the same groups
                assert ((out["groups"] == out["groups"][i])
                        == (groups == groups[i])).all()
    with np.load(os.path.join(folder, "g.npz")) as out:
        assert sorted(out.files) == ["X", "truth", "y"]
        assert out["X"].dtype == "f4" and out["X"].shape == (100, 3)
        assert out["truth"].dtype == "f8"
    table = np.genfromtxt(os.path.join(folder, "out.csv"), delimiter=",",
                          names=True)
    assert table.dtype.names == ("x1", "x2", "x3", "x4", "y", "weight",
                                 "group")
    for j in range(4):
        assert (table[f"x{j + 1}"] == x[:, j]).all()
    assert (table["y"] == y).all() and (table["weight"] == weights).all()


def number():
    """A number as files have them, some of them hard to round."""
    kind = random.randrange(6)
    if kind == 0:
        bits = random.getrandbits(64)
        value = struct.unpack("<d", struct.pack("<Q", bits))[0]
        return repr(value) if value - value == 0 else "0"
    if kind == 1:
        return f"{random.gauss(0, 1):.{random.randrange(1, 25)}f}"
    if kind == 2:
        return f"{random.gauss(0, 1):.{random.randrange(1, 25)}e}"
    if kind == 3:
        return str(random.randrange(10 ** random.randrange(1, 40)))
    if kind == 4:  # halfway between two doubles
        return str((2 ** 53 + 2 * random.randrange(2 ** 52)) + 1)
    return repr(random.random())


def check_numbers(folder):
    texts = [[number() for _ in range(5)] for _ in range(20000)]
    with open(os.path.join(folder, "n.csv"), "w") as file:
        file.write("a,b,c,d,e,y\n")
        for i, row in enumerate(texts):
            file.write(",".join(row) + f",{i % 2}\n")
    run("""
      local d = assert(neap.data.read("n.csv", { target = "y" }))
      local file = assert(io.open("n.out", "wb"))
      file:write(d.x:tobytes())
      file:close()
    """, folder)
    got = np.fromfile(os.path.join(folder, "n.out")).view("u8")
    wanted = np.array([float(t) for row in texts for t in row]).view("u8")
    wrong = np.flatnonzero(got != wanted)
    assert wrong.size == 0, [texts[i // 5][i % 5] for i in wrong[:5]]


with tempfile.TemporaryDirectory() as folder:
    count = check_reading(folder)
    check_writing(folder)
    check_numbers(folder)
print(f"numpy {np.__version__}: {count} arrays, 100,000 numbers, the same")
