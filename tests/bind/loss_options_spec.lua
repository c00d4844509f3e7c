-- What the options of neap.loss do, for every loss that takes them, and what
-- refuses them. Figures by the formulas of the losses and of their papers.
local neap = require "neap"

local loss = neap.loss

local cases = dofile "tests/bind/loss_cases.lua"
local each, refuses = cases.each, cases.refuses
local is_distilled = cases.is_distilled
local binary, classes = cases.binary, cases.classes

describe("the normalizer", function()
  it("counts, adds weights or positives, or is a number", function()
    each("binary", function(name)
      local function mean(options)
        options.class_weights = { 0.5, 3 }
        return loss[name](options)(binary.x, binary.y, { 1, 2, 3, 4 })
      end
      local sum = mean { reduction = "sum" }
      assert.near(sum / 4, mean {}, 1e-15)
      assert.near(sum / 2, mean { normalizer = "positives" }, 1e-15)
      assert.near(sum / (3 + 1 + 1.5 + 12), mean { normalizer = "weight_sum" },
        1e-15)
      assert.near(sum / 100, mean { normalizer = 100 }, 1e-15)
    end)
  end)

  it("counts labels of several, and classes but class 0", function()
    local f = loss.focal { normalizer = "count" }
    local x, y = { { 1, 2 }, { 3, 4 } }, { { 0, 1 }, { 1, 1 } }
    local _, count = f:evaluate(x, y)
    assert.equal(4, count)
    local _, positives = loss.focal { normalizer = "positives" }:evaluate(x, y)
    assert.equal(3, positives)
    local _, shares = loss.cross_entropy { normalizer = "positives" }
      :evaluate(classes.x, classes.y)
    assert.near(0.3 + 0.75 + 0.9, shares, 1e-15)
  end)

  it("divides derivatives as it does the value", function()
    local f = loss.focal { normalizer = "positives" }
    local s = loss.focal { reduction = "sum" }
    for _, method in ipairs { "gradient", "hessian" } do
      local a = f[method](f, binary.x, binary.y)
      local b = s[method](s, binary.x, binary.y)
      for i = 1, 4 do assert.near(b[i] / 2, a[i], 1e-17) end
    end
  end)

  it("is a word or a number above 0", function()
    refuses("normalizer is 0; wanted", function()
      loss.focal { normalizer = 0 }
    end)
    refuses("normalizer is 'rows'; wanted count, weight_sum or positives",
      function() loss.focal { normalizer = "rows" } end)
    refuses("huber does not take positives as the normalizer", function()
      loss.huber { normalizer = "positives" }({ 1 }, { 1 })
    end)
  end)
end)

describe("weight_sum", function()
  local x, y, sum = { -2, 3, 0.5 }, { 1, 0, 1 }, { normalizer = "weight_sum" }
  local function denominator(f)
    return select(2, f:evaluate(x, y))
  end

  it("counts class weights, alpha and pos_weight, also of sums", function()
    sum.class_weights = { 1, 3 }
    local ce = loss.binary_cross_entropy(sum)
    assert.equal(7, denominator(ce))
    assert.equal(7, denominator(1 * ce))
    assert.equal(7, denominator(ce / 2 + loss.poly1(sum)))
    assert.near(ce(x, y), (1 * ce)(x, y), 1e-15)
    assert.equal(0.25 + 0.75 + 0.25, denominator(loss.focal {
      alpha = 0.25, normalizer = "weight_sum",
    }))
    assert.equal(9, denominator(loss.focal {
      pos_weight = 4, normalizer = "weight_sum",
    }))
  end)

  it("is refused of a sum whose losses weigh otherwise", function()
    local other = loss.focal { normalizer = "weight_sum" }
    refuses("weight_sum as the normalizer of a sum wants the same weights",
      function() (loss.poly1(sum) + other)(x, y) end)
  end)
end)

