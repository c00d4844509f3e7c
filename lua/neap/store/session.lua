--- A worker on a study that lives in a store: claims points, keeps how they
-- ended. One transaction ends some trials and claims others.
local host = require "neap.host"
local connection = require "neap.store.connection"
local inserts = require "neap.store.inserts"
local json = require "neap.json"
local lease = require "neap.store.lease"
local random = require "neap.random"
local server_trials = require "neap.store.server_trials"
local stored = require "neap.store.stored"
local study_of = require "neap.store.study"
local tasks = require "neap.store.tasks"

local Session = setmetatable({}, { __index = stored.Stored })
Session.__index = Session

local M = { Session = Session }

-- How long reports may stay here before others see them, in seconds.
local REPORT_AFTER <const> = 0.5

--- Opens a study in a store, or makes it, and joins its workers.
-- @param o { store =, name =, search =, seed =, sign =, prune =, spec =,
--   lease =, durable =, existing =, allow_other_isa =, shard = { i, n }, keep =
--   function(session, trial) that keeps more of a trial that ended, or nil,
--   one_seed = true where all trials have the study's own seed }
-- Raises errors of the store.
function M.open(o)
  local db = connection.open(o.store, { durable = o.durable })
  local ok, self = pcall(study_of.join, db, o)
  if not ok then
    db:close()
    error(self, 0)
  end
  self.search, self.prune, self.keep = o.search, o.prune, o.keep
  self.one_seed = o.one_seed and o.seed or nil
  self.held = {} -- the trials that this worker runs, by their ids
  self.last_renewed, self.last_reported = db:now(), host.clock()
  self.next_look = -math.huge -- when to look for expired leases again
  self.lost = 0 -- trials that another worker had taken over
  self.distributions, self.positions = {}, {}
  for _, name in ipairs(o.search.names) do
    self.distributions[name] = json.encode(
      (o.search.space or o.search):distribution(name))
    local choices = (o.search.space or o.search):choices(name)
    if choices then
      self.positions[name] = {}
      for i, value in ipairs(choices) do
        self.positions[name][value] = i - 1
      end
    end
  end
  return setmetatable(self, Session)
end

--- The value of a parameter from its columns: the search's own choice, since
-- JSON has no way to tell some of them apart.
function Session:external(name, value, text)
  local choices = self.positions[name]
    and (self.search.space or self.search):choices(name)
  if choices then return choices[math.tointeger(value) + 1] end
  return stored.Stored.external(self, name, value, text)
end

-- -------------------------------------------------------------- ending trials

local function put_attribute(self, id, key, value)
  self.db:run("INSERT INTO trial_user_attributes (trial_id, \"key\", "
    .. "value_json) VALUES ($1, $2, $3) ON CONFLICT (trial_id, \"key\") "
    .. "DO UPDATE SET value_json = excluded.value_json", id, key,
    json.encode(value))
end

-- Writes reports that are not in the store yet.
local function put_reports(self, trial)
  for i = (trial.kept or 0) + 1, #trial.steps do
    local step = trial.steps[i]
    local value, kind = stored.split_value(trial.values[step])
    self.db:later(nil, "INSERT INTO trial_intermediate_values (trial_id, step, "
      .. "intermediate_value, intermediate_value_type) "
      .. "VALUES ($1, $2, $3, $4) ON CONFLICT (trial_id, step) DO NOTHING",
      trial.id, step, value, kind)
  end
end

-- Ends a trial, unless another worker has taken it over, and calls a function
-- with whether it is.
local function put_end(self, trial, ended, call)
  local changed = self.db:run("UPDATE neap_trial SET lease_until = NULL "
    .. "WHERE trial_id = $1 AND worker_id = $2 AND attempt = $3 "
    .. "AND lease_until IS NOT NULL", trial.id, self.worker_id, trial.attempt)
  if changed == 0 then return call(false) end
  put_reports(self, trial)
  for key, value in pairs(trial.notes or {}) do
    put_attribute(self, trial.id, key, value)
  end
  if trial.error then put_attribute(self, trial.id, "error", trial.error) end
  if trial.value then
    local value, kind = stored.split_value(trial.value)
    self.db:run("INSERT INTO trial_values (trial_id, objective, value, "
      .. "value_type) VALUES ($1, 0, $2, $3)", trial.id, value, kind)
  end
  self.db:run("UPDATE trials SET state = $1, datetime_complete = $2 "
    .. "WHERE trial_id = $3", trial.state, ended, trial.id)
  call(true)
end

-- Ends some trials; calls a function for each that others had taken over.
local function put_ends(self, ended, lose)
  local put = self.db.kind == "postgresql" and server_trials.finish or put_end
  local now, mine = host.utc(), {}
  for _, trial in ipairs(ended) do
    put(self, trial, now, function(is_mine)
      if not is_mine then return lose() end
      mine[#mine + 1] = trial
    end)
  end
  if not self.keep then return end
  self.db:flush()
  for _, trial in ipairs(mine) do self.keep(self, trial) end
end

-- ------------------------------------------------------------------- claiming

local into_params = inserts("trial_params", { "trial_id" },
  { "param_name", "param_value", "distribution_json" })

--- Calls a function with each parameter of a point as its table has it: name,
-- number, distribution.
function Session:each_param(params, call)
  for _, name in ipairs(self.search.names) do
    local value = params[name]
    if value ~= nil then
      local positions = self.positions[name]
      if positions then value = positions[value] end
      call(name, value + 0.0, self.distributions[name])
    end
  end
end

local function put_params(self, id, params)
  local values, n = {}, 0
  self:each_param(params, function(name, value, distribution)
    values[n + 1], values[n + 2], values[n + 3] = name, value, distribution
    n = n + 3
  end)
  values.n = n
  into_params:run(self.db, { id }, values)
end

-- The number in the search of the n-th point of this share.
local function point_at(self, n)
  local shard = self.shard_of
  return shard and shard[1] + (n - 1) * shard[2] or n
end

local function share_size(self)
  local shard = self.shard_of
  if not shard then return self.search.size end
  return math.max((self.search.size - shard[1]) // shard[2] + 1, 0)
end

-- A point of an extended study may have been tried before it was extended.
local function is_known(self, point)
  return self.added == 1 and #self.db:rows("SELECT 1 FROM neap_trial "
    .. "WHERE study_id = $1 AND point = $2", self.study_id, point) > 0
end

local function begin(self, trials)
  if #trials == 0 then return end
  if self.db.kind == "postgresql" then
    return server_trials.begin(self, trials)
  end
  local ends, began = self:lease_end(), host.utc()
  for _, trial in ipairs(trials) do
    local _, id = self.db:run("INSERT INTO trials (number, study_id, state, "
      .. "datetime_start) VALUES ($1, $2, 'RUNNING', $3) RETURNING trial_id",
      trial.number, self.study_id, began)
    trial.id = id
    self.db:run("INSERT INTO neap_trial (trial_id, study_id, point, seed, "
      .. "attempt, worker_id, lease_until) VALUES ($1, $2, $3, $4, 1, $5, $6)",
      id, self.study_id, trial.index, trial.seed, self.worker_id, ends)
    put_params(self, id, trial.params)
  end
end

-- Claims points that nobody has claimed.
local function claim_new(self, want, claimed)
  local db, size = self.db, share_size(self)
  local _, before, last = db:run("SELECT next_index, (SELECT max(number) "
    .. "FROM trials WHERE study_id = $1) FROM neap_study WHERE study_id = $1",
    self.study_id)
  local at, number, fresh = before, last or -1, {}
  local history = self.search.adaptive and self:history() or nil
  while #claimed < want and at < size do
    at = at + 1
    local point = point_at(self, at)
    if not is_known(self, point) then
      number = number + 1
      fresh[#fresh + 1] = {
        number = number, index = point, attempt = 1,
        seed = self.one_seed or random.seed_of_trial(self.seed, point),
        params = self.search:point(point, self.seed, history),
      }
      claimed[#claimed + 1] = fresh[#fresh]
    end
  end
  begin(self, fresh)
  if at > before then
    db:later(nil, "UPDATE neap_study SET next_index = $1 WHERE study_id = $2",
      at, self.study_id)
  end
end

local function claim(self, want)
  local claimed = {}
  if host.clock() >= self.next_look then
    if lease.take_over(self, want, claimed) then return claimed end
    -- Where all were taken there may be more.
    if #claimed < want then self.next_look = host.clock() + 1 end
  end
  claim_new(self, want, claimed)
  if #claimed > 0 then return claimed end
  lease.take_over(self, want, claimed)
  if #claimed > 0 then return claimed end
  local _, open = self.db:run("SELECT count(*) FROM neap_trial "
    .. "WHERE study_id = $1 AND lease_until IS NOT NULL", self.study_id)
  return claimed, open == 0 and "complete" or "wait"
end

--- In a transaction: keeps others from claiming anything of the study until it
-- ends. In SQLite a transaction that writes is alone; in PostgreSQL this waits
-- for Optuna's workers, too, but not for those that insert rows of the study,
-- whose keys are locked: that would be a ring of waiting.
function Session:lock()
  if self.db.kind == "postgresql" then
    self.db:later(nil, "SELECT study_id FROM studies WHERE study_id = $1 "
      .. "FOR NO KEY UPDATE", self.study_id)
  end
end

--- In a transaction that ends something: when it is committed, all that was
-- committed before survives the end of the server, too. Until then a server may
-- forget the last moment, and what it forgot is done again.
function Session:settle()
  if self.db.kind ~= "postgresql" then return end
  self.db:later(nil, "SET LOCAL synchronous_commit TO on")
  self.db:later(nil, "UPDATE neap_worker SET began = began "
    .. "WHERE worker_id = $1", self.worker_id)
end

Session.claim_task = tasks.claim
Session.finish_task = tasks.finish

--- Keeps the trials that ended and claims the next ones, in one transaction.
-- @return a list of claimed trials; and "complete" where every point has been
--   tried, "wait" where others still try some
function Session:exchange(ended, want)
  local lost
  local claimed, status = self.db:transaction(function()
    lost = 0
    self:lock()
    put_ends(self, ended, function() lost = lost + 1 end)
    if want <= 0 then return {} end
    local trials, status = claim(self, want)
    if status == "complete" then self:settle() end
    return trials, status
  end)
  for _, trial in ipairs(ended) do self.held[trial.id] = nil end
  for _, trial in ipairs(claimed) do self.held[trial.id] = trial end
  self.lost = self.lost + lost
  return claimed, status
end

--- Waits for a moment, where only trials of others are left.
function Session.wait()
  host.sleep(0.05)
end

-- ------------------------------------------------------------ while they run

--- Told by a trial after each report: others see it soon, at once if there is
-- a pruner.
function Session:reported(trial)
  local now = host.clock()
  if not self.prune and now - self.last_reported < REPORT_AFTER then return end
  self.last_reported = now
  self.db:transaction(function()
    local _, mine = self.db:run("SELECT 1 FROM neap_trial WHERE trial_id = $1 "
      .. "AND worker_id = $2 AND attempt = $3", trial.id, self.worker_id,
      trial.attempt)
    if mine then put_reports(self, trial) end
  end)
  trial.kept = #trial.steps
  self:renew()
end

--- When a lease that begins now ends.
function Session:lease_end()
  return self.db:now() + math.floor(self.lease * 1000000)
end

--- Renews the leases of this worker, if a third of their time has gone.
function Session:renew()
  local now = self.db:now()
  local gone = now - self.last_renewed
  if gone >= 0 and gone < self.lease * 1000000 / 3 then return end
  self.last_renewed = now
  self.db:transaction(function()
    for _, name in ipairs { "neap_trial", "neap_task" } do
      self.db:later(nil, ("UPDATE %s SET lease_until = $1 WHERE study_id = $2 "
        .. "AND lease_until > 0 AND worker_id = $3"):format(name),
        self:lease_end(), self.study_id, self.worker_id)
    end
  end)
end

--- Gives trials back that were claimed and not begun.
function Session:release(trials)
  self.db:transaction(function()
    for _, trial in ipairs(trials) do
      self.db:later(nil, "UPDATE neap_trial SET lease_until = 0 "
        .. "WHERE trial_id = $1 AND worker_id = $2 "
        .. "AND lease_until IS NOT NULL", trial.id, self.worker_id)
    end
  end)
  for _, trial in ipairs(trials) do self.held[trial.id] = nil end
end

--- Gives back all that this worker still holds.
function Session:give_back()
  local held = {}
  for _, trial in pairs(self.held) do held[#held + 1] = trial end
  if #held > 0 then self:release(held) end
  tasks.release(self)
end

--- Ends the session: what it still holds is given back.
function Session:close()
  if not self.db.db then return end
  pcall(self.give_back, self)
  self.db:close()
end

-- -------------------------------------------------------------------- history

--- What searches and pruners may look at, brought up to date.
function Session:history()
  if not self.seen then self.seen = require("neap.store.history").new(self) end
  self.seen:update()
  return self.seen
end

return M
