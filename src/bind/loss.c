// bind/loss.c -- losses as objects: neap.loss.focal { gamma = 2 }.
#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "loss/loss.h"

static const char *const reductions[] = {"mean", "sum", "none", NULL};
static const char *const common_options[] = {"reduction", "class_weights",
                                             NULL};

static const neap_loss_form *form_of(const neap_loss *loss) {
  return neap_loss_form_of(loss, NEAP_FLOAT64);
}

static neap_bound_loss *self(lua_State *L) {
  return luaL_checkudata(L, 1, NEAP_LOSS_TYPE);
}

// ------------------------------------------------------------- making one

static neap_reduction read_reduction(lua_State *L, int index) {
  if (lua_isnoneornil(L, index))
    return NEAP_MEAN;
  lua_getfield(L, index, "reduction");
  const char *name = luaL_optstring(L, -1, "mean");
  for (int i = 0; reductions[i] != NULL; i++) {
    if (strcmp(name, reductions[i]) != 0)
      continue;
    lua_pop(L, 1);
    return (neap_reduction)i;
  }
  luaL_argerror(
      L, index,
      lua_pushfstring(L, "reduction is '%s'; wanted mean, sum or none", name));
  return NEAP_MEAN;
}

// Leaves class_weights on the stack and returns how many it lists.
static size_t push_class_weights(lua_State *L, int index, bool *balanced) {
  *balanced = false;
  if (lua_isnoneornil(L, index)) {
    lua_pushnil(L);
    return 0;
  }
  const int type = lua_getfield(L, index, "class_weights");
  if (type == LUA_TNIL)
    return 0;
  if (type == LUA_TSTRING && strcmp(lua_tostring(L, -1), "balanced") == 0) {
    *balanced = true;
    return 0;
  }
  const size_t count = type == LUA_TTABLE ? lua_rawlen(L, -1) : 0;
  if (count < 2) {
    luaL_argerror(L, index,
                  "class_weights: wanted \"balanced\" or a list of two or more "
                  "numbers, that of class 0 first");
  }
  return count;
}

static void read_class_weights(lua_State *L, int index, int list,
                               neap_bound_loss *loss) {
  for (size_t i = 0; i < loss->weight_count; i++) {
    lua_geti(L, list, (lua_Integer)i + 1);
    const double weight = lua_tonumber(L, -1);
    if (lua_type(L, -1) != LUA_TNUMBER || !isfinite(weight) || weight < 0) {
      const char *got = luaL_tolstring(L, -1, NULL);
      luaL_argerror(L, index,
                    lua_pushfstring(L,
                                    "class_weights[%I] is %s; wanted a "
                                    "number >= 0",
                                    (lua_Integer)i + 1, got));
    }
    loss->class_weights[i] = weight;
    lua_pop(L, 1);
  }
}

// The constructor of one loss, which is its first upvalue.
static int new_loss(lua_State *L) {
  const neap_loss *loss = lua_touserdata(L, lua_upvalueindex(1));
  const neap_parameter *rows = form_of(loss)->parameters;
  luaL_argcheck(L, lua_gettop(L) <= 1, 2, "wanted one table of options");
  lua_settop(L, 1);
  neap_check_keys(L, 1, rows, common_options);
  const neap_reduction reduction = read_reduction(L, 1);
  bool balanced;
  const size_t count = push_class_weights(L, 1, &balanced);
  if (neap_loss_kind_of(loss) == NEAP_BINARY && count > 2) {
    luaL_argerror(L, 1,
                  lua_pushfstring(L, "class_weights has %I numbers; %s wants 2",
                                  (lua_Integer)count, neap_loss_name(loss)));
  }
  neap_bound_loss *bound =
      lua_newuserdatauv(L, sizeof *bound + count * sizeof(double), 0);
  *bound = (neap_bound_loss){.loss = loss, .balanced = balanced};
  bound->reduction = reduction;
  bound->weight_count = count;
  luaL_setmetatable(L, NEAP_LOSS_TYPE);
  neap_read_parameters(L, 1, rows, bound->params);
  read_class_weights(L, 1, 2, bound);
  return 1;
}

bool neap_class_weights(const neap_bound_loss *loss, const double *class_counts,
                        size_t count, double *weights) {
  if (loss->weight_count > 0) {
    memcpy(weights, loss->class_weights, count * sizeof *weights);
    return true;
  }
  if (!loss->balanced)
    return false;
  double all = 0;
  for (size_t i = 0; i < count; i++)
    all += class_counts[i];
  for (size_t i = 0; i < count; i++) {
    // n / (k n_c), as in scikit-learn; a class without rows weighs nothing.
    weights[i] =
        class_counts[i] > 0 ? all / ((double)count * class_counts[i]) : 0;
  }
  return true;
}

