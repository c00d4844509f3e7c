--- Tasks of a study beside its trials, which one worker does for all: claimed
-- and leased as trials are.
local lease = require "neap.store.lease"

local M = {}

local function held_by(self, name)
  self.held_tasks = self.held_tasks or {}
  return self.held_tasks[name]
end

--- Claims a task.
-- @return "mine", "done" or "busy": another worker has it
function M.claim(self, name)
  return self.db:transaction(function()
    self:lock()
    local rows = self.db:rows("SELECT k.attempt, k.worker_id, k.lease_until, "
      .. "w.machine, w.pid, w.start FROM neap_task k JOIN neap_worker w "
      .. "ON w.worker_id = k.worker_id WHERE k.study_id = $1 AND k.task = $2",
      self.study_id, name)
    local row = rows[1]
    if row and not row[3] then return "done" end
    if row and not lease.has_expired(self, {
      worker_id = row[2], lease_until = row[3], machine = row[4],
      pid = row[5], start = row[6],
    }, self.db:now(), held_by(self, name)) then
      return "busy"
    end
    self.db:run("DELETE FROM neap_task WHERE study_id = $1 AND task = $2",
      self.study_id, name)
    self.db:run("INSERT INTO neap_task (study_id, task, attempt, worker_id, "
      .. "lease_until) VALUES ($1, $2, $3, $4, $5)", self.study_id, name,
      (row and row[1] or 0) + 1, self.worker_id, self:lease_end())
    held_by(self, name)
    self.held_tasks[name] = true
    return "mine"
  end)
end

--- Ends a task, unless another worker has taken it over.
-- @param put function() that writes what it found, in the same transaction
-- @return whether it was still this worker's
function M.finish(self, name, put)
  local changed = self.db:transaction(function()
    self:lock()
    local count = self.db:run("UPDATE neap_task SET lease_until = NULL "
      .. "WHERE study_id = $1 AND task = $2 AND worker_id = $3 "
      .. "AND lease_until IS NOT NULL", self.study_id, name, self.worker_id)
    if count > 0 then
      put()
      self:settle()
    end
    return count
  end)
  self.held_tasks[name] = nil
  return changed > 0
end

--- Gives all tasks back that this worker has.
function M.release(self)
  if not next(self.held_tasks or {}) then return end
  self.db:run("UPDATE neap_task SET lease_until = 0 WHERE study_id = $1 "
    .. "AND worker_id = $2 AND lease_until IS NOT NULL", self.study_id,
    self.worker_id)
  self.held_tasks = {}
end

return M
