--- Making a study in a store, and joining one that is there.
local connection = require "neap.store.connection"
local core = require "neap.core"
local host = require "neap.host"
local json = require "neap.json"
local schema = require "neap.store.schema"
local specs = require "neap.store.spec"
local stored = require "neap.store.stored"

local M = {}

local VERSION = "neap " .. core.version

-- The SHA-256 of the script that runs; nil where there is none.
local function script_hash()
  local command = host.command
  local file = command and command.script and io.open(command.script, "rb")
  if not file then return nil end
  local bytes = file:read("a")
  file:close()
  return bytes and host.sha256(bytes)
end

-- --------------------------------------------------------------------- making

local function put_attribute(db, kind, study_id, key, value)
  db:run(("INSERT INTO study_%s_attributes (study_id, \"key\", value_json) "
    .. "VALUES ($1, $2, $3) ON CONFLICT (study_id, \"key\") DO UPDATE "
    .. "SET value_json = excluded.value_json"):format(kind), study_id, key,
    json.encode(value))
end

local function shard_text(shard)
  return shard and ("%d/%d"):format(shard[1], shard[2]) or nil
end

local function make(db, o, name)
  local _, id = db:run("INSERT INTO studies (study_name) VALUES ($1) "
    .. "RETURNING study_id", name)
  db:run("INSERT INTO study_directions (direction, study_id, objective) "
    .. "VALUES ($1, $2, 0)", o.sign == -1 and "MAXIMIZE" or "MINIMIZE", id)
  if o.metric then
    put_attribute(db, "system", id, "study:metric_names",
      json.list { o.metric })
  end
  put_attribute(db, "user", id, "neap:version", VERSION)
  put_attribute(db, "user", id, "neap:isa", core.isa)
  put_attribute(db, "user", id, "neap:seed", o.seed)
  local script = script_hash()
  if script then put_attribute(db, "user", id, "neap:script_sha256", script) end
  db:run("INSERT INTO neap_study (study_id, seed, size, next_index, lease, "
    .. "shard, added, isa, spec_json) VALUES ($1, $2, $3, 0, $4, $5, 0, $6, "
    .. "$7)", id, o.seed, o.search.size, o.lease, shard_text(o.shard),
    core.isa, json.encode(o.spec))
end

-- -------------------------------------------------------------------- joining

local function refuse_change(self, lines)
  connection.fail(("study '%s' is another one in store '%s':\n  %s\n"
    .. "Give it another name, existing = \"new\" to begin a new study, or "
    .. "existing = \"add\" to add the points of another search"):format(
    self.name, connection.shown(self.db.location),
    table.concat(lines, "\n  ")), "changed")
end

--- Forgets what a study found of the points that it had picked, as there are
-- others to pick from.
function M.forget_picked(db, study_id)
  db:run("DELETE FROM neap_task WHERE study_id = $1 AND task <> 'baselines'",
    study_id)
  for _, name in ipairs { "neap_run", "neap_baseline",
    "neap_baseline_draws" } do
    db:run(("DELETE FROM %s WHERE study_id = $1 AND stage <> 'points'"):format(
      name), study_id)
  end
  for _, name in ipairs { "neap_score", "neap_draws" } do
    db:run(("DELETE FROM %s WHERE stage <> 'points' AND trial_id IN "
      .. "(SELECT trial_id FROM trials WHERE study_id = $1)"):format(name),
      study_id)
  end
end

-- Forgets the baselines, too, which are trained as the first point is.
local function forget_all(db, study_id)
  M.forget_picked(db, study_id)
  for _, name in ipairs { "neap_task", "neap_baseline",
    "neap_baseline_draws" } do
    db:run(("DELETE FROM %s WHERE study_id = $1"):format(name), study_id)
  end
end

-- Puts a study's trials where another search has their points; those that it
-- has not stay as history.
local function add(self, o)
  local db = self.db
  local _, open = db:run("SELECT count(*) FROM neap_trial WHERE study_id = $1 "
    .. "AND lease_until IS NOT NULL", self.study_id)
  if open > 0 then
    connection.fail(("study '%s' has %d trials that run or were given up; "
      .. "finish it as it was, then add"):format(self.name, open), "running")
  end
  local ids = db:rows("SELECT trial_id FROM neap_trial WHERE study_id = $1 "
    .. "ORDER BY trial_id", self.study_id)
  db:run("UPDATE neap_trial SET point = NULL WHERE study_id = $1",
    self.study_id)
  forget_all(db, self.study_id)
  for _, row in ipairs(o.search.index and ids or {}) do
    local point = o.search:index(self:params_of(row[1]))
    if point then
      db:run("UPDATE neap_trial SET point = $1 WHERE trial_id = $2", point,
        row[1])
    end
  end
  db:run("UPDATE neap_study SET next_index = 0, added = 1, spec_json = $1 "
    .. "WHERE study_id = $2", json.encode(o.spec), self.study_id)
