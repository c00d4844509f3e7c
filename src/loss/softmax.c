// loss/softmax.c -- the softmax lift: margin losses on rows of k logits.
//
// A block of rows is turned so that its lanes run along the rows, and each
// class is one line: everything is then the same for every row, in an order
// that depends on k alone. With r_j = p_j / (1 - p_t), a hard label t gives
//   f(x_t),   df/dz_t = f',   df/dz_j = -f' r_j,
//   d2f/dz_t2 = f'',   d2f/dz_j2 = f'' r_j^2 - f' r_j (1 - r_j),
// and soft labels y give sum_k y_k f(x_k). The largest logit stands apart and
// 1 - p is summed from the other classes, so nothing cancels.
#include "loss/margin.h"

enum { ROWS = NEAP_SUM_LANES, LINES = 6 };

typedef real line[ROWS];

// What one pass over the classes finds for each row of a block.
typedef struct block {
  // Six lines a class, in the call's scratch.
  line *z;  // logits
  line *e;  // exp(z_j - second); 0 for the class `top`
  line *y;  // soft targets; then as run_soft_rows says
  line *u;  // as run_soft_rows says
  line *gradient, *hessian;
  line first, second;  // the largest logit and the next
  line gap, gap_low;   // their distance, and its rounding
  line rest;           // sum of e: between 1 and k - 1
  line scale;          // exp(-gap) turns e into exp(z_j - first)
  line tail;           // scale * rest: the others against `first`
  line total;          // 1 + tail
  line l1;             // log(1 + tail)
  line top_share;      // what r_j is for the class `top`, see run_hard_rows
  line value;
  neap_margins m;
  int32_t top[ROWS];    // the class of the largest logit
  int32_t label[ROWS];  // -1: soft
} block;

// a - b, and in *lost what its rounding lost (0 where a or b is infinite).
NEAP_INLINE real difference(real a, real b, real *lost) {
  const real d = a - b, back = d + b;
  const real error = (a - back) - (b - (back - d));
  *lost = error == error ? error : R(0);
  return d;
}

NEAP_INLINE real exp_difference(real a, real b) {
  real lost;
  const real e = neap_exp(difference(a, b, &lost));
  return NEAP_FMA(e, lost, e);
}

// ------------------------------------------------------------- the logits

static void load_rows(const neap_loss_call *call, size_t row, size_t count,
                      block *b) {
  const real *z = call->logits, *y = call->targets;
  const ptrdiff_t rows = call->row_stride, step = call->class_stride;
  const int soft = call->target_dtype != NEAP_INT32;
  for (size_t j = 0; j < call->classes; j++) {
    for (size_t i = 0; i < ROWS; i++) {
      const ptrdiff_t at = (ptrdiff_t)(row + i) * rows + (ptrdiff_t)j * step;
      b->z[j][i] = i < count ? z[at] : R(0);
      if (soft)
        b->y[j][i] = i < count ? y[at] : R(0);
    }
  }
}

static void load_labels(const int32_t *labels, size_t row, size_t count,
                        block *b) {
  for (size_t i = 0; i < ROWS; i++) {
    b->label[i] = i < count ? labels[row + i] : 0;
  }
}

// A row of probabilities that is 1 for one class and 0 for all others is a
// hard label, and takes the same path. Returns whether any row is soft.
static int find_labels(size_t classes, size_t count, block *b) {
  enum { NONE = -1, MIXED = -2 };
  int any_soft = 0;
  for (size_t i = 0; i < ROWS; i++) {
    int32_t label = i < count ? NONE : 0;
    for (size_t j = 0; i < count && j < classes && label != MIXED; j++) {
      if (b->y[j][i] == R(0))
        continue;
      label = b->y[j][i] == R(1) && label == NONE ? (int32_t)j : MIXED;
    }
    b->label[i] = label >= 0 ? label : -1;
    any_soft |= label < 0;
  }
  return any_soft;
}

static void find_largest(block *b, int32_t classes) {
  for (int i = 0; i < ROWS; i++) {
    b->first[i] = b->z[0][i];
    b->second[i] = -R(INFINITY);
    b->top[i] = 0;
  }
  for (int32_t j = 1; j < classes; j++) {
    const real *logits = b->z[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real z = logits[i], old = b->first[i];
      const int larger = z > old;
      const real loser = larger ? old : z;
      b->first[i] = larger ? z : old;
      b->top[i] = larger ? j : b->top[i];
      b->second[i] = loser > b->second[i] ? loser : b->second[i];
    }
  }
  // Where all others are impossible (-inf), any finite level will do.
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    const real level = (b->first[i] < R(0) ? b->first[i] : R(0)) - R(1e30);
    b->second[i] = b->second[i] == -R(INFINITY) ? level : b->second[i];
  }
}

