// host/system.c -- what a script may ask about its terminal, time and machine.
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "bind/bind.h"
#include "host/host.h"

// ----------------------------------------------------------------- terminal

static bool wants_colour(void) {
  const char *term = getenv("TERM");
  const char *no_colour = getenv("NO_COLOR");  // see https://no-color.org
  return term != NULL && *term != 0 && strcmp(term, "dumb") != 0 &&
         (no_colour == NULL || *no_colour == 0);
}

// Whether the locale's characters are UTF-8: the first of these that is set
// says so, as in POSIX.
static bool has_unicode(void) {
  static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *locale = getenv(names[i]);
    if (locale != NULL && *locale != 0)
      return strstr(locale, "UTF-8") != NULL || strstr(locale, "utf8") != NULL;
  }
  return false;
}

//- host.terminal([stream]) -> { columns =, rows =, colour =, unicode = } | nil
// Nil where the stream, "stdout" or "stderr", is no terminal. A terminal that
// doesn't know its size counts as 80 columns and 24 rows.
static int terminal(lua_State *L) {
  static const char *const streams[] = {"stdout", "stderr", NULL};
  const int stream = luaL_checkoption(L, 1, "stdout", streams) == 0
                         ? STDOUT_FILENO
                         : STDERR_FILENO;
  if (!isatty(stream)) {
    lua_pushnil(L);
    return 1;
  }
  struct winsize size = {0};
  ioctl(stream, TIOCGWINSZ, &size);
  lua_createtable(L, 0, 4);
  lua_pushinteger(L, size.ws_col > 0 ? size.ws_col : 80);
  lua_setfield(L, -2, "columns");
  lua_pushinteger(L, size.ws_row > 0 ? size.ws_row : 24);
  lua_setfield(L, -2, "rows");
  lua_pushboolean(L, wants_colour());
  lua_setfield(L, -2, "colour");
  lua_pushboolean(L, has_unicode());
  lua_setfield(L, -2, "unicode");
  return 1;
}

// --------------------------------------------------------------------- time

static int64_t read_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

//- host.now() -> integer
// Microseconds since 1970-01-01 00:00:00 UTC.
static int now(lua_State *L) {
  lua_pushinteger(L, read_now());
  return 1;
}

//- host.utc([microseconds]) -> "YYYY-MM-DD HH:MM:SS.ffffff"
// The moment that many microseconds after 1970 began, or now. Raises outside
// the years 0 to 9999, which four digits can't show.
static int utc(lua_State *L) {
  const int64_t moment = luaL_opt(L, luaL_checkinteger, 1, read_now());
  luaL_argcheck(L,
                moment >= INT64_C(-62167219200000000) &&
                    moment <= INT64_C(253402300799999999),
                1, "outside the years 0 to 9999");
  const int64_t fraction = (moment % 1000000 + 1000000) % 1000000;
  const time_t seconds = (time_t)((moment - fraction) / 1000000);
  struct tm parts;
  gmtime_r(&seconds, &parts);
  char text[64];
  snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d.%06" PRId64,
           parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
           parts.tm_min, parts.tm_sec, fraction);
  lua_pushstring(L, text);
  return 1;
}

//- host.clock() -> number
// Seconds on a clock that never goes back; only differences mean something.
static int monotonic(lua_State *L) {
  lua_pushnumber(L, neap_host_seconds());
  return 1;
}

// ------------------------------------------------------------------ machine

//- host.name() -> string
// The name of this machine in its network.
static int name(lua_State *L) {
  char text[256] = "";
  gethostname(text, sizeof text - 1);
  lua_pushstring(L, text);
  return 1;
}

//- host.cores() -> integer
// The cores that this process may run on.
static int cores(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)neap_host_cores());
  return 1;
}

//- host.threads() -> integer
// The threads that share out a parallel loop, the script's own included.
static int threads(lua_State *L) {
  neap_error error = {0};
  const neap_host *host = neap_host_shared(&error);
  if (host == NULL)
    return luaL_error(L, "%s", error.message);
  lua_pushinteger(L, (lua_Integer)host->max_workers);
  return 1;
}

// ------------------------------------------------------------------- Ctrl-C

//- host.catch_interrupts(on)
// From true to false the first Ctrl-C doesn't stop the script but makes
// host.interrupted() true. Calls nest.
static int catch_interrupts(lua_State *L) {
  luaL_checktype(L, 1, LUA_TBOOLEAN);
  if (lua_toboolean(L, 1)) {
    neap_interrupt_catch();
  } else {
    neap_interrupt_release();
  }
  return 0;
}

//- host.interrupted() -> boolean
// Whether Ctrl-C came since interrupts were last caught.
static int interrupted(lua_State *L) {
  lua_pushboolean(L, neap_interrupt_noted());
  return 1;
}

void neap_add_system(lua_State *L) {
  static const neap_function functions[] = {
      {"catch_interrupts", catch_interrupts, 1},
      {"clock", monotonic, 0},
      {"cores", cores, 0},
      {"interrupted", interrupted, 0},
      {"name", name, 0},
      {"now", now, 0},
      {"terminal", terminal, 1},
      {"threads", threads, 0},
      {"utc", utc, 1},
      {0}};
  neap_set_functions(L, functions);
}
