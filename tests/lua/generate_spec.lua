-- The generators from Lua: lua/neap/generate.lua and src/bind/generate.c.
local neap = require "neap"
local unpack = require "neap.compat".table_unpack
local data = neap.data

local components = {
  { class = 0, weight = 3, mean = { 0, 0 } },
  { class = 1, weight = 1, mean = { 3, 0 }, deviation = 0.5 },
  { class = 2, weight = 1, mean = { 0, 3 }, deviation = { 1, 2 } },
  { class = 2, weight = 1, mean = { 0, -3 },
    covariance = { { 2, 1 }, { 1, 3 } } },
}

-- What a generator can't do without.
local function options_of(name, given)
  given = given or {}
  if name == "mixture" then given.components = components end
  return given
end

describe("every generator", function()
  it("draws, prints itself, and has a recipe", function()
    for _, row in ipairs(data.list()) do
      local d = data[row.name](options_of(row.name, { n = 60, seed = 5 }))
      assert.equal(60, d.n)
      assert.matches("^neap.Data %(60 rows, %d+ features, classes 0: %d+, 1: "
        .. "%d+.*; " .. row.name .. ", seed 5%)$", tostring(d))
      assert.equal(60, (d.truth:shape()))
      local train, test = data.recipe(row.name,
        options_of(row.name, { n = 30, test = 20 }))(9)
      assert.same({ 30, 20 }, { train.n, test.n })
      assert.not_same(train.x:row(1):totable(), test.x:row(1):totable())
    end
  end)

  it("takes each of its parameters, and no number out of its range", function()
    for _, row in ipairs(data.list()) do
      for _, parameter in ipairs(row.parameters) do
        local given = options_of(row.name, { n = 4 })
        given[parameter.name] = parameter.high + 1
        assert.error_matches(function() data[row.name](given) end,
          parameter.name .. " is .*; wanted a ")
      end
    end
  end)
end)

describe("gaussians", function()
  it("has the covariance that it is given", function()
    local d = data.gaussians { n = 40000, prior = 0.5, dtype = "float64",
      covariance = { { 4, 1 }, { 1, 2 } }, means = { { 0, 0 }, { 10, -5 } } }
    local sums = { 0, 0, 0, 0, 0 }
    for i = 1, d.n do
      local row, y = d.x:row(i), d.y[i]
      local a, b = row[1] - 10 * y, row[2] + 5 * y
      for k, value in ipairs { a, b, a * a, a * b, b * b } do
        sums[k] = sums[k] + value / d.n
      end
    end
    -- Five standard errors.
    for k, wanted in ipairs { 0, 0, 4, 1, 2 } do
      assert.near(wanted, sums[k], 5 * ({ 2, 1.5, 5.7, 3, 2.9 })[k] / 200)
    end
  end)

  it("is refused what does not go together", function()
    local function refused(given, message)
      assert.error_matches(function() data.gaussians(given) end, message)
    end
    refused({ correlation = 0.5, condition = 10 },
      "bad argument #1 to 'gaussians' %(correlation is 0.5 and condition 10; "
      .. "wanted one of them%)")
    refused({ correlation = -0.5, features = 4 },
      "correlation is %-0.5; of 4 features wanted a number above %-0.33")
    refused({ condition = 2, features = 1025 },
      "features is 1025; with a correlation or a condition wanted at most 1024")
    refused({ covariance = { { 1, 2 }, { 2, 1 } } },
      "the covariance is not positive definite")
    refused({ covariance = { { 1, 2 } } },
      "covariance is %[1%]%[2%]; wanted a square")
    refused({ covariance = { { 1, 0.5 }, { 0, 1 } }, means = { { 0, 0 },
      { 1, 1 } } }, "components%[1%]: covariance is not symmetric")
    refused({ covariance = { { 1 } }, condition = 2 },
      "covariance and condition; wanted one of them")
    refused({ means = { { 0 }, { 1 } }, distance = 2 },
      "means say how far apart the classes are")
    refused({ means = { { 0 } } }, "means: wanted two")
    refused({ means = { { 0 }, { 1 } }, features = 2 },
      "features is 2; there are 1")
    refused({ means = { { 0 }, { 1 } }, prior = 0 },
      "prior is 0; wanted a number between 0 and 1")
  end)
end)

