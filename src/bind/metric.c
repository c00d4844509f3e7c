// bind/metric.c -- metrics of scores, one column or many at once.
#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "metric/metric.h"

static const char *const option_names[] = {"from", "threshold", NULL};

// --------------------------------------------------------------- arguments

static void check_scores(lua_State *L, int index, const neap_array *scores) {
  luaL_argcheck(L, scores->dtype != NEAP_INT32, index,
                "scores are int32; wanted float64 or float32");
  for (size_t i = 0; i < neap_array_count(scores); i++) {
    if (!isnan(neap_get(scores->data, scores->dtype, i)))
      continue;
    const size_t rows =
        scores->dimensions == 2 ? scores->columns : scores->rows;
    luaL_argerror(L, index,
                  lua_pushfstring(L, "score %I of column %I is NaN",
                                  (lua_Integer)(i % rows) + 1,
                                  (lua_Integer)(i / rows) + 1));
  }
}

static const double *check_binary(lua_State *L, int index, size_t rows) {
  const neap_array *targets = neap_check_doubles(L, index);
  const double *y = targets->data;
  if (targets->dimensions != 1 || targets->rows != rows) {
    const char *shape = neap_push_shape(L, targets);
    luaL_argerror(L, index,
                  lua_pushfstring(L, "targets are %s; the scores have %I rows",
                                  shape, (lua_Integer)rows));
  }
  for (size_t i = 0; i < rows; i++) {
    if (y[i] == 0 || y[i] == 1)
      continue;
    luaL_argerror(L, index,
                  lua_pushfstring(L, "target in row %I is %f; wanted 0 or 1",
                                  (lua_Integer)i + 1, y[i]));
  }
  return y;
}

static const double *check_row_weights(lua_State *L, int index, size_t rows) {
  if (lua_isnoneornil(L, index))
    return NULL;
  const neap_array *weights = neap_check_doubles(L, index);
  const double *w = weights->data;
  if (weights->dimensions != 1 || weights->rows != rows) {
    const char *shape = neap_push_shape(L, weights);
    luaL_argerror(L, index,
                  lua_pushfstring(L, "weights are %s; the scores have %I rows",
                                  shape, (lua_Integer)rows));
  }
  for (size_t i = 0; i < rows; i++) {
    if (isfinite(w[i]) && w[i] >= 0)
      continue;
    luaL_argerror(L, index,
                  lua_pushfstring(L, "weights[%I] is %f; wanted a number >= 0",
                                  (lua_Integer)i + 1, w[i]));
  }
  return w;
}

static bool is_from_probabilities(lua_State *L, int index) {
  if (lua_isnoneornil(L, index))
    return false;
  lua_getfield(L, index, "from");
  const char *from = luaL_optstring(L, -1, "logits");
  const bool probabilities = strcmp(from, "probabilities") == 0;
  if (!probabilities && strcmp(from, "logits") != 0) {
    luaL_argerror(L, index,
                  lua_pushfstring(L,
                                  "from is '%s'; wanted logits or "
                                  "probabilities",
                                  from));
  }
  lua_pop(L, 1);
  return probabilities;
}

// Replaces the scores by the logits of probabilities.
static const neap_array *logits_of(lua_State *L, int index,
                                   const neap_array *scores) {
  neap_array *logits =
      neap_new_array(L, NEAP_FLOAT64, scores->rows,
                     scores->dimensions == 2 ? scores->columns : 0);
  double *z = logits->data;
  for (size_t i = 0; i < neap_array_count(scores); i++) {
    const double p = neap_get(scores->data, scores->dtype, i);
    if (!(p >= 0 && p <= 1)) {
      luaL_argerror(L, index,
                    lua_pushfstring(L, "score %I is %f; wanted a probability",
                                    (lua_Integer)i + 1, p));
    }
    z[i] = log(p) - log1p(-p);
  }
  lua_replace(L, index);
  return logits;
}

// Leaves the thresholds of all columns on the stack.
static const double *push_thresholds(lua_State *L, int index, size_t columns,
                                     double initial) {
  neap_array *thresholds = neap_new_array(L, NEAP_FLOAT64, columns, 0);
  double *to = thresholds->data;
  for (size_t c = 0; c < columns; c++)
    to[c] = initial;
  if (lua_isnoneornil(L, index))
    return to;
  const int type = lua_getfield(L, index, "threshold");
  if (type == LUA_TNUMBER) {
    for (size_t c = 0; c < columns; c++)
      to[c] = lua_tonumber(L, -1);
  } else if (type != LUA_TNIL) {
    const int top = lua_gettop(L);
    const neap_array *given = neap_check_doubles(L, top);
    luaL_argcheck(L, given->rows == columns, index,
                  "threshold: wanted one for each column of scores");
    memcpy(to, given->data, columns * sizeof *to);
  }
  lua_pop(L, 1);
  for (size_t c = 0; c < columns; c++)
    luaL_argcheck(L, !isnan(to[c]), index, "threshold is nan");
  return to;
}

