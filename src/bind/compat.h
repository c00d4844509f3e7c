// bind/compat.h -- the API of Lua 5.4, in LuaJIT, Lua 5.1 and 5.3, too.
//
// The bindings are written for 5.4 and include this in place of Lua's headers.
// What an older Lua lacks, or has with less in it, stands here under its name
// in 5.4, as far as the bindings use it. Where every number is a double, whole
// numbers are those below 2^53, which a double holds one by one: others are
// refused, never rounded.
#ifndef NEAP_COMPAT_H
#define NEAP_COMPAT_H

#include <lauxlib.h>
#include <lua.h>
#include <stdarg.h>
#include <stddef.h>

// The largest seed that no other number is rounded to, and what an argument
// that is no integer should have been.
#if LUA_VERSION_NUM < 503
#define NEAP_SEED_MAX (0x1p53 - 1)
#define NEAP_WHOLE_NUMBER "a whole number below 2^53"
#else
#define NEAP_SEED_MAX 0x1p53
#define NEAP_WHOLE_NUMBER "a whole number"
#endif

#if LUA_VERSION_NUM < 504

// User values: a table for all of an object's.
void *neap_newuserdatauv(lua_State *L, size_t size, int count);
int neap_getiuservalue(lua_State *L, int index, int n);
int neap_setiuservalue(lua_State *L, int index, int n);
#define lua_newuserdatauv(L, size, count) neap_newuserdatauv(L, size, count)
#define lua_getiuservalue(L, index, n) neap_getiuservalue(L, index, n)
#define lua_setiuservalue(L, index, n) neap_setiuservalue(L, index, n)

#endif

#if LUA_VERSION_NUM < 503

#ifndef LUA_OK
#define LUA_OK 0
#endif
typedef size_t neap_unsigned;
#define lua_Unsigned neap_unsigned

// What gets a value, and says here what type it has.
int neap_getfield(lua_State *L, int index, const char *key);
int neap_geti(lua_State *L, int index, lua_Integer i);
int neap_rawget(lua_State *L, int index);
int neap_rawgeti(lua_State *L, int index, lua_Integer i);
int neap_rawgetp(lua_State *L, int index, const void *key);
int neap_getmetafield(lua_State *L, int index, const char *key);
#define lua_getfield(L, index, key) neap_getfield(L, index, key)
#undef lua_getglobal
#define lua_getglobal(L, name) neap_getfield(L, LUA_GLOBALSINDEX, name)
#define lua_geti(L, index, i) neap_geti(L, index, i)
#define lua_rawget(L, index) neap_rawget(L, index)
#define lua_rawgeti(L, index, i) neap_rawgeti(L, index, i)
#define lua_rawgetp(L, index, key) neap_rawgetp(L, index, key)
#define luaL_getmetafield(L, index, key) neap_getmetafield(L, index, key)

// What sets or makes one.
void neap_rawseti(lua_State *L, int index, lua_Integer i);
void neap_rawsetp(lua_State *L, int index, const void *key);
const char *neap_pushstring(lua_State *L, const char *text);
const char *neap_pushlstring(lua_State *L, const char *text, size_t size);
const char *neap_pushfstring(lua_State *L, const char *format, ...);
const char *neap_pushvfstring(lua_State *L, const char *format, va_list given);
int neap_getsubtable(lua_State *L, int index, const char *key);
int neap_newmetatable(lua_State *L, const char *name);
void neap_setmetatable(lua_State *L, const char *name);
void neap_setfuncs(lua_State *L, const luaL_Reg *rows, int upvalues);
#define lua_rawseti(L, index, i) neap_rawseti(L, index, i)
#define lua_rawsetp(L, index, key) neap_rawsetp(L, index, key)
#define lua_pushstring(L, text) neap_pushstring(L, text)
#define lua_pushlstring(L, text, size) neap_pushlstring(L, text, size)
#undef lua_pushliteral
#define lua_pushliteral(L, text) neap_pushlstring(L, text, sizeof text - 1)
#define lua_pushfstring(L, ...) neap_pushfstring(L, __VA_ARGS__)
#define lua_pushvfstring(L, format, given) neap_pushvfstring(L, format, given)
#define luaL_getsubtable(L, index, key) neap_getsubtable(L, index, key)
#define luaL_newmetatable(L, name) neap_newmetatable(L, name)
#define luaL_setmetatable(L, name) neap_setmetatable(L, name)
#define luaL_setfuncs(L, rows, upvalues) neap_setfuncs(L, rows, upvalues)
#undef luaL_newlib
#define luaL_newlib(L, rows) (lua_newtable(L), neap_setfuncs(L, rows, 0))

// Where require looks first: package.preload, whose table it is.
#define LUA_PRELOAD_TABLE "_PRELOAD"

// What reads one. Whole numbers are told from others as 5.4 does it.
lua_Integer neap_tointegerx(lua_State *L, int index, int *is_whole);
lua_Number neap_tonumberx(lua_State *L, int index, int *is_number);
int neap_isinteger(lua_State *L, int index);
lua_Integer neap_len(lua_State *L, int index);
const char *neap_tolstring(lua_State *L, int index, size_t *size);
void *neap_testudata(lua_State *L, int index, const char *name);
int neap_absindex(lua_State *L, int index);
#undef lua_tointeger
#define lua_tointeger(L, index) neap_tointegerx(L, index, NULL)
#define lua_tointegerx(L, index, is_whole) neap_tointegerx(L, index, is_whole)
#define lua_tonumberx(L, index, is_number) neap_tonumberx(L, index, is_number)
#define lua_isinteger(L, index) neap_isinteger(L, index)
#define lua_rawlen(L, index) lua_objlen(L, index)
#define luaL_len(L, index) neap_len(L, index)
#define luaL_tolstring(L, index, size) neap_tolstring(L, index, size)
#define luaL_testudata(L, index, name) neap_testudata(L, index, name)
#define lua_absindex(L, index) neap_absindex(L, index)

// Buffers. Those of a given size are a userdata on top of the stack.
char *neap_buffinitsize(lua_State *L, luaL_Buffer *b, size_t size);
void neap_pushresultsize(luaL_Buffer *b, size_t size);
#define luaL_prepbuffsize(b, size) \
  ((void)sizeof(char[(size) <= LUAL_BUFFERSIZE ? 1 : -1]), luaL_prepbuffer(b))
#define luaL_buffinitsize(L, b, size) neap_buffinitsize(L, b, size)
#define luaL_pushresultsize(b, size) neap_pushresultsize(b, size)

// These Luas have no number that tells them apart.
#define luaL_checkversion(L) ((void)(L))

#endif

#endif
