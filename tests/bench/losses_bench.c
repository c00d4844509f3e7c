// tests/bench/losses_bench.c -- every loss of one logit, value and gradient,
// float32, 65,536 rows; and what the Hessian and float64 cost beside that.
#define _POSIX_C_SOURCE 200809L

#include "call.h"

enum { ROWS = 65536 };

static double nanoseconds(bench_call *b) {
  return bench_seconds(bench_evaluate, b) * 1e9 / ROWS;
}

// Prints "name[, parameter value]" and the two ratios to the plain call.
static void measure(const neap_loss *loss, const char *name,
                    const double *params, bool soft) {
  char title[80];
  bench_call narrow = bench_binary(ROWS, NEAP_FLOAT32);
  bench_call wide = bench_binary(ROWS, NEAP_FLOAT64);
  for (size_t i = 0; soft && i < ROWS; i++)
    narrow.y[i] = (float)(0.95 * narrow.y[i] + 0.025);
  narrow.loss = wide.loss = loss;
  memcpy(narrow.params, params, sizeof narrow.params);
  memcpy(wide.params, params, sizeof wide.params);
  const double plain = nanoseconds(&narrow);
  bench_print("neap", name, plain);
  if (!soft) {
    narrow.call.hessian = narrow.hessian;
    snprintf(title, sizeof title, "%s, Hessian", name);
    bench_print("neap", title, nanoseconds(&narrow));
    bench_print("without the Hessian", title, plain);
    snprintf(title, sizeof title, "%s, float64", name);
    bench_print("neap", title, nanoseconds(&wide));
    bench_print("float32", title, plain);
  }
  bench_release(&narrow);
  bench_release(&wide);
}

// Measures a loss with its defaults.
static void measure_loss(const neap_loss *loss) {
  char title[80];
  double params[NEAP_PARAMETER_MAX] = {0};
  size_t count;
  const neap_parameter *parameters = neap_loss_parameters(loss, &count);
  const char *name = neap_loss_name(loss);
  for (size_t i = 0; i < count; i++)
    params[i] = parameters[i].initial;
  measure(loss, name, params, false);
  if (strcmp(name, "binary_cross_entropy") == 0 || strcmp(name, "focal") == 0) {
    snprintf(title, sizeof title, "%s, soft targets", name);
    measure(loss, title, params, true);
  }
}

int main(void) {
  neap *engine = bench_engine();
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    const neap_loss *loss = neap_loss_at(engine, i);
    if (neap_loss_kind_of(loss) != NEAP_CLASSES)
      measure_loss(loss);
  }
  neap_free(engine);
  return 0;
}
