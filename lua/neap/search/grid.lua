--- Every combination of the values of some parameters.
local Grid = {}
Grid.__index = Grid
Grid.__name = "neap.Grid"
Grid.is_search = true -- what a study asks

local function refuse(message)
  error(("bad argument #1 to 'grid' (%s)"):format(message), 3)
end

local function check_axis(name, values)
  if type(values) ~= "table" then
    refuse(("axis '%s' is a %s; wanted a list of values")
      :format(name, type(values)))
  elseif #values == 0 then
    refuse(("axis '%s' is empty"):format(name))
  end
  local seen, count = {}, 0
  for i, value in pairs(values) do
    local kind = type(value)
    if kind ~= "number" and kind ~= "string" and kind ~= "boolean"
      or value ~= value then
      refuse(("axis '%s' has %s; wanted numbers, strings and booleans")
        :format(name, value ~= value and "nan" or "a " .. kind))
    elseif seen[value] then
      refuse(("axis '%s' has %s twice"):format(name, tostring(value)))
    elseif type(i) ~= "number" then
      refuse(("axis '%s' has the key '%s'; wanted a list of values")
        :format(name, tostring(i)))
    end
    seen[value] = true
    count = count + 1
  end
  if count ~= #values then
    refuse(("axis '%s' has a nil among its values"):format(name))
  end
end

--- neap.search.grid { gamma = { 0, 1, 2 }, alpha = { false, .25 } }
-- Axes come in the order of their names; the last varies fastest.
local function grid(given)
  if type(given) ~= "table" then refuse("wanted a table of axes") end
  local names = {}
  for name in pairs(given) do
    if type(name) ~= "string" then
      refuse("axes are named, such as gamma = { 0, 1, 2 }")
    end
    names[#names + 1] = name
  end
  if #names == 0 then refuse("wanted one axis or more") end
  table.sort(names)
  for _, name in ipairs(names) do check_axis(name, given[name]) end
  local self = { names = names, values = {}, size = 1 }
  for _, name in ipairs(names) do
    local copy = {}
    for i, value in ipairs(given[name]) do copy[i] = value end
    self.values[name] = copy
    self.size = self.size * #copy
  end
  return setmetatable(self, Grid)
end

--- The parameters of a point, by its number from 1 to size.
function Grid:point(index)
  local point, rest = {}, index - 1
  for i = #self.names, 1, -1 do
    local name = self.names[i]
    local values = self.values[name]
    point[name] = values[rest % #values + 1]
    rest = math.floor(rest / #values)
  end
  return point
end

return grid
