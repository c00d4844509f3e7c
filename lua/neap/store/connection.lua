--- A connection to a database, SQLite or PostgreSQL: statements that raise, and
-- transactions that are tried again.
local core = require "neap.core"

local found, host = pcall(require, "neap.host")

local Connection = {}
Connection.__index = Connection
Connection.__name = "neap.Connection"

local M = {}

-- What is raised where the outside world fails; see M.protect.
local StoreError = {
  __name = "neap.StoreError",
  __tostring = function(self) return self.message end,
}

--- Raises an error of the store: { message =, code =, is_store_error = true }.
function M.fail(message, code)
  error(setmetatable({
    message = message, code = code or "error", is_store_error = true,
  }, StoreError), 0)
end

local function finish(ok, ...)
  if ok then return ... end
  local problem = ...
  if type(problem) == "table" and problem.is_store_error then
    return nil, problem.message, problem.code
  end
  error(problem, 0)
end

--- Calls a function; errors of the store become nil, message, code.
function M.protect(call, ...)
  return finish(pcall(call, ...))
end

-- --------------------------------------------------------------- where it is

--- The kind of a location, "sqlite" or "postgresql", and what to open: a path
-- or a URL.
function M.parse(location)
  if location:match("^postgres%a*://") then return "postgresql", location end
  return "sqlite", (location:gsub("^sqlite:///", ""))
end

--- A location to show: without a password.
function M.shown(location)
  return (location:gsub("^(%w+://[^:/@]*):[^@]*@", "%1@"))
end

-- What the system says where a file can't be opened; nil where it can.
local function problem_with(path, how)
  local file, why = io.open(path, how)
  if file then
    file:close()
    return nil
  end
  return (why:match("[^:]*$"):gsub("^ ", ""))
end

-- Why a file of SQLite can't be opened.
local function why_not(self)
  if self.kind ~= "sqlite" then return "" end
  local missing = problem_with(self.path, "rb")
  if missing then
    if self.mode ~= "create" then return ": " .. missing end
    local why = problem_with(self.path, "ab")
    if why then return ": it can't be made: " .. why end
    os.remove(self.path)
    return ""
  end
  local why = problem_with(self.path, "r+b")
  if why then return ": it can't be written: " .. why end
  return ": it lies in a folder that can't be written"
end

local hints = {
  readonly = "; it can be read, but not written",
  corrupt = "; it is no database, or it is damaged",
  full = "; what was committed before is kept",
}

local function explain(self, message, code)
  local hint = code == "open" and why_not(self) or hints[code] or ""
  return ("store '%s': %s%s"):format(M.shown(self.location), message, hint)
end

-- ---------------------------------------------------------------- connecting

-- A file that has no log is read as it is where its folder can't be written:
-- SQLite would keep beside it what readers and writers share.
local function open_file(self)
  local db, message, code = host.sqlite(self.path, self.mode)
  if not db or self.mode ~= "read" then return db, message, code end
  local first, _, problem = db:run("PRAGMA schema_version")
  if first or problem ~= "open" or not problem_with(self.path .. "-wal", "rb")
  then
    return db
  end
  db:close()
  return host.sqlite(self.path, "unchanging")
end

local function connect(self)
  local db, message, code
  if self.kind == "sqlite" then
    db, message, code = open_file(self)
  else
    db, message, code = host.postgresql(self.path)
  end
  if not db then M.fail(explain(self, message, code), code) end
  self.db, self.waiting, self.waiting_values = db, {}, 0
  self:prepare()
end

-- So many pages of the log are put into the file at once: 4 MB, as SQLite's own
-- thousand of the larger pages.
local LOG_PAGES <const> = 4000

