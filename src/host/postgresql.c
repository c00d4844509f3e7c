// host/postgresql.c -- databases of PostgreSQL.
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "host/database.h"
#include "host/host.h"

#define POSTGRESQL_TYPE NEAP_TYPE("Postgresql")

// What is used of libpq-fe.h.
typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
typedef unsigned int Oid;

enum {
  STATUS_CONNECTED = 0,
  RESULT_COMMAND_OK = 1,
  RESULT_TUPLES_OK = 2,
  FIELD_SQLSTATE = 'C',
  VALUES_MAX = 999,
};

typedef struct postgresql_library {
  PGconn *(*connectdb)(const char *);
  void (*finish)(PGconn *);
  int (*status)(const PGconn *);
  char *(*errorMessage)(const PGconn *);
  PGresult *(*exec)(PGconn *, const char *);
  PGresult *(*prepare)(PGconn *, const char *, const char *, int, const Oid *);
  PGresult *(*execPrepared)(PGconn *, const char *, int, const char *const *,
                            const int *, const int *, int);
  int (*resultStatus)(const PGresult *);
  char *(*resultErrorMessage)(const PGresult *);
  char *(*resultErrorField)(const PGresult *, int);
  int (*ntuples)(const PGresult *);
  int (*nfields)(const PGresult *);
  Oid (*ftype)(const PGresult *, int);
  int (*getisnull)(const PGresult *, int, int);
  char *(*getvalue)(const PGresult *, int, int);
  int (*getlength)(const PGresult *, int, int);
  char *(*cmdTuples)(PGresult *);
  void (*clear)(PGresult *);
  void *(*setNoticeProcessor)(PGconn *, void (*)(void *, const char *), void *);
} postgresql_library;

#define SYMBOL(name) \
  { "PQ" #name, offsetof(postgresql_library, name) }

static const neap_symbol symbols[] = {
    SYMBOL(connectdb),
    SYMBOL(finish),
    SYMBOL(status),
    SYMBOL(errorMessage),
    SYMBOL(exec),
    SYMBOL(prepare),
    SYMBOL(execPrepared),
    SYMBOL(resultStatus),
    SYMBOL(resultErrorMessage),
    SYMBOL(resultErrorField),
    SYMBOL(ntuples),
    SYMBOL(nfields),
    SYMBOL(ftype),
    SYMBOL(getisnull),
    SYMBOL(getvalue),
    SYMBOL(getlength),
    SYMBOL(cmdTuples),
    SYMBOL(clear),
    SYMBOL(setNoticeProcessor),
    {NULL, 0},
};

static const char *const library_names[] = {"libpq.so.5", "libpq.so",
                                            "libpq.dylib", NULL};

// User value 1: the names of prepared statements by their text.
typedef struct database {
  postgresql_library call;
  PGconn *handle;    // NULL once closed
  PGresult *result;  // of the call that runs, for the collector
  int prepared;      // statements so far
} database;

static database *check_database(lua_State *L) {
  database *self = luaL_checkudata(L, 1, POSTGRESQL_TYPE);
  luaL_argcheck(L, self->handle != NULL, 1, "database is closed");
  return self;
}

static void clear_result(database *self) {
  if (self->result != NULL)
    self->call.clear(self->result);
  self->result = NULL;
}

// ------------------------------------------------------------------- errors

// The code of a five-letter SQLSTATE: appendix A of PostgreSQL's manual.
static const char *code_of(const char *state) {
  static const struct {
    const char *prefix, *code;
  } rows[] = {
      {"08", "connection"},  {"57P0", "connection"}, {"40", "busy"},
      {"55P03", "busy"},     {"23", "constraint"},   {"53100", "full"},
      {"25006", "readonly"}, {"42501", "readonly"},  {"3D000", "open"},
      {"28", "open"},        {"42P01", "missing"},   {"XX001", "corrupt"}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    if (strncmp(state, rows[i].prefix, strlen(rows[i].prefix)) == 0)
      return rows[i].code;
  }
  return "error";
}

// Pushes a message without the line break that libpq ends it with.
static void push_message(lua_State *L, const char *message) {
  size_t length = strlen(message);
  while (length > 0 && message[length - 1] == '\n')
    length--;
  lua_pushlstring(L, message, length);
}

// How the call that made self->result failed; gives the result back.
static int push_failure(lua_State *L, database *self) {
  const bool lost = self->call.status(self->handle) != STATUS_CONNECTED;
  const char *state = NULL;
  if (self->result != NULL) {
    state = self->call.resultErrorField(self->result, FIELD_SQLSTATE);
    push_message(L, self->call.resultErrorMessage(self->result));
  } else {
    push_message(L, self->call.errorMessage(self->handle));
  }
  const char *code = lost || state == NULL ? "connection" : code_of(state);
  clear_result(self);
  return neap_database_failure(L, lua_tostring(L, -1), code);
}

// Whether self->result is a success.
static bool succeeded(const database *self) {
  if (self->result == NULL)
    return false;
  const int status = self->call.resultStatus(self->result);
  return status == RESULT_COMMAND_OK || status == RESULT_TUPLES_OK;
}

// --------------------------------------------------------------- statements

// Pushes the name of the prepared statement of the text at 2. Returns false if
// it can't be prepared.
static bool find_statement(lua_State *L, database *self) {
  const char *text = luaL_checkstring(L, 2);
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) == LUA_TSTRING)
    return true;
  lua_pop(L, 1);
  const char *name = lua_pushfstring(L, "neap_%d", ++self->prepared);
  self->result = self->call.prepare(self->handle, name, text, 0, NULL);
  if (!succeeded(self))
    return false;
  clear_result(self);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, -2);
  lua_rawset(L, -4);
  return true;
}