end

-- The differences between what a study was begun as and what it is now.
local function differences_of(self, o)
  local lines, changed = specs.differences(self.spec, o.spec), false
  for _, line in ipairs(lines) do
    changed = changed or line:match("^search[%. ]") ~= nil
  end
  local list = {}
  for _, line in ipairs(lines) do
    -- Another search has another first point; another instruction set draws
    -- other last bits.
    local follows = changed and line:match("^first%.")
      or self.isa ~= core.isa and (line:match("^first%.value ")
        or line:match("^data%.t%a+%.x "))
    if not follows then list[#list + 1] = line end
  end
  return list
end

-- What says how to look again at what was picked: it changes no point.
local says_later = { confirm = true, reruns = true }

local function check_spec(self, o)
  local lines, only_later = differences_of(self, o), true
  for _, line in ipairs(lines) do
    only_later = only_later and says_later[line:match("^%w+")] ~= nil
  end
  if only_later then
    if #lines > 0 then M.forget_picked(self.db, self.study_id) end
    self.db:run("UPDATE neap_study SET spec_json = $1 WHERE study_id = $2",
      json.encode(o.spec), self.study_id)
    return
  end
  local other = false
  for _, line in ipairs(lines) do
    other = other or not line:match("^search[%. ]")
  end
  if o.existing ~= "add" or other then refuse_change(self, lines) end
  add(self, o)
end

local function check_joinable(self, o)
  local place = connection.shown(self.db.location)
  if not self.spec then
    connection.fail(("study '%s' in store '%s' was not made by neap; give "
      .. "another name"):format(self.name, place), "foreign")
  elseif self.shard ~= shard_text(o.shard) then
    connection.fail(("study '%s' in store '%s' was begun %s and would go on "
      .. "%s"):format(self.name, place,
      self.shard and "as shard " .. self.shard or "as a whole",
      o.shard and "as shard " .. shard_text(o.shard) or "as a whole"),
      "changed")
  elseif self.isa ~= core.isa and not o.allow_other_isa then
    connection.fail(("study '%s' in store '%s' was begun with the instruction "
      .. "set %s, and this is %s: the last bits may differ; set NEAP_ISA=%s or "
      .. "give allow_other_isa = true"):format(self.name, place, self.isa,
      core.isa, self.isa), "isa")
  end
end

-- The first of name, name-2, name-3, ... that no study has.
local function free_name(db, name)
  local number, free = 1, name
  while #db:rows("SELECT 1 FROM studies WHERE study_name = $1", free) > 0 do
    number = number + 1
    free = ("%s-%d"):format(name, number)
  end
  return free
end

local function join_worker(self, o)
  local machine, pid, start = host.identity()
  self.machine = machine
  local _, id = self.db:run("INSERT INTO neap_worker (study_id, host, "
    .. "machine, pid, start, isa, version, script_sha256, began) "
    .. "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING worker_id",
    self.study_id, host.name(), machine, pid, start, core.isa, VERSION,
    script_hash(), host.utc())
  self.worker_id = id
  self.shard_of = o.shard
  if self.size ~= o.search.size then
    self.size = o.search.size
    self.db:run("UPDATE neap_study SET size = $1 WHERE study_id = $2",
      self.size, self.study_id)
  end
end

--- Makes the study of some options, or checks that the one of that name is the
-- same, and joins its workers. Raises errors of the store.
-- @return the study, as stored.read gives it, with worker_id and machine
function M.join(db, o)
  schema.create(db, VERSION)
  return db:transaction(function()
    if db.kind == "postgresql" then
      db:run("SELECT pg_advisory_xact_lock(781202)")
      db:execute("SET LOCAL synchronous_commit TO on")
    end
    local name = o.name
    if o.existing == "new" then name = free_name(db, name) end
    local self = stored.read(db, name)
    if self then
      check_joinable(self, o)
      check_spec(self, o)
    else
      make(db, o, name)
    end
    self = stored.read(db, name)
    join_worker(self, o)
    return self
  end)
end

return M