describe("class weights", function()
  it("multiply the rows of their class", function()
    each("classes", function(name)
      if is_distilled(name) or name == "reverse_kl" then return end
      local plain = loss[name] { reduction = "none" }(classes.x, { 0, 2, 1 })
      local f = loss[name] { reduction = "none", class_weights = { 2, 3, 5 } }
      local got = f(classes.x, { 0, 2, 1 })
      for i, w in ipairs { 2, 5, 3 } do
        assert.near(w * plain[i], got[i], 1e-15 * w * plain[i])
      end
    end)
  end)

  it("are n / (k n_c), or by effective numbers", function()
    local counts, beta = { 3, 1 }, 0.9
    local weights, sum = {}, 0
    for c = 1, 2 do
      weights[c] = (1 - beta) / (1 - beta ^ counts[c])
      sum = sum + weights[c]
    end
    local x, y = { 1, 1, 1, 1 }, { 0, 0, 1, 0 }
    local plain = loss.focal { reduction = "none" }(x, y)
    local effective = loss.focal { reduction = "none",
      class_weights = { "effective", beta = beta } }(x, y)
    local balanced = loss.focal { reduction = "none",
      class_weights = "balanced" }(x, y)
    assert.near(plain[1] * weights[1] * 2 / sum, effective[1], 1e-15)
    assert.near(plain[3] * weights[2] * 2 / sum, effective[3], 1e-15)
    assert.near(plain[1] * 4 / (2 * 3), balanced[1], 1e-15)
    assert.near(plain[3] * 4 / 2, balanced[3], 1e-15)
  end)

  it("weigh a whole row by its target where P counts as a whole", function()
    local f = loss.softmax_brier { reduction = "none",
      class_weights = { 2, 3, 5 } }
    local plain = loss.softmax_brier { reduction = "none" }
    local w = 2 * 0.7 + 3 * 0.2 + 5 * 0.1
    assert.near(w * plain(classes.x, classes.y)[1], f(classes.x, classes.y)[1],
      1e-15)
  end)

  it("are refused where there are none, and in pairs", function()
    refuses("class_weights has 2 numbers; there are 3 classes", function()
      loss.cross_entropy { class_weights = { 1, 2 } }(classes.x, { 0, 1, 2 })
    end)
    refuses("class_weights go by name, which only data sets have", function()
      loss.cross_entropy { class_weights = { a = 1 } }(classes.x, { 0, 1, 2 })
    end)
    refuses("pos_weight and class_weights both weigh class 1", function()
      loss.binary_cross_entropy { class_weights = { 1, 2 }, pos_weight = 2 }
    end)
    refuses("cross_entropy takes no pos_weight; class_weights", function()
      loss.cross_entropy { pos_weight = 2 }
    end)
    refuses("class_weights is 'even'; wanted", function()
      loss.cross_entropy { class_weights = "even" }
    end)
    refuses("beta: wanted a number >= 0, below 1", function()
      loss.cross_entropy { class_weights = { "effective", beta = 1 } }
    end)
    refuses("huber does not take class_weights", function()
      loss.huber { class_weights = { 1, 2 } }({ 1 }, { 2 })
    end)
    refuses("distillation does not take class_weights", function()
      loss.distillation { class_weights = { 1, 2 } }({ { 1, 2 } }, { { 3, 4 } })
    end)
  end)
end)

describe("pos_weight", function()
  it("weighs class 1, of each label", function()
    each("binary", function(name)
      local plain = loss[name] { reduction = "none" }(binary.x, binary.y)
      local f = loss[name] { reduction = "none", pos_weight = 7 }
      local got = f(binary.x, binary.y)
      for i, w in ipairs { 7, 1, 1, 7 } do
        assert.near(w * plain[i], got[i], 1e-14)
      end
      local x, y = { { 1, 2 }, { 3, -4 } }, { { 1, 1 }, { 0, 1 } }
      local of_labels = loss[name] { reduction = "none",
        pos_weight = { 2, 5 } }(x, y)
      local labels = loss[name] { reduction = "none" }(x, y)
      for i, weights in ipairs { { 2, 5 }, { 1, 5 } } do
        for j, w in ipairs(weights) do
          assert.near(w * labels[i][j], of_labels[i][j], 1e-13)
        end
      end
    end)
  end)

  it("has one number for each label", function()
    refuses("pos_weight has 2 numbers; there are 3 labels", function()
      loss.focal { pos_weight = { 1, 2 } }({ { 1, 2, 3 } }, { { 1, 0, 1 } })
    end)
    refuses("pos_weight%[1%] is %-1; wanted a number >= 0", function()
      loss.focal { pos_weight = -1 }
    end)
  end)
end)

