-- Curves, thresholds, the bootstrap and DeLong's covariance from Lua:
-- src/bind/metric_curves.c. tests/metric has their figures.
local neap = require "neap"

local inf = math.huge
local z, y = { 3, 2, 2, 1, 0 }, { 1, 1, 0, 0, 1 }

describe("the ROC curve", function()
  it("begins in (0, 0) at infinity and merges equal scores", function()
    local c = neap.metric.roc_curve(z, y)
    assert.same({ inf, 3, 2, 1, 0 }, c.thresholds:totable())
    assert.same({ 0, 0, .5, 1, 1 }, c.fpr:totable())
    assert.same({ 0, 1 / 3, 2 / 3, 2 / 3, 1 }, c.tpr:totable())
  end)

  it("leaves out what lies inside a line, if asked", function()
    local c = neap.metric.roc_curve({ 5, 4, 3, 2, 1 }, { 1, 1, 0, 0, 1 }, nil,
      { straight = "drop" })
    assert.same({ inf, 4, 2, 1 }, c.thresholds:totable())
    assert.same({ 0, 0, 1, 1 }, c.fpr:totable())
  end)

  it("is nil, with a reason, of one class", function()
    assert.same({ nil, "there is one class only" },
      { neap.metric.roc_curve({ 1, 2 }, { 1, 1 }) })
  end)

  it("refuses columns and unknown options", function()
    assert.error_matches(function()
      neap.metric.roc_curve({ { 1, 2 } }, { 1, 0 })
    end, "wanted one column of scores, %[n%]")
    assert.error_matches(function()
      neap.metric.roc_curve({ 1, 2 }, { 1, 0 }, nil, { straight = "no" })
    end, "straight: got 'no'; wanted keep or drop")
  end)
end)

describe("the precision-recall curve", function()
  it("ends in (1, 0)", function()
    local c = neap.metric.precision_recall_curve(z, y)
    assert.same({ 0, 1, 2, 3 }, c.thresholds:totable())
    assert.same({ 3 / 5, 2 / 4, 2 / 3, 1, 1 }, c.precision:totable())
    assert.same({ 1, 2 / 3, 2 / 3, 1 / 3, 0 }, c.recall:totable())
  end)

  it("is nil, with a reason, where no row is positive", function()
    assert.same({ nil, "there is no positive row" },
      { neap.metric.precision_recall_curve({ 1, 2 }, { 0, 0 }) })
  end)
end)

describe("the reliability curve", function()
  it("has the bins that have rows, and the parts of the Brier score",
    function()
      local c = neap.metric.reliability_curve({ .1, .1, .9, .9 },
        { 0, 1, 1, 1 }, { 1, 1, 1, 3 }, { from = "probabilities", bins = 10,
          scheme = "equal_width" })
      assert.near(.1, c.probability[1], 1e-15)
      assert.near(.9, c.probability[2], 1e-15)
      assert.same({ .5, 1 }, c.positives:totable())
      assert.same({ 2, 4 }, c.weight:totable())
      local brier = neap.metric.brier({ .1, .1, .9, .9 }, { 0, 1, 1, 1 },
        { 1, 1, 1, 3 }, { from = "probabilities" })
      assert.near(brier, c.reliability - c.resolution + c.uncertainty, 1e-15)
    end)
end)

describe("confusion", function()
  it("counts rows at a threshold", function()
    assert.same({ true_negatives = 1, false_positives = 1,
      false_negatives = 1, true_positives = 2 },
      neap.metric.confusion(z, y, nil, { threshold = 2 }))
    local weighed = neap.metric.confusion(z, y, { 5, 1, 1, 1, 1 })
    assert.equal(7, weighed.true_positives)
  end)
end)

