// host/process.c -- programs started from a script.
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bind/bind.h"
#include "host/host.h"

#define PROCESS_TYPE NEAP_TYPE("Process")

// The streams of a process, by their descriptors.
enum { STREAM_COUNT = 3 };

static const char *const stream_names[] = {"stdin", "stdout", "stderr", NULL};

typedef struct process {
  pid_t pid;   // 0 until it started
  int watch;   // a descriptor that polls readable at the end, or -1
  bool ended;  // its end was collected: `pid` may belong to another by now
  int status;  // as of waitpid; -1: someone else collected it
} process;

static process *check_process(lua_State *L) {
  process *self = luaL_checkudata(L, 1, PROCESS_TYPE);
  luaL_argcheck(L, self->pid != 0, 1, "process that did not start");
  return self;
}

// ------------------------------------------------------------------ options

// Checks every key of the table at 1: the words are at 1 to `count`, all else
// must be an option.
static void check_keys(lua_State *L, lua_Integer count) {
  lua_newtable(L);
  lua_insert(L, 1);  // the options alone, where a message says argument 1
  for (lua_pushnil(L); lua_next(L, 2) != 0; lua_pop(L, 1)) {
    if (!lua_isinteger(L, -2)) {
      lua_pushvalue(L, -2);
      lua_pushvalue(L, -2);
      lua_settable(L, 1);
      continue;
    }
    const lua_Integer key = lua_tointeger(L, -2);
    luaL_argcheck(L, key >= 1 && key <= count, 1, "words have a gap");
  }
  neap_check_keys(L, 1, NULL, stream_names);
  lua_remove(L, 1);
}

// Returns the string on top of the stack as C text. It may not hold a zero,
// where the system would cut it.
static const char *check_text(lua_State *L, const char *what) {
  size_t size_bytes;
  const char *text = lua_tolstring(L, -1, &size_bytes);
  if (text == NULL || strlen(text) != size_bytes) {
    luaL_argerror(
        L, 1,
        lua_pushfstring(L, "%s must be a string without zeros, got %s", what,
                        luaL_typename(L, -1)));
  }
  return text;
}

// Pushes the words of the command and returns them as execve wants them. The
// stack keeps the strings alive.
static char **push_words(lua_State *L, lua_Integer count) {
  luaL_argcheck(L, count >= 1, 1, "no command");
  luaL_argcheck(L, count < 100000, 1, "too many words");
  luaL_checkstack(L, (int)count + LUA_MINSTACK, "too many words");
  char **words = lua_newuserdatauv(L, ((size_t)count + 1) * sizeof *words, 0);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_geti(L, 1, i);
    // execve has no const, but changes nothing.
    words[i - 1] = (char *)check_text(L, "each word");
  }
  words[count] = NULL;
  return words;
}

// -------------------------------------------------------------------- start

// Where one stream of the new process goes.
typedef struct stream {
  const char *given;  // the option's text, or NULL
  int descriptor;     // to become the process's own; -1: stays as it is
  luaL_Stream *pipe;  // our end, where the option is "pipe"; else NULL
} stream;

static int close_pipe(lua_State *L) {
  luaL_Stream *pipe = lua_touserdata(L, 1);
  FILE *file = pipe->f;
  pipe->f = NULL;
  return luaL_fileresult(L, fclose(file) == 0, NULL);
}

// Reads one option; its text stays on the stack. A pipe is a Lua file that
// isn't open yet, kept as the user value of the process with that number.
static stream read_stream(lua_State *L, int process_index, int number) {
  stream s = {.descriptor = -1};
  if (lua_getfield(L, 1, stream_names[number]) == LUA_TNIL)
    return s;
  s.given = check_text(L, stream_names[number]);
  if (number > 0 && strcmp(s.given, "pipe") == 0) {
    s.pipe = lua_newuserdatauv(L, sizeof *s.pipe, 0);
    *s.pipe = (luaL_Stream){0};
    if (luaL_getmetatable(L, LUA_FILEHANDLE) == LUA_TNIL)
      luaL_error(L, "a pipe needs Lua's io library");
    lua_setmetatable(L, -2);
    lua_setiuservalue(L, process_index, number);
  }
  return s;
}

