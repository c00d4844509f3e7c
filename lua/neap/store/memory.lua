--- The trials of a study that has no store: they live as long as the program.
-- A session is what works on the trials of a study; that of a store has the
-- same methods (neap.store.session).
local history = require "neap.store.history"

local Session = {}
Session.__index = Session

local M = {}

--- A session in memory.
-- @param o { name =, search =, seed =, sign = 1 or -1, prune = }
function M.new(o)
  return setmetatable({
    name = o.name, search = o.search, seed = o.seed, sign = o.sign,
    direction = o.sign == -1 and "maximize" or "minimize",
    prune = o.prune, trials = {}, finished = {}, next_index = 0,
    counted = { COMPLETE = 0, PRUNED = 0, FAIL = 0, RUNNING = 0 },
  }, Session)
end

--- Keeps the trials that ended and gives the next ones out.
-- @param ended a list of trials that have ended
-- @param want how many to claim, at most
-- @return a list of trials, and "complete" where there are no more points
function Session:exchange(ended, want)
  for _, trial in ipairs(ended) do
    self.counted.RUNNING = self.counted.RUNNING - 1
    self.counted[trial.state] = self.counted[trial.state] + 1
    trial.loss = trial.value and self.sign * trial.value
    trial.last_step = trial.steps[#trial.steps]
    self.finished[#self.finished + 1] = trial
  end
  local claimed = {}
  while #claimed < want and self.next_index < self.search.size do
    local index = self.next_index + 1
    self.next_index = index
    local trial = {
      id = index, number = index - 1, index = index,
      params = self.search:point(index, self.seed, self:history()),
    }
    self.trials[index] = trial
    self.counted.RUNNING = self.counted.RUNNING + 1
    claimed[#claimed + 1] = trial
  end
  return claimed, #claimed == 0 and "complete" or nil
end

--- Gives trials back that were claimed and not begun: they are claimed again.
function Session:release(trials)
  for i = #trials, 1, -1 do
    local trial = trials[i]
    self.trials[trial.index] = nil
    self.counted.RUNNING = self.counted.RUNNING - 1
    self.next_index = math.min(self.next_index, trial.index - 1)
  end
end

--- Gives back all that was claimed.
function Session:give_back()
  local open = {}
  for index = 1, self.next_index do
    local trial = self.trials[index]
    if trial and not trial.state then open[#open + 1] = trial end
  end
  self:release(open)
end

--- Told by a trial after each report.
function Session.reported() end

--- Told between trials: nothing can expire here.
function Session.renew() end

--- Ends the session.
function Session.close() end

-- ------------------------------------------------------------------- history

--- What searches and pruners may look at: itself.
function Session:history()
  return self
end

function Session:complete_count()
  return self.counted.COMPLETE
end

--- The losses of the complete trials at a step.
function Session:at(step)
  return history.losses_at(self.finished, step)
end

--- Of each trial but the running one that reported at `step` or beyond, the
-- loss at its first such step.
function Session:reach(step, accept, own)
  local losses = {}
  for _, trial in pairs(self.trials) do
    if trial ~= own and trial.steps and (not accept or accept(trial.number))
    then
      for _, at in ipairs(trial.steps) do
        if at >= step then
          losses[#losses + 1] = trial.losses[at]
          break
        end
      end
    end
  end
  return losses
end

-- ------------------------------------------------------------------- results

--- How many trials are in each state, and how many points there are.
function Session:counts()
  local counts = { total = self.search.size }
  for state, count in pairs(self.counted) do counts[state] = count end
  return counts
end

--- Whether some trial has not failed.
function Session:has_other_than_failed()
  local counts = self.counted
  return counts.COMPLETE + counts.PRUNED + counts.RUNNING > 0
end

--- The best complete trials, best first.
function Session:top(count)
  local list = {}
  for _, trial in ipairs(self.finished) do
    if trial.state == "COMPLETE" then list[#list + 1] = trial end
  end
  table.sort(list, function(a, b)
    if a.loss ~= b.loss then return a.loss < b.loss end
    return a.number < b.number
  end)
  for i = #list, count + 1, -1 do list[i] = nil end
  return list
end

--- Calls a function with each trial that has begun, by their numbers.
function Session:each(call)
  for _, trial in ipairs(self:all()) do
    call(trial)
  end
end

--- The names of all parameters, sorted.
function Session:param_names()
  return self.search.names
end

--- All trials that have begun, by their numbers.
function Session:all()
  local list = {}
  for index = 1, self.next_index do
    list[#list + 1] = self.trials[index]
  end
  return list
end

return M
