-- Losses written in Lua: exact, derived right, run as the built-in ones are,
-- and refused with a clear message where they can't be.
local cases = dofile "tests/lua/defined_cases.lua"
local neap = require "neap"
local formulas = require "neap.formulas"
local m = neap.math

local ulps, grid, focal = cases.ulps, cases.grid, cases.focal

describe("a built-in loss rewritten in Lua", function()
  local function compare(name, own, options)
    for _, dtype in ipairs { "float64", "float32" } do
      local x, y = grid(dtype)
      local mine, theirs = { reduction = "none" }, { reduction = "none" }
      for key, value in pairs(options) do
        mine[key], theirs[key] = value, value
      end
      local a, b = own(mine), neap.loss[name](theirs)
      local value, gradient = a(x, y), a:gradient(x, y)
      local value2, gradient2 = b(x, y), b:gradient(x, y)
      local worst = 0
      for i = 1, #x do
        worst = math.max(worst, ulps(value[i], value2[i], dtype),
          ulps(gradient[i], gradient2[i], dtype))
      end
      assert.is_true(worst <= 32, ("%s %s: %g ULP"):format(name, dtype, worst))
    end
  end

  local all = {
    binary_cross_entropy = { {} },
    focal_star = { {}, { gamma = 0.7, beta = -3 } },
    poly1 = { {}, { epsilon = 0.5 } },
    generalized_cross_entropy = { {}, { q = 0.2 }, { q = 1 } },
    symmetric_cross_entropy = { {}, { forward = 2, reverse = 0.3 } },
    asymmetric = { {}, { gamma_positive = 1, gamma_negative = 2.5 } },
    brier = { {} },
    hinge = { {}, { margin = 3 } },
    squared_hinge = { {} },
    modified_huber = { {} },
  }
  for name, list in pairs(all) do
    it("is " .. name, function()
      local parts = formulas[name](true)
      parts.name = "my_" .. name
      local own = neap.loss.define(parts)
      for _, options in ipairs(list) do compare(name, own, options) end
    end)
  end

  it("is asymmetric, without a margin", function()
    local parts = formulas.asymmetric(false)
    parts.name = "my_asymmetric"
    local own = neap.loss.define(parts)
    for _, gamma in ipairs { 0, 1, 2.5, 4 } do
      local a = own { gamma_negative = gamma, reduction = "none" }
      local b = neap.loss.asymmetric { gamma_negative = gamma, margin = 0,
        reduction = "none" }
      for _, dtype in ipairs { "float64", "float32" } do
        local x, y = grid(dtype)
        local one, two = a:gradient(x, y), b:gradient(x, y)
        for i = 1, #x do
          assert.is_true(ulps(one[i], two[i], dtype) <= 32)
        end
      end
    end
  end)

  it("is focal, with and without alpha", function()
    for _, alpha in ipairs { true, false } do
      for _, soft in ipairs { "linear", "expected" } do
        local parts = formulas.focal(alpha, soft)
        parts.name = "my_focal"
        local own = neap.loss.define(parts)
        for _, gamma in ipairs { 0, 0.5, 1, 1.7, 2, 5 } do
          compare("focal", own, { gamma = gamma,
            alpha = alpha and 0.25 or nil })
        end
      end
    end
  end)

  it("is focal of soft targets, too", function()
    for _, soft in ipairs { "linear", "expected" } do
      local parts = formulas.focal(true, soft)
      parts.name = "my_focal"
      local own = neap.loss.define(parts)
      local a = own { gamma = 1.5, alpha = 0.3, reduction = "none" }
      local b = neap.loss.focal { gamma = 1.5, alpha = 0.3, soft = soft,
        reduction = "none" }
      local x, y = { -3, -1, 0.5, 2, 6 }, { 0.1, 0.5, 0.9, 0.3, 0.7 }
      for _, of in ipairs { "gradient", "hessian" } do
        local one, two = a[of](a, x, y), b[of](b, x, y)
        for i = 1, #x do assert.near(two[i], one[i], 1e-14) end
      end
      for i = 1, #x do assert.near(b(x, y)[i], a(x, y)[i], 1e-14) end
    end
  end)

  it("is softmax_focal, by the lift of the margin", function()
    local own = neap.loss.define {
      name = "lifted", params = { gamma = { 2, min = 0 } },
      margin = function(t, p)
        return -m.log_sigmoid(t) * m.sigmoid(-t) ^ p.gamma
      end,
    }
    local z = { { 1, 2, 3 }, { 30, -4, 5 }, { -1e4, 1e4, 0 }, { 0, 0, 0 } }
    local a, b = own:softmax { gamma = 1.5 },
      neap.loss.softmax_focal { gamma = 1.5 }
    assert.equal(b(z, { 0, 2, 2, 1 }), a(z, { 0, 2, 2, 1 }))
    for _, y in ipairs { { 0, 2, 2, 1 }, { { 0.2, 0.3, 0.5 }, { 1, 0, 0 },
      { 0, 0, 1 }, { 0.5, 0.25, 0.25 } } } do
      local one, two = a:gradient(z, y), b:gradient(z, y)
      for i = 1, #z do
        for j = 1, 3 do
          assert.near(two:row(i)[j], one:row(i)[j],
            1e-15 * math.abs(two:row(i)[j]) + 1e-300)
        end
      end
    end
    assert.has_error(function() focal():softmax {} end)
  end)
end)

