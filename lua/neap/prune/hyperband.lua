--- Hyperband: trials are dealt to brackets, successive halvings that begin to
-- stop trials sooner or later (Li et al. 2018, Hyperband, JMLR 18).
local arguments = require "neap.arguments"
local core = require "neap.core"
local halving = require "neap.prune.halving"
local options = require "neap.options"

local Hyperband = {}
Hyperband.__index = Hyperband
Hyperband.is_pruner = true

--- neap.prune.hyperband { min = 1, max = 81, factor = 3 }
-- max: the last step of a trial that is never stopped.
local function new(given)
  local o = options.read("hyperband", given, {
    min = { "number", default = 1, low = 1, high = 2 ^ 31, whole = true },
    max = { "number", required = true, low = 1, high = 2 ^ 31, whole = true },
    factor = { "number", default = 3, low = 2, high = 2 ^ 31, whole = true },
  })
  if o.max < o.min then
    options.refuse("hyperband", ("max is %d; wanted min, %d, or more"):format(
      o.max, o.min))
  end
  local self = { kind = "hyperband", options = o, brackets = {}, budgets = {},
    total = 0 }
  local last = 0
  while o.min * o.factor ^ (last + 1) <= o.max do last = last + 1 end
  for skip = 0, last do -- the sooner it stops, the more trials it has
    local s = last - skip
    self.brackets[skip + 1] = halving {
      min = o.min, factor = o.factor, skip = skip,
    }
    local budget = math.ceil((last + 1) * o.factor ^ s / (s + 1))
    self.budgets[skip + 1] = budget
    self.total = self.total + budget
  end
  return setmetatable(self, Hyperband)
end

--- The bracket of a trial, from 1: determined by the study and its number.
function Hyperband:bracket(study, number)
  local place = core.files.crc32(("%s_%d"):format(study, number)) % self.total
  for i, budget in ipairs(self.budgets) do
    if place < budget then return i end
    place = place - budget
  end
end

function Hyperband:decide(trial, history)
  local own = self:bracket(trial.study, trial.number)
  return self.brackets[own]:decide(trial, history, function(number)
    return self:bracket(trial.study, number) == own
  end)
end

return arguments.checked("hyperband", "given?", new)