// Moves a descriptor above the three that a process starts with, so that
// putting one in its place can't overwrite another.
static int lift_descriptor(int descriptor) {
  if (descriptor < 0 || descriptor >= STREAM_COUNT)
    return descriptor;
  const int lifted = fcntl(descriptor, F_DUPFD_CLOEXEC, STREAM_COUNT);
  const int failure = errno;
  close(descriptor);
  errno = failure;
  return lifted;
}

static bool open_pipe(stream *s) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return false;
  const int ours = lift_descriptor(ends[0]);
  s->descriptor = lift_descriptor(ends[1]);
  s->pipe->f = ours >= 0 ? fdopen(ours, "r") : NULL;
  if (s->pipe->f != NULL) {
    s->pipe->closef = close_pipe;
    return s->descriptor >= 0;
  }
  if (ours >= 0)
    close(ours);
  return false;
}

// Opens what the option names. On failure errno says why.
static bool open_stream(stream *s, int number) {
  if (s->given == NULL || (number == 2 && strcmp(s->given, "stdout") == 0))
    return true;
  if (s->pipe != NULL)
    return open_pipe(s);
  const char *path = strcmp(s->given, "null") == 0 ? "/dev/null" : s->given;
  const int how = number == 0 ? O_RDONLY : O_WRONLY | O_CREAT | O_TRUNC;
  s->descriptor = lift_descriptor(open(path, how | O_CLOEXEC, 0666));
  return s->descriptor >= 0;
}

// Starts the program with its streams in place and no other descriptor.
// Returns 0 or an error number.
static int spawn(pid_t *pid, char **words, const stream *streams) {
  posix_spawn_file_actions_t actions;
  int failure = posix_spawn_file_actions_init(&actions);
  if (failure != 0)
    return failure;
  for (int i = 0; i < STREAM_COUNT && failure == 0; i++) {
    if (streams[i].descriptor >= 0) {
      failure =
          posix_spawn_file_actions_adddup2(&actions, streams[i].descriptor, i);
    } else if (streams[i].given != NULL) {  // stderr = "stdout"
      failure = posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, i);
    }
  }
  if (failure == 0) {
    failure = posix_spawn_file_actions_addclosefrom_np(&actions, STREAM_COUNT);
  }
  if (failure == 0) {
    extern char **environ;
    failure = posix_spawnp(pid, words[0], &actions, NULL, words, environ);
  }
  posix_spawn_file_actions_destroy(&actions);
  return failure;
}

static void close_streams(stream *streams, bool pipes) {
  for (int i = 0; i < STREAM_COUNT; i++) {
    if (streams[i].descriptor >= 0)
      close(streams[i].descriptor);
    luaL_Stream *pipe = streams[i].pipe;
    if (pipes && pipe != NULL && pipe->f != NULL) {
      fclose(pipe->f);
      *pipe = (luaL_Stream){0};
    }
  }
}

// Opens the streams and starts the program; raises nothing. On failure it
// names what was done to what, closes all and returns the error number.
static int open_and_spawn(process *self, char **words, stream *streams,
                          const char **verb, const char **object) {
  int failure = 0;
  *verb = "open";
  for (int i = 0; i < STREAM_COUNT && failure == 0; i++) {
    *object = streams[i].given;
    failure = open_stream(&streams[i], i) ? 0 : errno;
  }
  pid_t pid = 0;
  if (failure == 0) {
    *verb = "start";
    *object = words[0];
    fflush(NULL);  // what the script wrote comes before what the program does
    failure = spawn(&pid, words, streams);
  }
  close_streams(streams, failure != 0);
  if (failure == 0) {
    self->pid = pid;
    self->watch = (int)syscall(SYS_pidfd_open, pid, 0);
  }
  return failure;
}

