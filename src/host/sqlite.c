// host/sqlite.c -- databases of SQLite.
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "bind/bind.h"
#include "host/database.h"
#include "host/host.h"

#define SQLITE_TYPE NEAP_TYPE("Sqlite")
#define STATEMENT_TYPE NEAP_TYPE("SqliteStatement")

// What is used of sqlite3.h, whose interface never changes
// (https://sqlite.org/c3ref/intro.html).
typedef struct sqlite3 sqlite3;
typedef struct sqlite3_stmt sqlite3_stmt;

enum {
  STATUS_OK = 0,
  STATUS_ROW = 100,
  STATUS_DONE = 101,
  TYPE_INTEGER = 1,
  TYPE_FLOAT = 2,
  TYPE_BLOB = 4,
  TYPE_NULL = 5,
  OPEN_READONLY = 1,
  OPEN_READWRITE = 2,
  OPEN_CREATE = 4,
  OPEN_URI = 64,
};

typedef struct sqlite_library {
  int (*open_v2)(const char *, sqlite3 **, int, const char *);
  int (*close_v2)(sqlite3 *);
  int (*busy_timeout)(sqlite3 *, int);
  int (*extended_result_codes)(sqlite3 *, int);
  int (*extended_errcode)(sqlite3 *);
  const char *(*errmsg)(sqlite3 *);
  const char *(*errstr)(int);
  int (*exec)(sqlite3 *, const char *, void *, void *, void *);
  int (*prepare_v2)(sqlite3 *, const char *, int, sqlite3_stmt **,
                    const char **);
  int (*finalize)(sqlite3_stmt *);
  int (*reset)(sqlite3_stmt *);
  int (*step)(sqlite3_stmt *);
  int (*changes)(sqlite3 *);
  int (*bind_parameter_index)(sqlite3_stmt *, const char *);
  int (*bind_parameter_count)(sqlite3_stmt *);
  int (*bind_null)(sqlite3_stmt *, int);
  int (*bind_int64)(sqlite3_stmt *, int, int64_t);
  int (*bind_double)(sqlite3_stmt *, int, double);
  int (*bind_text)(sqlite3_stmt *, int, const char *, int, void (*)(void *));
  int (*bind_blob)(sqlite3_stmt *, int, const void *, int, void (*)(void *));
  int (*column_count)(sqlite3_stmt *);
  int (*column_type)(sqlite3_stmt *, int);
  int64_t (*column_int64)(sqlite3_stmt *, int);
  double (*column_double)(sqlite3_stmt *, int);
  const unsigned char *(*column_text)(sqlite3_stmt *, int);
  const void *(*column_blob)(sqlite3_stmt *, int);
  int (*column_bytes)(sqlite3_stmt *, int);
} sqlite_library;

