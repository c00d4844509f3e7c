// host/main.c -- the program `neap`: runs Lua scripts as lua5.4 does, with
// neap inside.
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "bind/bind.h"
#include "host/host.h"
#include "host/program.h"

static const char usage[] =
    "usage: neap [options] [script [arguments]]\n"
    "       neap show|watch|report|export|merge|compare arguments\n"
    "  -e code     run code, a string\n"
    "  -l module   require a module, as a global of its name\n"
    "  -l g=module require a module, as the global g\n"
    "  -i          prompt for statements, after the script if there is one\n"
    "  -v          print the version\n"
    "  -E          don't read LUA_INIT, LUA_PATH and LUA_CPATH\n"
    "  -W          turn warnings on\n"
    "  -           run standard input\n"
    "  --workers n run the script's studies by n processes\n"
    "  --shard i/n work on the i-th of n shares of the script's studies\n"
    "  --          end the options\n"
    "  --version   print the version and end\n"
    "  --help      print this and end\n"
    "Without a script, neap prompts on a terminal and else runs standard\n"
    "input. NEAP_ISA (base, avx2, avx512) chooses the instruction set and\n"
    "NEAP_THREADS the number of threads.\n";

// The command line, taken apart.
typedef struct command {
  int count;
  char **words;
  int script;         // the position of its name, `count` if there is none
  const char *wrong;  // the option that wasn't understood, or NULL
  bool has_code, prompt, show_version, no_environment;
  bool only_version, only_help;
  const char *isa;  // the instruction set of the version line
  const char *workers, *shard, *worker;  // the options' values, or NULL
} command;

// ---------------------------------------------------------- running things

static void write_error(const char *message, neap_program_naming naming) {
  fprintf(stderr, "%s%s\n", naming == NEAP_NAMED ? "neap: " : "", message);
  fflush(stderr);
}

// Turns what was raised into the text to show. An object that can describe
// itself has said enough; all else gets a traceback.
static int explain_error(lua_State *L) {
  const char *message = lua_tostring(L, 1);
  if (message == NULL) {
    if (luaL_callmeta(L, 1, "__tostring") && lua_type(L, -1) == LUA_TSTRING)
      return 1;
    message =
        lua_pushfstring(L, "(error object is a %s value)", luaL_typename(L, 1));
  }
  luaL_traceback(L, L, message, 1);
  return 1;
}

int neap_program_call(lua_State *L, int arguments, int results) {
  const int function = lua_gettop(L) - arguments;
  lua_pushcfunction(L, explain_error);
  lua_insert(L, function);
  neap_interrupt_begin(L);
  const int status = lua_pcall(L, arguments, results, function);
  neap_interrupt_end();
  lua_remove(L, function);
  return status;
}

int neap_program_report(lua_State *L, int status, neap_program_naming naming) {
  if (status != LUA_OK) {
    const char *message = lua_tostring(L, -1);
    write_error(message != NULL ? message : "(error without a message)",
                naming);
    lua_pop(L, 1);
  }
  return status;
}

// Runs what was just compiled, unless that failed. Returns Lua's status.
static int run_compiled(lua_State *L, int status) {
  if (status == LUA_OK)
    status = neap_program_call(L, 0, 0);
  return neap_program_report(L, status, NEAP_NAMED);
}

static int run_string(lua_State *L, const char *code, const char *chunk_name) {
  return run_compiled(L, luaL_loadbuffer(L, code, strlen(code), chunk_name));
}

// Runs standard input if path is NULL.
static int run_file(lua_State *L, const char *path) {
  return run_compiled(L, luaL_loadfile(L, path));
}

// Requires "module", or "global=module", and sets the global.
static int run_library(lua_State *L, const char *text) {
  const char *sign = strchr(text, '=');
  const size_t length = sign != NULL ? (size_t)(sign - text) : strlen(text);
  lua_pushlstring(L, text, length);
  lua_getglobal(L, "require");
  lua_pushstring(L, sign != NULL ? sign + 1 : text);
  const int status = neap_program_call(L, 1, 1);
  if (status == LUA_OK)
    lua_setglobal(L, lua_tostring(L, -2));
  neap_program_report(L, status, NEAP_NAMED);
  lua_pop(L, 1);
  return status;
}

