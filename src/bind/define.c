// bind/define.c -- losses of traces: what lua/neap/define.lua is made with.
#include <math.h>
#include <string.h>

#include "bind/trace.h"

#define NEAP_DEFINITION_TYPE NEAP_TYPE("DefinedLoss")

// A userdata; its user value is a table that no script sees, in which its
// strings stand, and the definition as scripts have it: object.
typedef struct bound_definition {
  neap_defined defined;
  bool is_made;
} bound_definition;

static bound_definition *check_definition(lua_State *L, int index) {
  return luaL_checkudata(L, index, NEAP_DEFINITION_TYPE);
}

static int free_definition(lua_State *L) {
  bound_definition *bound = check_definition(L, 1);
  if (bound->is_made)
    neap_defined_free(&bound->defined);
  bound->is_made = false;
  return 0;
}

static double number_field(lua_State *L, const char *key, double otherwise) {
  const int type = lua_getfield(L, -1, key);
  const double number = type == LUA_TNIL ? otherwise : lua_tonumber(L, -1);
  lua_pop(L, 1);
  return number;
}

static int flag_field(lua_State *L, const char *key) {
  lua_getfield(L, -1, key);
  const int flag = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return flag;
}

// The table keeps the text alive.
static const char *text_field(lua_State *L, int table, const char *key) {
  lua_getfield(L, table, key);
  const char *text = luaL_checkstring(L, -1);
  lua_pop(L, 1);
  return text;
}

static void read_parameters(lua_State *L, int table, neap_definition *d) {
  lua_getfield(L, table, "parameters");
  const lua_Integer count = luaL_len(L, -1);
  luaL_argcheck(L, count <= NEAP_PARAMETER_MAX, 3, "too many parameters");
  for (lua_Integer i = 0; i < count; i++) {
    lua_geti(L, -1, i + 1);
    d->parameters[i] =
        (neap_parameter){.name = text_field(L, lua_gettop(L), "name"),
                         .initial = number_field(L, "default", 0),
                         .low = number_field(L, "low", -HUGE_VAL),
                         .high = number_field(L, "high", HUGE_VAL),
                         .open = flag_field(L, "open"),
                         .whole = flag_field(L, "whole"),
                         .meaning = text_field(L, lua_gettop(L), "meaning")};
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

// core.expr.define(trace, result, { name =, text =, source =, parameters =,
// columns =, margin = }) -> definition; columns is a list of names.
static int define(lua_State *L) {
  lua_settop(L, 3);
  const neap_bound_trace *trace = luaL_checkudata(L, 1, NEAP_TRACE_TYPE);
  neap_definition d = {.trace = &trace->graph,
                       .value = neap_check_node(L, 2, 1),
                       .name = text_field(L, 3, "name"),
                       .text = text_field(L, 3, "text"),
                       .source = text_field(L, 3, "source")};
  read_parameters(L, 3, &d);
  lua_getfield(L, 3, "columns");
  d.column_count = (int)luaL_len(L, -1);
  luaL_argcheck(L, d.column_count <= NEAP_COLUMN_MAX, 3, "too many columns");
  lua_getfield(L, 3, "margin");
  d.is_margin = lua_toboolean(L, -1);
  lua_settop(L, 3);
  bound_definition *bound = lua_newuserdatauv(L, sizeof *bound, 1);
  memset(bound, 0, sizeof *bound);
  luaL_setmetatable(L, NEAP_DEFINITION_TYPE);
  lua_pushvalue(L, 3);
  lua_setiuservalue(L, 4, 1);
  neap_error error = {0};
  bound->is_made = true;
  neap_raise_if(L,
                neap_define(neap_bound_engine(L), &d, &bound->defined, &error),
                &error);
  return 1;
}

// core.expr.new(options or nil, definition, "binary" or "classes") -> loss
static int new_defined(lua_State *L) {
  lua_settop(L, 3);
  const neap_defined *defined = &check_definition(L, 2)->defined;
  const bool classes = strcmp(luaL_checkstring(L, 3), "classes") == 0;
  luaL_argcheck(L, !classes || defined->is_margin, 3,
                "only losses of the margin alone have a softmax");
  return neap_new_loss(L, classes ? &defined->classes : &defined->binary, 2);
}

// core.expr.definition(loss) -> the definition it was made by, or nil
static int definition_of(lua_State *L) {
  luaL_checkudata(L, 1, NEAP_LOSS_TYPE);
  if (lua_getiuservalue(L, 1, 2) != LUA_TUSERDATA)
    return 0;
  lua_getiuservalue(L, -1, 1);
  lua_getfield(L, -1, "object");
  return 1;
}

// core.expr.set_methods(functions): methods of losses that are written in Lua
static int set_methods(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_getmetatable(L, NEAP_LOSS_TYPE);
  lua_getfield(L, -1, "methods");
  for (lua_pushnil(L); lua_next(L, 1) != 0;) {
    lua_pushvalue(L, -2);
    lua_insert(L, -2);
    lua_rawset(L, 3);
  }
  return 0;
}

// core.expr.listing(definition) -> what it is made of
static int listing(lua_State *L) {
  neap_push_listing(L, &check_definition(L, 1)->defined.formula);
  return 1;
}

// core.expr.accuracy(definition, params, inputs) -> of the value and of the
// gradient with respect to the margin: the number, and a bound of its error in
// units of 2^-53 of it. params and inputs as trace:evaluate has them.
static int accuracy(lua_State *L) {
  const neap_formula *f = &check_definition(L, 1)->defined.formula;
  double params[NEAP_PARAMETER_MAX];
  double inputs[NEAP_INPUT_COLUMN + NEAP_COLUMN_MAX];
  neap_read_list(L, 2, NEAP_PARAMETER_MAX, params);
  neap_read_list(L, 3, NEAP_INPUT_COLUMN + NEAP_COLUMN_MAX, inputs);
  const neap_ref last = f->value > f->first ? f->value : f->first;
  const size_t count = (size_t)last + 1;
  double *values = neap_bound_scratch(L, 2 * count * sizeof *values);
  double *errors = values + count;
  neap_bound_errors(&f->graph, last, params, inputs, values, errors);
  const neap_ref of[] = {f->value, f->first};
  for (int i = 0; i < 2; i++) {
    lua_pushnumber(L, values[of[i]]);
    lua_pushnumber(L, errors[of[i]] / fabs(values[of[i]]));
  }
  return 4;
}

// core.expr.columns(loss) -> the names of the columns that it reads
static int columns_of(lua_State *L) {
  neap_push_columns(L, 1);
  return 1;
}

static const luaL_Reg meta[] = {{"__gc", free_definition}, {NULL, NULL}};
static const neap_function methods[] = {{0}};

void neap_add_definitions(lua_State *L) {
  static const luaL_Reg functions[] = {{"define", define},
                                       {"new", new_defined},
                                       {"definition", definition_of},
                                       {"columns", columns_of},
                                       {"listing", listing},
                                       {"set_methods", set_methods},
                                       {"accuracy", accuracy},
                                       {"kernel_text", neap_push_kernel_text},
                                       {NULL, NULL}};
  neap_make_type(L, NEAP_DEFINITION_TYPE, meta, methods);
  luaL_setfuncs(L, functions, 0);
}
