// metric/at_k.c -- the rows with the k largest scores.
#include <math.h>

#include "metric/metric.h"

// The positives among the first k rows (of weights: up to the weight k). Rows
// of one score stand in random order, so those of a block that k cuts count
// in proportion: their expected number.
static double found_in(const neap_curve *c, double k) {
  double before = 0, passed = 0;
  for (size_t i = 0; i < c->count; i++) {
    const double chosen = c->true_positives[i] + c->false_positives[i];
    const double block = chosen - passed, found = c->true_positives[i] - before;
    if (chosen >= k)
      return before + found * ((k - passed) / block);
    before = c->true_positives[i];
    passed = chosen;
  }
  return before;
}

static double precision_at_k(const neap_scores *s, const double *params,
                             const char **undefined) {
  const double total = s->positive_weight + s->negative_weight;
  if (params[0] > total) {
    *undefined = "k is larger than the number of rows";
    return NAN;
  }
  return found_in(&s->curve, params[0]) / params[0];
}

static double recall_at_k(const neap_scores *s, const double *params,
                          const char **undefined) {
  const double total = s->positive_weight + s->negative_weight;
  if (s->positive_weight == 0) {
    *undefined = "there is no positive row";
    return NAN;
  }
  if (params[0] > total) {
    *undefined = "k is larger than the number of rows";
    return NAN;
  }
  return found_in(&s->curve, params[0]) / s->positive_weight;
}

static const neap_parameter parameter_rows[] = {
    {"k", 100, 1, 0x1p53, .meaning = "rows", .whole = 1}, {0}};

const neap_metric neap_metric_precision_at_k = {
    .name = "precision_at_k",
    .summary =
        "share of positives in the k rows of largest score, expected "
        "over the order of ties",
    .source =
        "Manning, Raghavan, Schuetze 2008, ch. 8.4; McSherry and Najork "
        "2008, ECIR",
    .parameters = parameter_rows,
    .needs = NEAP_NEEDS_CURVE,
    .larger_is_better = true,
    .of = precision_at_k,
};

const neap_metric neap_metric_recall_at_k = {
    .name = "recall_at_k",
    .summary =
        "share of the positives that are in the k rows of largest "
        "score, expected over the order of ties",
    .source = "McSherry and Najork 2008, ECIR",
    .parameters = parameter_rows,
    .needs = NEAP_NEEDS_CURVE,
    .larger_is_better = true,
    .of = recall_at_k,
};