#define SYMBOL(name) \
  { "sqlite3_" #name, offsetof(sqlite_library, name) }

static const neap_symbol symbols[] = {
    SYMBOL(open_v2),
    SYMBOL(close_v2),
    SYMBOL(busy_timeout),
    SYMBOL(extended_result_codes),
    SYMBOL(extended_errcode),
    SYMBOL(errmsg),
    SYMBOL(errstr),
    SYMBOL(exec),
    SYMBOL(prepare_v2),
    SYMBOL(finalize),
    SYMBOL(reset),
    SYMBOL(step),
    SYMBOL(changes),
    SYMBOL(bind_parameter_index),
    SYMBOL(bind_parameter_count),
    SYMBOL(bind_null),
    SYMBOL(bind_int64),
    SYMBOL(bind_double),
    SYMBOL(bind_text),
    SYMBOL(bind_blob),
    SYMBOL(column_count),
    SYMBOL(column_type),
    SYMBOL(column_int64),
    SYMBOL(column_double),
    SYMBOL(column_text),
    SYMBOL(column_blob),
    SYMBOL(column_bytes),
    {NULL, 0},
};

static const char *const library_names[] = {"libsqlite3.so.0", "libsqlite3.so",
                                            "libsqlite3.dylib", NULL};

// User value 1: the statements by their text.
typedef struct database {
  sqlite_library call;
  sqlite3 *handle;  // NULL once closed
} database;

typedef struct statement {
  sqlite3_stmt *handle;
  int (*finalize)(sqlite3_stmt *);
} statement;

static database *check_database(lua_State *L) {
  database *self = luaL_checkudata(L, 1, SQLITE_TYPE);
  luaL_argcheck(L, self->handle != NULL, 1, "database is closed");
  return self;
}

// ------------------------------------------------------------------- errors

static const char *code_of(int status) {
  switch (status & 0xff) {
    case 3:  // PERM
    case 8:  // READONLY
      return "readonly";
    case 5:  // BUSY
    case 6:  // LOCKED
      return "busy";
    case 10:  // IOERR
      return "io";
    case 11:  // CORRUPT
    case 26:  // NOTADB
      return "corrupt";
    case 13:  // FULL
      return "full";
    case 14:  // CANTOPEN
      return "open";
    case 19:  // CONSTRAINT
      return "constraint";
    default:
      return "error";
  }
}

static int push_failure(lua_State *L, const database *self) {
  return neap_database_failure(
      L, self->call.errmsg(self->handle),
      code_of(self->call.extended_errcode(self->handle)));
}

// --------------------------------------------------------------- statements

// Leaves the statement of a text on the stack and returns its handle, or NULL
// with nothing left if it can't be prepared.
static sqlite3_stmt *find_statement(lua_State *L, const database *self) {
  size_t size_bytes;
  const char *text = luaL_checklstring(L, 2, &size_bytes);
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) != LUA_TNIL) {
    lua_remove(L, -2);
    return ((statement *)lua_touserdata(L, -1))->handle;
  }
  lua_pop(L, 1);
  statement *made = lua_newuserdatauv(L, sizeof *made, 0);
  *made = (statement){.finalize = self->call.finalize};
  luaL_setmetatable(L, STATEMENT_TYPE);
  if (self->call.prepare_v2(self->handle, text, (int)size_bytes, &made->handle,
                            NULL) != STATUS_OK) {
    lua_pop(L, 2);
    return NULL;
  }
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, -4);
  lua_remove(L, -2);
  return made->handle;
}

// Binds the value at an index. Lua keeps text and arrays until the statement
// has run: no copy.
static int bind_value(lua_State *L, const sqlite_library *call,
                      sqlite3_stmt *handle, int parameter, int index) {
  size_t size_bytes;
  const char *text;
  switch (lua_type(L, index)) {
    case LUA_TNIL:
      return call->bind_null(handle, parameter);
    case LUA_TNUMBER:
      if (lua_isinteger(L, index))
        return call->bind_int64(handle, parameter, lua_tointeger(L, index));
      return call->bind_double(handle, parameter, lua_tonumber(L, index));
    case LUA_TUSERDATA:
      text = neap_database_bytes(L, index, &size_bytes);
      return call->bind_blob(handle, parameter, text, (int)size_bytes, NULL);
    default:
      text = luaL_checklstring(L, index, &size_bytes);
      return call->bind_text(handle, parameter, text, (int)size_bytes, NULL);
  }
}

// Binds the arguments from 3 on to $1, $2, ...
static int bind_arguments(lua_State *L, const sqlite_library *call,
                          sqlite3_stmt *handle, int count) {
  luaL_argcheck(L, count == call->bind_parameter_count(handle), 2,
                "another number of parameters than values");
  for (int i = 1; i <= count; i++) {
    char name[16] = "$";
    int length = 1;
    for (int power = i >= 100 ? 100 : i >= 10 ? 10 : 1; power > 0; power /= 10)
      name[length++] = (char)('0' + i / power % 10);
    const int parameter = call->bind_parameter_index(handle, name);
    luaL_argcheck(L, parameter > 0, 2, "a parameter is not $1, $2, ...");
    const int status = bind_value(L, call, handle, parameter, i + 2);
    if (status != STATUS_OK)
      return status;
  }
  return STATUS_OK;
}

