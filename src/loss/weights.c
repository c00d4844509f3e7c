// loss/weights.c -- class weights and margins from the classes' counts.
#include <math.h>
#include <string.h>

#include "loss/loss.h"

const double *neap_loss_class_weights(const neap_loss *loss,
                                      const neap_loss_options *options,
                                      double pair[2]) {
  if (loss->term_count > 0) {
    const neap_loss_term *first = &loss->terms[0];
    return neap_loss_class_weights(first->loss, &first->options, pair);
  }
  const neap_loss_form *form = neap_loss_form_of(loss, NEAP_FLOAT64);
  size_t count;
  const neap_parameter *parameters = neap_loss_parameters(loss, &count);
  for (size_t i = 0; (form->takes & NEAP_TAKES_ALPHA) != 0 && i < count; i++) {
    const double alpha =
        options->params != NULL ? options->params[i] : parameters[i].initial;
    if (strcmp(parameters[i].name, "alpha") != 0 || isnan(alpha))
      continue;
    pair[0] = 1 - alpha;
    pair[1] = alpha;
    return pair;
  }
  return options->class_weights;
}

void neap_balanced_weights(size_t k, const double *counts, double *weights) {
  double all = 0;
  for (size_t c = 0; c < k; c++)
    all += counts[c];
  for (size_t c = 0; c < k; c++)
    weights[c] = counts[c] > 0 ? all / ((double)k * counts[c]) : 0;
}

// 1 - beta^n without cancellation where beta is close to 1.
void neap_effective_weights(size_t k, const double *counts, double beta,
                            double *weights) {
  double sum = 0;
  for (size_t c = 0; c < k; c++) {
    const double number =
        beta > 0 ? -expm1(counts[c] * log1p(-(1 - beta))) / (1 - beta) : 1;
    weights[c] = counts[c] > 0 ? 1 / number : 0;
    sum += weights[c];
  }
  for (size_t c = 0; c < k && sum > 0; c++)
    weights[c] *= (double)k / sum;
}

void neap_ldam_margins(size_t k, const double *counts, double largest,
                       double *margins) {
  double most = 0;
  for (size_t c = 0; c < k; c++) {
    margins[c] = counts[c] > 0 ? pow(counts[c], -0.25) : 0;
    most = fmax(most, margins[c]);
  }
  for (size_t c = 0; c < k && most > 0; c++)
    margins[c] *= largest / most;
}
