// bind/metric.c -- metrics of scores, one column or many at once.
#include <math.h>
#include <string.h>

#include "bind/scores.h"

// Runs metrics, and pushes userdata with the values [uses][columns] and the
// reasons for those that are NaN.
static double *push_values(lua_State *L, const neap_columns *columns,
                           const neap_metric_use *uses, size_t count,
                           const char ***why) {
  const size_t total = count * columns->columns + 1;
  double *values = lua_newuserdatauv(L, total * sizeof *values, 0);
  *why = lua_newuserdatauv(L, total * sizeof **why, 0);
  neap_error error = {0};
  neap_raise_if(L,
                neap_metrics_of(neap_bound_engine(L), columns, uses, count,
                                values, *why, &error),
                &error);
  return values;
}

//- neap.metric.NAME(scores, targets [, weights [, options]])
// -> number, or nil and why where it has no value; for scores [g][n] an array
// of g numbers, NaN where one has no value. Options are from, threshold and
// the metric's own.
static int evaluate_one(lua_State *L) {
  static const char *const others[] = {"from", "threshold", NULL};
  const neap_metric *metric = lua_touserdata(L, lua_upvalueindex(2));
  lua_settop(L, 4);
  const neap_metric_use use = neap_read_metric(L, metric, 4, others);
  const neap_columns columns = neap_check_columns(
      L, (neap_places){1, 2, 3, 4},
      metric->probabilities ? NEAP_AS_LOGITS : NEAP_AS_GIVEN);
  const neap_array *scores = lua_touserdata(L, 1);
  const char **why;
  const double *values = push_values(L, &columns, &use, 1, &why);
  if (scores->dimensions == 2) {
    neap_array *out = neap_new_array(L, NEAP_FLOAT64, columns.columns, 0);
    memcpy(out->data, values, columns.columns * sizeof *values);
    return 1;
  }
  if (why[0] != NULL) {
    lua_pushnil(L);
    lua_pushstring(L, why[0]);
    return 2;
  }
  lua_pushnumber(L, values[0]);
  return 1;
}

// ------------------------------------------------------------ several at once

// Reads the list of metrics at 1.
static neap_metric_use *push_uses(lua_State *L, size_t *count) {
  luaL_checktype(L, 1, LUA_TTABLE);
  *count = (size_t)luaL_len(L, 1);
  neap_metric_use *uses = lua_newuserdatauv(L, (*count + 1) * sizeof *uses, 0);
  for (size_t u = 0; u < *count; u++) {
    lua_geti(L, 1, (lua_Integer)u + 1);
    uses[u] = neap_check_metric(L, lua_gettop(L), 1);
    lua_pop(L, 1);
  }
  return uses;
}

// Pushes the name of a metric's value: what `as` says, or the metric's.
static void push_value_name(lua_State *L, size_t at,
                            const neap_metric *metric) {
  const int top = lua_gettop(L);
  const char *name = metric->name;
  lua_geti(L, 1, (lua_Integer)at + 1);
  if (lua_istable(L, -1) && lua_getfield(L, -1, "as") != LUA_TNIL) {
    name = lua_tostring(L, -1);
    luaL_argcheck(L, name != NULL, 1, "as: wanted a name");
  }
  lua_pushstring(L, name);
  lua_replace(L, top + 1);
  lua_settop(L, top + 1);
}

// What evaluate works on; lists are [count].
typedef struct evaluating {
  neap_columns columns;
  size_t count;
  neap_metric_use *uses;
  double *values;    // [count][columns]
  const char **why;  // [count][columns]
} evaluating;

