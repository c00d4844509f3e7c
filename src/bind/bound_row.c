// bind/bound_row.c -- neap.model and neap.optimizer.
#include "bind/bound_row.h"

#include <string.h>

static const neap_parameter *find_parameter(const neap_bound_row *bound,
                                            const char *name, size_t *at) {
  for (size_t i = 0; i < neap_parameter_count(bound->parameters); i++) {
    *at = i;
    if (strcmp(name, bound->parameters[i].name) == 0)
      return &bound->parameters[i];
  }
  return NULL;
}

double neap_row_number(const neap_bound_row *row, const char *name) {
  size_t i;
  return find_parameter(row, name, &i) != NULL ? row->options[i] : 0;
}

neap_shape neap_shape_of(const neap_bound_row *model, size_t features,
                         size_t outputs) {
  neap_shape shape = {
      .features = features,
      .outputs = outputs,
      .layers = model->layers,
      .activation = (neap_activation)(int)neap_row_number(model, "activation")};
  memcpy(shape.hidden, model->hidden, sizeof shape.hidden);
  return shape;
}

static bool has_hidden(const neap_bound_row *bound) {
  return strcmp(bound->name, "mlp") == 0;
}

// Reads hidden = { units, ... }; {32} where there is none.
static void read_hidden(lua_State *L, neap_bound_row *bound) {
  bound->layers = 1;
  bound->hidden[0] = 32;
  if (lua_isnoneornil(L, 1) || lua_getfield(L, 1, "hidden") == LUA_TNIL)
    return;
  const lua_Integer count = lua_istable(L, -1) ? luaL_len(L, -1) : 0;
  if (count < 1 || count > NEAP_LAYERS_MAX) {
    luaL_argerror(
        L, 1,
        lua_pushfstring(L, "hidden: wanted a list of 1 to %d numbers of units",
                        NEAP_LAYERS_MAX));
  }
  bound->layers = (size_t)count;
  for (lua_Integer i = 1; i <= count; i++) {
    int is_whole;
    lua_geti(L, -1, i);
    const lua_Integer units = lua_tointegerx(L, -1, &is_whole);
    if (!is_whole || units < 1 || units > 65536) {
      luaL_argerror(L, 1,
                    lua_pushfstring(L,
                                    "hidden[%I] is %s; wanted a whole number, "
                                    "1 to 65536",
                                    i, neap_shown(L)));
    }
    bound->hidden[i - 1] = (size_t)units;
    lua_pop(L, 1);
  }
}

// What a constructor makes; its second upvalue.
typedef struct constructor {
  const void *row;
  const char *name;
  const neap_parameter *parameters;
  const char *type;
} constructor;

static int new_row(lua_State *L) {
  static const char *const hidden[] = {"hidden", NULL};
  const constructor *of = lua_touserdata(L, lua_upvalueindex(2));
  neap_bound_row made = {
      .row = of->row, .name = of->name, .parameters = of->parameters};
  neap_check_keys(L, 1, of->parameters, has_hidden(&made) ? hidden : NULL);
  neap_read_parameters(L, 1, of->parameters, made.options);
  if (has_hidden(&made))
    read_hidden(L, &made);
  neap_bound_row *bound = lua_newuserdatauv(L, sizeof *bound, 0);
  *bound = made;
  luaL_setmetatable(L, of->type);
  return 1;
}

static void push_option(lua_State *L, const neap_bound_row *bound, size_t i) {
  const neap_parameter *parameter = &bound->parameters[i];
  if (parameter->choices != NULL) {
    lua_pushstring(L, parameter->choices[(int)bound->options[i]]);
  } else {
    neap_push_parameter(L, bound->options[i]);
  }
}

static void push_hidden(lua_State *L, const neap_bound_row *bound) {
  lua_createtable(L, (int)bound->layers, 0);
  for (size_t l = 0; l < bound->layers; l++) {
    lua_pushinteger(L, (lua_Integer)bound->hidden[l]);
    lua_rawseti(L, -2, (lua_Integer)l + 1);
  }
}

