// tests/bench/lua_bench.c -- calls of 64 rows from C; lua.lua makes the same
// ones from Lua.
#define _POSIX_C_SOURCE 200809L

#include "call.h"

int main(void) {
  neap *engine = bench_engine();
  bench_call b = bench_binary(64, NEAP_FLOAT32);
  b.loss = neap_loss_find(engine, "focal");
  b.params[0] = 2;
  b.params[1] = 0.25;
  bench_print("from C", "gradient of 64 rows",
              bench_seconds(bench_evaluate, &b) * 1e9);
  bench_release(&b);
  neap_free(engine);
  return 0;
}
