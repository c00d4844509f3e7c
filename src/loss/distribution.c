// loss/distribution.c -- the softmax of a row against a target distribution.
#include "loss/distribution.h"

enum { ROWS = NEAP_SOFT_ROWS };

// What the rows of a block share.
typedef struct block {
  size_t row, count;
  neap_line weight;
  neap_line value, mean_first, mean_second;  // sums over the classes
} block;

// ----------------------------------------------------------- softmax, ratios

// Turns lines of logits into their softmax q, 1 - q, and in place log q. The
// largest class stands aside, so that 1 - q and log q keep their digits.
static void run_softmax(const neap_softmax *s, neap_line *z, neap_line *q,
                        neap_line *other) {
  neap_line most, top, rest, log_total;
  for (int i = 0; i < ROWS; i++) {
    most[i] = z[0][i];
    top[i] = R(0);
  }
  for (size_t j = 1; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      top[i] = z[j][i] > most[i] ? (real)j : top[i];
      most[i] = z[j][i] > most[i] ? z[j][i] : most[i];
    }
  }
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_NAME(neap_exp_line)(z[j], most, q[j]);
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      q[j][i] = top[i] == (real)j ? R(0) : q[j][i];
  }
  NEAP_NAME(neap_sum_lines)(s, q, rest);
  NEAP_NAME(neap_log1p_lines)(1, &rest, &log_total);
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int is_top = top[i] == (real)j;
      const real total = R(1) + rest[i];
      const real share = (is_top ? R(1) : q[j][i]) / total;
      q[j][i] = share;
      other[j][i] = is_top ? rest[i] / total : R(1) - share;
      z[j][i] = (is_top ? R(0) : z[j][i] - most[i]) - log_total[i];
    }
  }
}

// log(q / P) of two rows of logits whose differences are in `gap`. With d = z
// - u and m = sum P d it is d - m - log(1 + sum P (e^(d - m) - 1 - (d - m))),
// whose digits hold however close the two are; far apart the logarithms serve.
static void find_ratios_of_logits(const neap_softmax *s, neap_line *p,
                                  neap_line *gap) {
  neap_line *terms = lines_of(s, NEAP_LINE_OUT);
  neap_line *log_p = lines_of(s, NEAP_LINE_B),
            *log_q = lines_of(s, NEAP_LINE_Z);
  neap_line mean, more, log_more, close, far, most = {0};
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      terms[j][i] = p[j][i] == R(0) ? R(0) : p[j][i] * gap[j][i];
  }
  // Terms of both signs: their sum in double keeps what is left of them.
  NEAP_NAME(neap_sum_lines)(s, terms, mean);
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real t = gap[j][i] - mean[i], size = NEAP_ABS(t);
      terms[j][i] = p[j][i] == R(0) ? R(0) : p[j][i] * excess(t);
      most[i] = size > most[i] ? size : most[i];
    }
  }
  NEAP_NAME(neap_sum_lines)(s, terms, more);
  NEAP_NAME(neap_log1p_lines)(1, &more, &log_more);
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      close[i] = (gap[j][i] - mean[i]) - log_more[i];
      far[i] = log_q[j][i] - log_p[j][i];
    }
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      gap[j][i] = is_near(most[i]) ? close[i] : far[i];
  }
}

// log(q / P) of probabilities, whose difference is exact where they are close.
static void find_ratios(const neap_softmax *s, neap_line *p, neap_line *q,
                        neap_line *ratio) {
  neap_line close, log_p, log_q;
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const real base = p[j][i], gap = q[j][i] - base;
      const int near = (NEAP_ABS(gap) <= R(0.5) * base) & (base > R(0));
      const real share = gap / base;
      close[i] = near ? share : R(INFINITY);
    }
    NEAP_NAME(neap_log_lines)(1, &p[j], &log_p);
    NEAP_NAME(neap_log_lines)(1, &q[j], &log_q);
    NEAP_NAME(neap_log1p_lines)(1, &close, &ratio[j]);
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      ratio[j][i] = close[i] == R(INFINITY) ? log_q[i] - log_p[i] : ratio[j][i];
  }
}

// ------------------------------------------------------------- one block

static void load_weights(const neap_softmax *s, block *b) {
  const real *weights = s->call->weights;
  for (size_t i = 0; i < ROWS; i++) {
    b->weight[i] = i >= b->count     ? R(0)
                   : weights != NULL ? weights[b->row + i]
                                     : R(1);
  }
}

