// tests/dataset/generators_test.c -- generated data have the distribution, the
// truth and the bits that they are said to have.
#include "check.h"
#include "dataset/dataset.h"
#include "metric/metric.h"

enum { ROWS = 200000, FEATURES = 5 };

static double x[ROWS * FEATURES], y[ROWS], truth[ROWS];
static double more_x[ROWS * FEATURES], more_y[ROWS], more_truth[ROWS];
static float single_x[ROWS * FEATURES], single_y[ROWS];

static const neap_generator *find(const char *name) {
  for (size_t i = 0; neap_generator_at(i) != NULL; i++) {
    if (strcmp(neap_generator_at(i)->name, name) == 0) {
      return neap_generator_at(i);
    }
  }
  return NULL;
}

static neap_draw plan(const double *params) {
  return (neap_draw){.rows = ROWS,
                     .features = FEATURES,
                     .seed = 7,
                     .params = params,
                     .dtype = NEAP_FLOAT64,
                     .x = x,
                     .y = y,
                     .truth = truth};
}

static void draw(const neap *engine, const char *name, const neap_draw *plan) {
  CHECK(neap_draw_rows(engine, find(name), plan, NULL) == NEAP_OK);
}

// The metrics of the truth approach the population's: figures by one-
// dimensional quadrature (SciPy 1.10.1) for prior 0.1 and distance 2. The
// bounds are four standard errors at 20,000 positives.
static void test_gaussians(const neap *engine) {
  static double scores[ROWS];
  const double params[] = {0.1, 2, 0, 1};
  const neap_draw d = plan(params);
  draw(engine, "gaussians", &d);
  for (size_t i = 0; i < ROWS; i++)
    scores[i] = log(truth[i] / (1 - truth[i]));
  const neap_columns columns = {.rows = ROWS,
                                .columns = 1,
                                .scores = scores,
                                .dtype = NEAP_FLOAT64,
                                .targets = y};
  neap_metric_use metrics[4];
  for (size_t i = 0; i < 4; i++)
    metrics[i] = neap_metric_default(neap_metric_at(i));
  double values[4];
  const char *undefined[4];
  CHECK(neap_metrics_of(engine, &columns, metrics, 4, values, undefined,
                        NULL) == NEAP_OK);
  CHECK_SHOW(fabs(values[0] - 0.6654712781) < 0.015, "%g", values[0]);
  CHECK_SHOW(fabs(values[1] - 0.9213503965) < 0.004, "%g", values[1]);
  CHECK_SHOW(fabs(values[2] - 0.1830625670) < 0.004, "%g", values[2]);
  CHECK_SHOW(fabs(values[3] - 0.0529835974) < 0.0015, "%g", values[3]);
}

// Against the densities written out in long double.
static void test_truth(const neap *engine) {
  const double params[] = {0.2, 0.3, 2, 1.5};
  const neap_draw d = plan(params);
  draw(engine, "hard_negatives", &d);
  for (size_t i = 0; i < 1000; i++) {
    long double easy = 0, yes = 0, hard = 0;
    for (size_t j = 0; j < FEATURES; j++) {
      const long double at = (long double)x[i * FEATURES + j];
      const long double u = 2 / sqrtl(5);
      const long double v = j == 4 ? 0 : (j % 2 ? -1.5L : 1.5L) / 2;
      easy += at * at;
      yes += (at - u) * (at - u);
      hard += (at - u - v) * (at - u - v);
    }
    const long double p = 0.2L * expl(-yes / 2);
    const long double n =
        0.8L * (0.7L * expl(-easy / 2) + 0.3L * expl(-hard / 2));
    const long double t = p / (p + n);
    CHECK(fabsl((long double)truth[i] - t) <= 1e-12L * t);
  }
}

// Means and the share of positives of 200,000 rows, within five standard
// errors; the deviation of single features is 1 around each mean.
static void test_moments(const neap *engine) {
  const double params[] = {0.3, 0.25, 4, 2};
  const neap_draw d = plan(params);
  draw(engine, "hard_negatives", &d);
  double positives = 0, sum = 0, square = 0;
  for (size_t i = 0; i < ROWS; i++) {
    positives += y[i];
    if (y[i] == 0)
      continue;
    const double z = x[i * FEATURES] - 4 / sqrt(5);
    sum += z;
    square += z * z;
  }
  CHECK(fabs(positives / ROWS - 0.3) < 5 * sqrt(0.21 / ROWS));
  CHECK(fabs(sum / positives) < 5 / sqrt(positives));
  CHECK(fabs(square / positives - 1) < 5 * sqrt(2 / positives));
}

static void test_extension(const neap *engine) {
  const double params[] = {0.01, 0.05, 4, 1.5};
  neap_draw d = plan(params);
  draw(engine, "hard_negatives", &d);
  d.rows = 777;
  d.x = more_x;
  d.y = more_y;
  d.truth = more_truth;
  draw(engine, "hard_negatives", &d);
  CHECK(memcmp(x, more_x, sizeof(double) * 777 * FEATURES) == 0);
  CHECK(memcmp(y, more_y, sizeof(double) * 777) == 0);
  CHECK(memcmp(truth, more_truth, sizeof(double) * 777) == 0);
  d.part = 1;
  draw(engine, "hard_negatives", &d);
  CHECK(memcmp(x, more_x, sizeof(double) * FEATURES) != 0);
}

static void test_float32(const neap *engine) {
  const double params[] = {0.5, 2, 0, 1};
  neap_draw d = plan(params);
  draw(engine, "gaussians", &d);
  d.dtype = NEAP_FLOAT32;
  d.x = single_x;
  d.y = single_y;
  draw(engine, "gaussians", &d);
  for (size_t i = 0; i < ROWS; i++) {
    CHECK(single_y[i] == (float)y[i]);
    CHECK(single_x[i * FEATURES + 3] == (float)x[i * FEATURES + 3]);
  }
}

static void test_exact_labels(const neap *engine) {
  const double params[] = {0.013, 2, 0, 1};
  neap_draw d = plan(params);
  d.labels = NEAP_LABELS_EXACT;
  draw(engine, "gaussians", &d);
  double positives = 0;
  for (size_t i = 0; i < ROWS; i++) {
    positives += y[i];
    CHECK(positives == floor((double)(i + 1) * 0.013 + 0.5));
  }
}

// The same bits on every instruction set.
static bool has_first;

static void test_bits(const neap *engine) {
  const double params[] = {0.01, 0.05, 4, 1.5};
  const neap_draw d = plan(params);
  draw(engine, "hard_negatives", &d);
  if (!has_first) {
    memcpy(more_x, x, sizeof x);
    memcpy(more_truth, truth, sizeof truth);
    has_first = true;
  }
  CHECK(memcmp(more_x, x, sizeof x) == 0);
  CHECK(memcmp(more_truth, truth, sizeof truth) == 0);
}

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  test_gaussians(engine);
  test_truth(engine);
  test_moments(engine);
  test_extension(engine);
  test_float32(engine);
  test_exact_labels(engine);
  neap_free(engine);
  for_each_isa(test_bits);
  return check_result();
}