//- host.start { command, argument ..., stdin =, stdout =, stderr = }
//-   -> process | nil, message, code
// Starts a program, found as a shell finds it, but without one: the words
// arrive as they are. A stream that isn't named is the script's own. It may be
// the path of a file (stdin reads it, the others empty it first), "null" for
// nothing at all, stdout and stderr "pipe" to read it from the process, and
// stderr "stdout" to go where stdout goes. A file of such a name is "./pipe".
static int start(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  const lua_Integer count = luaL_len(L, 1);
  check_keys(L, count);
  char **words = push_words(L, count);
  process *self = lua_newuserdatauv(L, sizeof *self, STREAM_COUNT - 1);
  const int self_index = lua_gettop(L);
  *self = (process){.watch = -1};
  luaL_setmetatable(L, PROCESS_TYPE);
  stream streams[STREAM_COUNT];
  for (int i = 0; i < STREAM_COUNT; i++)
    streams[i] = read_stream(L, self_index, i);
  const char *verb, *object;
  const int failure = open_and_spawn(self, words, streams, &verb, &object);
  if (failure != 0)
    return neap_host_failure(L, verb, object, failure);
  lua_settop(L, self_index);
  return 1;
}

// ------------------------------------------------------------------ methods

// Collects the end of the process if it came. Returns whether it did.
static bool collect_end(process *self) {
  if (self->ended)
    return true;
  pid_t got;
  do {
    got = waitpid(self->pid, &self->status, WNOHANG);
  } while (got < 0 && errno == EINTR);
  if (got == 0)
    return false;
  if (got < 0)
    self->status = -1;
  self->ended = true;
  if (self->watch >= 0)
    close(self->watch);
  self->watch = -1;
  return true;
}

static int do_nothing(lua_State *L) {
  (void)L;
  return 0;
}

// Sleeps until the process ends, `seconds` are over, or a signal came. Without
// a descriptor to watch, on old systems, naps take its place.
//
// Ctrl-C sets a hook, which raises when any function is called. So one is
// called while Ctrl-C is held back, which ppoll then lets through: at no
// moment can it come too late to raise and too early to wake.
static void sleep_for_end(lua_State *L, const process *self, double seconds) {
  const double longest = self->watch >= 0 ? 3600 : 0.01;
  const double nap = seconds < longest ? seconds : longest;
  const struct timespec time = {.tv_sec = (time_t)nap,
                                .tv_nsec = (long)((nap - floor(nap)) * 1e9)};
  struct pollfd watched = {.fd = self->watch, .events = POLLIN};
  sigset_t interrupt, before;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  lua_pushcfunction(L, do_nothing);
  pthread_sigmask(SIG_BLOCK, &interrupt, &before);
  const int status = lua_pcall(L, 0, 0, 0);
  if (status == LUA_OK)
    ppoll(&watched, 1, &time, &before);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  if (status != LUA_OK)
    lua_error(L);
}

static int push_end(lua_State *L, const process *self) {
  if (self->status == -1) {
    lua_pushnil(L);
    lua_pushliteral(L, "can't wait: someone else collected the process");
    lua_pushliteral(L, "ECHILD");
    return 3;
  }
  const bool killed = WIFSIGNALED(self->status);
  lua_pushstring(L, killed ? "signal" : "exit");
  lua_pushinteger(L,
                  killed ? WTERMSIG(self->status) : WEXITSTATUS(self->status));
  return 2;
}

//- process:wait([seconds]) -> "exit", code | "signal", number | nil, "timeout"
// Waits for the end of the process, at most so long; 0 only looks.
static int wait_for_end(lua_State *L) {
  process *self = check_process(L);
  const double seconds = luaL_optnumber(L, 2, (lua_Number)INFINITY);
  luaL_argcheck(L, seconds >= 0, 2, "seconds must be 0 or more");
  const double end = neap_host_seconds() + seconds;
  while (!collect_end(self)) {
    const double left = end - neap_host_seconds();
    if (left <= 0) {
      lua_pushnil(L);
      lua_pushliteral(L, "timeout");
      return 2;
    }
    sleep_for_end(L, self, left);
  }
  return push_end(L, self);
}

