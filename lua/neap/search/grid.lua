--- Every combination of the values of some parameters, or of several such
-- grids. Points are made when they are asked for.
local arguments = require "neap.arguments"
local options = require "neap.options"
local space = require "neap.space"

local Grid = {}
Grid.__index = Grid
Grid.__name = "neap.Grid"
Grid.is_search = true -- what a study asks

-- The most points that several grids may have in common.
local SHARED_MAX <const> = 1000000

local function refuse(message)
  options.refuse("grid", message)
end

local function check_axis(name, values)
  if type(values) ~= "table" then
    refuse(("axis '%s' is a %s; wanted a list of values")
      :format(name, type(values)))
  elseif next(values) == nil then
    refuse(("axis '%s' is empty"):format(name))
  end
  space.check_values(values, function(message)
    refuse(("axis '%s' %s"):format(name, message))
  end)
end

-- ---------------------------------------------------------- one grid: a box

-- { names =, values = { name = list }, size = }
local function new_box(given)
  local box = { names = {}, values = {}, size = 1, positions = {} }
  for name in pairs(given) do
    if type(name) ~= "string" then
      refuse("axes are named, such as gamma = { 0, 1, 2 }")
    end
    box.names[#box.names + 1] = name
  end
  if #box.names == 0 then refuse("wanted one axis or more") end
  table.sort(box.names)
  for _, name in ipairs(box.names) do
    check_axis(name, given[name])
    local copy, positions = {}, {}
    for i, value in ipairs(given[name]) do
      copy[i], positions[value] = value, i
    end
    box.values[name], box.positions[name] = copy, positions
    if box.size > math.maxinteger // #copy then
      refuse("more points than whole numbers")
    end
    box.size = box.size * #copy
  end
  return box
end

-- The point of a box by its number from 1: the last axis varies fastest.
local function point_of(box, index)
  local point, rest = {}, index - 1
  for i = #box.names, 1, -1 do
    local name = box.names[i]
    local values = box.values[name]
    point[name] = values[rest % #values + 1]
    rest = rest // #values
  end
  return point
end

-- The number of a point in a box; nil if it is not there.
local function index_of(box, point)
  local index, count = 0, 0
  for _, name in ipairs(box.names) do
    local position = box.positions[name][point[name]]
    if not position then return nil end
    index = index * #box.values[name] + position - 1
    count = count + 1
  end
  for _ in pairs(point) do count = count - 1 end
  return count == 0 and index + 1 or nil
end

-- The box of what two boxes share; nil if that is nothing.
local function shared_box(a, b)
  if #a.names ~= #b.names then return nil end
  local given = {}
  for _, name in ipairs(a.names) do
    local common = {}
    for _, value in ipairs(a.values[name]) do
      if b.positions[name] and b.positions[name][value] then
        common[#common + 1] = value
      end
    end
    if #common == 0 then return nil end
    given[name] = common
  end
  return new_box(given)
end

-- The points of boxes[n] that an earlier box has, too: their numbers, sorted.
local function repeated_in(boxes, n)
  local seen, list = {}, {}
  for earlier = 1, n - 1 do
    local both = shared_box(boxes[n], boxes[earlier])
    if both and both.size > SHARED_MAX then
      refuse(("grids %d and %d share %d points; wanted %d at most"):format(
        earlier, n, both.size, SHARED_MAX))
    end
    for i = 1, both and both.size or 0 do
      local index = index_of(boxes[n], point_of(both, i))
      if not seen[index] then
        seen[index] = true
        list[#list + 1] = index
      end
    end
  end
  table.sort(list)
  return list
end

-- ------------------------------------------------------------------ the grid

-- All values of each axis, in the order in which they are first named.
local function add_values(self, box)
  for _, name in ipairs(box.names) do
    if not self.values[name] then
      self.values[name] = {}
      self.names[#self.names + 1] = name
    end
    local known = {}
    for _, value in ipairs(self.values[name]) do known[value] = true end
    for _, value in ipairs(box.values[name]) do
      if not known[value] then table.insert(self.values[name], value) end
    end
  end
end

--- neap.search.grid { gamma = { 0, 1, 2 }, alpha = { false, .25 } }
-- Axes come in the order of their names; the last varies fastest. A list of
-- grids is their union: a point that two of them have is visited once.
local function grid(given)
  local boxes = {}
  for i, axes in ipairs(given) do
    if type(axes) ~= "table" then
      refuse(("grid %d of the list is a %s; wanted a table of axes"):format(i,
        type(axes)))
    end
    boxes[i] = new_box(axes)
  end
  if #boxes == 0 then
    boxes[1] = new_box(given)
  else
    for key in pairs(given) do
      if type(key) ~= "number" then
        refuse(("axis '%s' stands beside a list of grids"):format(
          tostring(key)))
      end
    end
  end
  local self = { kind = "grid", boxes = boxes, names = {}, values = {},
    size = 0 }
  for i, box in ipairs(boxes) do
    add_values(self, box)
    box.repeated = repeated_in(boxes, i)
    self.size = self.size + box.size - #box.repeated
  end
  table.sort(self.names)
  return setmetatable(self, Grid)
end

-- The number in a box of the n-th point that no earlier box has.
local function skip_repeated(box, n)
  local low, high = 0, #box.repeated
  while low < high do -- how many repeated ones stand before it
    local middle = (low + high + 1) // 2
    if box.repeated[middle] - middle < n then
      low = middle
    else
      high = middle - 1
    end
  end
  return n + low
end

--- The parameters of a point, by its number from 1 to size.
function Grid:point(index)
  for _, box in ipairs(self.boxes) do
    local size = box.size - #box.repeated
    if index <= size then return point_of(box, skip_repeated(box, index)) end
    index = index - size
  end
end

--- The number of a point, from 1; nil if the grid has it not.
function Grid:index(point)
  local before = 0
  for _, box in ipairs(self.boxes) do
    local index = index_of(box, point)
    if index then
      local skipped = 0
      for _, repeated in ipairs(box.repeated) do
        if repeated < index then skipped = skipped + 1 end
      end
      return before + index - skipped
    end
    before = before + box.size - #box.repeated
  end
end

--- What tells two searches apart.
function Grid:describe()
  local grids = {}
  for i, box in ipairs(self.boxes) do grids[i] = box.values end
  return { kind = "grid", grids = grids }
end

-- "int" or "float" where all values of an axis are numbers.
local function kind_of(values)
  local kind = "int"
  for _, value in ipairs(values) do
    if type(value) ~= "number" then return nil end
    if math.type(value) == "float" then kind = "float" end
  end
  return kind
end

--- The distribution of a parameter as Optuna's tables have it.
function Grid:distribution(name)
  local values = self.values[name]
  local kind = kind_of(values)
  if not kind then return space.choices_distribution(values) end
  local low, high = values[1], values[1]
  for _, value in ipairs(values) do
    low, high = math.min(low, value), math.max(high, value)
  end
  return space.range_distribution(kind, low, high)
end

--- The choices of a parameter; nil if all of them are numbers.
function Grid:choices(name)
  return not kind_of(self.values[name]) and self.values[name] or nil
end

return arguments.checked("grid", "given: table", grid)
