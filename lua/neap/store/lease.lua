--- Leases: who works on a trial, until when, and who takes it over.
local host = require "neap.host"

local M = {}

-- So many workers may die of a trial before it counts as failed; and of some
-- that were claimed at once, before each of them is tried alone: one may be
-- what they died of.
M.ATTEMPTS = 10
local TOGETHER <const> = 3

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
    self.db:later(nil, ("DELETE FROM %s WHERE trial_id = $1"):format(name), id)
  end
end

-- A trial that killed too many workers is no use trying again.
local function give_up(self, row)
  self.db:later(nil, "UPDATE neap_trial SET lease_until = NULL "
    .. "WHERE trial_id = $1", row.id)
  self.db:later(nil, "INSERT INTO trial_user_attributes (trial_id, \"key\", "
    .. "value_json) VALUES ($1, 'error', $2)", row.id,
    ('"%d workers ended while they ran this trial"'):format(row.attempt))
  self.db:later(nil, "UPDATE trials SET state = 'FAIL', datetime_complete = $1 "
    .. "WHERE trial_id = $2", host.utc(), row.id)
end

-- Takes a trial over: its claim.
local function take(self, row, attempt)
  self.db:later(nil, "UPDATE neap_trial SET worker_id = $1, attempt = $2, "
    .. "lease_until = $3 WHERE trial_id = $4", self.worker_id, attempt,
    self:lease_end(), row.id)
  local _, number = self.db:run("SELECT number FROM trials "
    .. "WHERE trial_id = $1", row.id)
  return {
    id = row.id, number = number, index = row.point, attempt = attempt,
    params = self:params_of(row.id),
  }
end

--- Takes trials over whose workers are gone, `want` at most with those in
-- `claimed`. Their numbers, points and parameters stay.
-- @return whether the one that was taken is to be tried alone
function M.take_over(self, want, claimed)
  local now = self.db:now()
  for _, row in ipairs(open_trials(self)) do
    if #claimed >= want then return false end
    if M.has_expired(self, row, now, self.held[row.id]) then
      local attempt = row.attempt + (row.lease_until == 0 and 0 or 1)
      local alone = attempt > TOGETHER
      if attempt > M.ATTEMPTS then
        forget(self, row.id)
        give_up(self, row)
      elseif not alone or #claimed == 0 then
        forget(self, row.id)
        claimed[#claimed + 1] = take(self, row, attempt)
        if alone then return true end
      end
    end
  end
  return false
end

return M
