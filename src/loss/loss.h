// loss/loss.h -- losses with their derivatives, and divergences.
//
// A loss is one file and one row in losses.def. The file is compiled for each
// instruction set and number type; each build is a neap_loss_form.
#ifndef NEAP_LOSS_H
#define NEAP_LOSS_H

#include "kernel/kernel.h"

// Which targets a loss takes as probabilities.
typedef enum neap_domain {
  NEAP_UNIT,  // numbers in [0, 1]
  NEAP_LINE,  // any finite number
} neap_domain;

// What a loss can do besides; of the options, any loss takes the others.
enum {
  NEAP_TAKES_AFTER = 1,    // NEAP_SMOOTH_AFTER
  NEAP_TAKES_ALPHA = 2,    // a parameter alpha, which weighs the classes
  NEAP_TAKES_MARGINS = 4,  // LDAM's class_margins and scale, from parameters
  NEAP_TAKES_WHOLE = 8,    // P as a whole: no class_margins
  NEAP_TAKES_SPREAD = 16,  // P above 0: no class, unless it is smoothed
};

// Columns of a loss written as an expression.
enum { NEAP_COLUMN_MAX = 8 };

struct neap_formula;

// One loss in one number type. `evaluate` may assume that the call has been
// checked, that params are given, and that strides and scale are not 0.
typedef struct neap_loss_form {
  const char *name;
  const char *formula;
  const char *source;
  neap_loss_kind kind;
  neap_domain domain;
  int takes;                         // NEAP_TAKES_...
  const neap_parameter *parameters;  // ends where name is NULL
  void (*evaluate)(const neap_loss *loss, const neap_loss_call *call);
  const void *margin;  // of losses of a margin: a neap_margin_loss of the type
  const struct neap_formula *program;  // of losses written as expressions
  size_t column_count;                 // of a call that it looks at
  // Bytes of scratch of one call; 0: none.
  size_t (*scratch_bytes)(const neap_loss *loss, size_t classes,
                          neap_dtype dtype);
} neap_loss_form;

// A loss in both number types; immutable and shared by threads.
struct neap_loss {
  const neap_loss_form *form[2];   // by NEAP_FLOAT64, NEAP_FLOAT32
  const neap_kernels *kernels[2];  // of the same instruction set
  size_t term_count;               // of a sum of losses
  const neap_loss_term *terms;
};

// Returns a loss's build for a number type.
static inline const neap_loss_form *neap_loss_form_of(const neap_loss *loss,
                                                      neap_dtype dtype) {
  return loss->form[dtype == NEAP_FLOAT32];
}

// Returns what the targets of a loss are.
static inline neap_domain neap_domain_of(const neap_loss *loss,
                                         const neap_loss_options *options) {
  const neap_domain domain = neap_loss_form_of(loss, NEAP_FLOAT64)->domain;
  return options->logit_targets ? NEAP_LINE : domain;
}

// Rows of this many classes or more are long, and padded to whole blocks.
enum { NEAP_LONG_ROW = 48 };

static inline size_t neap_softmax_padded(size_t classes) {
  const size_t step = classes < NEAP_LONG_ROW ? 16 : 64;
  return (classes + step - 1) / step * step;
}

// Bytes of scratch that the softmax lift of a margin loss wants.
size_t neap_softmax_bytes(const neap_loss *loss, size_t classes,
                          neap_dtype dtype);

// Returns the columns that a call of the loss wants; of a sum those of its
// terms, one after the other.
size_t neap_loss_columns(const neap_loss *loss);

// Checks options against a loss, as neap_loss_evaluate does. dtype: of the
// logits; classes: k, or 2 for a binary loss of one label.
neap_status neap_loss_check_options(const neap_loss *loss, size_t classes,
                                    neap_dtype dtype,
                                    const neap_loss_options *options,
                                    neap_error *error);

// Returns the weights of classes that a loss has: its class_weights, or of
// alpha, in pair; of a sum, those of its first term. NULL: all 1.
const double *neap_loss_class_weights(const neap_loss *loss,
                                      const neap_loss_options *options,
                                      double pair[2]);

// Returns the labels, or classes, of a call's rows: 1 or more.
static inline size_t neap_labels_of(const neap_loss_call *call) {
  return call->classes > 1 ? call->classes : 1;
}

// Checks the whole of a call whose strides are given, as neap_loss_evaluate
// does.
neap_status neap_loss_check_call(const neap_loss *loss,
                                 const neap_loss_call *call, neap_error *error);

// Checks the targets of a call, as neap_loss_evaluate does, without a value.
neap_status neap_loss_check_targets(const neap_loss *loss,
                                    const neap_loss_call *call,
                                    neap_error *error);

// Returns whether targets must be one class or the other: of margins of
// classes, and of smoothing after the loss.
bool neap_loss_wants_hard(const neap_loss *loss,
                          const neap_loss_options *options);

// Checks that a loss of classes can have classes (NEAP_INT32) as targets.
neap_status neap_loss_check_class_targets(const neap_loss *loss,
                                          const neap_loss_options *options,
                                          neap_error *error);

// Evaluates without any check; for callers that have checked once.
void neap_loss_evaluate_unchecked(const neap_loss *loss,
                                  const neap_loss_call *call);

// Writes for each fraction in [0, 1] which share of the values' sum the largest
// of them hold; a row counts in part where a fraction cuts it. values: no NaN;
// space: [2 * count]. A share of no loss at all is NaN.
void neap_top_shares(size_t count, const double *values, size_t fractions,
                     const double *fraction, double *shares, uint64_t *space);

// ------------------------------------------------------------- divergences
// Sums over the classes in the unit of the natural logarithm, in double. Terms
// with p_i = 0 are 0; q_i = 0 where p_i > 0 gives infinity.
// Source: Cover and Thomas 2006, Elements of Information Theory, ch. 2; Lin
// 1991, IEEE Trans. Inf. Theory 37(1), eq. 4.1.

typedef enum neap_divergence {
  NEAP_ENTROPY,         // -sum p log p; q is not looked at
  NEAP_CROSS_ENTROPY,   // -sum p log q
  NEAP_KL,              // sum p log(p / q) >= 0
  NEAP_REVERSE_KL,      // sum q log(q / p) >= 0
  NEAP_JENSEN_SHANNON,  // (KL(p || m) + KL(q || m)) / 2, m = (p + q) / 2
} neap_divergence;

// Returns one of them; p, q: [count] probabilities.
double neap_diverge(const neap *engine, neap_divergence what, size_t count,
                    const double *p, const double *q);

// Writes one for each row to `values`; p, q: [rows][count] logits, of whose
// softmax they are; scratch: neap_diverge_bytes(), 64-byte aligned.
void neap_diverge_logits(const neap *engine, neap_divergence what, size_t rows,
                         size_t count, const double *p, const double *q,
                         double *values, void *scratch);

size_t neap_diverge_bytes(const neap *engine, size_t count);

#endif
