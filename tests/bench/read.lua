-- tests/bench/read.lua -- files read as data sets; read_pandas.py reads the
-- same ones, which this program writes where they are not there.
local host = require "neap.host"
local neap = require "neap"

local folder = arg[1]
local rows, features = 1000000, 19

local function is_there(path)
  local file = io.open(path, "rb")
  if file then file:close() end
  return file ~= nil
end

-- Written under another name first, so that a file that is there is whole.
local function make(name, write)
  local path = ("%s/read_%s"):format(folder, name)
  if not is_there(path) then
    local part = path:gsub("%.(%w+)$", "_part.%1")
    write(part)
    assert(os.rename(part, path))
  end
  return path
end

local function draw()
  local d = neap.data.gaussians { n = rows, features = features, prior = 0.01,
    distance = 2, dtype = "float64" }
  return neap.data.from { x = d.x, y = d.y }
end

local function write_six_places(path)
  local d = draw()
  local file <close> = assert(io.open(path, "wb"))
  local form = ("%.6f,"):rep(features) .. "%d\n"
  file:write(table.concat(d.names, ","), ",class\n")
  for i = 1, d.n do
    local row = d.x:row(i):totable()
    row[features + 1] = math.tointeger(d.y[i])
    file:write(form:format(table.unpack(row)))
  end
end

-- A file of zeros that takes no room on the disk.
local function write_npy(path, n)
  local dict = ("{'descr': '<f8', 'fortran_order': False, 'shape': (%d, 20), }")
    :format(n)
  dict = dict .. (" "):rep(117 - #dict) .. "\n"
  local file <close> = assert(io.open(path, "wb"))
  file:write("\x93NUMPY\1\0", string.pack("<I2", #dict), dict)
  file:seek("set", 10 + #dict + n * 160 - 1)
  file:write("\0")
end

local function seconds(call)
  local samples = {}
  for i = 1, 5 do
    local start = host.clock()
    assert(call())
    samples[i] = host.clock() - start
    collectgarbage() -- what the call gave is garbage already
  end
  table.sort(samples)
  return samples[3]
end

local function show(case, call)
  print(("neap\t%s\t%.6g"):format(case, seconds(call)))
end

local function show_csv(case, path)
  show(case, function() return neap.data.read(path, { target = "class" }) end)
end

show_csv("CSV, 15 to 17 digits", make("exact.csv", function(path)
  assert(draw():write(path))
end))
show_csv("CSV, 6 places", make("six_places.csv", write_six_places))
for _, case in ipairs { { "160 MB", 1000000 }, { "8 GB", 50000000 } } do
  local path = make(("%d.npy"):format(case[2]), function(path)
    write_npy(path, case[2])
  end)
  show(".npy of " .. case[1] .. " opened", function()
    return neap.data.read_array(path)
  end)
end
