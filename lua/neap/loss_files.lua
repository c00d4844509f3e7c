--- The text of a loss's C file around its functions; $name is filled in.
local M = {}

-- What the file says itself, where the engine's sources say it otherwise.
M.own_names = [[R NEAP_INLINE NEAP_FMA NEAP_HAS_FMA NEAP_ABS NEAP_SQRT
  NEAP_REAL_BITS NEAP_LANES NEAP_ALIGNED NEAP_PARAMETER_MAX NEAP_BLOCK_LANES
  NEAP_SUM_LANES real real_bits neap_margins rows terms terms_of run add
  CLASSES PADDED]]

-- What a function can't be called in a file with these headers.
M.c_names = [[auto break case char const continue default do double else enum
  extern float for goto if inline int long main register restrict return short
  signed sizeof static struct switch typedef union unsigned void volatile while
  abs exp expf expm1 fabs fabsf fma fmaf log log1p memcpy memset pow sqrt sqrtf
  tanh NAN INFINITY NULL isnan isunordered size_t n k value gradient hessian
  logits targets columns params defaults]]

M.head = [[
/* $name.c -- $title
 *
 * Made by neap; C99, and nothing but the C library. Where the machine has fused
 * operations, build it for them (-march=native, or -mfma): its results are
 * neap's then, bit for bit. clang is faster with -fno-math-errno.
 *
 *   void $name(size_t n, const $real *logits, const $label *targets,
 *       const $real *const *columns, const double *params,
 *       $real *value, $real *gradient, $real *hessian);
 *
 * $inputs
 * columns: $columns
 * params: $params; $given
 * $outputs
 * No output may overlap what is read; NULL: not wanted.
 */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifdef __FAST_MATH__
#error "-ffast-math folds the rounding steps of exp away; build without it"
#endif

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
#define __builtin_prefetch(...) ((void)0)
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
  const real *y;  // 0 or 1 in each lane, of rows of one logit
} neap_margins;

$functions

$rows
$units
void $name(size_t n, const real *logits, const $target *targets,
    const real *const *columns, const double *params,
    real *value, real *gradient, real *hessian);

void $name(size_t n, const real *logits, const $target *targets,
    const real *const *columns, const double *params,
    real *value, real *gradient, real *hessian) {
  static const double defaults[] = {$defaults};
  const $type k = $make($chosen);
$unused$main}
]]

M.types = {
  float32 = { real = "float", unsigned = "uint32_t", bits = 32, abs = "fabsf",
    sqrt = "sqrtf", fma = "fmaf" },
  float64 = { real = "double", unsigned = "uint64_t", bits = 64, abs = "fabs",
    sqrt = "sqrt", fma = "fma" },
}

-- The sum of terms, whatever its rows are.
local sum_head = [[
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
static void add(double *restrict to, double factor, const real *restrict from,
    size_t count) {
  for (size_t i = 0; i < count && factor != 0; i++)
    to[i] += factor * (double)from[i];
}

]]

-- ----------------------------------------------------- rows of a single logit

M.single = {}

M.single.rows = [[
/* What the rows of a block read and write. */
typedef struct rows {
  const real *x, *y;
  const real *columns[$column_count];
  real *value, *gradient, *hessian;
} rows;
]]

M.single.outputs = "value, gradient, hessian: out [n], by the logit."

M.single.sum = sum_head .. [[
/* The sum of all terms, in double. */
static void run(const rows *r, const terms *k, neap_order order) {
  const size_t n = NEAP_BLOCK_LANES;
  real value[NEAP_BLOCK_LANES], gradient[NEAP_BLOCK_LANES];
  real hessian[NEAP_BLOCK_LANES] = {0};
  double v[NEAP_BLOCK_LANES] = {0}, g[NEAP_BLOCK_LANES] = {0};
  double h[NEAP_BLOCK_LANES] = {0};
  rows t = *r;
  t.value = value;
  t.gradient = gradient;
  t.hessian = hessian;
$runs
  for (size_t i = 0; i < n; i++) {
    r->value[i] = (real)v[i];
    r->gradient[i] = (real)g[i];
    r->hessian[i] = (real)($second);
  }
}
]]

M.single.term = [[
$pick  $prefix_run(&t, &k->term$t, order);
  add(v, $factor, value, n);
  add(g, $factor, gradient, n);
  add(h, $factor, hessian, n);]]

M.single.main = [[
  const neap_order order = hessian != NULL ? NEAP_SECOND : NEAP_FIRST;
  real x[NEAP_BLOCK_LANES] = {0}, y[NEAP_BLOCK_LANES] = {0};
  real c[$column_count][NEAP_BLOCK_LANES] = {{0}};
  real v[NEAP_BLOCK_LANES], g[NEAP_BLOCK_LANES], h[NEAP_BLOCK_LANES] = {0};
  size_t row = 0;
  (void)c;
  for (; row + NEAP_BLOCK_LANES <= n; row += NEAP_BLOCK_LANES) {
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
]]

M.whole_columns = [[
    for (size_t j = 0; j < %d; j++)
      r.columns[j] = columns[j] + row;
]]

M.last_columns = [[
    for (size_t j = 0; j < %d; j++) {
      memcpy(c[j], columns[j] + row, bytes);
      r.columns[j] = c[j];
    }
]]

-- ------------------------------------------------------ rows of many classes

M.classes = {}

M.classes.rows = [[
enum { CLASSES = $classes, PADDED = $padded };

/* What rows read and write. */
typedef struct rows {
  const real *x;
  const $target *y;
  real *value, *gradient, *hessian;
} rows;
]]

M.classes.outputs = "value: out [n]; gradient, hessian: out [n][$classes], by "
  .. "the logits."

M.classes.sum = sum_head .. [[
/* The sum of all terms of a few rows, in double. */
static void run_few(const rows *r, size_t count, const terms *k) {
  const size_t all = count * CLASSES;
  real value[NEAP_SUM_LANES], gradient[NEAP_SUM_LANES * CLASSES];
  real hessian[NEAP_SUM_LANES * CLASSES] = {0};
  double v[NEAP_SUM_LANES] = {0}, g[NEAP_SUM_LANES * CLASSES] = {0};
  double h[NEAP_SUM_LANES * CLASSES] = {0};
  const rows t = {r->x, r->y, value, gradient,
      r->hessian != NULL ? hessian : NULL};
$runs
  for (size_t i = 0; i < count && r->value != NULL; i++)
    r->value[i] = (real)v[i];
  for (size_t i = 0; i < all && r->gradient != NULL; i++)
    r->gradient[i] = (real)g[i];
  for (size_t i = 0; i < all && r->hessian != NULL; i++)
    r->hessian[i] = (real)($second);
}

static void run(const rows *r, size_t count, const terms *k) {
  for (size_t row = 0; row < count; row += NEAP_SUM_LANES) {
    const size_t left = count - row, at = row * CLASSES;
    const rows few = {r->x + at, r->y + $target_row,
        r->value != NULL ? r->value + row : NULL,
        r->gradient != NULL ? r->gradient + at : NULL,
        r->hessian != NULL ? r->hessian + at : NULL};
    run_few(&few, left < NEAP_SUM_LANES ? left : NEAP_SUM_LANES, k);
  }
}
]]

M.classes.term = [[
  $prefix_run(&t, count, &k->term$t);
  add(v, $factor, value, count);
  add(g, $factor, gradient, all);
  add(h, $factor, hessian, all);]]

M.classes.main = [[
  const rows r = {logits, targets, value, gradient, hessian};
  $run(&r, n, &k);
]]

return M
