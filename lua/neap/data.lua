--- Data sets: generated with known truth, read from files, split and dealt.
--
-- A data set never changes; every operation gives a new one. Fields: x, y, n,
-- features, names, classes, counts, prior, weights, groups, truth, clean_y,
-- clean_truth, notes, warnings.
local arguments = require "neap.arguments"
local compat = require "neap.compat"
local core = require "neap.core"
local files = require "neap.files"
local labels = require "neap.labels"
local options = require "neap.options"
local row_columns = require "neap.row_columns"
local split = require "neap.split"
local write = require "neap.files.write"

local M = {}

-- The fields of a data set are kept out of its table, so that a script that
-- writes to one is told.
local fields = setmetatable({}, { __mode = "k" })
local methods = {}

local lists = {
  counts = true, classes = true, names = true, notes = true, columns = true,
  warnings = true,
}

-- A list that can be read and not written. Where no such list has a length,
-- scripts get a copy each time they ask.
local function frozen(list)
  if not compat.has_proxies then return list end
  return setmetatable({}, {
    __index = list,
    __len = function() return #list end,
    __pairs = function() return next, list, nil end,
    __newindex = function() core.blame("a data set never changes") end,
    __metatable = "neap.List",
  })
end

-- They are looked for when they are first asked for.
local function warnings_of(f)
  if type(f.warnings) == "function" then f.warnings = frozen(f.warnings()) end
  return f.warnings
end

