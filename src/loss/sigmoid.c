// loss/sigmoid.c -- margin losses on binary logits.
#include "loss/sigmoid.h"

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

// One label of a call: a column of logits, and all that acts on it.
typedef struct column {
  const neap_loss_call *call;
  const neap_loss_options *options;
  const neap_margin_loss *loss;
  neap_constants c;
  size_t rows;
  ptrdiff_t x_stride, y_stride;  // of logits and outputs, and of targets
  ptrdiff_t x_start, y_start;
  int is_plain;  // nothing acts on it but the loss and the class weights
} column;

// ------------------------------------------------------------- the margins

// As much of the margins as the loss looks at.
static void find_needed(const neap_margin_loss *loss, const real *x,
                        const real *y, block *b) {
  b->m.y = y;
  if (loss->needs == NEAP_NEEDS_LOGIT) {
    find_logits(x, y, &b->m);
    return;
  }
  find_exponentials(x, b->e);
  if (loss->needs == NEAP_NEEDS_PROBABILITY) {
    find_probabilities(x, y, b->e, &b->m);
  } else {
    find_margins(x, y, b->e, &b->m);
  }
}

// --------------------------------------------------------------- the loss

// A whole block of dense rows with hard labels and without weights, straight
// from and to the call's arrays.
static void run_plain(const column *k, size_t row, block *b) {
  const neap_loss_call *call = k->call;
  const size_t at = (size_t)k->x_start + row;
  const real *x = (const real *)call->logits + at;
  const real *y = (const real *)call->targets + at;
  real *value = call->value, *gradient = call->gradient;
  real *hessian = call->hessian;
  const neap_order order = hessian != NULL ? NEAP_SECOND : NEAP_FIRST;
  b->value = value != NULL ? value + at : b->value_buffer;
  b->gradient = gradient != NULL ? gradient + at : b->gradient_buffer;
  b->hessian = hessian != NULL ? hessian + at : NULL;
  b->m.row = row;
  find_needed(k->loss, x, y, b);
  k->loss->curve(&b->m, NEAP_BLOCK_LANES, order, &k->c);
  if (order == NEAP_SECOND)
    finish_second(y, second_for(k->options), &k->c, &b->m, b->hessian);
  finish_first(y, &k->c, &b->m, b->value, b->gradient);
}

// ---------------------------------------------------------------- any rows

// Rows that were gathered: strided, transformed, weighted, soft or too few to
// fill a block. What fills it up has x = 0, y = 0 and weight 0.
typedef struct gathered {
  _Alignas(NEAP_ALIGNMENT) real x[NEAP_BLOCK_LANES];
  real y[NEAP_BLOCK_LANES], w[NEAP_BLOCK_LANES];
} gathered;

static void gather(const column *k, size_t row, size_t count, gathered *g) {
  const neap_loss_call *call = k->call;
  const real *x = call->logits, *y = call->targets, *w = call->weights;
  if (count == NEAP_BLOCK_LANES && k->x_stride == 1 && k->y_stride == 1) {
    memcpy(g->x, x + k->x_start + row, sizeof g->x);
    memcpy(g->y, y + k->y_start + row, sizeof g->y);
    memcpy(g->w, w != NULL ? w + row : ones, sizeof g->w);
    return;
  }
  memset(g, 0, sizeof *g);
  for (size_t i = 0; i < count; i++) {
    const ptrdiff_t at = (ptrdiff_t)(row + i);
    g->x[i] = x[k->x_start + at * k->x_stride];
    g->y[i] = y[k->y_start + at * k->y_stride];
    g->w[i] = w != NULL ? w[row + i] : R(1);
  }
}

// Rows to ignore weigh nothing.
static void drop_ignored(real ignored, gathered *g) {
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const int off = g->y[i] == ignored;
    g->w[i] = off ? R(0) : g->w[i];
    g->y[i] = off ? R(0) : g->y[i];
  }
}

