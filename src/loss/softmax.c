// loss/softmax.c -- the softmax lift: margin losses on rows of k logits, with
// hard labels. Soft ones are in softmax_soft.c.
//
// With M the largest logit but the label's own, e_j = exp(z_j - M) and rest
// the sum of e_j over j != t, the margin is x_t = z_t - M - log(rest), and
// r_j = e_j / rest. Then
//   f(x_t),   df/dz_t = f',   df/dz_j = -f' r_j,
//   d2f/dz_t2 = f'',   d2f/dz_j2 = f'' r_j^2 - f' r_j (1 - r_j).
// Nothing cancels, and 1 - p is never formed from p.
//
// Two ways lead to the same bits. Long dense rows run with their lanes along
// the classes; short rows, and rows that lie by classes, with their lanes
// along the rows. Both take every maximum and every sum in one order, which
// depends on k alone.
#include "loss/softmax.h"

enum { ROWS = NEAP_SOFT_ROWS };

typedef neap_hard_block block;

void NEAP_NAME(neap_load_hard_block)(const neap_softmax *s, size_t row,
                                     size_t count, const int32_t *labels,
                                     block *b) {
  const int32_t *given = (const int32_t *)s->call->targets;
  const real *weights = s->call->weights;
  const double *ignored = s->options->ignore_index;
  b->row = row;
  b->count = count;
  for (size_t i = 0; i < ROWS; i++) {
    int32_t label = i >= count       ? -1
                    : labels != NULL ? labels[i]
                                     : given[row + i];
    if (ignored != NULL && label == *ignored)
      label = -1;
    b->label[i] = label < 0 ? 0 : label;
    b->weight[i] = label < 0 ? R(0) : R(1);
    if (weights != NULL && label >= 0)
      b->weight[i] *= weights[row + i];
    if (s->class_weights != NULL)
      b->weight[i] *= s->class_weights[b->label[i]];
  }
}

static void run_loss(const neap_softmax *s, block *b) {
  const real scale = (real)s->options->scale;
  const neap_second want = second_for(s->options);
  const neap_order order = s->call->hessian != NULL ? NEAP_SECOND : NEAP_FIRST;
  neap_margins m;
  NEAP_NAME(neap_margins_of_gaps)(&b->gaps, &m);
  for (int i = 0; i < ROWS; i++)
    m.plus[i] = m.minus[i] = R(0);  // no loss writes them for NEAP_FIRST
  s->loss->curve(&m, ROWS, order, &s->c);
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    const real w = b->weight[i], rest = b->gaps.rest[i];
    const real inverse = R(1) / (rest == R(0) ? R(1) : rest);
    const real first = w == R(0) ? R(0) : w * scale * m.first[i];
    const real second = second_of(m.plus[i], m.minus[i], want);
    // A row that weighs nothing counts nothing, even if its loss is infinite.
    b->value[i] = w == R(0) ? R(0) : w * m.value[i];
    b->first[i] = first;
    b->slope[i] = -first * inverse;
    b->bend[i] = w * scale * scale;
    b->second[i] = w == R(0) ? R(0) : b->bend[i] * second;
    b->raw[i] = m.first[i];
    b->plus[i] = m.plus[i];
    b->minus[i] = m.minus[i];
    b->inverse[i] = inverse;
  }
}

// f'' r^2 - f' r (1 - r), with left = 1 - r.
NEAP_INLINE real second_of_other(real r, real left, real first, real plus,
                                 real minus, neap_second want) {
  const real up = r * NEAP_FMA(plus, r, -first * left);
  return second_of(up, minus * (r * r), want);
}

static void finish_block(neap_softmax *s, const block *b) {
  real *value = s->call->value;
  for (size_t i = 0; i < b->count; i++) {
    s->total[i] += (double)b->value[i];
    if (value != NULL)
      value[b->row + i] = b->value[i];
  }
}

// ----------------------------------------------------- lanes along the rows

