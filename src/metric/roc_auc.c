// metric/roc_auc.c -- area under the receiver operating characteristic.
#include <math.h>

#include "metric/metric.h"

// The chance that a positive row scores above a negative one, a tie counting
// a half.
static double roc_auc(const neap_scores *s, const double *params,
                      const char **undefined) {
  (void)params;
  if (s->positive_weight == 0 || s->negative_weight == 0) {
    *undefined = "there is one class only";
    return NAN;
  }
  const neap_curve *c = &s->curve;
  double sum = 0, before = 0, passed = 0;
  for (size_t i = 0; i < c->count; i++) {
    sum += (c->false_positives[i] - passed) *
           ((before + c->true_positives[i]) / 2);
    before = c->true_positives[i];
    passed = c->false_positives[i];
  }
  return sum / (s->positive_weight * s->negative_weight);
}

const neap_metric neap_metric_roc_auc = {
    .name = "roc_auc",
    .summary = "P(positive scores above negative), ties count 1/2",
    .source = "Hanley and McNeil 1982, Radiology 143(1), p. 29",
    .needs = NEAP_NEEDS_CURVE,
    .larger_is_better = true,
    .of = roc_auc,
};
