// loss/check_call.c -- the arrays of a call: shapes, targets, weights.
#include <float.h>
#include <math.h>

#include "loss/loss.h"

static const neap_kernels *kernels_of(const neap_loss *loss,
                                      const neap_loss_call *call) {
  return loss->kernels[call->dtype == NEAP_FLOAT32];
}

// Whether the logits are one run of numbers.
static bool is_dense(const neap_loss_call *call) {
  const size_t k = neap_labels_of(call);
  const ptrdiff_t step = k == 1 ? 1 : call->class_stride;
  return step == 1 && call->row_stride == (ptrdiff_t)k;
}

static neap_status refuse_target(bool unit, size_t row, double target,
                                 neap_error *error) {
  return neap_fail(error, NEAP_EDATA, "target in row %zu is %g; wanted %s",
                   row + 1, target, unit ? "0 to 1" : "a finite number");
}

bool neap_loss_wants_hard(const neap_loss *loss, const neap_loss_options *o) {
  bool wants = o->class_margins != NULL ||
               (o->label_smoothing > 0 && o->smoothing == NEAP_SMOOTH_AFTER);
  for (size_t t = 0; t < loss->term_count; t++) {
    const neap_loss_term *term = &loss->terms[t];
    wants |= neap_loss_wants_hard(term->loss, &term->options);
  }
  return wants;
}

static neap_status check_number(const neap_loss *loss,
                                const neap_loss_call *call, bool hard,
                                size_t row, double y, neap_error *error) {
  const bool unit = neap_domain_of(loss, &call->options) == NEAP_UNIT;
  const double *ignored = call->options.ignore_index;
  if (ignored != NULL && y == *ignored)
    return NEAP_OK;
  const bool fits = unit ? y >= 0 && y <= 1 : isfinite(y) != 0;
  if (!fits)
    return refuse_target(unit, row, y, error);
  if (!hard || y == 0 || y == 1)
    return NEAP_OK;
  return neap_fail(error, NEAP_EDATA,
                   "target in row %zu is %g; margins of classes and smoothing "
                   "after the loss want classes",
                   row + 1, y);
}

// Targets that are numbers, which lie as the logits do. Where nothing special
// is asked for, one fast look is enough.
static neap_status check_numbers(const neap_loss *loss,
                                 const neap_loss_call *call,
                                 neap_error *error) {
  const size_t k = neap_labels_of(call), count = call->rows * k;
  const bool unit = neap_domain_of(loss, &call->options) == NEAP_UNIT;
  const double most = call->dtype == NEAP_FLOAT32 ? FLT_MAX : DBL_MAX;
  const bool hard = neap_loss_wants_hard(loss, &call->options);
  if ((k == 1 || is_dense(call)) && !hard &&
      kernels_of(loss, call)
              ->find_outside(count, call->targets, unit ? 0 : -most,
                             unit ? 1 : most) == count) {
    return NEAP_OK;
  }
  const ptrdiff_t rows = k == 1 ? 1 : call->row_stride;
  for (size_t i = 0; i < call->rows; i++) {
    for (size_t j = 0; j < k; j++) {
      const ptrdiff_t at =
          (ptrdiff_t)i * rows + (ptrdiff_t)j * call->class_stride;
      const double y = neap_get(call->targets, call->dtype, (size_t)at);
      NEAP_TRY(check_number(loss, call, hard, i, y, error));
    }
  }
  return NEAP_OK;
}

// Returns the first row of a matrix that lies as the logits do whose sum is
// not 1, but for what float32 may lose; and that sum.
static size_t find_sum(const neap_loss *loss, const neap_loss_call *call,
                       const void *matrix, double *sum) {
  const double tolerance = 1e-4;
  const size_t k = call->classes;
  size_t i = 0;
  if (call->class_stride == 1) {
    i = kernels_of(loss, call)
            ->find_sum(call->rows, k, call->row_stride, matrix, 1, tolerance);
  }
  for (; i < call->rows; i++) {
    *sum = 0;
    for (size_t j = 0; j < k; j++) {
      const ptrdiff_t at =
          (ptrdiff_t)i * call->row_stride + (ptrdiff_t)j * call->class_stride;
      *sum += neap_get(matrix, call->dtype, (size_t)at);
    }
    if (!(fabs(*sum - 1) <= tolerance))
      break;
  }
  return i;
}