static int run_init(lua_State *L) {
  static const char *const names[] = {"=LUA_INIT" LUA_VERSUFFIX, "=LUA_INIT"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *init = getenv(names[i] + 1);
    if (init != NULL)
      return init[0] == '@' ? run_file(L, init + 1)
                            : run_string(L, init, names[i]);
  }
  return LUA_OK;
}

// Pushes the script's arguments: arg[1] and on, which -e may have changed.
static int push_arguments(lua_State *L) {
  if (lua_getglobal(L, "arg") != LUA_TTABLE)
    luaL_error(L, "'arg' is not a table");
  const int count = (int)luaL_len(L, -1);
  luaL_checkstack(L, count + 3, "too many arguments to script");
  for (int i = 1; i <= count; i++)
    lua_rawgeti(L, -i, i);
  lua_remove(L, -count - 1);
  return count;
}

static int run_script(lua_State *L, const command *c) {
  const char *path = c->words[c->script];
  const bool literal = strcmp(c->words[c->script - 1], "--") == 0;
  if (strcmp(path, "-") == 0 && !literal)
    path = NULL;
  int status = luaL_loadfile(L, path);
  if (status == LUA_OK)
    status = neap_program_call(L, push_arguments(L), 0);
  return neap_program_report(L, status, NEAP_NAMED);
}

// ----------------------------------------------------------------- options

// Reads the option at *position; moves on to its value if that stands apart.
// Returns false if there is no such option or its value is missing.
static bool read_option(command *c, int *position) {
  const char *word = c->words[*position];
  const char letter = word[1];
  if (letter == 'e' || letter == 'l') {
    c->has_code = c->has_code || letter == 'e';
    if (word[2] != 0)
      return true;
    ++*position;
    return *position < c->count && c->words[*position][0] != '-';
  }
  if (word[2] != 0 || strchr("ivEW", letter) == NULL)
    return false;
  c->prompt = c->prompt || letter == 'i';
  c->show_version = c->show_version || letter == 'i' || letter == 'v';
  c->no_environment = c->no_environment || letter == 'E';
  return true;
}

// Reads the option at *position that has a value: --workers, --shard, and
// --worker, by which a program starts more of itself. Returns false if it is
// none or has no value.
static bool read_long_option(command *c, int *position) {
  const char *word = c->words[*position];
  const char **value = strcmp(word, "--workers") == 0  ? &c->workers
                       : strcmp(word, "--shard") == 0  ? &c->shard
                       : strcmp(word, "--worker") == 0 ? &c->worker
                                                       : NULL;
  if (value == NULL || *position + 1 >= c->count)
    return false;
  *value = c->words[++*position];
  return true;
}

static void read_command(command *c) {
  c->script = c->count;
  for (int i = 1; i < c->count; i++) {
    const char *word = c->words[i];
    const bool end = strcmp(word, "--") == 0;
    if (end || word[0] != '-' || word[1] == 0) {
      c->script = end ? i + 1 : i;
      return;
    }
    c->only_version = strcmp(word, "--version") == 0;
    c->only_help = strcmp(word, "--help") == 0;
    if (c->only_version || c->only_help)
      return;
    if (!(word[1] == '-' ? read_long_option(c, &i) : read_option(c, &i))) {
      c->wrong = word;
      return;
    }
  }
}

// Does what the options say, in their order. Returns whether all went well.
static bool run_options(lua_State *L, const command *c) {
  for (int i = 1; i < c->script; i++) {
    const char *word = c->words[i];
    const char letter = word[1];
    if (letter == 'W')
      lua_warning(L, "@on", 0);
    if (letter == '-')
      i++;  // a long option's value
    if (letter != 'e' && letter != 'l')
      continue;
    const char *value = word[2] != 0 ? word + 2 : c->words[++i];
    const int status = letter == 'e' ? run_string(L, value, "=(command line)")
                                     : run_library(L, value);
    if (status != LUA_OK)
      return false;
  }
  return true;
}

