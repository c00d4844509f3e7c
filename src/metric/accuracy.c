// metric/accuracy.c -- the share of rows that are classified rightly.
#include <math.h>

#include "metric/metric.h"

static double accuracy(const neap_scores *s, const char **undefined) {
  const double total = s->positive_weight + s->negative_weight;
  double right = 0;
  if (total == 0) {
    *undefined = "there is no row";
    return NAN;
  }
  for (size_t i = 0; i < s->rows; i++) {
    const bool chosen = s->scores[i] >= s->threshold;
    if (chosen != (s->targets[i] != 0))
      continue;
    right += s->weights != NULL ? s->weights[i] : 1;
  }
  return right / total;
}

const neap_metric neap_metric_accuracy = {
    .name = "accuracy",
    .summary = "(TP + TN) / all at a threshold",
    .source = "Manning, Raghavan, Schuetze 2008, ch. 8.3",
    .larger_is_better = true,
    .of = accuracy,
};
