// bind/loss_call.c -- evaluating a loss: value and derivatives.
#include <math.h>
#include <string.h>

#include "bind/loss_call.h"
#include "loss/loss.h"

// ------------------------------------------------------------ the arguments

static bool is_flat_table(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE)
    return false;
  const bool is_flat = lua_geti(L, index, 1) != LUA_TTABLE;
  lua_pop(L, 1);
  return is_flat;
}

// Tables take the logits' type; arrays must have it already, but for whole
// numbers, which serve every loss.
static const neap_array *check_targets(lua_State *L, int index,
                                       const neap_array *logits,
                                       neap_loss_kind kind) {
  const bool as_classes = kind == NEAP_CLASSES && is_flat_table(L, index);
  neap_array *targets =
      neap_check_array(L, index, as_classes ? NEAP_INT32 : logits->dtype);
  if (kind == NEAP_CLASSES && targets->dtype != NEAP_INT32 &&
      targets->dimensions == 1) {
    luaL_argerror(L, index,
                  lua_pushfstring(L,
                                  "targets are %s %s; wanted int32 classes, "
                                  "or %s probabilities %s",
                                  neap_dtype_name(targets->dtype),
                                  neap_push_shape(L, targets),
                                  neap_dtype_name(logits->dtype),
                                  neap_push_shape(L, logits)));
  }
  if (targets->dtype != NEAP_INT32) {
    if (targets->dtype != logits->dtype)
      neap_check_array_of(L, index, logits->dtype, "targets");
    return targets;
  }
  if (kind != NEAP_CLASSES)
    return targets;
  if (targets->dimensions != 1 || targets->rows != logits->rows) {
    const char *got = neap_push_shape(L, targets);
    const char *wanted = neap_push_shape(L, logits);
    luaL_argerror(
        L, index,
        lua_pushfstring(L, "targets are %s and logits are %s", got, wanted));
  }
  return targets;
}

static const void *check_weights(lua_State *L, int index,
                                 const neap_array *logits) {
  if (lua_isnoneornil(L, index))
    return NULL;
  const neap_array *weights =
      neap_check_array_of(L, index, logits->dtype, "weights");
  if (weights->dimensions != 1 || weights->rows != logits->rows) {
    const char *got = neap_push_shape(L, weights);
    luaL_argerror(L, index,
                  lua_pushfstring(L, "weights are %s; wanted [%I]", got,
                                  (lua_Integer)logits->rows));
  }
  return weights->data;
}

static const neap_array *check_logits(lua_State *L, neap_loss_kind kind) {
  const neap_array *logits = neap_check_array(L, 2, NEAP_FLOAT64);
  luaL_argcheck(L, logits->dtype != NEAP_INT32, 2,
                "logits are int32; wanted float64 or float32");
  if (kind == NEAP_CLASSES) {
    luaL_argcheck(L, logits->dimensions == 2 && logits->columns >= 2, 2,
                  "wanted logits in rows of two or more classes");
  }
  return logits;
}

static void check_shapes(lua_State *L, const neap_array *logits,
                         const neap_array *targets, neap_loss_kind kind) {
  if (kind != NEAP_CLASSES || targets->dtype != NEAP_INT32)
    neap_check_shape(L, 3, targets, logits, "targets", "logits");
}

// ---------------------------------------------------- counts and resolution

static void count_classes(const neap_loss_call *call, neap_loss_kind kind,
                          const double *ignored, size_t count, double *counts) {
  const bool classes = kind == NEAP_CLASSES;
  memset(counts, 0, count * sizeof *counts);
  const size_t numbers =
      call->rows * (call->target_dtype == NEAP_INT32 || call->classes < 2
                        ? 1
                        : call->classes);
  for (size_t i = 0; i < numbers; i++) {
    const double y = neap_get(call->targets, call->target_dtype, i);
    if (ignored != NULL && y == *ignored)
      continue;
    if (call->target_dtype == NEAP_INT32) {
      counts[y >= 0 && y < (double)count ? (size_t)y : 0]++;
    } else if (classes) {
      counts[i % call->classes] += y;
    } else {
      counts[1] += y;
      counts[0] += 1 - y;
    }
  }
}