static void explain_wrong_option(const command *c) {
  const bool needs_value = strchr("el", c->wrong[1]) != NULL ||
                           strcmp(c->wrong, "--workers") == 0 ||
                           strcmp(c->wrong, "--shard") == 0;
  fprintf(stderr,
          needs_value ? "neap: '%s' needs argument\n"
                      : "neap: unrecognized option '%s'\n",
          c->wrong);
  fputs(usage, stderr);
}

// ------------------------------------------------------------------- state

// The table `arg`: the script's name at 0, its arguments from 1, what stands
// before it below 0. Without a script the program's name is at 0.
static void set_arguments(lua_State *L, const command *c) {
  const int zero = c->script < c->count ? c->script : 0;
  lua_createtable(L, c->count - zero - 1, zero + 1);
  for (int i = 0; i < c->count; i++) {
    lua_pushstring(L, c->words[i]);
    lua_rawseti(L, -2, i - zero);
  }
  lua_setglobal(L, "arg");
}

// Reads "i/n" with 1 <= i <= n. Returns false if it isn't that.
static bool read_share(const char *text, long *i, long *n) {
  char *end;
  *i = strtol(text, &end, 10);
  if (*end != '/')
    return false;
  *n = strtol(end + 1, &end, 10);
  return *end == 0 && 1 <= *i && *i <= *n && *n <= 1000000;
}

// Keeps the command line for neap.host.command: { words =, script = path,
// position = of the script among the words, workers =, shard = { i, n },
// worker = }.
static void keep_command(lua_State *L, const command *c) {
  lua_createtable(L, 0, 8);
  lua_createtable(L, c->count, 0);
  for (int i = 0; i < c->count; i++) {
    lua_pushstring(L, c->words[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "words");
  if (c->script < c->count) {
    lua_pushstring(L, c->words[c->script]);
    lua_setfield(L, -2, "script");
    lua_pushinteger(L, c->script + 1);
    lua_setfield(L, -2, "position");
  }
  if (c->workers != NULL) {
    lua_pushinteger(L, strtol(c->workers, NULL, 10));
    lua_setfield(L, -2, "workers");
  }
  long i = 0, n = 0;
  if (c->shard != NULL && read_share(c->shard, &i, &n)) {
    lua_createtable(L, 2, 0);
    lua_pushinteger(L, i);
    lua_rawseti(L, -2, 1);
    lua_pushinteger(L, n);
    lua_rawseti(L, -2, 2);
    lua_setfield(L, -2, "shard");
  }
  lua_pushstring(L, c->worker);
  lua_setfield(L, -2, "worker");
  lua_setfield(L, LUA_REGISTRYINDEX, NEAP_COMMAND);
}

// Says what is wrong with the values of the long options. Returns whether
// nothing is.
static bool check_values(const command *c) {
  char *end;
  long i, n;
  if (c->workers != NULL) {
    const long count = strtol(c->workers, &end, 10);
    if (*end != 0 || count < 1 || count > 1024) {
      fprintf(stderr,
              "neap: --workers is '%s'; wanted a whole number, 1 to "
              "1024\n",
              c->workers);
      return false;
    }
  }
  if (c->shard != NULL && !read_share(c->shard, &i, &n)) {
    fprintf(stderr, "neap: --shard is '%s'; wanted i/n, such as 2/3\n",
            c->shard);
    return false;
  }
  return true;
}

static int open_core(lua_State *L) {
  return neap_open_core(L, neap_host_shared(NULL));
}

// Makes neap's modules known to require.
static void add_modules(lua_State *L) {
  neap_preload(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, open_core);
  lua_setfield(L, -2, "neap.core");
  lua_pushcfunction(L, neap_host_open);
  lua_setfield(L, -2, "neap.host");
  lua_pop(L, 1);
}

// Calls require "neap.command"(name, arguments ...), which returns true, or
// nil and what went wrong.
static bool run_tool(lua_State *L, const command *c) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "neap.command");
  int status = neap_program_call(L, 1, 1);
  if (status == LUA_OK) {
    const int count = c->count - c->script;
    luaL_checkstack(L, count, "too many arguments");
    for (int i = c->script; i < c->count; i++)
      lua_pushstring(L, c->words[i]);
    status = neap_program_call(L, count, 2);
  }
  if (neap_program_report(L, status, NEAP_NAMED) != LUA_OK)
    return false;
  if (lua_toboolean(L, -2))
    return true;
  write_error(lua_tostring(L, -1), NEAP_NAMED);
  return false;
}

