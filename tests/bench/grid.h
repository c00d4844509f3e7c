// tests/bench/grid.h -- the grid that benchmarks of training share: 121 points
// of focal loss on 100,000 rows of 32 features, and files for a peer.
#ifndef NEAP_TESTS_BENCH_GRID_H
#define NEAP_TESTS_BENCH_GRID_H

#include <math.h>
#include <string.h>

#include "bench.h"
#include "dataset/dataset.h"
#include "train/train.h"

enum { ROWS = 100000, FEATURES = 32, BATCH = 1024, SEED = 1 };
enum { ALPHAS = 11, GAMMAS = 11, POINTS = ALPHAS * GAMMAS };

static float x[ROWS * FEATURES], y[ROWS];
static double truth[ROWS], targets[ROWS];

static const double alphas[ALPHAS] = {NAN, .01, .05, .1,  .25, .5,
                                      .75, .9,  .95, .99, .999};
static const double gammas[GAMMAS] = {0, .1, .2, .5, .75, 1, 1.5, 2, 3, 4, 5};

static inline double seconds_now(void *data) {
  (void)data;
  return bench_now();
}

static inline void draw_data(const neap *engine) {
  const double params[] = {0.01, 2, 0, 1};
  const neap_draw draw = {.rows = ROWS,
                          .features = FEATURES,
                          .seed = SEED,
                          .params = params,
                          .dtype = NEAP_FLOAT32,
                          .x = x,
                          .y = y,
                          .truth = truth};
  if (neap_draw_rows(engine, neap_generator_at(0), &draw, NULL) != NEAP_OK)
    abort();
  for (size_t i = 0; i < ROWS; i++)
    targets[i] = y[i];
}

// Fills the points of the grid from `first` on; params: [count][3].
static inline void make_points(const neap *engine, const char *optimizer,
                               size_t first, size_t count, double (*params)[3],
                               neap_train_point *points) {
  for (size_t p = 0; p < count; p++) {
    const size_t at = first + p;
    params[p][0] = gammas[at % GAMMAS];
    params[p][1] = alphas[at / GAMMAS];
    points[p] = neap_point_of(neap_optimizer_find(optimizer),
                              neap_loss_find(engine, "focal"));
    points[p].options.params = params[p];
  }
}

static inline void write_file(const char *folder, const char *name,
                              const void *bytes, size_t size_bytes) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, size_bytes, file) != size_bytes ||
      fclose(file) != 0) {
    perror(path);
    exit(EXIT_FAILURE);
  }
}

// Writes rows, targets and the order of each epoch.
static inline void write_rows(const neap *engine, const char *folder,
                              uint32_t epochs) {
  static uint32_t order[ROWS];
  char path[512];
  snprintf(path, sizeof path, "%s/order.u32", folder);
  FILE *file = fopen(path, "wb");
  for (uint32_t epoch = 0; epoch < epochs && file != NULL; epoch++) {
    neap_shuffle(engine, SEED, NEAP_STREAM_SHUFFLE, epoch, ROWS, order);
    if (fwrite(order, 1, sizeof order, file) != sizeof order)
      abort();
  }
  if (file == NULL || fclose(file) != 0)
    abort();
  write_file(folder, "x.f32", x, sizeof x);
  write_file(folder, "y.f32", y, sizeof y);
}

// Returns an engine with a clock, on NEAP_ISA or the best.
static inline neap *grid_engine(void) {
  const neap_host host = {.clock = seconds_now, .isa = getenv("NEAP_ISA")};
  neap_error error = {0};
  neap *engine = neap_new(&host, &error);
  if (engine == NULL) {
    fprintf(stderr, "%s\n", error.message);
    exit(EXIT_FAILURE);
  }
  draw_data(engine);
  return engine;
}

// Trains a spec to its end; weights: out [points][parameters]; returns seconds.
static inline double train_spec(const neap *engine, const neap_train_spec *spec,
                                double *weights) {
  const size_t parameters = spec->model->parameter_count(&spec->shape);
  const double start = bench_now();
  neap_error error;
  neap_trainer *t = neap_trainer_new(engine, spec, &error);
  if (t == NULL) {
    fprintf(stderr, "%s\n", error.message);
    exit(EXIT_FAILURE);
  }
  neap_job_step(neap_trainer_job(t), INFINITY);
  const double spent = bench_now() - start;
  for (size_t p = 0; p < spec->point_count; p++) {
    memcpy(weights + p * parameters, neap_trainer_parameters(t, p),
           parameters * sizeof *weights);
  }
  neap_trainer_free(t);
  return spent;
}

#endif
