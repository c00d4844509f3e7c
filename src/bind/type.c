// bind/type.c -- metatables of the types that scripts see.
#include <string.h>

#include "bind/bind.h"

const char neap_array_type[] = NEAP_TYPE("Array");
const char neap_loss_type[] = NEAP_TYPE("Loss");

const char *neap_push_type_name(lua_State *L, const char *type) {
  return lua_pushlstring(L, type, strcspn(type, " "));
}

void neap_make_type(lua_State *L, const char *name, const luaL_Reg *meta,
                    const neap_function *methods) {
  if (luaL_newmetatable(L, name)) {
    neap_push_type_name(L, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__name");
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, NEAP_TYPE_KEY);
    lua_setfield(L, -2, "__metatable");
  }
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, name);
  luaL_setfuncs(L, meta, 0);
  bool has_index = false;
  for (const luaL_Reg *row = meta; row->name != NULL; row++) {
    has_index = has_index || strcmp(row->name, "__index") == 0;
  }
  lua_newtable(L);
  neap_set_methods(L, methods);
  lua_setfield(L, -2, has_index ? "methods" : "__index");
  lua_pop(L, 1);
}

void *neap_test_type(lua_State *L, int index, const char *name) {
  void *object = lua_touserdata(L, index);
  if (object == NULL || !lua_getmetatable(L, index))
    return NULL;
  lua_rawgetp(L, LUA_REGISTRYINDEX, name);
  if (!lua_rawequal(L, -1, -2))
    object = NULL;
  lua_pop(L, 2);
  return object;
}
