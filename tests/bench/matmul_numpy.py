"""The two products of matmul_bench.c by OpenBLAS, as numpy brings it."""
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"
if os.environ.get("NEAP_ISA") == "avx2":
    os.environ["OPENBLAS_CORETYPE"] = "Haswell"

import numpy  # noqa: E402
from peer import seconds, show  # noqa: E402

blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
NAME = f"OpenBLAS {blas['version']}"
random = numpy.random.default_rng(1)


def measure(name, m, k, n):
    a = random.random((m, k), dtype=numpy.float32)
    b = random.random((k, n), dtype=numpy.float32)
    c = numpy.empty((m, n), dtype=numpy.float32)
    spent = seconds(lambda: numpy.matmul(a, b, out=c))
    show(NAME, f"{name}, {m} x {k} x {n}", 2e-9 * m * n * k / spent)


measure("forward", 128, 32, 1024)
measure("gradient", 128, 1024, 32)
