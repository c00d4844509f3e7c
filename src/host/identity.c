// host/identity.c -- which process this is, and whether another one still runs.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "bind/bind.h"
#include "host/host.h"

// Reads a small file of the system. Returns its length, or -1.
static ssize_t read_file(const char *path, char *text, size_t size_bytes) {
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return -1;
  const ssize_t length = read(file, text, size_bytes - 1);
  close(file);
  if (length >= 0)
    text[length] = 0;
  return length;
}

// Returns when a process started, in ticks since the machine did, or -1 if
// there is none: proc(5), /proc/PID/stat. One that has ended but was not
// collected is none.
static int64_t start_of(int64_t pid) {
  char path[64], text[1024];
  snprintf(path, sizeof path, "/proc/%" PRId64 "/stat", pid);
  if (read_file(path, text, sizeof text) <= 0)
    return -1;
  const char *field = strrchr(text, ')');  // the name may hold anything
  if (field == NULL || strlen(field) < 3 || field[2] == 'Z' || field[2] == 'X')
    return -1;
  for (int number = 2; field != NULL && number < 22; number++)
    field = strchr(field + 1, ' ');
  return field != NULL ? strtoll(field, NULL, 10) : -1;
}

//- host.identity() -> machine, pid, start
// Three values that no other process has: the machine since it was started,
// and the names that its processes go by, as text; the number of this process;
// and when it started, in ticks of the system's clock.
static int identity(lua_State *L) {
  char boot[64] = "";
  struct stat names = {0};
  if (read_file("/proc/sys/kernel/random/boot_id", boot, sizeof boot) < 0)
    gethostname(boot, sizeof boot - 1);
  boot[strcspn(boot, "\n")] = 0;
  stat("/proc/self/ns/pid", &names);
  char number[32];
  snprintf(number, sizeof number, "%" PRIu64, (uint64_t)names.st_ino);
  lua_pushfstring(L, "%s/%s", boot, number);
  lua_pushinteger(L, getpid());
  lua_pushinteger(L, (lua_Integer)start_of(getpid()));
  return 3;
}

//- host.is_running(pid, start) -> boolean
// Whether the process of that number that started then still runs, on this
// machine.
static int is_running(lua_State *L) {
  const lua_Integer pid = luaL_checkinteger(L, 1);
  const lua_Integer start = luaL_checkinteger(L, 2);
  lua_pushboolean(L, start_of(pid) == start && start >= 0);
  return 1;
}

//- host.sleep(seconds)
// Does nothing for so long, or until a signal comes.
static int sleep_for(lua_State *L) {
  const double seconds = luaL_checknumber(L, 1);
  luaL_argcheck(L, seconds >= 0 && seconds < 1e9, 1,
                "seconds must be 0 or more");
  const struct timespec time = {
      .tv_sec = (time_t)seconds,
      .tv_nsec = (long)((seconds - floor(seconds)) * 1e9)};
  nanosleep(&time, NULL);
  return 0;
}

void neap_add_identity(lua_State *L) {
  static const neap_function functions[] = {{"identity", identity, 0},
                                            {"is_running", is_running, 2},
                                            {"sleep", sleep_for, 1},
                                            {0}};
  neap_set_functions(L, functions);
}
