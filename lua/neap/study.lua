--- Studies: every point of a search on the same rows, beside cheaper remedies.
--
-- Two protocols: a recipe draws fresh data sets, or one data set is dealt into
-- folds again and again. All that is learned from data (standardisation, class
-- weights, l2, thresholds, calibration) is learned on training rows alone.
-- What is done stands in neap.study.stages, what is kept in neap.study.sheet,
-- what it says in neap.verdict.
local metrics = require "neap.study.metrics"
local options = require "neap.options"
local sheets = require "neap.study.sheet"
local spec = require "neap.study.spec"

local found, host = pcall(require, "neap.host")

local Study = {}
Study.__index = Study
Study.__name = "neap.Study"

--- neap.study { data =, datasets =, confirm = | folds =, repeats =, nested =,
-- test =, model =, optimizer =, loss =, search =, score =, baselines =, fair =,
-- seed =, ... }
-- model, optimizer and loss are values, or function(p, train) of a point's
-- parameters and the run's training rows.
local function new(given)
  if type(given) == "table" and given.search and not given.data
    and given.loss == nil then
    return require("neap.objective")(given)
  end
  local self = setmetatable({}, Study)
  self.spec = spec.read(given)
  local search = self.spec.search
  self.points = {}
  for i = 1, search.size do
    self.points[i] = search:point(i, self.spec.seed)
  end
  return sheets.new(self)
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

local function run_all(self)
  local function pick() return require("neap.verdict").picks(self) end
  local start = found and host.clock()
  local done = require("neap.study.stages").run_all(self, pick)
  self.seconds = found and host.clock() - start or nil
  if done then return self end
  return nil, "interrupted"
end

--- Runs the study to its end.
-- @param given { quiet = true } shows no progress
-- @return the study, or nil and "interrupted" after Ctrl-C: what has been
--   evaluated till then is there
function Study:run(given)
  local o = options.read("run", given, {
    quiet = { "boolean", default = false },
  })
  self.quiet = o.quiet
  return guarded(run_all, self)
end

-- ------------------------------------------------------------ the results

--- Whether a larger value of a metric is better.
function Study.larger_is_better(metric)
  return not metrics[metric].falls
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
-- to cheaper remedies: a table that prints as text. See docs/verdict.md.
function Study:verdict()
  return require("neap.verdict").of_study(self)
end

--- The mean of every metric, best points first: a table that prints as text.
-- @param given { top = points to print (10) }
function Study:table(given)
  return require("neap.table").new(self, given)
end

--- A figure of the results, to show and to save: docs/figures.md.
-- @param kind "heatmap", "slice", "forest", "split", "history", "roc",
--   "precision_recall", "reliability" or "scores"
-- @param given of a heatmap { x =, y = parameters, metric = (the score),
--   against = a baseline's label ("cross-entropy"), or false for the metric
--   itself }; of a slice { x =, at = parameters (the best point's), metric =,
--   against = }; { metric = } of split ("score", "f1", "log_loss") and history
function Study:figure(kind, given)
  local figure = require("neap.plot.study").figure(self, kind, given)
  return figure
end

--- Writes all results into one HTML page that loads nothing: the verdict, its
-- figures, every point, and what it takes to repeat them.
-- @param path of the page
-- @param given { title = (the study's name), curves = false: without curves,
--   for which the best point and cross-entropy are trained again }
-- @return true, or nil and why it can't be written
function Study:report(path, given)
  local done, why = require("neap.report").write(self, path, given)
  return done, why
end

--- The scores of a point on rows that it was not trained on; it is trained
-- again, with the same bits.
-- @param point its number, its parameters, study:best(), or the name of a
--   trained baseline
-- @return for folds { scores = [repeats][n], folds = [repeats][n] int32,
--   targets =, weights =, truth = }, as neap.verdict takes them; for a recipe a
--   list of { scores = [n], targets =, weights =, truth = }, one for each data
--   set; truth is P(class 1 | row) where it is known
function Study:predictions(point)
  return require("neap.study.predict").predictions(self, point)
end

--- A fit of a point to all rows, trained and tuned as in the study.
-- @param point see Study:predictions
-- @param given { data = the rows; of a recipe there are none without it }
function Study:refit(point, given)
  return require("neap.study.predict").refit(self, point, given)
end

return new