describe("a mixture", function()
  it("has classes by weight, and truths that add up to 1", function()
    local d = data.mixture { n = 6000, components = components,
      labels = "exact" }
    assert.same({ 3000, 1000, 2000 }, { unpack(d.counts) })
    assert.same({ 6000, 3 }, { d.truth:shape() })
    for i = 1, 100 do
      local p = d.truth:row(i)
      assert.near(1, p[1] + p[2] + p[3], 1e-15)
    end
  end)

  -- Against the densities written out.
  it("knows the densities", function()
    local d = data.mixture { n = 200, components = components,
      dtype = "float64" }
    for i = 1, d.n do
      local row = d.x:row(i)
      local a, b = row[1], row[2]
      local function normal(square, determinant)
        return math.exp(-square / 2) / math.sqrt(determinant)
      end
      local none = 3 * normal(a * a + b * b, 1)
      local one = normal(((a - 3) ^ 2 + b * b) / 0.25, 0.0625)
      local two = normal(a * a + (b - 3) ^ 2 / 4, 4)
        + normal((3 * a * a - 2 * a * (b + 3) + 2 * (b + 3) ^ 2) / 5, 5)
      local truth = d.truth:row(i)
      assert.near(none / (none + one + two), truth[1], 1e-12)
      assert.near(one / (none + one + two), truth[2], 1e-12)
    end
  end)

  it("is refused components that are none", function()
    local function refused(list, message)
      assert.error_matches(function() data.mixture { components = list } end,
        message)
    end
    refused(nil, "components: wanted a list of { class =, weight =, mean = }")
    refused({}, "components: wanted a list")
    refused({ { class = 0 } }, "components%[1%]: mean is missing")
    refused({ { class = 0, mean = { 1 } }, { class = 1, mean = { 1, 2 } } },
      "components%[2%]: mean is %[2%]; wanted one number")
    refused({ { class = 0, mean = { 1 } } },
      "components: class 1 has no weight; wanted some for each of 2 classes")
    refused({ { class = 0, mean = { 1 } }, { class = 1.5, mean = { 1 } } },
      "components%[2%]: class: wanted a whole number")
    refused({ { class = 0, mean = { 1 }, sigma = 2 } },
      "unknown option 'sigma'")
    refused({ { class = 0, mean = { 1 } }, { class = 1, mean = { 1 },
      deviation = 0 } }, "components%[2%]: deviation is 0; wanted a number")
    refused({ { class = 0, mean = { 1 } }, { class = 1, mean = { 0 / 0 } } },
      "components%[2%]: mean holds %-?nan; wanted finite numbers")
    refused({ { class = 0, mean = { 1 } }, { class = 1, mean = { 1 },
      deviation = 1, covariance = { { 1 } } } },
      "components%[2%]: deviation and covariance; wanted one of them")
  end)
end)

describe("anchors", function()
  it("has images as groups, and ignored rows of weight 0", function()
    local d = data.anchors { n = 2500, per_image = 1000, positives = 5,
      ignore = 0.1, labels = "exact" }
    assert.same({ 0, 0, 1, 2 }, { d.groups[1], d.groups[1000],
      d.groups[1001], d.groups[2500] })
    local ignored, positives = 0, 0
    for i = 1, d.n do
      if d.weights[i] == 0 then
        ignored = ignored + 1
        assert.equal(0, d.y[i])
      end
      if i <= 2000 then positives = positives + d.y[i] end
    end
    assert.near(250, ignored, 5 * math.sqrt(225))
    assert.equal(10, positives)
    local train = d:rows { 1, 2500 }
    assert.same({ 0, 2 }, train.groups:totable())
  end)

  -- The mean of an image's rows moves by the effect.
  it("gives the anchors of an image something in common", function()
    local d = data.anchors { n = 50000, per_image = 500, positives = 0,
      hard = 0, effect = 2, features = 1, dtype = "float64" }
    local square = 0
    for image = 0, 99 do
      local sum = 0
      for i = 1, 500 do sum = sum + d.x:row(image * 500 + i)[1] / 500 end
      square = square + sum * sum / 100
    end
    -- 4 + 1/500, within four standard errors of a variance of 100 numbers.
    assert.near(4, square, 4 * 4 * math.sqrt(2 / 100))
  end)

  it("refuses more positives than an image has room for", function()
    assert.error_matches(function()
      data.anchors { per_image = 100, positives = 30 }
    end, "positives is 30; wanted at most a quarter of per_image, 25")
  end)
end)

