--- What a study that compares losses says, be it one that ran or one that is
-- read from a store: { spec =, points = { params }, runs =, rows =, by_label =
-- (see neap.study.sheet), confirmed =, longer =, retuned =, held_out = sheets
-- or nil, partial = what it is a part of, as text, or nil, session = the trials
-- }.
local arguments = require "neap.arguments"
local core = require "neap.core"
local metrics = require "neap.study.metrics"
local store = require "neap.store"

local Results = {}
Results.__index = Results

--- Whether a larger value of a metric is better.
function Results.larger_is_better(metric)
  return not metrics[metric].falls
end

--- The folds that intervals are corrected for; nil for fresh data sets.
function Results:correction()
  return self.spec.folds
end

--- The best point: { index =, params =, value = mean score over the runs, as
-- its trial has it }.
function Results:best()
  return require("neap.verdict").best(self)
end

--- Whether focusing adds anything to weighting, and the best point anything
-- to cheaper remedies: a table that prints as text. See docs/verdict.md.
function Results:verdict()
  return require("neap.verdict").of_study(self)
end

--- The mean of every metric, best points first: a table that prints as text.
-- @param given { top = points to print (10) }
function Results:table(given)
  return require("neap.table").new(self, given)
end

--- A figure of the results, to show and to save: docs/figures.md.
-- @param kind "heatmap", "slice", "forest", "split", "history", "training",
--   "roc", "precision_recall", "reliability" or "scores"
-- @param given of a heatmap { x =, y = parameters, metric = (the score),
--   against = a baseline's label ("cross-entropy"), or false for the metric
--   itself }; of a slice { x =, at = parameters (the best point's), metric =,
--   against = }; { metric = } of split ("score", "f1", "log_loss") and history
function Results:figure(kind, given)
  local figure = require("neap.plot.study").figure(self, kind, given)
  return figure
end

--- Writes all results into one HTML page that loads nothing: the verdict, its
-- figures, every point, and what it takes to repeat them.
-- @param path of the page
-- @param given { title = (the study's name), curves = false: without curves,
--   for which the best point and cross-entropy are trained again }
-- @return true, or nil and why it can't be written
function Results:report(path, given)
  local done, why = require("neap.report").write(self, path, given)
  return done, why
end

local function session_of(self)
  if not self.session then
    core.blame("the study has not run yet, or was closed; call study:run()")
  end
  return self.session
end

--- The objective of a point after each epoch, in each run.
-- @param index its number
-- @return a list by run of numbers by epoch, empty where nothing was trained by
--   epochs; nil and why where the point has not been scored
function Results:curves(index)
  local row = self.by_label[index]
  if not row or row.kind ~= "point" then
    return nil, ("point %s has not been scored"):format(tostring(index))
  end
  if not row.trial_id then return row.curves end
  -- A store keeps them apart.
  return store.protect(require("neap.study.keep").read_curves,
    session_of(self), row.trial_id)
end

-- ---------------------------------------------------------------- the trials

--- All points that have been claimed, as trials, by their numbers: { number =,
-- state =, params =, value = the mean score }.
function Results:trials()
  local session = session_of(self)
  return store.protect(session.all, session)
end

--- How many points are in each state (COMPLETE, FAIL, RUNNING) and, as total,
-- how many there are.
function Results:counts()
  local session = session_of(self)
  return store.protect(session.counts, session)
end

--- Writes every number into a file: CSV in long form, or JSON, by the name's
-- ending.
-- @return true; nil and why
function Results:export(path)
  session_of(self)
  return store.protect(function()
    return require("neap.store.export").to_file(
      require("neap.study.export")(self), path)
  end)
end

arguments.methods("neap.Study", Results, Results, {
  best = "",
  verdict = "",
  table = "given?",
  figure = "kind: string, given?",
  report = "path: string, given?",
  curves = "index: integer",
  trials = "",
  counts = "",
  export = "path: string",
})

return Results