static void push_column(lua_State *L, const sqlite_library *call,
                        sqlite3_stmt *handle, int column) {
  switch (call->column_type(handle, column)) {
    case TYPE_INTEGER:
      lua_pushinteger(L, call->column_int64(handle, column));
      break;
    case TYPE_FLOAT:
      lua_pushnumber(L, call->column_double(handle, column));
      break;
    case TYPE_NULL:
      lua_pushnil(L);
      break;
    case TYPE_BLOB: {
      const char *bytes = call->column_blob(handle, column);
      lua_pushlstring(L, bytes != NULL ? bytes : "",
                      (size_t)call->column_bytes(handle, column));
      break;
    }
    default: {
      const char *text = (const char *)call->column_text(handle, column);
      lua_pushlstring(L, text, (size_t)call->column_bytes(handle, column));
    }
  }
}

// Prepares the statement at 2 and binds the values after it. Returns its
// handle, or NULL.
static sqlite3_stmt *start_statement(lua_State *L, const database *self) {
  const int count = lua_gettop(L) - 2;
  luaL_argcheck(L, count < 1000, 2, "too many values");
  sqlite3_stmt *handle = find_statement(L, self);
  if (handle == NULL)
    return NULL;
  self->call.reset(handle);
  return bind_arguments(L, &self->call, handle, count) == STATUS_OK ? handle
                                                                    : NULL;
}

//- database:run(text, values ...) -> changed rows, columns ... of the first
//-   row | nil, message, code
static int run(lua_State *L) {
  const database *self = check_database(L);
  sqlite3_stmt *handle = start_statement(L, self);
  if (handle == NULL)
    return push_failure(L, self);
  const int status = self->call.step(handle);
  if (status != STATUS_ROW && status != STATUS_DONE) {
    const int results = push_failure(L, self);
    self->call.reset(handle);
    return results;
  }
  lua_pushinteger(L, self->call.changes(self->handle));
  const int columns =
      status == STATUS_ROW ? self->call.column_count(handle) : 0;
  luaL_checkstack(L, columns + 1, "too many columns");
  for (int i = 0; i < columns; i++)
    push_column(L, &self->call, handle, i);
  self->call.reset(handle);
  return columns + 1;
}

//- database:rows(text, values ...) -> list of rows | nil, message, code
// A row is a list of its columns, with nil for NULL.
static int rows(lua_State *L) {
  const database *self = check_database(L);
  sqlite3_stmt *handle = start_statement(L, self);
  if (handle == NULL)
    return push_failure(L, self);
  lua_newtable(L);
  const int columns = self->call.column_count(handle);
  lua_Integer count = 0;
  int status = STATUS_OK;
  while ((status = self->call.step(handle)) == STATUS_ROW) {
    lua_createtable(L, columns, 0);
    for (int i = 0; i < columns; i++) {
      push_column(L, &self->call, handle, i);
      lua_rawseti(L, -2, i + 1);
    }
    lua_rawseti(L, -2, ++count);
  }
  if (status != STATUS_DONE) {
    const int results = push_failure(L, self);
    self->call.reset(handle);
    return results;
  }
  self->call.reset(handle);
  return 1;
}

//- database:execute(text) -> true | nil, message, code
// Runs statements without values, one after another.
static int execute(lua_State *L) {
  const database *self = check_database(L);
  if (self->call.exec(self->handle, luaL_checkstring(L, 2), NULL, NULL, NULL) !=
      STATUS_OK)
    return push_failure(L, self);
  lua_pushboolean(L, true);
  return 1;
}

// ----------------------------------------------------------------- lifetime

static int collect_statement(lua_State *L) {
  statement *self = luaL_checkudata(L, 1, STATEMENT_TYPE);
  if (self->handle != NULL)
    self->finalize(self->handle);
  self->handle = NULL;
  return 0;
}

