--- Sobol's sequence: points that fill the space more evenly than random ones.
--
-- Scrambled by default: Owen's nested scrambling keeps every point set that
-- fills the space evenly even, and makes means over it unbiased.
local arguments = require "neap.arguments"
local core = require "neap.core"
local directions = require "neap.joe_kuo"
local options = require "neap.options"
local random = require "neap.random"
local space = require "neap.space"

local Sobol = {}
Sobol.__index = Sobol
Sobol.__name = "neap.Sobol"
Sobol.is_search = true

local BITS <const> = 32
local seed_of = core.data.seed_of

-- The direction numbers of a dimension, from 1, as fractions of 2^BITS.
local function numbers_of(dimension)
  local v, row = {}, directions[dimension - 1]
  for k = 1, BITS do
    if not row then
      v[k] = 1 << BITS - k
    elseif k <= #row then
      v[k] = row[k] << BITS - k
    else -- the recurrence of Bratley and Fox 1988, equation 2
      local s = #row
      v[k] = v[k - s] ~ (v[k - s] >> s)
      for i = 1, s - 1 do
        if row.polynomial >> s - i & 1 == 1 then v[k] = v[k] ~ v[k - i] end
      end
    end
  end
  return v
end

-- Coordinate of point n, from 0, in the order of Gray codes: Antonov and
-- Saleev 1979.
local function coordinate(numbers, n)
  local gray, x, k = n ~ (n >> 1), 0, 1
  while gray > 0 do
    if gray & 1 == 1 then x = x ~ numbers[k] end
    gray, k = gray >> 1, k + 1
  end
  return x
end

-- Owen 1995: each digit is flipped or not, by the digits above it.
local function owen(x, key)
  local out = 0
  for k = BITS - 1, 0, -1 do
    local above = (x >> k + 1) << 6 | k
    out = out << 1 | (x >> k & 1) ~ (seed_of(key, above) & 1)
  end
  return out
end

local scramblers = {
  owen = owen,
  shift = function(x, key) return x ~ (seed_of(key, 0) >> 53 - BITS) end,
  none = function(x) return x end,
}

--- neap.search.sobol { trials = 128, scramble = "owen", x = { low =, high = } }
-- scramble: "owen", "shift" (all digits alike) or "none". Point i depends on
-- the study's seed and i alone. Powers of two of trials are even at best.
local function new(given)
  local o, parameters = space.read("sobol", given, {
    trials = { "number", required = true, low = 1, high = 2 ^ BITS,
      whole = true },
    scramble = { "choice", default = "owen",
      names = { "owen", "shift", "none" } },
  })
  if #parameters.order > #directions + 1 then
    options.refuse("sobol", ("%d parameters; wanted %d at most"):format(
      #parameters.order, #directions + 1))
  end
  local self = {
    kind = "sobol", space = parameters, names = parameters.names,
    size = math.tointeger(o.trials), scramble = o.scramble, numbers = {},
  }
  for i = 1, #parameters.order do self.numbers[i] = numbers_of(i) end
  return setmetatable(self, Sobol)
end

--- Coordinate `dimension` of point `index`, both from 1: 0 to below 1.
function Sobol:unit(index, dimension, seed)
  local x = coordinate(self.numbers[dimension], index - 1)
  local key = seed_of(random.seed_of_point(seed or 1, 0), dimension)
  return scramblers[self.scramble](x, key) * 2.0 ^ -BITS
end

--- The parameters of a point, by its number from 1 and the study's seed.
function Sobol:point(index, seed)
  return self.space:point(function(p, dimension)
    return space.value_at(p, self:unit(index, dimension, seed))
  end)
end

--- What tells two searches apart.
function Sobol:describe()
  return {
    kind = "sobol", scramble = self.scramble,
    parameters = self.space:describe(),
  }
end

return arguments.checked("sobol", "given: table", new)