static neap_status check_sums(const neap_loss *loss, const neap_loss_call *call,
                              neap_error *error) {
  double sum;
  const size_t row = find_sum(loss, call, call->targets, &sum);
  if (row == call->rows)
    return NEAP_OK;
  return neap_fail(error, NEAP_EDATA,
                   "targets in row %zu add up to %g; wanted 1", row + 1, sum);
}

static neap_status check_classes(const neap_loss_call *call,
                                 neap_error *error) {
  const int32_t *label = call->targets;
  const double *ignored = call->options.ignore_index;
  const uint32_t k = (uint32_t)call->classes;
  uint32_t outside = 0;
  for (size_t i = 0; i < call->rows; i++)
    outside |= (uint32_t)((uint32_t)label[i] >= k);
  for (size_t i = 0; i < call->rows && outside != 0; i++) {
    const bool is_ignored = ignored != NULL && label[i] == *ignored;
    if ((uint32_t)label[i] < k || is_ignored)
      continue;
    return neap_fail(error, NEAP_EDATA,
                     "target in row %zu is %d; wanted a class, 0 to %zu", i + 1,
                     (int)label[i], call->classes - 1);
  }
  return NEAP_OK;
}

neap_status neap_loss_check_targets(const neap_loss *loss,
                                    const neap_loss_call *call,
                                    neap_error *error) {
  if (call->target_dtype == NEAP_INT32)
    return check_classes(call, error);
  NEAP_TRY(check_numbers(loss, call, error));
  if (neap_loss_kind_of(loss) == NEAP_CLASSES &&
      neap_domain_of(loss, &call->options) == NEAP_UNIT)
    return check_sums(loss, call, error);
  return NEAP_OK;
}

static neap_status check_row_weights(const neap_loss *loss,
                                     const neap_loss_call *call,
                                     neap_error *error) {
  const double most = call->dtype == NEAP_FLOAT32 ? FLT_MAX : DBL_MAX;
  if (call->weights == NULL)
    return NEAP_OK;
  const size_t at =
      kernels_of(loss, call)->find_outside(call->rows, call->weights, 0, most);
  if (at == call->rows)
    return NEAP_OK;
  return neap_fail(error, NEAP_EARGUMENT,
                   "weights[%zu] is %g; wanted a number >= 0", at + 1,
                   neap_get(call->weights, call->dtype, at));
}

// Probabilities in place of logits.
static neap_status check_probabilities(const neap_loss *loss,
                                       const neap_loss_call *call,
                                       neap_error *error) {
  double sum;
  const size_t k = neap_labels_of(call), count = call->rows * k;
  if (call->options.from == NEAP_LOGITS)
    return NEAP_OK;
  const bool looks_right =
      is_dense(call) &&
      kernels_of(loss, call)->find_outside(count, call->logits, 0, 1) == count;
  for (size_t i = 0; i < call->rows && !looks_right; i++) {
    for (size_t j = 0; j < k; j++) {
      const ptrdiff_t at =
          (ptrdiff_t)i * call->row_stride + (ptrdiff_t)j * call->class_stride;
      const double p = neap_get(call->logits, call->dtype, (size_t)at);
      if (p >= 0 && p <= 1)
        continue;
      return neap_fail(error, NEAP_EDATA,
                       "row %zu holds %g; wanted a probability", i + 1, p);
    }
  }
  if (neap_loss_kind_of(loss) != NEAP_CLASSES)
    return NEAP_OK;
  const size_t row = find_sum(loss, call, call->logits, &sum);
  if (row == call->rows)
    return NEAP_OK;
  return neap_fail(error, NEAP_EDATA,
                   "probabilities in row %zu add up to %g; wanted 1", row + 1,
                   sum);
}

