// loss/loss.h -- losses with their derivatives, and divergences.
//
// A loss is one file and one row in losses.def. The file is compiled for each
// instruction set and number type; each build is a neap_loss_form.
#ifndef NEAP_LOSS_H
#define NEAP_LOSS_H

#include "kernel/kernel.h"

// One loss in one number type. `evaluate` may assume that the call has been
// checked, that params are given, and that strides are not 0.
typedef struct neap_loss_form {
  const char *name;
  const char *formula;
  const char *source;
  neap_loss_kind kind;
  neap_parameter parameters[NEAP_PARAMETER_MAX];  // ends where name is NULL
  void (*evaluate)(const neap_loss_call *call);
} neap_loss_form;

// A loss in both number types; immutable and shared by threads.
struct neap_loss {
  const neap_loss_form *form[2];   // by NEAP_FLOAT64, NEAP_FLOAT32
  const neap_kernels *kernels[2];  // of the same instruction set
};

// Returns a loss's build for a number type.
static inline const neap_loss_form *neap_loss_form_of(const neap_loss *loss,
                                                      neap_dtype dtype) {
  return loss->form[dtype == NEAP_FLOAT32];
}

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