// The class weights of a row's target: sum P c.
static void weigh_targets(const neap_softmax *s, block *b, neap_line *p) {
  neap_line *parts = lines_of(s, NEAP_LINE_OUT);
  neap_line weight;
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      parts[j][i] = p[j][i] * s->class_weights[j];
  }
  NEAP_NAME(neap_sum_lines)(s, parts, weight);
  for (int i = 0; i < ROWS; i++)
    b->weight[i] *= weight[i];
}

static void load_targets(const neap_softmax *s, block *b, neap_line *p) {
  const int32_t *labels = s->call->targets;
  const double *ignored = s->options->ignore_index;
  const real e = (real)s->options->label_smoothing;
  const real share = e / (real)s->classes;
  if (s->call->target_dtype != NEAP_INT32) {
    NEAP_NAME(neap_load_lines)(s, s->call->targets, b->row, b->count, p);
  } else {
    memset(p, 0, s->classes * sizeof *p);
    for (size_t i = 0; i < b->count; i++) {
      const int32_t label = labels[b->row + i];
      if (ignored != NULL && label == *ignored) {
        b->weight[i] = R(0);
      } else {
        p[label][i] = R(1);
      }
    }
  }
  if (s->class_weights != NULL)
    weigh_targets(s, b, p);
  for (size_t j = 0; e > R(0) && j < s->classes; j++) {
    for (int i = 0; i < ROWS; i++)
      p[j][i] = NEAP_FMA(R(1) - e, p[j][i], share);
  }
}

// Loads both rows of logits, of the targets and of the call, scaled: P to
// LINE_Y, q to LINE_E, 1 - q to LINE_C and log(q / P) to LINE_A.
static void load_two_logits(const neap_softmax *s, block *b) {
  const real scale = (real)s->options->scale, *offsets = s->offsets;
  neap_line *z = lines_of(s, NEAP_LINE_Z), *u = lines_of(s, NEAP_LINE_B);
  neap_line *a = lines_of(s, NEAP_LINE_A);
  NEAP_NAME(neap_load_lines)(s, s->call->logits, b->row, b->count, z);
  NEAP_NAME(neap_load_lines)(s, s->call->targets, b->row, b->count, u);
  for (size_t j = 0; j < s->classes; j++) {
    for (int i = 0; i < ROWS; i++) {
      const real logit = z[j][i] + (offsets != NULL ? offsets[j] : R(0));
      a[j][i] = (logit - u[j][i]) * scale;  // the difference of close ones is
      z[j][i] = logit * scale;              // exact
      u[j][i] *= scale;
    }
  }
  run_softmax(s, u, lines_of(s, NEAP_LINE_Y), lines_of(s, NEAP_LINE_C));
  run_softmax(s, z, lines_of(s, NEAP_LINE_E), lines_of(s, NEAP_LINE_C));
  find_ratios_of_logits(s, lines_of(s, NEAP_LINE_Y), a);
}

// The same from logits or probabilities, and targets that are classes or
// probabilities.
static void load_block(const neap_softmax *s, block *b) {
  neap_line *z = lines_of(s, NEAP_LINE_Z), *q = lines_of(s, NEAP_LINE_E);
  neap_line *p = lines_of(s, NEAP_LINE_Y), *a = lines_of(s, NEAP_LINE_A);
  load_targets(s, b, p);
  if (s->options->from == NEAP_PROBABILITIES) {
    NEAP_NAME(neap_load_lines)(s, s->call->logits, b->row, b->count, q);
    find_ratios(s, p, q, a);
    return;
  }
  NEAP_NAME(neap_load_lines)(s, s->call->logits, b->row, b->count, z);
  for (size_t j = 0; j < s->classes; j++) {
    for (int i = 0; i < ROWS; i++)
      z[j][i] = logit_of(s, z[j][i], j);
  }
  run_softmax(s, z, q, lines_of(s, NEAP_LINE_C));
  NEAP_NAME(neap_log_lines)(s->classes, p, a);
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      a[j][i] = z[j][i] - a[j][i];
  }
}

