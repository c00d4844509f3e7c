--- Figures of trials: of studies of any objective, and of what a store has.
local options = require "neap.options"
local plot = require "neap.plot"
local scale = require "neap.plot.scale"
local study_figures = require "neap.plot.study"

local M = {}

-- What is off comes first, then numbers, then names.
local function before(a, b)
  local x, y = type(a), type(b)
  if x == y and x ~= "boolean" then return a < b end
  local order = { boolean = 1, number = 2, string = 3 }
  if x == y then return not a and b end
  return order[x] < order[y]
end

-- The values that a parameter has in trials, in their order.
local function axis_of(trials, name)
  local axis = { label = name, values = {}, at = {} }
  local raw = {}
  for _, trial in ipairs(trials) do
    -- Trials of a program raise where a parameter is not there.
    local value = rawget(trial.params, name)
    if value ~= nil and not axis.at[value] then
      raw[#raw + 1], axis.at[value] = value, true
    end
  end
  table.sort(raw, before)
  for i, value in ipairs(raw) do
    axis.values[i], axis.at[value] = scale.parameter(value), i
  end
  return axis
end

--- Values by two parameters; where there are more, a cell is its best trial.
-- @param trials { { params =, value = }, ... }
-- @param sign 1 where larger is better, -1 where less is
-- @param title what a value is
function M.heatmap(trials, x, y, sign, title)
  local across, down, cells = axis_of(trials, x), axis_of(trials, y), {}
  for i = 1, #down.values do cells[i] = {} end
  for _, trial in ipairs(trials) do
    local i = down.at[rawget(trial.params, y)]
    local j = across.at[rawget(trial.params, x)]
    local value, old = trial.value, i and j and cells[i][j]
    if i and j and value and value == value
      and (not old or sign * value > sign * old) then
      cells[i][j] = value
    end
  end
  return plot.figure { kind = "heatmap", title = title or "value", x = across,
    y = down, cells = cells }
end

--- Values by number, and the best so far.
function M.history(trials, sign, title)
  local list = {}
  for _, trial in ipairs(trials) do
    if trial.value then list[#list + 1] = { trial.number, trial.value } end
  end
  return study_figures.history(list, title or "value", sign, "trial")
end

--- The parameters to lay trials out by: gamma by alpha where there are both,
-- else the two with the most values, if these are few enough to be a grid's.
-- @return two names, or nil
function M.axes(trials)
  local counts, names = {}, {}
  for _, trial in ipairs(trials) do
    for name in pairs(trial.params) do
      if not counts[name] then
        counts[name], names[#names + 1] = 0, name
      end
    end
  end
  for _, name in ipairs(names) do
    counts[name] = #axis_of(trials, name).values
  end
  if counts.gamma and counts.alpha then return "gamma", "alpha" end
  table.sort(names, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  local x, y = names[1], names[2]
  if not y or counts[x] * counts[y] > 4 * #trials + 16 then return nil end
  return x, y
end

--- See Study:figure of studies of any objective.
-- @param sign 1 where larger is better, -1 where less is
function M.figure(trials, sign, kind, given)
  if kind ~= "heatmap" and kind ~= "history" then
    options.refuse("figure", ("no figure '%s'; there are heatmap, history")
      :format(tostring(kind)))
  end
  if kind == "history" then
    options.read("figure", given, {}, 2)
    return M.history(trials, sign)
  end
  local o = options.read("figure", given, {
    x = { "string", required = true }, y = { "string", required = true },
  }, 2)
  for _, key in ipairs { "x", "y" } do
    if #axis_of(trials, o[key]).values == 0 then
      options.refuse("figure", ("%s is '%s', which no trial has"):format(key,
        o[key]), 2)
    end
  end
  return M.heatmap(trials, o.x, o.y, sign)
end

return M
