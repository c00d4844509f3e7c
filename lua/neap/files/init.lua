--- Files and bytes as data sets; for lua/neap/data.lua.
local arrays = require "neap.files.arrays"
local core = require "neap.core"
local finish = require "neap.files.finish"
local formats = require "neap.files.formats"
local options = require "neap.options"
local refuse = require "neap.files.refuse"

local M = {}

local loaders = {
  csv = require("neap.files.csv").load,
  npy = arrays.load,
  npz = arrays.load,
  libsvm = require("neap.files.libsvm").load,
  arff = require("neap.files.arff").load,
}

local a_character = "one character"
local column = { "types", "string", "number",
  wanted = "a column's name or number" }
local columns = { "types", "string", "number", "table",
  wanted = "columns by name or number" }
local spec = {
  format = { "choice", names = formats.names },
  target = column,
  positive = { "types", "string", "number", wanted = "a class" },
  weight = column,
  group = column,
  ignore = columns,
  categorical = columns,
  columns = columns,
  missing = { "types", "string", "number", "table",
    wanted = '"drop", "mean", "median" or a number' },
  like = { "object", type = "neap.Data|neap.Fit",
    wanted = "a data set or a fit" },
  delimiter = { "string", wanted = a_character },
  decimal = { "choice", names = { ".", "," } },
  comment = { "string", wanted = a_character },
  header = { "boolean" },
  x = { "string", wanted = "an array's name" },
  base = { "number", low = 0, high = 1, whole = true },
  features = { "number", low = 1, high = 2 ^ 31, whole = true },
}

-- The options that each format takes, besides these.
local common = { "format", "positive", "ignore", "missing", "like" }
local own = {
  csv = { "target", "weight", "group", "categorical", "columns", "delimiter",
    "decimal", "comment", "header" },
  npy = { "target", "weight", "group", "columns" },
  npz = { "target", "weight", "group", "columns", "x" },
  libsvm = { "base", "features" },
  arff = { "target", "weight", "group", "columns" },
}

-- The options of rows alone, which say how a file is read.
local rows_spec = {}
for _, name in ipairs { "like", "format", "ignore", "missing", "delimiter",
  "decimal", "comment", "header", "x", "base" } do
  rows_spec[name] = spec[name]
end

-- Refuses an option that does nothing for a format.
local function check_options(o, format)
  local takes = {}
  for _, list in ipairs { common, own[format] } do
    for _, name in ipairs(list) do takes[name] = true end
  end
  for _, name in ipairs { "target", "weight", "group", "categorical",
    "columns", "delimiter", "decimal", "comment", "header", "x", "base",
    "features" } do
    if o[name] ~= nil and not takes[name] then
      refuse("%s is no option of %s", name, format)
    end
  end
end

-- A delimiter or comment can't be what numbers and quotes are made of.
local function check_character(o, key)
  local text = o[key]
  if text == nil then return end
  if #text ~= 1 or text:find('^[%w%.%+%-"\r\n]$') then
    refuse("%s is '%s'; wanted one character that is no digit, letter, sign, "
      .. "point or quote", key, text)
  end
end

-- Where an option is not given, the data that these are to be like have it.
-- Rows alone need not have what was ignored there.
local function fill_from(o, recipe)
  local filled = {}
  for key, value in pairs(recipe) do
    local goes = o.rows_only and rows_spec[key] and key ~= "ignore"
      or not o.rows_only and spec[key] and key ~= "features"
    if goes then filled[key] = value end
  end
  for key, value in pairs(o) do filled[key] = value end
  filled.positive = nil
  return filled
end

-- How the data set was read that these are to be like, or a fit's rows; or nil.
local function recipe_of(o)
  if o.like == nil then return nil end
  local recipe = o.like.recipe
  if not recipe then
    error({ argument = "like is no data set that was read from a file, nor a "
      .. "fit of one" }, 0)
  end
  if o.positive ~= nil then
    refuse("positive is for new classes; like says which is which")
  end
  return recipe
end

local function load(bytes, path, o)
  local like = recipe_of(o)
  local format = o.format or formats.find(bytes:head(16), path)
  if format == "tsv" then
    o.delimiter = o.delimiter or "\t"
    format = "csv"
  end
  check_options(o, format)
  if like then o = fill_from(o, like) end
  o.format = format
  check_character(o, "delimiter")
  check_character(o, "comment")
  if not o.rows_only and o.target == nil
    and (format == "csv" or format == "npy") then
    error({ argument = "target is missing; wanted a column's name or number" },
      0)
  end
  local reading = loaders[format](bytes, o, like)
  -- Arrays may lie in the bytes; of text nothing is needed any more.
  if format ~= "npy" and format ~= "npz" then bytes:close() end
  return o.rows_only and finish.rows(reading, o, like)
    or finish.data(reading, o, like)
end

-- Runs load, and blames the caller for what it refuses; it must not be a tail
-- call.
local function guarded(name, where, ...)
  local ok, result = pcall(load, ...)
  if ok then return result end
  if type(result) ~= "table" then error(result, 0) end
  if result.argument then options.refuse(name, result.argument, 2) end
  core.blame(where .. result.refused)
end

--- The parts of a data set from bytes; see neap.data.parse.
function M.parse(text, given)
  local o = options.read("parse", given, spec, 2)
  return (guarded("parse", "", core.files.bytes(text), nil, o))
end

--- The parts of a data set from a file; see neap.data.read.
-- @return the parts, or nil and why the file can't be read
function M.read(path, given)
  local o = options.read("read", given, spec, 2)
  local bytes, why = core.files.open(path)
  if not bytes then return nil, why end
  return (guarded("read", path .. ": ", bytes, path, o))
end

local function rows_options(name, given)
  local o = options.read(name, given, rows_spec, 2)
  if o.like == nil then
    options.refuse(name, "like is missing; wanted a data set that was "
      .. "read, or a fit", 2)
  end
  o.rows_only = true
  return o
end

--- Rows from bytes; see neap.data.parse_rows.
function M.parse_rows(text, given)
  local o = rows_options("parse_rows", given)
  return (guarded("parse_rows", "", core.files.bytes(text), nil, o))
end

--- Rows from a file; see neap.data.read_rows.
-- @return the rows, or nil and why the file can't be read
function M.read_rows(path, given)
  local o = rows_options("read_rows", given)
  local bytes, why = core.files.open(path)
  if not bytes then return nil, why end
  return (guarded("read_rows", path .. ": ", bytes, path, o))
end

--- The array of a .npy file; see neap.data.read_array.
function M.read_array(path)
  local bytes, why = core.files.open(path)
  if not bytes then return nil, why end
  local array, wrong = core.files.npy(bytes)
  if not array then core.blame(path .. ": " .. wrong) end
  return array
end

return M
