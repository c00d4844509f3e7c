// metric/column.h -- one column of scores in the memory of one worker.
#ifndef NEAP_METRIC_COLUMN_H
#define NEAP_METRIC_COLUMN_H

#include "metric/metric.h"

// What a worker needs to look at a column: 12 bytes a row to sort, whose
// scratch then holds the curve's rows.
typedef struct neap_column_space {
  double *copy;         // [rows] of scores that are not float64, else NULL
  uint32_t *order;      // [rows]
  uint32_t *sort_rows;  // [2 * rows]
  double *numbers;      // [2 * rows]: the curve, then scratch
} neap_column_space;

// Takes a workspace from an arena that counts or deals out.
neap_column_space neap_take_workspace(neap_arena *arena,
                                      const neap_columns *columns);

// Returns a column's scores in double, its targets, weights and their sums;
// sorted: by space->order, scores falling.
neap_scores neap_load_column(const neap *engine, const neap_columns *columns,
                             size_t column, bool sorted,
                             const neap_column_space *space);

// Sets the sums of the rows' weights, in the rows' order.
void neap_sum_weights(neap_scores *scores);

// Walks the rows in their order once, and sets the curve and the sums of the
// rows' weights, which are its ends. curve: its arrays hold [rows].
void neap_draw_curve(neap_scores *scores, const uint32_t *order,
                     const neap_curve *curve);

// Sets what is decided at the threshold.
void neap_decide(neap_scores *scores);

// Returns a metric of loaded scores that has what it needs.
double neap_evaluate_use(const neap_metric_use *use, const neap_scores *scores,
                         const char **undefined);

// Returns the most that any of the metrics needs.
neap_metric_needs neap_needs_of(const neap_metric_use *uses, size_t count);

#endif
