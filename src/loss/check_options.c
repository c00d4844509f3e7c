// loss/check_options.c -- which options go with a loss, and their ranges.
#include <float.h>
#include <math.h>

#include "loss/loss.h"

static neap_status check_parameters(const neap_loss *loss, const double *params,
                                    neap_error *error) {
  size_t count;
  return neap_check_parameters(neap_loss_parameters(loss, &count), params,
                               error);
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

// What a loss of numbers has no use for.
static neap_status check_real(const neap_loss *loss, const neap_loss_options *o,
                              neap_error *error) {
  if (o->label_weights != NULL)
    return refuse(loss, "label_weights", error);
  if (o->class_offsets != NULL)
    return refuse(loss, "class_offsets (logit_adjustment)", error);
  if (o->scale != 0 && o->scale != 1)
    return refuse(loss, "a scale (temperature)", error);
  return NEAP_OK;
}

// What a loss has no use for whose targets are logits, or predictions.
static neap_status check_line(const neap_loss *loss, const neap_loss_options *o,
                              neap_error *error) {
  if (o->class_weights != NULL)
    return refuse(loss, "class_weights", error);
  if (o->class_margins != NULL)
    return refuse(loss, "class_margins", error);
  if (o->label_smoothing != 0)
    return refuse(loss, "label_smoothing", error);
  if (o->from == NEAP_PROBABILITIES)
    return refuse(loss, "probabilities", error);
  if (o->normalizer == NEAP_POSITIVES)
    return refuse(loss, "positives as the normalizer", error);
  return NEAP_OK;
}

static neap_status check_kind(const neap_loss *loss, const neap_loss_options *o,
                              neap_error *error) {
  const neap_loss_form *form = neap_loss_form_of(loss, NEAP_FLOAT64);
  if (form->kind == NEAP_REAL)
    NEAP_TRY(check_real(loss, o, error));
  const neap_domain domain = neap_domain_of(loss, o);
  if (domain == NEAP_LINE)
    NEAP_TRY(check_line(loss, o, error));
  if (o->logit_targets && (form->takes & NEAP_TAKES_WHOLE) == 0)
    return refuse(loss, "logits as targets", error);
  if (form->kind != NEAP_CLASSES)
    return NEAP_OK;
  if (o->label_weights != NULL)
    return refuse(loss, "label_weights", error);
  if (o->class_margins != NULL && (form->takes & NEAP_TAKES_WHOLE) != 0)
    return refuse(loss, "class_margins", error);
  if (o->ignore_index != NULL && domain == NEAP_LINE)
    return refuse(loss, "ignore_index", error);
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
  if (o->class_margins != NULL) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "label_smoothing does not go with margins of classes");
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
                     "offsets (logit_adjustment), margins and a scale "
                     "(temperature) act on logits; %s is given probabilities",
                     neap_loss_name(loss));
  }
  if (!(o->scale >= 0 && isfinite(o->scale))) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "scale is %g; wanted a number above 0", o->scale);
  }
  return NEAP_OK;
}

static bool same_list(const double *a, const double *b, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if ((a != NULL ? a[i] : 1) != (b != NULL ? b[i] : 1))
      return false;
  }
  return true;
}

// The weights' sum of a sum has a meaning where all terms weigh alike.
static neap_status check_weight_sum(const neap_loss *sum, size_t classes,
                                    const neap_loss_options *o,
                                    neap_error *error) {
  const size_t k = neap_loss_kind_of(sum) == NEAP_CLASSES ? classes : 2;
  for (size_t t = 1; t < sum->term_count && o->normalizer == NEAP_WEIGHT_SUM;
       t++) {
    const neap_loss_term *a = &sum->terms[0], *b = &sum->terms[t];
    double pair_a[2], pair_b[2];
    const double *weights_a =
        neap_loss_class_weights(a->loss, &a->options, pair_a);
    const double *weights_b =
        neap_loss_class_weights(b->loss, &b->options, pair_b);
    if (!same_list(weights_a, weights_b, k) ||
        !same_list(a->options.label_weights, b->options.label_weights,
                   classes)) {
      return neap_fail(error, NEAP_EARGUMENT,
                       "weight_sum as the normalizer of a sum wants the same "
                       "weights of classes in all its losses");
    }
  }
  return NEAP_OK;
}

// What is one of a few names.
static neap_status check_choices(const neap_loss_options *o,
                                 neap_error *error) {
  const struct {
    const char *name;
    int choice, most;
  } choices[] = {
      {"smoothing", (int)o->smoothing, NEAP_SMOOTH_AFTER},
      {"from", (int)o->from, NEAP_PROBABILITIES},
      {"hessian_mode", (int)o->hessian_mode, NEAP_HESSIAN_FLOOR},
      {"normalizer", (int)o->normalizer, NEAP_POSITIVES},
  };
  for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
    if (choices[i].choice >= 0 && choices[i].choice <= choices[i].most)
      continue;
    return neap_fail(error, NEAP_EARGUMENT, "%s is %d; wanted 0 to %d",
                     choices[i].name, choices[i].choice, choices[i].most);
  }
  if (o->hessian_mode == NEAP_HESSIAN_FLOOR &&
      !(o->hessian_floor >= 0 && isfinite(o->hessian_floor))) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "hessian_floor is %g; wanted a finite number >= 0",
                     o->hessian_floor);
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
  NEAP_TRY(check_choices(options, error));
  NEAP_TRY(check_sum(loss, options, error));
  for (size_t t = 0; t < loss->term_count; t++) {
    const neap_loss_term *term = &loss->terms[t];
    NEAP_TRY(neap_loss_check_options(term->loss, classes, dtype, &term->options,
                                     error));
  }
  NEAP_TRY(check_weight_sum(loss, classes, options, error));
  NEAP_TRY(check_parameters(loss, options->params, error));
  NEAP_TRY(check_kind(loss, options, error));
  NEAP_TRY(check_lists(loss, classes, dtype, options, error));
  NEAP_TRY(check_source(loss, options, error));
  return check_smoothing(loss, options, error);
}
