--- What renderers of figures share: ranges, ticks, numbers and colours.
local M = {}

--- Colours of series that people with any kind of colour vision tell apart, the
-- most different first: Okabe and Ito 2008, Color universal design, without
-- yellow, which white paper swallows.
M.palette = {
  { 0, 114, 178 }, { 213, 94, 0 }, { 0, 158, 115 }, { 204, 121, 167 },
  { 230, 159, 0 }, { 86, 180, 233 }, { 120, 120, 120 },
}

--- Blue for worse, through white, red for better: the ends of Moreland 2009,
-- Diverging color maps for scientific visualization. Between them colour goes
-- by the root of a difference, so that a small gain shows beside large falls.
M.diverging = {}
do
  local cold, warm, half = { 59, 76, 192 }, { 180, 4, 38 }, 16
  for i = -half, half do
    local to, share, c = i < 0 and cold or warm, math.sqrt(math.abs(i) / half),
      {}
    for part = 1, 3 do
      c[part] = math.floor(255 + (to[part] - 255) * share + 0.5)
    end
    M.diverging[i + half + 1] = c
  end
end

--- Dark for little, light for much: every fourth of matplotlib's viridis (Smith
-- and van der Walt 2015).
M.sequential = {
  { 68, 1, 84 }, { 59, 82, 139 }, { 33, 145, 140 }, { 94, 201, 98 },
  { 253, 231, 37 },
}

--- Whether a value is a finite number.
function M.is_finite(value)
  return type(value) == "number" and value - value == 0
end

-- ------------------------------------------------------------------ ranges

-- A range that is wide enough to draw; 0 to 1 where there is nothing.
local function widened(low, high)
  if low > high then return 0, 1 end
  if low == high then
    local reach = low == 0 and 1 or math.abs(low) / 10
    return low - reach, high + reach
  end
  return low, high
end

--- The least and the largest finite number that `each` gives to its function.
function M.range(each)
  local low, high = math.huge, -math.huge
  each(function(value)
    if M.is_finite(value) then
      low, high = math.min(low, value), math.max(high, value)
    end
  end)
  return low, high
end

--- A drawn range of what `each` gives, a twentieth wider at both ends.
function M.room(each)
  local low, high = widened(M.range(each))
  local reach = (high - low) / 20
  return low - reach, high + reach
end

M.widened = widened

--- What the colours of a heatmap's cells span: -m to m of differences, else the
-- least to the largest.
function M.of_cells(figure)
  local low, high = M.range(function(take)
    for i = 1, #figure.y.values do
      for j = 1, #figure.x.values do take((figure.cells[i] or {})[j]) end
    end
  end)
  if low > high then return 0, 0 end
  if figure.diverging then
    local most = math.max(-low, high, 0)
    return -most, most
  end
  return low, high
end

-- ------------------------------------------------------------------- ticks

--- Round numbers from low to high: multiples of 1, 2 or 5 times a power of ten.
-- @param most how many, at most; >= 2
-- @return a list of numbers, and the decimals that tell them apart
function M.ticks(low, high, most)
  local rough = (high - low) / most
  local power = 10.0 ^ math.floor(math.log(rough, 10))
  local step = power
  for _, times in ipairs { 1, 2, 5, 10 } do
    step = times * power
    if step >= rough then break end
  end
  local list = {}
  local first = math.ceil(low / step - 1e-9)
  for i = first, first + most do
    if i * step > high + step * 1e-9 then break end
    list[#list + 1] = i == 0 and 0.0 or i * step
  end
  return list, math.max(0, math.ceil(-math.log(step, 10) - 1e-9))
end

-- ----------------------------------------------------------------- numbers

--- The value of a parameter as text.
function M.parameter(value)
  if value == false then return "off" end
  return type(value) == "number" and ("%.6g"):format(value) or tostring(value)
end

--- A number as figures show it, four digits; "-" for none.
function M.show(value)
  if type(value) ~= "number" or value ~= value then return "-" end
  return ("%.4g"):format(value)
end

--- The same with its sign.
function M.signed(value)
  if type(value) ~= "number" or value ~= value then return "-" end
  return ("%+.4g"):format(value)
end

--- An estimate of a figure of intervals, with as many decimals as tell a
-- thousandth of its range: "+0.0076 (+0.0047 to +0.0105)".
function M.interval(figure, row)
  if not M.is_finite(row.mean) then return "-" end
  local range = figure.x.high - figure.x.low
  local decimals = math.ceil(3 - math.log(range, 10))
  local form = ("%%+.%df"):format(math.min(math.max(decimals, 0), 15))
  local s = form:format(row.mean)
  if not (row.low and row.high) then return s end
  return ("%s (%s to %s)"):format(s, form:format(row.low),
    form:format(row.high))
end

--- How the cells of a heatmap are shown, in three digits of the largest:
-- multiplied by 10 to a power, with so many decimals.
function M.cell_form(figure)
  local low, high = M.of_cells(figure)
  local largest, power = math.max(math.abs(low), math.abs(high)), 0
  if largest >= 1 then
    return 0, largest < 10 and 2 or largest < 100 and 1 or 0
  end
  while largest > 0 and largest * 10.0 ^ power < 10 and power < 12 do
    power = power + 1
  end
  return power, 1
end

--- A cell as text.
-- @param power, decimals of M.cell_form
function M.cell(value, power, decimals, signed)
  if type(value) ~= "number" or value ~= value then return "-" end
  local scaled = value * 10.0 ^ power
  if not M.is_finite(scaled) then return value > 0 and "inf" or "-inf" end
  if math.abs(scaled) >= 1e5 then return ("%.2g"):format(scaled) end
  return (signed and "%%+.%df" or "%%.%df"):format(decimals):format(scaled)
end

--- What is to be said of that power, as " (in 1e-2)"; "" of none.
function M.unit(power)
  return power > 0 and (" (in 1e-%d)"):format(power) or ""
end

-- ----------------------------------------------------------------- colours

-- A colour of a list, at a share 0 to 1 of the way along it.
local function at(list, share)
  local place = share * (#list - 1)
  local i = math.min(math.floor(place), #list - 2)
  local from, to, rest = list[i + 1], list[i + 2], place - i
  local parts = {}
  for c = 1, 3 do
    parts[c] = math.floor(from[c] + (to[c] - from[c]) * rest + 0.5)
  end
  return parts
end

--- The colour of a cell, { red, green, blue } of 0 to 255, and whether text on
-- it is light.
-- @param low, high of M.of_cells
function M.colour(value, low, high, diverging)
  local share = diverging and 0.5 or 0
  if high > low then
    share = math.min(math.max((value - low) / (high - low), 0), 1)
  end
  local c = at(diverging and M.diverging or M.sequential, share)
  -- Relative luminance without gamma, as far as black and white text need it.
  return c, 0.299 * c[1] + 0.587 * c[2] + 0.114 * c[3] < 128
end

--- The colour of the i-th series.
function M.series_colour(i)
  return M.palette[(i - 1) % #M.palette + 1]
end

--- The range of an axis that shows 0 and rows of intervals.
function M.of_intervals(rows)
  return M.room(function(take)
    take(0)
    for _, row in ipairs(rows) do
      take(row.mean)
      take(row.low)
      take(row.high)
    end
  end)
end

return M