describe("label_smoothing", function()
  it("of targets is the loss of smooth targets", function()
    local e = 0.2
    each("binary", function(name)
      local smooth = {}
      for i, y in ipairs(binary.y) do smooth[i] = (1 - e) * y + e / 2 end
      assert.near(loss[name] {}(binary.x, smooth),
        loss[name] { label_smoothing = e }(binary.x, binary.y), 1e-15)
    end)
    each("classes", function(name)
      -- The margins of ldam want hard targets.
      if is_distilled(name) or name == "ldam" then return end
      local smooth = { { 1 - e + e / 3, e / 3, e / 3 },
        { e / 3, e / 3, 1 - e + e / 3 }, { e / 3, 1 - e + e / 3, e / 3 } }
      assert.near(loss[name] {}(classes.x, smooth),
        loss[name] { label_smoothing = e }(classes.x, { 0, 2, 1 }), 1e-14)
    end)
  end)

  it("after is for losses that weigh a cross-entropy", function()
    local e, z = 0.3, classes.x[1]
    local sum, ce = 0, 0
    for j = 1, 3 do sum = sum + math.exp(z[j]) end
    for j = 1, 3 do
      local y = (j == 1 and 1 - e or 0) + e / 3
      ce = ce - y * (z[j] - math.log(sum))
    end
    local p = math.exp(z[1]) / sum
    local f = loss.softmax_focal { label_smoothing = e, smoothing = "after" }
    assert.near((1 - p) ^ 2 * ce, f({ z }, { 0 }), 1e-15)
    refuses("brier does not take label_smoothing after the loss", function()
      loss.brier { label_smoothing = e, smoothing = "after" }({ 1 }, { 1 })
    end)
    refuses("smoothing after the loss want classes", function()
      loss.focal { label_smoothing = e, smoothing = "after" }({ 1 }, { 0.5 })
    end)
  end)

  it("is refused out of its range, and where there is no label", function()
    refuses("label_smoothing is 1; wanted a number", function()
      loss.focal { label_smoothing = 1 }
    end)
    refuses("huber does not take label_smoothing", function()
      loss.huber { label_smoothing = 0.1 }({ 1 }, { 1 })
    end)
    refuses("label_smoothing does not go with margins", function()
      loss.ldam { label_smoothing = 0.1 }(classes.x, { 0, 1, 2 })
    end)
  end)
end)

describe("ignore_index", function()
  it("leaves rows out of value, derivatives and count", function()
    for _, kind in ipairs { "binary", "real" } do
      each(kind, function(name)
        local f = loss[name] { ignore_index = -1 }
        local x, y = { 1.5, 9, -2 }, { 1, -1, 0 }
        assert.near(loss[name] {}({ 1.5, -2 }, { 1, 0 }), f(x, y), 1e-15)
        assert.equal(0, f:gradient(x, y)[2])
        assert.equal(0, f:hessian(x, y)[2])
        local _, count = f:evaluate(x, y)
        assert.equal(2, count)
      end)
    end
    each("classes", function(name)
      if is_distilled(name) or name == "reverse_kl" then return end
      local f = loss[name] { ignore_index = 255 }
      local two = { classes.x[1], classes.x[3] }
      assert.near(loss[name] {}(two, { 0, 1 }), f(classes.x, { 0, 255, 1 }),
        1e-15)
      assert.equal(0, f:gradient(classes.x, { 0, 255, 1 })[2][1])
    end)
  end)

  it("leaves single labels out, and counts of classes", function()
    local f = loss.focal { ignore_index = 2 }
    local x = { { 1, 2 }, { 3, 4 } }
    local _, count = f:evaluate(x, { { 1, 2 }, { 0, 1 } })
    assert.equal(3, count)
    local balanced = loss.binary_cross_entropy { ignore_index = -1,
      class_weights = "balanced" }
    local same = loss.binary_cross_entropy { class_weights = "balanced" }
    assert.near(same({ 1, 1, 2 }, { 1, 0, 0 }),
      balanced({ 1, 1, 2, 5 }, { 1, 0, 0, -1 }), 1e-15)
  end)
end)

