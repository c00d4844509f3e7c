-- lua/neap/ap_bias.lua: by how much AP of few positives is too high.
local ap_bias = require "neap.ap_bias"
local core = require "neap.core"
local neap = require "neap"

describe("the bias of average precision", function()
  -- Two Gaussians, distance 1.5, 5 % positive, exact counts; mean AP less the
  -- population's .33542: numpy 1.24.2, 60,000 to 4,000 samples, standard error
  -- .0007. The formula's Poisson counts make it some 5 % too small.
  it("is that of simulated Gaussians", function()
    local simulated = {
      [5] = .0859, [10] = .0525, [20] = .0310, [50] = .0137, [100] = .0065,
    }
    for positives, bias in pairs(simulated) do
      local found = ap_bias.of(.33542 + bias, positives, 19 * positives)
      assert.near(bias, found, 0.06 * bias + 0.0014)
    end
  end)

  it("is near that of scores that are no Gaussians", function()
    -- The true logits of hard negatives, on small and on large test sets.
    local function mean_of(n, draws)
      local sum, used, positives = 0, 0, 0
      for seed = 1, draws do
        local d = neap.data.hard_negatives {
          n = n, prior = 0.01, seed = core.data.seed_of(7, seed),
        }
        local ap = neap.metric.average_precision(d.truth, d.y, nil,
          { from = "probabilities" })
        if ap then
          sum, used, positives = sum + ap, used + 1, positives + d.counts[2]
        end
      end
      return sum / used, positives / used
    end
    local large = mean_of(40000, 20)
    local small, positives = mean_of(1000, 1000)
    local bias = ap_bias.of(small, positives, 1000 - positives)
    -- Standard errors are .005 of the small sets and .003 of the large ones.
    assert.is_true(small - large > 0.01)
    assert.near(small - large, bias, 0.015)
  end)

  it("vanishes as positives grow, and where all is right", function()
    assert.is_true(ap_bias.of(.33, 10000, 190000) < 2e-4)
    assert.near(0, ap_bias.of(1, 10, 100), 1e-6)
    assert.is_true(ap_bias.of(.05, 5, 95) >= 0)
  end)
end)
