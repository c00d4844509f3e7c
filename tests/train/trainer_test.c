// tests/train/trainer_test.c -- lockstep training finds known optima, and a
// point has the same bits alone, among others, and however the work is cut.
#include "check.h"
#include "dataset/dataset.h"
#include "train/train.h"

enum { FEATURES = 30, ROWS_MAX = 3000 };

static double x[ROWS_MAX * FEATURES], targets[ROWS_MAX], truth[ROWS_MAX];
static double shift[FEATURES], scale[FEATURES];
static int32_t classes[ROWS_MAX];

static const neap_optimizer *optimizer(const char *name) {
  for (size_t i = 0; neap_optimizer_at(i) != NULL; i++) {
    if (strcmp(neap_optimizer_at(i)->name, name) == 0) {
      return neap_optimizer_at(i);
    }
  }
  return NULL;
}

static size_t read_breast_cancer(const char *folder) {
  static char text[1 << 18];
  char path[512];
  static int32_t codes[ROWS_MAX];
  snprintf(path, sizeof path, "%s/breast_cancer.csv", folder);
  FILE *file = fopen(path, "rb");
  CHECK(file != NULL);
  const size_t size = fread(text, 1, sizeof text, file);
  fclose(file);
  neap_csv csv;
  neap *engine = neap_new(NULL, NULL);
  neap_levels levels = {.engine = engine};
  neap_column columns[FEATURES + 1] = {
      {.kind = NEAP_TEXT, .codes = codes, .levels = &levels}};
  for (size_t j = 1; j <= FEATURES; j++) {
    columns[j] = (neap_column){
        .kind = NEAP_NUMBER, .numbers = x + j - 1, .stride = FEATURES};
  }
  CHECK(neap_csv_scan(text, size, &(neap_csv_options){0}, &csv, NULL) ==
        NEAP_OK);
  CHECK(csv.rows == 569 && csv.columns == FEATURES + 1);
  CHECK(neap_csv_read(&csv, columns, NULL) == NEAP_OK);
  for (size_t i = 0; i < csv.rows; i++)
    targets[i] = levels.list[codes[i]].field.text[0] == 'm';
  neap_levels_free(&levels);
  neap_free(engine);
  neap_standardize(csv.rows, FEATURES, x, NEAP_FLOAT64, shift, scale);
  return csv.rows;
}

// Where an optimizer has its clip, which NaN switches off.
enum { SGD_CLIP = 5, ADAM_CLIP = 7 };

static neap_train_spec plan(size_t rows, size_t features, const char *name,
                            const neap_train_point *points, size_t count) {
  return (neap_train_spec){.rows = rows,
                           .shape = {.features = features, .outputs = 1},
                           .x = x,
                           .dtype = NEAP_FLOAT64,
                           .targets = targets,
                           .model = neap_model_at(0),
                           .optimizer = optimizer(name),
                           .epochs = 3,
                           .batch = 700,
                           .seed = 4,
                           .points = points,
                           .point_count = count};
}

static neap_trainer *train(const neap *engine, const neap_train_spec *spec) {
  neap_error error = {0};
  neap_trainer *t = neap_trainer_new(engine, spec, &error);
  CHECK_SHOW(t != NULL, "%s", error.message);
  CHECK(neap_job_step(neap_trainer_job(t), INFINITY));
  CHECK(neap_trainer_running(t) == 0 && neap_trainer_fraction(t) == 1);
  return t;
}

static double norm_of(const double *w, size_t count) {
  double square = 0;
  for (size_t i = 0; i < count; i++)
    square += w[i] * w[i];
  return sqrt(square);
}

