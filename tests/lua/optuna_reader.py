# tests/lua/optuna_reader.py -- reads a study of neap by Optuna itself, and lets
# Optuna's workers loose on it. Called with the program. Skipped (77) where this
# Python has no Optuna 3.2 or newer.
import os
import subprocess
import sys
import tempfile
import warnings

try:
    import optuna
except ImportError:
    print("skipped: there is no Optuna")
    sys.exit(77)
if tuple(int(n) for n in optuna.__version__.split(".")[:2]) < (3, 2):
    print("skipped: Optuna is older than 3.2")
    sys.exit(77)

warnings.simplefilter("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
SCRIPT = """
local neap = require "neap"
local study = neap.study {
  name = "s", store = arg[1], direction = "maximize", seed = 3,
  search = neap.search.random { trials = 40, x = { low = 0, high = 1 },
    rate = { low = 1e-4, high = 1, log = true },
    kind = { "a", "b", false }, n = { low = 1, high = 9, int = true,
      when = { kind = "b" } } },
  prune = neap.prune.median {},
  objective = function(trial)
    trial:note("seed", trial.seed)
    if trial.number == 4 then error "broken" end
    if trial.number == 5 then return -math.huge end
    for step = 0, 2 do
      trial:report(step, step == 1 and 0 / 0 or trial.params.x)
      if step ~= 1 and trial:should_prune() then return end
    end
    return trial.params.x
  end,
}
assert(study:run { trials = 39, quiet = true })
study:ask()
os.exit(0)
"""

with tempfile.TemporaryDirectory() as folder:
    script = os.path.join(folder, "s.lua")
    with open(script, "w") as file:
        file.write(SCRIPT)
    path = os.path.join(folder, "s.db")
    subprocess.run([sys.argv[1], script, path], check=True)
    url = "sqlite:///" + path
    study = optuna.load_study(study_name="s", storage=url)
    trials = study.trials
    states = [trial.state.name for trial in trials]
    assert len(trials) == 40 and states[4] == "FAIL", states
    assert states[39] == "RUNNING" and "PRUNED" in states, states
    assert trials[5].value == float("-inf")
    assert "broken" in trials[4].user_attrs["error"]
    complete = [t for t in trials if t.state.name == "COMPLETE"]
    best = max(complete, key=lambda t: t.value)
    assert study.best_trial.number == best.number
    assert study.best_params == best.params and 0 <= best.params["x"] <= 1
    for trial in trials:
        assert ("n" in trial.params) == (trial.params["kind"] == "b")
    frame = study.trials_dataframe()
    assert frame.shape[0] == 40 and "params_rate" in frame
    # What the dashboard reads: intermediate values, importances.
    assert set(complete[0].intermediate_values) == {0, 1, 2}
    # copy_study runs Optuna's validators on every trial.
    optuna.copy_study(from_study_name="s", from_storage=url,
                      to_storage="sqlite:///" + os.path.join(folder, "t.db"))
    # A worker of Optuna can't run what ours has claimed, and may add trials.
    storage = optuna.storages.RDBStorage(url)
    claimed = trials[39]._trial_id
    if storage.set_trial_state_values(
            claimed, optuna.trial.TrialState.RUNNING):
        raise AssertionError("Optuna claimed a trial that runs")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    numbers = [t.number for t in study.get_trials(deepcopy=False)]
    assert numbers == list(range(42)), numbers
    print("Optuna", optuna.__version__, "reads the study")
