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
      neap.metric.threshold({ 1, 2 }, { 1, 0 }, { maximize = "auc" })
    end, "maximize: wanted \"f1\"")
  end)

  it("is listed with its formula and source", function()
    local list = neap.metric.list()
    assert.equal(6, #list)
    assert.equal("average_precision", list[1].name)
    assert.is_true(list[1].larger_is_better)
    assert.is_false(list[3].larger_is_better)
  end)
end)
