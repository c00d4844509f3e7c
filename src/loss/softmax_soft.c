// loss/softmax_soft.c -- the softmax lift of rows whose targets are
// probabilities y, by expectation: sum_k y_k f(x_k). Rows that are 1 for one
// class and 0 for all others take the hard path, and have its bits.
//
// With a_k = y_k f'(x_k), q_k = 1 - p_k and r_kj = p_j / q_k:
//   df/dz_j = a_j - sum over k != j of a_k r_kj,
//   d2f/dz_j2 = y_j f''(x_j)
//               + sum over k != j of y_k f''(x_k) r_kj^2 - a_k r_kj (1 - r_kj).
// The largest logit stands apart: its own q may be as small as numbers get,
// and so its r is formed from the other logits alone.
#include "loss/softmax.h"

enum { ROWS = NEAP_SOFT_ROWS };

// What rows share on this path.
typedef struct soft {
  size_t row, count;
  int32_t label[ROWS];  // -1: soft
  int any_soft, any_hard;
  neap_line weight;  // of the row; 0 where it is not of this path
  neap_line value;
  neap_line first, second;  // the largest logit and the next
  neap_line total;          // sum of exp(z_j - first), over e in LINE_E
  neap_line rest;           // sum of exp(z_j - second) but of the largest
  int32_t top[ROWS];        // the class of the largest
  // Of the largest: y f', and y f'' in its two parts.
  neap_line top_first, top_plus, top_minus;
} soft;

// ------------------------------------------------------------- the targets

static void load_targets(const neap_softmax *s, soft *b) {
  neap_line *y = lines_of(s, NEAP_LINE_Y);
  const int32_t *labels = s->call->targets;
  const real e = (real)s->options->label_smoothing;
  const real share = e / (real)s->classes;
  if (s->call->target_dtype != NEAP_INT32) {
    NEAP_NAME(neap_load_lines)(s, s->call->targets, b->row, b->count, y);
  } else {
    memset(y, 0, s->classes * sizeof *y);
    for (size_t i = 0; i < b->count; i++) {
      const int32_t label = labels[b->row + i];
      const double *ignored = s->options->ignore_index;
      if (ignored == NULL || label != *ignored)
        y[label][i] = R(1);
    }
  }
  if (!(e > R(0)) || s->options->smoothing == NEAP_SMOOTH_AFTER)
    return;
  for (size_t j = 0; j < s->classes; j++) {
    for (int i = 0; i < ROWS; i++)
      y[j][i] = NEAP_FMA(R(1) - e, y[j][i], share);
  }
}

static int is_ignored(const neap_softmax *s, size_t row) {
  const double *ignored = s->options->ignore_index;
  return ignored != NULL && s->call->target_dtype == NEAP_INT32 &&
         ((const int32_t *)s->call->targets)[row] == *ignored;
}

// Sorts the rows into those with one class and those with several.
static void find_labels(const neap_softmax *s, soft *b) {
  enum { NONE = -1, MIXED = -2 };
  neap_line *y = lines_of(s, NEAP_LINE_Y);
  const real *weights = s->call->weights;
  b->any_soft = b->any_hard = 0;
  for (size_t i = 0; i < ROWS; i++) {
    int32_t label = NONE;
    const int is_off = i >= b->count || is_ignored(s, b->row + i);
    for (size_t j = 0; !is_off && j < s->classes && label != MIXED; j++) {
      if (y[j][i] == R(0))
        continue;
      label = y[j][i] == R(1) && label == NONE ? (int32_t)j : MIXED;
    }
    const int is_soft = !is_off && label < 0;
    b->label[i] = label < 0 ? -1 : label;
    b->weight[i] = !is_soft          ? R(0)
                   : weights != NULL ? weights[b->row + i]
                                     : R(1);
    b->any_soft |= is_soft;
    b->any_hard |= !is_soft && i < b->count;
  }
}

// The weight of a class in a row: its probability and the class weight.
NEAP_INLINE real share_of(const neap_softmax *s, real y, size_t class) {
  return s->class_weights != NULL ? y * s->class_weights[class] : y;
}

