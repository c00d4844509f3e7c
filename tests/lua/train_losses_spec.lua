-- Training with every loss: lua/neap/train.lua, src/train.
local neap = require "neap"

local function square_of(fit)
  local square = 0
  local function add(row)
    for j = 1, #row do square = square + row[j] ^ 2 end
  end
  if fit.weights:shape() and select(2, fit.weights:shape()) then
    for i = 1, #fit.weights do add(fit.weights[i]) end
  else
    add(fit.weights)
  end
  return square
end

local function three_classes()
  local x, y = {}, {}
  for i = 1, 300 do
    local c = i % 10 < 6 and 0 or i % 10 < 9 and 1 or 2
    x[i] = { math.cos(c * 2) + math.sin(i), math.sin(c * 2) + math.cos(7 * i) }
    y[i] = c
  end
  return neap.data.from { x = x, y = y }
end

local two = neap.data.gaussians { n = 800, features = 4, prior = 0.2 }
local three = three_classes()
local l2 = 0.05

local function train(data, loss)
  return neap.train {
    data = data, loss = loss, model = neap.model.linear { l2 = l2 },
  }
end

-- Options with which a loss goes with classes as targets.
local needs = { reverse_kl = { label_smoothing = 0.1 } }

describe("training", function()
  for _, row in ipairs(neap.loss.list()) do
    local name = row.name
    if row.kind ~= "real" and name ~= "distillation" then
      it("falls by " .. name .. ", and says by how much", function()
        local loss = neap.loss[name](needs[name])
        local data = row.kind == "classes" and three or two
        local fit = train(data, loss)
        local z = fit:logits(data)
        local y = row.kind == "classes" and data.y or data.y:copy "float64"
        local value = loss(z, y)
        local start = loss(neap.zeros(z:shape()), y)
        assert.is_true(value < start)
        assert.near(value + l2 / 2 * square_of(fit), fit.objective,
          1e-11 * (1 + math.abs(fit.objective)))
      end)
    end
  end

  it("refuses losses that classes as targets are nothing for", function()
    assert.error_matches(function()
      train(three, neap.loss.distillation {})
    end, "points%[1%]: distillation has classes as targets; wanted logits")
    assert.error_matches(function()
      train(three, neap.loss.reverse_kl {})
    end, "points%[1%]: reverse_kl of a class is infinite")
  end)
end)

describe("class weights in training", function()
  local rows, answers = {}, {}
  for i = 1, 200 do
    rows[i] = { math.sin(i), math.cos(3 * i) }
    answers[i] = math.sin(i) + 0.5 * math.sin(17 * i) > 0.8 and "fraud"
      or "fine"
  end
  local d = neap.data.from { x = rows, y = answers, positive = "fraud" }
  local function weights(class_weights)
    return train(d, neap.loss.focal {
      gamma = 1, class_weights = class_weights,
    }).weights:tobytes()
  end

  it("go by name as by number", function()
    assert.equal(weights { 1, 20 }, weights { fraud = 20, fine = 1 })
    assert.not_equal(weights { 1, 20 }, weights { fraud = 1, fine = 20 })
  end)

  it("want the name of every class, and no other", function()
    assert.error_matches(function() weights { fraud = 20 } end, "fine")
    assert.error_matches(function()
      weights { fraud = 20, fine = 1, other = 3 }
    end, "points%[1%]: class_weights has the class 'other'; the data have "
      .. "fine, fraud")
  end)
end)

describe("sums of losses in training", function()
  local function near(a, b)
    for j = 1, #a.weights do assert.near(a.weights[j], b.weights[j], 1e-5) end
    assert.near(a.objective, b.objective, 1e-10)
  end

  it("train as the loss that they are equal to", function()
    local focal, ce = neap.loss.focal, neap.loss.binary_cross_entropy
    near(train(two, focal { gamma = 2, alpha = 0.25 }),
      train(two, 0.25 * focal { gamma = 2, class_weights = { 0, 1 } }
        + 0.75 * focal { gamma = 2, class_weights = { 1, 0 } }))
    near(train(two, ce {}), train(two, 0.3 * ce {} + 0.7 * ce {}))
  end)

  it("train as poly1, which is cross-entropy and a term", function()
    -- (1 - p^q) / q with q = 1 is 1 - p.
    local rest = neap.loss.generalized_cross_entropy { q = 1 }
    near(train(two, neap.loss.poly1 { epsilon = 2 }),
      train(two, neap.loss.binary_cross_entropy {} + 2 * rest))
  end)
end)
