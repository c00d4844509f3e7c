--- A stored study as CSV in long form, or as JSON.
--
-- CSV has one row for each number that a trial has: its value (metric
-- "value"), what it reported (metric "report", by step), and its scores by
-- data set or repeat and fold.
local json = require "neap.json"

local M = {}

-- ----------------------------------------------------------------------- CSV

local function cell(value)
  if value == nil then return "" end
  if type(value) == "number" then
    if value ~= value then return "nan" end
    if value == math.huge then return "inf" end
    if value == -math.huge then return "-inf" end
    return (json.number(value):gsub("%.0$", ""))
  end
  local text = tostring(value)
  if text:find('[,"\r\n]') then
    return '"' .. text:gsub('"', '""') .. '"'
  end
  return text
end

local function line(cells, count)
  local texts = {}
  for i = 1, count do texts[i] = cell(cells[i]) end
  return table.concat(texts, ",") .. "\n"
end

--- Writes a study as CSV.
-- @param study what has param_names, each and scores_of
-- @param write function(text)
function M.csv(study, write)
  local names = study:param_names()
  local header = { "trial", "state" }
  for _, name in ipairs(names) do header[#header + 1] = name end
  local first = #header
  for _, name in ipairs { "dataset", "repeat", "fold", "positives", "step",
    "metric", "value" } do
    header[#header + 1] = name
  end
  write(line(header, #header))
  study:each(function(trial)
    local cells = { trial.number, trial.state or "RUNNING" }
    for i, name in ipairs(names) do cells[2 + i] = trial.params[name] end
    local function row(dataset, part, fold, positives, step, metric, value)
      cells[first + 1], cells[first + 2], cells[first + 3] = dataset, part, fold
      cells[first + 4], cells[first + 5] = positives, step
      cells[first + 6], cells[first + 7] = metric, value
      write(line(cells, #header))
    end
    row(nil, nil, nil, nil, nil, "value", trial.value)
    for _, step in ipairs(trial.steps) do
      row(nil, nil, nil, nil, step, "report", trial.values[step])
    end
    for _, s in ipairs(study:scores_of(trial.id)) do
      row(s[4], s[5], s[6], s[7], nil, s[2], s[3])
    end
  end)
end

-- ---------------------------------------------------------------------- JSON

local function as_object(study, trial)
  local reports, scores = json.list {}, json.list {}
  for i, step in ipairs(trial.steps) do
    reports[i] = json.list { step, trial.values[step] }
  end
  for i, s in ipairs(study:scores_of(trial.id)) do
    scores[i] = { run = s[1], metric = s[2], value = s[3], dataset = s[4],
      ["repeat"] = s[5], fold = s[6] }
  end
  return {
    number = trial.number, state = trial.state or "RUNNING",
    value = trial.value, params = trial.params, error = trial.error,
    notes = trial.notes, began = trial.began, ended = trial.ended,
    reports = reports,
    scores = #scores > 0 and scores or nil,
  }
end

--- Writes a study as JSON: { "study":, "direction":, "trials": [...] }.
-- @param write function(text)
function M.json(study, write)
  write(('{"study": %s, "direction": %s, "trials": ['):format(
    json.encode(study.name), json.encode(study.direction)))
  local separator = "\n"
  study:each(function(trial)
    write(separator .. json.encode(as_object(study, trial)))
    separator = ",\n"
  end)
  write("\n]}\n")
end

--- Writes a study into a file, whose name ends in .csv or .json.
-- @return true; nil, why and a code where it can't be written
function M.to_file(study, path)
  local form = type(path) == "string" and path:lower():match("%.(%a+)$")
  if form ~= "csv" and form ~= "json" then
    error(("bad argument #1 to 'export' (path is '%s'; wanted one that ends in "
      .. ".csv or .json)"):format(tostring(path)), 0)
  end
  local file, message = io.open(path, "w")
  if not file then return nil, message, "open" end
  M[form](study, function(text)
    if message == nil then
      local ok, why = file:write(text)
      if not ok then message = why end
    end
  end)
  local closed, why = file:close()
  if message or not closed then
    return nil, ("can't write %s: %s"):format(path, message or why), "full"
  end
  return true
end

return M
