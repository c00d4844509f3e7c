// bind/columns.c -- columns of what was read, for lua/neap/files: codes,
// missing values, one-hot columns, a look for what is of no use.
#include <math.h>
#include <string.h>

#include "bind/files.h"

static neap_array *check_x(lua_State *L, int index) {
  neap_array *x = luaL_checkudata(L, index, NEAP_ARRAY);
  luaL_argcheck(L, x->dtype != NEAP_INT32, index, "wanted floats");
  return x;
}

static size_t check_column(lua_State *L, int index, const neap_array *x) {
  const lua_Integer column = luaL_checkinteger(L, index);
  luaL_argcheck(L, column >= 1 && (size_t)column <= x->columns, index,
                "no such column");
  return (size_t)column - 1;
}

// (codes int32, list: what each code becomes) -> a new int32 array; -1 stays
static int recode(lua_State *L) {
  const neap_array *codes = neap_check_array_of(L, 1, NEAP_INT32, "codes");
  const neap_array *list = neap_check_array_of(L, 2, NEAP_INT32, "list");
  neap_array *to = neap_new_array(L, NEAP_INT32, codes->rows, 0);
  for (size_t i = 0; i < codes->rows; i++) {
    const int32_t code = ((const int32_t *)codes->data)[i];
    luaL_argcheck(L, code < (int64_t)list->rows, 1, "a code beyond the list");
    ((int32_t *)to->data)[i] =
        code < 0 ? -1 : ((const int32_t *)list->data)[code];
  }
  return 1;
}

typedef struct distinct {
  neap_levels levels;
} distinct;

static int collect_distinct(lua_State *L) {
  distinct *d = lua_touserdata(L, 1);
  if (neap_bound_engine(L) != NULL)
    neap_levels_free(&d->levels);
  return 0;
}

