-- Figures that are hard to draw, for plot_spec and the browser's test.
local M = {}

--- Quotes, HTML, other scripts, control characters, bytes that are no UTF-8.
M.name = "a'b\"c`d`<script>alert(1)</script>&amp; é漢\27[31m\n\255 "
  .. ("x"):rep(200)

function M.heatmap()
  return {
    kind = "heatmap", title = M.name, mark_means = "above 1", diverging = true,
    x = { label = M.name, values = { M.name, "b", "c" } },
    y = { label = "y", values = { "p", "q" } },
    cells = { { 0.25, 0 / 0, -0.5 }, { nil, 1 / 0, 0.125 } },
    marks = { { true } },
  }
end

function M.lines()
  return {
    kind = "lines", title = M.name, x = { label = M.name },
    y = { label = "y" },
    series = {
      { label = M.name, points = { { 0, 1, 0.5, 1.5 }, { 1, 3, 2.5, 3.5 },
        { 2, 0 / 0 }, { 3, 2, 1, 4 } } },
      { label = "alone", points = { { 2, 2 } } },
      { label = "nothing", points = {} },
    },
  }
end

function M.intervals()
  return {
    kind = "intervals", title = M.name, x = { label = "gain" },
    rows = { { label = M.name, mean = 0.5, low = 0.25, high = 1 },
      { label = "without an interval", mean = -0.25 },
      { label = "without a number", mean = 0 / 0 } },
  }
end

--- A line of many points: y = x^2 from 0 to 1.
function M.many(count)
  local points = {}
  for i = 1, count do
    local x = (i - 1) / (count - 1)
    points[i] = { x, x * x }
  end
  return { kind = "lines", title = "many", x = { label = "x" },
    y = { label = "y" }, series = { { label = "square", points = points } } }
end

--- Cells sin(i) cos(j) / 100.
function M.grid(rows, columns)
  local figure = { kind = "heatmap", title = "grid", diverging = true,
    x = { label = "x", values = {} }, y = { label = "y", values = {} },
    cells = {} }
  for j = 1, columns do figure.x.values[j] = tostring(j) end
  for i = 1, rows do
    figure.y.values[i], figure.cells[i] = tostring(i), {}
    for j = 1, columns do
      figure.cells[i][j] = math.sin(i) * math.cos(j) / 100
    end
  end
  return figure
end

return M
