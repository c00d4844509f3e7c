// neap_metric.h -- metrics of scores; part of neap.h.
//
// Scores are logits: the prediction is class 1 where score >= threshold. Equal
// scores are one threshold; rows of weight 0 count nothing. Where a metric has
// no value (0 / 0, one class only) it is NaN, and says why.
//
//   neap_columns columns = {
//       .rows = n, .columns = 1, .scores = z, .targets = y};
//   double ap;
//   neap_metric_evaluate(engine, &columns,
//                        neap_metric_find("average_precision"), NULL, &ap,
//                        NULL, &error);
#ifndef NEAP_METRIC_API_H
#define NEAP_METRIC_API_H

#include "neap.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct neap_metric neap_metric;

// Returns the metric of a name, or NULL; and that at a position of the list,
// or NULL beyond its end.
const neap_metric *neap_metric_find(const char *name);
const neap_metric *neap_metric_at(size_t position);

const char *neap_metric_name(const neap_metric *metric);
const char *neap_metric_summary(const neap_metric *metric);  // a formula
const char *neap_metric_source(const neap_metric *metric);   // a paper
bool neap_metric_larger_is_better(const neap_metric *metric);

// Returns the metric's parameters, in the order that params wants them.
const neap_parameter *neap_metric_parameters(const neap_metric *metric,
                                             size_t *count);

// Score columns of one set of rows.
typedef struct neap_columns {
  size_t rows, columns;  // rows: at most 2^32 - 1
  const void *scores;    // [columns][rows], no NaN
  neap_dtype dtype;
  const double *targets;     // [rows]: 0 or 1
  bool own_targets;          // each column has its own: [columns][rows]
  const double *weights;     // [rows] >= 0, NULL: all 1
  const double *thresholds;  // [columns], NULL: all 0
} neap_columns;

// Evaluates a metric of every column.
//
// params     in the metric's order; NULL: its defaults
// values     out [columns]
// undefined  out [columns]: why a value is NaN, else NULL; NULL: not wanted
//   NEAP_EARGUMENT  a parameter or weight is out of its range
//   NEAP_EDATA      a target is not 0 or 1, or a score is NaN
//   NEAP_EMEMORY    no memory
neap_status neap_metric_evaluate(const neap *engine,
                                 const neap_columns *columns,
                                 const neap_metric *metric,
                                 const double *params, double *values,
                                 const char **undefined, neap_error *error);

// Finds each column's best threshold by a metric of what is decided (f1, mcc,
// expected_cost, ...), half-way to the next lower score; of equal ones the
// highest. Infinity: no row had best be positive; NaN: the metric has no value
// at any threshold.
//
// thresholds  out [columns]
//   as neap_metric_evaluate; NEAP_EARGUMENT, too: the metric is of no threshold
neap_status neap_metric_threshold(const neap *engine,
                                  const neap_columns *columns,
                                  const neap_metric *metric,
                                  const double *params, double *thresholds,
                                  neap_error *error);

// Evaluates a metric of every column on rows drawn with replacement, as many as
// there are, the same ones for all columns: draw d is a pure function of the
// seed and d.
//
// values  out [columns][draws], NaN where a draw has no value
//   as neap_metric_evaluate
// Source: Efron 1979, Ann. Stat. 7(1).
neap_status neap_metric_bootstrap(const neap *engine,
                                  const neap_columns *columns,
                                  const neap_metric *metric,
                                  const double *params, size_t draws,
                                  uint64_t seed, double *values,
                                  neap_error *error);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