static double *take(char **at, size_t bytes) {
  double *here = (double *)(void *)*at;
  *at += neap_aligned(bytes);
  return here;
}

// Whole numbers as targets of one logit a row, in the logits' type.
static const void *convert_targets(const neap_array *targets, neap_dtype dtype,
                                   void *to) {
  for (size_t i = 0; i < neap_array_count(targets); i++)
    neap_put(to, dtype, i, neap_get(targets->data, NEAP_INT32, i));
  return to;
}

// Fills in what depends on the targets, from the state's scratch memory.
static void resolve(lua_State *L, neap_prepared *p, const neap_array *targets,
                    neap_loss_kind kind) {
  neap_loss_call *call = &p->call;
  const bool whole = kind != NEAP_CLASSES && targets->dtype == NEAP_INT32;
  const size_t k = kind == NEAP_CLASSES ? call->classes : 2;
  const size_t labels = kind == NEAP_CLASSES ? 1 : call->classes;
  neap_classes classes = {.count = k, .labels = labels};
  const size_t count_bytes = neap_aligned(k * sizeof(double));
  const size_t own = neap_aligned(neap_resolve_bytes(L, 1, &classes));
  const size_t converted =
      whole ? neap_aligned(neap_array_count(targets) * 8) : 0;
  // A sum's own scratch is known once it is made; this is more than enough.
  size_t scratch = 0;
  if (p->bound->loss != NULL) {
    scratch =
        neap_loss_scratch_bytes(p->bound->loss, call->classes, call->dtype);
  } else {
    scratch = neap_softmax_bytes(NULL, k, call->dtype) +
              8 * neap_aligned(256 * call->classes * 8);
  }
  char *at = neap_bound_scratch(L, count_bytes + own + converted + scratch);
  double *counts = take(&at, count_bytes);
  void *room = take(&at, own);
  if (whole) {
    call->targets = convert_targets(targets, call->dtype, take(&at, converted));
    call->target_dtype = call->dtype;
  }
  call->scratch = at;
  if (neap_wants_counts(L, 1)) {
    neap_error error = {0};
    const neap_bound_loss *bound = p->bound;
    const double *ignored = bound->has_ignored ? &bound->ignored : NULL;
    if (bound->loss != NULL) {
      neap_loss_call plain = *call;
      plain.options.ignore_index = ignored;
      neap_raise_if(L, neap_loss_check_targets(bound->loss, &plain, &error),
                    &error);
    }
    count_classes(call, kind, ignored, k, counts);
  }
  classes.counts = counts;
  const neap_resolved r = neap_resolve(L, 1, &classes, room, 0);
  p->loss = r.loss;
  call->options = r.options;
}

// Pushes the loss's columns, and the list of pointers to them, which it
// returns; NULL: it has none.
static const void *const *push_columns(lua_State *L, int index,
                                       const neap_array *logits) {
  if (!lua_isnoneornil(L, index))
    luaL_checktype(L, index, LUA_TTABLE);
  const neap_bound_loss *bound = lua_touserdata(L, 1);
  const bool has_any = bound->loss != NULL ? neap_loss_columns(bound->loss) > 0
                                           : neap_count_columns(L, 1) > 0;
  if (!has_any)
    return NULL;
  const size_t count = neap_push_columns(L, 1);
  const int names = lua_gettop(L);
  luaL_checkstack(L, (int)count + 8, "too many columns");
  const void **list = lua_newuserdatauv(L, (count + 1) * sizeof *list, 0);
  for (size_t i = 0; i < count; i++) {
    lua_geti(L, names, (lua_Integer)i + 1);
    const char *name = lua_tostring(L, -1);
    if (lua_isnoneornil(L, index))
      luaL_argerror(L, index,
                    lua_pushfstring(L,
                                    "the loss reads c.%s; wanted columns = { "
                                    "%s = numbers }",
                                    name, name));
    if (lua_getfield(L, index, name) == LUA_TNIL)
      luaL_argerror(
          L, index,
          lua_pushfstring(L, "columns has no %s, which the loss reads", name));
    const int at = lua_gettop(L);
    const neap_array *column = neap_check_array(L, at, logits->dtype);
    if (column->dtype != logits->dtype || column->dimensions != 1 ||
        column->rows != logits->rows) {
      const char *shape = neap_push_shape(L, column);
      luaL_argerror(L, index,
                    lua_pushfstring(L, "column %s is %s %s; wanted %s [%I]",
                                    name, neap_dtype_name(column->dtype), shape,
                                    neap_dtype_name(logits->dtype),
                                    (lua_Integer)logits->rows));
    }
    list[i] = column->data;
  }
  return list;
}

