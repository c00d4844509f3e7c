// tests/api/limits_test.c -- what only C can give: lists of two for many
// labels, sums of sums, sizes that wrap around. It is taken or refused, never
// read past its end (this file also runs under ASan).
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/training.h"

enum { ROWS = 6, LABELS = 3 };
static const double x[ROWS] = {-2, -1, -0.5, 0.5, 1, 2};
static const double y[ROWS] = {0, 0, 1, 0, 1, 1};
static const double labels[ROWS * LABELS] = {0, 1, 0, 1, 1, 0, 0, 0, 1,
                                             1, 0, 1, 0, 1, 1, 1, 1, 1};
static const int32_t classes[ROWS] = {0, 0, 1, 0, 1, 1};

static neap_train_spec spec_of(const char *optimizer,
                               const neap_train_point *point) {
  return spec_on(ROWS, x, y, optimizer, point, 1);
}

static void set(neap_train_point *point, const char *optimizer,
                const char *name, double number) {
  size_t count;
  const neap_parameter *rows =
      neap_optimizer_parameters(neap_optimizer_find(optimizer), &count);
  for (size_t i = 0; i < count; i++) {
    if (strcmp(rows[i].name, name) == 0)
      point->optimizer[i] = number;
  }
}

// Trains to the end, and writes the point's parameters.
static void train(const neap *engine, const neap_train_spec *spec, size_t count,
                  double *parameters) {
  neap_error error = {0};
  neap_trainer *trainer = neap_trainer_new(engine, spec, &error);
  CHECK_SHOW(trainer != NULL, "%s", error.message);
  CHECK(neap_trainer_step(trainer, INFINITY));
  CHECK(isfinite(neap_trainer_report(trainer, 0).objective));
  memcpy(parameters, neap_trainer_parameters(trainer, 0),
         count * sizeof *parameters);
  neap_trainer_free(trainer);
}

// Two class weights serve any number of labels: weights of 3 and 3 train as a
// factor does, so lbfgs ends where it does without them.
static void test_two_weights(const neap *engine) {
  neap_train_point point = point_of(engine, "lbfgs", "binary_cross_entropy");
  neap_train_spec spec = spec_of("lbfgs", &point);
  spec.shape.outputs = LABELS;
  spec.targets = labels;
  double plain[2 * LABELS], weighted[2 * LABELS];
  point.l2 = 0.1;
  train(engine, &spec, 2 * LABELS, plain);
  double *weights = malloc(2 * sizeof *weights);
  weights[0] = weights[1] = 3;
  point.options.class_weights = weights;
  point.l2 = 0.3;
  train(engine, &spec, 2 * LABELS, weighted);
  free(weights);
  for (int i = 0; i < 2 * LABELS; i++) {
    CHECK_SHOW(fabs(plain[i] - weighted[i]) < 1e-5, "%d: %g and %g", i,
               plain[i], weighted[i]);
  }
}

// A batch of more rows than there are is all of them, in steps and schedules.
static void test_large_batch(const neap *engine) {
  neap_train_point point = point_of(engine, "sgd", "focal");
  set(&point, "sgd", "schedule", 1);
  neap_train_spec spec = spec_of("sgd", &point);
  double all[2], more[2];
  spec.batch = ROWS;
  train(engine, &spec, 2, all);
  spec.batch = SIZE_MAX;
  train(engine, &spec, 2, more);
  CHECK(all[0] != 0 && memcmp(all, more, sizeof all) == 0);
  spec.epochs = SIZE_MAX;
  refuses(engine, &spec, NEAP_EARGUMENT, "wanted at most 2^53 rows in all");
}

static void test_targets(const neap *engine) {
  static const double soft[ROWS] = {0, 0.3, 1, 0, 1, 1};
  static const double margins[2] = {0.1, 0.2};
  neap_train_point point = point_of(engine, "lbfgs", "binary_cross_entropy");
  neap_train_spec spec = spec_of("lbfgs", &point);
  spec.targets = NULL;
  spec.classes = classes;
  refuses(engine, &spec, NEAP_EARGUMENT, "classes want the kind NEAP_CLASSES");
  spec = spec_of("lbfgs", &point);
  spec.targets = soft;
  point.options.class_margins = margins;
  refuses(engine, &spec, NEAP_EDATA,
          "points[1]: target in row 2 is 0.3; margins of classes");
  point.options = (neap_loss_options){.label_smoothing = 0.1,
                                      .smoothing = NEAP_SMOOTH_AFTER};
  refuses(engine, &spec, NEAP_EDATA,
          "points[1]: target in row 2 is 0.3; margins of classes");
  point = point_of(engine, "lbfgs", "cross_entropy");
  spec.kind = NEAP_CLASSES;
  spec.shape.outputs = LABELS;
  spec.targets = labels;
  refuses(engine, &spec, NEAP_EDATA,
          "points[1]: targets in row 2 add up to 2; wanted 1");
}

