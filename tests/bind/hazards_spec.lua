-- Where other implementations of these losses went wrong: each test is named
-- after the threads that reported it. Figures by formula, or of 40 digits.
local neap = require "neap"

local loss, inf = neap.loss, math.huge

local function is_nan(x) return x ~= x end

-- -8192 to 8192, and all powers of 2 between 2^-30 and there.
local function logits(dtype)
  local list = { 0 }
  for e = -30, 13, 0.25 do
    list[#list + 1] = 2 ^ e
    list[#list + 1] = -2 ^ e
  end
  return neap.array(list, dtype), list
end

local function filled(n, value, dtype)
  local a = neap.zeros(n, nil, dtype)
  a:fill(value)
  return a
end

describe("kornia 918, keras-retinanet 706, LDAM-DRW 17", function()
  it("gamma between 0 and 1 has a gradient at every logit", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local x, list = logits(dtype)
      for _, gamma in ipairs { 1e-6, 0.1, 0.5, 0.999 } do
        local focal = loss.focal { gamma = gamma, reduction = "none" }
        local y = filled(#x, 1, dtype)
        local g, h = focal:gradient(x, y), focal:hessian(x, y)
        local value = focal(x, y)
        for i, xi in ipairs(list) do
          assert.is_true(value[i] >= 0 and g[i] <= 0, "at " .. xi)
          assert.is_false(is_nan(h[i]), "at " .. xi)
          -- e^-x (1 + gamma) is still a normal number there.
          if xi < (dtype == "float32" and 40 or 350) then
            assert.is_true(value[i] > 0 and g[i] < 0, "at " .. xi)
          end
        end
      end
    end
  end)
end)

describe("optax 1267", function()
  it("gamma = 0 is cross-entropy, also where 1 - p_t is 0", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local x = logits(dtype)
      for _, target in ipairs { 0, 1 } do
        local y = filled(#x, target, dtype)
        local a = loss.focal { gamma = 0, reduction = "none" }
        local b = loss.binary_cross_entropy { reduction = "none" }
        assert.equal(b(x, y):tobytes(), a(x, y):tobytes())
        assert.equal(b:gradient(x, y):tobytes(), a:gradient(x, y):tobytes())
        assert.equal(b:hessian(x, y):tobytes(), a:hessian(x, y):tobytes())
      end
    end
    local focal = loss.focal { gamma = 0 }
    assert.equal(0, focal({ 1000 }, { 1 }))
    assert.equal(0, focal:gradient({ 1000 }, { 1 })[1])
  end)
end)

describe("kornia 2115", function()
  it("0 times an infinite loss is 0", function()
    local ce = loss.binary_cross_entropy { reduction = "none" }
    assert.near(math.exp(-100), ce({ 100 }, { 1 })[1], 1e-58)
    assert.equal(100, ce({ 100 }, { 0 })[1])
    local x, y = { inf, -inf, 1 }, { 0, 1, 1 }
    assert.same({ inf, inf }, { ce(x, y)[1], ce(x, y)[2] })
    local weighted = ce(x, y, { 0, 0, 1 })
    assert.same({ 0, 0 }, { weighted[1], weighted[2] })
    local focal = loss.focal {}
    assert.equal(0, focal({ inf }, { 0 }, { 0 }))
    local soft = loss.binary_cross_entropy { class_weights = { 0, 1 } }
    assert.equal(0, soft({ inf }, { 0 }))
  end)
end)

describe("mmcv 1488", function()
  it("no type is too small for its guards", function()
    local x = neap.array({ 9.39, -9.39 }, "float32")
    local y = neap.array({ 1, 1 }, "float32")
    local value = loss.focal { reduction = "none" }(x, y)
    assert.near(5.824e-13, value[1], 1e-15)
    assert.near(9.3883, value[2], 1e-3)
    assert.error_matches(function() neap.zeros(1, nil, "float16") end,
      "float16")
  end)

  it("sums are in double, whatever the rows are", function()
    local n = 2 ^ 20
    local x = filled(n, 2.5, "float32")
    local y = filled(n, 1, "float32")
    local one = loss.focal { reduction = "none" }(
      neap.array({ 2.5 }, "float32"), neap.array({ 1 }, "float32"))[1]
    assert.near(one * n, loss.focal { reduction = "sum" }(x, y),
      one * n * 1e-14)
  end)
end)

describe("pytorch 195529 and 195677", function()
  it("easy rows have their loss, and both classes the same bits", function()
    local ce = loss.binary_cross_entropy { reduction = "none" }
    -- log(1 + e^-40)
    local truth = 4.248354255291589e-18
    assert.near(truth, ce({ 40 }, { 1 })[1], 1e-33)
    assert.near(truth, ce({ -40 }, { 0 })[1], 1e-33)
    assert.near(-truth, ce:gradient({ 40 }, { 1 })[1], 1e-33)
    assert.near(truth, ce:gradient({ -40 }, { 0 })[1], 1e-33)
    local _, list = logits "float64"
    local turned = {}
    for i, x in ipairs(list) do turned[i] = -x end
    local ones, zeros = filled(#list, 1), filled(#list, 0)
    for _, row in ipairs(loss.list()) do
      if row.kind == "binary" and row.name ~= "asymmetric" then
        local f = loss[row.name] { reduction = "none" }
        assert.equal(f(list, ones):tobytes(), f(turned, zeros):tobytes())
        assert.equal(f:hessian(list, ones):tobytes(),
          f:hessian(turned, zeros):tobytes())
        local a, b = f:gradient(list, ones), f:gradient(turned, zeros)
        for i = 1, #a do assert.equal(a[i], -b[i]) end
      end
    end
  end)
end)

describe("tensorflow/addons 693", function()
  it("the hardest rows keep their gradient", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local x = neap.array({ -16, -16.2, -16.7, -100, -10000 }, dtype)
      local g = loss.focal { reduction = "sum" }:gradient(x,
        filled(5, 1, dtype))
      for i = 1, 5 do assert.near(-1, g[i], 2e-5) end
    end
  end)

  it("nor is anything cut on the way from probabilities", function()
    local ce = loss.binary_cross_entropy { from = "probabilities",
      reduction = "sum" }
    local p = 1 - 2 ^ -40
    assert.near(40 * math.log(2), ce({ p }, { 0 }), 1e-13)
    assert.near(2 ^ 40, ce:gradient({ p }, { 0 })[1], 1e-3)
    assert.equal(inf, ce({ 1 }, { 0 }))
    assert.equal(0, ce({ 1 }, { 1 }))
  end)
end)

describe("segmentation_models 187 and 258, kornia 875, MONAI 8117", function()
  it("alpha weighs class 1, and 1 - alpha class 0", function()
    local x = { 0.3, 0.3 }
    local plain = loss.focal { reduction = "none" }(x, { 1, 0 })
    local got = loss.focal { alpha = 0.25, reduction = "none" }(x, { 1, 0 })
    assert.near(0.25 * plain[1], got[1], 1e-17)
    assert.near(0.75 * plain[2], got[2], 1e-17)
  end)

  it("alpha is named, has a range, and goes without other weights", function()
    local function refuses(message, options, name)
      assert.error_matches(function() loss[name or "focal"](options) end,
        message)
    end
    refuses("alpha is 25; wanted a number, 0 to 1", { alpha = 25 })
    refuses("alpha is %-1; wanted a number, 0 to 1", { alpha = -1 })
    refuses("option names are strings", { 2, 0.25 })
    refuses("alpha and class_weights both weigh the classes",
      { alpha = 0.5, class_weights = "balanced" })
    refuses("alpha and class_weights both weigh the classes",
      { alpha = 0.5, pos_weight = 3 })
    refuses("unknown option 'alpha'", { alpha = 0.25 }, "softmax_focal")
  end)
end)

describe("keras-cv 672", function()
  local x, e = 1.7, 0.2
  local p = 1 / (1 + math.exp(-x))
  local high, low = 1 - e / 2, e / 2
  local ce = -high * math.log(p) - low * math.log(1 - p)

  it("smooth targets smooth the modulating weight, too", function()
    local f = loss.focal { label_smoothing = e, smoothing = "targets" }
    local q = high * (1 - p) + low * p
    assert.near(q ^ 2 * ce, f({ x }, { 1 }), 1e-15)
    local expected = loss.focal { label_smoothing = e, soft = "expected" }
    assert.near(-high * (1 - p) ^ 2 * math.log(p)
      - low * p ^ 2 * math.log(1 - p), expected({ x }, { 1 }), 1e-15)
  end)

  it("smoothing after leaves the weight to the hard target", function()
    local f = loss.focal { label_smoothing = e, smoothing = "after" }
    assert.near((1 - p) ^ 2 * ce, f({ x }, { 1 }), 1e-15)
    assert.equal(f({ x }, { 1 }), f({ -x }, { 0 }))
    local plain = loss.binary_cross_entropy { label_smoothing = e,
      smoothing = "after" }
    assert.near(ce, plain({ x }, { 1 }), 1e-15)
  end)
end)

describe("pytorch 70348, 116349 and 75181, detectron2 703", function()
  it("the mean of nothing is what was asked for", function()
    local function mean(empty, ...)
      return loss.focal { empty = empty, ignore_index = 9 }(...)
    end
    assert.equal(0, mean("zero", { 1, 2 }, { 9, 9 }))
    assert.equal(0, mean(nil, {}, {}))
    assert.is_true(is_nan(mean("nan", { 1 }, { 9 })))
    assert.error_matches(function() mean("error", { 1 }, { 9 }) end,
      "the mean of nothing has no value")
    local g = loss.focal { empty = "zero", ignore_index = 9 }
      :gradient({ 1, 2 }, { 9, 9 })
    assert.same({ 0, 0 }, g:totable())
  end)

  it("no positives are no division by zero", function()
    local f = loss.focal { normalizer = "positives" }
    assert.equal(0, f({ 1, 2 }, { 0, 0 }))
    local sum, positives = f:evaluate({ 1, 2 }, { 0, 0 })
    assert.is_true(sum > 0)
    assert.equal(0, positives)
  end)
end)

describe("pytorch 61309, 72047, 40560 and 104776", function()
  local z = { { 1, 0, -1 }, { 0, 2, 1 }, { 0.5, 0.5, 3 }, { 1, 1, 0 } }
  local labels = { 0, 2, 1, 1 }
  local one_hot = { { 1, 0, 0 }, { 0, 0, 1 }, { 0, 1, 0 }, { 0, 1, 0 } }

  it("index and one-hot targets agree under weights and smoothing", function()
    for _, name in ipairs { "cross_entropy", "softmax_focal", "kl" } do
      for _, normalizer in ipairs { "count", "weight_sum", "positives" } do
        for _, smoothing in ipairs { "targets", "after" } do
          if name ~= "kl" or smoothing == "targets" then
            local f = loss[name] { class_weights = { 0.2, 3, 1 },
              normalizer = normalizer, label_smoothing = 0.1,
              smoothing = smoothing }
            assert.equal(f(z, labels), f(z, one_hot))
            assert.equal(f:gradient(z, labels):tobytes(),
              f:gradient(z, one_hot):tobytes())
          end
        end
      end
    end
  end)

  it("batches add up to the whole", function()
    local f = loss.cross_entropy { class_weights = { 0.2, 3, 1 },
      normalizer = "weight_sum" }
    local whole, count = f:evaluate(z, labels)
    local s1, d1 = f:evaluate({ z[1] }, { labels[1] })
    local s2, d2 = f:evaluate({ z[2], z[3], z[4] }, { 2, 1, 1 })
    assert.near(whole, s1 + s2, 1e-15)
    assert.near(count, d1 + d2, 1e-15)
    assert.near(0.2 + 1 + 3 + 3, count, 1e-15)
    assert.near(whole / count, f(z, labels), 1e-15)
  end)

  it("class weights weigh smoothed shares as the formula says", function()
    local f = loss.cross_entropy { class_weights = { 2, 3, 5 },
      label_smoothing = 0.3 }
    local sum, truth = 0, 0
    for j = 1, 3 do sum = sum + math.exp(z[1][j]) end
    for j = 1, 3 do
      local y = (j == 1 and 0.7 or 0) + 0.1
      truth = truth - ({ 2, 3, 5 })[j] * y * (z[1][j] - math.log(sum))
    end
    assert.near(truth, f({ z[1] }, { 0 }), 1e-14)
  end)
end)

describe("torchmetrics 1029, pytorch 51716 and 69230, optax 896", function()
  it("0 log 0 is 0, and log 0 where it counts is infinite", function()
    local d = neap.divergence
    assert.equal(0, d.entropy { 1, 0 })
    assert.equal(0, d.kl({ 1, 0 }, { 1, 0 }))
    assert.equal(inf, d.kl({ 0.5, 0.5 }, { 1, 0 }))
    assert.equal(inf, d.reverse_kl({ 1, 0 }, { 0.5, 0.5 }))
    assert.near(math.log(2), d.jensen_shannon({ 1, 0 }, { 0, 1 }), 1e-16)
  end)

  it("a logit of -inf is a class that can't be", function()
    local z = { { 1, -inf, 0 } }
    for _, name in ipairs { "cross_entropy", "softmax_focal", "kl",
      "jensen_shannon" } do
      local f = loss[name] { reduction = "sum" }
      local two = f({ { 1, 0 } }, { { 0.25, 0.75 } })
      assert.near(two, f(z, { { 0.25, 0, 0.75 } }), 1e-15)
      local g = f:gradient(z, { { 0.25, 0, 0.75 } })
      assert.equal(0, g[1][2])
      assert.is_false(is_nan(g[1][1]) or is_nan(g[1][3]))
    end
    assert.equal(inf, loss.kl {}(z, { { 0.5, 0.5, 0 } }))
  end)

  -- mpmath 1.3, 40 digits, of the numbers as float32 has them; the third
  -- class's probability is 2.8e-44, below float32's normal numbers.
  it("a class that is next to impossible costs what it costs", function()
    for _, dtype in ipairs { "float32", "float64" } do
      local z = neap.array({ { 100, 50, -0.3 } }, dtype)
      local y = neap.array({ { 0.2, 0.5, 0.3 } }, dtype)
      local f = loss.jensen_shannon { reduction = "sum" }
      local g = f:gradient(z, y)
      assert.near(0.42281045524 + (dtype == "float32" and 2.495e-9 or 0),
        f(z, y), dtype == "float32" and 1e-7 or 1e-12)
      assert.near(0, g[1][1], 1e-20)
      assert.near(-4.73744661e-21, g[1][2], 1e-27)
      assert.near(-1.36298143e-42, g[1][3], 1e-43)
    end
  end)

  it("what is no distribution is refused", function()
    local function refuses(message, targets)
      assert.error_matches(function()
        loss.kl {}({ { 1, 2 }, { 1, 2 } }, targets)
      end, message)
    end
    refuses("target in row 2 is %-0.5; wanted 0 to 1",
      { { 0.5, 0.5 }, { -0.5, 1 } })
    refuses("targets in row 2 add up to 0.75; wanted 1",
      { { 0.5, 0.5 }, { 0.25, 0.5 } })
  end)
end)

describe("pytorch 123339, scikit-learn 28046, dlib 2552", function()
  it("targets outside [0, 1] are refused", function()
    assert.error_matches(function()
      loss.binary_cross_entropy {}({ 0.5 }, { 2 })
    end, "target in row 1 is 2; wanted 0 to 1")
  end)

  it("a far logit has no NaN in any derivative", function()
    for _, row in ipairs(loss.list()) do
      if row.kind == "binary" then
        local f = loss[row.name] { reduction = "none" }
        for _, x in ipairs { 1e3, -1e3, 1e300, -1e300 } do
          for y = 0, 1 do
            assert.is_false(is_nan(f({ x }, { y })[1]))
            assert.is_false(is_nan(f:gradient({ x }, { y })[1]))
            assert.is_false(is_nan(f:hessian({ x }, { y })[1]))
          end
        end
      end
    end
  end)

  it("value, gradient and Hessian are of the same function", function()
    local step = 1e-5
    for _, row in ipairs(loss.list()) do
      if row.kind == "binary" then
        local f = loss[row.name] { reduction = "sum" }
        for _, x in ipairs { -2.3, -0.4, 0.2, 1.9 } do
          for _, y in ipairs { 0, 0.3, 1 } do
            local function g(at) return f:gradient({ at }, { y })[1] end
            local slope = (f({ x + step }, { y }) - f({ x - step }, { y }))
            assert.near(slope / (2 * step), g(x), 1e-8)
            assert.near((g(x + step) - g(x - step)) / (2 * step),
              f:hessian({ x }, { y })[1], 1e-8)
          end
        end
      end
    end
  end)
end)
