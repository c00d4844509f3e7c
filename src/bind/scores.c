// bind/scores.c -- the arguments of metrics: scores, targets, weights, which
// metric.
#include "bind/scores.h"

#include <math.h>
#include <string.h>

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

// Targets of all columns, or of each.
static const double *check_binary(lua_State *L, int index,
                                  const neap_array *scores, size_t rows) {
  const neap_array *targets = neap_check_doubles(L, index);
  const double *y = targets->data;
  const bool each = targets->dimensions == 2;
  if (each) {
    neap_check_shape(L, index, targets, scores, "targets", "scores");
  } else if (targets->rows != rows) {
    const char *shape = neap_push_shape(L, targets);
    luaL_argerror(L, index,
                  lua_pushfstring(L, "targets are %s; the scores have %I rows",
                                  shape, (lua_Integer)rows));
  }
  for (size_t i = 0; i < neap_array_count(targets); i++) {
    if (y[i] == 0 || y[i] == 1)
      continue;
    luaL_argerror(L, index,
                  lua_pushfstring(L, "target in row %I is %f; wanted 0 or 1",
                                  (lua_Integer)(i % rows) + 1, y[i]));
  }
  return y;
}

const double *neap_check_weights(lua_State *L, int index, size_t rows) {
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

bool neap_from_probabilities(lua_State *L, int index) {
  if (lua_isnoneornil(L, index))
    return false;
  lua_getfield(L, index, "from");
  const bool probabilities =
      luaL_checkoption(L, -1, "logits", neap_sources) == 1;
  lua_pop(L, 1);
  return probabilities;
}

const neap_array *neap_replace_by_logits(lua_State *L, int index,
                                         const neap_array *scores) {
  neap_array *logits =
      neap_new_array(L, NEAP_FLOAT64, scores->rows,
                     scores->dimensions == 2 ? scores->columns : 0);
  double *z = logits->data;
  for (size_t i = 0; i < neap_array_count(scores); i++) {
    const double p = neap_get(scores->data, scores->dtype, i);
    z[i] = log(p) - log1p(-p);
  }
  lua_replace(L, index);
  return logits;
}

// Leaves the thresholds of all columns on the stack.
static double *push_thresholds(lua_State *L, int index, size_t columns,
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

static void check_probabilities(lua_State *L, int index,
                                const neap_array *scores) {
  for (size_t i = 0; i < neap_array_count(scores); i++) {
    const double p = neap_get(scores->data, scores->dtype, i);
    if (p >= 0 && p <= 1)
      continue;
    luaL_argerror(L, index,
                  lua_pushfstring(L, "score %I is %f; wanted a probability",
                                  (lua_Integer)i + 1, p));
  }
}

// Thresholds of probabilities become those of logits.
static void turn_thresholds(size_t columns, double *thresholds) {
  for (size_t c = 0; c < columns; c++) {
    const double p = fmin(fmax(thresholds[c], 0), 1);
    thresholds[c] = log(p) - log1p(-p);
  }
}

neap_columns neap_check_columns(lua_State *L, neap_places at,
                                neap_score_use use) {
  const neap_array *scores = neap_check_array(L, at.scores, NEAP_FLOAT64);
  check_scores(L, at.scores, scores);
  const bool from_probabilities = neap_from_probabilities(L, at.options);
  if (from_probabilities)
    check_probabilities(L, at.scores, scores);
  if (from_probabilities && use == NEAP_AS_LOGITS)
    scores = neap_replace_by_logits(L, at.scores, scores);
  const bool many = scores->dimensions == 2;
  const size_t rows = many ? scores->columns : scores->rows;
  const size_t columns = many ? scores->rows : 1;
  const double *targets = check_binary(L, at.targets, scores, rows);
  const neap_array *y = lua_touserdata(L, at.targets);
  double *thresholds =
      push_thresholds(L, at.options, columns, from_probabilities ? 0.5 : 0);
  if (from_probabilities && use == NEAP_AS_LOGITS)
    turn_thresholds(columns, thresholds);
  int weights = at.weights;
  if (weights == 0 && !lua_isnoneornil(L, at.options)) {
    lua_getfield(L, at.options, "weights");
    weights = lua_gettop(L);
  }
  return (neap_columns){
      .rows = rows,
      .columns = columns,
      .scores = scores->data,
      .dtype = scores->dtype,
      .targets = targets,
      .own_targets = y->dimensions == 2,
      .weights = weights != 0 ? neap_check_weights(L, weights, rows) : NULL,
      .thresholds = thresholds};
}

// ------------------------------------------------------------- which metric

const neap_metric *neap_named_metric(lua_State *L, const char *name,
                                     int argument) {
  const neap_metric *metric = neap_metric_find(name);
  if (metric != NULL)
    return metric;
  lua_pushcfunction(L, neap_nearest);
  lua_pushstring(L, name);
  lua_newtable(L);
  for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
    lua_pushstring(L, neap_metric_at(i)->name);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_call(L, 2, 1);
  const char *near = lua_tostring(L, -1);
  luaL_argerror(
      L, argument,
      near != NULL
          ? lua_pushfstring(L, "no metric '%s'; did you mean '%s'?", name, near)
          : lua_pushfstring(L, "no metric '%s'", name));
  return NULL;
}

neap_metric_use neap_read_metric(lua_State *L, const neap_metric *metric,
                                 int index, const char *const *others) {
  neap_metric_use use = {.metric = metric};
  neap_check_keys(L, index, metric->parameters, others);
  neap_read_parameters(L, index, metric->parameters, use.params);
  return use;
}

neap_metric_use neap_check_metric(lua_State *L, int index, int argument) {
  static const char *const others[] = {"as", NULL};
  if (lua_type(L, index) == LUA_TSTRING) {
    return neap_metric_default(
        neap_named_metric(L, lua_tostring(L, index), argument));
  }
  if (lua_type(L, index) != LUA_TTABLE) {
    luaL_argerror(L, argument,
                  lua_pushfstring(L,
                                  "a metric is a %s; wanted a name, or a table "
                                  "such as { \"f_beta\", beta = 2 }",
                                  luaL_typename(L, index)));
  }
  if (lua_geti(L, index, 1) != LUA_TSTRING)
    luaL_argerror(L, argument, "a metric's table begins with its name");
  const neap_metric *metric =
      neap_named_metric(L, lua_tostring(L, -1), argument);
  lua_pop(L, 1);
  lua_newtable(L);  // the options alone
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_isinteger(L, -2) && lua_tointeger(L, -2) == 1)
      continue;
    lua_pushvalue(L, -2);
    lua_pushvalue(L, -2);
    lua_settable(L, -5);
  }
  const neap_metric_use use =
      neap_read_metric(L, metric, lua_gettop(L), others);
  lua_pop(L, 1);
  return use;
}
