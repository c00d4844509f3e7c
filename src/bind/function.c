// bind/function.c -- functions that scripts call: each has a name, and takes so
// many arguments and no more.

#include "bind/bind.h"

// All of them come through here, with their row as the first upvalue.
static int call_function(lua_State *L) {
  const neap_function *row = lua_touserdata(L, lua_upvalueindex(1));
  const int extra = lua_gettop(L) - row->most;
  return extra <= 0 ? row->call(L) : neap_refuse_extra(L, row->most);
}

// The same of methods and of objects that are called: the object is no
// argument.
static int call_method(lua_State *L) {
  const neap_function *row = lua_touserdata(L, lua_upvalueindex(1));
  const int extra = lua_gettop(L) - 1 - row->most;
  return extra <= 0 ? row->call(L) : neap_refuse_extra(L, row->most + 1);
}

const neap_function *neap_running_function(lua_State *L, bool *is_method) {
  lua_Debug frame;
  if (lua_getstack(L, 0, &frame) == 0)
    return NULL;
  lua_getinfo(L, "f", &frame);
  const lua_CFunction call = lua_tocfunction(L, -1);
  *is_method = call == call_method;
  const neap_function *row = NULL;
  if (*is_method || call == call_function) {
    lua_getupvalue(L, -1, 1);
    row = lua_touserdata(L, -1);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return row;
}

void neap_set_functions(lua_State *L, const neap_function *rows) {
  for (; rows->call != NULL; rows++) {
    lua_pushlightuserdata(L, (void *)(size_t)rows);
    lua_pushcclosure(L, call_function, 1);
    lua_setfield(L, -2, rows->name);
  }
}

void neap_set_function(lua_State *L, neap_function row) {
  neap_function *kept = lua_newuserdatauv(L, sizeof *kept, 0);
  *kept = row;
  lua_insert(L, -2);
  lua_pushcclosure(L, call_function, 2);
  lua_setfield(L, -2, row.name);
}

void neap_set_methods(lua_State *L, const neap_function *rows) {
  for (; rows->call != NULL; rows++) {
    lua_pushlightuserdata(L, (void *)(size_t)rows);
    lua_pushcclosure(L, call_method, 1);
    lua_setfield(L, -2, rows->name);
  }
}
