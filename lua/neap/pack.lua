--- Lua values as bytes, the same on every machine: for fits and checkpoints.
--
-- A value is a letter and what it needs, numbers little-endian:
--   n nil   t true   f false
--   i whole number (8 bytes)   d number (8 bytes, IEEE 754)
--   s text: length (8 bytes), bytes
--   a array: letter of the type (d float64, f float32, i int32), rows, columns
--     or 0 (8 bytes each), numbers
--   { table: count (8 bytes), keys and values
-- After the value comes the CRC-32 of its bytes (4 bytes).
local compat = require "neap.compat"
local core = require "neap.core"

local string_pack, string_unpack = compat.string_pack, compat.string_unpack

local M = {}

local letters = { float64 = "d", float32 = "f", int32 = "i" }
local dtypes = { d = "float64", f = "float32", i = "int32" }
local sizes = { d = 8, f = 4, i = 4 }

local function pack_array(value, out)
  local rows, columns = value:shape()
  local letter = letters[value:dtype()]
  local count = rows * (columns or 1)
  out[#out + 1] = string_pack("<c1c1i8i8", "a", letter, rows, columns or 0)
  local format = letter == "i" and "<i4" or "<" .. letter
  for i = 1, rows do
    if columns then
      local row = value:row(i)
      for j = 1, columns do out[#out + 1] = string_pack(format, row[j]) end
    else
      out[#out + 1] = string_pack(format, value[i])
    end
  end
  return count
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do keys[#keys + 1] = key end
  table.sort(keys, function(a, b)
    if type(a) == type(b) then return a < b end
    return type(a) == "number"
  end)
  return keys
end

local function pack(value, out)
  local kind = type(value)
  if value == nil then
    out[#out + 1] = "n"
  elseif kind == "boolean" then
    out[#out + 1] = value and "t" or "f"
  elseif compat.is_integer(value) then
    out[#out + 1] = string_pack("<c1i8", "i", value)
  elseif kind == "number" then
    out[#out + 1] = string_pack("<c1d", "d", value)
  elseif kind == "string" then
    out[#out + 1] = string_pack("<c1s8", "s", value)
  elseif core.array.is_array(value) then
    pack_array(value, out)
  elseif kind == "table" then
    local keys = sorted_keys(value)
    out[#out + 1] = string_pack("<c1i8", "{", #keys)
    for _, key in ipairs(keys) do
      pack(key, out)
      pack(value[key], out)
    end
  else
    error(("a %s can't be saved"):format(kind), 0)
  end
end

--- Returns a value as bytes: nil, booleans, numbers, text, arrays, and tables
-- of these.
function M.pack(value)
  local out = {}
  pack(value, out)
  local packed = table.concat(out)
  return packed .. string_pack("<I4", core.files.crc32(packed))
end

local DEPTH_MAX = 32

local function damaged()
  error("the bytes are damaged", 0)
end

local function unpack_array(bytes, at)
  local letter, rows, columns
  letter, rows, columns, at = string_unpack("<c1i8i8", bytes, at)
  local dtype, size = dtypes[letter], sizes[letter]
  if not dtype or rows < 0 or columns < 0
    or rows > #bytes or columns > #bytes
    or rows * math.max(columns, 1) * size > #bytes - at + 1 then
    damaged()
  end
  local format = letter == "i" and "<i4" or "<" .. letter
  local array = core.array.zeros(rows, columns > 0 and columns or nil, dtype)
  for i = 1, rows do
    local row = columns > 0 and array:row(i) or array
    for j = 1, math.max(columns, 1) do
      row[columns > 0 and j or i], at = string_unpack(format, bytes, at)
    end
  end
  return array, at
end

local function unpack_whole(bytes, at)
  local value, behind = string_unpack("<i8", bytes, at)
  if not compat.is_whole(value) then error(compat.rounds, 0) end
  return value, behind
end

local unpack

local function unpack_table(bytes, at, depth)
  local count
  count, at = string_unpack("<i8", bytes, at)
  if count < 0 or count > #bytes or depth > DEPTH_MAX then damaged() end
  local value = {}
  for _ = 1, count do
    local key
    key, at = unpack(bytes, at, depth + 1)
    if key == nil or key ~= key then damaged() end
    value[key], at = unpack(bytes, at, depth + 1)
  end
  return value, at
end

function unpack(bytes, at, depth)
  local letter = bytes:sub(at, at)
  at = at + 1
  if letter == "n" then return nil, at end
  if letter == "t" or letter == "f" then return letter == "t", at end
  if letter == "i" then return unpack_whole(bytes, at) end
  if letter == "d" then return string_unpack("<d", bytes, at) end
  if letter == "s" then return string_unpack("<s8", bytes, at) end
  if letter == "a" then return unpack_array(bytes, at) end
  if letter == "{" then return unpack_table(bytes, at, depth) end
  damaged()
end

--- Returns the value that bytes hold; raises where they are damaged.
function M.unpack(bytes)
  local packed = bytes:sub(1, -5)
  if #bytes < 5
    or string_unpack("<I4", bytes, -4) ~= core.files.crc32(packed) then
    damaged()
  end
  local ok, value, at = pcall(unpack, packed, 1, 1)
  if not ok and value == compat.rounds then error(value, 0) end
  if not ok or at ~= #packed + 1 then damaged() end
  return value
end

return M
