--- Columns of a data set that losses read of each row and models do not learn
-- from: one matrix, and a list of its columns' names.
local core = require "neap.core"

local M = {}

--- Joins columns.
-- @param list { { name =, numbers = [n] }, ... }
-- @return float64 [n][k], names; nil of an empty list
-- @return where something is wrong: nil, and what
function M.join(list)
  local names, arrays, seen = {}, {}, {}
  for i, column in ipairs(list) do
    local row = core.data.find_not_finite(column.numbers)
    if seen[column.name] then
      return nil, ("two columns are named '%s'"):format(column.name)
    elseif row then
      return nil, ("columns.%s[%d] is %s; wanted a finite number"):format(
        column.name, row, tostring(column.numbers[row]))
    end
    seen[column.name] = true
    names[i], arrays[i] = column.name, column.numbers
  end
  if #names == 0 then return nil end
  return core.files.join_columns(arrays), names
end

-- A table of numbers as an array, or nil and what is wrong with it.
local function to_array(value)
  if core.array.is_array(value) then return value end
  local ok, array = pcall(core.array.array, value)
  if ok then return array end
  return nil, tostring(array):match("%((.*)%)$") or tostring(array)
end

--- Joins columns that a script gave.
-- @param columns { name = numbers, ... }, or nil
-- @param count of the rows
-- @return as join
function M.read(columns, count)
  local list = {}
  for name, value in pairs(columns or {}) do
    if type(name) ~= "string" then
      return nil, ("columns has the key %s; wanted names"):format(
        tostring(name))
    end
    local numbers, why = to_array(value)
    if not numbers then return nil, ("columns.%s: %s"):format(name, why) end
    local rows, width = numbers:shape()
    if rows ~= count or width then
      return nil, ("columns.%s is [%d]%s; wanted [%d]"):format(name, rows,
        width and ("[%d]"):format(width) or "", count)
    end
    list[#list + 1] = { name = name, numbers = numbers }
  end
  table.sort(list, function(a, b) return a.name < b.name end)
  return M.join(list)
end

return M
