"""Metrics of scikit-learn, a loop over the columns or draws. Of the 121 columns
2 are timed and of the 2,000 draws 20, and the rest taken to cost the same."""
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"
try:
    import numpy as np
    import sklearn
    from sklearn.metrics import (average_precision_score, log_loss,
                                 roc_auc_score)
except ImportError as error:
    print(f"metrics: no peer: {error}", file=sys.stderr)
    sys.exit(0)

from peer import show

ROWS, COLUMNS, DRAWS, TIMED_COLUMNS, TIMED_DRAWS = 100000, 121, 2000, 2, 20
peer = f"scikit-learn {sklearn.__version__}"
rng = np.random.default_rng(1)
y = (rng.random(ROWS) < 0.01).astype(int)
scores = rng.normal(size=(TIMED_COLUMNS, ROWS)) + 2 * y


def columns(all_scores):
    start = time.perf_counter()
    for s in all_scores:
        average_precision_score(y, s)
        roc_auc_score(y, s)
        log_loss(y, 1 / (1 + np.exp(-s)))
    return (time.perf_counter() - start) / len(all_scores) * COLUMNS


def draws():
    s = scores[0]
    start = time.perf_counter()
    for _ in range(TIMED_DRAWS):
        rows = rng.integers(0, ROWS, ROWS)
        average_precision_score(y[rows], s[rows])
    return (time.perf_counter() - start) / TIMED_DRAWS * DRAWS


columns(scores)  # once to warm up
show(peer, "AP, AUC, log loss of 121 columns", columns(scores))
show(peer, "2,000 bootstrap draws of AP", draws())
show(peer, "the same of float32", columns(scores.astype(np.float32)))
