// loss/huber.c -- squares of small errors, absolute values of large ones.
#include "loss/margin.h"

// With r = x - y, a = |r| and b = min(a, delta):
//   f = b (a - b / 2),   f' = sign(r) b,   f'' = 1 where a <= delta, else 0
static void run_rows(const neap_loss_call *call, size_t label, real delta,
                     double *total) {
  const neap_second want = second_for(&call->options);
  const real *x = call->logits, *y = call->targets, *w = call->weights;
  const ptrdiff_t start = (ptrdiff_t)label * call->class_stride;
  const ptrdiff_t step = call->row_stride;
  const ptrdiff_t target_step = call->classes > 1 ? step : 1;
  const double *ignored = call->options.ignore_index;
  real *value = call->value, *gradient = call->gradient;
  real *hessian = call->hessian;
  for (size_t i = 0; i < call->rows; i++) {
    const ptrdiff_t at = start + (ptrdiff_t)i * step;
    const real target = y[start + (ptrdiff_t)i * target_step];
    const int off = ignored != NULL && target == (real)*ignored;
    const real weight = off ? R(0) : w != NULL ? w[i] : R(1);
    const real r = x[at] - target, a = NEAP_ABS(r);
    const real b = delta < a ? delta : a;  // this order lets a NaN through
    const real f = weight == R(0) ? R(0) : weight * (b * (a - R(0.5) * b));
    const real slope = r < R(0) ? -b : b;
    const real bend = second_of(a <= delta ? R(1) : R(0), R(0), want);
    total[i % NEAP_SUM_LANES] += (double)f;
    if (value != NULL)
      value[at] = f;
    if (gradient != NULL)
      gradient[at] = weight == R(0) ? R(0) : weight * slope;
    if (hessian != NULL)
      hessian[at] = weight == R(0) ? R(0) : weight * bend;
  }
}

static void evaluate(const neap_loss *loss, const neap_loss_call *call) {
  const size_t labels = call->classes > 1 ? call->classes : 1;
  double total[NEAP_SUM_LANES] = {0};
  (void)loss;
  for (size_t j = 0; j < labels; j++)
    run_rows(call, j, (real)call->options.params[0], total);
  if (call->sum != NULL)
    *call->sum = sum_of_lanes(total);
}

const neap_loss_form NEAP_NAME(neap_loss_huber) = {
    .name = "huber",
    .formula =
        "r^2 / 2 for |r| <= delta, else delta (|r| - delta / 2), r = x - y",
    .source = "Huber 1964, Ann. Math. Stat. 35(1), p. 73",
    .kind = NEAP_REAL,
    .domain = NEAP_LINE,
    .parameters = {{"delta", 1, 0, 1e9, .meaning = "where squares end",
                    .open = 1}},
    .evaluate = evaluate,
};
