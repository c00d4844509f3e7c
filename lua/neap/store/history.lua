--- The trials of a stored study as searches and pruners see them, read a little
-- at a time: a trial that has ended never changes again.
local History = {}
History.__index = History

local M = {}

--- The losses of the complete trials among some, at a step.
function M.losses_at(trials, step)
  local losses = {}
  for _, trial in ipairs(trials) do
    local loss = trial.state == "COMPLETE" and trial.losses[step]
    if loss and loss == loss then losses[#losses + 1] = loss end
  end
  return losses
end

--- The history of a session's study.
function M.new(session)
  return setmetatable({
    session = session, trials = {}, complete = 0, last_id = 0, unfinished = {},
  }, History)
end

local function add(self, trial)
  local session = self.session
  trial.params = session:params_of(trial.id)
  trial.steps, trial.values = session:reports_of(trial.id)
  trial.losses = {}
  for step, value in pairs(trial.values) do
    trial.losses[step] = session.sign * value
  end
  trial.last_step = trial.steps[#trial.steps]
  if trial.state == "COMPLETE" then self.complete = self.complete + 1 end
  self.trials[#self.trials + 1] = trial
end

--- Reads what ended since the last time.
function History:update()
  local session = self.session
  local function look(trials)
    for _, trial in ipairs(trials) do
      if trial.state == "RUNNING" or trial.state == "WAITING" then
        self.unfinished[trial.id] = true
      else
        self.unfinished[trial.id] = nil
        add(self, trial)
      end
    end
  end
  local ids = {}
  for id in pairs(self.unfinished) do ids[#ids + 1] = id end
  table.sort(ids)
  for _, id in ipairs(ids) do
    look(session:select_plain("WHERE t.trial_id = $1", id))
  end
  local newer = session:select_plain("WHERE t.study_id = $1 "
    .. "AND t.trial_id > $2 ORDER BY t.trial_id", session.study_id,
    self.last_id)
  if #newer > 0 then self.last_id = newer[#newer].id end
  look(newer)
end

function History:complete_count()
  return self.complete
end

function History:at(step)
  return M.losses_at(self.trials, step)
end

--- Of each trial but the running one that reported at `step` or beyond, the
-- loss at its first such step.
function History:reach(step, accept, own)
  local losses, sign = {}, self.session.sign
  local function look(id, number, steps, values)
    if id == own.id or accept and not accept(number) then return end
    for _, at in ipairs(steps) do
      if at >= step then
        losses[#losses + 1] = sign * values[at]
        return
      end
    end
  end
  for _, trial in ipairs(self.trials) do
    look(trial.id, trial.number, trial.steps, trial.values)
  end
  for id in pairs(self.unfinished) do
    local _, number = self.session.db:run("SELECT number FROM trials "
      .. "WHERE trial_id = $1", id)
    look(id, number, self.session:reports_of(id))
  end
  return losses
end

return M
