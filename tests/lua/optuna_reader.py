# tests/lua/optuna_reader.py -- reads studies of neap by Optuna itself, by its
# command line and by optuna-dashboard, and lets Optuna's workers loose on one.
# Called with the program. Skipped (77) where this Python has no Optuna 3.2 or
# newer; without optuna-dashboard that part is.
import csv
import io
import json
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



def check_copy(url):
    """copy_study runs Optuna's validators on every trial."""
    for to in url.replace(".db", "-copy.db"), url:
        optuna.copy_study(from_study_name="s", from_storage=url, to_storage=to,
                          to_study_name="copy")
        before = optuna.load_study(study_name="s", storage=url).trials
        after = optuna.load_study(study_name="copy", storage=to).trials
        assert [(t.state, t.values, t.params) for t in before] == [
            (t.state, t.values, t.params) for t in after]
    # Ours stays as it is where a copy beside it is deleted.
    optuna.delete_study(study_name="copy", storage=url)


def check_objective(program, folder):
    script = os.path.join(folder, "s.lua")
    with open(script, "w") as file:
        file.write(SCRIPT)
    path = os.path.join(folder, "s.db")
    subprocess.run([program, script, path], check=True)
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
    check_copy(url)
    # A worker of Optuna can't run what ours has claimed, and may add trials.
    storage = optuna.storages.RDBStorage(url)
    claimed = trials[39]._trial_id
    if storage.set_trial_state_values(
            claimed, optuna.trial.TrialState.RUNNING):
        raise AssertionError("Optuna claimed a trial that runs")
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=2)
    numbers = [t.number for t in study.get_trials(deepcopy=False)]
    assert numbers == list(range(42)), numbers


def check_training(program, url, path):
    """A study that compares losses: its points are the trials, by score."""
    subprocess.run([program, "tests/lua/training_script.lua", path, "16"],
                   check=True, stdout=subprocess.DEVNULL)
    study = optuna.load_study(study_name="s", storage=url)
    assert study.direction.name == "MAXIMIZE"
    assert study.metric_names == ["average_precision"]
    exported = subprocess.run([program, "export", path], check=True,
                              capture_output=True, text=True).stdout
    scores, baselines = {}, set()
    for row in csv.DictReader(io.StringIO(exported)):
        if row["baseline"]:
            baselines.add(row["baseline"])
        elif (row["stage"], row["metric"]) == ("points", "average_precision"):
            scores.setdefault(int(row["trial"]), []).append(float(row["value"]))
    means = {n: sum(values) / len(values) for n, values in scores.items()}
    assert "oracle" in baselines and len(means) == 40
    # The oracle is better than most points: it would be found among them.
    assert len(study.trials) == 40
    for trial in study.trials:
        assert trial.state.name == "COMPLETE"
        assert set(trial.params) == {"alpha", "gamma"}
        assert abs(trial.value - means[trial.number]) < 1e-15
    assert study.best_trial.number == max(means, key=means.get)
    importances = optuna.importance.get_param_importances(
        study, evaluator=optuna.importance.PedAnovaImportanceEvaluator())
    assert set(importances) == {"alpha", "gamma"}


def check_command_line(url):
    def ask(*words):
        return json.loads(subprocess.run(
            [os.path.join(os.path.dirname(sys.executable), "optuna"), *words,
             "--storage", url, "-f", "json"], check=True, capture_output=True,
            text=True).stdout)
    (found,) = ask("studies")
    assert (found["name"], found["n_trials"]) == ("s", 40)
    best = ask("best-trial", "--study-name", "s")
    study = optuna.load_study(study_name="s", storage=url)
    assert best["number"] == study.best_trial.number
    assert len(ask("trials", "--study-name", "s")) == 40


def check_dashboard(url):
    """What optuna-dashboard tells its pages of the file."""
    try:
        import optuna_dashboard
    except ImportError:
        return "no optuna-dashboard"
    app = optuna_dashboard.wsgi(optuna.storages.RDBStorage(url))

    def get(path):
        status = []
        body = app({
            "REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": "",
            "SERVER_NAME": "localhost", "SERVER_PORT": "80",
            "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
        }, lambda line, headers, exception=None: status.append(line))
        text = b"".join(body)
        assert status[0].startswith("200"), (status, text)
        return json.loads(text)
    (summary,) = get("/api/studies")["study_summaries"]
    assert summary["study_name"] == "s"
    detail = get(f"/api/studies/{summary['study_id']}")
    assert len(detail["trials"]) == 40
    assert {p["name"] for p in detail["union_search_space"]} == {
        "alpha", "gamma"}
    get(f"/api/studies/{summary['study_id']}/param_importances")
    return "optuna-dashboard " + optuna_dashboard.__version__


with tempfile.TemporaryDirectory() as folder:
    check_objective(sys.argv[1], folder)
    path = os.path.join(folder, "training.db")
    url = "sqlite:///" + path
    check_training(sys.argv[1], url, path)
    check_copy(url)
    check_command_line(url)
    dashboard = check_dashboard(url)
    print("Optuna", optuna.__version__, "reads the studies;", dashboard)
