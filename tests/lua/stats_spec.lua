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
