--- Draws figures as text: colours where the terminal has them, else plain
-- characters.
local M = {}

local found, host = pcall(require, "neap.host")

-- Blue for worse, red for better, through white: after Moreland 2009 (Diverging
-- color maps for scientific visualization); readable with red-green blindness.
local cold, warm = { 59, 76, 192 }, { 180, 4, 38 }

local function mix(from, share)
  local parts = {}
  for i = 1, 3 do
    parts[i] = math.floor(255 + (from[i] - 255) * share + 0.5)
  end
  return parts
end

-- Text on a background whose depth is the value's share of the largest.
local function paint(text, value, largest)
  local share = largest > 0 and math.min(math.abs(value) / largest, 1) or 0
  local colour = mix(value < 0 and cold or warm, share)
  local dark = share > 0.6
  return ("\27[48;2;%d;%d;%dm\27[38;5;%dm%s\27[0m"):format(colour[1], colour[2],
    colour[3], dark and 15 or 16, text)
end

local function extent(cells)
  local largest = 0
  for _, row in ipairs(cells) do
    for _, value in pairs(row) do
      largest = math.max(largest, math.abs(value))
    end
  end
  return largest
end

-- Thousandths keep a cell narrow: the power of ten that leaves at most three
-- digits before the point.
local function scale_of(largest)
  local power = 0
  while largest * 10 ^ power < 10 and power < 12 do power = power + 1 end
  return power
end

local function cell_text(value, mark, power, signed)
  if not value or value ~= value then return "    -  " end
  local scaled = value * 10 ^ power
  local digits = math.abs(scaled) >= 99.95 and 0 or 1
  local form = (signed and "%%+.%df" or "%%.%df"):format(digits)
  return ("%6s%s"):format(form:format(scaled), mark and "." or " ")
end

local function heatmap(figure, colour)
  local largest = extent(figure.cells)
  local power = scale_of(largest)
  local left = #figure.y.label
  for _, name in ipairs(figure.y.values) do left = math.max(left, #name) end
  local unit = power > 0 and (" (in 1e-%d)"):format(power) or ""
  local lines = { figure.title .. unit }
  local head = ("%" .. left .. "s |"):format(figure.y.label)
  for _, name in ipairs(figure.x.values) do
    head = head .. ("%6s "):format(name)
  end
  lines[2] = head .. " " .. figure.x.label
  lines[3] = ("-"):rep(left + 1) .. "+" .. ("-"):rep(7 * #figure.x.values)
  for i, name in ipairs(figure.y.values) do
    local line = { ("%" .. left .. "s |"):format(name) }
    for j = 1, #figure.x.values do
      local value = figure.cells[i][j]
      local text = cell_text(value, figure.marks[i][j], power,
        figure.diverging)
      if colour and value and figure.diverging then
        text = paint(text, value, largest)
      end
      line[#line + 1] = text
    end
    lines[#lines + 1] = table.concat(line)
  end
  if figure.mark_means then
    lines[#lines + 1] = "a dot: " .. figure.mark_means
  end
  return table.concat(lines, "\n")
end

-- ------------------------------------------------------------------- lines

local letters = "abcdefghijklmnopqrstuvwxyz"

local function lines(figure, columns)
  local width, height = math.min(columns, 79) - 10, 20
  local x, y = figure.x, figure.y
  local grid = {}
  for i = 1, height do
    grid[i] = {}
    for j = 1, width do grid[i][j] = " " end
  end
  for s, series in ipairs(figure.series) do
    local letter = letters:sub(s, s)
    for _, point in ipairs(series.points) do
      local j = math.floor((point[1] - x.low) / (x.high - x.low)
        * (width - 1) + 1.5)
      local i = math.floor((y.high - point[2]) / (y.high - y.low)
        * (height - 1) + 1.5)
      if i >= 1 and i <= height and j >= 1 and j <= width then
        grid[i][j] = letter
      end
    end
  end
  local out = { figure.title }
  for i = 1, height do
    local label = ""
    if i == 1 then label = ("%.3g"):format(y.high) end
    if i == height then label = ("%.3g"):format(y.low) end
    out[#out + 1] = ("%7s |%s"):format(label, table.concat(grid[i]))
  end
  out[#out + 1] = (" "):rep(8) .. "+" .. ("-"):rep(width)
  local low, high = ("%.3g"):format(x.low), ("%.3g"):format(x.high)
  out[#out + 1] = (" "):rep(9) .. low
    .. (" "):rep(width - #low - #high) .. high .. " " .. x.label
  for s, series in ipairs(figure.series) do
    out[#out + 1] = ("  %s  %s"):format(letters:sub(s, s), series.label)
  end
  return (table.concat(out, "\n"):gsub("[ ]+\n", "\n"))
end

--- Draws a figure.
-- @param figure its data, see neap.plot
-- @param given { plain = true }: no colour whatever the terminal has
-- @return text without a last line feed
function M.draw(figure, given)
  local terminal = found and host.terminal("stdout") or nil
  if figure.kind == "lines" then
    return lines(figure, terminal and terminal.columns or 79)
  end
  local colour = terminal and terminal.colour and not (given and given.plain)
  return heatmap(figure, colour)
end

return M
