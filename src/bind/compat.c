// bind/compat.c -- what LuaJIT, Lua 5.1 and 5.3 lack of the API of 5.4. Each
// function does what the manual of 5.4 says of the one that it stands for.
#include "bind/bind.h"

#if LUA_VERSION_NUM < 504

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// ------------------------------------------------------------- user values

#if LUA_VERSION_NUM < 502
#define lua_setuservalue(L, index) lua_setfenv(L, index)
#define lua_getuservalue(L, index) lua_getfenv(L, index)
#endif

// An object that has no user values is never asked for one: in 5.1 it has the
// table of globals in that place.
void *neap_newuserdatauv(lua_State *L, size_t size, int count) {
  void *block = lua_newuserdata(L, size);
  if (count > 0) {
    lua_createtable(L, count, 0);
    lua_setuservalue(L, -2);
  }
  return block;
}

int neap_getiuservalue(lua_State *L, int index, int n) {
  lua_getuservalue(L, index);
  lua_rawgeti(L, -1, n);
  lua_remove(L, -2);
  return lua_type(L, -1);
}

int neap_setiuservalue(lua_State *L, int index, int n) {
  lua_getuservalue(L, index);
  lua_insert(L, -2);
  lua_rawseti(L, -2, n);
  lua_pop(L, 1);
  return 1;
}

#endif

#if LUA_VERSION_NUM < 503

static int absolute(lua_State *L, int index) {
  return index > 0 || index <= LUA_REGISTRYINDEX ? index
                                                 : lua_gettop(L) + index + 1;
}

int neap_absindex(lua_State *L, int index) {
  return absolute(L, index);
}

// ---------------------------------------------------------- tables, strings

int neap_getfield(lua_State *L, int index, const char *key) {
  (lua_getfield)(L, index, key);
  return lua_type(L, -1);
}

int neap_geti(lua_State *L, int index, lua_Integer i) {
  index = absolute(L, index);
  lua_pushinteger(L, i);
  lua_gettable(L, index);
  return lua_type(L, -1);
}

int neap_rawget(lua_State *L, int index) {
  (lua_rawget)(L, index);
  return lua_type(L, -1);
}

int neap_rawgeti(lua_State *L, int index, lua_Integer i) {
  (lua_rawgeti)(L, index, (int)i);
  return lua_type(L, -1);
}

void neap_rawseti(lua_State *L, int index, lua_Integer i) {
  (lua_rawseti)(L, index, (int)i);
}

// LuaJIT takes pointers of 47 bits. Two keys of this library, which is smaller
// than that, differ in those.
static void push_key(lua_State *L, const void *key) {
  const uint64_t low = UINT64_C(0x7fffffffffff);
  lua_pushlightuserdata(L, (void *)(uintptr_t)((uintptr_t)key & low));
}

int neap_rawgetp(lua_State *L, int index, const void *key) {
  index = absolute(L, index);
  push_key(L, key);
  return neap_rawget(L, index);
}

void neap_rawsetp(lua_State *L, int index, const void *key) {
  index = absolute(L, index);
  push_key(L, key);
  lua_insert(L, -2);
  lua_rawset(L, index);
}

int neap_getmetafield(lua_State *L, int index, const char *key) {
  return (luaL_getmetafield)(L, index, key) ? lua_type(L, -1) : LUA_TNIL;
}

int neap_getsubtable(lua_State *L, int index, const char *key) {
  if (index == LUA_REGISTRYINDEX && strcmp(key, LUA_PRELOAD_TABLE) == 0) {
    const bool has_preload =
        lua_getfield(L, LUA_REGISTRYINDEX, "_LOADED") == LUA_TTABLE &&
        lua_getfield(L, -1, "package") == LUA_TTABLE &&
        lua_getfield(L, -1, "preload") == LUA_TTABLE;
    if (!has_preload)
      luaL_error(L, "neap_open wants Lua's package library, which has preload");
    lua_insert(L, -3);
    lua_pop(L, 2);
    return 1;
  }
  index = absolute(L, index);
  if (lua_getfield(L, index, key) == LUA_TTABLE)
    return 1;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setfield(L, index, key);
  return 0;
}

int neap_newmetatable(lua_State *L, const char *name) {
  if (!(luaL_newmetatable)(L, name))
    return 0;
  lua_pushstring(L, name);
  lua_setfield(L, -2, "__name");
  return 1;
}

void neap_setmetatable(lua_State *L, const char *name) {
  luaL_getmetatable(L, name);
  lua_setmetatable(L, -2);
}

void neap_setfuncs(lua_State *L, const luaL_Reg *rows, int upvalues) {
  luaL_checkstack(L, upvalues + 1, "too many upvalues");
  for (; rows->name != NULL; rows++) {
    for (int i = 0; i < upvalues; i++)
      lua_pushvalue(L, -upvalues);
    lua_pushcclosure(L, rows->func, upvalues);
    lua_setfield(L, -upvalues - 2, rows->name);
  }
  lua_pop(L, upvalues);
}

const char *neap_pushstring(lua_State *L, const char *text) {
  (lua_pushstring)(L, text);
  return lua_tostring(L, -1);
}