void neap_prepare_call(lua_State *L, int weights, int columns,
                       neap_prepared *p) {
  // Members are set where they stay: what is copied costs more than a kernel.
  memset(p, 0, sizeof *p);
  p->bound = luaL_checkudata(L, 1, NEAP_LOSS_TYPE);
  const neap_loss_kind kind = neap_bound_kind(p->bound);
  p->logits = check_logits(L, kind);
  const neap_array *targets = check_targets(L, 3, p->logits, kind);
  check_shapes(L, p->logits, targets, kind);
  const size_t width = p->logits->dimensions == 2 ? p->logits->columns : 1;
  neap_loss_call *call = &p->call;
  call->rows = p->logits->rows;
  call->classes = width;
  call->row_stride = (ptrdiff_t)width;
  call->class_stride = 1;
  call->dtype = p->logits->dtype;
  call->target_dtype = targets->dtype;
  call->logits = p->logits->data;
  call->targets = targets->data;
  call->weights = check_weights(L, weights, p->logits);
  call->columns = push_columns(L, columns, p->logits);
  resolve(L, p, targets, kind);
}

void neap_run_call(lua_State *L, const neap_prepared *p) {
  neap_error error = {0};
  neap_raise_if(L, neap_loss_evaluate(p->loss, &p->call, &error), &error);
}

// The array at `index`, which results go to, or a new one there.
static neap_array *check_output(lua_State *L, int index,
                                const neap_array *logits, const char *name) {
  const size_t columns = logits->dimensions == 2 ? logits->columns : 0;
  if (lua_isnoneornil(L, index)) {
    neap_array *made = neap_new_array(L, logits->dtype, logits->rows, columns);
    lua_replace(L, index);
    return made;
  }
  neap_array *out = luaL_checkudata(L, index, NEAP_ARRAY);
  if (out->dtype != logits->dtype || out->dimensions != logits->dimensions ||
      out->rows != logits->rows || out->columns != logits->columns) {
    const char *got = neap_push_shape(L, out);
    const char *wanted = neap_push_shape(L, logits);
    luaL_argerror(L, index,
                  lua_pushfstring(L, "%s is %s %s; wanted %s %s", name,
                                  neap_dtype_name(out->dtype), got,
                                  neap_dtype_name(logits->dtype), wanted));
  }
  luaL_argcheck(
      L, !out->frozen, index,
      "it belongs to a data set, a fit or a file, which never changes");
  return out;
}

// ---------------------------------------------------------------- reduction

// What the sum is divided by: 1, or what the normalizer says. Where that is 0
// the mean is what `empty` says, and *is_empty is set.
static double divisor_of(lua_State *L, const neap_bound_loss *bound,
                         double denominator, bool *is_empty) {
  *is_empty = false;
  if (bound->reduction != NEAP_MEAN)
    return 1;
  const double divisor = bound->divisor > 0 ? bound->divisor : denominator;
  if (divisor != 0)
    return divisor;
  *is_empty = true;
  if (bound->empty == NEAP_EMPTY_ERROR)
    luaL_argerror(L, 2,
                  "the mean of nothing has no value: the normalizer is 0");
  return 1;
}

//- loss(logits, targets [, weights [, columns]]) -> number, or array for "none"
static int call_loss(lua_State *L) {
  lua_settop(L, 5);
  neap_prepared p;
  neap_prepare_call(L, 4, 5, &p);
  if (p.bound->reduction == NEAP_NONE) {
    const bool classes = neap_bound_kind(p.bound) == NEAP_CLASSES;
    const size_t columns =
        p.logits->dimensions == 2 && !classes ? p.logits->columns : 0;
    neap_array *values = neap_new_array(L, p.call.dtype, p.call.rows, columns);
    p.call.value = values->data;
    neap_run_call(L, &p);
    return 1;
  }
  double sum = 0, denominator = 0;
  bool is_empty;
  p.call.sum = &sum;
  p.call.denominator = &denominator;
  neap_run_call(L, &p);
  const double divisor = divisor_of(L, p.bound, denominator, &is_empty);
  if (is_empty)
    sum = p.bound->empty == NEAP_EMPTY_NAN ? NAN : 0;
  lua_pushnumber(L, sum / divisor);
  return 1;
}