describe("from = probabilities", function()
  local function logit(p) return math.log(p / (1 - p)) end

  it("gives the loss of the same logits", function()
    each("binary", function(name)
      for _, p in ipairs { 0.02, 0.3, 0.75 } do
        for y = 0, 1 do
          assert.near(loss[name] {}({ logit(p) }, { y }),
            loss[name] { from = "probabilities" }({ p }, { y }), 1e-14)
        end
      end
    end)
    local p = { { 0.2, 0.3, 0.5 }, { 0.6, 0.1, 0.3 } }
    local z = {}
    for i, row in ipairs(p) do
      z[i] = {}
      for j, v in ipairs(row) do z[i][j] = math.log(v) end
    end
    local y = { classes.y[1], classes.y[2] }
    each("classes", function(name)
      if is_distilled(name) or name == "ldam" then return end
      assert.near(loss[name] {}(z, y),
        loss[name] { from = "probabilities" }(p, y), 1e-14)
    end)
  end)

  it("has derivatives by the probabilities", function()
    local step = 1e-6
    each("binary", function(name)
      local f = loss[name] { from = "probabilities", reduction = "sum" }
      for _, p in ipairs { 0.1, 0.4, 0.8 } do
        for _, y in ipairs { 0, 0.3, 1 } do
          local function g(at) return f:gradient({ at }, { y })[1] end
          local slope = f({ p + step }, { y }) - f({ p - step }, { y })
          assert.near(slope / (2 * step), g(p), 1e-7 * (1 + math.abs(g(p))))
          local h = f:hessian({ p }, { y })[1]
          assert.near((g(p + step) - g(p - step)) / (2 * step), h,
            1e-6 * (1 + math.abs(h)))
        end
      end
    end)
  end)

  it("has the derivatives of classes, each by its own", function()
    -- -1 / p of the target's class, and 0 of the others.
    local f = loss.cross_entropy { from = "probabilities", reduction = "sum" }
    local p, y = { { 0.2, 0.3, 0.5 } }, { { 0.5, 0.5, 0 } }
    local g, h = f:gradient(p, y), f:hessian(p, y)
    assert.near(-0.5 / 0.2, g[1][1], 1e-14)
    assert.near(-0.5 / 0.3, g[1][2], 1e-14)
    assert.equal(0, g[1][3])
    assert.near(0.5 / 0.04, h[1][1], 1e-13)
    local kl = loss.kl { from = "probabilities", reduction = "sum" }
    assert.near(-0.5 / 0.3, kl:gradient(p, y)[1][2], 1e-14)
    local reverse = loss.reverse_kl { from = "probabilities" }
    assert.near(math.log(0.2 / 0.5) + 1, reverse:gradient(p, y)[1][1], 1e-14)
    local js = loss.jensen_shannon { from = "probabilities" }
    assert.near(0.5 * math.log(2 * 0.3 / 0.8), js:gradient(p, y)[1][2], 1e-14)
    assert.near(0.5 * 0.5 / (0.3 * 0.8), js:hessian(p, y)[1][2], 1e-14)
    local brier = loss.softmax_brier { from = "probabilities" }
    assert.near(2 * (0.5 - 0), brier:gradient(p, y)[1][3], 1e-15)
  end)

  it("has limits at 0 and 1", function()
    local f = loss.binary_cross_entropy { from = "probabilities",
      reduction = "none" }
    assert.same({ 0, math.huge }, f({ 1, 0 }, { 1, 1 }):totable())
    local focal = loss.focal { from = "probabilities", reduction = "sum" }
    assert.equal(0, focal:gradient({ 1 }, { 1 })[1])
    assert.equal(0, focal:gradient({ 0 }, { 0 })[1])
  end)

  it("is refused for what is no probability, and with shifts", function()
    refuses("row 2 holds 1.5; wanted a probability", function()
      loss.focal { from = "probabilities" }({ 0.5, 1.5 }, { 1, 0 })
    end)
    refuses("probabilities in row 1 add up to 0.9; wanted 1", function()
      loss.cross_entropy { from = "probabilities" }({ { 0.5, 0.4 } }, { 1 })
    end)
    refuses("act on logits; focal is given probabilities", function()
      loss.focal { from = "probabilities", temperature = 2 }({ 0.5 }, { 1 })
    end)
    refuses("from is 'scores'; wanted logits or probabilities", function()
      loss.focal { from = "scores" }
    end)
  end)
end)

