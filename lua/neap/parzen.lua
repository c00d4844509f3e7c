--- Parzen estimators: a density of some parameters from some of their points, a
-- kernel around each and one for the prior, to draw from. A kernel is a product
-- over the parameters. For neap.search.tpe.
local random = require "neap.random"

local M = {}

-- ----------------------------------------------------- the normal's integral

-- erf by its series (Abramowitz and Stegun 7.1.6); for |x| < 3 to 1e-14.
local function erf_series(x)
  local term, sum, n = x, x, 0
  repeat
    n = n + 1
    term = term * 2 * x * x / (2 * n + 1)
    sum = sum + term
  until math.abs(term) < 1e-17 * math.abs(sum) or n > 200
  return 2 / math.sqrt(math.pi) * math.exp(-x * x) * sum
end

-- erfc for x >= 3, by its continued fraction (7.1.14) from behind.
local function erfc_fraction(x)
  local f = x
  for k = 60, 1, -1 do f = x + k / 2 / f end
  return math.exp(-x * x) / (f * math.sqrt(math.pi))
end

local function erfc(x)
  if x < 0 then return 2 - erfc(-x) end
  if x < 3 then return 1 - erf_series(x) end
  return erfc_fraction(x)
end

--- P(a <= Z <= b) of a standard normal Z, exact in both tails.
function M.mass(a, b)
  if a > 0 then return M.mass(-b, -a) end
  local r = math.sqrt(0.5)
  if b < 0 then return (erfc(-b * r) - erfc(-a * r)) / 2 end
  return 1 - (erfc(-a * r) + erfc(b * r)) / 2
end

-- ------------------------------------------------------------------ weights

-- Old observations count less than the latest 25; the prior counts as one.
local function weights_of(n)
  local weights, total = {}, 1
  for i = 1, n do
    local ramp = n - 25
    local weight = 1
    if ramp == 1 then
      weight = i <= 1 and 1 / n or 1
    elseif i <= ramp then
      weight = 1 / n + (1 - 1 / n) * (i - 1) / (ramp - 1)
    end
    weights[i] = weight
    total = total + weight
  end
  weights[n + 1] = 1
  for i = 1, n + 1 do weights[i] = weights[i] / total end
  return weights
end

local function pick(weights, u)
  local sum = 0
  for i, weight in ipairs(weights) do
    sum = sum + weight
    if u < sum then return i end
  end
  return #weights
end

-- ---------------------------------------------------------------- categories

local Categories = {}
Categories.__index = Categories

