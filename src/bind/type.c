// bind/type.c -- metatables of the types that scripts see.
#include <string.h>

#include "bind/bind.h"

const char *neap_push_type_name(lua_State *L, const char *type) {
  return lua_pushlstring(L, type, strcspn(type, " "));
}

void neap_make_type(lua_State *L, const char *name, const luaL_Reg *meta,
                    const neap_function *methods) {
  if (luaL_newmetatable(L, name)) {
    neap_push_type_name(L, name);
    lua_pushvalue(L, -1);
    lua_setfield(L, -3, "__name");
    lua_setfield(L, -2, "__metatable");
  }
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
