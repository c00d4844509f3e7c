// bind/array.c -- arrays of numbers: float64, float32, int32, one or two
// dimensions, rows first.
#include <limits.h>
#include <math.h>
#include <string.h>

#include "bind/bind.h"

static const char *const dtype_names[] = {"float64", "float32", "int32", NULL};

// The userdata of a view holds no numbers; its user value is the array that
// does.
static neap_array *push_header(lua_State *L, size_t bytes) {
  neap_array *array = lua_newuserdatauv(L, bytes, 1);
  *array = (neap_array){0};
  luaL_setmetatable(L, NEAP_ARRAY);
  return array;
}

neap_array *neap_new_raw_array(lua_State *L, neap_dtype dtype, size_t rows,
                               size_t columns) {
  const size_t size = neap_dtype_size(dtype);
  const size_t width = columns > 0 ? columns : 1;
  const size_t most = (SIZE_MAX / 2 - 2 * NEAP_ALIGNMENT) / size;
  if (rows > most / width)
    luaL_error(L, "an array is too large for memory");
  const size_t bytes = rows * width * size;
  const size_t extra = neap_aligned(sizeof(neap_array)) + NEAP_ALIGNMENT;
  neap_array *array = push_header(L, extra + bytes);
  array->dtype = dtype;
  array->dimensions = columns > 0 ? 2 : 1;
  array->rows = rows;
  array->columns = width;
  array->data = (void *)neap_aligned((size_t)array + sizeof *array);
  return array;
}

neap_array *neap_new_array(lua_State *L, neap_dtype dtype, size_t rows,
                           size_t columns) {
  neap_array *array = neap_new_raw_array(L, dtype, rows, columns);
  memset(array->data, 0, neap_array_count(array) * neap_dtype_size(dtype));
  return array;
}

neap_array *neap_new_view(lua_State *L, neap_dtype dtype, size_t rows,
                          size_t columns, const void *data, int owner) {
  owner = lua_absindex(L, owner);
  neap_array *view = push_header(L, sizeof *view);
  *view = (neap_array){.dtype = dtype,
                       .dimensions = columns > 0 ? 2 : 1,
                       .rows = rows,
                       .columns = columns > 0 ? columns : 1,
                       .frozen = true,
                       .data = (void *)(size_t)data};
  lua_pushvalue(L, owner);
  lua_setiuservalue(L, -2, 1);
  return view;
}

const char *neap_push_shape(lua_State *L, const neap_array *array) {
  const lua_Integer rows = (lua_Integer)array->rows;
  if (array->dimensions == 1)
    return lua_pushfstring(L, "[%I]", rows);
  return lua_pushfstring(L, "[%I][%I]", rows, (lua_Integer)array->columns);
}

void neap_check_shape(lua_State *L, int index, const neap_array *got,
                      const neap_array *wanted, const char *name,
                      const char *wanted_name) {
  if (got->dimensions == wanted->dimensions && got->rows == wanted->rows &&
      got->columns == wanted->columns) {
    return;
  }
  const char *got_shape = neap_push_shape(L, got);
  const char *wanted_shape = neap_push_shape(L, wanted);
  luaL_argerror(L, index,
                lua_pushfstring(L, "%s are %s and %s are %s", name, got_shape,
                                wanted_name, wanted_shape));
}

// ------------------------------------------------------------ from tables

// Puts the number on top of the stack into an array, or raises.
static void put_top(lua_State *L, int index, neap_array *array, size_t at) {
  if (lua_type(L, -1) != LUA_TNUMBER) {
    const lua_Integer row = (lua_Integer)(at / array->columns) + 1;
    luaL_argerror(L, index,
                  lua_pushfstring(L, "element %I is a %s; wanted a number", row,
                                  luaL_typename(L, -1)));
  }
  const double number = lua_tonumber(L, -1);
  if (array->dtype == NEAP_INT32 &&
      (number != floor(number) || number < INT32_MIN || number > INT32_MAX)) {
    luaL_argerror(L, index,
                  lua_pushfstring(L, "element %I is %f; wanted a whole number",
                                  (lua_Integer)(at / array->columns) + 1,
                                  (lua_Number)number));
  }
  neap_put(array->data, array->dtype, at, number);
}

