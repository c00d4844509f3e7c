-- d:ceiling() and neap.data.population: lua/neap/ceiling.lua. Figures by SciPy
-- 1.10.1 and by tests/dataset/population.py.
local neap = require "neap"
local data = neap.data

describe("a ceiling", function()
  it("is that of two Gaussians, whatever their covariance", function()
    local draws = {
      {}, { correlation = 0.5, features = 3 }, { condition = 100 },
      { covariance = { { 2, 0.5 }, { 0.5, 1 } } },
      { means = { { 1, 1 }, { 1, 3 } } },
    }
    for _, given in ipairs(draws) do
      given.n, given.prior = 10, 0.01
      local best = data.gaussians(given):ceiling()
      assert.near(.9213503965, best.roc_auc, 6e-11)
      assert.near(.2690203204, best.average_precision, 6e-11)
      assert.near(.0373509031, best.log_loss, 6e-11)
      assert.near(.0083604243, best.brier, 6e-11)
      assert.near(.3211062902, best.f1_tuned, 6e-11)
      assert.near(.3211062902 / 2, best.f1_threshold, 6e-11)
      assert.near(.1697, best.f1, 5e-5)
      assert.near(.8413447461, best.balanced_accuracy, 6e-11)
    end
  end)

  it("is that of the other generators with a formula", function()
    local logistic = data.logistic { n = 10, prior = 0.1 }:ceiling()
    assert.near(0.52834798451453, logistic.average_precision, 1e-11)
    local circles = data.circles { n = 10, prior = 0.1 }:ceiling()
    assert.near(.18374679, circles.log_loss, 6e-9)
    local hard = data.hard_negatives { n = 10 }:ceiling()
    assert.near(0.02308822802641892, hard.log_loss, 1e-12)
    -- What no negative is hard in is two Gaussians.
    local easy = data.hard_negatives { n = 10, hard = 0, distance = 2 }
    assert.near(.2690203204, easy:ceiling().average_precision, 6e-11)
    local anchors = data.anchors { n = 10, hard = 0, effect = math.sqrt(3),
      positives = 1, per_image = 100 }
    assert.near(.2690203204, anchors:ceiling().average_precision, 6e-11)
  end)

  it("is near what the oracle reaches on many rows", function()
    for _, name in ipairs { "logistic", "circles", "hard_negatives" } do
      local d = data[name] { n = 300000, prior = 0.1 }
      local best, scores = d:ceiling(), neap.zeros(d.n)
      for i = 1, d.n do
        scores[i] = math.log(d.truth[i]) - math.log(1 - d.truth[i])
      end
      local y = d.y:copy("float64")
      assert.near(best.roc_auc, neap.metric.roc_auc(scores, y), 0.004)
      assert.near(best.average_precision,
        neap.metric.average_precision(scores, y), 0.01)
      assert.near(best.log_loss, neap.metric.log_loss(scores, y), 0.004)
      assert.near(best.brier, neap.metric.brier(scores, y), 0.002)
    end
  end)

  it("warns of few positives", function()
    local few = data.gaussians { n = 1000, prior = 0.01, labels = "exact" }
    assert.matches("average precision of 10 positives is larger than this",
      few:ceiling().note)
    local many = data.gaussians { n = 1000, prior = 0.5 }
    assert.is_nil(many:ceiling().note)
  end)

  it("stays with the rows of a split, and goes with other labels", function()
    local d = data.gaussians { n = 100, prior = 0.3 }
    local train = d:split()
    assert.equal(d:ceiling().roc_auc, train:ceiling().roc_auc)
    for _, other in ipairs {
      d:noise { kind = "symmetric", rate = 0.1 },
      d:rows { 1, 2, 3 },
      d:noise { kind = "symmetric", rate = 0.1 }:imbalance {
        counts = { 20, 5 } },
      data.from { x = { { 1 }, { 2 } }, y = { 0, 1 } },
    } do
      local best, why = other:ceiling()
      assert.is_nil(best)
      assert.equal("what these rows were drawn from is not known", why)
    end
  end)

  it("moves with the shares of the classes", function()
    local d = data.gaussians { n = 1000, prior = 0.1, labels = "exact" }
    local rare = d:imbalance { counts = { ["1"] = 50 } }
      :imbalance { counts = { 891, 9 } }
    assert.near(.2690203204, rare:ceiling().average_precision, 6e-11)
    local w, b = {}, math.log(0.01 / 0.99)
    for j = 1, 16 do w[j] = 0.5 end
    local reached = data.population(rare, { weights = w, bias = b })
    assert.near(.0373509031, reached.log_loss, 6e-11)
    local circles = data.circles { n = 2000, labels = "exact" }
      :imbalance { counts = { 900, 100 } }
    assert.near(.18374679, circles:ceiling().log_loss, 6e-9)
    local best, why = data.logistic { n = 100, labels = "exact" }
      :imbalance { step = 2 }:ceiling()
    assert.is_nil(best)
    assert.matches("a sample by class is not logistic any more", why)
  end)

  it("says why there is none", function()
    local function none(d, message)
      local best, why = d:ceiling()
      assert.is_nil(best)
      assert.matches(message, why)
    end
    none(data.moons { n = 10 }, "moons is no mixture of Gaussians")
    none(data.classification { n = 10 }, "classification is no mixture")
    none(data.blobs { n = 10 }, "there are more than two classes")
    none(data.gaussians { n = 10, prior = 0 }, "there is one class only")
    none(data.gaussians { n = 10, distance = 0 },
      "the classes have the same distribution")
    none(data.hard_negatives { n = 10, overlap = 0 },
      "the three means lie on a line")
    none(data.mixture { n = 10, components = {
      { class = 0, mean = { 0 } }, { class = 1, mean = { 1 }, deviation = 2 },
    } }, "the covariances differ")
    local four = {}
    for i = 1, 4 do four[i] = { class = i % 2, mean = { i, i * i } } end
    none(data.mixture { n = 10, components = four },
      "there are 2 Gaussians of class 0 and 2 of class 1")
  end)
end)