static void sum_others(block *b, int32_t classes) {
  memset(b->rest, 0, sizeof b->rest);
  for (int32_t j = 0; j < classes; j++) {
    const real *z = b->z[j];
    real *e = b->e[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real power = exp_difference(z[i], b->second[i]);
      // A NaN stays, so that it reaches every output of its row.
      e[i] = b->top[i] == j && z[i] == z[i] ? R(0) : power;
      b->rest[i] += e[i];
    }
  }
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    b->gap[i] = difference(b->first[i], b->second[i], &b->gap_low[i]);
    b->scale[i] = exp_difference(b->second[i], b->first[i]);
    b->tail[i] = b->scale[i] * b->rest[i];
    b->total[i] = R(1) + b->tail[i];
    b->l1[i] = neap_log1p(b->tail[i]);
  }
}

// Runs the loss on the margin of one class in each row, whose logits are z
// and weights e. Either it is the row's largest, or its 1 - p is at least 1/2.
static void run_margins(const line z, const line e, const int32_t *class,
                        const neap_margin_loss *loss, const neap_constants *c,
                        block *b) {
  neap_margins *m = &b->m;
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    const int is_top = b->top[i] == class[i];
    const real mine = b->scale[i] * e[i];
    const real others = is_top ? b->tail[i] : b->total[i] - mine;
    const real low_top = (b->l1[i] - neap_log(b->rest[i])) + b->gap_low[i];
    const real low_other = neap_log1p(mine / (b->total[i] - mine));
    m->l[i] = (is_top ? R(0) : b->first[i] - z[i]) + b->l1[i];
    m->p[i] = (is_top ? R(1) : mine) / b->total[i];
    m->q[i] = others / b->total[i];
    m->high[i] = is_top ? b->gap[i] : R(0);
    m->low[i] = is_top ? low_top : low_other;
  }
  loss->curve(m, ROWS, NEAP_SECOND, c);
}

// ------------------------------------------------------------- hard labels

// Picks the logit, weight and class weight of each row's label.
static void pick_label(const block *b, int32_t classes,
                       const real *class_weights, line z, line e, line weight) {
  for (int i = 0; i < ROWS; i++)
    z[i] = e[i] = weight[i] = R(0);
  for (int32_t j = 0; j < classes; j++) {
    const real w = class_weights != NULL ? class_weights[j] : R(1);
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int mine = b->label[i] == j;
      z[i] = mine ? b->z[j][i] : z[i];
      e[i] = mine ? b->e[j][i] : e[i];
      weight[i] = mine ? w : weight[i];
    }
  }
}

// Rows with soft labels keep what they have.
static void run_hard_rows(block *b, int32_t classes, const real *class_weights,
                          const neap_margin_loss *loss,
                          const neap_constants *c) {
  line z, e, weight, first, second, scale;
  pick_label(b, classes, class_weights, z, e, weight);
  run_margins(z, e, b->label, loss, c, b);
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    // r_j is e_j / rest where the label is on top, and otherwise
    // exp(z_j - first) over the sum of all but the label.
    const int is_top = b->label[i] == b->top[i];
    const real others = b->total[i] - b->scale[i] * e[i];
    const real sum = is_top ? b->rest[i] : others;
    b->top_share[i] = R(1) / (sum > R(0) ? sum : R(1));
    scale[i] = (is_top ? R(1) : b->scale[i]) * b->top_share[i];
    b->value[i] = b->label[i] < 0 ? b->value[i] : weight[i] * b->m.value[i];
    first[i] = weight[i] * b->m.first[i];
    second[i] = weight[i] * b->m.second[i];
  }
  for (int32_t j = 0; j < classes; j++) {
    const real *weights = b->e[j];
    real *gradient = b->gradient[j], *hessian = b->hessian[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real r = b->top[i] == j ? b->top_share[i] : scale[i] * weights[i];
      const int mine = b->label[i] == j, soft = b->label[i] < 0;
      const real g = mine ? first[i] : -first[i] * r;
      const real h = r * (second[i] * r - first[i] * (R(1) - r));
      gradient[i] = soft ? gradient[i] : g;
      hessian[i] = soft ? hessian[i] : mine ? second[i] : h;
    }
  }
}

// ------------------------------------------------------------- soft labels

