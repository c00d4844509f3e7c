// bind/loss_learn.c -- what one looks at to learn a loss: its curve over the
// probability, and which rows it comes from.
#include <math.h>
#include <string.h>

#include "bind/loss_call.h"
#include "loss/loss.h"

// ----------------------------------------------------------------- the curve

// How the points of a curve become rows of a loss.
typedef struct curve {
  neap_loss_kind kind;
  bool direct;    // from probabilities
  size_t target;  // the class
  size_t classes;
} curve;

static double point_of(lua_State *L, const curve *c, const neap_array *p,
                       size_t i) {
  const double x = neap_get(p->data, p->dtype, i);
  if (c->kind == NEAP_REAL || (x >= 0 && x <= 1))
    return x;
  luaL_argerror(L, 2,
                lua_pushfstring(L, "p[%I] is %f; wanted a probability",
                                (lua_Integer)i + 1, x));
  return 0;
}

// A row whose target has probability p: the other classes share the rest.
static void put_row(const curve *c, double p, double *row) {
  const double others = (double)c->classes - 1;
  const double logit = log(p) - log1p(-p);
  if (c->kind == NEAP_REAL) {
    *row = p;
  } else if (c->kind == NEAP_BINARY) {
    const double x = c->direct ? p : logit;
    const double turned = c->direct ? 1 - p : -logit;
    *row = c->target == 1 ? x : turned;
  } else {
    for (size_t j = 0; j < c->classes; j++)
      row[j] = c->direct ? (1 - p) / others : -log(others);
    row[c->target] = c->direct ? p : logit;
  }
}

static curve check_curve(lua_State *L, const neap_bound_loss *bound) {
  const neap_loss_kind kind = neap_bound_kind(bound);
  const size_t listed = bound->weight_count > bound->prior_count
                            ? bound->weight_count
                            : bound->prior_count;
  curve c = {.kind = kind,
             .direct = bound->from == NEAP_PROBABILITIES,
             .classes = listed > 2 ? listed : 2};
  const lua_Integer target = luaL_optinteger(L, 3, kind == NEAP_BINARY ? 1 : 0);
  if (target < 0 || target >= (lua_Integer)c.classes) {
    luaL_argerror(L, 3,
                  lua_pushfstring(L, "target is %I; wanted 0 to %I", target,
                                  (lua_Integer)c.classes - 1));
  }
  c.target = (size_t)target;
  if (neap_wants_counts(L, 1)) {
    luaL_argerror(L, 1,
                  "its weights, margins or prior come from the rows of data; "
                  "a curve has none");
  }
  return c;
}

// Replaces the arguments 2 and 3 by logits and targets.
static size_t push_rows(lua_State *L, const curve *c) {
  const neap_array *p = neap_check_array(L, 2, NEAP_FLOAT64);
  const bool classes = c->kind == NEAP_CLASSES;
  const size_t columns = classes ? c->classes : 1;
  luaL_argcheck(L, p->dimensions == 1, 2, "wanted one dimension");
  neap_array *logits =
      neap_new_array(L, NEAP_FLOAT64, p->rows, classes ? columns : 0);
  for (size_t i = 0; i < p->rows; i++)
    put_row(c, point_of(L, c, p, i), (double *)logits->data + i * columns);
  neap_array *targets =
      neap_new_array(L, classes ? NEAP_INT32 : NEAP_FLOAT64, p->rows, 0);
  for (size_t i = 0; i < p->rows; i++) {
    const double y = c->kind == NEAP_REAL ? 0 : (double)c->target;
    neap_put(targets->data, targets->dtype, i, y);
  }
  lua_replace(L, 3);
  lua_replace(L, 2);
  return p->rows;
}

// The derivative by the target's own logit, in the first `rows` numbers.
static void keep_own(const curve *c, size_t rows, double *gradient) {
  for (size_t i = 0; i < rows; i++) {
    if (c->kind == NEAP_CLASSES)
      gradient[i] = gradient[i * c->classes + c->target];
    else if (c->kind == NEAP_BINARY && c->target == 0)
      gradient[i] = -gradient[i];
  }
}

//- loss:curve(p [, target [, columns]]) -> value, gradient
// p: [n] probabilities of the target's class (of a loss of numbers:
// residuals); target: a class, 1 of two or 0 of more if none is given. The
// gradient is by the margin log(p / (1 - p)); by p if that is what the loss is
// from. columns: what the loss reads, a number for each p. Whatever the
// reduction is, there is one number for each p.
int neap_loss_curve(lua_State *L) {
  lua_settop(L, 4);
  const neap_bound_loss *bound = luaL_checkudata(L, 1, NEAP_LOSS_TYPE);
  const curve c = check_curve(L, bound);
  const size_t rows = push_rows(L, &c);
  neap_array *value = neap_new_array(L, NEAP_FLOAT64, rows, 0);
  neap_array *gradient = neap_new_array(L, NEAP_FLOAT64, rows, 0);
  lua_pushnil(L);
  neap_prepared p;
  neap_prepare_call(L, 7, 4, &p);
  const size_t logits = neap_array_count(p.logits);
  neap_array *all = neap_new_array(L, NEAP_FLOAT64, logits, 0);
  p.call.value = value->data;
  p.call.gradient = all->data;
  neap_run_call(L, &p);
  keep_own(&c, rows, all->data);
  for (size_t i = 0; i < rows; i++)
    ((double *)gradient->data)[i] = ((const double *)all->data)[i];
  lua_settop(L, 6);
  return 2;
}

