-- Shifts of the logits, sums of losses, and the shapes that losses take.
-- Figures by the formulas of the losses and of their papers.
local neap = require "neap"

local loss = neap.loss

local cases = dofile "tests/bind/loss_cases.lua"
local each, refuses = cases.each, cases.refuses
local is_distilled = cases.is_distilled
local binary, classes = cases.binary, cases.classes

describe("shifts of the logits", function()
  it("temperature divides them, in the derivatives, too", function()
    local f = loss.cross_entropy { temperature = 4, reduction = "sum" }
    local plain = loss.cross_entropy { reduction = "sum" }
    local cool = {}
    for i, row in ipairs(classes.x) do
      cool[i] = { row[1] / 4, row[2] / 4, row[3] / 4 }
    end
    assert.near(plain(cool, { 0, 1, 2 }), f(classes.x, { 0, 1, 2 }), 1e-15)
    local a = plain:gradient(cool, { 0, 1, 2 })
    local b = f:gradient(classes.x, { 0, 1, 2 })
    assert.near(a[2][1] / 4, b[2][1], 1e-16)
    local h = plain:hessian(cool, { 0, 1, 2 })
    assert.near(h[2][1] / 16, f:hessian(classes.x, { 0, 1, 2 })[2][1], 1e-16)
    refuses("temperature is 0", function() loss.focal { temperature = 0 } end)
  end)

  it("logit_adjustment adds tau log prior", function()
    local tau, prior = 1.5, { 0.7, 0.2, 0.1 }
    local moved = {}
    for i, row in ipairs(classes.x) do
      moved[i] = {}
      for j, z in ipairs(row) do moved[i][j] = z + tau * math.log(prior[j]) end
    end
    each("classes", function(name)
      if is_distilled(name) or name == "ldam" then return end
      local f = loss[name] { logit_adjustment = tau, prior = prior }
      assert.near(loss[name] {}(moved, classes.y), f(classes.x, classes.y),
        1e-14)
    end)
    -- Two classes: x + tau log(prior_1 / prior_0), from the targets here.
    local f = loss.focal { logit_adjustment = 1 }
    local shift = math.log(0.25 / 0.75)
    local x, y = { 1 + shift, shift, shift, shift }, { 1, 0, 0, 0 }
    assert.near(loss.focal {}(x, y), f({ 1, 0, 0, 0 }, y), 1e-15)
  end)

  it("wants a prior of each class", function()
    refuses("class 2 has no share of the rows", function()
      loss.cross_entropy { logit_adjustment = 1 }(classes.x, { 0, 1, 0 })
    end)
    refuses("prior is for logit_adjustment, which is not given", function()
      loss.cross_entropy { prior = { 0.5, 0.5 } }
    end)
    refuses("prior has 2 numbers; there are 3 classes", function()
      loss.cross_entropy { logit_adjustment = 1, prior = { 0.5, 0.5 } }(
        classes.x, { 0, 1, 2 })
    end)
  end)

  it("ldam takes a margin from the target, the most from the rarest", function()
    local y, counts = { 0, 0, 1 }, { 2, 1 }
    local z = { { 1, 0.5 }, { -0.2, 0.4 }, { 0.3, 0.1 } }
    local truth = 0
    for i, row in ipairs(z) do
      local c = y[i] + 1
      local margin = 0.5 * (counts[c] / 1) ^ -0.25
      local at = 30 * (row[c] - margin)
      local other = 30 * row[3 - c]
      truth = truth + math.log(1 + math.exp(other - at))
    end
    assert.near(truth, loss.ldam { reduction = "sum" }(z, y), 1e-13)
    refuses("want classes", function()
      loss.ldam {}({ { 1, 2 } }, { { 0.5, 0.5 } })
    end)
  end)

  it("distillation heats both sides, and its value by T^2", function()
    local T, z, u = 3, { 1, 2, -1 }, { 0.5, 2.5, 0 }
    local function soft(row)
      local sum, p = 0, {}
      for j, v in ipairs(row) do p[j] = math.exp(v / T); sum = sum + p[j] end
      for j in ipairs(p) do p[j] = p[j] / sum end
      return p
    end
    local p, q, truth = soft(u), soft(z), 0
    for j = 1, 3 do truth = truth + p[j] * math.log(p[j] / q[j]) end
    local f = loss.distillation { temperature = T, reduction = "sum" }
    assert.near(T ^ 2 * truth, f({ z }, { u }), 1e-14)
    local g = f:gradient({ z }, { u })
    for j = 1, 3 do assert.near(T * (q[j] - p[j]), g[1][j], 1e-15) end
    refuses("distillation wants logits as targets, not classes", function()
      loss.distillation {}({ z }, { 1 })
    end)
  end)
end)

