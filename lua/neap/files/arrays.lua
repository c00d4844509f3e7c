--- Reads .npy and .npz: rows, labels, weights and groups as arrays.
local compat = require "neap.compat"
local core = require "neap.core"
local options = require "neap.options"
local refuse = require "neap.files.refuse"

local M = {}

-- Names that mean rows and labels, in the order in which they are looked for.
local pairs_of_names = { { "X", "y" }, { "x", "y" }, { "data", "target" } }

local function shape_text(array)
  local n, m = array:shape()
  return m and ("[%d][%d]"):format(n, m) or ("[%d]"):format(n)
end

-- An array of one dimension, float64; [n][1] is one, too.
local function as_vector(array, what, n)
  local rows, columns = array:shape()
  if columns and columns ~= 1 then
    refuse("%s is %s; wanted one number a row", what, shape_text(array))
  end
  if rows ~= n then
    refuse("%s has %d rows and X has %d", what, rows, n)
  end
  if columns then return core.files.column_of(array, 1) end
  return array:dtype() == "float64" and array or array:copy("float64")
end

-- ------------------------------------------------------------------- .npz

local function quoted(names)
  local list = {}
  for i, name in ipairs(names) do list[i] = ("'%s'"):format(name) end
  return table.concat(list, ", ")
end

