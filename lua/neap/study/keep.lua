--- What was evaluated, in a store and out of it: the rows of a sheet as
-- neap_score, neap_baseline, neap_series and the draws of the bootstrap.
--
-- Numbers come back with the same bits: a sheet that was read is the sheet that
-- was kept. Beside the metrics a run has "converged", "l2", "norm", "edge",
-- "differs" and "inner" (the score inside its training rows), and "tuned", 1
-- for l2 and 2 for a learning rate; run 0 has "pooled".
local core = require "neap.core"
local inserts = require "neap.store.inserts"
local metrics = require "neap.study.metrics"
local sheets = require "neap.study.sheet"

local M = {}

local tuned = { "l2", "rate", l2 = 1, rate = 2 }
local is_boolean = { converged = true, edge = true, differs = true }

-- What stands beside the metrics.
local beside = { "converged", "inner", table.unpack(sheets.reported) }
local known = {}
for _, key in ipairs(beside) do known[key] = true end

-- ------------------------------------------------------------------- keeping

local into = {
  run = inserts("neap_run", { "study_id", "stage" }, { "run", "dataset",
    '"repeat"', "fold", "positives", "row_count", "many_rows" },
    " ON CONFLICT DO NOTHING"),
  score = inserts("neap_score", { "trial_id", "stage", "run" },
    { "metric", "value" }),
  baseline = inserts("neap_baseline", { "study_id", "stage", "label", "run" },
    { "metric", "value" }),
  series = inserts("neap_series", { "trial_id", "run", "metric" },
    { "step", "value" }),
  draws = inserts("neap_draws", { "trial_id", "stage" }, { "part", "draws" }),
  baseline_draws = inserts("neap_baseline_draws", { "study_id", "stage",
    "label" }, { "part", "draws" }),
}

-- What neap_score has of a value.
local function number_of(key, value)
  if type(value) == "boolean" then return value and 1.0 or 0.0 end
  if key == "tuned" then return tuned[value] + 0.0 end
  return value + 0.0
end

--- Calls a function with the name and the number of all that a row has in a
-- run, in a fixed order.
function M.each_number(row, run, call)
  for _, name in ipairs(metrics.names) do
    local value = row.values[name][run]
    if value ~= nil then call(name, value) end
  end
  for _, key in ipairs(beside) do
    local value = row[key] and row[key][run]
    if value ~= nil then call(key, number_of(key, value)) end
  end
end

-- The numbers of a row in a run: name, value, name, value, ...
local function numbers_of(row, run)
  local list, n = {}, 0
  M.each_number(row, run, function(name, value)
    -- No database keeps a NaN: it is a NULL.
    list[n + 1], list[n + 2] = name, value == value and value or nil
    n = n + 2
  end)
  list.n = n
  return list
end

-- The numbers and draws of a row, by functions that insert some.
local function put_row(row, runs, put_numbers, put_draws)
  for run = 1, runs do put_numbers(run, numbers_of(row, run)) end
  if not row.pooled then return end
  local pooled = row.pooled == row.pooled and row.pooled or nil
  put_numbers(0, { "pooled", pooled, n = 2 })
  put_draws {
    "inside", core.array.array(row.inside),
    "outside", core.array.array(row.outside), n = 4,
  }
end

-- Keeps a row of a point.
local function put_point(session, id, stage, row, runs)
  local db = session.db
  put_row(row, runs, function(run, numbers)
    into.score:run(db, { id, stage, run }, numbers)
  end, function(draws)
    into.draws:run(db, { id, stage }, draws)
  end)
end

local function put_baseline(session, stage, row, runs)
  local db, id = session.db, session.study_id
  put_row(row, runs, function(run, numbers)
    into.baseline:run(db, { id, stage, row.label, run }, numbers)
  end, function(draws)
    into.baseline_draws:run(db, { id, stage, row.label }, draws)
  end)
end

