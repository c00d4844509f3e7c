--- What a study is, as plain values that can be kept and compared: its search,
-- its data, and what it trains or calls.
local core = require "neap.core"
local json = require "neap.json"
local recipes = require "neap.recipes"

local M = {}

local DEPTH_MAX <const> = 6

local describe

local function hash(text)
  return require("neap.host").sha256(text):sub(1, 16)
end

-- A function is told by its code, without the names and lines of its source,
-- and by the values that it was made with.
local function describe_function(value, depth)
  if recipes[value] then return describe(recipes[value], depth + 1) end
  local info = debug.getinfo(value, "S")
  if info.what == "C" then return "a function of C" end
  local parts = { hash(string.dump(value, true)) }
  for i = 1, math.huge do
    local name, held = debug.getupvalue(value, i)
    if not name then break end
    local kind = type(held)
    if name ~= "_ENV" and (kind ~= "table" or getmetatable(held) == nil) then
      parts[#parts + 1] = json.encode(describe(held, depth + 1))
    end
  end
  return "function " .. (#parts == 1 and parts[1]
    or hash(table.concat(parts, "|")))
end

-- Modules have contents, but they are nobody's settings.
local function is_module(value)
  for _, loaded in pairs(package.loaded) do
    if rawequal(loaded, value) then return true end
  end
  return false
end

local function describe_table(value, depth)
  if is_module(value) then return "a module" end
  if type(value.describe) == "function" then
    return describe(value:describe(), depth + 1)
  end
  local plain, list = {}, #value > 0
  for key, part in pairs(value) do
    local name = list and key or tostring(key)
    if not (list and math.type(key) ~= "integer") then
      plain[name] = describe(part, depth + 1)
    end
  end
  return list and json.list(plain) or plain
end

-- A data set by its sizes and the bytes of its rows and labels.
local function describe_data(d)
  return {
    rows = d.n, features = d.features, classes = json.list { table.unpack(
      d.classes) },
    x = hash(d.x:tobytes()), y = hash(d.y:tobytes()),
    weights = d.weights and hash(d.weights:tobytes()) or nil,
    groups = d.groups and hash(d.groups:tobytes()) or nil,
    standardize = d.standardize,
  }
end

function describe(value, depth)
  local kind = type(value)
  if depth > DEPTH_MAX then return kind end
  if kind == "function" then return describe_function(value, depth) end
  if kind == "userdata" then
    if core.array.is_array(value) then return hash(value:tobytes()) end
    return tostring(value)
  end
  if kind == "table" then
    if value.x and value.y and value.features and value.counts then
      return describe_data(value)
    end
    return describe_table(value, depth)
  end
  if kind == "number" or kind == "string" or kind == "boolean" then
    return value
  end
  return kind
end

--- A value as plain ones that JSON can hold: functions by their code, data
-- sets by their bytes, losses and models by their text.
function M.describe(value)
  return json.decode(json.encode(describe(value, 0)))
end

local function shown(value)
  if value == nil then return "nothing" end
  local text = json.encode(value)
  return #text > 60 and text:sub(1, 57) .. "..." or text
end

local function add_differences(path, a, b, lines)
  if type(a) ~= "table" or type(b) ~= "table" then
    if a ~= b then
      lines[#lines + 1] = ("%s was %s, is %s"):format(path, shown(a), shown(b))
    end
    return
  end
  local keys, list = {}, {}
  for key in pairs(a) do keys[key] = true end
  for key in pairs(b) do keys[key] = true end
  for key in pairs(keys) do list[#list + 1] = key end
  -- Lists differ as a whole: one value more moves all others.
  if #a > 0 or #b > 0 then
    if json.encode(a) ~= json.encode(b) then
      lines[#lines + 1] = ("%s was %s, is %s"):format(path, shown(a), shown(b))
    end
    return
  end
  table.sort(list, function(x, y) return tostring(x) < tostring(y) end)
  for _, key in ipairs(list) do
    add_differences(path == "" and tostring(key) or path .. "." .. key, a[key],
      b[key], lines)
  end
end

-- What changes nothing that is stored: where the line is drawn that a gain must
-- pass.
local function without_worth(spec)
  local copy = {}
  for key, value in pairs(spec) do copy[key] = value end
  copy.worth = nil
  return copy
end

--- The differences of two descriptions: a list of lines.
function M.differences(a, b)
  local lines = {}
  add_differences("", without_worth(a), without_worth(b), lines)
  return lines
end

return M
