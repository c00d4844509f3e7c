// bind/calibrate.c -- calibration of a fit's logits, for
// lua/neap/calibrate.lua.
#include <math.h>
#include <string.h>

#include "bind/scores.h"
#include "loss/loss.h"

// Reads (logits [n] finite, targets [n], weights or nil) as one column.
static neap_columns check_binary(lua_State *L) {
  neap_columns columns =
      neap_check_columns(L, (neap_places){1, 2, 3, 4}, NEAP_AS_GIVEN);
  neap_array *logits = neap_check_doubles(L, 1);
  const double *z = logits->data;
  for (size_t i = 0; i < columns.rows; i++) {
    if (isfinite(z[i]))
      continue;
    luaL_error(L, "the logit of row %I is %f; wanted a finite one",
               (lua_Integer)i + 1, z[i]);
  }
  columns.scores = z;
  columns.dtype = NEAP_FLOAT64;
  return columns;
}

// (logits, targets, weights) -> slope, intercept
static int platt(lua_State *L) {
  lua_settop(L, 4);
  const neap_columns columns = check_binary(L);
  neap_calibration fitted = {.loss = NULL};
  neap_error error = {0};
  neap_raise_if(L,
                neap_calibrate(neap_bound_engine(L), &columns, &fitted, &error),
                &error);
  lua_pushnumber(L, fitted.slope);
  lua_pushnumber(L, fitted.intercept);
  return 2;
}

// (logits [n] or [n][k], targets: classes, weights) -> temperature
static int temperature(lua_State *L) {
  lua_settop(L, 3);
  const neap_array *logits = neap_check_doubles(L, 1);
  const neap_array *targets = neap_check_array_of(L, 2, NEAP_INT32, "targets");
  const neap_class_rows rows = {
      .rows = logits->rows,
      .classes = logits->columns,
      .scores = logits->data,
      .targets = targets->data,
      .weights = neap_check_weights(L, 3, logits->rows)};
  double found;
  neap_error error = {0};
  neap_raise_if(L, neap_fit_temperature(&rows, &found, &error), &error);
  lua_pushnumber(L, found);
  return 1;
}

// (logits, targets, weights) -> knots, values
static int isotonic(lua_State *L) {
  lua_settop(L, 4);
  const neap_columns c = check_binary(L);
  double *space = lua_newuserdatauv(L, (2 * c.rows + 1) * sizeof *space, 0);
  double total = 0;
  size_t count;
  for (size_t i = 0; i < c.rows; i++)
    total += c.weights != NULL ? c.weights[i] : 1;
  if (total == 0)
    luaL_error(L, "there is no row with a weight above 0");
  neap_error error = {0};
  neap_raise_if(
      L,
      neap_fit_isotonic(neap_bound_engine(L), c.rows, c.scores, c.targets,
                        c.weights, space, space + c.rows, &count, &error),
      &error);
  neap_array *knots = neap_new_array(L, NEAP_FLOAT64, count, 0);
  neap_array *values = neap_new_array(L, NEAP_FLOAT64, count, 0);
  memcpy(knots->data, space, count * sizeof *space);
  memcpy(values->data, space + c.rows, count * sizeof *space);
  return 2;
}

// What applies a calibration to logits writes into the same array, which it
// returns; numbers of another kind are copied first.

// (logits [n], knots, values) -> calibrated logits; -infinity and infinity
// where the value is 0 or 1
static int apply_isotonic(lua_State *L) {
  neap_array *logits = neap_check_doubles(L, 1);
  double *z = logits->data;
  const neap_array *knots = neap_check_doubles(L, 2);
  const neap_array *values = neap_check_doubles(L, 3);
  for (size_t i = 0; i < logits->rows; i++) {
    const double p =
        neap_isotonic_at(knots->rows, knots->data, values->data, z[i]);
    z[i] = log(p) - log1p(-p);
  }
  lua_settop(L, 1);
  return 1;
}

// (logits [n] or [n][k], slope, intercept) -> slope * logits + intercept
static int apply_line(lua_State *L) {
  neap_array *logits = neap_check_doubles(L, 1);
  double *z = logits->data;
  const double slope = luaL_checknumber(L, 2);
  const double intercept = luaL_checknumber(L, 3);
  for (size_t i = 0; i < neap_array_count(logits); i++)
    z[i] = slope * z[i] + intercept;
  lua_settop(L, 1);
  return 1;
}