// -------------------------------------------------------------- the logits

static void find_largest(const neap_softmax *s, neap_line *z, soft *b) {
  for (int i = 0; i < ROWS; i++) {
    b->first[i] = z[0][i];
    b->second[i] = -R(INFINITY);
    b->top[i] = 0;
  }
  for (int32_t j = 1; j < (int32_t)s->classes; j++) {
    const real *logits = z[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real now = logits[i], old = b->first[i];
      const int larger = now > old;
      const real loser = larger ? old : now;
      b->first[i] = larger ? now : old;
      b->top[i] = larger ? j : b->top[i];
      b->second[i] = loser > b->second[i] ? loser : b->second[i];
    }
  }
  for (int i = 0; i < ROWS; i++)
    b->second[i] = b->second[i] == -R(INFINITY) ? R(0) : b->second[i];
}

// e to LINE_E, relative to the largest, and to LINE_OUT, relative to the next
// and 0 for the largest; and their sums.
static void find_exponentials(const neap_softmax *s, neap_line *z, soft *b) {
  neap_line *e = lines_of(s, NEAP_LINE_E), *e2 = lines_of(s, NEAP_LINE_OUT);
  for (int32_t j = 0; j < (int32_t)s->classes; j++) {
    const real *from = z[j];
    real *to = e[j], *to2 = e2[j];
    NEAP_NAME(neap_exp_line)(from, b->first, to);
    NEAP_NAME(neap_exp_line)(from, b->second, to2);
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int is_top = b->top[i] == j && from[i] == from[i];
      to2[i] = is_top ? R(0) : to2[i];
    }
  }
  NEAP_NAME(neap_sum_lines)(s, e, b->total);
  NEAP_NAME(neap_sum_lines)(s, e2, b->rest);
}

// The margins of one class in each row.
static void find_margins(const neap_softmax *s, neap_line *z, size_t class,
                         const soft *b, neap_margins *m) {
  neap_line *e = lines_of(s, NEAP_LINE_E);
  neap_gaps g;
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    const int is_top = b->top[i] == (int32_t) class;
    const real most = is_top ? b->second[i] : b->first[i];
    g.gap[i] = difference(z[class][i], most, &g.gap_low[i]);
    g.rest[i] = is_top ? b->rest[i] : b->total[i] - e[class][i];
  }
  NEAP_NAME(neap_margins_of_gaps)(&g, m);
}

// --------------------------------------------------------- any margin loss

// First pass: the margin of every class, and what it adds to the others.
static void run_classes(const neap_softmax *s, neap_line *z, soft *b,
                        neap_line sums[3]) {
  neap_line *y = lines_of(s, NEAP_LINE_Y);
  neap_line *la = lines_of(s, NEAP_LINE_A), *lb = lines_of(s, NEAP_LINE_B);
  neap_line *lc = lines_of(s, NEAP_LINE_C);
  neap_line *first = lines_of(s, NEAP_LINE_FIRST);
  neap_line *plus = lines_of(s, NEAP_LINE_PLUS);
  neap_line *minus = lines_of(s, NEAP_LINE_MINUS);
  memset(sums, 0, 3 * sizeof *sums);
  for (size_t j = 0; j < s->classes; j++) {
    neap_margins m;
    find_margins(s, z, j, b, &m);
    s->loss->curve(&m, ROWS, NEAP_SECOND, &s->c);
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real share = share_of(s, y[j][i], j), inverse = R(1) / m.q[i];
      const int is_top = b->top[i] == (int32_t)j;
      // 0 times an infinite loss is 0.
      const real a = weighted(share, -m.first[i]);
      const real up = weighted(share, m.plus[i]);
      const real down = weighted(share, m.minus[i]);
      const real over = a * inverse;
      b->value[i] += weighted(share, m.value[i]);
      first[j][i] = -a;
      plus[j][i] = up;
      minus[j][i] = down;
      la[j][i] = is_top ? R(0) : over;
      lb[j][i] = is_top ? R(0) : (up * inverse - over) * inverse;
      lc[j][i] = is_top ? R(0) : down * inverse * inverse;
    }
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int is_top = b->top[i] == (int32_t)j;
      sums[0][i] += la[j][i];
      sums[1][i] += lb[j][i];
      sums[2][i] += lc[j][i];
      b->top_first[i] = is_top ? -first[j][i] : b->top_first[i];
      b->top_plus[i] = is_top ? plus[j][i] : b->top_plus[i];
      b->top_minus[i] = is_top ? minus[j][i] : b->top_minus[i];
    }
  }
}

