#!/usr/bin/env python3
"""Compares every metric with scikit-learn to 1e-12: random scores with ties,
weights, classes without rows, 3 to 30 classes.

    python3 tests/metric/against_sklearn.py build/neap

Ends with 77 where scikit-learn is missing. What scikit-learn lacks is written
out here in NumPy, by definition.
"""
import os
import subprocess
import sys
import tempfile
import warnings

try:
    import numpy as np
    import sklearn
    from sklearn import isotonic, metrics as sk
except ImportError as error:
    print(error)
    sys.exit(77)

warnings.filterwarnings("ignore")
program, checks = sys.argv[1], []
FROM = {"from": "probabilities"}


def lua(x):
    """A number, list or dictionary as Lua source."""
    if isinstance(x, str):
        return '"%s"' % x
    if isinstance(x, (bool, np.bool_)):
        return str(x).lower()
    if isinstance(x, dict):
        return "{%s}" % ",".join(f"{k}={lua(v)}" for k, v in x.items())
    if np.ndim(x) > 0:
        return "{%s}" % ",".join(lua(v) for v in x)
    if x is None:
        return "nil"
    return "%.17g" % x


def check(function, *arguments, wanted):
    """Adds a call of neap.metric and what it must give: numbers, with NaN for
    what has no value."""
    call = "metric.%s(%s)" % (function, ",".join(lua(a) for a in arguments))
    checks.append((call, np.ravel(np.asarray(wanted, float))))


