// bind/study.c -- what lua/neap/study.lua needs beside the public metrics.
#include <string.h>

#include "bind/scores.h"
#include "loss/loss.h"

// (scores [g][n], targets, weights or nil, { threshold = }, list
// of names) -> one array of g numbers for each name. One sort a column.
static int evaluate_all(lua_State *L) {
  luaL_checktype(L, 5, LUA_TTABLE);
  const int count = (int)luaL_len(L, 5);
  lua_settop(L, 5);
  const neap_columns columns =
      neap_check_columns(L, (neap_places){1, 2, 3, 4}, NEAP_AS_GIVEN);
  neap_metric_use *uses =
      lua_newuserdatauv(L, ((size_t)count + 1) * sizeof *uses, 0);
  for (int m = 0; m < count; m++) {
    lua_geti(L, 5, m + 1);
    uses[m] = neap_check_metric(L, lua_gettop(L), 5);
    lua_pop(L, 1);
  }
  const size_t values = (size_t)count * columns.columns;
  double *numbers = lua_newuserdatauv(L, (values + 1) * sizeof *numbers, 0);
  const char **why = lua_newuserdatauv(L, (values + 1) * sizeof *why, 0);
  neap_error error = {0};
  neap_raise_if(L,
                neap_metrics_of(neap_bound_engine(L), &columns, uses,
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

// Reads the losses of a list, one for each column of scores; false: none.
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
    // A loss that reads columns has a link for each row, and none of scores.
    if (neap_loss_columns(r.loss) == 0) {
      all[c].loss = r.loss;
      all[c].options = r.options;
    }
    lua_remove(L, at);  // its list keeps the loss; the memory stays
    luaL_checkstack(L, 8, "too many losses");
  }
  return all;
}

// (scores [g][n], targets, weights or nil, losses, test scores,
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
  neap_columns columns =
      neap_check_columns(L, (neap_places){1, 2, 3, 4}, NEAP_AS_GIVEN);
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

// Writes score columns, less a shift each, where their rows stand in all.
static void scatter_rows(const neap_array *scores, const int32_t *positions,
                         const double *shifts, size_t first, neap_array *out) {
  const size_t count = scores->columns;
  for (size_t c = 0; c < scores->rows; c++) {
    double *line = (double *)out->data + (first + c) * out->columns;
    const double shift = shifts != NULL ? shifts[c] : 0;
    for (size_t i = 0; i < count; i++) {
      const size_t at = c * count + i;
      const double score = scores->dtype == NEAP_FLOAT32
                               ? ((const float *)scores->data)[at]
                               : ((const double *)scores->data)[at];
      line[positions[i] - 1] = score - shift;
    }
  }
}

// (out float64 [g][n], its first line from 1, positions int32 [m] from 1,
// scores [h][m], shifts float64 [h] or nil): writes scores - shifts into h
// lines of out, each at its row's position.
static int scatter(lua_State *L) {
  lua_settop(L, 5);
  neap_array *out = neap_check_array_of(L, 1, NEAP_FLOAT64, "out");
  const lua_Integer first = luaL_checkinteger(L, 2);
  const neap_array *positions =
      neap_check_array_of(L, 3, NEAP_INT32, "positions");
  const neap_array *scores = neap_check_array(L, 4, NEAP_FLOAT64);
  const neap_array *shifts =
      lua_isnil(L, 5) ? NULL
                      : neap_check_array_of(L, 5, NEAP_FLOAT64, "shifts");
  luaL_argcheck(L, scores->dtype != NEAP_INT32 && scores->dimensions == 2, 4,
                "wanted numbers [h][m]");
  luaL_argcheck(L, positions->rows == scores->columns, 3,
                "wanted one for each row");
  luaL_argcheck(L, shifts == NULL || shifts->rows == scores->rows, 5,
                "wanted one for each column");
  luaL_argcheck(L,
                !out->frozen && out->dimensions == 2 && first >= 1 &&
                    (size_t)first - 1 + scores->rows <= out->rows,
                2, "the lines are not there");
  const int32_t *at = positions->data;
  for (size_t i = 0; i < positions->rows; i++)
    luaL_argcheck(L, at[i] >= 1 && (size_t)at[i] <= out->columns, 3,
                  "a position is beyond the rows");
  scatter_rows(scores, at, shifts != NULL ? shifts->data : NULL,
               (size_t)first - 1, out);
  return 0;
}

// (matrix [g][n], positions int32 [m] from 1) -> [g][m] of its type: columns.
static int gather(lua_State *L) {
  const neap_array *from = neap_check_array(L, 1, NEAP_FLOAT64);
  const neap_array *positions =
      neap_check_array_of(L, 2, NEAP_INT32, "positions");
  luaL_argcheck(L, from->dimensions == 2, 1, "wanted [g][n]");
  const int32_t *at = positions->data;
  for (size_t i = 0; i < positions->rows; i++)
    luaL_argcheck(L, at[i] >= 1 && (size_t)at[i] <= from->columns, 2,
                  "a position is beyond the columns");
  const size_t size = from->dtype == NEAP_FLOAT64 ? 8 : 4;
  const size_t count = positions->rows;
  neap_array *out = neap_new_array(L, from->dtype, from->rows, count);
  for (size_t g = 0; g < from->rows; g++) {
    const char *line = (const char *)from->data + g * from->columns * size;
    char *to = (char *)out->data + g * count * size;
    for (size_t i = 0; i < count; i++)
      memcpy(to + i * size, line + (size_t)(at[i] - 1) * size, size);
  }
  return 1;
}

void neap_open_study(lua_State *L) {
  static const luaL_Reg functions[] = {{"metrics", evaluate_all},
                                       {"recalibrate", recalibrate},
                                       {"scatter", scatter},
                                       {"gather", gather},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
}
