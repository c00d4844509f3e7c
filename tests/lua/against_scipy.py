#!/usr/bin/env python3
"""Compares lua/neap/stats.lua with SciPy, with the tests written out in NumPy
by definition and, where it is installed, with baycomp.

    python3 tests/lua/against_scipy.py build/neap

Ends with 77 where SciPy is missing.
"""
import itertools
import subprocess
import sys

try:
    import numpy as np
    import scipy
    from scipy import stats
except ImportError as error:
    print(error)
    sys.exit(77)
try:
    from baycomp.single import CorrelatedTTest
except ImportError:
    CorrelatedTTest = None

program, checks = sys.argv[1], []
rng = np.random.default_rng(11)


def lua(x):
    if isinstance(x, dict):
        return "{%s}" % ",".join(f"{k}={lua(v)}" for k, v in x.items())
    if np.ndim(x) > 0:
        return "{%s}" % ",".join(lua(v) for v in x)
    return "nil" if x is None else repr(float(x))


def check(expression, wanted, tolerance=1e-9):
    checks.append((expression, float(wanted), tolerance))


for df in (1, 2, 5, 9, 24, 99, 1999):
    for p in (.6, .8, .95, .975, .995):
        check(f"s.t_quantile({p}, {df})", stats.t.ppf(p, df), 1e-7)
    for t in (-3.1, -.4, 0, 1.7, 5.5):
        check(f"s.t_cdf({t}, {df})", stats.t.cdf(t, df), 1e-10)

for folds in (None, 3, 5, 10):
    for runs in (2, 5):
        x = rng.normal(.01, .02, runs * (folds or 6))
        j = len(x)
        share = 1 / j + (1 / (folds - 1) if folds else 0)
        error = x.std(ddof=1) * share ** .5
        one = f"s.paired({lua(x)}, {folds or 'nil'})"
        check(one + ".error", error)
        check(one + ".low", x.mean() - error * stats.t.ppf(.975, j - 1))
        check(one + ".high", x.mean() + error * stats.t.ppf(.975, j - 1))
        for worth in (.002, .01):
            post = f"s.posterior({one}, {worth})"
            below = stats.t.cdf((-worth - x.mean()) / error, j - 1)
            above = stats.t.sf((worth - x.mean()) / error, j - 1)
            check(post + ".below", below)
            check(post + ".above", above)
            if CorrelatedTTest and folds:
                left, rope, right = CorrelatedTTest.probs(
                    np.zeros(j), x, rope=worth, runs=runs)
                check(post + ".below", left)
                check(post + ".within", rope)
                check(post + ".above", right)

for gain, worth, s in ((.012, .005, .02), (.03, 0, .05), (-.02, .005, .01)):
    n = next(n for n in range(2, 10**6) if n >= (
        (stats.t.ppf(.95, n - 1) + stats.t.ppf(.8, n - 1)) * s
        / (abs(gain) - worth))**2)
    check(f"s.needed({gain}, {worth}, {s})", n)

# All sign vectors of 9 data sets, 5 points.
d = rng.normal(.3, 1, (5, 9))


def t_of(rows):
    return rows.mean(1) / (rows.std(1, ddof=1) / 3)


most = np.array([t_of(d * np.array(signs)).max()
                 for signs in itertools.product((1, -1), repeat=9)])
for g in range(5):
    check(f"s.maximum_t({lua(d)}).p[{g + 1}]",
          (most >= t_of(d)[g] - 1e-9).mean(), 1e-12)

# The bootstrap's largest studentised deviation, 6 columns of 200 draws.
draws = rng.normal(0, 1, (6, 200)) * np.arange(1, 7)[:, None]
gains, errors = draws.mean(1) + 1.5, draws.std(1, ddof=1) * 1.1
largest = ((draws - gains[:, None]) / draws.std(1, ddof=1)[:, None]).max(0)
call = f"s.maximum_of_draws({lua(gains)}, {lua(draws)}, {lua(errors)})"
for g in range(6):
    reached = (largest >= gains[g] / errors[g]).sum()
    check(f"{call}.p[{g + 1}]", (1 + reached) / 201, 1e-12)

code = 'local s = require "neap.stats"\n' + "\n".join(
    f'print(("%.17g"):format({expression}))' for expression, _, _ in checks)
answer = subprocess.run([program, "-"], input=code, text=True, check=True,
                        capture_output=True).stdout.split()
wrong = 0
for (expression, wanted, tolerance), got in zip(checks, answer):
    if not abs(float(got) - wanted) <= tolerance * max(1, abs(wanted)):
        print(expression[:200], got, "is not", wanted)
        wrong += 1
print(f"{len(checks)} values, {wrong} wrong; SciPy {scipy.__version__},",
      "baycomp" if CorrelatedTTest else "no baycomp")
sys.exit(wrong > 0 or len(answer) != len(checks))
