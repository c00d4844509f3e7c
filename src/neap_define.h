// neap_define.h -- losses of one's own, as a formula; part of neap.h.
//
//   neap_parameter gamma = {.name = "gamma", .initial = 2, .high = 10};
//   neap_formula_text text = {
//       .name = "mine", .formula = "softplus(-m) * (1 - sigmoid(m))^gamma",
//       .parameters = &gamma, .parameter_count = 1};
//   neap_defined *mine = neap_loss_define(engine, &text, &error);
//   const neap_loss *loss = neap_defined_loss(mine, NEAP_BINARY);
#ifndef NEAP_DEFINE_H
#define NEAP_DEFINE_H

#include "neap.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// What a loss is. All that it points to must stay as long as the loss does.
typedef struct neap_formula_text {
  const char *name;  // a word, and no loss of neap
  // One expression of numbers, + - * / ^ ( ), the functions exp, expm1, log,
  // log1p, pow, sqrt, abs, tanh, sigmoid, log_sigmoid, softplus, min, max,
  // less, greater, equal and where(condition, a, b), the names below, and
  // either the margin m (x where the target is 1, -x where it is 0), or the
  // logit x and the target y.
  const char *formula;
  const char *source;                // NULL: none
  const neap_parameter *parameters;  // NULL: none
  size_t parameter_count;            // at most NEAP_PARAMETER_MAX
  const char *const *columns;        // numbers of a row that it reads; or NULL
  size_t column_count;               // at most 8
} neap_formula_text;

// A loss that was defined.
typedef struct neap_defined neap_defined;

// Returns a new loss, or NULL. It is differentiated and compiled once, and runs
// in blocks as the built-in ones do.
//   NEAP_EARGUMENT  the formula has an error, and where; or it is too large; a
//                   name is no word, there twice, or means something else
//   NEAP_EMEMORY    no memory
neap_defined *neap_loss_define(const neap *engine,
                               const neap_formula_text *text,
                               neap_error *error);

// Frees it. NULL is allowed.
void neap_loss_undefine(neap_defined *defined);

// Returns the loss for targets of two classes (NEAP_BINARY) or, of a formula of
// the margin, its softmax (NEAP_CLASSES); NULL where there is none. It lives as
// long as `defined`, may be shared by threads, and is never freed itself.
const neap_loss *neap_defined_loss(const neap_defined *defined,
                                   neap_loss_kind kind);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