// The logit becomes scale (x + offset_1 - offset_0), and the target's margin
// is taken off.
static void move_logits(const neap_loss_options *o, gathered *g) {
  const double *offsets = o->class_offsets, *margins = o->class_margins;
  const real offset = offsets != NULL ? (real)(offsets[1] - offsets[0]) : R(0);
  const real margin0 = margins != NULL ? (real)margins[0] : R(0);
  const real margin1 = margins != NULL ? (real)margins[1] : R(0);
  const real scale = (real)o->scale;
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real shift = offset + (g->y[i] != R(0) ? -margin1 : margin0);
    g->x[i] = (g->x[i] + shift) * scale;
  }
}

static void transform(const neap_loss_options *o, gathered *g) {
  const real e = (real)o->label_smoothing;
  if (o->ignore_index != NULL)
    drop_ignored((real)*o->ignore_index, g);
  if (o->class_offsets != NULL || o->class_margins != NULL || o->scale != 1)
    move_logits(o, g);
  if (!(e > R(0)) || o->smoothing != NEAP_SMOOTH_TARGETS)
    return;
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++)
    g->y[i] = g->y[i] * (R(1) - e) + R(0.5) * e;
}

// y w_1 f(x) + (1 - y) w_0 f(-x).
void NEAP_NAME(neap_soft_expected)(neap_margins *m, neap_margins *no,
                                   const real *y, const neap_constants *c,
                                   neap_curve_block *curve) {
  curve(m, NEAP_BLOCK_LANES, NEAP_SECOND, c);
  curve(no, NEAP_BLOCK_LANES, NEAP_SECOND, c);
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real yes = c->weight1 * y[i], not = c->weight0 * (R(1) - y[i]);
    // 0 times an infinite loss is 0.
    const real cost1 = yes == R(0) ? R(0) : m->value[i];
    const real cost0 = not == R(0) ? R(0) : no->value[i];
    m->value[i] = yes * cost1 + not *cost0;
    m->first[i] = yes * m->first[i] - not *no->first[i];
    m->plus[i] = yes * m->plus[i] + not *no->plus[i];
    m->minus[i] = yes * m->minus[i] + not *no->minus[i];
  }
}

// Smoothing that comes after the weight: f = w C with C = l + (e / 2) x_t, the
// cross-entropy of the smooth target. C' = e / 2 - q, C'' = p q.
static void smooth_after(const column *k, neap_margins *m) {
  const real half = R(0.5) * (real)k->options->label_smoothing;
  k->loss->weight(m, NEAP_BLOCK_LANES, NEAP_SECOND, &k->c);
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real cost = m->l[i] + half * m->x[i];
    const real slope = half - m->q[i], w = m->value[i], dw = m->first[i];
    const real bound = bounded(cost), cross = R(2) * dw * slope;
    const real bend = w * (m->p[i] * m->q[i]);
    m->value[i] = w * cost;
    m->first[i] = w * slope + dw * bound;
    m->plus[i] = m->plus[i] * bound + (cross > R(0) ? cross : R(0)) + bend;
    m->minus[i] = m->minus[i] * bound + (cross < R(0) ? -cross : R(0));
  }
}

// The loss of soft targets, to b->m.
static void find_soft(const column *k, const real *x, const real *y, block *b) {
  neap_margins no;
  const int direct = k->options->from == NEAP_PROBABILITIES;
  memset(no.small, 0, sizeof no.small);
  if (direct) {
    NEAP_NAME(neap_margins_of_probabilities)(NEAP_BLOCK_LANES, x, ones, &b->m);
    NEAP_NAME(neap_margins_of_probabilities)(NEAP_BLOCK_LANES, x, zeros, &no);
  } else {
    find_both_margins(x, b->e, &b->m, &no);
  }
  if (k->loss->soft != NULL) {
    k->loss->soft(&b->m, &no, y, &k->c);
  } else {
    NEAP_NAME(neap_soft_expected)(&b->m, &no, y, &k->c, k->loss->curve);
  }
  if (direct)
    NEAP_NAME(neap_turn_to_probabilities)(NEAP_BLOCK_LANES, &b->m);
}

// Fills in the rows whose targets are soft.
static void run_soft(const column *k, const gathered *g, block *b) {
  find_soft(k, g->x, g->y, b);
  put_soft(g->y, second_for(k->options), &b->m, b->value, b->gradient,
           b->hessian);
}

