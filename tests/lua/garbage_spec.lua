-- What is called each frame leaves no garbage: with `out` buffers not one byte.
local compile = dofile "tests/lua/compile.lua"
local neap = require "neap"

-- The bytes that 1,000 calls leave, the collector being stopped.
local function garbage_of(call, ...)
  compile(false)
  collectgarbage()
  collectgarbage "stop"
  call(...) -- names that Lua makes once, and buffers
  local before = collectgarbage "count"
  for _ = 1, 1000 do call(...) end
  local left = 1024 * (collectgarbage "count" - before)
  collectgarbage "restart"
  compile(true)
  return left
end

local x = neap.array { 0.5, -1, 2, 0.1 }
local y = neap.array { 1, 0, 1, 0 }
local rows = neap.array { { 0.5, -1, 2 }, { 2, 1, 0 } }
local classes = neap.array({ 0, 2 }, "int32")

describe("no garbage is left by", function()
  it("the value of every loss", function()
    for _, row in ipairs(neap.loss.list()) do
      local loss = neap.loss[row.name] {}
      local logits = row.kind == "classes" and rows or x
      local targets = row.kind == "classes" and classes or y
      if pcall(loss, logits, targets) then
        assert.equal(0, garbage_of(loss, logits, targets), row.name)
      end
    end
  end)

  it("derivatives into buffers", function()
    local out, bend = neap.zeros(4), neap.zeros(4)
    local into = { gradient = out, hessian = bend }
    for _, loss in ipairs {
      neap.loss.focal {}, neap.loss.focal { class_weights = { 1, 3 } },
      0.5 * neap.loss.focal {} + neap.loss.brier {},
      neap.loss.define { name = "mine", margin = function(m)
        return neap.math.softplus(-m)
      end } {},
    } do
      assert.equal(0, garbage_of(loss.gradient, loss, x, y, nil, out))
      assert.equal(0, garbage_of(loss.hessian, loss, x, y, nil, out))
      assert.equal(0, garbage_of(loss.evaluate, loss, x, y, into))
    end
  end)

  it("the prediction of a row into a buffer", function()
    local d = neap.data.gaussians { n = 50, features = 3, prior = 0.4 }
    local row, out = neap.array { { 1, 2, 3 } }, neap.zeros(1)
    for _, model in ipairs { neap.model.linear {}, neap.model.mlp {} } do
      local fit = neap.train { data = d, loss = neap.loss.focal {},
        model = model }
      local into = neap.zeros(1, nil, fit.precision)
      assert.equal(0, garbage_of(fit.logits, fit, row, into))
      assert.equal(0, garbage_of(fit.probabilities, fit, row, into))
      assert.equal(fit:probabilities(row)[1], into[1])
    end
    assert.equal(0, garbage_of(out.fill, out, 2))
  end)

  it("the prediction of a calibrated fit into a buffer", function()
    local d = neap.data.gaussians { n = 50, features = 3, prior = 0.4 }
    local other = neap.data.gaussians { n = 80, features = 3, prior = 0.4,
      part = 1 }
    local row, out = neap.array { { 1, 2, 3 } }, neap.zeros(1)
    for _, given in ipairs { { method = "platt", data = other },
      { method = "isotonic", data = other },
      { method = "temperature", data = other }, { method = "inverse_focal" } }
    do
      for _, optimizer in ipairs { neap.optimizer.lbfgs {},
        neap.optimizer.adam {} } do -- float64 and float32
        local fit = neap.train { data = d, optimizer = optimizer,
          loss = neap.loss.focal { class_weights = "balanced" } }
          :calibrate(given)
        assert.equal(0, garbage_of(fit.logits, fit, row, out), given.method)
        assert.equal(fit:logits(row)[1], out[1])
        assert.equal(0, garbage_of(fit.probabilities, fit, row, out))
        assert.equal(fit:probabilities(row)[1], out[1])
      end
    end
  end)

  it("elements of arrays", function()
    local a = neap.zeros(3)
    assert.equal(0, garbage_of(function() a[2] = a[1] + #a end))
  end)
end)
