--- Leases: who works on a trial, until when, and who takes it over.
local host = require "neap.host"

local M = {}

-- So many workers may die of a trial before it counts as failed.
M.ATTEMPTS = 10

-- Whether nobody works on a trial any more. A worker of this machine is asked
-- for; of another one the lease tells. One that ends later than any lease
-- could comes from a clock that was set back.
-- @param row { worker_id =, lease_until =, machine =, pid =, start = }
-- @param held whether this worker works on it, if it is its own
function M.has_expired(self, row, now, held)
  if row.lease_until == 0 then return true end
  if row.machine == self.machine then
    return not host.is_running(row.pid, row.start)
      or row.worker_id == self.worker_id and not held
  end
  local most = now + 2 * self.lease * 1000000
  return row.lease_until < now or row.lease_until > most
end

local function open_trials(self)
  local list = {}
  for i, row in ipairs(self.db:rows("SELECT n.trial_id, n.point, n.attempt, "
    .. "n.worker_id, n.lease_until, w.machine, w.pid, w.start "
    .. "FROM neap_trial n JOIN neap_worker w ON w.worker_id = n.worker_id "
    .. "WHERE n.study_id = $1 AND n.lease_until IS NOT NULL "
    .. "ORDER BY n.trial_id", self.study_id)) do
    list[i] = {
      id = row[1], point = row[2], attempt = row[3], worker_id = row[4],
      lease_until = row[5], machine = row[6], pid = row[7], start = row[8],
    }
  end
  return list
end

-- What an earlier attempt left behind.
local function forget(self, id)
  for _, name in ipairs { "trial_intermediate_values",
    "trial_user_attributes", "neap_series" } do
    self.db:run(("DELETE FROM %s WHERE trial_id = $1"):format(name), id)
  end
end

-- A trial that killed too many workers is no use trying again.
local function give_up(self, row)
  self.db:run("UPDATE neap_trial SET lease_until = NULL WHERE trial_id = $1",
    row.id)
  self.db:run("INSERT INTO trial_user_attributes (trial_id, \"key\", "
    .. "value_json) VALUES ($1, 'error', $2)", row.id,
    ('"%d workers ended while they ran this trial"'):format(row.attempt))
  self.db:run("UPDATE trials SET state = 'FAIL', datetime_complete = $1 "
    .. "WHERE trial_id = $2", host.utc(), row.id)
end

--- Takes trials over whose workers are gone, `want` at most with those in
-- `claimed`. Their numbers, points and parameters stay.
function M.take_over(self, want, claimed)
  local now = self.db:now()
  for _, row in ipairs(open_trials(self)) do
    if #claimed >= want then return end
    if M.has_expired(self, row, now, self.held[row.id]) then
      forget(self, row.id)
      local given_back = row.lease_until == 0
      if row.attempt >= M.ATTEMPTS and not given_back then
        give_up(self, row)
      else
        local attempt = row.attempt + (given_back and 0 or 1)
        self.db:run("UPDATE neap_trial SET worker_id = $1, attempt = $2, "
          .. "lease_until = $3 WHERE trial_id = $4", self.worker_id, attempt,
          self:lease_end(), row.id)
        local _, number = self.db:run("SELECT number FROM trials "
          .. "WHERE trial_id = $1", row.id)
        claimed[#claimed + 1] = {
          id = row.id, number = number, index = row.point, attempt = attempt,
          params = self:params_of(row.id),
        }
      end
    end
  end
end

return M
