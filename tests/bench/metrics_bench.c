// tests/bench/metrics_bench.c -- metrics of 100,000 rows, a hundredth of them
// positive: three of 121 columns at once, and draws of the bootstrap.
#define _POSIX_C_SOURCE 200809L

#include <math.h>

#include "bench.h"
#include "metric/metric.h"

enum { ROWS = 100000, COLUMNS = 121, DRAWS = 2000 };

static double targets[ROWS], values[3 * COLUMNS + DRAWS];
static const char *why[3 * COLUMNS];

static double uniform(uint64_t i) {
  return neap_random_uniform(1, NEAP_STREAM_FEATURE, 9, i);
}

// Normal scores, those of positive rows two higher.
static double *new_scores(void) {
  double *scores = malloc(sizeof(double) * COLUMNS * ROWS);
  if (scores == NULL)
    exit(EXIT_FAILURE);
  for (size_t i = 0; i < ROWS; i++)
    targets[i] = uniform(i) < 0.01;
  for (size_t i = 0; i < (size_t)COLUMNS * ROWS; i++) {
    const double u = 1 - uniform(ROWS + 2 * i), v = uniform(ROWS + 2 * i + 1);
    scores[i] =
        sqrt(-2 * log(u)) * cos(6.283185307179586 * v) + 2 * targets[i % ROWS];
  }
  return scores;
}

static void measure_columns(const neap *engine, const neap_columns *columns,
                            const char *title) {
  static const char *const names[] = {"average_precision", "roc_auc",
                                      "log_loss"};
  neap_metric_use uses[3];
  double samples[5];
  for (size_t i = 0; i < 3; i++)
    uses[i] = neap_metric_default(neap_metric_find(names[i]));
  for (int s = 0; s < 5; s++) {
    const double start = bench_now();
    if (neap_metrics_of(engine, columns, uses, 3, values, why, NULL) != NEAP_OK)
      exit(EXIT_FAILURE);
    samples[s] = bench_now() - start;
  }
  qsort(samples, 5, sizeof *samples, bench_compare);
  bench_print("neap", title, samples[2]);
}

static void measure_draws(const neap *engine, const neap_columns *columns) {
  const neap_metric_use use =
      neap_metric_default(neap_metric_find("average_precision"));
  const neap_bootstrap how = {.draws = DRAWS, .seed = 1};
  const neap_columns one = {.rows = ROWS,
                            .columns = 1,
                            .scores = columns->scores,
                            .dtype = columns->dtype,
                            .targets = targets};
  const double start = bench_now();
  if (neap_bootstrap_of(engine, &one, &use, 1, &how, values, NULL) != NEAP_OK)
    exit(EXIT_FAILURE);
  bench_print("neap", "2,000 bootstrap draws of AP", bench_now() - start);
}

int main(void) {
  neap *engine = bench_engine();
  double *scores = new_scores();
  float *floats = malloc(sizeof(float) * COLUMNS * ROWS);
  if (floats == NULL)
    return EXIT_FAILURE;
  for (size_t i = 0; i < (size_t)COLUMNS * ROWS; i++)
    floats[i] = (float)scores[i];
  neap_columns columns = {.rows = ROWS,
                          .columns = COLUMNS,
                          .scores = scores,
                          .dtype = NEAP_FLOAT64,
                          .targets = targets};
  measure_columns(engine, &columns, "AP, AUC, log loss of 121 columns");
  measure_draws(engine, &columns);
  columns.scores = floats;
  columns.dtype = NEAP_FLOAT32;
  measure_columns(engine, &columns, "the same of float32");
  free(floats);
  free(scores);
  neap_free(engine);
  return 0;
}
