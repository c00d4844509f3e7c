// tests/metric/metrics_test.c -- metrics agree with scikit-learn 1.2.1 on
// scores with many ties, and have no value where there is none.
#include "check.h"
#include "metric/metric.h"

enum { ROWS = 1000 };

static double targets[ROWS], weights[ROWS];
static double ties[ROWS], scores[ROWS];  // probabilities

// (data-metrics-statistics: ties.) y = [(104729 i mod 97) < 10], s = (7919 i
// mod 101) / 100, s2 = ((7919 i mod 101) + 25 y) / 126.
static void set_data(void) {
  for (int i = 0; i < ROWS; i++) {
    targets[i] = (int64_t)104729 * i % 97 < 10;
    weights[i] = 1 + i % 3;
    ties[i] = (7919 * i % 101) / 100.0;
    scores[i] = ((7919 * i % 101) + 25 * targets[i]) / 126;
  }
}

static double logit(double p) {
  return log(p) - log1p(-p);
}

// One metric of a column with parameters, NULL for its defaults.
static double evaluate_with(const neap *engine, const char *name,
                            const double *params, const double *column,
                            const double *w, double threshold) {
  const neap_columns columns = {.rows = ROWS,
                                .columns = 1,
                                .scores = column,
                                .dtype = NEAP_FLOAT64,
                                .targets = targets,
                                .weights = w,
                                .thresholds = &threshold};
  double value = -1;
  const char *undefined;
  neap_metric_use use = neap_metric_default(neap_metric_find(name));
  if (params != NULL)
    memcpy(use.params, params, sizeof use.params);
  CHECK(neap_metrics_of(engine, &columns, &use, 1, &value, &undefined, NULL) ==
        NEAP_OK);
  CHECK((undefined != NULL) == isnan(value));
  return value;
}

static double evaluate(const neap *engine, const char *name,
                       const double *column, const double *w,
                       double threshold) {
  return evaluate_with(engine, name, NULL, column, w, threshold);
}

static void agree(double got, double truth) {
  CHECK_SHOW(fabs(got - truth) < 1e-12, "%.15g, wanted %.15g", got, truth);
}

static void near(double got, double truth) {
  CHECK_SHOW(fabs(got - truth) < 1e-11, "%.15g, wanted %.12g", got, truth);
}

static void test_figures(const neap *engine) {
  static double logits[ROWS];
  agree(evaluate(engine, "roc_auc", ties, NULL, 0), .501223729715350);
  agree(evaluate(engine, "average_precision", ties, NULL, 0), .105163716636415);
  agree(evaluate(engine, "roc_auc", ties, weights, 0), .506213413167250);
  agree(evaluate(engine, "average_precision", ties, weights, 0),
        .107165266023082);
  agree(evaluate(engine, "roc_auc", scores, NULL, 0), .718302740090450);
  agree(evaluate(engine, "average_precision", scores, NULL, 0),
        .406559888740345);
  // tn, fp, fn, tp at >= .5: 559, 336, 38, 67.
  agree(evaluate(engine, "f1", scores, NULL, 0.5), 134.0 / (134 + 336 + 38));
  agree(evaluate(engine, "accuracy", scores, NULL, 0.5), 0.626);
  agree(evaluate(engine, "f1", scores, NULL, 0.5), .263779527559055);
  agree(evaluate(engine, "precision", scores, NULL, 0.5), 67.0 / (67 + 336));
  agree(evaluate(engine, "recall", scores, NULL, 0.5), 67.0 / 105);
  agree(evaluate(engine, "specificity", scores, NULL, 0.5), 559.0 / 895);
  near(evaluate(engine, "balanced_accuracy", scores, NULL, 0.5), .631338121841);
  near(evaluate(engine, "mcc", scores, NULL, 0.5), .164167534429);
  near(evaluate(engine, "kappa", scores, NULL, 0.5), .116611946997);
  agree(evaluate(engine, "g_mean", scores, NULL, 0.5),
        sqrt(67.0 / 105 * 559 / 895));
  const double f2[NEAP_PARAMETER_MAX] = {2, NAN};
  agree(evaluate_with(engine, "f_beta", f2, scores, NULL, 0.5),
        5 * 67.0 / (5 * 67 + 4 * 38 + 336));
  const double cost[NEAP_PARAMETER_MAX] = {1, 40};
  agree(evaluate_with(engine, "expected_cost", cost, scores, NULL, 0.5),
        (336 + 40 * 38) / 1000.0);
  agree(evaluate(engine, "partial_auc", ties, NULL, 0), .498598295863806);
  agree(evaluate(engine, "partial_auc", scores, NULL, 0), .631696404263296);
  for (int i = 0; i < ROWS; i++)
    logits[i] = logit(scores[i]);
  agree(evaluate(engine, "log_loss", logits, NULL, 0), .592306698667632);
  agree(evaluate(engine, "brier", logits, NULL, 0), .211168808264046);
}

