-- neap.train, neap.job and fits: lua/neap/train.lua, fit.lua, src/bind/train.c.
local neap = require "neap"

local cancer = assert(neap.data.read("tests/data/breast_cancer.csv", {
  target = "diagnosis", positive = "malignant",
}))
local lbfgs = neap.optimizer.lbfgs { tolerance = 1e-11 }
local newton = neap.optimizer.newton { tolerance = 1e-11 }

local function norm(weights)
  local square = 0
  for j = 1, #weights do square = square + weights[j] ^ 2 end
  return math.sqrt(square)
end

describe("logistic regression on breast cancer", function()
  -- scikit-learn 1.2.1, newton-cholesky, C = 1, standardised with ddof 0.
  local function check_fit(optimizer, class_weights, truth)
    local fit = neap.train {
      data = cancer,
      model = neap.model.linear { l2 = 1 / 569 },
      loss = neap.loss.binary_cross_entropy { class_weights = class_weights },
      optimizer = optimizer,
    }
    assert.is_true(fit.converged)
    assert.near(1, norm(fit.weights) / truth.norm, 1e-8)
    assert.near(1, fit.bias / truth.bias, 1e-8)
    local z = fit:logits(cancer)
    assert.near(truth.log_loss, neap.metric.log_loss(z, cancer.y), 1e-9)
    assert.near(truth.auc, neap.metric.roc_auc(z, cancer.y), 1e-12)
    assert.near(truth.ap, neap.metric.average_precision(z, cancer.y), 1e-12)
    assert.near(truth.errors, 569 * (1 - neap.metric.accuracy(z, cancer.y)),
      1e-9)
  end

  local function check(class_weights, truth)
    check_fit(lbfgs, class_weights, truth)
    check_fit(newton, class_weights, truth)
  end

  it("agrees with scikit-learn", function()
    check(nil, {
      norm = 3.8416087888, bias = -.2145027174, log_loss = .053391857502,
      auc = .99744992336557, ap = .99681899074142, errors = 7,
    })
  end)

  it("agrees with scikit-learn with balanced weights", function()
    check("balanced", {
      norm = 3.8848747740, bias = .2277124065, log_loss = .055261970959,
      auc = .99770096717932, ap = .99702980395784, errors = 9,
    })
  end)
end)

describe("lbfgs", function()
  it("does not mind how columns are scaled, shifted and correlated", function()
    local d = neap.data.gaussians { n = 2000, features = 6, prior = 0.1 }
    local x = d.x:copy "float64"
    for i = 1, #x do
      local row = x:row(i)
      row[6] = row[1] + 1e-3 * row[6]
      for j = 1, 6 do row[j] = row[j] * 10 ^ (j - 3) + 10 * j end
    end
    local fit = neap.train {
      data = neap.data.from { x = x, y = d.y }, standardize = false,
      loss = neap.loss.focal {},
    }
    assert.is_true(fit.converged)
    assert.is_true(fit.steps < 40)
  end)
end)

describe("steps that begin in float32", function()
  local d = neap.data.gaussians { n = 700, features = 5, prior = 0.2 }

  -- The gradient's norm at a fit's weights over that at the start, by sums in
  -- Lua's numbers.
  local function fall_of(fit)
    local function norm_at(weights, bias)
      local sums = { 0, 0, 0, 0, 0, 0 }
      for i = 1, d.n do
        local row, z = d.x:row(i), bias
        for j = 1, 5 do z = z + weights[j] * row[j] end
        local e = 1 / (1 + math.exp(-z)) - d.y[i]
        for j = 1, 5 do sums[j] = sums[j] + e * row[j] / d.n end
        sums[6] = sums[6] + e / d.n
      end
      return norm(sums)
    end
    local positives = d.counts[2]
    local start = math.log((positives + .5) / (d.n - positives + .5))
    return norm_at(fit.weights, fit.bias) / norm_at({ 0, 0, 0, 0, 0 }, start)
  end

  for _, name in ipairs { "lbfgs", "newton" } do
    for _, tolerance in ipairs { 1e-3, 1e-6, 1e-12 } do
      it(("end in float64: %s to %g"):format(name, tolerance), function()
        local fit = neap.train {
          data = d, loss = neap.loss.binary_cross_entropy {},
          optimizer = neap.optimizer[name] { tolerance = tolerance },
        }
        assert.is_true(fit.converged)
        assert.is_true(fall_of(fit) <= tolerance * (1 + 1e-7) + 1e-15)
      end)
    end
  end

  it("begin again where that has no number", function()
    local x = d.x:copy "float64"
    for i = 1, d.n do
      local row = x:row(i)
      for j = 1, 5 do row[j] = row[j] * 1e39 end
    end
    local fit = neap.train {
      data = neap.data.from { x = x, y = d.y }, standardize = false,
      model = neap.model.mlp { hidden = { 2 } },
      loss = neap.loss.binary_cross_entropy {},
      optimizer = neap.optimizer.lbfgs { max_iterations = 20 },
    }
    assert.is_true(fit.history[1] > 1e30 and fit.history[1] < math.huge)
    assert.is_true(fit.objective < fit.history[1])
  end)
end)

