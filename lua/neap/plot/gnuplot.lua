--- Draws figures by gnuplot, a program of its own, into SVG, PNG and PDF.
local host_files = require "neap.host_files"
local scale = require "neap.plot.scale"
local text = require "neap.text"

local M = {}

-- Labels are cut to so many characters.
local LABEL <const> = 60

-- Cells show their numbers in a heatmap of no more than so many.
local NUMBERED <const> = 400

local terminals = {
  svg = "svg noenhanced size %d,%d font 'sans-serif,14' background '#ffffff'",
  png = "pngcairo noenhanced size %d,%d font 'sans,11' background '#ffffff'",
  -- Inches, of 90 points each as the others have.
  pdf = "pdfcairo noenhanced size %.2fin,%.2fin font 'sans,10'",
}

-- Any text as a string of gnuplot's. In single quotes nothing is replaced, and
-- a quote is written twice; but not at the beginning, where two are an empty
-- string.
local function quote(s, most)
  s = text.clip(text.clean(s), most or LABEL)
  local first, rest = s:match("^('*)(.*)$")
  local head = first == "" and "" or ('"%s" . '):format(first)
  return head .. "'" .. rest:gsub("'", "''") .. "'"
end

local function colour(c)
  return ("'#%02x%02x%02x'"):format(c[1], c[2], c[3])
end

-- A number as gnuplot reads it.
local function number(value)
  return scale.is_finite(value) and ("%.17g"):format(value) or "NaN"
end

-- Several texts, each on a line of its own.
local function quote_lines(list)
  local parts = {}
  for i, s in ipairs(list) do parts[i] = quote(s, 76) end
  return table.concat(parts, ' . "\\n" . ')
end

