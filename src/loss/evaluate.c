// loss/evaluate.c -- the checks of a call, the call, and its denominator.
#include <float.h>
#include <math.h>

#include "loss/loss.h"

size_t neap_loss_scratch_bytes(const neap_loss *loss, size_t classes,
                               neap_dtype dtype) {
  const neap_loss_form *form = neap_loss_form_of(loss, dtype);
  if (form->scratch_bytes == NULL)
    return 0;
  return neap_aligned(form->scratch_bytes(loss, classes, dtype));
}

static const neap_kernels *kernels_of(const neap_loss *loss,
                                      const neap_loss_call *call) {
  return loss->kernels[call->dtype == NEAP_FLOAT32];
}

static size_t labels_of(const neap_loss_call *call) {
  return call->classes > 1 ? call->classes : 1;
}

size_t neap_softmax_bytes(const neap_loss *loss, size_t classes,
                          neap_dtype dtype) {
  // See loss/softmax.h: three lists, and ten lines of sixteen rows a class.
  const size_t padded = neap_softmax_padded(classes);
  (void)loss;
  return padded * (3 + 10 * 16) * neap_dtype_size(dtype);
}

// ------------------------------------------------------------- the options

static neap_status check_parameters(const neap_loss *loss, const double *params,
                                    neap_error *error) {
  size_t count;
  const neap_parameter *parameters = neap_loss_parameters(loss, &count);
  for (size_t i = 0; params != NULL && i < count; i++) {
    const neap_parameter *p = &parameters[i];
    if (isnan(p->initial) && isnan(params[i]))
      continue;  // off
    if (isfinite(params[i]) && params[i] >= p->low && params[i] <= p->high &&
        !(p->open && params[i] == p->low)) {
      continue;
    }
    return neap_fail(error, NEAP_EARGUMENT, "%s is %g; wanted %s%g to %g",
                     p->name, params[i], p->open ? "above " : "", p->low,
                     p->high);
  }
  return NEAP_OK;
}

static neap_status check_list(const double *list, size_t count, double low,
                              neap_dtype dtype, const char *name,
                              neap_error *error) {
  const double most = dtype == NEAP_FLOAT32 ? FLT_MAX : DBL_MAX;
  for (size_t i = 0; list != NULL && i < count; i++) {
    if (list[i] >= low && list[i] <= most)
      continue;
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s[%zu] is %g; wanted a finite number%s", name, i + 1,
                     list[i], low == 0 ? " >= 0" : "");
  }
  return NEAP_OK;
}

static neap_status check_lists(const neap_loss *loss, size_t classes,
                               neap_dtype dtype, const neap_loss_options *o,
                               neap_error *error) {
  const bool binary = neap_loss_kind_of(loss) != NEAP_CLASSES;
  const size_t k = binary ? 2 : classes;
  NEAP_TRY(check_list(o->class_weights, k, 0, dtype, "class_weights", error));
  NEAP_TRY(
      check_list(o->class_offsets, k, -DBL_MAX, dtype, "class_offsets", error));
  NEAP_TRY(
      check_list(o->class_margins, k, -DBL_MAX, dtype, "class_margins", error));
  return check_list(binary ? o->label_weights : NULL, classes, 0, dtype,
                    "label_weights", error);
}

static neap_status refuse(const neap_loss *loss, const char *option,
                          neap_error *error) {
  return neap_fail(error, NEAP_EARGUMENT, "%s does not take %s",
                   neap_loss_name(loss), option);
}

// What a loss of numbers, or of one logit, has no use for.
static neap_status check_kind(const neap_loss *loss, const neap_loss_options *o,
                              neap_error *error) {
  const neap_loss_kind kind = neap_loss_kind_of(loss);
  if (kind == NEAP_CLASSES && o->label_weights != NULL)
    return refuse(loss, "label_weights", error);
  if (kind != NEAP_REAL)
    return NEAP_OK;
  if (o->class_weights != NULL)
    return refuse(loss, "class_weights", error);
  if (o->label_weights != NULL)
    return refuse(loss, "label_weights", error);
  if (o->class_offsets != NULL)
    return refuse(loss, "class_offsets", error);
  if (o->class_margins != NULL)
    return refuse(loss, "class_margins", error);
  if (o->scale != 0 && o->scale != 1)
    return refuse(loss, "scale", error);
  if (o->label_smoothing != 0)
    return refuse(loss, "label_smoothing", error);
  if (o->from == NEAP_PROBABILITIES)
    return refuse(loss, "probabilities", error);
  if (o->normalizer == NEAP_POSITIVES)
    return refuse(loss, "positives as the normalizer", error);
  return NEAP_OK;
}