-- ------------------------------------------------------------------ operations

-- Every function, where it is smooth: f(x), and where to look at it.
local operations = {
  exp = { function(x) return m.exp(0.3 * x) end },
  expm1 = { function(x) return m.expm1(0.3 * x) end },
  log = { function(x) return m.log(x * x + 0.5) end },
  log1p = { function(x) return m.log1p(x * x) end },
  pow = { function(x) return m.pow(x * x + 0.5, 1.3) end },
  power_of_x = { function(x) return (x * x + 0.5) ^ (0.2 * x) end },
  sqrt = { function(x) return m.sqrt(x * x + 0.5) end },
  abs = { function(x) return m.abs(x) * x end },
  tanh = { function(x) return m.tanh(x) end },
  sigmoid = { function(x) return m.sigmoid(2 * x - 1) end },
  log_sigmoid = { function(x) return m.log_sigmoid(0.5 * x) end },
  softplus = { function(x) return m.softplus(1 - x) end },
  min = { function(x) return m.min(x, 2, x * x) end },
  max = { function(x) return m.max(x, -2, 3 - x) end },
  where = { function(x) return m.where(m.less(x, 0.1), x * x, m.exp(-x)) end },
  greater = { function(x) return m.where(m.greater(x, 0.1), x, -x * x) end },
  equal = { function(x) return m.where(m.equal(x, 5), x, x * x * x) end },
  quotient = { function(x) return (x - 1) / (x * x + 1) end },
  difference = { function(x) return 3 - x - x * x end },
  negative = { function(x) return -x * (-x - 2) end },
  power_of_sigmoid = { function(x) return m.sigmoid(x) ^ (0.5 * x) end },
  exp_of_softplus = { function(x) return m.exp(-1.5 * m.softplus(x)) end },
}
local places = { -3.1, -1.37, -0.62, -0.21, 0.33, 0.87, 1.71, 2.9 }

