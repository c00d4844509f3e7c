// metric/average_precision.c -- area under precision over recall, by steps.
#include <math.h>

#include "metric/metric.h"

// sum over thresholds of (R_i - R_(i-1)) P_i, scores falling, without
// interpolation. Scores that are all equal give the share of positives.
static double average_precision(const neap_scores *s, const double *params,
                                const char **undefined) {
  (void)params;
  if (s->positive_weight == 0) {
    *undefined = "there is no positive row";
    return NAN;
  }
  const neap_curve *c = &s->curve;
  double sum = 0, before = 0;
  for (size_t i = 0; i < c->count; i++) {
    const double found = c->true_positives[i] - before;
    if (found == 0)
      continue;
    const double chosen = c->true_positives[i] + c->false_positives[i];
    sum += found * (c->true_positives[i] / chosen);
    before = c->true_positives[i];
  }
  return sum / s->positive_weight;
}

static void average_precision_of_draws(size_t count,
                                       const neap_stretch *stretches,
                                       const uint32_t *sums, double *values) {
  double positives[NEAP_DRAWS] = {0}, negatives[NEAP_DRAWS] = {0};
  double sum[NEAP_DRAWS] = {0};
  for (size_t t = 0; t < count; t++) {
    const uint32_t *drawn = sums + t * NEAP_DRAWS;
    if (!stretches[t].positive) {
      for (int i = 0; i < NEAP_DRAWS; i++)
        negatives[i] += drawn[i];
      continue;
    }
    for (int i = 0; i < NEAP_DRAWS; i++) {
      const double found = drawn[i];
      positives[i] += found;
      const double chosen = positives[i] + negatives[i];
      sum[i] += found * (positives[i] / (chosen > 0 ? chosen : 1));
    }
  }
  for (int i = 0; i < NEAP_DRAWS; i++)
    values[i] = positives[i] > 0 ? sum[i] / positives[i] : NAN;
}

const neap_metric neap_metric_average_precision = {
    .name = "average_precision",
    .summary = "sum over thresholds of (R_i - R_(i-1)) P_i",
    .source = "Manning, Raghavan, Schuetze 2008, ch. 8.4; as scikit-learn",
    .needs = NEAP_NEEDS_CURVE,
    .larger_is_better = true,
    .of = average_precision,
    .of_draws = average_precision_of_draws,
};
