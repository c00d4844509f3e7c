// bind/loss_look.c -- what a loss tells of itself.
#include <string.h>

#include "bind/bind.h"
#include "loss/loss.h"

static const neap_loss_form *form_of(const neap_loss *loss) {
  return neap_loss_form_of(loss, NEAP_FLOAT64);
}

static neap_bound_loss *self(lua_State *L) {
  return luaL_checkudata(L, 1, NEAP_LOSS_TYPE);
}

static void push_option(lua_State *L, const neap_bound_loss *bound,
                        const char *key) {
  const neap_parameter *rows = form_of(bound->loss)->parameters;
  for (size_t i = 0; i < neap_parameter_count(rows); i++) {
    if (strcmp(key, rows[i].name) != 0)
      continue;
    if (rows[i].choices != NULL) {
      lua_pushstring(L, rows[i].choices[(int)bound->params[i]]);
    } else {
      neap_push_parameter(L, bound->params[i]);
    }
    return;
  }
  lua_pushnil(L);
}

int neap_loss_index(lua_State *L) {
  static const char *const kinds[] = {"binary", "classes", "real"};
  const neap_bound_loss *bound = self(L);
  const char *key = luaL_checkstring(L, 2);
  if (strcmp(key, "name") == 0) {
    lua_pushstring(L,
                   bound->loss != NULL ? neap_loss_name(bound->loss) : "sum");
  } else if (strcmp(key, "kind") == 0) {
    lua_pushstring(L, kinds[neap_bound_kind(bound)]);
  } else if (strcmp(key, "reduction") == 0) {
    lua_pushstring(L, neap_reductions[bound->reduction]);
  } else {
    luaL_getmetafield(L, 1, "methods");
    lua_pushvalue(L, 2);
    if (lua_rawget(L, -2) == LUA_TNIL && bound->loss != NULL)
      push_option(L, bound, key);
  }
  return 1;
}

static void add_separator(luaL_Buffer *b, bool *any) {
  luaL_addstring(b, *any ? ", " : "");
  *any = true;
}

static void add_numbers(lua_State *L, luaL_Buffer *b, const char *name,
                        const double *numbers, size_t count, bool *any) {
  if (count == 0)
    return;
  add_separator(b, any);
  luaL_addstring(b, name);
  luaL_addstring(b, " = { ");
  for (size_t i = 0; i < count; i++) {
    if (i > 0)
      luaL_addstring(b, ", ");
    neap_push_parameter(L, numbers[i]);
    luaL_tolstring(L, -1, NULL);
    lua_remove(L, -2);
    luaL_addvalue(b);
  }
  luaL_addstring(b, " }");
}

static void add_text(lua_State *L, luaL_Buffer *b, const char *name,
                     const char *value, bool *any) {
  add_separator(b, any);
  lua_pushfstring(L, "%s = %s", name, value);
  luaL_addvalue(b);
}

static void add_number(lua_State *L, luaL_Buffer *b, const char *name, double x,
                       bool *any) {
  add_separator(b, any);
  lua_pushfstring(L, "%s = ", name);
  luaL_addvalue(b);
  neap_push_parameter(L, x);
  luaL_tolstring(L, -1, NULL);
  lua_remove(L, -2);
  luaL_addvalue(b);
}

// The options that are not what they would be without being given.
static void add_options(lua_State *L, luaL_Buffer *b,
                        const neap_bound_loss *bound, bool *any) {
  const double *numbers = bound->numbers;
  add_numbers(L, b, "class_weights", numbers, bound->weight_count, any);
  if (bound->weighting == NEAP_WEIGHTS_BALANCED)
    add_text(L, b, "class_weights", "balanced", any);
  if (bound->weighting == NEAP_WEIGHTS_NAMED)
    add_text(L, b, "class_weights", "by name", any);
  if (bound->weighting == NEAP_WEIGHTS_EFFECTIVE)
    add_number(L, b, "class_weights = effective, beta", bound->beta, any);
  numbers += bound->weight_count;
  add_numbers(L, b, "pos_weight", numbers, bound->label_count, any);
  if (bound->label_smoothing > 0) {
    add_number(L, b, "label_smoothing", bound->label_smoothing, any);
    add_text(L, b, "smoothing", neap_smoothings[bound->smoothing], any);
  }
  if (bound->temperature != 1)
    add_number(L, b, "temperature", bound->temperature, any);
  if (bound->adjustment > 0)
    add_number(L, b, "logit_adjustment", bound->adjustment, any);
  numbers += bound->label_count;
  add_numbers(L, b, "prior", numbers, bound->prior_count, any);
  if (bound->has_ignored)
    add_number(L, b, "ignore_index", bound->ignored, any);
  if (bound->from == NEAP_PROBABILITIES)
    add_text(L, b, "from", "probabilities", any);
}

static int sum_tostring(lua_State *L, const neap_bound_loss *sum) {
  lua_getiuservalue(L, 1, 1);
  const int list = lua_gettop(L);
  lua_pushliteral(L, "");
  for (size_t i = 0; i < sum->term_count; i++) {
    lua_pushfstring(L, "%s%f ", i > 0 ? " + " : "", sum->numbers[i]);
    lua_geti(L, list, (lua_Integer)i + 1);
    luaL_tolstring(L, -1, NULL);
    lua_remove(L, -2);
    lua_concat(L, 3);
  }
  return 1;
}

int neap_loss_tostring(lua_State *L) {
  const neap_bound_loss *bound = self(L);
  if (bound->loss == NULL)
    return sum_tostring(L, bound);
  const neap_parameter *rows = form_of(bound->loss)->parameters;
  bool any = false;
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  luaL_addstring(&b, "neap.");
  luaL_addstring(&b, neap_loss_name(bound->loss));
  luaL_addstring(&b, " (");
  for (size_t i = 0; i < neap_parameter_count(rows); i++) {
    if (rows[i].choices == NULL) {
      add_number(L, &b, rows[i].name, bound->params[i], &any);
    } else if (bound->params[i] != rows[i].initial) {
      add_text(L, &b, rows[i].name, rows[i].choices[(int)bound->params[i]],
               &any);
    }
  }
  add_options(L, &b, bound, &any);
  luaL_addstring(&b, ")");
  luaL_pushresult(&b);
  return 1;
}

//- neap.loss.list() -> { { name=, kind=, formula=, source=, parameters= } }
int neap_loss_list(lua_State *L) {
  static const char *const kinds[] = {"binary", "classes", "real"};
  const neap *engine = neap_bound_engine(L);
  lua_newtable(L);
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    const neap_loss_form *form = form_of(neap_loss_at(engine, i));
    lua_createtable(L, 0, 5);
    lua_pushstring(L, form->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, kinds[form->kind]);
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
