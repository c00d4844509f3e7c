--- Data sets: generated with known truth, read from CSV, split and dealt.
--
-- A data set never changes; every operation gives a new one. Fields: x, y, n,
-- features, names, classes, counts, prior, weights, truth.
local core = require "neap.core"
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
    return ("neap.Data (%d rows, %d features, classes %s)")
      :format(f.n, f.features, table.concat(f.classes, ", "))
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
-- (names), names, and optional weights, truth, standardize.
local function make(parts)
  local f = {
    x = freeze(parts.x),
    codes = freeze(parts.codes),
    classes = parts.classes,
    names = parts.names,
    weights = freeze(parts.weights),
    truth = freeze(parts.truth),
    standardize = parts.standardize,
  }
  f.n, f.features = f.x:shape()
  f.counts = {}
  for c = 1, #f.classes do
    f.counts[c] = #core.data.where(f.codes, c - 1)
  end
  if #f.classes == 2 then
    f.prior = f.counts[2] / f.n
    f.y = freeze(f.codes:copy(f.x:dtype()))
  else
    f.y = f.codes
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

-- ------------------------------------------------------------- the classes

local function compare_labels(a, b)
  local x, y = tonumber(a), tonumber(b)
  if x and y then return x < y end
  if x or y then return x ~= nil end
  return tostring(a) < tostring(b)
end

-- "1", "1.0" and 1 are one label.
local function canonical(label)
  return tonumber(label) or label
end

local function show_label(label)
  if type(label) == "number" and label == math.floor(label) then
    return ("%d"):format(label)
  end
  return tostring(label)
end

-- The distinct labels of a list in order, and how often each is there.
local function count_labels(labels)
  local counts, order = {}, {}
  for i = 1, #labels do
    local label = canonical(labels[i])
    if not counts[label] then
      counts[label] = 0
      order[#order + 1] = label
    end
    counts[label] = counts[label] + 1
  end
  table.sort(order, compare_labels)
  return order, counts
end

-- Puts the positive class last: the one that is asked for, 1 of 0 and 1, or
-- the rarer one.
local function order_binary(order, counts, positive)
  if positive ~= nil then
    local wanted = canonical(positive)
    if wanted == order[1] then
      order[1], order[2] = order[2], order[1]
    elseif wanted ~= order[2] then
      return nil, ("positive is '%s'; the classes are '%s' and '%s'")
        :format(show_label(wanted), show_label(order[1]), show_label(order[2]))
    end
  elseif not (order[1] == 0 and order[2] == 1)
    and counts[order[1]] < counts[order[2]] then
    order[1], order[2] = order[2], order[1]
  end
  return order
end

-- int32 codes and class names of a list of labels, or nil and why not.
local function encode(labels, positive)
  local order, counts = count_labels(labels)
  if #order == 1 then
    return nil, ("there is one class only, '%s'; wanted two or more")
      :format(show_label(order[1]))
  end
  if #order > 100 then
    return nil, ("there are %d classes; is the target a number to predict?")
      :format(#order)
  end
  if #order == 2 then
    local ordered, why = order_binary(order, counts, positive)
    if not ordered then return nil, why end
  elseif positive ~= nil then
    return nil, ("positive is given, and there are %d classes"):format(#order)
  end
  local codes, names = {}, {}
  for c = 1, #order do
    codes[order[c]] = c - 1
    names[c] = show_label(order[c])
  end
  local coded = core.array.zeros(#labels, nil, "int32")
  for i = 1, #labels do coded[i] = codes[canonical(labels[i])] end
  return coded, names
end

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
  check_finite(x, "from", 2)
  local codes, names = encode(o.y, o.positive)
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
  local x, texts = csv:read(kinds)
  if not x then refuse(texts) end
  local codes, classes = encode(texts[1], o.positive)
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
  local o = options.read("parse", given, csv_options)
  return parse(text, o, "", 2)
end

--- A data set from a CSV file; see parse.
-- @return the data set, or nil and why the file can't be read. What is wrong
--   inside the file raises, with line and column.
function M.read(path, given)
  local o = options.read("read", given, csv_options)
  local text, why = core.data.read_file(path)
  if not text then return nil, why end
  return parse(text, o, path .. ": ", 2)
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
    truth = f.truth and core.data.take(f.truth, positions),
    standardize = f.standardize,
  }
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

--- The rows at some positions, counted from 1, in that order.
function methods:rows(positions)
  local ok, rows = pcall(function()
    if not core.array.is_array(positions) then
      positions = core.array.array(positions, "int32")
    end
    return subset(self, positions)
  end)
  if ok then return rows end
  options.refuse("rows", rows:match("%((.*)%)$") or rows)
end

--- Splits at random, keeping the shares of the classes.
-- @param given { test = share of the rows (0.2), seed = 1 }
-- @return train, test
function methods:split(given)
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

return M