neap_status neap_loss_check_class_targets(const neap_loss *loss,
                                          const neap_loss_options *options,
                                          neap_error *error) {
  const neap_loss_form *form = neap_loss_form_of(loss, NEAP_FLOAT64);
  if (neap_domain_of(loss, options) == NEAP_LINE) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s wants logits as targets, not classes", form->name);
  }
  if ((form->takes & NEAP_TAKES_SPREAD) != 0 && options->label_smoothing == 0) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s of a class is infinite; wanted probabilities, or "
                     "label_smoothing",
                     form->name);
  }
  return NEAP_OK;
}

static neap_status check_types(const neap_loss *loss,
                               const neap_loss_call *call, neap_error *error) {
  const neap_loss_form *form = neap_loss_form_of(loss, NEAP_FLOAT64);
  const bool classes = form->kind == NEAP_CLASSES;
  if (call->dtype == NEAP_INT32) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s has int32 logits; wanted float64 or float32",
                     form->name);
  }
  if (call->target_dtype != call->dtype &&
      (!classes || call->target_dtype != NEAP_INT32)) {
    return neap_fail(error, NEAP_EARGUMENT, "%s has %s targets with %s logits",
                     form->name, neap_dtype_name(call->target_dtype),
                     neap_dtype_name(call->dtype));
  }
  if (call->target_dtype != NEAP_INT32)
    return NEAP_OK;
  return neap_loss_check_class_targets(loss, &call->options, error);
}

size_t neap_loss_columns(const neap_loss *loss) {
  size_t count = neap_loss_form_of(loss, NEAP_FLOAT64)->column_count;
  for (size_t t = 0; t < loss->term_count; t++)
    count += neap_loss_columns(loss->terms[t].loss);
  return count;
}

static neap_status check_columns(const neap_loss *loss,
                                 const neap_loss_call *call,
                                 neap_error *error) {
  const size_t count = neap_loss_columns(loss);
  for (size_t i = 0; i < count; i++) {
    if (call->columns != NULL && call->columns[i] != NULL)
      continue;
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s has no numbers for column %zu of %zu",
                     neap_loss_name(loss), i + 1, count);
  }
  return NEAP_OK;
}

static neap_status check_shape(const neap_loss *loss,
                               const neap_loss_call *call, neap_error *error) {
  const char *name = neap_loss_name(loss);
  if (call->rows > 0 && (call->logits == NULL || call->targets == NULL)) {
    return neap_fail(error, NEAP_EARGUMENT, "%s has no %s", name,
                     call->logits == NULL ? "logits" : "targets");
  }
  if (call->dtype > NEAP_INT32 || call->target_dtype > NEAP_INT32) {
    return neap_fail(error, NEAP_EARGUMENT, "dtype is %d; wanted 0 to %d",
                     (int)call->dtype, NEAP_INT32);
  }
  if (neap_loss_kind_of(loss) == NEAP_CLASSES && call->classes < 2) {
    return neap_fail(error, NEAP_ESHAPE,
                     "%s has %zu logits a row; wanted 2 or more", name,
                     call->classes);
  }
  NEAP_TRY(check_types(loss, call, error));
  NEAP_TRY(check_columns(loss, call, error));
  if (call->scratch == NULL &&
      neap_loss_scratch_bytes(loss, call->classes, call->dtype) > 0) {
    return neap_fail(error, NEAP_EARGUMENT, "%s needs scratch", name);
  }
  return NEAP_OK;
}

neap_status neap_loss_check_call(const neap_loss *loss,
                                 const neap_loss_call *call,
                                 neap_error *error) {
  NEAP_TRY(check_shape(loss, call, error));
  NEAP_TRY(neap_loss_check_options(loss, neap_labels_of(call), call->dtype,
                                   &call->options, error));
  NEAP_TRY(check_row_weights(loss, call, error));
  NEAP_TRY(neap_loss_check_targets(loss, call, error));
  return check_probabilities(loss, call, error);
}