// scikit-learn 1.2.1, newton-cholesky, C = 1, standardised with ddof 0.
static void test_breast_cancer(const neap *engine, const char *folder) {
  const size_t rows = read_breast_cancer(folder);
  const double balanced[] = {569 / 714.0, 569 / 424.0};
  const neap_loss *loss = neap_loss_find(engine, "binary_cross_entropy");
  const neap_train_point points[] = {
      {.loss = loss, .optimizer = {1e-11, 1000, 10}, .l2 = 1 / 569.0},
      {.loss = loss,
       .optimizer = {1e-11, 1000, 10},
       .l2 = 1 / 569.0,
       .options = {.class_weights = balanced}}};
  neap_train_spec spec = plan(rows, FEATURES, "lbfgs", points, 2);
  spec.shift = shift;
  spec.scale = scale;
  neap_trainer *t = train(engine, &spec);
  static const double norms[] = {3.8416087888, 3.8848747740};
  static const double biases[] = {-.2145027174, .2277124065};
  for (size_t p = 0; p < 2; p++) {
    const double *w = neap_trainer_parameters(t, p);
    const neap_fit_report report = neap_trainer_report(t, p);
    CHECK(report.state == NEAP_FIT_CONVERGED);
    CHECK_SHOW(fabs(norm_of(w, FEATURES) / norms[p] - 1) < 1e-8, "%.12g",
               norm_of(w, FEATURES));
    CHECK_SHOW(fabs(w[FEATURES] / biases[p] - 1) < 1e-8, "%.12g", w[FEATURES]);
    CHECK(report.history_count == report.steps + 1);
    for (size_t i = 1; i < report.history_count; i++) {
      CHECK(report.history[i] <= report.history[i - 1] + 1e-15);
    }
  }
  neap_trainer_free(t);
}

static void generate(const neap *engine, size_t rows, size_t features) {
  const double params[] = {0.2, 1.5, 0, 1};
  const neap_draw draw = {.rows = rows,
                          .features = features,
                          .seed = 11,
                          .params = params,
                          .dtype = NEAP_FLOAT64,
                          .x = x,
                          .y = targets,
                          .truth = truth};
  CHECK(neap_draw_rows(engine, neap_generator_at(0), &draw, NULL) == NEAP_OK);
  for (size_t i = 0; i < rows; i++)
    classes[i] = (int32_t)targets[i];
}

// Points with all there is to differ in.
static void set_points(const neap *engine, const double *options, size_t count,
                       neap_train_point *points) {
  static const double class_weights[] = {0.5, 1.5};
  static double params[64][3];
  for (size_t p = 0; p < count; p++) {
    params[p][0] = (double)(p % 5) / 2;
    params[p][1] = p % 2 == 0 ? NAN : 0.3;
    points[p] = (neap_train_point){
        .loss = neap_loss_find(engine,
                               p % 3 == 0 ? "binary_cross_entropy" : "focal"),
        .options = {.params = params[p],
                    .class_weights = p % 4 == 0 ? class_weights : NULL},
        .l2 = 0.01 * (double)(p % 3)};
    memcpy(points[p].optimizer, options, sizeof points[p].optimizer);
  }
}

// AVX2 and AVX-512 give the same bits.
static void compare_fused(const neap *engine, size_t which, const double *w,
                          size_t count) {
  static double kept[3][FEATURES + 1];
  const size_t bytes = count * sizeof *w;
  if (engine->isa == NEAP_ISA_AVX2)
    memcpy(kept[which], w, bytes);
  if (engine->isa == NEAP_ISA_AVX512) {
    CHECK(memcmp(kept[which], w, bytes) == 0);
  }
}

// One point alone, and all of them in slices of one unit.
static void test_bits(const neap *engine, const char *name, size_t which,
                      const double *options) {
  enum { COUNT = 53, D = 7 };
  neap_train_point points[COUNT];
  generate(engine, 1900, D);
  set_points(engine, options, COUNT, points);
  const neap_train_spec spec = plan(1900, D, name, points, COUNT);
  neap_trainer *all = train(engine, &spec);
  neap_trainer *sliced = neap_trainer_new(engine, &spec, NULL);
  while (!neap_job_step(neap_trainer_job(sliced), 0)) {
  }
  for (size_t p = 0; p < COUNT; p += 13) {
    const neap_train_spec one = plan(1900, D, name, points + p, 1);
    neap_trainer *alone = train(engine, &one);
    const size_t bytes = (D + 1) * sizeof(double);
    const double *among = neap_trainer_parameters(all, p);
    CHECK(memcmp(neap_trainer_parameters(alone, 0), among, bytes) == 0);
    CHECK(memcmp(neap_trainer_parameters(sliced, p), among, bytes) == 0);
    CHECK(neap_trainer_report(alone, 0).objective ==
          neap_trainer_report(all, p).objective);
    neap_trainer_free(alone);
  }
  compare_fused(engine, which, neap_trainer_parameters(all, 26), D + 1);
  neap_trainer_free(all);
  neap_trainer_free(sliced);
}

