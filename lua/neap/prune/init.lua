--- The pruners: each is one file of this folder, found by its name.
--
-- A pruner says from what a trial has reported whether it is worth going on
-- with: pruner:decide(trial, history), with
--
--   trial.number, trial.study (its name), trial.steps in rising order,
--   trial.losses = { [step] = value, smaller for better }
--   history:complete_count()   how many trials are complete
--   history:at(step)           losses of complete trials at that step
--   history:reach(step, accept, trial)   of every other trial that came so far
--     and that accept(number) takes, if given, the loss at its first step from
--     there on
local core = require "neap.core"

return setmetatable({}, {
  __index = function(self, name)
    local found, pruner = pcall(require, "neap.prune." .. name)
    if not found then
      if pruner:find("module 'neap.prune." .. name .. "' not found", 1,
        true) then
        return nil
      end
      core.blame(pruner)
    end
    rawset(self, name, pruner)
    return pruner
  end,
})