-- Settings of a new connection. "process" survives the end of this process,
-- "power" that of the machine, too.
function Connection:prepare()
  if self.kind == "postgresql" then
    -- However a server is set: bytes and times as we read them, numbers with
    -- every bit.
    self:execute("SET bytea_output TO hex; SET datestyle TO ISO; "
      .. "SET extra_float_digits TO 3")
    if self.durable == "process" then
      self:execute("SET synchronous_commit TO off")
    end
    local _, now = self:run(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")
    self.ahead = now - math.floor(host.clock() * 1000000)
  elseif self.mode ~= "read" then
    self:execute(("PRAGMA synchronous = %s"):format(
      self.durable == "process" and "NORMAL" or "FULL"))
    self:execute("PRAGMA wal_autocheckpoint = " .. LOG_PAGES)
  end
end

--- Raises where the program that neap is part of has no neap.host.
function M.check_host()
  if found then return end
  M.fail("stores want neap.host, which this program does not have", "library")
end

--- Opens a database.
-- @param location a path or a URL
-- @param o { mode = "create", "write" or "read"; durable = "process" or
--   "power"; patience = seconds to wait for a server that went away (60) }
function M.open(location, o)
  M.check_host()
  local kind, path = M.parse(location)
  local self = setmetatable({
    location = location, kind = kind, path = path, mode = o.mode or "create",
    durable = o.durable or "process", patience = o.patience or 60,
  }, Connection)
  connect(self)
  return self
end

function Connection:close()
  if self.db then self.db:close() end
  self.db = nil
end

--- Microseconds since 1970 by the clock that all workers share: the server's,
-- or this machine's.
function Connection:now()
  if self.ahead then return self.ahead + math.floor(host.clock() * 1000000) end
  return host.now()
end

-- ---------------------------------------------------------------- statements

local function check(self, first, message, code, ...)
  if first == nil then M.fail(explain(self, message, code), code) end
  return first, message, code, ...
end

-- A script may have closed it.
local function database(self)
  if not self.db then core.blame("the store is closed") end
  return self.db
end

-- So many statements, and values of theirs, travel together at most.
local FLIGHT_MAX <const>, VALUES_MAX <const> = 64, 999

-- Sends the statements that wait to a server: the result of the last.
local function send(self)
  local list = self.waiting
  self.waiting, self.waiting_values = {}, 0
  local results = check(self, database(self):flight(list))
  for i, one in ipairs(list) do
    if one.call then one.call(results[i]) end
  end
  return results[#results]
end

--- Runs what waits.
function Connection:flush()
  if self.waiting[1] then send(self) end
end

-- Puts a statement behind those that wait.
local function enqueue(self, call, text, ...)
  local count = select("#", ...)
  if #self.waiting == FLIGHT_MAX
    or self.waiting_values + count > VALUES_MAX then
    self:flush()
  end
  self.waiting_values = self.waiting_values + count
  table.insert(self.waiting, { text, n = count, call = call, ... })
end

--- Runs a statement whose rows nobody waits for: before the next statement, or
-- with it, on its way to a server, where that is one round trip less.
-- @param call function(rows), called then, or nil
function Connection:later(call, text, ...)
  if self.kind == "sqlite" then
    if call then return call(self:rows(text, ...)) end
    self:run(text, ...)
    return
  end
  enqueue(self, call, text, ...)
end

--- Runs a statement with values for $1, $2, ...: the rows it changed, and the
-- columns of its first row.
function Connection:run(text, ...)
  if not self.waiting[1] then
    return check(self, database(self):run(text, ...))
  end
  enqueue(self, nil, text, ...)
  local rows = send(self)
  return rows.changed, table.unpack(rows[1] or {}, 1, rows.width)
end

--- The rows of a query: lists of columns.
function Connection:rows(text, ...)
  if not self.waiting[1] then
    return check(self, database(self):rows(text, ...))
  end
  enqueue(self, nil, text, ...)
  return send(self)
end

--- Runs statements without values.
function Connection:execute(text)
  self:flush()
  return check(self, database(self):execute(text))
end

-- -------------------------------------------------------------- transactions

-- Connects again to a server that went away, waiting longer each time.
local function reconnect(self, deadline, problem)
  local pause = 0.05
  while true do
    if host.clock() + pause > deadline then error(problem, 0) end
    host.sleep(pause)
    pause = math.min(pause * 2, 2)
    if self.db then self.db:close() end
    local ok, why = pcall(connect, self)
    if ok then return end
    if type(why) ~= "table" or why.code ~= "connection"
      and not why.message:find("starting up", 1, true)
      and not why.message:find("shutting down", 1, true) then
      error(why, 0)
    end
  end
end

local function attempt(self, call)
  self:later(nil, self.kind == "sqlite" and "BEGIN IMMEDIATE" or "BEGIN")
  local result = table.pack(pcall(call))
  if result[1] then
    local done, problem = pcall(self.run, self, "COMMIT")
    if done then return table.unpack(result, 2, result.n) end
    result[2] = problem
  end
  self.waiting, self.waiting_values = {}, 0
  if self.db then self.db:execute("ROLLBACK") end
  error(result[2], 0)
end

--- Calls a function that reads much and returns what it returns: again where
-- the connection to a server was lost.
function Connection:reading(call)
  if self.kind == "postgresql" then return self:transaction(call) end
  return call()
end

--- Calls a function in a transaction and returns what it returns. It may be
-- called again: where the database was busy, or where the connection was lost
-- and it is not known whether the commit came through.
function Connection:transaction(call)
  local deadline = host.clock() + self.patience
  while true do
    local result = table.pack(pcall(attempt, self, call))
    if result[1] then return table.unpack(result, 2, result.n) end
    local problem = result[2]
    local code = type(problem) == "table" and problem.is_store_error
      and problem.code
    if code == "connection" then
      reconnect(self, deadline, problem)
    elseif code ~= "busy" or host.clock() > deadline then
      error(problem, 0)
    end
  end
end

return M