local function put_curves(session, id, row)
  for run, curve in pairs(row.curves) do
    local values = { n = 2 * #curve }
    for step = 1, #curve do
      local value = curve[step]
      values[2 * step - 1] = step
      values[2 * step] = value == value and value or nil
    end
    into.series:run(session.db, { id, run, "objective" }, values)
  end
end

--- Keeps the runs of a stage.
function M.put_runs(session, stage, runs)
  local values, n = {}, 0
  for run, of in ipairs(runs) do
    local where = of.where
    values[n + 1], values[n + 2] = run, where.dataset
    values[n + 3], values[n + 4] = where["repeat"], where.fold
    values[n + 5], values[n + 6] = of.positives, of.rows
    values[n + 7] = of.many_rows and 1 or 0
    n = n + 7
  end
  values.n = n
  into.run:run(session.db, { session.study_id, stage }, values)
end

--- Keeps what a trial of the study found: the row of its point in a sheet.
function M.put_trial(session, trial)
  if not trial.row then return end
  M.put_runs(session, "points", trial.sheet.runs)
  put_point(session, trial.id, "points", trial.row, #trial.sheet.runs)
  put_curves(session, trial.id, trial.row)
end

--- Keeps a sheet of baselines, or of points that were looked at again.
function M.put_stage(session, stage, sheet)
  M.put_runs(session, stage, sheet.runs)
  for _, row in ipairs(sheet.rows) do
    if row.kind == "baseline" then
      put_baseline(session, stage, row, #sheet.runs)
    else
      local _, id = session.db:run("SELECT trial_id FROM neap_trial "
        .. "WHERE study_id = $1 AND point = $2", session.study_id, row.label)
      put_point(session, id, stage, row, #sheet.runs)
    end
  end
end

-- ------------------------------------------------------------------- reading

local function set_number(row, run, name, value)
  if value == nil then value = 0 / 0 end
  if name == "pooled" then
    row.pooled = value
  elseif not known[name] then
    row.values[name][run] = value
  else
    row[name] = row[name] or {}
    if is_boolean[name] then value = value == 1 end
    if name == "tuned" then value = tuned[math.tointeger(value)] end
    row[name][run] = value
  end
end

local function set_draws(row, list)
  for _, of in ipairs(list) do
    row[of[1]] = core.array.from_bytes(of[2], "float64",
      #of[2] // 8):totable()
  end
end

local function read_runs(db, id, stage)
  local runs = {}
  for i, r in ipairs(db:rows("SELECT dataset, \"repeat\", fold, positives, "
    .. "row_count, many_rows FROM neap_run WHERE study_id = $1 "
    .. "AND stage = $2 ORDER BY run", id, stage)) do
    runs[i] = {
      where = { dataset = r[1], ["repeat"] = r[2], fold = r[3] },
      positives = r[4], rows = r[5], many_rows = r[6] == 1,
    }
  end
  return runs
end

-- The trials that have ended: trial, number of the point, number of the trial.
local ended = "SELECT t.trial_id, n.point, t.number FROM trials t "
  .. "JOIN neap_trial n ON n.trial_id = t.trial_id WHERE t.study_id = $1 "
  .. "AND n.point IS NOT NULL AND t.state IN ('COMPLETE', 'FAIL') "
  .. "ORDER BY n.point"

-- A trial that ended its workers has no scores: that of a fit that failed.
local function set_failed(row, runs)
  for run = 1, runs do
    for _, name in ipairs(metrics.names) do row.values[name][run] = 0 / 0 end
    row.converged[run] = false
  end
end

local function read_points(db, id, stage, sheet)
  for _, of in ipairs(db:rows(ended, id)) do
    local numbers = db:rows("SELECT run, metric, value FROM neap_score "
      .. "WHERE trial_id = $1 AND stage = $2", of[1], stage)
    if #numbers > 0 or stage == "points" then
      local row = sheets.row_of(sheet, of[2], "point")
      row.trial_id, row.number = of[1], of[3]
      if #numbers == 0 then set_failed(row, #sheet.runs) end
      for _, n in ipairs(numbers) do set_number(row, n[1], n[2], n[3]) end
      set_draws(row, db:rows("SELECT part, draws FROM neap_draws "
        .. "WHERE trial_id = $1 AND stage = $2", of[1], stage))
    end
  end
end

-- Baselines in the order in which every study has them.
local order = {}
for i, label in ipairs(require("neap.baselines").labels) do order[label] = i end

local function read_baselines(db, id, stage, sheet)
  local labels = {}
  for i, of in ipairs(db:rows("SELECT DISTINCT label FROM neap_baseline "
    .. "WHERE study_id = $1 AND stage = $2", id, stage)) do
    labels[i] = of[1]
  end
  table.sort(labels, function(a, b)
    return (order[a] or math.huge) < (order[b] or math.huge)
  end)
  for _, label in ipairs(labels) do
    local row = sheets.row_of(sheet, label, "baseline")
    for _, n in ipairs(db:rows("SELECT run, metric, value FROM neap_baseline "
      .. "WHERE study_id = $1 AND stage = $2 AND label = $3", id, stage,
      label)) do
      set_number(row, n[1], n[2], n[3])
    end
    set_draws(row, db:rows("SELECT part, draws FROM neap_baseline_draws "
      .. "WHERE study_id = $1 AND stage = $2 AND label = $3", id, stage, label))
  end
end

--- Reads a stage into a sheet: what has ended of it.
-- @param stored the study, as neap.store.stored reads it
-- @param stage "points", "confirmed", "longer", "retuned" or "held_out"
-- @param sheet to read into, or nil: a new one
-- @return the sheet
function M.read(stored, stage, sheet)
  local db, id = stored.db, stored.study_id
  return db:reading(function()
    sheet = sheets.new(sheet)
    sheet.runs = read_runs(db, id, stage)
    read_points(db, id, stage, sheet)
    read_baselines(db, id, stage, sheet)
    return sheet
  end)
end

--- The objective of a trial by epoch: lists by run.
function M.read_curves(stored, trial_id)
  local curves = {}
  for _, row in ipairs(stored.db:rows("SELECT run, step, value "
    .. "FROM neap_series WHERE trial_id = $1 AND metric = 'objective' "
    .. "ORDER BY run, step", trial_id)) do
    curves[row[1]] = curves[row[1]] or {}
    curves[row[1]][row[2]] = row[3] or 0 / 0
  end
  return curves
end

return M
