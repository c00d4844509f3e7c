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
};

struct neap_margin_loss;

// One loss in one number type. `evaluate` may assume that the call has been
// checked, that params are given, and that strides and scale are not 0.
typedef struct neap_loss_form {
  const char *name;
  const char *formula;
  const char *source;
  neap_loss_kind kind;
  neap_domain domain;
  int takes;                                      // NEAP_TAKES_...
  neap_parameter parameters[NEAP_PARAMETER_MAX];  // ends where name is NULL
  void (*evaluate)(const neap_loss *loss, const neap_loss_call *call);
  const struct neap_margin_loss *margin;  // of losses of a margin
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

// Rows of this many classes or more are long, and padded to whole blocks.
enum { NEAP_LONG_ROW = 48 };

static inline size_t neap_softmax_padded(size_t classes) {
  const size_t step = classes < NEAP_LONG_ROW ? 16 : 64;
  return (classes + step - 1) / step * step;
}

// Bytes of scratch that the softmax lift of a margin loss wants.
size_t neap_softmax_bytes(const neap_loss *loss, size_t classes,
                          neap_dtype dtype);

// Checks options against a loss, as neap_loss_evaluate does. dtype: of the
// logits; classes: k, or 2 for a binary loss of one label.
neap_status neap_loss_check_options(const neap_loss *loss, size_t classes,
                                    neap_dtype dtype,
                                    const neap_loss_options *options,
                                    neap_error *error);

// Checks the targets of a call, as neap_loss_evaluate does, without a value.
neap_status neap_loss_check_targets(const neap_loss *loss,
                                    const neap_loss_call *call,
                                    neap_error *error);

// Evaluates without any check; for callers that have checked once.
void neap_loss_evaluate_unchecked(const neap_loss *loss,
                                  const neap_loss_call *call);

// ------------------------------------------------------------- divergences
// p, q: [count] probabilities in double; sums in the unit of the natural
// logarithm. Terms with p_i = 0 are 0; q_i = 0 where p_i > 0 gives infinity.
// Source: Cover and Thomas 2006, Elements of Information Theory, ch. 2.

// Returns -sum p log p.
double neap_entropy(const neap *engine, size_t count, const double *p);

// Returns -sum p log q.
double neap_cross_entropy(const neap *engine, size_t count, const double *p,
                          const double *q);

// Returns sum p log(p / q) >= 0, the Kullback-Leibler divergence.
double neap_kl(const neap *engine, size_t count, const double *p,
               const double *q);

#endif
