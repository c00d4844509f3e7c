--- The stages of a study and the rows they are on: all points on its data sets
-- or folds; then those that were picked, on fresh data sets, on the held-out
-- rows, and trained otherwise.
local core = require "neap.core"
local evaluate = require "neap.study.evaluate"
local pools = require "neap.study.pool"
local sheets = require "neap.study.sheet"

local M = {}

-- Seeds of what is drawn beside the data sets and repeats 1, 2, ...
local CONFIRMATION, INSIDE = 2 ^ 20, 2 ^ 21

-- Fresh data sets, one after another: where, train, test.
local function fresh(o, first, count)
  local i = 0
  return function()
    i = i + 1
    if i > count then return nil end
    local training, test = o.data(core.data.seed_of(o.seed, first + i))
    return { dataset = i }, training, test
  end
end

-- The folds of a data set, dealt again and again: where, train, test and the
-- positions of the test rows.
local function dealt(o)
  local next_fold = o.data:folds {
    k = o.folds, repeats = o.repeats, seed = o.seed,
  }
  return function()
    local training, test, fold, part, positions = next_fold()
    if not training then return nil end
    return { ["repeat"] = part, fold = fold }, training, test, positions
  end
end

--- The runs of a study: an iterator, and how many there are.
function M.runs_of(o)
  if o.datasets then return fresh(o, 0, o.datasets), o.datasets end
  return dealt(o), o.folds * o.repeats
end

--- The fresh data sets that what was picked is confirmed on.
function M.confirmation_of(o)
  return fresh(o, CONFIRMATION, o.confirm), o.confirm
end

--- What a run is called.
function M.name_of(where)
  if where.dataset then return ("data set %d"):format(where.dataset) end
  if not where.fold then return "held-out test" end
  return ("repeat %d, fold %d"):format(where["repeat"], where.fold)
end

--- Trains and scores points and baselines on the rows of a stage.
-- @param o { labels = of points, baselines = whether they are trained, too,
--   runs = an iterator, variant = see evaluate.run, pool = function(where) or
--   nil, after = function(sheet, where, training) after each run or nil, look =
--   function(runs that are done) }
-- @return a sheet, and whether it was finished
function M.evaluate(study, o)
  local sheet, done = sheets.new(), 0
  for where, training, test, positions in o.runs do
    local finished = evaluate.run(study, sheet, {
      where = where, name = M.name_of(where), training = training, test = test,
      positions = positions, labels = o.labels, baselines = o.baselines,
      variant = o.variant, pool = o.pool and o.pool(where),
      look = function(fraction) o.look(done + fraction) end,
    })
    if finished and o.after then
      finished = o.after(sheet, where, training)
    end
    if not finished then return sheet, false end
    done = done + 1
  end
  return sheet, true
end

-- ------------------------------------------------------------- all points

-- What draws the bootstrap of each repeat: the pool of a fold, and what is done
-- after it.
local function pooling(o, columns, look)
  local pool
  local function pool_of(where)
    pool = where.fold > 1 and pool or pools.new {
      y = o.data.y, weights = o.data.weights, score = o.score, draws = o.draws,
      seed = o.seed, repeats = o.repeats, columns = columns,
    }
    return pool
  end
  local function after(sheet, where)
    pool:turn()
    if where.fold < o.folds then return true end
    return pool:draw(sheet.rows, function() look(#sheet.runs) end)
  end
  return pool_of, after
end

-- Scores all points inside the training rows of a run, by folds of these.
local function look_inside(study, how, into, training)
  local o, sheet, run = study.spec, sheets.new(), #into.runs
  local seed = core.data.seed_of(o.seed, INSIDE + run)
  for part, test in training:folds { k = o.nested, seed = seed } do
    if not evaluate.run(study, sheet, { where = {}, name = "nested fold",
      training = part, test = test, labels = how.labels,
      baselines = how.baselines, look = how.look_inside }) then
      return false
    end
  end
  for _, row in ipairs(sheet.rows) do
    local sum = 0
    for _, value in ipairs(row.values[o.score]) do sum = sum + value end
    local of = into.by_label[row.label]
    of.inner = of.inner or {}
    of.inner[run] = sum / o.nested
  end
  return true
end

--- Scores some points, and the baselines, on all runs of the study.
-- @param labels of points, in rising order
-- @param with_baselines whether they are trained, too
-- @param look function(runs that are done)
-- @return a sheet, and whether it was finished
function M.score_points(study, labels, with_baselines, look)
  local o = study.spec
  local how = {
    labels = labels, baselines = with_baselines, runs = M.runs_of(o),
    look = look,
  }
  local draw
  if o.folds then how.pool, draw = pooling(o, #labels + 8, look) end
  function how.after(sheet, where, training)
    if draw and not draw(sheet, where) then return false end
    how.look_inside = function() look(#sheet.runs) end
    return not o.nested or look_inside(study, how, sheet, training)
  end
  return M.evaluate(study, how)
end

--- Scores points on the held-out rows.
-- @param how { labels =, baselines =, look = } as M.evaluate takes them
-- @return a sheet, and whether it was finished
function M.hold_out(study, how)
  local o, first = study.spec, true
  local positions = core.array.zeros(o.test.n, nil, "int32")
  for i = 1, o.test.n do positions[i] = i end
  local pool = pools.new {
    y = o.test.y, weights = o.test.weights, score = o.score, draws = o.draws,
    seed = o.seed, repeats = 1, columns = #how.labels + 8,
  }
  function how.runs()
    if not first then return nil end
    first = false
    return {}, o.data, o.test, positions
  end
  function how.pool() return pool end
  function how.after(sheet)
    return pool:draw(sheet.rows, function() how.look(1) end)
  end
  return M.evaluate(study, how)
end

return M
