--- A study's table: its best points, then what stands beside them.
local ap_bias = require "neap.ap_bias"
local options = require "neap.options"
local sheets = require "neap.study.sheet"
local text = require "neap.text"
local verdict = require "neap.verdict"

local M = {}

local columns = {
  { "average_precision", "AP" },
  { "log_loss", "log loss" },
  { "log_loss_recalibrated", "recal." },
  { "f1", "F1 1/2" },
  { "f1_tuned", "F1 tuned" },
}

local function table_row(study, row)
  local count, values = #study.runs, {}
  for metric in pairs(row.values) do
    values[metric] = verdict.mean_of(row, metric, count)
  end
  local converged = 0
  for run = 1, count do
    if row.converged[run] then converged = converged + 1 end
  end
  local label = row.label
  if row.kind == "point" then label = verdict.show_point(study, label) end
  return {
    label = label, kind = row.kind, values = values, converged = converged,
    params = row.kind == "point" and study.points[row.label] or nil,
  }
end

local function line_of(row, runs)
  local cells = { row.label }
  for _, column in ipairs(columns) do
    local value = row.values[column[1]]
    cells[#cells + 1] = value and ("%.4f"):format(value) or "-"
  end
  cells[#cells + 1] = row.label == "oracle" and ""
    or ("%d/%d"):format(row.converged, runs)
  return cells
end

local function positives_of(study)
  local least, most = math.huge, 0
  for _, run in ipairs(study.runs) do
    least, most = math.min(least, run.positives), math.max(most, run.positives)
  end
  if least == most then return ("%d"):format(least) end
  return ("%d to %d"):format(least, most)
end

-- By how much the best row's average precision is too high on average: of few
-- positives it is. nil where that is less than it prints.
local function bias_of(study, best)
  local mean = best and best.values.average_precision
  if not mean then return nil end
  local positives, rows = 0, 0
  for _, run in ipairs(study.runs) do
    positives = positives + run.positives / #study.runs
    rows = rows + run.rows / #study.runs
  end
  local bias = ap_bias.of(mean, positives, rows - positives)
  return bias >= 0.0005 and bias or nil
end

local table_meta = {
  __name = "neap.Table",
  __tostring = function(self)
    local header = { ("best of %d %s"):format(self.points,
      self.points == 1 and "point" or "points") }
    for _, column in ipairs(columns) do header[#header + 1] = column[2] end
    header[#header + 1] = "converged"
    local lines, shown, printed = { header }, 0, {}
    for _, row in ipairs(self) do
      if row.kind == "point" and shown < self.top then
        lines[#lines + 1] = line_of(row, self.runs)
        shown, printed[row] = shown + 1, true
      end
    end
    lines[#lines + 1] = "-"
    local without = self.without
    if without and not printed[without] then
      local line = line_of(without, self.runs)
      line[1] = "best gamma 0" .. without.rest
      lines[#lines + 1] = line
    end
    for _, row in ipairs(self) do
      if row.kind == "baseline" then
        lines[#lines + 1] = line_of(row, self.runs)
      end
    end
    return text.columns(lines) .. "\n" .. text.wrap { self.note }
  end,
}

--- See Study:table.
-- @return a list of { label =, params =, values = { metric = mean },
--   converged = runs }, best points first, then the baselines; its field bias
--   is by how much the best point's average precision is too high on average,
--   from 0.0005 on
function M.new(study, given)
  verdict.check_results(study)
  local o = options.read("table", given, {
    top = { "number", default = 10, low = 1, high = 2 ^ 53, whole = true },
  })
  local points, others = {}, {}
  for i, row in ipairs(study.rows) do
    local entry = table_row(study, row)
    entry.order = i
    local list = row.kind == "point" and points or others
    list[#list + 1] = entry
  end
  local metric = study.spec.score
  local sign = study.larger_is_better(metric) and 1 or -1
  table.sort(points, function(a, b)
    local x, y = a.values[metric], b.values[metric]
    if x and y and x ~= y then return sign * x > sign * y end
    if (x == nil) ~= (y == nil) then return x ~= nil end
    return a.order < b.order
  end)
  local result = { top = o.top, runs = #study.runs, points = #points }
  for _, row in ipairs(points) do
    result[#result + 1] = row
    if not result.without and row.params.gamma == 0 then
      result.without = row
      row.rest = verdict.show_point(study, study.rows[row.order].label, "gamma")
      row.rest = row.rest ~= "" and ", " .. row.rest or ""
    end
  end
  for _, row in ipairs(others) do result[#result + 1] = row end
  result.note = ("Means over %s; %s positives a test set. Thresholds and "
    .. "calibration come from training rows."):format(verdict.protocol(study),
    positives_of(study))
  result.bias = bias_of(study, points[1])
  if result.bias then
    result.note = result.note .. (" Of so few positives AP is about %.3f too "
      .. "high, on average."):format(result.bias)
  end
  if sheets.is_mixed(study) then
    result.note = result.note .. " The points differ in l2 or optimizer, too; "
      .. "baselines have those of the first point."
  end
  return setmetatable(result, table_meta)
end

return M
