--- Heatmaps as text: a table of numbers where it fits, else a block a cell.
local scale = require "neap.plot.scale"
local text = require "neap.text"

-- Labels of rows take so many columns at most.
local LABEL <const> = 24

local function names_of(values, most)
  local names = {}
  for i, value in ipairs(values) do
    names[i] = text.clip(text.clean(value), most)
  end
  return names
end

local function widest(list, least)
  local width = least
  for _, s in ipairs(list) do width = math.max(width, text.width(s)) end
  return width
end

-- Text on a background.
local function on_colour(s, value, low, high, diverging)
  local c, light = scale.colour(value, low, high, diverging)
  return ("\27[48;2;%d;%d;%dm\27[38;5;%dm%s\27[0m"):format(c[1], c[2], c[3],
    light and 231 or 16, s)
end

-- ------------------------------------------------------- a table of numbers

-- The cells as texts, and the width of the widest.
local function texts_of(figure, power, decimals)
  local rows, width = {}, 0
  for i = 1, #figure.y.values do
    rows[i] = {}
    for j = 1, #figure.x.values do
      local s = scale.cell(figure.cells[i][j], power, decimals,
        figure.diverging)
      rows[i][j], width = s, math.max(width, #s)
    end
  end
  return rows, width
end

local function as_table(figure, canvas, layout)
  local lines = { layout.title .. scale.unit(layout.power) }
  local head = { text.pad(layout.y_label, -layout.left), " |" }
  for _, name in ipairs(layout.columns) do
    head[#head + 1] = text.pad(name, -(layout.width - 1)) .. " "
  end
  lines[2] = table.concat(head) .. " " .. layout.x_label
  lines[3] = ("-"):rep(layout.left + 1) .. "+"
    .. ("-"):rep(layout.width * #layout.columns)
  local low, high = scale.of_cells(figure)
  for i, name in ipairs(layout.rows) do
    local line = { text.pad(name, -layout.left), " |" }
    for j, s in ipairs(layout.texts[i]) do
      local cell, value = text.pad(s, -(layout.width - 1))
        .. (figure.marks[i][j] and "*" or " "), figure.cells[i][j]
      if canvas.colour and scale.is_finite(value) then
        cell = on_colour(cell, value, low, high, figure.diverging)
      end
      line[#line + 1] = cell
    end
    lines[#lines + 1] = table.concat(line)
  end
  if figure.mark_means then
    lines[#lines + 1] = "*: " .. text.clean(figure.mark_means)
  end
  return table.concat(lines, "\n")
end

-- ------------------------------------------------------------ a block a cell

-- Cells by [row][column] where a column of text is the mean of `every` of them.
local function merged(figure, every)
  local rows, count = {}, math.ceil(#figure.x.values / every)
  for i = 1, #figure.y.values do
    rows[i] = {}
    for c = 1, count do
      local sum, used = 0, 0
      for j = (c - 1) * every + 1, math.min(c * every, #figure.x.values) do
        local value = figure.cells[i][j]
        if scale.is_finite(value) then sum, used = sum + value, used + 1 end
      end
      rows[i][c] = used > 0 and sum / used or nil
    end
  end
  return rows, count
end

-- The digit 0 to 9 of a value between low and high.
local function digit_of(value, low, high)
  if not value then return "-" end
  local share = high > low and (value - low) / (high - low) or 0.5
  return ("%d"):format(math.min(math.floor(share * 10), 9))
end

local function digits(rows, count, low, high)
  local lines = {}
  for i, row in ipairs(rows) do
    local line = {}
    for c = 1, count do line[c] = digit_of(row[c], low, high) end
    lines[i] = table.concat(line)
  end
  return lines
end

-- Two rows a line: the upper half of a block is one, the lower half the other.
local function halves(rows, count, low, high, diverging)
  local lines = {}
  for i = 1, #rows, 2 do
    local line = {}
    for c = 1, count do
      local upper, lower = rows[i][c], rows[i + 1] and rows[i + 1][c]
      local a = upper and scale.colour(upper, low, high, diverging)
      local b = lower and scale.colour(lower, low, high, diverging)
      if a and b then
        line[c] = ("\27[38;2;%d;%d;%d;48;2;%d;%d;%dm▀\27[0m"):format(a[1], a[2],
          a[3], b[1], b[2], b[3])
      elseif a or b then
        local one = a or b
        line[c] = ("\27[38;2;%d;%d;%dm%s\27[0m"):format(one[1], one[2], one[3],
          a and "▀" or "▄")
      else
        line[c] = " "
      end
    end
    lines[#lines + 1] = table.concat(line)
  end
  return lines
end

-- The first, middle and last name below their columns.
local function foot(names, count, every)
  local line, at = "", {}
  for _, c in ipairs { 1, (count + 1) // 2, count } do
    local name = names[math.min((c - 1) * every + 1, #names)]
    local place = math.min(c - 1, math.max(count - text.width(name), 0))
    if not at[c] and place >= text.width(line) + (c > 1 and 1 or 0) then
      line, at[c] = text.pad(line, place) .. name, true
    end
  end
  return line
end

-- Where the largest and the least cell are, as text.
local function extremes(figure)
  local best, worst
  for i = 1, #figure.y.values do
    for j = 1, #figure.x.values do
      local value = figure.cells[i][j]
      if scale.is_finite(value) then
        local cell = { value, i, j }
        if not best or value > best[1] then best = cell end
        if not worst or value < worst[1] then worst = cell end
      end
    end
  end
  if not best then return "no cell has a number" end
  local parts = {}
  for _, of in ipairs { { "largest", best }, { "least", worst } } do
    local cell = of[2]
    parts[#parts + 1] = ("%s %s at %s %s, %s %s"):format(of[1],
      (figure.diverging and scale.signed or scale.show)(cell[1]),
      text.clip(text.clean(figure.x.label), LABEL),
      text.clip(text.clean(figure.x.values[cell[3]]), LABEL),
      text.clip(text.clean(figure.y.label), LABEL),
      text.clip(text.clean(figure.y.values[cell[2]]), LABEL))
  end
  return table.concat(parts, "; ")
end

local function as_blocks(figure, canvas, layout)
  local room = math.max(canvas.columns - layout.left - 4
    - text.width(layout.x_label), 1)
  local every = math.ceil(#figure.x.values / room)
  local rows, count = merged(figure, every)
  local low, high = scale.of_cells(figure)
  local has_halves = canvas.colour and canvas.unicode
  local drawn = has_halves and halves(rows, count, low, high, figure.diverging)
    or digits(rows, count, low, high)
  local lines = { layout.title }
  lines[2] = text.pad(layout.y_label, -layout.left) .. " |"
  for i, line in ipairs(drawn) do
    local at = has_halves and 2 * i - 1 or i
    lines[#lines + 1] = text.pad(layout.rows[at], -layout.left) .. " |" .. line
  end
  lines[#lines + 1] = ("-"):rep(layout.left + 1) .. "+" .. ("-"):rep(count)
  lines[#lines + 1] = (" "):rep(layout.left + 2)
    .. foot(layout.columns, count, every) .. "  " .. layout.x_label
  local show = figure.diverging and scale.signed or scale.show
  if has_halves then
    local bar = {}
    for k = 0, 19 do
      bar[k + 1] = on_colour(" ", low + (high - low) * k / 19, low, high,
        figure.diverging)
    end
    lines[#lines + 1] = ("%s %s %s"):format(show(low), table.concat(bar),
      show(high))
  else
    lines[#lines + 1] = ("0 to 9: %s to %s in ten equal parts"):format(
      show(low), show(high))
  end
  lines[#lines + 1] = extremes(figure)
  if every > 1 then
    lines[#lines + 1] = ("each column is the mean of %d cells"):format(every)
  end
  return table.concat(lines, "\n")
end

--- Draws a heatmap on a canvas { columns =, colour =, unicode = }.
return function(figure, canvas)
  local columns = names_of(figure.x.values, 12)
  local layout = {
    title = text.clip(text.clean(figure.title), canvas.columns - 12),
    x_label = text.clip(text.clean(figure.x.label), LABEL),
    y_label = text.clip(text.clean(figure.y.label), LABEL),
    rows = names_of(figure.y.values, LABEL), columns = columns,
  }
  layout.left = math.max(widest(layout.rows, 0), text.width(layout.y_label))
  local room = canvas.columns - layout.left - 2 - 1
    - text.width(layout.x_label)
  local least = 4
  if least * #columns > room then return as_blocks(figure, canvas, layout) end
  local width, decimals
  layout.power, decimals = scale.cell_form(figure)
  layout.texts, width = texts_of(figure, layout.power, decimals)
  width = widest(columns, width)
  -- A cell is its number, a place for a mark, and a space where there is room.
  for _, space in ipairs { 2, 1 } do
    layout.width = math.max(width + space, least)
    if layout.width * #columns <= room then
      return as_table(figure, canvas, layout)
    end
  end
  return as_blocks(figure, canvas, layout)
end