describe("the Hessian", function()
  -- gamma = 2 bends down below x = -2.7904.
  local x, y = { -4, 1 }, { 1, 1 }
  local function hessian(mode)
    return loss.focal { hessian = mode, reduction = "sum" }:hessian(x, y)
  end

  it("is exact, positive, absolute or has a floor", function()
    local exact = hessian "exact"
    assert.is_true(exact[1] < 0 and exact[2] > 0)
    assert.near(-exact[1], hessian "absolute"[1], 1e-17)
    assert.equal(exact[2], hessian "absolute"[2])
    assert.equal(1e-3, hessian(1e-3)[1])
    assert.equal(exact[2], hessian(1e-3)[2])
    -- q^g p ((1 + 2g) q + g^2 p l), without the term -g q l.
    local function positive(at)
      local p = 1 / (1 + math.exp(-at))
      local q, l = 1 - p, math.log(1 + math.exp(-at))
      return q ^ 2 * p * (5 * q + 4 * p * l)
    end
    assert.near(positive(-4), hessian "positive"[1], 1e-15)
    assert.near(positive(1), hessian "positive"[2], 1e-15)
  end)

  it("is never negative in the positive mode, whatever the loss", function()
    for _, mode in ipairs { "positive", "absolute", 0 } do
      each("binary", function(name)
        local f = loss[name] { hessian = mode }
        for _, at in ipairs { -30, -4, -1, 0, 2, 50 } do
          for _, target in ipairs { 0, 0.4, 1 } do
            assert.is_true(f:hessian({ at }, { target })[1] >= 0)
          end
        end
      end)
      each("classes", function(name)
        if is_distilled(name) or name == "ldam" then return end
        local f = loss[name] { hessian = mode }
        local h = f:hessian({ { 9, -2, 0.5 }, { -3, 4, 0 } },
          { { 0.1, 0.7, 0.2 }, { 0.5, 0.25, 0.25 } })
        for i = 1, 2 do
          for j = 1, 3 do assert.is_true(h[i][j] >= 0, name) end
        end
      end)
    end
  end)

  it("is never negative in the positive mode of a difference", function()
    local options = { hessian = "positive" }
    local down = loss.focal(options) - loss.poly1(options)
    local turned = -1 * loss.focal(options)
    for _, at in ipairs { -4, -2, 0.5, 3 } do
      assert.is_true(down:hessian({ at }, { 1 })[1] >= 0)
      assert.is_true(turned:hessian({ at }, { 1 })[1] >= 0)
    end
  end)

  it("is refused as another word", function()
    refuses("hessian is %-1; wanted a floor >= 0", function()
      loss.focal { hessian = -1 }
    end)
    refuses("hessian is 'newton'; wanted exact, positive or absolute",
      function() loss.focal { hessian = "newton" } end)
    refuses("hessian is inf; wanted a floor >= 0", function()
      loss.focal { hessian = math.huge }
    end)
  end)
end)