// Second pass: what each class gets from the others. Gradients end in
// LINE_FIRST and Hessians in LINE_PLUS.
static void join_classes(const neap_softmax *s, const soft *b,
                         neap_line sums[3]) {
  neap_line *e = lines_of(s, NEAP_LINE_E);
  neap_line *e2 = lines_of(s, NEAP_LINE_OUT);
  neap_line *la = lines_of(s, NEAP_LINE_A), *lb = lines_of(s, NEAP_LINE_B);
  neap_line *lc = lines_of(s, NEAP_LINE_C);
  neap_line *first = lines_of(s, NEAP_LINE_FIRST);
  neap_line *plus = lines_of(s, NEAP_LINE_PLUS);
  neap_line *minus = lines_of(s, NEAP_LINE_MINUS);
  const neap_second to = second_for(s->options);
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int is_top = b->top[i] == (int32_t)j;
      const real p = e[j][i] / b->total[i];
      const real rest = b->rest[i] == R(0) ? R(1) : b->rest[i];
      const real r = is_top ? R(0) : e2[j][i] / rest;
      const real left = is_top ? R(0) : (rest - e2[j][i]) / rest;
      const real slope = p * (sums[0][i] - la[j][i]) + r * b->top_first[i];
      const real up = p * (sums[0][i] - la[j][i]) +
                      p * p * (sums[1][i] - lb[j][i]) +
                      r * (b->top_plus[i] * r + b->top_first[i] * left);
      const real down =
          p * p * (sums[2][i] - lc[j][i]) + r * r * b->top_minus[i];
      first[j][i] += slope;
      plus[j][i] = second_of(plus[j][i] + up, minus[j][i] + down, to);
    }
  }
}

// Cross-entropy needs no margins: with S = sum y, l_k = first - z_k + log sum,
//   f = sum y_k l_k,   df/dz_j = S p_j - y_j,   d2f/dz_j2 = S p_j (1 - p_j).
// The largest logit's 1 stays out of the sum, which may be far below it.
static void run_cross_entropy(const neap_softmax *s, neap_line *z, soft *b) {
  neap_line *e = lines_of(s, NEAP_LINE_E);
  neap_line *y = lines_of(s, NEAP_LINE_Y);
  neap_line *first = lines_of(s, NEAP_LINE_FIRST);
  neap_line *plus = lines_of(s, NEAP_LINE_PLUS);
  const neap_second to = second_for(s->options);
  neap_line sum = {0}, others, l1;
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_NAME(neap_exp_line)(z[j], b->first, e[j]);
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int is_top = b->top[i] == (int32_t)j && z[j][i] == z[j][i];
      e[j][i] = is_top ? R(0) : e[j][i];
    }
  }
  NEAP_NAME(neap_sum_lines)(s, e, others);
  NEAP_NAME(neap_log1p_lines)(1, &others, &l1);
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real share = share_of(s, y[j][i], j);
      sum[i] += share;
      b->value[i] += weighted(share, (b->first[i] - z[j][i]) + l1[i]);
      first[j][i] = share;
    }
  }
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int is_top = b->top[i] == (int32_t)j;
      const real inverse = R(1) / (R(1) + others[i]);
      const real p = (is_top ? R(1) : e[j][i]) * inverse;
      const real left = is_top ? others[i] * inverse : R(1) - p;
      first[j][i] = sum[i] * p - first[j][i];
      plus[j][i] = second_of(sum[i] * p * left, R(0), to);
    }
  }
}