static void fill_row(lua_State *L, int index, neap_array *array, size_t row) {
  const int table = lua_gettop(L);
  const size_t columns = (size_t)luaL_len(L, table);
  if (columns != array->columns) {
    luaL_argerror(L, index,
                  lua_pushfstring(L, "row %I has %I numbers and row 1 has %I",
                                  (lua_Integer)row + 1, (lua_Integer)columns,
                                  (lua_Integer)array->columns));
  }
  for (size_t j = 0; j < columns; j++) {
    lua_geti(L, table, (lua_Integer)j + 1);
    put_top(L, index, array, row * columns + j);
    lua_pop(L, 1);
  }
}

// Pushes an array with the numbers of the table at `index`.
static neap_array *push_from_table(lua_State *L, int index, neap_dtype dtype) {
  const size_t rows = (size_t)luaL_len(L, index);
  if (rows == 0) {
    lua_pushnil(L);
    if (lua_next(L, index) != 0)
      luaL_argerror(L, index, "named fields; wanted a list of numbers");
  }
  size_t columns = 0;
  if (lua_geti(L, index, 1) == LUA_TTABLE) {
    columns = (size_t)luaL_len(L, -1);
    luaL_argcheck(L, columns > 0, index, "row 1 has no numbers");
  }
  lua_pop(L, 1);
  neap_array *array = neap_new_array(L, dtype, rows, columns);
  for (size_t i = 0; i < rows; i++) {
    const int type = lua_geti(L, index, (lua_Integer)i + 1);
    if (columns == 0) {
      put_top(L, index, array, i);
    } else {
      if (type != LUA_TTABLE) {
        luaL_argerror(
            L, index,
            lua_pushfstring(L, "row %I is a %s; wanted a table",
                            (lua_Integer)i + 1, luaL_typename(L, -1)));
      }
      fill_row(L, index, array, i);
    }
    lua_pop(L, 1);
  }
  return array;
}

neap_array *neap_check_array(lua_State *L, int index, neap_dtype dtype) {
  if (lua_type(L, index) == LUA_TTABLE) {
    push_from_table(L, index, dtype);
    lua_replace(L, index);
  }
  neap_array *array = neap_test_type(L, index, NEAP_ARRAY);
  if (array == NULL)
    luaL_typeerror(L, index, "array or table of numbers");
  return array;
}

neap_array *neap_check_array_of(lua_State *L, int index, neap_dtype dtype,
                                const char *name) {
  neap_array *array = neap_check_array(L, index, dtype);
  if (array->dtype != dtype) {
    luaL_argerror(
        L, index,
        lua_pushfstring(L, "%s are %s; wanted %s", name,
                        neap_dtype_name(array->dtype), neap_dtype_name(dtype)));
  }
  return array;
}

static neap_array *push_copy(lua_State *L, const neap_array *from,
                             neap_dtype dtype) {
  neap_array *to = neap_new_array(L, dtype, from->rows,
                                  from->dimensions == 2 ? from->columns : 0);
  const size_t count = neap_array_count(from);
  if (from->dtype == dtype) {
    memcpy(to->data, from->data, count * neap_dtype_size(dtype));
    return to;
  }
  for (size_t i = 0; i < count; i++) {
    neap_put(to->data, dtype, i, neap_get(from->data, from->dtype, i));
  }
  return to;
}

neap_array *neap_check_doubles(lua_State *L, int index) {
  neap_array *array = neap_check_array(L, index, NEAP_FLOAT64);
  if (array->dtype == NEAP_FLOAT64)
    return array;
  array = push_copy(L, array, NEAP_FLOAT64);
  lua_replace(L, index);
  return array;
}

// --------------------------------------------------------------- functions

static neap_dtype check_dtype(lua_State *L, int index) {
  const char *name = luaL_optstring(L, index, "float64");
  for (int i = 0; dtype_names[i] != NULL; i++) {
    if (strcmp(name, dtype_names[i]) == 0)
      return (neap_dtype)i;
  }
  luaL_argerror(L, index,
                lua_pushfstring(L,
                                "dtype is '%s'; wanted float64, float32 or "
                                "int32",
                                name));
  return NEAP_FLOAT64;
}

