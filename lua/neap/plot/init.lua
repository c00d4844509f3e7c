--- A figure is data; renderers draw it. The terminal's is neap.plot.terminal.
--
-- { kind = "heatmap", title =, x = { label =, values = }, y = { ... },
--   cells = [row][column] numbers, marks = [row][column] booleans,
--   mark_means = text }
-- { kind = "lines", title =, x = { label =, low =, high = }, y = { ... },
--   series = { { label =, points = { { x, y }, ... } }, ... } }
local stats = require "neap.stats"
local verdict = require "neap.verdict"

local M = {}

local Figure = {}
Figure.__index = Figure
Figure.__name = "neap.Figure"

-- What a figure of each kind must have, and what it must be.
local required = {
  heatmap = { title = "string", x = "table", y = "table", cells = "table",
    marks = "table" },
  lines = { title = "string", x = "table", y = "table", series = "table" },
}

--- Makes a figure from its data.
function M.figure(parts)
  local fields = type(parts) == "table" and required[parts.kind]
  if not fields then
    error("bad argument #1 to 'figure' (kind: wanted \"heatmap\" or "
      .. "\"lines\")", 2)
  end
  for name, kind in pairs(fields) do
    if type(parts[name]) ~= kind then
      error(("bad argument #1 to 'figure' (%s is a %s; wanted a %s)"):format(
        name, type(parts[name]), kind), 2)
    end
  end
  return setmetatable(parts, Figure)
end

--- Draws the figure on standard output: with colour where the terminal has it
-- and NO_COLOR does not forbid it.
function Figure:show()
  io.stdout:write(require("neap.plot.terminal").draw(self), "\n")
end

function Figure:__tostring()
  return require("neap.plot.terminal").draw(self, { plain = true })
end

local function axis_of(study, name, what)
  local values = (study.spec.search.values or {})[name]
  if not values then
    error(("bad argument #2 to 'figure' (%s is '%s'; the parameters are %s)")
      :format(what, tostring(name),
        table.concat(study.spec.search.names, ", ")), 5)
  end
  local shown = {}
  for i, value in ipairs(values) do
    shown[i] = value == false and "off" or tostring(value)
  end
  return { label = name, values = shown, raw = values }
end

local function baseline_of(study, label)
  for _, row in ipairs(study.rows) do
    if row.kind == "baseline" and row.label == label then return row end
  end
  error(("bad argument #2 to 'figure' (there is no baseline '%s')")
    :format(tostring(label)), 5)
end

-- A point's difference to a baseline, positive for better, and whether 0 lies
-- in its interval.
local function difference(study, row, base, metric)
  local sign, list = study.larger_is_better(metric) and 1 or -1, {}
  for run = 1, #study.runs do
    list[run] = sign * (row.values[metric][run] - base.values[metric][run])
  end
  local gain = stats.paired(list, study:correction())
  return gain.mean, not gain.low or gain.low <= 0 and gain.high >= 0
end

local function position(list, value)
  for i, other in ipairs(list) do
    if other == value then return i end
  end
end

-- What the cell of a point shows, and whether it is marked.
local function cell_of(study, row, base, metric)
  if base then return difference(study, row, base, metric) end
  return verdict.mean_of(row, metric, #study.runs), false
end

-- Where a study has more than two parameters, a cell is its best point.
local function fill(study, figure, base, metric)
  local sign = (base or study.larger_is_better(metric)) and 1 or -1
  for _, row in ipairs(study.rows) do
    if row.kind == "point" then
      local point = study.points[row.label]
      local i = position(figure.y.raw, point[figure.y.label])
      local j = position(figure.x.raw, point[figure.x.label])
      local value, mark = cell_of(study, row, base, metric)
      local old = figure.cells[i][j]
      if value and (not old or sign * value > sign * old) then
        figure.cells[i][j], figure.marks[i][j] = value, mark
      end
    end
  end
end

local function heatmap(study, o)
  local metric = o.metric or study.spec.score
  local base = o.against ~= false
    and baseline_of(study, o.against or "cross-entropy")
  local title = verdict.titles[metric]
  if base then
    title = ("%s: %s %s"):format(title, study.larger_is_better(metric)
      and "difference to" or "fall from", base.label)
  end
  local figure = M.figure {
    kind = "heatmap",
    title = title,
    x = axis_of(study, o.x, "x"),
    y = axis_of(study, o.y, "y"),
    cells = {},
    marks = {},
    diverging = base and true or false,
    mark_means = base and "the 95 % interval holds 0" or nil,
  }
  for i = 1, #figure.y.values do figure.cells[i], figure.marks[i] = {}, {} end
  fill(study, figure, base, metric)
  return figure
end

--- See Study:figure.
function M.of_study(study, kind, given)
  local options = require "neap.options"
  if kind ~= "heatmap" then
    error(("bad argument #1 to 'figure' (no figure '%s'; there is heatmap)")
      :format(tostring(kind)), 3)
  end
  local o = options.read("figure", given, {
    x = { "string", required = true },
    y = { "string", required = true },
    metric = { "string" },
    against = { "any" },
  }, 3)
  if o.metric and not verdict.titles[o.metric] then
    local names = {}
    for name in pairs(verdict.titles) do names[#names + 1] = name end
    table.sort(names)
    options.refuse("figure", ("there is no metric '%s'; there are %s")
      :format(o.metric, table.concat(names, ", ")), 3)
  end
  if o.x == o.y then
    options.refuse("figure", ("x and y are both '%s'"):format(o.x), 3)
  end
  if #study.runs == 0 then
    error("the study has no results; call study:run() first", 3)
  end
  return heatmap(study, o)
end

return M