describe("newton", function()
  local d = neap.data.gaussians { n = 600, features = 4, prior = 0.3 }

  it("ends where lbfgs does, whatever the loss", function()
    for _, loss in ipairs {
      neap.loss.focal { gamma = 2, alpha = 0.25 }, neap.loss.brier {},
      neap.loss.poly1 {}, neap.loss.squared_hinge {},
      0.5 * neap.loss.focal {} + 0.5 * neap.loss.binary_cross_entropy {},
    } do
      local function train(optimizer)
        return neap.train {
          data = d, loss = loss, optimizer = optimizer,
          model = neap.model.linear { l2 = 0.01 },
        }
      end
      local a, b = train(lbfgs), train(newton)
      assert.is_true(a.converged and b.converged)
      assert.near(a.objective, b.objective, 1e-12)
      for j = 1, 4 do assert.near(a.weights[j], b.weights[j], 1e-6) end
    end
  end)

  it("takes columns that are alike", function()
    local x, y = {}, {}
    for i = 1, 200 do
      local a = math.sin(i)
      x[i], y[i] = { a, a, 2 * a }, a + math.cos(5 * i) > 0 and 1 or 0
    end
    local fit = neap.train {
      data = neap.data.from { x = x, y = y }, optimizer = newton,
      loss = neap.loss.binary_cross_entropy {},
    }
    assert.is_true(fit.converged)
  end)

  it("is for linear models of two classes", function()
    assert.error_matches(function()
      neap.train {
        data = d, loss = neap.loss.focal {}, optimizer = newton,
        model = neap.model.mlp {},
      }
    end, "newton can't train mlp with 1 outputs; wanted a linear model")
  end)
end)

