-- neap.loss: src/bind/loss.c. The figures are those of the focal paper's
-- example in 40-digit arithmetic; the kernels have their own tests.
local compile = dofile "tests/lua/compile.lua"
local neap = require "neap"

local function logit(p) return math.log(p / (1 - p)) end

describe("a loss", function()
  it("gives the example's figures", function()
    local easy, hard = { logit(0.01) }, { logit(0.1) }
    local ce = neap.loss.binary_cross_entropy {}
    local focal = neap.loss.focal {}
    assert.near(0.010050335853501441, ce(easy, { 0 }), 1e-16)
    assert.near(2.3025850929940457, ce(hard, { 1 }), 1e-14)
    assert.near(1.0050335853501441e-6, focal(easy, { 0 }), 1e-20)
    assert.near(1.865093925325177, focal(hard, { 1 }), 1e-14)
    local weighted = neap.loss.focal { gamma = 2, alpha = 0.25 }
    assert.near(0.25 * 1.865093925325177, weighted(hard, { 1 }), 1e-14)
    assert.near(0.75 * 1.0050335853501441e-6, weighted(easy, { 0 }), 1e-20)
  end)

  it("reduces by mean, sum or not at all", function()
    local x, y = { 1, -2, 3 }, { 1, 0, 0 }
    local values = neap.loss.focal { reduction = "none" }(x, y)
    local sum = values[1] + values[2] + values[3]
    assert.near(sum, neap.loss.focal { reduction = "sum" }(x, y), 1e-15)
    assert.near(sum / 3, neap.loss.focal {}(x, y), 1e-15)
    local total, count = neap.loss.focal {}:evaluate(x, y)
    assert.near(sum, total, 1e-15)
    assert.equal(3, count)
  end)

  it("fills the caller's arrays with derivatives of the sum", function()
    local x, y = neap.array { 1, -2, 3 }, neap.array { 1, 0, 0.5 }
    local focal = neap.loss.focal { reduction = "sum" }
    local g, h = neap.zeros(3), neap.zeros(3)
    focal:evaluate(x, y, { gradient = g, hessian = h })
    assert.same(g:totable(), focal:gradient(x, y):totable())
    assert.same(h:totable(), focal:hessian(x, y):totable())
    local out = neap.zeros(3)
    assert.equal(out, neap.loss.focal {}:gradient(x, y, nil, out))
    for i = 1, 3 do assert.near(g[i] / 3, out[i], 1e-16) end
  end)

  it("weighs rows and classes", function()
    local x, y = { 1, -2 }, { 1, 0 }
    local plain = neap.loss.focal { reduction = "none" }(x, y)
    local loss = neap.loss.focal {
      reduction = "none", class_weights = { 0.5, 3 },
    }
    local values = loss(x, y, { 2, 4 })
    assert.near(2 * 3 * plain[1], values[1], 1e-15)
    assert.near(4 * 0.5 * plain[2], values[2], 1e-15)
  end)

  it("balances classes by n / (k n_c)", function()
    local x, y = { 1, 1, 1, 1 }, { 1, 0, 0, 0 }
    local plain = neap.loss.binary_cross_entropy { reduction = "none" }(x, y)
    local balanced = neap.loss.binary_cross_entropy {
      reduction = "none", class_weights = "balanced",
    }(x, y)
    assert.near(plain[1] * 2, balanced[1], 1e-15)
    assert.near(plain[2] * 2 / 3, balanced[2], 1e-15)
  end)

  it("takes classes by number, from 0, or as probabilities", function()
    local z = { { 0, 1, 2 }, { 3, 1, 1 } }
    local loss = neap.loss.cross_entropy { reduction = "none" }
    local by_number = loss(z, { 2, 0 })
    local one_hot = loss(z, { { 0, 0, 1 }, { 1, 0, 0 } })
    assert.same(by_number:totable(), one_hot:totable())
    assert.near(math.log(1 + math.exp(-1) + math.exp(-2)), by_number[1], 1e-15)
    local focal = neap.loss.softmax_focal { gamma = 1, reduction = "none" }
    local p = 1 / (1 + math.exp(-1) + math.exp(-2))
    assert.near(-(1 - p) * math.log(p), focal(z, { 2, 0 })[1], 1e-15)
  end)

  it("shows its parameters", function()
    local focal = neap.loss.focal { alpha = 0.25 }
    assert.equal(2, focal.gamma)
    assert.equal(0.25, focal.alpha)
    assert.equal(false, neap.loss.focal {}.alpha)
    assert.equal("neap.focal (gamma = 2, alpha = 0.25)", tostring(focal))
    for _, row in ipairs(neap.loss.list()) do
      local loss = neap.loss[row.name] {}
      assert.equal(row.name, loss.name)
      assert.equal(row.kind, loss.kind)
      for _, parameter in ipairs(row.parameters) do
        assert.equal(parameter.default, loss[parameter.name])
      end
    end
  end)

  it("keeps the logits' type", function()
    local x = neap.array({ 1, 2 }, "float32")
    local y = neap.array({ 1, 0 }, "float32")
    assert.equal("float32", neap.loss.focal {}:gradient(x, y):dtype())
  end)

  it("leaves no garbage where results have a place", function()
    local function grown(f)
      compile(false)
      f()
      collectgarbage()
      collectgarbage "stop"
      local before = collectgarbage "count"
      for _ = 1, 100000 do f() end
      local now = collectgarbage "count"
      collectgarbage "restart"
      compile(true)
      return now - before
    end
    local x, y, out = neap.zeros(64), neap.zeros(64), neap.zeros(64)
    local focal, ones = neap.loss.focal {}, neap.zeros(64):fill(1)
    assert.equal(0, grown(function() return focal(x, y) end))
    assert.equal(0, grown(function() focal:gradient(x, y, nil, out) end))
    assert.equal(0, grown(function() focal:hessian(x, y, ones, out) end))
    local into = { weights = ones, gradient = out, hessian = neap.zeros(64) }
    assert.equal(0, grown(function() focal:evaluate(x, y, into) end))
    local z, labels = neap.zeros(8, 8), neap.zeros(8, nil, "int32")
    local rows = neap.zeros(8, 8)
    local sum = 0.5 * neap.loss.softmax_focal { class_weights = "balanced" }
      + neap.loss.ldam {}
    assert.equal(0, grown(function() sum:gradient(z, labels, nil, rows) end))
  end)
end)

