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

static double evaluate(const neap *engine, const char *name,
                       const double *column, const double *w,
                       double threshold) {
  const neap_columns columns = {.rows = ROWS,
                                .columns = 1,
                                .scores = column,
                                .dtype = NEAP_FLOAT64,
                                .targets = targets,
                                .weights = w,
                                .thresholds = &threshold};
  double value = -1;
  const char *undefined;
  for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
    const neap_metric *metric = neap_metric_at(i);
    if (strcmp(metric->name, name) != 0)
      continue;
    CHECK(neap_metrics_of(engine, &columns, &metric, 1, &value, &undefined,
                          NULL) == NEAP_OK);
    CHECK(undefined == NULL);
  }
  return value;
}

static void agree(double got, double truth) {
  CHECK_SHOW(fabs(got - truth) < 1e-12, "%.15g, wanted %.15g", got, truth);
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
  const neap_metric *metric = neap_metric_at(0);
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
  const neap_metric *metrics[6];
  for (size_t i = 0; i < 6; i++)
    metrics[i] = neap_metric_at(i);
  double values[6];
  const char *why[6];
  CHECK(neap_metrics_of(engine, &columns, metrics, 6, values, why, NULL) ==
        NEAP_OK);
  CHECK(isnan(values[0]) && strcmp(why[0], "there is no positive row") == 0);
  CHECK(isnan(values[1]) && strcmp(why[1], "there is one class only") == 0);
  CHECK(why[2] == NULL && why[3] == NULL && values[2] > 0);
  CHECK(why[4] == NULL && values[4] == 0);
  double threshold = 0;
  CHECK(neap_f1_thresholds(engine, &columns, &threshold, NULL) == NEAP_OK);
  CHECK(isnan(threshold));
}

// The threshold is the best of all thresholds tried one by one.
static void test_threshold(const neap *engine) {
  double threshold;
  const neap_columns columns = {.rows = ROWS,
                                .columns = 1,
                                .scores = scores,
                                .dtype = NEAP_FLOAT64,
                                .targets = targets};
  CHECK(neap_f1_thresholds(engine, &columns, &threshold, NULL) == NEAP_OK);
  const double best = evaluate(engine, "f1", scores, NULL, threshold);
  double most = 0;
  for (int i = 0; i < ROWS; i++) {
    const double f1 = evaluate(engine, "f1", scores, NULL, scores[i]);
    if (f1 > most)
      most = f1;
  }
  CHECK(best == most);
}

static void test_isa(const neap *engine) {
  test_figures(engine);
  test_weighted_auc(engine);
  test_columns(engine);
  test_undefined(engine);
  test_threshold(engine);
}

int main(void) {
  set_data();
  for_each_isa(test_isa);
  return check_result();
}
