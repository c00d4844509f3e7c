// tests/bench/softmax_bench.c -- losses of classes, value and gradient,
// float32, with classes as targets, or for kl with probabilities.
#define _POSIX_C_SOURCE 200809L

#include "call.h"

// Logits from -8 to 4; targets are classes, or probabilities that fall off.
static bench_call make_call(size_t rows, size_t classes, bool soft) {
  bench_call b = bench_arrays(rows, classes, NEAP_FLOAT32);
  int32_t *labels = (int32_t *)b.y;
  for (size_t i = 0; i < rows * classes; i++)
    b.x[i] = (float)(12 * bench_uniform(i) - 8);
  for (size_t i = 0; i < rows; i++) {
    const double u = bench_uniform(i + rows * classes);
    for (size_t j = 0; soft && j < classes; j++)
      b.y[i * classes + j] = (float)(1 / (double)classes);
    if (!soft)
      labels[i] = (int32_t)(u * (double)classes);
  }
  b.call.classes = classes;
  b.call.row_stride = (ptrdiff_t)classes;
  b.call.class_stride = 1;
  if (!soft)
    b.call.target_dtype = NEAP_INT32;
  return b;
}

static void measure(const neap *engine, const char *name, double gamma,
                    size_t rows, size_t classes, bool soft) {
  char title[80];
  bench_call b = make_call(rows, classes, soft);
  b.loss = neap_loss_find(engine, name);
  b.params[0] = gamma;
  b.scratch =
      bench_allocate(neap_loss_scratch_bytes(b.loss, classes, NEAP_FLOAT32));
  b.call.scratch = b.scratch;
  const double scale = 1e9 / (double)(rows * classes);
  if (gamma > 0) {
    snprintf(title, sizeof title, "%s %g, %zu x %zu", name, gamma, rows,
             classes);
  } else {
    snprintf(title, sizeof title, "%s, %zu x %zu", name, rows, classes);
  }
  bench_print("neap", title, bench_seconds(bench_evaluate, &b) * scale);
  bench_release(&b);
}

int main(void) {
  static const size_t shapes[][2] = {{65536, 10}, {4096, 1000}};
  neap *engine = bench_engine();
  for (int i = 0; i < 2; i++) {
    const size_t n = shapes[i][0], k = shapes[i][1];
    measure(engine, "cross_entropy", 0, n, k, false);
    measure(engine, "softmax_focal", 2, n, k, false);
    measure(engine, "softmax_focal", 1.5, n, k, false);
    measure(engine, "kl", 0, n, k, true);
  }
  neap_free(engine);
  return 0;
}