// Derivatives of a mean are those of the sum, divided; of an empty one, 0.
static void divide(lua_State *L, const neap_prepared *p, double denominator,
                   neap_array *array) {
  bool is_empty;
  const double divisor = divisor_of(L, p->bound, denominator, &is_empty);
  const size_t count = neap_array_count(array);
  if (is_empty) {
    const double value = p->bound->empty == NEAP_EMPTY_NAN ? NAN : 0;
    for (size_t i = 0; i < count; i++)
      neap_put(array->data, array->dtype, i, value);
  }
  if (divisor == 1)
    return;
  if (array->dtype == NEAP_FLOAT32) {
    float *number = array->data;
    for (size_t i = 0; i < count; i++)
      number[i] = (float)((double)number[i] / divisor);
  } else {
    double *number = array->data;
    for (size_t i = 0; i < count; i++)
      number[i] /= divisor;
  }
}

static int derivative(lua_State *L, int order) {
  lua_settop(L, 6);
  neap_prepared p;
  neap_prepare_call(L, 4, 6, &p);
  neap_array *out = check_output(L, 5, p.logits, "out");
  double denominator = 0;
  p.call.denominator = &denominator;
  if (order == 1) {
    p.call.gradient = out->data;
  } else {
    p.call.hessian = out->data;
  }
  neap_run_call(L, &p);
  divide(L, &p, denominator, out);
  lua_pushvalue(L, 5);
  return 1;
}

//- loss:gradient(logits, targets [, weights [, out [, columns]]]) -> array
// like logits
static int loss_gradient(lua_State *L) {
  return derivative(L, 1);
}

//- loss:hessian(logits, targets [, weights [, out [, columns]]]) -> the
// diagonal
static int loss_hessian(lua_State *L) {
  return derivative(L, 2);
}

//- loss:evaluate(logits, targets [, options]) -> sum, denominator
// options: weights =, columns =, and gradient =, hessian = arrays that are
// filled with the derivatives of the sum. One pass, whatever the reduction.
static int loss_evaluate(lua_State *L) {
  static const char *const names[] = {"weights", "gradient", "hessian",
                                      "columns", NULL};
  lua_settop(L, 4);
  neap_check_keys(L, 4, NULL, names);
  for (int i = 0; names[i] != NULL; i++) {
    if (lua_isnil(L, 4)) {
      lua_pushnil(L);
    } else {
      lua_getfield(L, 4, names[i]);
    }
  }
  neap_prepared p;
  neap_prepare_call(L, 5, 8, &p);
  if (!lua_isnil(L, 6)) {
    p.call.gradient = check_output(L, 6, p.logits, "gradient")->data;
  }
  if (!lua_isnil(L, 7)) {
    p.call.hessian = check_output(L, 7, p.logits, "hessian")->data;
  }
  double sum = 0, denominator = 0;
  p.call.sum = &sum;
  p.call.denominator = &denominator;
  neap_run_call(L, &p);
  lua_pushnumber(L, sum);
  lua_pushnumber(L, p.bound->divisor > 0 ? p.bound->divisor : denominator);
  return 2;
}

static const neap_function call[] = {{"__call", call_loss, 4}, {0}};
static const neap_function methods[] = {
    {"gradient", loss_gradient, 5}, {"hessian", loss_hessian, 5},
    {"evaluate", loss_evaluate, 3}, {"curve", neap_loss_curve, 3},
    {"share", neap_loss_share, 4},  {0}};

void neap_add_loss_calls(lua_State *L) {
  luaL_getmetatable(L, NEAP_LOSS_TYPE);
  neap_set_methods(L, call);
  lua_getfield(L, -1, "methods");
  neap_set_methods(L, methods);
  lua_pushcclosure(L, neap_loss_index, 1);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
}
