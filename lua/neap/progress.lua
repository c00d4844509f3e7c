--- Progress on standard error: a bar on a terminal, plain lines otherwise.
local core = require "neap.core"

local M = {}

local Progress = {}
Progress.__index = Progress

-- A host that gives no neap.host may take lines as its log; else progress is
-- silent.
local found, host = pcall(require, "neap.host")
local clock = found and host.clock or core.clock
local log = not found and clock and core.log or nil

local function duration(seconds)
  if seconds >= 3600 then
    return ("%d:%02d h"):format(seconds // 3600, seconds % 3600 // 60)
  elseif seconds >= 60 then
    return ("%d:%02d min"):format(seconds // 60, seconds % 60 // 1)
  end
  return ("%.1f s"):format(seconds)
end

--- @param title what is going on
-- @param total pieces of work
-- @param unit what a piece is called, for the rate
function M.new(title, total, unit)
  local terminal = found and host.terminal("stderr") or nil
  return setmetatable({
    title = title,
    total = total,
    unit = unit,
    columns = terminal and terminal.columns,
    start = clock and clock() or 0,
    shown = -math.huge,
    silent = not found and not log,
  }, Progress)
end

-- The bar, or its line, at `done` pieces after `seconds`.
function Progress:text(done, seconds)
  local share = math.min(done / self.total, 1)
  local rate = seconds > 0 and done / seconds or 0
  local left = done > 0 and seconds * (self.total - done) / done or nil
  local tail = ("%3.0f %%  %.1f %s/s  %s"):format(100 * share, rate, self.unit,
    left and duration(left) .. " left" or "")
  if not self.columns then return ("%s: %s"):format(self.title, tail) end
  local room = self.columns - #self.title - #tail - 6
  if room < 5 then return self.title .. " " .. tail end
  local full = math.floor(room * share)
  return ("%s [%s%s] %s"):format(self.title, ("="):rep(full),
    (" "):rep(room - full), tail)
end

--- Shows how much is done: ten times a second on a terminal, every five
-- seconds otherwise.
function Progress:update(done)
  if self.silent then return end
  local now = clock()
  if now - self.shown < (self.columns and 0.1 or 5) then return end
  -- A log needs no line for what is done before it is read.
  if not self.columns and self.shown == -math.huge then
    self.shown = now
    return
  end
  self.shown = now
  local text = self:text(done, now - self.start)
  if self.columns then
    io.stderr:write("\r", text, "\27[K")
  elseif log then
    log(text)
  else
    io.stderr:write(text, "\n")
  end
end

--- Takes the bar away.
function Progress:finish()
  if self.silent or not self.columns then return end
  io.stderr:write("\r\27[K")
end

return M
