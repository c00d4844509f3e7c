--- The parameters of a search: floats, whole numbers, choices, and those that
-- exist only where others have certain values.
local core = require "neap.core"
local options = require "neap.options"

local Space = {}
Space.__index = Space

local M = {}

local function is_finite(value)
  return type(value) == "number" and value == value
    and math.abs(value) ~= math.huge
end

--- Checks a list of values: numbers, strings and booleans, none of them twice.
-- @param fail function(message) that raises
function M.check_values(values, fail)
  local seen, count = {}, 0
  for i, value in pairs(values) do
    local kind = type(value)
    if kind ~= "number" and kind ~= "string" and kind ~= "boolean"
      or kind == "number" and not is_finite(value) then
      fail(("has %s; wanted numbers, strings and booleans"):format(
        value ~= value and "nan" or kind == "number" and tostring(value)
          or "a " .. kind))
    elseif seen[value] then
      fail(("has %s twice"):format(tostring(value)))
    elseif math.type(i) ~= "integer" then
      fail(("has the key '%s'; wanted a list of values"):format(tostring(i)))
    end
    seen[value] = true
    count = count + 1
  end
  if count ~= #values then fail("has a nil among its values") end
end

-- ------------------------------------------------------------- definitions

local keys = { "low", "high", "int", "log", "step", "when" }

local function check_keys(given, fail)
  for key in pairs(given) do
    local known = math.type(key) == "integer"
    for _, name in ipairs(keys) do known = known or name == key end
    if not known then
      local near = type(key) == "string" and core.nearest(key, keys)
      fail(("has the key '%s'%s; a parameter takes %s"):format(tostring(key),
        near and ("; did you mean '%s'?"):format(near) or "",
        table.concat(keys, ", ")))
    end
  end
  for _, key in ipairs { "int", "log" } do
    if given[key] ~= nil and type(given[key]) ~= "boolean" then
      fail(("%s is a %s; wanted a boolean"):format(key, type(given[key])))
    end
  end
  if given.when ~= nil and type(given.when) ~= "table" then
    fail(("when is a %s; wanted a table such as { model = \"mlp\" }"):format(
      type(given.when)))
  end
end

local function choices_of(given, fail)
  local choices = {}
  for i, value in ipairs(given) do choices[i] = value end
  for key in pairs(given) do
    if type(key) == "number" and not choices[key] and choices[key] == nil then
      fail("has a nil among its values")
    elseif type(key) == "string" and key ~= "when" then
      fail(("has choices and '%s', which is for numbers"):format(key))
    end
  end
  M.check_values(choices, fail)
  return { kind = "categorical", choices = choices }
end

local function check_range(p, fail)
  if p.low > p.high then
    fail(("low is %.14g and high %.14g; wanted low <= high"):format(p.low,
      p.high))
  elseif p.log and p.step then
    fail("has log and step; wanted one of them")
  elseif p.log and p.low <= 0 then
    fail(("log is for low > 0; low is %.14g"):format(p.low))
  elseif p.kind == "int" then
    for _, key in ipairs { "low", "high", "step" } do
      if p[key] and p[key] ~= math.floor(p[key]) then
        fail(("%s is %.14g; wanted a whole number"):format(key, p[key]))
      end
    end
  end
end

local function range_of(given, fail)
  for _, key in ipairs { "low", "high" } do
    if not is_finite(given[key]) then
      fail(("%s is %s; wanted a finite number"):format(key,
        given[key] == nil and "missing" or tostring(given[key])))
    end
  end
  if given.step ~= nil and not (is_finite(given.step) and given.step > 0) then
    fail(("step is %s; wanted a number > 0"):format(tostring(given.step)))
  end
  local p = {
    kind = given.int and "int" or "float", low = given.low, high = given.high,
    log = given.log or false, step = given.step,
  }
  check_range(p, fail)
  if p.kind == "int" then
    p.low, p.high = math.tointeger(p.low), math.tointeger(p.high)
    if not p.log then p.step = math.tointeger(p.step or 1) end
  end
  if p.step then -- so that high is a value
    p.count = math.floor((p.high - p.low) / p.step + 1e-9) + 1
    p.high = p.low + (p.count - 1) * p.step
  end
  return p
end

local function define(caller, name, given)
  local function fail(message)
    options.refuse(caller, ("parameter '%s' %s"):format(name, message))
  end
  if type(given) ~= "table" then
    fail(("is a %s; wanted { low =, high = } or a list of choices"):format(
      type(given)))
  end
  check_keys(given, fail)
  local p = given[1] ~= nil and choices_of(given, fail)
    or range_of(given, fail)
  p.name = name
  if given.when then
    p.when = {}
    for parent, values in pairs(given.when) do
      p.when[parent] = type(values) == "table" and values or { values }
    end
  end
  return p
end

