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

-- Every hundredth row of the file is positive; what is measured is time.
local function mapped()
  local path = folder .. "/scale.npy"
  if not io.open(path, "rb") then write(path) end
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

local function show(case, series, number)
  print(("%s\t%s\t%.6g"):format(series, case, number))
end

if points then
  work()
else
  -- The grid's own 20 epochs.
  show("120 points, 2 threads", "neap", seconds(2, "120", "100000", "20"))
  show("120 points, 2 threads", "1 thread", seconds(1, "120", "100000", "20"))
  show("120 points, 2 threads", "two programs",
    seconds_apart(120, "100000", "20"))
  local one = seconds(1, "120", "100000")
  show("120 points", "neap", one)
  show("120 points", "12 points", seconds(1, "12", "100000"))
  show("1,000,000 rows", "neap", seconds(1, "120", "1000000"))
  show("1,000,000 rows", "100,000 rows", one)
  show("10,000,000 mapped, 1 epoch", "neap", seconds(1, "120", "10000000", "1"))
  show("10,000,000 mapped, 1 epoch", "1,000,000 rows",
    seconds(1, "120", "1000000", "1"))
end
