// tests/bind/define_test.c -- losses defined in a Lua state: what C gets of
// them, and a state that has no memory at some moment, which ends in an error
// and leaks nothing.
#include <math.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "bind/bind.h"
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
  neap_open_core(L, NULL);
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

static const char defined[] =
    "local core = ...\n"
    "local m, trace = core.math, core.expr.trace()\n"
    "local x, g = trace:input(0), trace:parameter(0)\n"
    "local value = m.softplus(-x) * g\n"
    "trace:close()\n"
    "local d = core.expr.define(trace, value, { name = 'own', text = '',\n"
    "  source = '', columns = {}, margin = true, parameters = { { name = 'g',\n"
    "  default = 2, low = 0, high = 9, meaning = '' } } })\n"
    "return core.expr.new({ g = 3 }, d, 'binary')\n";

// Called from C with g = 5: five times log(1 + exp(-x)) of the margin.
static void test_loss_for_c(void) {
  const double logits[] = {0, 0.75, -30}, targets[] = {1, 0, 1};
  // log 2, log(1 + e^.75) and 30 + log(1 + e^-30): mpmath 1.3, 40 digits.
  const double truth[] = {0.69314718055994531, 1.1368710061148998,
                          30.000000000000094};
  const double g = 5;
  double gradient[3], hessian[3], value[3], sum;
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  CHECK(luaL_loadstring(L, defined) == LUA_OK);
  neap_open_core(L, NULL);
  CHECK(lua_pcall(L, 1, 1, 0) == LUA_OK);
  const neap_loss *loss = neap_to_loss(L, -1);
  CHECK(loss != NULL);
  lua_pushinteger(L, 1);
  CHECK(neap_to_loss(L, -1) == NULL);
  const neap_loss_call call = {.rows = 3,
                               .classes = 1,
                               .row_stride = 1,
                               .dtype = NEAP_FLOAT64,
                               .target_dtype = NEAP_FLOAT64,
                               .logits = logits,
                               .targets = targets,
                               .options = {.params = &g, .scale = 1},
                               .value = value,
                               .sum = &sum};
  CHECK(neap_loss_evaluate(loss, &call, NULL) == NEAP_OK);
  for (int i = 0; i < 3; i++)
    CHECK_SHOW(fabs(value[i] / (5 * truth[i]) - 1) < 1e-15, "%.17g", value[i]);
  CHECK(neap_loss_derivatives(loss, &g, NEAP_HESSIAN_EXACT, 3, logits, targets,
                              gradient, hessian, NULL) == NEAP_OK);
  CHECK(gradient[0] == -2.5 && hessian[0] == 1.25);
  lua_close(L);
}

int main(void) {
  size_t fail_at = 1;
  test_loss_for_c();
  // Lua itself tries again after a collection, so some failures do not end it.
  while (!run(fail_at) && fail_at < 100000)
    fail_at++;
  CHECK_SHOW(fail_at > 50 && fail_at < 100000, "%zu", fail_at);
  return check_result();
}
