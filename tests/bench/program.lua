-- tests/bench/program.lua -- how long a user waits for whole programs.
local host = require "neap.host"

local build = arg[1]

local function seconds(words)
  local samples = {}
  for i = 1, 5 do
    words.stdout, words.stderr = "null", "null"
    local start = host.clock()
    local process <close> = assert(host.start(words))
    assert(select(2, process:wait()) == 0)
    samples[i] = host.clock() - start
  end
  table.sort(samples)
  return samples[3]
end

local function show(series, case, words)
  print(("%s\t%s\t%.6g"):format(series, case, seconds(words)))
end

show("neap", 'require "neap"', { build .. "/neap", "-e", 'require "neap"' })
show("lua5.4 without neap", 'require "neap"', { "lua5.4", "-e", "" })
show("neap", "focal_grid.lua", { build .. "/neap", "scripts/focal_grid.lua" })
show("neap", "focal_grid.lua, a file", { build .. "/neap",
  "scripts/focal_grid.lua", "tests/data/breast_cancer.csv", "--target",
  "diagnosis", "--positive", "malignant" })
