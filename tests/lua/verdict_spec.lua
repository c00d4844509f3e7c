-- Verdicts of studies: lua/neap/verdict, lua/neap/study.
local controls = dofile "tests/lua/controls.lua"
local core = require "neap.core"
local neap = require "neap"
local stats = require "neap.stats"

local ap = neap.metric.average_precision

local function focal(p)
  return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
end

local function run(given)
  local spec = {
    loss = function(p)
      local o = {}
      for key, value in pairs(p) do o[key] = value end
      return focal(o)
    end,
    search = neap.search.grid { alpha = { false, .2 }, gamma = { 0, 1 } },
  }
  for key, value in pairs(given) do spec[key] = value end
  return assert(neap.study(spec):run { quiet = true })
end

local function recipe(n, more)
  local o = { n = n, test = n, features = 3, prior = 0.2 }
  for key, value in pairs(more or {}) do o[key] = value end
  return neap.data.recipe("gaussians", o)
end

local function says(v, text)
  local flat = tostring(v):gsub("\n", " ")
  assert.is_truthy(flat:find(text, 1, true), text .. " is not in\n" .. flat)
end

describe("a verdict", function()
  it("says so where there is nothing to compare", function()
    local v = run {
      data = recipe(200), datasets = 8, baselines = "none", confirm = 0,
      search = neap.search.grid { gamma = { 2 } },
      loss = neap.loss.focal { gamma = 2 },
    }:verdict()
    says(v, "Nothing to compare: no point stands against another of gamma 0")
    assert.equal("undecided", v.verdict)
    assert.is_nil(v.focus)
    assert.is_nil(v.cross_entropy)
  end)
end)

describe("points that are the same fits", function()
  it("are no question, and are warned of", function()
    local v = run {
      data = recipe(300), datasets = 8, confirm = 0,
      search = neap.search.grid { gamma = { 0, 1, 2 } },
      loss = function() return neap.loss.focal { gamma = 1 } end,
    }:verdict()
    assert.is_nil(v.focus)
    says(v, "Nothing reads gamma: points that differ in it are the same fits.")
  end)

  it("are no focus where a loss does without gamma", function()
    local study = run {
      data = recipe(300), datasets = 8, confirm = 0,
      search = neap.search.grid { loss = { "ce", "focal" }, gamma = { 0, 1 } },
      loss = function(p)
        return p.loss == "ce" and neap.loss.binary_cross_entropy {}
          or neap.loss.focal { gamma = p.gamma }
      end,
    }
    local v = study:verdict()
    assert.same({ gamma = 1, loss = "focal" }, v.focus.with)
    assert.is_nil(tostring(v):find "Nothing reads")
  end)
end)

