-- tests/lua/defined_cases.lua -- what the specs of losses written in Lua share.
local neap = require "neap"
local m = neap.math

local M = {}

-- |a - b| in units in the last place of b.
function M.ulps(a, b, dtype)
  if a == b or (a ~= a and b ~= b) then return 0 end
  local digits, least = 53, -1021
  if dtype == "float32" then digits, least = 24, -125 end
  local exponent = b == 0 and least
    or math.max(math.floor(math.log(math.abs(b), 2)) + 1, least)
  return math.abs(a - b) / 2.0 ^ (exponent - digits)
end

-- Logits over |x| <= 100, each with both targets.
function M.grid(dtype)
  local x, y = {}, {}
  for i = -500, 500 do
    for target = 0, 1 do
      x[#x + 1] = i / 5 + (i % 7) * 0.0013
      y[#y + 1] = target
    end
  end
  return neap.array(x, dtype), neap.array(y, dtype)
end

-- Focal loss as a textbook has it.
function M.focal()
  return neap.loss.define {
    name = "my_focal", params = { gamma = { 2, min = 0, max = 100 } },
    binary = function(x, y, p)
      local q = m.sigmoid(x)
      return -y * (1 - q) ^ p.gamma * m.log(q)
        - (1 - y) * q ^ p.gamma * m.log(1 - q)
    end,
  }
end

return M
