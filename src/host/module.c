// host/module.c -- the Lua module "neap.host".
#include <string.h>

#include "host/host.h"

int neap_host_failure(lua_State *L, const char *verb, const char *object,
                      int number) {
  const char *code = strerrorname_np(number);
  lua_pushnil(L);
  lua_pushfstring(L, "can't %s %s: %s", verb, object, strerror(number));
  lua_pushstring(L, code != NULL ? code : "EUNKNOWN");
  return 3;
}

int neap_host_open(lua_State *L) {
  luaL_checkversion(L);
  lua_createtable(L, 0, 24);
  lua_getfield(L, LUA_REGISTRYINDEX, NEAP_COMMAND);
  lua_setfield(L, -2, "command");
  neap_add_database(L);
  neap_add_identity(L);
  neap_add_process(L);
  neap_add_sha256(L);
  neap_add_system(L);
  return 1;
}
