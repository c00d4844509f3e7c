// bind/argument.c -- errors of arguments, told as the script wrote the call.
//
// luaL_argerror counts the object of a call object(...) as an argument, and
// knows no name where a function is called by pcall. Here the object does not
// count, and a method is found by its name in the object's type.
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

int neap_argument_error(lua_State *L, int argument, const char *message) {
  lua_Debug frame;
  luaL_checkstack(L, 12, "no room for a message");
  if (lua_getstack(L, 0, &frame) == 0)
    return luaL_error(L, "bad argument #%d (%s)", argument, message);
  const char *name = method_of_object(L, &frame);
  if (name == NULL)
    return (luaL_argerror)(L, argument, message);
  if (argument == 1)
    return luaL_error(L, "calling '%s' on bad self (%s)", name, message);
  return luaL_error(L, "bad argument #%d to '%s' (%s)", argument - 1, name,
                    message);
}

int neap_type_error(lua_State *L, int argument, const char *wanted) {
  const char *got = luaL_getmetafield(L, argument, "__name") == LUA_TSTRING
                        ? lua_tostring(L, -1)
                        : luaL_typename(L, argument);
  return neap_argument_error(
      L, argument, lua_pushfstring(L, "%s expected, got %s", wanted, got));
}
