// bind/bytes.c -- the bytes of a file or a string, without a copy.
#include <string.h>

#include "bind/files.h"

static neap_bytes *push_bytes(lua_State *L) {
  neap_bytes *bytes = lua_newuserdatauv(L, sizeof *bytes, 1);
  *bytes = (neap_bytes){0};
  luaL_setmetatable(L, NEAP_BYTES);
  return bytes;
}

const neap_bytes *neap_check_bytes(lua_State *L, int index) {
  const neap_bytes *bytes = luaL_checkudata(L, index, NEAP_BYTES);
  luaL_argcheck(L, bytes->start != NULL, index, "the bytes are closed");
  return bytes;
}

int neap_push_failure(lua_State *L, const neap_error *error) {
  lua_pushnil(L);
  lua_pushstring(L, error->message);
  return 2;
}

static void release(lua_State *L, neap_bytes *bytes) {
  const neap_bytes was = *bytes;
  *bytes = (neap_bytes){0};
  if (was.start == NULL || was.owner == NEAP_BYTES_STRING)
    return;
  const neap *engine = neap_bound_engine(L);
  if (engine == NULL)  // the state closes, and the engine went first
    return;
  const neap_host *host = &engine->host;
  if (was.owner == NEAP_BYTES_MAPPED) {
    host->unmap_file(host->data, was.start, was.size_bytes);
  } else {
    host->allocate(host->data, (void *)(size_t)was.start, was.size_bytes + 1,
                   0);
  }
}

static int bytes_close(lua_State *L) {
  release(L, luaL_checkudata(L, 1, NEAP_BYTES));
  return 0;
}

// The path at 1, of which a host sees no more than up to a zero byte. Says what
// there is to say where the host fails without a word.
static const char *check_path(lua_State *L, bool can, const char *verb,
                              neap_error *error) {
  size_t length;
  const char *path = luaL_checklstring(L, 1, &length);
  if (strlen(path) != length) {
    neap_fail(error, NEAP_EHOST, "can't %s '%.100s': its path has a zero byte",
              verb, path);
    return NULL;
  }
  if (can) {
    neap_fail(error, NEAP_EHOST, "can't %s %.200s", verb, path);
  } else {
    neap_fail(error, NEAP_EHOST, "this host %ss no files", verb);
  }
  return path;
}

// A small file is read, so that nobody can cut it short while it is used.
enum { MAPPED_BYTES = 1 << 16 };

// (path) -> bytes, or nil and why
static int bytes_open(lua_State *L) {
  const neap_host *host = &neap_bound_engine(L)->host;
  neap_error error;
  const char *path = check_path(
      L, host->map_file != NULL || host->read_file != NULL, "read", &error);
  if (path == NULL)
    return neap_push_failure(L, &error);
  neap_bytes *bytes = push_bytes(L);
  if (host->map_file != NULL) {
    bytes->start = host->map_file(host->data, path, &bytes->size_bytes, &error);
    bytes->owner = NEAP_BYTES_MAPPED;
    if (bytes->start != NULL && bytes->size_bytes < MAPPED_BYTES)
      release(L, bytes);
  }
  if (bytes->start == NULL && host->read_file != NULL) {
    bytes->owner = NEAP_BYTES_READ;
    bytes->start =
        host->read_file(host->data, host, path, &bytes->size_bytes, &error);
  }
  return bytes->start != NULL ? 1 : neap_push_failure(L, &error);
}

// (path, string or nil: give up, offset, whether it is the last part) -> true,
// or nil and why
static int write_part(lua_State *L) {
  const neap_host *host = &neap_bound_engine(L)->host;
  neap_error error;
  size_t size = 0;
  const char *bytes = luaL_optlstring(L, 2, NULL, &size);
  const neap_file_part part = {
      .path = check_path(L, host->write_file != NULL, "write", &error),
      .bytes = bytes,
      .size_bytes = size,
      .offset = (uint64_t)luaL_checkinteger(L, 3),
      .is_last = lua_toboolean(L, 4)};
  if (part.path == NULL || host->write_file == NULL ||
      !host->write_file(host->data, &part, &error)) {
    return neap_push_failure(L, &error);
  }
  lua_pushboolean(L, true);
  return 1;
}

// (string) -> bytes
static int bytes_of(lua_State *L) {
  size_t size;
  const char *text = luaL_checklstring(L, 1, &size);
  neap_bytes *bytes = push_bytes(L);
  bytes->start = text;
  bytes->size_bytes = size;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  return 1;
}

// bytes:head(n) -> a string of the first n
static int bytes_head(lua_State *L) {
  const neap_bytes *bytes = neap_check_bytes(L, 1);
  const size_t wanted = (size_t)luaL_checkinteger(L, 2);
  lua_pushlstring(L, bytes->start,
                  wanted < bytes->size_bytes ? wanted : bytes->size_bytes);
  return 1;
}

static int bytes_len(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)neap_check_bytes(L, 1)->size_bytes);
  return 1;
}

static const luaL_Reg meta[] = {
    {"__gc", bytes_close}, {"__len", bytes_len}, {NULL, NULL}};
static const neap_function methods[] = {
    {"head", bytes_head, 1}, {"close", bytes_close, 0}, {0}};
static const luaL_Reg functions[] = {{"open", bytes_open},
                                     {"bytes", bytes_of},
                                     {"write_part", write_part},
                                     {NULL, NULL}};

void neap_add_bytes(lua_State *L) {
  neap_make_type(L, NEAP_BYTES, meta, methods);
  luaL_setfuncs(L, functions, 0);
}
