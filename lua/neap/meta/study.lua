---@meta neap.study

---@class neap.Gain
---@field mean number positive for better, whatever the metric
---@field low number? the 95 % interval; nil of one run
---@field high number?
---@field error number?
---@field df number?
---@field count integer runs
---@field confirmed true? found on fresh data sets that nothing was picked on
---@field nested true? picked inside training rows
---@field selected true? after selection by the bootstrap

---@class neap.Split where a gain comes from; see docs/verdict.md
---@field metric string
---@field gain neap.Gain
---@field ranking neap.Gain?
---@field threshold neap.Gain?
---@field refinement neap.Gain?
---@field calibration neap.Gain?
---@field optimisation neap.Gain?
---@field regularisation neap.Gain?
---@field longer neap.Gain? what stays at five times the epochs
---@field retuned neap.Gain? what stays with l2 tuned
---@field source string? the part that makes up half of it or more

---@alias neap.Word "better"|"worse"|"equivalent"|"too small to matter"|"undecided"

---@class neap.Comparison
---@field verdict neap.Word
---@field gain neap.Gain
---@field converged boolean
---@field p number? after looking at all points
---@field points integer? that were looked at
---@field need { datasets: integer?, positives: integer?, positives_now: integer? }
---@field with table? parameters of the better side's point
---@field without table? parameters of the other's; nil of a baseline
---@field label string? of the baseline
---@field split neap.Split?

---@class neap.Verdict prints as text
---@field question "focus"|"remedy" the first that could be asked
---@field verdict neap.Word its answer
---@field gain neap.Gain
---@field converged boolean
---@field best table parameters
---@field best_without table? parameters
---@field worth number
---@field p number? of the best point against cross-entropy
---@field focus neap.Comparison?
---@field remedy neap.Comparison?
---@field cross_entropy neap.Comparison?
---@field remedies { label: string, gain: neap.Gain?, verdict: neap.Word, converged: boolean }[]
---@field split { score: neap.Split?, f1: neap.Split?, log_loss: neap.Split? }?
---@field picks { index: integer, params: table, count: integer }[]? of nested
---@field held_out { positives: integer, rows: integer, gain: neap.Gain?, scores: { label: string|integer, value: number }[] }?
---@field warnings string[]
---@field text string
---@field sentences string[] the text, one a paragraph

---@class neap.StudyOptions
---@field data neap.Data|fun(seed: integer): neap.Data, neap.Data rows, or a recipe
---@field loss neap.Loss|fun(p: table, train: neap.Data): neap.Loss
---@field search table such as neap.search.grid { ... }
---@field name? string
---@field store? string a path or a PostgreSQL URL; none: in memory
---@field lease? number seconds: 60 if none is given; see docs/studies.md
---@field durable? "process"|"power"
---@field existing? "resume"|"add"|"new" of a study of that name
---@field allow_other_isa? boolean
---@field seed? integer 1 if none is given
---@field datasets? integer of a recipe: 10 if none is given; 8 and more decide
---@field confirm? integer of a recipe: 20 if none is given; 0 turns it off
---@field folds? integer of a data set: 5 if none is given
---@field repeats? integer of a data set: 5 if none is given
---@field nested? integer of a data set: folds inside training rows that pick
---@field draws? integer of a data set: 2,000 of the bootstrap if none is given
---@field test? neap.Data of a data set: held-out rows, looked at once
---@field model? neap.Model|fun(p: table, train: neap.Data): neap.Model?
---@field optimizer? neap.Optimizer|fun(p: table, train: neap.Data): neap.Optimizer?
---@field score? string "average_precision" if none is given
---@field baselines? "standard"|"none"
---@field fair? "tuned"|"given" see docs/verdict.md
---@field reruns? boolean true: retrain to say where a gain comes from
---@field worth? number the least gain that matters
---@field standardize? boolean
---@field epochs? integer
---@field batch? integer

---@class neap.Study also what neap.open(store):study(name) gives of one, but
--- run, close, predictions and refit
local Study = {}

--- Runs the study to its end: the study; nil and "interrupted"; or nil, what is
--- wrong with its store, and a code.
---@param options? { quiet: boolean?, batch: integer?, workers: integer? }
---@return neap.Study?, string?, string?
function Study:run(options) end

--- Closes the store. What the study has found stays; run opens it again.
function Study:close() end

--- The best point; value is its mean score over the runs, as its trial has it.
---@return { index: integer, params: table, value: number }?, string?
function Study:best() end

---@return neap.Verdict
function Study:verdict() end

--- Means, best points first; prints as text.
---@param options? { top?: integer }
---@return table
function Study:table(options) end

---@param kind "heatmap"|"slice"|"forest"|"split"|"history"|"training"|"roc"|"precision_recall"|"reliability"|"scores"
---@param options? { x: string?, y: string?, metric: string?, against: string|false?, at: table? }
---@return neap.Figure
function Study:figure(kind, options) end

--- Writes a report: one HTML page that loads nothing.
---@param path string
---@param options? { title: string?, curves: boolean? }
---@return true?, string?
function Study:report(path, options) end

--- The objective of a point after each epoch: by run, by epoch.
---@param index integer
---@return (number[]|neap.Array)[]?, string?
function Study:curves(index) end

--- All points that were claimed, as trials.
---@return { number: integer, state: string?, params: table, value: number? }[]
function Study:trials() end

---@return { COMPLETE: integer, PRUNED: integer, FAIL: integer, RUNNING: integer, total: integer }
function Study:counts() end

--- Writes every number: CSV in long form, or JSON.
---@param path string ending in .csv or .json
---@return boolean?, string?, string?
function Study:export(path) end

--- Scores of rows by fits that did not see them, of a point's number, parameters,
--- study:best() or a trained baseline's name.
---@param point integer|table|string
---@return table
function Study:predictions(point) end

--- A fit of a point to all rows, trained and tuned as in the study.
---@param point integer|table|string
---@param options? { data: neap.Data }
---@return neap.Fit
function Study:refit(point, options) end

---@class neap.VerdictOptions
---@field scores table<string, neap.Array|table> [n], or [repeats][n], by name
---@field targets neap.Array|number[] 0 and 1
---@field folds? neap.Array|table [n] or [repeats][n]; without: one test set
---@field weights? neap.Array|number[]
---@field baseline? string
---@field score? string "average_precision" if none is given
---@field worth? number
---@field from? "logits"|"probabilities"
---@field draws? integer 2,000 if none is given
---@field seed? integer

local M = {}

---@param options neap.StudyOptions
---@return neap.Study
function M.study(options) end

--- The verdict of a study on scores from any tool.
---@param options neap.VerdictOptions
---@return table verdict, gain, p, need, worth, best, baseline, scores, split, text
function M.verdict(options) end

return M
