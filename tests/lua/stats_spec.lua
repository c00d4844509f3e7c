-- lua/neap/stats.lua, against SciPy 1.10.1 and the printed tables.
local stats = require "neap.stats"

describe("statistics", function()
  it("have the quantiles of Student's t", function()
    -- scipy.stats.t.ppf(0.975, df)
    local table_of = {
      [1] = 12.706204736432095, [2] = 4.302652729911275,
      [9] = 2.2621571628540993, [24] = 2.0638985616280205,
      [100] = 1.9839715184496334,
    }
    for df, truth in pairs(table_of) do
      assert.near(truth, stats.t_quantile(0.975, df), 1e-9)
      assert.near(-truth, stats.t_quantile(0.025, df), 1e-9)
      assert.near(0.975, stats.t_cdf(truth, df), 1e-10)
    end
  end)

  it("pair differences over data sets", function()
    local gain = stats.paired { 1, 2, 3, 4 }
    assert.near(2.5, gain.mean, 1e-15)
    assert.near(math.sqrt(5 / 3) / 2, gain.error, 1e-15)
    assert.equal(3, gain.df)
    assert.near(2.5 - 3.182446305284263 * gain.error, gain.low, 1e-9)
    assert.is_nil(stats.paired({ 1 }).low)
  end)

  -- scikit-learn's documentation example of Nadeau and Bengio's test: from
  -- t_corr = 0.7503 and t_naive = 2.6112 over 10 x 10 folds the ratio of the
  -- standard errors is sqrt(J (1 / J + 1 / (K - 1))).
  it("correct for shared rows over folds", function()
    local list = {}
    for i = 1, 100 do list[i] = i % 7 end
    local naive, corrected = stats.paired(list), stats.paired(list, 10)
    assert.near(2.6112 / 0.7503, corrected.error / naive.error, 2e-3)
  end)
end)

describe("what a mean says of the gain", function()
  it("is that of scikit-learn's example and baycomp", function()
    -- scikit-learn 1.2.1, "Statistical comparison of models using grid search":
    -- 10 x 10 folds, t .7503; P(better) .7726, P(within .01) .4317.
    local deviation = 0.01 -- any; the error follows from t and the mean
    local paired = { mean = 0.7503 * deviation, error = deviation, df = 99 }
    assert.near(0.7726, stats.posterior(paired, 0).above, 5e-5)
    local all = stats.posterior(paired, 0.02)
    assert.near(1, all.above + all.within + all.below, 1e-12)
    -- scipy 1.10.1: t.cdf(1.2497, 99), t.cdf(-2.7503, 99)
    assert.near(0.1071777411, all.above, 1e-9)
    assert.near(0.0035399047, all.below, 1e-9)
  end)

  it("is what baycomp says of folds", function()
    -- baycomp 1.0.3, CorrelatedTTest.probs of 2 x 5 folds against 0.
    local paired = stats.paired({ .031, -.012, .025, .007, .011, -.004, .0005,
      .018, .022, .009 }, 5)
    for worth, chances in pairs {
      [.005] = { .04040335302297541, .20511367476681241, .7544829722102122 },
      [.01] = { .014590604331384134, .44913316467234776, .5362762309962681 },
    } do
      local found = stats.posterior(paired, worth)
      assert.near(chances[1], found.below, 1e-9)
      assert.near(chances[2], found.within, 1e-9)
      assert.near(chances[3], found.above, 1e-9)
    end
  end)

  it("has no width where nothing varies", function()
    local paired = stats.paired { 0.25, 0.25, 0.25 }
    assert.same({ above = 1, within = 0, below = 0 },
      stats.posterior(paired, 0.125))
  end)
end)

describe("the data sets that are needed", function()
  it("solve the power equation with t quantiles", function()
    -- scipy 1.10.1: the least N >= ((t.95 + t.80) s / (d - r))^2.
    assert.equal(12, stats.needed(0.012, 0.005, 0.009))
    assert.equal(27, stats.needed(0.01, 0.005, 0.01))
    assert.equal(620, stats.needed(0.006, 0.005, 0.01))
    assert.equal(3, stats.needed(1, 0, 0.3))
  end)

  it("are none where the gain does not matter", function()
    assert.is_nil(stats.needed(0.004, 0.005, 0.01))
    assert.is_nil(stats.needed(-0.005, 0.005, 0.01))
  end)
end)

