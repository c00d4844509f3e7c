// metric/operating_point.c -- the best point of the curve by one condition.
#include <math.h>

#include "metric/metric.h"

// The largest distance between the distributions of the two classes' scores.
static double ks(const neap_scores *s, const double *params,
                 const char **undefined) {
  (void)params;
  if (s->positive_weight == 0 || s->negative_weight == 0) {
    *undefined = "there is one class only";
    return NAN;
  }
  double largest = 0;
  for (size_t i = 0; i < s->curve.count; i++) {
    const double tpr = s->curve.true_positives[i] / s->positive_weight;
    const double fpr = s->curve.false_positives[i] / s->negative_weight;
    largest = fmax(largest, fabs(tpr - fpr));
  }
  return largest;
}

// The largest recall among thresholds whose precision suffices; 0 where that
// of none does, for no row need be chosen.
static double recall_at_precision(const neap_scores *s, const double *params,
                                  const char **undefined) {
  if (s->positive_weight == 0) {
    *undefined = "there is no positive row";
    return NAN;
  }
  double most = 0;
  for (size_t i = 0; i < s->curve.count; i++) {
    const double found = s->curve.true_positives[i];
    const double chosen = found + s->curve.false_positives[i];
    if (found / chosen >= params[0])
      most = found;
  }
  return most / s->positive_weight;
}

// The false positive rate of the highest threshold whose recall suffices.
static double fpr_at_recall(const neap_scores *s, const double *params,
                            const char **undefined) {
  if (s->positive_weight == 0 || s->negative_weight == 0) {
    *undefined = "there is one class only";
    return NAN;
  }
  double tpr = 0, fpr = 0;
  for (size_t i = 0; i < s->curve.count && tpr < params[0]; i++) {
    tpr = s->curve.true_positives[i] / s->positive_weight;
    fpr = s->curve.false_positives[i] / s->negative_weight;
  }
  return fpr;
}

const neap_metric neap_metric_ks = {
    .name = "ks",
    .summary = "max over thresholds of |TPR - FPR|",
    .source = "Smirnov 1948, Ann. Math. Stat. 19(2), p. 279",
    .needs = NEAP_NEEDS_CURVE,
    .larger_is_better = true,
    .of = ks,
};

static const neap_parameter recall_at_precision_rows[] = {
    {"precision", 0.9, 0, 1, .meaning = "the least precision", .open = 1}, {0}};

const neap_metric neap_metric_recall_at_precision = {
    .name = "recall_at_precision",
    .summary = "max of R_i over thresholds with P_i >= precision, else 0",
    .source = "Manning, Raghavan, Schuetze 2008, ch. 8.4",
    .parameters = recall_at_precision_rows,
    .needs = NEAP_NEEDS_CURVE,
    .larger_is_better = true,
    .of = recall_at_precision,
};

static const neap_parameter fpr_at_recall_rows[] = {
    {"recall", 0.95, 0, 1, .meaning = "the least recall"}, {0}};

const neap_metric neap_metric_fpr_at_recall = {
    .name = "fpr_at_recall",
    .summary = "min of FPR over thresholds with TPR >= recall",
    .source = "Fawcett 2006, Pattern Recognit. Lett. 27(8), sec. 4",
    .parameters = fpr_at_recall_rows,
    .needs = NEAP_NEEDS_CURVE,
    .of = fpr_at_recall,
};