// Against a plain sum over all pairs.
static void test_weighted_auc(const neap *engine) {
  double sum = 0, pairs = 0;
  for (int i = 0; i < ROWS; i++) {
    for (int j = 0; targets[i] == 1 && j < ROWS; j++) {
      if (targets[j] == 1)
        continue;
      const double weight = weights[i] * weights[j];
      pairs += weight;
      if (scores[i] > scores[j])
        sum += weight;
      if (scores[i] == scores[j])
        sum += weight / 2;
    }
  }
  agree(evaluate(engine, "roc_auc", scores, weights, 0), sum / pairs);
}

// Many columns, of which one is infinite in places, are evaluated as each
// alone, and float32 scores as their values.
static void test_columns(const neap *engine) {
  static float columns[3][ROWS];
  for (int i = 0; i < ROWS; i++) {
    columns[0][i] = (float)scores[i];
    columns[1][i] = i % 7 == 0 ? INFINITY : (float)ties[i];
    columns[2][i] = 0;
  }
  const neap_columns all = {.rows = ROWS,
                            .columns = 3,
                            .scores = columns,
                            .dtype = NEAP_FLOAT32,
                            .targets = targets};
  const neap_metric_use metric = neap_metric_default(neap_metric_at(0));
  double values[3];
  const char *undefined[3];
  CHECK(neap_metrics_of(engine, &all, &metric, 1, values, undefined, NULL) ==
        NEAP_OK);
  agree(values[0], .406559888740345);
  CHECK(values[1] > 0 && values[1] < 1);
  agree(values[2], 0.105);  // all tied: the share of positives
}

static void test_undefined(const neap *engine) {
  const double x[] = {1, 2}, none[] = {0, 0};
  const neap_columns columns = {.rows = 2,
                                .columns = 1,
                                .scores = x,
                                .dtype = NEAP_FLOAT64,
                                .targets = none};
  enum { MOST = 64 };
  neap_metric_use uses[MOST];
  size_t count = 0;
  for (; neap_metric_at(count) != NULL; count++)
    uses[count] = neap_metric_default(neap_metric_at(count));
  double values[MOST];
  const char *why[MOST];
  CHECK(neap_metrics_of(engine, &columns, uses, count, values, why, NULL) ==
        NEAP_OK);
  CHECK(isnan(values[0]) && strcmp(why[0], "there is no positive row") == 0);
  CHECK(isnan(values[1]) && strcmp(why[1], "there is one class only") == 0);
  CHECK(why[2] == NULL && why[3] == NULL && values[2] > 0);
  CHECK(why[4] == NULL && values[4] == 0);
  for (size_t i = 0; i < count; i++)
    CHECK(isnan(values[i]) == (why[i] != NULL));
  double threshold = 0;
  const neap_metric_use f1 = neap_metric_default(neap_metric_find("f1"));
  CHECK(neap_find_thresholds(engine, &columns, &f1, &threshold, NULL) ==
        NEAP_OK);
  CHECK(isnan(threshold));
}

// No metric has a value, or crashes, where no row counts.
static void test_no_rows(const neap *engine) {
  const double x[] = {1, 2}, y[] = {0, 1}, nothing[] = {0, 0};
  neap_columns columns = {.rows = 2,
                          .columns = 1,
                          .scores = x,
                          .dtype = NEAP_FLOAT64,
                          .targets = y,
                          .weights = nothing};
  for (int k = 0; k < 2; k++, columns.rows = 0) {
    for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
      const neap_metric_use use = neap_metric_default(neap_metric_at(i));
      double value = 0;
      const char *why = NULL;
      CHECK(neap_metrics_of(engine, &columns, &use, 1, &value, &why, NULL) ==
            NEAP_OK);
      CHECK_SHOW(isnan(value) && why != NULL, "%s", use.metric->name);
    }
  }
}

