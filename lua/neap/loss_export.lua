--- A defined loss as one C99 file without dependencies.
--
-- The arithmetic is the engine's own: the file holds those functions of the
-- engine's sources that the loss's programs use, and the programs as loops.
local core = require "neap.core"
local loss_text = require "neap.loss_text"

local M = {}

-- ------------------------------------------------------------ the functions

-- What the file says itself.
local own = {
  R = true, NEAP_INLINE = true, NEAP_FMA = true, NEAP_HAS_FMA = true,
  NEAP_ABS = true, NEAP_SQRT = true, NEAP_REAL_BITS = true, NEAP_LANES = true,
}

-- Cuts the sources into macros and functions, in their order: { name =, text =
-- }. Of two number types only the one of `bits` is taken.
local function parts_of(source, bits)
  local parts, stack, comment, lines = {}, {}, {}, {}
  for line in source:gmatch("([^\n]*)\n") do lines[#lines + 1] = line end
  local at = 1
  local function active()
    for _, on in ipairs(stack) do if not on then return false end end
    return true
  end
  -- A part goes on to its last line: of a function the one that closes it.
  local function take(name, is_last)
    local text = comment
    comment = {}
    repeat
      text[#text + 1] = lines[at]
      at = at + 1
    until is_last(lines[at - 1])
    if active() and not own[name] then
      parts[#parts + 1] = { name = name, text = table.concat(text, "\n") }
    end
  end
  while at <= #lines do
    local line = lines[at]
    local macro = line:match("^#define ([%w_]+)")
    local is_function = line:match("^NEAP_INLINE ") ~= nil
    if macro then
      comment = {}
      take(macro, function(last) return not last:match("\\$") end)
    elseif is_function then
      take(line:match("([%w_]+)%("), function(last) return last == "}" end)
    else
      if line:match("^#if") then
        local wanted = line:match("^#if NEAP_REAL_BITS == (%d+)")
        stack[#stack + 1] = not wanted or tonumber(wanted) == bits
        if not wanted then stack[#stack] = true end
      elseif line:match("^#else") then
        stack[#stack] = not stack[#stack]
      elseif line:match("^#endif") then
        stack[#stack] = nil
      end
      if line:match("^//") then
        comment[#comment + 1] = line
      else
        comment = {}
      end
      at = at + 1
    end
  end
  return parts
end

-- The parts that some text needs, and what they need, as text.
local function needed_parts(text, bits)
  local parts, by_name, wanted = parts_of(core.expr.kernel_text(), bits), {}, {}
  for _, part in ipairs(parts) do by_name[part.name] = part end
  local function want(code)
    for name in code:gsub("//[^\n]*", ""):gmatch("[%a_][%w_]*") do
      if by_name[name] and not wanted[name] then
        wanted[name] = true
        want(by_name[name].text)
      end
    end
  end
  want(text)
  local list = {}
  for _, part in ipairs(parts) do
    if wanted[part.name] then list[#list + 1] = part.text end
  end
  return table.concat(list, "\n\n")
end

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

local function literal(x)
  if x == math.floor(x) and math.abs(x) < 2 ^ 31 then
    return ("%d.0"):format(x)
  end
  return ("%a"):format(x)
end

local function constants_text(listing)
  local lines, fields, sets = {}, {}, {}
  for i, node in ipairs(listing.scalars) do
    local text
    if node.op == "number" then
      text = literal(node.number)
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
typedef struct constants {
  real %s;
} constants;

static constants constants_of(const double *params) {
%s
  constants k = {0};
%s
  (void)params;
  return k;
}
]]):format(table.concat(fields, ", "), table.concat(lines, "\n"),
    table.concat(sets, "\n"))
end

-- ---------------------------------------------------------------- programs

local input_names = { "y", "x", "small", "l", "p", "q", "l1" }
local outputs = { [0] = "value", "first", "plus", "minus" }

-- Where a place that no step writes is read from: its name in the loop, and
-- the line that loads it there, or before the loop.
local function source_of(listing, place)
  if place >= listing.constant_place then
    local name = "k" .. place - listing.constant_place + 1
    return name, nil, ("  const real %s = k->%s;"):format(name, name)
  elseif place >= 8 then
    return "c" .. place - 8, ("    const real c%d = c[%d][i];"):format(
      place - 8, place - 8)
  elseif place == 3 then
    return "R(0)" -- a logit has no small part
  end
  local name = input_names[place]
  return name, ("    const real %s = %s[i];"):format(name,
    place == 1 and "y" or "b->" .. name)
end

-- What a loop stores: of hard targets the derivative by the logit.
local function stores_of(kind, results)
  local first = results.first
  if kind ~= "soft" then
    first = ("targets[i] != R(0) ? %s : -%s"):format(first, first)
  end
  local lines = { ("    value[i] = %s;"):format(results.value),
    ("    gradient[i] = %s;"):format(first) }
  if results.plus then
    lines[3] = ("    hessian[i] = %s - %s;"):format(results.plus,
      results.minus)
  end
  return table.concat(lines, "\n")
end

local program = [[
static void $name(const block *restrict b, const real *restrict targets,
    const real *const *c, const constants *k, real *restrict value,
    real *restrict gradient$hessian) {
$before  for (int i = 0; i < BLOCK; i++) {
$body
$stores
  }
  (void)b;
  (void)targets;
  (void)c;
  (void)k;
}
]]

-- One program as a loop over a block. Each step has a variable of its own.
local function program_text(name, kind, listing, steps)
  local names, before, loads, body, seen = {}, {}, {}, {}, {}
  local function load(place)
    local found, inside, outside = source_of(listing, place)
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
  table.move(body, 1, #body, #loads + 1, loads)
  local values = {
    name = name, before = table.concat(before),
    body = table.concat(loads, "\n"):gsub("= y%[i%]", "= targets[i]"),
    stores = stores_of(kind, results),
    hessian = results.plus and ", real *restrict hessian" or "",
  }
  return (program:gsub("%$(%a+)", values))
end

-- ---------------------------------------------------------------- the file

local head = [[
/* $name.c -- the loss $name$formula
 *
 * Made by neap; C99, and nothing but the C library. For its bits, and its
 * speed, build with
 *   cc -O3 -march=native -ffp-contract=off -fno-math-errno -fno-trapping-math
 *
 *   void $name(size_t n, const $real *logits, const $real *targets,
 *       const $real *const *columns, const double *params,
 *       $real *value, $real *gradient, $real *hessian);
 *
 * logits, targets: [n]; a target is a probability of class 1, 0 to 1
 * columns: $columns
 * params: $params; NULL: these
 * value, gradient, hessian: out [n], by the logit; NULL: not wanted
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef $real real;
typedef $unsigned real_bits;

#define NEAP_REAL_BITS $bits
#define R(number) ((real)(number))
#define NEAP_ABS $abs
#define NEAP_SQRT $sqrt
#ifdef __GNUC__
#define NEAP_INLINE static inline __attribute__((always_inline))
#else
#define NEAP_INLINE static inline
#endif
#if defined(__FMA__) || defined(__aarch64__)
#define NEAP_HAS_FMA 1
#define NEAP_FMA(a, b, c) $fma(a, b, c)
#else
#define NEAP_HAS_FMA 0
#define NEAP_FMA(a, b, c) ((a) * (b) + (c))
#endif

$functions

enum { BLOCK = 64 };

/* The margins of some rows: x or -x, by the target. */
typedef struct block {
  real e[BLOCK], x[BLOCK], l[BLOCK], p[BLOCK], q[BLOCK], l1[BLOCK];
} block;

$constants
/* With e = exp(-|x|): p = sigmoid(x), q = 1 - p, l = -log p,
 * l1 = log(1 + e). */
static void find_margins(const real *restrict logits,
    const real *restrict targets, block *restrict b) {
  for (int i = 0; i < BLOCK; i++)
    b->e[i] = exp_of_minus_abs(logits[i]);
  for (int i = 0; i < BLOCK; i++) {
    const real x = logits[i], y = targets[i], e = b->e[i];
    const int positive = (x > R(0)) == (y != R(0));
    const real a = NEAP_ABS(x), l1 = log1p_unit(e);
    const real r = R(1) / (R(1) + e), er = e * r;
    b->l[i] = (positive ? R(0) : a) + l1;
    b->p[i] = positive ? r : er;
    b->q[i] = positive ? er : r;
    b->x[i] = positive ? a : -a;
    b->l1[i] = l1;
  }
}

$first
$second
$soft
/* What the rows of a block read and write. */
typedef struct rows {
  const real *logits, *targets;
  const real *columns[$column_count];
  real *value, *gradient, *hessian;
} rows;

/* Rows whose targets are 0 or 1. */
static void run_hard(const rows *r, const real *targets, const constants *k,
    int order, real *value, real *gradient, real *hessian) {
  block b;
  find_margins(r->logits, targets, &b);
  if (order == 2)
    second_order(&b, targets, r->columns, k, value, gradient, hessian);
  else
    first_order(&b, targets, r->columns, k, value, gradient);
}

$run_soft
static void run(const rows *r, const constants *k, int order) {
  int soft = 0;
  for (int i = 0; i < BLOCK; i++)
    soft += (r->targets[i] != R(0)) & (r->targets[i] != R(1));
  run_hard(r, r->targets, k, order, r->value, r->gradient, r->hessian);
  if (soft > 0)
    run_soft(r, k);
}

void $name(size_t n, const real *logits, const real *targets,
    const real *const *columns, const double *params,
    real *value, real *gradient, real *hessian);

void $name(size_t n, const real *logits, const real *targets,
    const real *const *columns, const double *params,
    real *value, real *gradient, real *hessian) {
  static const double defaults[] = {$defaults};
  const constants k = constants_of(params != NULL ? params : defaults);
  const int order = hessian != NULL ? 2 : 1;
  real x[BLOCK] = {0}, y[BLOCK] = {0}, c[$column_count][BLOCK] = {{0}};
  real v[BLOCK], g[BLOCK], h[BLOCK];
  size_t row = 0;
  (void)c;
  for (; row + BLOCK <= n; row += BLOCK) {
    rows r = {logits + row, targets + row, {NULL},
        value != NULL ? value + row : v, gradient != NULL ? gradient + row : g,
        hessian != NULL ? hessian + row : h};
$whole_columns    run(&r, &k, order);
  }
  if (row < n) {
    const size_t bytes = (n - row) * sizeof(real);
    rows r = {x, y, {NULL}, v, g, h};
    memcpy(x, logits + row, bytes);
    memcpy(y, targets + row, bytes);
$last_columns    run(&r, &k, order);
    if (value != NULL)
      memcpy(value + row, v, bytes);
    if (gradient != NULL)
      memcpy(gradient + row, g, bytes);
    if (hessian != NULL)
      memcpy(hessian + row, h, bytes);
  }
}
]]

-- Where the target is neither 0 nor 1: the formula of logit and target.
local run_soft_formula = [[
/* Rows whose targets are neither 0 nor 1, in place of what is there. */
static void run_soft(const rows *r, const constants *k) {
  real ones[BLOCK], v[BLOCK], g[BLOCK], h[BLOCK];
  block b;
  for (int i = 0; i < BLOCK; i++)
    ones[i] = R(1);
  find_margins(r->logits, ones, &b);
  soft_order(&b, r->targets, r->columns, k, v, g, h);
  for (int i = 0; i < BLOCK; i++) {
    const real y = r->targets[i];
    const int soft = (y != R(0)) & (y != R(1));
    r->value[i] = soft ? v[i] : r->value[i];
    r->gradient[i] = soft ? g[i] : r->gradient[i];
    r->hessian[i] = soft ? h[i] : r->hessian[i];
  }
}
]]

-- Of a loss of the margin alone: y f(x) + (1 - y) f(-x).
local run_soft_expected = [[
/* Rows whose targets are neither 0 nor 1: y f(x) + (1 - y) f(-x). */
static void run_soft(const rows *r, const constants *k) {
  real ones[BLOCK], zeros[BLOCK] = {0};
  real v1[BLOCK], g1[BLOCK], h1[BLOCK], v0[BLOCK], g0[BLOCK], h0[BLOCK];
  for (int i = 0; i < BLOCK; i++)
    ones[i] = R(1);
  run_hard(r, ones, k, 2, v1, g1, h1);
  run_hard(r, zeros, k, 2, v0, g0, h0);
  for (int i = 0; i < BLOCK; i++) {
    const real y = r->targets[i], n = R(1) - y;
    const int soft = (y != R(0)) & (y != R(1));
    r->value[i] = soft ? y * v1[i] + n * v0[i] : r->value[i];
    r->gradient[i] = soft ? y * g1[i] + n * g0[i] : r->gradient[i];
    r->hessian[i] = soft ? y * h1[i] + n * h0[i] : r->hessian[i];
  }
}
]]

local whole_columns = [[
    for (size_t j = 0; j < %d; j++)
      r.columns[j] = columns[j] + row;
]]

local last_columns = [[
    for (size_t j = 0; j < %d; j++) {
      memcpy(c[j], columns[j] + row, bytes);
      r.columns[j] = c[j];
    }
]]

local types = {
  float32 = { real = "float", unsigned = "uint32_t", bits = 32, abs = "fabsf",
    sqrt = "sqrtf", fma = "fmaf" },
  float64 = { real = "double", unsigned = "uint64_t", bits = 64, abs = "fabs",
    sqrt = "sqrt", fma = "fma" },
}

local function parameter_texts(definition, params)
  local names, defaults = {}, {}
  for i, row in ipairs(definition.parameters) do
    local number = params and params[i] or row.default
    names[i] = ("%s = %.17g"):format(row.name, number)
    defaults[i] = literal(number)
  end
  if #names == 0 then return "none", "0.0" end
  return table.concat(names, ", "), table.concat(defaults, ", ")
end

local function columns_text(definition)
  local list = {}
  for i, name in ipairs(definition.columns) do
    list[i] = ("columns[%d] is %s [n]"):format(i - 1, name:gsub("%*/", "* /"))
  end
  return #list > 0 and table.concat(list, ", ") or "none; NULL"
end

--- Returns the text of the file.
-- @param definition of neap.loss.define
-- @param name of the C function
-- @param dtype "float64" or "float32"
-- @param params numbers of the parameters, or nil: their defaults
function M.text(definition, name, dtype, params)
  local listing = core.expr.listing(definition.core)
  local values = {}
  for key, value in pairs(types[dtype]) do values[key] = value end
  values.name = name
  values.columns = columns_text(definition)
  values.column_count = math.max(#definition.columns, 1)
  local columns = #definition.columns
  values.whole_columns = columns > 0 and whole_columns:format(columns)
    or "    (void)columns;\n"
  values.last_columns = columns > 0 and last_columns:format(columns) or ""
  values.params, values.defaults = parameter_texts(definition, params)
  local formula = loss_text.summary(definition, listing)
  values.formula = formula and ": " .. formula or ""
  values.constants = constants_text(listing)
  values.first = program_text("first_order", "hard", listing,
    listing.first)
  values.second = program_text("second_order", "hard", listing,
    listing.second)
  values.soft = listing.soft
    and program_text("soft_order", "soft", listing, listing.soft) or ""
  values.run_soft = listing.soft and run_soft_formula or run_soft_expected
  values.functions = needed_parts(table.concat({ values.first, values.second,
    values.soft, "exp_of_minus_abs log1p_unit known" }, "\n"),
    values.bits)
  return (head:gsub("%$([%a_]+)", function(key)
    return values[key] ~= nil and tostring(values[key]) or nil
  end))
end

return M
