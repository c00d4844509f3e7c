--- Curves as text: Braille in colours, else a letter for each series.
local scale = require "neap.plot.scale"
local terminal = require "neap.plot.terminal"
local text = require "neap.text"

local HEIGHT <const> = 20
local LEFT <const> = 9
local LABEL <const> = 50

local letters = "abcdefghijklmnopqrstuvwxyz"

-- ------------------------------------------------------------------- pixels

-- A canvas of pixels, px by py of them a character.
local function new_pixels(figure, columns, px, py)
  local x, y = figure.x, figure.y
  local width, height = columns * px, HEIGHT * py
  local cells = {}
  for i = 1, HEIGHT do cells[i] = {} end
  return {
    columns = columns, px = px, py = py, cells = cells, width = width,
    across = function(value)
      return (value - x.low) / (x.high - x.low) * (width - 1)
    end,
    down = function(value)
      return (y.high - value) / (y.high - y.low) * (height - 1)
    end,
    height = height,
  }
end

-- Sets a pixel of a series, unless it lies outside.
local function set(pixels, column, row, s)
  column, row = math.floor(column + 0.5), math.floor(row + 0.5)
  if column < 0 or row < 0 or column >= pixels.width
    or row >= pixels.height then
    return
  end
  local line = pixels.cells[row // pixels.py + 1]
  local at = column // pixels.px + 1
  local cell = line[at]
  if not cell or cell.series ~= s then
    cell = { series = s, bits = 0 }
    line[at] = cell
  end
  cell.bits = cell.bits | 1 << (row % pixels.py * pixels.px
    + column % pixels.px)
end

-- A straight line between two points, in steps no longer than a pixel.
local function draw_line(pixels, x1, y1, x2, y2, s)
  local low, high = -1, pixels.height
  -- What lies far above or below is cut, so that steps stay few.
  if math.max(y1, y2) < low or math.min(y1, y2) > high then return end
  local steps = math.ceil(math.max(math.abs(x2 - x1),
    math.min(math.abs(y2 - y1), 4 * high), 1))
  for k = 0, steps do
    local share = k / steps
    set(pixels, x1 + (x2 - x1) * share, y1 + (y2 - y1) * share, s)
  end
end

local function draw_series(pixels, series, s)
  local old_x, old_y
  for _, point in ipairs(series.points) do
    local x, y
    if scale.is_finite(point[1]) and scale.is_finite(point[2]) then
      x, y = pixels.across(point[1]), pixels.down(point[2])
      if not old_x or series.dots == "only" then
        set(pixels, x, y, s)
      elseif series.steps then
        draw_line(pixels, old_x, old_y, x, old_y, s)
        draw_line(pixels, x, old_y, x, y, s)
      else
        draw_line(pixels, old_x, old_y, x, y, s)
      end
    end
    old_x, old_y = x, y
  end
end

-- The characters that a band covers, as [row][column] = series.
local function bands_of(figure, pixels)
  local cover = {}
  for i = 1, HEIGHT do cover[i] = {} end
  for s = #figure.series, 1, -1 do
    local points = figure.series[s].points
    for i = 1, #points - 1 do
      local a, b = points[i], points[i + 1]
      if a[3] and a[4] and b[3] and b[4] then
        local from, to = pixels.across(a[1]), pixels.across(b[1])
        for column = math.ceil(from / pixels.px), to // pixels.px do
          local share = to > from
            and (column * pixels.px - from) / (to - from) or 0
          local top = pixels.down(a[4] + (b[4] - a[4]) * share) / pixels.py
          local bottom = pixels.down(a[3] + (b[3] - a[3]) * share) / pixels.py
          for row = math.max(math.floor(top + 0.5), 0),
            math.min(math.floor(bottom + 0.5), HEIGHT - 1) do
            cover[row + 1][column + 1] = s
          end
        end
      end
    end
  end
  return cover
end

-- ------------------------------------------------------------------ drawing

-- The Braille character of bits that lie row by row, two to a row.
local bits_of_braille = { 0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80 }

local function braille(bits)
  local code = 0x2800
  for i, bit in ipairs(bits_of_braille) do
    if bits >> (i - 1) & 1 == 1 then code = code | bit end
  end
  return utf8.char(code)
end

-- What stands in a place, and whose colour it has.
local function character(cell, band, canvas)
  if not cell then
    if not band then return " " end
    return canvas.colour and "░" or ".", band
  end
  if canvas.braille then return braille(cell.bits), cell.series end
  local at = (cell.series - 1) % #letters + 1
  return letters:sub(at, at), cell.series
end

-- A line of the drawing; what has one colour is painted at once.
local function line_of(cells, cover, columns, canvas)
  local parts, run, painted = {}, {}, nil
  local function flush()
    local s = table.concat(run)
    parts[#parts + 1] = painted and canvas.colour
      and terminal.paint(s, scale.series_colour(painted)) or s
    run = {}
  end
  for c = 1, columns do
    local glyph, series = character(cells[c], cover[c], canvas)
    if series ~= painted then
      flush()
      painted = series
    end
    run[#run + 1] = glyph
  end
  flush()
  return table.concat(parts)
end

-- Labels of the y axis by row.
local function y_labels(figure, pixels)
  local list, decimals = scale.ticks(figure.y.low, figure.y.high, 6)
  local labels = {}
  for _, value in ipairs(list) do
    local row = math.floor(pixels.down(value) / pixels.py + 0.5)
    labels[math.min(math.max(row, 0), HEIGHT - 1) + 1] =
      ("%." .. decimals .. "f"):format(value)
  end
  return labels
end

-- The line of numbers below the x axis.
local function x_labels(figure, pixels)
  local list, decimals = scale.ticks(figure.x.low, figure.x.high,
    math.max(pixels.columns // 12, 2))
  local line = ""
  for _, value in ipairs(list) do
    local s = ("%." .. decimals .. "f"):format(value)
    local place = math.floor(pixels.across(value) / pixels.px + 0.5)
      - #s // 2
    if place >= #line + (line == "" and 0 or 1) or line == "" then
      line = line .. (" "):rep(math.max(place, 0) - #line) .. s
    end
  end
  return line
end

local function legend_of(series, s, canvas)
  local mark = canvas.braille and "⠤⠤" or letters:sub((s - 1) % 26 + 1,
    (s - 1) % 26 + 1)
  if canvas.colour then
    mark = terminal.paint(mark, scale.series_colour(s))
  end
  return ("  %s  %s"):format(mark, text.clip(text.clean(series.label), LABEL))
end

--- Draws lines on a canvas { columns =, colour =, unicode = }.
return function(figure, canvas)
  -- Without colours Braille does not tell one series from another.
  canvas.braille = canvas.unicode
    and (canvas.colour or #figure.series == 1)
  local columns = math.max(math.min(canvas.columns, 100) - LEFT - 2, 20)
  local pixels = canvas.braille and new_pixels(figure, columns, 2, 4)
    or new_pixels(figure, columns, 1, 1)
  -- The first one last: it covers the others.
  for s = #figure.series, 1, -1 do
    draw_series(pixels, figure.series[s], s)
  end
  local cover, labels = bands_of(figure, pixels), y_labels(figure, pixels)
  local lines = {
    text.clip(text.clean(figure.title), canvas.columns),
    text.clip(text.clean(figure.y.label), LABEL),
  }
  for i = 1, HEIGHT do
    lines[#lines + 1] = ("%" .. LEFT - 1 .. "s |"):format(labels[i] or "")
      .. line_of(pixels.cells[i], cover[i], columns, canvas)
  end
  lines[#lines + 1] = (" "):rep(LEFT) .. "+" .. ("-"):rep(columns)
  lines[#lines + 1] = (" "):rep(LEFT + 1) .. x_labels(figure, pixels)
  lines[#lines + 1] = (" "):rep(LEFT + 1)
    .. text.clip(text.clean(figure.x.label), LABEL)
  for s, series in ipairs(figure.series) do
    lines[#lines + 1] = legend_of(series, s, canvas)
  end
  return table.concat(lines, "\n")
end
