-- fit:calibrate: lua/neap/calibrate.lua and what it calls.
local core = require "neap.core"
local neap = require "neap"

local function gaussians(seed)
  return neap.data.gaussians { n = 4000, features = 4, prior = 0.1,
    distance = 2, seed = seed }
end

local training, calibration, test = gaussians(1), gaussians(2), gaussians(3)
local fit = neap.train { data = training,
  loss = neap.loss.focal { gamma = 3, alpha = 0.25 } }

local function loss_of(f)
  return neap.metric.log_loss(f:logits(test), test.y)
end

describe("a calibrated fit", function()
  local best = neap.metric.log_loss(neap.train { data = training,
    loss = neap.loss.binary_cross_entropy {} }:logits(test), test.y)

  it("has the log loss of cross-entropy, nearly", function()
    assert.is_true(loss_of(fit) > best + 0.05)
    for method, slack in pairs { inverse_focal = 0.002, platt = 0.002,
      temperature = 0.02 } do
      local f = fit:calibrate { method = method, data = calibration }
      assert.is_true(loss_of(f) < best + slack, method)
      assert.equal(method, f.calibration[1].method)
    end
    local p = fit:calibrate { method = "isotonic", data = calibration }
      :probabilities(test)
    local brier = neap.metric.brier(p, test.y, nil, { from = "probabilities" })
    assert.is_true(brier < neap.metric.brier(fit:logits(test), test.y))
  end)

  it("leaves the fit as it was, and can be calibrated again", function()
    local before = loss_of(fit)
    local once = fit:calibrate { method = "inverse_focal" }
    assert.matches("steps, calibrated by inverse_focal%)$", tostring(once))
    local twice = once:calibrate { method = "platt", data = calibration }
    assert.equal(before, loss_of(fit))
    assert.same({ 0, 1, 2 }, { #fit.calibration, #once.calibration,
      #twice.calibration })
    assert.is_true(loss_of(twice) < best + 0.002)
    assert.equal(fit.bias, twice.bias)
  end)

  it("writes into an array that is there", function()
    local f = fit:calibrate { method = "platt", data = calibration }
    local out = neap.zeros(test.n)
    assert.equal(out, f:logits(test, out))
    assert.same(f:logits(test):totable(), out:totable())
  end)

  it("is kept in the bytes of the fit", function()
    local f = fit:calibrate { method = "inverse_focal" }
    for _, method in ipairs { "temperature", "platt", "isotonic" } do
      f = f:calibrate { method = method, data = calibration }
      local again = neap.from_saved(f:tobytes())
      assert.same(f:logits(test):totable(), again:logits(test):totable())
      assert.equal(method, again.calibration[#again.calibration].method)
    end
  end)

  it("refuses the link of a loss that has none", function()
    local d = neap.data.gaussians { n = 50, prior = 0.5 }
    local hinge = neap.train { data = d, loss = neap.loss.hinge {} }
    assert.error_matches(function()
      hinge:calibrate { method = "inverse_focal" }
    end, "the loss is hinge, whose minimiser tells no probability")
  end)

  it("has the link of a sum of losses, by the term's own", function()
    local loss = neap.loss.focal { gamma = 3, alpha = 0.25 }
    local function calibrated(l)
      local model = neap.model.linear { l2 = 0.01 }
      return neap.train { data = training, loss = l, model = model,
        optimizer = neap.optimizer.newton {} }
        :calibrate { method = "inverse_focal" }:logits(test)
    end
    local sum = calibrated(0.25 * loss + 0.75 * loss)
    local one = calibrated(loss)
    for i = 1, test.n, 97 do assert.near(one[i], sum[i], 1e-6) end
  end)

  it("has no link of a loss that reads columns", function()
    local cost = neap.loss.define { name = "calibrated_cost",
      columns = { "x1" }, binary = function(x, y, _, c)
        return neap.math.exp(c.x1) * neap.math.softplus(x) - y * x
      end }
    local f = neap.train { data = training, loss = cost {} }
    assert.error_matches(function()
      f:calibrate { method = "inverse_focal" }:logits(test)
    end, "the loss reads columns of each row; no inverse link is known")
  end)

  it("refuses data and methods that don't fit", function()
    local function calibrate(o) return function() fit:calibrate(o) end end
    assert.error_matches(calibrate { method = "platt" },
      "data is missing; platt wants a data set")
    assert.error_matches(calibrate { method = "plat", data = calibration },
      "method is 'plat'; wanted inverse_focal or temperature or")
    local other = neap.data.from { x = { { 1, 2, 3, 4 }, { 1, 2, 3, 5 } },
      y = { "a", "b" } }
    assert.error_matches(calibrate { method = "platt", data = other },
      "data has the classes a, b; the fit has 0, 1")
  end)
end)

describe("a temperature", function()
  -- The derivative of the cross-entropy by 1 / T is 0.
  it("is where the cross-entropy is least, of two classes", function()
    local z = neap.array { 3, 1, -2, -1, 4, -3 }
    local y = neap.array({ 1, 0, 0, 1, 1, 0 }, "int32")
    local w = { 1, 2, 1, 1, 3, 1 }
    local t = core.calibration.temperature(z, y, w)
    local sum = 0
    for i = 1, 6 do
      sum = sum + w[i] * z[i] * (1 / (1 + math.exp(-z[i] / t)) - y[i])
    end
    assert.near(0, sum, 1e-12)
  end)

  it("is where the cross-entropy is least, of three", function()
    local z = neap.array { { 3, 1, 0 }, { 1, 2, 0 }, { 0, 2, 1 }, { 1, 0, 4 } }
    local y = neap.array({ 0, 1, 2, 2 }, "int32")
    local t, sum = core.calibration.temperature(z, y), 0
    for i = 1, 4 do
      local total, mean, row = 0, 0, z:row(i)
      for c = 1, 3 do
        local e = math.exp(row[c] / t)
        total, mean = total + e, mean + e * row[c]
      end
      sum = sum + mean / total - row[y[i] + 1]
    end
    assert.near(0, sum, 1e-12)
  end)

  it("is none of rows that are all right, or no better than chance",
    function()
      local function temperature(z, y)
        return function()
          core.calibration.temperature(neap.array(z), neap.array(y, "int32"))
        end
      end
      assert.error_matches(temperature({ 1, -1 }, { 1, 0 }),
        "every row is classified rightly")
      assert.error_matches(temperature({ 1, -1 }, { 0, 1 }),
        "no better than chance")
      assert.error_matches(temperature({ { 2, 1, 0 } }, { 0 }),
        "every row is classified rightly")
    end)
end)

describe("isotonic calibration", function()
  -- Ayer et al.'s pools by hand: 1, 0 -> 1/2; then 1, 0 -> 1/2; then 1. The
  -- two rows of x = 5 are one point.
  it("pools what falls and joins the steps by lines", function()
    local knots, values = core.calibration.isotonic({ 1, 2, 3, 4, 5, 5 },
      { 1, 0, 1, 0, 1, 1 })
    assert.same({ 1, 4, 5 }, knots:totable())
    assert.same({ .5, .5, 1 }, values:totable())
    local z = core.calibration.apply_isotonic({ 0, 2.5, 4.5, 6 }, knots, values)
    assert.near(0, z[1], 1e-15)
    assert.near(0, z[2], 1e-15)
    assert.near(math.log(3), z[3], 1e-15)
    assert.equal(math.huge, z[4])
  end)
end)

describe("the inverse focal map of classes", function()
  -- With the classes' probabilities that it gives, the expected loss has no
  -- gradient: so the logits are the loss's minimiser.
  it("gives the probabilities that the logits are best for", function()
    local z = neap.array { { 2, 0.5, -1 }, { 0, 0, 0 }, { -3, 4, 1 } }
    for _, o in ipairs { { gamma = 0 }, { gamma = 2 },
      { gamma = 0.5, class_weights = { 1, 4, 2 } },
      { gamma = 5, class_weights = { 3, 1, 1 } } } do
      o.reduction = "sum"
      local loss = neap.loss.softmax_focal(o)
      local logits = core.calibration.invert(z:copy(), loss, nil,
        { "a", "b", "c" })
      for i = 1, 3 do
        local row, total, eta = logits:row(i), 0, {}
        for c = 1, 3 do total = total + math.exp(row[c]) end
        for c = 1, 3 do eta[c] = math.exp(row[c]) / total end
        local sum = { 0, 0, 0 }
        for c = 1, 3 do
          local g = loss:gradient({ z:row(i):totable() }, { c - 1 })
          for j = 1, 3 do sum[j] = sum[j] + eta[c] * g:row(1)[j] end
        end
        for j = 1, 3 do assert.near(0, sum[j], 1e-14) end
      end
    end
  end)

  it("is kept in a fit of three classes", function()
    local x, y = {}, {}
    for i = 1, 300 do
      local c = i % 3
      x[i] = { math.sin(i) + c, math.cos(5 * i) - c }
      y[i] = c
    end
    local d = neap.data.from { x = x, y = y }
    local model = neap.model.linear { l2 = 1e-3 }
    local focal = neap.train { data = d, model = model,
      loss = neap.loss.softmax_focal { gamma = 3 } }
    local function loss_of_classes(f)
      return neap.metric.multiclass.log_loss(f:logits(d), d.y)
    end
    local raw = loss_of_classes(focal)
    assert.is_true(loss_of_classes(focal:calibrate {
      method = "inverse_focal" }) < raw)
    assert.is_true(loss_of_classes(focal:calibrate {
      method = "temperature", data = d }) < raw)
    assert.error_matches(function()
      focal:calibrate { method = "platt", data = d }
    end, "platt is for losses of one logit and the fit has 3")
    local smooth = neap.train { data = d, loss = neap.loss.cross_entropy {
      label_smoothing = 0.1 }, model = model }
    assert.error_matches(function()
      smooth:calibrate { method = "inverse_focal" }
    end, "the loss smooths labels or moves logits")
  end)
end)
