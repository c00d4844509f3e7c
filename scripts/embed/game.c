// scripts/embed/game.c -- a small game loop with neap inside: sixty frames a
// second, an enemy that learns by a focal loss while it fights, a search
// between levels. Prints how long the frames' share of neap was.
//
//   build/game scripts/embed/game.lua [LEVELS [--sleep]]
//
// or, with nothing but a compiler, Lua and neap.c:
//
//   cd build/amalgamation
//   cc -O2 -DNEAP_LUA -I. -I/usr/include/lua5.4 ../../scripts/embed/game.c
//     neap.c -llua5.4 -lm -o game
//
// --sleep waits for each frame's end, as a game does; else the frames follow
// one another at once.
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "neap.h"

enum { FRAMES_A_LEVEL = 1800, BINS = 14, FEATURES = 4 };

static const double budget = 0.002;  // seconds of each frame for training

// ------------------------------------------------------- what a host gives

typedef struct memory {
  size_t bytes, most, cap;
} memory;

static void *allocate(void *data, void *block, size_t old_size,
                      size_t new_size) {
  memory *m = data;
  const size_t old = block != NULL ? old_size : 0;
  if (new_size == 0) {
    m->bytes -= old;
    free(block);
    return NULL;
  }
  if (new_size > old && m->bytes + new_size - old > m->cap)
    return NULL;
  void *moved = realloc(block, new_size);
  if (moved != NULL)
    m->bytes += new_size - old;
  if (m->bytes > m->most)
    m->most = m->bytes;
  return moved;
}