def run():
    lines = ['local neap = require "neap"', "local metric = neap.metric",
             "local function show(x)",
             '  if x == nil then return "nan" end',
             '  if type(x) == "number" then return ("%.17g"):format(x) end',
             "  local parts, n, m = {}, x:shape()",
             "  for i = 1, n do",
             "    for j = 1, m or 1 do",
             "      local number = m and x:row(i)[j] or not m and x[i]",
             '      parts[#parts + 1] = ("%.17g"):format(number)',
             "    end", "  end", '  return table.concat(parts, " ")', "end"]
    lines += [f"print(show(({call})))" for call, _ in checks]
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "calls.lua")
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(lines))
        output = subprocess.run([program, path], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
    failures = 0
    for (call, wanted), line in zip(checks, output.splitlines(), strict=True):
        got = np.array([float(x) for x in line.split()])
        same = got.shape == wanted.shape and np.all(
            (np.isnan(got) & np.isnan(wanted))
            | (got == wanted)
            | (np.abs(got - wanted) <= 1e-12 * np.maximum(1, np.abs(wanted))))
        if not same:
            failures += 1
            print(f"{call[:60]}...{call[-60:]}: {got}, wanted {wanted}")
    print(f"scikit-learn {sklearn.__version__}: {len(checks)} values or lists, "
          f"{failures} differ")
    sys.exit(failures > 0)


# ------------------------------------------------------------------- binary

def roc_points(y, s, w):
    fpr, tpr, _ = sk.roc_curve(y, s, sample_weight=w, drop_intermediate=False)
    return fpr, tpr


def at_k(y, s, k):
    """The mean of positives in the first k rows over random orders of ties."""
    cut = np.sort(s)[::-1][k - 1]
    above, beside = s > cut, s == cut
    return y[above].sum() + y[beside].mean() * (k - above.sum())


def bins_of(p, y, w, count, scheme):
    if scheme == "equal_width":
        edges = np.arange(count + 1) / count
        place = np.maximum(np.searchsorted(edges, p, side="left") - 1, 0)
    else:  # by the middle of each block of equal p, from the largest down
        place = np.zeros(len(p), int)
        for value in np.unique(p):
            middle = w[p > value].sum() + w[p == value].sum() / 2
            place[p == value] = min(int(middle / w.sum() * count), count - 1)
    for bin in np.unique(place):
        here = place == bin
        if w[here].sum() > 0:
            yield (w[here].sum(), np.average(p[here], weights=w[here]),
                   np.average(y[here], weights=w[here]))


def check_calibration(p, y, w, o):
    weights = np.ones(len(y)) if w is None else w
    for scheme in ("equal_mass", "equal_width"):
        all_bins = list(bins_of(p, y, weights, 10, scheme))
        errors = [(n, abs(share - mean)) for n, mean, share in all_bins]
        more = {**o, "bins": 10, "scheme": scheme}
        check("ece", p, y, w, more,
              wanted=sum(n * e for n, e in errors) / weights.sum())
        check("mce", p, y, w, more, wanted=max(e for _, e in errors))
        check("reliability_curve", p, y, w, more, wanted=0)
        checks[-1] = (checks[-1][0] + ".probability", np.array(
            sorted(mean for _, mean, _ in all_bins)))


def check_ranks(s, y, w):
    check("average_precision", s, y, w,
          wanted=sk.average_precision_score(y, s, sample_weight=w))
    check("roc_auc", s, y, w, wanted=sk.roc_auc_score(y, s, sample_weight=w))
    for m in (0.05, 0.3, 1):
        check("partial_auc", s, y, w, {"max_fpr": m},
              wanted=sk.roc_auc_score(y, s, sample_weight=w, max_fpr=m))
    fpr, tpr = roc_points(y, s, w)
    check("ks", s, y, w, wanted=np.abs(tpr - fpr).max())
    for r in (0.2, 0.5, 1):
        check("fpr_at_recall", s, y, w, {"recall": r},
              wanted=fpr[tpr >= r - 1e-14].min())
    precision, recall, _ = sk.precision_recall_curve(y, s, sample_weight=w)
    for least in (0.3, 0.6):
        check("recall_at_precision", s, y, w, {"precision": least},
              wanted=recall[:-1][precision[:-1] >= least].max(initial=0))
    for k in (1, 7, len(y) // 2) if w is None else ():
        check("precision_at_k", s, y, w, {"k": k}, wanted=at_k(y, s, k) / k)
        check("recall_at_k", s, y, w, {"k": k}, wanted=at_k(y, s, k) / y.sum())


def check_curves(s, y, w):
    fpr, tpr, at = sk.roc_curve(y, s, sample_weight=w, drop_intermediate=False)
    at[0] = np.inf  # as from scikit-learn 1.3 on
    for name, wanted in (("fpr", fpr), ("tpr", tpr), ("thresholds", at)):
        check("roc_curve", s, y, w, wanted=wanted)
        checks[-1] = (checks[-1][0] + "." + name, checks[-1][1])
    curve = sk.precision_recall_curve(y, s, sample_weight=w)
    for name, wanted in zip(("precision", "recall", "thresholds"), curve):
        check("precision_recall_curve", s, y, w, wanted=wanted)
        checks[-1] = (checks[-1][0] + "." + name, checks[-1][1])


def check_decisions(p, y, w, o):
    c = p >= 0.5
    (tn, fp), (fn, tp) = sk.confusion_matrix(y, c, sample_weight=w)
    for name, f in (("precision", sk.precision_score), ("f1", sk.f1_score),
                    ("recall", sk.recall_score), ("kappa", None),
                    ("accuracy", sk.accuracy_score),
                    ("balanced_accuracy", sk.balanced_accuracy_score),
                    ("mcc", sk.matthews_corrcoef)):
        f = f or sk.cohen_kappa_score
        check(name, p, y, w, o, wanted=f(y, c, sample_weight=w))
    for beta in (0.5, 2):
        check("f_beta", p, y, w, {**o, "beta": beta},
              wanted=sk.fbeta_score(y, c, beta=beta, sample_weight=w))
    check("specificity", p, y, w, o,
          wanted=sk.recall_score(y, c, pos_label=0, sample_weight=w))
    check("g_mean", p, y, w, o, wanted=np.sqrt(tp / (tp + fn) * tn / (tn + fp)))
    check("expected_cost", p, y, w,
          {**o, "false_positive": 2, "false_negative": 9},
          wanted=(2 * fp + 9 * fn) / (tn + fp + fn + tp))
    check("log_loss", p, y, w, o, wanted=sk.log_loss(y, p, sample_weight=w))
    check("brier", p, y, w, o,
          wanted=sk.brier_score_loss(y, p, sample_weight=w))


def check_thresholds(p, y):
    at = np.unique(p)
    best = max(sk.fbeta_score(y, p >= t, beta=2) for t in at)
    checks.append((f"(function(p, y) return metric.f_beta(p, y, nil, {{ beta = 2,"
                   "threshold = metric.threshold(p, y, { maximize = 'f_beta', "
                   f"beta = 2 }}) }}) end)({lua(p)}, {lua(y)})",
                   np.array([best])))
    best = max(sk.matthews_corrcoef(y, p >= t) for t in at[1:])
    checks.append(("(function(p, y) return metric.mcc(p, y, nil, { threshold = "
                   "metric.threshold(p, y, { maximize = 'mcc' }) }) "
                   f"end)({lua(p)}, {lua(y)})", np.array([best])))


def binary(rng):
    n = int(rng.integers(40, 400))
    y = (rng.random(n) < rng.choice([0.05, 0.3, 0.5])).astype(int)
    y[:2] = 0, 1
    p = 1 / (1 + np.exp(-rng.normal(size=n) - y + 1))
    if rng.random() < 0.7:
        p = np.round(p * 25) / 26 + 0.01  # ties
    w = [None, rng.random(n), rng.integers(0, 4, n).astype(float) + (y == 1)]
    w[2][:2] = 1
    for weights in w:
        check_ranks(p, y, weights)
        check_curves(p, y, weights)
        check_decisions(p, y, weights, FROM)
        check_calibration(p, y, weights, FROM)
    check_thresholds(p, y)
    knots = isotonic.IsotonicRegression(out_of_bounds="clip").fit(
        p, y, sample_weight=w[1])
    fresh = np.concatenate([rng.random(20), p[:5], [-1, 2]])
    checks.append((
        "(function(x, y, w, fresh) local core = require 'neap.core' local k, v ="
        " core.calibration.isotonic(x, y, w) local z = core.calibration"
        ".apply_isotonic(fresh, k, v) return require('neap.core').train.sigmoid("
        f"z) end)({lua(p)}, {lua(y)}, {lua(w[1])}, {lua(fresh)})",
        knots.predict(fresh)))


# -------------------------------------------------------------------- DeLong


def delong(rng):
    """The covariance from the placements of all pairs of rows."""
    y = np.r_[np.zeros(260, int), np.ones(25, int)]
    s = np.round(rng.normal(size=(4, 285)) + y, 1)
    wins = ((s[:, y == 1, None] > s[:, None, y == 0])
            + 0.5 * (s[:, y == 1, None] == s[:, None, y == 0]))
    wanted = np.cov(wins.mean(2)) / 25 + np.cov(wins.mean(1)) / 260
    check("delong", s, y, wanted=wins.mean((1, 2)))
    checks.append((f"select(2, metric.delong({lua(s)}, {lua(y)}))",
                   wanted.ravel()))


# ------------------------------------------------------------------ classes

def per_class(y, c, k, name, w, beta=1.0):
    """scikit-learn's values, NaN for 0 / 0."""
    own = np.bincount(y, w, minlength=k)
    chosen = np.bincount(c, w, minlength=k)
    values = sk.precision_recall_fscore_support(
        y, c, beta=beta, labels=range(k), sample_weight=w, zero_division=0)
    values = values[{"precision": 0, "recall": 1}.get(name, 2)].astype(float)
    empty = {"precision": chosen == 0, "recall": own == 0}.get(
        name, own + chosen == 0)
    values[empty] = np.nan
    return values, own


def check_classes(p, y, k, w):
    c = p.argmax(1)
    for name in ("precision", "recall", "f1", "f_beta"):
        beta = 0.5 if name == "f_beta" else 1.0
        o = {**FROM, "beta": 0.5} if name == "f_beta" else FROM
        values, own = per_class(y, c, k, name, w, beta)
        there = ~np.isnan(values)
        check("multiclass." + name, p, y, w, {**o, "average": "none"},
              wanted=values)
        check("multiclass." + name, p, y, w, o, wanted=values[there].mean())
        check("multiclass." + name, p, y, w, {**o, "average": "weighted"},
              wanted=np.average(values[there], weights=own[there]))
        check("multiclass." + name, p, y, w, {**o, "average": "micro"},
              wanted=sk.accuracy_score(y, c, sample_weight=w))
        check("multiclass." + name, p, y, w, {**o, "zero_division": 0},
              wanted=sk.precision_recall_fscore_support(
                  y, c, beta=beta, average="macro", sample_weight=w,
                  zero_division=0)[{"precision": 0, "recall": 1}.get(name, 2)])
    check("multiclass.accuracy", p, y, w, FROM,
          wanted=sk.accuracy_score(y, c, sample_weight=w))
    check("multiclass.balanced_accuracy", p, y, w,
          {**FROM, "present_only": True},
          wanted=sk.balanced_accuracy_score(y, c, sample_weight=w))
    recalls, _ = per_class(y, c, k, "recall", w)
    recalls = recalls[~np.isnan(recalls)]
    check("multiclass.g_mean", p, y, w, {**FROM, "present_only": True},
          wanted=np.prod(recalls) ** (1 / len(recalls)))
    check("multiclass.mcc", p, y, w, FROM,
          wanted=sk.matthews_corrcoef(y, c, sample_weight=w))
    for distance in (None, "linear", "quadratic"):
        check("multiclass.kappa", p, y, w,
              {**FROM, "distance": distance or "none"},
              wanted=sk.cohen_kappa_score(y, c, labels=range(k),
                                          weights=distance, sample_weight=w))
    check("multiclass.confusion", p, y, w, FROM,
          wanted=sk.confusion_matrix(y, c, labels=range(k), sample_weight=w))


def check_class_scores(p, y, k, w):
    present = np.bincount(y, minlength=k) > 0
    one_hot = np.eye(k)[y]
    weights = np.ones(len(y)) if w is None else w
    check("multiclass.log_loss", p, y, w, FROM,
          wanted=sk.log_loss(y, p, labels=range(k), sample_weight=w))
    check("multiclass.brier", p, y, w, FROM,
          wanted=np.average(((p - one_hot) ** 2).sum(1), weights=weights))
    for top in (1, 2, 3):
        if top < k:
            check("multiclass.top_k_accuracy", p, y, w, {**FROM, "k": top},
                  wanted=sk.top_k_accuracy_score(
                      y, p, k=top, labels=range(k), sample_weight=w))
    own = np.bincount(y, w, minlength=k)
    for name, f in (("roc_auc", sk.roc_auc_score),
                    ("average_precision", sk.average_precision_score)):
        values = np.array([f(y == j, p[:, j], sample_weight=w)
                           if present[j] else np.nan for j in range(k)])
        check("multiclass." + name, p, y, w, {**FROM, "average": "none"},
              wanted=values)
        check("multiclass." + name, p, y, w, FROM,
              wanted=values[present].mean())
        check("multiclass." + name, p, y, w, {**FROM, "average": "weighted"},
              wanted=np.average(values[present], weights=own[present]))
        check("multiclass." + name, p, y, w, {**FROM, "average": "micro"},
              wanted=f(one_hot.ravel(), p.ravel(),
                       sample_weight=None if w is None else np.repeat(w, k)))
    if w is None and present.all():
        for average in ("macro", "weighted"):
            more = {**FROM, "pairs": "one_vs_one", "average": average}
            check("multiclass.roc_auc", p, y, w, more,
                  wanted=sk.roc_auc_score(y, p, multi_class="ovo",
                                          average=average))
            check("multiclass.roc_auc", p, y, w, {**FROM, "average": average},
                  wanted=sk.roc_auc_score(y, p, multi_class="ovr",
                                          average=average))
    errors = [sum(n * abs(share - mean) for n, mean, share in bins_of(
        p[:, j], one_hot[:, j], weights, 10, "equal_width")) / weights.sum()
        for j in range(k)]
    check("multiclass.ece", p, y, w,
          {**FROM, "bins": 10, "scheme": "equal_width"},
          wanted=np.mean(errors))


def classes(rng):
    k = int(rng.integers(3, 31))
    n = int(rng.integers(60, 300))
    y = rng.integers(0, k, n)
    if rng.random() < 0.5:
        y[y == int(rng.integers(0, k))] = 0  # a class without rows
        y[0], y[1] = 1, 2
    z = rng.normal(size=(n, k)) + 2 * np.eye(k)[y]
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    for w in (None, rng.random(n) + 0.01):
        check_classes(p, y, k, w)
        check_class_scores(p, y, k, w)
    # from logits, as the same from probabilities
    check("multiclass.log_loss", z, y, wanted=sk.log_loss(y, p, labels=range(k)))
    check("multiclass.average_precision", z, y, None, {"average": "micro"},
          wanted=sk.average_precision_score(np.eye(k)[y].ravel(), p.ravel()))


# ------------------------------------------------------------------- labels

def labels(rng):
    n, m = int(rng.integers(50, 200)), int(rng.integers(3, 8))
    y = (rng.random((n, m)) < rng.random(m) * 0.6 + 0.1).astype(int)
    y[0], y[1] = 0, 1
    p = np.round(1 / (1 + np.exp(-rng.normal(size=(n, m)) - y)), 2)
    p = np.clip(p, 0.01, 0.99)
    c = (p >= 0.5).astype(int)
    for w in (None, rng.random(n) + 0.01):
        for average in ("macro", "micro", "weighted"):
            o = {**FROM, "average": average}
            for name, f in (("f1", sk.f1_score), ("recall", sk.recall_score),
                            ("precision", sk.precision_score)):
                check("multilabel." + name, p, y, w, {**o, "zero_division": 0},
                      wanted=f(y, c, average=average, sample_weight=w,
                               zero_division=0))
            for name, f in (("roc_auc", sk.roc_auc_score),
                            ("average_precision", sk.average_precision_score)):
                check("multilabel." + name, p, y, w, o,
                      wanted=f(y, p, average=average, sample_weight=w))
        check("multilabel.f1", p, y, w,
              {**FROM, "average": "samples", "zero_division": 0},
              wanted=sk.f1_score(y, c, average="samples", sample_weight=w,
                                 zero_division=0))
        check("multilabel.average_precision", p[1:][y[1:].any(1)],
              y[1:][y[1:].any(1)], None, {**FROM, "average": "samples"},
              wanted=sk.average_precision_score(
                  y[1:][y[1:].any(1)], p[1:][y[1:].any(1)], average="samples"))


for seed in range(12):
    binary(np.random.default_rng(seed))
    classes(np.random.default_rng(100 + seed))
    labels(np.random.default_rng(200 + seed))
    delong(np.random.default_rng(300 + seed))
run()