// A whole block of dense rows with soft labels and without weights.
static void run_plain_soft(const column *k, size_t row, block *b) {
  const neap_loss_call *call = k->call;
  const size_t at = (size_t)k->x_start + row;
  const neap_second to = second_for(k->options);
  b->m.row = row;
  find_soft(k, (const real *)call->logits + at,
            (const real *)call->targets + at, b);
  b->value = b->m.value;
  if (call->value != NULL)
    memcpy((real *)call->value + at, b->m.value, sizeof b->m.value);
  if (call->gradient != NULL)
    memcpy((real *)call->gradient + at, b->m.first, sizeof b->m.first);
  if (call->hessian == NULL)
    return;
  real *hessian = (real *)call->hessian + at;
  for (int start = 0; start < NEAP_BLOCK_LANES; start += NEAP_SUM_LANES) {
    NEAP_LANES
    for (int i = start; i < start + NEAP_SUM_LANES; i++)
      hessian[i] = second_of(b->m.plus[i], b->m.minus[i], to);
  }
}

static void run_hard(const column *k, const gathered *g, block *b) {
  const neap_loss_options *o = k->options;
  const int after = o->label_smoothing > 0 && o->smoothing == NEAP_SMOOTH_AFTER;
  if (o->from == NEAP_PROBABILITIES) {
    NEAP_NAME(neap_margins_of_probabilities)
    (NEAP_BLOCK_LANES, g->x, g->y, &b->m);
  } else if (after) {
    find_exponentials(g->x, b->e);
    find_margins(g->x, g->y, b->e, &b->m);
  } else {
    find_needed(k->loss, g->x, g->y, b);
  }
  if (after) {
    smooth_after(k, &b->m);
  } else {
    k->loss->curve(&b->m, NEAP_BLOCK_LANES, NEAP_SECOND, &k->c);
  }
  if (o->from == NEAP_PROBABILITIES)
    NEAP_NAME(neap_turn_to_probabilities)(NEAP_BLOCK_LANES, &b->m);
  finish_first(g->y, &k->c, &b->m, b->value, b->gradient);
  finish_second(g->y, second_for(o), &k->c, &b->m, b->hessian);
}

// Whether some whole block of rows has a soft target.
static int has_soft(const real *y, size_t count) {
  enum { STEP = 4 * NEAP_BLOCK_LANES };
  size_t i = 0;
  for (; i + STEP <= count; i += STEP) {
    if (count_soft(y + i, STEP) > 0)
      return 1;
  }
  for (; i + NEAP_BLOCK_LANES <= count; i += NEAP_BLOCK_LANES) {
    if (count_soft(y + i, NEAP_BLOCK_LANES) > 0)
      return 1;
  }
  return 0;
}

static void store(void *output, const column *k, size_t row, size_t count,
                  const real *from) {
  real *to = output;
  if (to == NULL)
    return;
  to += k->x_start + (ptrdiff_t)row * k->x_stride;
  if (count == NEAP_BLOCK_LANES && k->x_stride == 1) {
    memcpy(to, from, NEAP_BLOCK_LANES * sizeof *to);
    return;
  }
  for (size_t i = 0; i < count; i++)
    to[(ptrdiff_t)i * k->x_stride] = from[i];
}

static void run_any(const column *k, size_t row, size_t count, block *b) {
  const real scale = (real)k->options->scale;
  gathered g;
  gather(k, row, count, &g);
  transform(k->options, &g);
  b->m.row = row;
  b->m.count = count;
  b->value = b->value_buffer;
  b->gradient = b->gradient_buffer;
  b->hessian = b->hessian_buffer;
  const int soft = count_soft(g.y, NEAP_BLOCK_LANES);
  if (soft < NEAP_BLOCK_LANES)
    run_hard(k, &g, b);
  if (soft > 0)
    run_soft(k, &g, b);
  // A row that weighs nothing counts nothing, even where its loss is infinite.
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real w = g.w[i], slope = w * scale;
    b->value[i] = w == R(0) ? R(0) : w * b->value[i];
    b->gradient[i] = w == R(0) ? R(0) : slope * b->gradient[i];
    b->hessian[i] = w == R(0) ? R(0) : slope * scale * b->hessian[i];
  }
  store(k->call->value, k, row, count, b->value);
  store(k->call->gradient, k, row, count, b->gradient);
  store(k->call->hessian, k, row, count, b->hessian);
}

