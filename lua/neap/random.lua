--- Random numbers in Lua: Philox streams, told apart by two numbers.
local core = require "neap.core"

local M = {}

local seed_of = core.data.seed_of

--- The seed by which the search of a study finds its point `index`; whatever
-- else is drawn for that point comes from M.seed_of_trial.
function M.seed_of_point(seed, index)
  return seed_of(seed_of(seed, 0), 2 * index)
end

--- The seed that a trial hands to its objective.
function M.seed_of_trial(seed, index)
  return seed_of(seed_of(seed, 0), 2 * index + 1)
end

--- A stream of uniform numbers: a function that returns the next one, 0 to
-- below 1, a multiple of 2^-53.
function M.stream(seed)
  local count = -1
  return function()
    count = count + 1
    return seed_of(seed, count) * 0x1p-53
  end
end

--- A number of the standard normal distribution from a stream (Box and Muller
-- 1958).
function M.normal(uniform)
  local radius = math.sqrt(-2 * math.log(1 - uniform()))
  return radius * math.cos(2 * math.pi * uniform())
end

return M
