--- Data sets: generated with known truth, read from CSV, split and dealt.
--
-- A data set never changes; every operation gives a new one. Fields: x, y, n,
-- features, names, classes, counts, prior, weights, groups, truth, clean_y,
-- clean_truth.
local core = require "neap.core"
local labels = require "neap.labels"
local options = require "neap.options"

local M = {}

-- The fields of a data set are kept out of its table, so that a script that
-- writes to one is told.
local fields = setmetatable({}, { __mode = "k" })
local methods = {}

local meta = {
  __name = "neap.Data",
  __metatable = "neap.Data",
  __index = function(self, key)
    local value = fields[self][key]
    if value ~= nil then return value end
    return methods[key]
  end,
  __newindex = function(_, key)
    error(("a data set never changes; can't set '%s'"):format(tostring(key)),
      2)
  end,
  __tostring = function(self)
    local f = fields[self]
    local classes = {}
    for c = 1, math.min(#f.classes, 10) do
      classes[c] = ("%s: %d"):format(f.classes[c], f.counts[c])
    end
    if #f.classes > 10 then classes[11] = "..." end
    return ("neap.Data (%d rows, %d features, classes %s%s)")
      :format(f.n, f.features, table.concat(classes, ", "),
        f.origin and "; " .. f.origin or "")
  end,
}

--- Whether a value is a data set.
function M.is_data(value)
  return type(value) == "table" and fields[value] ~= nil
end

local function freeze(array)
  return array and core.array.freeze(array)
end

-- A list that can be read and not written.
local function frozen(list)
  return setmetatable({}, {
    __index = list,
    __len = function() return #list end,
    __pairs = function() return next, list, nil end,
    __newindex = function() error("a data set never changes", 2) end,
    __metatable = "neap.List",
  })
end

-- Arrays of which a data set may have one number, or row, for each row.
local row_fields = {
  "weights", "truth", "groups", "clean_codes", "clean_truth",
}

-- Makes a data set from checked parts: x, codes (int32 classes), classes
-- (names), names, and optional row_fields, standardize, source (what drew it)
-- and origin (the same as text).
local function make(parts)
  local f = {
    x = freeze(parts.x),
    codes = freeze(parts.codes),
    classes = parts.classes,
    names = parts.names,
    standardize = parts.standardize,
    source = parts.source,
    origin = parts.origin,
  }
  for _, key in ipairs(row_fields) do f[key] = freeze(parts[key]) end
  f.n, f.features = f.x:shape()
  f.counts = {}
  for c = 1, #f.classes do
    f.counts[c] = #core.data.where(f.codes, c - 1)
  end
  if #f.classes == 2 then
    f.prior = f.n > 0 and f.counts[2] / f.n or nil
    f.y = freeze(f.codes:copy(f.x:dtype()))
    f.clean_y = freeze(f.clean_codes and f.clean_codes:copy(f.x:dtype()))
  else
    f.y, f.clean_y = f.codes, f.clean_codes
  end
  for _, key in ipairs { "counts", "classes", "names" } do
    if getmetatable(f[key]) ~= "neap.List" then f[key] = frozen(f[key]) end
  end
  local data = setmetatable({}, meta)
  fields[data] = f
  return data
end

local function feature_names(count)
  local names = {}
  for j = 1, count do names[j] = "x" .. j end
  return names
end

-- -------------------------------------------------------- from arrays

local function check_finite(x, name, level)
  local row, column = core.data.find_not_finite(x)
  if not row then return end
  options.refuse(name, ("x in row %d, column %d is %s; wanted a finite number")
    :format(row, column, tostring(x:row(row)[column])), level + 1)
end

-- A table of numbers as an array; what is wrong with it is told of `key`.
local function to_array(value, name, key, level)
  if core.array.is_array(value) then return value end
  local ok, array = pcall(core.array.array, value)
  if ok then return array end
  options.refuse(name, ("%s: %s"):format(key,
    array:match("%((.*)%)$") or array), level + 1)
end

local function check_weights(weights, count, name, level)
  if not weights then return nil end
  weights = to_array(weights, name, "weights", level + 1)
  if #weights ~= count then
    options.refuse(name, ("weights are [%d]; wanted [%d]")
      :format(#weights, count), level + 1)
  end
  for i = 1, count do
    if not (weights[i] >= 0 and weights[i] < math.huge) then
      options.refuse(name, ("weights[%d] is %s; wanted a number >= 0")
        :format(i, tostring(weights[i])), level + 1)
    end
  end
  return weights:copy("float64")
end

--- A data set from arrays or tables.
-- @param given { x = rows of numbers, y = labels, weights =, names =,
--   positive = }; labels are numbers or strings. Of two classes `positive` is
--   class 1; without it, 1 of 0 and 1, else the rarer one.
function M.from(given)
  local o = options.read("from", given, {
    x = { "array", required = true },
    y = { "array", required = true },
    weights = { "array" },
    names = { "table" },
    positive = { "any" },
  })
  local x = to_array(o.x, "from", "x", 2)
  if x == o.x then
    x = x:copy(x:dtype() == "int32" and "float64" or x:dtype())
  end
  local n, features = x:shape()
  if not features then
    options.refuse("from", "x has one dimension; wanted rows of features")
  end
  if #o.y ~= n then
    options.refuse("from", ("y is [%d] and x is [%d][%d]")
      :format(#o.y, n, features))
  end
  if o.names and #o.names ~= features then
    options.refuse("from", ("names has %d names; x has %d columns")
      :format(#o.names, features))
  end
  check_finite(x, "from", 2)
  local codes, names = labels.encode(o.y, o.positive)
  if not codes then options.refuse("from", names) end
  return make {
    x = x,
    codes = codes,
    classes = names,
    names = o.names or feature_names(features),
    weights = check_weights(o.weights, n, "from", 2),
    standardize = true,
  }
end

-- --------------------------------------------------------------------- CSV

-- The position of a column that is given by name or by number.
local function find_column(names, wanted, what)
  if type(wanted) == "number" and names[wanted] then return wanted end
  for j, name in ipairs(names) do
    if name == wanted then return j end
  end
  return nil, ("%s is '%s'; the columns are %s")
    :format(what, tostring(wanted), table.concat(names, ", "))
end

-- What becomes of each column, and where target and weight are; or nil and
-- why not.
local function plan_columns(names, o)
  local kinds = {}
  for j = 1, #names do kinds[j] = "number" end
  local target, why = find_column(names, o.target, "target")
  if not target then return nil, why end
  kinds[target] = "text"
  for _, name in ipairs(o.ignore or {}) do
    local column, missing = find_column(names, name, "ignore")
    if not column then return nil, missing end
    if column == target then
      return nil, ("ignore names the target, '%s'"):format(tostring(name))
    end
    kinds[column] = "skip"
  end
  local weight
  if o.weight then
    weight, why = find_column(names, o.weight, "weight")
    if not weight then return nil, why end
    if kinds[weight] ~= "number" then
      return nil, ("weight is '%s', which is the target or ignored")
        :format(tostring(o.weight))
    end
  end
  return kinds, weight
end

-- Takes the column of weights, by its position among the numbers, out of
-- them.
local function split_weight(x, names, weight)
  if not weight then return x, names end
  local n, columns = x:shape()
  local rest, weights = core.array.zeros(n, columns - 1), core.array.zeros(n)
  for i = 1, n do
    local from, to = x:row(i), rest:row(i)
    weights[i] = from[weight]
    for j = 1, columns do
      if j ~= weight then to[j < weight and j or j - 1] = from[j] end
    end
  end
  local kept = table.move(names, 1, weight - 1, 1, {})
  return rest, table.move(names, weight + 1, columns, weight, kept), weights
end

local function parse(text, o, where, level)
  local function refuse(message) error(where .. message, level + 1) end
  local csv, why = core.data.csv(text, o.delimiter, o.header)
  if not csv then refuse(why) end
  local _, names = csv:layout()
  local kinds, weight = plan_columns(names, o)
  if not kinds then refuse(weight) end
  local numbers = 0
  for _, kind in ipairs(kinds) do
    if kind == "number" then numbers = numbers + 1 end
  end
  if numbers - (weight and 1 or 0) < 1 then
    refuse("no column is left to learn from")
  end
  local x, texts = csv:read(kinds)
  if not x then refuse(texts) end
  local codes, classes = labels.encode(texts[1], o.positive)
  if not codes then refuse(("target %s: %s"):format(o.target, classes)) end
  local columns, weight_column = {}, nil
  for j, name in ipairs(names) do
    if kinds[j] == "number" then columns[#columns + 1] = name end
    if j == weight then weight_column = #columns end
  end
  local rest, kept, weights = split_weight(x, columns, weight_column)
  return make {
    x = rest,
    codes = codes,
    classes = classes,
    names = kept,
    weights = check_weights(weights, #codes, "read", level),
    standardize = true,
  }
end

local csv_options = {
  target = { "any", required = true, wanted = "a column's name or number" },
  positive = { "any" },
  weight = { "any" },
  ignore = { "table" },
  delimiter = { "string" },
  header = { "boolean" },
}

--- A data set from CSV text.
-- @param text the bytes
-- @param given { target = column, positive = class, weight = column, ignore =
--   columns, delimiter = character, header = true|false }; columns are named
--   or counted from 1. Delimiter and header are found if not given.
function M.parse(text, given)
  if type(text) ~= "string" then
    error(("bad argument #1 to 'parse' (text is a %s; wanted a string)")
      :format(type(text)), 2)
  end
  local o = options.read("parse", given, csv_options, 2, 2)
  return parse(text, o, "", 2)
end

--- A data set from a CSV file; see parse.
-- @return the data set, or nil and why the file can't be read. What is wrong
--   inside the file raises, with line and column.
function M.read(path, given)
  if type(path) ~= "string" then
    error(("bad argument #1 to 'read' (path is a %s; wanted a string)")
      :format(type(path)), 2)
  end
  local o = options.read("read", given, csv_options, 2, 2)
  local text, why = core.data.read_file(path)
  if not text then return nil, why end
  return parse(text, o, path .. ": ", 2)
end

-- ------------------------------------------------------------------ splits

-- Rows that a script chose may be others than those that a source draws.
local function subset(data, positions, chosen)
  local f = fields[data]
  local parts = {
    x = core.data.take(f.x, positions),
    codes = core.data.take(f.codes, positions),
    classes = f.classes,
    names = f.names,
    standardize = f.standardize,
    source = not chosen and f.source or nil,
    origin = f.origin,
  }
  for _, key in ipairs(row_fields) do
    parts[key] = f[key] and core.data.take(f[key], positions)
  end
  return make(parts)
end

-- Calls a C function that knows classes by number, and names them.
local function name_classes(data, name, level, call, ...)
  local ok, result = pcall(call, ...)
  if ok then return result end
  local message = result:gsub("^.-: ", ""):gsub("class (%d+)", function(c)
    return ("class '%s'"):format(fields[data].classes[tonumber(c) + 1] or c)
  end)
  options.refuse(name, message, level + 1)
end

-- d.split { } instead of d:split { } is an easy mistake.
local function check_self(self, name)
  if M.is_data(self) then return end
  error(("call it as a method: d:%s(...)"):format(name), 3)
end

--- The rows at some positions, counted from 1, in that order.
function methods:rows(positions)
  check_self(self, "rows")
  local ok, rows = pcall(function()
    if not core.array.is_array(positions) then
      positions = core.array.array(positions, "int32")
    end
    return subset(self, positions, true)
  end)
  if ok then return rows end
  options.refuse("rows", rows:match("%((.*)%)$") or rows)
end

--- Splits at random, keeping the shares of the classes.
-- @param given { test = share of the rows (0.2), seed = 1 }
-- @return train, test
function methods:split(given)
  check_self(self, "split")
  local o = options.read("split", given, {
    test = { "number", default = 0.2, above = 0, below = 1 },
    seed = { "number", default = 1, low = 0, whole = true },
  })
  local f = fields[self]
  local marked = name_classes(self, "split", 2, core.data.mark_share, f.codes,
    #f.classes, o.test, o.seed)
  return subset(self, core.data.where(marked, 0)),
    subset(self, core.data.where(marked, 1))
end

--- Deals the rows into folds at random, keeping the shares of the classes:
-- for train, test in d:folds { k = 5, seed = 1 } do ... end
function methods:folds(given)
  check_self(self, "folds")
  local o = options.read("folds", given, {
    k = { "number", default = 5, low = 2, whole = true },
    seed = { "number", default = 1, low = 0, whole = true },
  })
  local f = fields[self]
  local fold = name_classes(self, "folds", 2, core.data.deal_folds, f.codes,
    #f.classes, o.k, o.seed)
  local i = 0
  return function()
    i = i + 1
    if i > o.k then return nil end
    local rest, test = {}, core.data.where(fold, i)
    for position = 1, f.n do
      if fold[position] ~= i then rest[#rest + 1] = position end
    end
    return subset(self, core.array.array(rest, "int32")), subset(self, test)
  end
end

-- What the files that add to this one know of data sets.
local inside = {
  fields = fields,
  methods = methods,
  row_fields = row_fields,
  make = make,
  subset = subset,
  check_self = check_self,
}
inside.describe = require "neap.generate"(M, make).describe
require "neap.relabel"(inside)
require "neap.ceiling"(M, inside)

return M
