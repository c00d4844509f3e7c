// metric/brier.c -- mean squared error of the probability of class 1.
#include <math.h>

#include "metric/metric.h"

// |p - y| is the probability of the other class, which is a sigmoid again.
static double brier(const neap_scores *s, const double *params,
                    const char **undefined) {
  (void)params;
  const double total = s->positive_weight + s->negative_weight;
  if (total == 0) {
    *undefined = "there is no row";
    return NAN;
  }
  const neap_kernels *kernels = neap_kernels_of(s->engine, NEAP_FLOAT64);
  double *error = s->scratch;
  for (size_t i = 0; i < s->rows; i++) {
    error[i] = s->targets[i] != 0 ? -s->scores[i] : s->scores[i];
  }
  kernels->sigmoid(s->rows, error, error);
  for (size_t i = 0; i < s->rows; i++) {
    error[i] *= error[i] * (s->weights != NULL ? s->weights[i] : 1);
  }
  return kernels->sum(s->rows, error) / total;
}

const neap_metric neap_metric_brier = {
    .name = "brier",
    .summary = "mean of (p - y)^2, p = P(class 1)",
    .source = "Brier 1950, Mon. Weather Rev. 78(1), p. 1 (half of his sum)",
    .probabilities = true,
    .of = brier,
};