// Three workers who take their tasks from the last on.
static void run_backwards(void *data, neap_task *task, void *argument,
                          size_t count) {
  (void)data;
  for (size_t i = count; i > 0; i--)
    task(argument, i - 1, i % 3);
}

// Any number of points has the same bits, however many workers share them.
static void test_workers(const neap *engine, const char *name,
                         const double *options) {
  enum { MOST = 53, D = 7 };
  static const size_t counts[] = {2, 5, 9, MOST};
  const neap_host host = {
      .isa = neap_isa(engine), .parallel_for = run_backwards, .max_workers = 3};
  neap *shared = neap_new(&host, NULL);
  neap_train_point points[MOST];
  generate(engine, 1900, D);
  set_points(engine, options, MOST, points);
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
    const neap_train_spec spec = plan(1900, D, name, points, counts[i]);
    neap_trainer *one = train(engine, &spec), *three = train(shared, &spec);
    for (size_t p = 0; p < counts[i]; p++) {
      CHECK(memcmp(neap_trainer_parameters(one, p),
                   neap_trainer_parameters(three, p),
                   (D + 1) * sizeof(double)) == 0);
      CHECK(neap_trainer_report(one, p).objective ==
            neap_trainer_report(three, p).objective);
    }
    neap_trainer_free(one);
    neap_trainer_free(three);
  }
  neap_free(shared);
}

// Steps on batches against the same written out in double, row by row.
static void replay(const neap *engine, const neap_train_point *point,
                   size_t rows, size_t features, bool adam, double *w) {
  static uint32_t order[ROWS_MAX];
  double m[FEATURES + 1] = {0}, v[FEATURES + 1] = {0}, positives = 0;
  for (size_t i = 0; i < rows; i++)
    positives += targets[i];
  for (size_t j = 0; j < features; j++)
    w[j] = 0;
  w[features] = log((positives + 0.5) / ((double)rows - positives + 0.5));
  int step = 0;
  for (uint32_t epoch = 0; epoch < 3; epoch++) {
    neap_shuffle(engine, 4, NEAP_STREAM_SHUFFLE, epoch, rows, order);
    for (size_t start = 0; start < rows; start += 700) {
      const size_t end = start + 700 < rows ? start + 700 : rows;
      double g[FEATURES + 1] = {0};
      for (size_t i = start; i < end; i++) {
        const double *row = x + order[i] * features;
        double z = w[features], slope;
        for (size_t j = 0; j < features; j++)
          z += w[j] * row[j];
        const neap_loss_call call = {.rows = 1,
                                     .logits = &z,
                                     .targets = &targets[order[i]],
                                     .options = point->options,
                                     .gradient = &slope};
        CHECK(neap_loss_evaluate(point->loss, &call, NULL) == NEAP_OK);
        for (size_t j = 0; j < features; j++)
          g[j] += slope * row[j];
        g[features] += slope;
      }
      step++;
      for (size_t j = 0; j <= features; j++) {
        g[j] = g[j] / (double)(end - start);
        if (j < features)
          g[j] += point->l2 * w[j];
        if (adam) {
          m[j] = 0.9 * m[j] + 0.1 * g[j];
          v[j] = 0.999 * v[j] + 0.001 * g[j] * g[j];
          w[j] -= 0.01 * (m[j] / (1 - pow(0.9, step))) /
                  (sqrt(v[j] / (1 - pow(0.999, step))) + 1e-8);
        } else {
          m[j] = 0.9 * m[j] + g[j];
          w[j] -= 0.3 * m[j];
        }
      }
    }
  }
}

