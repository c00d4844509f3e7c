--- Workers: more processes of this program that run the same script up to the
-- same study, and work on it.
local host = require "neap.host"
local connection = require "neap.store.connection"

local Workers = {}
Workers.__index = Workers

local M = {}

-- How long workers may take to see that a study is over, in seconds.
local PATIENCE <const> = 20

--- Whether this process was started to work on the study of that name, whose
-- name a study begun anew may have a number after.
function M.is_worker_of(name)
  local worker = host.command and host.command.worker
  if not worker then return nil end
  if worker == name then return worker end
  local stem = worker:match("^(.*)%-%d+$")
  return stem == name and worker or nil
end

-- The words that start this program again as a worker of a study.
local function words_of(name, threads)
  local command = host.command
  local words = { "env", "NEAP_THREADS=" .. threads, M.program(),
    stdin = "null", stdout = "null" }
  local i = 2
  while i < command.position do
    local word = command.words[i]
    if word == "--workers" then
      i = i + 1
    elseif word ~= "-i" then
      words[#words + 1] = word
    end
    i = i + 1
  end
  local at = words[#words] == "--" and #words or #words + 1
  table.insert(words, at, "--worker")
  table.insert(words, at + 1, name)
  for j = command.position, #command.words do
    words[#words + 1] = command.words[j]
  end
  return words
end

--- The path of this program, also where it was found by PATH.
function M.program()
  local process <close> = assert(host.start {
    "readlink", ("/proc/%d/exe"):format(select(2, host.identity())),
    stdout = "pipe",
  })
  local path = process:read("l")
  return path or host.command.words[1]
end

--- Starts workers beside this process.
-- @param given how many processes there are to be, or nil for the command
--   line's --workers
-- @param session the study's session
-- @return what has `finish`; nil where there are to be none
function M.start(given, session)
  local command = host.command
  local count = given or command and command.workers or 1
  if count <= 1 or command and command.worker then return nil end
  if not command or not command.script or command.script == "-" then
    connection.fail("workers run a script, and there is none", "workers")
  elseif not session.db then
    connection.fail("workers share a store; give store = \"study.db\"",
      "workers")
  end
  local threads = os.getenv("NEAP_THREADS")
    or math.max(host.cores() // count, 1)
  local self = setmetatable({ processes = {} }, Workers)
  for i = 2, count do
    local process, message = host.start(words_of(session.name, threads))
    if not process then
      self:stop()
      connection.fail("can't start a worker: " .. message, "workers")
    end
    self.processes[i - 1] = process
  end
  return self
end

--- Ends all workers.
function Workers:stop()
  for _, process in ipairs(self.processes) do process:kill() end
  for _, process in ipairs(self.processes) do process:wait() end
end

--- Waits for all workers, whose study is over. Says on standard error which
-- did not end well.
function Workers:finish()
  local deadline = host.clock() + PATIENCE
  for _, process in ipairs(self.processes) do
    local how, code = process:wait(math.max(deadline - host.clock(), 0))
    if not how then
      process:kill()
      process:wait()
    elseif how == "signal" or code ~= 0 then
      io.stderr:write(("neap: worker %d ended with %s %d\n"):format(
        process:pid(), how, code))
    end
  end
end

return M
