// host/database.h -- what the bindings of SQLite and PostgreSQL share.
//
// Their libraries are opened when a database is, so that the program needs
// neither to be built nor to run. Both kinds of connection have the same
// methods; statements are prepared once and kept by their text.
#ifndef NEAP_HOST_DATABASE_H
#define NEAP_HOST_DATABASE_H

#include <lauxlib.h>
#include <lua.h>
#include <stddef.h>

// A function of a library, and where its address goes.
typedef struct neap_symbol {
  const char *name;
  size_t offset;  // in the structure of addresses
} neap_symbol;

// Opens the first library of a list of names that is there and finds its
// symbols; both lists end in zeros. Returns NULL, or what failed, which the
// state keeps on its stack. The library stays open.
const char *neap_database_library(lua_State *state, const char *const *names,
                                  const neap_symbol *symbols, void *addresses);

// Pushes nil, a message and a code: how all methods of a connection fail.
int neap_database_failure(lua_State *state, const char *message,
                          const char *code);

// Returns the bytes of the array at an index and their count, at most 1 GB, or
// raises: what a statement gets as a BLOB. The array keeps them.
const char *neap_database_bytes(lua_State *state, int index,
                                size_t *size_bytes);

// The lua_CFunctions host.sqlite and host.postgresql.
int neap_sqlite_open(lua_State *state);
int neap_postgresql_open(lua_State *state);

#endif
