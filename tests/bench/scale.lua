-- tests/bench/scale.lua -- the grid's work with more threads, points and rows;
-- the most rows are mapped from a .npy file, which is written once.
--
--   scale.lua PROGRAM FOLDER                       starts the programs below
--   scale.lua PROGRAM FOLDER POINTS ROWS [EPOCHS]  trains, and prints seconds
local host = require "neap.host"
local neap = require "neap"

local program, folder = arg[1], arg[2]
local points, rows, epochs = tonumber(arg[3]), tonumber(arg[4]),
  tonumber(arg[5] or 5)

local FEATURES, MAPPED, PART = 32, 10000000, 1000000

local function draw(count, seed)
  return neap.data.gaussians {
    n = count, features = FEATURES, prior = 0.01, seed = seed,
  }
end

-- A file of the format's version 1.0: its header fills 128 bytes.
local function write(path)
  local file = assert(io.open(path .. ".part", "wb"))
  local header = ("{'descr': '<f4', 'fortran_order': False, "
    .. "'shape': (%d, %d), }"):format(MAPPED, FEATURES)
  file:write("\x93NUMPY\1\0", string.pack("<I2", 118), header,
    (" "):rep(117 - #header), "\n")
  for part = 1, MAPPED / PART do
    file:write(draw(PART, part).x:tobytes())
  end
  assert(file:close())
  assert(os.rename(path .. ".part", path))
end

-- Every hundredth row of the file is positive; what is measured is time. The
-- file is read anew, before time counts: as it is written, the system keeps it
-- in small pages.
local function mapped()
  local path = folder .. "/scale.npy"
  if not io.open(path, "rb") then write(path) end
  host.start({ "sync", path }):wait()
  host.start({ "dd", "if=" .. path, "iflag=nocache", "count=0",
    stderr = "null" }):wait()
  local y = neap.zeros(MAPPED, nil, "float32")
  for i = 100, MAPPED, 100 do y[i] = 1 end
  return neap.data.from { x = assert(neap.data.read_array(path)), y = y }
end

local function work()
  local d = rows == MAPPED and mapped() or draw(rows)
  local list = {}
  for i = 1, points do
    list[i] = {
      loss = neap.loss.focal { gamma = i % 11 / 2, alpha = 0.25 },
      optimizer = neap.optimizer.sgd {},
    }
  end
  local spent, repeats = {}, rows == MAPPED and 1 or 5
  for i = 1, repeats do
    local start = host.clock()
    local job = neap.job {
      data = d, points = list, epochs = epochs,
      standardize = epochs == 1, -- as mapped rows are unless one says no
    }
    while not job:step(math.huge) do end
    spent[i] = host.clock() - start
    job:close()
  end
  table.sort(spent)
  print(spent[repeats // 2 + 1])
end

local function start(threads, ...)
  return assert(host.start {
    "env", "NEAP_THREADS=" .. threads, program, "tests/bench/scale.lua",
    program, folder, stdout = "pipe", ...,
  })
end

local function finish(process)
  local number = tonumber(process:read())
  process:wait()
  return number
end

local function seconds(threads, ...)
  local process <close> = start(threads, ...)
  return finish(process)
end

-- Two programs at once, each with half of the points: what two cores can do.
local function seconds_apart(count, ...)
  local half = tostring(count // 2)
  local a <close> = start(1, half, ...)
  local b <close> = start(1, half, ...)
  return math.max(finish(a), finish(b))
end

-- Shows the medians of cases that take turns, so that what a neighbour or the
-- last case leaves behind is no one's alone.
local function show(case, series)
  local seconds_of = {}
  for turn = 1, 3 do
    for i, one in ipairs(series) do
      seconds_of[i] = seconds_of[i] or {}
      seconds_of[i][turn] = one[2](table.unpack(one, 3))
    end
  end
  for i, one in ipairs(series) do
    table.sort(seconds_of[i])
    print(("%s\t%s\t%.6g"):format(one[1], case, seconds_of[i][2]))
  end
end

if points then
  work()
else
  show("120 points, 2 threads", {
    { "neap", seconds, 2, "120", "100000", "20" }, -- the grid's own 20 epochs
    { "1 thread", seconds, 1, "120", "100000", "20" },
    { "two programs", seconds_apart, 120, "100000", "20" },
  })
  show("120 points", {
    { "neap", seconds, 1, "120", "100000" },
    { "12 points", seconds, 1, "12", "100000" },
  })
  show("1,000,000 rows", {
    { "neap", seconds, 1, "120", "1000000" },
    { "100,000 rows", seconds, 1, "120", "100000" },
  })
  show("10,000,000 mapped, 1 epoch", {
    { "neap", seconds, 1, "120", "10000000", "1" },
    { "1,000,000 rows", seconds, 1, "120", "1000000", "1" },
  })
end
