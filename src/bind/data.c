// bind/data.c -- what lua/neap/data.lua is made of: CSV, rows, splits.
#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "dataset/dataset.h"

#define NEAP_CSV "neap.Csv"

// Seeds are whole numbers that Lua, JSON and C all keep exactly.
static uint64_t check_seed(lua_State *L, int index) {
  const lua_Number seed = luaL_checknumber(L, index);
  luaL_argcheck(L, seed == floor(seed) && seed >= 0 && seed <= 0x1p53, index,
                "seed: wanted a whole number, 0 to 2^53");
  return (uint64_t)seed;
}

// --------------------------------------------------------------------- CSV

// The layout of a text; its user value is the text.
static neap_csv *check_csv(lua_State *L) {
  return luaL_checkudata(L, 1, NEAP_CSV);
}

// (text, delimiter or nil, header: true, false or nil) -> csv, or nil and why
static int csv_scan(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  size_t delimiter_size;
  const char *delimiter = luaL_optlstring(L, 2, "", &delimiter_size);
  luaL_argcheck(L, delimiter_size <= 1, 2,
                "delimiter: wanted a single character");
  neap_csv_options options = {.delimiter = delimiter[0]};
  if (!lua_isnoneornil(L, 3)) {
    options.header = lua_toboolean(L, 3) ? NEAP_HEADER_YES : NEAP_HEADER_NO;
  }
  neap_csv *csv = lua_newuserdatauv(L, sizeof *csv, 1);
  *csv = (neap_csv){0};
  luaL_setmetatable(L, NEAP_CSV);
  neap_error error = {0};
  if (neap_csv_scan(text, size, &options, csv, &error) != NEAP_OK) {
    lua_pushnil(L);
    lua_pushstring(L, error.message);
    return 2;
  }
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

static void push_field(lua_State *L, const neap_field *field) {
  if (!field->has_doubled_quotes) {
    lua_pushlstring(L, field->text, field->size_bytes);
    return;
  }
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (size_t i = 0; i < field->size_bytes; i++) {
    luaL_addchar(&b, field->text[i]);
    if (field->text[i] == '"')
      i++;
  }
  luaL_pushresult(&b);
}

// csv:layout() -> rows, names: a list; without a header "1", "2", ...
static int csv_layout(lua_State *L) {
  const neap_csv *csv = check_csv(L);
  lua_pushinteger(L, (lua_Integer)csv->rows);
  lua_newtable(L);
  for (size_t j = 0; j < csv->columns; j++) {
    const neap_field name = neap_csv_name(csv, j);
    if (csv->has_header) {
      push_field(L, &name);
    } else {
      lua_pushfstring(L, "%I", (lua_Integer)j + 1);
    }
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
  return 2;
}

// csv:read(kinds: a list of "number", "text", "skip") -> x [rows][numbers],
// texts: a list of lists of strings, one for each text column; or nil and why
static int csv_read(lua_State *L) {
  static const char *const kinds[] = {"skip", "number", "text", NULL};
  const neap_csv *csv = check_csv(L);
  luaL_checktype(L, 2, LUA_TTABLE);
  neap_column *columns =
      lua_newuserdatauv(L, (csv->columns + 1) * sizeof *columns, 0);
  size_t numbers = 0, texts = 0;
  for (size_t j = 0; j < csv->columns; j++) {
    lua_geti(L, 2, (lua_Integer)j + 1);
    columns[j] = (neap_column)luaL_checkoption(L, -1, "skip", kinds);
    lua_pop(L, 1);
    numbers += columns[j] == NEAP_NUMBER;
    texts += columns[j] == NEAP_TEXT;
  }
  luaL_argcheck(L, numbers > 0, 2, "wanted at least one column of numbers");
  neap_array *x = neap_new_array(L, NEAP_FLOAT64, csv->rows, numbers);
  neap_field *fields =
      lua_newuserdatauv(L, (csv->rows * texts + 1) * sizeof *fields, 0);
  neap_error error = {0};
  if (neap_csv_read(csv, columns, x->data, fields, &error) != NEAP_OK) {
    lua_pushnil(L);
    lua_pushstring(L, error.message);
    return 2;
  }
  lua_pushvalue(L, -2);
  lua_createtable(L, (int)texts, 0);
  for (size_t t = 0; t < texts; t++) {
    lua_newtable(L);
    for (size_t i = 0; i < csv->rows; i++) {
      push_field(L, &fields[i * texts + t]);
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_rawseti(L, -2, (lua_Integer)t + 1);
  }
  return 2;
}

static const luaL_Reg csv_meta[] = {{NULL, NULL}};
static const luaL_Reg csv_methods[] = {
    {"layout", csv_layout}, {"read", csv_read}, {NULL, NULL}};

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
  const size_t at =
      neap_find_not_finite(x->rows, x->columns, x->data, x->dtype);
  if (at == neap_array_count(x))
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

typedef struct bytes {
  char *start;
  size_t size;
} bytes;

static int push_bytes(lua_State *L) {
  const bytes *file = lua_touserdata(L, 1);
  lua_pushlstring(L, file->start, file->size);
  return 1;
}

// (path) -> the file's bytes, or nil and why
static int read_file(lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  const neap_host *host = &neap_bound_engine(L)->host;
  neap_error error = {.message = "this host reads no files"};
  bytes file = {0};
  if (host->read_file != NULL) {
    file.start = host->read_file(host->data, host, path, &file.size, &error);
  }
  if (file.start == NULL) {
    lua_pushnil(L);
    lua_pushstring(L, error.message);
    return 2;
  }
  // Lua may run out of memory; the file's block must be given back first.
  lua_pushcfunction(L, push_bytes);
  lua_pushlightuserdata(L, &file);
  const int status = lua_pcall(L, 1, 1, 0);
  host->allocate(host->data, file.start, file.size + 1, 0);
  return status == LUA_OK ? 1 : lua_error(L);
}

static const luaL_Reg functions[] = {{"csv", csv_scan},
                                     {"cholesky", neap_cholesky_of},
                                     {"take", take},
                                     {"deal_folds", deal_folds},
                                     {"mark_share", mark_share},
                                     {"where", where},
                                     {"standardize", standardize},
                                     {"find_not_finite", find_not_finite},
                                     {"seed_of", seed_of},
                                     {"read_file", read_file},
                                     {NULL, NULL}};

void neap_open_data(lua_State *L) {
  neap_make_type(L, NEAP_CSV, csv_meta, csv_methods);
  luaL_newlib(L, functions);
  neap_push_generators(L);
  lua_setfield(L, -2, "generators");
  neap_push_population(L);
  lua_setfield(L, -2, "population");
  neap_push_relabel(L);
  lua_setfield(L, -2, "relabel");
}