// Pushes bytes as the server reads them: \\x and two digits each.
static void push_hexadecimal(lua_State *L, const char *bytes, size_t count) {
  static const char digits[] = "0123456789abcdef";
  luaL_Buffer buffer;
  char *to = luaL_buffinitsize(L, &buffer, 2 * count + 2);
  *to++ = '\\';
  *to++ = 'x';
  for (size_t i = 0; i < count; i++) {
    *to++ = digits[(unsigned char)bytes[i] >> 4];
    *to++ = digits[(unsigned char)bytes[i] & 15];
  }
  luaL_pushresultsize(&buffer, 2 * count + 2);
}

static int digit_of(char c) {
  return c <= '9' ? c - '0' : c - 'a' + 10;
}

// Pushes what push_hexadecimal wrote.
static void push_bytes(lua_State *L, const char *text, size_t length) {
  const size_t count = length < 2 ? 0 : length / 2 - 1;
  luaL_Buffer buffer;
  char *to = luaL_buffinitsize(L, &buffer, count);
  for (size_t i = 0; i < count; i++)
    to[i] = (char)(16 * digit_of(text[2 * i + 2]) + digit_of(text[2 * i + 3]));
  luaL_pushresultsize(&buffer, count);
}

// Returns the argument at an index as the text that the server reads; numbers
// keep every bit. The stack keeps it alive in the argument's place.
static const char *text_of(lua_State *L, int index) {
  if (lua_type(L, index) == LUA_TNUMBER && !lua_isinteger(L, index)) {
    char text[40];
    snprintf(text, sizeof text, "%.17g", lua_tonumber(L, index));
    lua_pushstring(L, text);
    lua_replace(L, index);
  }
  if (lua_isnil(L, index))
    return NULL;
  size_t size_bytes;
  if (lua_isuserdata(L, index)) {
    const char *bytes = neap_database_bytes(L, index, &size_bytes);
    push_hexadecimal(L, bytes, size_bytes);
    lua_replace(L, index);
  }
  if (lua_isinteger(L, index))
    lua_tolstring(L, index, NULL);  // which makes it text
  const char *text = luaL_checklstring(L, index, &size_bytes);
  luaL_argcheck(L, strlen(text) == size_bytes, index, "text with a zero byte");
  return text;
}

// Runs the statement at 2 with the values after it; self->result has how it
// went. Returns whether well.
static bool run_statement(lua_State *L, database *self) {
  const char *values[VALUES_MAX];
  const int count = lua_gettop(L) - 2;
  luaL_argcheck(L, count <= VALUES_MAX, 2, "too many values");
  luaL_checkstack(L, 8, "too many values");
  for (int i = 0; i < count; i++)
    values[i] = text_of(L, i + 3);
  clear_result(self);
  if (!find_statement(L, self))
    return false;
  self->result = self->call.execPrepared(self->handle, lua_tostring(L, -1),
                                         count, values, NULL, NULL, 0);
  return succeeded(self);
}

// Pushes a value by the type's number in pg_type.dat.
static void push_value(lua_State *L, const database *self, int row,
                       int column) {
  const PGresult *result = self->result;
  if (self->call.getisnull(result, row, column)) {
    lua_pushnil(L);
    return;
  }
  const char *text = self->call.getvalue(result, row, column);
  switch (self->call.ftype(result, column)) {
    case 16:  // bool
      lua_pushboolean(L, text[0] == 't');
      break;
    case 17:  // bytea
      push_bytes(L, text, (size_t)self->call.getlength(result, row, column));
      break;
    case 20:  // int8, int2, int4
    case 21:
    case 23:
      lua_pushinteger(L, (lua_Integer)strtoll(text, NULL, 10));
      break;
    case 700:  // float4, float8, numeric
    case 701:
    case 1700:
      if (lua_stringtonumber(L, text) == 0)
        lua_pushnil(L);
      else
        lua_pushnumber(L, lua_tonumber(L, -1)), lua_remove(L, -2);
      break;
    default:
      lua_pushlstring(L, text,
                      (size_t)self->call.getlength(result, row, column));
  }
}