// ---------------------------------------------------------------- a call

static void fail_if(lua_State *L, neap_status status, const neap_error *error) {
  if (status != NEAP_OK)
    neap_raise(L, error);
}

// The arguments of a call, checked, and what they need to live.
typedef struct prepared {
  const neap_bound_loss *loss;
  const neap_array *logits;
  neap_loss_call call;
} prepared;

static bool is_flat_table(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TTABLE)
    return false;
  const bool is_flat = lua_geti(L, index, 1) != LUA_TTABLE;
  lua_pop(L, 1);
  return is_flat;
}

// Tables take the logits' type; arrays must have it already. Whole numbers
// serve a binary loss as well.
static const neap_array *check_targets(lua_State *L, int index,
                                       const neap_array *logits, bool binary) {
  const bool as_classes = !binary && is_flat_table(L, index);
  neap_array *targets =
      neap_check_array(L, index, as_classes ? NEAP_INT32 : logits->dtype);
  if (targets->dtype != NEAP_INT32) {
    return neap_check_array_of(L, index, logits->dtype, "targets");
  }
  if (!binary)
    return targets;
  neap_array *copy =
      neap_new_array(L, logits->dtype, targets->rows,
                     targets->dimensions == 2 ? targets->columns : 0);
  for (size_t i = 0; i < neap_array_count(targets); i++) {
    neap_put(copy->data, copy->dtype, i,
             neap_get(targets->data, NEAP_INT32, i));
  }
  lua_replace(L, index);
  return copy;
}

static void check_class_shapes(lua_State *L, int index,
                               const neap_array *targets,
                               const neap_array *logits) {
  if (targets->dtype != NEAP_INT32) {
    neap_check_shape(L, index, targets, logits, "targets", "logits");
  } else if (targets->dimensions != 1 || targets->rows != logits->rows) {
    const char *got = neap_push_shape(L, targets);
    const char *wanted = neap_push_shape(L, logits);
    luaL_argerror(
        L, index,
        lua_pushfstring(L, "targets are %s and logits are %s", got, wanted));
  }
}

