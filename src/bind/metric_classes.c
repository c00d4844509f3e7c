// bind/metric_classes.c -- sums over rows of k scores, for lua/neap/metric.lua,
// which makes metrics of them.
#include <math.h>
#include <string.h>

#include "bind/scores.h"

static void check_shape(lua_State *L, const neap_array *scores,
                        const neap_array *targets) {
  luaL_argcheck(L, scores->dimensions == 2, 1, "scores: wanted [n][k]");
  if (scores->columns < 2 || scores->columns > NEAP_CLASS_MAX) {
    luaL_argerror(
        L, 1,
        lua_pushfstring(L, "there are %I classes; wanted 2 to %d",
                        (lua_Integer)scores->columns, (int)NEAP_CLASS_MAX));
  }
  if (targets->dimensions != 1 || targets->rows != scores->rows) {
    const char *shape = neap_push_shape(L, targets);
    luaL_argerror(L, 2,
                  lua_pushfstring(L, "targets are %s; the scores have %I rows",
                                  shape, (lua_Integer)scores->rows));
  }
}

// Logits may be -infinity, for a class that can't be, but for one; rows of
// probabilities sum to 1.
static void check_row(lua_State *L, const double *z, size_t count, size_t row,
                      bool probabilities) {
  double most = -INFINITY, sum = 0;
  for (size_t c = 0; c < count; c++) {
    const bool fits = probabilities ? z[c] >= 0 && z[c] <= 1 : z[c] < INFINITY;
    if (!fits) {
      luaL_argerror(
          L, 1,
          lua_pushfstring(L, "the score of class %I in row %I is %f; wanted %s",
                          (lua_Integer)c, (lua_Integer)row + 1, z[c],
                          probabilities ? "a probability" : "a logit"));
    }
    most = fmax(most, z[c]);
    sum += z[c];
  }
  if (probabilities && !(fabs(sum - 1) <= 1e-6)) {
    luaL_argerror(L, 1,
                  lua_pushfstring(L, "the probabilities in row %I sum to %f",
                                  (lua_Integer)row + 1, sum));
  }
  if (isinf(most)) {
    luaL_argerror(
        L, 1,
        lua_pushfstring(L, "row %I has no finite logit", (lua_Integer)row + 1));
  }
}

// Reads (scores [n][k], targets [n], weights or nil, from).
static neap_class_rows check_rows(lua_State *L) {
  static const char *const froms[] = {"logits", "probabilities", NULL};
  const neap_array *scores = neap_check_doubles(L, 1);
  const neap_array *targets = neap_check_array(L, 2, NEAP_INT32);
  check_shape(L, scores, targets);
  const size_t rows = scores->rows, classes = scores->columns;
  const bool probabilities = luaL_checkoption(L, 4, "logits", froms) == 1;
  neap_array *codes = neap_new_array(L, NEAP_INT32, rows, 0);
  for (size_t i = 0; i < rows; i++) {
    const double class = neap_get(targets->data, targets->dtype, i);
    if (!(class >= 0 && class < (double)classes && class == floor(class))) {
      luaL_argerror(
          L, 2,
          lua_pushfstring(L,
                          "target in row %I is %f; wanted a class, 0 "
                          "to %I",
                          (lua_Integer)i + 1, class, (lua_Integer)classes - 1));
    }
    ((int32_t *)codes->data)[i] = (int32_t) class;
    check_row(L, (const double *)scores->data + i * classes, classes, i,
              probabilities);
  }
  return (neap_class_rows){.rows = rows,
                           .classes = classes,
                           .scores = scores->data,
                           .probabilities = probabilities,
                           .targets = codes->data,
                           .weights = neap_check_weights(L, 3, rows)};
}

// (scores, targets, weights, from, "rank" or "logit")
// -> scores by class [k][n], targets by class [k][n]: 0 or 1
static int columns(lua_State *L) {
  static const char *const lifts[] = {"rank", "logit", NULL};
  lua_settop(L, 5);
  const neap_class_rows rows = check_rows(L);
  const neap_lift lift = (neap_lift)luaL_checkoption(L, 5, NULL, lifts);
  neap_array *scores = neap_new_array(L, NEAP_FLOAT64, rows.classes, rows.rows);
  neap_array *targets =
      neap_new_array(L, NEAP_FLOAT64, rows.classes, rows.rows);
  neap_lift_classes(&rows, lift, scores->data);
  for (size_t i = 0; i < rows.rows; i++) {
    const size_t class = (size_t)rows.targets[i];
    ((double *)targets->data)[class * rows.rows + i] = 1;
  }
  return 2;
}

