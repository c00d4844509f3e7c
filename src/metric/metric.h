// metric/metric.h -- metrics of scores, many score columns at once.
//
// A metric is one row in metrics.def. Scores are logits: the prediction is
// class 1 where score >= threshold, 0 unless given. Equal scores are one
// threshold; rows of weight 0 count nothing. Where a metric has no value
// (0 / 0, one class only) it is NaN, and says why.
#ifndef NEAP_METRIC_H
#define NEAP_METRIC_H

#include "loss/loss.h"

// The weights of the rows that are predicted to be of each class, and are.
typedef struct neap_decisions {
  double true_positives, false_positives, false_negatives, true_negatives;
} neap_decisions;

// What a column says of its classes at every threshold, scores falling.
typedef struct neap_curve {
  size_t count;             // distinct scores
  double *true_positives;   // [count] weights of rows at or above
  double *false_positives;  // [count]
  uint32_t *row;            // [count] a row that has the score
} neap_curve;

// One column of scores with what all metrics share.
typedef struct neap_scores {
  const neap *engine;
  size_t rows;
  const double *scores;                     // [rows]
  const double *targets;                    // [rows]: 0 or 1
  const double *weights;                    // [rows], >= 0; NULL: all 1
  double positive_weight, negative_weight;  // sums of the rows' weights
  double threshold;
  neap_curve curve;          // of metrics that ask for it
  neap_decisions decisions;  // of metrics that ask for them
  double *scratch;           // [2 * rows]; may hold the curve
} neap_scores;

// Rows of one class that belong to one step of a column's curve. In a step the
// negative rows stand first; the last stretch of a step ends it.
typedef struct neap_stretch {
  uint32_t end;  // position in the order
  bool positive, ends_step;
} neap_stretch;

// What a metric looks at besides the scores.
typedef enum neap_metric_needs {
  NEAP_NEEDS_ROWS,    // scores, targets and weights alone
  NEAP_NEEDS_CURVE,   // the curve, in which negative rows between two positive
                      // ones may be one step: they change no value
  NEAP_NEEDS_LEVELS,  // the curve with every distinct score
} neap_metric_needs;

struct neap_metric {
  const char *name;
  const char *summary;  // a formula in words
  const char *source;
  const neap_parameter *parameters;  // ends where name is NULL
  neap_metric_needs needs;
  bool probabilities;  // takes scores as logits of probabilities
  bool larger_is_better;
  // Returns the metric, or NaN and why in *undefined. One of the two: of what
  // is decided at the threshold, or of anything else.
  double (*decide)(const neap_decisions *decisions, const double *params,
                   const char **undefined);
  double (*of)(const neap_scores *scores, const double *params,
               const char **undefined);
  // The same bits as `of` gives, for NEAP_DRAWS draws of the bootstrap at once;
  // or NULL. sums [count][NEAP_DRAWS]: how often rows of a stretch were drawn;
  // values: out [NEAP_DRAWS], NaN where there is none.
  void (*of_draws)(size_t count, const neap_stretch *stretches,
                   const uint32_t *sums, double *values);
};

// A metric with its parameters, in the order of its rows.
typedef struct neap_metric_use {
  const neap_metric *metric;
  double params[NEAP_PARAMETER_MAX];
} neap_metric_use;

// Returns a metric with its default parameters.
neap_metric_use neap_metric_default(const neap_metric *metric);

// Evaluates metrics of every column; each column is sorted at most once, and
// its rows are walked once for all metrics that need the order.
//
// uses       [use_count]
// values     out [use_count][columns]
// undefined  out [use_count][columns]: why a value is NaN, else NULL
//   NEAP_EMEMORY  no memory
neap_status neap_metrics_of(const neap *engine, const neap_columns *columns,
                            const neap_metric_use *uses, size_t use_count,
                            double *values, const char **undefined,
                            neap_error *error);

