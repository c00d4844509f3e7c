-- tests/bench/scale.lua -- the grid's work with more threads, points and rows.
--
--   scale.lua PROGRAM                 starts the programs below, and compares
--   scale.lua PROGRAM POINTS ROWS     trains, and prints seconds
local host = require "neap.host"
local neap = require "neap"

local program, points, rows = arg[1], tonumber(arg[2]), tonumber(arg[3])

local function work()
  local d = neap.data.gaussians { n = rows, features = 32, prior = 0.01 }
  local list = {}
  for i = 1, points do
    list[i] = {
      loss = neap.loss.focal { gamma = i % 11 / 2, alpha = 0.25 },
      optimizer = neap.optimizer.sgd {},
    }
  end
  local spent = {}
  for i = 1, 5 do
    local start = host.clock()
    local job = neap.job { data = d, points = list, epochs = 5 }
    while not job:step(math.huge) do end
    spent[i] = host.clock() - start
    job:close()
  end
  table.sort(spent)
  print(spent[3])
end

local function seconds(threads, point_count, row_count)
  local process <close> = assert(host.start {
    "env", "NEAP_THREADS=" .. threads, program, "tests/bench/scale.lua",
    program, point_count, row_count, stdout = "pipe",
  })
  local number = tonumber(process:read())
  process:wait()
  return number
end

local function show(case, series, number)
  print(("%s\t%s\t%.6g"):format(series, case, number))
end

if points then
  work()
else
  local one = seconds(1, "120", "100000")
  show("120 points, 2 threads", "neap", seconds(2, "120", "100000"))
  show("120 points, 2 threads", "1 thread", one)
  show("120 points", "neap", one)
  show("120 points", "12 points, 1 thread", seconds(1, "12", "100000"))
  show("12 points, 1,000,000 rows", "neap", seconds(1, "12", "1000000"))
  show("12 points, 1,000,000 rows", "100,000 rows", seconds(1, "12", "100000"))
end
