--- Points that are the same fit under other parameters, told by their scores.
local M = {}

-- What no two fits have in common: the log loss of each run, bit by bit.
local function key_of(row, count)
  local parts = {}
  for run = 1, count do
    local value = row.values.log_loss[run]
    if not value or value ~= value then return nil end
    parts[run] = ("%a"):format(value)
  end
  return table.concat(parts, " ")
end

--- The rows that are not the same fit as one of some others.
function M.others(rows, than, count)
  local known, left = {}, {}
  for _, row in ipairs(than) do known[key_of(row, count) or row] = true end
  for _, row in ipairs(rows) do
    if not known[key_of(row, count) or row] then left[#left + 1] = row end
  end
  return left
end

-- A point but for one parameter, as text.
local function rest_of(point, names, name)
  local parts = {}
  for i, other in ipairs(names) do
    parts[i] = other == name and "" or tostring(point[other])
  end
  return table.concat(parts, "\0")
end

-- Whether points that differ in one parameter alone are the same fits.
local function is_idle(study, rows, keys, name)
  local fits, compared = {}, false
  for i, row in ipairs(rows) do
    local point = study.points[row.label]
    local rest = rest_of(point, study.spec.search.names, name)
    local key = keys[i]
    if not key or fits[rest] and fits[rest] ~= key then return false end
    compared = compared or fits[rest] ~= nil
    fits[rest] = key
  end
  return compared
end

--- The names of parameters that change nothing.
function M.idle(study)
  local rows, keys, list = {}, {}, {}
  for _, row in ipairs(study.rows) do
    if row.kind == "point" then
      rows[#rows + 1] = row
      keys[#rows] = key_of(row, #study.runs) or false
    end
  end
  for _, name in ipairs(study.spec.search.names) do
    if is_idle(study, rows, keys, name) then list[#list + 1] = name end
  end
  return list
end

return M
