// loss/softmax.h -- what the two halves of the softmax lift share.
#ifndef NEAP_LOSS_SOFTMAX_H
#define NEAP_LOSS_SOFTMAX_H

#include "loss/margin.h"

// Rows are worked on in blocks of this many.
enum { NEAP_SOFT_ROWS = NEAP_SUM_LANES };

// A line holds one number of each row of a block.
typedef real neap_line[NEAP_SOFT_ROWS];

// The kinds of lines in the scratch, one line of a kind for each class. Hard
// rows use the first three.
enum {
  NEAP_LINE_Z,
  NEAP_LINE_E,
  NEAP_LINE_OUT,
  NEAP_LINE_Y,
  NEAP_LINE_A,
  NEAP_LINE_B,
  NEAP_LINE_C,
  NEAP_LINE_FIRST,
  NEAP_LINE_PLUS,
  NEAP_LINE_MINUS,
  NEAP_LINE_KINDS,
};

// A call on its way through: its options in the number type, and its scratch.
typedef struct neap_softmax {
  const neap_loss_call *call;
  const neap_loss_options *options;
  const neap_margin_loss *loss;
  neap_constants c;
  size_t classes, padded;
  const real *class_weights, *offsets, *margins;  // [classes], or NULL
  real *space;  // NEAP_LINE_KINDS * NEAP_SOFT_ROWS numbers a padded class
  double total[NEAP_SUM_LANES];
} neap_softmax;

// Returns the first line of a kind: [padded][NEAP_SOFT_ROWS].
NEAP_INLINE neap_line *lines_of(const neap_softmax *s, int kind) {
  return (neap_line *)(s->space + (size_t)kind * s->padded * NEAP_SOFT_ROWS);
}

// a - b, and in *lost what its rounding lost (0 where a or b is infinite).
NEAP_INLINE real difference(real a, real b, real *lost) {
  const real d = a - b, back = d + b;
  const real error = (a - back) - (b - (back - d));
  *lost = error == error ? error : R(0);
  return d;
}

// e^(a - b) for a <= b, with what the difference lost. Far below, as where a
// class is impossible, 0 is put in: a product that underflows costs an age.
NEAP_INLINE real exp_difference(real a, real b) {
  const real d = a - b, back = d + b;
  const real lost = (a - back) - (b - (back - d));
  const int far = d < NEAP_EXP_LOW;
  const real e = exp_below_0(far ? R(0) : d);
  return far ? R(0) : NEAP_FMA(e, lost, e);
}

// Fills what all losses on a softmax share.
void NEAP_NAME(neap_start_softmax)(const neap_loss_call *call, neap_softmax *s);

// What stands for the margins of 16 rows: x_t = gap + gap_low - log(rest).
typedef struct neap_gaps {
  neap_line gap, gap_low, rest;
} neap_gaps;

// Fills the first 16 margins.
void NEAP_NAME(neap_margins_of_gaps)(const neap_gaps *g, neap_margins *m);

// A logit as the loss sees it, but for the target's margin.
NEAP_INLINE real logit_of(const neap_softmax *s, real z, size_t class) {
  const real offset = s->offsets != NULL ? s->offsets[class] : R(0);
  return (z + offset) * (real)s->options->scale;
}

// A block of rows and what the loss makes of it. Rows that are not there, or
// to be ignored, or not of this path, have weight 0.
typedef struct neap_hard_block {
  size_t row, count;
  int32_t label[NEAP_SOFT_ROWS];
  neap_line weight;            // of the row and its class
  neap_line value, first;      // weighted
  neap_line slope;             // weighted: the gradient of class j over e_j
  neap_line second;            // f'', weighted
  neap_line bend;              // what weighs a second derivative
  neap_line raw, plus, minus;  // f' and the parts of f''
  neap_line inverse;           // 1 / rest
  neap_gaps gaps;
} neap_hard_block;

// 0 times what is no number is 0 here: the row weighs nothing.
NEAP_INLINE real weighted(real weight, real x) {
  return weight == R(0) ? R(0) : weight * x;
}

// Fills labels and weights; labels NULL: the call's targets. A label below 0
// is a row of another path.
void NEAP_NAME(neap_load_hard_block)(const neap_softmax *s, size_t row,
                                     size_t count, const int32_t *labels,
                                     neap_hard_block *b);

// Copies rows of numbers that lie as the logits do to and from lines.
void NEAP_NAME(neap_load_lines)(const neap_softmax *s, const void *input,
                                size_t row, size_t count, neap_line *to);
void NEAP_NAME(neap_store_lines)(const neap_softmax *s, void *output,
                                 size_t row, size_t count, neap_line *from);

// Loads logits, takes the labels' out, finds gaps, and e of all others.
void NEAP_NAME(neap_load_gaps)(const neap_softmax *s, neap_hard_block *b);

// Runs a block of rows with hard labels; see neap_load_hard_block.
void NEAP_NAME(neap_run_hard_rows)(neap_softmax *s, size_t row, size_t count,
                                   const int32_t *labels);

// Runs a block of rows any other way: targets that are probabilities, smooth
// labels, or probabilities instead of logits.
void NEAP_NAME(neap_run_soft_rows)(neap_softmax *s, size_t row, size_t count);

// log and log(1 + .) of `count` lines; `to` may be `from`.
void NEAP_NAME(neap_log_lines)(size_t count, neap_line *from, neap_line *to);
void NEAP_NAME(neap_log1p_lines)(size_t count, neap_line *from, neap_line *to);

// exp_difference of a line.
void NEAP_NAME(neap_exp_line)(const neap_line z, const neap_line most,
                              neap_line e);

// The sum of lines over the classes, in the order of add_block and
// sum_of_lanes, for each row.
void NEAP_NAME(neap_sum_lines)(const neap_softmax *s, neap_line *e,
                               neap_line sum);

#endif
