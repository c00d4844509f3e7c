--- A point of a study by itself again: its scores on rows that it was not
-- trained on, and a fit of it.
local baselines = require "neap.baselines"
local core = require "neap.core"
local data = require "neap.data"
local evaluate = require "neap.study.evaluate"
local fair = require "neap.study.fair"
local options = require "neap.options"
local points = require "neap.study.points"
local sheets = require "neap.study.sheet"
local stages = require "neap.study.stages"

local M = {}

local function same(p, q)
  for key, value in pairs(p) do
    if q[key] ~= value then return false end
  end
  for key in pairs(q) do
    if p[key] == nil then return false end
  end
  return true
end

-- Why no point has some parameters.
local function describe_missing(study, given)
  local names = study.spec.search.names
  for key in pairs(given) do
    local known, near = false, core.nearest(tostring(key), names)
    for _, name in ipairs(names) do known = known or name == key end
    if not known then
      return ("the search has no parameter '%s'%s"):format(tostring(key),
        near and ("; did you mean '%s'?"):format(near) or "")
    end
  end
  return "the search has no point of these parameters; a point has "
    .. table.concat(names, ", ")
end

-- The number of a point, or the position of a trained baseline.
local function find(study, point, name)
  if type(point) == "table" and not point.params then
    for i, p in ipairs(study.points) do
      if same(p, point) then return i end
    end
    options.refuse(name, describe_missing(study, point))
  end
  if type(point) == "table" then point = point.index end
  if study.points[point] then return point end
  if study.spec.baselines == "standard" then
    for i, label in ipairs(baselines.trained) do
      if label == point then return nil, i end
    end
  end
  options.refuse(name, ("point is %s; wanted its number, 1 to %d, its "
    .. "parameters, study:best() or the name of a trained baseline (%s)")
    :format(options.show(point), study.spec.search.size,
      table.concat(baselines.trained, ", ")))
end

-- A finished job of some points, { { index = } or { baseline = }, ... }, tuned
-- as in the study.
local function train_them(study, training, wanted)
  local o, labels, list = study.spec, {}, {}
  local has_baseline = false
  for _, of in ipairs(wanted) do
    labels[#labels + 1] = of.index
    has_baseline = has_baseline or of.baseline ~= nil
  end
  if #labels == 0 then labels[1] = 1 end
  local all, at = points.of(study, training, labels, has_baseline), 0
  for i, of in ipairs(wanted) do
    if of.index then at = at + 1 end
    list[i] = all[of.baseline and #labels + of.baseline or at]
  end
  local function run(rows, some)
    return assert(evaluate.run_job(study, rows, some, o.epochs,
      function() end), "interrupted")
  end
  local many_rows = study.many_rows
  if many_rows == nil then many_rows = fair.has_many_rows(training) end
  fair.tune(list, training,
    { fair = o.fair, seed = o.seed, many_rows = many_rows }, run)
  return run(training, list)
end

-- What predictions of a point are kept in: of folds all rows, else nothing yet.
local function empty_of(o)
  return o.folds and {
    scores = core.array.zeros(o.repeats, o.data.n),
    folds = core.array.zeros(o.repeats, o.data.n, "int32"),
    targets = o.data.y, weights = o.data.weights, truth = o.data.truth,
  } or {}
end

-- Keeps the scores of one run's test rows.
local function keep(result, scores, where, test, positions)
  if not positions then
    result[#result + 1] = {
      scores = scores:row(1):copy(), targets = test.y, weights = test.weights,
      truth = test.truth,
    }
    return
  end
  core.study.scatter(result.scores, where["repeat"], positions, scores)
  local folds = result.folds:row(where["repeat"])
  for i = 1, #positions do folds[positions[i]] = where.fold end
end

--- The predictions of several points, trained together: a list, each as
-- Study:predictions returns it.
-- @param wanted { { index = a point's number } or { baseline = the position of
--   a trained one }, ... }, points first
function M.all(study, wanted)
  local results = {}
  for i = 1, #wanted do results[i] = empty_of(study.spec) end
  for where, training, test, positions in stages.runs_of(study.spec) do
    local job = train_them(study, training, wanted)
    local scores = job:scores(test)
    job:close()
    for i, result in ipairs(results) do
      keep(result, sheets.lines_of(scores, i, i), where, test, positions)
    end
  end
  return results
end

--- See Study:predictions.
function M.predictions(study, point)
  local index, baseline = find(study, point, "predictions")
  return M.all(study, { { index = index, baseline = baseline } })[1]
end

--- See Study:refit.
function M.refit(study, point, given)
  local index, baseline = find(study, point, "refit")
  local o = options.read("refit", given, {
    data = { "object", type = "neap.Data" },
  }, 2)
  local training = o.data or study.spec.folds and study.spec.data
  if not data.is_data(training) then
    options.refuse("refit", training and "data is no data set"
      or "data is missing; a recipe has no rows of its own", 2)
  end
  local job = train_them(study, training,
    { { index = index, baseline = baseline } })
  local fit = job:fits()[1]
  job:close()
  return fit
end

return M