static neap_status check_smoothing(const neap_loss *loss,
                                   const neap_loss_options *o,
                                   neap_error *error) {
  const neap_loss_form *form = neap_loss_form_of(loss, NEAP_FLOAT64);
  const double e = o->label_smoothing;
  if (!(e >= 0 && e < 1)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "label_smoothing is %g; wanted 0 or more, below 1", e);
  }
  if (e == 0)
    return NEAP_OK;
  if (form->domain == NEAP_LINE)
    return refuse(loss, "label_smoothing", error);
  if (o->class_margins != NULL) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "label_smoothing does not go with class_margins");
  }
  if (o->smoothing == NEAP_SMOOTH_AFTER &&
      (form->takes & NEAP_TAKES_AFTER) == 0) {
    return refuse(loss, "label_smoothing after the loss", error);
  }
  if (o->smoothing == NEAP_SMOOTH_AFTER && o->from == NEAP_PROBABILITIES) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "label_smoothing after the loss wants logits");
  }
  return NEAP_OK;
}

static neap_status check_source(const neap_loss *loss,
                                const neap_loss_options *o, neap_error *error) {
  const bool moves = o->class_offsets != NULL || o->class_margins != NULL ||
                     (o->scale != 0 && o->scale != 1);
  if (o->from == NEAP_PROBABILITIES && moves) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "offsets, margins and a scale act on logits; %s is given "
                     "probabilities",
                     neap_loss_name(loss));
  }
  if (!(o->scale >= 0 && isfinite(o->scale))) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "scale is %g; wanted a number above 0", o->scale);
  }
  return NEAP_OK;
}

// What a sum leaves to its terms.
static neap_status check_sum(const neap_loss *loss, const neap_loss_options *o,
                             neap_error *error) {
  const bool is_plain = o->params == NULL && o->class_weights == NULL &&
                        o->label_weights == NULL && o->class_offsets == NULL &&
                        o->class_margins == NULL &&
                        (o->scale == 0 || o->scale == 1) &&
                        o->label_smoothing == 0 && o->from == NEAP_LOGITS;
  if (loss->term_count == 0 || is_plain)
    return NEAP_OK;
  return neap_fail(error, NEAP_EARGUMENT,
                   "a sum of losses takes no options of its own but "
                   "hessian_mode, ignore_index and normalizer");
}

neap_status neap_loss_check_options(const neap_loss *loss, size_t classes,
                                    neap_dtype dtype,
                                    const neap_loss_options *options,
                                    neap_error *error) {
  NEAP_TRY(check_sum(loss, options, error));
  for (size_t t = 0; t < loss->term_count; t++) {
    const neap_loss_term *term = &loss->terms[t];
    NEAP_TRY(neap_loss_check_options(term->loss, classes, dtype, &term->options,
                                     error));
  }
  NEAP_TRY(check_parameters(loss, options->params, error));
  NEAP_TRY(check_kind(loss, options, error));
  NEAP_TRY(check_lists(loss, classes, dtype, options, error));
  NEAP_TRY(check_source(loss, options, error));
  return check_smoothing(loss, options, error);
}

// ------------------------------------------------------------- the targets

static neap_status refuse_target(const neap_loss *loss, size_t row,
                                 double target, neap_error *error) {
  const bool unit = neap_loss_form_of(loss, NEAP_FLOAT64)->domain == NEAP_UNIT;
  return neap_fail(error, NEAP_EDATA, "target in row %zu is %g; wanted %s",
                   row + 1, target, unit ? "0 to 1" : "a finite number");
}

// Whether targets must be one class or the other.
static bool wants_hard(const neap_loss_call *call) {
  const neap_loss_options *o = &call->options;
  return o->class_margins != NULL ||
         (o->label_smoothing > 0 && o->smoothing == NEAP_SMOOTH_AFTER);
}

static neap_status check_number(const neap_loss *loss,
                                const neap_loss_call *call, size_t row,
                                double y, neap_error *error) {
  const neap_loss_form *form = neap_loss_form_of(loss, call->dtype);
  const double *ignored = call->options.ignore_index;
  if (ignored != NULL && y == *ignored)
    return NEAP_OK;
  const bool fits =
      form->domain == NEAP_UNIT ? y >= 0 && y <= 1 : isfinite(y) != 0;
  if (!fits)
    return refuse_target(loss, row, y, error);
  if (!wants_hard(call) || y == 0 || y == 1)
    return NEAP_OK;
  return neap_fail(error, NEAP_EDATA,
                   "target in row %zu is %g; class_margins and smoothing after "
                   "the loss want classes",
                   row + 1, y);
}

