// tests/bench/loss_bench.c -- the focal loss, value and gradient, float32: what
// a caller of neap_loss_evaluate waits for, checks included.
#define _POSIX_C_SOURCE 200809L

#include <string.h>

#include "bench.h"

// Logits, targets (1 % positive) and room for the gradient.
typedef struct arrays {
  size_t count;
  float *x, *y, *gradient;
} arrays;

typedef struct evaluation {
  const neap_loss *loss;
  neap_loss_call call;
  double params[3], sum;
} evaluation;

static void evaluate(void *argument) {
  evaluation *e = argument;
  e->call.options.params = e->params;
  e->call.sum = &e->sum;
  if (neap_loss_evaluate(e->loss, &e->call, NULL) != NEAP_OK)
    abort();
}

static void copy(void *argument) {
  const arrays *a = argument;
  memcpy(a->gradient, a->x, a->count * sizeof *a->x);
}

static float *allocate(size_t count) {
  float *block = aligned_alloc(64, (count * sizeof *block + 63) / 64 * 64);
  if (block == NULL)
    abort();
  return block;
}

static arrays make_arrays(size_t count) {
  arrays a = {count, allocate(count), allocate(count), allocate(count)};
  for (size_t i = 0; i < count; i++) {
    const uint64_t bits = neap_random_bits(1, NEAP_STREAM_FEATURE, 0, i);
    a.x[i] = 12.0f * (float)(bits >> 40) * 0x1p-24f - 8.0f;
    a.y[i] = (bits & 0xFFFF) < 655;
    a.gradient[i] = 0;
  }
  return a;
}

static void measure(const neap *engine, size_t count, const double *gammas,
                    size_t gamma_count) {
  char name[64];
  arrays a = make_arrays(count);
  evaluation e = {.loss = neap_loss_find(engine, "focal"),
                  .call = {.rows = count,
                           .dtype = NEAP_FLOAT32,
                           .target_dtype = NEAP_FLOAT32,
                           .logits = a.x,
                           .targets = a.y,
                           .gradient = a.gradient}};
  const double scale = 1e9 / (double)count;
  const double copied = bench_seconds(copy, &a) * scale;
  for (size_t i = 0; i < gamma_count; i++) {
    e.params[0] = gammas[i];
    e.params[1] = 0.25;
    snprintf(name, sizeof name, "gamma %g, %zu", gammas[i], count);
    bench_print("neap", name, bench_seconds(evaluate, &e) * scale);
    bench_print("memcpy of the logits", name, copied);
  }
  free(a.x);
  free(a.y);
  free(a.gradient);
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
