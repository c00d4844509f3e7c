--- Data sets: generated with known truth, read from files, split and dealt.
--
-- A data set never changes; every operation gives a new one. Fields: x, y, n,
-- features, names, classes, counts, prior, weights, groups, truth, notes,
-- warnings.
local core = require "neap.core"
local files = require "neap.files"
local labels = require "neap.labels"
local options = require "neap.options"
local split = require "neap.split"
local write = require "neap.files.write"

local M = {}

-- The fields of a data set are kept out of its table, so that a script that
-- writes to one is told.
local fields = setmetatable({}, { __mode = "k" })
local methods = {}

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
    if key == "warnings" then return warnings_of(fields[self]) end
    return value
  end,
  __newindex = function(_, key)
    error(("a data set never changes; can't set '%s'"):format(tostring(key)),
      2)
  end,
  __tostring = function(self)
    local f = fields[self]
    local lines = { ("neap.Data (%d rows, %d features, classes %s)")
      :format(f.n, f.features, table.concat(f.classes, ", ")) }
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

-- Makes a data set from checked parts: x, codes (int32 classes), classes
-- (names), names, and optional weights, groups (int32, below group_count),
-- truth, standardize, notes, warnings, recipe (how it was read).
local function make(parts)
  local f = {
    x = freeze(parts.x),
    codes = freeze(parts.codes),
    classes = parts.classes,
    names = parts.names,
    weights = freeze(parts.weights),
    groups = freeze(parts.groups),
    group_count = parts.group_count,
    truth = freeze(parts.truth),
    standardize = parts.standardize,
    notes = parts.notes or {},
    warnings = parts.warnings or frozen {},
    recipe = parts.recipe,
  }
  f.n, f.features = f.x:shape()
  f.counts = {}
  for c = 1, #f.classes do
    f.counts[c] = #core.data.where(f.codes, c - 1)
  end
  if #f.classes == 2 then
    f.prior = f.n > 0 and f.counts[2] / f.n or nil
    f.y = freeze(f.codes:copy(f.x:dtype()))
  else
    f.y = f.codes
  end
  for _, key in ipairs { "counts", "classes", "names", "notes" } do
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

-- ------------------------------------------------------------- generators

local function generate(generator, given, level)
  local ok, x, y, truth = pcall(generator.draw, given)
  if not ok then
    -- The message blames this file; it should blame the caller.
    error((x:gsub("^.-bad argument #1 to '%?'",
      "bad argument #1 to '" .. generator.name .. "'")), level + 1)
  end
  local _, features = x:shape()
  return make {
    x = x,
    codes = y:copy("int32"),
    classes = { "0", "1" },
    names = feature_names(features),
    truth = truth,
    standardize = false,
  }
end

local generators = {}
for _, generator in ipairs(core.data.generators) do
  generators[generator.name] = generator
  M[generator.name] = function(given)
    return generate(generator, given or {}, 2)
  end
end

--- The generators: a list of { name =, summary =, parameters = }.
function M.list()
  local list = {}
  for i, generator in ipairs(core.data.generators) do
    list[i] = {
      name = generator.name,
      summary = generator.summary,
      parameters = generator.parameters,
    }
  end
  return list
end

--- A recipe for fresh draws of a generator.
-- @param name of a generator
-- @param given its options, and test: the rows of the test set (default n)
-- @return function(seed) -> train, test
function M.recipe(name, given)
  local generator = generators[name]
  if not generator then
    local names = {}
    for i, row in ipairs(core.data.generators) do names[i] = row.name end
    error(("bad argument #1 to 'recipe' (no generator '%s'; there are %s)")
      :format(tostring(name), table.concat(names, ", ")), 2)
  end
  local train, test = {}, {}
  for key, value in pairs(given or {}) do train[key] = value end
  local rows = train.test or train.n or 1000
  if math.type(rows) ~= "integer" or rows < 1 then
    error(("bad argument #2 to 'recipe' (test is %s; wanted a whole number "
      .. ">= 1)"):format(tostring(rows)), 2)
  end
  train.test = nil
  if train.seed then
    error("bad argument #2 to 'recipe' (a recipe is given its seed later)", 2)
  end
  for key, value in pairs(train) do test[key] = value end
  test.n, test.part = rows, 1
  -- What is wrong with the options is said now, not at the first draw.
  local try = {}
  for key, value in pairs(train) do try[key] = value end
  try.n = 1
  generate(generator, try, 2)
  return function(seed)
    train.seed, test.seed = seed, seed
    return generate(generator, train, 2), generate(generator, test, 2)
  end
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

