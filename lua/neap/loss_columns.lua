--- What losses written in Lua read of a data set's rows: c.amount is the data's
-- own column of that name, or the feature of that name as it was given.
local core = require "neap.core"

local M = {}

-- The column of a data set, or an error that names what it has.
local function find(d, name)
  local column = d:column(name)
  if column then return column end
  local known = {}
  for _, other in ipairs(d.columns or {}) do known[#known + 1] = other end
  for _, other in ipairs(d.names) do known[#known + 1] = other end
  error(("the loss reads c.%s; the data have %s"):format(name,
    table.concat(known, ", ")), 0)
end

--- The columns of one loss, for a call of it.
-- @param loss a loss
-- @param d a data set
-- @param dtype of the logits
-- @return { name = array, ... }, or nil where the loss reads none
function M.of(loss, d, dtype)
  local names = core.expr.columns(loss)
  if #names == 0 then return nil end
  local columns = {}
  for _, name in ipairs(names) do
    columns[name] = find(d, name):copy(dtype)
  end
  return columns
end

--- The columns of all points' losses, for a trainer.
-- @return { { name =, numbers = float64 array }, ... }, or nil
function M.all(points, d)
  local list, seen = {}, {}
  for _, point in ipairs(points) do
    for _, name in ipairs(core.expr.columns(point.loss)) do
      if not seen[name] then
        seen[name] = true
        list[#list + 1] = { name = name, numbers = find(d, name) }
      end
    end
  end
  return #list > 0 and list or nil
end

return M
