--- Curves of scores over data sets or repeats: neap.plot.roc,
-- precision_recall, reliability and scores, and those of a study.
local arguments = require "neap.arguments"
local core = require "neap.core"
local data = require "neap.data"
local metric = require "neap.metric"
local options = require "neap.options"
local plot = require "neap.plot"
local stats = require "neap.stats"

local M = {}

-- Steps of the common axis that curves of several runs are averaged on, and
-- bins of a histogram.
local STEPS <const>, BINS <const> = 100, 40

-- ------------------------------------------------------------ one run's curve

-- A curve is { label =, runs = { { scores =, targets =, weights =, from = },
-- ... } }.

-- tpr at a false positive rate: the highest there, else on the straight line.
local function tpr_at(curve, x)
  local fpr, tpr = curve.fpr, curve.tpr
  local i = stats.first_from(fpr, x)
  while i < #fpr and fpr[i + 1] == x do i = i + 1 end
  if i > #fpr then return tpr[#tpr] end
  if i == 1 or fpr[i] == x then return tpr[i] end
  local share = (x - fpr[i - 1]) / (fpr[i] - fpr[i - 1])
  return tpr[i - 1] + share * (tpr[i] - tpr[i - 1])
end

-- Precision at a recall: that of the highest threshold which reaches it, as
-- average precision has it. Recall falls along the curve.
local function precision_at(curve, x)
  local recall, low, high = curve.recall, 1, #curve.recall
  while low < high do
    local middle = (low + high + 1) // 2
    if recall[middle] >= x then low = middle else high = middle - 1 end
  end
  return curve.precision[low]
end

-- ------------------------------------------------------------------- averages

--- Mean and one deviation of values over runs, as a point of a figure.
function M.point_of(x, values)
  local mean = stats.mean(values)
  if #values < 2 then return { x, mean } end
  local deviation = stats.deviation(values)
  return { x, mean, mean - deviation, mean + deviation }
end

