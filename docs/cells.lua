-- docs/cells.lua -- what the tables of the documents are made of.
local M = {}

local function number(x)
  if x == math.huge then return "infinity" end
  if x == 2 ^ 53 then return "2^53" end
  return (("%g"):format(x):gsub("e%+0*", "e"))
end

-- name = default (range)
local function parameter(p)
  if p.choices then
    return ("`%s` = %s (%s)"):format(p.name, p.default,
      table.concat(p.choices, ", "))
  end
  local default = p.default and number(p.default) or "false"
  return ("`%s` = %s (%s%s to %s)"):format(p.name, default,
    p.open and "above " or "", number(p.low), number(p.high))
end

--- The range and the default of a parameter, in words.
function M.range(p)
  local default = (p.default == false and "false" or p.choices and p.default
    or number(p.default)) .. " if none is given"
  if p.choices then return default end
  if p.high == math.huge then
    return ("%s %s, %s"):format(p.open and "above" or ">=", number(p.low),
      default)
  end
  return ("%s%s to %s, %s"):format(p.open and "above " or "", number(p.low),
    number(p.high), default)
end

--- A list of parameters as one cell; meanings: with what they mean.
function M.parameters(list, meanings)
  local parts = {}
  for i, p in ipairs(list) do
    parts[i] = parameter(p) .. (meanings and ": " .. p.meaning or "")
  end
  return table.concat(parts, "; ")
end

--- A text as a cell.
function M.text(text)
  return (text:gsub("|", "\\|"))
end

return M
