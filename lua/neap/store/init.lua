--- Stores: studies in a database. Optuna's tables and ours in SQLite, by the
-- path of a file, or in PostgreSQL, by a URL.
local connection = require "neap.store.connection"

local M = { protect = connection.protect }

--- The options of a study that has a store.
M.options = {
  store = { "string" },
  lease = { "number", default = 60, above = 0, below = 1e6 },
  durable = { "choice", default = "process", names = { "process", "power" } },
  existing = { "choice", default = "resume",
    names = { "resume", "add", "new" } },
  allow_other_isa = { "boolean", default = false },
}

-- The path of a shard's own file: study.db is study-2of3.db.
local function shard_path(path, shard)
  local stem, ending = path:match("^(.*[^/])(%.[^./]*)$")
  return ("%s-%dof%d%s"):format(stem or path, shard[1], shard[2], ending or "")
end

--- What the command line says about the study: which share of it to work on.
-- @param o the study's options; its store is the shard's own from now on
function M.apply_command(o)
  local found, host = pcall(require, "neap.host")
  local command = found and host.command
  local shard = command and command.shard
  if not shard then return end
  if not o.store then
    connection.fail("--shard wants a study with a store = \"file.db\"",
      "shard")
  elseif connection.parse(o.store) ~= "sqlite" then
    connection.fail("--shard is for stores in files; workers of a PostgreSQL "
      .. "store share it as it is", "shard")
  elseif o.search.adaptive then
    connection.fail(("--shard is for searches whose points don't depend on "
      .. "other trials; %s is none"):format(o.search.kind), "shard")
  end
  o.shard = shard
  local _, path = connection.parse(o.store)
  o.store = shard_path(path, shard)
end

--- In a process that was started as a worker: which study it is to join.
-- @param o the study's options, changed where it was begun under a new name
function M.join_as_worker(o)
  if not o.store then return end
  connection.check_host()
  local name = require("neap.workers").is_worker_of(o.name)
  if name and o.existing == "new" then o.name, o.existing = name, "resume" end
end

--- Runs a study by this process and its workers. In a worker's process the
-- script ends here.
-- @param session the study's session
-- @param spec the study's options
-- @param o the options of the run: workers, quiet
-- @param work function() that does this process's part
function M.run(session, spec, o, work)
  if not pcall(require, "neap.host") then return work() end
  local workers = require "neap.workers"
  if session.db and workers.is_worker_of(spec.name) then
    o.quiet = true
    work()
    session:close()
    os.exit(true, true)
  end
  local team = workers.start(o.workers, session)
  if not team then return work() end
  local result = table.pack(pcall(work))
  if result[1] and result[2] then
    team:finish()
  else
    team:stop()
  end
  if not result[1] then error(result[2], 0) end
  return table.unpack(result, 2, result.n)
end

--- Calls a function, while the first Ctrl-C interrupts it and does not end the
-- program; errors of the store become nil, message, code. Without a program
-- that catches it, Ctrl-C stays what it is.
function M.guarded(call, ...)
  local found, host = pcall(require, "neap.host")
  if not found then return M.protect(call, ...) end
  host.catch_interrupts(true)
  local result = table.pack(pcall(M.protect, call, ...))
  host.catch_interrupts(false)
  if not result[1] then error(result[2], 0) end
  return table.unpack(result, 2, result.n)
end

--- A session on the study of some options: in its store, or in memory.
-- Raises errors of the store.
function M.session(o)
  M.apply_command(o)
  if not o.store then return require("neap.store.memory").new(o) end
  if not pcall(require, "neap.host") then
    error(("store is '%s'; the program gives neap no databases, only studies "
      .. "in memory"):format(tostring(o.store)), 0)
  end
  return require("neap.store.session").open(o)
end

return M