// Reads (scores, targets [, weights]) and what options say; `probabilities`:
// the metric takes logits of probabilities.
static neap_columns check_columns(lua_State *L, bool probabilities) {
  const neap_array *scores = neap_check_array(L, 1, NEAP_FLOAT64);
  check_scores(L, 1, scores);
  neap_check_keys(L, 4, NULL, option_names);
  const bool from_probabilities = is_from_probabilities(L, 4);
  if (from_probabilities && probabilities)
    scores = logits_of(L, 1, scores);
  const bool many = scores->dimensions == 2;
  const size_t rows = many ? scores->columns : scores->rows;
  const size_t columns = many ? scores->rows : 1;
  return (neap_columns){.rows = rows,
                        .columns = columns,
                        .scores = scores->data,
                        .dtype = scores->dtype,
                        .targets = check_binary(L, 2, rows),
                        .weights = check_row_weights(L, 3, rows),
                        .thresholds = push_thresholds(
                            L, 4, columns, from_probabilities ? 0.5 : 0)};
}

// --------------------------------------------------------------- functions

//- neap.metric.NAME(scores, targets [, weights [, options]])
// -> number, or nil and why where it has no value; for scores [g][n] an array
// of g numbers, NaN where one has no value.
static int evaluate(lua_State *L) {
  const neap_metric *metric = lua_touserdata(L, lua_upvalueindex(1));
  lua_settop(L, 4);
  const neap_columns columns = check_columns(L, metric->probabilities);
  const neap_array *scores = lua_touserdata(L, 1);
  neap_array *values = neap_new_array(L, NEAP_FLOAT64, columns.columns, 0);
  const char **why =
      lua_newuserdatauv(L, (columns.columns + 1) * sizeof *why, 0);
  neap_error error = {0};
  neap_raise_if(L,
                neap_metrics_of(neap_bound_engine(L), &columns, &metric, 1,
                                values->data, why, &error),
                &error);
  if (scores->dimensions == 2) {
    lua_pop(L, 1);
    return 1;
  }
  if (why[0] != NULL) {
    lua_pushnil(L);
    lua_pushstring(L, why[0]);
    return 2;
  }
  lua_pushnumber(L, ((double *)values->data)[0]);
  return 1;
}

//- neap.metric.threshold(scores, targets, { maximize = "f1", weights = })
// -> the threshold in the unit of the scores, or nil and why; for scores
// [g][n] an array of g.
static int threshold(lua_State *L) {
  static const char *const names[] = {"maximize", "weights", NULL};
  lua_settop(L, 3);
  luaL_checktype(L, 3, LUA_TTABLE);
  neap_check_keys(L, 3, NULL, names);
  lua_getfield(L, 3, "maximize");
  const char *what = lua_tostring(L, -1);
  luaL_argcheck(L, what != NULL && strcmp(what, "f1") == 0, 3,
                "maximize: wanted \"f1\"");
  lua_pop(L, 1);
  lua_getfield(L, 3, "weights");
  lua_replace(L, 3);
  lua_settop(L, 4);
  const neap_columns columns = check_columns(L, false);
  const neap_array *scores = lua_touserdata(L, 1);
  neap_array *found = neap_new_array(L, NEAP_FLOAT64, columns.columns, 0);
  neap_error error = {0};
  neap_raise_if(
      L,
      neap_f1_thresholds(neap_bound_engine(L), &columns, found->data, &error),
      &error);
  if (scores->dimensions == 2)
    return 1;
  const double number = ((double *)found->data)[0];
  if (isnan(number)) {
    lua_pushnil(L);
    lua_pushliteral(L, "there is no positive row");
    return 2;
  }
  lua_pushnumber(L, number);
  return 1;
}

static const neap_metric *find_metric(const char *name) {
  for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
    if (strcmp(neap_metric_at(i)->name, name) == 0)
      return neap_metric_at(i);
  }
  return NULL;
}

