// metric/metric.h -- metrics of binary scores, many score columns at once.
//
// A metric is one file and one row in metrics.def. Scores are logits: the
// prediction is class 1 where score >= threshold, 0 unless given. Equal
// scores are one threshold. Where a metric has no value (0 / 0, one class
// only) it is NaN, and says why.
#ifndef NEAP_METRIC_H
#define NEAP_METRIC_H

#include "loss/loss.h"

// One column of scores with what all metrics share.
typedef struct neap_scores {
  const neap *engine;
  size_t rows;
  const double *scores;   // [rows]
  const double *targets;  // [rows]: 0 or 1
  const double *weights;  // [rows], >= 0; NULL: all 1
  const uint32_t *order;  // [rows], scores falling; NULL unless `ranks`
  double positive_weight, negative_weight;  // sums of the rows' weights
  double threshold;
  double *scratch;  // [2 * rows]
} neap_scores;

typedef struct neap_metric {
  const char *name;
  const char *summary;  // a formula in words
  const char *source;
  bool ranks;          // needs the order of the scores
  bool probabilities;  // takes scores as logits of probabilities
  bool larger_is_better;
  // Returns the metric, or NaN and why in *undefined.
  double (*of)(const neap_scores *scores, const char **undefined);
} neap_metric;

// Returns the metric at a position of the list, or NULL beyond its end.
const neap_metric *neap_metric_at(size_t position);

// Score columns of one set of rows.
typedef struct neap_columns {
  size_t rows, columns;
  const void *scores;  // [columns][rows], no NaN
  neap_dtype dtype;
  const double *targets;     // [rows]: 0 or 1
  const double *weights;     // [rows], NULL: all 1
  const double *thresholds;  // [columns], NULL: all 0
} neap_columns;

// Evaluates metrics of every column; each column is sorted at most once.
//
// metrics    [metric_count]
// values     out [metric_count][columns]
// undefined  out [metric_count][columns]: why a value is NaN, else NULL
//   NEAP_EMEMORY  no memory
neap_status neap_metrics_of(const neap *engine, const neap_columns *columns,
                            const neap_metric *const *metrics,
                            size_t metric_count, double *values,
                            const char **undefined, neap_error *error);

// Finds each column's threshold of the largest F1, half-way to the next lower
// score. Where there is no positive row it is NaN.
//
// thresholds  out [columns]
//   NEAP_EMEMORY  no memory
neap_status neap_f1_thresholds(const neap *engine, const neap_columns *columns,
                               double *thresholds, neap_error *error);

// ------------------------------------------------------------- calibration

// Turns a score into a calibrated logit: slope * g(x) + intercept. g is the
// inverse link of the loss that the score was trained with: where a
// population's minimiser of the loss f has score x, the probability eta of
// class 1 satisfies eta f'(x, 1) + (1 - eta) f'(x, 0) = 0, so
//   g(x) = log eta / (1 - eta) = log f'(x, 0) - log(-f'(x, 1)).
// For cross-entropy g(x) = x; for the focal loss it is the inverse focal map
// of Charoenphakdee et al. 2021 (CVPR, theorem 11), with alpha.
typedef struct neap_calibration {
  const neap_loss *loss;  // NULL: g(x) = x
  neap_loss_options options;
  double slope, intercept;
} neap_calibration;

// Fits slope and intercept of each column, whose scores must be finite, by
// logistic regression on g(x),
// with Platt's targets (n1 + 1) / (n1 + 2) and 1 / (n0 + 2).
// Source: Platt 1999, Advances in Large Margin Classifiers, sec. 2; Lin, Lin,
// Weng 2007, Mach. Learn. 68.
//
// calibrations  in: the losses; out: slope and intercept; [columns]
//   NEAP_EMEMORY  no memory
neap_status neap_calibrate(const neap *engine, const neap_columns *columns,
                           neap_calibration *calibrations, neap_error *error);

// Writes calibrated logits of every column: out [columns][rows], double.
//   NEAP_EMEMORY  no memory
neap_status neap_apply_calibration(const neap *engine,
                                   const neap_columns *columns,
                                   const neap_calibration *calibrations,
                                   double *out, neap_error *error);

#endif
