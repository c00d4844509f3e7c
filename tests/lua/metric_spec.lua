-- Metrics of classes and labels: lua/neap/metric.lua. Their figures are
-- compared with scikit-learn in tests/metric/against_sklearn.py.
local neap = require "neap"
local unpack = require "neap.compat".table_unpack

local m = neap.metric.multiclass
local nan_of = function(x) return x ~= x end

-- Predicted: 0, 0, 1, 2, 2; class 3 has no rows and is not predicted.
local z = {
  { 4, 1, 0, 0 }, { 3, 2, 0, 0 }, { 0, 5, 0, 0 }, { 0, 0, 2, 1 },
  { 1, 0, 3, 2 },
}
local y = { 0, 1, 1, 2, 0 }

describe("metrics of classes", function()
  it("are of the largest score", function()
    assert.equal(3 / 5, m.accuracy(z, y))
    assert.equal(3 / 6, m.accuracy(z, y, { 1, 2, 1, 1, 1 }))
    local confusion = m.confusion(z, y)
    assert.same({ { 1, 0, 1, 0 }, { 1, 1, 0, 0 }, { 0, 0, 1, 0 },
      { 0, 0, 0, 0 } }, confusion:totable())
    assert.equal(1, m.accuracy({ { 1, 1 } }, { 0 })) -- the first of equal ones
  end)

  it("are means over the classes that have a value", function()
    local each = m.precision(z, y, nil, { average = "none" })
    assert.same({ .5, 1, .5 }, { each[1], each[2], each[3] })
    assert.is_true(nan_of(each[4]))
    local mean, count = m.precision(z, y)
    assert.near(2 / 3, mean, 1e-15)
    assert.equal(3, count)
    assert.near((2 * .5 + 2 * 1 + 1 * .5) / 5,
      m.precision(z, y, nil, { average = "weighted" }), 1e-15)
  end)

  it("have no value where a class has no rows, unless told to leave it out",
    function()
      assert.same({ nil, "class 3 has no rows" }, { m.balanced_accuracy(z, y) })
      local value, count = m.balanced_accuracy(z, y, nil,
        { present_only = true })
      assert.near(2 / 3, value, 1e-15)
      assert.equal(3, count)
      assert.near((.5 * .5 * 1) ^ (1 / 3), m.g_mean(z, y, nil,
        { present_only = true }), 1e-15)
      local auc = m.roc_auc(z, y, nil, { average = "none" })
      assert.is_true(nan_of(auc[4]))
      assert.equal(3, select(2, m.roc_auc(z, y)))
      assert.equal(3, select(2, m.roc_auc(z, y, nil,
        { pairs = "one_vs_one" })))
    end)

  it("have no value of one class", function()
    assert.same({ nil, "the targets or the predictions are of one class only" },
      { m.mcc({ { 1, 0 }, { 2, 0 } }, { 0, 0 }) })
    assert.same({ nil, "targets and predictions are all of one class" },
      { m.kappa({ { 1, 0 }, { 2, 0 } }, { 0, 0 }) })
    assert.same({ nil, "fewer than two classes have rows" },
      { m.roc_auc({ { 1, 0 } }, { 0 }, nil, { pairs = "one_vs_one" }) })
  end)

  it("never clip the log loss", function()
    assert.near(800, m.log_loss({ { 800, 0 } }, { 1 }), 1e-12)
    assert.near(math.exp(-700), m.log_loss({ { 700, 0 } }, { 0 }), 1e-310)
    assert.equal(math.huge, m.log_loss({ { 1, 0 } }, { 1 }, nil,
      { from = "probabilities" }))
  end)

  it("count ties in random order among the k largest", function()
    local tied = { { 1, 1, 0 } }
    assert.equal(.5, m.top_k_accuracy(tied, { 0 }, nil, { k = 1 }))
    assert.equal(.5, m.top_k_accuracy(tied, { 1 }, nil, { k = 1 }))
    assert.equal(1, m.top_k_accuracy(tied, { 1 }))
    assert.equal(0, m.top_k_accuracy(tied, { 2 }))
  end)

  it("refuse what is no class, and options that are none", function()
    local function call(...)
      local arguments, count = { ... }, select("#", ...)
      return function() m.f1(unpack(arguments, 1, count)) end
    end
    assert.error_matches(call({ 1, 2 }, { 0, 1 }),
      "bad argument #1 to 'multiclass.f1' %(scores: wanted %[n%]%[k%]%)")
    assert.error_matches(call(z, { 0, 1, 1, 2, 4 }),
      "#2 to 'multiclass.f1' %(target in row 5 is 4.0; wanted a class, 0 to 3")
    assert.error_matches(call(z, { 0, 1 }),
      "targets are %[2%]; the scores have 5 rows")
    assert.error_matches(call({ { .5, .6 } }, { 0 }, nil,
      { from = "probabilities" }), "the probabilities in row 1 sum to 1.1")
    assert.error_matches(call({ { 1, 0 / 0 } }, { 0 }),
      "the score of class 1 in row 1 is %-?nan; wanted a logit")
    assert.error_matches(call(z, y, nil, { averge = "none" }),
      "unknown option 'averge'; did you mean 'average'%?")
    assert.error_matches(call(z, y, nil, { average = "samples" }),
      "average is 'samples'; wanted macro or micro or weighted or none")
    assert.error_matches(function()
      m.roc_auc(z, y, nil, { pairs = "one_vs_one", average = "micro" })
    end, "average of one_vs_one is 'micro'; wanted macro or weighted")
  end)
end)

describe("metrics of labels", function()
  local scores = { { 2, -1 }, { 1, 3 }, { -1, 1 } }
  local targets = { { 1, 0 }, { 0, 1 }, { 0, 0 } }
  local f1 = neap.metric.multilabel.f1

  it("are averaged over labels, cells or rows", function()
    local value, count = f1(scores, targets)
    assert.near((2 / 3 + 2 / 3) / 2, value, 1e-15)
    assert.equal(2, count)
    assert.near(4 / 6, f1(scores, targets, nil, { average = "micro" }), 1e-15)
    -- the third row: one label is predicted and none is right
    value, count = f1(scores, targets, nil, { average = "samples" })
    assert.near((1 + 2 / 3 + 0) / 3, value, 1e-15)
    assert.equal(3, count)
    assert.near((1 * 1 + 3 * 2 / 3) / 5,
      f1(scores, targets, { 1, 3, 1 }, { average = "samples" }), 1e-15)
    assert.same({ 2, 2 }, { #f1(scores, targets, nil, { average = "none" }),
      #neap.metric.multilabel.roc_auc(scores, targets, nil,
        { average = "none" }) })
  end)

  it("leave out what has no value, and say how many there are", function()
    local value, count = neap.metric.multilabel.average_precision(scores,
      targets, nil, { average = "samples" })
    assert.equal(1, value)
    assert.equal(2, count)
  end)

  it("refuse other shapes", function()
    assert.error_matches(function() f1(scores, { { 1, 0 } }) end,
      "#2 to 'multilabel.f1' %(targets are %[1%]%[2%] and scores are %[3%]")
    assert.error_matches(function() f1({ 1, 2 }, { 1, 0 }) end,
      "#1 to 'multilabel.f1' %(scores are %[2%]; wanted %[n%]%[labels%]")
  end)
end)