static neap_array *self(lua_State *L) {
  return luaL_checkudata(L, 1, NEAP_ARRAY);
}

static size_t check_size(lua_State *L, int index) {
  const lua_Integer size = luaL_checkinteger(L, index);
  if (size < 0) {
    luaL_argerror(L, index,
                  lua_pushfstring(L, "%I; wanted a whole number >= 0", size));
  }
  return (size_t)size;
}

//- neap.array(numbers [, dtype]) -> array
// numbers: a table, nested tables make rows; dtype: "float64" (the default),
// "float32" or "int32". Raises on ragged rows and on what is no number.
static int array_from_table(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  const neap_dtype dtype = check_dtype(L, 2);
  push_from_table(L, 1, dtype);
  return 1;
}

//- neap.zeros(n [, m [, dtype]]) -> array [n] or [n][m]
static int array_zeros(lua_State *L) {
  const size_t rows = check_size(L, 1);
  const size_t columns = lua_isnoneornil(L, 2) ? 0 : check_size(L, 2);
  luaL_argcheck(L, lua_isnoneornil(L, 2) || columns > 0, 2,
                "wanted a whole number >= 1");
  neap_new_array(L, check_dtype(L, 3), rows, columns);
  return 1;
}

//- neap.from_bytes(bytes, dtype, n [, m]) -> array
// The machine's byte order, rows first, as array:tobytes() gives them.
static int array_from_bytes(lua_State *L) {
  size_t size;
  const char *bytes = luaL_checklstring(L, 1, &size);
  const neap_dtype dtype = check_dtype(L, 2);
  const size_t rows = check_size(L, 3);
  const size_t columns = lua_isnoneornil(L, 4) ? 0 : check_size(L, 4);
  neap_array *array = neap_new_array(L, dtype, rows, columns);
  const size_t wanted = neap_array_count(array) * neap_dtype_size(dtype);
  if (size != wanted) {
    const char *shape = neap_push_shape(L, array);
    luaL_argerror(
        L, 1,
        lua_pushfstring(L, "%I bytes; %s %s wants %I", (lua_Integer)size,
                        neap_dtype_name(dtype), shape, (lua_Integer)wanted));
  }
  memcpy(array->data, bytes, size);
  return 1;
}

static int array_tobytes(lua_State *L) {
  const neap_array *array = self(L);
  lua_pushlstring(L, array->data,
                  neap_array_count(array) * neap_dtype_size(array->dtype));
  return 1;
}

static void push_number(lua_State *L, const neap_array *array, size_t at) {
  const double number = neap_get(array->data, array->dtype, at);
  if (array->dtype == NEAP_INT32) {
    lua_pushinteger(L, (lua_Integer)number);
  } else {
    lua_pushnumber(L, number);
  }
}

static size_t check_position(lua_State *L, int index, size_t count) {
  const lua_Integer i = luaL_checkinteger(L, index);
  if (i < 1 || (lua_Unsigned)i > count) {
    luaL_argerror(L, index,
                  lua_pushfstring(L, "position %I; wanted 1 to %I", i,
                                  (lua_Integer)count));
  }
  return (size_t)i - 1;
}

// A row of a matrix as an array that shares its numbers.
static int array_row(lua_State *L) {
  const neap_array *array = self(L);
  luaL_argcheck(L, array->dimensions == 2, 1, "an array of one dimension");
  const size_t row = check_position(L, 2, array->rows);
  neap_array *view = push_header(L, sizeof *view);
  const size_t offset = row * array->columns * neap_dtype_size(array->dtype);
  *view = (neap_array){.dtype = array->dtype,
                       .dimensions = 1,
                       .rows = array->columns,
                       .columns = 1,
                       .frozen = array->frozen,
                       .data = (char *)array->data + offset};
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

static int array_index(lua_State *L) {
  const neap_array *array = self(L);
  if (lua_type(L, 2) == LUA_TNUMBER) {
    // One beyond the end is nil, so that ipairs ends there.
    if (lua_tonumber(L, 2) == (lua_Number)array->rows + 1) {
      lua_pushnil(L);
      return 1;
    }
    if (array->dimensions == 2)
      return array_row(L);
    push_number(L, array, check_position(L, 2, array->rows));
    return 1;
  }
  luaL_getmetafield(L, 1, "methods");
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  return 1;
}

static void check_writable(lua_State *L, const neap_array *array) {
  luaL_argcheck(
      L, !array->frozen, 1,
      "it belongs to a data set, a fit or a file, which never changes; use "
      "a:copy()");
}

static int array_newindex(lua_State *L) {
  neap_array *array = self(L);
  check_writable(L, array);
  luaL_argcheck(L, array->dimensions == 1, 1,
                "a[i] = v needs one dimension; use a:row(i)[j] = v");
  const size_t at = check_position(L, 2, array->rows);
  lua_settop(L, 3);
  put_top(L, 3, array, at);
  return 0;
}

static int array_len(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)self(L)->rows);
  return 1;
}

