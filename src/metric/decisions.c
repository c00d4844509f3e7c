// metric/decisions.c -- shares of rows that are rightly or wrongly classified
// at a threshold: precision, recall and what is made of them.
#include <math.h>

#include "metric/metric.h"

// part / whole, and where that is 0 / 0 what the script wants, or NaN and why.
static double share(double part, double whole, double zero_division,
                    const char *why, const char **undefined) {
  if (whole != 0)
    return part / whole;
  if (isnan(zero_division))
    *undefined = why;
  return zero_division;
}

#define ZERO_DIVISION \
  { "zero_division", NAN, 0, 1, .meaning = "what 0 / 0 is; false: no value" }

static const char nothing[] = "no row is positive and none is predicted to be";

// (1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP)
static double f_of(const neap_decisions *d, double beta, double zero_division,
                   const char **undefined) {
  const double b2 = beta * beta;
  const double found = (1 + b2) * d->true_positives;
  return share(found, found + b2 * d->false_negatives + d->false_positives,
               zero_division, nothing, undefined);
}

// Recall where beta is infinite would be; this is precision where it is 0.
static double f_beta(const neap_decisions *d, const double *params,
                     const char **undefined) {
  return f_of(d, params[0], params[1], undefined);
}

static double f1(const neap_decisions *d, const double *params,
                 const char **undefined) {
  const double positive = d->true_positives + d->false_negatives;
  const double chosen = d->true_positives + d->false_positives;
  return share(2 * d->true_positives, chosen + positive, params[0], nothing,
               undefined);
}

static double precision(const neap_decisions *d, const double *params,
                        const char **undefined) {
  return share(d->true_positives, d->true_positives + d->false_positives,
               params[0], "no row is predicted to be positive", undefined);
}

static double recall(const neap_decisions *d, const double *params,
                     const char **undefined) {
  return share(d->true_positives, d->true_positives + d->false_negatives,
               params[0], "there is no positive row", undefined);
}

static double specificity(const neap_decisions *d, const double *params,
                          const char **undefined) {
  return share(d->true_negatives, d->true_negatives + d->false_positives,
               params[0], "there is no negative row", undefined);
}

static double accuracy(const neap_decisions *d, const double *params,
                       const char **undefined) {
  (void)params;
  const double right = d->true_positives + d->true_negatives;
  const double wrong = d->false_positives + d->false_negatives;
  return share(right, right + wrong, NAN, "there is no row", undefined);
}

static const neap_parameter division_rows[] = {ZERO_DIVISION, {0}};

const neap_metric neap_metric_f1 = {
    .name = "f1",
    .summary = "2 TP / (2 TP + FP + FN) at a threshold",
    .source = "van Rijsbergen 1979, Information Retrieval, ch. 7",
    .parameters = division_rows,
    .larger_is_better = true,
    .decide = f1,
};

static const neap_parameter f_beta_rows[] = {
    {"beta", 1, 0, 1e6,
     .meaning = "how many times recall counts as much as precision"},
    ZERO_DIVISION,
    {0}};

const neap_metric neap_metric_f_beta = {
    .name = "f_beta",
    .summary = "(1 + b^2) TP / ((1 + b^2) TP + b^2 FN + FP) at a threshold",
    .source = "van Rijsbergen 1979, Information Retrieval, ch. 7",
    .parameters = f_beta_rows,
    .larger_is_better = true,
    .decide = f_beta,
};

const neap_metric neap_metric_precision = {
    .name = "precision",
    .summary = "TP / (TP + FP) at a threshold",
    .source = "Manning, Raghavan, Schuetze 2008, ch. 8.3",
    .parameters = division_rows,
    .larger_is_better = true,
    .decide = precision,
};

const neap_metric neap_metric_recall = {
    .name = "recall",
    .summary = "TP / (TP + FN) at a threshold",
    .source = "Manning, Raghavan, Schuetze 2008, ch. 8.3",
    .parameters = division_rows,
    .larger_is_better = true,
    .decide = recall,
};

const neap_metric neap_metric_specificity = {
    .name = "specificity",
    .summary = "TN / (TN + FP) at a threshold",
    .source = "Yerushalmy 1947, Public Health Rep. 62(40)",
    .parameters = division_rows,
    .larger_is_better = true,
    .decide = specificity,
};

const neap_metric neap_metric_accuracy = {
    .name = "accuracy",
    .summary = "(TP + TN) / all at a threshold",
    .source = "Manning, Raghavan, Schuetze 2008, ch. 8.3",
    .larger_is_better = true,
    .decide = accuracy,
};