-- The parameters with each parent before what depends on it, else by name.
local function ordered(caller, by_name, names)
  local order, placed = {}, {}
  local function place(name, path)
    if placed[name] then return end
    if path[name] then
      options.refuse(caller, ("parameter '%s' depends on itself"):format(name))
    end
    path[name] = true
    local parents = {}
    for parent in pairs(by_name[name].when or {}) do
      if not by_name[parent] then
        options.refuse(caller, ("parameter '%s' depends on '%s', which is "
          .. "none"):format(name, tostring(parent)))
      end
      parents[#parents + 1] = parent
    end
    table.sort(parents)
    for _, parent in ipairs(parents) do place(parent, path) end
    path[name], placed[name] = nil, true
    order[#order + 1] = by_name[name]
  end
  for _, name in ipairs(names) do place(name, {}) end
  return order
end

local function new(caller, definitions)
  local self = setmetatable({ by_name = {}, names = {} }, Space)
  for name, given in pairs(definitions) do
    self.by_name[name] = define(caller, name, given)
    self.names[#self.names + 1] = name
  end
  if #self.names == 0 then
    options.refuse(caller, "wanted one parameter or more")
  end
  table.sort(self.names)
  self.order = ordered(caller, self.by_name, self.names)
  return self
end

--- Reads what a searcher was given: its options, and its parameters. Those
-- whose names are options stand in `space`.
-- @return options, space
function M.read(caller, given, spec)
  local own, definitions = {}, {}
  spec.space = { "table", wanted = "a table of parameters" }
  for key, value in pairs(given) do
    if spec[key] or type(key) ~= "string" or type(value) ~= "table" then
      own[key] = value
    else
      definitions[key] = value
    end
  end
  local o = options.read(caller, own, spec)
  for name, value in pairs(o.space or {}) do
    if type(name) ~= "string" then
      options.refuse(caller, "space: parameters have names, such as rate = "
        .. "{ ... }")
    end
    definitions[name] = value
  end
  return o, new(caller, definitions)
end

-- ------------------------------------------------------------------ values

-- Of a value of a float parameter with rounding, what does not leave it.
local function inside(p, value)
  return math.min(math.max(value, p.low), p.high)
end

--- The value of a parameter at u, 0 to below 1, in equal shares.
function M.value_at(p, u)
  if p.kind == "categorical" then
    return p.choices[math.floor(u * #p.choices) + 1]
  elseif p.step then
    return p.low + math.floor(u * p.count) * p.step
  elseif p.kind == "int" then -- log: rounded, each with its share
    local low, high = math.log(p.low - 0.5), math.log(p.high + 0.5)
    return math.floor(inside(p, math.exp(low + u * (high - low)) + 0.5))
  elseif p.log then
    local low, high = math.log(p.low), math.log(p.high)
    return inside(p, math.exp(low + u * (high - low)))
  end
  return inside(p, p.low + u * (p.high - p.low))
end

--- Whether a parameter exists beside the values that its parents have.
function M.is_active(p, point)
  for parent, values in pairs(p.when or {}) do
    local found = false
    for _, value in ipairs(values) do
      found = found or point[parent] == value
    end
    if not found then return false end
  end
  return true
end

--- A point: each parameter that exists gets the value that `choose` gives,
-- function(parameter, position in the order).
function Space:point(choose)
  local point = {}
  for i, p in ipairs(self.order) do
    if M.is_active(p, point) then point[p.name] = choose(p, i) end
  end
  return point
end

--- What tells two spaces apart, as a table of plain values.
function Space:describe()
  local all = {}
  for _, p in ipairs(self.order) do
    all[p.name] = {
      kind = p.kind, low = p.low, high = p.high, log = p.log, step = p.step,
      choices = p.choices, when = p.when,
    }
  end
  return all
end

-- Python holds 1, 1.0 and true for equal, and 0 and false.
local function is_ambiguous(choices)
  local seen = {}
  for _, value in ipairs(choices) do
    if type(value) == "boolean" then value = value and 1 or 0 end
    if seen[value] then return true end
    seen[value] = true
  end
  return false
end

--- The distribution of some choices as Optuna's tables have it.
function M.choices_distribution(choices)
  local ambiguous, shown = is_ambiguous(choices), {}
  for i, value in ipairs(choices) do
    if ambiguous and type(value) == "boolean" then value = tostring(value) end
    shown[i] = value
  end
  return { name = "CategoricalDistribution", attributes = { choices = shown } }
end

local json_null = require("neap.json").null

--- The distribution of numbers as Optuna's tables have it.
function M.range_distribution(kind, low, high, log, step)
  return {
    name = kind == "int" and "IntDistribution" or "FloatDistribution",
    attributes = {
      low = low, high = high, log = log or false,
      step = kind == "int" and (step or 1) or step or json_null,
    },
  }
end

--- The distribution of a parameter, by its name.
function Space:distribution(name)
  local p = self.by_name[name]
  if p.kind == "categorical" then return M.choices_distribution(p.choices) end
  return M.range_distribution(p.kind, p.low, p.high, p.log, p.step)
end

--- The choices of a parameter, or nil if it has none: those of numbers.
function Space:choices(name)
  return self.by_name[name].choices
end

return M