static const void *check_weights(lua_State *L, int index,
                                 const neap_array *logits) {
  if (lua_isnoneornil(L, index))
    return NULL;
  neap_check_array(L, index, logits->dtype);
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

// Pushes class weights for these targets, if there are any.
static const double *push_weights_of(lua_State *L, const prepared *p) {
  const neap_loss_call *call = &p->call;
  const size_t count = call->classes > 1 ? call->classes : 2;
  if (!p->loss->balanced && p->loss->weight_count == 0)
    return NULL;
  if (p->loss->weight_count > 0 && p->loss->weight_count != count) {
    luaL_argerror(L, 1,
                  lua_pushfstring(L,
                                  "class_weights has %I numbers; the logits "
                                  "have %I classes",
                                  (lua_Integer)p->loss->weight_count,
                                  (lua_Integer)count));
  }
  neap_error error = {0};
  fail_if(L, neap_loss_check_targets(p->loss->loss, call, &error), &error);
  double *counts = lua_newuserdatauv(L, 2 * count * sizeof(double), 0);
  memset(counts, 0, 2 * count * sizeof(double));
  for (size_t i = 0; i < call->rows; i++) {
    if (call->target_dtype == NEAP_INT32) {
      counts[((const int32_t *)call->targets)[i]]++;
    } else if (call->classes > 1) {
      for (size_t j = 0; j < count; j++) {
        counts[j] += neap_get(call->targets, call->dtype, i * count + j);
      }
    } else {
      const double y = neap_get(call->targets, call->dtype, i);
      counts[1] += y;
      counts[0] += 1 - y;
    }
  }
  neap_class_weights(p->loss, counts, count, counts + count);
  return counts + count;
}

static void *push_scratch(lua_State *L, const neap_loss *loss, size_t classes,
                          neap_dtype dtype) {
  const size_t bytes = neap_loss_scratch_bytes(loss, classes, dtype);
  if (bytes == 0)
    return NULL;
  char *block = lua_newuserdatauv(L, bytes + NEAP_ALIGNMENT, 0);
  return (void *)neap_aligned((size_t)block);
}

// Reads (loss, logits, targets [, weights]) from the stack, whose weights are
// at `weights`; what must live is left on it.
static prepared prepare(lua_State *L, int weights) {
  prepared p = {.loss = self(L)};
  const neap_loss *loss = p.loss->loss;
  const bool binary = neap_loss_kind_of(loss) == NEAP_BINARY;
  p.logits = neap_check_array(L, 2, NEAP_FLOAT64);
  luaL_argcheck(L, p.logits->dtype != NEAP_INT32, 2,
                "logits are int32; wanted float64 or float32");
  const neap_array *targets = check_targets(L, 3, p.logits, binary);
  if (binary) {
    luaL_argcheck(L, p.logits->dimensions == 1, 2,
                  "wanted logits in one dimension");
    neap_check_shape(L, 3, targets, p.logits, "targets", "logits");
  } else {
    luaL_argcheck(L, p.logits->dimensions == 2 && p.logits->columns >= 2, 2,
                  "wanted logits in rows of two or more classes");
    check_class_shapes(L, 3, targets, p.logits);
  }
  p.call = (neap_loss_call){.rows = p.logits->rows,
                            .classes = binary ? 1 : p.logits->columns,
                            .dtype = p.logits->dtype,
                            .target_dtype = targets->dtype,
                            .logits = p.logits->data,
                            .targets = targets->data,
                            .weights = check_weights(L, weights, p.logits),
                            .params = p.loss->params};
  p.call.row_stride = binary ? 1 : (ptrdiff_t)p.call.classes;
  p.call.class_stride = 1;
  p.call.class_weights = push_weights_of(L, &p);
  p.call.scratch = push_scratch(L, loss, p.call.classes, p.call.dtype);
  return p;
}

static void run(lua_State *L, const prepared *p) {
  neap_error error = {0};
  fail_if(L, neap_loss_evaluate(p->loss->loss, &p->call, &error), &error);
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
  neap_check_array_of(L, index, logits->dtype, name);
  neap_check_shape(L, index, out, logits, name, "logits");
  luaL_argcheck(L, !out->frozen, index,
                "it belongs to a data set, which never changes");
  return out;
}

//- loss(logits, targets [, weights]) -> number, or array for "none"
static int call_loss(lua_State *L) {
  lua_settop(L, 4);
  prepared p = prepare(L, 4);
  if (p.loss->reduction == NEAP_NONE) {
    neap_array *values = neap_new_array(L, p.call.dtype, p.call.rows, 0);
    p.call.value = values->data;
    run(L, &p);
    return 1;
  }
  double sum = 0;
  p.call.sum = &sum;
  run(L, &p);
  const bool mean = p.loss->reduction == NEAP_MEAN;
  if (mean && p.call.rows == 0) {
    return luaL_argerror(L, 2, "the mean of no rows has no value");
  }
  lua_pushnumber(L, mean ? sum / (double)p.call.rows : sum);
  return 1;
}

// Derivatives of a mean are those of the sum, divided.
static void divide(const neap_bound_loss *loss, size_t rows,
                   neap_array *array) {
  if (loss->reduction != NEAP_MEAN)
    return;
  for (size_t i = 0; i < neap_array_count(array); i++) {
    const double number = neap_get(array->data, array->dtype, i);
    neap_put(array->data, array->dtype, i, number / (double)rows);
  }
}

static int derivative(lua_State *L, int order) {
  lua_settop(L, 5);
  prepared p = prepare(L, 4);
  neap_array *out =
      check_output(L, 5, p.logits, order == 1 ? "gradient" : "hessian");
  if (order == 1) {
    p.call.gradient = out->data;
  } else {
    p.call.hessian = out->data;
  }
  run(L, &p);
  divide(p.loss, p.call.rows, out);
  lua_pushvalue(L, 5);
  return 1;
}

//- loss:gradient(logits, targets [, weights [, out]]) -> array like logits
static int loss_gradient(lua_State *L) {
  return derivative(L, 1);
}

//- loss:hessian(logits, targets [, weights [, out]]) -> the diagonal
static int loss_hessian(lua_State *L) {
  return derivative(L, 2);
}

//- loss:evaluate(logits, targets [, options]) -> sum, denominator
// options: weights =, and gradient =, hessian = arrays that are filled with
// the derivatives of the sum. One pass, whatever the reduction.
static int loss_evaluate(lua_State *L) {
  static const char *const names[] = {"weights", "gradient", "hessian", NULL};
  lua_settop(L, 4);
  neap_check_keys(L, 4, NULL, names);
  for (int i = 0; names[i] != NULL; i++) {
    if (lua_isnil(L, 4)) {
      lua_pushnil(L);
    } else {
      lua_getfield(L, 4, names[i]);
    }
  }
  prepared p = prepare(L, 5);
  if (!lua_isnil(L, 6)) {
    p.call.gradient = check_output(L, 6, p.logits, "gradient")->data;
  }
  if (!lua_isnil(L, 7)) {
    p.call.hessian = check_output(L, 7, p.logits, "hessian")->data;
  }
  double sum = 0, denominator = 0;
  p.call.sum = &sum;
  p.call.denominator = &denominator;
  run(L, &p);
  lua_pushnumber(L, sum);
  lua_pushnumber(L, denominator);
  return 2;
}

// ------------------------------------------------------------ to look at it

static int loss_index(lua_State *L) {
  const neap_bound_loss *bound = self(L);
  const char *key = luaL_checkstring(L, 2);
  const neap_parameter *rows = form_of(bound->loss)->parameters;
  for (size_t i = 0; i < neap_parameter_count(rows); i++) {
    if (strcmp(key, rows[i].name) != 0)
      continue;
    neap_push_parameter(L, bound->params[i]);
    return 1;
  }
  if (strcmp(key, "name") == 0) {
    lua_pushstring(L, neap_loss_name(bound->loss));
    return 1;
  }
  if (strcmp(key, "kind") == 0) {
    const bool binary = neap_loss_kind_of(bound->loss) == NEAP_BINARY;
    lua_pushstring(L, binary ? "binary" : "classes");
    return 1;
  }
  if (strcmp(key, "reduction") == 0) {
    lua_pushstring(L, reductions[bound->reduction]);
    return 1;
  }
  luaL_getmetafield(L, 1, "methods");
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return 1;
}

static int loss_tostring(lua_State *L) {
  const neap_bound_loss *bound = self(L);
  const neap_parameter *rows = form_of(bound->loss)->parameters;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  luaL_addstring(&b, "neap.");
  luaL_addstring(&b, neap_loss_name(bound->loss));
  luaL_addstring(&b, " (");
  for (size_t i = 0; i < neap_parameter_count(rows); i++) {
    lua_pushfstring(L, "%s%s = ", i > 0 ? ", " : "", rows[i].name);
    luaL_addvalue(&b);
    neap_push_parameter(L, bound->params[i]);
    luaL_tolstring(L, -1, NULL);
    lua_remove(L, -2);
    luaL_addvalue(&b);
  }
  if (bound->balanced)
    luaL_addstring(&b, ", class_weights = balanced");
  luaL_addstring(&b, ")");
  luaL_pushresult(&b);
  return 1;
}

//- neap.loss.list() -> { { name=, kind=, formula=, source=, parameters= } }
static int list_losses(lua_State *L) {
  const neap *engine = neap_bound_engine(L);
  lua_newtable(L);
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    const neap_loss_form *form = form_of(neap_loss_at(engine, i));
    lua_createtable(L, 0, 5);
    lua_pushstring(L, form->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, form->kind == NEAP_BINARY ? "binary" : "classes");
    lua_setfield(L, -2, "kind");
    lua_pushstring(L, form->formula);
    lua_setfield(L, -2, "formula");
    lua_pushstring(L, form->source);
    lua_setfield(L, -2, "source");
    neap_push_parameters(L, form->parameters);
    lua_setfield(L, -2, "parameters");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

static const luaL_Reg meta[] = {{"__call", call_loss},
                                {"__index", loss_index},
                                {"__tostring", loss_tostring},
                                {NULL, NULL}};

static const luaL_Reg methods[] = {{"gradient", loss_gradient},
                                   {"hessian", loss_hessian},
                                   {"evaluate", loss_evaluate},
                                   {NULL, NULL}};

void neap_open_loss(lua_State *L) {
  const neap *engine = neap_bound_engine(L);
  neap_make_type(L, NEAP_LOSS_TYPE, meta, methods);
  lua_newtable(L);
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    const neap_loss *loss = neap_loss_at(engine, i);
    lua_pushlightuserdata(L, (void *)loss);
    lua_pushcclosure(L, new_loss, 1);
    lua_setfield(L, -2, neap_loss_name(loss));
  }
  lua_pushcfunction(L, list_losses);
  lua_setfield(L, -2, "list");
}