// The threshold is the best of all thresholds tried one by one, for every
// metric that has one.
static void test_threshold(const neap *engine) {
  const neap_columns columns = {.rows = ROWS,
                                .columns = 1,
                                .scores = scores,
                                .dtype = NEAP_FLOAT64,
                                .targets = targets,
                                .weights = weights};
  for (size_t m = 0; neap_metric_at(m) != NULL; m++) {
    neap_metric_use use = neap_metric_default(neap_metric_at(m));
    if (use.metric->decide == NULL)
      continue;
    const char *name = use.metric->name;
    const double sign = use.metric->larger_is_better ? 1 : -1;
    double threshold;
    if (strcmp(name, "expected_cost") == 0)
      use.params[1] = 7;
    CHECK(neap_find_thresholds(engine, &columns, &use, &threshold, NULL) ==
          NEAP_OK);
    const double found =
        evaluate_with(engine, name, use.params, scores, weights, threshold);
    double most = -INFINITY;
    for (int i = 0; i < ROWS; i++) {
      const double value =
          evaluate_with(engine, name, use.params, scores, weights, scores[i]);
      most = fmax(most, isnan(value) ? -INFINITY : sign * value);
    }
    CHECK_SHOW(fabs(sign * found - most) < 1e-12, "%s: %g, %g", name, found,
               most);
  }
}

// A row that costs more to choose than to leave is not chosen.
static void test_cost_threshold(const neap *engine) {
  const double x[] = {2, 1}, y[] = {0, 1};
  const neap_columns columns = {.rows = 2,
                                .columns = 1,
                                .scores = x,
                                .dtype = NEAP_FLOAT64,
                                .targets = y};
  neap_metric_use use = neap_metric_default(neap_metric_find("expected_cost"));
  double threshold;
  use.params[0] = 5;
  CHECK(neap_find_thresholds(engine, &columns, &use, &threshold, NULL) ==
        NEAP_OK);
  CHECK(threshold == INFINITY);
  use.params[0] = 1, use.params[1] = 5;
  CHECK(neap_find_thresholds(engine, &columns, &use, &threshold, NULL) ==
        NEAP_OK);
  CHECK(threshold == 1);
}

// By hand: scores 3, 2, 2, 1, 0 of classes 1, 1, 0, 0, 1. Two rows of one
// score stand in either order.
static void test_at_k(const neap *engine) {
  const double x[] = {3, 2, 2, 1, 0}, y[] = {1, 1, 0, 0, 1};
  const neap_columns columns = {.rows = 5,
                                .columns = 1,
                                .scores = x,
                                .dtype = NEAP_FLOAT64,
                                .targets = y};
  static const struct {
    const char *name;
    double param, value;
  } cases[] = {{"precision_at_k", 1, 1},
               {"precision_at_k", 2, 0.75},
               {"precision_at_k", 3, 2.0 / 3},
               {"recall_at_k", 2, 0.5},
               {"recall_at_k", 4, 2.0 / 3},
               {"recall_at_precision", 0.6, 1},
               {"recall_at_precision", 0.65, 2.0 / 3},
               {"recall_at_precision", 1, 1.0 / 3},
               {"fpr_at_recall", 0.3, 0},
               {"fpr_at_recall", 0.6, 0.5},
               {"fpr_at_recall", 1, 1},
               {"ks", 0, 1.0 / 3}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    neap_metric_use use = neap_metric_default(neap_metric_find(cases[i].name));
    double value;
    const char *why;
    use.params[0] = cases[i].param;
    CHECK(neap_metrics_of(engine, &columns, &use, 1, &value, &why, NULL) ==
          NEAP_OK);
    CHECK_SHOW(fabs(value - cases[i].value) < 1e-15, "%s at %g: %g",
               cases[i].name, cases[i].param, value);
  }
}

static void test_isa(const neap *engine) {
  test_figures(engine);
  test_weighted_auc(engine);
  test_columns(engine);
  test_undefined(engine);
  test_threshold(engine);
  test_cost_threshold(engine);
  test_no_rows(engine);
  test_at_k(engine);
}

int main(void) {
  set_data();
  for_each_isa(test_isa);
  return check_result();
}
