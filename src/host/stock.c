// host/stock.c -- the module "neap.core" for a Lua that is not ours.
#include "bind/bind.h"
#include "host/host.h"

// The only symbol that the loadable module shows.
__attribute__((visibility("default"))) int luaopen_neap_core(lua_State *L);

// Found by require "neap.core". "neap.host" lies in the same file, so it is
// put where require looks first; what takes it is for Lua 5.4.
int luaopen_neap_core(lua_State *L) {
  neap_error error = {0};
  const neap_host *host = neap_host_shared(&error);
  if (host == NULL)
    return neap_raise(L, &error);
#if LUA_VERSION_NUM >= 504
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, neap_host_open);
  lua_setfield(L, -2, "neap.host");
#endif
  return neap_open_core(L, host);
}
