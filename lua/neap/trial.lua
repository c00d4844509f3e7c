--- A trial: what an objective is called with.
local arguments = require "neap.arguments"
local core = require "neap.core"
local options = require "neap.options"
local random = require "neap.random"

local Trial = {}
Trial.__index = Trial
Trial.__name = "neap.Trial"

local M = {}

--- Makes a trial of a study from what a session claimed.
-- @param session the study's session
-- @param claimed { id =, number =, index =, params = } of the session; the
--   trial is that table
function M.new(session, claimed)
  claimed.session = session
  claimed.study = session.name
  claimed.seed = random.seed_of_trial(session.seed, claimed.index)
  claimed.steps, claimed.values, claimed.losses = {}, {}, {}
  return setmetatable(claimed, Trial)
end

function Trial:__tostring()
  return ("neap.Trial %d"):format(self.number)
end

local function check_running(self, method)
  if self.state then
    core.blame(("%s: trial %d has ended"):format(method, self.number))
  end
end

--- Reports how good the trial is so far.
-- @param step a whole number, 0 or more, above the step before
-- @param value a number, in the unit of the objective
function Trial:report(step, value)
  check_running(self, "report")
  local last = self.steps[#self.steps] or -1
  local whole = math.tointeger(step)
  if not whole or whole < 0 or whole >= 2 ^ 31 then
    options.refuse("report", ("step is %s; wanted a whole number, 0 to "
      .. "2^31 - 1"):format(options.show(step)))
  elseif whole <= last then
    options.refuse("report", ("step is %d; wanted one above the step before, "
      .. "%d"):format(whole, last))
  elseif type(value) ~= "number" then
    options.refuse("report", ("value is %s; wanted a number"):format(
      options.show(value)), 2)
  end
  self.steps[#self.steps + 1] = whole
  self.values[whole] = value
  self.losses[whole] = self.session.sign * value
  self.session:reported(self)
end

--- Whether the study's pruner would end the trial here. An objective that has
-- been told so and returns nothing has a pruned trial.
function Trial:should_prune()
  check_running(self, "should_prune")
  local pruner = self.session.prune
  if not pruner or #self.steps == 0 then return false end
  if not self.told then
    self.told = pruner:decide(self, self.session:history())
  end
  return self.told
end

--- Keeps something beside the trial: a number, text, a boolean, or a table of
-- these. A key that is noted again has the latest value.
function Trial:note(key, value)
  check_running(self, "note")
  local ok, text = pcall(require("neap.json").encode, value)
  if not ok or value == nil then
    options.refuse("note", ok and "value is nil" or text, 2)
  end
  self.notes = self.notes or {}
  self.notes[key] = value
end

-- --------------------------------------------------------------- how it ends

--- Ends a trial with what its objective returned; for studies.
-- @param value a number, or nil
function M.complete(self, value)
  if value == nil and self.told then
    local last = self.steps[#self.steps]
    self.state, self.value = "PRUNED", self.values[last]
    if self.value ~= self.value then self.value = nil end
  elseif type(value) ~= "number" then
    M.fail(self, ("the objective returned a %s; wanted a number"):format(
      type(value)))
  elseif value ~= value then
    M.fail(self, "the objective returned nan; wanted a number")
  else
    self.state, self.value = "COMPLETE", value
  end
end

--- Ends a trial that failed, with why.
function M.fail(self, message)
  self.state, self.value, self.error = "FAIL", nil, message
end

arguments.methods("neap.Trial", Trial, Trial, {
  report = "step, value", should_prune = "", note = "key: string, value",
})

return M
