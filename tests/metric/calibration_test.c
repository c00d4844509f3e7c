// tests/metric/calibration_test.c -- the inverse link of the focal loss, and
// Platt's numbers.
#include "check.h"
#include "metric/metric.h"

enum { ROWS = 2000 };

// log h(q), h(q) = q / (p^g - g p^(g - 1) q log q) with p = 1 - q, as printed
// in Charoenphakdee et al. 2021, theorem 11, for q the sigmoid of x.
static long double log_h(long double x, long double g) {
  const long double p = 1 / (1 + expl(x)), q = 1 / (1 + expl(-x));
  const long double log_q = x > 0 ? -log1pl(expl(-x)) : x - log1pl(expl(x));
  return logl(q / (powl(p, g) - g * powl(p, g - 1) * q * log_q));
}

static void test_inverse_link(const neap *engine) {
  static const double gammas[] = {0, 0.5, 2, 5};
  static const double alphas[] = {NAN, 0.25, 0.9};
  const neap_loss *focal = neap_loss_find(engine, "focal");
  enum { COUNT = 49 };
  double scores[COUNT], out[COUNT], targets[COUNT] = {0};
  for (int i = 0; i < 41; i++)
    scores[i] = 0.5 * (i - 20);
  // Out there (1 - p)^gamma is too small for a double.
  static const double far[] = {100, 120, 124, 125, 130, 300, 700, -1e3};
  memcpy(scores + 41, far, sizeof far);
  const neap_columns columns = {.rows = COUNT,
                                .columns = 1,
                                .scores = scores,
                                .dtype = NEAP_FLOAT64,
                                .targets = targets};
  for (size_t k = 0; k < 12; k++) {
    const double params[] = {gammas[k / 3], alphas[k % 3], 0};
    const neap_calibration plain = {
        .loss = focal, .options = {.params = params}, .slope = 1};
    CHECK(neap_apply_calibration(engine, &columns, &plain, out, NULL) ==
          NEAP_OK);
    for (int i = 0; i < COUNT; i++) {
      const long double x = scores[i];
      const long double a = isnan(params[1]) ? 0.5L : (long double)params[1];
      const long double truth = logl((1 - a) / a) +
                                log_h(x, (long double)params[0]) -
                                log_h(-x, (long double)params[0]);
      CHECK_SHOW(
          fabsl((long double)out[i] - truth) < 1e-13L * (1 + fabsl(truth)),
          "gamma %g alpha %g x %g: %g", params[0], params[1], scores[i],
          out[i]);
    }
  }
}

// Against the equations that a maximum of the likelihood satisfies: the
// residuals are perpendicular to 1 and to the scores.
static void test_platt(const neap *engine) {
  static double scores[2 * ROWS], targets[ROWS], out[2 * ROWS];
  for (size_t i = 0; i < ROWS; i++) {
    const double z = 6 * test_uniform(i) - 3;
    targets[i] = test_uniform(ROWS + i) < 1 / (1 + exp(-z));
    scores[i] = 0.5 * z + 1;  // the calibrated logit is 2 s - 2
    scores[ROWS + i] = targets[i] != 0 ? 1 + z * z : -1 - z * z;  // separated
  }
  const neap_columns columns = {.rows = ROWS,
                                .columns = 2,
                                .scores = scores,
                                .dtype = NEAP_FLOAT64,
                                .targets = targets};
  neap_calibration fits[2] = {{.loss = NULL}, {.loss = NULL}};
  CHECK(neap_calibrate(engine, &columns, fits, NULL) == NEAP_OK);
  CHECK(neap_apply_calibration(engine, &columns, fits, out, NULL) == NEAP_OK);
  double positives = 0;
  for (size_t i = 0; i < ROWS; i++)
    positives += targets[i];
  const double yes = (positives + 1) / (positives + 2);
  const double no = 1 / (ROWS - positives + 2);
  for (size_t c = 0; c < 2; c++) {
    double sum = 0, product = 0;
    for (size_t i = 0; i < ROWS; i++) {
      const double p = 1 / (1 + exp(-out[c * ROWS + i]));
      const double residual = p - (targets[i] != 0 ? yes : no);
      sum += residual;
      product += residual * scores[c * ROWS + i];
    }
    CHECK_SHOW(fabs(sum) < 1e-3 && fabs(product) < 1e-3, "%g %g", sum, product);
  }
  CHECK(fabs(fits[0].slope - 2) < 0.2 && fabs(fits[0].intercept + 2) < 0.2);
}

// The same scores moved and scaled have the same calibrated logits.
static void test_platt_units(const neap *engine) {
  static const double places[] = {0, 40, 1000, 0, 0};
  static const double sizes[] = {1, 1, 1, 1e-7, 1e9};
  static double scores[5 * ROWS], targets[ROWS], out[5 * ROWS];
  for (size_t i = 0; i < ROWS; i++) {
    const double z = 6 * test_uniform(i) - 3;
    targets[i] = test_uniform(ROWS + i) < 1 / (1 + exp(-z));
    for (size_t c = 0; c < 5; c++)
      scores[c * ROWS + i] = places[c] + sizes[c] * z;
  }
  const neap_columns columns = {.rows = ROWS,
                                .columns = 5,
                                .scores = scores,
                                .dtype = NEAP_FLOAT64,
                                .targets = targets};
  neap_calibration fits[5] = {{.loss = NULL}};
  CHECK(neap_calibrate(engine, &columns, fits, NULL) == NEAP_OK);
  CHECK(neap_apply_calibration(engine, &columns, fits, out, NULL) == NEAP_OK);
  for (size_t i = 0; i < ROWS; i++) {
    for (size_t c = 1; c < 5; c++)
      CHECK(fabs(out[c * ROWS + i] - out[i]) < 1e-5);
  }
}

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  test_inverse_link(engine);
  test_platt(engine);
  test_platt_units(engine);
  neap_free(engine);
  return check_result();
}
