--- HTML: one page that shows figures and needs nothing else.
--
-- The page's data is what neap.plot's figures are; page.js draws them, lines by
-- Chart.js, heatmaps and intervals as tables. A policy in the page's head keeps
-- it from loading anything.
local json = require "neap.json"
local options = require "neap.options"
local scale = require "neap.plot.scale"

local M = {}

-- A file that lies beside this one: inside the program, or on package.path.
local function part(name)
  local ok, text = pcall(require, "neap.report." .. name)
  if ok then return text end
  local own = assert(package.searchpath("neap.report.page", package.path))
  local file <close> = assert(io.open((own:gsub("page%.lua$", name)), "rb"))
  return file:read("a")
end

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;",
  ['"'] = "&quot;", ["'"] = "&#39;" }

--- Any text as text of HTML, also inside of quotes.
function M.escape(s)
  s = json.valid(tostring(s)):gsub("[%z\1-\8\11\12\14-\31\127]", "\u{FFFD}")
  return (s:gsub("[&<>\"']", entities))
end

-- A value as what JSON can hold: seven digits of numbers, and null for those
-- that are none.
local function plain(value)
  if type(value) == "number" then
    if not scale.is_finite(value) then return json.null end
    if math.type(value) == "integer" then return value end
    return tonumber(("%.7g"):format(value))
  elseif type(value) == "table" and value ~= json.null then
    local copy = {}
    for key, of in pairs(value) do copy[key] = plain(of) end
    return setmetatable(copy, getmetatable(value))
  end
  return value
end

-- A row of numbers with nothing left out.
local function filled(row, count)
  local list = json.list {}
  for j = 1, count do
    local value = row and row[j]
    if value == nil then value = json.null end
    list[j] = value
  end
  return list
end

local picked = {}

function picked.heatmap(figure)
  local low, high = scale.of_cells(figure)
  local cells, marks = json.list {}, json.list {}
  local power, decimals = scale.cell_form(figure)
  for i = 1, #figure.y.values do
    cells[i] = filled(figure.cells[i], #figure.x.values)
    marks[i] = json.list {}
    for j = 1, #figure.x.values do
      marks[i][j] = figure.marks[i][j] and 1 or 0
    end
  end
  return {
    x = { label = figure.x.label, values = filled(figure.x.values,
      #figure.x.values) },
    y = { label = figure.y.label, values = filled(figure.y.values,
      #figure.y.values) },
    cells = cells, marks = marks, mark_means = figure.mark_means, low = low,
    high = high, diverging = figure.diverging and true or false, power = power,
    decimals = decimals,
  }
end

local function axis_of(axis)
  return { label = axis.label, low = axis.low, high = axis.high }
end

function picked.lines(figure)
  local series = json.list {}
  for s, of in ipairs(figure.series) do
    local points, has_band = json.list {}, false
    for _, point in ipairs(of.points) do
      has_band = has_band or point[3] ~= nil and point[4] ~= nil
    end
    for i, point in ipairs(of.points) do
      points[i] = filled(point, has_band and 4 or 2)
    end
    series[s] = { label = of.label, points = points, band = has_band,
      steps = of.steps or false, dots = tostring(of.dots or false) }
  end
  return { x = axis_of(figure.x), y = axis_of(figure.y), series = series }
end

function picked.intervals(figure)
  local rows = json.list {}
  for i, row in ipairs(figure.rows) do
    rows[i] = { label = row.label, mean = row.mean, low = row.low,
      high = row.high, shown = scale.interval(figure, row) }
  end
  return { x = axis_of(figure.x), rows = rows, bars = figure.bars or false }
end

--- A figure as data of a page.
function M.data_of(figure)
  local data = picked[figure.kind](figure)
  data.kind, data.title, data.note = figure.kind, figure.title, figure.note
  return data
end

--- JSON that may stand inside a script: nothing in it ends the script.
function M.json(value)
  return (json.encode(plain(value)):gsub("[<>&]", {
    ["<"] = "\\u003c", [">"] = "\\u003e", ["&"] = "\\u0026",
  }))
end

local frame = [[
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; ]]
  .. [[style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<title>$title</title>
<style>
$style
</style>
</head>
<body>
$body
<noscript><p class="notice">The figures and the table need JavaScript, which is
in this page and loads nothing.</p></noscript>
<script type="application/json" id="data">$data</script>
<!--
Chart.js, in the script below, is under this licence:
$licence
-->
<script>
$chart
</script>
<script>
$script
</script>
</body>
</html>
]]

--- A page.
-- @param o { title =, body = HTML, data = { figures = { [name] = a figure's
--   data }, ... } }; <figure data-figure="name"> stands where a figure is drawn
function M.build(o)
  o.data.colours = { palette = scale.palette, diverging = scale.diverging,
    sequential = scale.sequential }
  local parts = {
    title = M.escape(o.title), body = o.body, data = M.json(o.data),
    style = part "page.css", script = part "page.js",
    licence = part "chart.LICENSE.md",
    -- Its last line names a file that debuggers would look for.
    chart = part("chart.umd.min.js"):gsub("\n//# sourceMappingURL=[^\n]*", ""),
  }
  return (frame:gsub("%$(%l+)", parts))
end

--- A section of a page.
-- @param body HTML
function M.section(title, body)
  return ("<section>\n<h2>%s</h2>\n%s\n</section>"):format(M.escape(title),
    body)
end

--- Where the figure of a name is drawn.
function M.place(name)
  return ('<figure data-figure="%s"></figure>'):format(name)
end

--- The page of a study.
-- @param o { title =, below = what stands under it, words = sentences,
--   missing = what is left out, as text, or nil, sections = HTML, data = }
function M.of_study(o)
  local head = { ("<h1>%s</h1>"):format(M.escape(o.title)),
    ('<p class="soft">%s</p>'):format(M.escape(o.below)) }
  if o.missing then
    head[3] = ('<p class="notice" role="note">%s</p>'):format(
      M.escape(o.missing))
  end
  local words = {}
  for i, sentence in ipairs(o.words) do
    words[i] = (i == 1 and '<p class="answer">%s</p>' or "<p>%s</p>"):format(
      M.escape(sentence))
  end
  return M.build {
    title = o.title, data = o.data,
    body = ('<main>\n%s\n<section class="words" aria-label="Verdict">%s'
      .. "</section>\n%s\n</main>"):format(table.concat(head, "\n"),
      table.concat(words, "\n"), table.concat(o.sections, "\n")),
  }
end

--- Checks the options of a study's report.
-- @param title unless one is given
-- @param rules of more options, as of options.read
-- @return the options
function M.read_options(given, title, rules)
  rules.title = { "string", default = title }
  return options.read("report", given, rules, 2)
end

--- One figure as a page.
function M.of_figure(figure)
  return M.build {
    title = figure.title,
    body = "<main><figure data-figure=\"figure\"></figure></main>",
    data = { figures = { figure = M.data_of(figure) } },
  }
end

return M
