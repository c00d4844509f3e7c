# tests/bench/store_optuna.py -- Optuna's cost of a trial, for scripts/bench.
import os
import sys
import time
import warnings

import optuna

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
path = os.path.join(sys.argv[1], "optuna.db")


def objective(trial):
    trial.suggest_int("x", 1, 100)
    trial.suggest_int("y", 1, 100)
    return 0.0


def measure(case, sampler, trials, storage):
    if os.path.exists(path):
        os.remove(path)
    study = optuna.create_study(sampler=sampler, storage=storage)
    start = time.perf_counter()
    study.optimize(objective, n_trials=trials)
    seconds = time.perf_counter() - start
    print(f"optuna {optuna.__version__}\t{case}\t{seconds / trials * 1000:.6g}")


random = optuna.samplers.RandomSampler(seed=1)
grid = optuna.samplers.GridSampler(
    {"x": list(range(1, 11)), "y": list(range(1, 101))})
sqlite = "sqlite:///" + path
measure("in memory", random, 1000, None)
measure("SQLite", random, 300, sqlite)
measure("SQLite, a grid of 1,000", grid, 1000, sqlite)
if os.path.exists(path):
    os.remove(path)
