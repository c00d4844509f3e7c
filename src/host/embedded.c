// host/embedded.c -- finds the files that are inside the program.
#include "host/embedded.h"

#include <string.h>

#include <lauxlib.h>

#include "host/program.h"

// A loader of a file that is no Lua: its value is its text.
static int load_text(lua_State *L) {
  lua_pushvalue(L, lua_upvalueindex(1));
  return 1;
}

static bool is_lua(const char *path) {
  const char *ending = strrchr(path, '.');
  return ending != NULL && strcmp(ending, ".lua") == 0;
}

int neap_program_search(lua_State *L) {
  const char *name = luaL_checkstring(L, 1);
  for (const neap_embedded_file *file = neap_embedded_files;
       file->module != NULL; file++) {
    if (strcmp(file->module, name) != 0)
      continue;
    if (!is_lua(file->path)) {
      lua_pushlstring(L, (const char *)file->bytes, file->size_bytes);
      lua_pushcclosure(L, load_text, 1);
      lua_pushstring(L, file->path);
      return 2;
    }
    lua_pushfstring(L, "@%s", file->path);
    if (luaL_loadbuffer(L, (const char *)file->bytes, file->size_bytes,
                        lua_tostring(L, -1)) != LUA_OK)
      return lua_error(L);
    lua_pushstring(L, file->path);
    return 2;
  }
  return 0;
}

bool neap_program_has_command(const char *word) {
  static const char folder[] = "neap.command.";
  for (const neap_embedded_file *file = neap_embedded_files;
       file->module != NULL; file++) {
    if (strncmp(file->module, folder, sizeof folder - 1) == 0 &&
        strcmp(file->module + sizeof folder - 1, word) == 0)
      return true;
  }
  return false;
}