describe("neap.metric.threshold", function()
  it("goes by any metric of decisions, or by costs", function()
    local t = neap.metric.threshold
    assert.equal(2.5, t(z, y, { maximize = "precision" }))
    assert.equal(0, t(z, y, { maximize = "recall" }))
    assert.equal(2.5, t(z, y, { maximize = "f_beta", beta = 0 }))
    assert.equal(0, t(z, y, { maximize = "f_beta", beta = 3 }))
    assert.equal(2.5, t(z, y, { cost = { false_positive = 40 } }))
    assert.equal(0, t(z, y, { cost = { false_negative = 40 } }))
    assert.equal(inf, t({ 2, 1 }, { 0, 1 }, { cost = { false_positive = 5 } }))
    local both = t({ z, z }, y, { maximize = "mcc" })
    assert.equal(both[1], both[2])
  end)

  it("is nil, with a reason, where there is none", function()
    assert.same({ nil, "there is one class only" },
      { neap.metric.threshold({ 1, 2 }, { 1, 1 }, { maximize = "mcc" }) })
  end)
end)

describe("the bootstrap", function()
  it("gives one array a metric", function()
    local ap, f2 = neap.metric.bootstrap({ "average_precision",
      { "f_beta", beta = 2 } }, { z, z, z }, y, { draws = 7 })
    assert.same({ 3, 7 }, { ap:shape() })
    assert.same({ 3, 7 }, { f2:shape() })
    for d = 1, 7 do
      local a, b = ap:row(1)[d], ap:row(2)[d]
      assert.is_true(a == b or (a ~= a and b ~= b))
    end
    assert.same({ 7 }, { neap.metric.bootstrap("f1", z, y,
      { draws = 7 }):shape() })
  end)

  it("repeats by its seed and extends with more draws", function()
    local o = { draws = 5, seed = 3, stratified = true }
    local five = neap.metric.bootstrap("roc_auc", z, y, o)
    o.draws = 40
    local forty = neap.metric.bootstrap("roc_auc", z, y, o)
    for d = 1, 5 do assert.equal(five[d], forty[d]) end
    o.seed = 4
    assert.not_same(forty:totable(),
      neap.metric.bootstrap("roc_auc", z, y, o):totable())
  end)

  it("takes probabilities and their threshold", function()
    local p = {}
    for i = 1, #z do p[i] = 1 / (1 + math.exp(-z[i])) end
    local o = { draws = 9, threshold = 0.8, from = "probabilities" }
    local loss, f1 = neap.metric.bootstrap({ "log_loss", "f1" }, p, y, o)
    local from_logits, f1_of = neap.metric.bootstrap({ "log_loss", "f1" }, z, y,
      { draws = 9, threshold = math.log(4) })
    for d = 1, 9 do assert.near(from_logits[d], loss[d], 1e-12) end
    assert.same(f1_of:totable(), f1:totable())
  end)

  it("refuses bad options", function()
    local function bootstrap(metric, o)
      return function() neap.metric.bootstrap(metric, z, y, o) end
    end
    assert.error_matches(bootstrap("f1", { draws = 0 }),
      "draws is 0; wanted a whole number, 1 to 1000000000")
    assert.error_matches(bootstrap("f1", { stratified = 1 }),
      "stratified: wanted true or false")
    assert.error_matches(bootstrap("f1", { rows = "all" }),
      "rows: wanted drawn or left_out")
    assert.error_matches(bootstrap({}, {}), "the list of metrics is empty")
    assert.error_matches(bootstrap("f1", { draw = 1 }),
      "unknown option 'draw'; did you mean 'draws'%?")
  end)
end)

describe("delong", function()
  -- By hand: V of the positive rows 1, 3/4, 0 of the negative ones 1/2, 2/3.
  it("gives areas and their covariance", function()
    local areas, covariance = neap.metric.delong(z, y)
    assert.near(7 / 12, areas[1], 1e-15)
    local mean = 7 / 12
    local positive = ((1 - mean) ^ 2 + (3 / 4 - mean) ^ 2 + mean ^ 2) / 2 / 3
    local negative = ((1 / 2 - mean) ^ 2 + (2 / 3 - mean) ^ 2) / 1 / 2
    assert.near(positive + negative, covariance:row(1)[1], 1e-15)
  end)

  it("is nil, with a reason, of a single row of a class", function()
    local areas, why = neap.metric.delong({ 1, 2, 3 }, { 0, 0, 1 })
    assert.is_nil(areas)
    assert.equal("there are 1 positive and 2 negative rows; wanted two of each "
      .. "class or more", why)
  end)
end)
