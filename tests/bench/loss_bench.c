// tests/bench/loss_bench.c -- the focal loss, value and gradient, float32: what
// a caller of neap_loss_evaluate waits for, checks included.
#define _POSIX_C_SOURCE 200809L

#include "call.h"

static void copy(void *argument) {
  const neap_loss_call *call = argument;
  memcpy(call->gradient, call->logits, call->rows * sizeof(float));
}

static void measure(const neap *engine, size_t count, const double *gammas,
                    size_t gamma_count) {
  char name[64];
  bench_call b = bench_binary(count, NEAP_FLOAT32);
  b.loss = neap_loss_find(engine, "focal");
  const double scale = 1e9 / (double)count;
  const double copied = bench_seconds(copy, &b.call) * scale;
  for (size_t i = 0; i < gamma_count; i++) {
    b.params[0] = gammas[i];
    b.params[1] = 0.25;
    snprintf(name, sizeof name, "gamma %g, %zu", gammas[i], count);
    bench_print("neap", name, bench_seconds(bench_evaluate, &b) * scale);
    bench_print("memcpy of the logits", name, copied);
  }
  bench_release(&b);
}

int main(void) {
  static const double gammas[] = {0, 0.5, 1, 1.5, 2, 5};
  neap *engine = bench_engine();
  measure(engine, 4096, gammas, 6);
  measure(engine, 65536, gammas, 6);
  measure(engine, 1 << 24, (const double[]){1.5, 2}, 2);
  neap_free(engine);
  return 0;
}
