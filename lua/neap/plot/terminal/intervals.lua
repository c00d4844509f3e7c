--- Estimates with their intervals as text: one line each.
local scale = require "neap.plot.scale"
local text = require "neap.text"
local terminal = require "neap.plot.terminal"

local LABEL <const> = 40

-- The characters of one row's line; `at` turns a number into a place. What
-- lies outside of the range is an arrow.
local function marks_of(row, axis, width, at, zero, bars, unicode)
  local line = {}
  for c = 1, width do line[c] = " " end
  local dash, dot = unicode and "─" or "-", unicode and "●" or "o"
  local wall = unicode and "│" or "|"
  if zero then line[zero] = wall end
  if scale.is_finite(row.mean) and row.mean < axis.low then
    line[1] = "<"
    return line
  elseif scale.is_finite(row.mean) and row.mean > axis.high then
    line[width] = ">"
    return line
  end
  if scale.is_finite(row.low) and scale.is_finite(row.high) then
    for c = at(row.low), at(row.high) do line[c] = dash end
  end
  if not scale.is_finite(row.mean) then return line end
  local place = at(row.mean)
  if bars and zero then
    for c = math.min(place, zero), math.max(place, zero) do
      line[c] = unicode and "█" or "#"
    end
  end
  line[place] = dot
  return line
end

--- Draws intervals on a canvas { columns =, colour =, unicode = }.
return function(figure, canvas)
  local left, right = 0, 0
  local labels, numbers = {}, {}
  for i, row in ipairs(figure.rows) do
    labels[i] = text.clip(text.clean(row.label), LABEL)
    numbers[i] = scale.interval(figure, row)
    left = math.max(left, text.width(labels[i]))
    right = math.max(right, #numbers[i])
  end
  local width = math.min(math.max(canvas.columns - left - right - 4, 10), 60)
  local x = figure.x
  local function at(value)
    local share = (value - x.low) / (x.high - x.low)
    return math.floor(math.min(math.max(share, 0), 1) * (width - 1) + 1.5)
  end
  local zero = x.low <= 0 and x.high >= 0 and at(0) or nil
  local lines = { text.clip(text.clean(figure.title), canvas.columns) }
  for i, row in ipairs(figure.rows) do
    local marks = table.concat(marks_of(row, x, width, at, zero, figure.bars,
      canvas.unicode))
    if canvas.colour then
      marks = terminal.paint(marks, scale.series_colour(i == 1 and 2 or 1))
    end
    lines[#lines + 1] = ("%s  %s  %s"):format(text.pad(labels[i], left), marks,
      numbers[i])
  end
  local low, high = scale.show(x.low), scale.show(x.high)
  lines[#lines + 1] = (" "):rep(left + 2) .. low
    .. (" "):rep(math.max(width - #low - #high, 1)) .. high .. "  "
    .. text.clip(text.clean(x.label), LABEL)
  return table.concat(lines, "\n")
end