// Finds each column's best threshold by a metric of decisions, half-way to the
// next lower score; of equal ones the highest. Infinity means that no row had
// best be positive, which is tried only where less is better. Where the metric
// has no value at any threshold, or more is better and no row is positive, it
// is NaN.
//
// thresholds  out [columns]
//   NEAP_EMEMORY  no memory
neap_status neap_find_thresholds(const neap *engine,
                                 const neap_columns *columns,
                                 const neap_metric_use *use, double *thresholds,
                                 neap_error *error);

// Writes the curve of the first column.
//
// thresholds, true_positives, false_positives  out [rows]
// count  out: how many of them there are
//   NEAP_EMEMORY  no memory
neap_status neap_curve_of(const neap *engine, const neap_columns *columns,
                          double *thresholds, double *true_positives,
                          double *false_positives, size_t *count,
                          neap_error *error);

// ------------------------------------------------------ how sure they are

// Areas under the ROC of score columns and their covariance, without weights.
// V of a row is the share of the other class's rows on its right side, ties
// counting a half; the covariance is that of V over positive rows / n1 plus
// that over negative ones / n0.
// Source: DeLong, DeLong, Clarke-Pearson 1988, Biometrics 44(3), eq. 4 to 6;
// by ranks: Sun and Xu 2014, IEEE Signal Process. Lett. 21(11).
//
// areas       out [columns]
// covariance  out [columns][columns]
//   NEAP_EDATA    a class has fewer than two rows
//   NEAP_EMEMORY  no memory
neap_status neap_delong(const neap *engine, const neap_columns *columns,
                        double *areas, double *covariance, neap_error *error);

typedef struct neap_bootstrap {
  size_t draws;
  uint64_t seed;
  bool stratified;  // the rows of each class are drawn for themselves
  bool left_out;    // metrics of the rows that a draw left out, each once
} neap_bootstrap;

// Evaluates metrics of every column on rows drawn with replacement, as many as
// there are; the same ones for all columns. Draw d is a pure function of the
// seed and d. A column is sorted once. With left_out, metrics are of those rows
// that draw d did not take, some .37 of all.
//
// values  out [use_count][columns][draws], NaN where a draw has no value
//   NEAP_EMEMORY  no memory
// Source: Efron 1979, Ann. Stat. 7(1).
neap_status neap_bootstrap_of(const neap *engine, const neap_columns *columns,
                              const neap_metric_use *uses, size_t use_count,
                              const neap_bootstrap *how, double *values,
                              neap_error *error);

// ---------------------------------------------------------- reliability

// How probabilities are cut into bins.
typedef enum neap_binning {
  NEAP_EQUAL_MASS,   // as many rows in each; equal scores stay together
  NEAP_EQUAL_WIDTH,  // (0, 1/b], (1/b, 2/b] ...; 0 is in the first
} neap_binning;

// One bin that has rows.
typedef struct neap_bin {
  double weight;       // of its rows
  double probability;  // their mean
  double positives;    // the share of positives
} neap_bin;

// Cuts the rows of a curve with every distinct score into bins, from the
// largest probability down; returns how many have rows. bins: out [bin_count].
size_t neap_bins_of(const neap_scores *scores, neap_binning binning,
                    size_t bin_count, neap_bin *bins);

enum { NEAP_BIN_MAX = 1000 };

// The same of the first column; count: out.
//   NEAP_EMEMORY  no memory
neap_status neap_reliability(const neap *engine, const neap_columns *columns,
                             neap_binning binning, size_t bin_count,
                             neap_bin *bins, size_t *count, neap_error *error);

// ------------------------------------------------------- several classes

enum { NEAP_CLASS_MAX = 4096 };

// Rows of k scores, 2 to NEAP_CLASS_MAX of them, and the class of each row.
typedef struct neap_class_rows {
  size_t rows, classes;
  const double *scores;    // [rows][classes]: logits, or probabilities
  bool probabilities;      // that they are
  const int32_t *targets;  // [rows]: 0 to classes - 1
  const double *weights;   // [rows], NULL: all 1
} neap_class_rows;

// What becomes of the scores of a row, class by class.
typedef enum neap_lift {
  NEAP_LIFT_RANK,   // anything that rises with P(class): the probability, or
                    // log P / (1 - P) of logits
  NEAP_LIFT_LOGIT,  // log P / (1 - P)
} neap_lift;

