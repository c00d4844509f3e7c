-- tests/bench/store.lua -- what a trial costs beside its objective: an empty
-- objective on a grid of 10,000 points, in ms a trial.
local host = require "neap.host"
local neap = require "neap"

local folder = arg[1]
local path = folder .. "/store.db"

local function clear()
  for _, ending in ipairs { "", "-wal", "-shm" } do
    os.remove(path .. ending)
  end
end

local function axis(size)
  local values = {}
  for i = 1, size do values[i] = i end
  return values
end

local function measure(case, store, options, batch, side)
  clear()
  local study = neap.study {
    store = store, durable = options, objective = function() return 0 end,
    search = neap.search.grid { x = axis(side or 100), y = axis(100) },
  }
  local points = 100 * (side or 100)
  local start = host.clock()
  assert(study:run { quiet = true, batch = batch })
  print(("neap\t%s\t%.6g"):format(case, (host.clock() - start) / points * 1000))
  return study
end

measure("in memory", nil, nil, 1)
measure("SQLite, each trial synced", path, "power", 1):close()
measure("SQLite, batches of 100", path, "process", 100):close()
measure("SQLite", path, "process", 1):close()
measure("SQLite, by default", path, "process"):close()
measure("SQLite, a grid of 1,000", path, "process", 1, 10):close()

-- Eight processes, their start and end with them.
local program = arg[-1] or "build/neap"
local function by_eight(case, store, batch)
  local start = host.clock()
  local process <close> = assert(host.start { program,
    "tests/bench/store_workers.lua", store, tostring(batch) })
  local _, code = process:wait()
  assert(code == 0, case .. " failed")
  print(("neap\t%s\t%.6g"):format(case, (host.clock() - start) / 10))
end

clear()
by_eight("SQLite, 8 processes", path, 1)
clear()
by_eight("SQLite, 8 processes, by default", path, "default")
local servers = dofile "tests/lua/postgresql_server.lua"
for _, batch in ipairs { 1, 10, "default" } do
  local server, why = servers.new()
  if server then
    by_eight("PostgreSQL, 8 processes, batch " .. batch, server.url, batch)
    server:remove()
  else
    io.stderr:write("store: ", why, "\n")
  end
end

-- The first and the last 1,000 of 100,000 trials.
clear()
local study = neap.study {
  store = path, objective = function() return 0 end,
  search = neap.search.grid { x = axis(1000), y = axis(100) },
}
local function part(case, trials)
  local start = host.clock()
  assert(study:run { quiet = true, trials = trials, batch = 1 })
  if case then
    print(("neap\t%s\t%.6g"):format(case,
      (host.clock() - start) / trials * 1000))
  end
end
part("trials 1 to 1,000", 1000)
assert(study:run { quiet = true, trials = 98000, batch = 100 })
part("trials 99,001 to 100,000", 1000)
study:close()
local start = host.clock()
local process <close> = assert(host.start { program, "show", path,
  stdout = "null" })
process:wait()
print(("neap\tneap show, 100,000 trials\t%.6g"):format(
  1000 * (host.clock() - start)))
clear()
