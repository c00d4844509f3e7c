// bind/blame.c -- the line that an error names: that of the script which called
// neap, through however many of neap's own Lua functions.
#include <stdarg.h>
#include <string.h>

#include "bind/bind.h"

static const char folder_key = 0;  // its address is the registry's key

// core.set_folder(): what lies where the caller's file does is neap's own.
int neap_set_folder(lua_State *L) {
  lua_Debug frame;
  if (lua_getstack(L, 1, &frame) == 0 || lua_getinfo(L, "S", &frame) == 0)
    return 0;
  const char *end = strrchr(frame.source, '/');
  if (end == NULL)
    return 0;
  lua_pushlstring(L, frame.source, (size_t)(end - frame.source) + 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &folder_key);
  return 0;
}

static bool is_own(const lua_Debug *frame, const char *folder) {
  return folder != NULL && strncmp(frame->source, folder, strlen(folder)) == 0;
}

// Pushes "file:line: " of who called the outermost of neap's functions that
// called one another; "" where that is no Lua.
static void push_where(lua_State *L) {
  lua_Debug frame;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &folder_key);
  const char *folder = lua_tostring(L, -1);
  int caller = 1;
  for (int level = 1; lua_getstack(L, level, &frame) != 0; level++) {
    lua_getinfo(L, "S", &frame);
    // Lua 5.1 has a level for what a tail call left.
    const bool is_tail = strcmp(frame.what, "tail") == 0;
    if (is_own(&frame, folder) || (is_tail && caller == level))
      caller = level + 1;
    else if (!is_tail && strcmp(frame.what, "C") != 0)
      break;
  }
  lua_pop(L, 1);  // the registry keeps the folder
  luaL_where(L, caller);
}

// core.blame(message): raises it at the line of who called neap
int neap_blame(lua_State *L) {
  lua_settop(L, 1);
  push_where(L);
  lua_insert(L, 1);
  lua_concat(L, 2);
  return lua_error(L);
}

int neap_throw(lua_State *L, const char *format, ...) {
  va_list list;
  luaL_checkstack(L, 8, "no room for a message");
  push_where(L);
  va_start(list, format);
  lua_pushvfstring(L, format, list);
  va_end(list);
  lua_concat(L, 2);
  return lua_error(L);
}