void NEAP_NAME(neap_load_lines)(const neap_softmax *s, const void *input,
                                size_t row, size_t count, neap_line *to) {
  const ptrdiff_t step = s->call->class_stride, rows = s->call->row_stride;
  for (size_t j = 0; j < s->classes; j++) {
    const real *from =
        (const real *)input + (ptrdiff_t)j * step + (ptrdiff_t)row * rows;
    if (rows == 1 && count == ROWS) {
      memcpy(to[j], from, sizeof to[j]);
      continue;
    }
    for (size_t i = 0; i < ROWS; i++)
      to[j][i] = i < count ? from[(ptrdiff_t)i * rows] : R(0);
  }
}

void NEAP_NAME(neap_store_lines)(const neap_softmax *s, void *output,
                                 size_t row, size_t count, neap_line *from) {
  const ptrdiff_t rows = s->call->row_stride, step = s->call->class_stride;
  for (size_t j = 0; j < s->classes; j++) {
    real *to = (real *)output + (ptrdiff_t)row * rows + (ptrdiff_t)j * step;
    if (rows == 1 && count == ROWS) {
      memcpy(to, from[j], sizeof from[j]);
      continue;
    }
    for (size_t i = 0; i < count; i++)
      to[(ptrdiff_t)i * rows] = from[j][i];
  }
}

static void move_lines(const neap_softmax *s, neap_line *z) {
  if (s->offsets == NULL && s->options->scale == 1)
    return;
  for (size_t j = 0; j < s->classes; j++) {
    for (int i = 0; i < ROWS; i++)
      z[j][i] = logit_of(s, z[j][i], j);
  }
}

void NEAP_NAME(neap_sum_lines)(const neap_softmax *s, neap_line *e,
                               neap_line sum) {
  static const neap_line none;
  double lanes[NEAP_SUM_LANES][ROWS];
  const size_t k = s->classes;
  memset(lanes, 0, sizeof lanes);
  for (size_t j = 0; j < k; j++) {
    const size_t lane = j % NEAP_BLOCK_LANES;
    if (lane >= NEAP_SUM_LANES)
      continue;
    const real *from = e[j], *b = j + 16 < k ? e[j + 16] : none;
    const real *c = j + 32 < k ? e[j + 32] : none;
    const real *d = j + 48 < k ? e[j + 48] : none;
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      lanes[lane][i] += (double)((from[i] + b[i]) + (c[i] + d[i]));
  }
  for (int width = NEAP_SUM_LANES / 2; width > 0; width /= 2) {
    for (int lane = 0; lane < width; lane++) {
      NEAP_LANES
      for (int i = 0; i < ROWS; i++)
        lanes[lane][i] += lanes[lane + width][i];
    }
  }
  NEAP_LANES
  for (int i = 0; i < ROWS; i++)
    sum[i] = (real)lanes[0][i];
}

// The logit of the label, less its margin.
NEAP_INLINE real target_of(const neap_softmax *s, real z, int32_t label) {
  const real scale = (real)s->options->scale;
  return s->margins != NULL ? z - s->margins[label] * scale : z;
}