// Targets that are numbers, which lie as the logits do. Where nothing special
// is asked for, one fast look is enough.
static neap_status check_numbers(const neap_loss *loss,
                                 const neap_loss_call *call,
                                 neap_error *error) {
  const size_t k = labels_of(call), count = call->rows * k;
  const bool unit = neap_loss_form_of(loss, call->dtype)->domain == NEAP_UNIT;
  const double most = call->dtype == NEAP_FLOAT32 ? FLT_MAX : DBL_MAX;
  const bool is_dense =
      k == 1 || (call->class_stride == 1 && call->row_stride == (ptrdiff_t)k);
  if (is_dense && !wants_hard(call) &&
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
      NEAP_TRY(check_number(loss, call, i, y, error));
    }
  }
  return NEAP_OK;
}

// Probabilities of classes add up to 1, but for what float32 may lose.
static neap_status check_sums(const neap_loss_call *call, neap_error *error) {
  for (size_t i = 0; i < call->rows; i++) {
    double sum = 0;
    for (size_t j = 0; j < call->classes; j++) {
      const ptrdiff_t at =
          (ptrdiff_t)i * call->row_stride + (ptrdiff_t)j * call->class_stride;
      sum += neap_get(call->targets, call->dtype, (size_t)at);
    }
    if (fabs(sum - 1) <= 1e-4)
      continue;
    return neap_fail(error, NEAP_EDATA,
                     "targets in row %zu add up to %g; wanted 1", i + 1, sum);
  }
  return NEAP_OK;
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
  const neap_loss_form *form = neap_loss_form_of(loss, call->dtype);
  if (call->target_dtype == NEAP_INT32)
    return check_classes(call, error);
  NEAP_TRY(check_numbers(loss, call, error));
  if (form->kind == NEAP_CLASSES && form->domain == NEAP_UNIT)
    return check_sums(call, error);
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
  const size_t k = labels_of(call);
  const bool classes = neap_loss_kind_of(loss) == NEAP_CLASSES;
  if (call->options.from == NEAP_LOGITS)
    return NEAP_OK;
  for (size_t i = 0; i < call->rows; i++) {
    double sum = 0;
    for (size_t j = 0; j < k; j++) {
      const ptrdiff_t at =
          (ptrdiff_t)i * call->row_stride + (ptrdiff_t)j * call->class_stride;
      const double p = neap_get(call->logits, call->dtype, (size_t)at);
      sum += p;
      if (p >= 0 && p <= 1)
        continue;
      return neap_fail(error, NEAP_EDATA,
                       "row %zu holds %g; wanted a probability", i + 1, p);
    }
    if (classes && !(fabs(sum - 1) <= 1e-4)) {
      return neap_fail(error, NEAP_EDATA,
                       "probabilities in row %zu add up to %g; wanted 1", i + 1,
                       sum);
    }
  }
  return NEAP_OK;
}

static neap_status check_shape(const neap_loss *loss,
                               const neap_loss_call *call, neap_error *error) {
  const char *name = neap_loss_name(loss);
  const bool classes = neap_loss_kind_of(loss) == NEAP_CLASSES;
  if (classes && call->classes < 2) {
    return neap_fail(error, NEAP_ESHAPE,
                     "%s has %zu logits a row; wanted 2 or more", name,
                     call->classes);
  }
  if (call->dtype == NEAP_INT32) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s has int32 logits; wanted float64 or float32", name);
  }
  if (call->target_dtype != call->dtype &&
      (!classes || call->target_dtype != NEAP_INT32)) {
    return neap_fail(error, NEAP_EARGUMENT, "%s has %s targets with %s logits",
                     name, neap_dtype_name(call->target_dtype),
                     neap_dtype_name(call->dtype));
  }
  if (call->scratch == NULL &&
      neap_loss_scratch_bytes(loss, call->classes, call->dtype) > 0) {
    return neap_fail(error, NEAP_EARGUMENT, "%s needs scratch", name);
  }
  return NEAP_OK;
}

// --------------------------------------------------------- the denominator

// The weight of a row's target: of its class, or of its share in each.
static double target_weight(const neap_loss_call *call, size_t row,
                            size_t label) {
  const double *weights = call->options.class_weights;
  const size_t k = labels_of(call);
  if (call->target_dtype == NEAP_INT32)
    return weights != NULL ? weights[((const int32_t *)call->targets)[row]] : 1;
  const ptrdiff_t at = k == 1 ? (ptrdiff_t)row
                              : (ptrdiff_t)row * call->row_stride +
                                    (ptrdiff_t)label * call->class_stride;
  const double y = neap_get(call->targets, call->dtype, (size_t)at);
  return weights != NULL ? y * weights[1] + (1 - y) * weights[0] : 1;
}

