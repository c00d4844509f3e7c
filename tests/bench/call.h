// tests/bench/call.h -- a call of a loss for the benchmarks, with its arrays.
#ifndef NEAP_TESTS_BENCH_CALL_H
#define NEAP_TESTS_BENCH_CALL_H

#include <math.h>
#include <string.h>

#include "bench.h"

// A call whose params, sum and scratch are its own: params lies in here.
typedef struct bench_call {
  const neap_loss *loss;
  neap_loss_call call;
  double params[NEAP_PARAMETER_MAX], sum;
  float *x, *y, *gradient, *hessian, *scratch;
} bench_call;

static inline void *bench_allocate(size_t bytes) {
  void *block = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (block == NULL)
    abort();
  memset(block, 0, bytes);
  return block;
}

static inline void bench_evaluate(void *argument) {
  bench_call *b = argument;
  neap_error error;
  b->call.options.params = b->params;
  b->call.sum = &b->sum;
  if (neap_loss_evaluate(b->loss, &b->call, &error) == NEAP_OK)
    return;
  fprintf(stderr, "%s\n", error.message);
  exit(EXIT_FAILURE);
}

// A number of stream 0 in [0, 1).
static inline double bench_uniform(size_t i) {
  const uint64_t bits = neap_random_bits(1, NEAP_STREAM_FEATURE, 0, i);
  return (double)(bits >> 11) * 0x1p-53;
}

static inline void bench_set(void *array, neap_dtype dtype, size_t i,
                             double number) {
  if (dtype == NEAP_FLOAT32)
    ((float *)array)[i] = (float)number;
  else
    ((double *)array)[i] = number;
}

static inline bench_call bench_arrays(size_t rows, size_t classes,
                                      neap_dtype dtype) {
  const size_t bytes = rows * classes * neap_dtype_size(dtype);
  bench_call b = {.x = bench_allocate(bytes),
                  .y = bench_allocate(bytes),
                  .gradient = bench_allocate(bytes),
                  .hessian = bench_allocate(bytes)};
  b.call = (neap_loss_call){.rows = rows,
                            .dtype = dtype,
                            .target_dtype = dtype,
                            .logits = b.x,
                            .targets = b.y,
                            .gradient = b.gradient};
  return b;
}

// Logits from -8 to 4, of which 1 % are of class 1; value and gradient.
static inline bench_call bench_binary(size_t rows, neap_dtype dtype) {
  bench_call b = bench_arrays(rows, 1, dtype);
  for (size_t i = 0; i < rows; i++) {
    bench_set(b.x, dtype, i, 12 * bench_uniform(i) - 8);
    bench_set(b.y, dtype, i, bench_uniform(i + rows) < 0.01);
  }
  return b;
}

static inline void bench_release(bench_call *b) {
  free(b->x);
  free(b->y);
  free(b->gradient);
  free(b->hessian);
  free(b->scratch);
}

#endif