static void test_batches(const neap *engine) {
  enum { COUNT = 6, D = 7, ROWS = 1900 };
  const double sgd[NEAP_PARAMETER_MAX] = {0.3, 0.9, [SGD_CLIP] = NAN};
  const double adam[NEAP_PARAMETER_MAX] = {0.01, 0.9, 0.999,
                                           1e-8, [ADAM_CLIP] = NAN};
  neap_train_point points[COUNT];
  double w[FEATURES + 1];
  generate(engine, ROWS, D);
  for (int which = 0; which < 2; which++) {
    set_points(engine, which == 0 ? sgd : adam, COUNT, points);
    const neap_train_spec spec =
        plan(ROWS, D, which == 0 ? "sgd" : "adam", points, COUNT);
    neap_trainer *t = train(engine, &spec);
    for (size_t p = 0; p < COUNT; p++) {
      replay(engine, &points[p], ROWS, D, which == 1, w);
      const double *got = neap_trainer_parameters(t, p);
      for (size_t j = 0; j <= D; j++) {
        CHECK_SHOW(fabs(got[j] - w[j]) < 2e-5, "%g, wanted %g", got[j], w[j]);
      }
      CHECK(neap_trainer_report(t, p).state == NEAP_FIT_STOPPED);
      CHECK(neap_trainer_report(t, p).history_count == 3);
      CHECK(neap_trainer_report(t, p).steps == 9);
    }
    neap_trainer_free(t);
  }
}

// The gradient that is reported is that of the objective, by differences of
// the objective at neighbouring starts, which no step ever leaves.
static void test_gradient(const neap *engine) {
  enum { D = 4, ROWS = 600 };
  generate(engine, ROWS, D);
  const double params[] = {1.5, 0.3, 0};
  neap_train_point point = {.loss = neap_loss_find(engine, "focal"),
                            .options = {.params = params},
                            .optimizer = {1, 1, 10},
                            .l2 = 0.1};
  double start[D + 1] = {0.3, -0.2, 0.5, 0.1, -1}, square = 0;
  neap_train_spec spec = plan(ROWS, D, "lbfgs", &point, 1);
  spec.initial = start;
  double norm = 0;
  for (size_t j = 0; j <= D; j++) {
    double value[2];
    for (int side = 0; side < 2; side++) {
      const double at = start[j];
      start[j] += side == 0 ? 1e-5 : -1e-5;
      neap_trainer *t = neap_trainer_new(engine, &spec, NULL);
      // One pass over the two blocks of rows gives the start's objective.
      neap_job_step(neap_trainer_job(t), 0);
      neap_job_step(neap_trainer_job(t), 0);
      value[side] = neap_trainer_report(t, 0).objective;
      neap_trainer_free(t);
      start[j] = at;
    }
    const double slope = (value[0] - value[1]) / 2e-5;
    square += slope * slope;
  }
  neap_trainer *t = neap_trainer_new(engine, &spec, NULL);
  neap_job_step(neap_trainer_job(t), 0);
  neap_job_step(neap_trainer_job(t), 0);
  norm = neap_trainer_report(t, 0).gradient_norm;
  neap_trainer_free(t);
  CHECK_SHOW(fabs(norm - sqrt(square)) < 1e-8, "%g %g", norm, sqrt(square));
}

// Two classes by softmax have the optimum of the sigmoid: w_1 - w_0, with
// half of the l2 on each side.
static void test_softmax(const neap *engine) {
  enum { D = 6, ROWS = 2000 };
  generate(engine, ROWS, D);
  const neap_train_point binary = {
      .loss = neap_loss_find(engine, "binary_cross_entropy"),
      .optimizer = {1e-9, 1000, 10},
      .l2 = 0.01};
  const neap_train_point softmax = {
      .loss = neap_loss_find(engine, "cross_entropy"),
      .optimizer = {1e-9, 1000, 10},
      .l2 = 0.02};
  const neap_train_spec one = plan(ROWS, D, "lbfgs", &binary, 1);
  neap_train_spec two = plan(ROWS, D, "lbfgs", &softmax, 1);
  two.shape.outputs = 2;
  two.kind = NEAP_CLASSES;
  two.targets = NULL;
  two.classes = classes;
  neap_trainer *a = train(engine, &one), *b = train(engine, &two);
  const double *w = neap_trainer_parameters(a, 0);
  const double *v = neap_trainer_parameters(b, 0);
  for (size_t j = 0; j <= D; j++) {
    CHECK_SHOW(fabs(v[D + 1 + j] - v[j] - w[j]) < 1e-7, "%g %g",
               v[D + 1 + j] - v[j], w[j]);
  }
  double logits[2 * ROWS];
  const double *parameters[] = {v};
  const neap_predict_spec predict = {.rows = ROWS,
                                     .shape = {.features = D, .outputs = 2},
                                     .x = x,
                                     .dtype = NEAP_FLOAT64,
                                     .model = neap_model_at(0),
                                     .parameters = parameters,
                                     .point_count = 1,
                                     .precision = NEAP_FLOAT64,
                                     .logits = logits};
  CHECK(neap_predict(engine, &predict, NULL) == NEAP_OK);
  for (size_t i = 0; i < ROWS; i += 111) {
    double z = w[D];
    for (size_t j = 0; j < D; j++)
      z += w[j] * x[i * D + j];
    CHECK(fabs(logits[ROWS + i] - logits[i] - z) < 1e-6);
  }
  neap_trainer_free(a);
  neap_trainer_free(b);
}