// ---------------------------------------------------------------- the share

// The class of the value at a position, or -1 where it is ignored.
static lua_Integer class_of(lua_State *L, const neap_loss_call *call, size_t i,
                            bool classes) {
  const double *ignored = call->options.ignore_index;
  if (call->target_dtype == NEAP_INT32) {
    const int32_t label = ((const int32_t *)call->targets)[i];
    return ignored != NULL && label == *ignored ? -1 : label;
  }
  const size_t k = classes ? call->classes : 1;
  for (size_t j = 0; j < k; j++) {
    const double y = neap_get(call->targets, call->target_dtype, i * k + j);
    if (!classes && ignored != NULL && y == *ignored)
      return -1;
    if (y == 1)
      return classes ? (lua_Integer)j : 1;
    if (y != 0) {
      luaL_argerror(L, 3,
                    lua_pushfstring(L,
                                    "target in row %I is %f; shares go by "
                                    "class, which wants 0 or 1",
                                    (lua_Integer)i + 1, y));
    }
  }
  return 0;
}

static const double *check_fractions(lua_State *L, int index, size_t *count) {
  static const double usual[] = {0.01, 0.1, 0.2};
  *count = 3;
  if (lua_isnoneornil(L, index))
    return usual;
  neap_array *fractions = neap_check_doubles(L, index);
  const double *fraction = fractions->data;
  luaL_argcheck(L, fractions->dimensions == 1, index, "wanted one dimension");
  for (size_t i = 0; i < fractions->rows; i++) {
    if (fraction[i] >= 0 && fraction[i] <= 1)
      continue;
    luaL_argerror(L, index,
                  lua_pushfstring(L, "quantiles[%I] is %f; wanted 0 to 1",
                                  (lua_Integer)i + 1, fraction[i]));
  }
  *count = fractions->rows;
  return fraction;
}

// Values in the order of their classes: [starts[c], starts[c + 1]) is c's.
typedef struct groups {
  size_t classes;
  size_t *starts;  // [classes + 1]
  double *values;
} groups;

// Sorts values by class, from memory on top of the stack.
static groups group(lua_State *L, const neap_loss_call *call, size_t count,
                    bool classes) {
  groups g = {.classes = classes ? call->classes : 2};
  g.values = lua_newuserdatauv(L,
                               (g.classes + 1) * sizeof *g.starts +
                                   count * (sizeof *g.values + sizeof(int32_t)),
                               0);
  g.starts = (size_t *)(void *)(g.values + count);
  int32_t *class = (int32_t *)(void *)(g.starts + g.classes + 1);
  memset(g.starts, 0, (g.classes + 1) * sizeof *g.starts);
  for (size_t i = 0; i < count; i++) {
    class[i] = (int32_t)class_of(L, call, i, classes);
    if (class[i] >= 0)
      g.starts[class[i] + 1]++;
  }
  for (size_t c = 0; c < g.classes; c++)
    g.starts[c + 1] += g.starts[c];
  for (size_t i = 0; i < count; i++) {
    const double value = neap_get(call->value, call->dtype, i);
    if (class[i] < 0)
      continue;
    if (isnan(value))
      luaL_error(L, "the loss of row %I is NaN", (lua_Integer)i + 1);
    g.values[g.starts[class[i]]++] = value;
  }
  for (size_t c = g.classes; c > 0; c--)
    g.starts[c] = g.starts[c - 1];
  g.starts[0] = 0;
  return g;
}

static void push_numbers(lua_State *L, const double *numbers, size_t count) {
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushnumber(L, numbers[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

//- loss:share(logits, targets [, quantiles [, columns]])
//    -> { [class] = { share, ... } }
// Which share of each class's loss its hardest rows hold: quantiles are
// fractions of the class's rows, { 0.01, 0.1, 0.2 } if none are given. Classes
// without rows are left out; the share of a loss of 0 is NaN. Targets are
// classes, or 0 and 1. Source: Lin et al. 2017, figure 4.
int neap_loss_share(lua_State *L) {
  lua_settop(L, 5);
  size_t fractions;
  const double *fraction = check_fractions(L, 4, &fractions);
  lua_pushnil(L);
  neap_prepared p;
  neap_prepare_call(L, 6, 5, &p);
  const bool classes = neap_bound_kind(p.bound) == NEAP_CLASSES;
  luaL_argcheck(L, neap_bound_kind(p.bound) != NEAP_REAL, 1,
                "a loss of numbers has no classes");
  const size_t count = p.call.rows * (classes ? 1 : p.call.classes);
  neap_array *values = neap_new_array(L, p.call.dtype, count, 0);
  p.call.value = values->data;
  neap_run_call(L, &p);
  const groups g = group(L, &p.call, count, classes);
  double *shares =
      lua_newuserdatauv(L, (2 * count + fractions) * sizeof(double), 0);
  lua_newtable(L);
  for (size_t c = 0; c < g.classes; c++) {
    const size_t rows = g.starts[c + 1] - g.starts[c];
    if (rows == 0)
      continue;
    neap_top_shares(rows, g.values + g.starts[c], fractions, fraction, shares,
                    (uint64_t *)(void *)(shares + fractions));
    push_numbers(L, shares, fractions);
    lua_rawseti(L, -2, (lua_Integer)c);
  }
  return 1;
}