describe("sums of losses", function()
  it("add values and derivatives", function()
    local a, b = loss.focal { gamma = 3, alpha = 0.3 }, loss.brier {}
    local sum = 0.7 * a + b / 4 - 0.1 * loss.hinge {}
    local x, y = binary.x, binary.y
    local function parts(f)
      return 0.7 * f(a) + f(b) / 4 - 0.1 * f(loss.hinge {})
    end
    assert.near(parts(function(l) return l(x, y) end), sum(x, y), 1e-15)
    for i = 1, 4 do
      assert.near(parts(function(l) return l:gradient(x, y)[i] end),
        sum:gradient(x, y)[i], 1e-15)
      assert.near(parts(function(l) return l:hessian(x, y)[i] end),
        sum:hessian(x, y)[i], 1e-15)
    end
    assert.equal(3, #sum.terms)
    assert.equal(0.7, sum.terms[1][1])
    assert.equal("focal", sum.terms[1][2].name)
    assert.matches("^0.7 neap.focal", tostring(sum))
  end)

  it("keep each loss's own weights and shifts", function()
    local a = loss.cross_entropy { class_weights = "balanced" }
    local b = loss.softmax_focal { logit_adjustment = 1, label_smoothing = 0.1 }
    local sum = a + 2 * b
    local y = { 0, 2, 1 }
    assert.near(a(classes.x, y) + 2 * b(classes.x, y), sum(classes.x, y), 1e-14)
  end)

  it("are of one kind, and agree on what comes after", function()
    refuses("the same kind of targets for both", function()
      return loss.focal {} + loss.cross_entropy {}
    end)
    refuses("wants the same reduction, normalizer", function()
      return loss.focal {} + loss.brier { reduction = "sum" }
    end)
    refuses("wanted a finite factor", function()
      return loss.focal {} * (0 / 0)
    end)
    refuses("divided by 0", function() return loss.focal {} / 0 end)
  end)
end)

describe("shapes", function()
  it("labels of several columns are rows of their own", function()
    each("binary", function(name)
      local f = loss[name] { reduction = "none" }
      local x = { { 1, -2, 3 }, { 0.5, 0, -1 } }
      local y = { { 1, 0, 0 }, { 1, 1, 0 } }
      local got = f(x, y)
      local flat = f({ 1, -2, 3, 0.5, 0, -1 }, { 1, 0, 0, 1, 1, 0 })
      for i = 1, 6 do
        assert.equal(flat[i], got[math.floor((i - 1) / 3) + 1][(i - 1) % 3 + 1])
      end
    end)
  end)

  it("classes may be 10,000, in both types", function()
    for _, dtype in ipairs { "float64", "float32" } do
      local z = neap.zeros(2, 10000, dtype)
      local y = neap.array({ 17, 9999 }, "int32")
      local f = loss.softmax_focal { reduction = "sum" }
      local p = 1 / 10000
      local tolerance = dtype == "float64" and 1e-14 or 2e-6
      assert.near(-2 * (1 - p) ^ 2 * math.log(p), f(z, y), 20 * tolerance)
      local g = loss.cross_entropy { reduction = "sum" }:gradient(z, y)
      assert.near(p - 1, g[1][18], tolerance)
      assert.near(p, g[1][1], p * tolerance * 10)
    end
  end)

  it("huber is for numbers", function()
    local f = loss.huber { delta = 2, reduction = "none" }
    assert.same({ 0.5, 4 }, f({ 1, -5 }, { 2, -2 }):totable())
    refuses("target in row 1 is inf; wanted a finite number", function()
      f({ 1 }, { math.huge })
    end)
  end)
end)
