// host/program.h -- what the parts of the program `neap` share.
#ifndef NEAP_HOST_PROGRAM_H
#define NEAP_HOST_PROGRAM_H

#include <lua.h>
#include <stdbool.h>

// Calls the function below its arguments, as lua_pcall does, with Ctrl-C
// raising in it. A message on error has a traceback. Returns Lua's status.
int neap_program_call(lua_State *state, int arguments, int results);

// How an error is shown.
typedef enum neap_program_naming {
  NEAP_UNNAMED,  // at the prompt: alone
  NEAP_NAMED,    // after "neap: "
} neap_program_naming;

// Unless status is LUA_OK, takes the message off the stack and writes it to
// standard error. Returns status.
int neap_program_report(lua_State *state, int status,
                        neap_program_naming naming);

// Reads statements from standard input and runs each one, until its end.
void neap_program_prompt(lua_State *state);

// Whether a word is a command: the name of a file of lua/neap/command.
bool neap_program_has_command(const char *word);

#endif
