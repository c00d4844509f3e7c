// bind/files.h -- what the bindings of files share.
#ifndef NEAP_BIND_FILES_H
#define NEAP_BIND_FILES_H

#include "bind/bind.h"
#include "dataset/dataset.h"

#define NEAP_BYTES NEAP_TYPE("Bytes")

// The bytes of a file, read or mapped, or of a Lua string, which is then the
// user value. Given back when it is collected or closed.
typedef struct neap_bytes {
  const char *start;  // NULL when closed
  size_t size_bytes;
  enum { NEAP_BYTES_STRING, NEAP_BYTES_READ, NEAP_BYTES_MAPPED } owner;
} neap_bytes;

// Returns the bytes at an index, or raises, also when they are closed.
const neap_bytes *neap_check_bytes(lua_State *L, int index);

// Pushes nil and the message of an error; returns 2.
int neap_push_failure(lua_State *L, const neap_error *error);

// Adds functions to the table on top of the stack.
void neap_add_bytes(lua_State *L);
void neap_add_csv(lua_State *L);
void neap_add_columns(lua_State *L);

#endif
