--- Arguments of the functions that are written in Lua: one place refuses those
-- that are too many, and those of a wrong type, and blames the caller.
--
-- A signature is a text such as "path: string, given?". A question mark behind
-- a name is for what may be left out; without a kind any value will do.
local core = require "neap.core"
local options = require "neap.options"

local M = {}

local rules = {
  array = { "array" },
  boolean = { "boolean" },
  integer = { "number", whole = true },
  number = { "number" },
  rows = { "rows" },
  seconds = { "seconds" },
  string = { "string" },
  table = { "table" },
}

local function parse(signature)
  local list = {}
  for part in signature:gmatch "[^,]+" do
    local name, mark, kind = part:match "^%s*([%w_]+)(%??):?%s*([%w_.]*)%s*$"
    local rule = rules[kind] or kind ~= "" and { "object", type = kind }
      or { "any" }
    list[#list + 1] = {
      name = name, optional = mark == "?", rule = rule,
      fits = options.check_of(rule),
    }
  end
  assert(#list <= 4, signature) -- what check_all looks at
  return list
end

-- Raises for an argument, counted without self.
local function check(name, position, one, value)
  if value == nil and one.optional or one.fits(value, one.rule) then return end
  options.refuse(name, ("%s is %s; wanted %s"):format(one.name,
    options.show(value), options.wanted(one.rule)), position)
end

-- No function has more than four.
local function check_all(name, list, a, b, c, d)
  if list[1] then check(name, 1, list[1], a) end
  if list[2] then check(name, 2, list[2], b) end
  if list[3] then check(name, 3, list[3], c) end
  if list[4] then check(name, 4, list[4], d) end
end

local function refuse_extra(name, most, ...)
  options.refuse(name, ("got %s; wanted no more than %d"):format(
    options.show((select(most + 1, ...))), most), most + 1)
end

--- Returns what calls a function after it has looked at the arguments.
-- @param name in messages
function M.checked(name, signature, call)
  local list = parse(signature)
  local most = #list
  return function(...)
    if select("#", ...) > most then refuse_extra(name, most, ...) end
    check_all(name, list, ...)
    return call(...)
  end
end

--- The same of a method, whose object is of a type: a name that
-- options.add_type knows. In messages "__call" has the object's name.
function M.method(type_name, name, signature, call)
  local list = parse(signature)
  local most, self_rule = #list, { "object", type = type_name }
  local is_object = options.check_of(self_rule)
  return function(self, ...)
    if not is_object(self, self_rule) then
      core.blame(("calling '%s' on bad self (%s expected, got %s; wanted "
        .. "object:%s(...))"):format(name, type_name, options.show(self), name))
    end
    local shown = name == "__call" and self.name or name
    if select("#", ...) > most then refuse_extra(shown, most, ...) end
    check_all(shown, list, ...)
    return call(self, ...)
  end
end

--- Puts checked functions in the place of those of a module.
-- @param signatures by name
function M.functions(module, signatures)
  for name, signature in pairs(signatures) do
    module[name] = M.checked(name, signature, module[name])
  end
  return module
end

--- Puts checked methods in the place of those of a type, and makes the type
-- known.
-- @param methods by name: the metatable itself or what its __index finds
function M.methods(type_name, metatable, methods, signatures)
  options.add_type(type_name, metatable)
  for name, signature in pairs(signatures) do
    methods[name] = M.method(type_name, name, signature, methods[name])
  end
end

return M
