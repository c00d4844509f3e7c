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

int main(int argc, char **argv) {
  neap *engine = grid_engine();
  bench_print("neap", "121 points", median_of_five(engine, 0, POINTS));
  if (argc > 1) {
    write_rows(engine, argv[1], EPOCHS);
    write_file(argv[1], "weights.f64", weights, sizeof weights);
  }
  bench_print("neap", "1 point", median_of_five(engine, 4 * GAMMAS + 7, 1));
  neap_free(engine);
  return 0;
}