-- Tics at 0, 1, ... with names.
local function tics(axis, values, most)
  local parts = {}
  -- Of many, those that leave room.
  local every = math.max(math.ceil(#values / 25), 1)
  for i = 1, #values, every do
    parts[#parts + 1] = ("%s %d"):format(quote(values[i], most or 24), i - 1)
  end
  return ("set %stics (%s) nomirror"):format(axis, table.concat(parts, ", "))
end

local kinds = {}

-- ----------------------------------------------------------------- heatmaps

-- The palette as "0 '#..', 1 '#..', ...".
local function palette(figure)
  local parts = {}
  for i, c in ipairs(figure.diverging and scale.diverging or scale.sequential)
  do
    parts[i] = ("%d %s"):format(i - 1, colour(c))
  end
  return ("set palette defined (%s)"):format(table.concat(parts, ", "))
end

-- The numbers of the cells, each where it stands.
local function cell_labels(figure, lines, low, high)
  local power, decimals = scale.cell_form(figure)
  for i = 1, #figure.y.values do
    for j = 1, #figure.x.values do
      local value = figure.cells[i][j]
      local light = false
      if scale.is_finite(value) then
        local _
        _, light = scale.colour(value, low, high, figure.diverging)
      end
      local shown = scale.cell(value, power, decimals, figure.diverging)
        .. (figure.marks[i][j] and "*" or "")
      lines[#lines + 1] = ("set label %s at %d,%d center front "
        .. "textcolor rgb %s"):format(quote(shown), j - 1, i - 1,
          light and "'#ffffff'" or "'#000000'")
    end
  end
end

function kinds.heatmap(figure)
  local nx, ny = #figure.x.values, #figure.y.values
  local low, high = scale.of_cells(figure)
  local shows_numbers = nx * ny <= NUMBERED
  local title = figure.title
  if shows_numbers then
    title = title .. scale.unit((scale.cell_form(figure)))
  end
  local head = { title, shows_numbers and figure.mark_means
    and "*: " .. figure.mark_means or nil }
  local lines = {
    "set title " .. quote_lines(head), tics("x", figure.x.values),
    tics("y", figure.y.values), palette(figure),
    ("set xrange [-0.5:%g]; set yrange [%g:-0.5]"):format(math.max(nx, 1) - 0.5,
      math.max(ny, 1) - 0.5),
    ("set cbrange [%s:%s]"):format(number(scale.widened(low, high)),
      number(select(2, scale.widened(low, high)))),
    "unset key; set tics out", "$cells << EOD",
  }
  for i = 1, ny do
    for j = 1, nx do
      local value = figure.cells[i][j]
      if scale.is_finite(value) then
        lines[#lines + 1] = ("%d %d %s"):format(j - 1, i - 1, number(value))
      end
    end
  end
  lines[#lines + 1] = ("NaN NaN %s"):format(number(low))
  lines[#lines + 1] = "EOD"
  if shows_numbers then cell_labels(figure, lines, low, high) end
  -- Not as an image: gnuplot draws none of one row.
  lines[#lines + 1] = "plot $cells using 1:2:(0.5):(0.5):3 with boxxyerror "
    .. "fs solid 1 noborder lc palette"
  local width = math.min(math.max(nx * (shows_numbers and 58 or 10) + 260,
    8 * math.min(text.width(title), 76) + 60, 640), 1600)
  return lines, width, math.min(math.max(ny * (shows_numbers and 34 or 10)
    + 170, 420), 1200)
end

-- -------------------------------------------------------------------- lines

-- The points of a series, where it has a band or not; a gap is an empty line.
local function block(lines, name, series, has_band)
  lines[#lines + 1] = ("$%s << EOD"):format(name)
  for _, point in ipairs(series.points) do
    local wanted = scale.is_finite(point[2])
      and (not has_band or point[3] and point[4])
    lines[#lines + 1] = wanted and ("%s %s %s %s"):format(number(point[1]),
      number(point[2]), number(point[3]), number(point[4])) or ""
  end
  -- A block without a point can't be plotted.
  lines[#lines + 1] = "NaN NaN NaN NaN"
  lines[#lines + 1] = "EOD"
end

local function has_band(series)
  for _, point in ipairs(series.points) do
    if point[3] and point[4] then return true end
  end
  return false
end

-- What is plotted of a series: its band below, then itself.
local function parts_of(series, s, bands, curves)
  local rgb = colour(scale.series_colour(s))
  if has_band(series) then
    bands[#bands + 1] = ("$band%d using 1:3:4 with filledcurves lc rgb %s "
      .. "fs transparent solid 0.2 noborder notitle"):format(s, rgb)
  end
  local with = series.steps and "steps" or "lines"
  if series.dots == "only" then
    with = "points pt 7 ps 0.5"
  elseif series.dots or #series.points == 1 then
    with = "linespoints pt 7 ps 0.6"
  end
  -- A style of its own beside the colour.
  local dash = series.dots == "only" and "" or (" dt %d"):format(
    (s - 1) // #scale.palette % 4 + 1)
  curves[#curves + 1] = ("$line%d using 1:2 with %s lw 2%s lc rgb %s title %s")
    :format(s, with, dash, rgb, quote(series.label))
end

function kinds.lines(figure)
  local lines, bands, curves = {}, {}, {}
  for s, series in ipairs(figure.series) do
    block(lines, "line" .. s, series)
    if has_band(series) then block(lines, "band" .. s, series, true) end
    parts_of(series, s, bands, curves)
  end
  table.move(curves, 1, #curves, #bands + 1, bands)
  lines[#lines + 1] = ("set xrange [%s:%s]; set yrange [%s:%s]"):format(
    number(figure.x.low), number(figure.x.high), number(figure.y.low),
    number(figure.y.high))
  -- gnuplot's own margin is too small for a legend of several lines.
  local below = math.ceil(#figure.series / 2)
  lines[#lines + 1] = ("set key below left Left reverse maxcols 2; "
    .. "set bmargin %d; set grid lc rgb '#dddddd'"):format(
      below + 4 + (figure.note and 1 or 0))
  lines[#lines + 1] = "set title " .. quote(figure.title, 80)
  lines[#lines + 1] = #bands > 0 and "plot " .. table.concat(bands, ", \\\n  ")
    or "plot NaN notitle"
  return lines, 800, 500 + 20 * below
end

-- ---------------------------------------------------------------- intervals

function kinds.intervals(figure)
  local lines, count, names = { "$rows << EOD" }, #figure.rows, {}
  for i, row in ipairs(figure.rows) do
    lines[#lines + 1] = ("%s %d %s %s"):format(number(row.mean), i - 1,
      number(row.low or row.mean), number(row.high or row.mean))
    names[i] = row.label
  end
  lines[#lines + 1] = "NaN NaN NaN NaN"
  lines[#lines + 1] = "EOD"
  local low, high = figure.x.low, figure.x.high
  for i, row in ipairs(figure.rows) do
    lines[#lines + 1] = ("set label %s at graph 1.02, first %d left"):format(
      quote(scale.interval(figure, row)), i - 1)
  end
  lines[#lines + 1] = "set title " .. quote(figure.title, 90)
  lines[#lines + 1] = tics("y", names, 46)
  lines[#lines + 1] = ("set xrange [%s:%s]; set yrange [%g:-0.5]"):format(
    number(low), number(high), math.max(count, 1) - 0.5)
  lines[#lines + 1] = "unset key; set rmargin 34; "
    .. "set grid x lc rgb '#dddddd'; set xtics nomirror; set tics out"
  if low < 0 and high > 0 then
    lines[#lines + 1] = "set arrow from 0, graph 0 to 0, graph 1 nohead "
      .. "lc rgb '#888888'"
  end
  local rgb = colour(scale.series_colour(1))
  local bars = figure.bars and ("$rows using (0):2:(0):1:($2-0.35):($2+0.35) "
    .. "with boxxyerror fs solid 0.4 noborder lc rgb %s, "):format(rgb) or ""
  lines[#lines + 1] = ("plot %s$rows using 1:2:3:4 with xerrorbars pt 7 "
    .. "ps 0.8 lw 2 lc rgb %s"):format(bars, rgb)
  return lines, 1150, 34 * count + 150 + (figure.note and 20 or 0)
end

-- ----------------------------------------------------------------- the file

--- The commands that draw a figure.
-- @param path of the picture
-- @param form "svg", "png" or "pdf"
function M.script(figure, path, form)
  local lines, width, height = kinds[figure.kind](figure)
  if form == "pdf" then width, height = width / 90, height / 90 end
  local head = {
    "set encoding utf8",
    "set terminal " .. terminals[form]:format(width, height),
    "set output " .. quote(path, 1e6), "set datafile missing 'NaN'",
    "set xlabel " .. quote_lines { figure.x.label, figure.note },
  }
  if figure.y then
    head[#head + 1] = "set ylabel " .. quote(figure.y.label, 40)
  end
  table.move(lines, 1, #lines, #head + 1, head)
  head[#head + 1] = "unset output"
  return table.concat(head, "\n") .. "\n"
end

-- Runs a script.
local function run(host, script)
  local process, why, code = host.start { "gnuplot", script,
    stdin = "null", stdout = "null", stderr = "pipe" }
  if not process then
    return nil, code == "ENOENT" and "there is no gnuplot; on Debian: apt-get "
      .. "install gnuplot-nox" or "gnuplot: " .. why
  end
  local said = process:stderr():read("a")
  local how, status = process:wait()
  if how == "exit" and status == 0 then return true end
  return nil, "gnuplot: " .. (said:match("line %d+: ([^\n]+)")
    or ("ended with %s %s"):format(how, status))
end

--- Draws a figure into a file.
-- @return true; nil and why it can't: no gnuplot (Debian: gnuplot-nox), or no
--   such file
function M.save(figure, path, form)
  local found, host = pcall(require, "neap.host")
  if not found then return nil, "gnuplot can't be started without neap.host" end
  if path:find("[%c]") then
    return nil, "gnuplot writes no file with such a name: " .. text.clean(path)
  end
  local old <close> = io.open(path, "rb")
  local probe, why = io.open(path, "ab")
  if not probe then return nil, why end
  probe:close()
  local script = os.tmpname()
  local done, problem = host_files.write_text(script,
    M.script(figure, path, form))
  if done then done, problem = run(host, script) end
  os.remove(script)
  if not done and not old then os.remove(path) end
  return done, problem
end

return M
