--- What has been evaluated: runs, and for each point or baseline a row.
--
-- A sheet is { runs = { { where =, positives =, rows = }, ... }, rows = { ...
-- }, by_label = { } }. A row is { label = the number of a point or the name of
-- a baseline, kind = "point" or "baseline", values = { metric = { by run } },
-- converged =, l2 =, norm =, tuned =, edge =, differs = { by run }, curves =
-- { by run } of what is trained by epochs: the objective after each }.
local core = require "neap.core"
local metrics = require "neap.study.metrics"

local M = {}

--- What is known of a fit beside its scores: the l2 it had, the norm of its
-- weights, "l2" or "rate" where that was tuned, whether that is the first or
-- last candidate, whether it differs from the first point in more than its
-- loss.
M.reported = { "l2", "norm", "tuned", "edge", "differs" }

-- What C evaluates of score columns, and of recalibrated ones.
local plain = {
  "average_precision", "roc_auc", "log_loss", "brier", "f1", "accuracy",
}
local recalibrated = { "log_loss", "brier" }

--- An empty sheet, or a table made one.
function M.new(into)
  into = into or {}
  into.runs, into.rows, into.by_label = {}, {}, {}
  return into
end

--- Rows [first] to [last] of a matrix, as a matrix.
function M.lines_of(matrix, first, last)
  local positions = {}
  for i = first, last do positions[#positions + 1] = i end
  return core.data.take(matrix, core.array.array(positions, "int32"))
end

--- All metrics of some score columns: thresholds and Platt's numbers come from
-- the training rows.
-- @param losses one for each column, or false
-- @return { metric = array by column }, and what the metric `score` is of: the
--   test scores themselves, recalibrated, or less their thresholds
function M.metrics_of(scores, losses, training, test, score)
  local function evaluate(columns, names, given)
    return core.study.metrics(columns, test.y, test.weights, given, names)
  end
  local all, given = {}, table.pack(evaluate(scores.test, plain))
  for m, name in ipairs(plain) do all[name] = given[m] end
  local thresholds = {}
  for _, name in ipairs { "f1", "accuracy" } do
    thresholds[name] = core.metric.threshold(scores.train, training.y,
      { maximize = name, weights = training.weights })
    all[name .. "_tuned"] = evaluate(scores.test, { name },
      { threshold = thresholds[name] })
  end
  local calibrated = core.study.recalibrate(scores.train, training.y,
    training.weights, losses, scores.test, training.classes)
  given = table.pack(evaluate(calibrated, recalibrated))
  for m, name in ipairs(recalibrated) do
    all[name .. "_recalibrated"] = given[m]
  end
  local is = metrics[score].is
  if is == "recalibrated" then return all, calibrated end
  return all, scores.test, is and thresholds[metrics[score].of]
end

--- The row of a point (by its number) or of a baseline (by its name).
function M.row_of(sheet, label, kind)
  local row = sheet.by_label[label]
  if not row then
    row = {
      label = label, kind = kind, values = {}, converged = {}, curves = {},
    }
    for _, key in ipairs(M.reported) do row[key] = {} end
    for _, name in ipairs(metrics.names) do row.values[name] = {} end
    sheet.by_label[label] = row
    sheet.rows[#sheet.rows + 1] = row
  end
  return row
end

--- Keeps what one column was, in one run. A fit that failed has no score: NaN,
-- which no mean takes.
function M.keep(row, run, all, column, report)
  local failed = report.state == "failed"
  for name, list in pairs(row.values) do
    list[run] = failed and 0 / 0 or all[name][column]
  end
  row.converged[run] = report.converged
  row.curves[run] = report.curve
  for _, key in ipairs(M.reported) do row[key][run] = report[key] end
end

--- Puts the points of another sheet of the same runs into one, the points first
-- and by their numbers, then the baselines.
function M.join(sheet, other)
  if #other.runs > 0 then sheet.runs = other.runs end
  for _, row in ipairs(other.rows) do
    sheet.by_label[row.label] = row
    sheet.rows[#sheet.rows + 1] = row
  end
  local order = {}
  for i, row in ipairs(sheet.rows) do order[row] = i end
  table.sort(sheet.rows, function(a, b)
    if a.kind ~= b.kind then return a.kind == "point" end
    if a.kind == "point" then return a.label < b.label end
    return order[a] < order[b]
  end)
end

--- Whether points differ in more than their loss, in any run.
function M.is_mixed(sheet)
  for _, row in ipairs(sheet.rows) do
    if next(row.differs) then return true end
  end
  return false
end

--- Whether a difference may be one of regularisation: something was trained
-- with an l2 that was not tuned for its loss, or without one on few rows.
function M.is_untuned(sheet)
  local few = not sheet.runs[1].many_rows
  for _, row in ipairs(sheet.rows) do
    local l2 = row.l2[1]
    if l2 and not row.tuned[1] and (few or l2 > 0) then return true end
  end
  return false
end

return M