// Whether a whole block from a row on has soft targets alone.
static int is_soft_block(const column *k, size_t row) {
  const real *y = (const real *)k->call->targets + k->y_start + row;
  return row + NEAP_BLOCK_LANES <= k->rows &&
         count_soft(y, NEAP_BLOCK_LANES) == NEAP_BLOCK_LANES;
}

static void run_column(const column *k, double *total) {
  enum { STRIP = 16 * NEAP_BLOCK_LANES };  // looked through at once
  block b;
  int plain = 0;
  memset(b.m.small, 0, sizeof b.m.small);
  b.m.call = k->call;
  b.m.count = NEAP_BLOCK_LANES;
  for (size_t row = 0; row < k->rows; row += NEAP_BLOCK_LANES) {
    const size_t left = k->rows - row;
    if (k->is_plain && row % STRIP == 0) {
      const real *y = (const real *)k->call->targets + row;
      plain = !has_soft(y, left < STRIP ? left : STRIP);
    }
    if (plain && left >= NEAP_BLOCK_LANES) {
      run_plain(k, row, &b);
    } else if (k->is_plain && is_soft_block(k, row)) {
      run_plain_soft(k, row, &b);
    } else {
      run_any(k, row, left < NEAP_BLOCK_LANES ? left : NEAP_BLOCK_LANES, &b);
    }
    add_block(b.value, total);
  }
}

// --------------------------------------------------------------- the labels

static column column_of(const neap_loss *loss, const neap_loss_call *call,
                        const void *own) {
  const neap_loss_options *o = &call->options;
  column k = {.call = call,
              .options = o,
              .loss = neap_loss_form_of(loss, NEAP_REAL_DTYPE)->margin,
              .c = {.weight0 = R(1), .weight1 = R(1), .own = own},
              .rows = call->rows,
              .x_stride = call->row_stride,
              .y_stride = 1};
  if (k.loss->prepare != NULL)
    k.loss->prepare(o->params, &k.c);
  if (o->class_weights != NULL) {
    k.c.weight0 *= (real)o->class_weights[0];
    k.c.weight1 *= (real)o->class_weights[1];
  }
  k.is_plain = call->row_stride == 1 && call->weights == NULL &&
               o->class_offsets == NULL && o->class_margins == NULL &&
               o->scale == 1 && !(o->label_smoothing > 0) &&
               o->ignore_index == NULL && o->from == NEAP_LOGITS;
  return k;
}

static void run_labels(column *k, const neap_loss_call *call, double *total) {
  const real weight1 = k->c.weight1;
  const double *weights = call->options.label_weights;
  k->y_stride = call->row_stride;
  k->is_plain = 0;
  for (size_t j = 0; j < call->classes; j++) {
    k->x_start = k->y_start = (ptrdiff_t)j * call->class_stride;
    k->c.weight1 = weights != NULL ? weight1 * (real)weights[j] : weight1;
    run_column(k, total);
  }
}

void NEAP_NAME(neap_run_sigmoid_with)(const neap_loss *loss,
                                      const neap_loss_call *call,
                                      const void *own) {
  double total[NEAP_SUM_LANES] = {0};
  column k = column_of(loss, call, own);
  const size_t labels = call->classes;
  const int is_dense =
      call->class_stride == 1 && call->row_stride == (ptrdiff_t)labels;
  if (labels < 2) {
    run_column(&k, total);
  } else if (is_dense && call->weights == NULL && call->columns == NULL &&
             call->options.label_weights == NULL) {
    // All labels are alike: one long column.
    neap_loss_call flat = *call;
    flat.rows *= labels;
    flat.classes = 1;
    flat.row_stride = 1;
    k = column_of(loss, &flat, own);
    run_column(&k, total);
  } else {
    run_labels(&k, call, total);
  }
  if (call->sum != NULL)
    *call->sum = sum_of_lanes(total);
}

void NEAP_NAME(neap_run_sigmoid)(const neap_loss *loss,
                                 const neap_loss_call *call) {
  NEAP_NAME(neap_run_sigmoid_with)(loss, call, NULL);
}
