--- Studies: every point of a search on the same rows, beside cheaper remedies.
--
-- Two protocols: a recipe draws fresh data sets, or one data set is dealt into
-- folds again and again. All that is learned from data (standardisation, class
-- weights, thresholds, calibration) is learned on training rows alone.
local baselines = require "neap.baselines"
local core = require "neap.core"
local data = require "neap.data"
local options = require "neap.options"
local progress = require "neap.progress"
local train = require "neap.train"

local found, host = pcall(require, "neap.host")

local Study = {}
Study.__index = Study
Study.__name = "neap.Study"

-- What is kept of every point and run.
local metric_names = {
  "average_precision", "roc_auc", "log_loss", "brier", "f1", "accuracy",
}
local kept_metrics = {
  "average_precision", "roc_auc", "log_loss", "log_loss_recalibrated", "brier",
  "f1", "f1_tuned", "accuracy",
}
local smaller_is_better = {
  log_loss = true, log_loss_recalibrated = true, brier = true,
}

local study_options = {
  name = { "string", default = "study" },
  seed = { "number", default = 1, low = 0, whole = true },
  data = { "any", required = true, wanted = "a recipe or a data set" },
  datasets = { "number", low = 1, whole = true },
  folds = { "number", low = 2, whole = true },
  repeats = { "number", low = 1, whole = true },
  test = { "any", wanted = "a data set" },
  model = { "maker", type = "neap.Model", wanted = "a model or a function" },
  optimizer = { "maker", type = "neap.Optimizer",
    wanted = "an optimizer or a function" },
  loss = { "maker", type = "neap.Loss", required = true,
    wanted = "a loss or a function" },
  search = { "table", required = true,
    wanted = "a search, such as neap.search.grid { ... }" },
  score = { "choice", default = "average_precision", names = kept_metrics },
  baselines = { "choice", default = "standard",
    names = { "standard", "none" } },
  worth = { "number", low = 0 },
  standardize = { "boolean" },
  epochs = { "number", low = 1, whole = true },
  batch = { "number", low = 1, whole = true },
}

