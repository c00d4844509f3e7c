-- study:figure and study:report: what they say is what the study has.
local data_of = dofile "tests/lua/page_data.lua"
local host = require "neap.host"
local json = require "neap.json"
local neap = require "neap"
local verdict = require "neap.verdict"

local METRICS <const> = 10

local function make(changes)
  local o = {
    name = "a <b>study</b> & 'more'", seed = 3,
    data = neap.data.recipe("hard_negatives", { n = 1500, prior = 0.05 }),
    reruns = false,
    loss = function(p)
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end,
    search = neap.search.grid { alpha = { false, 0.2 }, gamma = { 0, 1, 2 } },
  }
  for key, value in pairs(changes or {}) do o[key] = value end
  if not o.folds then
    o.datasets, o.confirm = o.datasets or 4, o.confirm or 0
  end
  return neap.study(o)
end

local function run(changes)
  return make(changes):run { quiet = true }
end

-- The report as text, and its data.
local function report(study, given)
  local path = os.tmpname()
  assert.is_true(assert(study:report(path, given)))
  local file <close> = assert(io.open(path, "rb"))
  local html = file:read("a")
  os.remove(path)
  return html, data_of(html)
end

local study = run()

describe("a study's figures", function()
  it("are a slice with the interval of the differences", function()
    local figure = study:figure("slice", { x = "gamma", at = { alpha = 0.2 } })
    local map = study:figure("heatmap", { x = "gamma", y = "alpha" })
    local points = figure.series[1].points
    for j = 1, 3 do
      assert.equal(map.cells[2][j], points[j][2])
      assert.equal(map.marks[2][j], points[j][3] > 0 or points[j][4] < 0)
    end
    assert.equal("alpha 0.2", figure.series[1].label)
    local plain = study:figure("slice", { x = "alpha", at = { gamma = 1 },
      metric = "log_loss", against = false })
    assert.equal(1, #plain.series[1].points)
    assert.matches("alpha off: 0%.%d%d%d%d", plain.note)
  end)

  it("are the verdict's gains and their parts", function()
    local v, forest = study:verdict(), study:figure "forest"
    assert.same({ v.focus.gain.mean, v.focus.gain.low, v.focus.gain.high },
      { forest.rows[1].mean, forest.rows[1].low, forest.rows[1].high })
    for i, remedy in ipairs(v.remedies) do
      assert.equal("best point over " .. remedy.label, forest.rows[1 + i].label)
      assert.equal(remedy.gain.mean, forest.rows[1 + i].mean)
    end
    local split = study:figure("split", { metric = "f1" })
    local by_label = {}
    for _, row in ipairs(split.rows) do by_label[row.label] = row.mean end
    assert.near(by_label.gain, by_label.ranking + by_label.threshold, 1e-12)
  end)

  it("are the history of the search", function()
    local figure = study:figure "history"
    local best, most = figure.series[1].points, -math.huge
    for i, point in ipairs(figure.series[2].points) do
      assert.equal(verdict.mean_of(study.by_label[i], "average_precision", 4),
        point[2])
      most = math.max(most, point[2])
      assert.equal(most, best[i][2])
    end
  end)

  -- The area below a ROC curve by trapezes is the AUC of the same scores.
  it("are curves of the best point, cross-entropy and the oracle", function()
    local figure = study:figure "roc"
    local row = study.by_label[study:best().index]
    local labels = { row, study.by_label["cross-entropy"],
      study.by_label.oracle }
    assert.equal(3, #figure.series)
    for s, of in ipairs(labels) do
      local area, points = 0, figure.series[s].points
      for i = 2, #points do
        area = area + (points[i][1] - points[i - 1][1])
          * (points[i][2] + points[i - 1][2]) / 2
      end
      assert.near(verdict.mean_of(of, "roc_auc", 4), area, 2e-3)
    end
    assert.matches("Mean of 4 data sets", figure.note)
    for _, kind in ipairs { "precision_recall", "reliability", "scores" } do
      assert.equal("lines", study:figure(kind).kind)
    end
  end)

  it("are the best point's training by epoch", function()
    local by_epochs = run { epochs = 3, reruns = false,
      optimizer = neap.optimizer.adam { learning_rate = 1e-2 } }
    local curves = by_epochs:curves(by_epochs:best().index)
    local points = by_epochs:figure("training").series[1].points
    assert.equal(3, #points)
    local sum = 0
    for _, curve in ipairs(curves) do sum = sum + curve[3] end
    assert.near(sum / 4, points[3][2], 1e-12)
    local _, data = report(by_epochs, { curves = false })
    assert.equal(3, #data.figures.training.series[1].points)
    local ok, problem = pcall(function() study:figure "training" end)
    assert.is_false(ok)
    assert.matches("nothing was trained by epochs", problem)
  end)

  it("blame the caller for what there is not", function()
    for _, case in ipairs {
      { "pie", {}, "no figure 'pie'; there are forest, heatmap, history, " },
      { "slice", { x = "beta" }, "x is 'beta'; the parameters are alpha, g" },
      { "heatmap", { x = "gamma", y = "alpha", metric = "ap" },
        "there is no metric 'ap'; there are accuracy, " },
      { "heatmap", { x = "gamma", y = "alpha", against = "luck" },
        "against is 'luck', which is no baseline" },
      { "split", { metric = "auc" }, "metric is 'auc'; wanted score or f1" },
    } do
      local ok, problem = pcall(function()
        study:figure(case[1], case[2])
      end)
      assert.is_false(ok)
      assert.matches("^tests/lua/report_spec.lua:%d+: ", problem)
      assert.is_truthy(problem:find(case[3], 1, true), problem)
    end
  end)
end)

describe("a report", function()
  local html, data = report(study)

  it("says the verdict first, in its words", function()
    local sentences = study:verdict().sentences
    assert.equal(table.concat(sentences, " "):gsub("%s+", " "),
      study:verdict().text:gsub("%s+", " "))
    local before = html:find('class="answer"', 1, true)
    assert.is_true(before < html:find("data-figure", 1, true))
    local said = html:match('<p class="answer">(.-)</p>')
    assert.equal(sentences[1], (said:gsub("&gt;", ">"):gsub("&#39;", "'")))
  end)

  it("has the figures' numbers", function()
    assert.equal(2 * METRICS, #data.heatmaps)
    local map = study:figure("heatmap", { x = "gamma", y = "alpha" })
    for i = 1, 2 do
      for j = 1, 3 do
        assert.near(map.cells[i][j], data.heatmaps[1].cells[i][j],
          1e-6 * math.abs(map.cells[i][j]))
      end
    end
    local forest = study:figure "forest"
    assert.equal(#forest.rows, #data.figures.forest.rows)
    assert.near(forest.rows[2].mean, data.figures.forest.rows[2].mean, 1e-8)
    assert.equal(101, #data.figures.roc.series[1].points)
  end)

  it("has every point and baseline with every metric", function()
    assert.equal(#study.rows, #data.table.rows)
    assert.equal(METRICS + 2, #data.table.columns)
    for i, row in ipairs(study.rows) do
      local cells = data.table.rows[i].cells
      for c = 2, METRICS + 1 do
        local mean = verdict.mean_of(row, data.table.columns[c].name, 4)
        assert.near(mean, cells[c], 1e-6 * math.abs(mean))
      end
    end
    assert.equal("alpha off, gamma 0", data.table.rows[1].cells[1])
    assert.equal("4/4", data.table.rows[1].cells[METRICS + 2])
  end)

  it("has what it takes to repeat it", function()
    for _, fact in ipairs { "seed</th><td>3<", "neap</th><td>neap ",
      "instruction set</th><td>" .. neap.isa .. "<", "machine</th><td>",
      "report written</th><td>", "time of the study</th><td>" } do
      assert.is_truthy(html:find(fact, 1, true), fact)
    end
  end)

  it("loads nothing and is no larger than it may be", function()
    assert.is_truthy(html:find("Content-Security-Policy\" content=\"default-src"
      .. " 'none'", 1, true))
    assert.is_nil(html:find("<link", 1, true))
    assert.is_nil(html:find("<script[^>]* src"))
    assert.is_nil(html:find("sourceMappingURL", 1, true))
    local own = #html - #html:match('id="data">(.-)</script>')
    assert.is_true(own <= 350 * 1024, own)
    -- Chart.js's licence goes with it.
    assert.is_truthy(html:find("The MIT License (MIT)", 1, true))
  end)

  it("has any name as text", function()
    assert.is_truthy(html:find("<title>a &lt;b&gt;study&lt;/b&gt; &amp; "
      .. "&#39;more&#39;</title>", 1, true))
    assert.is_nil(html:find("<b>study", 1, true))
  end)

  it("leaves curves out where they are not wanted", function()
    local _, plain = report(study, { curves = false, title = "plain" })
    assert.is_nil(plain.figures.roc)
    assert.is_table(plain.figures.forest)
  end)

  it("says what an unfinished study leaves out", function()
    local part = run { datasets = 3 }
    part.spec.datasets, part.spec.confirm = 5, 8
    local text = report(part, { curves = false })
    assert.matches("The study is unfinished: 3 of 5 data sets", text)
    assert.matches("has not been confirmed on fresh data sets", text)
    assert.not_matches("unfinished", html)
  end)

  it("says how many points an interrupted study has", function()
    local part = run()
    part.by_label[6], part.rows[6] = nil, part.rows[#part.rows]
    part.rows[#part.rows] = nil
    local text, of = report(part, { curves = false })
    assert.matches("The study is unfinished: 5 of 6 points", text)
    assert.equal(json.null, of.heatmaps[1].cells[2][3])
  end)

  it("is of one point, of one run and of one parameter", function()
    local single = run { datasets = 1,
      loss = function(p) return neap.loss.focal { gamma = p.gamma } end,
      search = neap.search.grid { gamma = { 1 } }, baselines = "none" }
    local _, of = report(single)
    assert.is_nil(of.heatmaps)
    assert.equal(1, #of.figures.slice.series[1].points)
    assert.is_false(of.figures.slice.series[1].band)
    assert.is_false(of.figures.roc.series[1].band)
    assert.equal(1, #of.table.rows)
  end)

  it("is of folds, with empty cells where a fit failed", function()
    local folds = run {
      data = neap.data.gaussians { n = 200, prior = 0.3, seed = 1 },
      folds = 5, repeats = 2,
    }
    for _, row in ipairs(folds.rows) do
      if row.label == 2 then
        for _, values in pairs(row.values) do values[1] = 0 / 0 end
      end
    end
    local text, of = report(folds, { curves = false })
    assert.matches("1 of 6 points have no score in some run", text)
    assert.equal(json.null, of.heatmaps[1].cells[1][2])
    assert.equal(json.null, of.table.rows[2].cells[2])
  end)

  it("says what stands in its way", function()
    local done, why = study:report("/no/such/folder/x.html")
    assert.is_nil(done)
    assert.matches("No such file", why)
    local ok, problem = pcall(function() study:report(1) end)
    assert.is_false(ok)
    assert.matches("report_spec.lua:%d+: .*path is 1; wanted a string", problem)
    ok, problem = pcall(function() make():report("x.html") end)
    assert.is_false(ok)
    assert.matches("report_spec.lua:%d+: the study has no results", problem)
  end)

  -- Without the program its files lie beside neap/report/page.lua.
  it("is written by stock lua5.4, too", function()
    local path = os.tmpname()
    local code = "local f = require 'neap.plot'.figure { kind = 'lines', "
      .. "title = 't', x = { label = '' }, y = { label = '' }, series = {} } "
      .. "assert(f:save(arg[1] .. '.html'))"
    local script = path .. ".lua"
    local file <close> = assert(io.open(script, "w"))
    file:write(code)
    file:close()
    local build = (os.getenv("NEAP_PROGRAM") or "build/neap"):gsub("/?[^/]*$",
      "")
    if (os.getenv("NEAP_SANITIZE") or "") == "" then
      local process <close> = assert(host.start { "env",
        "LUA_PATH=lua/?.lua;lua/?/init.lua",
        "LUA_CPATH=" .. build .. "/module/?.so", "lua5.4", script, path,
        stdout = "pipe", stderr = "stdout" })
      assert.equal("", process:read())
      assert.is_true(os.remove(path .. ".html"))
    end
    os.remove(script)
    os.remove(path)
  end)
end)

describe("a study of any objective", function()
  local trials = neap.study { name = "any", direction = "maximize",
    search = neap.search.grid { a = { 1, 2 }, b = { false, 3, "x" } },
    objective = function(trial)
      if trial.params.b == "x" then error "no" end
      return trial.params.a * (trial.params.b or 1)
    end }
  trials:run { quiet = true }

  it("has a heatmap and a history", function()
    local map = trials:figure("heatmap", { x = "a", y = "b" })
    assert.same({ "off", "3", "x" }, map.y.values)
    assert.same({ { 1, 2 }, { 3, 6 }, {} }, map.cells)
    local history = trials:figure "history"
    assert.same({ 0, 1 }, history.series[1].points[1])
    assert.same({ 4, 6 }, history.series[1].points[4])
    local ok, problem = pcall(function()
      trials:figure("heatmap", { x = "a", y = "c" })
    end)
    assert.is_false(ok)
    assert.matches("^tests/lua/report_spec.lua:%d+: .*y is 'c', which no trial "
      .. "has", problem)
  end)

  it("has a report", function()
    local html, data = report(trials)
    assert.matches("The best of 4 values is 6: a 2, b 3 %(trial 4, maximize%)",
      html)
    assert.matches("0 trials were pruned and 2 failed", html)
    assert.not_matches("unfinished", html)
    assert.equal(6, #data.table.rows)
    assert.equal("FAIL", data.table.rows[3].cells[4])
    assert.equal(json.null, data.table.rows[3].cells[3])
    assert.same({ 2, 6, json.null },
      { table.unpack(data.figures.heatmap.cells[2]) })
  end)
end)
