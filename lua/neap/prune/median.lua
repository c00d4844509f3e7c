--- Stops a trial whose best value so far is worse than the median of the others
-- at the same step (Golovin et al. 2017, Google Vizier, 3.2.2).
local arguments = require "neap.arguments"
local options = require "neap.options"

local Median = {}
Median.__index = Median
Median.is_pruner = true

--- neap.prune.median { startup = 5, warmup = 0, interval = 1 }
-- startup: complete trials before any is pruned; warmup: steps before a trial
-- may be pruned; interval: steps from one look to the next.
local function new(given)
  local o = options.read("median", given, {
    startup = { "number", default = 5, low = 0, high = 2 ^ 53, whole = true },
    warmup = { "number", default = 0, low = 0, high = 2 ^ 53, whole = true },
    interval = { "number", default = 1, low = 1, high = 2 ^ 53, whole = true },
  })
  return setmetatable({ kind = "median", options = o }, Median)
end

local function median(list)
  table.sort(list)
  local middle = #list // 2
  if #list % 2 == 1 then return list[middle + 1] end
  return (list[middle] + list[middle + 1]) / 2
end

function Median:decide(trial, history)
  local o, step = self.options, trial.steps[#trial.steps]
  if step < o.warmup or (step - o.warmup) % o.interval ~= 0 then
    return false
  end
  local best = math.huge
  for _, loss in pairs(trial.losses) do
    if loss < best then best = loss end
  end
  if history:complete_count() < o.startup then return false end
  if trial.losses[step] ~= trial.losses[step] then return true end
  local others = history:at(step)
  return #others > 0 and best > median(others)
end

return arguments.checked("median", "given?", new)
