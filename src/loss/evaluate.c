// loss/evaluate.c -- the checks of a call, and the call.
#include <float.h>
#include <math.h>

#include "loss/loss.h"

// Rows of scratch for a softmax: see loss/softmax.h.
enum { SOFTMAX_ROWS = 16, SOFTMAX_LINES = 6 };

size_t neap_loss_scratch_bytes(const neap_loss *loss, size_t classes,
                               neap_dtype dtype) {
  if (neap_loss_kind_of(loss) == NEAP_BINARY)
    return 0;
  const size_t lines = SOFTMAX_LINES * SOFTMAX_ROWS + 1;  // 1: class weights
  return neap_aligned(lines * classes * neap_dtype_size(dtype));
}

static neap_status check_parameters(const neap_loss *loss, const double *params,
                                    neap_error *error) {
  size_t count;
  const neap_parameter *parameters = neap_loss_parameters(loss, &count);
  for (size_t i = 0; params != NULL && i < count; i++) {
    const neap_parameter *p = &parameters[i];
    if (isnan(p->initial) && isnan(params[i]))
      continue;  // off
    if (isfinite(params[i]) && params[i] >= p->low && params[i] <= p->high) {
      continue;
    }
    return neap_fail(error, NEAP_EARGUMENT, "%s is %g; wanted %g to %g",
                     p->name, params[i], p->low, p->high);
  }
  return NEAP_OK;
}

static const neap_kernels *kernels_of(const neap_loss *loss,
                                      const neap_loss_call *call) {
  return loss->kernels[call->dtype == NEAP_FLOAT32];
}

static neap_status refuse_target(size_t row, double target, neap_error *error) {
  return neap_fail(error, NEAP_EDATA, "target in row %zu is %g; wanted 0 to 1",
                   row + 1, target);
}

// Targets of a binary loss: numbers in [0, 1].
static neap_status check_binary(const neap_loss *loss,
                                const neap_loss_call *call, neap_error *error) {
  const size_t at =
      kernels_of(loss, call)->find_outside(call->rows, call->targets, 0, 1);
  if (at == call->rows)
    return NEAP_OK;
  return refuse_target(at, neap_get(call->targets, call->dtype, at), error);
}

// Probabilities of classes, which lie as the logits do.
static neap_status check_probabilities(const neap_loss *loss,
                                       const neap_loss_call *call,
                                       neap_error *error) {
  const size_t k = call->classes;
  const bool is_dense =
      call->class_stride == 1 && call->row_stride == (ptrdiff_t)k;
  if (is_dense && kernels_of(loss, call)
                          ->find_outside(call->rows * k, call->targets, 0, 1) ==
                      call->rows * k) {
    return NEAP_OK;
  }
  for (size_t i = 0; i < call->rows; i++) {
    for (size_t j = 0; j < k; j++) {
      const ptrdiff_t at =
          (ptrdiff_t)i * call->row_stride + (ptrdiff_t)j * call->class_stride;
      const double y = neap_get(call->targets, call->dtype, (size_t)at);
      if (!(y >= 0 && y <= 1))
        return refuse_target(i, y, error);
    }
  }
  return NEAP_OK;
}

static neap_status check_classes(const neap_loss_call *call,
                                 neap_error *error) {
  const int32_t *label = call->targets;
  for (size_t i = 0; i < call->rows; i++) {
    if (label[i] >= 0 && (size_t)label[i] < call->classes)
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
  if (neap_loss_kind_of(loss) == NEAP_BINARY)
    return check_binary(loss, call, error);
  if (call->target_dtype == NEAP_INT32)
    return check_classes(call, error);
  return check_probabilities(loss, call, error);
}

static neap_status check_weights(const double *weights, size_t count,
                                 const char *name, neap_error *error) {
  for (size_t i = 0; weights != NULL && i < count; i++) {
    if (isfinite(weights[i]) && weights[i] >= 0)
      continue;
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s[%zu] is %g; wanted a number >= 0", name, i + 1,
                     weights[i]);
  }
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

static neap_status check_shape(const neap_loss *loss,
                               const neap_loss_call *call, neap_error *error) {
  const char *name = neap_loss_name(loss);
  const bool binary = neap_loss_kind_of(loss) == NEAP_BINARY;
  if (binary ? call->classes > 1 : call->classes < 2) {
    return neap_fail(error, NEAP_ESHAPE, "%s has %zu logits a row; wanted %s",
                     name, call->classes, binary ? "1" : "2 or more");
  }
  if (call->dtype == NEAP_INT32) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s has int32 logits; wanted float64 or float32", name);
  }
  if (call->target_dtype != call->dtype &&
      (binary || call->target_dtype != NEAP_INT32)) {
    return neap_fail(error, NEAP_EARGUMENT, "%s has %s targets with %s logits",
                     name, neap_dtype_name(call->target_dtype),
                     neap_dtype_name(call->dtype));
  }
  if (!binary && call->scratch == NULL) {
    return neap_fail(error, NEAP_EARGUMENT, "%s needs scratch", name);
  }
  return NEAP_OK;
}

void neap_loss_evaluate_unchecked(const neap_loss *loss,
                                  const neap_loss_call *call) {
  const neap_loss_form *form = neap_loss_form_of(loss, call->dtype);
  neap_loss_call full = *call;
  double initial[NEAP_PARAMETER_MAX];
  if (full.params == NULL) {
    for (int i = 0; i < NEAP_PARAMETER_MAX; i++) {
      initial[i] = form->parameters[i].initial;
    }
    full.params = initial;
  }
  if (full.row_stride == 0 && full.class_stride == 0) {
    full.row_stride = full.classes > 1 ? (ptrdiff_t)full.classes : 1;
    full.class_stride = 1;
  }
  form->evaluate(&full);
  if (full.denominator != NULL)
    *full.denominator = (double)full.rows;
}

neap_status neap_loss_evaluate(const neap_loss *loss,
                               const neap_loss_call *call, neap_error *error) {
  const size_t classes = call->classes > 1 ? call->classes : 2;
  NEAP_TRY(check_shape(loss, call, error));
  NEAP_TRY(check_parameters(loss, call->params, error));
  NEAP_TRY(check_weights(call->class_weights, classes, "class_weights", error));
  NEAP_TRY(check_row_weights(loss, call, error));
  neap_loss_call full = *call;
  if (full.row_stride == 0 && full.class_stride == 0) {
    full.row_stride =
        classes > 2 || call->classes == 2 ? (ptrdiff_t)classes : 1;
    full.class_stride = 1;
  }
  NEAP_TRY(neap_loss_check_targets(loss, &full, error));
  neap_loss_evaluate_unchecked(loss, &full);
  return NEAP_OK;
}
