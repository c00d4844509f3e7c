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
