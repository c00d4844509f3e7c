// tests/api/train_test.c -- training by the public header alone.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/training.h"

// One column that is 0 or 1: the best fit says the shares of the positives, 1
// of 4 and 6 of 8, so that its bias is log(1/3) and its weight log 3 -
// log(1/3).
enum { ROWS = 12 };
static const double x[ROWS] = {0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
static const double y[ROWS] = {0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 0, 0};

static neap_train_spec spec_of(const char *optimizer,
                               const neap_train_point *points, size_t count) {
  return spec_on(ROWS, x, y, optimizer, points, count);
}

static void test_shares(const neap *engine) {
  const neap_train_point point =
      point_of(engine, "newton", "binary_cross_entropy");
  const neap_train_spec spec = spec_of("newton", &point, 1);
  neap_error error = {0};
  neap_trainer *trainer = neap_trainer_new(engine, &spec, &error);
  CHECK_SHOW(trainer != NULL, "%s", error.message);
  CHECK(neap_trainer_step(trainer, INFINITY));
  const double *fit = neap_trainer_parameters(trainer, 0);
  CHECK_SHOW(fabs(fit[1] + log(3)) < 1e-6, "%.17g", fit[1]);
  CHECK_SHOW(fabs(fit[0] - 2 * log(3)) < 1e-6, "%.17g", fit[0]);
  CHECK(neap_trainer_report(trainer, 0).state == NEAP_FIT_CONVERGED);
  CHECK(neap_trainer_fraction(trainer) == 1);
  double logits[ROWS];
  const neap_predict_spec ask = {.rows = ROWS,
                                 .shape = spec.shape,
                                 .x = x,
                                 .model = spec.model,
                                 .parameters = &fit,
                                 .point_count = 1,
                                 .logits = logits};
  CHECK(neap_predict(engine, &ask, NULL) == NEAP_OK);
  CHECK_SHOW(
      fabs(logits[0] + log(3)) < 1e-6 && fabs(logits[11] - log(3)) < 1e-6,
      "%g %g", logits[0], logits[11]);
  neap_trainer_free(trainer);
}

// A point has the same bits alone and among others, in one step and in many,
// and after a checkpoint.
static void test_same_bits(const neap *engine) {
  neap_train_point points[3];
  static const char *const losses[] = {"focal", "poly1", "brier"};
  for (int i = 0; i < 3; i++)
    points[i] = point_of(engine, "adam", losses[i]);
  const neap_train_spec all = spec_of("adam", points, 3);
  const neap_train_spec one = spec_of("adam", points + 1, 1);
  neap_trainer *many = neap_trainer_new(engine, &all, NULL);
  neap_trainer *alone = neap_trainer_new(engine, &one, NULL);
  neap_trainer *resumed = neap_trainer_new(engine, &all, NULL);
  neap_trainer_step(many, 0);  // without a clock: the smallest piece
  const size_t size = neap_trainer_save(many, NULL);
  char *bytes = malloc(size);
  CHECK(neap_trainer_save(many, bytes) == size);
  CHECK(neap_trainer_load(resumed, bytes, size, NULL) == NEAP_OK);
  CHECK(neap_trainer_load(resumed, bytes, size - 1, NULL) == NEAP_EDATA);
  neap_trainer_free(resumed);
  resumed = neap_trainer_new(engine, &all, NULL);
  CHECK(neap_trainer_load(resumed, bytes, size, NULL) == NEAP_OK);
  while (!neap_trainer_step(many, 0))
    ;
  CHECK(neap_trainer_step(alone, INFINITY));
  CHECK(neap_trainer_step(resumed, INFINITY));
  const size_t width = 2 * sizeof(double);
  CHECK(memcmp(neap_trainer_parameters(many, 1),
               neap_trainer_parameters(alone, 0), width) == 0);
  CHECK(memcmp(neap_trainer_parameters(many, 1),
               neap_trainer_parameters(resumed, 1), width) == 0);
  neap_trainer_free(many);
  neap_trainer_free(alone);
  neap_trainer_free(resumed);
  free(bytes);
}

// A host whose clock counts its calls: each lasts a millisecond.
static double count_calls(void *data) {
  unsigned *calls = data;
  return 0.001 * ++*calls;
}

static void test_budget(void) {
  unsigned calls = 0;
  const neap_host host = {.data = &calls, .clock = count_calls, .budget = 1e-6};
  neap *engine = neap_new(&host, NULL);
  const neap_train_point point = point_of(engine, "sgd", "focal");
  const neap_train_spec spec = spec_of("sgd", &point, 1);
  neap_trainer *trainer = neap_trainer_new(engine, &spec, NULL);
  size_t steps = 1;
  while (!neap_trainer_step(trainer, INFINITY))
    steps++;
  CHECK_SHOW(steps >= 3, "%zu", steps);
  CHECK(neap_trainer_epoch(trainer) == 3 && neap_trainer_running(trainer) == 0);
  neap_trainer_free(trainer);
  neap_free(engine);
}

static void test_pauses(const neap *engine) {
  const neap_train_point point = point_of(engine, "sgd", "focal");
  neap_train_spec spec = spec_of("sgd", &point, 1);
  spec.pauses = true;
  neap_trainer *trainer = neap_trainer_new(engine, &spec, NULL);
  CHECK(neap_trainer_step(trainer, INFINITY));
  CHECK(neap_trainer_paused(trainer) && neap_trainer_epoch(trainer) == 1);
  const double kept = neap_trainer_parameters(trainer, 0)[0];
  neap_trainer_keep(trainer, 0);
  neap_trainer_resume(trainer);
  CHECK(neap_trainer_step(trainer, INFINITY));
  CHECK(neap_trainer_parameters(trainer, 0)[0] != kept);
  neap_trainer_stop(trainer, 0);
  neap_trainer_resume(trainer);
  CHECK(neap_trainer_step(trainer, INFINITY));
  CHECK(neap_trainer_parameters(trainer, 0)[0] == kept);
  neap_trainer_free(trainer);
}

// A prediction that would read or write nothing, or another type.
static void test_prediction_errors(const neap *engine) {
  const double fit[2] = {0}, *parameters[] = {fit};
  double logits[ROWS] = {42};
  const neap_predict_spec good = {.rows = ROWS,
                                  .shape = {.features = 1, .outputs = 1},
                                  .x = x,
                                  .model = neap_model_find("linear"),
                                  .parameters = parameters,
                                  .point_count = 1,
                                  .logits = logits};
  enum { WRONG = 8 };
  neap_predict_spec wrong[WRONG];
  for (int i = 0; i < WRONG; i++)
    wrong[i] = good;
  wrong[0].x = NULL;
  wrong[1].parameters = NULL;
  wrong[2].logits = NULL;
  wrong[3].dtype = NEAP_INT32;
  wrong[4].precision = NEAP_INT32;
  wrong[5].rows = SIZE_MAX;
  wrong[6].point_count = SIZE_MAX;
  wrong[7].shape.features = SIZE_MAX / 2;
  static const char *const messages[WRONG] = {
      "x is NULL",        "parameters is NULL", "logits is NULL",
      "dtype is 2",       "precision is 2",     "fits into memory",
      "fits into memory", "than 2^40 weights"};
  for (int i = 0; i < WRONG; i++) {
    neap_error error = {0};
    CHECK(neap_predict(engine, &wrong[i], &error) == NEAP_EARGUMENT);
    CHECK_SHOW(strstr(error.message, messages[i]) != NULL, "%s", error.message);
  }
  CHECK(logits[0] == 42);
}

static void test_errors(const neap *engine) {
  const double bad_x[ROWS] = {0, INFINITY}, bad_y[ROWS] = {0, 2};
  const double bad_weights[ROWS] = {1, -1};
  const int32_t bad_classes[ROWS] = {0, 3};
  neap_train_point point = point_of(engine, "adam", "focal");
  neap_train_spec spec = spec_of("adam", &point, 1);
  const neap_train_spec good = spec;
  spec.x = bad_x;
  refuses(engine, &spec, NEAP_EDATA, "row 2 has inf in column 1");
  spec = good;
  spec.targets = bad_y;
  refuses(engine, &spec, NEAP_EDATA, "row 2 is 2; wanted 0 to 1");
  spec.classes = bad_classes;
  refuses(engine, &spec, NEAP_EARGUMENT, "targets or classes, and not both");
  spec.targets = NULL;
  spec.shape.outputs = 3;
  spec.kind = NEAP_CLASSES;
  refuses(engine, &spec, NEAP_EDATA, "the class in row 2 is 3; wanted 0 to 2");
  spec = good;
  spec.dtype = NEAP_INT32;
  refuses(engine, &spec, NEAP_EARGUMENT, "dtype is 2; wanted NEAP_FLOAT64");
  spec = good;
  spec.shape.features = SIZE_MAX / 2;
  refuses(engine, &spec, NEAP_EARGUMENT, "no more than 2^40 weights");
  spec = good;
  spec.rows = SIZE_MAX;
  refuses(engine, &spec, NEAP_EARGUMENT, "wanted what fits into memory");
  spec = good;
  spec.points = NULL;
  refuses(engine, &spec, NEAP_EARGUMENT, "points is NULL; wanted 1");
  spec = good;
  spec.weights = bad_weights;
  refuses(engine, &spec, NEAP_EARGUMENT, "the weight of row 2 is -1");
  spec = good;
  spec.shape.layers = 1;
  refuses(engine, &spec, NEAP_EARGUMENT, "1 hidden layers; wanted none");
  spec = good;
  spec.batch = 0;
  refuses(engine, &spec, NEAP_EARGUMENT, "batch is 0; wanted 1 or more");
  spec = good;
  spec.model = NULL;
  refuses(engine, &spec, NEAP_EARGUMENT, "the model is NULL");
  point.l2 = -1;
  refuses(engine, &good, NEAP_EARGUMENT, "points[1]: l2 is -1; wanted");
  point.l2 = 0;
  point.optimizer[0] = -0.5;
  refuses(engine, &good, NEAP_EARGUMENT,
          "points[1]: adam: learning_rate is -0.5; wanted");
  point = point_of(engine, "adam", "cross_entropy");
  refuses(engine, &good, NEAP_EARGUMENT, "can't train on binary targets");
  point.loss = NULL;
  refuses(engine, &good, NEAP_EARGUMENT, "points[1] has no loss");
}

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  test_shares(engine);
  test_same_bits(engine);
  test_budget();
  test_pauses(engine);
  test_errors(engine);
  test_prediction_errors(engine);
  CHECK(neap_optimizer_takes_batches(neap_optimizer_find("sgd")) &&
        !neap_optimizer_takes_batches(neap_optimizer_find("lbfgs")) &&
        neap_optimizer_find("nothing") == NULL &&
        neap_model_find("nothing") == NULL);
  neap_free(engine);
  return check_result();
}
