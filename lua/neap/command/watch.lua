--- neap watch STORE [STUDY] [--every SECONDS] [--once]: a study while workers
-- run it: its heatmap or history, the best so far, the time left.
--
-- What has ended is read once. However long reading takes, watching takes no
-- more than a hundredth of the time.
local connection = require "neap.store.connection"
local figures = require "neap.plot.trials"
local host = require "neap.host"
local reader = require "neap.store.reader"
local tell = require "neap.store.tell"
local terminal = require "neap.plot.terminal"
local text = require "neap.text"

local usage = "usage: neap watch STORE [STUDY] [--every SECONDS] [--once]"

-- Of so many seconds looking takes one.
local SHARE <const> = 100

local function read_words(words)
  local o, i = { every = 1 }, 1
  while words[i] do
    if words[i] == "--once" then
      o.once = true
    elseif words[i] == "--every" then
      i = i + 1
      o.every = tonumber(words[i])
      if not o.every or o.every <= 0 then
        return nil, ("watch: --every is %s; wanted seconds, more than 0")
          :format(words[i] or "missing")
      end
    elseif words[i]:sub(1, 1) == "-" then
      return nil, ("watch: unknown option '%s'\n%s"):format(words[i], usage)
    else
      o[#o + 1] = words[i]
    end
    i = i + 1
  end
  if #o < 1 or #o > 2 then return nil, usage end
  return o
end

-- Reads the trials that have ended since the last time.
local function refresh(study, seen)
  for _, row in ipairs(study.db:rows("SELECT trial_id, number FROM trials "
    .. "WHERE study_id = $1 AND state IN ('COMPLETE', 'PRUNED', 'FAIL')",
    study.study_id)) do
    if not seen.by_id[row[1]] then
      local trial = study:select("WHERE t.trial_id = $1", row[1])[1]
      seen.by_id[row[1]], seen[#seen + 1] = trial, trial
    end
  end
end

local function best_of(seen, sign)
  local best
  for _, trial in ipairs(seen) do
    local value = trial.state == "COMPLETE" and trial.value
    if value and value == value
      and (not best or sign * value > sign * best.value) then
      best = trial
    end
  end
  return best
end

-- The picture of the moment, and whether there is nothing to wait for.
local function picture(study, seen)
  local counts = study:counts()
  local ended = study.spec and study:covered() or nil
  local left = ended and counts.total - ended
  local seconds = left and left > 0 and tell.time_left(study, left)
  local lines = { text.clean(("study '%s', %s: %s, %d running%s"):format(
    study.name, study.direction, tell.coverage(study, counts), counts.RUNNING,
    seconds and ", about " .. tell.seconds(seconds) .. " left" or "")) }
  local best = best_of(seen, -study.sign)
  local title = study.spec and study.spec.score or "value"
  if best then
    lines[2] = ("best so far: %.6g, %s (trial %d)"):format(best.value,
      tell.params(best.params), best.number)
  end
  local x, y = figures.axes(seen)
  if #seen > 0 then
    lines[#lines + 1] = ""
    lines[#lines + 1] = terminal.draw(x
      and figures.heatmap(seen, x, y, -study.sign, title)
      or figures.history(seen, -study.sign, title))
  end
  return table.concat(lines, "\n"), left == 0
end

-- Waits, unless Ctrl-C comes.
local function wait(seconds)
  local till = host.clock() + seconds
  while host.clock() < till and not host.interrupted() do
    host.sleep(math.min(0.1, math.max(till - host.clock(), 0)))
  end
  return not host.interrupted()
end

local function watch(study, o)
  local seen, is_terminal = { by_id = {} }, host.terminal("stdout") ~= nil
  local goes_on = true
  while goes_on do
    local start = host.clock()
    refresh(study, seen)
    local drawn, done = picture(study, seen)
    -- Home, then what is left of the last picture away.
    io.stdout:write(is_terminal and not o.once and "\27[H\27[2J" or "", drawn,
      "\n")
    io.stdout:flush()
    goes_on = not (done or o.once) and wait(math.max(o.every,
      (SHARE - 1) * (host.clock() - start)))
    if goes_on and not is_terminal then io.stdout:write("\n") end
  end
  return true
end

return function(words)
  local o, wrong = read_words(words)
  if not o then return nil, wrong end
  local store, message = reader.open(o[1])
  if not store then return nil, message end
  local study, why = reader.trials_of(store, o[2])
  if not study then return nil, why end
  host.catch_interrupts(true)
  local result = table.pack(pcall(connection.protect, watch, study, o))
  host.catch_interrupts(false)
  if not result[1] then error(result[2], 0) end
  return table.unpack(result, 2, result.n)
end
