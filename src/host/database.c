// host/database.c -- libraries that are opened when they are needed.
#include "host/database.h"

#include <dlfcn.h>
#include <string.h>

#include "bind/bind.h"
#include "host/host.h"

const char *neap_database_library(lua_State *L, const char *const *names,
                                  const neap_symbol *symbols, void *addresses) {
  void *library = NULL;
  for (; library == NULL && *names != NULL; names++)
    library = dlopen(*names, RTLD_NOW | RTLD_LOCAL);
  if (library == NULL)
    return lua_pushstring(L, dlerror());
  for (; symbols->name != NULL; symbols++) {
    void *address = dlsym(library, symbols->name);
    if (address == NULL)
      return lua_pushstring(L, dlerror());
    memcpy((char *)addresses + symbols->offset, &address, sizeof address);
  }
  return NULL;
}

int neap_database_failure(lua_State *L, const char *message, const char *code) {
  lua_pushnil(L);
  lua_pushstring(L, message);
  lua_pushstring(L, code);
  return 3;
}

const char *neap_database_bytes(lua_State *L, int index, size_t *size_bytes) {
  const neap_array *array = luaL_checkudata(L, index, NEAP_ARRAY);
  *size_bytes = neap_array_count(array) * neap_dtype_size(array->dtype);
  luaL_argcheck(L, *size_bytes <= 1000000000, index, "more than 1 GB");
  return array->data;
}

void neap_add_database(lua_State *L) {
  static const neap_function functions[] = {
      {"sqlite", neap_sqlite_open, 2},
      {"postgresql", neap_postgresql_open, 1},
      {0}};
  neap_set_functions(L, functions);
}