//- database:close()
// Closing twice does nothing.
static int close_database(lua_State *L) {
  database *self = luaL_checkudata(L, 1, SQLITE_TYPE);
  if (self->handle == NULL)
    return 0;
  if (lua_getiuservalue(L, 1, 1) == LUA_TTABLE) {
    for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
      statement *one = lua_touserdata(L, -1);
      if (one->handle != NULL)
        self->call.finalize(one->handle);
      one->handle = NULL;
    }
  }
  self->call.close_v2(self->handle);  // waits for statements still there
  self->handle = NULL;
  lua_pushnil(L);
  lua_setiuservalue(L, 1, 1);
  return 0;
}

//- database:kind() -> "sqlite"
static int kind(lua_State *L) {
  luaL_checkudata(L, 1, SQLITE_TYPE);
  lua_pushliteral(L, "sqlite");
  return 1;
}

static void make_types(lua_State *L) {
  static const neap_function none[] = {{0}};
  static const luaL_Reg statement_meta[] = {{"__gc", collect_statement},
                                            {NULL, NULL}};
  static const luaL_Reg meta[] = {
      {"__gc", close_database}, {"__close", close_database}, {NULL, NULL}};
  static const neap_function methods[] = {{"close", close_database, 0},
                                          {"execute", execute, 1},
                                          {"kind", kind, 0},
                                          {"rows", rows, NEAP_ANY_NUMBER},
                                          {"run", run, NEAP_ANY_NUMBER},
                                          {0}};
  neap_make_type(L, STATEMENT_TYPE, statement_meta, none);
  neap_make_type(L, SQLITE_TYPE, meta, methods);
}

// Pushes the address of a file that nobody changes:
// https://sqlite.org/uri.html.
static const char *push_unchanging(lua_State *L, const char *path) {
  static const char digits[] = "0123456789ABCDEF";
  luaL_Buffer buffer;
  luaL_buffinit(L, &buffer);
  luaL_addstring(&buffer, "file:");
  for (; *path != '\0'; path++) {
    if (strchr("%?#", *path) == NULL) {
      luaL_addchar(&buffer, *path);
      continue;
    }
    luaL_addchar(&buffer, '%');
    luaL_addchar(&buffer, digits[(unsigned char)*path >> 4]);
    luaL_addchar(&buffer, digits[(unsigned char)*path & 15]);
  }
  luaL_addstring(&buffer, "?immutable=1");
  luaL_pushresult(&buffer);
  return lua_tostring(L, -1);
}

//- host.sqlite(path [, mode]) -> database | nil, message, code
// Opens a file. mode is "create" (the default), "write", "read" or
// "unchanging"; the last three want it to be there, and the last one that
// nobody writes to it. A statement waits half a minute for a lock.
int neap_sqlite_open(lua_State *L) {
  static const char *const modes[] = {"create", "write", "read", "unchanging",
                                      NULL};
  static const int flags[] = {OPEN_READWRITE | OPEN_CREATE, OPEN_READWRITE,
                              OPEN_READONLY, OPEN_READONLY | OPEN_URI};
  const char *path = luaL_checkstring(L, 1);
  const int mode = luaL_checkoption(L, 2, "create", modes);
  if (flags[mode] & OPEN_URI)
    path = push_unchanging(L, path);
  make_types(L);
  database *self = lua_newuserdatauv(L, sizeof *self, 1);
  memset(self, 0, sizeof *self);
  luaL_setmetatable(L, SQLITE_TYPE);
  lua_newtable(L);
  lua_setiuservalue(L, -2, 1);
  const char *wrong =
      neap_database_library(L, library_names, symbols, &self->call);
  if (wrong != NULL) {
    lua_pushfstring(L, "can't load SQLite (Debian's libsqlite3-0): %s", wrong);
    return neap_database_failure(L, lua_tostring(L, -1), "library");
  }
  const int status = self->call.open_v2(path, &self->handle, flags[mode], NULL);
  if (status != STATUS_OK) {
    lua_pushstring(L, self->handle != NULL ? self->call.errmsg(self->handle)
                                           : self->call.errstr(status));
    self->call.close_v2(self->handle);
    self->handle = NULL;
    return neap_database_failure(L, lua_tostring(L, -1), code_of(status));
  }
  self->call.extended_result_codes(self->handle, 1);
  self->call.busy_timeout(self->handle, 30000);
  return 1;
}