-- Opens the directory: the names of the arrays, and a function that reads one.
local function open_zip(bytes)
  local zip, entries = core.files.zip(bytes)
  if not zip then refuse("%s", entries) end
  local names, places = {}, {}
  for i, entry in ipairs(entries) do
    local name = entry:match("^(.+)%.npy$")
    if not name then
      refuse("'%s' is no .npy file; this ZIP file is no .npz file: unpack it: "
        .. "unzip FILE", entry)
    end
    if places[name] then refuse("'%s' is there twice", name) end
    names[#names + 1] = name
    places[name] = i
  end
  return names, function(name)
    local array, why = zip:read(places[name])
    if not array then refuse("array '%s': %s", name, why) end
    return array
  end, places
end

local function check_name(names, places, name, what)
  if places[name] then return name end
  refuse("%s is %s; the arrays are %s", what, options.show(name),
    quoted(names))
end

-- The names of rows and labels.
local function choose(names, places, o)
  if o.x and o.target then
    return check_name(names, places, o.x, "x"),
      check_name(names, places, o.target, "target")
  end
  for _, pair in ipairs(pairs_of_names) do
    local x, y = o.x or pair[1], o.target or pair[2]
    if places[x] and places[y] then return x, y end
  end
  if o.x then check_name(names, places, o.x, "x") end
  if o.target then check_name(names, places, o.target, "target") end
  return nil
end

-- Of two arrays with other names the one of two dimensions has the rows.
local function choose_of_two(names, read, o)
  if #names == 2 then
    local a, b = read(names[1]), read(names[2])
    local _, a_columns = a:shape()
    local _, b_columns = b:shape()
    local a_is_x = names[2] == o.target or names[1] == o.x
    local b_is_x = names[1] == o.target or names[2] == o.x
    if a_columns and (a_is_x or not b_columns) and not b_is_x then
      return a, b, names[2]
    elseif b_columns and (b_is_x or not a_columns) and not a_is_x then
      return b, a, names[1]
    end
  end
  refuse("which array has the rows, and which the labels? There are %s; wanted "
    .. "X and y, or x = and target =", quoted(names))
end

-- Arrays that go with the rows: as named, or by the names that are written.
local function take_extra(names, places, read, wanted, usual, n)
  local name = wanted
  if name == nil then
    name = usual
    if not places[name] then return nil end
  end
  check_name(names, places, name, usual)
  return as_vector(read(name), name, n)
end

local function list_of(value)
  return type(value) == "table" and value or { value }
end

-- Arrays that losses read, which are nothing else.
local function take_columns(names, places, read, o, used, n)
  local list = {}
  for i, name in ipairs(list_of(o.columns)) do
    check_name(names, places, name, "columns")
    if used[name] then refuse("columns has '%s', the %s", name, used[name]) end
    list[i] = { name = name, numbers = as_vector(read(name), name, n) }
  end
  return list
end

-- The array of rows, whatever else there is.
local function load_rows(names, read, places, o)
  local name = o.x and check_name(names, places, o.x, "x")
  for _, pair in ipairs(pairs_of_names) do
    name = name or (places[pair[1]] and pair[1])
  end
  if not name and #names == 1 then name = names[1] end
  if not name then
    refuse("which array has the rows? There are %s; wanted X, or x = its name",
      quoted(names))
  end
  return { x = read(name), columns = {} }
end

local function load_npz(bytes, o)
  local names, read, places = open_zip(bytes)
  if o.rows_only then return load_rows(names, read, places, o) end
  local x, y, target
  local x_name, y_name = choose(names, places, o)
  if x_name then
    x, y, target = read(x_name), read(y_name), y_name
  else
    x, y, target = choose_of_two(names, read, o)
  end
  local n = x:shape()
  local used = { [x_name or ""] = "rows", [target] = "target",
    [o.weight or "weights"] = "weight", [o.group or "groups"] = "group" }
  return {
    x = x, labels = y, target = target,
    columns = take_columns(names, places, read, o, used, n),
    weights = take_extra(names, places, read, o.weight, "weights", n),
    groups = take_extra(names, places, read, o.group, "groups", n),
    truth = places.truth and read("truth") or nil,
  }
end

-- ------------------------------------------------------------------- .npy

local function read_npy(path)
  local bytes, why = core.files.open(path)
  if not bytes then refuse("%s", why) end
  local array
  array, why = core.files.npy(bytes)
  if not array then refuse("%s: %s", path, why) end
  return array
end

-- What goes with the rows: a column's number, or another .npy file.
local function take_vector(x, wanted, what, taken)
  if wanted == nil then return nil end
  local n, columns = x:shape()
  if type(wanted) == "string" then
    return as_vector(read_npy(wanted), wanted, n)
  end
  local column = compat.tointeger(wanted)
  if not column or not columns or column < 1 or column > columns then
    refuse("%s is %s; wanted a .npy file's name, or a column from 1 to %d",
      what, options.show(wanted), columns or 1)
  end
  if taken[column] then
    refuse("%s is column %d, which is the %s", what, column, taken[column])
  end
  taken[column] = what
  return core.files.column_of(x, column)
end

local function check_rows(x, what)
  local n, columns = x:shape()
  if not columns then
    refuse("%s has one dimension; wanted rows of features, such as "
      .. "a.reshape(-1, 1)", what)
  end
  if n == 0 then refuse("%s has no rows", what) end
  return n, columns
end

local function load_npy(bytes, o, like)
  local x, why = core.files.npy(bytes)
  if not x then refuse("%s", why) end
  local _, columns = check_rows(x, "the array")
  if o.rows_only then
    local others = like.others
    local is_whole = columns == #like.features + #others and not o.ignore
    local taken = {}
    for _, j in ipairs(is_whole and others or {}) do taken[j] = "ignore" end
    return { x = x, taken = taken, columns = {} }
  end
  local taken = {}
  local r = {
    x = x, taken = taken,
    labels = take_vector(x, o.target, "target", taken),
    weights = take_vector(x, o.weight, "weight", taken),
    groups = take_vector(x, o.group, "group", taken),
    columns = {},
  }
  for i, wanted in ipairs(list_of(o.columns)) do
    local name = type(wanted) == "string"
      and wanted:match("([^/\\]+)%.npy$") or wanted
    r.columns[i] = {
      name = type(name) == "number" and ("x%d"):format(name) or name,
      numbers = take_vector(x, wanted, "columns", taken),
    }
  end
  r.target = type(o.target) == "number" and ("column %d"):format(o.target)
    or o.target
  return r
end

-- Leaves out the columns that are no features.
local function keep_features(r, o)
  local _, columns = check_rows(r.x, "X")
  local ignored = list_of(o.ignore)
  local taken = r.taken or {}
  for _, wanted in ipairs(ignored) do
    local column = compat.tointeger(wanted)
    if not column or column < 1 or column > columns then
      refuse("ignore has %s; wanted columns from 1 to %d", options.show(wanted),
        columns)
    end
    if taken[column] and taken[column] ~= "ignore" then
      refuse("ignore names the %s, column %d", taken[column], column)
    end
    taken[column] = "ignore"
  end
  local kept, names = {}, {}
  for j = 1, columns do
    if not taken[j] then
      kept[#kept + 1], names[#names + 1] = j, "x" .. j
    end
  end
  if #kept == 0 then refuse("no column is left to learn from") end
  if #kept < columns then r.x = core.files.take_columns(r.x, kept) end
  r.names, r.others = names, {}
  for j = 1, columns do
    if taken[j] then r.others[#r.others + 1] = j end
  end
end

-- NaN is a missing value; infinity is wrong.
local function find_gaps(r)
  r.gaps = {}
  if not core.data.find_not_finite(r.x) then return end
  local row, column = core.files.find_infinite(r.x)
  if row then
    refuse("row %d, column %d (%s) is %s; wanted a finite number", row, column,
      r.names[column], r.x[row][column] > 0 and "inf" or "-inf")
  end
  for place, gap in pairs(core.files.count_missing(r.x)) do
    r.gaps[#r.gaps + 1] = {
      name = r.names[place], count = gap.missing, place = place,
      row = gap.row,
      first = ("row %d, column %d (%s) is nan, a missing value"):format(
        gap.row, place, r.names[place]),
    }
  end
  table.sort(r.gaps, function(a, b)
    return a.row < b.row or (a.row == b.row and a.place < b.place)
  end)
end

-- Codes numbers that name something: labels, groups.
local function code(numbers, what)
  local row = core.data.find_not_finite(numbers)
  if row then
    refuse("%s: row %d is %s; wanted a finite number", what, row,
      tostring(numbers[row]))
  end
  local codes, count, list, counts = core.files.code_numbers(numbers, 1000)
  return { codes = codes, level_count = count, levels = list, counts = counts }
end

-- Codes what goes with the rows.
local function code_labels(r, n)
  r.labels = code(as_vector(r.labels, r.target, n), r.target)
  if r.groups then
    local groups = code(r.groups, "groups")
    r.groups, r.group_count = groups.codes, groups.level_count
  end
end

-- The features, under the names that like has for them.
local function name_features(r, like)
  if like and #like.features ~= #r.names then
    refuse("there are %d features, and like has %d", #r.names, #like.features)
  end
  r.features = {}
  for j, name in ipairs(r.names) do
    r.names[j] = like and like.features[j].name or name
    r.features[j] = { name = r.names[j], place = j }
  end
end

--- Finishes what was read as arrays: labels and groups become codes.
-- @param r x, and of a data set labels, weights, groups: arrays
function M.finish(r, o, like)
  local n = check_rows(r.x, "X")
  keep_features(r, o)
  if not o.rows_only then code_labels(r, n) end
  name_features(r, like)
  find_gaps(r)
  r.notes = r.notes or {}
  return r
end

--- Reads .npy or .npz bytes; see csv.load.
function M.load(bytes, o, like)
  local r = o.format == "npz" and load_npz(bytes, o) or load_npy(bytes, o, like)
  return M.finish(r, o, like)
end

--- One array of a .npy file; see neap.data.read_array.
function M.read_array(bytes)
  return core.files.npy(bytes)
end

return M
