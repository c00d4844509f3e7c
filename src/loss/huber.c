// loss/huber.c -- squares of small errors, absolute values of large ones.
#include "loss/margin.h"

// What acts on the rows of one label.
typedef struct column {
  const neap_loss_call *call;
  real delta;
  neap_second want;
  ptrdiff_t start, step, target_step;
} column;

// With r = x - y, a = |r| and b = min(a, delta):
//   f = b (a - b / 2),   f' = sign(r) b,   f'' = 1 where a <= delta, else 0
NEAP_INLINE neap_curve curve(real x, real y, real delta) {
  const real r = x - y, a = NEAP_ABS(r);
  const real b = delta < a ? delta : a;  // this order lets a NaN through
  return (neap_curve){.value = b * (a - R(0.5) * b),
                      .first = r < R(0) ? -b : b,
                      .plus = a <= delta ? R(1) : R(0)};
}

// A block of dense rows that all weigh 1. The constant length of the inner
// loop lets every store be a whole vector.
static void run_block(const column *k, size_t row, double *total) {
  const neap_loss_call *call = k->call;
  const real *x = (const real *)call->logits + row;
  const real *y = (const real *)call->targets + row;
  real value[NEAP_BLOCK_LANES], unread[NEAP_BLOCK_LANES];
  real *gradient =
      call->gradient != NULL ? (real *)call->gradient + row : unread;
  const real delta = k->delta;
  if (call->hessian != NULL) {
    real *hessian = (real *)call->hessian + row;
    NEAP_LANES
    for (int i = 0; i < NEAP_BLOCK_LANES; i++)
      hessian[i] = second_of(curve(x[i], y[i], delta).plus, R(0), k->want);
  }
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const neap_curve f = curve(x[i], y[i], delta);
    value[i] = f.value;
    gradient[i] = f.first;
  }
  if (call->value != NULL)
    memcpy((real *)call->value + row, value, sizeof value);
  add_block(value, total);
}

// Rows from `row` on, any of them.
static void run_rows(const column *k, size_t row, double *total) {
  const neap_loss_call *call = k->call;
  const real *x = call->logits, *y = call->targets, *w = call->weights;
  const double *ignored = call->options.ignore_index;
  real *value = call->value, *gradient = call->gradient;
  real *hessian = call->hessian;
  for (size_t i = row; i < call->rows; i++) {
    const ptrdiff_t at = k->start + (ptrdiff_t)i * k->step;
    const real target = y[k->start + (ptrdiff_t)i * k->target_step];
    const int off = ignored != NULL && target == (real)*ignored;
    const real weight = off ? R(0) : w != NULL ? w[i] : R(1);
    const neap_curve f = curve(x[at], target, k->delta);
    const real cost = weight == R(0) ? R(0) : weight * f.value;
    const real bend = second_of(f.plus, R(0), k->want);
    total[i % NEAP_SUM_LANES] += (double)cost;
    if (value != NULL)
      value[at] = cost;
    if (gradient != NULL)
      gradient[at] = weight == R(0) ? R(0) : weight * f.first;
    if (hessian != NULL)
      hessian[at] = weight == R(0) ? R(0) : weight * bend;
  }
}

static void evaluate(const neap_loss *loss, const neap_loss_call *call) {
  const size_t labels = call->classes > 1 ? call->classes : 1;
  const int is_plain = labels == 1 && call->row_stride == 1 &&
                       call->weights == NULL &&
                       call->options.ignore_index == NULL;
  double total[NEAP_SUM_LANES] = {0};
  column k = {.call = call,
              .delta = (real)call->options.params[0],
              .want = second_for(&call->options),
              .step = call->row_stride,
              .target_step = labels > 1 ? call->row_stride : 1};
  (void)loss;
  for (size_t j = 0; j < labels; j++) {
    size_t row = 0;
    k.start = (ptrdiff_t)j * call->class_stride;
    for (; is_plain && row + NEAP_BLOCK_LANES <= call->rows;
         row += NEAP_BLOCK_LANES)
      run_block(&k, row, total);
    run_rows(&k, row, total);
  }
  if (call->sum != NULL)
    *call->sum = sum_of_lanes(total);
}

static const neap_parameter parameter_rows[] = {
    {"delta", 1, 0, 1e9, .meaning = "where squares end", .open = 1}, {0}};

const neap_loss_form NEAP_NAME(neap_loss_huber) = {
    .name = "huber",
    .formula =
        "r^2 / 2 for |r| <= delta, else delta (|r| - delta / 2), r = x - y",
    .source = "Huber 1964, Ann. Math. Stat. 35(1), p. 73",
    .kind = NEAP_REAL,
    .domain = NEAP_LINE,
    .parameters = parameter_rows,
    .evaluate = evaluate,
};
