-- neap.verdict and neap compare: verdicts on scores from any tool.
local core = require "neap.core"
local host = require "neap.host"
local neap = require "neap"
local stats = require "neap.stats"

local program = os.getenv("NEAP_PROGRAM") or "build/neap"

local d = neap.data.gaussians {
  n = 240, features = 3, prior = 0.25, distance = 1.5, labels = "exact",
}
local study = assert(neap.study {
  data = d, folds = 4, repeats = 2, draws = 300, baselines = "standard",
  loss = function(p) return neap.loss.focal { gamma = p.gamma } end,
  search = neap.search.grid { gamma = { 3 } },
}:run { quiet = true })
local ce, focal = study:predictions "cross-entropy", study:predictions(1)

local function given(more)
  local o = {
    scores = { ce = ce.scores, focal = focal.scores }, targets = d.y,
    folds = ce.folds, draws = 300,
  }
  for key, value in pairs(more or {}) do o[key] = value or nil end
  return o
end

describe("neap.verdict", function()
  it("says of a study's scores what the study says", function()
    local v, own = neap.verdict(given()), study:verdict().cross_entropy
    assert.equal(own.verdict, v.verdict)
    for _, key in ipairs { "mean", "low", "high", "error", "df" } do
      assert.near(own.gain[key], v.gain[key], 1e-12)
    end
    assert.near(own.p, v.p, 1e-12)
    assert.equal("focal", v.best)
    assert.equal("ce", v.baseline)
    assert.equal(0.005, v.worth)
    assert.matches("8 folds of one data set, corrected for shared rows",
      (tostring(v):gsub("\n", " ")))
  end)

  it("tunes thresholds and calibration on the other folds", function()
    local v = neap.verdict(given { score = "f1" })
    local y, sum = d.y, 0
    for part = 1, 2 do
      local z = ce.scores:row(part)
      for fold = 1, 4 do
        local train, test = { z = {}, y = {} }, { z = {}, y = {} }
        for i = 1, d.n do
          local to = ce.folds:row(part)[i] == fold and test or train
          table.insert(to.z, z[i])
          table.insert(to.y, y[i])
        end
        local threshold = neap.metric.threshold(train.z, train.y,
          { maximize = "f1" })
        sum = sum + neap.metric.f1(test.z, test.y, nil,
          { threshold = threshold }) / 8
      end
    end
    local line = tostring(v):match("\n(ce  [^\n]*)")
    assert.equal(("%.4f"):format(sum), line:match("(%S+)$"))
    assert.near(v.split.score.gain.mean, v.split.score.ranking.mean
      + v.split.score.threshold.mean, 1e-12)
  end)

  it("takes one test set, and says what it does not know", function()
    local a, b = ce.scores:row(1), focal.scores:row(1)
    local v = neap.verdict(given { folds = false,
      scores = { ce = a, focal = b } })
    local ap = neap.metric.average_precision
    assert.near(ap(b, d.y) - ap(a, d.y), v.gain.mean, 1e-12)
    local draws = neap.metric.bootstrap("average_precision",
      { b:totable(), a:totable() }, d.y,
      { draws = 300, seed = 1, stratified = true })
    local list = {}
    for i = 1, 300 do list[i] = draws:row(1)[i] - draws:row(2)[i] end
    assert.near(stats.deviation(list), v.gain.error, 1e-12)
    assert.is_true(v.gain.high >= stats.quantile(list, 0.975))
    assert.is_nil(v.split)
    assert.matches("240 rows, 60 of them positive", (tostring(v)
      :gsub("\n", " ")))
    assert.matches("is not in these intervals", (tostring(v):gsub("\n", " ")))
  end)

  it("takes probabilities, even 0 and 1", function()
    local p = {}
    for i = 1, d.n do
      p[i] = i == 1 and 1 or 1 / (1 + math.exp(-ce.scores:row(1)[i]))
    end
    local v = neap.verdict { scores = { baseline = p, other = p },
      targets = d.y, from = "probabilities", score = "log_loss", draws = 200 }
    assert.equal(0, v.gain.mean)
    assert.equal("undecided", v.verdict)
  end)

  it("finds a gain that is large, and the best of several", function()
    local good, bad = core.array.zeros(d.n), core.array.zeros(d.n)
    for i = 1, d.n do
      good[i] = d.y[i] + math.sin(i)
      bad[i] = 0.2 * d.y[i] + math.sin(3 * i)
    end
    local v = neap.verdict { scores = { a = bad, b = bad, c = good },
      targets = d.y, baseline = "a", draws = 300 }
    assert.equal("better", v.verdict)
    assert.equal("c", v.best)
    assert.equal(2, #v.scores)
    assert.equal(1 / 301, v.p)
    v = neap.verdict { scores = { a = good, b = bad }, targets = d.y,
      baseline = "a", draws = 300 }
    assert.equal("worse", v.verdict)
  end)

  it("refuses what it can't compare", function()
    local function refuses(message, more)
      assert.error_matches(function() neap.verdict(given(more)) end, message)
    end
    refuses("baseline is 'b'; wanted one of ce, focal", { baseline = "b" })
    refuses("baseline is missing; wanted one of a, b",
      { scores = { a = ce.scores, b = ce.scores } })
    refuses("scores has 1; wanted two or more", { scores = { ce = ce.scores } })
    refuses("scores.focal are %[1%]%[3%]; wanted %[2%]%[240%]",
      { scores = { ce = ce.scores, focal = { 1, 2, 3 } } })
    refuses("targets%[1%] is 2; wanted 0 or 1", { targets = { 2, 0 } })
    refuses("scores have several repeats; wanted the folds of each",
      { folds = false })
    refuses("repeat 1 has 1 folds; wanted two or more",
      { folds = core.array.zeros(240, nil, "int32") })
    refuses("unknown option 'fold'; did you mean 'folds'", { fold = 1 })
    refuses("scores.ce%[%d+%] is .*; wanted a probability, 0 to 1",
      { from = "probabilities" })
    local one = ce.scores:row(1)
    refuses("wants folds: what is tuned is tuned on other folds",
      { folds = false, score = "f1_tuned", scores = { ce = one, b = one } })
  end)
end)

-- ---------------------------------------------------------- the command

local function write(path, order)
  local file <close> = assert(io.open(path, "w"))
  file:write("id,part,fold,outcome,ce,focal\n")
  for part = 1, 2 do
    for at = 1, d.n do
      local i = part == 2 and order and d.n + 1 - at or at
      file:write(("%d,%d,%d,%s,%.17g,%.17g\n"):format(i, part,
        ce.folds:row(part)[i], d.y[i] == 1 and "ill" or "well",
        ce.scores:row(part)[i], focal.scores:row(part)[i]))
    end
  end
end

local function compare(...)
  local process <close> = assert(host.start { program, "compare",
    stdout = "pipe", stderr = "pipe", ... })
  local output, errors = process:read(), process:stderr():read("a")
  return output, errors, select(2, process:wait())
end

describe("neap.verdict refuses", function()
  local y, z, ones = {}, {}, {}
  for i = 1, 40 do
    y[i], ones[i] = i % 4 == 0 and 1 or 0, 1
    z[i] = math.sin(i) + y[i]
  end

  local function changed(i, value)
    local list = table.move(ones, 1, 40, 1, {})
    list[i] = value
    return list
  end

  for message, wrong in pairs {
    ["scores.b is a number; wanted an array or a table"] =
      { scores = { ce = z, b = 5 } },
    ["scores.b is empty; wanted one number for each row"] =
      { scores = { ce = z, b = {} } },
    ["targets is empty; wanted one number for each row"] = { targets = {} },
    ["weights are [2][40]; wanted [40]"] = { weights = { ones, ones } },
    ["weights are [1][2]; wanted [40]"] = { weights = { 1, 2 } },
    ["weights[3] is -1.0; wanted a finite number >= 0"] =
      { weights = changed(3, -1) },
    ["weights[7] is inf; wanted a finite number >= 0"] =
      { weights = changed(7, math.huge) },
  } do
    it(message, function()
      local ok, why = pcall(neap.verdict, {
        scores = wrong.scores or { ce = z, b = y },
        targets = wrong.targets or y, weights = wrong.weights,
      })
      assert.is_false(ok)
      assert.is_truthy(why:find("'verdict' (" .. message .. ")", 1, true), why)
    end)
  end
end)

describe("neap compare", function()
  local path = os.tmpname()
  teardown(function() os.remove(path) end)

  local function columns()
    return "--target", "outcome", "--positive", "ill", "--repeat", "part",
      "--fold", "fold", "--scores", "ce,focal", "--draws", "300"
  end

  it("prints what neap.verdict says", function()
    write(path)
    local output, errors, code = compare(path, columns())
    assert.equal("", errors)
    assert.equal(0, code)
    assert.equal(("%s: 240 rows, positive class ill\n\n%s\n"):format(path,
      tostring(neap.verdict(given()))), output)
  end)

  it("knows a row by its column where repeats are in other orders", function()
    write(path, true)
    local _, errors, code = compare(path, columns())
    assert.equal(1, code)
    assert.matches("is not that of the first one; %-%-row COLUMN tells which",
      errors)
    -- Options come in any order.
    local output = compare("--row", "id", path, columns())
    assert.is_truthy(output:find(tostring(neap.verdict(given())), 1, true))
  end)

  it("says what is wrong", function()
    write(path)
    local function fails(message, ...)
      local output, errors, code = compare(...)
      assert.equal("", output)
      assert.equal(1, code)
      assert.matches(message, errors)
    end
    fails("usage: neap compare")
    fails("unknown option %-%-folds; did you mean %-%-fold%?", path,
      "--folds", "fold")
    fails("can't open .*No such file", path .. ".not", "--target", "outcome")
    fails("there is no column 'cross'", path, "--target", "outcome",
      "--scores", "cross")
    fails("neap compare: baseline is 'x'; wanted one of", path, "--baseline",
      "x", columns())
    fails("%-%-draws is many; wanted a number", path, "--draws", "many")
    fails("%-%-fold: there is no column 'f'", path, "--target", "outcome",
      "--fold", "f", "--scores", "ce,focal")
    fails("column 'id' has whole numbers alone: name it by %-%-row, %-%-fold",
      path, "--target", "outcome")
    fails("is there twice; %-%-repeat COLUMN tells which repeat", path,
      "--target", "outcome", "--row", "id", "--ignore", "part,fold")
    local file <close> = assert(io.open(path, "w"))
    file:write("y,ce,focal\n0,.1,.2\n1,.7,.4\n")
    file:flush()
    fails("all scores lie between 0 and 1; wanted %-%-from probabilities",
      path, "--target", "y")
  end)

  it("leaves a file of its name to be run as a script", function()
    local process <close> = assert(host.start { program, "-e", "", "--",
      "compare", stdout = "null", stderr = "pipe" })
    assert.matches("cannot open compare", process:stderr():read("a"))
  end)
end)
