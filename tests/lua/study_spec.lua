-- neap.study: lua/neap/study.lua, verdict.lua, plot.
local neap = require "neap"

local grid = neap.search.grid { alpha = { false, 0.2 }, gamma = { 0, 1 } }

local function spec(more)
  local given = {
    data = neap.data.recipe("gaussians", {
      n = 800, test = 600, features = 3, prior = 0.2,
    }),
    datasets = 4,
    loss = function(p)
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end,
    search = grid,
  }
  for key, value in pairs(more or {}) do given[key] = value end
  if more and more.folds and more.data then given.datasets = nil end
  return given
end

local function run(more)
  return assert(neap.study(spec(more)):run { quiet = true })
end

describe("a study on fresh data sets", function()
  local study = run()

  it("scores a point as training it alone does", function()
    local recipe = spec().data
    local core = require "neap.core"
    local row = study.by_label[4]
    for i = 1, 4 do
      local train, test = recipe(core.data.seed_of(1, i))
      local fit = neap.train {
        data = train, loss = neap.loss.focal { alpha = 0.2, gamma = 1 },
      }
      local z = fit:logits(test)
      assert.equal(neap.metric.average_precision(z, test.y),
        row.values.average_precision[i])
      assert.equal(neap.metric.log_loss(z, test.y), row.values.log_loss[i])
      assert.equal(neap.metric.f1(z, test.y), row.values.f1[i])
      local threshold = neap.metric.threshold(fit:logits(train), train.y,
        { maximize = "f1" })
      assert.equal(neap.metric.f1(z, test.y, nil, { threshold = threshold }),
        row.values.f1_tuned[i])
    end
  end)

  it("has the baselines that it is said to have", function()
    local labels = {}
    for _, row in ipairs(study.rows) do
      if row.kind == "baseline" then labels[#labels + 1] = row.label end
    end
    assert.same({ "cross-entropy", "balanced class weights",
      "effective class weights", "logit adjustment", "undersampling",
      "constant", "oracle" }, labels)
    local ce = study.by_label["cross-entropy"]
    local plain = study.by_label[1] -- alpha off, gamma 0
    for i = 1, 4 do
      assert.near(plain.values.log_loss[i], ce.values.log_loss[i], 1e-12)
    end
    -- Taking the classes' shares out changes no ranking.
    local adjusted = study.by_label["logit adjustment"]
    assert.same(ce.values.average_precision, adjusted.values.average_precision)
    assert.is_true(adjusted.values.log_loss[1] > ce.values.log_loss[1])
  end)

  it("undersamples as by hand, and puts the shares back", function()
    local core = require "neap.core"
    local training, test = spec().data(core.data.seed_of(1, 3))
    local size = training.counts[2]
    local part = training:imbalance { counts = { size, size } }
    local fit = neap.train {
      data = part, loss = neap.loss.binary_cross_entropy {},
    }
    local z = fit:logits(test)
    for i = 1, #z do
      z[i] = z[i] + math.log(training.prior / (1 - training.prior))
    end
    local values = study.by_label.undersampling.values
    assert.near(neap.metric.average_precision(z, test.y),
      values.average_precision[3], 1e-12)
    assert.near(neap.metric.log_loss(z, test.y), values.log_loss[3], 1e-12)
    -- A constant has the share of positives as its average precision.
    assert.near(test.prior,
      study.by_label.constant.values.average_precision[3], 1e-12)
  end)

  it("stands beside the truth, which no mean of fits beats", function()
    local oracle = study.by_label.oracle
    for _, row in ipairs(study.rows) do
      local gap = 0
      for i = 1, 4 do
        gap = gap + oracle.values.log_loss[i] - row.values.log_loss[i]
      end
      assert.is_true(gap <= 0)
    end
  end)

  it("recalibrates away what alpha did to the log loss", function()
    local ce = study.by_label["cross-entropy"]
    for i = 1, 4 do
      for run_index = 1, 4 do
        assert.near(ce.values.log_loss[run_index],
          study.by_label[i].values.log_loss_recalibrated[run_index], 0.02)
      end
    end
  end)

  it("makes the loss of each point once a data set", function()
    local made = { 0, 0, 0, 0 }
    run { confirm = 0, reruns = false, loss = function(p)
      local index = (p.alpha and 2 or 0) + p.gamma + 1
      made[index] = made[index] + 1
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end }
    assert.same({ 4, 4, 4, 4 }, made)
  end)

  it("names its best point", function()
    local best = study:best()
    for _, row in ipairs(study.rows) do
      if row.kind == "point" then
        local sum = 0
        for i = 1, 4 do sum = sum + row.values.average_precision[i] end
        assert.is_true(best.value >= sum / 4)
      end
    end
    assert.same(study.points[best.index], best.params)
  end)

  it("prints a table, best points first", function()
    local t = study:table()
    assert.equal(11, #t)
    assert.is_true(t[1].values.average_precision
      >= t[2].values.average_precision)
    assert.equal(4, t[1].converged)
    local text = tostring(t)
    assert.matches("converged", text)
    assert.matches("cross%-entropy", text)
    for line in text:gmatch("[^\n]+") do assert.is_true(#line <= 79) end
  end)

  it("says by how much AP of few positives is too high", function()
    local t = study:table()
    local positives = 0
    for _, of in ipairs(study.runs) do
      positives = positives + of.positives / 4
    end
    assert.equal(require("neap.ap_bias").of(t[1].values.average_precision,
      positives, 600 - positives), t.bias)
    assert.matches(("Of so few positives AP is about %.3f too high")
      :format(t.bias), (tostring(t):gsub("\n", " ")), 1, true)
    -- 4,000 positives: nothing that four digits show.
    local many = run {
      data = neap.data.recipe("gaussians", { n = 400, test = 20000,
        features = 3, prior = 0.2 }), datasets = 1,
    }
    assert.is_nil(many:table().bias)
    assert.not_matches("too high", tostring(many:table()))
  end)

  it("says which baselines it has where points differ in more", function()
    local other = run {
      search = neap.search.grid { gamma = { 0, 1 }, l2 = { 0, 1 } },
      model = function(p) return neap.model.linear { l2 = p.l2 } end,
      loss = function(p) return neap.loss.focal { gamma = p.gamma } end,
    }
    assert.matches("baselines have those of the first point",
      (tostring(other:table()):gsub("\n", " ")))
    assert.not_matches("first point", tostring(study:table()))
  end)

  it("calls a point of a union of grids by what it has", function()
    local other = run {
      datasets = 1,
      search = neap.search.grid { { gamma = { 0, 1 } }, { q = { 0.5 } } },
      loss = function(p)
        if p.q then return neap.loss.generalized_cross_entropy { q = p.q } end
        return neap.loss.focal { gamma = p.gamma }
      end,
    }
    local labels = {}
    for i = 1, 3 do labels[i] = other:table()[i].label end
    table.sort(labels)
    assert.same({ "gamma 0", "gamma 1", "q 0.5" }, labels)
  end)

  it("trains points of other models, each in its own group", function()
    local other = run {
      datasets = 2, epochs = 2, fair = "given",
      search = neap.search.grid { hidden = { false, 4, 8 } },
      model = function(p)
        return p.hidden and neap.model.mlp { hidden = { p.hidden } }
          or neap.model.linear { l2 = 0.01 }
      end,
      optimizer = function() return neap.optimizer.adam {} end,
      loss = neap.loss.focal {},
    }
    local core = require "neap.core"
    local training, test = spec().data(core.data.seed_of(1, 2))
    local fit = neap.train {
      data = training, loss = neap.loss.focal {}, epochs = 2,
      model = neap.model.mlp { hidden = { 4 } },
    }
    assert.equal(neap.metric.average_precision(fit:logits(test), test.y),
      other.by_label[2].values.average_precision[2])
  end)

  it("draws a heatmap of differences", function()
    local figure = study:figure("heatmap", { x = "gamma", y = "alpha" })
    assert.same({ "0", "1" }, figure.x.values)
    assert.same({ "off", "0.2" }, figure.y.values)
    assert.near(0, figure.cells[1][1], 1e-6)
    local row = study.by_label[4].values.average_precision
    local ce = study.by_label["cross-entropy"].values.average_precision
    local mean = 0
    for i = 1, 4 do mean = mean + (row[i] - ce[i]) / 4 end
    assert.near(mean, figure.cells[2][2], 1e-15)
    assert.matches("alpha |", tostring(figure), 1, true)
    assert.not_matches("\27", tostring(figure))
    local plain = study:figure("heatmap",
      { x = "gamma", y = "alpha", against = false, metric = "log_loss" })
    local sum = 0
    for i = 1, 4 do sum = sum + study.by_label[2].values.log_loss[i] / 4 end
    assert.near(sum, plain.cells[1][2], 1e-15)
  end)

  it("gives the same numbers again, whatever is in the grid", function()
    local wider = run {
      search = neap.search.grid {
        alpha = { false, 0.1, 0.2, 0.3 }, gamma = { 0, 0.5, 1, 2, 3 },
      },
    }
    for i, p in ipairs(wider.points) do
      if p.alpha == 0.2 and p.gamma == 1 then
        assert.same(study.by_label[4].values, wider.by_label[i].values)
      end
    end
  end)
end)

describe("the verdict", function()
  it("compares gamma > 0 with gamma = 0 on runs they were not picked on",
    function()
      local study = run()
      -- Scores made up by hand: point 2 (gamma 1) is best on every run but the
      -- last, where point 4 is; point 1 is the best of gamma = 0.
      local made = {
        { .5, .5, .5, .5 }, { .6, .7, .6, .1 }, { .1, .1, .1, .1 },
        { .2, .2, .2, .9 },
      }
      for i, scores in ipairs(made) do
        study.by_label[i].values.average_precision = scores
      end
      -- Without run 4, point 2 leads (.633); without run 1 to 3 it leads with
      -- .467, .433, .467 against .433, .433, .433 (the first wins a tie).
      local v = study:verdict()
      assert.near((.1 + .2 + .1 - .4) / 4, v.gain.mean, 1e-12)
      assert.equal("undecided", v.verdict)
      assert.same({ alpha = false, gamma = 1 }, v.best)
      assert.same({ alpha = false, gamma = 0 }, v.best_without)
    end)

  -- A study of 8 data sets, and other scores by hand: a list, or one number
  -- and what alternates around it.
  local eight = run { datasets = 8, confirm = 0 }
  local function verdict(list)
    for i, scores in ipairs(list) do
      local made = {}
      for run_index = 1, 8 do
        made[run_index] = scores[1] + (run_index % 2 * 2 - 1) * scores[2]
      end
      eight.by_label[i].values.average_precision = made
    end
    return eight:verdict()
  end

  it("says better where the gain is beyond what it is worth", function()
    local v = verdict { { .5, 0 }, { .6, .01 }, { .1, 0 }, { .2, 0 } }
    assert.equal("better", v.verdict)
    assert.equal(0.005, v.worth)
    assert.matches("^Focusing helps: the best gamma > 0 %(alpha off, gamma 1%)",
      tostring(v))
    assert.equal("worse",
      verdict({ { .7, 0 }, { .6, .01 }, { .1, 0 }, { .2, 0 } }).verdict)
  end)

  it("says too small to matter, equivalent or undecided", function()
    local v = verdict { { .5, 0 }, { .502, .001 }, { .1, 0 }, { .2, 0 } }
    assert.equal("too small to matter", v.verdict)
    assert.matches("Focusing gains too little to matter", tostring(v))
    v = verdict { { .5, 0 }, { .5, .001 }, { .1, 0 }, { .2, 0 } }
    assert.equal("equivalent", v.verdict)
    v = verdict { { .5, 0 }, { .515, .02 }, { .1, 0 }, { .2, 0 } }
    assert.equal("undecided", v.verdict)
    -- s = .02 sqrt(8 / 7) and a gain .01 beyond .005: scipy 1.10.1 says 30.
    assert.matches("30 data sets would show a gain of this size",
      (tostring(v):gsub("\n", " ")))
  end)

  it("has a p that holds after looking at all points", function()
    local plain = eight.by_label["cross-entropy"].values
    local kept = plain.average_precision
    plain.average_precision = { .5, .5, .5, .5, .5, .5, .5, .5 }
    -- All signs alike: only 1 of 256 sign vectors reaches the best point.
    local v = verdict { { .5, 0 }, { .6, .01 }, { .5, 0 }, { .5, 0 } }
    assert.equal(1 / 256, v.p)
    plain.average_precision = kept
  end)

  it("of fewer than 8 data sets is undecided", function()
    local study = run()
    for i, scores in ipairs { { .5, .5, .5, .5 }, { .6, .61, .6, .62 },
      { .1, .1, .1, .1 }, { .2, .2, .2, .2 } } do
      study.by_label[i].values.average_precision = scores
    end
    local v = study:verdict()
    assert.equal("undecided", v.verdict)
    assert.is_nil(v.p)
    assert.matches("Fewer than 8 data sets can't decide", tostring(v))
  end)

  it("is undecided where a fit has not converged", function()
    local study = run {
      optimizer = neap.optimizer.lbfgs { max_iterations = 1 },
    }
    for i, scores in ipairs { { .5, .5, .5, .5 }, { .6, .61, .6, .62 } } do
      study.by_label[i].values.average_precision = scores
    end
    local v = study:verdict()
    assert.equal("undecided", v.verdict)
    assert.is_false(v.converged)
    assert.matches("^Undecided: not converged", tostring(v))
  end)

  it("turns the sign where smaller is better", function()
    local study = run { score = "log_loss", datasets = 8, confirm = 0 }
    for i, first in ipairs { .5, .4, .9, .8 } do
      local scores = {}
      for j = 1, 8 do scores[j] = first + (i == 2 and j % 2 * 0.02 or 0) end
      study.by_label[i].values.log_loss = scores
    end
    local v = study:verdict()
    assert.equal("better", v.verdict)
    assert.near(0.09, v.gain.mean, 1e-12)
    assert.equal(2, study:best().index)
  end)
end)

describe("a point that fails", function()
  local study = run {
    optimizer = function(p)
      return neap.optimizer.sgd { learning_rate = p.rate }
    end,
    search = neap.search.grid { gamma = { 0, 1 }, rate = { .1, 1e300 } },
    loss = function(p) return neap.loss.focal { gamma = p.gamma } end,
    epochs = 2,
  }

  it("has no score, and leaves the others alone", function()
    local failed, other = study.by_label[2], study.by_label[1]
    for i = 1, 4 do
      assert.not_equal(failed.values.average_precision[i],
        failed.values.average_precision[i]) -- NaN
      assert.is_true(other.values.average_precision[i] > 0)
    end
    assert.equal(.1, study:best().params.rate)
    assert.matches("gamma 0, rate 1e%+300 +%- ", tostring(study:table()))
  end)

  it("is followed by a verdict that is undecided, not converged", function()
    local v = study:verdict()
    assert.equal("undecided", v.verdict)
    for _, remedy in ipairs(v.remedies) do
      assert.equal("undecided", remedy.verdict)
      assert.is_false(remedy.converged)
    end
    assert.matches("; not converged%)", tostring(v))
  end)
end)

describe("a study on one data set", function()
  local d = neap.data.gaussians {
    n = 400, features = 3, prior = 0.2, labels = "exact",
  }

  it("deals it into folds again and again", function()
    local study = run {
      data = d, folds = 4, repeats = 3,
    }
    assert.is_nil(study.spec.datasets)
    assert.equal(12, #study.runs)
    assert.same({ ["repeat"] = 2, fold = 1 }, study.runs[5].where)
    assert.equal(20, study.runs[5].positives)
    assert.equal(4, study:correction())
    assert.matches("12 folds of one data set", tostring(study:verdict()))
  end)

  it("looks at held-out rows once", function()
    local rest, test = d:split { test = 0.25 }
    local study = run {
      data = rest, folds = 3, repeats = 1, test = test,
    }
    local best, v = study:best(), study:verdict()
    local fit = neap.train {
      data = rest, loss = neap.loss.focal(best.params),
    }
    local ce = neap.train {
      data = rest, loss = neap.loss.binary_cross_entropy {},
    }
    local ap = neap.metric.average_precision
    local score = ap(fit:logits(test), test.y)
    assert.equal(3, #study.runs)
    assert.equal(score,
      study.held_out.by_label[best.index].values.average_precision[1])
    assert.near(score - ap(ce:logits(test), test.y), v.held_out.gain.mean,
      1e-12)
    assert.is_true(v.held_out.gain.low <= v.held_out.gain.mean
      and v.held_out.gain.mean <= v.held_out.gain.high)
    assert.equal(20, v.held_out.positives)
    -- Only what was picked is looked at.
    assert.is_true(#study.held_out.rows < #study.rows)
    assert.matches("On the held%-out rows %(20 positives%)", tostring(v))
  end)
end)

describe("a loss without a link", function()
  it("is recalibrated by Platt's numbers alone", function()
    local draw = neap.data.recipe("gaussians", {
      n = 800, test = 800, features = 3, prior = 0.2,
    })
    local hinge = neap.loss.hinge {}
    local study = run { data = draw, loss = hinge, datasets = 1,
      search = neap.search.grid { gamma = { 0 } } }
    local train, test = draw(require("neap.core").data.seed_of(1, 1))
    local fit = neap.train { data = train, loss = hinge }
      :calibrate { method = "platt", data = train }
    assert.near(neap.metric.log_loss(fit:logits(test), test.y),
      study.by_label[1].values.log_loss_recalibrated[1], 1e-9)
  end)
end)

describe("a study refuses", function()
  local function refuses(message, more)
    assert.error_matches(function() neap.study(spec(more)) end, message)
  end

  it("protocols that do not go with the data", function()
    refuses("folds and repeats are for a data set; a recipe takes datasets",
      { folds = 5 })
    refuses("datasets is for a recipe; a data set takes folds and repeats",
      { data = neap.data.gaussians {} })
    refuses("data is neither a recipe nor a data set", { data = 1 })
    refuses("test is for a data set",
      { test = neap.data.gaussians {} })
    refuses("confirm is 20 and datasets 4; what is picked on fewer than 8 is",
      { confirm = 20 })
  end)

  it("more nested folds than training rows of a class", function()
    assert.error_matches(function()
      neap.study { nested = 9, search = neap.search.grid { gamma = { 0 } },
        loss = neap.loss.focal {}, data = neap.data.gaussians {
          n = 100, prior = 0.1, labels = "exact",
        } }
    end, "nested is 9; class '1' leaves 8 rows to train on, fewer than one")
  end)

  it("unknown options and wrong types", function()
    refuses("bad argument #1 to 'study' %(unknown option 'serach'; did you "
      .. "mean 'search'%?%)", { serach = 1 })
    refuses("datasets is 0; wanted a whole number, 1 to", { datasets = 0 })
    refuses("score is 'auc'; wanted average_precision or", { score = "auc" })
    refuses("loss is false; wanted a loss or a function", { loss = false })
  end)

  it("a function that makes something else", function()
    local study = neap.study(spec { optimizer = function() return 1 end })
    assert.error_matches(function() study:run { quiet = true } end,
      "the study's optimizer function returned a number; wanted a "
      .. "neap.Optimizer")
    refuses("model is a neap.Optimizer; wanted a model or a function",
      { model = neap.optimizer.sgd {} })
  end)

  it("test rows that are not like the training rows", function()
    local function refuses_test(message, test)
      refuses("bad argument #1 to 'study' %(held%-out test: " .. message, {
        data = neap.data.gaussians { n = 60, features = 3, prior = 0.5 },
        folds = 2, test = test,
      })
    end
    refuses_test("the training rows have 3 features and the test rows 30",
      neap.data.gaussians { n = 40, features = 30 })
    refuses_test("the classes of the training rows are 0, 1, and of the test "
      .. "rows 1, 2", neap.data.from {
        x = { { 1, 2, 3 }, { 4, 5, 6 } }, y = { 1, 2 },
      })
    local function named(names)
      return neap.data.from {
        x = { { 1, 2 }, { 3, 4 }, { 5, 7 }, { 7, 6 } }, y = { 0, 1, 0, 1 },
        names = names,
      }
    end
    refuses("column 1 of the test rows is 'b'; of the training rows it is 'a'",
      { data = named { "a", "b" }, folds = 2, test = named { "b", "a" } })
    assert.error_matches(function()
      neap.train { data = named { "a", "b" }, validation = named { "b", "a" },
        loss = neap.loss.focal {}, optimizer = neap.optimizer.sgd {} }
    end, "column 1 of the validation rows is 'b'; of the training rows it is")
    local study = neap.study(spec { data = function(seed)
      return neap.data.gaussians { n = 40, features = 2, seed = seed },
        neap.data.gaussians { n = 40, features = 30, seed = seed, part = 1 }
    end })
    assert.error_matches(function() study:run { quiet = true } end,
      "data set 1: the training rows have 2 features and the test rows 30")
  end)

  it("epochs and batches of an optimizer that has none", function()
    refuses("epochs is for optimizers that take batches; lbfgs works on all",
      { epochs = 3 })
    refuses("batch is for optimizers that take batches; newton works on all",
      { batch = 64, optimizer = neap.optimizer.newton {} })
    refuses("epochs is for optimizers that take batches; lbfgs works on all",
      { epochs = 3, model = neap.model.mlp { hidden = { 4 } },
        optimizer = neap.optimizer.lbfgs {} })
  end)

  it("losses of classes", function()
    local study = neap.study(spec {
      loss = function(p) return neap.loss.softmax_focal { gamma = p.gamma } end,
    })
    assert.error_matches(function() study:run { quiet = true } end,
      "by one logit; softmax_focal is one of classes")
    study = neap.study(spec { loss = neap.loss.huber {} })
    assert.error_matches(function() study:run { quiet = true } end,
      "by one logit; huber is one of numbers")
  end)

  it("a fold without positives, and data of one class", function()
    local few = neap.data.from {
      x = { { 1 }, { 2 }, { 3 }, { 4 }, { 5 }, { 6 } },
      y = { "a", "b", "a", "a", "a", "b" },
    }
    refuses("folds is 3; class 'b' has 2 rows, fewer than one for each fold",
      { data = few, folds = 3 })
    refuses("studies compare losses of two classes; the data have 3",
      { data = neap.data.from { x = { { 1 }, { 2 }, { 3 } },
        y = { 1, 2, 3 } }, folds = 2 })
    local empty = neap.study(spec {
      data = neap.data.recipe("gaussians", { n = 50, prior = 0 }),
    })
    assert.error_matches(function() empty:run { quiet = true } end,
      "data set 1: the training rows have none of class '1'")
  end)

  it("a parameter that the search has not", function()
    local study = neap.study(spec {
      loss = function(p) return neap.loss.focal { gamma = p.gama } end,
    })
    assert.error_matches(function() study:run { quiet = true } end,
      "no parameter 'gama'; the search has alpha, gamma; did you mean 'gamma'")
    study = neap.study(spec {
      loss = function(p)
        p.gamma = 7
        return neap.loss.focal { gamma = p.gamma }
      end,
    })
    assert.error_matches(function() study:run { quiet = true } end,
      "a point's parameters can't be set")
    refuses("search is a table; wanted a search",
      { search = { gamma = { 1 } } })
  end)

  it("questions before there are results", function()
    local study = neap.study(spec())
    assert.error_matches(function() study:best() end,
      "the study has no results; call study:run%(%) first")
    assert.error_matches(function() study:table() end, "no results")
    local done = run()
    assert.error_matches(function()
      done:figure("heatmap", { x = "gama", y = "alpha" })
    end, "x is 'gama'; the parameters are alpha, gamma")
    assert.error_matches(function()
      done:figure("heatmap", { x = "gamma", y = "gamma" })
    end, "x and y are both 'gamma'")
    assert.error_matches(function() neap.plot.figure { kind = "bars" } end,
      "kind is bars; wanted heatmap, lines or intervals")
    assert.error_matches(function() neap.plot.figure { kind = "lines" } end,
      "title is a nil; wanted a string")
    assert.error_matches(function() done:figure("pie", {}) end,
      "no figure 'pie'; there are forest, heatmap, history, ")
  end)
end)
