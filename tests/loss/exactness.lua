-- tests/loss/exactness.lua -- evaluates a loss for exactness.py: arguments
-- name, dtype, gamma (or nil); each line of the input holds a row's logits and
-- its target: y, a class from 0, or (distillation) as many logits again. Each
-- line of the output is the value and the gradient, in hexadecimal.
local neap = require "neap"

local name, dtype, gamma = arg[1], arg[2], tonumber(arg[3])
local rows, targets = {}, {}
for line in io.lines() do
  local row = {}
  for word in line:gmatch("%S+") do row[#row + 1] = tonumber(word) end
  local width = name == "distillation" and #row // 2 or #row - 1
  rows[#rows + 1] = table.move(row, 1, width, 1, {})
  targets[#targets + 1] = table.move(row, width + 1, #row, 1, {})
end

local loss = neap.loss[name] { reduction = "none", gamma = gamma }
local k = #rows[1]
if k == 1 then
  for i in ipairs(rows) do rows[i] = rows[i][1] end
end
if name ~= "distillation" then
  for i in ipairs(targets) do targets[i] = targets[i][1] end
end
local kind = loss.kind == "classes" and name ~= "distillation" and "int32"
local x, y = neap.array(rows, dtype), neap.array(targets, kind or dtype)
local value, gradient = loss(x, y), loss:gradient(x, y)
for i = 1, #rows do
  local words = { ("%a"):format(value[i]) }
  for j = 1, k do
    words[j + 1] = ("%a"):format(k == 1 and gradient[i] or gradient[i][j])
  end
  print(table.concat(words, " "))
end