// Writes the scores of each class as a column, out [classes][rows]. The
// logit of class c is z_c - log sum exp of the others'.
void neap_lift_classes(const neap_class_rows *rows, neap_lift lift,
                       double *out);

// Writes the weights of rows by class and predicted class (the first of the
// largest scores): confusion, out [classes][classes].
void neap_confuse(const neap_class_rows *rows, double *confusion);

// Sums over the rows, times their weights. A row has: the cross-entropy
// -log P(class), never clipped; the sum over the classes of (P - y)^2; and the
// chance that its class is among the k of largest score, ties being in random
// order.
double neap_class_log_loss(const neap_class_rows *rows);
double neap_class_brier(const neap_class_rows *rows);
double neap_class_top_k(const neap_class_rows *rows, size_t k);

// Writes for classes a and b the chance that a row of class a has a larger
// score of a than a row of class b: areas, out [classes][classes]; NaN where
// one of them has no rows, and for a = b.
// Source: Hand and Till 2001, Mach. Learn. 45, sec. 2.
//   NEAP_EMEMORY  no memory
neap_status neap_pair_areas(const neap *engine, const neap_class_rows *rows,
                            double *areas, neap_error *error);

// ------------------------------------------------------------- calibration

// Turns a score into a calibrated logit: slope * g(x) + intercept. g is the
// inverse link of the loss that the score was trained with: where a
// population's minimiser of the loss f has score x, the probability eta of
// class 1 satisfies eta f'(x, 1) + (1 - eta) f'(x, 0) = 0, so
//   g(x) = log eta / (1 - eta) = log f'(x, 0) - log(-f'(x, 1)).
// For cross-entropy g(x) = x; for the focal loss it is the inverse focal map
// of Charoenphakdee et al. 2021 (CVPR, theorem 11), with alpha.
typedef struct neap_calibration {
  const neap_loss *loss;  // NULL, or without a link: g(x) = x
  neap_loss_options options;
  double slope, intercept;
} neap_calibration;

// Returns whether the loss has a g: not hinge's, whose minimiser says which
// class is likelier and no more. scratch: neap_loss_scratch_bytes of one row.
bool neap_has_link(const neap_calibration *calibration, void *scratch);

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

// Finds the temperature T > 0 whose logits z / T have the least cross-entropy,
// by Newton's method on 1 / T.
//
// rows  logits [rows][classes]; classes 1: of class 1 of two
//   NEAP_EDATA  there is none: every row has its largest logit at its class
//               (T falls to 0), or the logits tell nothing (T grows)
// Source: Guo et al. 2017, ICML, sec. 4.2.
neap_status neap_fit_temperature(const neap_class_rows *rows,
                                 double *temperature, neap_error *error);

// Fits the best rising step function of x to y, by pool adjacent violators;
// equal x are one point. What lies between two knots is on a straight line.
//
// x         [rows], no NaN
// y         [rows]
// weights   [rows] >= 0, one of them above 0; NULL: all 1
// knots     out [rows]: x of the ends of the steps, rising
// values    out [rows]: their heights
// count     out: how many
//   NEAP_EMEMORY  no memory
// Source: Ayer et al. 1955, Ann. Math. Stat. 26(4); as scikit-learn has it.
neap_status neap_fit_isotonic(const neap *engine, size_t rows, const double *x,
                              const double *y, const double *weights,
                              double *knots, double *values, size_t *count,
                              neap_error *error);

// Returns the value at x; beyond the knots that of the last one.
double neap_isotonic_at(size_t count, const double *knots, const double *values,
                        double x);

// Replaces logits [rows][classes] of a softmax focal loss's minimiser by
// logits of what it calibrates to: eta_k ~ h(q_k) / w_k, q the softmax and
// h(q) = q / ((1 - q)^g - g (1 - q)^(g - 1) q log q); w: class weights, or
// NULL. Source: Charoenphakdee et al. 2021, CVPR, theorem 11.
void neap_invert_focal(size_t rows, size_t classes, double gamma,
                       const double *class_weights, double *logits);

#endif
