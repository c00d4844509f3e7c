// metric/average_precision.c -- area under precision over recall, by steps.
#include <math.h>

#include "metric/ranking.h"

// sum over thresholds of (R_i - R_(i-1)) P_i, scores falling, without
// interpolation. Scores that are all equal give the share of positives.
static double average_precision(const neap_scores *s, const char **undefined) {
  if (s->positive_weight == 0) {
    *undefined = "there is no positive row";
    return NAN;
  }
  double sum = 0;
  neap_ranking r = {0};
  for (double before = 0; next_threshold(s, &r); before = r.true_positives) {
    const double found = r.true_positives - before;
    if (found == 0)
      continue;
    const double chosen = r.true_positives + r.false_positives;
    sum += found * (r.true_positives / chosen);
  }
  return sum / s->positive_weight;
}

const neap_metric neap_metric_average_precision = {
    .name = "average_precision",
    .summary = "sum over thresholds of (R_i - R_(i-1)) P_i",
    .source = "Manning, Raghavan, Schuetze 2008, ch. 8.4; as scikit-learn",
    .ranks = true,
    .larger_is_better = true,
    .of = average_precision,
};
