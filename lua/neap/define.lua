--- Losses written in Lua: traced once, differentiated, run without Lua.
local arguments = require "neap.arguments"
local compat = require "neap.compat"
local core = require "neap.core"
local loss_text = require "neap.loss_text"
local options = require "neap.options"

local M = {}

-- Positions among the inputs of a trace: see neap_input in src/expr/expr.h.
local LOGIT, TARGET, COLUMN = 0, 1, 8
local COLUMNS_MAX, PARAMETERS_MAX = 8, 12

local spec = {
  name = { "string", required = true },
  params = { "table" },
  columns = { "table" },
  binary = { "any" },
  margin = { "any" },
  source = { "string" },
}

local function refuse(message)
  options.refuse("define", message)
end

local function is_finite(x)
  return type(x) == "number" and x == x and math.abs(x) < math.huge
end

-- --------------------------------------------------------------- parameters

local parameter_options = {
  min = { "number" }, max = { "number" }, above = { "number" },
  whole = { "boolean" }, meaning = { "string" },
}

-- gamma = 2, or gamma = { 2, min = 0, max = 10, above =, whole =, meaning = }.
local function read_parameter(name, given)
  if type(given) == "number" then given = { given } end
  if type(given) ~= "table" then
    refuse(("params.%s is %s; wanted a number or { default, min =, max = }")
      :format(name, options.show(given)))
  end
  local default, named = given[1], {}
  for key, value in pairs(given) do
    if key ~= 1 then named[key] = value end
  end
  local o = options.read("define", named, parameter_options)
  local low = o.above or o.min or -1e300
  local row = {
    name = name, default = default, low = low, high = o.max or 1e300,
    open = o.above ~= nil, whole = o.whole or false,
    meaning = o.meaning or "a parameter of the loss",
  }
  if o.above and o.min then
    refuse(("params.%s has both min and above"):format(name))
  elseif row.low >= row.high then
    refuse(("params.%s goes from %g to %g"):format(name, row.low, row.high))
  elseif not is_finite(default) or default < row.low or default > row.high
    or (o.above and default == row.low) then
    refuse(("the default of params.%s is %s; wanted a number, %s%g to %g")
      :format(name, options.show(default), o.above and "above " or "", row.low,
      row.high))
  elseif o.whole and default ~= math.floor(default) then
    refuse(("the default of params.%s is %g; wanted a whole number")
      :format(name, default))
  end
  return row
end

local function is_name(name)
  return type(name) == "string" and name:match("^[%a_][%w_]*$") ~= nil
end

-- What every loss has that is not set, or only sometimes.
local kept_names = {
  class_weights = true, pos_weight = true, ignore_index = true, prior = true,
  hessian = true, terms = true,
}

