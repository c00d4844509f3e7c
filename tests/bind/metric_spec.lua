-- neap.metric: src/bind/metric.c. Figures are scikit-learn 1.2.1's for scores
-- with many ties; the metrics have their own tests in C.
local neap = require "neap"

local targets, weights, scores = {}, {}, {}
for i = 0, 999 do
  targets[i + 1] = (104729 * i % 97 < 10) and 1 or 0
  weights[i + 1] = 1 + i % 3
  scores[i + 1] = ((7919 * i % 101) + 25 * targets[i + 1]) / 126
end

local probabilities = { from = "probabilities" }

describe("a metric", function()
  it("agrees with scikit-learn", function()
    local m = neap.metric
    assert.near(.718302740090450, m.roc_auc(scores, targets), 1e-12)
    assert.near(.406559888740345, m.average_precision(scores, targets), 1e-12)
    assert.near(.592306698667632,
      m.log_loss(scores, targets, nil, probabilities), 1e-12)
    assert.near(.211168808264046, m.brier(scores, targets, nil, probabilities),
      1e-12)
    assert.near(134 / 508, m.f1(scores, targets, nil, probabilities), 1e-15)
    assert.near(.626, m.accuracy(scores, targets, nil, { threshold = 0.5 }),
      1e-15)
  end)

  it("takes logits unless told otherwise", function()
    local logits = {}
    for i, p in ipairs(scores) do logits[i] = math.log(p / (1 - p)) end
    assert.near(.592306698667632, neap.metric.log_loss(logits, targets), 1e-12)
    assert.near(134 / 508, neap.metric.f1(logits, targets), 1e-15)
  end)

  it("evaluates many columns at once", function()
    local both = { scores, {} }
    for i = 1, 1000 do both[2][i] = -scores[i] end
    local auc = neap.metric.roc_auc(both, targets, weights)
    assert.near(neap.metric.roc_auc(scores, targets, weights), auc[1], 1e-15)
    assert.near(1 - auc[1], auc[2], 1e-12)
    local f1 = neap.metric.f1(both, targets, nil, { threshold = { 0.5, -0.2 } })
    assert.near(134 / 508, f1[1], 1e-15)
  end)

  it("finds the threshold of the largest F1", function()
    local t = neap.metric.threshold(scores, targets, { maximize = "f1" })
    local best = neap.metric.f1(scores, targets, nil, { threshold = t })
    for _, other in ipairs { 0.2, 0.4, 0.5, 0.6, 0.7, 0.8 } do
      local f1 = neap.metric.f1(scores, targets, nil, { threshold = other })
      assert.is_true(best >= f1)
    end
  end)

  it("is nil, with a reason, where it has no value", function()
    local value, why = neap.metric.roc_auc({ 1, 2 }, { 1, 1 })
    assert.is_nil(value)
    assert.equal("there is one class only", why)
    value, why = neap.metric.average_precision({ 1, 2 }, { 0, 0 })
    assert.is_nil(value)
    assert.equal("there is no positive row", why)
    value, why = neap.metric.threshold({ 1, 2 }, { 0, 0 }, { maximize = "f1" })
    assert.is_nil(value)
    assert.equal("there is no positive row", why)
  end)

  it("finds a threshold whatever the scores are", function()
    local inf = math.huge
    local function check(z, y, f1)
      local threshold = neap.metric.threshold(z, y,
        { maximize = "f1" })
      assert.equal(f1, neap.metric.f1(z, y, nil,
        { threshold = threshold }))
    end
    check({ 1 + 2 ^ -52, 1 }, { 1, 0 }, 1)
    check({ 2, 1, -inf, -inf, -inf }, { 1, 1, 0, 0, 0 }, 1)
    check({ inf, -inf }, { 1, 0 }, 1)
    check({ 1.7e308, 1.6e308 }, { 1, 0 }, 1)
    check({ 3, 1 }, { 1, 0 }, 1)
  end)

  it("refuses bad scores, targets and options", function()
    assert.error_matches(function() neap.metric.f1({ 1, 0 / 0 }, { 1, 0 }) end,
      "score 2 of column 1 is NaN")
    assert.error_matches(function() neap.metric.f1({ 1, 2 }, { 1, 0.5 }) end,
      "target in row 2 is 0.5; wanted 0 or 1")
    assert.error_matches(function() neap.metric.f1({ 1, 2 }, { 1 }) end,
      "targets are %[1%]; the scores have 2 rows")
    assert.error_matches(function()
      neap.metric.f1({ 1, 2 }, { 1, 0 }, { 1, -1 })
    end, "weights%[2%] is %-1.0; wanted a number >= 0")
    assert.error_matches(function()
      neap.metric.f1({ 1, 2 }, { 1, 0 }, nil, { thresold = 1 })
    end, "unknown option 'thresold'; did you mean 'threshold'%?")
    assert.error_matches(function()
      neap.metric.brier({ 1, 2 }, { 1, 0 }, nil, { from = "probabilities" })
    end, "score 2 is 2.0; wanted a probability")
    assert.error_matches(function()
      neap.metric.f1({ 0.5, -1 }, { 1, 0 }, nil, { from = "probabilities" })
    end, "score 2 is %-1.0; wanted a probability")
    assert.error_matches(function()
      neap.metric.threshold({ 1, 2 }, { 1, 0 }, { maximize = "g_means" })
    end, "no metric 'g_means'; did you mean 'g_mean'%?")
    assert.error_matches(function()
      neap.metric.threshold({ 1, 2 }, { 1, 0 }, { maximize = "roc_auc" })
    end, "maximize is 'roc_auc', which has no threshold")
    assert.error_matches(function()
      neap.metric.threshold({ 1, 2 }, { 1, 0 }, { maximize = "f1", cost = {} })
    end, "maximize and cost are both given")
    assert.error_matches(function()
      neap.metric.threshold({ 1, 2 }, { 1, 0 }, {})
    end, "wanted maximize = a metric, or cost = a table")
    assert.error_matches(function()
      neap.metric.threshold({ 1, 2 }, { 1, 0 },
        { cost = { false_negativ = 1 } })
    end, "unknown option 'false_negativ'; did you mean 'false_negative'%?")
    assert.error_matches(function()
      neap.metric.partial_auc({ 1, 2 }, { 1, 0 }, nil, { max_fpr = 0 })
    end, "max_fpr is 0; wanted a number above 0, to 1")
    assert.error_matches(function()
      neap.metric.ece({ 1, 2 }, { 1, 0 }, nil, { scheme = "mass" })
    end, "scheme is 'mass'; wanted equal_mass or equal_width")
    assert.error_matches(function()
      neap.metric.roc_auc({ { 1, 2 } }, { { 1, 0, 1 } })
    end, "targets are %[1%]%[3%] and scores are %[1%]%[2%]")
  end)

  it("takes its own targets for each column", function()
    local both = neap.metric.roc_auc({ { 1, 2 }, { 1, 2 } },
      { { 0, 1 }, { 1, 0 } })
    assert.same({ 1, 0 }, both:totable())
  end)

  it("is what its parameters make it", function()
    local m = neap.metric
    local at = { from = "probabilities", beta = 2 }
    assert.near(5 * 67 / (5 * 67 + 4 * 38 + 336),
      m.f_beta(scores, targets, nil, at), 1e-15)
    assert.near(.631696404263296, m.partial_auc(scores, targets), 1e-12)
    local raw = m.partial_auc(scores, targets, nil, { scale = "raw" })
    assert.near(.631696404263296, (1 + (raw - 0.005) / 0.095) / 2, 1e-12)
    local none = { from = "probabilities", threshold = 2 }
    assert.same({ nil, "no row is predicted to be positive" },
      { m.precision(scores, targets, nil, none) })
    none.zero_division = 0
    assert.equal(0, m.precision(scores, targets, nil, none))
  end)

  -- One bin: |share of positives - mean p|. Its debiased form by hand, with
  -- the mean of a folded normal distribution: d = 0.1, v = 0.4 0.6 / 5.
  it("has calibration errors with and without their bias", function()
    local p, y = { .5, .5, .5, .5, .5 }, { 1, 0, 1, 0, 0 }
    local o = { from = "probabilities", bins = 1 }
    assert.near(0.1, neap.metric.ece(p, y, nil, o), 1e-15)
    assert.near(0.1, neap.metric.mce(p, y, nil, o), 1e-15)
    o.estimator = "debiased"
    -- scipy 1.10.1: 2 d - foldnorm.mean(d / sqrt(v), scale=sqrt(v))
    assert.near(0.007292775997692569, neap.metric.ece(p, y, nil, o),
      1e-15)
  end)

  it("is listed with its formula, source and parameters", function()
    local list = neap.metric.list()
    assert.equal(23, #list)
    assert.equal("average_precision", list[1].name)
    assert.is_true(list[1].larger_is_better)
    assert.is_false(list[3].larger_is_better)
    for _, row in ipairs(list) do
      assert.is_true(#row.summary > 0 and #row.source > 0)
      for _, p in ipairs(row.parameters) do
        assert.is_true(p.default == false or p.choices ~= nil
          or (p.default >= p.low and p.default <= p.high))
      end
    end
  end)
end)

describe("neap.metric.evaluate", function()
  it("gives what each metric gives alone", function()
    local list = {}
    for i, row in ipairs(neap.metric.list()) do list[i] = row.name end
    list[#list + 1] = { "f_beta", beta = 2, as = "f2" }
    local values, why = neap.metric.evaluate(list, scores, targets,
      { weights = weights, from = "probabilities" })
    assert.is_nil(next(why))
    for i = 1, #list - 1 do
      assert.equal(neap.metric[list[i]](scores, targets, weights,
        probabilities), values[list[i]], list[i])
    end
    assert.equal(neap.metric.f_beta(scores, targets, weights,
      { from = "probabilities", beta = 2 }), values.f2)
  end)

  it("gives columns, and reasons", function()
    local values, why = neap.metric.evaluate({ "roc_auc", "log_loss" },
      { { 1, 2 }, { 2, 1 } }, { 0, 1 })
    assert.same({ 1, 0 }, values.roc_auc:totable())
    assert.is_nil(next(why))
    values, why = neap.metric.evaluate({ "roc_auc", "accuracy" }, { 1, 2 },
      { 1, 1 })
    assert.is_nil(values.roc_auc)
    assert.equal("there is one class only", why.roc_auc)
    assert.equal(1, values.accuracy)
  end)

  it("refuses lists that it can't name", function()
    local function evaluate(list)
      return function() neap.metric.evaluate(list, { 1, 2 }, { 0, 1 }) end
    end
    assert.error_matches(evaluate { "roc_acu" },
      "no metric 'roc_acu'; did you mean 'roc_auc'%?")
    assert.error_matches(evaluate { "f1", "f1" }, "'f1' is asked for twice")
    assert.error_matches(evaluate { { "f_beta", bta = 2 } },
      "unknown option 'bta'; did you mean 'beta'%?")
    assert.error_matches(evaluate { 7 }, "a metric is a number; wanted a name")
    assert.error_matches(evaluate { {} }, "begins with its name")
  end)
end)