-- A kernel gives its own choice one count beside its share of the prior.
local function new_categories(p, values)
  local position = {}
  for c, choice in ipairs(p.choices) do position[choice] = c end
  return setmetatable({ p = p, values = values, position = position,
    prior = 1 / (#values + 1) }, Categories)
end

function Categories:density(kernel, value)
  local own, count = self.values[kernel], #self.p.choices
  if own == nil then return 1 / count end
  return (self.prior + (own == value and 1 or 0)) / (1 + count * self.prior)
end

function Categories:sample(kernel, uniform)
  local u, choices = uniform(), self.p.choices
  for _, choice in ipairs(choices) do
    u = u - self:density(kernel, choice)
    if u < 0 then return choice end
  end
  return choices[#choices]
end

-- ------------------------------------------------------------------- numbers

local Numbers = {}
Numbers.__index = Numbers

-- The ends of the range, half a step beyond its values where there are steps.
local function ends_of(p)
  local half = p.step and p.step / 2 or p.kind == "int" and 0.5 or 0
  local low, high = p.low - half, p.high + half
  if p.log then return math.log(low), math.log(high), half end
  return low, high, half
end

-- Each kernel is as wide as the larger gap to its neighbours; those at the ends
-- have one neighbour, and a single one has the ends of the range. None is
-- narrower than a share of the range that falls with the number of kernels.
local function widths_of(means, low, high)
  local order, widths, n = {}, {}, #means
  for i = 1, n do order[i] = i end
  table.sort(order, function(a, b)
    if means[a] ~= means[b] then return means[a] < means[b] end
    return a < b
  end)
  local least = (high - low) / math.min(100, n + 2)
  for at, i in ipairs(order) do
    local left = at > 1 and means[i] - means[order[at - 1]] or nil
    local right = at < n and means[order[at + 1]] - means[i] or nil
    if n == 1 then left, right = means[i] - low, high - means[i] end
    local width = math.max(left or right, right or left)
    widths[i] = math.min(math.max(width, least), high - low)
  end
  return widths
end

local function new_numbers(p, values)
  local low, high, half = ends_of(p)
  local self = { p = p, low = low, high = high, half = half, means = {},
    masses = {} }
  for i, value in ipairs(values) do
    self.means[i] = p.log and math.log(value) or value
  end
  self.widths = widths_of(self.means, low, high)
  self.means[#values + 1], self.widths[#values + 1] = (low + high) / 2,
    high - low
  for i, mean in ipairs(self.means) do
    self.masses[i] = M.mass((low - mean) / self.widths[i],
      (high - mean) / self.widths[i])
  end
  return setmetatable(self, Numbers)
end

-- A value of the parameter from a point of the range.
local function value_of(self, x)
  local p = self.p
  if p.log then x = math.exp(x) end
  if p.step then
    x = p.low + math.floor((x - p.low) / p.step + 0.5) * p.step
  elseif p.kind == "int" then
    x = math.floor(x + 0.5)
  end
  return math.min(math.max(x, p.low), p.high)
end

-- A normal, drawn again until it falls into the range; a third of it does at
-- least.
function Numbers:sample(kernel, uniform)
  local mean, width = self.means[kernel], self.widths[kernel]
  while true do
    local x = mean + width * random.normal(uniform)
    if x >= self.low and x < self.high then return value_of(self, x) end
  end
end

-- The density, but for a constant factor; of steps their probability.
function Numbers:density(kernel, value)
  local mean, width = self.means[kernel], self.widths[kernel]
  local a, b = value - self.half, value + self.half
  if self.p.log then a, b = math.log(a), math.log(b) end
  if self.half > 0 then
    return M.mass((a - mean) / width, (b - mean) / width) / self.masses[kernel]
  end
  local z = (a - mean) / width
  return math.exp(-z * z / 2) / (width * self.masses[kernel])
end

-- ------------------------------------------------------------------ mixtures

local Mixture = {}
Mixture.__index = Mixture

-- A parameter that has one value.
local constant = {
  sample = function(self) return self.value end,
  density = function() return 1 end,
}
constant.__index = constant

local function factor_of(p, values)
  if p.kind == "categorical" then return new_categories(p, values) end
  if p.low == p.high then
    return setmetatable({ value = p.low }, constant)
  end
  return new_numbers(p, values)
end

--- The density of some parameters.
-- @param parameters a list, as of a space
-- @param points a list of their values by name, oldest first; each has all of
--   the parameters
function M.new(parameters, points)
  local self = { parameters = parameters, weights = weights_of(#points),
    factors = {} }
  for j, p in ipairs(parameters) do
    local values = {}
    for i, point in ipairs(points) do values[i] = point[p.name] end
    self.factors[j] = factor_of(p, values)
  end
  return setmetatable(self, Mixture)
end

--- Draws a point: values by name.
function Mixture:sample(uniform)
  local kernel, point = pick(self.weights, uniform()), {}
  for j, p in ipairs(self.parameters) do
    point[p.name] = self.factors[j]:sample(kernel, uniform)
  end
  return point
end

--- The logarithm of the density at a point, but for a constant.
function Mixture:log_density(point)
  local sum = 0
  for kernel, weight in ipairs(self.weights) do
    local density = weight
    for j, p in ipairs(self.parameters) do
      density = density * self.factors[j]:density(kernel, point[p.name])
    end
    sum = sum + density
  end
  return math.log(sum)
end

return M
