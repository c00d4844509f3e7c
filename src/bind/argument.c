// bind/argument.c -- errors of arguments, told as the script wrote the call.
//
// luaL_argerror counts the object of a call object(...) as an argument, and
// knows no name where a function is called by pcall. Here the object does not
// count, and a method is found by its name in the object's type.
#include <math.h>
#include <string.h>

#include "bind/bind.h"

// Pushes the name under which a table has the function on top of the stack, and
// returns it; or pushes nothing and returns NULL.
static const char *push_key_of(lua_State *L, int table, int function) {
  for (lua_pushnil(L); lua_next(L, table) != 0;) {
    if (lua_rawequal(L, -1, function) && lua_type(L, -2) == LUA_TSTRING) {
      lua_pop(L, 1);
      return lua_tostring(L, -1);
    }
    lua_pop(L, 1);
  }
  return NULL;
}

// Returns the name of the running function as one of the object at 1: a method,
// or, of object(...), what the object is; NULL if it is none. Leaves the stack
// as long as it likes.
static const char *method_of_object(lua_State *L, lua_Debug *frame) {
  static const char *const tables[] = {"methods", "__index"};
  if (lua_type(L, 1) != LUA_TUSERDATA || !lua_getmetatable(L, 1))
    return NULL;
  const int meta = lua_gettop(L);
  lua_getinfo(L, "f", frame);
  const int function = lua_gettop(L);
  lua_getfield(L, meta, "__call");
  if (lua_rawequal(L, -1, function)) {
    if (lua_getfield(L, 1, "name") != LUA_TSTRING)
      lua_getfield(L, meta, "__name");
    return lua_tostring(L, -1);
  }
  for (int i = 0; i < 2; i++) {
    lua_getfield(L, meta, tables[i]);
    const char *name =
        lua_istable(L, -1) ? push_key_of(L, lua_gettop(L), function) : NULL;
    if (name != NULL)
      return name;
  }
  return NULL;
}

// Returns how the running function is named in a message, and whether the
// object at 1 is no argument of it; NULL: nobody knows. Leaves the stack as
// long as it likes.
static const char *name_of_call(lua_State *L, bool *is_method) {
  lua_Debug frame;
  const neap_function *row = neap_running_function(L, is_method);
  if (row != NULL && strcmp(row->name, "__call") != 0)
    return row->name;
  if (lua_getstack(L, 0, &frame) == 0)
    return "?";
  const char *name = method_of_object(L, &frame);
  if (name == NULL) {
    lua_getinfo(L, "n", &frame);
    *is_method = strcmp(frame.namewhat, "method") == 0;
    return frame.name != NULL ? frame.name : "?";
  }
  *is_method = true;
  return name;
}

static bool is_same(lua_State *L, int a, int b) {
  return lua_rawequal(L, a, b) ||
         (lua_type(L, a) == LUA_TNUMBER && lua_type(L, b) == LUA_TNUMBER &&
          isnan(lua_tonumber(L, a)) && isnan(lua_tonumber(L, b)));
}

// Whether what lies behind the arguments came out of the last of them, the
// table of options; the message then begins with the option's name.
static bool is_option(lua_State *L, int index, int last, const char **message) {
  if (!lua_istable(L, last))
    return false;
  for (lua_pushnil(L); lua_next(L, last) != 0; lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING || !is_same(L, -1, index))
      continue;
    *message = lua_pushfstring(L, "%s: %s", lua_tostring(L, -2), *message);
    break;
  }
  return true;
}

static int refuse(lua_State *L, int argument, const char *message) {
  bool is_method = false;
  const char *name = name_of_call(L, &is_method);
  if (is_method && argument == 1)
    return luaL_error(L, "calling '%s' on bad self (%s)", name, message);
  return luaL_error(L, "bad argument #%d to '%s' (%s)", argument - is_method,
                    name, message);
}

