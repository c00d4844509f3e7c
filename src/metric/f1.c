// metric/f1.c -- the harmonic mean of precision and recall at a threshold.
#include <math.h>

#include "metric/metric.h"

static double f1(const neap_scores *s, const char **undefined) {
  double true_positives = 0, chosen = 0;
  for (size_t i = 0; i < s->rows; i++) {
    if (!(s->scores[i] >= s->threshold))
      continue;
    const double weight = s->weights != NULL ? s->weights[i] : 1;
    chosen += weight;
    true_positives += weight * s->targets[i];
  }
  if (chosen + s->positive_weight == 0) {
    *undefined = "no row is positive and none is predicted to be";
    return NAN;
  }
  return 2 * true_positives / (chosen + s->positive_weight);
}

const neap_metric neap_metric_f1 = {
    .name = "f1",
    .summary = "2 TP / (2 TP + FP + FN) at a threshold",
    .source = "van Rijsbergen 1979, Information Retrieval, ch. 7",
    .larger_is_better = true,
    .of = f1,
};