static void push_option_names(lua_State *L, const neap_bound_row *bound) {
  const size_t count = neap_parameter_count(bound->parameters);
  lua_createtable(L, (int)count + 1, 0);
  for (size_t i = 0; i < count; i++) {
    lua_pushstring(L, bound->parameters[i].name);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  if (!has_hidden(bound))
    return;
  lua_pushliteral(L, "hidden");
  lua_rawseti(L, -2, (lua_Integer)count + 1);
}

// object.name and its parameters; the metatable's __name tells the type.
static int row_index(lua_State *L) {
  const neap_bound_row *bound = lua_touserdata(L, 1);
  if (lua_type(L, 2) != LUA_TSTRING)
    return 0;
  const char *key = lua_tostring(L, 2);
  size_t i;
  if (strcmp(key, "name") == 0) {
    lua_pushstring(L, bound->name);
  } else if (strcmp(key, "batches") == 0 &&
             luaL_testudata(L, 1, NEAP_OPTIMIZER_TYPE)) {
    lua_pushboolean(L, ((const neap_optimizer *)bound->row)->batches);
  } else if (strcmp(key, "hidden") == 0 && has_hidden(bound)) {
    push_hidden(L, bound);
  } else if (strcmp(key, "option_names") == 0) {
    push_option_names(L, bound);
  } else if (find_parameter(bound, key, &i) != NULL) {
    push_option(L, bound, i);
  } else {
    return 0;
  }
  return 1;
}

// neap.mlp (hidden = 32 16, activation = relu, ...)
static int row_tostring(lua_State *L) {
  const neap_bound_row *bound = lua_touserdata(L, 1);
  lua_pushfstring(L, "neap.%s (%s", bound->name,
                  bound->layers > 0 ? "hidden =" : "");
  for (size_t l = 0; l < bound->layers; l++) {
    lua_pushfstring(L, " %I", (lua_Integer)bound->hidden[l]);
    lua_concat(L, 2);
  }
  for (size_t i = 0; i < neap_parameter_count(bound->parameters); i++) {
    push_option(L, bound, i);
    const char *number = luaL_tolstring(L, -1, NULL);
    lua_pushfstring(L, "%s%s = %s", i > 0 || bound->layers > 0 ? ", " : "",
                    bound->parameters[i].name, number);
    lua_replace(L, -3);
    lua_pop(L, 1);
    lua_concat(L, 2);
  }
  lua_pushliteral(L, ")");
  lua_concat(L, 2);
  return 1;
}

static void set_constructor(lua_State *L, constructor of) {
  constructor *kept = lua_newuserdatauv(L, sizeof *kept, 0);
  *kept = of;
  neap_set_function(L, (neap_function){of.name, new_row, 1});
}

static const luaL_Reg row_meta[] = {
    {"__index", row_index}, {"__tostring", row_tostring}, {NULL, NULL}};
static const neap_function no_methods[] = {{0}};

void neap_push_models(lua_State *L) {
  neap_make_type(L, NEAP_MODEL_TYPE, row_meta, no_methods);
  lua_newtable(L);
  for (size_t i = 0; neap_model_at(i) != NULL; i++) {
    const neap_model *model = neap_model_at(i);
    set_constructor(L, (constructor){model, model->name, model->parameters,
                                     NEAP_MODEL_TYPE});
  }
}

void neap_push_optimizers(lua_State *L) {
  neap_make_type(L, NEAP_OPTIMIZER_TYPE, row_meta, no_methods);
  lua_newtable(L);
  for (size_t i = 0; neap_optimizer_at(i) != NULL; i++) {
    const neap_optimizer *optimizer = neap_optimizer_at(i);
    set_constructor(
        L, (constructor){optimizer, optimizer->name, optimizer->parameters,
                         NEAP_OPTIMIZER_TYPE});
  }
}
