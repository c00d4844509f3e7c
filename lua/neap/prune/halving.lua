--- Asynchronous successive halving: at every rung the best 1/factor of those
-- that came so far goes on (Li et al. 2020, A system for massively parallel
-- hyperparameter tuning, algorithm 2).
local arguments = require "neap.arguments"
local options = require "neap.options"

local Halving = {}
Halving.__index = Halving
Halving.is_pruner = true

--- neap.prune.halving { min = 1, factor = 4, skip = 0 }
-- min: the step of the first rung; rung r stands at min * factor^(r + skip).
local function new(given)
  local o = options.read("halving", given, {
    min = { "number", default = 1, low = 1, high = 2 ^ 53, whole = true },
    factor = { "number", default = 4, low = 2, whole = true },
    skip = { "number", default = 0, low = 0, high = 60, whole = true },
  })
  return setmetatable({ kind = "halving", options = o }, Halving)
end

-- Whether `loss` is among the best 1/factor of itself and the others; where
-- there are fewer than that many, whether it is the best.
local function is_promoted(loss, others, factor)
  if loss ~= loss then return false end
  local better = 0
  for _, other in ipairs(others) do
    if other < loss then better = better + 1 end
  end
  return better < math.max((#others + 1) // factor, 1)
end

--- Looks at the rungs that the latest step came to for the first time.
-- @param accept function(number of a trial) says whether it is compared with
function Halving:decide(trial, history, accept)
  local o = self.options
  local step, before = trial.steps[#trial.steps], trial.steps[#trial.steps - 1]
  local rung = o.min * o.factor ^ o.skip
  while rung <= step do
    if not before or before < rung then
      local others = history:reach(math.tointeger(rung), accept, trial)
      if not is_promoted(trial.losses[step], others, o.factor) then
        return true
      end
    end
    rung = rung * o.factor
  end
  return false
end

return arguments.checked("halving", "given?", new)
