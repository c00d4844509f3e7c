-- What one looks at to learn a loss: curves, shares, explanations. The figures
-- are those of the focal paper and its formulas.
local neap = require "neap"

local loss = neap.loss

-- The normal distribution's cumulative function: series and fraction.
local function normal_cdf(x)
  if x > 0 then return 1 - normal_cdf(-x) end
  local t = -x
  if t < 3 then
    local term, sum, n = t, t, 0
    repeat
      n = n + 1
      term = -term * t * t * (2 * n - 1) / (2 * n * (2 * n + 1))
      sum = sum + term
    until math.abs(term) < 1e-17
    return 0.5 - sum / math.sqrt(2 * math.pi)
  end
  local fraction = t
  for n = 60, 1, -1 do fraction = t + n / fraction end
  return math.exp(-t * t / 2) / math.sqrt(2 * math.pi) / fraction
end

-- Its inverse at (i - 1/2) / n, rising: Newton's steps from one to the next.
local function quantiles(n)
  local list, x = {}, -6
  for i = 1, n do
    local p, step = (i - 0.5) / n, 1
    while math.abs(step) > 1e-9 do
      local density = math.exp(-x * x / 2) / math.sqrt(2 * math.pi)
      step = (normal_cdf(x) - p) / density
      x = x - math.max(-0.5, math.min(0.5, step))
    end
    list[i] = x
  end
  return list
end

describe("loss:curve", function()
  it("has value and slope over p, whatever the reduction", function()
    local p = { 0.1, 0.5, 0.9 }
    for _, reduction in ipairs { "mean", "sum", "none" } do
      local f = loss.focal { gamma = 2, reduction = reduction }
      local value, gradient = f:curve(p)
      for i, at in ipairs(p) do
        local q = 1 - at
        assert.near(-q ^ 2 * math.log(at), value[i], 1e-15)
        assert.near(-q ^ 2 * (q - 2 * at * math.log(at)), gradient[i], 1e-15)
      end
    end
  end)

  it("shows the focal paper's figure 1 at its ends", function()
    local value, gradient = loss.focal { gamma = 5 }:curve { 0, 1 }
    assert.equal(math.huge, value[1])
    assert.equal(0, value[2])
    assert.equal(-1, gradient[1])
    assert.equal(0, gradient[2])
    -- Section 3.2: 100 times lower than cross-entropy at p = 0.9, and about
    -- 1000 times at 0.968.
    local p = { 0.9, 0.968 }
    local ce = loss.binary_cross_entropy {}:curve(p)
    local focal = loss.focal { gamma = 2 }:curve(p)
    assert.near(100, ce[1] / focal[1], 1e-9)
    assert.near(1000, ce[2] / focal[2], 25)
  end)

  it("is of either class, and of more classes", function()
    local f = loss.focal { alpha = 0.25 }
    local one = f:curve { 0.3 }
    local zero, down = f:curve({ 0.3 }, 0)
    assert.near(3 * one[1], zero[1], 1e-15)
    assert.is_true(down[1] < 0)
    local soft = loss.softmax_focal { class_weights = { 1, 2, 4 } }
    local value, gradient = soft:curve({ 0.3 }, 2)
    assert.near(-4 * 0.49 * math.log(0.3), value[1], 1e-14)
    assert.near(-4 * 0.49 * (0.7 - 2 * 0.3 * math.log(0.3)), gradient[1], 1e-14)
  end)

  it("is by p from probabilities, and of residuals for numbers", function()
    local _, slope = loss.binary_cross_entropy { from = "probabilities" }
      :curve { 0.25 }
    assert.near(-4, slope[1], 1e-15)
    local value, gradient = loss.huber {}:curve { -3, 0.5 }
    assert.same({ 2.5, 0.125 }, value:totable())
    assert.same({ -1, 0.5 }, gradient:totable())
  end)

  it("refuses what it can't draw", function()
    assert.error_matches(function() loss.focal {}:curve { 1.5 } end,
      "p%[1%] is 1.5; wanted a probability")
    assert.error_matches(function() loss.focal {}:curve({ 0.5 }, 2) end,
      "target is 2; wanted 0 to 1")
    assert.error_matches(function() loss.ldam {}:curve { 0.5 } end,
      "come from the rows of data; a curve has none")
    assert.error_matches(function()
      loss.focal { class_weights = "balanced" }:curve { 0.5 }
    end, "come from the rows of data")
  end)
end)

