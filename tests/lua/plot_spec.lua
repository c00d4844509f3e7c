-- neap.plot: figures as data, and that each renderer draws their numbers.
local cases = dofile "tests/lua/plot_cases.lua"
local data_of = dofile "tests/lua/page_data.lua"
local host = require "neap.host"
local json = require "neap.json"
local neap = require "neap"
local page = require "neap.report.page"
local terminal = require "neap.plot.terminal"
local text = require "neap.text"

local has_gnuplot = host.start { "gnuplot", "--version", stdout = "null",
  stderr = "null" } ~= nil
if not has_gnuplot then print("SKIPPED: pictures, for there is no gnuplot") end
local with_gnuplot = has_gnuplot and it or pending

local painted = { columns = 100, colour = true, unicode = true }

-- A name that no other test has, which is removed afterwards.
local function with_file(ending, act)
  local base = os.tmpname()
  local path = base .. ending
  local ok, problem = pcall(act, path)
  os.remove(base)
  os.remove(path)
  if not ok then error(problem, 0) end
end

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

local function svg_of(figure)
  local svg
  with_file(".svg", function(path)
    assert.is_true(assert(figure:save(path)))
    svg = read(path)
  end)
  return svg
end

-- That a call raises such a message, at this file's line.
local function blames(call, why)
  local ok, problem = pcall(call)
  assert.is_false(ok)
  assert.matches("plot_spec.lua:%d+: .*" .. why, problem)
end

local function page_of(figure)
  return data_of(page.of_figure(figure)).figures.figure
end

