-- tests/bench/lua.lua -- what a call from Lua costs above the kernel: a
-- gradient of 64 rows into an array that is there.
local neap = require "neap"

local focal = neap.loss.focal { gamma = 2, alpha = 0.25, reduction = "sum" }
local logits = neap.zeros(64, nil, "float32")
local targets = neap.zeros(64, nil, "float32")
local out = neap.zeros(64, nil, "float32")
for i = 1, 64 do
  logits[i], targets[i] = i / 8 - 6, i % 32 == 0 and 1 or 0
end

-- Nanoseconds a call, the median of 15 samples of 10,000.
local function nanoseconds(call)
  local samples = {}
  for i = 1, 15 do
    local start = os.clock()
    for _ = 1, 10000 do call(focal, logits, targets, nil, out) end
    samples[i] = (os.clock() - start) / 10000 * 1e9
  end
  table.sort(samples)
  return samples[8]
end

print(("neap\tgradient of 64 rows\t%.6g"):format(nanoseconds(focal.gradient)))
