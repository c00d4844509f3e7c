--- Random search: every point is drawn on its own.
local arguments = require "neap.arguments"
local random = require "neap.random"
local space = require "neap.space"

local Random = {}
Random.__index = Random
Random.__name = "neap.Random"
Random.is_search = true

--- neap.search.random { trials = 100, rate = { low = 1e-4, high = 1 } }
-- Point i depends on the study's seed and i alone.
local function new(given)
  local o, parameters = space.read("random", given, {
    trials = { "number", required = true, low = 1, high = 2 ^ 53,
      whole = true },
  })
  return setmetatable({
    kind = "random", space = parameters, names = parameters.names,
    size = math.tointeger(o.trials),
  }, Random)
end

--- The parameters of a point, by its number from 1 and the study's seed.
function Random:point(index, seed)
  local uniform = random.stream(random.seed_of_point(seed or 1, index))
  return self.space:point(function(p)
    return space.value_at(p, uniform())
  end)
end

--- What tells two searches apart.
function Random:describe()
  return { kind = "random", parameters = self.space:describe() }
end

return arguments.checked("random", "given: table", new)