//- database:run(text, values ...) -> changed rows, columns ... of the first
//-   row | nil, message, code
static int run(lua_State *L) {
  database *self = check_database(L);
  if (!run_statement(L, self))
    return push_failure(L, self);
  const int columns = self->call.ntuples(self->result) > 0
                          ? self->call.nfields(self->result)
                          : 0;
  luaL_checkstack(L, columns + 2, "too many columns");
  lua_pushinteger(
      L, (lua_Integer)strtoll(self->call.cmdTuples(self->result), NULL, 10));
  for (int i = 0; i < columns; i++)
    push_value(L, self, 0, i);
  clear_result(self);
  return columns + 1;
}

//- database:rows(text, values ...) -> list of rows | nil, message, code
// A row is a list of its columns, with nil for NULL.
static int rows(lua_State *L) {
  database *self = check_database(L);
  if (!run_statement(L, self))
    return push_failure(L, self);
  const int count = self->call.ntuples(self->result);
  const int columns = self->call.nfields(self->result);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_createtable(L, columns, 0);
    for (int j = 0; j < columns; j++) {
      push_value(L, self, i, j);
      lua_rawseti(L, -2, j + 1);
    }
    lua_rawseti(L, -2, i + 1);
  }
  clear_result(self);
  return 1;
}

//- database:execute(text) -> true | nil, message, code
// Runs statements without values, one after another.
static int execute(lua_State *L) {
  database *self = check_database(L);
  const char *text = luaL_checkstring(L, 2);
  clear_result(self);
  self->result = self->call.exec(self->handle, text);
  if (!succeeded(self))
    return push_failure(L, self);
  clear_result(self);
  lua_pushboolean(L, true);
  return 1;
}

// ----------------------------------------------------------------- lifetime

//- database:close()
// Closing twice does nothing.
static int close_database(lua_State *L) {
  database *self = luaL_checkudata(L, 1, POSTGRESQL_TYPE);
  if (self->handle == NULL)
    return 0;
  clear_result(self);
  self->call.finish(self->handle);
  self->handle = NULL;
  return 0;
}

//- database:kind() -> "postgresql"
static int kind(lua_State *L) {
  luaL_checkudata(L, 1, POSTGRESQL_TYPE);
  lua_pushliteral(L, "postgresql");
  return 1;
}

// "NOTICE: relation exists, skipping" and the like: a library prints nothing.
static void drop_notice(void *argument, const char *message) {
  (void)argument;
  (void)message;
}

//- host.postgresql(url) -> database | nil, message, code
// Connects to a server: "postgresql://user@host/database?options", or any
// other connection string of libpq.
int neap_postgresql_open(lua_State *L) {
  static const luaL_Reg meta[] = {
      {"__gc", close_database}, {"__close", close_database}, {NULL, NULL}};
  static const neap_function methods[] = {
      {"close", close_database, 0}, {"execute", execute, 1}, {"kind", kind, 0},
      {"rows", rows, INT_MAX},      {"run", run, INT_MAX},   {0}};
  const char *url = luaL_checkstring(L, 1);
  neap_make_type(L, POSTGRESQL_TYPE, meta, methods);
  database *self = lua_newuserdatauv(L, sizeof *self, 1);
  memset(self, 0, sizeof *self);
  luaL_setmetatable(L, POSTGRESQL_TYPE);
  lua_newtable(L);
  lua_setiuservalue(L, -2, 1);
  const char *wrong =
      neap_database_library(L, library_names, symbols, &self->call);
  if (wrong != NULL) {
    lua_pushfstring(L, "can't load PostgreSQL's libpq (Debian's libpq5): %s",
                    wrong);
    return neap_database_failure(L, lua_tostring(L, -1), "library");
  }
  self->handle = self->call.connectdb(url);
  if (self->handle == NULL)
    return neap_database_failure(L, "no memory", "error");
  if (self->call.status(self->handle) != STATUS_CONNECTED) {
    push_message(L, self->call.errorMessage(self->handle));
    const char *message = lua_tostring(L, -1);
    const bool refused = strstr(message, "does not exist") != NULL ||
                         strstr(message, "authentication") != NULL ||
                         strstr(message, "password") != NULL;
    self->call.finish(self->handle);
    self->handle = NULL;
    return neap_database_failure(L, message, refused ? "open" : "connection");
  }
  self->call.setNoticeProcessor(self->handle, drop_notice, NULL);
  return 1;
}
