// tests/api/metric_test.c -- metrics by the public header alone.
#include <math.h>
#include <string.h>

#include "check.h"
#include "neap.h"

static const double scores[] = {0.9, 0.8, 0.7, 0.6, -1, -2};
static const double targets[] = {1, 0, 1, 0, 0, 1};

static neap_columns columns(void) {
  return (neap_columns){
      .rows = 6, .columns = 1, .scores = scores, .targets = targets};
}

// The parameters of f_beta, beta being the first.
static const double *beta(double number) {
  static double params[NEAP_PARAMETER_MAX];
  size_t count;
  const neap_parameter *rows =
      neap_metric_parameters(neap_metric_find("f_beta"), &count);
  for (size_t i = 0; i < count; i++)
    params[i] = rows[i].initial;
  params[0] = number;
  return params;
}

// Worked out by hand: precision 1, 2/3 and 1/2 where recall rises.
static void test_values(const neap *engine) {
  const neap_columns c = columns();
  double value;
  const char *why;
  CHECK(neap_metric_evaluate(engine, &c, neap_metric_find("average_precision"),
                             NULL, &value, NULL, NULL) == NEAP_OK);
  CHECK_SHOW(fabs(value - (1 + 2.0 / 3 + 1.0 / 2) / 3) < 1e-15, "%g", value);
  CHECK(neap_metric_evaluate(engine, &c, neap_metric_find("roc_auc"), NULL,
                             &value, &why, NULL) == NEAP_OK);
  CHECK_SHOW(fabs(value - 5.0 / 9) < 1e-15 && why == NULL, "%g", value);
  // Above 0 are 2 of 3 positives and 2 negatives: F of beta 2 is
  // 5 * 2 / (5 * 2 + 4 * 1 + 2).
  CHECK(neap_metric_evaluate(engine, &c, neap_metric_find("f_beta"), beta(2),
                             &value, &why, NULL) == NEAP_OK);
  CHECK_SHOW(fabs(value - 10.0 / 16) < 1e-15, "%g", value);
}

static void test_no_value(const neap *engine) {
  const double none[6] = {0};
  neap_columns c = columns();
  double value = 0;
  const char *why = NULL;
  c.targets = none;
  CHECK(neap_metric_evaluate(engine, &c, neap_metric_find("roc_auc"), NULL,
                             &value, &why, NULL) == NEAP_OK);
  CHECK(isnan(value) && why != NULL);
}

// The best F1 takes the first three rows: between 0.7 and 0.6.
static void test_threshold(const neap *engine) {
  const neap_columns c = columns();
  double threshold;
  neap_error error = {0};
  CHECK(neap_metric_threshold(engine, &c, neap_metric_find("f1"), NULL,
                              &threshold, NULL) == NEAP_OK);
  CHECK_SHOW(fabs(threshold - 0.65) < 1e-15, "%g", threshold);
  CHECK(neap_metric_threshold(engine, &c, neap_metric_find("roc_auc"), NULL,
                              &threshold, &error) == NEAP_EARGUMENT);
  CHECK(strstr(error.message, "same at every threshold") != NULL);
}

static void test_bootstrap(const neap *engine) {
  const neap_columns c = columns();
  double draws[200], again[200];
  const neap_metric *auc = neap_metric_find("roc_auc");
  CHECK(neap_metric_bootstrap(engine, &c, auc, NULL, 200, 7, draws, NULL) ==
        NEAP_OK);
  CHECK(neap_metric_bootstrap(engine, &c, auc, NULL, 200, 7, again, NULL) ==
        NEAP_OK);
  CHECK(memcmp(draws, again, sizeof draws) == 0);
  size_t inside = 0;
  for (int i = 0; i < 200; i++)
    inside += isnan(draws[i]) || (draws[i] >= 0 && draws[i] <= 1);
  CHECK(inside == 200);
}

static void test_errors(const neap *engine) {
  const double half[] = {1, 0, 0.5, 0, 0, 1}, nans[] = {NAN, 0, 0, 0, 0, 0};
  const double negative[] = {1, 1, -1, 1, 1, 1};
  const neap_metric *f = neap_metric_find("f_beta");
  double value = 42;
  neap_error error = {0};
  neap_columns c = columns();
  c.targets = half;
  CHECK(neap_metric_evaluate(engine, &c, f, NULL, &value, NULL, &error) ==
        NEAP_EDATA);
  CHECK(strstr(error.message, "row 3 is 0.5; wanted 0 or 1") != NULL);
  c = columns();
  c.scores = nans;
  CHECK(neap_metric_evaluate(engine, &c, f, NULL, &value, NULL, &error) ==
        NEAP_EDATA);
  c = columns();
  c.weights = negative;
  CHECK(neap_metric_evaluate(engine, &c, f, NULL, &value, NULL, &error) ==
        NEAP_EARGUMENT);
  c = columns();
  CHECK(neap_metric_evaluate(engine, &c, f, beta(-1), &value, NULL, &error) ==
        NEAP_EARGUMENT);
  CHECK(strstr(error.message, "beta is -1; wanted") != NULL);
  CHECK(neap_metric_evaluate(engine, &c, NULL, NULL, &value, NULL, &error) ==
        NEAP_EARGUMENT);
  CHECK(neap_metric_evaluate(engine, &c, f, NULL, NULL, NULL, &error) ==
        NEAP_EARGUMENT);
  CHECK(strstr(error.message, "f_beta has NULL for its result") != NULL);
  CHECK(value == 42);
}

static void test_list(void) {
  size_t count = 0, parameters;
  for (; neap_metric_at(count) != NULL; count++) {
    const neap_metric *metric = neap_metric_at(count);
    CHECK(neap_metric_find(neap_metric_name(metric)) == metric);
    CHECK(*neap_metric_summary(metric) != 0 &&
          *neap_metric_source(metric) != 0);
    neap_metric_parameters(metric, &parameters);
    CHECK(parameters < NEAP_PARAMETER_MAX);
  }
  CHECK(count == 23 && neap_metric_find("nothing") == NULL);
  CHECK(neap_metric_larger_is_better(neap_metric_find("f1")) &&
        !neap_metric_larger_is_better(neap_metric_find("brier")));
}

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  test_values(engine);
  test_no_value(engine);
  test_threshold(engine);
  test_bootstrap(engine);
  test_errors(engine);
  test_list();
  neap_free(engine);
  return check_result();
}