describe("confirmation", function()
  local draw = recipe(400)
  local study = run { data = draw, datasets = 8, confirm = 9 }
  local v = study:verdict()

  it("judges what was picked on data sets that nothing was picked on",
    function()
      local best = study:best()
      local differences = {}
      for i = 1, 9 do
        local train, test = draw(core.data.seed_of(1, 2 ^ 20 + i))
        local a = neap.train { data = train, loss = focal(best.params) }
        local b = neap.train {
          data = train, loss = neap.loss.binary_cross_entropy {},
        }
        differences[i] = ap(a:logits(test), test.y) - ap(b:logits(test), test.y)
      end
      local gain, plain = stats.paired(differences), v.cross_entropy
      assert.same(best.params, plain.with)
      assert.near(gain.mean, plain.gain.mean, 1e-12)
      assert.near(gain.low, plain.gain.low, 1e-12)
      assert.near(gain.high, plain.gain.high, 1e-12)
      assert.is_true(plain.gain.confirmed)
      says(v, "confirmed on 9 fresh data sets after they were picked on 8")
    end)

  it("trains no more than what was picked and the baselines", function()
    local points = 0
    for _, row in ipairs(study.confirmed.rows) do
      if row.kind == "point" then points = points + 1 end
    end
    assert.is_true(points <= 3 and points >= 1)
    assert.equal(9, #study.confirmed.runs)
  end)

  it("is not for too few data sets, and can be turned off", function()
    assert.is_nil(run { data = draw, datasets = 3 }.confirmed)
    local without = run { data = draw, datasets = 8, confirm = 0 }
    assert.is_nil(without.confirmed)
    assert.is_nil(without:verdict().gain.confirmed)
    assert.error_matches(function() run { data = draw, confirm = 3 } end,
      "confirm is 3; wanted 0, or 8 and more, for fewer can't decide")
  end)
end)

describe("a fair fight", function()
  local d = neap.data.read("tests/data/breast_cancer.csv",
    { target = "diagnosis", positive = "malignant" })

  it("tunes l2 for each loss inside the training rows of read data", function()
    local study = run { data = d, folds = 3, repeats = 1 }
    local train = d:folds { k = 3, repeats = 1, seed = 1 }()
    local candidates = {}
    for i = -6, 0 do
      candidates[#candidates + 1] = { l2 = tonumber("1e" .. i) }
    end
    for i, p in ipairs(study.points) do
      local best = neap.tune { data = train, loss = focal(p),
        points = candidates }
      assert.equal(best.l2, study.by_label[i].l2[1])
      assert.equal("l2", study.by_label[i].tuned[1])
    end
    says(study:verdict(), "l2 was tuned for each loss on training rows.")
  end)

  it("leaves what is given as it is, and says so", function()
    for _, given in ipairs {
      { fair = "given" },
      { model = neap.model.linear { l2 = 0.01 } }, -- an l2 of one's own
    } do
      given.data, given.folds, given.repeats = d, 3, 1
      given.reruns = false
      local study = run(given)
      local l2 = given.model and 0.01 or 0
      assert.equal(l2, study.by_label[1].l2[1])
      assert.is_nil(study.by_label[1].tuned[1])
      says(study:verdict(),
        "l2 is as given: differences may be of regularisation.")
    end
  end)

  it("has no l2 on generated data of 50 rows a feature and more", function()
    local many = run { data = recipe(150), datasets = 1 }
    assert.equal(0, many.by_label[1].l2[1])
    assert.not_matches("l2", tostring(many:verdict()))
    local few = run { data = recipe(149), datasets = 1 }
    assert.is_true(few.by_label[1].l2[1] > 0)
  end)

  it("tunes the learning rate of an mlp for each loss", function()
    local study = run {
      data = recipe(300), datasets = 1, epochs = 2,
      model = neap.model.mlp { hidden = { 4 } },
      search = neap.search.grid { gamma = { 0, 5 } },
    }
    assert.equal("rate", study.by_label[1].tuned[1])
    local train, test = recipe(300)(core.data.seed_of(1, 1))
    local candidates = {}
    for i, part in ipairs { 0.1, 0.3, 1, 3, 10 } do
      candidates[i] = {
        optimizer = neap.optimizer.adam { learning_rate = 1e-3 * part },
      }
    end
    local loss = neap.loss.focal { gamma = 5 }
    local model = neap.model.mlp { hidden = { 4 } }
    local best = neap.tune { data = train, loss = loss, model = model,
      points = candidates, epochs = 2 }
    local fit = neap.train { data = train, loss = loss, model = model,
      optimizer = best.optimizer, epochs = 2 }
    assert.equal(ap(fit:logits(test), test.y),
      study.by_label[2].values.average_precision[1])
  end)

  it("warns of norms that differ twofold, and of the grid's ends", function()
    local study = run {
      data = recipe(2000), datasets = 1,
      search = neap.search.grid { gamma = { 0, 5 } },
    }
    local v = study:verdict()
    -- On endless rows of this kind gamma 5 has 1 / 5 of the norm (by l2 0).
    assert.matches("The weights' norms differ %d%.%d%-fold: gamma 5",
      table.concat(v.warnings, " "))
    assert.matches("The grid ends at gamma 5",
      table.concat(v.warnings, " "))
  end)
end)

describe("a verdict on the folds of one data set", function()
  local d = neap.data.gaussians {
    n = 300, features = 3, prior = 0.2, distance = 1, labels = "exact",
  }
  local study = run { data = d, folds = 3, repeats = 2, draws = 300 }
  local v = study:verdict()

  it("draws from the pooled scores of rows that were left out", function()
    local p = study:predictions(4)
    local sum = ap(p.scores, p.targets)
    assert.near((sum[1] + sum[2]) / 2, study.by_label[4].pooled, 1e-12)
    local draws = neap.metric.bootstrap("average_precision", p.scores,
      p.targets, { draws = 300, seed = 1, stratified = true })
    local outside = neap.metric.bootstrap("average_precision", p.scores,
      p.targets, { draws = 300, seed = 1, stratified = true,
        rows = "left_out" })
    for b = 1, 300 do
      assert.near((draws:row(1)[b] + draws:row(2)[b]) / 2,
        study.by_label[4].inside[b], 1e-12)
      assert.near((outside:row(1)[b] + outside:row(2)[b]) / 2,
        study.by_label[4].outside[b], 1e-12)
    end
  end)

  it("has the folds that predictions say", function()
    local p, at = study:predictions "cross-entropy", 0
    for _, test, fold, part, positions in d:folds { k = 3, repeats = 2,
      seed = 1 } do
      at = at + 1
      local z, y = {}, {}
      for i = 1, #positions do
        assert.equal(fold, p.folds:row(part)[positions[i]])
        z[i], y[i] = p.scores:row(part)[positions[i]], test.y[i]
      end
      assert.near(ap(z, y), study.by_label["cross-entropy"].values
        .average_precision[at], 1e-12)
    end
  end)

  it("gives the gain after selection, with the wider interval", function()
    local rows = {}
    for i = 1, 4 do rows[i] = study.by_label[i] end
    local ce = study.by_label["cross-entropy"]
    local list = stats.selected(rows, { ce }, 1)
    local gain = v.cross_entropy.gain
    assert.near(stats.mean(list), gain.mean, 1e-12)
    assert.is_true(gain.low <= stats.quantile(list, 0.025))
    assert.is_true(gain.high >= stats.quantile(list, 0.975))
    -- Never narrower than Student's over folds, s / sqrt(K - 1) and more.
    local reach = gain.error * stats.t_quantile(0.975, 5)
    assert.is_true(gain.high >= gain.mean + reach - 1e-12)
    says(v, "judged by the bootstrap on rows that they were not picked on")
  end)

  it("asks for positives where it is undecided", function()
    local wide = run { data = d, folds = 3, repeats = 1, worth = 0,
      search = neap.search.grid { gamma = { 0, 1 } }, draws = 200 }
    local w = wide:verdict()
    assert.equal("undecided", w.verdict)
    assert.equal(60, w.focus.need.positives_now)
    assert.is_true(w.focus.need.positives >= 60)
    says(w, "More repeats of the same rows can't decide it; some ")
    says(w, " positives (there are 60) can.")
  end)

  it("picks inside the training rows by nested folds", function()
    local nested = run { data = d, folds = 3, repeats = 1, nested = 2,
      draws = 200 }
    local w = nested:verdict()
    local inner = nested.by_label[4].inner
    local i = 0
    for train in d:folds { k = 3, repeats = 1, seed = 1 } do
      i = i + 1
      local sum = 0
      for part, test in train:folds { k = 2,
        seed = core.data.seed_of(1, 2 ^ 21 + i) } do
        local fit = neap.train { data = part, loss = focal(nested.points[4]) }
        sum = sum + ap(fit:logits(test), test.y)
      end
      assert.near(sum / 2, inner[i], 1e-12)
    end
    assert.equal(3, i)
    local count = 0
    for _, pick in ipairs(w.picks) do count = count + pick.count end
    assert.equal(3, count)
    assert.is_true(w.gain.nested)
    says(w, "each picked inside the training rows")
    says(w, "Picked inside the training rows of 3 folds: ")
  end)
end)

describe("where a gain comes from", function()
  it("adds up, from ranking and threshold, refinement and calibration",
    function()
      local v = run { data = recipe(800, { prior = .05 }), datasets = 8,
        confirm = 0,
        search = neap.search.grid { alpha = { .9 }, gamma = { 0 } },
      }:verdict()
      local f1, log_loss = v.split.f1, v.split.log_loss
      assert.near(f1.gain.mean, f1.ranking.mean + f1.threshold.mean, 1e-12)
      assert.near(log_loss.gain.mean,
        log_loss.refinement.mean + log_loss.calibration.mean, 1e-12)
      -- alpha moves the threshold and the calibration, and little else.
      assert.equal("calibration", log_loss.source)
      assert.near(0, log_loss.refinement.mean, 0.01)
    end)

  it("is optimisation where five times the epochs take it away", function()
    local v = controls.null.run(2001, 100,
      neap.optimizer.adam { learning_rate = 1e-2 }, 5000):verdict()
    for _, key in ipairs { "focus", "remedy", "cross_entropy" } do
      assert.equal("undecided", v[key].verdict)
    end
    local split = v.cross_entropy.split
    assert.equal("optimisation", split.source)
    assert.near(split.gain.mean, split.optimisation.mean + split.longer.mean,
      1e-12)
    says(v, "Undecided: not converged")
    says(v, "it trained faster, no more")
  end)

  it("is regularisation where a tuned l2 takes it away", function()
    -- An l2 that is far too large for gamma 4, whose gradients are small.
    local v = run {
      data = recipe(400, { features = 20, condition = 100 }), datasets = 8,
      confirm = 0, model = neap.model.linear { l2 = 0.1 },
      search = neap.search.grid { alpha = { false, .999 }, gamma = { 0, 4 } },
      score = "log_loss_recalibrated",
    }:verdict()
    local split = v.cross_entropy.split
    assert.near(split.gain.mean,
      split.regularisation.mean + split.retuned.mean, 1e-12)
    says(v, "with l2 tuned for each loss")
  end)

  it("names no source where there is no gain", function()
    local v = run { data = recipe(800), datasets = 8, confirm = 0,
      search = neap.search.grid { alpha = { .5 }, gamma = { 0 } } }:verdict()
    assert.is_nil(v.split.score.source)
  end)
end)

describe("controls whose truth is known, in short", function()
  it("are never better where no loss can be", function()
    for seed = 1, 6 do
      local v = controls.null.run(seed, seed % 2 == 0 and 100 or 1):verdict()
      assert.not_equal("better", v.verdict)
      assert.not_equal("better", v.cross_entropy.verdict)
      assert.near(0, v.cross_entropy.gain.mean, 0.006)
    end
  end)

  it("name the threshold where it is all", function()
    for seed = 1, 3 do
      local v = controls.threshold(seed, 10000):verdict()
      assert.equal("threshold", v.cross_entropy.split.source)
      assert.is_true(v.cross_entropy.gain.mean > 0.08)
      says(v, "it moved the threshold")
    end
  end)

  it("find a gain that is there, and no gain in a loss", function()
    local found = controls.contaminated_study(1, "generalized", 4000, 16, 0)
    assert.equal("better", found:verdict().cross_entropy.verdict)
    local lost = controls.contaminated_study(1, "focal", 4000, 16, 0)
    assert.equal("worse", lost:verdict().cross_entropy.verdict)
    -- By the exact metrics of fits on many rows.
    local train = controls.contaminated(200000, 10)(1)
    local clean = neap.data.mixture { n = 10, components = {
      { class = 0, weight = .95, mean = { -1, 0 } },
      { class = 1, weight = .05, mean = { 1, 0 } } } }
    local function reached(loss)
      return neap.data.population(clean,
        neap.train { data = train, loss = loss }).average_precision
    end
    local ce = reached(neap.loss.binary_cross_entropy {})
    assert.near(.5376, reached(neap.loss.generalized_cross_entropy { q = .7 }),
      5e-4)
    assert.is_true(ce < .53 and reached(neap.loss.focal { gamma = 2 }) < ce)
  end)
end)

describe("a point by itself", function()
  local d = neap.data.gaussians { n = 200, features = 2, prior = 0.3 }

  it("is fitted to all rows again", function()
    local study = run { data = d, folds = 2, repeats = 1, draws = 200 }
    local fit = study:refit { alpha = .2, gamma = 1 }
    local own = neap.train { data = d, loss = focal { alpha = .2, gamma = 1 } }
    assert.same(own:logits(d):totable(), fit:logits(d):totable())
    assert.same(fit:logits(d):totable(),
      study:refit(4):logits(d):totable())
    local ce = study:refit "cross-entropy"
    assert.equal("binary_cross_entropy", ce.loss.name)
    assert.error_matches(function() study:refit(9) end,
      "point is 9; wanted its number, 1 to 4")
    assert.error_matches(function() study:refit { gamma = 7 } end,
      "no point of these parameters; a point has alpha, gamma")
    assert.error_matches(function() study:refit { alpha = .2, gama = 1 } end,
      "the search has no parameter 'gama'; did you mean 'gamma'%?")
  end)

  it("predicts the test rows of each data set of a recipe", function()
    local study = run { data = recipe(200), datasets = 2 }
    local list = study:predictions(study:best())
    assert.equal(2, #list)
    for i, of in ipairs(list) do
      assert.equal(study.by_label[study:best().index].values
        .average_precision[i], ap(of.scores, of.targets))
    end
    assert.error_matches(function() study:refit(1) end,
      "data is missing; a recipe has no rows of its own")
    assert.equal(2, study:refit(1, { data = d }).features)
  end)
end)