// A point that diverges fails, and leaves the bits of the others alone.
static void test_divergence(const neap *engine) {
  enum { D = 5, ROWS = 1500 };
  generate(engine, ROWS, D);
  for (size_t i = 0; i < ROWS * D; i++)
    x[i] *= 1e18;
  const neap_loss *loss = neap_loss_find(engine, "binary_cross_entropy");
  const neap_train_point points[] = {
      {.loss = loss, .optimizer = {1e-40, [SGD_CLIP] = NAN}},
      {.loss = loss, .optimizer = {1e300, 0.9, [SGD_CLIP] = NAN}},
      {.loss = loss, .optimizer = {1e-40, [SGD_CLIP] = NAN}}};
  const neap_train_spec three = plan(ROWS, D, "sgd", points, 3);
  const neap_train_spec one = plan(ROWS, D, "sgd", points, 1);
  neap_trainer *t = train(engine, &three), *alone = train(engine, &one);
  CHECK(neap_trainer_report(t, 1).state == NEAP_FIT_FAILED);
  CHECK(isnan(neap_trainer_report(t, 1).objective));
  CHECK(neap_trainer_report(t, 0).state == NEAP_FIT_STOPPED);
  CHECK(memcmp(neap_trainer_parameters(t, 2), neap_trainer_parameters(alone, 0),
               (D + 1) * sizeof(double)) == 0);
  neap_trainer_free(t);
  neap_trainer_free(alone);
}

static void test_refusals(const neap *engine) {
  neap_train_point point =
      neap_point_of(optimizer("sgd"), neap_loss_find(engine, "cross_entropy"));
  neap_train_spec spec = plan(100, 3, "sgd", &point, 1);
  neap_error error = {0};
  CHECK(neap_trainer_new(engine, &spec, &error) == NULL);
  CHECK(strcmp(error.message,
               "points[1]: cross_entropy can't train on binary targets") == 0);
  point.loss = neap_loss_find(engine, "focal");
  spec.batch = 0;
  CHECK(neap_trainer_new(engine, &spec, &error) == NULL);
  CHECK(strcmp(error.message, "epochs is 3 and batch is 0; wanted 1 or more") ==
        0);
  spec.point_count = 0;
  CHECK(neap_trainer_new(engine, &spec, &error) == NULL);
  neap_trainer_free(NULL);
}

static const char *folder;

static void test_isa(const neap *engine) {
  const double lbfgs[NEAP_PARAMETER_MAX] = {1e-6, 1000, 10};
  const double sgd[NEAP_PARAMETER_MAX] = {0.3, 0.9, [SGD_CLIP] = NAN};
  const double adam[NEAP_PARAMETER_MAX] = {0.01, 0.9, 0.999,
                                           1e-8, [ADAM_CLIP] = NAN};
  test_breast_cancer(engine, folder);
  test_bits(engine, "lbfgs", 0, lbfgs);
  test_bits(engine, "sgd", 1, sgd);
  test_bits(engine, "adam", 2, adam);
  test_workers(engine, "lbfgs", lbfgs);
  test_workers(engine, "sgd", sgd);
  test_batches(engine);
  test_gradient(engine);
  test_softmax(engine);
  test_divergence(engine);
  test_refusals(engine);
}

int main(int argc, char **argv) {
  folder = test_data(argc, argv);
  for_each_isa(test_isa);
  return check_result();
}
