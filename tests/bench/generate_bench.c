// tests/bench/generate_bench.c -- 1,000,000 rows of 32 float32 features of two
// Gaussians, with labels and the truth of each row, into memory that is there.
#define _POSIX_C_SOURCE 200809L

#include <string.h>

#include "bench.h"
#include "dataset/dataset.h"

enum { ROWS = 1000000, FEATURES = 32 };

typedef struct drawing {
  const neap *engine;
  const neap_generator *generator;
  neap_draw draw;
} drawing;

static void draw(void *argument) {
  const drawing *d = argument;
  neap_error error;
  if (neap_draw_rows(d->engine, d->generator, &d->draw, &error) != NEAP_OK) {
    fprintf(stderr, "%s\n", error.message);
    exit(EXIT_FAILURE);
  }
}

static const neap_generator *find(const char *name) {
  size_t i = 0;
  while (strcmp(neap_generator_at(i)->name, name) != 0)
    i++;
  return neap_generator_at(i);
}

static void measure(drawing *d, const char *name, const double *params) {
  d->draw.params = params;
  bench_print("neap", name, bench_seconds(draw, d));
}

int main(void) {
  neap *engine = bench_engine();
  float *x = malloc(sizeof(float[ROWS][FEATURES]));
  float *y = malloc(sizeof(float[ROWS]));
  double *truth = malloc(sizeof(double[ROWS]));
  if (x == NULL || y == NULL || truth == NULL)
    return EXIT_FAILURE;
  drawing d = {.engine = engine,
               .generator = find("gaussians"),
               .draw = {.rows = ROWS,
                        .features = FEATURES,
                        .seed = 1,
                        .classes = 2,
                        .dtype = NEAP_FLOAT32,
                        .x = x,
                        .y = y,
                        .truth = truth}};
  measure(&d, "gaussians, 1 M x 32", (const double[]){0.1, 2, 0, 1});
  measure(&d, "gaussians, condition 100, 1 M x 32",
          (const double[]){0.1, 2, 0, 100});
  free(x);
  free(y);
  free(truth);
  neap_free(engine);
  return 0;
}
