// metric/partial_auc.c -- area under the ROC up to a false positive rate.
#include <math.h>

#include "metric/metric.h"

enum { MCCLISH, RAW };

static const char *const scales[] = {"mcclish", "raw", NULL};

// The area over false positives from 0 to `most`, in rows; the ROC is cut by
// a straight line between its points.
static double area_to(const neap_curve *c, double most) {
  double sum = 0, before = 0, passed = 0;
  for (size_t i = 0; i < c->count; i++) {
    const double width = c->false_positives[i] - passed;
    const double rise = c->true_positives[i] - before;
    if (c->false_positives[i] > most) {
      const double part = most - passed;
      return sum + part * (before + rise * (part / width) / 2);
    }
    sum += width * (before + rise / 2);
    before = c->true_positives[i];
    passed = c->false_positives[i];
  }
  return sum;
}

// m: the largest false positive rate. The area lies between m^2 / 2 (chance)
// and m; McClish's scale takes that to 1/2 and 1.
static double partial_auc(const neap_scores *s, const double *params,
                          const char **undefined) {
  if (s->positive_weight == 0 || s->negative_weight == 0) {
    *undefined = "there is one class only";
    return NAN;
  }
  const double m = params[0], chance = m * m / 2;
  const double area = area_to(&s->curve, m * s->negative_weight) /
                      (s->positive_weight * s->negative_weight);
  return params[1] == RAW ? area : (1 + (area - chance) / (m - chance)) / 2;
}

static const neap_parameter parameter_rows[] = {
    {"max_fpr", 0.1, 0, 1, .meaning = "the largest false positive rate",
     .open = 1},
    {"scale", MCCLISH, 0, 1, .meaning = "1/2 for chance, or the plain area",
     .choices = scales},
    {0}};

const neap_metric neap_metric_partial_auc = {
    .name = "partial_auc",
    .summary =
        "area A under the ROC to m = max_fpr; "
        "(1 + (A - m^2/2) / (m - m^2/2)) / 2, or A if raw",
    .source = "McClish 1989, Med. Decis. Making 9(3), eq. 9; as scikit-learn",
    .parameters = parameter_rows,
    .needs = NEAP_NEEDS_CURVE,
    .larger_is_better = true,
    .of = partial_auc,
};
