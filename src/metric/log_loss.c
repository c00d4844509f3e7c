// metric/log_loss.c -- mean cross-entropy of the scores, never clipped.
#include <math.h>

#include "metric/metric.h"

static double log_loss(const neap_scores *s, const double *params,
                       const char **undefined) {
  (void)params;
  const double total = s->positive_weight + s->negative_weight;
  if (total == 0) {
    *undefined = "there is no row";
    return NAN;
  }
  double sum;
  const neap_loss_call call = {.rows = s->rows,
                               .dtype = NEAP_FLOAT64,
                               .target_dtype = NEAP_FLOAT64,
                               .logits = s->scores,
                               .targets = s->targets,
                               .weights = s->weights,
                               .sum = &sum};
  neap_loss_evaluate_unchecked(
      neap_loss_find(s->engine, "binary_cross_entropy"), &call);
  return sum / total;
}

const neap_metric neap_metric_log_loss = {
    .name = "log_loss",
    .summary = "mean of -log P(true class), from logits",
    .source = "Good 1952, J. R. Stat. Soc. B 14(1), p. 107",
    .probabilities = true,
    .of = log_loss,
};
