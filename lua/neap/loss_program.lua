--- A defined loss's programs as C: its constants, and a loop for each program.
local compat = require "neap.compat"
local M = {}

-- --------------------------------------------------------------- constants

-- Uniform steps, in double by the C library.
local scalar_ops = {
  ADD = "a + b", SUB = "a - b", MUL = "a * b", DIV = "a / b", NEG = "-a",
  ABS = "fabs(a)", SQRT = "sqrt(a)", EXP = "exp(a)", EXPM1 = "expm1(a)",
  LOG = "log(a)", LOG1P = "log1p(a)", TANH = "tanh(a)",
  POW = "b == 2 ? a * a : pow(a, b)",
  SIGN = "a > 0 ? 1 : a < 0 ? -1 : a", MIN = "a < b || a != a ? a : b",
  MAX = "a > b || a != a ? a : b", LESS = "a < b ? 1 : a >= b ? 0 : a + b",
  EQUAL = "a == b ? 1 : a == a && b == b ? 0 : a + b",
  WHERE = "a == 0 ? c : a != a ? a : b", SIGMOID = "1 / (1 + exp(-a))",
  SOFTPLUS = "(a > 0 ? a : 0) + log1p(exp(-fabs(a)))",
  POWER_SIGMOID = "pow(1 / (1 + exp(-a)), b)",
}

-- Replaces the letters a to e by names.
local function substitute(text, names)
  return (text:gsub("%f[%w_](%a)%f[^%w_]", function(letter)
    return names[letter:byte() - 96]
  end))
end

--- A number as C has it, without loss.
function M.literal(x)
  if x ~= x then return "NAN" end
  if math.abs(x) == math.huge then
    return x < 0 and "-INFINITY" or "INFINITY"
  end
  if x == math.floor(x) and math.abs(x) < 2 ^ 31 then
    return ("%d.0"):format(x)
  end
  return compat.hex(x)
end

--- A number as texts have it: no longer than it must be.
function M.decimal(x)
  local short = ("%.15g"):format(x)
  return tonumber(short) == x and short or ("%.17g"):format(x)
end

--- The type prefix_constants, and prefix_constants_of(params).
function M.constants(prefix, listing)
  local lines, fields, sets = {}, {}, {}
  for i, node in ipairs(listing.scalars) do
    local text
    if node.op == "number" then
      text = M.literal(node.number)
    elseif node.op == "parameter" then
      text = ("params[%d]"):format(node.number)
    else
      local names = {}
      for k, ref in ipairs(node.from) do names[k] = "s" .. ref end
      text = substitute(scalar_ops[node.op], names)
    end
    lines[#lines + 1] = ("  const double s%d = %s;"):format(i, text)
  end
  for i, constant in ipairs(listing.constants) do
    fields[i] = "k" .. i
    local s = "s" .. constant.scalar
    sets[i] = constant.low
      and ("  k.k%d = known((real)(%s - (double)(real)%s));"):format(i, s, s)
      or ("  k.k%d = (real)%s;"):format(i, s)
  end
  if #fields == 0 then fields[1] = "none" end
  return ([[
typedef struct $_constants {
  real %s;
} $_constants;

static $_constants $_constants_of(const double *params) {
%s
  $_constants k = {0};
%s
  (void)params;
  return k;
}
]]):gsub("%$", prefix):format(table.concat(fields, ", "),
    table.concat(lines, "\n"), table.concat(sets, "\n"))
end

-- ---------------------------------------------------------------- programs

local input_names = { "y", "x", "small", "l", "p", "q", "l1" }
local outputs = { [0] = "value", "first", "plus", "minus" }

-- Where a place that no step writes is read from: its name in the loop, and
-- the line that loads it there, or before the loop.
local function source_of(listing, place, is_class)
  if place >= listing.constant_place then
    local name = "k" .. place - listing.constant_place + 1
    return name, nil, ("  const real %s = k->%s;"):format(name, name)
  elseif place >= 8 then
    return "c" .. place - 8, ("    const real c%d = c[%d][i];"):format(
      place - 8, place - 8)
  elseif place == 3 and not is_class then
    return "R(0)" -- a logit has no small part
  end
  local name = input_names[place]
  return name, ("    const real %s = %s[i];"):format(name,
    place == 1 and "targets" or "m->" .. name)
end

local stores = {
  first = [[
    value[i] = $value;
    first[i] = targets[i] != R(0) ? $first : -$first;]],
  margin = [[
    value[i] = $value;
    first[i] = $first;]],
  all = [[
    value[i] = $value;
    first[i] = $first;
    plus[i] = $plus;
    minus[i] = $minus;]],
}

local program = [[
static void $name(const neap_margins *restrict m, const real *restrict targets,
    const real *const *c, const $constants *k, real *restrict value,
    real *restrict first$more) {
$before  for (int i = 0; i < $lanes; i++) {
$body
$stores
  }
  (void)m;
  (void)targets;
  (void)c;
  (void)k;
}
]]

--- One program as a loop over a block, in which each step has a variable.
-- @param kind "first": value, and the derivative by the logit; "margin": value
--   and the derivative by the margin; "all": value, first, plus and minus of
--   the margin, or of soft targets
-- @param is_class whether the margins are those of a softmax
-- @return text, and the inputs that it reads, as keys
function M.loop(prefix, name, kind, listing, steps, is_class)
  local names, before, loads, body, seen = {}, {}, {}, {}, {}
  local function load(place)
    local found, inside, outside = source_of(listing, place, is_class)
    if not seen[found] then
      loads[#loads + 1] = inside
      before[#before + 1] = outside and outside .. "\n"
      seen[found] = true
    end
    return found
  end
  for i, step in ipairs(steps) do
    local from = {}
    for k, place in ipairs(step.from) do
      from[k] = names[place] or load(place)
    end
    names[step.to] = "t" .. i
    body[#body + 1] = ("    const real t%d = %s;"):format(i,
      substitute(step.text, from))
  end
  local results = {}
  for k = 0, 3 do results[outputs[k]] = names[listing.output_place + k] end
  compat.table_move(body, 1, #body, #loads + 1, loads)
  return (program:gsub("%$(%a+)", {
    name = prefix .. "_" .. name, constants = prefix .. "_constants",
    lanes = is_class and "NEAP_SUM_LANES" or "NEAP_BLOCK_LANES",
    before = table.concat(before), body = table.concat(loads, "\n"),
    stores = stores[kind]:gsub("%$(%a+)", results),
    more = kind == "all" and ",\n    real *restrict plus, real *restrict minus"
      or "",
  })), seen
end

return M
