// metric/check.c -- metrics as neap_metric.h has them: what callers give is
// checked.
#include <math.h>

#include "metric/metric.h"

const char *neap_metric_name(const neap_metric *metric) {
  return metric->name;
}

const char *neap_metric_summary(const neap_metric *metric) {
  return metric->summary;
}

const char *neap_metric_source(const neap_metric *metric) {
  return metric->source;
}

bool neap_metric_larger_is_better(const neap_metric *metric) {
  return metric->larger_is_better;
}

const neap_parameter *neap_metric_parameters(const neap_metric *metric,
                                             size_t *count) {
  *count = neap_parameter_count(metric->parameters);
  return metric->parameters;
}

static neap_status check_columns(const neap_columns *c, neap_error *error) {
  if (c->scores == NULL || c->targets == NULL ||
      (c->dtype != NEAP_FLOAT64 && c->dtype != NEAP_FLOAT32)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "columns want scores (float64 or float32) and targets");
  }
  if (c->rows > UINT32_MAX) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "columns have %zu rows; wanted at most 2^32 - 1", c->rows);
  }
  const size_t targets = c->own_targets ? c->rows * c->columns : c->rows;
  for (size_t i = 0; i < targets; i++) {
    if (c->targets[i] != 0 && c->targets[i] != 1) {
      return neap_fail(error, NEAP_EDATA,
                       "the target in row %zu is %g; wanted 0 or 1",
                       i % c->rows + 1, c->targets[i]);
    }
  }
  for (size_t i = 0; c->weights != NULL && i < c->rows; i++) {
    if (!(c->weights[i] >= 0 && isfinite(c->weights[i]))) {
      return neap_fail(error, NEAP_EARGUMENT,
                       "the weight of row %zu is %g; wanted a number >= 0",
                       i + 1, c->weights[i]);
    }
  }
  for (size_t i = 0; i < c->rows * c->columns; i++) {
    if (isnan(neap_get(c->scores, c->dtype, i))) {
      return neap_fail(error, NEAP_EDATA, "the score in row %zu is nan",
                       i % c->rows + 1);
    }
  }
  return NEAP_OK;
}

// Fills a use from the params of a caller.
static neap_status check_use(const neap_columns *columns,
                             const neap_metric *metric, const double *params,
                             const double *out, neap_metric_use *use,
                             neap_error *error) {
  if (metric == NULL)
    return neap_fail(error, NEAP_EARGUMENT, "there is no metric");
  if (out == NULL) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s has NULL for its result; wanted room for %zu columns",
                     metric->name, columns->columns);
  }
  NEAP_TRY(neap_check_parameters(metric->parameters, params, error));
  *use = neap_metric_default(metric);
  const size_t count = neap_parameter_count(metric->parameters);
  for (size_t i = 0; params != NULL && i < count; i++)
    use->params[i] = params[i];
  return check_columns(columns, error);
}

neap_status neap_metric_evaluate(const neap *engine,
                                 const neap_columns *columns,
                                 const neap_metric *metric,
                                 const double *params, double *values,
                                 const char **undefined, neap_error *error) {
  neap_metric_use use;
  neap_arena arena = {0};
  NEAP_TRY(check_use(columns, metric, params, values, &use, error));
  if (undefined != NULL) {
    return neap_metrics_of(engine, columns, &use, 1, values, undefined, error);
  }
  neap_arena_take(&arena, columns->columns, sizeof *undefined);
  NEAP_TRY(neap_arena_new(engine, &arena, error));
  undefined = neap_arena_take(&arena, columns->columns, sizeof *undefined);
  const neap_status status =
      neap_metrics_of(engine, columns, &use, 1, values, undefined, error);
  neap_arena_free(engine, &arena);
  return status;
}

neap_status neap_metric_threshold(const neap *engine,
                                  const neap_columns *columns,
                                  const neap_metric *metric,
                                  const double *params, double *thresholds,
                                  neap_error *error) {
  neap_metric_use use;
  NEAP_TRY(check_use(columns, metric, params, thresholds, &use, error));
  if (metric->decide == NULL) {
    return neap_fail(error, NEAP_EARGUMENT, "%s is the same at every threshold",
                     metric->name);
  }
  return neap_find_thresholds(engine, columns, &use, thresholds, error);
}

neap_status neap_metric_bootstrap(const neap *engine,
                                  const neap_columns *columns,
                                  const neap_metric *metric,
                                  const double *params, size_t draws,
                                  uint64_t seed, double *values,
                                  neap_error *error) {
  neap_metric_use use;
  const neap_bootstrap how = {.draws = draws, .seed = seed};
  NEAP_TRY(check_use(columns, metric, params, values, &use, error));
  return neap_bootstrap_of(engine, columns, &use, 1, &how, values, error);
}
