// loss/evaluate.c -- a call, its scratch, and its denominator.
#include "loss/loss.h"

size_t neap_softmax_bytes(const neap_loss *loss, size_t classes,
                          neap_dtype dtype) {
  // See loss/softmax.h: three lists, and ten lines of sixteen rows a class.
  const size_t padded = neap_softmax_padded(classes);
  (void)loss;
  return padded * (3 + 10 * 16) * neap_dtype_size(dtype);
}

size_t neap_loss_scratch_bytes(const neap_loss *loss, size_t classes,
                               neap_dtype dtype) {
  const neap_loss_form *form = neap_loss_form_of(loss, dtype);
  if (form->scratch_bytes == NULL)
    return 0;
  return neap_aligned(form->scratch_bytes(loss, classes, dtype));
}

// --------------------------------------------------------- the denominator

// The weight of a row's target: of its class, or of its share in each.
static double target_weight(const neap_loss_call *call, size_t row,
                            size_t label) {
  const double *weights = call->options.class_weights;
  const size_t k = neap_labels_of(call);
  if (call->target_dtype == NEAP_INT32)
    return weights != NULL ? weights[((const int32_t *)call->targets)[row]] : 1;
  const ptrdiff_t at = k == 1 ? (ptrdiff_t)row
                              : (ptrdiff_t)row * call->row_stride +
                                    (ptrdiff_t)label * call->class_stride;
  const double y = neap_get(call->targets, call->dtype, (size_t)at);
  const double *of_label = call->options.label_weights;
  const double positive = (weights != NULL ? weights[1] : 1) *
                          (of_label != NULL ? of_label[label] : 1);
  return y * positive + (1 - y) * (weights != NULL ? weights[0] : 1);
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
      sum += y * weights[j];
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
  if (call->options.class_weights == NULL)
    return weight;
  return weight *
         (labels ? target_weight(call, row, 0) : class_shares(call, row, what));
}

// What one label of a row adds.
static double part_of_label(const neap_loss_call *call, size_t row,
                            size_t label) {
  const neap_loss_options *o = &call->options;
  const ptrdiff_t at = neap_labels_of(call) == 1
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
                             const neap_loss_call *given) {
  const neap_loss_options *o = &given->options;
  const bool classes = neap_loss_kind_of(loss) == NEAP_CLASSES;
  const size_t labels = classes ? 1 : neap_labels_of(given);
  if (o->normalizer == NEAP_COUNT && o->ignore_index == NULL)
    return (double)(given->rows * labels);
  neap_loss_call own = *given;
  const neap_loss_call *call = &own;
  double pair[2], sum = 0;
  own.options.class_weights = neap_loss_class_weights(loss, o, pair);
  if (loss->term_count > 0)
    own.options.label_weights = loss->terms[0].options.label_weights;
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
    full.row_stride = (ptrdiff_t)neap_labels_of(&full);
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
    neap_initial_parameters(form->parameters, initial);
    full.options.params = initial;
  }
  if (full.denominator != NULL)
    *full.denominator = denominator_of(loss, &full);
  form->evaluate(loss, &full);
}

neap_status neap_loss_evaluate(const neap_loss *loss,
                               const neap_loss_call *call, neap_error *error) {
  const neap_loss_call full = complete(call);
  NEAP_TRY(neap_loss_check_call(loss, &full, error));
  neap_loss_evaluate_unchecked(loss, &full);
  return NEAP_OK;
}

neap_status neap_loss_derivatives(const neap_loss *loss, const double *params,
                                  neap_hessian_mode mode, size_t rows,
                                  const double *logits, const double *targets,
                                  double *gradient, double *hessian,
                                  neap_error *error) {
  const neap_loss_call call = {
      .rows = rows,
      .logits = logits,
      .targets = targets,
      .options = {.params = params, .hessian_mode = mode},
      .gradient = gradient,
      .hessian = hessian};
  return neap_loss_evaluate(loss, &call, error);
}