describe("the positives that are needed", function()
  it("solve the power equation, the error falling with their root", function()
    -- scipy 1.10.1, as numpy.ceil(positives * max(1, ((t.95 + t.80) e / b)^2)).
    local function needed(mean, error, df, worth, positives)
      return stats.needed_positives({ mean = mean, error = error, df = df },
        worth, positives)
    end
    assert.equal(895, needed(.02, .012, 24, .005, 212))
    assert.equal(197, needed(-.03, .02, 9, 0, 60))
    assert.equal(100, needed(.1, .001, 24, .005, 100))
    assert.is_nil(needed(.004, .001, 24, .005, 100))
  end)
end)

describe("quantiles of a list", function()
  it("are numpy's", function() -- numpy 1.24.2
    local list = { .3, -1.2, 2.5, .7, 1.1, -.4, .05 }
    assert.near(-1.08, stats.quantile(list, .025), 1e-12)
    assert.near(.3, stats.quantile(list, .5), 1e-12)
    assert.near(2.29, stats.quantile(list, .975), 1e-12)
    assert.equal(.3, list[1]) -- it stays as it was
  end)
end)

describe("selection by the bootstrap", function()
  local rows = {
    { inside = { 1, 5, 2, 0 / 0 }, outside = { 10, 20, 30, 40 } },
    { inside = { 3, 4, 9, 1 }, outside = { 11, 21, 31, 0 / 0 } },
  }
  local base = { { inside = { 0, 0, 0, 0 }, outside = { 1, 2, 3, 4 } } }

  it("picks on the rows drawn and judges on those left out", function()
    assert.same({ 10, 18, 28 }, stats.selected(rows, base, 1))
    -- Less is better: the other ones are picked, and a fall is a gain. Of the
    -- last draw the second has no score where it was left out.
    assert.same({ -9, -19, -27 }, stats.selected(rows, base, -1))
  end)

  it("studentises the largest deviation of a draw", function()
    -- numpy 1.24.2: the maxima are 0, .343, 1.414, 1.372, 0.
    local gains = { .5, .2 }
    local draws = { { .4, .6, .5, .9, .1 }, { .2, .1, .3, .2, .2 } }
    local found = stats.maximum_of_draws(gains, draws, { .3, .1 })
    assert.near(5 / 3, found.t[1], 1e-12)
    assert.same({ 1 / 6, 1 / 6 }, found.p)
    found = stats.maximum_of_draws(gains, draws, { .5 / 1.4, .2 / .3 })
    assert.same({ 2 / 6, 4 / 6 }, found.p)
  end)
end)

describe("max-T by sign flips", function()
  it("is the share of sign vectors, counted by hand", function()
    -- Of 8 vectors only (+ + +) reaches the t of 1, 2, 3.
    local one = stats.maximum_t { { 1, 2, 3 } }
    assert.near(2 * math.sqrt(3), one.t[1], 1e-12)
    assert.equal(1 / 8, one.p[1])
    -- -(3, 1, 2) has it where all signs are minus: 2 of 8.
    local two = stats.maximum_t { { 1, 2, 3 }, { -3, -1, -2 } }
    assert.equal(2 / 8, two.p[1])
    assert.equal(1, two.p[2])
  end)

  it("never finds less by looking at more points", function()
    local rows = {}
    for g = 1, 20 do
      rows[g] = {}
      for i = 1, 10 do rows[g][i] = math.sin(7 * g + i * i) + 0.3 end
    end
    local all = stats.maximum_t(rows)
    for g = 1, 20 do
      assert.is_true(all.p[g] >= stats.maximum_t({ rows[g] }).p[1])
    end
    assert.equal(1 / 1024, stats.maximum_t({ { 1, 2, 3, 4, 5, 6, 7, 8, 9, 9 } })
      .p[1])
  end)

  it("draws sign vectors where there are too many, always the same", function()
    local row = {}
    for i = 1, 16 do row[i] = math.sin(i * i) + 0.25 end
    local exact = stats.maximum_t({ row }, { draws = 2 ^ 16 }).p[1]
    local drawn = stats.maximum_t({ row }, { draws = 20000, seed = 3 }).p[1]
    assert.near(exact, drawn, 4 * math.sqrt(exact / 20000))
    assert.equal(drawn,
      stats.maximum_t({ row }, { draws = 20000, seed = 3 }).p[1])
  end)
end)
