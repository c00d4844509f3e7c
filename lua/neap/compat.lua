--- What Lua 5.4 has and LuaJIT and Lua 5.1 lack, for the files that run there.
--
-- Each function is Lua's own where there is one. Elsewhere every number is a
-- double: whole ones are integers here where they are below 2^53.
local M = {}

--- Whether this Lua is 5.4 or later, which studies want.
M.is_new = tonumber(_VERSION:match("%d+%.%d+")) >= 5.4

--- Whether objects made of tables have #, pairs and ipairs as they define them.
M.has_proxies = tonumber(_VERSION:match("%d+%.%d+")) >= 5.3

--- This Lua's name and version, such as "LuaJIT 2.1.0-beta3".
M.name = (rawget(_G, "jit") or {}).version or _VERSION

--- Raises unless this Lua is new enough for what is written for 5.4; level: of
-- the caller to blame.
function M.check_new(what, level)
  if not M.is_new then
    error(("%s wants Lua 5.4; this is %s"):format(what, M.name), level + 1)
  end
end

M.table_pack = table.pack or function(...)
  return { n = select("#", ...), ... }
end
M.table_unpack = table.unpack or rawget(_G, "unpack")
M.table_move = table.move or function(from, first, last, at, to)
  for i = first, last do to[at + i - first] = from[i] end
  return to
end

M.close = coroutine.close or function() end
M.warn = rawget(_G, "warn") or function() end

local function is_whole(value)
  return type(value) == "number" and value == math.floor(value)
    and math.abs(value) < 2 ^ 53
end

--- Whether a number is whole, and none that another one is rounded to; what
-- to say if not.
M.rounds = M.name .. " rounds whole numbers from 2^53 on"
M.is_whole = math.type and function(value)
  return value == math.floor(value)
end or is_whole

--- math.type(value) == "integer"
M.is_integer = math.type and function(value)
  return math.type(value) == "integer"
end or function(value)
  return is_whole(value) and (value ~= 0 or 1 / value > 0)
end

M.tointeger = math.tointeger or function(value)
  return is_whole(value) and value or nil
end

--- ("%a"):format(x) of a finite number, which C reads back to the bit.
M.hex = pcall(string.format, "%a", 1) and function(x)
  return ("%a"):format(x)
end or function(x)
  local sign = (x < 0 or 1 / x < 0) and "-" or ""
  local fraction, exponent = rawget(math, "frexp")(math.abs(x))
  if fraction == 0 then return sign .. "0x0p+0" end
  local digits = ("%013x"):format((2 * fraction - 1) * 2 ^ 52)
    :gsub("0+$", "")
  return ("%s0x1%s%sp%+d"):format(sign, digits ~= "" and "." or "", digits,
    exponent - 1)
end

-- ------------------------------------------------------------ packed numbers

-- Here are the formats that neap's files want: "<", then c1, i4, i8, I2, I4,
-- I8, f, d, s2 and s8.
local sizes = { f = 4, d = 8 }

local function pack_whole(value, size)
  if not is_whole(value) then
    error(("%s has no place among whole numbers"):format(tostring(value)), 0)
  end
  local bytes = {}
  for i = 1, size do
    bytes[i] = string.char(value % 256)
    value = math.floor(value / 256)
  end
  return table.concat(bytes)
end

-- Where a double can't hold it, it comes rounded: see is_whole.
local function unpack_whole(bytes, signed)
  local value = 0
  for i = #bytes, 1, -1 do
    value = value * 256 + bytes:byte(i)
    if i == #bytes and signed and value > 127 then value = value - 256 end
  end
  return value
end

-- Bytes in the machine's order as those with the least first, and back.
local function ordered(bytes, array)
  local is_little = array.array({ 1 }, "int32"):tobytes():byte() == 1
  return is_little and bytes or bytes:reverse()
end

local dtypes, ones = { f = "float32", d = "float64" }, {}

-- The bytes of a float, by an array of one.
local function pack_float(letter, value)
  local array = require "neap.core".array
  ones[letter] = ones[letter] or array.zeros(1, nil, dtypes[letter])
  ones[letter][1] = value
  return ordered(ones[letter]:tobytes(), array)
end

local function unpack_float(letter, bytes)
  local array = require "neap.core".array
  return array.from_bytes(ordered(bytes, array), dtypes[letter], 1)[1]
end

M.string_pack = string.pack or function(format, ...)
  local given, out = { ... }, {}
  for letter, size in format:gmatch("(%a)(%d*)") do
    local value = given[#out + 1]
    if letter == "c" then
      out[#out + 1] = value
    elseif letter == "s" then
      out[#out + 1] = pack_whole(#value, tonumber(size)) .. value
    elseif sizes[letter] then
      out[#out + 1] = pack_float(letter, value)
    else
      out[#out + 1] = pack_whole(value, tonumber(size))
    end
  end
  return table.concat(out)
end

M.string_unpack = string.unpack or function(format, bytes, at)
  local out = {}
  at = at or 1
  if at < 0 then at = #bytes + 1 + at end
  local function take(size)
    if at + size - 1 > #bytes then error("data string too short", 0) end
    at = at + size
    return bytes:sub(at - size, at - 1)
  end
  for letter, digits in format:gmatch("(%a)(%d*)") do
    local size = sizes[letter] or tonumber(digits)
    local part = take(size)
    if letter == "s" then
      part = take(unpack_whole(part))
    elseif sizes[letter] then
      part = unpack_float(letter, part)
    elseif letter ~= "c" then
      part = unpack_whole(part, letter == "i")
    end
    out[#out + 1] = part
  end
  out[#out + 1] = at
  return M.table_unpack(out)
end

-- ------------------------------------------------------------------- UTF-8

-- A character's code point and length, or nil where there is none.
local function decode(text, at)
  local first = text:byte(at)
  if first < 0x80 then return first, 1 end
  local length = first >= 0xF0 and 4 or first >= 0xE0 and 3 or 2
  local code = first % 2 ^ (7 - length)
  for i = at + 1, at + length - 1 do
    local byte = text:byte(i)
    if not byte or byte < 0x80 or byte > 0xBF then return nil end
    code = code * 64 + byte % 64
  end
  local least = ({ 0, 0x80, 0x800, 0x10000 })[length]
  if first < 0xC2 or code < least or code > 0x10FFFF
    or code >= 0xD800 and code < 0xE000 then
    return nil
  end
  return math.floor(code), length
end

local own_utf8 = {}

function own_utf8.codes(text)
  local at = 1
  return function()
    if at > #text then return nil end
    local start, code, length = at, decode(text, at)
    if not code then error("invalid UTF-8 code", 2) end
    at = at + length
    return start, code
  end
end

function own_utf8.len(text, at)
  local count = 0
  at = at or 1
  while at <= #text do
    local code, length = decode(text, at)
    if not code then return nil, at end
    count, at = count + 1, at + length
  end
  return count
end

function own_utf8.char(code)
  if code < 0x80 then return string.char(code) end
  local bytes, most = {}, 64
  repeat
    table.insert(bytes, 1, string.char(0x80 + code % 64))
    code, most = math.floor(code / 64), most / 2
  until code < most
  return string.char(256 - 2 * most + code) .. table.concat(bytes)
end

M.utf8 = M.is_new and utf8 or own_utf8

return M
