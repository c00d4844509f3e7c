// tests/bench/grid_bench.c -- 121 points of focal loss in lockstep: 100,000
// rows of 32 features, 20 epochs of SGD in batches of 1,024, one thread.
//
//   grid_bench FOLDER: also writes there what a peer needs to do the same work
//   (rows, targets, the order of each epoch) and the weights that neap found.
#define _POSIX_C_SOURCE 200809L

#include <math.h>
#include <string.h>

#include "bench.h"
#include "dataset/dataset.h"
#include "train/train.h"

enum { ROWS = 100000, FEATURES = 32, EPOCHS = 20, BATCH = 1024, SEED = 1 };
enum { ALPHAS = 11, GAMMAS = 11, POINTS = ALPHAS * GAMMAS };

static float x[ROWS * FEATURES], y[ROWS];
static double truth[ROWS], targets[ROWS];
static double weights[POINTS][FEATURES + 1];

static const double alphas[ALPHAS] = {NAN, .01, .05, .1,  .25, .5,
                                      .75, .9,  .95, .99, .999};
static const double gammas[GAMMAS] = {0, .1, .2, .5, .75, 1, 1.5, 2, 3, 4, 5};

static double seconds_now(void *data) {
  (void)data;
  return bench_now();
}

static const neap_optimizer *find_optimizer(const char *name) {
  size_t i = 0;
  while (strcmp(neap_optimizer_at(i)->name, name) != 0)
    i++;
  return neap_optimizer_at(i);
}

static void draw_data(const neap *engine) {
  const double params[] = {0.01, 2, 0, 1};
  const neap_draw draw = {.rows = ROWS,
                          .features = FEATURES,
                          .seed = SEED,
                          .params = params,
                          .dtype = NEAP_FLOAT32,
                          .x = x,
                          .y = y,
                          .truth = truth};
  if (neap_generator_at(0)->draw(engine, &draw, NULL) != NEAP_OK)
    abort();
  for (size_t i = 0; i < ROWS; i++)
    targets[i] = y[i];
}

static double train(const neap *engine, size_t first, size_t count) {
  static neap_train_point points[POINTS];
  static double params[POINTS][3];
  for (size_t p = 0; p < count; p++) {
    const size_t at = first + p;
    params[p][0] = gammas[at % GAMMAS];
    params[p][1] = alphas[at / GAMMAS];
    points[p] = (neap_train_point){.loss = neap_loss_find(engine, "focal"),
                                   .options = {.params = params[p]},
                                   .optimizer = {0.1, 0}};
  }
  const neap_train_spec spec = {.rows = ROWS,
                                .shape = {FEATURES, 1},
                                .x = x,
                                .dtype = NEAP_FLOAT32,
                                .targets = targets,
                                .model = neap_model_at(0),
                                .optimizer = find_optimizer("sgd"),
                                .epochs = EPOCHS,
                                .batch = BATCH,
                                .seed = SEED,
                                .points = points,
                                .point_count = count};
  const double start = bench_now();
  neap_trainer *t = neap_trainer_new(engine, &spec, NULL);
  if (t == NULL)
    abort();
  neap_job_step(neap_trainer_job(t), INFINITY);
  const double spent = bench_now() - start;
  for (size_t p = 0; p < count; p++) {
    memcpy(weights[first + p], neap_trainer_parameters(t, p),
           sizeof weights[0]);
  }
  neap_trainer_free(t);
  return spent;
}

static void write_file(const char *folder, const char *name, const void *bytes,
                       size_t size_bytes) {
  char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  if (file == NULL || fwrite(bytes, 1, size_bytes, file) != size_bytes ||
      fclose(file) != 0) {
    perror(path);
    exit(EXIT_FAILURE);
  }
}

static void write_data(const char *folder) {
  static uint32_t order[EPOCHS][ROWS];
  for (uint32_t epoch = 0; epoch < EPOCHS; epoch++) {
    neap_shuffle(SEED, NEAP_STREAM_SHUFFLE, epoch, ROWS, order[epoch]);
  }
  write_file(folder, "x.f32", x, sizeof x);
  write_file(folder, "y.f32", y, sizeof y);
  write_file(folder, "order.u32", order, sizeof order);
  write_file(folder, "weights.f64", weights, sizeof weights);
}

static double median_of_five(const neap *engine, size_t first, size_t count) {
  double spent[5];
  for (int i = 0; i < 5; i++)
    spent[i] = train(engine, first, count);
  qsort(spent, 5, sizeof *spent, bench_compare);
  return spent[2];
}

int main(int argc, char **argv) {
  const neap_host host = {.clock = seconds_now, .isa = getenv("NEAP_ISA")};
  neap_error error = {0};
  neap *engine = neap_new(&host, &error);
  if (engine == NULL) {
    fprintf(stderr, "%s\n", error.message);
    return EXIT_FAILURE;
  }
  draw_data(engine);
  bench_print("neap", "121 points", median_of_five(engine, 0, POINTS));
  if (argc > 1)
    write_data(argv[1]);
  bench_print("neap", "1 point", median_of_five(engine, 4 * GAMMAS + 7, 1));
  neap_free(engine);
  return 0;
}