static double class_shares(const neap_loss_call *call, size_t row,
                           neap_normalizer what) {
  const double *weights = call->options.class_weights;
  double sum = 0;
  for (size_t j = 0; j < call->classes; j++) {
    const ptrdiff_t at =
        (ptrdiff_t)row * call->row_stride + (ptrdiff_t)j * call->class_stride;
    const double y = neap_get(call->targets, call->dtype, (size_t)at);
    if (what == NEAP_POSITIVES)
      sum += j > 0 ? y : 0;
    else
      sum += y * (weights != NULL ? weights[j] : 1);
  }
  return sum;
}

// What one row of a loss of classes adds.
static double part_of_classes(const neap_loss_call *call, size_t row) {
  const neap_normalizer what = call->options.normalizer;
  const double *ignored = call->options.ignore_index;
  const bool labels = call->target_dtype == NEAP_INT32;
  const int32_t label = labels ? ((const int32_t *)call->targets)[row] : 0;
  if (labels && ignored != NULL && label == *ignored)
    return 0;
  if (what == NEAP_COUNT)
    return 1;
  if (what == NEAP_POSITIVES)
    return labels ? label != 0 : class_shares(call, row, what);
  const double weight =
      call->weights != NULL ? neap_get(call->weights, call->dtype, row) : 1;
  return weight *
         (labels ? target_weight(call, row, 0) : class_shares(call, row, what));
}

// What one label of a row adds.
static double part_of_label(const neap_loss_call *call, size_t row,
                            size_t label) {
  const neap_loss_options *o = &call->options;
  const ptrdiff_t at = labels_of(call) == 1
                           ? (ptrdiff_t)row
                           : (ptrdiff_t)row * call->row_stride +
                                 (ptrdiff_t)label * call->class_stride;
  const double y = neap_get(call->targets, call->dtype, (size_t)at);
  if (o->ignore_index != NULL && y == *o->ignore_index)
    return 0;
  if (o->normalizer == NEAP_COUNT)
    return 1;
  if (o->normalizer == NEAP_POSITIVES)
    return y;
  const double weight =
      call->weights != NULL ? neap_get(call->weights, call->dtype, row) : 1;
  return weight * target_weight(call, row, label);
}

static double denominator_of(const neap_loss *loss,
                             const neap_loss_call *call) {
  const neap_loss_options *o = &call->options;
  const bool classes = neap_loss_kind_of(loss) == NEAP_CLASSES;
  const size_t labels = classes ? 1 : labels_of(call);
  double sum = 0;
  if (o->normalizer == NEAP_COUNT && o->ignore_index == NULL)
    return (double)(call->rows * labels);
  for (size_t i = 0; i < call->rows; i++) {
    if (classes)
      sum += part_of_classes(call, i);
    for (size_t j = 0; j < labels && !classes; j++)
      sum += part_of_label(call, i, j);
  }
  return sum;
}

// ---------------------------------------------------------------- the call

static neap_loss_call complete(const neap_loss_call *call) {
  neap_loss_call full = *call;
  if (full.options.scale == 0)
    full.options.scale = 1;
  if (full.row_stride == 0 && full.class_stride == 0) {
    full.row_stride = (ptrdiff_t)labels_of(&full);
    full.class_stride = 1;
  }
  return full;
}

void neap_loss_evaluate_unchecked(const neap_loss *loss,
                                  const neap_loss_call *call) {
  const neap_loss_form *form = neap_loss_form_of(loss, call->dtype);
  neap_loss_call full = complete(call);
  double initial[NEAP_PARAMETER_MAX];
  if (full.options.params == NULL) {
    for (int i = 0; i < NEAP_PARAMETER_MAX; i++)
      initial[i] = form->parameters[i].initial;
    full.options.params = initial;
  }
  if (full.denominator != NULL)
    *full.denominator = denominator_of(loss, &full);
  form->evaluate(loss, &full);
}

neap_status neap_loss_evaluate(const neap_loss *loss,
                               const neap_loss_call *call, neap_error *error) {
  const neap_loss_call full = complete(call);
  const size_t classes = labels_of(call);
  NEAP_TRY(check_shape(loss, call, error));
  NEAP_TRY(neap_loss_check_options(loss, classes, call->dtype, &call->options,
                                   error));
  NEAP_TRY(check_row_weights(loss, call, error));
  NEAP_TRY(neap_loss_check_targets(loss, &full, error));
  NEAP_TRY(check_probabilities(loss, &full, error));
  neap_loss_evaluate_unchecked(loss, &full);
  return NEAP_OK;
}
