--- What a study does, one stage after another: all points on its data sets or
-- folds; then those that were picked, on fresh data sets, on the held-out rows,
-- and trained otherwise.
local baselines = require "neap.baselines"
local core = require "neap.core"
local evaluate = require "neap.study.evaluate"
local pools = require "neap.study.pool"
local progress = require "neap.progress"
local sheets = require "neap.study.sheet"
local spec = require "neap.study.spec"

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

--- The runs of a study.
function M.runs_of(o)
  return o.datasets and fresh(o, 0, o.datasets) or dealt(o)
end

local function name_of(where)
  if where.dataset then return ("data set %d"):format(where.dataset) end
  return ("repeat %d, fold %d"):format(where["repeat"], where.fold)
end

-- Runs a stage on its rows; false where it was interrupted.
local function stage(study, title, sheet, o, runs, count)
  local size = o.labels and #o.labels or #study.points
  if study.spec.baselines == "standard" then
    size = size + #baselines.trained
  end
  local bar = progress.new(title, count * size, "fits")
  bar.silent = bar.silent or study.quiet
  local done = 0
  for where, training, test, positions in runs do
    local finished = evaluate.run(study, sheet, {
      where = where, name = name_of(where), training = training, test = test,
      positions = positions, labels = o.labels, variant = o.variant,
      pool = o.pool and o.pool(where),
      look = function(fraction) bar:update((done + fraction) * size) end,
    })
    if finished and o.after then
      finished = o.after(where, training)
    end
    if not finished then
      bar:finish()
      return false
    end
    done = done + 1
  end
  bar:finish()
  return true
end

-- ------------------------------------------------------------- all points

-- What draws the bootstrap of each repeat: the pool of a fold, and what is done
-- after it.
local function pooling(study)
  local o, pool = study.spec, nil
  local function pool_of(where)
    pool = where.fold > 1 and pool or pools.new {
      y = o.data.y, weights = o.data.weights, score = o.score, draws = o.draws,
      seed = o.seed, repeats = o.repeats, columns = #study.points + 8,
    }
    return pool
  end
  local function after(where)
    pool:turn()
    if where.fold < o.folds then return true end
    local rows = {}
    for i, row in ipairs(study.rows) do rows[i] = row end
    return pool:draw(rows)
  end
  return pool_of, after
end

-- Scores all points inside the training rows of a run, by folds of these.
local function look_inside(study, training)
  local o, sheet, run = study.spec, sheets.new(), #study.runs
  local seed = core.data.seed_of(o.seed, INSIDE + run)
  for part, test in training:folds { k = o.nested, seed = seed } do
    if not evaluate.run(study, sheet, { where = {}, name = "nested fold",
      training = part, test = test, look = function() end }) then
      return false
    end
  end
  for _, row in ipairs(sheet.rows) do
    local sum = 0
    for _, value in ipairs(row.values[o.score]) do sum = sum + value end
    local of = study.by_label[row.label]
    of.inner = of.inner or {}
    of.inner[run] = sum / o.nested
  end
  return true
end

local function run_points(study)
  local o, how = study.spec, {}
  local after
  if o.folds then how.pool, after = pooling(study) end
  function how.after(where, training)
    if after and not after(where) then return false end
    return not o.nested or look_inside(study, training)
  end
  return stage(study, o.name, study, how, M.runs_of(o),
    o.datasets or o.folds * o.repeats)
end

-- --------------------------------------------------------- those picked

-- Whether some of the points, or a baseline, have not converged everywhere.
local function has_unconverged(sheet, labels)
  local asked = {}
  for _, label in ipairs(labels) do asked[label] = true end
  for _, row in ipairs(sheet.rows) do
    for run = 1, #sheet.runs do
      if (asked[row.label] or row.kind == "baseline")
        and not row.converged[run] then
        return true
      end
    end
  end
  return false
end

local function rerun(study, key, variant, labels)
  local o = study.spec
  study[key] = sheets.new()
  local confirms = study.confirmed ~= nil
  local runs = confirms and fresh(o, CONFIRMATION, o.confirm) or M.runs_of(o)
  local count = confirms and o.confirm or #study.runs
  return stage(study, o.name .. (variant == "longer" and ", five times longer"
    or ", l2 tuned"), study[key], { labels = labels, variant = variant }, runs,
    count)
end

local function hold_out(study, labels)
  local o = study.spec
  study.held_out = sheets.new()
  local positions = core.array.zeros(o.test.n, nil, "int32")
  for i = 1, o.test.n do positions[i] = i end
  local pool = pools.new {
    y = o.test.y, weights = o.test.weights, score = o.score, draws = o.draws,
    seed = o.seed, repeats = 1, columns = #labels + 8,
  }
  local done = evaluate.run(study, study.held_out, {
    where = {}, name = "held-out test", training = o.data, test = o.test,
    labels = labels, positions = positions, pool = pool,
    look = function() end,
  })
  return done and pool:draw(study.held_out.rows)
end

-- What becomes of those that were picked.
local function run_picked(study, labels)
  local o = study.spec
  if #labels == 0 then return true end
  -- One point without baselines stands against nothing.
  local few = o.datasets and o.datasets < spec.LEAST_DATASETS
    or #labels == 1 and o.baselines == "none"
  if o.datasets and o.confirm > 0 and not few then
    study.confirmed = sheets.new()
    if not stage(study, o.name .. ", confirmation", study.confirmed,
      { labels = labels }, fresh(o, CONFIRMATION, o.confirm), o.confirm) then
      study.confirmed = nil
      return false
    end
  end
  local sheet = study.confirmed or study
  if o.reruns and not few then
    if has_unconverged(sheet, labels)
      and not rerun(study, "longer", "longer", labels) then
      study.longer = nil
      return false
    end
    if sheets.is_untuned(sheet)
      and not rerun(study, "retuned", "tuned", labels) then
      study.retuned = nil
      return false
    end
  end
  return not o.test or hold_out(study, labels)
end

--- Runs all stages. @return false where it was interrupted
-- @param pick function() -> the numbers of the points to look at again
function M.run_all(study, pick)
  for _, key in ipairs { "confirmed", "longer", "retuned", "held_out" } do
    study[key] = nil
  end
  study.many_rows = nil -- as the first training rows say
  sheets.new(study)
  return run_points(study) and run_picked(study, pick())
end

return M
