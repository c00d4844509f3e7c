// bind/scores.h -- the arguments of metrics, checked.
#ifndef NEAP_BIND_SCORES_H
#define NEAP_BIND_SCORES_H

#include "bind/bind.h"
#include "metric/metric.h"

// Where the arguments stand. Without a place of their own weights are a field
// of the options, whose place they take once all else is read.
typedef struct neap_places {
  int scores, targets, weights, options;
} neap_places;

// What a function makes of the scores.
typedef enum neap_score_use {
  NEAP_AS_GIVEN,   // in their own unit
  NEAP_AS_LOGITS,  // probabilities become logits
} neap_score_use;

// Checks scores [n] or [g][n], targets, weights, and from and threshold of the
// options, whose keys the caller has checked. Scores of targets are arrays on
// the stack afterwards; the threshold is 0, or 1/2 of probabilities.
neap_columns neap_check_columns(lua_State *L, neap_places at,
                                neap_score_use use);

// Whether the options (or nil) say from = "probabilities".
bool neap_from_probabilities(lua_State *L, int index);

// Replaces the array at an index by the logits of checked probabilities.
const neap_array *neap_replace_by_logits(lua_State *L, int index,
                                         const neap_array *scores);

// Checks weights [rows], which may be nil: NULL.
const double *neap_check_weights(lua_State *L, int index, size_t rows);

// Reads a metric's name at an index, or a table of its name and parameters,
// such as { "f_beta", beta = 2 }. argument: the number in messages.
neap_metric_use neap_check_metric(lua_State *L, int index, int argument);

// The same of a name, with parameters from the table at `index` (or nil) that
// may have some other keys, too.
neap_metric_use neap_read_metric(lua_State *L, const neap_metric *metric,
                                 int index, const char *const *others);

// Raises that a name is no metric's, with the nearest one.
const neap_metric *neap_named_metric(lua_State *L, const char *name,
                                     int argument);

// Adds functions to the table of neap.metric, on top of the stack.
void neap_add_metric_curves(lua_State *L);

#endif
