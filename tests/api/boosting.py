#!/usr/bin/env python3
"""Boosts trees with a loss of libneap.so as the objective, and with the same
loss written in NumPy: the trees must be the same.

    python3 tests/api/boosting.py build/libneap.so

Ends with 77 where numpy or xgboost is missing. The part up to "booster" is the
recipe of docs/losses.md.
"""
import ctypes
import json
import sys

try:
    import numpy as np
    import xgboost
except ImportError as error:
    print(error)
    sys.exit(77)

lib = ctypes.CDLL(sys.argv[1])
lib.neap_new.restype = lib.neap_loss_find.restype = ctypes.c_void_p
engine = ctypes.c_void_p(lib.neap_new(None, None))
focal = ctypes.c_void_p(lib.neap_loss_find(engine, b"focal"))
params = (ctypes.c_double * 3)(2, 0.25, 0)  # gamma, alpha, soft
POSITIVE = 1  # NEAP_HESSIAN_POSITIVE: trees want a Hessian that is not negative


def objective(logits, data):
    x, y = logits.astype(float), data.get_label().astype(float)
    g, h = np.empty_like(x), np.empty_like(x)
    pointers = (a.ctypes.data_as(ctypes.c_void_p) for a in (x, y, g, h))
    status = lib.neap_loss_derivatives(focal, params, POSITIVE,
                                       ctypes.c_size_t(x.size), *pointers, None)
    assert status == 0, status
    return g, h


def written(logits, data, gamma=2.0, alpha=0.25):
    """The focal loss's gradient and the positive part of its Hessian."""
    x, y = logits.astype(float), data.get_label().astype(float)
    s = 2 * y - 1
    p, q = 1 / (1 + np.exp(-s * x)), 1 / (1 + np.exp(s * x))
    log_p = -np.logaddexp(0, -s * x)
    w = np.where(y == 1, alpha, 1 - alpha) * q ** gamma
    g = -s * w * (q - gamma * p * log_p)
    return g, w * p * ((1 + 2 * gamma) * q - gamma ** 2 * p * log_p)


def grow(data, f):
    booster = xgboost.train({"max_depth": 4, "eta": 0.3, "base_score": 0.5,
                             "tree_method": "exact", "nthread": 1},
                            data, num_boost_round=20, obj=f)
    return [json.loads(tree) for tree in booster.get_dump(dump_format="json")]


def compare(a, b):
    """The splits are the same, and the leaves but for float32's rounding."""
    if "leaf" in a:
        assert abs(a["leaf"] - b["leaf"]) <= 1e-5 * (1 + abs(b["leaf"])), (a, b)
        return 1
    for key in ("split", "split_condition", "yes", "no"):
        assert a[key] == b[key], (a, b)
    return sum(compare(x, y) for x, y in zip(a["children"], b["children"]))


random = np.random.default_rng(1)
rows = random.normal(size=(4000, 6))
score = rows[:, 0] * rows[:, 1] + rows[:, 2] - 2.5
labels = (score + random.logistic(size=4000) * 0.5 > 0).astype(float)
matrix = xgboost.DMatrix(rows, labels)
ours, theirs = grow(matrix, objective), grow(matrix, written)
assert len(ours) == len(theirs) == 20
leaves = sum(compare(a, b) for a, b in zip(ours, theirs))
assert leaves > 100, leaves
print(f"xgboost {xgboost.__version__}: 20 trees, {leaves} leaves, the same")