local meta = {
  __name = "neap.Data",
  __metatable = "neap.Data",
  __index = function(self, key)
    local value = fields[self][key]
    if value == nil then return methods[key] end
    if key == "warnings" then value = warnings_of(fields[self]) end
    if lists[key] and not compat.has_proxies then
      return compat.table_move(value, 1, #value, 1, {})
    end
    return value
  end,
  __newindex = function(_, key)
    core.blame(("a data set never changes; can't set '%s'"):format(
      tostring(key)))
  end,
  __tostring = function(self)
    local f = fields[self]
    local classes = {}
    for c = 1, math.min(#f.classes, 10) do
      classes[c] = ("%s: %d"):format(f.classes[c], f.counts[c])
    end
    if #f.classes > 10 then classes[11] = "..." end
    local lines = { ("neap.Data (%d rows, %d features, classes %s%s)")
      :format(f.n, f.features, table.concat(classes, ", "),
        f.origin and "; " .. f.origin or "") }
    for _, note in ipairs(f.notes) do lines[#lines + 1] = "  " .. note end
    for _, warning in ipairs(warnings_of(f)) do
      lines[#lines + 1] = "  warning: " .. warning
    end
    return table.concat(lines, "\n")
  end,
}

--- Whether a value is a data set.
function M.is_data(value)
  return type(value) == "table" and fields[value] ~= nil
end

local function freeze(array)
  return array and core.array.freeze(array)
end

-- Arrays of which a data set may have one number, or row, for each row.
local row_fields = {
  "weights", "truth", "groups", "clean_codes", "clean_truth", "column_rows",
}

-- Makes a data set from checked parts: x, codes (int32 classes), classes
-- (names), names, and optional row_fields, group_count (groups are below it),
-- standardize, notes, warnings, recipe (how it was read), source (what drew it)
-- and origin (the same as text).
local function make(parts)
  local f = {
    x = freeze(parts.x),
    codes = freeze(parts.codes),
    classes = parts.classes,
    names = parts.names,
    group_count = parts.group_count,
    standardize = parts.standardize,
    notes = parts.notes or {},
    warnings = parts.warnings or {},
    recipe = parts.recipe,
    source = parts.source,
    origin = parts.origin,
    columns = parts.columns,
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
  for key in pairs(lists) do
    local list = f[key]
    if type(list) == "table" and getmetatable(list) ~= "neap.List" then
      f[key] = frozen(list)
    end
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

local function check_finite(x, name)
  local row, column = core.data.find_not_finite(x)
  if not row then return end
  options.refuse(name, ("x in row %d, column %d is %s; wanted a finite number")
    :format(row, column, tostring(x:row(row)[column])))
end

-- A table of numbers as an array; what is wrong with it is told of `key`.
local function to_array(value, name, key)
  if core.array.is_array(value) then return value end
  local ok, array = pcall(core.array.array, value)
  if ok then return array end
  options.refuse(name, ("%s: %s"):format(key,
    array:match("%((.*)%)$") or array))
end

local function check_weights(weights, count, name)
  if not weights then return nil end
  weights = to_array(weights, name, "weights")
  local n, columns = weights:shape()
  if n ~= count or columns then
    options.refuse(name, ("weights are [%d]%s; wanted [%d]"):format(n,
      columns and ("[%d]"):format(columns) or "", count))
  end
  for i = 1, count do
    if not (weights[i] >= 0 and weights[i] < math.huge) then
      options.refuse(name, ("weights[%d] is %s; wanted a number >= 0")
        :format(i, options.show(weights[i])))
    end
  end
  return weights:copy("float64")
end

-- Codes groups, numbers or strings, in the order in which they come.
local function code_groups(groups, count, name)
  if not groups then return nil end
  if #groups ~= count then
    options.refuse(name, ("groups are [%d]; wanted [%d]")
      :format(#groups, count))
  end
  local codes, known, groups_found = core.array.zeros(count, nil, "int32"), {},
    0
  for i = 1, count do
    local group = groups[i]
    if (type(group) ~= "number" and type(group) ~= "string")
      or group ~= group then
      options.refuse(name, ("groups[%d] is %s; wanted a number or a string")
        :format(i, options.show(group)))
    end
    if not known[group] then
      known[group] = groups_found
      groups_found = groups_found + 1
    end
    codes[i] = known[group]
  end
  return codes, groups_found
end

-- Columns by name as a matrix, and the list of their names.
local function check_columns(columns, count, name)
  local matrix, names = row_columns.read(columns, count)
  if not matrix and names then options.refuse(name, names) end
  return matrix, names
end

--- A data set from arrays or tables.
-- @param given { x = rows of numbers, y = labels, weights =, groups =,
--   columns = { name = numbers, ... } that losses may read and models do not,
--   names =, positive = }; labels are numbers or strings. Of two classes
--   `positive` is class 1; without it, 1 of 0 and 1, else the rarer one.
function M.from(given)
  local o = options.read("from", given, {
    x = { "array", required = true },
    y = { "array", required = true },
    weights = { "array" },
    groups = { "array" },
    columns = { "table" },
    names = { "table" },
    positive = { "types", "string", "number", "boolean", wanted = "a class" },
  })
  local x = to_array(o.x, "from", "x")
  if x:dtype() == "int32" then
    x = x:copy("float64")
  elseif x == o.x and not core.array.is_frozen(x) then
    x = x:copy() -- a frozen one, such as that of a file, is shared
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
  check_finite(x, "from")
  local codes, names = labels.encode(o.y, o.positive)
  if not codes then options.refuse("from", names) end
  local groups, group_count = code_groups(o.groups, n, "from")
  local column_rows, columns = check_columns(o.columns, n, "from")
  return make {
    x = x,
    codes = codes,
    classes = names,
    names = o.names or feature_names(features),
    weights = check_weights(o.weights, n, "from"),
    groups = groups,
    group_count = group_count,
    column_rows = column_rows,
    columns = columns,
    standardize = true,
  }
end

-- ------------------------------------------------------------------- files

--- A data set from the bytes of a file: CSV, .npy, .npz or LIBSVM.
-- @param text the bytes
-- @param given options, as docs/files.md tells them
function M.parse(text, given)
  return make(files.parse(text, given))
end

--- A data set from a file; see parse.
-- @return the data set, or nil and why the file can't be read. What is wrong
--   inside the file raises, with line and column.
function M.read(path, given)
  local parts, why = files.read(path, given)
  if not parts then return nil, why end
  return make(parts)
end

--- The rows of a file without labels, as `like` has its columns, for a fit to
-- predict; see docs/files.md.
-- @return an array [n][features], or nil and why the file can't be read. What
--   is wrong inside the file raises, with line and column.
function M.read_rows(path, given)
  local rows, why = files.read_rows(path, given)
  return rows, why
end

--- The same from the bytes of a file.
function M.parse_rows(text, given)
  return (files.parse_rows(text, given))
end

--- The array of a .npy file, which is mapped and not copied where it can be.
-- @return a frozen array, or nil and why the file can't be read
function M.read_array(path)
  local array, why = files.read_array(path)
  return array, why
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
    group_count = f.group_count,
    recipe = f.recipe,
    standardize = f.standardize,
    source = not chosen and f.source or nil,
    origin = f.origin,
    columns = f.columns,
  }
  for _, key in ipairs(row_fields) do
    parts[key] = f[key] and core.data.take(f[key], positions)
  end
  return make(parts)
end

--- The rows at some positions, counted from 1, in that order.
function methods:rows(positions)
  local ok, rows = pcall(function()
    if not core.array.is_array(positions) then
      positions = core.array.array(positions, "int32")
    end
    return subset(self, positions, true)
  end)
  if ok then return rows end
  options.refuse("rows", rows:match("%((.*)%)$") or rows)
end

--- Splits into training and test rows: at random, keeping the shares of the
-- classes and groups whole, or in order.
-- @param given { test = share of the rows (0.2), seed = 1, by = "group" (where
--   there are groups), a column or false, stratified = true, order = a column
--   or true: the first rows are training rows }
-- @return train, test
function methods:split(given)
  local train, test = split.split(fields[self], given)
  return subset(self, train), subset(self, test)
end

--- The column of a name: one that was given as columns, or else a feature, as
-- it was given.
-- @return a frozen float64 array [n], or nil
function methods:column(name)
  local f = fields[self]
  f.found = f.found or {}
  if f.found[name] then return f.found[name] end
  for _, from in ipairs {
    { names = f.columns or {}, rows = f.column_rows },
    { names = f.names, rows = f.x },
  } do
    for j, other in ipairs(from.names) do
      if other == name then
        f.found[name] = freeze(core.files.column_of(from.rows, j))
        return f.found[name]
      end
    end
  end
  return nil
end

--- The same rows with columns that losses may read and models do not, in place
-- of those that they had.
-- @param columns { name = numbers, ... }
function methods:with_columns(columns)
  local f, parts = fields[self], {}
  for key, value in pairs(f) do parts[key] = value end
  parts.found = nil
  parts.column_rows, parts.columns = check_columns(columns, f.n,
    "with_columns")
  return make(parts)
end

--- Deals the rows into folds at random, keeping the shares of the classes and
-- groups whole: for train, test in d:folds { k = 5, seed = 1 } do ... end
-- @param given { k = 5, seed = 1, repeats = 1, by, stratified, order: see
--   split }
-- @return an iterator of train, test, the fold, the repeat, and the positions
--   of the test rows
function methods:folds(given)
  local next_fold = split.folds(fields[self], given)
  return function()
    local train, test, fold, part = next_fold()
    if not train then return nil end
    return subset(self, train), subset(self, test), fold, part, test
  end
end

--- Nested samples, for learning curves: each holds the smaller ones, and has
-- the shares of the classes.
-- @param given { sizes = { rows, ... }, seed = 1, stratified = true }
-- @return a list of data sets
function methods:samples(given)
  local list = split.samples(fields[self], given)
  for i, positions in ipairs(list) do list[i] = subset(self, positions) end
  return list
end

--- Writes the data: .npz, which numpy reads, or .csv.
-- @param path one that ends in .npz or .csv
-- @param given { target = the name of the column of classes in CSV }
-- @return true, or nil and why not
function methods:write(path, given)
  local f = fields[self]
  local o = options.read("write", given, {
    target = { "string", default = f.recipe and f.recipe.target_name
      or "class" },
  }, 2)
  local done, why = write(f, path, o.target)
  return done, why
end

-- What the files that add to this one know of data sets.
local inside = {
  fields = fields,
  methods = methods,
  row_fields = row_fields,
  make = make,
  subset = subset,
  check_finite = check_finite,
  check_weights = check_weights,
  to_array = to_array,
}
inside.describe = require "neap.generate"(M, make).describe
require "neap.append"(inside)
require "neap.relabel"(inside)
require "neap.ceiling"(M, inside)

options.add_type("neap.Data|neap.Fit", meta)
arguments.methods("neap.Data", meta, methods, {
  append = "given",
  ceiling = "",
  column = "name: string",
  folds = "given?",
  imbalance = "given",
  noise = "given",
  rows = "positions: array",
  samples = "given",
  split = "given?",
  types = "given?",
  with_columns = "columns: table",
  write = "path: string, given?",
})

return arguments.functions(M, {
  from = "given",
  is_data = "value?",
  list = "",
  parse = "text: string, given?",
  population = "data: neap.Data, fit: table",
  read = "path: string, given?",
  parse_rows = "text: string, given?",
  read_array = "path: string",
  read_rows = "path: string, given?",
  recipe = "name: string, given?",
})
