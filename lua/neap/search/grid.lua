--- Every combination of the values of some parameters.
local Grid = {}
Grid.__index = Grid
Grid.__name = "neap.Grid"

local function refuse(message)
  error(("bad argument #1 to 'grid' (%s)"):format(message), 3)
end

local function check_axis(name, values)
  if type(name) ~= "string" then
    refuse("axes are named, such as gamma = { 0, 1, 2 }")
  elseif type(values) ~= "table" then
    refuse(("axis '%s' is a %s; wanted a list of values")
      :format(name, type(values)))
  elseif #values == 0 then
    refuse(("axis '%s' is empty"):format(name))
  end
  local seen = {}
  for _, value in ipairs(values) do
    if seen[value] then
      refuse(("axis '%s' has %s twice"):format(name, tostring(value)))
    end
    seen[value] = true
  end
end

--- neap.search.grid { gamma = { 0, 1, 2 }, alpha = { false, .25 } }
-- Axes come in the order of their names; the last varies fastest.
local function grid(given)
  if type(given) ~= "table" then refuse("wanted a table of axes") end
  local names = {}
  for name, values in pairs(given) do
    check_axis(name, values)
    names[#names + 1] = name
  end
  if #names == 0 then refuse("wanted one axis or more") end
  table.sort(names)
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
