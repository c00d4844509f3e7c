// bind/data.c -- what lua/neap/data.lua is made of: rows and splits.
#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "dataset/dataset.h"

// Seeds are whole numbers that Lua, JSON and C all keep exactly.
static uint64_t check_seed(lua_State *L, int index) {
  const lua_Number seed = luaL_checknumber(L, index);
  luaL_argcheck(L, seed == floor(seed) && seed >= 0 && seed <= 0x1p53, index,
                "seed: wanted a whole number, 0 to 2^53");
  return (uint64_t)seed;
}

// ---------------------------------------------------------------- the rows

// (array, rows: int32 positions from 1) -> a new array with those rows
static int take(lua_State *L) {
  const neap_array *from = luaL_checkudata(L, 1, NEAP_ARRAY);
  const neap_array *rows = neap_check_array_of(L, 2, NEAP_INT32, "rows");
  const size_t row_bytes = from->columns * neap_dtype_size(from->dtype);
  neap_array *to = neap_new_array(L, from->dtype, rows->rows,
                                  from->dimensions == 2 ? from->columns : 0);
  for (size_t i = 0; i < rows->rows; i++) {
    const int32_t row = ((const int32_t *)rows->data)[i];
    if (row < 1 || (size_t)row > from->rows) {
      luaL_argerror(L, 2,
                    lua_pushfstring(L, "row %d; wanted 1 to %I", (int)row,
                                    (lua_Integer)from->rows));
    }
    memcpy((char *)to->data + i * row_bytes,
           (const char *)from->data + (size_t)(row - 1) * row_bytes, row_bytes);
  }
  return 1;
}

// (classes, class count, folds, seed) -> int32 [rows]: folds from 1
static int deal_folds(lua_State *L) {
  const neap_array *classes = neap_check_array_of(L, 1, NEAP_INT32, "classes");
  const size_t count = (size_t)luaL_checkinteger(L, 2);
  const lua_Integer folds = luaL_checkinteger(L, 3);
  const uint64_t seed = check_seed(L, 4);
  luaL_argcheck(L, folds >= 2, 3, "folds: wanted 2 or more");
  neap_array *fold = neap_new_array(L, NEAP_INT32, classes->rows, 0);
  neap_error error = {0};
  neap_raise_if(
      L,
      neap_deal_folds(neap_bound_engine(L), classes->rows, classes->data, count,
                      (size_t)folds, seed, fold->data, &error),
      &error);
  for (size_t i = 0; i < fold->rows; i++)
    ((int32_t *)fold->data)[i]++;
  return 1;
}

// (classes, class count, share, seed) -> int32 [rows]: 1 in the share, else 0
static int mark_share(lua_State *L) {
  const neap_array *classes = neap_check_array_of(L, 1, NEAP_INT32, "classes");
  const size_t count = (size_t)luaL_checkinteger(L, 2);
  const double share = luaL_checknumber(L, 3);
  const uint64_t seed = check_seed(L, 4);
  luaL_argcheck(L, share > 0 && share < 1, 3,
                "share: wanted a number between 0 and 1");
  neap_array *marked = neap_new_array(L, NEAP_INT32, classes->rows, 0);
  neap_error error = {0};
  neap_raise_if(
      L,
      neap_mark_share(neap_bound_engine(L), classes->rows, classes->data, count,
                      share, seed, marked->data, &error),
      &error);
  return 1;
}

// (int32 array, number) -> int32 positions from 1 where it has that number
static int where(lua_State *L) {
  const neap_array *array = neap_check_array_of(L, 1, NEAP_INT32, "array");
  const int32_t wanted = (int32_t)luaL_checkinteger(L, 2);
  const int32_t *numbers = array->data;
  size_t count = 0;
  for (size_t i = 0; i < array->rows; i++)
    count += numbers[i] == wanted;
  neap_array *positions = neap_new_array(L, NEAP_INT32, count, 0);
  int32_t *to = positions->data;
  for (size_t i = 0; i < array->rows; i++) {
    if (numbers[i] == wanted)
      *to++ = (int32_t)i + 1;
  }
  return 1;
}

// (x) -> shift, scale: float64 [columns]
static int standardize(lua_State *L) {
  const neap_array *x = luaL_checkudata(L, 1, NEAP_ARRAY);
  neap_array *shift = neap_new_array(L, NEAP_FLOAT64, x->columns, 0);
  neap_array *scale = neap_new_array(L, NEAP_FLOAT64, x->columns, 0);
  neap_standardize(x->rows, x->columns, x->data, x->dtype, shift->data,
                   scale->data);
  return 2;
}

// (x) -> nothing, or row and column (from 1) of a number that is not finite
static int find_not_finite(lua_State *L) {
  const neap_array *x = luaL_checkudata(L, 1, NEAP_ARRAY);
  if (x->dtype == NEAP_INT32)
    return 0;
  const size_t count = neap_array_count(x);
  const size_t at =
      neap_find_not_finite(neap_bound_engine(L), count, x->data, x->dtype);
  if (at == count)
    return 0;
  lua_pushinteger(L, (lua_Integer)(at / x->columns) + 1);
  lua_pushinteger(L, (lua_Integer)(at % x->columns) + 1);
  return 2;
}

// (seed, index) -> another seed
static int seed_of(lua_State *L) {
  const uint64_t seed = check_seed(L, 1);
  const uint64_t index = check_seed(L, 2);
  lua_pushinteger(L, (lua_Integer)neap_seed_of(seed, index));
  return 1;
}

static const luaL_Reg functions[] = {{"cholesky", neap_cholesky_of},
                                     {"take", take},
                                     {"deal_folds", deal_folds},
                                     {"mark_share", mark_share},
                                     {"where", where},
                                     {"standardize", standardize},
                                     {"find_not_finite", find_not_finite},
                                     {"seed_of", seed_of},
                                     {NULL, NULL}};

void neap_open_data(lua_State *L) {
  luaL_newlib(L, functions);
  neap_push_generators(L);
  lua_setfield(L, -2, "generators");
  neap_push_population(L);
  lua_setfield(L, -2, "population");
  neap_push_relabel(L);
  lua_setfield(L, -2, "relabel");
}