static void run_soft(const neap_softmax *s, soft *b) {
  neap_line *z = lines_of(s, NEAP_LINE_Z);
  neap_line sums[3];
  NEAP_NAME(neap_load_lines)(s, s->call->logits, b->row, b->count, z);
  for (size_t j = 0; j < s->classes; j++) {
    for (int i = 0; i < ROWS; i++)
      z[j][i] = logit_of(s, z[j][i], j);
  }
  find_largest(s, z, b);
  if (s->c.is_cross_entropy) {
    run_cross_entropy(s, z, b);
  } else {
    find_exponentials(s, z, b);
    run_classes(s, z, b, sums);
    join_classes(s, b, sums);
  }
}

// ------------------------------------------------------- smoothing comes last

// f = w C: the weight w of the label's margin, and the cross-entropy of the
// smooth label, C = l_t + (e / k) sum over j of z_t - z_j. With y_j = e / k:
//   df/dz_t = w' C + w C_t,   C_t = e - e / k - q_t,
//   df/dz_j = -w' r_j C + w C_j,   C_j = p_j - e / k,
//   d2f/dz_t2 = w'' C + 2 w' C_t + w p_t q_t,
//   d2f/dz_j2 = (w'' r_j^2 - w' r_j (1 - r_j)) C - 2 w' r_j C_j
//               + w p_j (1 - p_j).
static void find_costs(const neap_softmax *s, const neap_hard_block *b,
                       const neap_margins *m, neap_line cost) {
  neap_line *z = lines_of(s, NEAP_LINE_Z);
  const real share = (real)s->options->label_smoothing / (real)s->classes;
  neap_line target;
  // The label's logit was taken out of the lines; it is the margin's.
  NEAP_NAME(neap_load_lines)
  (s, s->call->logits, b->row, b->count, lines_of(s, NEAP_LINE_A));
  for (int i = 0; i < ROWS; i++) {
    const size_t label = (size_t)b->label[i];
    neap_line *raw = lines_of(s, NEAP_LINE_A);
    target[i] = logit_of(s, raw[label][i], label);
    cost[i] = R(0);
  }
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int mine = b->label[i] == (int32_t)j;
      cost[i] += mine ? R(0) : target[i] - z[j][i];
    }
  }
  NEAP_LANES
  for (int i = 0; i < ROWS; i++)
    cost[i] = m->l[i] + share * cost[i];
}

static void run_after(const neap_softmax *s, soft *b) {
  neap_line *e = lines_of(s, NEAP_LINE_E);
  neap_line *first = lines_of(s, NEAP_LINE_FIRST);
  neap_line *plus = lines_of(s, NEAP_LINE_PLUS);
  const real smooth = (real)s->options->label_smoothing;
  const real share = smooth / (real)s->classes;
  const neap_second to = second_for(s->options);
  neap_hard_block h;
  neap_margins m;
  neap_line cost;
  NEAP_NAME(neap_load_hard_block)(s, b->row, b->count, b->label, &h);
  NEAP_NAME(neap_load_gaps)(s, &h);
  NEAP_NAME(neap_margins_of_gaps)(&h.gaps, &m);
  s->loss->weight(&m, ROWS, NEAP_SECOND, &s->c);
  find_costs(s, &h, &m, cost);
  memcpy(b->weight, h.weight, sizeof b->weight);
  for (int i = 0; i < ROWS; i++)
    b->value[i] = m.value[i] * cost[i];
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int mine = h.label[i] == (int32_t)j;
      const real rest = h.gaps.rest[i] == R(0) ? R(1) : h.gaps.rest[i];
      const real r = mine ? -R(1) : e[j][i] / rest;
      const real p = mine ? m.p[i] : m.q[i] * r;
      const real left = mine ? R(0) : (rest - e[j][i]) / rest;
      const real pull = mine ? smooth - share - m.q[i] : p - share;
      const real w = m.value[i], dw = m.first[i], c = cost[i];
      const real cross = -R(2) * dw * r * pull;
      const real curve = c * (r * r * (m.plus[i] - m.minus[i]) -
                              (mine ? R(0) : dw * r * left));
      const real exact = curve + cross + w * (p * (mine ? m.q[i] : R(1) - p));
      const real up = exact > R(0) ? exact : R(0);
      first[j][i] = -dw * r * c + w * pull;
      plus[j][i] = second_of(up, up - exact, to);
    }
  }
}