static void print_version(const command *c) {
  printf("neap %s (%s, %s)\n", NEAP_VERSION, LUA_RELEASE, c->isa);
  fflush(stdout);
}

// ---------------------------------------------------------------- the main

static void open_libraries(lua_State *L, const command *c) {
  luaL_checkversion(L);
  if (c->no_environment) {
    lua_pushboolean(L, true);  // the package library looks for this
    lua_setfield(L, LUA_REGISTRYINDEX, "LUA_NOENV");
  }
  luaL_openlibs(L);
  set_arguments(L, c);
  keep_command(L, c);
  add_modules(L);
  lua_gc(L, LUA_GCGEN, 0, 0);  // lua5.4's mode: scripts must not notice
}

// What main does with a Lua state, called so that even an error of its own is
// caught. Returns true to Lua if all went well.
static int run_command(lua_State *L) {
  const command *c = lua_touserdata(L, 1);
  const bool has_script = c->script < c->count;
  if (c->show_version)
    print_version(c);
  open_libraries(L, c);
  if (has_script && neap_program_has_command(c->words[c->script]) &&
      strcmp(c->words[c->script - 1], "--") != 0) {
    lua_pushboolean(L, run_tool(L, c));
    return 1;
  }
  if ((!c->no_environment && run_init(L) != LUA_OK) || !run_options(L, c) ||
      (has_script && run_script(L, c) != LUA_OK))
    return 0;
  if (c->prompt) {
    neap_program_prompt(L);
  } else if (!has_script && !c->has_code && !c->show_version) {
    if (isatty(STDIN_FILENO)) {
      print_version(c);
      neap_program_prompt(L);
    } else {
      run_file(L, NULL);
    }
  }
  lua_pushboolean(L, true);
  return 1;
}

// Looks at the environment before any script runs, so that a wrong NEAP_ISA
// or NEAP_THREADS is told even where nothing would use it.
static bool read_environment(command *c) {
  neap_error error = {0};
  const neap_host *host = neap_host_shared(&error);
  neap *engine = host != NULL ? neap_new(host, &error) : NULL;
  if (engine == NULL) {
    write_error(error.message, NEAP_NAMED);
    return false;
  }
  c->isa = neap_isa(engine);  // a constant: it outlives the engine
  neap_free(engine);
  return true;
}

int main(int argc, char **argv) {
  command c = {.count = argc, .words = argv};
  read_command(&c);
  if (c.wrong != NULL) {
    explain_wrong_option(&c);
    return EXIT_FAILURE;
  }
  if (!check_values(&c))
    return EXIT_FAILURE;
  if (c.only_help) {
    fputs(usage, stdout);
    return EXIT_SUCCESS;
  }
  if (!read_environment(&c))
    return EXIT_FAILURE;
  if (c.only_version) {
    print_version(&c);
    return EXIT_SUCCESS;
  }
  lua_State *L = luaL_newstate();
  if (L == NULL) {
    write_error("cannot create state: not enough memory", NEAP_NAMED);
    return EXIT_FAILURE;
  }
  lua_pushcfunction(L, run_command);
  lua_pushlightuserdata(L, &c);
  const int status = lua_pcall(L, 1, 1, 0);
  const bool success = status == LUA_OK && lua_toboolean(L, -1);
  neap_program_report(L, status, NEAP_NAMED);
  lua_close(L);
  return success ? EXIT_SUCCESS : EXIT_FAILURE;
}