local function read_parameters(given)
  local names, rows = {}, {}
  local plain = core.loss.binary_cross_entropy {}
  for name in pairs(given or {}) do
    if not is_name(name) then
      refuse(("params has the name %s; wanted a word"):format(
        options.show(name)))
    elseif kept_names[name] or plain[name] ~= nil then
      refuse(("params has the name %s, which every loss has; wanted another")
        :format(name))
    end
    names[#names + 1] = name
  end
  table.sort(names)
  if #names > PARAMETERS_MAX then
    refuse(("%d params; a loss has %d at most"):format(#names, PARAMETERS_MAX))
  end
  for i, name in ipairs(names) do
    rows[i] = read_parameter(name, given[name])
  end
  return rows
end

local function read_columns(given)
  local list, seen = {}, {}
  for i, name in ipairs(given or {}) do
    if type(name) ~= "string" then
      refuse(("columns[%d] is a %s; wanted a name"):format(i, type(name)))
    end
    list[i] = name
    if seen[name] then
      refuse(("columns names '%s' twice"):format(name))
    end
    seen[name] = true
  end
  for key in pairs(given or {}) do
    if not compat.is_integer(key) or key < 1 or key > #list then
      refuse("columns is no list of names")
    end
  end
  if #list > COLUMNS_MAX then
    refuse(("%d columns; a loss has %d at most"):format(#list, COLUMNS_MAX))
  end
  return list
end

-- ------------------------------------------------------------------ tracing

-- A table whose fields can be read, and nothing else; made by `make(name)`.
local function reader(what, names, make)
  local values = {}
  for i, name in ipairs(names) do values[name] = make(i) end
  return setmetatable({}, {
    __index = function(_, key)
      local value = values[key]
      if value ~= nil then return value end
      local list = #names > 0 and table.concat(names, ", ") or "none"
      core.blame(("%s.%s is not defined; the loss has %s"):format(what,
        tostring(key), list))
    end,
    __newindex = function() core.blame(what .. " can't be written") end,
    __metatable = false,
  })
end

-- Calls a user's function, which may neither yield nor go on afterwards.
local function call(f, name, ...)
  local thread = coroutine.create(f)
  local results = compat.table_pack(coroutine.resume(thread, ...))
  if coroutine.status(thread) == "suspended" then
    compat.close(thread)
    return nil, ("%s yields; wanted a function that returns"):format(name)
  elseif not results[1] then
    local message = results[2]
    if type(message) ~= "string" then
      message = ("an error that is a %s"):format(type(message))
    elseif message:find("attempt to compare .-userdata") then
      -- Lua 5.1 calls no function of ours where one side is a number.
      message = message .. "; use neap.math.less or greater, and "
        .. "neap.math.where"
    end
    return nil, message
  elseif results.n ~= 2 then
    return nil, ("%s returns %d values; wanted one"):format(name, results.n - 1)
  end
  return results[2]
end

local function names_of(rows)
  local names = {}
  for i, row in ipairs(rows) do names[i] = row.name end
  return names
end

-- What stands for logit, target, parameters and columns while f is traced, or
-- their numbers.
local function values_of(o, values)
  local p = reader("p", names_of(o.rows), values.parameter)
  if o.margin then return values.logit, p end
  local c = reader("c", o.columns, values.column)
  return values.logit, values.target, p, c
end

local function trace_of(o)
  local trace = core.expr.trace()
  local kind = o.margin and "margin" or "binary"
  local result, message = call(o[kind], kind, values_of(o, {
    logit = trace:input(LOGIT),
    target = trace:input(TARGET),
    parameter = function(i) return trace:parameter(i - 1) end,
    column = function(i) return trace:input(COLUMN + i - 1) end,
  }))
  trace:close()
  if result == nil and message then
    refuse(("tracing %s: %s"):format(o.name, message))
  end
  local is_number = type(result) == "number"
  if not is_number and getmetatable(result) ~= "neap.Expression" then
    refuse(("%s returns a %s; wanted a number that depends on its arguments")
      :format(kind, type(result)))
  end
  return trace, result
end

-- ------------------------------------------------- the check against numbers

local logits = { 0, 1, -1, 50, -50, 0.5, -2.25, 7 }

-- Values of a parameter to try: inside its range and at its edges.
local function trials(row)
  local low = row.low > -1e300 and row.low or row.default - 1
  local high = row.high < 1e300 and row.high or row.default + 1
  if row.open then low = low + (row.default - low) / 2 end
  local middle = row.default + (high - row.default) / 4
  if row.whole then
    low, high, middle = math.ceil(low), math.floor(high), math.floor(middle)
  end
  return { row.default, low, high, middle }
end

local function same(a, b)
  return a == b or (a ~= a and b ~= b)
end

-- Calls the function with numbers at 64 points, and compares what it gives
-- with what was traced: Lua lets tests such as `x == 0` pass unseen.
local function check_numbers(o, trace, result)
  local kind = o.margin and "margin" or "binary"
  for i = 0, 63 do
    local x, y = logits[i % 8 + 1], math.floor(i / 8) % 2
    local params, inputs = {}, {}
    for k, row in ipairs(o.rows) do
      params[k] = trials(row)[(math.floor(i / 16) + k - 1) % 4 + 1]
    end
    for k = 1, COLUMN + COLUMNS_MAX do inputs[k] = 0 end
    inputs[LOGIT + 1], inputs[TARGET + 1] = x, y
    for k = 1, #o.columns do inputs[COLUMN + k] = 0.5 + (i + k) % 4 end
    local got, message = call(o[kind], kind, values_of(o, {
      logit = x + 0.0, target = y + 0.0,
      parameter = function(k) return params[k] + 0.0 end,
      column = function(k) return inputs[COLUMN + k] end,
    }))
    if message then
      refuse(("%s of numbers: %s"):format(o.name, message))
    end
    local want = type(result) == "number" and result + 0.0
      or trace:evaluate(result, params, inputs)
    if type(got) ~= "number" or not same(got + 0.0, want) then
      refuse(("%s branches near x = %g%s: it gives %s for numbers, but %.17g "
        .. "as traced; use neap.math.where, and less, greater or equal, in "
        .. "place of tests"):format(o.name, x,
        o.margin and "" or (", y = %d"):format(y),
        type(got) == "number" and ("%.17g"):format(got) or "a " .. type(got),
        want))
    end
  end
end

-- ----------------------------------------------------------------- accuracy

-- Units in the last place that a value or gradient may lose unsaid.
local ULP_MAX = 32
local margins = { -100, -50, -20, -7, -1, -0.25, 0.25, 1, 7, 20, 50, 100 }

-- The parameters of a point as text.
local function params_text(o, params)
  local list = {}
  for i, row in ipairs(o.rows) do
    list[i] = ("%s = %g"):format(row.name, params[i])
  end
  return #list > 0 and ", " .. table.concat(list, ", ") or ""
end

-- Where rounding may cost more than that: the worst point of the value or the
-- gradient over |x| <= 100, by a bound of each step's error; or nil.
local function find_loss_of_digits(o, made)
  local worst
  for _, x in ipairs(margins) do
    for k = 0, 7 do
      local y, params, inputs = k % 2, {}, {}
      local at = math.floor(k / 2) + 1
      for i, row in ipairs(o.rows) do params[i] = trials(row)[at] end
      for i = 1, COLUMN + COLUMNS_MAX do inputs[i] = i > COLUMN and 1.5 or 0 end
      inputs[LOGIT + 1], inputs[TARGET + 1] = x, y
      local numbers = { core.expr.accuracy(made, params, inputs) }
      for i = 1, 2 do
        local number, ulp = numbers[2 * i - 1], numbers[2 * i]
        local size = math.abs(number)
        if size > 1e-290 and size < math.huge and ulp > ULP_MAX
          and not (worst and worst.ulp >= ulp) then
          worst = { x = x, y = y, ulp = ulp, params = params,
            what = i == 1 and "value" or "gradient" }
        end
      end
    end
  end
  return worst
end

local function warnings_of(o, made)
  local worst = find_loss_of_digits(o, made)
  if not worst then return {} end
  return { ("%s: its %s may lose digits near a margin of %g%s (up to %.2g "
    .. "units in the last place): something cancels there")
    :format(o.name, worst.what, worst.x, params_text(o, worst.params),
    worst.ulp) }
end

-- --------------------------------------------------------------- definitions

local sources = setmetatable({}, { __mode = "k" }) -- what was traced
local by_name = {}

local Definition = {}
Definition.__index = Definition
Definition.__name = "neap.Definition"

-- A loss of it; what is wrong with the options is told of its name.
local function new_loss(self, given, kind)
  local ok, made = pcall(core.expr.new, given, self.core, kind)
  if ok then return made end
  options.refuse(self.name, tostring(made):match("%((.*)%)$")
    or tostring(made))
end

function Definition:__call(given)
  return new_loss(self, given, "binary")
end

function Definition:__tostring()
  local list = {}
  for i, row in ipairs(self.parameters) do
    list[i] = ("%s = %g"):format(row.name, row.default)
  end
  return ("neap.Definition %s (%s)"):format(self.name, table.concat(list, ", "))
end

--- Tells formula, derivatives and program as text.
function Definition:show()
  return require "neap.loss_text".describe(self, core.expr.listing(self.core))
end

--- Writes the loss as one C99 file; see lua/neap/loss_object.lua.
function Definition:to_c(path, given)
  return require "neap.loss_object".write_definition(self, path, given)
end

--- The softmax lift of a loss of the margin alone.
-- @param given the options of a loss of classes
function Definition:softmax(given)
  if not self.is_margin then
    core.blame(("%s is a loss of logit and target; only margin = losses have a "
      .. "softmax"):format(self.name))
  end
  return new_loss(self, given, "classes")
end

-- What C keeps, whose strings it points to: out of the reach of scripts.
local function kept_of(self)
  local kept = { name = self.name, text = self.text, source = self.source,
    margin = self.is_margin, object = self, parameters = {}, columns = {} }
  for i, row in ipairs(self.parameters) do
    kept.parameters[i] = {}
    for key, value in pairs(row) do kept.parameters[i][key] = value end
  end
  for i, name in ipairs(self.columns) do kept.columns[i] = name end
  return kept
end

-- Makes a definition.
local function make(given)
  local o = options.read("define", given, spec)
  if (o.binary == nil) == (o.margin == nil) then
    refuse("wanted one of binary = function(x, y, p, c) and margin = "
      .. "function(m, p)")
  end
  for _, key in ipairs { "binary", "margin" } do
    if o[key] ~= nil and type(o[key]) ~= "function" then
      refuse(("%s is a %s; wanted a function"):format(key, type(o[key])))
    end
  end
  if not is_name(o.name) then
    refuse(("name is '%s'; wanted a word"):format(o.name))
  elseif core.loss[o.name] then
    refuse(("name is '%s', as a loss of neap is"):format(o.name))
  end
  if o.margin and o.columns then
    refuse("a loss of the margin alone has no columns")
  end
  o.rows = read_parameters(o.params)
  o.columns = read_columns(o.columns)
  local trace, result = trace_of(o)
  check_numbers(o, trace, result)
  local self = setmetatable({
    name = o.name, parameters = o.rows, columns = o.columns,
    is_margin = o.margin ~= nil, text = "",
    source = o.source or "written in Lua",
  }, Definition)
  local ok, made = pcall(core.expr.define, trace, result, kept_of(self))
  if not ok then refuse(tostring(made)) end
  self.core = made
  self.text = loss_text.summary(self, core.expr.listing(made)) or ""
  self.warnings = warnings_of(o, made)
  sources[self] = o
  return self
end

--- Defines a loss; see docs/scripted_losses.md.
-- @param given { name =, params =, columns =, source =, binary = f(x, y, p, c)
--   or margin = f(m, p) }
-- @return a definition, which is called for a loss as neap.loss.focal is
function M.define(given)
  local self = make(given)
  for _, message in ipairs(self.warnings) do compat.warn(message) end
  by_name[self.name] = self
  return self
end

--- The same for the engine's own formulas, which say nothing.
function M.define_quietly(given)
  return make(given)
end

--- The latest definition of a name, or nil: for losses that were saved.
function M.find(name)
  return by_name[name]
end

--- A definition with numbers for its parameters.
function M.fix(definition, params)
  local o = sources[definition]
  local p = reader("p", names_of(o.rows), function(i)
    return params[i] + 0.0
  end)
  return make({
    name = o.name, columns = #o.columns > 0 and o.columns or nil,
    binary = o.binary and function(x, y, _, c) return o.binary(x, y, p, c) end,
    margin = o.margin and function(x) return o.margin(x, p) end,
  })
end

arguments.methods("neap.Definition", Definition, Definition, {
  __call = "given?",
  show = "",
  softmax = "given?",
  to_c = "path: string, given?",
})

return M
