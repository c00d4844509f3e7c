// metric/roc_auc.c -- area under the receiver operating characteristic.
#include <math.h>

#include "metric/ranking.h"

// The chance that a positive row scores above a negative one, a tie counting
// a half.
static double roc_auc(const neap_scores *s, const char **undefined) {
  if (s->positive_weight == 0 || s->negative_weight == 0) {
    *undefined = "there is one class only";
    return NAN;
  }
  double sum = 0, before = 0, passed = 0;
  neap_ranking r = {0};
  while (next_threshold(s, &r)) {
    sum += (r.false_positives - passed) * ((before + r.true_positives) / 2);
    before = r.true_positives;
    passed = r.false_positives;
  }
  return sum / (s->positive_weight * s->negative_weight);
}

const neap_metric neap_metric_roc_auc = {
    .name = "roc_auc",
    .summary = "P(positive scores above negative), ties count 1/2",
    .source = "Hanley and McNeil 1982, Radiology 143(1), p. 29",
    .ranks = true,
    .larger_is_better = true,
    .of = roc_auc,
};
