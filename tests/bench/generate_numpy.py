"""The rows of generate_bench.c by numpy: a fill, labels, and the shift or the
product with the covariance's factor. No truth."""
import os

os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy  # noqa: E402
from peer import seconds, show  # noqa: E402

ROWS, FEATURES = 1000000, 32
NAME = f"numpy {numpy.__version__}"
random = numpy.random.default_rng(1)
x = numpy.empty((ROWS, FEATURES), dtype=numpy.float32)
stretched = numpy.empty_like(x)
half = numpy.float32(1 / FEATURES**0.5)
factor = numpy.linalg.cholesky(
    numpy.cov(random.random((FEATURES, 1000)))).astype(numpy.float32)


def shift(rows):
    y = random.random(ROWS) < 0.1
    rows += numpy.where(y, half, -half)[:, None]
    return y


def gaussians():
    random.standard_normal(dtype=numpy.float32, out=x)
    return x, shift(x)


def stretch():
    random.standard_normal(dtype=numpy.float32, out=x)
    numpy.matmul(x, factor.T, out=stretched)
    return stretched, shift(stretched)


show(NAME, "gaussians, 1 M x 32", seconds(gaussians))
show(NAME, "gaussians, condition 100, 1 M x 32", seconds(stretch))
