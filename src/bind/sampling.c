// bind/sampling.c -- how many rows of each class an epoch has.
#include "bind/bound_row.h"

// (counts, sampling, ratio) -> how many rows of each class an epoch has
int neap_sampled_counts_of(lua_State *L) {
  const size_t k = (size_t)luaL_len(L, 1);
  const neap_sampling sampling =
      (neap_sampling)luaL_checkoption(L, 2, NULL, neap_samplings);
  const double ratio = luaL_checknumber(L, 3);
  size_t *counts = lua_newuserdatauv(L, 2 * (k + 1) * sizeof *counts, 0);
  for (size_t c = 0; c < k; c++) {
    lua_geti(L, 1, (lua_Integer)c + 1);
    counts[c] = (size_t)lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
  neap_sampled_counts(sampling, ratio, k, counts, counts + k);
  lua_createtable(L, (int)k, 0);
  for (size_t c = 0; c < k; c++) {
    lua_pushinteger(L, (lua_Integer)counts[k + c]);
    lua_rawseti(L, -2, (lua_Integer)c + 1);
  }
  return 1;
}
