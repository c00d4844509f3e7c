--- A study as CSV in long form, or as JSON.
--
-- CSV has one row for each number that a trial or a baseline has: its value
-- (metric "value"), what it reported (metric "report", by step), and its scores
-- by stage, data set or repeat and fold.
local host_files = require "neap.host_files"
local json = require "neap.json"
local options = require "neap.options"

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

local after_params <const> = { "stage", "dataset", "repeat", "fold",
  "positives", "step", "metric", "value" }

-- The rows of a trial, by a function that writes one.
local function write_rows(trial, write_row)
  if not trial.baseline then
    write_row { metric = "value", value = trial.value }
  end
  for _, step in ipairs(trial.steps or {}) do
    write_row { step = step, metric = "report", value = trial.values[step] }
  end
  for _, score in ipairs(trial.scores or {}) do write_row(score) end
end

--- Writes a study as CSV.
-- @param study what has param_names and each, which calls a function with each
--   trial: { number = or baseline =, state =, params =, value =, steps =,
--   values =, scores = a list of { stage =, dataset =, repeat =, fold =,
--   positives =, step =, metric =, value = } }
-- @param write function(text)
function M.csv(study, write)
  local names = study:param_names()
  local header = { "trial", "baseline", "state" }
  table.move(names, 1, #names, 4, header)
  local first = #header
  table.move(after_params, 1, #after_params, first + 1, header)
  write(line(header, #header))
  study:each(function(trial)
    local cells = { trial.number, trial.baseline, trial.state or "RUNNING" }
    for i, name in ipairs(names) do cells[3 + i] = trial.params[name] end
    write_rows(trial, function(row)
      for i, name in ipairs(after_params) do cells[first + i] = row[name] end
      write(line(cells, #header))
    end)
  end)
end

-- ---------------------------------------------------------------------- JSON

local function as_object(trial)
  local reports = json.list {}
  for i, step in ipairs(trial.steps or {}) do
    reports[i] = json.list { step, trial.values[step] }
  end
  return {
    number = trial.number, baseline = trial.baseline,
    state = trial.state or "RUNNING", value = trial.value,
    params = trial.params, error = trial.error, notes = trial.notes,
    began = trial.began, ended = trial.ended, reports = reports,
    scores = trial.scores and json.list(trial.scores),
  }
end

--- Writes a study as JSON: { "study":, "direction":, "trials": [...] }, where
-- baselines stand after the trials.
-- @param write function(text)
function M.json(study, write)
  write(('{"study": %s, "direction": %s, "trials": ['):format(
    json.encode(study.name), json.encode(study.direction)))
  local separator = "\n"
  study:each(function(trial)
    write(separator .. json.encode(as_object(trial)))
    separator = ",\n"
  end)
  write("\n]}\n")
end

--- Writes a study into a file, whose name ends in .csv or .json.
-- @return true; nil, why and a code where it can't be written
function M.to_file(study, path)
  local form = path:lower():match("%.(%a+)$")
  if form ~= "csv" and form ~= "json" then
    options.refuse("export", ("path is '%s'; wanted one that ends in .csv or "
      .. ".json"):format(path))
  end
  local done, why = host_files.write(path, function(put)
    M[form](study, put)
  end)
  if not done then return nil, why, "full" end
  return true
end

return M
