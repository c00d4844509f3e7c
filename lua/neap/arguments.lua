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
    list[#list + 1] = {
      name = name, optional = mark == "?",
      rule = rules[kind] or kind ~= "" and { "object", type = kind } or nil,
    }
  end
  return list
end

-- Raises for the argument of a rule, counted without self.
local function check(name, position, rule, value)
  if value == nil and rule.optional then return end
  if not rule.rule or options.fits(value, rule.rule) then return end
  options.refuse(name, ("%s is %s; wanted %s"):format(rule.name,
    options.show(value), options.wanted(rule.rule)), position)
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
    for i = 1, most do check(name, i, list[i], (select(i, ...))) end
    return call(...)
  end
end

--- The same of a method, whose object is of a type: a name that
-- options.add_type knows. In messages "__call" has the object's name.
function M.method(type_name, name, signature, call)
  local list = parse(signature)
  local most, self_rule = #list, { "object", type = type_name }
  return function(self, ...)
    if not options.fits(self, self_rule) then
      core.blame(("calling '%s' on bad self (%s expected, got %s; wanted "
        .. "object:%s(...))"):format(name, type_name, options.show(self), name))
    end
    local shown = name == "__call" and self.name or name
    if select("#", ...) > most then refuse_extra(shown, most, ...) end
    for i = 1, most do check(shown, i, list[i], (select(i, ...))) end
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