// Runs the metrics that take logits of probabilities, or those that don't.
static void run_group(lua_State *L, const evaluating *e, bool probabilities) {
  const size_t columns = e->columns.columns;
  const int top = lua_gettop(L);
  neap_metric_use *uses =
      lua_newuserdatauv(L, (e->count + 1) * sizeof *uses, 0);
  size_t count = 0;
  for (size_t u = 0; u < e->count; u++) {
    if (e->uses[u].metric->probabilities == probabilities)
      uses[count++] = e->uses[u];
  }
  const char **why;
  const double *values = push_values(L, &e->columns, uses, count, &why);
  for (size_t u = 0, from = 0; u < e->count; u++) {
    if (e->uses[u].metric->probabilities != probabilities)
      continue;
    memcpy(e->values + u * columns, values + from * columns,
           columns * sizeof *values);
    memcpy(e->why + u * columns, why + from * columns, columns * sizeof *why);
    from++;
  }
  lua_settop(L, top);
}

// Pushes the values by name and, of one column, the reasons by name.
static void push_named(lua_State *L, const evaluating *e, bool many) {
  const size_t columns = e->columns.columns;
  lua_createtable(L, 0, (int)e->count);
  const int values = lua_gettop(L);
  lua_newtable(L);
  for (size_t u = 0; u < e->count; u++) {
    push_value_name(L, u, e->uses[u].metric);
    lua_pushvalue(L, -1);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, values) != LUA_TNIL ||
        (lua_pushvalue(L, -2), lua_rawget(L, values + 1)) != LUA_TNIL) {
      luaL_argerror(L, 1,
                    lua_pushfstring(L,
                                    "'%s' is asked for twice; as = \"...\" "
                                    "names one of them",
                                    lua_tostring(L, values + 2)));
    }
    lua_settop(L, values + 2);
    if (many) {
      neap_array *out = neap_new_array(L, NEAP_FLOAT64, columns, 0);
      memcpy(out->data, e->values + u * columns, columns * sizeof(double));
      lua_rawset(L, values);
    } else if (e->why[u] == NULL) {
      lua_pushnumber(L, e->values[u]);
      lua_rawset(L, values);
    } else {
      lua_pushstring(L, e->why[u]);
      lua_rawset(L, values + 1);
    }
  }
}

//- neap.metric.evaluate(metrics, scores, targets [, options])
// metrics: a list of names, or of tables such as { "f_beta", beta = 2, as =
// "f2" }; options: weights, from, threshold. -> { [name] = number } and
// { [name] = why there is none }; for scores [g][n] the numbers are arrays of
// g. All metrics share one sort of each column.
static int evaluate(lua_State *L) {
  static const char *const names[] = {"weights", "from", "threshold", NULL};
  lua_settop(L, 4);
  neap_check_keys(L, 4, NULL, names);
  evaluating e = {0};
  e.uses = push_uses(L, &e.count);
  const bool from_probabilities = neap_from_probabilities(L, 4);
  e.columns = neap_check_columns(L, (neap_places){2, 3, 0, 4}, NEAP_AS_GIVEN);
  const neap_array *scores = lua_touserdata(L, 2);
  const bool many = scores->dimensions == 2;
  const size_t total = e.count * e.columns.columns + 1;
  e.values = lua_newuserdatauv(L, total * sizeof *e.values, 0);
  e.why = lua_newuserdatauv(L, total * sizeof *e.why, 0);
  run_group(L, &e, false);
  if (from_probabilities) {
    const neap_array *logits = neap_replace_by_logits(L, 2, scores);
    e.columns.scores = logits->data;
    e.columns.dtype = logits->dtype;
  }
  run_group(L, &e, true);
  push_named(L, &e, many);
  return 2;
}

// ---------------------------------------------------------------- thresholds