const char *neap_pushlstring(lua_State *L, const char *text, size_t size) {
  (lua_pushlstring)(L, text, size);
  return lua_tostring(L, -1);
}

// A number as 5.4 shows it: one that is whole and no integer ends in ".0".
static void push_float(lua_State *L, double number) {
  char text[40];
  snprintf(text, sizeof text, "%.14g", number);
  const char *ending = text[strspn(text, "-0123456789")] == 0 ? ".0" : "";
  (lua_pushfstring)(L, "%s%s", text, ending);
}

// Pushes what a letter behind "%" stands for.
static void push_piece(lua_State *L, char letter, va_list *given) {
  char text[24];
  switch (letter) {
    case 's':
      (lua_pushfstring)(L, "%s", va_arg(*given, const char *));
      return;
    case 'd':
      snprintf(text, sizeof text, "%d", va_arg(*given, int));
      break;
    case 'I':
      snprintf(text, sizeof text, "%lld",
               (long long)va_arg(*given, lua_Integer));
      break;
    case 'f':
      push_float(L, va_arg(*given, double));
      return;
    case 'c':
      snprintf(text, sizeof text, "%c", va_arg(*given, int));
      break;
    default:  // "%%"; the bindings have no other
      snprintf(text, sizeof text, "%c", letter);
  }
  lua_pushstring(L, text);
}

const char *neap_pushvfstring(lua_State *L, const char *format, va_list list) {
  va_list given;  // its address is wanted, which that of an argument may not be
  va_copy(given, list);
  luaL_checkstack(L, 4, "no room for a message");
  lua_pushliteral(L, "");
  for (const char *end; (end = strchr(format, '%')) != NULL; format = end + 2) {
    lua_pushlstring(L, format, (size_t)(end - format));
    push_piece(L, end[1], &given);
    lua_concat(L, 3);
  }
  va_end(given);
  lua_pushstring(L, format);
  lua_concat(L, 2);
  return lua_tostring(L, -1);
}

const char *neap_pushfstring(lua_State *L, const char *format, ...) {
  va_list given;
  va_start(given, format);
  const char *text = neap_pushvfstring(L, format, given);
  va_end(given);
  return text;
}

// ----------------------------------------------------------------- numbers

static bool is_whole_number(double number) {
  return floor(number) == number && fabs(number) < 0x1p53;
}

lua_Integer neap_tointegerx(lua_State *L, int index, int *is_whole) {
  const double number = lua_tonumber(L, index);
  const bool whole = lua_isnumber(L, index) && is_whole_number(number);
  if (is_whole != NULL)
    *is_whole = whole;
  return whole ? (lua_Integer)number : 0;
}

lua_Number neap_tonumberx(lua_State *L, int index, int *is_number) {
  if (is_number != NULL)
    *is_number = lua_isnumber(L, index);
  return lua_tonumber(L, index);
}

int neap_isinteger(lua_State *L, int index) {
  return lua_type(L, index) == LUA_TNUMBER &&
         is_whole_number(lua_tonumber(L, index));
}

lua_Integer neap_len(lua_State *L, int index) {
  if (!luaL_callmeta(L, index, "__len"))
    return (lua_Integer)lua_objlen(L, index);
  const lua_Integer length = lua_tointeger(L, -1);
  lua_pop(L, 1);
  return length;
}

const char *neap_tolstring(lua_State *L, int index, size_t *size) {
  if (luaL_callmeta(L, index, "__tostring")) {
    if (!lua_isstring(L, -1))
      luaL_error(L, "'__tostring' must return a string");
    return lua_tolstring(L, -1, size);
  }
  switch (lua_type(L, index)) {
    case LUA_TNUMBER:
    case LUA_TSTRING:
      lua_pushvalue(L, index);
      break;
    case LUA_TBOOLEAN:
      lua_pushstring(L, lua_toboolean(L, index) ? "true" : "false");
      break;
    case LUA_TNIL:
      lua_pushliteral(L, "nil");
      break;
    default:
      index = absolute(L, index);
      if (luaL_getmetafield(L, index, "__name") != LUA_TSTRING)
        lua_pushstring(L, luaL_typename(L, index));
      (lua_pushfstring)(L, "%s: %p", lua_tostring(L, -1),
                        lua_topointer(L, index));
      lua_remove(L, -2);
  }
  return lua_tolstring(L, -1, size);
}

void *neap_testudata(lua_State *L, int index, const char *name) {
  void *block = lua_touserdata(L, index);
  if (block == NULL || !lua_getmetatable(L, index))
    return NULL;
  luaL_getmetatable(L, name);
  const bool same = lua_rawequal(L, -1, -2);
  lua_pop(L, 2);
  return same ? block : NULL;
}

// ----------------------------------------------------------------- buffers

char *neap_buffinitsize(lua_State *L, luaL_Buffer *b, size_t size) {
  b->L = L;
  return lua_newuserdata(L, size);
}

void neap_pushresultsize(luaL_Buffer *b, size_t size) {
  lua_pushlstring(b->L, lua_touserdata(b->L, -1), size);
  lua_remove(b->L, -2);
}

#endif