// -------------------------------------- probabilities instead of logits

// Each class stands alone: f is a function of the probabilities p_k that the
// targets name, and sum y_k f(p_k) has no mixed derivatives.
static void run_probabilities(const neap_softmax *s, soft *b) {
  static const neap_line all = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  neap_line *p = lines_of(s, NEAP_LINE_Z), *y = lines_of(s, NEAP_LINE_Y);
  neap_line *first = lines_of(s, NEAP_LINE_FIRST);
  neap_line *plus = lines_of(s, NEAP_LINE_PLUS);
  const neap_second to = second_for(s->options);
  NEAP_NAME(neap_load_lines)(s, s->call->logits, b->row, b->count, p);
  for (size_t j = 0; j < s->classes; j++) {
    neap_margins m;
    NEAP_NAME(neap_margins_of_probabilities)(ROWS, p[j], all, &m);
    s->loss->curve(&m, ROWS, NEAP_SECOND, &s->c);
    NEAP_NAME(neap_turn_to_probabilities)(ROWS, &m);
    for (int i = 0; i < ROWS; i++) {
      const real share = share_of(s, y[j][i], j);
      b->value[i] += weighted(share, m.value[i]);
      first[j][i] = weighted(share, m.first[i]);
      plus[j][i] = weighted(share, second_of(m.plus[i], m.minus[i], to));
    }
  }
}

// -------------------------------------------------------------- all of it

// Writes the rows that this path has, and leaves the others.
static void store_rows(const neap_softmax *s, const soft *b, void *output,
                       neap_line *from, real scale, int all) {
  for (size_t i = 0; output != NULL && i < b->count; i++) {
    if (!all && b->weight[i] == R(0) && b->label[i] >= 0)
      continue;
    real *to = (real *)output + (ptrdiff_t)(b->row + i) * s->call->row_stride;
    for (size_t j = 0; j < s->classes; j++) {
      to[(ptrdiff_t)j * s->call->class_stride] =
          weighted(b->weight[i], scale * from[j][i]);
    }
  }
}

static void store(neap_softmax *s, const soft *b, int all) {
  const real scale = (real)s->options->scale;
  real *value = s->call->value;
  store_rows(s, b, s->call->gradient, lines_of(s, NEAP_LINE_FIRST), scale, all);
  store_rows(s, b, s->call->hessian, lines_of(s, NEAP_LINE_PLUS), scale * scale,
             all);
  for (size_t i = 0; i < b->count; i++) {
    if (!all && b->weight[i] == R(0) && b->label[i] >= 0)
      continue;
    const real weight = weighted(b->weight[i], b->value[i]);
    s->total[i] += (double)weight;
    if (value != NULL)
      value[b->row + i] = weight;
  }
}

void NEAP_NAME(neap_run_soft_rows)(neap_softmax *s, size_t row, size_t count) {
  const neap_loss_options *o = s->options;
  soft b = {.row = row, .count = count};
  load_targets(s, &b);
  find_labels(s, &b);
  if (o->from == NEAP_PROBABILITIES) {
    for (size_t i = 0; i < count; i++) {
      const real *weights = s->call->weights;
      const real w = weights != NULL ? weights[row + i] : R(1);
      b.weight[i] = is_ignored(s, row + i) ? R(0) : w;
    }
    run_probabilities(s, &b);
    store(s, &b, 1);
    return;
  }
  if (o->label_smoothing > 0 && o->smoothing == NEAP_SMOOTH_AFTER) {
    run_after(s, &b);
    store(s, &b, 1);
    return;
  }
  // The soft rows' results wait in their lines: the logits may be where they
  // go, and the hard rows still have to read theirs.
  if (b.any_soft)
    run_soft(s, &b);
  if (b.any_hard)
    NEAP_NAME(neap_run_hard_rows)(s, row, count, b.label);
  if (b.any_soft)
    store(s, &b, 0);
}
