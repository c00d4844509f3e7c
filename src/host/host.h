// host/host.h -- what a process gives to the engine and to scripts.
//
// The `neap` program and the module for stock Lua share all of this. The
// layers below never see threads, files, signals or the environment.
#ifndef NEAP_HOST_HOST_H
#define NEAP_HOST_HOST_H

#include <lauxlib.h>
#include <lua.h>
#include <stdbool.h>

#include "neap.h"

// Returns the cores, the files and the clock of this process. Made at the
// first call, shared by all Lua states, taken down at exit. `allocate` is 0,
// so each engine keeps its own memory. Safe from any thread.
//   NEAP_EHOST    NEAP_THREADS is no whole number from 1 to 1024
//   NEAP_EMEMORY  no memory
// A wrong NEAP_ISA is found by neap_new, which knows the names.
const neap_host *neap_host_shared(neap_error *error);

// Returns the number of cores that this process may run on, at least 1.
size_t neap_host_cores(void);

// Returns seconds on a clock that never goes back.
double neap_host_seconds(void);

// ----------------------------------------------------------------- Ctrl-C

// From begin to end the first Ctrl-C raises "interrupted!" in `state`. The
// second one ends the process, as every Ctrl-C does after end. They don't
// nest; end also drops what neap_interrupt_catch left behind.
void neap_interrupt_begin(lua_State *state);
void neap_interrupt_end(void);

// From the outermost catch to its release the first Ctrl-C is only noted, and
// the second one ends the process. After release the handler from before
// catch is back. A release without a catch does nothing. Signals belong to
// the process, so one thread of it should do this.
void neap_interrupt_catch(void);
void neap_interrupt_release(void);

// Returns whether Ctrl-C came since the last outermost catch.
bool neap_interrupt_noted(void);

// ------------------------------------------------------------- neap.host

// Pushes the module table of "neap.host". What the registry has under
// NEAP_COMMAND becomes its `command`: the command line of the program.
#define NEAP_COMMAND "neap.command"
int neap_host_open(lua_State *state);

// Its parts. Each adds its functions to the table on top of the stack.
void neap_add_database(lua_State *state);
void neap_add_identity(lua_State *state);
void neap_add_process(lua_State *state);
void neap_add_sha256(lua_State *state);
void neap_add_system(lua_State *state);

// Pushes nil, a message and the name of an error number such as "ENOENT".
// The message is "can't <verb> <object>: <what the system says>".
int neap_host_failure(lua_State *state, const char *verb, const char *object,
                      int number);

#endif