-- The numbers of a text, in their order.
local function numbers_of(line)
  local list = {}
  for word in line:gmatch("[^%s*|]+") do list[#list + 1] = tonumber(word) end
  return list
end

describe("a heatmap", function()
  local small = {
    kind = "heatmap", title = "small", diverging = true, mark_means = "sure",
    x = { label = "gamma", values = { "0", "1", "2" } },
    y = { label = "alpha", values = { "off", "0.25" } },
    cells = { { 0.0101, -0.0333, 0 / 0 }, { 0.0999, 0, -0.0002 } },
    marks = { { true }, { false, false, true } },
  }
  local figure = neap.plot.figure(small)

  it("shows its cells, in one power of ten, in the terminal", function()
    local lines = {}
    for line in tostring(figure):gmatch("[^\n]+") do
      lines[#lines + 1] = line
    end
    assert.equal("small (in 1e-3)", lines[1])
    assert.same({ 10.1, -33.3 }, numbers_of(lines[4]:match("|(.*)")))
    assert.same({ 99.9, 0, -0.2 }, numbers_of(lines[5]:match("|(.*)")))
    assert.matches("%+10.1%*", lines[4])
    assert.matches("-$", lines[4])
    assert.matches("-0.2%*$", lines[5])
    assert.equal("*: sure", lines[6])
  end)

  it("has the same cells in a page", function()
    local data = page_of(figure)
    assert.same({ 0.0101, -0.0333, json.null }, { table.unpack(data.cells[1]) })
    assert.same({ 0.0999, 0, -0.0002 }, { table.unpack(data.cells[2]) })
    assert.equal(3, data.power)
    assert.same({ 1, 0, 0 }, { table.unpack(data.marks[1]) })
    assert.same({ 0, 0, 1 }, { table.unpack(data.marks[2]) })
    assert.same({ -0.0999, 0.0999 }, { data.low, data.high })
  end)

  with_gnuplot("has the same cells in a picture", function()
    local svg, labels = svg_of(figure), {}
    for label in svg:gmatch("<text><tspan[^>]*>%s*([^<]*)</tspan>") do
      labels[label] = true
    end
    for label in svg:gmatch("<text>%s*([^<]*)</text>") do
      labels[label] = true
    end
    for _, label in ipairs { "+10.1*", "-33.3", "-", "+99.9", "+0.0", "-0.2*" }
    do
      assert.is_true(labels[label], label)
    end
  end)

  it("is a block a cell where numbers don't fit", function()
    local large = neap.plot.figure(cases.grid(6, 40))
    local lines = {}
    for line in tostring(large):gmatch("[^\n]+") do lines[#lines + 1] = line end
    -- Digits: tenths of the way from the least possible to the largest.
    local most = 0
    for i = 1, 6 do
      for j = 1, 40 do most = math.max(most, math.abs(large.cells[i][j])) end
    end
    for i = 1, 6 do
      local digits = lines[2 + i]:match("|(%d+)$")
      assert.equal(40, #digits)
      for j = 1, 40 do
        local share = (large.cells[i][j] + most) / (2 * most)
        assert.equal(math.min(math.floor(share * 10), 9),
          tonumber(digits:sub(j, j)))
      end
    end
    assert.matches("largest %+0.009589 at x 22, y 5", tostring(large))
    local coloured = terminal.draw(large, painted)
    local _, blocks = coloured:gsub("▀", "")
    assert.equal(3 * 40, blocks)
  end)

  it("says so where a column is several cells", function()
    local wide = neap.plot.figure(cases.grid(2, 190))
    assert.matches("each column is the mean of 3 cells", tostring(wide))
    for line in tostring(wide):gmatch("[^\n]+") do
      assert.is_true(#line <= 100, line)
    end
  end)
end)

describe("lines", function()
  -- y = x^2 from 0 to 1 in a plot of 89 by 20 places; a place is 1/19.
  local figure = neap.plot.figure(cases.many(101))

  it("are drawn at their numbers in the terminal", function()
    local rows = {}
    for line in tostring(figure):gmatch("[^\n]+") do
      rows[#rows + 1] = line:match("^[%s%d.-]+|(.*)$")
    end
    assert.equal(20, #rows)
    local low, high = figure.y.low, figure.y.high
    for row, line in ipairs(rows) do
      for at in line:gmatch("()a") do
        local x = (at - 1) / 88
        local y = high - (row - 1) / 19 * (high - low)
        assert.near(x * x, y, 0.6 * (high - low) / 19 + 2 / 88)
      end
    end
    assert.equal("a", rows[19]:sub(1, 1))
    assert.equal("a", rows[2]:sub(-1))
  end)

  it("are the same in a page", function()
    local points = page_of(figure).series[1].points
    assert.equal(101, #points)
    assert.same({ 0.3, 0.09 }, { table.unpack(points[31]) })
  end)

  with_gnuplot("are the same in a picture", function()
    local svg = svg_of(figure)
    -- Where the ticks of y are, by the grid's lines and the texts after them.
    local at = {}
    for y1, y2, label in svg:gmatch('class="gridline"%s+d=\'M[%d.]+,([%d.]+) '
      .. "L[%d.]+,([%d.]+).-<text>%s*([%d.-]+)</text>") do
      if y1 == y2 then at[tonumber(label)] = tonumber(y1) end
    end
    assert.is_true(at[0] > at[1])
    -- The path begins with the legend's line, of two points.
    local path, ys = svg:match('<g id="gnuplot_plot_1".-d=\'(M[^\']+)'), {}
    for y in path:gmatch("[ML ][%d.]+,([%d.]+)") do
      ys[#ys + 1] = tonumber(y)
    end
    ys = table.move(ys, 3, #ys, 1, {})
    ys[102], ys[103] = nil, nil
    assert.equal(101, #ys)
    for i, y in ipairs(ys) do
      local value = (at[0] - y) / (at[0] - at[1])
      assert.near(((i - 1) / 100) ^ 2, value, 1e-4)
    end
  end)

  it("have bands, gaps and series of one point", function()
    local drawn = neap.plot.figure(cases.lines())
    local data = page_of(drawn)
    assert.same({ 1, 3, 2.5, 3.5 }, { table.unpack(data.series[1].points[2]) })
    assert.same({ 2, json.null, json.null, json.null },
      { table.unpack(data.series[1].points[3]) })
    assert.is_true(data.series[1].band)
    assert.is_false(data.series[2].band)
    local plain = tostring(drawn)
    local _, dots = plain:gsub("|[^\n]*%.%.%.", "")
    assert.is_true(dots > 5)
    assert.matches("\n +2 |[^\n]*b", plain)
  end)

  it("hold steps until the next point", function()
    local steps = neap.plot.figure { kind = "lines", title = "steps",
      x = { label = "x", low = 0, high = 88 }, y = { label = "y", low = 0,
        high = 19 }, series = { { label = "s", steps = true,
        points = { { 0, 19 }, { 44, 0 }, { 88, 0 } } } } }
    local rows = {}
    for line in tostring(steps):gmatch("[^\n]+") do
      rows[#rows + 1] = line:match("^[%s%d.-]+|(.*)$")
    end
    assert.equal(("a"):rep(45), rows[1])
    assert.equal((" "):rep(44) .. ("a"):rep(45), rows[20])
  end)

  it("of 10,000 points are drawn by all", function()
    local many = neap.plot.figure(cases.many(10000))
    assert.matches("a", tostring(many))
    assert.equal(10000, #page_of(many).series[1].points)
  end)
end)

describe("intervals", function()
  local figure = neap.plot.figure {
    kind = "intervals", title = "gains", x = { label = "gain", low = -1,
      high = 1 }, bars = true,
    rows = { { label = "first", mean = 0.5, low = 0.25, high = 0.75 },
      { label = "second", mean = -0.5 }, { label = "far", mean = 7 } },
  }

  it("are the same numbers in the terminal and in a page", function()
    local plain, rows = tostring(figure), page_of(figure).rows
    for i, shown in ipairs { "+0.500 (+0.250 to +0.750)", "-0.500", "+7.000" }
    do
      assert.is_truthy(plain:find(shown, 1, true), shown)
      assert.equal(shown, rows[i].shown)
    end
    assert.same({ 0.5, 0.25, 0.75 },
      { rows[1].mean, rows[1].low, rows[1].high })
    -- 60 places from -1 to 1: 0 is the 30th or 31st, 1/2 the 45th.
    local first = plain:match("first   (.-)%s+%+")
    assert.equal(45, (first:find("o", 1, true)))
    assert.matches("far .*>  %+7", plain)
  end)

  with_gnuplot("are the same numbers in a picture", function()
    local svg = svg_of(figure)
    for _, shown in ipairs { "+0.500 (+0.250 to +0.750)", "-0.500", "+7.000" }
    do
      assert.is_truthy(svg:find(shown, 1, true), shown)
    end
  end)
end)

describe("names", function()
  local figures = {}
  for _, kind in ipairs { "heatmap", "lines", "intervals" } do
    figures[kind] = neap.plot.figure(cases[kind]())
  end

  it("of any kind are one line without commands in the terminal", function()
    for kind, figure in pairs(figures) do
      local plain = tostring(figure)
      assert.is_nil(plain:find("[%c]", 1) and plain:gsub("\n", "")
        :find("%c"), kind)
      assert.is_truthy(utf8.len(plain), kind)
      for line in plain:gmatch("[^\n]+") do
        assert.is_true(text.width(line) <= 120, line)
      end
      local coloured = terminal.draw(figure, painted)
      assert.is_nil(coloured:gsub("\27%[[%d;]+m", ""):find("\27"), kind)
    end
  end)

  it("of any kind stay text in a page", function()
    for kind, figure in pairs(figures) do
      local html = page.of_figure(figure)
      -- Four scripts: the data, Chart.js, the page's own.
      local _, scripts = html:gsub("<script", "")
      local _, ends = html:gsub("</script", "")
      assert.same({ 3, 3 }, { scripts, ends }, kind)
      assert.is_nil(html:find("<script>alert", 1, true), kind)
      assert.equal(json.valid(cases.name), page_of(figure).title)
    end
  end)

  with_gnuplot("of any kind stay text in a picture", function()
    for _, figure in pairs(figures) do
      local svg = svg_of(figure)
      assert.is_nil(svg:find("<script", 1, true))
      assert.is_truthy(svg:find("d`&lt;script", 1, true))
    end
    -- In gnuplot's own strings `...` would run a program.
    with_file(".ran", function(path)
      svg_of(neap.plot.figure { kind = "lines", title = "`touch " .. path
        .. "`", x = { label = "'`touch " .. path .. "`" },
        y = { label = "\"`touch " .. path .. "`" }, series = {
          { label = "'''`touch " .. path .. "`'", points = { { 1, 1 } } } } })
      svg_of(neap.plot.figure { kind = "heatmap", title = "'", x = { label = "",
        values = { "'`touch " .. path .. "`", "\\" } },
        y = { label = "\\'", values = { "''" } }, cells = { { 1, 2 } } })
      assert.is_nil((io.open(path)))
    end)
  end)
end)

describe("the text of a terminal", function()
  it("knows how many columns characters take", function()
    assert.equal(3, text.width "é漢")
    assert.equal(1, text.width "e\u{301}")
    assert.equal("ab..", text.clip("abcdef", 4))
    assert.equal("漢..", text.clip("漢漢漢", 5))
    assert.equal("abcd", text.clip("abcd", 4))
    assert.equal("  漢", text.pad("漢", -4))
    assert.equal("a [31m b", text.clean "a\27[31m\nb")
  end)
end)

describe("figures", function()
  with_gnuplot("without anything in them are drawn", function()
    local axis = { label = "" }
    for _, parts in ipairs {
      { kind = "heatmap", cells = {}, x = { label = "", values = {} },
        y = { label = "", values = {} } },
      { kind = "lines", x = axis, y = { label = "" }, series = {} },
      { kind = "intervals", x = { label = "" }, rows = {} },
    } do
      parts.title = ""
      local figure = neap.plot.figure(parts)
      assert.is_string(tostring(figure))
      assert.is_string(page.of_figure(figure))
      assert.is_string(svg_of(figure))
    end
  end)

  with_gnuplot("are saved as PNG, PDF, HTML and text", function()
    local figure = neap.plot.figure(cases.many(3))
    for ending, start in pairs { [".png"] = "\137PNG", [".pdf"] = "%PDF",
      [".html"] = "<!doctype html>", [".txt"] = "many\n" } do
      with_file(ending, function(path)
        assert.is_true(figure:save(path))
        assert.equal(start, read(path):sub(1, #start))
      end)
    end
  end)

  it("say what they need", function()
    local figure = neap.plot.figure(cases.many(3))
    blames(function() figure:save("x.jpeg") end,
      "path is 'x.jpeg'; wanted one that ends in .svg, .png, .pdf")
    local done, why = figure:save("/no/such/folder/x.svg")
    assert.is_nil(done)
    assert.matches("No such file", why)
    local code = "local f = require('neap').plot.figure { kind = 'lines', "
      .. "title = '', x = { label = '' }, y = { label = '' }, series = {} } "
      .. "print(f:save(arg[1]))"
    with_file(".svg", function(path)
      local program = os.getenv("NEAP_PROGRAM") or "build/neap"
      local process <close> = assert(host.start { "env", "PATH=/nowhere",
        program, "-e", "arg = { [0] = '', '" .. path .. "' } " .. code,
        stdout = "pipe" })
      assert.equal("nil\tthere is no gnuplot; on Debian: apt-get install "
        .. "gnuplot-nox\n", process:read())
      assert.is_nil((io.open(path)))
    end)
  end)

  it("refuse what is none, at the caller's line", function()
    local function refuses(parts, why)
      blames(function() neap.plot.figure(parts) end, why)
    end
    refuses({ kind = "pie" },
      "kind is pie; wanted heatmap, lines or intervals")
    local lines = cases.many(2)
    lines.series[1].points[2] = { 1 }
    refuses(lines, "series%[1%].points%[2%]%[2%] is a nil; wanted a number")
    lines = cases.many(2)
    lines.x.low, lines.x.high = 2, 1
    refuses(lines, "x.low is 2; wanted less than x.high, 1")
    local heatmap = cases.heatmap()
    heatmap.cells[1][2] = "many"
    refuses(heatmap, "cells%[1%]%[2%] is a string; wanted a number")
  end)
end)

describe("figures of losses", function()
  local p = 0.25
  local losses = {}
  for i, gamma in ipairs { 0, 2 } do
    losses[i] = neap.loss.focal { gamma = gamma }
  end

  -- Lin et al. 2017, eq. 4: -(1 - p)^gamma log p, and its derivative.
  it("are the focal paper's figure 1", function()
    local figure = neap.plot.loss(losses)
    assert.same({ 0.25, -math.log(p) }, figure.series[1].points[25])
    assert.near(-(0.75 ^ 2) * math.log(p), figure.series[2].points[25][2],
      1e-15)
    local gradient = neap.plot.loss(losses, { what = "gradient" })
    assert.near(p - 1, gradient.series[1].points[25][2], 1e-15)
    assert.equal("focal (gamma = 2)", figure.series[2].label)
  end)

  -- By hand: positives cost log 2 and log 4, two negatives the same log 2.
  it("are the focal paper's figure 4", function()
    local z = math.log(1 / 3)
    local figure = neap.plot.share({ losses[1] }, { 0, z, 0, 0 },
      { 1, 1, 0, 0 })
    assert.equal("positives, focal (gamma = 0)", figure.series[1].label)
    -- The easier half of the positives holds a third of their loss.
    assert.near(1 / 3, figure.series[1].points[51][2], 1e-12)
    assert.near(1 / 2, figure.series[2].points[51][2], 1e-12)
    assert.same({ 1, 1 }, figure.series[1].points[101])
    assert.equal(1, #neap.plot.share({ losses[1] }, { 0, z }, { 1, 0 },
      { class = 0 }).series)
  end)

  it("are a training's history", function()
    local d = neap.data.gaussians { n = 200, prior = 0.3 }
    local fit = neap.train { data = d, loss = losses[2], epochs = 3,
      optimizer = neap.optimizer.sgd { learning_rate = 0.1 } }
    local figure = neap.plot.training { fit }
    assert.equal(3, #figure.series[1].points)
    assert.same({ 3, fit.history[3] }, figure.series[1].points[3])
  end)

  it("refuse what is none", function()
    blames(function() neap.plot.loss { 1 } end,
      "element 1 is a number; wanted one of a list of losses")
    blames(function() neap.plot.training {} end, "wanted a list of fits")
    blames(function() neap.plot.roc({}, {}) end, "wanted scores by name")
    blames(function() neap.plot.roc({ a = { 1 } }, { 1 }, { form = 1 }) end,
      "unknown option 'form'; did you mean 'from'")
  end)
end)

describe("curves of scores", function()
  -- Scores and what scikit-learn 1.2.1 says of them: roc_curve, (fpr, tpr) =
  -- (0, 0) (0, 1/2) (1/2, 1/2) (1/2, 1) (1, 1), and precision_recall_curve.
  local y, z = { 0, 0, 1, 1 }, { 0.1, 0.4, 0.35, 0.8 }

  it("are ROC and precision by recall on a common axis", function()
    local roc = neap.plot.roc({ tool = z }, y).series[1]
    assert.same({ 0, 0.5 }, { roc.points[1][1], roc.points[1][2] })
    assert.same({ 0.25, 0.5 }, roc.points[51])
    assert.same({ 1, 1 }, roc.points[101])
    local curve = neap.plot.precision_recall({ tool = z }, y).series[1].points
    assert.same({ 0.25, 1 }, curve[51])
    assert.near(2 / 3, curve[101][2], 1e-15)
  end)

  it("have bands of one deviation over several runs", function()
    local figure = neap.plot.precision_recall(
      { tool = { z, { 0.1, 0.9, 0.35, 0.8 } } }, y)
    -- At recall 1/4: precision 1 in one run and 1/2 in the other.
    local point = figure.series[1].points[51]
    local deviation = math.sqrt(0.125)
    assert.near(0.75, point[2], 1e-15)
    assert.near(0.75 - deviation, point[3], 1e-15)
    assert.near(0.75 + deviation, point[4], 1e-15)
    assert.matches("Mean of 2 runs", figure.note)
  end)

  it("are histograms by class whose bins add up to 1", function()
    local figure = neap.plot.scores({ tool = z }, y)
    for s = 1, 2 do
      local sum = 0
      for bin = 1, 40 do sum = sum + figure.series[s].points[bin][2] end
      assert.near(1, sum, 1e-12)
    end
    assert.equal(0.5, figure.series[1].points[40][2])
  end)

  it("are reliability, with the diagonal", function()
    local scores, targets = {}, {}
    for i = 1, 100 do
      scores[i], targets[i] = i > 50 and 0.75 or 0.25, i % 4 == 0 and 0 or 1
    end
    local figure = neap.plot.reliability({ tool = scores }, targets,
      { from = "probabilities" })
    assert.near(0.25, figure.series[1].points[1][1], 1e-12)
    assert.equal("calibrated", figure.series[2].label)
    assert.same(figure.series[2].points[2][1], figure.series[2].points[2][2])
  end)
end)