// Reads { maximize = name, ... } or { cost = { false_positive =,
// false_negative = } } at 3.
static neap_metric_use check_aim(lua_State *L) {
  static const char *const others[] = {"maximize", "weights", "from", NULL};
  static const char *const costs[] = {"cost", "weights", "from", NULL};
  luaL_checktype(L, 3, LUA_TTABLE);
  if (lua_getfield(L, 3, "cost") != LUA_TNIL) {
    const int cost = lua_gettop(L);
    luaL_argcheck(L, lua_getfield(L, 3, "maximize") == LUA_TNIL, 3,
                  "maximize and cost are both given; give one");
    lua_pop(L, 1);
    const neap_metric *metric = neap_metric_find("expected_cost");
    luaL_argcheck(L, lua_istable(L, cost), 3,
                  "cost: wanted { false_positive =, false_negative = }");
    neap_check_keys(L, 3, NULL, costs);
    const neap_metric_use use = neap_read_metric(L, metric, cost, NULL);
    lua_settop(L, 3);
    return use;
  }
  if (lua_getfield(L, 3, "maximize") != LUA_TSTRING)
    luaL_argerror(L, 3, "wanted maximize = a metric, or cost = a table");
  const neap_metric *metric = neap_named_metric(L, lua_tostring(L, -1), 3);
  if (metric->decide == NULL || !metric->larger_is_better) {
    luaL_argerror(L, 3,
                  lua_pushfstring(L,
                                  "maximize is '%s', which has no threshold; "
                                  "wanted such as f1 or mcc",
                                  metric->name));
  }
  const neap_metric_use use = neap_read_metric(L, metric, 3, others);
  lua_settop(L, 3);
  return use;
}

//- neap.metric.threshold(scores, targets, { maximize = "f1", weights = } |
//                        { cost = { false_positive = 1, false_negative = 40 }
//                        })
// maximize: any metric of decisions at a threshold, whose parameters are
// options, too. -> the threshold in the unit of the scores, or nil and why;
// for scores [g][n] an array of g. Infinity: no row had best be positive.
static int threshold(lua_State *L) {
  lua_settop(L, 3);
  const neap_metric_use use = check_aim(L);
  const neap_columns columns =
      neap_check_columns(L, (neap_places){1, 2, 0, 3}, NEAP_AS_GIVEN);
  const neap_array *scores = lua_touserdata(L, 1);
  neap_array *found = neap_new_array(L, NEAP_FLOAT64, columns.columns, 0);
  neap_error error = {0};
  neap_raise_if(L,
                neap_find_thresholds(neap_bound_engine(L), &columns, &use,
                                     found->data, &error),
                &error);
  if (scores->dimensions == 2)
    return 1;
  const double number = ((double *)found->data)[0];
  if (isnan(number)) {
    double positives = 0;
    for (size_t i = 0; i < columns.rows; i++)
      positives += columns.targets[i];
    lua_pushnil(L);
    lua_pushstring(L, positives == 0 ? "there is no positive row"
                                     : "there is one class only");
    return 2;
  }
  lua_pushnumber(L, number);
  return 1;
}

// ------------------------------------------------------------------ the list

//- neap.metric.list()
// -> { { name=, summary=, source=, larger_is_better=, parameters= } }
static int list_metrics(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
    const neap_metric *metric = neap_metric_at(i);
    lua_createtable(L, 0, 5);
    lua_pushstring(L, metric->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, metric->summary);
    lua_setfield(L, -2, "summary");
    lua_pushstring(L, metric->source);
    lua_setfield(L, -2, "source");
    lua_pushboolean(L, metric->larger_is_better);
    lua_setfield(L, -2, "larger_is_better");
    neap_push_parameters(L, metric->parameters);
    lua_setfield(L, -2, "parameters");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

void neap_open_metric(lua_State *L) {
  static const neap_function functions[] = {{"evaluate", evaluate, 4},
                                            {"threshold", threshold, 3},
                                            {"list", list_metrics, 0},
                                            {0}};
  lua_newtable(L);
  neap_set_functions(L, functions);
  for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
    const neap_metric *metric = neap_metric_at(i);
    lua_pushlightuserdata(L, (void *)metric);
    neap_set_function(L, (neap_function){metric->name, evaluate_one, 4});
  }
  neap_add_metric_curves(L);
}