describe("a fit", function()
  local d = neap.data.gaussians { n = 600, features = 4, prior = 0.3 }
  local fit = neap.train { data = d, loss = neap.loss.focal { gamma = 1 } }

  it("gives logits to raw rows, and probabilities", function()
    local z = fit:logits(d)
    local by_hand = fit.bias
    for j = 1, 4 do by_hand = by_hand + fit.weights[j] * d.x[7][j] end
    assert.near(by_hand, z[7], 1e-12)
    local p = fit:probabilities(d)
    assert.near(1 / (1 + math.exp(-z[7])), p[7], 1e-15)
    local out = neap.zeros(600)
    assert.equal(out, fit:logits(d.x, out))
    assert.same(z:totable(), out:totable())
  end)

  it("keeps its scaler", function()
    local scaled = neap.train {
      data = d, loss = neap.loss.focal { gamma = 1 }, standardize = true,
      optimizer = neap.optimizer.lbfgs { tolerance = 1e-11 },
    }
    assert.is_not_nil(scaled.scaler)
    local a, b = fit:logits(d), scaled:logits(d)
    for i = 1, 600, 50 do assert.near(a[i], b[i], 1e-3) end
  end)

  it("shows how it ended", function()
    assert.equal("converged", fit.state)
    assert.equal(fit.steps + 1, #fit.history)
    assert.is_true(fit.history[#fit.history] <= fit.history[1])
    assert.near(fit.objective, fit.history[#fit.history], 1e-15)
    assert.matches("converged after %d+ steps", tostring(fit))
  end)

  it("starts another", function()
    local again = neap.train {
      data = d, loss = neap.loss.focal { gamma = 1 }, initial = fit,
    }
    assert.is_true(again.history[1] <= fit.objective + 1e-12)
  end)

  it("keeps what was found where it starts another", function()
    local again = fit
    for _ = 1, 3 do
      again = neap.train {
        data = d, loss = neap.loss.focal { gamma = 1 }, initial = again,
      }
      assert.is_true(again.converged)
    end
  end)

  it("refuses rows of another width", function()
    assert.error_matches(function() fit:logits { { 1, 2, 3 } } end,
      "'logits' %(rows have 3 features; the fit has 4%)")
    assert.error_matches(function()
      neap.train {
        data = neap.data.gaussians { n = 50, features = 2 }, initial = fit,
        loss = neap.loss.focal {},
      }
    end, "initial is a fit of 4 features; the data have 2")
    assert.error_matches(function() fit:logits(d, neap.zeros(599)) end,
      "'logits' %(out is float64 %[599%]; wanted float64 %[600%]%)")
    assert.error_matches(function()
      fit:probabilities(d, neap.zeros(600, nil, "float32"))
    end, "'probabilities' %(out is float32 %[600%]; wanted float64 %[600%]%)")
  end)

  it("writes to no data set", function()
    local truth, before = d.truth, d.truth:tobytes()
    for _, name in ipairs { "logits", "probabilities" } do
      assert.error_matches(function() fit[name](fit, d, truth) end,
        "bad argument #2 to '" .. name .. "' %(out belongs to a data set")
    end
    assert.equal(before, truth:tobytes())
  end)

  it("never changes, and knows its columns", function()
    assert.error_matches(function() fit.bias = 1 end,
      "a fit never changes; can't set 'bias'")
    assert.error_matches(function() fit.weights[1] = 1 end, "never changes")
    local a = neap.data.from {
      x = { { 1, 5 }, { 2, 3 }, { 4, 4 } }, y = { 0, 1, 0 },
      names = { "a", "b" },
    }
    local b = neap.data.from {
      x = { { 1, 5 }, { 2, 3 } }, y = { 0, 1 }, names = { "b", "a" },
    }
    local other = neap.train {
      data = a, loss = neap.loss.focal {}, model = neap.model.linear { l2 = 1 },
    }
    assert.error_matches(function() other:logits(b) end,
      "'logits' %(column 1 is 'b'; the fit has 'a' there%)")
    assert.error_matches(function() other:logits { { 1, "x" } } end,
      "'logits' %(element 1 is a string; wanted a number%)")
    assert.error_matches(function() other:logits(5) end,
      "x is 5; wanted a data set, an array or a table")
  end)

  it("takes whole numbers as rows", function()
    local z = fit:logits(neap.array({ { 1, 2, 0, -1 } }, "int32"))
    assert.equal(fit:logits({ { 1, 2, 0, -1 } })[1], z[1])
  end)
end)

describe("training on classes", function()
  it("gives a row of logits for each class", function()
    local x, y = {}, {}
    for i = 1, 300 do
      local c = i % 3
      local a, b = math.sin(i), math.cos(7 * i)
      x[i] = { math.cos(c * 2) + a, math.sin(c * 2) + b }
      y[i] = c
    end
    local d = neap.data.from { x = x, y = y }
    local fit = neap.train {
      data = d, loss = neap.loss.cross_entropy {},
      model = neap.model.linear { l2 = 0.01 },
    }
    assert.same({ 3, 2 }, { fit.weights:shape() })
    assert.same({ 3 }, { fit.bias:shape() })
    local z, p = fit:logits(d), fit:probabilities(d)
    assert.same({ 300, 3 }, { z:shape() })
    assert.near(1, p[5][1] + p[5][2] + p[5][3], 1e-12)
    assert.near(fit.objective - 0.005 * norm(fit.weights[1]) ^ 2
      - 0.005 * norm(fit.weights[2]) ^ 2 - 0.005 * norm(fit.weights[3]) ^ 2,
      neap.loss.cross_entropy {}(z, d.y), 1e-12)
  end)
end)

describe("a job", function()
  local d = neap.data.gaussians { n = 1500, features = 5, prior = 0.2 }
  local function points(optimizer)
    local list = {}
    for i = 1, 30 do
      list[i] = {
        loss = neap.loss.focal { gamma = i % 4 }, optimizer = optimizer,
        l2 = 0.01 * (i % 2),
      }
    end
    return list
  end

  it("has the same bits in slices, and for a point alone", function()
    for _, optimizer in ipairs { lbfgs, neap.optimizer.sgd {},
      neap.optimizer.adam { learning_rate = 0.01 } } do
      local given = {
        data = d, points = points(optimizer),
        epochs = optimizer.batches and 2 or nil,
        batch = optimizer.batches and 256 or nil,
      }
      local whole, sliced = neap.job(given), neap.job(given)
      assert.is_true(whole:step(math.huge))
      local slices = 0
      while not sliced:step(0) do slices = slices + 1 end
      assert.is_true(slices > 5)
      assert.equal(1, whole:progress().fraction)
      local a, b = whole:fits(), sliced:fits()
      for i = 1, 30 do
        assert.equal(a[i].weights:tobytes(), b[i].weights:tobytes())
        assert.equal(a[i].bias, b[i].bias)
      end
      given.points = { given.points[17] }
      local alone = neap.job(given)
      alone:step(math.huge)
      assert.equal(a[17].weights:tobytes(), alone:fits()[1].weights:tobytes())
    end
  end)

  it("reports weights and the objective that goes with them", function()
    local job = neap.job { data = d, points = points(lbfgs) }
    for _ = 1, 41 do job:step(0) end
    job:cancel()
    for i, fit in ipairs(job:fits()) do
      local loss = neap.loss.focal { gamma = i % 4 }
      local square = norm(fit.weights) ^ 2
      assert.near(fit.objective,
        loss(fit:logits(d), d.y:copy "float64") + 0.005 * (i % 2) * square,
        1e-12)
    end
  end)

  it("is cancelled", function()
    local job = neap.job { data = d, points = points(neap.optimizer.sgd {}) }
    job:step(0)
    job:cancel()
    assert.is_true(job:step(0))
    assert.is_true(job:progress().fraction < 1)
  end)

  it("of one point takes what a point of a job takes", function()
    local rows = neap.data.gaussians { n = 500, prior = 0.3, seed = 1 }
    local focal = neap.loss.focal {}
    local fit = neap.train { data = rows, loss = focal, l2 = 0.1,
      model = neap.model.linear { l2 = 5 } }
    local list = { { loss = focal, l2 = 0.1 } }
    local job = neap.job { data = rows, points = list }
    while not job:step(1) do end
    assert.equal(job:fits()[1].parameters:tobytes(), fit.parameters:tobytes())
    assert.equal(0.1, fit.model.l2)
    assert.error_matches(function()
      neap.train { data = rows, loss = focal, dropout = 0.1 }
    end, "'train' %(a linear model has no units to drop")
    assert.error_matches(function()
      neap.job { data = rows, points = { { loss = focal, dropout = 0.1 } } }
    end, "'job' %(points%[1%]: a linear model has no units to drop")
  end)

  it("is closed, and its fits stay", function()
    local job = neap.job { data = d, points = points(lbfgs) }
    job:step(math.huge)
    local fits = job:fits()
    job:close()
    job:close()
    assert.is_number(fits[3].weights[1])
    assert.error_matches(function() job:step(1) end, "the job is closed")
  end)

  it("refuses what does not fit together", function()
    local loss = neap.loss.focal {}
    local function refuses(message, given)
      assert.error_matches(function() neap.job(given) end, message)
    end
    refuses("data is missing", { points = {} })
    refuses("data is a table; wanted a data set", { data = {},
      points = { { loss = loss } } })
    refuses("points is empty", { data = d, points = {} })
    refuses("points%[1%]: nesterov looks ahead by momentum, which is 0", {
      data = d, points = { { loss = loss,
        optimizer = neap.optimizer.sgd { nesterov = "yes" } } } })
    refuses("there are no rows to train on",
      { data = d:rows {}, points = { { loss = loss } } })
    refuses("points%[2%]: unknown option 'los'; did you mean 'loss'%?",
      { data = d, points = { { loss = loss }, { los = loss } } })
    refuses("points%[2%]: loss is missing; wanted a loss",
      { data = d, points = { { loss = loss }, {} } })
    refuses("epochs is 0; wanted a whole number, 1 to",
      { data = d, points = { { loss = loss } }, epochs = 0 })
    refuses("epochs is for optimizers that take batches; lbfgs works on all",
      { data = d, points = { { loss = loss } }, epochs = 3 })
    refuses("points is no list without gaps",
      { data = d, points = { { loss = loss }, nil, { loss = loss } } })
    refuses("points%[1%]: training takes the mean of a loss; its reduction is "
      .. "sum", { data = d, points = { {
        loss = neap.loss.focal { reduction = "sum" } } } })
    refuses("'job' %(points%[2%]: cross_entropy can't train on binary targets",
      { data = d, points = { { loss = loss },
        { loss = neap.loss.cross_entropy {} } } })
    refuses("the weights of all rows are 0", { points = { { loss = loss } },
      data = neap.data.from { x = { { 1 }, { 2 } }, y = { 0, 1 },
        weights = { 0, 0 } } })
    refuses("points%[2%]: class_weights has no number for the class",
      { data = d, points = { { loss = loss, optimizer = lbfgs },
        { optimizer = neap.optimizer.newton {}, loss = neap.loss.focal {
          class_weights = { fine = 1, fraud = 3 } } } } })
    refuses("points%[1%]: class_weights has 3 numbers; there are 2 classes",
      { data = d, points = { { loss = neap.loss.cross_entropy {
        class_weights = { 1, 1, 1 } } } } })
    refuses("optimizer is a neap.Model; wanted an optimizer",
      { data = d, points = { { loss = loss,
        optimizer = neap.model.linear {} } } })
    refuses("l2 is %-1; wanted a number >= 0",
      { data = d, points = { { loss = loss, l2 = -1 } } })
    assert.error_matches(function() neap.optimizer.adam { lr = 1 } end,
      "unknown option 'lr'")
    assert.error_matches(function() neap.model.linear { l2 = -1 } end,
      "l2 is %-1; wanted a number >= 0")
  end)
end)
