--- JSON, to write and to read. Numbers keep every bit, keys come sorted.
local compat = require "neap.compat"
local M = {}

local null_meta = { __name = "neap.json.null",
  __tostring = function() return "null" end }

--- What stands for null inside tables.
M.null = setmetatable({}, null_meta)

--- Marks a table as a list, so that an empty one is [].
local list_meta = { __name = "neap.json.list" }
function M.list(values) return setmetatable(values or {}, list_meta) end

-- ----------------------------------------------------------------- writing

local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\b"] = "\\b",
  ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

-- Bytes that are no UTF-8 become U+FFFD: databases refuse them.
local function valid(text)
  if compat.utf8.len(text) then return text end
  local out, at = {}, 1
  while at <= #text do
    local _, wrong = compat.utf8.len(text, at)
    out[#out + 1] = text:sub(at, (wrong or #text + 1) - 1)
    if not wrong then break end
    out[#out + 1] = "\239\191\189" -- U+FFFD
    at = wrong + 1
  end
  return table.concat(out)
end
M.valid = valid

local function write_string(text)
  return '"' .. valid(text):gsub('[%c"\\\127]', function(c)
    return escapes[c] or ("\\u%04x"):format(c:byte())
  end) .. '"'
end

-- The shortest text that reads back as the same number.
local function write_number(value)
  if compat.is_integer(value) then return ("%d"):format(value) end
  if value ~= value then return "NaN" end
  if value == math.huge then return "Infinity" end
  if value == -math.huge then return "-Infinity" end
  local text
  for digits = 15, 17 do
    text = ("%." .. digits .. "g"):format(value)
    if tonumber(text) == value then break end
  end
  return text:find("[%.en]") and text or text .. ".0"
end
M.number = write_number

local write

local function write_table(value, depth)
  if value == M.null then return "null" end
  if depth > 64 then error("a table that deep can't be JSON", 0) end
  local parts = {}
  if #value > 0 or getmetatable(value) == list_meta then
    for i, part in ipairs(value) do parts[i] = write(part, depth + 1) end
    return "[" .. table.concat(parts, ", ") .. "]"
  end
  local keys = {}
  for key in pairs(value) do
    if type(key) ~= "string" then
      error(("a table with the key %s can't be JSON"):format(tostring(key)), 0)
    end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    parts[i] = write_string(key) .. ": " .. write(value[key], depth + 1)
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

function write(value, depth)
  local kind = type(value)
  if kind == "table" then return write_table(value, depth) end
  if kind == "string" then return write_string(value) end
  if kind == "number" then return write_number(value) end
  if kind == "boolean" then return tostring(value) end
  if kind == "nil" then return "null" end
  error(("a %s can't be JSON"):format(kind), 0)
end

--- The JSON of a value: nil, booleans, numbers, text, lists, and tables with
-- text as keys. NaN and the infinities are written as Python writes them.
function M.encode(value)
  return write(value, 0)
end

-- ----------------------------------------------------------------- reading

local names = { ["true"] = true, ["false"] = false, null = M.null,
  NaN = 0 / 0, Infinity = math.huge, ["-Infinity"] = -math.huge }

local function fail(text, at)
  error(("bad JSON at byte %d of %d"):format(at, #text), 0)
end

local unescapes = { b = "\b", f = "\f", n = "\n", r = "\r", t = "\t",
  ['"'] = '"', ["\\"] = "\\", ["/"] = "/" }

-- The code point of \uXXXX at a position, and where the text goes on; two
-- surrogates are one.
local function code_point(text, at)
  local code = tonumber(text:match("^\\u(%x%x%x%x)", at) or fail(text, at), 16)
  at = at + 6
  if code >= 0xD800 and code < 0xDC00 then
    local low = tonumber(text:match("^\\u(%x%x%x%x)", at) or "0", 16)
    if low >= 0xDC00 and low < 0xE000 then
      return 0x10000 + (code - 0xD800) * 1024 + (low - 0xDC00), at + 6
    end
  end
  return code, at
end

local function read_string(text, at)
  local parts = {}
  while true do
    local first, last, plain, mark = text:find('([^"\\]*)(["\\])', at)
    if not first then fail(text, at) end
    parts[#parts + 1] = plain
    if mark == '"' then return table.concat(parts), last + 1 end
    local letter = text:sub(last + 1, last + 1)
    if letter == "u" then
      local code
      code, at = code_point(text, last)
      parts[#parts + 1] = compat.utf8.char(code)
    else
      parts[#parts + 1] = unescapes[letter] or fail(text, last)
      at = last + 2
    end
  end
end

local read

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function read_list(text, at, depth)
  local list = M.list()
  at = skip(text, at)
  if text:sub(at, at) == "]" then return list, at + 1 end
  while true do
    list[#list + 1], at = read(text, at, depth + 1)
    at = skip(text, at)
    local mark = text:sub(at, at)
    at = at + 1
    if mark == "]" then return list, at end
    if mark ~= "," then fail(text, at - 1) end
  end
end

local function read_object(text, at, depth)
  local object = {}
  at = skip(text, at)
  if text:sub(at, at) == "}" then return object, at + 1 end
  while true do
    at = skip(text, at)
    if text:sub(at, at) ~= '"' then fail(text, at) end
    local key
    key, at = read_string(text, at + 1)
    at = skip(text, at)
    if text:sub(at, at) ~= ":" then fail(text, at) end
    object[key], at = read(text, at + 1, depth + 1)
    at = skip(text, at)
    local mark = text:sub(at, at)
    at = at + 1
    if mark == "}" then return object, at end
    if mark ~= "," then fail(text, at - 1) end
  end
end

function read(text, at, depth)
  if depth > 64 then fail(text, at) end
  at = skip(text, at)
  local mark = text:sub(at, at)
  if mark == '"' then return read_string(text, at + 1) end
  if mark == "[" then return read_list(text, at + 1, depth) end
  if mark == "{" then return read_object(text, at + 1, depth) end
  local word = text:match("^-?[%w%.%+%-]+", at)
  if not word then fail(text, at) end
  local value = names[word]
  if value == nil and word:find("^-?%d") and not word:find("[xX]") then
    value = tonumber(word)
  end
  if value == nil then fail(text, at) end
  return value, at + #word
end

--- The value that a JSON text holds; null inside it is M.null, alone nil.
-- Raises where the text is none.
function M.decode(text)
  local value, at = read(text, 1, 0)
  if skip(text, at) <= #text then fail(text, at) end
  if value == M.null then return nil end
  return value
end

return M