// With a_k = y_k f'(x_k), s_k = y_k f''(x_k) and q_k = 1 - p_k:
//   df/dz_j = a_j - p_j sum over k != j of a_k / q_k,
//   d2f/dz_j2 = s_j - p_j sum of a_k / q_k + p_j^2 sum of (s_k + a_k) / q_k^2,
// the sums again over k != j. The line y becomes a / q, and u the last sum's
// terms.
static void run_soft_rows(block *b, int32_t classes, const real *class_weights,
                          const neap_margin_loss *loss,
                          const neap_constants *c) {
  line sum_a = {0}, sum_u = {0};
  memset(b->value, 0, sizeof b->value);
  for (int32_t j = 0; j < classes; j++) {
    const real w = class_weights != NULL ? class_weights[j] : R(1);
    int32_t class[ROWS];
    for (int i = 0; i < ROWS; i++)
      class[i] = j;
    run_margins(b->z[j], b->e[j], class, loss, c, b);
    real *y = b->y[j], *u = b->u[j];
    real *gradient = b->gradient[j], *hessian = b->hessian[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real share = w * y[i], q = b->m.q[i];
      const int off = share == R(0);  // 0 times an infinite loss is 0
      const real a = off ? R(0) : share * b->m.first[i];
      const real s = off ? R(0) : share * b->m.second[i];
      const real inverse = q == R(0) ? R(0) : R(1) / q;
      b->value[i] += off ? R(0) : share * b->m.value[i];
      gradient[i] = a;
      hessian[i] = s;
      y[i] = a * inverse;
      u[i] = (s + a) * inverse * inverse;
      sum_a[i] += y[i];
      sum_u[i] += u[i];
    }
  }
  for (int32_t j = 0; j < classes; j++) {
    const real *e = b->e[j], *y = b->y[j], *u = b->u[j];
    real *gradient = b->gradient[j], *hessian = b->hessian[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real p = (b->top[i] == j ? R(1) : b->scale[i] * e[i]) / b->total[i];
      const real others = p * (sum_a[i] - y[i]);
      gradient[i] -= others;
      hessian[i] += p * p * (sum_u[i] - u[i]) - others;
    }
  }
}

// -------------------------------------------------------------- all of it

static void store_rows(const neap_loss_call *call, size_t row, size_t count,
                       const block *b, double *total) {
  const real *weights = call->weights;
  real *value = call->value, *gradient = call->gradient;
  real *hessian = call->hessian;
  for (size_t i = 0; i < count; i++) {
    const real w = weights != NULL ? weights[row + i] : R(1);
    // A row that weighs nothing counts nothing, even if its loss is infinite.
    const int off = w == R(0);
    const real weighted = off ? R(0) : w * b->value[i];
    total[i] += (double)weighted;
    if (value != NULL)
      value[row + i] = weighted;
    for (size_t j = 0; j < call->classes; j++) {
      const ptrdiff_t at = (ptrdiff_t)(row + i) * call->row_stride +
                           (ptrdiff_t)j * call->class_stride;
      if (gradient != NULL)
        gradient[at] = off ? R(0) : w * b->gradient[j][i];
      if (hessian != NULL)
        hessian[at] = off ? R(0) : w * b->hessian[j][i];
    }
  }
}

// The class weights stand in the scratch behind the lines.
static const real *load_class_weights(const neap_loss_call *call) {
  real *weights = (real *)((line *)call->scratch + LINES * call->classes);
  if (call->class_weights == NULL)
    return NULL;
  for (size_t j = 0; j < call->classes; j++) {
    weights[j] = (real)call->class_weights[j];
  }
  return weights;
}

void NEAP_NAME(neap_run_softmax)(const neap_loss_call *call,
                                 const neap_margin_loss *loss,
                                 const neap_constants *c) {
  const size_t k = call->classes;
  const int32_t classes = (int32_t)k;
  const real *weights = load_class_weights(call);
  line *lines = call->scratch;
  block b = {.z = lines,
             .e = lines + k,
             .y = lines + 2 * k,
             .u = lines + 3 * k,
             .gradient = lines + 4 * k,
             .hessian = lines + 5 * k};
  double total[NEAP_SUM_LANES] = {0};
  for (size_t row = 0; row < call->rows; row += ROWS) {
    const size_t left = call->rows - row, count = left < ROWS ? left : ROWS;
    int soft = 0;
    load_rows(call, row, count, &b);
    if (call->target_dtype == NEAP_INT32) {
      load_labels(call->targets, row, count, &b);
    } else {
      soft = find_labels(k, count, &b);
    }
    find_largest(&b, classes);
    sum_others(&b, classes);
    if (soft)
      run_soft_rows(&b, classes, weights, loss, c);
    run_hard_rows(&b, classes, weights, loss, c);
    store_rows(call, row, count, &b, total);
  }
  if (call->sum != NULL)
    *call->sum = sum_of_lanes(total);
}
