// bind/type.c -- metatables of the types that scripts see.
#include <string.h>

#include "bind/bind.h"

const char neap_array_type[] = "neap.Array";
const char neap_loss_type[] = "neap.Loss";

void neap_make_type(lua_State *L, const char *name, const luaL_Reg *meta,
                    const luaL_Reg *methods) {
  if (luaL_newmetatable(L, name)) {
    lua_pushstring(L, name);
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
  luaL_setfuncs(L, methods, 0);
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
