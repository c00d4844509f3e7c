"""The work of converged.lua in scikit-learn: LogisticRegression at gamma 0, once
a point. Its lbfgs stops where the largest part of the gradient is below tol, here
at a relative norm of 1.2e-6 without class weights (scikit-learn 1.9.1);
newton-cholesky is exact. Both solvers on one thread; 11 fits (one for each alpha,
as class weights), times 11."""
import csv
import os
import time

for library in ("OMP", "OPENBLAS"):
    os.environ[f"{library}_NUM_THREADS"] = "1"

import numpy
import sklearn
from peer import show
from sklearn.linear_model import LogisticRegression

with open("tests/data/breast_cancer.csv", newline="") as file:
    rows = list(csv.DictReader(file))
y = numpy.array([row["diagnosis"] == "malignant" for row in rows])
x = numpy.array([[float(v) for k, v in row.items() if k != "diagnosis"]
                 for row in rows])
x = (x - x.mean(0)) / x.std(0)
ALPHAS = [None, .01, .05, .1, .25, .5, .75, .9, .95, .99, .999]


def fit_all(solver):
    for alpha in ALPHAS:
        weights = {0: 1 - alpha, 1: alpha} if alpha else None
        LogisticRegression(C=1, tol=1e-6, max_iter=1000, solver=solver,
                           class_weight=weights).fit(x, y)


for solver, name in (("lbfgs", "lbfgs"), ("newton-cholesky", "newton")):
    fit_all(solver)
    spent = []
    for _ in range(5):
        begin = time.perf_counter()
        fit_all(solver)
        spent.append(time.perf_counter() - begin)
    show(f"scikit-learn {sklearn.__version__}", f"121 points, {name}",
         11 * sorted(spent)[2])
