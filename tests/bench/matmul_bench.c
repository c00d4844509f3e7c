// tests/bench/matmul_bench.c -- the two products of lockstep training, float32:
// logits W X of 128 points on 1,024 rows of 32 features, and gradients Z X'.
#define _POSIX_C_SOURCE 200809L

#include "bench.h"
#include "kernel/kernel.h"

enum { POINTS = 128, ROWS = 1024, FEATURES = 32, STRIDE = ROWS + NEAP_PAD };

static _Alignas(64) float weights[POINTS * FEATURES],
    gradient[POINTS * FEATURES];
static _Alignas(64) float columns[FEATURES * STRIDE], rows[ROWS * FEATURES];
static _Alignas(64) float logits[POINTS * STRIDE];

static void forward(void *kernels) {
  ((const neap_kernels *)kernels)
      ->matmul(POINTS, ROWS, FEATURES, weights, FEATURES, columns, STRIDE, NULL,
               logits, STRIDE);
}

static void backward(void *kernels) {
  ((const neap_kernels *)kernels)
      ->matmul(POINTS, FEATURES, ROWS, logits, STRIDE, rows, FEATURES, NULL,
               gradient, FEATURES);
}

static void fill(float *x, size_t count) {
  for (size_t i = 0; i < count; i++)
    x[i] = (float)neap_random_uniform(1, NEAP_STREAM_FEATURE, 0, i) - 0.5f;
}

int main(void) {
  neap *engine = bench_engine();
  neap_kernels kernels = *neap_kernels_of(engine, NEAP_FLOAT32);
  const double gigaflops = 2e-9 * POINTS * ROWS * FEATURES;
  fill(weights, POINTS * FEATURES);
  fill(columns, FEATURES * STRIDE);
  fill(rows, ROWS * FEATURES);
  fill(logits, POINTS * STRIDE);
  bench_print("neap", "forward, 128 x 32 x 1024",
              gigaflops / bench_seconds(forward, &kernels));
  bench_print("neap", "gradient, 128 x 1024 x 32",
              gigaflops / bench_seconds(backward, &kernels));
  neap_free(engine);
  return 0;
}
