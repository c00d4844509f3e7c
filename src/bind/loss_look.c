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

// Pushes a parameter of the loss's row, and returns whether it has one.
static bool push_parameter(lua_State *L, const neap_bound_loss *bound,
                           const char *key) {
  if (bound->loss == NULL)
    return false;
  const neap_parameter *rows = form_of(bound->loss)->parameters;
  for (size_t i = 0; i < neap_parameter_count(rows); i++) {
    if (strcmp(key, rows[i].name) != 0)
      continue;
    if (rows[i].choices != NULL) {
      lua_pushstring(L, rows[i].choices[(int)bound->params[i]]);
    } else {
      neap_push_parameter(L, bound->params[i]);
    }
    return true;
  }
  return false;
}

static void push_numbers(lua_State *L, const double *numbers, size_t count) {
  if (count == 0) {
    lua_pushnil(L);
    return;
  }
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    neap_push_parameter(L, numbers[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

static void push_weights(lua_State *L, const neap_bound_loss *bound) {
  switch (bound->weighting) {
    case NEAP_WEIGHTS_BALANCED:
      lua_pushliteral(L, "balanced");
      break;
    case NEAP_WEIGHTS_EFFECTIVE:
      lua_createtable(L, 1, 1);
      lua_pushliteral(L, "effective");
      lua_rawseti(L, -2, 1);
      lua_pushnumber(L, bound->beta);
      lua_setfield(L, -2, "beta");
      break;
    case NEAP_WEIGHTS_NAMED:
      lua_createtable(L, 0, 2);
      lua_getiuservalue(L, 1, 1);
      for (lua_pushnil(L); lua_next(L, -2) != 0;) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -5);
      }
      lua_pop(L, 1);
      break;
    default:
      push_numbers(L, bound->numbers, bound->weight_count);
  }
}

// { { factor, loss }, ... } of a sum.
static void push_terms(lua_State *L, const neap_bound_loss *sum) {
  if (sum->loss != NULL) {
    lua_pushnil(L);
    return;
  }
  lua_createtable(L, (int)sum->term_count, 0);
  lua_getiuservalue(L, 1, 1);
  for (size_t i = 0; i < sum->term_count; i++) {
    lua_createtable(L, 2, 0);
    neap_push_parameter(L, sum->numbers[i]);
    lua_rawseti(L, -2, 1);
    lua_geti(L, -2, (lua_Integer)i + 1);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
  }
  lua_pop(L, 1);
}

static void push_number_or_nil(lua_State *L, bool is, double number) {
  if (is) {
    neap_push_parameter(L, number);
  } else {
    lua_pushnil(L);
  }
}

// The options that any loss has, in the order of their names.
enum option {
  OPTION_NAME,
  OPTION_KIND,
  OPTION_REDUCTION,
  OPTION_NORMALIZER,
  OPTION_EMPTY,
  OPTION_WEIGHTS,
  OPTION_POS_WEIGHT,
  OPTION_LABEL_SMOOTHING,
  OPTION_SMOOTHING,
  OPTION_IGNORE_INDEX,
  OPTION_FROM,
  OPTION_HESSIAN,
  OPTION_TEMPERATURE,
  OPTION_ADJUSTMENT,
  OPTION_PRIOR,
  OPTION_TERMS,
  OPTION_COUNT,
};
static const char *const option_names[] = {"name",        "kind",
                                           "reduction",   "normalizer",
                                           "empty",       "class_weights",
                                           "pos_weight",  "label_smoothing",
                                           "smoothing",   "ignore_index",
                                           "from",        "hessian_mode",
                                           "temperature", "logit_adjustment",
                                           "prior",       "terms"};

static void push_common(lua_State *L, const neap_bound_loss *b,
                        enum option option) {
  const double *labels = b->numbers + b->weight_count;
  const bool is_floor = b->hessian_mode == NEAP_HESSIAN_FLOOR;
  switch (option) {
    case OPTION_NAME:
      lua_pushstring(L, b->loss != NULL ? neap_loss_name(b->loss) : "sum");
      break;
    case OPTION_KIND:
      lua_pushstring(L, neap_loss_kinds[neap_bound_kind(b)]);
      break;
    case OPTION_REDUCTION:
      lua_pushstring(L, neap_reductions[b->reduction]);
      break;
    case OPTION_NORMALIZER:
      if (b->divisor > 0)
        neap_push_parameter(L, b->divisor);
      else
        lua_pushstring(L, neap_normalizers[b->normalizer]);
      break;
    case OPTION_EMPTY:
      lua_pushstring(L, neap_empties[b->empty]);
      break;
    case OPTION_WEIGHTS:
      push_weights(L, b);
      break;
    case OPTION_POS_WEIGHT:
      if (b->label_count == 1)
        neap_push_parameter(L, labels[0]);
      else
        push_numbers(L, labels, b->label_count);
      break;
    case OPTION_LABEL_SMOOTHING:
      neap_push_parameter(L, b->label_smoothing);
      break;
    case OPTION_SMOOTHING:
      lua_pushstring(L, neap_smoothings[b->smoothing]);
      break;
    case OPTION_IGNORE_INDEX:
      push_number_or_nil(L, b->has_ignored, b->ignored);
      break;
    case OPTION_FROM:
      lua_pushstring(L, neap_sources[b->from]);
      break;
    case OPTION_HESSIAN:
      if (is_floor)
        neap_push_parameter(L, b->hessian_floor);
      else
        lua_pushstring(L, neap_hessians[b->hessian_mode]);
      break;
    case OPTION_TEMPERATURE:
      neap_push_parameter(L, b->temperature);
      break;
    case OPTION_ADJUSTMENT:
      neap_push_parameter(L, b->adjustment);
      break;
    case OPTION_PRIOR:
      push_numbers(L, labels + b->label_count, b->prior_count);
      break;
    default:
      push_terms(L, b);
  }
}

//- loss[key]: a parameter, an option, a method, or nil. Upvalue: the methods.
int neap_loss_index(lua_State *L) {
  lua_pushvalue(L, 2);
  if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
    return 1;
  const neap_bound_loss *bound = self(L);
  if (lua_type(L, 2) != LUA_TSTRING)
    return 0;
  const char *key = lua_tostring(L, 2);
  if (push_parameter(L, bound, key))
    return 1;
  for (int i = 0; i < OPTION_COUNT; i++) {
    if (strcmp(key, option_names[i]) == 0) {
      push_common(L, bound, (enum option)i);
      return 1;
    }
  }
  lua_pushnil(L);
  return 1;
}

// ----------------------------------------------------------------- as text

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
  const neap *engine = neap_bound_engine(L);
  lua_newtable(L);
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    const neap_loss_form *form = form_of(neap_loss_at(engine, i));
    lua_createtable(L, 0, 5);
    lua_pushstring(L, form->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, neap_loss_kinds[form->kind]);
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