//- process:kill([signal]) -> true | nil, message, code
// Sends a signal, 15 (terminate) if no other. Fails with code "ESRCH" when the
// process has ended.
static int send_signal(lua_State *L) {
  process *self = check_process(L);
  const lua_Integer number = luaL_optinteger(L, 2, SIGTERM);
  luaL_argcheck(L, number >= 1 && number <= SIGRTMAX, 2, "no such signal");
  const bool ended = collect_end(self);
  if (ended || kill(self->pid, (int)number) != 0) {
    lua_pushfstring(L, "process %d", (int)self->pid);
    return neap_host_failure(L, "signal", lua_tostring(L, -1),
                             ended ? ESRCH : errno);
  }
  lua_pushboolean(L, true);
  return 1;
}

//- process:pid() -> integer
static int get_pid(lua_State *L) {
  lua_pushinteger(L, check_process(L)->pid);
  return 1;
}

static int push_pipe(lua_State *L, int number) {
  check_process(L);
  lua_getiuservalue(L, 1, number);
  return 1;
}

//- process:stdout() -> file | nil
// Our end of the pipe: an ordinary Lua file to read.
static int get_stdout(lua_State *L) {
  return push_pipe(L, STDOUT_FILENO);
}

//- process:stderr() -> file | nil
static int get_stderr(lua_State *L) {
  return push_pipe(L, STDERR_FILENO);
}

//- process:read([format ...]) -> string ... | nil, message, code
// Reads the pipe of stdout as file:read does; without a format, all of it
// until its end.
static int read_stdout(lua_State *L) {
  static const char *const formats[] = {"a", "n", "l", "L", NULL};
  for (int i = 2; i <= lua_gettop(L); i++) {
    if (lua_type(L, i) == LUA_TNUMBER)
      luaL_argcheck(L, luaL_checkinteger(L, i) >= 0, i, "wanted bytes >= 0");
    else
      luaL_checkoption(L, i, NULL, formats);
  }
  push_pipe(L, STDOUT_FILENO);
  luaL_argcheck(L, !lua_isnil(L, -1), 1, "stdout is no pipe");
  lua_replace(L, 1);
  if (lua_gettop(L) == 1)
    lua_pushliteral(L, "a");
  lua_getfield(L, 1, "read");
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int describe(lua_State *L) {
  process *self = luaL_checkudata(L, 1, PROCESS_TYPE);
  if (self->pid == 0) {
    lua_pushliteral(L, "neap.Process (not started)");
  } else {
    lua_pushfstring(L, "neap.Process (pid %d, %s)", (int)self->pid,
                    collect_end(self) ? "ended" : "running");
  }
  return 1;
}

// Never kills and never waits. A process that still runs is marked again, so
// that a later collection takes its end and leaves no zombie.
static int collect_process(lua_State *L) {
  process *self = luaL_checkudata(L, 1, PROCESS_TYPE);
  if (self->pid == 0 || collect_end(self))
    return 0;
  if (self->watch >= 0)
    close(self->watch);
  self->watch = -1;
  lua_getmetatable(L, 1);
  lua_setmetatable(L, 1);
  return 0;
}

void neap_add_process(lua_State *L) {
  static const luaL_Reg meta[] = {
      {"__close", collect_process},
      {"__gc", collect_process},
      {"__tostring", describe},
      {NULL, NULL},
  };
  static const neap_function methods[] = {
      {"kill", send_signal, 1},
      {"pid", get_pid, 0},
      {"read", read_stdout, NEAP_ANY_NUMBER},
      {"stderr", get_stderr, 0},
      {"stdout", get_stdout, 0},
      {"wait", wait_for_end, 1},
      {0}};
  static const neap_function functions[] = {{"start", start, 1}, {0}};
  neap_make_type(L, PROCESS_TYPE, meta, methods);
  neap_set_functions(L, functions);
}