// (numbers float64 [n], most) -> codes, how many distinct ones there are, and
// unless there are more than most: a list of them, and of their counts
static int code_numbers(lua_State *L) {
  const neap_array *numbers =
      neap_check_array_of(L, 1, NEAP_FLOAT64, "numbers");
  const size_t most = (size_t)luaL_checkinteger(L, 2);
  neap_array *codes = neap_new_array(L, NEAP_INT32, numbers->rows, 0);
  neap_array *keys = neap_new_array(L, NEAP_FLOAT64, numbers->rows, 0);
  distinct *d = lua_newuserdatauv(L, sizeof *d, 0);
  *d = (distinct){.levels = {.engine = neap_bound_engine(L)}};
  luaL_setmetatable(L, NEAP_TYPE("Distinct"));
  lua_pushvalue(L, -3);
  neap_error error = {0};
  for (size_t i = 0; i < numbers->rows; i++) {
    double *key = (double *)keys->data + i;
    *key = ((const double *)numbers->data)[i] + 0.0;  // -0 becomes 0
    const neap_field field = {.text = (const char *)key,
                              .size_bytes = sizeof *key};
    neap_raise_if(L,
                  neap_levels_code(&d->levels, &field, i + 1,
                                   (int32_t *)codes->data + i, &error),
                  &error);
  }
  lua_pushinteger(L, (lua_Integer)d->levels.count);
  if (d->levels.count > most)
    return 2;
  lua_newtable(L);
  lua_newtable(L);
  for (size_t i = 0; i < d->levels.count; i++) {
    double key;
    memcpy(&key, d->levels.list[i].field.text, sizeof key);
    lua_pushnumber(L, key);
    lua_rawseti(L, -3, (lua_Integer)i + 1);
    lua_pushinteger(L, (lua_Integer)d->levels.list[i].count);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 4;
}

// (x, column, codes, list) -> nothing; sets x[i][column + list[code]] to 1
static int expand(lua_State *L) {
  neap_array *x = check_x(L, 1);
  const size_t first = check_column(L, 2, x);
  const neap_array *codes = neap_check_array_of(L, 3, NEAP_INT32, "codes");
  const neap_array *list = neap_check_array_of(L, 4, NEAP_INT32, "list");
  luaL_argcheck(L, !x->frozen && codes->rows == x->rows, 3,
                "wanted a code for each row");
  for (size_t i = 0; i < x->rows; i++) {
    const int32_t code = ((const int32_t *)codes->data)[i];
    if (code < 0)
      continue;
    luaL_argcheck(L, code < (int64_t)list->rows, 3, "a code beyond the list");
    const int32_t place = ((const int32_t *)list->data)[code];
    luaL_argcheck(L, place >= 0 && (size_t)place < x->columns - first, 4,
                  "a place outside of x");
    neap_put(x->data, x->dtype, i * x->columns + first + (size_t)place, 1);
  }
  return 0;
}

// ---------------------------------------------------------- missing values

static int push_counts(lua_State *L, const neap_array *x) {
  lua_Integer *counts =
      lua_newuserdatauv(L, (x->columns + 1) * sizeof *counts, 0);
  size_t *first = lua_newuserdatauv(L, (x->columns + 1) * sizeof *first, 0);
  memset(counts, 0, (x->columns + 1) * sizeof *counts);
  for (size_t i = 0; i < x->rows; i++) {
    for (size_t j = 0; j < x->columns; j++) {
      if (!isnan(neap_get(x->data, x->dtype, i * x->columns + j)))
        continue;
      if (counts[j]++ == 0)
        first[j] = i + 1;
    }
  }
  lua_newtable(L);
  for (size_t j = 0; j < x->columns; j++) {
    if (counts[j] == 0)
      continue;
    lua_createtable(L, 0, 2);
    lua_pushinteger(L, counts[j]);
    lua_setfield(L, -2, "missing");
    lua_pushinteger(L, (lua_Integer)first[j]);
    lua_setfield(L, -2, "row");
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
  return 1;
}

// (x) -> { [column] = { missing = NaNs, row = the first } } of those with some
static int count_missing(lua_State *L) {
  return push_counts(L, check_x(L, 1));
}

// (x) -> row and column of the first infinity, or nothing
static int find_infinite(lua_State *L) {
  const neap_array *x = check_x(L, 1);
  for (size_t i = 0; i < neap_array_count(x); i++) {
    if (!isinf(neap_get(x->data, x->dtype, i)))
      continue;
    lua_pushinteger(L, (lua_Integer)(i / x->columns) + 1);
    lua_pushinteger(L, (lua_Integer)(i % x->columns) + 1);
    return 2;
  }
  return 0;
}

// (x, column, "mean" or "median") -> the number; nil where all are missing
static int middle_of(lua_State *L) {
  const neap_array *x = check_x(L, 1);
  const size_t column = check_column(L, 2, x);
  static const char *const names[] = {"mean", "median", NULL};
  const bool median = luaL_checkoption(L, 3, NULL, names) == 1;
  double *numbers = lua_newuserdatauv(L, (x->rows + 1) * sizeof *numbers, 0);
  size_t count = 0;
  double mean = 0;
  for (size_t i = 0; i < x->rows; i++) {
    const double number = neap_get(x->data, x->dtype, i * x->columns + column);
    if (isnan(number))
      continue;
    numbers[count++] = number;
    mean += (number - mean) / (double)count;
  }
  if (count == 0)
    return 0;
  if (median) {
    uint32_t *scratch = lua_newuserdatauv(L, count * 2 * sizeof *scratch, 0);
    uint32_t *order = lua_newuserdatauv(L, count * sizeof *order, 0);
    neap_sort_descending(count, numbers, NEAP_FLOAT64, order, scratch);
    const double low = numbers[order[count / 2]];
    const double high = numbers[order[(count - 1) / 2]];
    mean = count % 2 == 1 ? low : low / 2 + high / 2;
  }
  lua_pushnumber(L, mean);
  return 1;
}

// (x, column, number) -> nothing; puts it where NaN is
static int fill_missing(lua_State *L) {
  neap_array *x = check_x(L, 1);
  const size_t column = check_column(L, 2, x);
  const double number = luaL_checknumber(L, 3);
  luaL_argcheck(L, !x->frozen, 1, "it is frozen");
  for (size_t i = 0; i < x->rows; i++) {
    const size_t at = i * x->columns + column;
    if (isnan(neap_get(x->data, x->dtype, at)))
      neap_put(x->data, x->dtype, at, number);
  }
  return 0;
}

// (kept: int32 [n], x, column) or (kept, codes) -> nothing; kept[i] becomes 0
// where the column is NaN, or the code below 0
static int drop_missing(lua_State *L) {
  neap_array *kept = neap_check_array_of(L, 1, NEAP_INT32, "kept");
  const neap_array *from = luaL_checkudata(L, 2, NEAP_ARRAY);
  const size_t column = lua_isnoneornil(L, 3) ? 0 : check_column(L, 3, from);
  luaL_argcheck(L, from->rows == kept->rows, 2, "wanted as many rows");
  for (size_t i = 0; i < from->rows; i++) {
    const double number =
        neap_get(from->data, from->dtype, i * from->columns + column);
    if (isnan(number) || (from->dtype == NEAP_INT32 && number < 0))
      ((int32_t *)kept->data)[i] = 0;
  }
  return 0;
}

// (x, list of columns) -> a new array of those columns
static int take_columns(lua_State *L) {
  const neap_array *x = check_x(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  const size_t count = (size_t)luaL_len(L, 2);
  luaL_argcheck(L, count > 0, 2, "wanted at least one column");
  size_t *columns = lua_newuserdatauv(L, count * sizeof *columns, 0);
  for (size_t j = 0; j < count; j++) {
    lua_geti(L, 2, (lua_Integer)j + 1);
    columns[j] = check_column(L, -1, x);
    lua_pop(L, 1);
  }
  neap_array *to = neap_new_array(L, x->dtype, x->rows, count);
  for (size_t i = 0; i < x->rows; i++) {
    for (size_t j = 0; j < count; j++) {
      neap_put(to->data, x->dtype, i * count + j,
               neap_get(x->data, x->dtype, i * x->columns + columns[j]));
    }
  }
  return 1;
}

// (x, column) -> float64 [n]
static int column_of(lua_State *L) {
  const neap_array *x = check_x(L, 1);
  const size_t column = check_column(L, 2, x);
  neap_array *to = neap_new_array(L, NEAP_FLOAT64, x->rows, 0);
  for (size_t i = 0; i < x->rows; i++) {
    ((double *)to->data)[i] =
        neap_get(x->data, x->dtype, i * x->columns + column);
  }
  return 1;
}

// (list of arrays [n]) -> float64 [n][k]
static int join_columns(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const size_t count = (size_t)luaL_len(L, 1);
  luaL_argcheck(L, count > 0, 1, "wanted at least one column");
  lua_geti(L, 1, 1);
  const neap_array *first = luaL_checkudata(L, -1, NEAP_ARRAY);
  neap_array *to = neap_new_array(L, NEAP_FLOAT64, first->rows, count);
  for (size_t j = 0; j < count; j++) {
    lua_geti(L, 1, (lua_Integer)j + 1);
    const neap_array *from = luaL_checkudata(L, -1, NEAP_ARRAY);
    luaL_argcheck(L, from->rows == to->rows && from->columns == 1, 1,
                  "wanted columns of as many rows");
    for (size_t i = 0; i < to->rows; i++)
      ((double *)to->data)[i * count + j] =
          neap_get(from->data, from->dtype, i);
    lua_pop(L, 1);
  }
  return 1;
}

// (x) -> duplicates, list of constant columns, list of columns of own numbers
static int look_over(lua_State *L) {
  const neap_array *x = check_x(L, 1);
  uint8_t *flags = lua_newuserdatauv(L, 2 * x->columns + 1, 0);
  neap_look look = {.constant = flags, .id = flags + x->columns};
  neap_error error = {0};
  neap_raise_if(L,
                neap_look_over(neap_bound_engine(L), x->rows, x->columns,
                               x->data, x->dtype, &look, &error),
                &error);
  lua_pushinteger(L, (lua_Integer)look.duplicates);
  for (int list = 0; list < 2; list++) {
    lua_newtable(L);
    lua_Integer count = 0;
    for (size_t j = 0; j < x->columns; j++) {
      if (!flags[(size_t)list * x->columns + j])
        continue;
      lua_pushinteger(L, (lua_Integer)j + 1);
      lua_rawseti(L, -2, ++count);
    }
  }
  return 3;
}

static const luaL_Reg distinct_meta[] = {{"__gc", collect_distinct},
                                         {NULL, NULL}};
static const neap_function no_methods[] = {{0}};
static const luaL_Reg functions[] = {{"recode", recode},
                                     {"code_numbers", code_numbers},
                                     {"expand", expand},
                                     {"count_missing", count_missing},
                                     {"find_infinite", find_infinite},
                                     {"middle_of", middle_of},
                                     {"fill_missing", fill_missing},
                                     {"drop_missing", drop_missing},
                                     {"take_columns", take_columns},
                                     {"column_of", column_of},
                                     {"join_columns", join_columns},
                                     {"look_over", look_over},
                                     {NULL, NULL}};

void neap_add_columns(lua_State *L) {
  neap_make_type(L, NEAP_TYPE("Distinct"), distinct_meta, no_methods);
  luaL_setfuncs(L, functions, 0);
}
