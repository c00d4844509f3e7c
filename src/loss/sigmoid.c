// loss/sigmoid.c -- margin losses on binary logits.
#include "loss/margin.h"

// A block of rows on its way through a loss. The work is done in short loops,
// each over the whole block: several of their iterations are in flight at
// once where one long loop would wait for its own results.
typedef struct block {
  _Alignas(NEAP_ALIGNMENT) real e[NEAP_BLOCK_LANES];  // exp(-|x|)
  neap_margins m;
  real value_buffer[NEAP_BLOCK_LANES], gradient_buffer[NEAP_BLOCK_LANES];
  real hessian_buffer[NEAP_BLOCK_LANES];
  // Where the results go: into the call's arrays, or into the buffers above.
  real *value, *gradient, *hessian;
} block;

static const real ones[NEAP_BLOCK_LANES] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const real zeros[NEAP_BLOCK_LANES];

static void find_exponentials(const real *x, real *e) {
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++)
    e[i] = exp_of_minus_abs(x[i]);
}

// The margins of x for y = 1 and of -x for y = 0.
static void find_margins(const real *x, const real *y, const real *e,
                         neap_margins *m) {
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const int positive = (x[i] > R(0)) == (y[i] != R(0));
    const real a = NEAP_ABS(x[i]), l1 = log1p_unit(e[i]);
    const real r = R(1) / (R(1) + e[i]), er = e[i] * r;
    m->l[i] = (positive ? R(0) : a) + l1;
    m->p[i] = positive ? r : er;
    m->q[i] = positive ? er : r;
    m->high[i] = positive ? a : R(0);
    m->low[i] = l1;
  }
}

// The constant length of the inner loop lets every store be a whole vector,
// aligned or not.
static void finish(const real *y, const neap_constants *c, neap_order order,
                   block *b) {
  const real weight0 = c->weight0, weight1 = c->weight1;
  for (int start = 0; start < NEAP_BLOCK_LANES; start += NEAP_SUM_LANES) {
    const real *value = b->m.value + start, *first = b->m.first + start;
    const real *second = b->m.second + start, *target = y + start;
    real *to_value = b->value + start, *to_gradient = b->gradient + start;
    NEAP_LANES
    for (int i = 0; i < NEAP_SUM_LANES; i++) {
      const int yes = target[i] != R(0);
      to_value[i] = (yes ? weight1 : weight0) * value[i];
      to_gradient[i] = (yes ? weight1 : -weight0) * first[i];
    }
    if (order != NEAP_SECOND)
      continue;
    real *to_hessian = b->hessian + start;
    NEAP_LANES
    for (int i = 0; i < NEAP_SUM_LANES; i++) {
      to_hessian[i] = (target[i] != R(0) ? weight1 : weight0) * second[i];
    }
  }
}

// y is 0 or 1 in every lane.
static void run_hard(const real *x, const real *y, const neap_margin_loss *loss,
                     const neap_constants *c, neap_order order, block *b) {
  find_exponentials(x, b->e);
  find_margins(x, y, b->e, &b->m);
  loss->curve(&b->m, NEAP_BLOCK_LANES, order, c);
  finish(y, c, order, b);
}

// y w_1 f(x) + (1 - y) w_0 f(-x), for losses without a soft form of their own.
static void run_expected(const real *x, const real *y,
                         const neap_margin_loss *loss, const neap_constants *c,
                         block *b) {
  neap_margins other;
  find_margins(x, zeros, b->e, &other);
  loss->curve(&b->m, NEAP_BLOCK_LANES, NEAP_SECOND, c);
  loss->curve(&other, NEAP_BLOCK_LANES, NEAP_SECOND, c);
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real yes = c->weight1 * y[i], no = c->weight0 * (R(1) - y[i]);
    b->m.value[i] = yes * b->m.value[i] + no * other.value[i];
    b->m.first[i] = yes * b->m.first[i] - no * other.first[i];
    b->m.second[i] = yes * b->m.second[i] + no * other.second[i];
  }
}

// Overwrites the lanes with soft targets; the others keep their bits.
static void run_soft(const real *x, const real *y, const neap_margin_loss *loss,
                     const neap_constants *c, block *b) {
  find_margins(x, ones, b->e, &b->m);
  if (loss->soft != NULL) {
    loss->soft(&b->m, y, NEAP_BLOCK_LANES, c);
  } else {
    run_expected(x, y, loss, c, b);
  }
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const int hard = y[i] == R(0) || y[i] == R(1);
    b->value[i] = hard ? b->value[i] : b->m.value[i];
    b->gradient[i] = hard ? b->gradient[i] : b->m.first[i];
    b->hessian[i] = hard ? b->hessian[i] : b->m.second[i];
  }
}

