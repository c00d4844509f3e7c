--- One run of a study: its points trained on the same rows, scored on others.
local baselines = require "neap.baselines"
local core = require "neap.core"
local data = require "neap.data"
local fair = require "neap.study.fair"
local points = require "neap.study.points"
local rows = require "neap.rows"
local sheets = require "neap.study.sheet"
local train = require "neap.train"

local found, host = pcall(require, "neap.host")

local M = {}

--- Raises what is wrong with a run's rows.
function M.check(training, test, name)
  if not (data.is_data(training) and data.is_data(test)) then
    core.blame("the recipe returned no training and test data sets")
  end
  local fault = rows.fault(training, test)
  if fault then core.blame(("%s: %s"):format(name, fault)) end
end

-- A job of some points, or nil where it was interrupted. look(fraction) is
-- called as it goes on.
local function run_job(study, training, list, epochs, look)
  local o, clean = study.spec, {}
  for i, point in ipairs(list) do
    clean[i] = {
      loss = point.loss, optimizer = point.optimizer, model = point.model,
      l2 = point.l2,
    }
  end
  local job = train.job {
    data = training, points = clean, standardize = o.standardize,
    seed = o.seed, epochs = epochs, batch = o.batch,
  }
  local finished = false
  while not finished do
    finished = job:step(0.05)
    look(job:progress().fraction)
    if found and host.interrupted() then
      job:close()
      return nil
    end
  end
  return job
end

-- Five times the epochs, or iterations where there are none.
local function prolong(study, list)
  for _, point in ipairs(list) do
    local most = point.optimizer.max_iterations
    if most then
      point.optimizer = fair.changed(point.optimizer,
        { max_iterations = 5 * most })
    end
  end
  for _, point in ipairs(list) do
    if not point.optimizer.batches then return study.spec.epochs end
  end
  return 5 * (study.spec.epochs or 20)
end

-- The norm of a linear fit's weights.
local function norm_of(fit)
  if not fit.weights then return nil end
  local sum = 0
  for j = 1, #fit.weights do sum = sum + fit.weights[j] ^ 2 end
  return math.sqrt(sum)
end

-- How each point ended. What failed gets numbers that metrics can take.
local function reports_of(job, list, scores)
  local reports, fits = {}, job:fits()
  for i, point in ipairs(list) do
    local report = job:report(i)
    report.l2, report.norm = point.l2 or point.model.l2, norm_of(fits[i])
    report.tuned, report.edge = point.tuned, point.edge
    report.differs = point.differs
    if point.optimizer.batches then report.curve = report.history end
    if report.state == "failed" then
      scores.train:row(i):fill(0)
      scores.test:row(i):fill(0)
    end
    reports[i] = report
  end
  return reports
end

local function part_of(scores, first, last)
  return {
    train = sheets.lines_of(scores.train, first, last),
    test = sheets.lines_of(scores.test, first, last),
  }
end

local always = { state = "converged", converged = true }

-- Scores what was trained, and keeps it. @return false where it was interrupted
local function keep_all(study, sheet, o, job, list, train_one)
  local run, pool = #sheet.runs + 1, o.pool
  local scores = { train = job:scores(o.training), test = job:scores(o.test) }
  local reports = reports_of(job, list, scores)
  job:close()
  local function keep(label, kind, all, column, report)
    sheets.keep(sheets.row_of(sheet, label, kind), run, all, column, report)
  end
  local function evaluate(part, losses)
    local all, columns, thresholds = sheets.metrics_of(part, losses,
      o.training, o.test, study.spec.score)
    if pool then pool:add(columns, thresholds, o.positions) end
    return all
  end
  local losses, count = {}, #o.labels
  for i, point in ipairs(list) do losses[i] = point.loss end
  if count > 0 then
    local all = evaluate(part_of(scores, 1, count),
      table.move(losses, 1, count, 1, {}))
    for i, label in ipairs(o.labels) do
      keep(label, "point", all, i, reports[i])
    end
  end
  if not o.baselines then return true end
  local part = part_of(scores, count + 1, #list)
  local all = evaluate(part, table.move(losses, count + 1, #list, 1, {}))
  for i, label in ipairs(baselines.trained) do
    keep(label, "baseline", all, i, reports[count + i])
  end
  local ce = part_of(part, 1, 1)
  ce.report, ce.point = reports[count + 1], list[count + 1]
  local made = baselines.computed(study.spec, ce, o.training, o.test, train_one)
  if not made then return false end
  for _, of in ipairs(made) do
    keep(of.label, "baseline", evaluate(of, { of.loss or false }), 1,
      of.report or always)
  end
  return true
end

--- Trains and scores one run.
-- @param sheet to keep it in
-- @param o { where =, name =, training =, test =, labels = of points,
--   baselines = whether they are trained, too, positions = of the test rows
--   and pool = for them, or neither, variant = nil, "longer": five times the
--   epochs, or "tuned": l2 tuned, look = function(fraction) }
-- @return false where it was interrupted
function M.run(study, sheet, o)
  M.check(o.training, o.test, o.name)
  local spec, epochs = study.spec, study.spec.epochs
  if study.many_rows == nil then
    study.many_rows = fair.has_many_rows(o.training)
  end
  local how = {
    fair = o.variant == "tuned" and "tuned" or spec.fair, seed = spec.seed,
    many_rows = study.many_rows,
  }
  local list = points.of(study, o.training, o.labels, o.baselines)
  if o.variant == "longer" then epochs = prolong(study, list) end
  local function tune(part, of)
    return fair.tune(of, part, how, function(inner, all)
      return run_job(study, inner, all, epochs, function() o.look(0) end)
    end)
  end
  if not tune(o.training, list) then return false end
  local job = run_job(study, o.training, list, epochs, o.look)
  if not job then return false end
  local done = keep_all(study, sheet, o, job, list,
    function(part, point)
      point = { loss = point.loss, optimizer = point.optimizer,
        model = point.model }
      if not tune(part, { point }) then return nil end
      return run_job(study, part, { point }, epochs, function() o.look(1) end)
    end)
  if not done then return false end
  sheet.runs[#sheet.runs + 1] = {
    where = o.where, positives = o.test.counts[2], rows = o.test.n,
    many_rows = study.many_rows,
  }
  return true
end

M.run_job = run_job

return M