describe("NaN and impossible classes", function()
  local nan = 0 / 0
  for _, row in ipairs(neap.loss.list()) do
    local name = row.name
    if row.kind == "classes" and name ~= "distillation" then
      it("come through " .. name, function()
        local f = neap.loss[name] {
          reduction = "sum",
          label_smoothing = name == "reverse_kl" and 0.1 or nil,
        }
        for _, k in ipairs { 2, 3, 17, 100 } do
          for at = 1, k, k - 1 do
            local z, none = {}, {}
            for j = 1, k do z[j], none[j] = j / k, -math.huge end
            z[at] = nan
            local value = f({ z }, { 0 })
            assert.is_true(value ~= value, ("NaN at %d of %d"):format(at, k))
            value = f({ none }, { 0 })
            assert.is_true(value ~= value, ("-inf in all of %d"):format(k))
          end
        end
      end)
    end
  end
end)

describe("a loss refuses", function()
  local function refuses(message, f)
    assert.error_matches(f, message)
  end

  it("unknown options, naming the nearest", function()
    refuses("unknown option 'gama'; did you mean 'gamma'%?", function()
      neap.loss.focal { gama = 2 }
    end)
    refuses("unknown option 'alpha'", function()
      neap.loss.softmax_focal { alpha = 2 }
    end)
    refuses("option names are strings", function() neap.loss.focal { 2 } end)
  end)

  it("parameters out of their range", function()
    refuses("gamma is %-1; wanted a number, 0", function()
      neap.loss.focal { gamma = -1 }
    end)
    refuses("gamma is nan", function() neap.loss.focal { gamma = 0 / 0 } end)
    refuses("alpha is 1.5; wanted a number, 0 to 1 or false", function()
      neap.loss.focal { alpha = 1.5 }
    end)
    refuses("gamma is true", function() neap.loss.focal { gamma = true } end)
    refuses("gamma is '2'", function() neap.loss.focal { gamma = "2" } end)
    refuses("reduction is 'avg'; wanted mean, sum or none", function()
      neap.loss.focal { reduction = "avg" }
    end)
    refuses("class_weights%[2%] is %-1", function()
      neap.loss.focal { class_weights = { 1, -1 } }
    end)
    refuses("class_weights has 3 numbers; focal wants 2", function()
      neap.loss.focal { class_weights = { 1, 1, 1 } }
    end)
  end)

  it("shapes that differ, printing both", function()
    refuses("targets are %[2%] and logits are %[3%]", function()
      neap.loss.focal {}({ 1, 2, 3 }, { 1, 0 })
    end)
    refuses("targets are %[3%] and logits are %[2%]%[2%]", function()
      neap.loss.cross_entropy {}({ { 1, 2 }, { 1, 2 } }, { 1, 0, 1 })
    end)
    refuses("targets are %[2%]%[2%] and logits are %[2%]", function()
      neap.loss.focal {}({ 1, 2 }, neap.array({ { 0, 1 }, { 1, 0 } }, "int32"))
    end)
    refuses("weights are %[1%]; wanted %[2%]", function()
      neap.loss.focal {}({ 1, 2 }, { 1, 0 }, { 1 })
    end)
    refuses("out is float64 %[3%]; wanted float64 %[2%]", function()
      neap.loss.focal {}:gradient({ 1, 2 }, { 1, 0 }, nil, neap.zeros(3))
    end)
  end)

  it("targets that are no class, naming the row", function()
    refuses("target in row 2 is 2; wanted 0 to 1", function()
      neap.loss.focal {}({ 1, 2 }, { 1, 2 })
    end)
    refuses("target in row 1 is 3; wanted a class, 0 to 2", function()
      neap.loss.cross_entropy {}({ { 1, 2, 3 } }, { 3 })
    end)
    refuses("target in row 1 is 3", function()
      neap.loss.cross_entropy { class_weights = "balanced" }({ { 1, 2, 3 } },
        { 3 })
    end)
  end)

  it("classes that are no int32 array", function()
    refuses("targets are float64 %[2%]; wanted int32 classes, or float64 "
      .. "probabilities %[2%]%[3%]", function()
      neap.loss.cross_entropy {}({ { 1, 2, 3 }, { 0, -1, 1 } },
        neap.array { 2, 0 })
    end)
    refuses("wanted logits in rows of two or more classes", function()
      neap.loss.cross_entropy {}({ 1, 2, 3 }, { 2 })
    end)
    refuses('wanted { "effective", beta = }', function()
      neap.loss.focal { class_weights = { "effective", bta = 0.9 } }
    end)
  end)

  it("types that differ, and what is no number", function()
    local x = neap.array({ 1, 2 }, "float32")
    refuses("targets are float64; wanted float32", function()
      neap.loss.focal {}(x, neap.array { 1, 0 })
    end)
    refuses("array or table of numbers expected, got string", function()
      neap.loss.focal {}("x", { 1 })
    end)
    refuses("element 1 is a string; wanted a number", function()
      neap.loss.focal {}({ "1" }, { 1 })
    end)
    refuses("the mean of nothing has no value", function()
      neap.loss.focal { empty = "error" }({}, {})
    end)
  end)
end)
