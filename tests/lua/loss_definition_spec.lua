-- Which functions can be losses, and what the others are told.
local cases = dofile "tests/lua/defined_cases.lua"
local compile = dofile "tests/lua/compile.lua"
local neap = require "neap"
local m = neap.math

local focal = cases.focal

describe("a definition", function()
  local function refused(message, given)
    given.name = given.name or "bad"
    local ok, why = pcall(neap.loss.define, given)
    assert.is_false(ok)
    assert.truthy(tostring(why):find(message, 1, true), tostring(why))
  end

  local function of(f) return { binary = f } end

  it("must be one function of its arguments", function()
    refused("wanted one of binary", {})
    refused("binary is a number", { binary = 1 })
    refused("returns a string", of(function() return "hello" end))
    refused("returns 0 values", of(function() end))
    refused("returns 2 values", of(function(x) return x, x end))
    refused("name is 'a b'", { name = "a b",
      margin = function(x) return x end })
    refused("name is 'focal', as a loss of neap is", { name = "focal",
      margin = function(x) return x end })
    refused("did you mean 'params'", { parms = {}, margin = function() end })
    refused("a loss of the margin alone has no columns", { columns = { "a" },
      margin = function(x) return x end })
  end)

  it("may not test what it traces", function()
    refused("branches near x = 0, y = 1", of(function(x, y)
      if x == 0 then return y end
      return x
    end))
    refused("neap.math.less", of(function(x, y)
      return x < 0 and y or x
    end))
    refused("branches near x", of(function(x)
      return math.random() * x
    end))
  end)

  it("may not yield, raise, recurse for ever or be endless", function()
    refused("yields", of(function() coroutine.yield(1) end))
    refused("an error that is a table", of(function() error {} end))
    refused("half-way", of(function(x) error("half-way" .. #tostring(x)) end))
    refused("stack overflow", of(function()
      local function r() return 1 + r() end
      return r()
    end))
    refused("more than 4096 operations", of(function(x)
      for _ = 1, 10000 do x = m.exp(x) + 1 end
      return x
    end))
    refused("number expected, got ", of(function(x)
      return math.exp(x)
    end))
    refused("os.exit is no number", of(function(x)
      return x + (type(os.exit) == "number" and os.exit
        or error("os.exit is no number"))
    end))
  end)

  it("reads only what it has", function()
    refused("columns names 'a' twice", { columns = { "a", "a" },
      binary = function(x, _, _, c) return x * c.a end })
    refused("p.gama is not defined; the loss has gamma", {
      params = { gamma = 2 },
      binary = function(x, _, p) return x * p.gama end })
    refused("c.amount is not defined; the loss has none",
      of(function(x, _, _, c) return x * c.amount end))
    refused("p can't be written", { params = { gamma = 2 },
      binary = function(x, _, p)
        p.gamma = 3
        return x
      end })
  end)

  it("can't be used after it has returned", function()
    local kept
    neap.loss.define { name = "kept", margin = function(x)
      if type(x) ~= "number" then kept = x end
      return x * x
    end }
    assert.error_matches(function() return kept + 1 end,
      "used after its function has returned")
    refused("of another function that was traced", of(function(x)
      return neap.map(function(u) return u + x end, { 1, 2 })[1]
    end))
  end)

  it("checks its parameters", function()
    local own = focal()
    assert.error_matches(function() own { gamma = -1 } ({ 1 }, { 1 }) end,
      "gamma is %-1")
    assert.error_matches(function() own { gama = 1 } end,
      "did you mean 'gamma'")
    local function params(p)
      return { params = { a = p }, margin = function(x) return x end }
    end
    refused("the default of params.a is 3", params { 3, max = 2 })
    refused("the default of params.a is nil", params { min = 2 })
    refused("params.a goes from 2 to 1", params { 1, min = 2, max = 1 })
    refused("params.a is 'x'", params "x")
    refused("did you mean 'min'", params { 1, mim = 0 })
    for _, name in ipairs { "reduction", "hessian", "gradient", "name" } do
      refused("params has the name " .. name .. ", which every loss has",
        { params = { [name] = 1 }, margin = function(x) return x end })
    end
  end)

  it("is traced once, whatever the parameters are", function()
    local calls = 0
    local own = neap.loss.define { name = "counted", params = { a = 1 },
      margin = function(x, p)
        calls = calls + 1
        return p.a * x * x
      end }
    local before = calls
    for a = 1, 9 do assert.equal(4.0 * a, own { a = a }({ 2 }, { 1 })) end
    assert.equal(before, calls)
  end)

  it("leaks nothing, good or bad", function()
    local function work()
      for i = 1, 20 do
        focal()
        pcall(neap.loss.define, { name = "bad", binary = function(x)
          for _ = 1, 100 * i do x = m.exp(x) end
          error "half-way"
        end })
      end
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    compile(false)
    work()
    local first = work()
    assert.is_true(work() - first < 8)
    compile(true)
  end)

  it("says where digits are lost", function()
    local own = neap.loss.define { name = "cancels", margin = function(x)
      return 1 - m.tanh(x)
    end }
    assert.matches("its value may lose digits near a margin of",
      own.warnings[1])
    assert.matches("warning: cancels: its value", own:show())
    assert.same({}, focal().warnings)
  end)

  it("tells its formula and program", function()
    local text = focal():show()
    assert.matches("\n  f%(m%) = [^\n]*sigmoid%(%-m%)^gamma", text)
    assert.matches("\n  f%(m%) = [^\n]*softplus%(%-m%)", text)
    assert.matches("f'%(m%) = ", text)
    assert.matches("rise_q%(x, small, l1, gamma, low%(gamma%)%)", text)
    assert.equal(neap.loss.focal { gamma = 2 }:show():match "rise_q", "rise_q")
  end)
end)
