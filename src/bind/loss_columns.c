// bind/loss_columns.c -- what losses written in Lua read of a data set's rows.
#include "bind/bind.h"
#include "loss/loss.h"

size_t neap_count_columns(lua_State *L, int index) {
  const neap_bound_loss *bound = luaL_checkudata(L, index, NEAP_LOSS_TYPE);
  size_t count = 0;
  if (bound->loss != NULL)
    return neap_loss_columns(bound->loss);
  lua_getiuservalue(L, index, 1);
  for (size_t i = 0; i < bound->term_count; i++) {
    lua_geti(L, -1, (lua_Integer)i + 1);
    count += neap_count_columns(L, lua_gettop(L));
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return count;
}

// Adds the names of a loss's columns to the list on top of the stack.
static void add_columns(lua_State *L, int index) {
  const neap_bound_loss *bound = luaL_checkudata(L, index, NEAP_LOSS_TYPE);
  const int list = lua_gettop(L);
  luaL_checkstack(L, 8, "too many losses");
  if (bound->loss == NULL) {
    lua_getiuservalue(L, index, 1);
    const int terms = lua_gettop(L);
    for (size_t i = 0; i < bound->term_count; i++) {
      lua_geti(L, terms, (lua_Integer)i + 1);
      const int term = lua_gettop(L);
      lua_pushvalue(L, list);
      add_columns(L, term);
      lua_settop(L, terms);
    }
    lua_settop(L, list);
    return;
  }
  if (neap_loss_columns(bound->loss) == 0)
    return;
  lua_getiuservalue(L, index, 2);
  lua_getiuservalue(L, -1, 1);
  lua_getfield(L, -1, "columns");
  const lua_Integer count = luaL_len(L, -1);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_geti(L, -1, i);
    lua_rawseti(L, list, (lua_Integer)lua_rawlen(L, list) + 1);
  }
  lua_settop(L, list);
}

size_t neap_push_columns(lua_State *L, int index) {
  index = lua_absindex(L, index);
  lua_newtable(L);
  add_columns(L, index);
  return lua_rawlen(L, -1);
}

const double *const *neap_push_loss_columns(lua_State *L, int table,
                                            size_t *count) {
  *count = 0;
  if (lua_getfield(L, table, "loss_columns") == LUA_TNIL)
    return NULL;
  const int list = lua_gettop(L);
  *count = (size_t)luaL_len(L, list);
  luaL_checkstack(L, (int)*count + 8, "too many columns");
  const double **columns =
      lua_newuserdatauv(L, (*count + 1) * sizeof *columns, 0);
  for (size_t i = 0; i < *count; i++) {
    lua_geti(L, list, (lua_Integer)i + 1);
    lua_getfield(L, -1, "numbers");
    lua_remove(L, -2);
    columns[i] = neap_check_doubles(L, lua_gettop(L))->data;
  }
  return columns;
}

void neap_find_loss_columns(lua_State *L, int loss, int table, uint16_t *to) {
  if (neap_count_columns(L, loss) == 0)
    return;
  const size_t count = neap_push_columns(L, loss);
  const int names = lua_gettop(L);
  const bool has_any = lua_getfield(L, table, "loss_columns") != LUA_TNIL;
  const lua_Integer all = has_any ? luaL_len(L, -1) : 0;
  for (size_t i = 0; i < count; i++) {
    lua_geti(L, names, (lua_Integer)i + 1);
    to[i] = UINT16_MAX;
    for (lua_Integer j = 1; j <= all; j++) {
      lua_geti(L, names + 1, j);
      lua_getfield(L, -1, "name");
      if (lua_rawequal(L, -1, names + 2))
        to[i] = (uint16_t)(j - 1);
      lua_settop(L, names + 2);
    }
    lua_settop(L, names + 1);
  }
  lua_settop(L, names - 1);
}
