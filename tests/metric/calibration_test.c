// tests/metric/calibration_test.c -- the inverse link of the focal loss, and
// Platt's numbers.
#include "check.h"
#include "metric/metric.h"

enum { ROWS = 2000 };

// log h(q), h(q) = q / ((1 - q)^g - g (1 - q)^(g - 1) q log q), as printed in
// Charoenphakdee et al. 2021, theorem 11.
static long double log_h(long double q, long double g) {
  return logl(q / (powl(1 - q, g) - g * powl(1 - q, g - 1) * q * logl(q)));
}

static void test_inverse_link(const neap *engine) {
  static const double gammas[] = {0, 0.5, 2, 5};
  static const double alphas[] = {NAN, 0.25, 0.9};
  const neap_loss *focal = neap_loss_find(engine, "focal");
  double scores[41], out[41], targets[41] = {0};
  for (int i = 0; i < 41; i++)
    scores[i] = 0.5 * (i - 20);
  const neap_columns columns = {.rows = 41,
                                .columns = 1,
                                .scores = scores,
                                .dtype = NEAP_FLOAT64,
                                .targets = targets};
  for (size_t k = 0; k < 12; k++) {
    const double params[] = {gammas[k / 3], alphas[k % 3]};
    const neap_calibration plain = {
        .loss = focal, .params = params, .slope = 1};
    CHECK(neap_apply_calibration(engine, &columns, &plain, out, NULL) ==
          NEAP_OK);
    for (int i = 0; i < 41; i++) {
      const long double p = 1 / (1 + expl(-(long double)scores[i]));
      const long double q = 1 / (1 + expl((long double)scores[i]));
      const long double a = isnan(params[1]) ? 0.5L : (long double)params[1];
      const long double truth = logl((1 - a) / a) +
                                log_h(p, (long double)params[0]) -
                                log_h(q, (long double)params[0]);
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

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  test_inverse_link(engine);
  test_platt(engine);
  neap_free(engine);
  return check_result();
}