static int array_shape(lua_State *L) {
  const neap_array *array = self(L);
  lua_pushinteger(L, (lua_Integer)array->rows);
  if (array->dimensions == 1)
    return 1;
  lua_pushinteger(L, (lua_Integer)array->columns);
  return 2;
}

static int array_dtype(lua_State *L) {
  lua_pushstring(L, neap_dtype_name(self(L)->dtype));
  return 1;
}

static void push_row_table(lua_State *L, const neap_array *array, size_t first,
                           size_t count) {
  lua_createtable(L, (int)(count < INT_MAX ? count : 0), 0);
  for (size_t j = 0; j < count; j++) {
    push_number(L, array, first + j);
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
}

static int array_totable(lua_State *L) {
  const neap_array *array = self(L);
  if (array->dimensions == 1) {
    push_row_table(L, array, 0, array->rows);
    return 1;
  }
  lua_newtable(L);
  for (size_t i = 0; i < array->rows; i++) {
    push_row_table(L, array, i * array->columns, array->columns);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

//- array:copy([dtype]) -> a new array that may be written, of another type
// where one is given.
static int array_copy(lua_State *L) {
  const neap_array *array = self(L);
  push_copy(L, array, lua_isnoneornil(L, 2) ? array->dtype : check_dtype(L, 2));
  return 1;
}

static int array_fill(lua_State *L) {
  neap_array *array = self(L);
  check_writable(L, array);
  lua_settop(L, 2);
  for (size_t i = 0; i < neap_array_count(array); i++) {
    put_top(L, 2, array, i);
  }
  lua_settop(L, 1);
  return 1;
}

static int array_tostring(lua_State *L) {
  const neap_array *array = self(L);
  const char *shape = neap_push_shape(L, array);
  lua_pushfstring(L, "neap.Array %s %s", neap_dtype_name(array->dtype), shape);
  return 1;
}

// For the Lua files: an array that scripts can't write from now on.
static int array_freeze(lua_State *L) {
  self(L)->frozen = true;
  lua_settop(L, 1);
  return 1;
}

static int is_frozen(lua_State *L) {
  lua_pushboolean(L, self(L)->frozen);
  return 1;
}

static int is_array(lua_State *L) {
  luaL_checkany(L, 1);
  lua_pushboolean(L, luaL_testudata(L, 1, NEAP_ARRAY) != NULL);
  return 1;
}

static const luaL_Reg meta[] = {{"__index", array_index},
                                {"__newindex", array_newindex},
                                {"__len", array_len},
                                {"__tostring", array_tostring},
                                {NULL, NULL}};

static const neap_function methods[] = {
    {"row", array_row, 1},         {"shape", array_shape, 0},
    {"dtype", array_dtype, 0},     {"totable", array_totable, 0},
    {"copy", array_copy, 1},       {"fill", array_fill, 1},
    {"tobytes", array_tobytes, 0}, {0}};

static const neap_function functions[] = {{"array", array_from_table, 2},
                                          {"zeros", array_zeros, 3},
                                          {"from_bytes", array_from_bytes, 4},
                                          {"freeze", array_freeze, 1},
                                          {"is_array", is_array, 1},
                                          {"is_frozen", is_frozen, 1},
                                          {0}};

void neap_open_array(lua_State *L) {
  neap_make_type(L, NEAP_ARRAY, meta, methods);
  lua_newtable(L);
  neap_set_functions(L, functions);
}
