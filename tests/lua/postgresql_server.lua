-- A PostgreSQL server of its own for a test, on loopback.
local host = require "neap.host"

local M = {}

-- The folder of the server's programs, or nil.
local function programs()
  local process <close> = assert(host.start { "sh", "-c",
    "ls -d /usr/lib/postgresql/*/bin 2>/dev/null | tail -1; id -u",
    stdout = "pipe" })
  local folder, user = process:read("l", "l")
  if user == nil then return nil, folder end
  return folder, user
end

local Server = {}
Server.__index = Server

-- Runs a program of the server's, not as root, which it refuses.
local function run(self, words)
  local all = { stdout = "null", stderr = self.folder .. "/errors" }
  if self.is_root then
    all[1], all[2], all[3], all[4] = "runuser", "-u", "postgres", "--"
  end
  words[1] = self.programs .. "/" .. words[1]
  table.move(words, 1, #words, #all + 1, all)
  local process <close> = assert(host.start(all))
  local _, code = process:wait()
  return code == 0
end

function Server:start()
  return run(self, { "pg_ctl", "-D", self.folder .. "/data", "-w", "-l",
    self.folder .. "/log", "-o", ("-p %d -k %s -c listen_addresses=127.0.0.1")
      :format(self.port, self.folder), "start" })
end

--- Ends the server at once, as a crash does.
function Server:stop(how)
  return run(self, { "pg_ctl", "-D", self.folder .. "/data", "-m",
    how or "immediate", "-w", "stop" })
end

function Server:remove()
  self:stop()
  assert(host.start { "rm", "-rf", self.folder }):wait()
end

--- Makes a server with one database. Returns nil and why where there is none
-- to be had.
function M.new()
  local folder, user = programs()
  if not folder then return nil, "no PostgreSQL server is installed" end
  local self = setmetatable({
    programs = folder, is_root = user == "0", folder = os.tmpname(),
  }, Server)
  os.remove(self.folder)
  assert(host.start { "mkdir", "-m", "777", self.folder }):wait()
  local _, pid = host.identity()
  self.port = 20000 + pid % 20000
  if not run(self, { "initdb", "-D", self.folder .. "/data", "-A", "trust",
    "-U", "neap", "-E", "UTF8", "--no-locale", "-N" }) then
    return nil, "initdb failed"
  end
  for _ = 1, 20 do -- until a port is free
    if self:start() then
      self.url = ("postgresql://neap@127.0.0.1:%d/postgres"):format(self.port)
      return self
    end
    self.port = self.port + 1
  end
  return nil, "the server did not start"
end

return M