// Takes the labels' logits out of z, and finds gaps, and e of all others.
static void find_gaps_of_lines(const neap_softmax *s, neap_line *z,
                               neap_line *e, block *b) {
  neap_line most, target;
  for (int i = 0; i < ROWS; i++) {
    real *mine = &z[b->label[i]][i];
    target[i] = target_of(s, *mine, b->label[i]);
    *mine = -R(INFINITY);
    most[i] = -R(INFINITY);
  }
  for (size_t j = 0; j < s->classes; j++) {
    const real *from = z[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      most[i] = from[i] > most[i] ? from[i] : most[i];
  }
  for (int i = 0; i < ROWS; i++)
    most[i] = most[i] == -R(INFINITY) ? R(0) : most[i];
  for (size_t j = 0; j < s->classes; j++) {
    const real *from = z[j];
    real *to = e[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      to[i] = exp_difference(from[i], most[i]);
  }
  NEAP_NAME(neap_sum_lines)(s, e, b->gaps.rest);
  NEAP_LANES
  for (int i = 0; i < ROWS; i++)
    b->gaps.gap[i] = difference(target[i], most[i], &b->gaps.gap_low[i]);
}

static void store_gradient_lines(const neap_softmax *s, const block *b,
                                 neap_line *e, neap_line *out) {
  for (size_t j = 0; j < s->classes; j++) {
    const real *from = e[j];
    real *to = out[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      to[i] = weighted(b->slope[i], from[i]);
  }
  for (int i = 0; i < ROWS; i++)
    out[b->label[i]][i] = b->first[i];
  NEAP_NAME(neap_store_lines)(s, s->call->gradient, b->row, b->count, out);
}

// 1 - r_j is (rest - e_j) / rest, but for the first of the largest, where the
// sum of the others says it without loss.
static void store_hessian_lines(const neap_softmax *s, const block *b,
                                neap_line *e, neap_line *out) {
  const neap_second want = second_for(s->options);
  neap_line others;
  int32_t top[ROWS];
  for (int i = 0; i < ROWS; i++) {
    top[i] = -1;
    for (size_t j = 0; j < s->classes && top[i] < 0; j++)
      top[i] = e[j][i] == R(1) ? (int32_t)j : -1;
    if (top[i] >= 0)
      e[top[i]][i] = R(0);
  }
  NEAP_NAME(neap_sum_lines)(s, e, others);
  for (int32_t j = 0; j < (int32_t)s->classes; j++) {
    const real *from = e[j];
    real *to = out[j];
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int is_top = top[i] == j;
      const real rest = is_top ? others[i] : b->gaps.rest[i] - from[i];
      const real r = (is_top ? R(1) : from[i]) * b->inverse[i];
      const real h = second_of_other(r, rest * b->inverse[i], b->raw[i],
                                     b->plus[i], b->minus[i], want);
      to[i] = weighted(b->bend[i], h);
    }
  }
  for (int i = 0; i < ROWS; i++)
    out[b->label[i]][i] = b->second[i];
  NEAP_NAME(neap_store_lines)(s, s->call->hessian, b->row, b->count, out);
}

void NEAP_NAME(neap_load_gaps)(const neap_softmax *s, block *b) {
  neap_line *z = lines_of(s, NEAP_LINE_Z), *e = lines_of(s, NEAP_LINE_E);
  NEAP_NAME(neap_load_lines)(s, s->call->logits, b->row, b->count, z);
  move_lines(s, z);
  find_gaps_of_lines(s, z, e, b);
}

static void run_lines(neap_softmax *s, block *b) {
  neap_line *e = lines_of(s, NEAP_LINE_E), *out = lines_of(s, NEAP_LINE_OUT);
  NEAP_NAME(neap_load_gaps)(s, b);
  run_loss(s, b);
  if (s->call->gradient != NULL)
    store_gradient_lines(s, b, e, out);
  if (s->call->hessian != NULL)
    store_hessian_lines(s, b, e, out);
}

// -------------------------------------------------- lanes along the classes

static void load_row(const neap_softmax *s, size_t row, real *to) {
  const size_t k = s->classes;
  const real *from =
      (const real *)s->call->logits + (ptrdiff_t)row * s->call->row_stride;
  memcpy(to, from, k * sizeof *to);
  if (s->offsets != NULL || s->options->scale != 1) {
    for (size_t j = 0; j < k; j++)
      to[j] = logit_of(s, to[j], j);
  }
  for (size_t j = k; j < s->padded; j++)
    to[j] = -R(INFINITY);
}

static real largest_of(const real *z, size_t padded) {
  real most[NEAP_BLOCK_LANES];
  for (int i = 0; i < NEAP_BLOCK_LANES; i++)
    most[i] = -R(INFINITY);
  for (size_t j = 0; j < padded; j += NEAP_BLOCK_LANES) {
    NEAP_LANES
    for (int i = 0; i < NEAP_BLOCK_LANES; i++)
      most[i] = z[j + (size_t)i] > most[i] ? z[j + (size_t)i] : most[i];
  }
  for (int width = NEAP_BLOCK_LANES / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; i++)
      most[i] = most[i + width] > most[i] ? most[i + width] : most[i];
  }
  return most[0] == -R(INFINITY) ? R(0) : most[0];
}

static real sum_row(const real *e, size_t padded) {
  double total[NEAP_SUM_LANES] = {0};
  for (size_t j = 0; j < padded; j += NEAP_BLOCK_LANES)
    add_block(e + j, total);
  return (real)sum_of_lanes(total);
}

// A row's memory that will be wanted soon: asked for while there is something
// to reckon, it need not be waited for.
typedef struct upcoming {
  const real *logits, *gradient;
  size_t count;
} upcoming;

static upcoming upcoming_of(const neap_softmax *s, size_t row) {
  const neap_loss_call *call = s->call;
  const size_t next = row + 1 < call->rows ? row + 1 : row;
  const real *logits = call->logits;
  const real *gradient = call->gradient != NULL ? call->gradient : logits;
  return (upcoming){.logits = logits + (ptrdiff_t)next * call->row_stride,
                    .gradient = gradient + (ptrdiff_t)row * call->row_stride,
                    .count = s->classes};
}

NEAP_INLINE void fetch(const upcoming *u, size_t from) {
  enum { LINE = 64 / sizeof(real) };
  for (size_t j = from; j < from + NEAP_BLOCK_LANES && j < u->count;
       j += LINE) {
    __builtin_prefetch(u->logits + j);
    __builtin_prefetch(u->gradient + j, 1);
  }
}

// Turns a row of logits, in place, to e of all but the label.
static void find_gap_of_row(const neap_softmax *s, block *b, size_t i,
                            real *z) {
  const real target = target_of(s, z[b->label[i]], b->label[i]);
  const upcoming next = upcoming_of(s, b->row + i);
  double total[NEAP_SUM_LANES] = {0};
  z[b->label[i]] = -R(INFINITY);
  const real most = largest_of(z, s->padded);
  for (size_t j = 0; j < s->padded; j += NEAP_BLOCK_LANES) {
    real *e = z + j;
    fetch(&next, j);
    NEAP_LANES
    for (int lane = 0; lane < NEAP_BLOCK_LANES; lane++)
      e[lane] = exp_difference(e[lane], most);
    add_block(e, total);
  }
  b->gaps.rest[i] = (real)sum_of_lanes(total);
  b->gaps.gap[i] = difference(target, most, &b->gaps.gap_low[i]);
}

static void store_gradient_row(const neap_softmax *s, const block *b, size_t i,
                               const real *e) {
  real *to =
      (real *)s->call->gradient + (ptrdiff_t)(b->row + i) * s->call->row_stride;
  const real slope = b->slope[i];
  NEAP_LANES
  for (size_t j = 0; j < s->classes; j++)
    to[j] = weighted(slope, e[j]);
  to[b->label[i]] = b->first[i];
}

static void store_hessian_row(const neap_softmax *s, const block *b, size_t i,
                              real *e) {
  real *to =
      (real *)s->call->hessian + (ptrdiff_t)(b->row + i) * s->call->row_stride;
  const neap_second want = second_for(s->options);
  const real bend = b->bend[i];
  const real inverse = b->inverse[i], rest = b->gaps.rest[i];
  const real raw = b->raw[i], plus = b->plus[i], minus = b->minus[i];
  NEAP_LANES
  for (size_t j = 0; j < s->classes; j++) {
    const real r = e[j] * inverse, left = (rest - e[j]) * inverse;
    const real h = second_of_other(r, left, raw, plus, minus, want);
    to[j] = weighted(bend, h);
  }
  size_t top = 0;
  while (top < s->classes && e[top] != R(1))
    top++;
  if (top < s->classes) {
    e[top] = R(0);
    const real left = sum_row(e, s->padded) * inverse;
    to[top] =
        weighted(bend, second_of_other(inverse, left, raw, plus, minus, want));
  }
  to[b->label[i]] = b->second[i];
}

static void run_rows(neap_softmax *s, block *b) {
  real *e = s->space;
  for (size_t i = 0; i < ROWS; i++) {
    b->gaps.gap[i] = b->gaps.gap_low[i] = R(0);
    b->gaps.rest[i] = R(1);
  }
  for (size_t i = 0; i < b->count; i++) {
    load_row(s, b->row + i, e + i * s->padded);
    find_gap_of_row(s, b, i, e + i * s->padded);
  }
  run_loss(s, b);
  for (size_t i = 0; i < b->count; i++) {
    if (s->call->gradient != NULL)
      store_gradient_row(s, b, i, e + i * s->padded);
    if (s->call->hessian != NULL)
      store_hessian_row(s, b, i, e + i * s->padded);
  }
}

// -------------------------------------------------------------- all of it

void NEAP_NAME(neap_run_hard_rows)(neap_softmax *s, size_t row, size_t count,
                                   const int32_t *labels) {
  block b;
  NEAP_NAME(neap_load_hard_block)(s, row, count, labels, &b);
  if (s->call->class_stride == 1 && s->classes >= NEAP_LONG_ROW) {
    run_rows(s, &b);
  } else {
    run_lines(s, &b);
  }
  finish_block(s, &b);
}

// The options' lists in the number type stand before the lines.
static const real *load_list(const double *from, size_t count, real *to) {
  if (from == NULL)
    return NULL;
  for (size_t j = 0; j < count; j++)
    to[j] = (real)from[j];
  return to;
}

void NEAP_NAME(neap_start_softmax)(const neap_loss_call *call,
                                   neap_softmax *s) {
  const size_t k = call->classes, padded = neap_softmax_padded(k);
  const neap_loss_options *o = &call->options;
  real *space = call->scratch;
  *s = (neap_softmax){
      .call = call,
      .options = o,
      .classes = k,
      .padded = padded,
      .class_weights = load_list(o->class_weights, k, space),
      .offsets = load_list(o->class_offsets, k, space + padded),
      .margins = load_list(o->class_margins, k, space + 2 * padded),
      .space = space + 3 * padded};
}

void NEAP_NAME(neap_run_softmax_with)(const neap_loss *loss,
                                      const neap_loss_call *call,
                                      const void *own) {
  const neap_loss_options *o = &call->options;
  neap_softmax s;
  NEAP_NAME(neap_start_softmax)(call, &s);
  s.loss = neap_loss_form_of(loss, NEAP_REAL_DTYPE)->margin;
  s.c.own = own;
  if (s.loss->prepare != NULL)
    s.loss->prepare(o->params, &s.c);
  const int is_hard = call->target_dtype == NEAP_INT32 &&
                      !(o->label_smoothing > 0) && o->from == NEAP_LOGITS;
  for (size_t row = 0; row < call->rows; row += ROWS) {
    const size_t left = call->rows - row, count = left < ROWS ? left : ROWS;
    if (is_hard) {
      NEAP_NAME(neap_run_hard_rows)(&s, row, count, NULL);
    } else {
      NEAP_NAME(neap_run_soft_rows)(&s, row, count);
    }
  }
  if (call->sum != NULL)
    *call->sum = sum_of_lanes(s.total);
}

void NEAP_NAME(neap_run_softmax)(const neap_loss *loss,
                                 const neap_loss_call *call) {
  NEAP_NAME(neap_run_softmax_with)(loss, call, NULL);
}
