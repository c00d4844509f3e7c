--- A loss as one C99 file without dependencies.
--
-- The arithmetic is the engine's own: the file holds those parts of its sources
-- that the loss uses.
local c_parts = require "neap.c_parts"
local core = require "neap.core"
local options = require "neap.options"
local programs = require "neap.loss_program"
local units = require "neap.loss_units"

local M = {}

-- What the file says itself, and the sources say otherwise.
local own = {}
for word in ([[R NEAP_INLINE NEAP_FMA NEAP_HAS_FMA NEAP_ABS NEAP_SQRT
  NEAP_REAL_BITS NEAP_LANES NEAP_ALIGNED real real_bits NEAP_PARAMETER_MAX
  NEAP_BLOCK_LANES NEAP_SUM_LANES neap_margins rows terms terms_of run add
  columns]])
  :gmatch("%S+") do
  own[word] = true
end

local head = [[
/* $name.c -- $title
 *
 * Made by neap; C99, and nothing but the C library. Where the machine has fused
 * operations, build it for them (-march=native, or -mfma): its results are
 * neap's then, bit for bit.
 *
 *   void $name(size_t n, const $real *logits, const $real *targets,
 *       const $real *const *columns, const double *params,
 *       $real *value, $real *gradient, $real *hessian);
 *
 * $inputs
 * columns: $columns
 * params: $params; $given
 * value, gradient, hessian: out [n], by the logit, apart from what is read;
 *   NULL: not wanted
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpass-failed"
#define NEAP_LANES \
  _Pragma("clang loop vectorize(assume_safety) unroll(disable)")
#elif defined(__GNUC__)
#pragma GCC optimize("O3", "fp-contract=off", "no-math-errno", \
                     "no-trapping-math")
#define NEAP_LANES _Pragma("GCC ivdep")
#else
#define NEAP_LANES
#endif
#ifdef __GNUC__
#define NEAP_INLINE static inline __attribute__((always_inline))
#define NEAP_ALIGNED __attribute__((aligned(64)))
#else
#define NEAP_INLINE static inline
#define NEAP_ALIGNED
#endif

typedef $real real;
typedef $unsigned real_bits;

#define NEAP_REAL_BITS $bits
#define R(number) ((real)(number))
#define NEAP_ABS $abs
#define NEAP_SQRT $sqrt
#if defined(__FMA__) || defined(__aarch64__)
#define NEAP_HAS_FMA 1
#define NEAP_FMA(a, b, c) $fma(a, b, c)
#else
#define NEAP_HAS_FMA 0
#define NEAP_FMA(a, b, c) ((a) * (b) + (c))
#endif

enum { NEAP_PARAMETER_MAX = 12 };

$lanes

// A block of margins, and what a loss makes of them.
typedef struct neap_margins {
  NEAP_ALIGNED real l[NEAP_BLOCK_LANES];
  real p[NEAP_BLOCK_LANES], q[NEAP_BLOCK_LANES];
  real x[NEAP_BLOCK_LANES], small[NEAP_BLOCK_LANES], l1[NEAP_BLOCK_LANES];
  real value[NEAP_BLOCK_LANES], first[NEAP_BLOCK_LANES];
  real plus[NEAP_BLOCK_LANES], minus[NEAP_BLOCK_LANES];
  const real *y;  // 0 or 1 in each lane
} neap_margins;

$functions

/* What the rows of a block read and write. */
typedef struct rows {
  const real *x, *y;
  const real *columns[$column_count];
  real *value, *gradient, *hessian;
} rows;

$units
void $name(size_t n, const real *logits, const real *targets,
    const real *const *columns, const double *params,
    real *value, real *gradient, real *hessian);

void $name(size_t n, const real *logits, const real *targets,
    const real *const *columns, const double *params,
    real *value, real *gradient, real *hessian) {
  static const double defaults[] = {$defaults};
  const $type k = $make($chosen);
  const neap_order order = hessian != NULL ? NEAP_SECOND : NEAP_FIRST;
  real x[NEAP_BLOCK_LANES] = {0}, y[NEAP_BLOCK_LANES] = {0};
  real c[$column_count][NEAP_BLOCK_LANES] = {{0}};
  real v[NEAP_BLOCK_LANES], g[NEAP_BLOCK_LANES], h[NEAP_BLOCK_LANES] = {0};
  size_t row = 0;
  (void)c;
$unused  for (; row + NEAP_BLOCK_LANES <= n; row += NEAP_BLOCK_LANES) {
    rows r = {logits + row, targets + row, {NULL},
        value != NULL ? value + row : v, gradient != NULL ? gradient + row : g,
        hessian != NULL ? hessian + row : h};
$whole_columns    $run(&r, &k, order);
  }
  if (row < n) {
    const size_t bytes = (n - row) * sizeof(real);
    rows r = {x, y, {NULL}, v, g, h};
    memcpy(x, logits + row, bytes);
    memcpy(y, targets + row, bytes);
$last_columns    $run(&r, &k, order);
    if (value != NULL)
      memcpy(value + row, v, bytes);
    if (gradient != NULL)
      memcpy(gradient + row, g, bytes);
    if (hessian != NULL)
      memcpy(hessian + row, h, bytes);
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

local function fill(text, values)
  return (text:gsub("%$([%a_]+)", function(key)
    return values[key] ~= nil and tostring(values[key]) or nil
  end))
end

-- -------------------------------------------------------------------- terms

-- The names of the columns of all terms, each once, and for each term where its
-- own are among them.
local function columns_of(terms)
  local names, position, all = {}, {}, {}
  for t, term in ipairs(terms) do
    all[t] = {}
    for i, name in ipairs(core.expr.columns(term.loss)) do
      if not position[name] then
        names[#names + 1] = name
        position[name] = #names - 1
      end
      all[t][i] = position[name]
    end
  end
  return names, all
end

-- The units of the terms' losses, each text once: its prefix and type are set
-- in the terms.
local function units_text(terms, mode, bits)
  local seen, used, texts = {}, {}, {}
  for _, term in ipairs(terms) do
    local key = term.definition or term.loss.name
    if not seen[key] then
      local prefix = term.loss.name
      while used[prefix] do prefix = prefix .. "_" end
      used[prefix] = true
      seen[key] = units.unit(term.loss, term.definition, prefix, mode, bits)
      seen[key].prefix = prefix
      texts[#texts + 1] = seen[key].text
    end
    term.unit = seen[key]
  end
  return texts
end

local sum = [[
/* The constants of all terms. */
typedef struct terms {
$fields
} terms;

static terms terms_of(const double *params) {
  terms k;
$makes
  return k;
}

/* to + factor from */
static void add(double *restrict to, double factor,
    const real *restrict from) {
  for (int i = 0; i < NEAP_BLOCK_LANES && factor != 0; i++)
    to[i] += factor * (double)from[i];
}

/* The sum of all terms, in double. */
static void run(const rows *r, const terms *k, neap_order order) {
  real value[NEAP_BLOCK_LANES], gradient[NEAP_BLOCK_LANES];
  real hessian[NEAP_BLOCK_LANES] = {0};
  double v[NEAP_BLOCK_LANES] = {0}, g[NEAP_BLOCK_LANES] = {0};
  double h[NEAP_BLOCK_LANES] = {0};
  rows t = *r;
  t.value = value;
  t.gradient = gradient;
  t.hessian = hessian;
$runs
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    r->value[i] = (real)v[i];
    r->gradient[i] = (real)g[i];
    r->hessian[i] = (real)($second);
  }
}
]]

local sum_seconds = {
  exact = "h[i]", positive = "h[i] < 0 ? 0 : h[i]", absolute = "fabs(h[i])",
}

-- The sum of terms, as neap_loss_sum has it.
local function sum_unit(terms, mode, columns)
  local fields, makes, runs, first = {}, {}, {}, 0
  for t, term in ipairs(terms) do
    fields[t] = ("  %s term%d;"):format(term.unit.type, t)
    makes[t] = ("  k.term%d = %s_constants_of(params + %d);"):format(t,
      term.unit.prefix, first)
    first = first + #term.params
    for i, place in ipairs(columns[t]) do
      runs[#runs + 1] = ("  t.columns[%d] = r->columns[%d];"):format(i - 1,
        place)
    end
    runs[#runs + 1] = ("  %s_run(&t, &k->term%d, order);"):format(
      term.unit.prefix, t)
    for _, name in ipairs { "value", "gradient", "hessian" } do
      runs[#runs + 1] = ("  add(%s, %s, %s);"):format(name:sub(1, 1),
        programs.literal(term.factor), name)
    end
  end
  local second = sum_seconds[mode]
    or ("h[i] < %s ? %s : h[i]"):format(programs.literal(mode),
      programs.literal(mode))
  return { type = "terms", make = "terms_of", run = "run", text = fill(sum, {
    fields = table.concat(fields, "\n"), makes = table.concat(makes, "\n"),
    runs = table.concat(runs, "\n"), second = second,
  }) }
end

-- The second derivative that each term of a sum gives: the positive terms of a
-- difference are not those of its parts.
local function mode_of_terms(terms, mode)
  for _, term in ipairs(terms) do
    if term.factor < 0 then return "exact" end
  end
  return mode == "positive" and mode or "exact"
end

-- ---------------------------------------------------------------- the file

local function parameter_texts(terms, is_sum)
  local names, numbers = {}, {}
  for t, term in ipairs(terms) do
    for _, row in ipairs(term.params) do
      names[#names + 1] = ("%s%s = %s"):format(row.name,
        is_sum and (" of term %d"):format(t) or "",
        row.shown or programs.decimal(row.number))
      numbers[#numbers + 1] = programs.literal(row.number)
    end
  end
  if #names == 0 then return "none", "0.0" end
  return table.concat(names, ", "), table.concat(numbers, ", ")
end

local function comment_safe(text)
  return (text:gsub("%*/", "* /"):gsub("[\r\n]", " "))
end

local function columns_text(columns)
  local list = {}
  for i, name in ipairs(columns) do
    list[i] = ("columns[%d] is %s [n]"):format(i - 1, comment_safe(name))
  end
  return #list > 0 and table.concat(list, ", ") or "none; NULL"
end

local inputs = {
  binary = "logits, targets: [n]; a target is a probability of class 1, 0 to 1",
  real = "logits, targets: [n], predictions and what they should be",
}

-- A word that C or the file has can't be the function's name.
local function check_name(name, names, level)
  local taken = names[name] or own[name]
  for word in ([[auto break case char const continue default do double else
    enum extern float for goto if inline int long main register restrict return
    short signed sizeof static struct switch typedef union unsigned void
    volatile while abs exp expf fabs fma fmaf log memcpy memset pow sqrt tanh
    NAN INFINITY NULL isnan isunordered n value gradient hessian logits targets
    params expm1 log1p fabsf sqrtf size_t]]):gmatch("%S+") do
    taken = taken or word == name
  end
  if taken then
    options.refuse("to_c", ("name is '%s', a word that the file has; wanted "
      .. "another one"):format(name), level + 1)
  end
end

-- The names that a text of units defines.
local function names_in(text, names)
  for name in text:gmatch("%f[%a_]([%a_][%w_]*)%(const") do
    names[name] = true
  end
  return names
end

--- Returns the text of the file.
-- @param what { terms = { { factor =, loss =, definition =, params = }, ... },
--   is_sum =, kind =, hessian = mode or floor, title = }
-- @param name of the C function
-- @param dtype "float64" or "float32"
-- @param fixed whether the parameters' numbers are put in for good
-- @param level of the caller to blame for the name
function M.text(what, name, dtype, fixed, level)
  local terms, values = what.terms, {}
  for key, value in pairs(types[dtype]) do values[key] = value end
  local columns, positions = columns_of(terms)
  local mode = what.is_sum and mode_of_terms(terms, what.hessian)
    or what.hessian
  local texts = units_text(terms, mode, values.bits)
  local unit = what.is_sum and sum_unit(terms, what.hessian, positions)
    or { type = terms[1].unit.type, run = terms[1].unit.prefix .. "_run",
      make = terms[1].unit.prefix .. "_constants_of" }
  texts[#texts + 1] = unit.text
  values.units = table.concat(texts, "\n")
  values.type, values.make, values.run = unit.type, unit.make, unit.run
  local names
  values.functions, names = c_parts.needed(values.units .. " neap_order",
    values.bits, own)
  check_name(name, names_in(values.units, names), level + 1)
  values.lanes = c_parts.find("NEAP_BLOCK_LANES", values.bits)
  values.name, values.title = name, comment_safe(what.title)
  values.inputs, values.columns = inputs[what.kind], columns_text(columns)
  values.column_count = math.max(#columns, 1)
  values.params, values.defaults = parameter_texts(terms, what.is_sum)
  values.given = fixed and "fixed: params is not looked at"
    or "NULL: these numbers"
  values.chosen = fixed and "defaults" or "params != NULL ? params : defaults"
  values.unused = (fixed and "  (void)params;\n" or "")
    .. (#columns == 0 and "  (void)columns;\n" or "")
  values.whole_columns = #columns > 0 and whole_columns:format(#columns) or ""
  values.last_columns = #columns > 0 and last_columns:format(#columns) or ""
  return fill(head, values)
end

return M
