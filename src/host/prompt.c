// host/prompt.c -- statements typed line by line.
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "host/program.h"

static const char chunk_name[] = "=stdin";

// Writes the value of a global (a script may set it), or else its default.
static void show_prompt(lua_State *L, const char *global, const char *initial) {
  if (lua_getglobal(L, global) == LUA_TNIL) {
    fputs(initial, stdout);
  } else {
    fputs(luaL_tolstring(L, -1, NULL), stdout);
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  fflush(stdout);
}

// Pushes the next line without its end, or nothing at the end of the input.
static int push_line(lua_State *L) {
  int c = getchar();
  if (c == EOF)
    return 0;
  luaL_Buffer line;
  luaL_buffinit(L, &line);
  for (; c != EOF && c != '\n'; c = getchar())
    luaL_addchar(&line, (char)c);
  luaL_pushresult(&line);
  return 1;
}

// Compiles the text on top of the stack, which stays; what it became comes
// above it. Returns Lua's status.
static int compile(lua_State *L) {
  size_t size_bytes;
  const char *text = lua_tolstring(L, -1, &size_bytes);
  return luaL_loadbuffer(L, text, size_bytes, chunk_name);
}

// Rewrites "= expression", a habit from older versions, as a statement.
static void expand_equals(lua_State *L) {
  const char *line = lua_tostring(L, -1);
  if (line[0] != '=')
    return;
  lua_pushfstring(L, "return %s", line + 1);
  lua_replace(L, -2);
}

// Replaces the line on top of the stack by a function that returns its
// values, where it is an expression.
static int compile_expression(lua_State *L) {
  lua_pushfstring(L, "return %s", lua_tostring(L, -1));
  if (compile(L) == LUA_OK) {
    lua_replace(L, -3);
    lua_pop(L, 1);
    return 1;
  }
  lua_pop(L, 2);
  return 0;
}

// Returns whether the message on top of the stack says that the text could go
// on: the parser met its end.
static int is_incomplete(lua_State *L, int status) {
  static const char mark[] = "<eof>";
  if (status != LUA_ERRSYNTAX)
    return 0;
  size_t length;
  const char *message = lua_tolstring(L, -1, &length);
  const size_t mark_length = sizeof mark - 1;
  return length >= mark_length &&
         strcmp(message + length - mark_length, mark) == 0;
}

// Replaces the line on top of the stack by its function or a message, asking
// for more lines while the statement is incomplete. Returns Lua's status.
static int compile_statement(lua_State *L) {
  for (;;) {
    const int status = compile(L);
    if (is_incomplete(L, status)) {
      show_prompt(L, "_PROMPT2", ">> ");
      if (push_line(L)) {
        lua_remove(L, -2);
        lua_pushliteral(L, "\n");
        lua_insert(L, -2);
        lua_concat(L, 3);
        continue;
      }
    }
    lua_remove(L, -2);
    return status;
  }
}

static void print_values(lua_State *L) {
  const int count = lua_gettop(L);
  if (count == 0)
    return;
  luaL_checkstack(L, LUA_MINSTACK, "too many results to print");
  lua_getglobal(L, "print");
  lua_insert(L, 1);
  if (lua_pcall(L, count, 0, 0) != LUA_OK) {
    fprintf(stderr, "error calling 'print' (%s)\n", lua_tostring(L, -1));
    fflush(stderr);
  }
}

void neap_program_prompt(lua_State *L) {
  for (;;) {
    lua_settop(L, 0);
    show_prompt(L, "_PROMPT", "> ");
    if (!push_line(L))
      break;
    expand_equals(L);
    int status = compile_expression(L) ? LUA_OK : compile_statement(L);
    if (status == LUA_OK)
      status = neap_program_call(L, 0, LUA_MULTRET);
    if (status == LUA_OK) {
      print_values(L);
    } else {
      neap_program_report(L, status, NEAP_UNNAMED);
    }
  }
  lua_settop(L, 0);
  putchar('\n');
  fflush(stdout);
}
