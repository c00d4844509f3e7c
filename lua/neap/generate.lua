--- Data sets that are drawn: the generators, and recipes for fresh draws.
local arguments = require "neap.arguments"
local compat = require "neap.compat"
local core = require "neap.core"
local options = require "neap.options"
local recipes = require "neap.recipes"

local generators, names = {}, {}
for i, generator in ipairs(core.data.generators) do
  generators[generator.name], names[i] = generator, generator.name
end

local function feature_names(count)
  local list = {}
  for j = 1, count do list[j] = "x" .. j end
  return list
end

local function class_names(count)
  local list = {}
  for c = 1, count do list[c] = tostring(c - 1) end
  return list
end

local function copy_table(from)
  local to = {}
  for key, value in pairs(from) do to[key] = value end
  return to
end

-- The means of two Gaussians `distance` apart whose covariance is L L'.
local function means_of(lower, distance)
  local d = lower:shape()
  local positive, negative = {}, {}
  for i = 1, d do
    local sum, row = 0, lower:row(i)
    for j = 1, i do sum = sum + row[j] end
    positive[i] = sum * distance / 2 / math.sqrt(d)
    negative[i] = -positive[i]
  end
  return { negative, positive }
end

-- gaussians { covariance =, means = } is a mixture of two.
local function as_mixture(given)
  local function refuse(message) options.refuse("gaussians", message) end
  local o = copy_table(given)
  for _, key in ipairs { "correlation", "condition" } do
    if o.covariance and o[key] then
      refuse(("covariance and %s; wanted one of them"):format(key))
    end
  end
  if o.means and (o.distance or o.correlation or o.condition) then
    refuse("means say how far apart the classes are; give a covariance with "
      .. "them, not distance, correlation or condition")
  end
  if o.means and (type(o.means) ~= "table" or #o.means ~= 2) then
    refuse("means: wanted two, of class 0 and of class 1")
  end
  local prior = o.prior or 0.5
  if type(prior) ~= "number" or not (prior > 0 and prior < 1) then
    refuse(("prior is %s; wanted a number between 0 and 1")
      :format(options.show(prior)))
  end
  if not o.means then
    if not options.fits(o.covariance, { "array" }) then
      refuse(("covariance is %s; wanted an array or a table"):format(
        options.show(o.covariance)))
    end
    local lower = options.call("gaussians", 1, core.data.cholesky,
      o.covariance)
    o.means = means_of(lower, o.distance or 2)
  end
  o.components = {
    { class = 0, weight = 1 - prior, mean = o.means[1],
      covariance = o.covariance },
    { class = 1, weight = prior, mean = o.means[2], covariance = o.covariance },
  }
  o.means, o.covariance, o.prior, o.distance = nil, nil, nil, nil
  return o
end

-- What draws: a generator and the options that it is called with.
local function resolve(name, given)
  if name == "gaussians" and (given.means or given.covariance) then
    return generators.mixture, as_mixture(given)
  end
  return generators[name], given
end

--- The mixture of Gaussians that the rows of a source are drawn from, or nil.
local function describe(source)
  local generator, given = resolve(source.name, source.options)
  return options.call(source.name, 1, generator.describe, given)
end

return function(M, make)
  local function generate(name, given)
    if type(given) ~= "table" then
      options.refuse(name, ("wanted a table of options, got a %s")
        :format(type(given)))
    end
    local generator, o = resolve(name, given)
    local x, y, truth, groups, weights, classes =
      options.call(name, 1, generator.draw, o)
    local _, features = x:shape()
    return make {
      x = x,
      codes = y:copy("int32"),
      classes = class_names(classes),
      names = feature_names(features),
      truth = truth,
      groups = groups,
      weights = weights,
      standardize = false,
      source = { name = name, options = copy_table(given) },
      origin = ("%s, seed %d"):format(name, given.seed or 1),
    }
  end

  for _, name in ipairs(names) do
    M[name] = arguments.checked(name, "given?", function(given)
      return (generate(name, given or {}))
    end)
  end

  --- The generators: a list of { name =, summary =, features =, parameters = }.
  function M.list()
    local list = {}
    for i, generator in ipairs(core.data.generators) do
      list[i] = {
        name = generator.name,
        summary = generator.summary,
        features = generator.features,
        parameters = generator.parameters,
      }
    end
    return list
  end

  --- A recipe for fresh draws of a generator.
  -- @param name of a generator
  -- @param given its options, and test: the rows of the test set (default n)
  -- @return function(seed) -> train, test
  function M.recipe(name, given)
    if not generators[name] then
      options.refuse("recipe", ("no generator '%s'; there are %s")
        :format(tostring(name), table.concat(names, ", ")))
    end
    if given ~= nil and type(given) ~= "table" then
      options.refuse("recipe", ("wanted a table of options, got %s"):format(
        options.show(given)), 2)
    end
    local train = copy_table(given or {})
    local rows = train.test or train.n or 1000
    if not compat.is_integer(rows) or rows < 1 then
      options.refuse("recipe", ("test is %s; wanted a whole number >= 1")
        :format(options.show(rows)), 2)
    end
    train.test = nil
    if train.seed then
      options.refuse("recipe", "a recipe is given its seed later", 2)
    end
    local test = copy_table(train)
    test.n, test.part = rows, 1
    -- What is wrong with the options is said now, not at the first draw.
    local try = copy_table(train)
    try.n = 1
    options.call("recipe", 2, generate, name, try)
    local function draw(seed)
      train.seed, test.seed = seed, seed
      return generate(name, train), generate(name, test)
    end
    recipes[draw] = { generator = name, options = copy_table(given or {}) }
    return draw
  end

  return { describe = describe }
end