// (array [n][m]) -> [m][n], float64
static int turned(lua_State *L) {
  const neap_array *from = neap_check_doubles(L, 1);
  luaL_argcheck(L, from->dimensions == 2, 1, "wanted two dimensions");
  neap_array *to = neap_new_array(L, NEAP_FLOAT64, from->columns, from->rows);
  for (size_t i = 0; i < from->rows; i++) {
    for (size_t j = 0; j < from->columns; j++) {
      ((double *)to->data)[j * from->rows + i] =
          ((const double *)from->data)[i * from->columns + j];
    }
  }
  return 1;
}

// (array [n][m]) -> its numbers as one row, float64
static int flat(lua_State *L) {
  const neap_array *from = neap_check_doubles(L, 1);
  neap_array *to = neap_new_array(L, NEAP_FLOAT64, neap_array_count(from), 0);
  memcpy(to->data, from->data, neap_array_count(from) * sizeof(double));
  return 1;
}

// (weights [n], times) -> [n * times], each weight `times` times in a row; or,
// "whole", all weights `times` times
static int repeated(lua_State *L) {
  const neap_array *from = neap_check_doubles(L, 1);
  const size_t times = (size_t)luaL_checkinteger(L, 2);
  const bool whole = lua_toboolean(L, 3);
  neap_array *to = neap_new_array(L, NEAP_FLOAT64, from->rows * times, 0);
  for (size_t i = 0; i < from->rows * times; i++) {
    ((double *)to->data)[i] =
        ((const double *)from->data)[whole ? i % from->rows : i / times];
  }
  return 1;
}

// (scores, targets, weights, from) -> weights by class and prediction [k][k]
static int confusion(lua_State *L) {
  lua_settop(L, 4);
  const neap_class_rows rows = check_rows(L);
  neap_array *out = neap_new_array(L, NEAP_FLOAT64, rows.classes, rows.classes);
  neap_confuse(&rows, out->data);
  return 1;
}

// (scores, targets, weights, from) -> chances [k][k], weights by class [k]
static int pair_areas(lua_State *L) {
  lua_settop(L, 4);
  const neap_class_rows rows = check_rows(L);
  neap_array *areas =
      neap_new_array(L, NEAP_FLOAT64, rows.classes, rows.classes);
  neap_array *sums = neap_new_array(L, NEAP_FLOAT64, rows.classes, 0);
  for (size_t i = 0; i < rows.rows; i++) {
    ((double *)sums->data)[rows.targets[i]] +=
        rows.weights != NULL ? rows.weights[i] : 1;
  }
  neap_error error = {0};
  neap_raise_if(
      L, neap_pair_areas(neap_bound_engine(L), &rows, areas->data, &error),
      &error);
  return 2;
}

// (scores, targets, weights, from, which [, k]) -> sum over the rows, sum of
// their weights
static int sum(lua_State *L) {
  static const char *const names[] = {"log_loss", "brier", "top_k", NULL};
  lua_settop(L, 6);
  const neap_class_rows rows = check_rows(L);
  double total = 0, value;
  for (size_t i = 0; i < rows.rows; i++)
    total += rows.weights != NULL ? rows.weights[i] : 1;
  switch (luaL_checkoption(L, 5, NULL, names)) {
    case 0:
      value = neap_class_log_loss(&rows);
      break;
    case 1:
      value = neap_class_brier(&rows);
      break;
    default:
      value = neap_class_top_k(&rows, (size_t)luaL_checkinteger(L, 6));
  }
  lua_pushnumber(L, value);
  lua_pushnumber(L, total);
  return 2;
}

void neap_open_classes(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"columns", columns},       {"turned", turned}, {"flat", flat},
      {"repeated", repeated},     {"sum", sum},       {"confusion", confusion},
      {"pair_areas", pair_areas}, {NULL, NULL}};
  luaL_newlib(L, functions);
}
