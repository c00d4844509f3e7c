// bind/csv.c -- CSV text for lua/neap/files: its layout and its columns.
#include <string.h>

#include "bind/files.h"

#define NEAP_CSV NEAP_TYPE("Csv")
#define NEAP_LEVELS NEAP_TYPE("Levels")

// The layout of a text; its user value is the bytes, which must be open.
static const neap_csv *check_csv(lua_State *L) {
  const neap_csv *csv = luaL_checkudata(L, 1, NEAP_CSV);
  lua_getiuservalue(L, 1, 1);
  neap_check_bytes(L, -1);
  lua_pop(L, 1);
  return csv;
}

static char character_of(lua_State *L, const char *key) {
  lua_getfield(L, 2, key);
  const char *text = luaL_optstring(L, -1, "");
  lua_pop(L, 1);
  return text[0];
}

// (bytes, { delimiter =, decimal =, comment =, header =, line = of the first })
// -> csv, or nil and why
static int csv_scan(lua_State *L) {
  const neap_bytes *bytes = neap_check_bytes(L, 1);
  luaL_checktype(L, 2, LUA_TTABLE);
  neap_csv_options options = {.delimiter = character_of(L, "delimiter"),
                              .decimal = character_of(L, "decimal"),
                              .comment = character_of(L, "comment")};
  if (lua_getfield(L, 2, "header") != LUA_TNIL)
    options.header = lua_toboolean(L, -1) ? NEAP_HEADER_YES : NEAP_HEADER_NO;
  lua_getfield(L, 2, "line");
  options.first_line = (size_t)luaL_optinteger(L, -1, 1);
  neap_csv *csv = lua_newuserdatauv(L, sizeof *csv, 1);
  *csv = (neap_csv){0};
  luaL_setmetatable(L, NEAP_CSV);
  neap_error error = {0};
  if (neap_csv_scan(bytes->start, bytes->size_bytes, &options, csv, &error) !=
      NEAP_OK)
    return neap_push_failure(L, &error);
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

// csv:layout() -> names (a list; without a header "1", "2", ...) and
// { rows =, delimiter =, decimal =, header =, sparse = whether it can't have
// two bytes or more for each field }
static int csv_layout(lua_State *L) {
  const neap_csv *csv = check_csv(L);
  neap_field *fields = lua_newuserdatauv(L, csv->columns * sizeof *fields, 0);
  neap_csv_names(csv, fields);
  lua_newtable(L);
  for (size_t j = 0; j < csv->columns; j++) {
    if (csv->has_header) {
      push_field(L, &fields[j]);
    } else {
      lua_pushfstring(L, "%I", (lua_Integer)j + 1);
    }
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
  lua_createtable(L, 0, 5);
  lua_pushinteger(L, (lua_Integer)csv->rows);
  lua_setfield(L, -2, "rows");
  lua_pushlstring(L, &csv->delimiter, 1);
  lua_setfield(L, -2, "delimiter");
  lua_pushlstring(L, &csv->decimal, 1);
  lua_setfield(L, -2, "decimal");
  lua_pushboolean(L, csv->has_header);
  lua_setfield(L, -2, "header");
  lua_pushboolean(L, csv->rows > (csv->size_bytes + 2) / 2 / csv->columns);
  lua_setfield(L, -2, "sparse");
  return 2;
}

// The levels of the columns of one reading, so that they are freed whatever
// happens.
typedef struct levels_list {
  size_t count;
  neap_levels list[];
} levels_list;

static int collect_levels(lua_State *L) {
  levels_list *levels = lua_touserdata(L, 1);
  for (size_t i = 0; i < levels->count && neap_bound_engine(L) != NULL; i++)
    neap_levels_free(&levels->list[i]);
  levels->count = 0;
  return 0;
}

static levels_list *push_levels(lua_State *L, size_t count) {
  levels_list *levels =
      lua_newuserdatauv(L, sizeof *levels + count * sizeof *levels->list, 0);
  levels->count = count;
  for (size_t i = 0; i < count; i++)
    levels->list[i] = (neap_levels){.engine = neap_bound_engine(L)};
  luaL_setmetatable(L, NEAP_LEVELS);
  return levels;
}

// Adds to the table on top of the stack: level_count, and unless there are too
// many levels = their texts, counts, lines.
static void add_levels(lua_State *L, const neap_levels *levels, size_t most) {
  lua_pushinteger(L, (lua_Integer)levels->count);
  lua_setfield(L, -2, "level_count");
  if (levels->count > most)
    return;
  static const char *const keys[] = {"levels", "counts", "lines"};
  for (int key = 0; key < 3; key++) {
    lua_createtable(L, (int)levels->count, 0);
    for (size_t i = 0; i < levels->count; i++) {
      const neap_level *level = &levels->list[i];
      if (key == 0) {
        push_field(L, &level->field);
      } else {
        lua_pushinteger(L,
                        (lua_Integer)(key == 1 ? level->count : level->line));
      }
      lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, keys[key]);
  }
}

// A reading: the columns, and the tables that will tell of them.
typedef struct reading {
  const neap_csv *csv;
  neap_column *columns;
  levels_list *levels;
  neap_array *x;
  size_t most;  // levels
} reading;

static const char *const kinds[] = {"skip", "number", "text", "key", NULL};

// Sets up column j, whose table is on top of the stack.
static void plan_column(lua_State *L, reading *r, size_t j) {
  neap_column *column = &r->columns[j];
  lua_geti(L, 2, (lua_Integer)j + 1);
  const int kind = luaL_checkoption(L, -1, "skip", kinds);
  const bool is_key = kind > NEAP_TEXT;
  column->kind = is_key ? NEAP_TEXT : (neap_column_kind)kind;
  lua_geti(L, 3, (lua_Integer)j + 1);
  const lua_Integer place = luaL_optinteger(L, -1, -1);
  lua_pop(L, 2);
  if (column->kind == NEAP_TEXT) {
    neap_array *codes = neap_new_array(L, NEAP_INT32, r->csv->rows, 0);
    column->codes = codes->data;
    lua_setfield(L, -2, "codes");
    column->levels = &r->levels->list[j];
    column->levels->most = is_key ? 0 : r->most;
  } else if (column->kind == NEAP_NUMBER && place == 0) {
    column->numbers = neap_new_array(L, NEAP_FLOAT64, r->csv->rows, 0)->data;
    column->stride = 1;
    lua_setfield(L, -2, "numbers");
  } else if (column->kind == NEAP_NUMBER && r->x != NULL) {
    luaL_argcheck(L, place >= 1 && (size_t)place <= r->x->columns, 3,
                  "a place outside of the width");
    column->numbers = (double *)r->x->data + (place - 1);
    column->stride = r->x->columns;
  }
}

static void add_missing(lua_State *L, const neap_column *column) {
  if (column->missing == 0)
    return;
  lua_pushinteger(L, (lua_Integer)column->missing);
  lua_setfield(L, -2, "missing");
  lua_pushinteger(L, (lua_Integer)column->missing_line);
  lua_setfield(L, -2, "missing_line");
  push_field(L, &column->missing_field);
  lua_setfield(L, -2, "missing_field");
}

// How many of the columns have a place in x, each another one.
static size_t numbers_of(lua_State *L, size_t count) {
  size_t numbers = 0;
  for (size_t j = 0; j < count; j++) {
    lua_geti(L, 3, (lua_Integer)j + 1);
    numbers += lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1;
    lua_pop(L, 1);
  }
  return numbers;
}

// csv:read(kinds: a list of "number", "text", "key" (text with any number of
// levels), "skip"; places: of each number its column in x, 0 for an array of
// its own; width of x, 0: numbers are only checked; most levels) -> x, a list
// with a table for each column; or nil and why
static int csv_read(lua_State *L) {
  reading r = {.csv = check_csv(L)};
  luaL_checktype(L, 2, LUA_TTABLE);
  luaL_checktype(L, 3, LUA_TTABLE);
  const size_t width = (size_t)luaL_checkinteger(L, 4);
  r.most = (size_t)luaL_checkinteger(L, 5);
  const size_t count = r.csv->columns;
  lua_settop(L, 5);
  r.columns = lua_newuserdatauv(L, count * sizeof *r.columns, 0);
  memset(r.columns, 0, count * sizeof *r.columns);
  r.levels = push_levels(L, count);
  if (width > 0) {
    r.x = numbers_of(L, count) >= width
              ? neap_new_raw_array(L, NEAP_FLOAT64, r.csv->rows, width)
              : neap_new_array(L, NEAP_FLOAT64, r.csv->rows, width);
  } else {
    lua_pushboolean(L, 0);
  }
  lua_newtable(L);
  for (size_t j = 0; j < count; j++) {
    lua_newtable(L);
    plan_column(L, &r, j);
    lua_rawseti(L, -2, (lua_Integer)j + 1);
  }
  neap_error error = {0};
  if (neap_csv_read(r.csv, r.columns, &error) != NEAP_OK)
    return neap_push_failure(L, &error);
  for (size_t j = 0; j < count; j++) {
    lua_rawgeti(L, -1, (lua_Integer)j + 1);
    add_missing(L, &r.columns[j]);
    if (r.columns[j].kind == NEAP_TEXT)
      add_levels(L, &r.levels->list[j], r.most);
    lua_pop(L, 1);
  }
  return 2;
}

static const luaL_Reg csv_meta[] = {{NULL, NULL}};
static const neap_function csv_methods[] = {
    {"layout", csv_layout, 0}, {"read", csv_read, 4}, {0}};
static const luaL_Reg levels_meta[] = {{"__gc", collect_levels}, {NULL, NULL}};
static const neap_function no_methods[] = {{0}};
static const luaL_Reg functions[] = {{"csv", csv_scan}, {NULL, NULL}};

void neap_add_csv(lua_State *L) {
  neap_make_type(L, NEAP_CSV, csv_meta, csv_methods);
  neap_make_type(L, NEAP_LEVELS, levels_meta, no_methods);
  luaL_setfuncs(L, functions, 0);
}
