// tests/bench/grid_bench.c -- 121 points of focal loss in lockstep: 100,000
// rows of 32 features, 20 epochs of SGD in batches of 1,024, one thread.
//
//   grid_bench FOLDER: also writes there what a peer needs to do the same work
//   (rows, targets, the order of each epoch) and the weights that neap found.
#define _POSIX_C_SOURCE 200809L

#include "grid.h"

enum { EPOCHS = 20 };

static double weights[POINTS][FEATURES + 1];

static double train(const neap *engine, size_t first, size_t count) {
  static neap_train_point points[POINTS];
  static double params[POINTS][3];
  make_points(engine, "sgd", first, count, params, points);
  for (size_t p = 0; p < count; p++)
    points[p].optimizer[0] = 0.1;
  const neap_train_spec spec = {.rows = ROWS,
                                .shape = {.features = FEATURES, .outputs = 1},
                                .x = x,
                                .dtype = NEAP_FLOAT32,
                                .targets = targets,
                                .model = neap_model_at(0),
                                .optimizer = neap_optimizer_find("sgd"),
                                .epochs = EPOCHS,
                                .batch = BATCH,
                                .seed = SEED,
                                .points = points,
                                .point_count = count};
  return train_spec(engine, &spec, weights[first]);
}

static double median_of_five(const neap *engine, size_t first, size_t count) {
  double spent[5];
  for (int i = 0; i < 5; i++)
    spent[i] = train(engine, first, count);
  qsort(spent, 5, sizeof *spent, bench_compare);
  return spent[2];
}

// ---------------------------------------------------------------- its parts

// What the work can't do without, each at its peak: all products and losses of
// a block with nothing but that block in the caches, and the gathering of rows
// in the order of an epoch.
enum { BLOCK = NEAP_BLOCK_ROWS, STRIDE = BLOCK + NEAP_PAD };

typedef struct parts {
  const neap_kernels *kernels;
  neap_train_point points[POINTS];
  size_t block;  // the next one to gather
} parts;

static _Alignas(64) float block_rows[BLOCK * FEATURES];
static _Alignas(64) float block_columns[FEATURES * STRIDE];
static _Alignas(64) float matrix[POINTS * FEATURES], logits[POINTS * STRIDE];
static _Alignas(64) float gradients[POINTS * STRIDE];
static uint32_t order[ROWS];

static void gather(void *argument) {
  parts *p = argument;
  const neap_rows from = {.x = x,
                          .dtype = NEAP_FLOAT32,
                          .columns = FEATURES,
                          .stride = FEATURES,
                          .index = order + p->block * BLOCK};
  p->kernels->pack(BLOCK, &from, block_rows, FEATURES, block_columns, STRIDE);
  p->block = (p->block + 1) % (ROWS / BLOCK);
}

static void multiply(void *argument) {
  const neap_kernels *k = ((parts *)argument)->kernels;
  k->matmul(POINTS, BLOCK, FEATURES, matrix, FEATURES, block_columns, STRIDE,
            NULL, logits, STRIDE);
  k->matmul(POINTS, FEATURES, BLOCK, gradients, STRIDE, block_rows, FEATURES,
            NULL, matrix, FEATURES);
}

static void evaluate(void *argument) {
  const parts *p = argument;
  for (size_t i = 0; i < POINTS; i++) {
    double sum;
    const neap_loss_call call = {.rows = BLOCK,
                                 .dtype = NEAP_FLOAT32,
                                 .target_dtype = NEAP_FLOAT32,
                                 .logits = logits + i * STRIDE,
                                 .targets = y,
                                 .options = p->points[i].options,
                                 .gradient = gradients + i * STRIDE,
                                 .sum = &sum};
    neap_loss_evaluate_unchecked(p->points[i].loss, &call);
  }
}

// Seconds of all blocks of all epochs, and of the last look at all rows.
static double sum_of_parts(const neap *engine) {
  static parts p;
  static double params[POINTS][3];
  p.kernels = neap_kernels_of(engine, NEAP_FLOAT32);
  make_points(engine, "sgd", 0, POINTS, params, p.points);
  neap_shuffle(engine, SEED, NEAP_STREAM_SHUFFLE, 0, ROWS, order);
  const double blocks = (EPOCHS + 1) * (double)ROWS / BLOCK;
  const double gathering = bench_seconds(gather, &p);
  const double products = bench_seconds(multiply, &p);
  return blocks * (gathering + products + bench_seconds(evaluate, &p));
}

int main(int argc, char **argv) {
  neap *engine = grid_engine();
  bench_print("neap", "121 points", median_of_five(engine, 0, POINTS));
  if (argc > 1) {
    write_rows(engine, argv[1], EPOCHS);
    write_file(argv[1], "weights.f64", weights, sizeof weights);
  }
  bench_print("its parts at their peak", "121 points", sum_of_parts(engine));
  bench_print("neap", "1 point", median_of_five(engine, 4 * GAMMAS + 7, 1));
  neap_free(engine);
  return 0;
}
