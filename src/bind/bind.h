// bind/bind.h -- what the bindings give to the host, and share among them.
//
// Only this layer and host know lua.h. Each C file is one module of
// "neap.core"; the Lua files of lua/neap put the modules' names together.
#ifndef NEAP_BIND_H
#define NEAP_BIND_H

#include <lauxlib.h>
#include <lua.h>

#include "neap.h"

// Returns the engine of a state that neap_open has been called on.
const neap *neap_bound_engine(lua_State *state);

// Raises a Lua error with the message of a neap_error.
int neap_raise(lua_State *state, const neap_error *error);

#endif