-- Codes groups, numbers or strings, in the order in which they come.
local function code_groups(groups, count, name, level)
  if not groups then return nil end
  if #groups ~= count then
    options.refuse(name, ("groups are [%d]; wanted [%d]")
      :format(#groups, count), level + 1)
  end
  local codes, known, groups_found = core.array.zeros(count, nil, "int32"), {},
    0
  for i = 1, count do
    local group = groups[i]
    if (type(group) ~= "number" and type(group) ~= "string")
      or group ~= group then
      options.refuse(name, ("groups[%d] is %s; wanted a number or a string")
        :format(i, tostring(group)), level + 1)
    end
    if not known[group] then
      known[group] = groups_found
      groups_found = groups_found + 1
    end
    codes[i] = known[group]
  end
  return codes, groups_found
end

--- A data set from arrays or tables.
-- @param given { x = rows of numbers, y = labels, weights =, groups =,
--   names =, positive = }; labels are numbers or strings. Of two classes
--   `positive` is class 1; without it, 1 of 0 and 1, else the rarer one.
function M.from(given)
  local o = options.read("from", given, {
    x = { "array", required = true },
    y = { "array", required = true },
    weights = { "array" },
    groups = { "array" },
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
  local groups, group_count = code_groups(o.groups, n, "from", 2)
  return make {
    x = x,
    codes = codes,
    classes = names,
    names = o.names or feature_names(features),
    weights = check_weights(o.weights, n, "from", 2),
    groups = groups,
    group_count = group_count,
    standardize = true,
  }
end

-- ------------------------------------------------------------------- files

-- How a data set was read, or nil.
local function recipe_of(data)
  return fields[data] and fields[data].recipe
end

--- A data set from the bytes of a file: CSV, .npy, .npz or LIBSVM.
-- @param text the bytes
-- @param given options, as docs/files.md tells them
function M.parse(text, given)
  return make(files.parse(text, given, recipe_of))
end

--- A data set from a file; see parse.
-- @return the data set, or nil and why the file can't be read. What is wrong
--   inside the file raises, with line and column.
function M.read(path, given)
  local parts, why = files.read(path, given, recipe_of)
  if not parts then return nil, why end
  return make(parts)
end

--- The array of a .npy file, which is mapped and not copied where it can be.
-- @return a frozen array, or nil and why the file can't be read
function M.read_array(path)
  local array, why = files.read_array(path)
  return array, why
end

-- ------------------------------------------------------------------ splits

local function subset(data, positions)
  local f = fields[data]
  return make {
    x = core.data.take(f.x, positions),
    codes = core.data.take(f.codes, positions),
    classes = f.classes,
    names = f.names,
    weights = f.weights and core.data.take(f.weights, positions),
    groups = f.groups and core.data.take(f.groups, positions),
    group_count = f.group_count,
    recipe = f.recipe,
    truth = f.truth and core.data.take(f.truth, positions),
    standardize = f.standardize,
  }
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
    return subset(self, positions)
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
  check_self(self, "split")
  local train, test = split.split(fields[self], given)
  return subset(self, train), subset(self, test)
end

--- Deals the rows into folds at random, keeping the shares of the classes and
-- groups whole: for train, test in d:folds { k = 5, seed = 1 } do ... end
-- @param given { k = 5, seed = 1, repeats = 1, by, stratified, order: see
--   split }
-- @return an iterator of train, test, the fold and the repeat
function methods:folds(given)
  check_self(self, "folds")
  local next_fold = split.folds(fields[self], given)
  return function()
    local train, test, fold, part = next_fold()
    if not train then return nil end
    return subset(self, train), subset(self, test), fold, part
  end
end

--- Nested samples, for learning curves: each holds the smaller ones, and has
-- the shares of the classes.
-- @param given { sizes = { rows, ... }, seed = 1, stratified = true }
-- @return a list of data sets
function methods:samples(given)
  check_self(self, "samples")
  local list = split.samples(fields[self], given)
  for i, positions in ipairs(list) do list[i] = subset(self, positions) end
  return list
end

--- Writes the data: .npz, which numpy reads, or .csv.
-- @param path one that ends in .npz or .csv
-- @param given { target = the name of the column of classes in CSV }
-- @return true, or nil and why not
function methods:write(path, given)
  check_self(self, "write")
  if type(path) ~= "string" then
    error(("bad argument #1 to 'write' (path is a %s; wanted a string)")
      :format(type(path)), 2)
  end
  local f = fields[self]
  local o = options.read("write", given, {
    target = { "string", default = f.recipe and f.recipe.target_name
      or "class" },
  }, 2, 2)
  local done, why = write(f, path, o.target)
  return done, why
end

return M
