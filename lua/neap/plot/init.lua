--- A figure is data; renderers draw it: neap.plot.terminal, neap.plot.gnuplot
-- and neap.report.page (HTML).
--
-- Every figure has a title, and may have a note. By kind:
--
--   heatmap    x, y = { label =, values = texts }, cells = [y][x] numbers; NaN
--              or nothing is an empty cell. marks = [y][x] booleans, mark_means
--              = what a mark says; diverging = true for differences around 0
--   lines      x, y = { label =, low =, high = }; series = { { label =,
--              points = { { x, y, low, high }, ... }, steps =, dots = }, ... }.
--              low and high are a band's, or none; steps: y holds until the
--              next x; dots: points are marked (true), or all there is
--              ("only"). A y of NaN is a gap
--   intervals  x = { label = }, rows = { { label, mean, low, high }, ... };
--              bars = true draws bars from 0
--
-- A range (low, high of an axis) that is not given is that of the data. Labels
-- may be any text.
local arguments = require "neap.arguments"
local host_files = require "neap.host_files"
local options = require "neap.options"
local scale = require "neap.plot.scale"

local M = {}

local Figure = {}
Figure.__index = Figure
Figure.__name = "neap.Figure"

local function refuse(message, ...)
  error({ refused = message:format(...) }, 0)
end

local function check(value, kind, name, optional)
  if value == nil and optional then return end
  if type(value) ~= kind then
    refuse("%s is a %s; wanted a %s", name, type(value), kind)
  end
end

local function check_axis(axis, name, has_values)
  check(axis, "table", name)
  check(axis.label, "string", name .. ".label")
  if has_values then check(axis.values, "table", name .. ".values") end
  for _, key in ipairs { "low", "high" } do
    check(axis[key], "number", name .. "." .. key, true)
  end
  local is_range = not (axis.low and axis.high) or axis.low < axis.high
  if not is_range then
    refuse("%s.low is %s; wanted less than %s.high, %s", name, axis.low, name,
      axis.high)
  end
end

-- Fills in the range of an axis that is not given.
local function set_range(axis, low, high)
  low, high = axis.low or low, axis.high or high
  if low >= high then low, high = scale.widened(low, low) end
  axis.low, axis.high = low, high
end

local checks = {}

function checks.heatmap(parts)
  check_axis(parts.x, "x", true)
  check_axis(parts.y, "y", true)
  check(parts.cells, "table", "cells")
  check(parts.marks, "table", "marks", true)
  check(parts.mark_means, "string", "mark_means", true)
  parts.marks = parts.marks or {}
  for i = 1, #parts.y.values do
    check(parts.cells[i], "table", ("cells[%d]"):format(i))
    for j, value in pairs(parts.cells[i]) do
      check(value, "number", ("cells[%d][%s]"):format(i, j))
    end
    parts.marks[i] = parts.marks[i] or {}
  end
end

local function check_series(series, s)
  check(series, "table", ("series[%d]"):format(s))
  check(series.label, "string", ("series[%d].label"):format(s))
  check(series.points, "table", ("series[%d].points"):format(s))
  for i, point in ipairs(series.points) do
    local name = ("series[%d].points[%d]"):format(s, i)
    check(point, "table", name)
    for place = 1, 4 do
      check(point[place], "number", ("%s[%d]"):format(name, place), place > 2)
    end
  end
end

function checks.lines(parts)
  check_axis(parts.x, "x")
  check_axis(parts.y, "y")
  check(parts.series, "table", "series")
  for s, series in ipairs(parts.series) do check_series(series, s) end
  local function each(places)
    return function(take)
      for _, series in ipairs(parts.series) do
        for _, point in ipairs(series.points) do
          for _, place in ipairs(places) do take(point[place]) end
        end
      end
    end
  end
  set_range(parts.x, scale.widened(scale.range(each { 1 })))
  set_range(parts.y, scale.room(each { 2, 3, 4 }))
end

function checks.intervals(parts)
  check_axis(parts.x, "x")
  check(parts.rows, "table", "rows")
  for i, row in ipairs(parts.rows) do
    local name = ("rows[%d]"):format(i)
    check(row, "table", name)
    check(row.label, "string", name .. ".label")
    for _, key in ipairs { "mean", "low", "high" } do
      check(row[key], "number", name .. "." .. key, true)
    end
  end
  set_range(parts.x, scale.of_intervals(parts.rows))
end

--- Makes a figure from its data, which becomes the figure.
-- @return an object that prints as text, with show and save. Raises what is
--   wrong with the data
function M.figure(parts)
  local ok, problem = pcall(function()
    local of_kind = checks[parts.kind]
    if not of_kind then
      refuse("kind is %s; wanted heatmap, lines or intervals",
        tostring(parts.kind))
    end
    check(parts.title, "string", "title")
    check(parts.note, "string", "note", true)
    of_kind(parts)
  end)
  if not ok then
    if type(problem) ~= "table" then error(problem, 0) end
    options.refuse("figure", ("%s"):format(problem.refused))
  end
  return setmetatable(parts, Figure)
end

--- Draws the figure on standard output: with colour and blocks where the
-- terminal has them (NO_COLOR forbids colour), else in plain characters.
function Figure:show()
  io.stdout:write(require("neap.plot.terminal").draw(self), "\n")
end

function Figure:__tostring()
  return require("neap.plot.terminal").draw(self, { plain = true })
end

local writers = {}

for _, kind in ipairs { "svg", "png", "pdf" } do
  writers[kind] = function(figure, path)
    return require("neap.plot.gnuplot").save(figure, path, kind)
  end
end

function writers.html(figure, path)
  return host_files.write_text(path,
    require("neap.report.page").of_figure(figure))
end

function writers.txt(figure, path)
  return host_files.write_text(path, tostring(figure) .. "\n")
end

--- Writes the figure into a file.
-- @param path its ending says how: .svg, .png and .pdf by gnuplot (Debian:
--   gnuplot-nox), .html is one page without anything to load, .txt is text
-- @return true, or nil and why it can't be written. Raises on another ending
function Figure:save(path)
  local write = writers[(path:match("%.(%w+)$") or ""):lower()]
  if not write then
    options.refuse("save", ("path is '%s'; wanted one that ends in .svg, .png, "
      .. ".pdf, .html or .txt"):format(path))
  end
  return write(self, path)
end

arguments.methods("neap.Figure", Figure, Figure, {
  show = "", save = "path: string",
})
arguments.functions(M, { figure = "parts: table" })

-- Makers of figures, by the file that has them.
local makers = {
  loss = "losses", share = "losses", training = "losses",
  roc = "curves", precision_recall = "curves", reliability = "curves",
  scores = "curves",
}

return setmetatable(M, {
  __index = function(self, name)
    local file = makers[name]
    if not file then return nil end
    rawset(self, name, require("neap.plot." .. file)[name])
    return rawget(self, name)
  end,
})