// For studies: (scores [g][n], targets, weights or nil, { threshold = }, list
// of names) -> one array of g numbers for each name. One sort a column.
static int evaluate_all(lua_State *L) {
  luaL_checktype(L, 5, LUA_TTABLE);
  const int count = (int)luaL_len(L, 5);
  lua_settop(L, 5);
  const neap_columns columns = check_columns(L, false);
  const neap_metric **metrics =
      lua_newuserdatauv(L, ((size_t)count + 1) * sizeof *metrics, 0);
  for (int m = 0; m < count; m++) {
    lua_geti(L, 5, m + 1);
    metrics[m] = find_metric(luaL_checkstring(L, -1));
    luaL_argcheck(L, metrics[m] != NULL, 5, lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  const size_t values = (size_t)count * columns.columns;
  double *numbers = lua_newuserdatauv(L, (values + 1) * sizeof *numbers, 0);
  const char **why = lua_newuserdatauv(L, (values + 1) * sizeof *why, 0);
  neap_error error = {0};
  neap_raise_if(L,
                neap_metrics_of(neap_bound_engine(L), &columns, metrics,
                                (size_t)count, numbers, why, &error),
                &error);
  luaL_checkstack(L, count, "too many metrics");
  for (int m = 0; m < count; m++) {
    neap_array *out = neap_new_array(L, NEAP_FLOAT64, columns.columns, 0);
    memcpy(out->data, numbers + (size_t)m * columns.columns,
           columns.columns * sizeof *numbers);
  }
  return count;
}

// Pushes how many rows of each class there are.
static const double *push_counts(lua_State *L, const neap_columns *columns) {
  double *counts = lua_newuserdatauv(L, 2 * sizeof *counts, 0);
  counts[0] = counts[1] = 0;
  for (size_t i = 0; i < columns->rows; i++)
    counts[columns->targets[i] != 0]++;
  return counts;
}

// Reads the losses of a list, one for each column; false: none.
static neap_calibration *push_calibrations(lua_State *L, int index, int names,
                                           const neap_columns *columns) {
  const size_t count = columns->columns;
  const neap_classes classes = {.count = 2,
                                .labels = 1,
                                .counts = push_counts(L, columns),
                                .names = names};
  neap_calibration *all = lua_newuserdatauv(L, (count + 1) * sizeof *all, 0);
  for (size_t c = 0; c < count; c++) {
    all[c] = (neap_calibration){.slope = 1};
    lua_geti(L, index, (lua_Integer)c + 1);
    const int at = lua_gettop(L);
    const neap_bound_loss *bound = luaL_testudata(L, at, NEAP_LOSS_TYPE);
    if (bound == NULL || neap_bound_kind(bound) != NEAP_BINARY) {
      lua_settop(L, at - 1);
      continue;
    }
    void *memory = lua_newuserdatauv(L, neap_resolve_bytes(L, at, &classes), 0);
    const neap_resolved r = neap_resolve(L, at, &classes, memory, 0);
    all[c].loss = r.loss;
    all[c].options = r.options;
    lua_remove(L, at);  // its list keeps the loss; the memory stays
    luaL_checkstack(L, 8, "too many losses");
  }
  return all;
}

// For studies: (scores [g][n], targets, weights or nil, losses, test scores,
// class names) -> float64 [g][m]: the test scores after the inverse link of
// each loss and Platt's numbers, which are fitted on the scores.
static int recalibrate(lua_State *L) {
  lua_settop(L, 6);
  luaL_checktype(L, 4, LUA_TTABLE);
  const neap_array *test = neap_check_array(L, 5, NEAP_FLOAT64);
  lua_pushvalue(L, 4);  // check_columns takes options at 4
  const int losses = lua_gettop(L);
  lua_pushnil(L);
  lua_replace(L, 4);
  neap_columns columns = check_columns(L, false);
  neap_calibration *all = push_calibrations(L, losses, 6, &columns);
  neap_error error = {0};
  const neap *engine = neap_bound_engine(L);
  neap_raise_if(L, neap_calibrate(engine, &columns, all, &error), &error);
  luaL_argcheck(L, test->rows == columns.columns, 5, "wanted as many columns");
  neap_array *out = neap_new_array(L, NEAP_FLOAT64, test->rows, test->columns);
  columns.scores = test->data;
  columns.dtype = test->dtype;
  columns.rows = test->columns;
  neap_raise_if(
      L, neap_apply_calibration(engine, &columns, all, out->data, &error),
      &error);
  return 1;
}

//- neap.metric.list() -> { { name=, summary=, source=, larger_is_better= } }
static int list_metrics(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
    const neap_metric *metric = neap_metric_at(i);
    lua_createtable(L, 0, 4);
    lua_pushstring(L, metric->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, metric->summary);
    lua_setfield(L, -2, "summary");
    lua_pushstring(L, metric->source);
    lua_setfield(L, -2, "source");
    lua_pushboolean(L, metric->larger_is_better);
    lua_setfield(L, -2, "larger_is_better");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static const luaL_Reg functions[] = {
    {"threshold", threshold}, {"list", list_metrics}, {NULL, NULL}};

void neap_open_metric(lua_State *L) {
  luaL_newlib(L, functions);
  for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
    lua_pushlightuserdata(L, (void *)neap_metric_at(i));
    lua_pushcclosure(L, evaluate, 1);
    lua_setfield(L, -2, neap_metric_at(i)->name);
  }
}

// What lua/neap/study.lua needs beside the public metrics.
void neap_open_study(lua_State *L) {
  static const luaL_Reg study[] = {
      {"metrics", evaluate_all}, {"recalibrate", recalibrate}, {NULL, NULL}};
  luaL_newlib(L, study);
}
