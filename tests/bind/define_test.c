// tests/bind/define_test.c -- losses defined in a Lua state that has no memory
// at some moment: it ends in an error, and leaks nothing.
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "check.h"

// An allocator that counts, and fails at one call.
typedef struct counter {
  size_t live_bytes, calls, fail_at;
} counter;

static void *allocate(void *data, void *block, size_t old_size,
                      size_t new_size) {
  counter *c = data;
  if (new_size > 0 && ++c->calls == c->fail_at)
    return NULL;
  c->live_bytes += new_size;
  c->live_bytes -= block != NULL ? old_size : 0;
  if (new_size == 0) {
    free(block);
    return NULL;
  }
  return realloc(block, new_size);
}

static const char script[] =
    "local core = ...\n"
    "local m, trace = core.math, core.expr.trace()\n"
    "local x, g = trace:input(0), trace:parameter(0)\n"
    "local value = m.softplus(-x) * (1 - m.sigmoid(x)) ^ g\n"
    "trace:close()\n"
    "trace:evaluate(value, { 2 }, { 1 })\n"
    "local d = core.expr.define(trace, value, { name = 'own', text = '',\n"
    "  source = '', columns = {}, margin = true, parameters = { { name = 'g',\n"
    "  default = 2, low = 0, high = 9, meaning = '' } } })\n"
    "local loss = core.expr.new({ g = 3 }, d, 'binary')\n"
    "local value = loss({ 1, 2 }, { 0, 1 })\n"
    "local lifted = core.expr.new(nil, d, 'classes')\n"
    "lifted:gradient({ { 1, 2, 3 } }, { 1 })\n"
    "core.expr.listing(d)\n"
    "core.expr.map(function(u) return m.exp(u) + 1 end, { 1, 2 })\n"
    "return value\n";

// Returns whether the script ran to its end, failing at one allocation of it.
static bool run(size_t fail_at) {
  counter c = {0};
  lua_State *L = lua_newstate(allocate, &c);
  luaL_openlibs(L);
  CHECK(luaL_loadstring(L, script) == LUA_OK);
  neap_open(L, NULL);
  c.calls = 0;
  c.fail_at = fail_at;
  const int status = lua_pcall(L, 1, 1, 0);
  c.fail_at = 0;
  if (status == LUA_OK)
    CHECK(lua_tonumber(L, -1) > 0);
  else
    CHECK(lua_isstring(L, -1));
  lua_close(L);
  CHECK_SHOW(c.live_bytes == 0, "%zu bytes at %zu", c.live_bytes, fail_at);
  return status == LUA_OK && c.calls < fail_at;
}

int main(void) {
  size_t fail_at = 1;
  // Lua itself tries again after a collection, so some failures do not end it.
  while (!run(fail_at) && fail_at < 100000)
    fail_at++;
  CHECK_SHOW(fail_at > 50 && fail_at < 100000, "%zu", fail_at);
  return check_result();
}
