// host/postgresql.c -- databases of PostgreSQL.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bind/bind.h"
#include "host/database.h"
#include "host/host.h"
#include "host/libpq.h"

#define POSTGRESQL_TYPE NEAP_TYPE("Postgresql")

enum {
  VALUES_MAX = 999,
  FLIGHT_MAX = 64,  // statements that are sent together
};

static const char *const library_names[] = {"libpq.so.5", "libpq.so",
                                            "libpq.dylib", NULL};

// User value 1: the names of prepared statements by their text.
typedef struct database {
  neap_libpq call;
  neap_pipeline pipeline;        // zeros where libpq is older
  PGconn *handle;                // NULL once closed
  PGresult *result;              // of the call that runs, for the collector
  PGresult *flight[FLIGHT_MAX];  // of its statements, where it has several
  int prepared;                  // statements so far
} database;

// A statement that is about to be run. Lua's stack keeps what it points to.
typedef struct request {
  const char *name;
  const char *const *values;
  int count;
} request;

static database *check_database(lua_State *L) {
  database *self = luaL_checkudata(L, 1, POSTGRESQL_TYPE);
  luaL_argcheck(L, self->handle != NULL, 1, "database is closed");
  return self;
}

static void clear_result(database *self) {
  self->call.clear(self->result);
  self->result = NULL;
  for (int i = 0; i < FLIGHT_MAX; i++) {
    self->call.clear(self->flight[i]);
    self->flight[i] = NULL;
  }
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

// Whether a result is a success.
static bool succeeded(const database *self, const PGresult *result) {
  if (result == NULL)
    return false;
  const int status = self->call.resultStatus(result);
  return status == RESULT_COMMAND_OK || status == RESULT_TUPLES_OK;
}

// --------------------------------------------------------------- statements

// Puts the name of the prepared statement in the place of its text. Returns
// NULL if it can't be prepared.
static const char *find_statement(lua_State *L, database *self, int index) {
  const char *text = luaL_checkstring(L, index);
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) != LUA_TSTRING) {
    lua_pop(L, 1);
    const char *name = lua_pushfstring(L, "neap_%d", ++self->prepared);
    self->result = self->call.prepare(self->handle, name, text, 0, NULL);
    if (!succeeded(self, self->result))
      return NULL;
    clear_result(self);
    lua_pushvalue(L, index);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  lua_replace(L, index);
  lua_pop(L, 1);
  return lua_tostring(L, index);
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

// Returns the value at an index as the text that the server reads; numbers keep
// every bit. The stack keeps it alive in the value's place. A fault is one of
// an argument.
static const char *text_of(lua_State *L, int index, int argument) {
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
  luaL_argcheck(L, strlen(text) == size_bytes, argument,
                "text with a zero byte");
  return text;
}

// Reads the statement at an index, and after it so many values, into a request
// with room for them. Returns false if it can't be prepared.
static bool read_request(lua_State *L, database *self, int index, int count,
                         const char **values, request *out) {
  for (int i = 0; i < count; i++)
    values[i] = text_of(L, index + 1 + i, index == 2 ? i + 3 : 2);
  *out = (request){find_statement(L, self, index), values, count};
  return out->name != NULL;
}

// Returns the result of a statement.
static PGresult *run_request(const database *self, const request *one) {
  return self->call.execPrepared(self->handle, one->name, one->count,
                                 one->values, NULL, NULL, 0);
}

// Runs the statement at 2 with the values after it; self->result has how it
// went. Returns whether well.
static bool run_statement(lua_State *L, database *self) {
  const char *values[VALUES_MAX];
  const int count = lua_gettop(L) - 2;
  request one;
  luaL_argcheck(L, count <= VALUES_MAX, 2, "too many values");
  luaL_checkstack(L, 8, "too many values");
  clear_result(self);
  if (!read_request(L, self, 2, count, values, &one))
    return false;
  self->result = run_request(self, &one);
  return succeeded(self, self->result);
}

// Pushes a value by the type's number in pg_type.dat.
static void push_value(lua_State *L, const database *self,
                       const PGresult *result, int row, int column) {
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

// Pushes how many rows a statement has changed.
static void push_changed(lua_State *L, const database *self, PGresult *result) {
  const char *count = self->call.cmdTuples(result);
  lua_pushinteger(L, (lua_Integer)strtoll(count, NULL, 10));
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
  push_changed(L, self, self->result);
  for (int i = 0; i < columns; i++)
    push_value(L, self, self->result, 0, i);
  clear_result(self);
  return columns + 1;
}

// Pushes the rows of a result: lists of their columns.
static void push_rows(lua_State *L, const database *self,
                      const PGresult *result) {
  const int count = self->call.ntuples(result);
  const int columns = self->call.nfields(result);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    lua_createtable(L, columns, 0);
    for (int j = 0; j < columns; j++) {
      push_value(L, self, result, i, j);
      lua_rawseti(L, -2, j + 1);
    }
    lua_rawseti(L, -2, i + 1);
  }
}

//- database:rows(text, values ...) -> list of rows | nil, message, code
// A row is a list of its columns, with nil for NULL.
static int rows(lua_State *L) {
  database *self = check_database(L);
  if (!run_statement(L, self))
    return push_failure(L, self);
  push_rows(L, self, self->result);
  clear_result(self);
  return 1;
}

// ------------------------------------------------------------------ flights

// Reads the list of statements at 2, each { text, values ..., n = their count
// }, into requests, whose texts stay on the stack. Returns how many they are,
// or -1 if one can't be prepared.
static int read_flight(lua_State *L, database *self, const char **values,
                       request *out) {
  luaL_checktype(L, 2, LUA_TTABLE);
  const lua_Unsigned count = lua_rawlen(L, 2);
  luaL_argcheck(L, count <= FLIGHT_MAX, 2, "too many statements");
  lua_Integer used = 0;
  for (int i = 0; i < (int)count; i++) {
    lua_rawgeti(L, 2, i + 1);
    const int list = lua_gettop(L);
    luaL_checktype(L, list, LUA_TTABLE);
    lua_getfield(L, list, "n");
    const lua_Integer size = luaL_checkinteger(L, -1);
    luaL_argcheck(L, size >= 0 && size <= VALUES_MAX - used, 2,
                  "too many values");
    luaL_checkstack(L, (int)size + 8, "too many values");
    for (int j = 0; j <= (int)size; j++)
      lua_rawgeti(L, list, j + 1);
    if (!read_request(L, self, list + 2, (int)size, values + used, &out[i]))
      return -1;
    used += size;
  }
  return (int)count;
}

// Sends requests at once and waits for what came of each. Returns whether the
// connection was there to the end.
static bool send_together(database *self, const request *requests, int count) {
  const neap_libpq *call = &self->call;
  PGconn *handle = self->handle;
  bool fine = self->pipeline.enterPipelineMode(handle) == 1;
  for (int i = 0; fine && i < count; i++)
    fine = call->sendQueryPrepared(handle, requests[i].name, requests[i].count,
                                   requests[i].values, NULL, NULL, 0) == 1;
  fine = fine && self->pipeline.pipelineSync(handle) == 1;
  // After each result there is a NULL, and after all one of the sync.
  for (int i = 0; fine && i < count; i++) {
    self->flight[i] = call->getResult(handle);
    fine = call->status(handle) == STATUS_CONNECTED;
    if (fine)
      call->clear(call->getResult(handle));
  }
  if (fine)
    call->clear(call->getResult(handle));
  return self->pipeline.exitPipelineMode(handle) == 1 && fine;
}

// The same, one after another, up to the first that fails.
static void send_singly(database *self, const request *requests, int count) {
  for (int i = 0; i < count; i++) {
    self->flight[i] = run_request(self, &requests[i]);
    if (!succeeded(self, self->flight[i]))
      return;
  }
}

// Sends requests; self->flight has what came of each. Returns whether all is
// well; else self->result has what was wrong.
static bool send_flight(database *self, const request *requests, int count) {
  if (self->pipeline.pipelineSync == NULL)
    send_singly(self, requests, count);
  else if (!send_together(self, requests, count))
    return false;
  for (int i = 0; i < count; i++) {
    if (!succeeded(self, self->flight[i])) {
      self->result = self->flight[i];
      self->flight[i] = NULL;
      return false;
    }
  }
  return true;
}

//- database:flight(statements) -> list of results | nil, message, code
// Runs a list of statements, each { text, values ..., n = how many }, up to the
// first that fails. They are prepared, then sent together: the server is waited
// for once. A result is a list of rows, the number of changed ones and that of
// columns.
static int flight(lua_State *L) {
  database *self = check_database(L);
  const char *values[VALUES_MAX];
  request requests[FLIGHT_MAX];
  lua_settop(L, 2);
  clear_result(self);
  const int count = read_flight(L, self, values, requests);
  if (count < 0 || !send_flight(self, requests, count))
    return push_failure(L, self);
  lua_createtable(L, count, 0);
  for (int i = 0; i < count; i++) {
    push_rows(L, self, self->flight[i]);
    push_changed(L, self, self->flight[i]);
    lua_setfield(L, -2, "changed");
    lua_pushinteger(L, self->call.nfields(self->flight[i]));
    lua_setfield(L, -2, "width");
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
  if (!succeeded(self, self->result))
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
  static const neap_function methods[] = {{"close", close_database, 0},
                                          {"execute", execute, 1},
                                          {"flight", flight, 1},
                                          {"kind", kind, 0},
                                          {"rows", rows, NEAP_ANY_NUMBER},
                                          {"run", run, NEAP_ANY_NUMBER},
                                          {0}};
  const char *url = luaL_checkstring(L, 1);
  neap_make_type(L, POSTGRESQL_TYPE, meta, methods);
  database *self = lua_newuserdatauv(L, sizeof *self, 1);
  memset(self, 0, sizeof *self);
  luaL_setmetatable(L, POSTGRESQL_TYPE);
  lua_newtable(L);
  lua_setiuservalue(L, -2, 1);
  const char *wrong =
      neap_database_library(L, library_names, neap_libpq_symbols, &self->call);
  if (wrong != NULL) {
    lua_pushfstring(L, "can't load PostgreSQL's libpq (Debian's libpq5): %s",
                    wrong);
    return neap_database_failure(L, lua_tostring(L, -1), "library");
  }
  if (neap_database_library(L, library_names, neap_pipeline_symbols,
                            &self->pipeline) != NULL)
    memset(&self->pipeline, 0, sizeof self->pipeline);
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