describe("every operation", function()
  for name, row in pairs(operations) do
    it("has its derivatives: " .. name, function()
      local f, h = row[1], 1e-4
      local own = neap.loss.define { name = "f", margin = f }
      local ones = {}
      for i = 1, #places do ones[i] = 1 end
      local loss = own { reduction = "none" }
      local value = loss(places, ones)
      local gradient, hessian = loss:gradient(places, ones),
        loss:hessian(places, ones)
      for i, x in ipairs(places) do
        local size = math.max(1, math.abs(f(x)))
        assert.near(f(x), value[i], 1e-13 * size)
        -- Differences of the fourth order: their error is about h^4.
        local function slope(g)
          return (8 * (g(x + h) - g(x - h)) - (g(x + 2 * h) - g(x - 2 * h)))
            / (12 * h)
        end
        assert.near(slope(f), gradient[i], 1e-9 * size)
        assert.near(slope(function(z)
          return loss:gradient({ z }, { 1 })[1]
        end), hessian[i], 1e-9 * size)
      end
    end)
  end

  -- Expressions at random, as Lua computes them and as a program does.
  it("is what plain Lua makes of it", function()
    local state = 20260807
    local function random(n)
      state = state * 48271 % 2147483647
      return state % n + 1
    end
    local unary = { m.exp, m.expm1, m.tanh, m.sigmoid, m.log_sigmoid,
      m.softplus, m.abs, function(a) return m.log(a * a + 1) end,
      function(a) return m.log1p(a * a) end,
      function(a) return m.sqrt(a * a + 0.25) end,
      function(a) return -a end, function(a) return a ^ 2 end,
      function(a) return (a * a + 1) ^ -0.7 end }
    local binary = { function(a, b) return a + b end,
      function(a, b) return a - b end, function(a, b) return a * b end,
      function(a, b) return a / (b * b + 1) end, m.min, m.max, m.less,
      m.greater, m.equal,
      function(a, b) return m.where(m.less(a, b), b, a) end }
    local function expression(depth)
      local kind = depth == 0 and 4 or random(5)
      if kind == 4 or kind == 5 and depth == 0 then
        local which, number = random(3), random(9) / 3 - 1.5
        return function(u, v) return ({ u, v, number })[which] end
      elseif kind <= 2 then
        local op, a = unary[random(#unary)], expression(depth - 1)
        return function(u, v) return op(m.max(-20, m.min(a(u, v), 20))) end
      end
      local op, a, b = binary[random(#binary)], expression(depth - 1),
        expression(depth - 1)
      return function(u, v) return op(a(u, v), b(u, v)) end
    end
    local u, v = neap.zeros(67), neap.zeros(67)
    for i = 1, 67 do u[i], v[i] = (i % 9) - 4.1, (i % 13) / 3 - 2.2 end
    local worst = 0
    for _ = 1, 400 do
      local f = expression(5)
      -- What is a plain number can't be an array.
      local whole = neap.map(function(a, b) return f(a, b) + 0 * a end, u, v)
      for i = 1, 67 do
        local want = f(u[i], v[i])
        if math.abs(want) < 1e6 then
          worst = math.max(worst, math.abs(whole[i] - want)
            / math.max(1, math.abs(want)))
        end
      end
    end
    assert.is_true(worst < 1e-9, tostring(worst))
  end)
end)

describe("a defined loss", function()
  local cost = neap.loss.define {
    name = "cost", columns = { "amount" }, params = { weight = { 1, min = 0 } },
    binary = function(x, y, p, c)
      return (1 - y) * m.softplus(x) + y * p.weight * c.amount * m.softplus(-x)
    end,
  }

  it("passes the checks of built-in ones", function()
    local check = require "neap.loss_check"
    for _, loss in ipairs { focal() { gamma = 1.5 }, cost { weight = 3 },
      cost {} + 0.5 * neap.loss.focal {} } do
      for _, row in ipairs(check.run(loss)) do
        assert.is_true(row.passed, row.name .. " of " .. tostring(loss))
      end
    end
  end)

  it("reads columns", function()
    local x, y, amount = { 1, -2 }, { 0, 1 }, { 5, 7 }
    local want = (math.log(1 + math.exp(1)) + 7 * math.log(1 + math.exp(2))) / 2
    assert.near(want, cost {}(x, y, nil, { amount = amount }), 1e-14)
    local sum = 2 * cost {} - neap.loss.binary_cross_entropy {}
    assert.near(2 * want - neap.loss.binary_cross_entropy {}(x, y),
      sum(x, y, nil, { amount = amount }), 1e-14)
    assert.error_matches(function() cost {}(x, y) end, "reads c.amount")
    assert.error_matches(function() cost {}(x, y, nil, { amont = amount }) end,
      "columns has no amount")
    assert.error_matches(function() cost {}(x, y, nil, { amount = { 1 } }) end,
      "column amount is float64 %[1%]; wanted float64 %[2%]")
  end)

  local function rows(n)
    local x, y, amount = {}, {}, {}
    for i = 1, n do
      local u = (math.sin(i * 12.9898) * 43758.5453) % 1
      local v = (math.sin(i * 78.233) * 43758.5453) % 1
      x[i], y[i] = { u, v }, u + v > 1.2 and 1 or 0
      amount[i] = 0.5 + 3 * v
    end
    return neap.data.from { x = x, y = y, columns = { amount = amount } }
  end

  it("trains as weights would, which it reads of the data", function()
    local d = rows(1500)
    local train = d:split { test = 0.3, seed = 1 }
    local weights = neap.zeros(train.n)
    for i = 1, train.n do
      weights[i] = train.y[i] == 1 and 2 * train:column("amount")[i] or 1
    end
    local weighed = neap.data.from { x = train.x, y = train.y,
      weights = weights }
    for _, optimizer in ipairs { neap.optimizer.newton {},
      neap.optimizer.adam {} } do
      local model = neap.model.linear { l2 = 0.01 }
      local a = neap.train { data = train, loss = cost { weight = 2 },
        optimizer = optimizer, model = model, validation = optimizer.batches
        and d or nil }
      local b = neap.train { data = weighed, optimizer = optimizer,
        loss = neap.loss.binary_cross_entropy {}, model = model }
      if not optimizer.batches then
        assert.near(b.objective, a.objective, 1e-12)
      end
      assert.is_true(#a.weights == 2)
    end
    assert.error_matches(function()
      neap.train { data = neap.data.gaussians { n = 50, features = 2 },
        loss = cost {} }
    end, "the loss reads c.amount; the data have x1, x2")
  end)

  it("trains points in lockstep, as the built-in one", function()
    local d = rows(700)
    local own, points, theirs = focal(), {}, {}
    for i, gamma in ipairs { 0.5, 1, 2, 3.5 } do
      points[i] = { loss = own { gamma = gamma },
        optimizer = neap.optimizer.sgd { learning_rate = 0.1 } }
      theirs[i] = { loss = neap.loss.focal { gamma = gamma },
        optimizer = points[i].optimizer }
    end
    local function run(list)
      local job = neap.job { data = d, points = list, epochs = 3, batch = 100 }
      while not job:step(1) do end
      return job:fits()
    end
    local a, b = run(points), run(theirs)
    local alone = run { points[3] }
    collectgarbage()
    for i = 1, 4 do
      for j = 1, 2 do
        assert.near(b[i].weights[j], a[i].weights[j], 1e-5)
      end
    end
    assert.equal(a[3].weights[1], alone[1].weights[1])
  end)

  it("is kept alive by what uses it", function()
    local loss = focal() { gamma = 2 }
    local job = neap.job { data = rows(100), epochs = 2, batch = 50,
      points = { { loss = focal() { gamma = 1 },
        optimizer = neap.optimizer.sgd {} } } }
    for _ = 1, 3 do collectgarbage() end
    assert.near(neap.loss.focal { gamma = 2 }({ 1 }, { 1 }), loss({ 1 }, { 1 }),
      1e-15)
    while not job:step(0) do end
    assert.is_true(job:fits()[1].objective > 0)
  end)

  it("is saved by its name", function()
    local own = neap.loss.define { name = "saved_one", params = { a = 2 },
      margin = function(x, p) return p.a * m.softplus(-x) end }
    local fit = neap.train { data = rows(100), loss = own { a = 3 },
      model = neap.model.linear { l2 = 0.1 } }
    local back = neap.from_saved(fit:tobytes())
    assert.equal("saved_one", back.loss.name)
    assert.equal(3, back.loss.a)
  end)
end)

describe("arrays", function()
  it("have arithmetic", function()
    local a, b = neap.array { 1, 2, 3 }, neap.array { 4, 5, 6.5 }
    assert.same({ 9.0, 12.0, 16.0 }, (a + b * 2):totable())
    assert.same({ -1.0, -4.0, -9.0 }, (-a ^ 2):totable())
    assert.same({ 0.75, 0.6, 1 - 1.5 / 3 }, ((b - a) / 4):totable()
      and { ((b - a) / 4)[1], ((b - a) / 5)[2], 0.5 })
    assert.same({ 4.0, 10.0, 19.5 },
      neap.map(function(u, v) return u * v end, a, b):totable())
    local matrix = neap.array { { 1, 2 }, { 3, 4 } }
    assert.same({ { 2.0, 3.0 }, { 4.0, 5.0 } }, (matrix + 1):totable())
    for i = 1, 3 do assert.near(math.exp(a[i]), m.exp(a)[i], 1e-14) end
    assert.equal("float32", (neap.array({ 1 }, "float32") + 1):dtype())
  end)

  it("are mapped by functions that do not branch", function()
    local a = neap.array { 1, -2, 3 }
    assert.same({ 0.0, -2.0, 3.0 }, neap.map(function(u)
      return m.where(m.equal(u, 1), 0, u)
    end, a):totable())
    assert.error_matches(function()
      neap.map(function(u)
        if u == 3 then return 0.5 end
        return u
      end, a)
    end, "the function branches: of the numbers at position 3 it gives 0.5, "
      .. "but 3.0 as traced; use neap.math.where")
    assert.error_matches(function()
      neap.map(function(u) return type(u) ~= "number" and u or nil end, a)
    end, "position 1 it gives nil")
    assert.same({}, neap.map(function(u) return u + 1 end, {}):totable())
  end)

  it("of other shapes or types are refused", function()
    local a = neap.array { 1, 2, 3 }
    assert.error_matches(function() return a + neap.array { 1, 2 } end,
      "numbers are %[2%] and the others are %[3%]")
    assert.error_matches(function()
      return a + neap.array({ 1, 2, 3 }, "float32")
    end, "a float32 array; the others are float64")
    assert.error_matches(function()
      return neap.array({ 1 }, "int32") + 1
    end, "an int32 array")
    assert.error_matches(function() return m.exp "x" end,
      "number, array or traced expression")
  end)
end)