// The terms of all classes, and their sums.
static void run_terms(const neap_softmax *s, void (*terms)(neap_pairs *),
                      block *b) {
  neap_line *first = lines_of(s, NEAP_LINE_FIRST);
  neap_line *second = lines_of(s, NEAP_LINE_PLUS);
  neap_line *both = lines_of(s, NEAP_LINE_MINUS);
  neap_pairs x;
  memset(&x, 0, sizeof x);
  memset(b->value, 0, sizeof b->value);
  memset(b->mean_first, 0, sizeof b->mean_first);
  memset(b->mean_second, 0, sizeof b->mean_second);
  for (size_t j = 0; j < s->classes; j++) {
    memcpy(x.p, lines_of(s, NEAP_LINE_Y)[j], sizeof x.p);
    memcpy(x.q, lines_of(s, NEAP_LINE_E)[j], sizeof x.q);
    memcpy(x.other, lines_of(s, NEAP_LINE_C)[j], sizeof x.other);
    memcpy(x.ratio, lines_of(s, NEAP_LINE_A)[j], sizeof x.ratio);
    terms(&x);
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      b->value[i] += x.value[i];
      b->mean_first[i] += x.first[i];
      b->mean_second[i] += x.second[i];
    }
    memcpy(first[j], x.first, sizeof x.first);
    memcpy(second[j], x.second, sizeof x.second);
    memcpy(both[j], x.both, sizeof x.both);
  }
}

// The second derivative with respect to a probability, in the mode asked for.
static void choose_second(const neap_softmax *s) {
  neap_line *second = lines_of(s, NEAP_LINE_PLUS);
  const neap_second want = second_for(s->options);
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++)
      second[j][i] = second_of(second[j][i], R(0), want);
  }
}

// Chains the terms to the logits: with b = q phi' + q^2 phi'' - q E,
// d2f/dz_k2 = b (1 - q_k) - q_k (b - q_k sum q d). Where the divergence is
// infinite the gradient's signs still say which way is down.
static void join_terms(const neap_softmax *s, const block *b) {
  neap_line *q = lines_of(s, NEAP_LINE_E), *other = lines_of(s, NEAP_LINE_C);
  neap_line *first = lines_of(s, NEAP_LINE_FIRST);
  neap_line *second = lines_of(s, NEAP_LINE_PLUS);
  neap_line *both = lines_of(s, NEAP_LINE_MINUS);
  const neap_second want = second_for(s->options);
  for (size_t j = 0; j < s->classes; j++) {
    NEAP_LANES
    for (int i = 0; i < ROWS; i++) {
      const int endless = b->mean_first[i] == R(INFINITY);
      const real p = q[j][i], all = p * b->mean_first[i];
      const real bent = both[j][i] - all;
      const real finite =
          bent * other[j][i] - p * (bent - p * b->mean_second[i]);
      const real h = endless ? R(INFINITY) : finite;
      const real up = h > R(0) ? h : R(0);
      const real rest = first[j][i] - all;
      first[j][i] = first[j][i] == R(INFINITY) ? R(INFINITY) : rest;
      second[j][i] = second_of(up, up == h ? R(0) : up - h, want);
    }
  }
}

static void store_block(neap_softmax *s, const block *b, real factor,
                        real scale) {
  const neap_loss_call *call = s->call;
  real *value = call->value;
  for (size_t i = 0; i < b->count; i++) {
    const real w = weighted(b->weight[i], factor);
    const real cost = weighted(w, b->value[i]);
    s->total[i] += (double)cost;
    if (value != NULL)
      value[b->row + i] = cost;
    for (size_t j = 0; j < s->classes; j++) {
      const ptrdiff_t at = (ptrdiff_t)(b->row + i) * call->row_stride +
                           (ptrdiff_t)j * call->class_stride;
      const real g = lines_of(s, NEAP_LINE_FIRST)[j][i] * scale;
      const real h = lines_of(s, NEAP_LINE_PLUS)[j][i] * scale * scale;
      if (call->gradient != NULL)
        ((real *)call->gradient)[at] = weighted(w, g);
      if (call->hessian != NULL)
        ((real *)call->hessian)[at] = weighted(w, h);
    }
  }
}

void NEAP_NAME(neap_run_distribution)(const neap_loss_call *call,
                                      const neap_distribution *what) {
  neap_softmax s;
  NEAP_NAME(neap_start_softmax)(call, &s);
  const int direct = call->options.from == NEAP_PROBABILITIES;
  const real scale = direct ? R(1) : (real)call->options.scale;
  const real factor = what->distils ? R(1) / (scale * scale) : R(1);
  const int two_logits = what->distils || call->options.logit_targets;
  for (size_t row = 0; row < call->rows; row += ROWS) {
    const size_t left = call->rows - row;
    block b = {.row = row, .count = left < ROWS ? left : ROWS};
    load_weights(&s, &b);
    if (two_logits) {
      load_two_logits(&s, &b);
    } else {
      load_block(&s, &b);
    }
    run_terms(&s, direct ? what->of_probabilities : what->of_logits, &b);
    if (direct) {
      choose_second(&s);
    } else {
      join_terms(&s, &b);
    }
    store_block(&s, &b, factor, scale);
  }
  if (call->sum != NULL)
    *call->sum = sum_of_lanes(s.total);
}
