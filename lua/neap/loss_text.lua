--- What a defined loss is, as text: formula, derivative and program.
local compat = require "neap.compat"
local M = {}

local inputs = { [0] = "x", "y", "x", "small", "l", "p", "q", "l1" }

-- How an operation is written, and how strongly it binds.
local infix = {
  ADD = { " + ", 1 }, SUB = { " - ", 1 }, MUL = { " ", 2 }, DIV = { " / ", 2 },
  POW = { "^", 4 }, LESS = { " < ", 0 }, EQUAL = { " == ", 0 },
}

local functions = {
  EXP = "exp", EXPM1 = "expm1", LOG = "log", LOG1P = "log1p", SQRT = "sqrt",
  ABS = "abs", SIGN = "sign", TANH = "tanh", SIGMOID = "sigmoid",
  SOFTPLUS = "softplus", MIN = "min", MAX = "max", WHERE = "where",
}

-- The name of an input: of hard targets x is the margin, written m.
local function input_name(self, i)
  if i >= 8 then return "c." .. self.columns[i - 7] end
  return i == 0 and self.margin or inputs[i]
end

local render

-- An argument, in brackets where it binds less than what is around it.
local function argument(self, i, strength)
  local text, own = render(self, i)
  return own < strength and "(" .. text .. ")" or text
end

local function compose(self, node)
  local from = node.from
  if node.op == "number" then
    return ("%.17g"):format(node.number):gsub("^(%-?[%d.]+)$", function(text)
      local short = ("%.15g"):format(node.number)
      return tonumber(short) == node.number and short or text
    end), node.number < 0 and 1 or 9
  elseif node.op == "parameter" then
    return self.names[compat.tointeger(node.number) + 1], 9
  elseif node.op == "input" then
    return input_name(self, compat.tointeger(node.number)), 9
  elseif node.op == "NEG" then
    return "-" .. argument(self, from[1], 2), 1
  elseif node.op == "POWER_SIGMOID" then
    return ("sigmoid(%s)^%s"):format((render(self, from[1])),
      argument(self, from[2], 5)), 4
  elseif infix[node.op] then
    local sign, strength = infix[node.op][1], infix[node.op][2]
    return argument(self, from[1], strength) .. sign
      .. argument(self, from[2], strength + 1), strength
  end
  local list = {}
  for i, ref in ipairs(from) do list[i] = (render(self, ref)) end
  return ("%s(%s)"):format(functions[node.op] or node.op:lower(),
    table.concat(list, ", ")), 9
end

-- A node as text, and how strongly it binds. What is used more than once and
-- is long has a name of its own.
function render(self, i)
  if self.named[i] then return self.named[i], 9 end
  local text, strength = compose(self, self.nodes[i])
  if self.uses[i] > 1 and #text > 12 and #self.nodes[i].from > 0 then
    self.count = self.count + 1
    local name = "t" .. self.count
    self.lines[#self.lines + 1] = ("    %s = %s"):format(name, text)
    self.named[i] = name
    return name, 9
  end
  return text, strength
end

-- How often each node is used by what a root needs.
local function count_uses(nodes, root)
  local uses, needed = {}, { [root] = true }
  for i = root, 1, -1 do
    uses[i] = uses[i] or 0
    for _, ref in ipairs(needed[i] and nodes[i].from or {}) do
      uses[ref] = (uses[ref] or 0) + 1
      needed[ref] = true
    end
  end
  return uses
end

local function formula(definition, listing, root, margin)
  local self = {
    nodes = listing.nodes, columns = definition.columns, margin = margin,
    names = {}, named = {}, lines = {}, count = 0,
    uses = count_uses(listing.nodes, root),
  }
  for i, row in ipairs(definition.parameters) do self.names[i] = row.name end
  local text = render(self, root)
  return text, self.lines
end

-- ----------------------------------------------------------------- programs

-- What uniform steps compute, as text.
local function scalar_texts(definition, listing)
  local texts = {}
  for i, node in ipairs(listing.scalars) do
    local self = { nodes = listing.scalars, columns = {}, names = {},
      named = {}, lines = {}, count = 0, uses = {} }
    for k = 1, i do self.uses[k] = 0 end
    for k, row in ipairs(definition.parameters) do self.names[k] = row.name end
    texts[i] = compose(self, node)
  end
  return texts
end

local outputs = { [0] = "value", "gradient", "plus", "minus" }

local function place_name(definition, listing, texts, place)
  if place >= listing.register_place then
    return "r" .. place - listing.register_place
  elseif place >= listing.output_place then
    return outputs[place - listing.output_place]
  elseif place >= listing.constant_place then
    local constant = listing.constants[place - listing.constant_place + 1]
    local text = texts[constant.scalar]
    return constant.low and ("low(%s)"):format(text) or text
  end
  return input_name({ columns = definition.columns, margin = "x" }, place)
end

local function program(definition, listing, steps, lines)
  local texts = scalar_texts(definition, listing)
  for _, step in ipairs(steps) do
    local names = {}
    for i, place in ipairs(step.from) do
      names[i] = place_name(definition, listing, texts, place)
    end
    lines[#lines + 1] = ("    %-8s = %s(%s)"):format(
      place_name(definition, listing, texts, step.to), step.op:lower(),
      table.concat(names, ", "))
  end
end

--- Tells a defined loss: formula, derivatives and the program that it runs.
-- @param definition of neap.loss.define
-- @param listing core.expr.listing of it
-- @param params numbers of the parameters, or nil: the defaults
-- @return text
function M.describe(definition, listing, params)
  local names = {}
  for i, row in ipairs(definition.parameters) do
    names[i] = ("%s = %g"):format(row.name, params and params[i] or row.default)
  end
  local lines = { ("%s (%s)"):format(definition.name,
    table.concat(names, ", ")) }
  local function tell(title, root, margin)
    local text, shared = formula(definition, listing, root, margin)
    lines[#lines + 1] = ("  %s = %s"):format(title, text)
    for _, line in ipairs(shared) do lines[#lines + 1] = line end
  end
  if listing.soft_value then
    tell("f(x, y)", listing.soft_value, "x")
    lines[#lines + 1] = "  with y = 0 or 1, of the margin m = x or -x:"
  end
  tell("f(m)", listing.value, "m")
  tell("f'(m)", listing.gradient, "m")
  tell("f''(m)", listing.hessian, "m")
  lines[#lines + 1] = ("  program of value and gradient: %d steps, %d registers"
    .. "; x is m, p = sigmoid(x), q = 1 - p, l = -log p,"):format(
    #listing.first, listing.first.registers)
  lines[#lines + 1] = "  l1 = log(1 + exp(-|x|))"
  program(definition, listing, listing.first, lines)
  for _, message in ipairs(definition.warnings or {}) do
    lines[#lines + 1] = "  warning: " .. message
  end
  return table.concat(lines, "\n")
end

--- The simplified formula on one line, or nil where it is long.
function M.summary(definition, listing)
  local root = listing.soft_value or listing.value
  local text, shared = formula(definition, listing, root,
    listing.soft_value and "x" or "m")
  return #shared == 0 and #text <= 200 and text or nil
end

return M