static double seconds_on(clockid_t which) {
  struct timespec now;
  clock_gettime(which, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static double read_clock(void *data) {
  (void)data;
  return seconds_on(CLOCK_MONOTONIC);
}

static void write_log(void *data, const char *line) {
  (void)data;
  printf("neap: %s\n", line);
}

// -------------------------------------------------------------- the slices

typedef struct slices {
  size_t bins[BINS];  // by thread CPU time: below 0.25 ms, 0.5 ms, ...
  size_t count, late;
  double longest;
} slices;

static void count_slice(slices *f, double seconds) {
  const double bin = seconds / 0.00025;
  f->bins[bin < BINS - 1 ? (int)bin : BINS - 1]++;
  f->count++;
  f->late += seconds > 0.0025;
  f->longest = fmax(f->longest, seconds);
}

static void print_slices(const slices *f) {
  printf("CPU time of the frames that trained, budget %.1f ms\n",
         1000 * budget);
  for (int i = 0; i < BINS; i++) {
    const double share = (double)f->bins[i] / (double)f->count;
    if (f->bins[i] == 0)
      continue;
    printf("%s%5.2f ms %6zu %6.2f %% ", i == BINS - 1 ? ">" : "<",
           0.25 * (i == BINS - 1 ? i : i + 1), f->bins[i], 100 * share);
    for (int star = 0; star < (int)ceil(40 * share); star++)
      putchar('*');
    putchar('\n');
  }
  printf("%zu slices, %.3f %% below 2.5 ms, the longest %.2f ms\n", f->count,
         100 * (1 - (double)f->late / (double)f->count), 1000 * f->longest);
}

// ----------------------------------------------------------------- the world

static uint64_t world = 1;

// Knuth's generator of 64 bits (TAOCP vol. 2, 3.3.4): even numbers in [-1, 1).
static double chance(void) {
  world = world * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (double)(int64_t)world / 0x1p63;
}

// What the player does in a frame, and whether a shot would hit: rarely, and
// more often where it is near and runs straight.
static int move_player(float situation[FEATURES]) {
  double sum = -3.2;
  static const double truth[FEATURES] = {-1.5, -1, 2, -0.5};
  for (int i = 0; i < FEATURES; i++) {
    situation[i] = (float)(chance() + chance());
    sum += truth[i] * situation[i];
  }
  return (1 + chance()) / 2 < 1 / (1 + exp(-sum));
}

static lua_State *L;

static void fail(const char *what) {
  fprintf(stderr, "game: %s\n", what);
  exit(EXIT_FAILURE);
}

// Calls a function of the script's table, which is at 1.
static void call(const char *name, int arguments, int results) {
  lua_getfield(L, 1, name);
  lua_insert(L, -1 - arguments);
  if (lua_pcall(L, arguments, results, 0) != LUA_OK)
    fail(lua_tostring(L, -1));
}

// One frame: the player moves, the enemy may shoot, and learns.
static void run_frame(double threshold, slices *f) {
  float situation[FEATURES];
  const int would_hit = move_player(situation);
  call("situation", 0, 1);
  for (int i = 0; i < FEATURES; i++) {
    lua_pushnumber(L, situation[i]);
    lua_seti(L, -2, i + 1);
  }
  lua_pop(L, 1);
  lua_pushnumber(L, threshold);
  call("wants_to_shoot", 1, 1);
  const int shoots = lua_toboolean(L, -1);
  lua_pop(L, 1);
  // Now and then it tries what it does not believe in.
  if (shoots || chance() > 0.8) {
    lua_pushboolean(L, would_hit);
    call("learn", 1, 0);
  }
  const double start = seconds_on(CLOCK_THREAD_CPUTIME_ID);
  call("train", 0, 1);
  const double spent = seconds_on(CLOCK_THREAD_CPUTIME_ID) - start;
  if (!lua_isnil(L, -1))
    count_slice(f, spent);
  if (lua_toboolean(L, -1))
    call("check", 0, 0);
  lua_pop(L, 1);
}

// play(threshold) -> the seconds until ten shots have hit.
static int play(lua_State *state) {
  const double threshold = luaL_checknumber(state, 1);
  int frame = 0;
  for (int hits = 0; hits < 10 && frame < 60000; frame++) {
    float situation[FEATURES];
    const int would_hit = move_player(situation);
    hits += would_hit && chance() > 4 * threshold - 1;
  }
  lua_pushnumber(state, frame / 60.0);
  return 1;
}

static void sleep_until(double end) {
  const double left = end - seconds_on(CLOCK_MONOTONIC);
  if (left > 0) {
    const struct timespec pause = {.tv_nsec = (long)(1e9 * left)};
    nanosleep(&pause, NULL);
  }
}

static void run_levels(int levels, int sleeps, slices *f) {
  double threshold = 0.1;
  for (int level = 1; level <= levels; level++) {
    double end = seconds_on(CLOCK_MONOTONIC);
    for (int frame = 0; frame < FRAMES_A_LEVEL; frame++) {
      end += 1 / 60.0;
      run_frame(threshold, f);
      if (sleeps)
        sleep_until(end);
    }
    lua_pushcfunction(L, play);
    lua_pushinteger(L, level);
    call("tune", 2, 1);
    threshold = lua_tonumber(L, -1);
    lua_pop(L, 1);
    call("report", 0, 2);
    printf("level %d: %s; the next threshold is %.2f\n", level,
           lua_tostring(L, -2), threshold);
    if (!lua_isnil(L, -1))
      fail(lua_tostring(L, -1));
    lua_pop(L, 2);
  }
}

static int open_neap(lua_State *state) {
  return neap_open(state, lua_touserdata(state, 1));
}

int main(int argc, char **argv) {
  memory m = {.cap = 64 << 20};
  slices f = {0};
  neap_host host = {.clock = read_clock, .log = write_log, .budget = budget};
  if (argc < 2)
    fail("wanted the path of game.lua");
  L = lua_newstate(allocate, &m);
  luaL_openlibs(L);
  lua_pushcfunction(L, open_neap);
  lua_pushlightuserdata(L, &host);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK)
    fail(lua_tostring(L, -1));
  if (luaL_dofile(L, argv[1]) != LUA_OK)
    fail(lua_tostring(L, -1));
  lua_settop(L, 1);
  run_levels(argc > 2 ? atoi(argv[2]) : 3, argc > 3, &f);
  print_slices(&f);
  lua_close(L);
  printf("memory: %.1f MB at most, %zu bytes left\n", (double)m.most / 1e6,
         m.bytes);
  return m.bytes == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