describe("loss:share", function()
  -- Margins m + 2 Phi^-1((i - 1/2) / n), as in the focal paper's figure 4 for
  -- a generated detector; figures of 200,000 margins in 40 digits.
  local n = 20000
  local normals = quantiles(n)

  it("grows with gamma, for easy negatives most", function()
    local x, y = {}, {}
    for i = 1, n do
      x[i], y[i] = -(6 + 2 * normals[i]), 0
      x[n + i], y[n + i] = 2 * normals[i], 1
    end
    local table4 = {
      [0] = { { .292, .726, .856 }, { .050, .332, .539 } },
      [0.5] = { { .539, .914, .969 }, { .057, .374, .598 } },
      [1] = { { .734, .978, .995 }, { .063, .410, .645 } },
      [2] = { { .925, .999, 1 }, { .075, .471, .719 } },
      [5] = { { .999, 1, 1 }, { .103, .602, .849 } },
    }
    for gamma, shares in pairs(table4) do
      local got = loss.focal { gamma = gamma }:share(x, y, { 0.01, 0.1, 0.2 })
      for i = 1, 3 do
        assert.near(shares[1][i], got[0][i], 2e-3)
        assert.near(shares[2][i], got[1][i], 2e-3)
      end
    end
  end)

  it("counts a row in part, and leaves out what is ignored", function()
    local f = loss.hinge { ignore_index = 9 }
    -- Losses 4, 2, 1, 1 of class 1.
    local x, y = { -3, -1, 0, 0, 7 }, { 1, 1, 1, 1, 9 }
    local got = f:share(x, y, { 0, 0.25, 0.375, 1 })
    assert.same({ 0, 0.5, 0.625, 1 }, got[1])
    assert.is_nil(got[0])
  end)

  it("goes by class and by label", function()
    local z = { { 5, 0, 0 }, { 0, 0, 1 }, { 0, 0, 2 } }
    local got = loss.cross_entropy {}:share(z, { 0, 2, 2 }, { 0.5 })
    local a = math.log(2 + math.exp(1)) - 1
    local b = math.log(2 + math.exp(2)) - 2
    assert.near(a / (a + b), got[2][1], 1e-15)
    assert.equal(0.5, got[0][1])
    assert.is_nil(got[1])
    local labels = loss.hinge {}:share({ { -3, 0 }, { 0, 0 } },
      { { 1, 0 }, { 1, 1 } }, { 1 / 3 })
    assert.near(4 / 6, labels[1][1], 1e-15)
  end)

  it("refuses soft targets, numbers and odd quantiles", function()
    assert.error_matches(function() loss.focal {}:share({ 1 }, { 0.5 }) end,
      "target in row 1 is 0.5; shares go by class")
    assert.error_matches(function() loss.huber {}:share({ 1 }, { 1 }) end,
      "a loss of numbers has no classes")
    assert.error_matches(function()
      loss.focal {}:share({ 1 }, { 1 }, { 20 })
    end, "quantiles%[1%] is 20")
    assert.error_matches(function()
      loss.focal {}:share({ 0 / 0 }, { 1 })
    end, "the loss of row 1 is NaN")
  end)
end)

describe("neap.loss.explain", function()
  local function printed(l)
    local globals, lines = package.loaded._G, {}
    local before = globals.print
    globals.print = function(text) lines[#lines + 1] = text end
    local ok, message = pcall(loss.explain, l)
    globals.print = before
    assert(ok, message)
    return table.concat(lines, "\n")
  end

  it("prints formula, class weights, ranges and source", function()
    local text = printed(loss.focal { alpha = 0.25 })
    assert.matches("%-alpha_t %(1 %- p_t%)%^gamma log p_t", text)
    assert.matches("w1 = 0.25, w0 = 0.75", text)
    assert.matches("gamma = 2 +0 to 1e9", text)
    assert.matches("Lin et al. 2017", text)
    assert.matches("w1 = 1, w0 = 1", printed(loss.focal {}))
    assert.matches("w1 = 7, w0 = 1", printed(loss.focal { pos_weight = 7 }))
    assert.matches("w1 = 3, w0 = 0.5",
      printed(loss.brier { class_weights = { 0.5, 3 } }))
    assert.matches("w0 = 1, w1 = 2, w2 = 3",
      printed(loss.cross_entropy { class_weights = { 1, 2, 3 } }))
    assert.matches("from the targets",
      printed(loss.focal { class_weights = "balanced" }))
    assert.matches("beta = 0.99,", printed(loss.cross_entropy {
      class_weights = { "effective", beta = 0.99 } }))
    assert.matches("w%(cat%) = 1, w%(dog%) = 2",
      printed(loss.cross_entropy { class_weights = { dog = 2, cat = 1 } }))
  end)

  it("explains every loss, and sums", function()
    for _, row in ipairs(loss.list()) do
      local text = printed(loss[row.name] {})
      assert.is_truthy(text:find(row.formula, 1, true))
      assert.is_truthy(text:find(row.source, 1, true))
    end
    local text = printed(0.7 * loss.focal {} + 0.3 * loss.brier {})
    assert.matches("0.7 times neap.focal", text)
    assert.matches("0.3 times neap.brier", text)
  end)

  it("refuses what is no loss", function()
    assert.error_matches(function() loss.explain "focal" end,
      "loss is 'focal'; wanted a loss")
  end)
end)