describe("classification", function()
  it("has redundant and repeated columns that say nothing new", function()
    local d = data.classification { n = 50, features = 8, informative = 2,
      redundant = 2, repeated = 2, dtype = "float64" }
    -- Column 3 is a x1 + b x2, with the same a and b in all rows.
    local p, q = d.x:row(1), d.x:row(2)
    local determinant = p[1] * q[2] - p[2] * q[1]
    local a = (p[3] * q[2] - p[2] * q[3]) / determinant
    local b = (p[1] * q[3] - p[3] * q[1]) / determinant
    for i = 3, 50 do
      local row = d.x:row(i)
      assert.near(a * row[1] + b * row[2], row[3], 1e-10)
      for repeated = 5, 6 do
        local copies = 0
        for j = 1, 4 do
          if row[j] == row[repeated] then copies = copies + 1 end
        end
        assert.is_true(copies >= 1)
      end
    end
  end)

  -- 83.5 % of the positives of make_classification at weights {.999} and
  -- flip_y .01 are flipped: P(y = 1) = (1 - f) w + f / 2.
  it("flips to any class alike", function()
    local d = data.classification { n = 200000, prior = 0.001, flip = 0.01 }
    assert.near(0.99 * 0.001 + 0.005, d.prior, 5 * math.sqrt(0.006 / 200000))
    for i = 1, 100 do
      assert.is_true(d.truth[i] >= 0.005 and d.truth[i] <= 0.995)
    end
  end)

  it("is refused what does not go together", function()
    local function refused(given, message)
      assert.error_matches(function() data.classification(given) end, message)
    end
    refused({ features = 3 }, "features is 3; wanted 4 or more")
    refused({ classes = 3 },
      "classes times clusters is 6; of 2 informative features wanted at most 4")
    refused({ classes = 3, informative = 3, prior = 0.1 },
      "prior is for two classes")
    refused({ priors = { 0.5, 0.6 } },
      "priors are %[2%], with the sum 1.1; wanted one for each of 2 classes")
    refused({ priors = { -0.5, 1.5 } }, "priors%[1%] is %-0.5; wanted a number")
  end)

  it("has the shares of classes that it is given", function()
    local d = data.classification { n = 1000, classes = 3, informative = 4,
      priors = { 0.7, 0.2, 0.1 }, labels = "exact" }
    assert.same({ 700, 200, 100 }, { unpack(d.counts) })
  end)
end)

describe("moons and circles", function()
  -- The density over 4,000 places of a class's curve, added up.
  local function density(curve, x, y, noise)
    local sum = 0
    for k = 0, 3999 do
      local a, b = curve((k + 0.5) / 4000)
      sum = sum + math.exp(-((x - a) ^ 2 + (y - b) ^ 2) / 2 / noise ^ 2)
    end
    return sum
  end

  local function check(d, prior, noise, outer, inner)
    for i = 1, d.n do
      local x, y = d.x:row(i)[1], d.x:row(i)[2]
      local yes = prior * density(inner, x, y, noise)
      local no = (1 - prior) * density(outer, x, y, noise)
      assert.near(yes / (yes + no), d.truth[i], 1e-6)
    end
  end

  it("know how likely each class is", function()
    check(data.moons { n = 8, prior = 0.2, noise = 0.1 }, 0.2, 0.1,
      function(t) return math.cos(math.pi * t), math.sin(math.pi * t) end,
      function(t)
        return 1 - math.cos(math.pi * t), 0.5 - math.sin(math.pi * t)
      end)
    local function circle(radius)
      return function(t)
        return radius * math.cos(2 * math.pi * t),
          radius * math.sin(2 * math.pi * t)
      end
    end
    check(data.circles { n = 8, prior = 0.2, noise = 0.1, factor = 0.7 }, 0.2,
      0.1, circle(1), circle(0.7))
  end)

  it("have two features", function()
    assert.error_matches(function() data.moons { features = 3 } end,
      "features is 3; there are 2")
  end)
end)
