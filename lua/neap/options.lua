--- Named options of the Lua functions: checked keys, types and ranges.
local compat = require "neap.compat"
local core = require "neap.core"

local M = {}

local function refuse(name, message, level, position)
  error(("bad argument #%d to '%s' (%s)"):format(position or 1, name, message),
    level + 1)
end

-- How a value is told in a message.
local function show(value)
  if type(value) == "string" then return ("'%s'"):format(value) end
  if type(value) == "number" or type(value) == "boolean" then
    return tostring(value)
  end
  local name = getmetatable(value)
  return "a " .. (type(name) == "string" and name or type(value))
end

--- The keys of a table, sorted.
local function sorted_keys(spec)
  local keys = {}
  for key in pairs(spec) do keys[#keys + 1] = key end
  table.sort(keys)
  return keys
end
M.sorted_keys = sorted_keys

local function range_of(rule)
  local kind = rule.whole and "a whole number" or "a number"
  if rule.above then
    return ("%s between %g and %g"):format(kind, rule.above, rule.below)
  elseif rule.low and rule.high then
    return ("%s, %g to %g"):format(kind, rule.low, rule.high)
  end
  return rule.low and ("%s >= %g"):format(kind, rule.low) or kind
end

local function is_number(value, rule)
  return type(value) == "number" and value == value
    and value ~= math.huge and value ~= -math.huge
    and not (rule.whole and not compat.is_whole(value))
    and not (rule.low and value < rule.low)
    and not (rule.high and value > rule.high)
    and not (rule.above and value <= rule.above)
    and not (rule.below and value >= rule.below)
end

-- Our objects show their type's name instead of their metatable.
local function is_object(value, rule)
  return type(value) == "userdata" and getmetatable(value) == rule.type
end

local checks = {
  number = is_number,
  any = function() return true end,
  array = function(value)
    return type(value) == "table" or core.array.is_array(value)
  end,
  object = is_object,
  maker = function(value, rule)
    return is_object(value, rule) or type(value) == "function"
  end,
  choice = function(value, rule)
    for _, name in ipairs(rule.names) do
      if value == name then return true end
    end
    return false
  end,
}

local function wanted(rule)
  if rule.wanted then return rule.wanted end
  if rule[1] == "number" then return range_of(rule) end
  if rule[1] == "choice" then return table.concat(rule.names, " or ") end
  if rule[1] == "array" then return "an array or a table" end
  return "a " .. rule[1]
end

local function check_value(name, key, value, rule, level, position)
  local check = checks[rule[1]]
  local fits
  if check then
    fits = check(value, rule)
  else
    fits = type(value) == rule[1]
  end
  if fits then return end
  refuse(name, ("%s is %s; wanted %s"):format(key, show(value), wanted(rule)),
    level + 1, position)
end

--- Checks the options that a function was given, and fills in defaults.
-- @param name the function's name, for messages
-- @param options a table, or nil where no option is required
-- @param spec { key = { kind, default =, required = true, wanted = text } };
--   kind is number (with low =, high =, or above = and below =, and whole =),
--   choice (names =), object (type = such as "neap.Loss"), maker (an object or
--   a function that makes one), array, any, or a Lua type
-- @param level how far up the caller stands that the message blames; 2 is the
--   caller of the function that calls this
-- @param position of the options among the function's arguments; 1 if none
-- @return a new table
function M.read(name, options, spec, level, position)
  level = (level or 2) + 1
  if options == nil then options = {} end
  if type(options) ~= "table" then
    refuse(name, "wanted a table of options, got " .. show(options), level,
      position)
  end
  for key in pairs(options) do
    if type(key) ~= "string" then
      refuse(name, ("option names are strings; got %s"):format(show(key)),
        level, position)
    elseif not spec[key] then
      local near = core.nearest(key, sorted_keys(spec))
      local hint = near and ("; did you mean '%s'?"):format(near) or ""
      refuse(name, ("unknown option '%s'%s"):format(key, hint), level,
        position)
    end
  end
  local read = {}
  for _, key in ipairs(sorted_keys(spec)) do
    local rule, value = spec[key], options[key]
    if value ~= nil then
      check_value(name, key, value, rule, level, position)
      read[key] = value
    elseif rule.required then
      refuse(name, ("%s is missing; wanted %s"):format(key, wanted(rule)),
        level, position)
    else
      read[key] = rule.default
    end
  end
  return read
end

--- Raises a message about the options of a function, blaming its caller.
function M.refuse(name, message, level)
  refuse(name, message, (level or 2) + 1)
end

return M
