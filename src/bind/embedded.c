// bind/embedded.c -- the whole module in a state: neap.core and the files that
// the library holds.
#include <string.h>

#include "bind/bind.h"

static int open_core(lua_State *L) {
  return neap_open_core(L, NULL);
}

static bool is_lua(const char *path) {
  const char *ending = strrchr(path, '.');
  return ending != NULL && strcmp(ending, ".lua") == 0;
}

// The loader of one file, which is its upvalue. The value of a Lua file is what
// it returns, that of any other its text.
static int load_file(lua_State *L) {
  const neap_embedded_file *file =
      &neap_embedded_files[lua_tointeger(L, lua_upvalueindex(1))];
  lua_settop(L, 1);
  if (!is_lua(file->path)) {
    lua_pushlstring(L, (const char *)file->bytes, file->size_bytes);
    return 1;
  }
  lua_pushfstring(L, "@%s", file->path);
  if (luaL_loadbuffer(L, (const char *)file->bytes, file->size_bytes,
                      lua_tostring(L, -1)) != LUA_OK)
    return lua_error(L);
  lua_pushvalue(L, 1);  // the module's name
  lua_pushstring(L, file->path);
  lua_call(L, 2, 1);
  return 1;
}

#if LUA_VERSION_NUM < 502
// There a module whose loader has raised is "being loaded" for good. So it is
// forgotten, and can be required again; the loader is the upvalue.
static int load_or_forget(lua_State *L) {
  lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_pushvalue(L, 1);
  if (lua_pcall(L, 1, 1, 0) == LUA_OK)
    return 1;
  lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED");
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  return lua_error(L);
}
#endif

// Takes the loader on top of the stack.
static void set_loader(lua_State *L, const char *module) {
#if LUA_VERSION_NUM < 502
  lua_pushcclosure(L, load_or_forget, 1);
#endif
  lua_setfield(L, -2, module);
}

void neap_preload(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, open_core);
  set_loader(L, "neap.core");
  for (const neap_embedded_file *file = neap_embedded_files;
       file->module != NULL; file++) {
    lua_pushinteger(L, file - neap_embedded_files);
    lua_pushcclosure(L, load_file, 1);
    set_loader(L, file->module);
  }
  lua_pop(L, 1);
}

int neap_open(lua_State *L, const neap_host *host) {
  luaL_checkstack(L, 8, "no room to open neap");
  neap_open_core(L, host);
  lua_pop(L, 1);
  neap_preload(L);
  if (lua_getglobal(L, "require") != LUA_TFUNCTION)
    luaL_error(L, "neap_open wants Lua's package library, which has require");
  lua_pushliteral(L, "neap");
  lua_call(L, 1, 1);
  return 1;
}