int neap_argument_error(lua_State *L, int argument, const char *message) {
  bool is_method = false;
  luaL_checkstack(L, 24, "no room for a message");
  const neap_function *row = neap_running_function(L, &is_method);
  const int last = row != NULL ? row->most + is_method : NEAP_ANY_NUMBER;
  argument = lua_absindex(L, argument);
  if (argument > last && is_option(L, argument, last, &message))
    argument = last;
  return refuse(L, argument, message);
}

int neap_refuse_extra(lua_State *L, int most) {
  bool is_method = false;
  luaL_checkstack(L, 20, "no room for a message");
  lua_pushvalue(L, most + 1);
  const char *got = neap_shown(L);
  neap_running_function(L, &is_method);
  return refuse(L, most + 1,
                lua_pushfstring(L, "got %s; wanted no more than %d", got,
                                most - is_method));
}

int neap_type_error(lua_State *L, int argument, const char *wanted) {
  argument = lua_absindex(L, argument);
  const char *got = luaL_getmetafield(L, argument, "__name") == LUA_TSTRING
                        ? lua_tostring(L, -1)
                        : luaL_typename(L, argument);
  const bool is_other = strcmp(got, wanted) == 0;
  return neap_argument_error(
      L, argument,
      lua_pushfstring(L, "%s expected, got %s%s", wanted,
                      is_other ? "one of another neap: " : "", got));
}

// ------------------------------------------- what lauxlib.h checks, named so

void *neap_check_object(lua_State *L, int argument, const char *type) {
  void *object = neap_test_type(L, argument, type);
  if (object == NULL)
    object = luaL_testudata(L, argument, type);
  if (object == NULL)
    neap_type_error(L, argument, neap_push_type_name(L, type));
  return object;
}

lua_Integer neap_check_integer(lua_State *L, int argument) {
  int is_whole;
  const lua_Integer number = lua_tointegerx(L, argument, &is_whole);
  if (lua_type(L, argument) != LUA_TNUMBER)
    neap_type_error(L, argument, "number");
  if (is_whole)
    return number;
  argument = lua_absindex(L, argument);
  lua_pushvalue(L, argument);
  neap_argument_error(
      L, argument,
      lua_pushfstring(L, "%s; wanted " NEAP_WHOLE_NUMBER, neap_shown(L)));
  return 0;
}

lua_Number neap_check_number(lua_State *L, int argument) {
  if (lua_type(L, argument) != LUA_TNUMBER)
    neap_type_error(L, argument, "number");
  return lua_tonumber(L, argument);
}

const char *neap_check_lstring(lua_State *L, int argument, size_t *size) {
  if (lua_type(L, argument) != LUA_TSTRING)
    neap_type_error(L, argument, "string");
  return lua_tolstring(L, argument, size);
}

const char *neap_opt_lstring(lua_State *L, int argument, const char *initial,
                             size_t *size) {
  if (!lua_isnoneornil(L, argument))
    return neap_check_lstring(L, argument, size);
  if (size != NULL)
    *size = initial != NULL ? strlen(initial) : 0;
  return initial;
}

int neap_check_option(lua_State *L, int argument, const char *initial,
                      const char *const names[]) {
  argument = lua_absindex(L, argument);
  const bool is_text =
      lua_isnoneornil(L, argument) || lua_type(L, argument) == LUA_TSTRING;
  const char *got =
      is_text ? neap_opt_lstring(L, argument, initial, NULL) : NULL;
  for (int i = 0; got != NULL && names[i] != NULL; i++) {
    if (strcmp(names[i], got) == 0)
      return i;
  }
  const char *all = names[0];
  for (int i = 1; names[i] != NULL; i++) {
    all = lua_pushfstring(L, "%s%s%s", all,
                          names[i + 1] == NULL ? " or " : ", ", names[i]);
  }
  lua_pushvalue(L, argument);
  return neap_argument_error(
      L, argument, lua_pushfstring(L, "got %s; wanted %s", neap_shown(L), all));
}

void neap_check_type(lua_State *L, int argument, int type) {
  if (lua_type(L, argument) != type)
    neap_type_error(L, argument, lua_typename(L, type));
}