static void test_points(const neap *engine) {
  static const double *const columns[] = {NULL};
  neap_train_point point = point_of(engine, "adam", "focal");
  neap_train_spec spec = spec_of("adam", &point);
  point.dropout = 0.5;
  refuses(engine, &spec, NEAP_EARGUMENT, "dropout wants a model with hidden");
  point.dropout = 0;
  spec.shift = x;
  refuses(engine, &spec, NEAP_EARGUMENT, "scale is NULL and shift is not");
  spec.shift = NULL;
  spec.scale = x;
  refuses(engine, &spec, NEAP_EARGUMENT, "shift is NULL and scale is not");
  spec.scale = NULL;
  spec.loss_column_count = 1;
  refuses(engine, &spec, NEAP_EARGUMENT, "loss column 1 of 1 is NULL");
  spec.loss_columns = columns;
  refuses(engine, &spec, NEAP_EARGUMENT, "loss column 1 of 1 is NULL");
  spec.loss_column_count = 0;
  spec.sampling = (neap_sampling)4;
  refuses(engine, &spec, NEAP_EARGUMENT, "sampling is 4; wanted 0 to 3");
  spec.sampling = NEAP_SAMPLE_UNDER;
  refuses(engine, &spec, NEAP_EARGUMENT, "sampling has the ratio 0");
  spec.sampling = NEAP_SAMPLE_BALANCED;  // asks for no ratio
  double parameters[2];
  train(engine, &spec, 2, parameters);
  point = point_of(engine, "lbfgs", "focal");
  set(&point, "lbfgs", "memory", 2.5);
  spec = spec_of("lbfgs", &point);
  refuses(engine, &spec, NEAP_EARGUMENT,
          "memory is 2.5; wanted a whole number, 1 to");
}

static void test_sums(const neap *engine) {
  _Alignas(16) char inner[512], outer[512];
  const neap_loss_term terms[2] = {{1, neap_loss_find(engine, "focal"), {0}},
                                   {2, neap_loss_find(engine, "brier"), {0}}};
  CHECK(neap_loss_sum_bytes(2) <= sizeof inner);
  const neap_loss *sum = neap_loss_sum(inner, terms, 2, NULL);
  neap_loss_term wrong[2] = {terms[0], {1, sum, {0}}};
  neap_error error = {0};
  CHECK(neap_loss_sum(outer, wrong, 2, &error) == NULL);
  CHECK_SHOW(strstr(error.message, "term 2 is a sum itself") != NULL, "%s",
             error.message);
  wrong[1].loss = NULL;
  CHECK(neap_loss_sum(outer, wrong, 2, &error) == NULL);
  CHECK_SHOW(strstr(error.message, "term 2 is NULL") != NULL, "%s",
             error.message);
}

static void test_load(const neap *engine) {
  static const double weights[2] = {1, 2};
  neap_train_point point = point_of(engine, "sgd", "focal");
  neap_train_spec spec = spec_of("sgd", &point);
  neap_trainer *trainer = neap_trainer_new(engine, &spec, NULL);
  char bytes[4096];
  const size_t size = neap_trainer_save(trainer, NULL);
  CHECK(size <= sizeof bytes);
  neap_trainer_save(trainer, bytes);
  neap_trainer_free(trainer);
  for (int what = 0; what < 5; what++) {
    static const double other_x[ROWS] = {-2, -1, -0.5, 0.5, 1, 3};
    static const double start[2] = {0, 0};
    point.options.class_weights = what == 0 ? weights : NULL;
    point.options.label_smoothing = what == 1 ? 0.1 : 0;
    spec.x = what == 2 ? other_x : x;
    spec.seed = what == 3 ? (UINT64_C(1) << 53) + 1 : 0;
    spec.initial = what == 4 ? start : NULL;
    neap_error error = {0};
    trainer = neap_trainer_new(engine, &spec, &error);
    const neap_status wanted = what < 4 ? NEAP_EDATA : NEAP_OK;
    CHECK_SHOW(neap_trainer_load(trainer, bytes, size, &error) == wanted,
               "%d: %s", what, error.message);
    neap_trainer_free(trainer);
  }
}

static void run_tasks(void *data, neap_task *task, void *argument,
                      size_t count) {
  (void)data;
  for (size_t i = 0; i < count; i++)
    task(argument, i, 0);
}

static void test_sizes(const neap *engine) {
  neap_error error = {0};
  CHECK(neap_new(&(neap_host){.parallel_for = run_tasks}, &error) == NULL);
  CHECK_SHOW(error.code == NEAP_EARGUMENT, "%s", error.message);
  double shift[2] = {7, 7}, scale[2] = {7, 7}, value;
  neap_standardize(0, 2, x, NEAP_FLOAT64, shift, scale);
  CHECK(shift[0] == 0 && shift[1] == 0 && scale[0] == 1 && scale[1] == 1);
  const neap_columns columns = {
      .rows = (size_t)UINT32_MAX + 1, .columns = 1, .scores = x, .targets = y};
  const neap_metric *metric = neap_metric_find("roc_auc");
  CHECK(neap_metric_evaluate(engine, &columns, metric, NULL, &value, NULL,
                             &error) == NEAP_EARGUMENT);
  CHECK_SHOW(strstr(error.message, "at most 2^32 - 1") != NULL, "%s",
             error.message);
}

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  test_two_weights(engine);
  test_large_batch(engine);
  test_targets(engine);
  test_points(engine);
  test_sums(engine);
  test_load(engine);
  test_sizes(engine);
  neap_free(engine);
  return check_result();
}
