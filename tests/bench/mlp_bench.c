// tests/bench/mlp_bench.c -- the grid's 121 points with an mlp of 32 hidden
// units (relu) and Adam: 100,000 rows of 32 features, 4 epochs in batches of
// 1,024, one thread.
//
//   mlp_bench FOLDER: also writes there what a peer needs to do the same work,
//   its first weights among that, and the weights that neap found.
#define _POSIX_C_SOURCE 200809L

#include "grid.h"

enum { EPOCHS = 4, HIDDEN = 32 };
enum { PARAMETERS = HIDDEN * (FEATURES + 1) + HIDDEN + 1 };

static double weights[POINTS][PARAMETERS], starts[POINTS][PARAMETERS];

// rate 0 leaves the weights as they start.
static double train(const neap *engine, double rate, size_t count,
                    double (*to)[PARAMETERS]) {
  static neap_train_point points[POINTS];
  static double params[POINTS][3];
  make_points(engine, "adam", 0, count, params, points);
  for (size_t p = 0; p < count; p++)
    points[p].optimizer[0] = rate;
  const neap_train_spec spec = {.rows = ROWS,
                                .shape = {.features = FEATURES,
                                          .outputs = 1,
                                          .layers = 1,
                                          .hidden = {HIDDEN}},
                                .x = x,
                                .dtype = NEAP_FLOAT32,
                                .targets = targets,
                                .model = neap_model_at(1),
                                .optimizer = neap_optimizer_find("adam"),
                                .epochs = rate > 0 ? EPOCHS : 1,
                                .batch = BATCH,
                                .seed = SEED,
                                .points = points,
                                .point_count = count};
  return train_spec(engine, &spec, to[0]);
}

int main(int argc, char **argv) {
  neap *engine = grid_engine();
  double spent[3];
  for (int i = 0; i < 3; i++)
    spent[i] = train(engine, 1e-3, POINTS, weights);
  qsort(spent, 3, sizeof *spent, bench_compare);
  bench_print("neap", "121 points", spent[1]);
  if (argc > 1) {
    train(engine, 0, 1, starts);
    write_rows(engine, argv[1], EPOCHS);
    write_file(argv[1], "start.f64", starts[0], sizeof starts[0]);
    write_file(argv[1], "mlp.f64", weights, sizeof weights);
  }
  neap_free(engine);
  return 0;
}
