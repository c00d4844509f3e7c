-- tests/bench/store_workers.lua -- an empty objective on 10,000 points by eight
-- processes on one store; for store.lua.
--
--   store_workers.lua STORE BATCH      the default if it is no number
local neap = require "neap"

local axis = {}
for i = 1, 100 do axis[i] = i end
local study = neap.study {
  name = "empty", store = arg[1], objective = function() return 0 end,
  search = neap.search.grid { x = axis, y = axis },
}
assert(study:run { quiet = true, workers = 8, batch = tonumber(arg[2]) })
assert(study:counts().COMPLETE == 10000, "a point is missing")
study:close()