describe("the population of a linear score", function()
  -- The Bayes weights are S^-1 delta, the bias log(prior / (1 - prior)).
  it("reaches the ceiling by the Bayes weights", function()
    local covariance = { { 2, 0.5 }, { 0.5, 1 } }
    local d = data.gaussians { n = 10, prior = 0.1, covariance = covariance,
      means = { { -0.5, -1 }, { 0.5, 1 } } }
    local w = { (1 - 0.5 * 2) / 1.75, (-0.5 + 2 * 2) / 1.75 }
    local best = d:ceiling()
    local reached = data.population(d,
      { weights = w, bias = math.log(0.1 / 0.9) })
    for _, key in ipairs { "roc_auc", "average_precision", "log_loss", "brier",
      "f1", "f1_tuned", "balanced_accuracy" } do
      assert.near(best[key], reached[key], 1e-11)
    end
    assert.near(best.f1_threshold, reached.f1_threshold, 1e-6)
    assert.near(0.1, reached.balanced_threshold, 1e-6)
    assert.near(0, reached.calibration_error, 1e-12)
  end)

  -- Delta_eff = w delta / sqrt(w' S w) takes the place of the distance.
  it("has the distance that the weights see", function()
    local d = data.gaussians { n = 10, prior = 0.1, features = 2,
      distance = 2 }
    local reached = data.population(d, { weights = { 1, 0 }, bias = 3 })
    local seen = data.gaussians { n = 10, prior = 0.1,
      distance = math.sqrt(2) }:ceiling()
    assert.near(seen.roc_auc, reached.roc_auc, 1e-12)
    assert.near(seen.average_precision, reached.average_precision, 1e-11)
    assert.near(seen.f1_tuned, reached.f1_tuned, 1e-11)
    assert.is_true(reached.log_loss > seen.log_loss)
  end)

  it("takes a fit, with its scaler", function()
    local d = data.gaussians { n = 4000, prior = 0.3, features = 3,
      condition = 30, seed = 4 }
    local loss = neap.loss.binary_cross_entropy {}
    local plain = neap.train { data = d, loss = loss, standardize = false }
    local scaled = neap.train { data = d, loss = loss, standardize = true }
    local best = d:ceiling()
    local a, b = data.population(d, plain), data.population(d, scaled)
    assert.near(a.log_loss, b.log_loss, 1e-6)
    assert.is_true(a.roc_auc < best.roc_auc and a.roc_auc > best.roc_auc - 0.01)
    assert.is_true(a.log_loss > best.log_loss)
  end)

  -- P(score of class 1 > score of class 0) over all pairs of components:
  -- sum w_i w_j Phi((m_i - m_j) / sqrt(s_i^2 + s_j^2)), by SciPy 1.10.1.
  it("takes any mixture of two classes", function()
    local d = data.mixture { n = 10, components = {
      { class = 0, weight = 0.6, mean = { 0, 0 } },
      { class = 0, weight = 0.3, mean = { 1, 1 }, deviation = 2 },
      { class = 1, weight = 0.1, mean = { 2, 0 },
        covariance = { { 1, 0.5 }, { 0.5, 2 } } },
    } }
    local reached = data.population(d, { weights = { 1, 0.5 }, bias = -1 })
    assert.near(0.7692297124254497, reached.roc_auc, 1e-12)
  end)

  it("is refused what is no linear score", function()
    local d = data.gaussians { n = 10 }
    assert.error_matches(function() data.population(d, { weights = { 1 },
      bias = 0 }) end, "'population' %(fit has 1 weights; the rows have 16")
    assert.error_matches(function() data.population(d, {}) end,
      "fit: wanted the linear fit of two classes")
    assert.error_matches(function() data.population({}, {}) end,
      "data is a table; wanted a data set")
    local none, why = data.population(data.moons { n = 4 },
      { weights = { 1, 1 }, bias = 0 })
    assert.is_nil(none)
    assert.equal("moons is no mixture of Gaussians", why)
  end)
end)
