// tests/bind/memory_test.c -- a state that runs out of memory: at every single
// allocation of work over the whole of neap, and at a cap. Each ends in an
// error or in the right result; the state works afterwards, and nothing leaks.
#include <string.h>

#include <lualib.h>

#include "bind/compat.h"
#include "check.h"

// Sanitizers take ten times as long.
#ifndef SWEEP_STEP
#define SWEEP_STEP 1
#endif

// An allocator that counts, and fails at one call and the next: after the
// first Lua collects garbage, and asks again.
typedef struct counter {
  size_t live_bytes, cap_bytes, calls, fail_at;
  bool may_lose;
} counter;

static void *allocate(void *data, void *block, size_t old_size,
                      size_t new_size) {
  counter *c = data;
  const size_t old = block != NULL ? old_size : 0;
  if (new_size == 0) {
    c->live_bytes -= old;
    free(block);
    return NULL;
  }
  c->calls++;
  const bool fails =
      c->fail_at > 0 && (c->calls == c->fail_at || c->calls == c->fail_at + 1);
  const bool too_much =
      c->cap_bytes > 0 && c->live_bytes - old + new_size > c->cap_bytes;
  // Lua may not be refused what makes a block smaller.
  if ((fails || too_much) && new_size > old)
    return NULL;
  void *moved = realloc(block, new_size);
  if (moved != NULL)
    c->live_bytes += new_size - old;
  return moved;
}

// A state with Lua's libraries. Without any of ours, LuaJIT 2.1.0-beta3 crashes
// where a compiled trace gets no memory, and loses some where a stack can't
// grow. So it interprets, and may lose bytes.
static lua_State *new_state(counter *c) {
  lua_State *L = lua_newstate(allocate, c);
  luaL_openlibs(L);
  CHECK(luaL_dostring(L, "if jit then jit.off() end return jit ~= nil") ==
        LUA_OK);
  c->may_lose = lua_toboolean(L, -1);
  lua_settop(L, 0);
  return L;
}

static void close_state(lua_State *L, const counter *c) {
  lua_close(L);
  CHECK_SHOW(c->live_bytes == 0 || c->may_lose, "%zu bytes", c->live_bytes);
}

// A state with the pieces at 1 and still_works at 2.
static lua_State *open_state(counter *c, const char *folder) {
  lua_State *L = new_state(c);
  lua_pushfstring(L, "%s/../bind/memory_pieces.lua", folder);
  const bool loaded = luaL_loadfile(L, lua_tostring(L, -1)) == LUA_OK;
  lua_remove(L, 1);
  neap_open(L, NULL);
  const bool opened = lua_pcall(L, 1, 2, 0) == LUA_OK;
  CHECK_SHOW(loaded && opened, "%s", lua_tostring(L, -1));
  return L;
}

static void check_works(lua_State *L, const char *name, size_t at) {
  lua_pushvalue(L, 2);
  const bool ran = lua_pcall(L, 0, 1, 0) == LUA_OK && lua_toboolean(L, -1);
  CHECK_SHOW(ran, "%s at %zu: %s", name, at, lua_tostring(L, -1));
  lua_settop(L, 2);
}

// Runs the piece at 3, failing at its n-th allocation; returns whether it had
// none left to fail.
static bool run_piece(lua_State *L, counter *c, size_t n) {
  lua_pushvalue(L, 3);
  c->calls = 0;
  c->fail_at = n;
  const int status = lua_pcall(L, 0, 0, 0);
  c->fail_at = 0;
  if (status != LUA_OK)
    CHECK_SHOW(lua_isstring(L, -1), "%s", luaL_typename(L, -1));
  lua_settop(L, 3);
  return status == LUA_OK && c->calls < n;
}

// Returns how many allocations of a piece were failed.
static size_t sweep(lua_State *L, counter *c, int i) {
  enum { MOST = 100000 };
  lua_rawgeti(L, 1, i);
  lua_rawgeti(L, -1, 1);
  const char *name = lua_tostring(L, -1);  // its table keeps it
  lua_rawgeti(L, -2, 2);
  lua_replace(L, 3);
  lua_settop(L, 3);
  // Once without failures: what is loaded at first use is there then.
  const bool runs = lua_pcall(L, 0, 0, 0) == LUA_OK;
  CHECK_SHOW(runs, "%s: %s", name, lua_tostring(L, -1));
  if (!runs)
    return 0;
  size_t n = 1, failures = 0;
  for (; n < MOST; n += SWEEP_STEP, failures++) {
    lua_settop(L, 2);
    lua_rawgeti(L, 1, i);
    lua_rawgeti(L, -1, 2);
    lua_replace(L, 3);
    if (run_piece(L, c, n))
      break;
    check_works(L, name, n);
  }
  CHECK_SHOW(n > 5 && n < MOST, "%s: %zu", name, n);
  lua_settop(L, 2);
  return failures;
}

static size_t sweep_all(const char *folder) {
  counter c = {0};
  size_t failures = 0;
  lua_State *L = open_state(&c, folder);
  const int pieces = (int)lua_rawlen(L, 1);
  for (int i = 1; i <= pieces; i++)
    failures += sweep(L, &c, i);
  CHECK(pieces > 10);
  close_state(L, &c);
  return failures;
}

static int open_neap(lua_State *L) {
  return neap_open(L, NULL);
}

// Opens neap in new states, failing at every 17th allocation of it: it has some
// thousands, and a state is made for each. Another try opens it.
static size_t sweep_opening(void) {
  size_t failures = 0;
  bool opened = false;
  for (size_t n = 1; !opened; n += 17, failures++) {
    counter c = {0};
    lua_State *L = new_state(&c);
    for (int again = 0; again < 2 && !opened; again++) {
      lua_pushcfunction(L, open_neap);
      c.calls = 0;
      c.fail_at = again == 0 ? n : 0;
      const int status = lua_pcall(L, 0, 1, 0);
      opened = status == LUA_OK && c.fail_at > c.calls;
      c.fail_at = 0;
      CHECK_SHOW(again == 0 || status == LUA_OK, "%zu: %s", n,
                 lua_tostring(L, -1));
    }
    close_state(L, &c);
  }
  return failures;
}

// What is too much for the cap raises, and what is not still works.
static void test_cap(const char *folder) {
  counter c = {0};
  lua_State *L = open_state(&c, folder);
  lua_gc(L, LUA_GCCOLLECT, 0);
  c.cap_bytes = c.live_bytes + (2 << 20);
  for (int i = 0; i < 3; i++) {
    lua_settop(L, 2);
    CHECK(luaL_dostring(L,
                        "local neap = require 'neap'\n"
                        "return neap.data.gaussians { n = 100000 }") != LUA_OK);
    CHECK_SHOW(strstr(lua_tostring(L, -1), "memory") != NULL, "%s",
               lua_tostring(L, -1));
    check_works(L, "cap", 0);
  }
  close_state(L, &c);
}

int main(int argc, char **argv) {
  const char *folder = test_data(argc, argv);
  test_cap(folder);
  const size_t opening = sweep_opening(), all = sweep_all(folder);
  printf("failed %zu allocations, and %zu of opening\n", all, opening);
  return check_result();
}
