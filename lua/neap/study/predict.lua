--- A point of a study by itself again: its scores on rows that it was not
-- trained on, and a fit of it.
local baselines = require "neap.baselines"
local core = require "neap.core"
local data = require "neap.data"
local evaluate = require "neap.study.evaluate"
local fair = require "neap.study.fair"
local options = require "neap.options"
local points = require "neap.study.points"
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
    options.refuse(name, describe_missing(study, point), 3)
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
    :format(tostring(point), study.spec.search.size,
      table.concat(baselines.trained, ", ")), 3)
end

-- A finished job of the one point, tuned as in the study.
local function train_one(study, training, index, baseline)
  local list = points.of(study, training, { index or 1 },
    baseline ~= nil)
  local point, o = list[baseline and baseline + 1 or 1], study.spec
  local function run(rows, all)
    return assert(evaluate.run_job(study, rows, all, o.epochs,
      function() end), "interrupted")
  end
  local many_rows = study.many_rows
  if many_rows == nil then many_rows = fair.has_many_rows(training) end
  fair.tune({ point }, training,
    { fair = o.fair, seed = o.seed, many_rows = many_rows }, run)
  return run(training, { point })
end

--- See Study:predictions.
function M.predictions(study, point)
  local index, baseline = find(study, point, "predictions")
  local o, list = study.spec, {}
  local result = o.folds and {
    scores = core.array.zeros(o.repeats, o.data.n),
    folds = core.array.zeros(o.repeats, o.data.n, "int32"),
    targets = o.data.y, weights = o.data.weights,
  } or list
  for where, training, test, positions in stages.runs_of(o) do
    local job = train_one(study, training, index, baseline)
    local scores = job:scores(test)
    job:close()
    if positions then
      core.study.scatter(result.scores, where["repeat"], positions, scores)
      local folds = result.folds:row(where["repeat"])
      for i = 1, #positions do folds[positions[i]] = where.fold end
    else
      list[#list + 1] = {
        scores = scores:row(1):copy(), targets = test.y, weights = test.weights,
      }
    end
  end
  return result
end

--- See Study:refit.
function M.refit(study, point, given)
  local index, baseline = find(study, point, "refit")
  local o = options.read("refit", given, { data = { "any" } }, 3, 2)
  local training = o.data or study.spec.folds and study.spec.data
  if not data.is_data(training) then
    options.refuse("refit", training and "data is no data set"
      or "data is missing; a recipe has no rows of its own", 3, 2)
  end
  local job = train_one(study, training, index, baseline)
  local fit = job:fits()[1]
  job:close()
  return fit
end

return M