// Whether y (1 - y) is anything but 0 in some row.
static int has_soft_targets(const real *y, size_t count) {
  real sum[NEAP_SUM_LANES] = {0}, rest = R(0);
  size_t i = 0;
  for (; i + NEAP_SUM_LANES <= count; i += NEAP_SUM_LANES) {
    NEAP_LANES
    for (int lane = 0; lane < NEAP_SUM_LANES; lane++) {
      sum[lane] += y[i + (size_t)lane] * (R(1) - y[i + (size_t)lane]);
    }
  }
  for (; i < count; i++)
    rest += y[i] * (R(1) - y[i]);
  for (int lane = 0; lane < NEAP_SUM_LANES; lane++)
    rest += sum[lane];
  return rest != R(0);
}

// A whole block of dense rows with hard labels and without weights, straight
// from and to the call's arrays.
static void run_plain(const neap_loss_call *call, size_t row,
                      const neap_margin_loss *loss, const neap_constants *c,
                      block *b) {
  const real *x = (const real *)call->logits + row;
  const real *y = (const real *)call->targets + row;
  real *value = call->value, *gradient = call->gradient;
  real *hessian = call->hessian;
  b->value = value != NULL ? value + row : b->value_buffer;
  b->gradient = gradient != NULL ? gradient + row : b->gradient_buffer;
  b->hessian = hessian != NULL ? hessian + row : NULL;
  run_hard(x, y, loss, c, hessian != NULL ? NEAP_SECOND : NEAP_FIRST, b);
}

static void store_strided(void *output, ptrdiff_t stride, size_t row,
                          size_t count, const real *from) {
  real *to = output;
  if (to == NULL)
    return;
  for (size_t i = 0; i < count; i++) {
    to[(ptrdiff_t)(row + i) * stride] = from[i];
  }
}

// Any rows: strided, weighted, soft or too few to fill a block. What fills
// it up has x = 0, y = 0 and weight 0.
static void run_any(const neap_loss_call *call, size_t row, size_t count,
                    const neap_margin_loss *loss, const neap_constants *c,
                    block *b) {
  const real *logits = call->logits, *targets = call->targets;
  const real *weights = call->weights;
  real x[NEAP_BLOCK_LANES] = {0}, y[NEAP_BLOCK_LANES] = {0};
  real w[NEAP_BLOCK_LANES] = {0};
  for (size_t i = 0; i < count; i++) {
    x[i] = logits[(ptrdiff_t)(row + i) * call->row_stride];
    y[i] = targets[row + i];
    w[i] = weights != NULL ? weights[row + i] : R(1);
  }
  b->value = b->value_buffer;
  b->gradient = b->gradient_buffer;
  b->hessian = b->hessian_buffer;
  run_hard(x, y, loss, c, NEAP_SECOND, b);
  if (has_soft_targets(y, count))
    run_soft(x, y, loss, c, b);
  // A row that weighs nothing counts nothing, even where its loss is infinite.
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    b->value[i] = w[i] == R(0) ? R(0) : w[i] * b->value[i];
    b->gradient[i] = w[i] == R(0) ? R(0) : w[i] * b->gradient[i];
    b->hessian[i] = w[i] == R(0) ? R(0) : w[i] * b->hessian[i];
  }
  store_strided(call->value, 1, row, count, b->value);
  store_strided(call->gradient, call->row_stride, row, count, b->gradient);
  store_strided(call->hessian, call->row_stride, row, count, b->hessian);
}

// Class weights stand beside what the loss put there itself.
static void add_class_weights(const double *weights, neap_constants *c) {
  if (weights == NULL)
    return;
  c->weight0 *= (real)weights[0];
  c->weight1 *= (real)weights[1];
}

void NEAP_NAME(neap_run_sigmoid)(const neap_loss_call *call,
                                 const neap_margin_loss *loss,
                                 neap_constants *c) {
  enum { STRIP = 16 * NEAP_BLOCK_LANES };  // looked through at once
  block b;
  double total[NEAP_SUM_LANES] = {0};
  int plain = 0;
  add_class_weights(call->class_weights, c);
  for (size_t row = 0; row < call->rows; row += NEAP_BLOCK_LANES) {
    const size_t left = call->rows - row;
    if (row % STRIP == 0) {
      const real *y = (const real *)call->targets + row;
      plain = call->row_stride == 1 && call->weights == NULL &&
              !has_soft_targets(y, left < STRIP ? left : STRIP);
    }
    if (plain && left >= NEAP_BLOCK_LANES) {
      run_plain(call, row, loss, c, &b);
    } else {
      const size_t count = left < NEAP_BLOCK_LANES ? left : NEAP_BLOCK_LANES;
      run_any(call, row, count, loss, c, &b);
    }
    add_block(b.value, total);
  }
  if (call->sum != NULL)
    *call->sum = sum_of_lanes(total);
}
