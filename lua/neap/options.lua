--- Named options of the Lua functions: checked keys, types and ranges.
local compat = require "neap.compat"
local core = require "neap.core"

-- Messages are raised by core.blame, at the line of the script that called
-- neap, which is where this file is not.
core.set_folder()

local M = {}

local unpack = table.unpack or _G.unpack

local function pack(...)
  return { n = select("#", ...), ... }
end

local function refuse(name, message, position)
  core.blame(("bad argument #%d to '%s' (%s)"):format(position or 1, name,
    message))
end

-- How a value is told in a message.
local function show(value)
  if type(value) == "string" then return ("'%s'"):format(value) end
  if type(value) == "number" or type(value) == "boolean" then
    return tostring(value)
  end
  if value == nil then return "nil" end
  local name = getmetatable(value)
  return "a " .. (type(name) == "string" and name or type(value))
end
M.show = show

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
    local form = rule.whole and "%s, %.0f to %.0f" or "%s, %g to %g"
    return form:format(kind, rule.low, rule.high)
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

-- The metatables of the types that are written in Lua: lists by name.
local metatables = {}

--- Makes a type known by its metatable, or by one more.
function M.add_type(name, metatable)
  metatables[name] = metatables[name] or {}
  table.insert(metatables[name], metatable)
end

local function is_object(value, rule)
  local list = metatables[rule.type]
  if not list then return core.is(value, rule.type) end
  for i = 1, #list do
    if core.is(value, list[i]) then return true end
  end
  return false
end

local function is_array_or_table(value)
  return type(value) == "table" or core.array.is_array(value)
end

local checks = {
  number = is_number,
  any = function() return true end,
  seconds = function(value)
    return type(value) == "number" and value == value
  end,
  array = is_array_or_table,
  rows = is_array_or_table,
  object = is_object,
  types = function(value, rule)
    for i = 2, #rule do
      if type(value) == rule[i] and value == value then return true end
    end
    return false
  end,
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

-- What the types are called in messages; the others by their names.
local type_names = {
  ["neap.Array"] = "an array", ["neap.Data"] = "a data set",
  ["neap.Fit"] = "a fit",
  ["neap.Loss"] = "a loss, such as neap.loss.focal {}",
  ["neap.Model"] = "a model, such as neap.model.linear {}",
  ["neap.Optimizer"] = "an optimizer, such as neap.optimizer.lbfgs {}",
}

--- What a rule wants, in words.
local function wanted(rule)
  if rule.wanted then return rule.wanted end
  if rule.type then return type_names[rule.type] or "a " .. rule.type end
  if rule[1] == "number" then return range_of(rule) end
  if rule[1] == "choice" then return table.concat(rule.names, " or ") end
  if rule[1] == "array" then return "an array or a table" end
  if rule[1] == "seconds" then return "a number" end
  if rule[1] == "rows" then return "a data set, an array or a table" end
  return "a " .. rule[1]
end

M.wanted = wanted

local function is_of_lua_type(value, rule)
  return type(value) == rule[1]
end

--- Returns the function of a value and a rule that says whether they fit.
function M.check_of(rule)
  return checks[rule[1]] or is_of_lua_type
end

--- Whether a value is what a rule wants.
function M.fits(value, rule)
  return M.check_of(rule)(value, rule)
end

-- What is wrong with the options that a function was given; or nil.
local function fault_of(options, spec)
  if type(options) ~= "table" then
    return "wanted a table of options, got " .. show(options)
  end
  for key in pairs(options) do
    if type(key) ~= "string" then
      return ("option names are strings; got %s"):format(show(key))
    elseif not spec[key] then
      local near = core.nearest(key, sorted_keys(spec))
      local hint = near and ("; did you mean '%s'?"):format(near) or ""
      return ("unknown option '%s'%s"):format(key, hint)
    end
  end
  for _, key in ipairs(sorted_keys(spec)) do
    local rule, value = spec[key], options[key]
    if value == nil and rule.required then
      return ("%s is missing; wanted %s"):format(key, wanted(rule))
    elseif value ~= nil and not M.fits(value, rule) then
      return ("%s is %s; wanted %s"):format(key, show(value), wanted(rule))
    end
  end
end

--- Checks the options that a function was given, and fills in defaults.
-- @param name the function's name, for messages
-- @param options a table, or nil where no option is required
-- @param spec { key = { kind, default =, required = true, wanted = text } };
--   kind is number (with low =, high =, or above = and below =, and whole =),
--   choice (names =), object (type = such as "neap.Loss"), maker (an object or
--   a function that makes one), array, types (any of the Lua types that
--   follow), any, or a Lua type
-- @param position of the options among the function's arguments; 1 if none
-- @param where the options stand in the argument, such as "points[2]"; nil:
--   they are the argument
-- @return a new table
function M.read(name, options, spec, position, where)
  if options == nil then options = {} end
  local fault = fault_of(options, spec)
  if fault then
    refuse(name, where and ("%s: %s"):format(where, fault) or fault, position)
  end
  local read = {}
  for key, rule in pairs(spec) do
    local value = options[key]
    if value == nil then value = rule.default end
    read[key] = value
  end
  return read
end

--- What a function gives, with what it raises told of an argument of another
-- one. Whatever is no string goes on as it is.
-- @param name, position of the function and the argument to blame
function M.call(name, position, f, ...)
  local results = pack(pcall(f, ...))
  if results[1] then return unpack(results, 2, results.n) end
  local message = results[2]
  if type(message) ~= "string" or message == "not enough memory" then
    error(message, 0)
  end
  message = message:match("bad argument #%-?%d+ to '[^']*' %((.*)%)$")
    or message:gsub("^[^\n]-:%d+: ", "")
  refuse(name, message, position)
end

--- Raises a message about the options of a function, blaming its caller.
-- @param position of the options among the arguments; 1 if none
function M.refuse(name, message, position)
  refuse(name, message, position)
end

return M
