// metric/agreement.c -- what weighs both classes at a threshold: balanced
// accuracy, the G-mean, correlation, agreement beyond chance, and costs.
#include <math.h>

#include "metric/metric.h"

static bool has_both(const neap_decisions *d, const char **undefined) {
  const bool both = d->true_positives + d->false_negatives > 0 &&
                    d->true_negatives + d->false_positives > 0;
  if (!both)
    *undefined = "there is one class only";
  return both;
}

static double true_positive_rate(const neap_decisions *d) {
  return d->true_positives / (d->true_positives + d->false_negatives);
}

static double true_negative_rate(const neap_decisions *d) {
  return d->true_negatives / (d->true_negatives + d->false_positives);
}

static double balanced_accuracy(const neap_decisions *d, const double *params,
                                const char **undefined) {
  (void)params;
  return has_both(d, undefined)
             ? (true_positive_rate(d) + true_negative_rate(d)) / 2
             : NAN;
}

static double g_mean(const neap_decisions *d, const double *params,
                     const char **undefined) {
  (void)params;
  return has_both(d, undefined)
             ? sqrt(true_positive_rate(d) * true_negative_rate(d))
             : NAN;
}

// (TP TN - FP FN) / sqrt(all four sums of a row or column)
static double mcc(const neap_decisions *d, const double *params,
                  const char **undefined) {
  (void)params;
  const double positive = d->true_positives + d->false_negatives;
  const double negative = d->true_negatives + d->false_positives;
  const double chosen = d->true_positives + d->false_positives;
  const double left = d->true_negatives + d->false_negatives;
  const double scale = sqrt(positive * negative) * sqrt(chosen * left);
  if (scale == 0) {
    *undefined = "the targets or the predictions are of one class only";
    return NAN;
  }
  return (d->true_positives * d->true_negatives -
          d->false_positives * d->false_negatives) /
         scale;
}

// 1 - wrong / wrong by chance
static double kappa(const neap_decisions *d, const double *params,
                    const char **undefined) {
  (void)params;
  const double positive = d->true_positives + d->false_negatives;
  const double negative = d->true_negatives + d->false_positives;
  const double chosen = d->true_positives + d->false_positives;
  const double left = d->true_negatives + d->false_negatives;
  const double chance = (positive * left + negative * chosen);
  if (chance == 0) {
    *undefined = "targets and predictions are all of one class";
    return NAN;
  }
  const double wrong = d->false_positives + d->false_negatives;
  return 1 - wrong * (positive + negative) / chance;
}

static double expected_cost(const neap_decisions *d, const double *params,
                            const char **undefined) {
  const double total = d->true_positives + d->false_negatives +
                       d->true_negatives + d->false_positives;
  if (total == 0) {
    *undefined = "there is no row";
    return NAN;
  }
  return (params[0] * d->false_positives + params[1] * d->false_negatives) /
         total;
}

const neap_metric neap_metric_balanced_accuracy = {
    .name = "balanced_accuracy",
    .summary = "(TPR + TNR) / 2 at a threshold",
    .source = "Brodersen et al. 2010, ICPR, sec. 2",
    .larger_is_better = true,
    .decide = balanced_accuracy,
};

const neap_metric neap_metric_g_mean = {
    .name = "g_mean",
    .summary = "sqrt(TPR TNR) at a threshold",
    .source = "Kubat and Matwin 1997, ICML, sec. 2",
    .larger_is_better = true,
    .decide = g_mean,
};

const neap_metric neap_metric_mcc = {
    .name = "mcc",
    .summary = "correlation of targets and predictions at a threshold",
    .source = "Matthews 1975, Biochim. Biophys. Acta 405(2), p. 442",
    .larger_is_better = true,
    .decide = mcc,
};

const neap_metric neap_metric_kappa = {
    .name = "kappa",
    .summary = "1 - wrong / wrong by chance at a threshold",
    .source = "Cohen 1960, Educ. Psychol. Meas. 20(1), eq. 1",
    .larger_is_better = true,
    .decide = kappa,
};

static const neap_parameter parameter_rows[] = {
    {"false_positive", 1, 0, INFINITY, .meaning = "cost of one"},
    {"false_negative", 1, 0, INFINITY, .meaning = "cost of one"},
    {0}};

const neap_metric neap_metric_expected_cost = {
    .name = "expected_cost",
    .summary = "(a FP + b FN) / all, a and b the costs, at a threshold",
    .source = "Elkan 2001, IJCAI, sec. 1",
    .parameters = parameter_rows,
    .decide = expected_cost,
};
