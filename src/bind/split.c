// bind/split.c -- what lua/neap/split.lua is made of: whole groups dealt,
// nested samples, orders.
#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "dataset/dataset.h"

static uint64_t check_seed(lua_State *L, int index) {
  const lua_Number seed = luaL_checknumber(L, index);
  luaL_argcheck(L, seed == floor(seed) && seed >= 0 && seed <= NEAP_SEED_MAX,
                index, "seed: wanted a whole number, 0 to 2^53");
  return (uint64_t)seed;
}

static const neap_array *check_codes(lua_State *L, int index,
                                     lua_Integer count) {
  const neap_array *codes = neap_check_array_of(L, index, NEAP_INT32, "codes");
  for (size_t i = 0; i < codes->rows; i++) {
    const int32_t code = ((const int32_t *)codes->data)[i];
    luaL_argcheck(L, code >= 0 && code < count, index, "a code out of range");
  }
  return codes;
}

// Positions count from 0 in C, and from 1 in Lua.
static void count_from_one(neap_array *positions) {
  for (size_t i = 0; i < positions->rows; i++)
    ((int32_t *)positions->data)[i]++;
}

// (classes, class count, groups, group count, list of shares, seed) -> int32
// [rows]: bins from 1
static int deal_groups(lua_State *L) {
  const lua_Integer class_count = luaL_checkinteger(L, 2);
  const lua_Integer group_count = luaL_checkinteger(L, 4);
  const neap_array *classes = check_codes(L, 1, class_count);
  const neap_array *groups = check_codes(L, 3, group_count);
  const neap_array *shares = neap_check_doubles(L, 5);
  const uint64_t seed = check_seed(L, 6);
  luaL_argcheck(L, groups->rows == classes->rows, 3, "wanted as many rows");
  neap_array *bin = neap_new_array(L, NEAP_INT32, classes->rows, 0);
  neap_error error = {0};
  neap_raise_if(
      L,
      neap_deal_groups(neap_bound_engine(L), classes->rows, classes->data,
                       (size_t)class_count, groups->data, (size_t)group_count,
                       shares->data, shares->rows, seed, bin->data, &error),
      &error);
  count_from_one(bin);
  return 1;
}

// (classes, class count, seed) -> int32 [rows]: positions from 1
static int nest_rows(lua_State *L) {
  const lua_Integer class_count = luaL_checkinteger(L, 2);
  const neap_array *classes = check_codes(L, 1, class_count);
  const uint64_t seed = check_seed(L, 3);
  neap_array *order = neap_new_array(L, NEAP_INT32, classes->rows, 0);
  neap_error error = {0};
  neap_raise_if(
      L,
      neap_nest_rows(neap_bound_engine(L), classes->rows, classes->data,
                     (size_t)class_count, seed, order->data, &error),
      &error);
  count_from_one(order);
  return 1;
}

// (keys float64) -> int32 [rows]: positions from 1, keys rising
static int sort_rows(lua_State *L) {
  const neap_array *keys = neap_check_doubles(L, 1);
  neap_array *order = neap_new_array(L, NEAP_INT32, keys->rows, 0);
  neap_error error = {0};
  neap_raise_if(L,
                neap_sort_rows(neap_bound_engine(L), keys->rows, keys->data,
                               order->data, &error),
                &error);
  count_from_one(order);
  return 1;
}

// (positions int32, first, last) -> those from first to last
static int slice(lua_State *L) {
  const neap_array *from = neap_check_array_of(L, 1, NEAP_INT32, "positions");
  const lua_Integer first = luaL_checkinteger(L, 2);
  const lua_Integer last = luaL_checkinteger(L, 3);
  luaL_argcheck(
      L, first >= 1 && last >= first - 1 && last <= (lua_Integer)from->rows, 2,
      "out of range");
  const size_t count = (size_t)(last - first + 1);
  neap_array *to = neap_new_array(L, NEAP_INT32, count, 0);
  memcpy(to->data, (const int32_t *)from->data + (first - 1),
         count * sizeof(int32_t));
  return 1;
}

// (int32 array, number) -> int32 positions from 1 where it has another
static int where_not(lua_State *L) {
  const neap_array *array = neap_check_array_of(L, 1, NEAP_INT32, "array");
  const int32_t unwanted = (int32_t)luaL_checkinteger(L, 2);
  const int32_t *numbers = array->data;
  size_t count = 0;
  for (size_t i = 0; i < array->rows; i++)
    count += numbers[i] != unwanted;
  neap_array *positions = neap_new_array(L, NEAP_INT32, count, 0);
  int32_t *to = positions->data;
  for (size_t i = 0; i < array->rows; i++) {
    if (numbers[i] != unwanted)
      *to++ = (int32_t)i + 1;
  }
  return 1;
}

static const luaL_Reg functions[] = {
    {"deal_groups", deal_groups}, {"nest_rows", nest_rows},
    {"sort_rows", sort_rows},     {"slice", slice},
    {"where_not", where_not},     {NULL, NULL}};

void neap_open_split(lua_State *L) {
  luaL_newlib(L, functions);
}
