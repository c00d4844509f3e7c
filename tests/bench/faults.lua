-- tests/bench/faults.lua -- kills running studies at random moments and resumes
-- them: every point must be there once, with the bits of an undisturbed run; of
-- a training study all that it says, too.
local host = require "neap.host"
local random = require "neap.random"

local program, folder = arg[1], arg[2]
local kills = tonumber(arg[3] or "200")

local servers = dofile "tests/lua/postgresql_server.lua"

local function write_script(path, store)
  local file <close> = assert(io.open(path, "w"))
  file:write(([[
    local neap = require "neap"
    local values = {}
    for i = 1, 2000 do values[i] = i end
    local study = neap.study {
      name = "s", store = "%s", search = neap.search.grid { x = values },
      objective = function(trial)
        local sum = 0
        for i = 1, 3000 do sum = sum + math.sin(trial.params.x * i) end
        return sum
      end,
    }
    assert(study:run { quiet = true, batch = tonumber(arg[1]) })
    study:close()
  ]]):format(store))
end

local query = "SELECT point, value, state FROM neap_trial "
  .. "JOIN trials USING (trial_id) LEFT JOIN trial_values USING (trial_id) "
  .. "ORDER BY point"

local function expected(point)
  local sum = 0
  for i = 1, 3000 do sum = sum + math.sin(point * i) end
  return sum
end

-- How many points are not there once, complete, with the right bits.
local function wrong_points(db)
  local rows, wrong = assert(db:rows(query)), 0
  for i = 1, math.max(#rows, 2000) do
    local row = rows[i]
    if not row or row[1] ~= i or row[2] ~= expected(i)
      or row[3] ~= "COMPLETE" then
      wrong = wrong + 1
    end
  end
  return wrong
end

-- With a batch, or with as many trials at once as there are by default.
local function run(path, workers, batch)
  return assert(host.start { program, "--workers", tostring(workers), path,
    batch, stdout = "null", stderr = "null" })
end

local training = "tests/lua/training_script.lua"

-- A training study to its end; what it says.
local function say(store, kind)
  local process <close> = assert(host.start { program, training, store, "3",
    kind, stdout = "pipe", stderr = "null" })
  return process:read()
end

-- Kills a training study at `count` random moments, beginning anew as it is
-- completed, and counts the times that it said something else at its end.
local function measure_training(store, kind, workers, count, clear)
  local uniform, wrong, done = random.stream(count), 0, 0
  local undisturbed, start = say("none", kind), host.clock()
  clear()
  say(store, kind)
  local longest = (host.clock() - start) / 2
  while done < count do
    clear()
    local finished = false
    while not finished and done < count do
      local process <close> = assert(host.start { program, "--workers",
        tostring(workers), training, store, "3", kind, stdout = "null",
        stderr = "null" })
      finished = process:wait(longest * uniform()) ~= nil
      if not finished then
        process:kill(9)
        process:wait()
        done = done + 1
      end
    end
    if say(store, kind) ~= undisturbed then wrong = wrong + 1 end
  end
  return wrong
end

local function measure_all_training(case, store, count, clear)
  for _, kind in ipairs { "grid", "folds" } do
    for _, workers in ipairs { 1, 4 } do
      print(("neap\t%s, training (%s), %d workers, %d kills\t%d"):format(case,
        kind, workers, count, measure_training(store, kind, workers, count,
          clear)))
    end
  end
end

-- Kills `count` times, studies beginning anew as they are completed.
local function measure(case, path, workers, count, open, clear)
  local uniform, wrong, done = random.stream(count + workers), 0, 0
  local longest = 0.8 / math.min(workers, 2)
  while done < count do
    clear()
    local finished = false
    while not finished and done < count do
      local process = run(path, workers, done % 2 == 0 and "1" or nil)
      finished = process:wait(longest * uniform()) ~= nil
      if not finished then
        process:kill(9) -- its workers go on, or are killed next time
        process:wait()
        done = done + 1
      end
    end
    assert(run(path, workers):wait() == "exit")
    local db <close> = open()
    wrong = wrong + wrong_points(db)
  end
  print(("neap\t%s, %d kills\t%d"):format(case, count, wrong))
end

local script, file = folder .. "/faults.lua", folder .. "/faults.db"
write_script(script, file)
local function clear_file()
  for _, ending in ipairs { "", "-wal", "-shm" } do
    os.remove(file .. ending)
  end
end
for _, workers in ipairs { 1, 4 } do
  measure(("SQLite, %d workers"):format(workers), script, workers, kills // 4,
    function() return assert(host.sqlite(file, "write")) end, clear_file)
end
clear_file()
measure_all_training("SQLite", file, kills // 8, clear_file)
local server, why = servers.new()
if not server then
  io.stderr:write("faults: no PostgreSQL, for ", why, "\n")
  os.exit(true)
end
write_script(script, server.url)
local function clear_server()
  local db <close> = assert(host.postgresql(server.url))
  assert(db:execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
end
local ok, problem = pcall(function()
  for _, workers in ipairs { 1, 4 } do
    measure(("PostgreSQL, %d workers"):format(workers), script, workers,
      kills // 4, function() return assert(host.postgresql(server.url)) end,
      clear_server)
  end
  measure_all_training("PostgreSQL", server.url, kills // 8, clear_server)
end)
server:remove()
assert(ok, problem)