local function check_data(d, folds)
  if #d.classes ~= 2 then
    options.refuse("study", ("studies compare losses of two classes; the data "
      .. "have %d"):format(#d.classes), 4)
  end
  for c, count in ipairs(d.counts) do
    if count < folds then
      options.refuse("study", ("folds is %d; class '%s' has %d rows, fewer "
        .. "than one for each fold"):format(folds, d.classes[c], count), 4)
    end
  end
end

local function check_protocol(o)
  if data.is_data(o.data) then
    if o.datasets then
      options.refuse("study",
        "datasets is for a recipe; a data set takes folds and repeats", 3)
    end
    o.folds, o.repeats = o.folds or 5, o.repeats or 5
    check_data(o.data, o.folds)
  elseif type(o.data) == "function" then
    if o.folds or o.repeats then
      options.refuse("study",
        "folds and repeats are for a data set; a recipe takes datasets", 3)
    elseif o.test then
      options.refuse("study", "test is for a data set; a recipe draws its own",
        3)
    end
    o.datasets = o.datasets or 10
  else
    options.refuse("study", "data is neither a recipe nor a data set", 3)
  end
  if o.test and not data.is_data(o.test) then
    options.refuse("study", "test is no data set", 3)
  end
end

--- neap.study { data =, datasets = | folds =, repeats =, test =, model =,
-- optimizer =, loss =, search =, score =, baselines =, seed =, ... }
-- model, optimizer and loss are values, or function(p, train) of a point's
-- parameters and the run's training rows.
local function new(given)
  if type(given) == "table" and given.search and not given.data
    and given.loss == nil then
    return require("neap.objective")(given)
  end
  local o = options.read("study", given, study_options)
  check_protocol(o)
  if not o.search.is_search then
    options.refuse("study", "search is a table; wanted a search, such as "
      .. "neap.search.grid { ... }")
  end
  local self = setmetatable({}, Study)
  self.spec = o
  self.points = {}
  if o.search.adaptive then
    options.refuse("study", ("search is %s, whose points depend on trials; "
      .. "wanted a grid, random or sobol"):format(o.search.kind))
  end
  for i = 1, o.search.size do self.points[i] = o.search:point(i, o.seed) end
  self.runs = {} -- what has been evaluated: { name =, positives =, ... }
  self.rows = {} -- points, then baselines: { label =, kind =, values = }
  return self
end

-- -------------------------------------------------------------- the runs

-- The runs of a study, one after another: name, train, test.
local function each_run(o)
  if o.datasets then
    local i = 0
    return function()
      i = i + 1
      if i > o.datasets then return nil end
      local training, test = o.data(core.data.seed_of(o.seed, i))
      return { dataset = i }, training, test
    end
  end
  local part, next_fold, fold = 0, nil, 0
  return function()
    if not next_fold or fold == o.folds then
      part, fold = part + 1, 0
      if part > o.repeats then return nil end
      next_fold = o.data:folds {
        k = o.folds, seed = core.data.seed_of(o.seed, part),
      }
    end
    fold = fold + 1
    local training, test = next_fold()
    return { ["repeat"] = part, fold = fold }, training, test
  end
end

local function run_count(o)
  return o.datasets or o.folds * o.repeats
end

-- A point's parameters as a function sees them: to read, under their names.
local function guarded_params(self, p)
  local names = self.spec.search.names
  return setmetatable({}, {
    __index = function(_, key)
      local value = p[key]
      if value ~= nil then return value end
      for _, name in ipairs(names) do
        if name == key then return nil end
      end
      local near = type(key) == "string" and core.nearest(key, names)
      error(("there is no parameter '%s'; the search has %s%s"):format(
        tostring(key), table.concat(names, ", "),
        near and ("; did you mean '%s'?"):format(near) or ""), 2)
    end,
    __newindex = function() error("a point's parameters can't be set", 2) end,
    __pairs = function() return next, p, nil end,
  })
end

-- The model, optimizer or loss of a point: given, or made by a function.
local function value_of(self, key, p, training)
  local value, kind = self.spec[key], study_options[key].type
  if type(value) ~= "function" then return value end
  local made = value(guarded_params(self, p), training)
  if getmetatable(made) == kind or made == nil and key ~= "loss" then
    return made
  end
  error(("the study's %s function returned a %s; wanted a %s"):format(key,
    type(made), kind), 0)
end

-- Whether points differ in more than their loss: baselines train as the first.
local function is_mixed(list)
  for _, point in ipairs(list) do
    if tostring(point.model) ~= tostring(list[1].model)
      or tostring(point.optimizer) ~= tostring(list[1].optimizer) then
      return true
    end
  end
  return false
end

-- The trained points of a run: those of the search, then what the baselines
-- need.
local function points_of(self, training)
  local o, list = self.spec, {}
  for i, p in ipairs(self.points) do
    local model = value_of(self, "model", p, training)
    list[i] = {
      loss = value_of(self, "loss", p, training),
      optimizer = value_of(self, "optimizer", p, training),
      model = model,
    }
    if list[i].loss.kind ~= "binary" then
      error(("studies compare losses of two classes by one logit; %s is one "
        .. "of classes"):format(list[i].loss.name), 0)
    end
  end
  if o.baselines == "standard" then
    self.mixed = self.mixed or is_mixed(list)
    for _, point in ipairs(baselines.points(list[1])) do
      list[#list + 1] = point
    end
  end
  return list
end

-- Rows [first] to [last] of a matrix, as a matrix.
local function lines_of(matrix, first, last)
  local positions = {}
  for i = first, last do positions[#positions + 1] = i end
  return core.data.take(matrix, core.array.array(positions, "int32"))
end

-- All metrics of some score columns: thresholds and Platt's numbers come from
-- the training rows.
local function metrics_of(train_scores, test_scores, losses, training, test)
  local values = { core.study.metrics(test_scores, test.y, test.weights, nil,
    metric_names) }
  local all = {}
  for m, name in ipairs(metric_names) do all[name] = values[m] end
  local threshold = core.metric.threshold(train_scores, training.y,
    { maximize = "f1", weights = training.weights })
  all.f1_tuned = core.study.metrics(test_scores, test.y, test.weights,
    { threshold = threshold }, { "f1" })
  local calibrated = core.study.recalibrate(train_scores, training.y,
    training.weights, losses, test_scores, training.classes)
  all.log_loss_recalibrated = core.study.metrics(calibrated, test.y,
    test.weights, nil, { "log_loss" })
  return all
end

-- The row of a point (by its number) or of a baseline (by its name); values
-- has for each metric a list by run, and "test" for the held-out rows.
local function row_of(self, label, kind)
  local row = self.by_label[label]
  if not row then
    row = { label = label, kind = kind, values = {}, converged = {} }
    for _, name in ipairs(kept_metrics) do row.values[name] = {} end
    self.by_label[label] = row
    self.rows[#self.rows + 1] = row
  end
  return row
end

-- A fit that failed has no score: NaN, which no mean takes.
local function keep(row, all, column, run, report)
  local failed = report.state == "failed"
  for name, list in pairs(row.values) do
    list[run] = failed and 0 / 0 or all[name][column]
  end
  row.converged[run] = report.converged
end

local function keep_baselines(self, run, job, training, test, scores, fits)
  local count, size = #self.points, #job.points
  local losses = {}
  for i = count + 1, size do losses[#losses + 1] = job.points[i].loss end
  local train_part = lines_of(scores.train, count + 1, size)
  local test_part = lines_of(scores.test, count + 1, size)
  local all = metrics_of(train_part, test_part, losses, training, test)
  for i, label in ipairs(baselines.trained) do
    keep(row_of(self, label, "baseline"), all, i, run, fits[count + i])
  end
  local ce = {
    train = lines_of(train_part, 1, 1), test = lines_of(test_part, 1, 1),
    report = fits[count + 1], point = job.points[count + 1],
  }
  for _, made in ipairs(baselines.computed(self.spec, ce, training, test)) do
    keep(row_of(self, made.label, "baseline"),
      metrics_of(made.train, made.test, { made.loss or false }, training,
        test), 1, run, made.report)
  end
end

local function check_run(training, test, name)
  if not (data.is_data(training) and data.is_data(test)) then
    error("the recipe returned no training and test data sets", 0)
  end
  if #training.classes ~= 2 then
    error(("%s: studies compare losses of two classes; the data have %d")
      :format(name, #training.classes), 0)
  end
  if training.features ~= test.features then
    error(("%s: the training rows have %d features and the test rows %d")
      :format(name, training.features, test.features), 0)
  end
  for c, class in ipairs(training.classes) do
    if test.classes[c] ~= class then
      error(("%s: the classes of the training rows are %s, and of the test "
        .. "rows %s; read both with the same positive"):format(name,
        table.concat(training.classes, ", "),
        table.concat(test.classes, ", ")), 0)
    end
  end
  for i, d in ipairs { training, test } do
    for c, count in ipairs(d.counts) do
      if count == 0 then
        error(("%s: the %s rows have none of class '%s'")
          :format(name, i == 1 and "training" or "test", d.classes[c]), 0)
      end
    end
  end
end

local function name_of(where)
  if where.dataset then return ("data set %d"):format(where.dataset) end
  return ("repeat %d, fold %d"):format(where["repeat"], where.fold)
end

local function evaluate_run(self, run, job, training, test)
  local scores = { train = job:scores(training), test = job:scores(test) }
  local fits, losses, count = {}, {}, #self.points
  for i = 1, #job.points do
    fits[i] = job:report(i)
    if fits[i].state == "failed" then -- numbers that metrics can take
      scores.train:row(i):fill(0)
      scores.test:row(i):fill(0)
    end
  end
  for i = 1, count do losses[i] = job.points[i].loss end
  local all = metrics_of(lines_of(scores.train, 1, count),
    lines_of(scores.test, 1, count), losses, training, test)
  for i = 1, count do
    keep(row_of(self, i, "point"), all, i, run, fits[i])
  end
  if self.spec.baselines == "standard" then
    keep_baselines(self, run, job, training, test, scores, fits)
  end
end

-- Trains one run, slice by slice; returns false where it was interrupted.
local function do_run(self, run, name, training, test, bar)
  local o, done = self.spec, #self.runs
  check_run(training, test, name)
  local points = points_of(self, training)
  local job = train.job {
    data = training,
    points = points,
    standardize = o.standardize,
    seed = o.seed,
    epochs = o.epochs,
    batch = o.batch,
  }
  local finished = false
  while not finished do
    finished = job:step(0.05)
    bar:update((done + job:progress().fraction) * #points)
    if found and host.interrupted() then
      job:close()
      return false
    end
  end
  evaluate_run(self, run, job, training, test)
  job:close()
  return true
end

-- Without a program that catches it, Ctrl-C stays what it is.
local function guarded(call, ...)
  if not found then return call(...) end
  host.catch_interrupts(true)
  local ok, result, why = pcall(call, ...)
  host.catch_interrupts(false)
  if not ok then error(result, 0) end
  return result, why
end

-- The held-out rows are looked at once, after everything else, by fits on all
-- rows that the folds were dealt from.
local function run_held_out(self, bar)
  local o = self.spec
  if not o.test then return true end
  local done = do_run(self, "test", "held-out test", o.data, o.test, bar)
  if done then
    self.held_out = { positives = o.test.counts[2], rows = o.test.n }
  end
  return done
end

local function run_all(self, quiet)
  local o = self.spec
  local points = #self.points
  if o.baselines == "standard" then points = points + #baselines.trained end
  local total = run_count(o) + (o.test and 1 or 0)
  local bar = progress.new(o.name, total * points, "fits")
  bar.silent = bar.silent or quiet
  local done = true
  for where, training, test in each_run(o) do
    local run = #self.runs + 1
    done = do_run(self, run, name_of(where), training, test, bar)
    if not done then break end
    self.runs[run] = {
      where = where, positives = test.counts[2], rows = test.n,
    }
  end
  done = done and run_held_out(self, bar)
  bar:finish()
  if not done then return nil, "interrupted" end
  return self
end

--- Runs the study to its end.
-- @param given { quiet = true } shows no progress
-- @return the study, or nil and "interrupted" after Ctrl-C: what has been
--   evaluated till then is there
function Study:run(given)
  local o = options.read("run", given, {
    quiet = { "boolean", default = false },
  })
  self.runs, self.rows, self.by_label, self.held_out = {}, {}, {}, nil
  return guarded(run_all, self, o.quiet)
end

-- ------------------------------------------------------------ the results

--- Whether a larger value of a metric is better.
function Study.larger_is_better(metric)
  return not smaller_is_better[metric]
end

--- The folds that intervals are corrected for; nil for fresh data sets.
function Study:correction()
  return self.spec.folds
end

--- The best point: { index =, params =, score = mean over the runs }.
function Study:best()
  return require("neap.verdict").best(self)
end

--- Whether focusing adds anything to weighting, and the best point anything
-- to cheaper remedies: a table that prints as text.
function Study:verdict()
  return require("neap.verdict").new(self)
end

--- The mean of every metric, best points first: a table that prints as text.
-- @param given { top = points to print (10) }
function Study:table(given)
  return require("neap.table").new(self, given)
end

--- A figure: "heatmap" of two parameters.
-- @param kind "heatmap"
-- @param given { x =, y = parameters, metric = (the score), against = a
--   baseline's label ("cross-entropy"), or false for the metric itself }
function Study:figure(kind, given)
  return require("neap.plot").of_study(self, kind, given)
end

return new