// ------------------------------------------------------- the inverse link

// The loss at an index for classes whose counts are at another (or nil) and
// whose names are at a third, in the state's scratch memory. *rest: `bytes`
// more of it.
static neap_resolved resolve(lua_State *L, int loss, int counts, int names,
                             size_t count, size_t bytes, void **rest) {
  const neap_classes classes = {
      .count = count,
      .labels = 1,
      .counts =
          lua_isnil(L, counts) ? NULL : neap_check_doubles(L, counts)->data,
      .names = names};
  const size_t own = neap_aligned(neap_resolve_bytes(L, loss, &classes));
  char *memory = neap_bound_scratch(L, own + bytes);
  if (rest != NULL)
    *rest = memory + own;
  return neap_resolve(L, loss, &classes, memory, 0);
}

static int invert_classes(lua_State *L, neap_array *logits) {
  const neap_bound_loss *bound = luaL_checkudata(L, 2, NEAP_LOSS_TYPE);
  const neap_resolved r = resolve(L, 2, 3, 4, logits->columns, 0, NULL);
  const neap_loss_options *o = &r.options;
  const char *name = r.loss != NULL ? neap_loss_name(r.loss) : "sum";
  const bool focal = strcmp(name, "softmax_focal") == 0;
  if (!focal && strcmp(name, "cross_entropy") != 0) {
    luaL_error(L, "the loss is %s; wanted cross_entropy or softmax_focal",
               name);
  }
  if (o->label_smoothing != 0 || o->class_offsets != NULL ||
      o->class_margins != NULL || (o->scale != 0 && o->scale != 1)) {
    luaL_error(L,
               "the loss smooths labels or moves logits; no inverse focal "
               "map is known for it");
  }
  for (size_t c = 0; o->class_weights != NULL && c < logits->columns; c++) {
    if (!(o->class_weights[c] > 0))
      luaL_error(L, "class %I has the weight 0", (lua_Integer)c);
  }
  neap_invert_focal(logits->rows, logits->columns, focal ? bound->params[0] : 0,
                    o->class_weights, logits->data);
  lua_settop(L, 1);
  return 1;
}

// (logits [n] or [n][k], loss, counts of the classes or nil, their names)
// -> calibrated logits
static int invert(lua_State *L) {
  lua_settop(L, 4);
  neap_array *logits = neap_check_doubles(L, 1);
  const neap_bound_loss *bound = luaL_checkudata(L, 2, NEAP_LOSS_TYPE);
  if (logits->dimensions == 2)
    return invert_classes(L, logits);
  if (neap_bound_kind(bound) != NEAP_BINARY)
    luaL_error(L, "the loss is not of two classes");
  void *scratch;
  const size_t bytes = bound->loss != NULL ? neap_loss_scratch_bytes(
                                                 bound->loss, 1, NEAP_FLOAT64)
                                           : 0;
  const neap_resolved r = resolve(L, 2, 3, 4, 2, bytes, &scratch);
  if (bound->loss == NULL) {  // a sum's scratch is known once it is made
    scratch = lua_newuserdatauv(
        L, neap_loss_scratch_bytes(r.loss, 1, NEAP_FLOAT64), 0);
  }
  if (neap_loss_columns(r.loss) > 0) {
    luaL_error(L,
               "the loss reads columns of each row; no inverse link is known "
               "for it");
  }
  const neap_calibration plain = {
      .loss = r.loss, .options = r.options, .slope = 1};
  if (!neap_has_link(&plain, scratch)) {
    luaL_error(L,
               "the loss is %s, whose minimiser tells no probability; "
               "wanted platt or isotonic",
               neap_loss_name(r.loss));
  }
  const neap_columns columns = {.rows = logits->rows,
                                .columns = 1,
                                .scores = logits->data,
                                .dtype = NEAP_FLOAT64};
  neap_error error = {0};
  neap_raise_if(L,
                neap_apply_calibration(neap_bound_engine(L), &columns, &plain,
                                       logits->data, &error),
                &error);
  lua_settop(L, 1);
  return 1;
}

void neap_open_calibration(lua_State *L) {
  static const luaL_Reg functions[] = {{"platt", platt},
                                       {"temperature", temperature},
                                       {"isotonic", isotonic},
                                       {"apply_isotonic", apply_isotonic},
                                       {"apply_line", apply_line},
                                       {"invert", invert},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
}