-- The mean curve of runs on a common axis.
-- @param make function(run) -> a curve, or nil where there is none
-- @param at function(curve, x) -> y
local function averaged(runs, make, at)
  local curves, points = {}, {}
  for _, run in ipairs(runs) do
    curves[#curves + 1] = make(run)
  end
  for i = 0, #curves > 0 and STEPS or -1 do
    -- Closer where x is small: where few are called positive.
    local x, values = (i / STEPS) ^ 2, {}
    for c, curve in ipairs(curves) do values[c] = at(curve, x) end
    points[#points + 1] = M.point_of(x, values)
  end
  return points
end

local function roc_of(runs)
  return averaged(runs, function(run)
    return (metric.roc_curve(run.scores, run.targets, run.weights,
      { from = run.from, straight = "drop" }))
  end, tpr_at)
end

local function precision_recall_of(runs)
  return averaged(runs, function(run)
    return (metric.precision_recall_curve(run.scores, run.targets, run.weights,
      { from = run.from }))
  end, precision_at)
end

-- Bins of equal mass; the i-th of every run is averaged. Runs with fewer, of
-- equal scores, are left out where others have more.
local function reliability_of(runs)
  local curves, most, points = {}, 0, {}
  for i, run in ipairs(runs) do
    curves[i] = metric.reliability_curve(run.scores, run.targets, run.weights,
      { from = run.from, bins = 10 }) or nil
    most = math.max(most, curves[i] and #curves[i].probability or 0)
  end
  for bin = 1, most do
    local x, y = {}, {}
    for i = 1, #runs do
      local curve = curves[i]
      if curve and #curve.probability == most then
        x[#x + 1], y[#y + 1] = curve.probability[bin], curve.positives[bin]
      end
    end
    points[bin] = M.point_of(stats.mean(x), y)
  end
  return points
end

-- ----------------------------------------------------------------- histograms

local function logit_of(value, run)
  if run.from ~= "probabilities" then return value end
  return math.log(value) - math.log(1 - value)
end

-- The range of finite logits of all runs.
local function range_of(runs)
  local low, high = math.huge, -math.huge
  for _, run in ipairs(runs) do
    for i = 1, #run.scores do
      local value = logit_of(run.scores[i], run)
      if value - value == 0 then
        low, high = math.min(low, value), math.max(high, value)
      end
    end
  end
  if low > high then return 0, 1 end
  return low, low == high and low + 1 or high
end

-- Shares of a class's rows by bin, of one run.
local function shares_of(run, class, low, high)
  local counts, total = {}, 0
  for bin = 1, BINS do counts[bin] = 0 end
  for i = 1, #run.scores do
    if (run.targets[i] >= 0.5) == (class == 1) then
      local weight = run.weights and run.weights[i] or 1
      local share = (logit_of(run.scores[i], run) - low) / (high - low)
      if share == share then
        local bin = math.min(math.max(math.floor(share * BINS), 0), BINS - 1)
        counts[bin + 1] = counts[bin + 1] + weight
      end
      total = total + weight
    end
  end
  for bin = 1, BINS do counts[bin] = counts[bin] / total end
  return counts
end

local function histogram_of(runs, class, low, high)
  local all, points = {}, {}
  for i, run in ipairs(runs) do all[i] = shares_of(run, class, low, high) end
  for bin = 1, BINS do
    local values = {}
    for i = 1, #all do values[i] = all[i][bin] end
    points[bin] = M.point_of(low + (bin - 1) / BINS * (high - low), values)
  end
  points[BINS + 1] = { high, points[BINS][2] }
  return points
end

-- -------------------------------------------------------------------- figures

local function note_of(curves)
  local runs = #curves[1].runs
  if runs < 2 then return nil end
  return ("Mean of %d %s; band: one standard deviation either side."):format(
    runs, curves[1].unit or "runs")
end

local kinds = {
  roc = { title = "ROC", x = "false positive rate", y = "true positive rate",
    of = roc_of, high = 1 },
  precision_recall = { title = "Precision and recall", x = "recall",
    y = "precision", of = precision_recall_of, high = 1 },
  reliability = { title = "Reliability", x = "mean probability of a bin",
    y = "share of positives", of = reliability_of },
}

-- A figure of some kind of curves; `first` alone has a histogram.
local function figure_of(kind, curves)
  local series, of = {}, kinds[kind]
  if kind == "scores" then
    local first = curves[1]
    local low, high = range_of(first.runs)
    for class = 1, 0, -1 do
      series[#series + 1] = { steps = true,
        label = class == 1 and "positives" or "negatives",
        points = histogram_of(first.runs, class, low, high) }
    end
    return plot.figure {
      kind = "lines", title = "Scores by class: " .. first.label,
      x = { label = "logit" }, y = { label = "share of the class's rows" },
      series = series, note = note_of(curves),
    }
  end
  for i, curve in ipairs(curves) do
    series[i] = { label = curve.label, points = of.of(curve.runs),
      dots = kind == "reliability" }
  end
  local x, y = { label = of.x }, { label = of.y }
  for _, axis in ipairs(of.high and { x, y } or {}) do
    axis.low, axis.high = 0, of.high
  end
  local figure = plot.figure { kind = "lines", title = of.title, x = x, y = y,
    series = series, note = note_of(curves) }
  if kind == "reliability" then
    local most = math.max(figure.x.high, figure.y.high)
    table.insert(figure.series, { label = "calibrated",
      points = { { 0, 0 }, { most, most } } })
    figure.x.low = 0
  end
  return figure
end

-- ------------------------------------------------------- scores of any tool

local function to_array(kind, position, numbers)
  if core.array.is_array(numbers) then return numbers end
  return (options.call(kind, position, core.array.array, numbers))
end

-- The rows of a matrix [runs][n], or a single one.
local function rows_of(kind, scores)
  local array = to_array(kind, 1, scores)
  local n, columns = array:shape()
  if not columns then return { array } end
  local list = {}
  for i = 1, n do list[i] = array:row(i) end
  return list
end

local rule = {
  weights = { "array" }, truth = { "array" },
  from = { "choice", default = "logits",
    names = { "logits", "probabilities" } },
}

local function check(name, scores)
  local is_named = next(scores) ~= nil
  for key in pairs(scores) do is_named = is_named and type(key) == "string" end
  if not is_named then
    options.refuse(name, "wanted scores by name, such as { focal = z }")
  end
end

-- Whether an array has one number for each target.
local function check_rows(kind, position, key, array, y)
  local n, columns = array:shape()
  if n ~= #y or columns then
    options.refuse(kind, ("%s are [%d]%s and targets are [%d]"):format(key, n,
      columns and ("[%d]"):format(columns) or "", #y), position)
  end
end

-- The function of a kind: (scores by name, targets, options).
local function maker(kind)
  return function(scores, targets, given)
    check(kind, scores)
    local o = options.read(kind, given, rule, 3)
    local names, curves = options.sorted_keys(scores), {}
    local y = to_array(kind, 2, targets)
    for _, key in ipairs { "weights", "truth" } do
      o[key] = o[key] and to_array(kind, 3, o[key])
      if o[key] then check_rows(kind, 3, key, o[key], y) end
    end
    for i, name in ipairs(names) do
      local runs = {}
      for r, row in ipairs(rows_of(kind, scores[name])) do
        check_rows(kind, 1, "scores." .. name, row, y)
        runs[r] = { scores = row, targets = y, weights = o.weights,
          from = o.from }
      end
      curves[i] = { label = tostring(name), runs = runs }
    end
    if o.truth then
      curves[#curves + 1] = { label = "oracle", runs = { { scores = o.truth,
        targets = y, weights = o.weights, from = "probabilities" } } }
    end
    return (options.call(kind, 1, figure_of, kind, curves))
  end
end

for _, kind in ipairs { "roc", "precision_recall", "reliability", "scores" } do
  M[kind] = arguments.checked(kind, "scores: table, targets: array, given?",
    maker(kind))
end

-- ------------------------------------------------------------------ a study's

-- Predictions as runs: of folds one for each repeat.
local function runs_of(predicted, truth)
  local list, runs = predicted, {}
  if predicted.folds then
    list = {}
    for r = 1, (predicted.scores:shape()) do
      list[r] = { scores = predicted.scores:row(r), targets = predicted.targets,
        weights = predicted.weights, truth = predicted.truth }
    end
  end
  for i, of in ipairs(list) do
    runs[i] = { scores = truth and of.truth or of.scores, targets = of.targets,
      weights = of.weights, from = truth and "probabilities" or "logits" }
  end
  return runs
end

--- Figures of a study's best point, cross-entropy and the oracle, which are
-- trained again for it.
-- @param names of the figures
-- @return { name = figure }
function M.of_study(study, names)
  local verdict = require "neap.verdict"
  local best = verdict.best(study)
  if not best then
    error({ refused = "no point has a score in every run" }, 0)
  elseif not (data.is_data(study.spec.data)
    or type(study.spec.data) == "function") then
    error({ refused = "curves are of fits that are trained again, which only "
      .. "the study's own script can do: study:report(path)" }, 0)
  end
  local wanted = { { index = best.index } }
  if study.spec.baselines == "standard" then wanted[2] = { baseline = 1 } end
  local found = require("neap.study.predict").all(study, wanted)
  local unit = study.spec.folds and "repeats" or "data sets"
  local curves = { { label = "best point: "
    .. verdict.show_point(study, best.index), runs = runs_of(found[1]),
    unit = unit } }
  if found[2] then
    curves[2] = { label = "cross-entropy", runs = runs_of(found[2]) }
  end
  if (found[1].folds and found[1] or found[1][1]).truth then
    curves[#curves + 1] = { label = "oracle: the best that there is",
      runs = runs_of(found[1], true) }
  end
  local figures = {}
  for _, name in ipairs(names) do figures[name] = figure_of(name, curves) end
  return figures
end

return M
