// tests/metric/bootstrap_test.c -- draws with replacement: their counts, their
// metrics against the same rows written out, their spread against formulas.
#include "check.h"
#include "metric/metric.h"

enum { ROWS = 303, DRAWS = 40, COLUMNS = 2 };

static double targets[ROWS], weights[ROWS], scores[COLUMNS * ROWS];

static void set_data(void) {
  for (size_t i = 0; i < ROWS; i++) {
    targets[i] = test_uniform(i) < 0.2;
    weights[i] = floor(3 * test_uniform(1000 + i));
    for (size_t c = 0; c < COLUMNS; c++) {
      const double u = test_uniform(2000 + 1000 * c + i);
      scores[c * ROWS + i] = floor(12 * (u + 0.3 * targets[i])) / 4 - 2;
    }
  }
}

static neap_columns columns_of(bool weighted) {
  return (neap_columns){.rows = ROWS,
                        .columns = COLUMNS,
                        .scores = scores,
                        .dtype = NEAP_FLOAT64,
                        .targets = targets,
                        .weights = weighted ? weights : NULL};
}

// Poisson numbers of mean 1: the moments of their distribution, and the same
// bits on every instruction set.
static void test_poisson(const neap *engine) {
  enum { MANY = 20011 };
  static uint8_t counts[MANY * NEAP_DRAWS], first[MANY * NEAP_DRAWS];
  static bool has_first;
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT32);
  double seen[20] = {0}, chance = exp(-1);
  uint32_t total[NEAP_DRAWS];
  kernels->poisson(7, 3, MANY, counts, total);
  for (size_t i = 0; i < sizeof counts; i++)
    total[i % NEAP_DRAWS] -= counts[i];
  for (size_t d = 0; d < NEAP_DRAWS; d++)
    CHECK(total[d] == 0);
  for (size_t i = 0; i < sizeof counts; i++)
    seen[counts[i]]++;
  for (int k = 0; k < 8; k++) {
    const double wanted = chance * (double)sizeof counts;
    CHECK_SHOW(fabs(seen[k] - wanted) < 5 * sqrt(wanted), "%d: %g, not %g", k,
               seen[k], wanted);
    chance /= k + 1;
  }
  if (!has_first)
    memcpy(first, counts, sizeof counts);
  has_first = true;
  CHECK(memcmp(first, counts, sizeof counts) == 0);
}

static neap_metric_use use_of(const char *name) {
  return neap_metric_default(neap_metric_find(name));
}

// How often each row is in each draw: where it alone is positive and all are
// called positive, the accuracy is its share.
static void find_counts(const neap *engine, const neap_bootstrap *how,
                        double *counts) {
  const neap_metric_use use = use_of("accuracy");
  for (size_t i = 0; i < ROWS; i++) {
    double one[ROWS] = {0}, values[DRAWS];
    one[i] = 1;
    const double low = -1e9;
    const neap_columns columns = {.rows = ROWS,
                                  .columns = 1,
                                  .scores = scores,
                                  .dtype = NEAP_FLOAT64,
                                  .targets = one,
                                  .thresholds = &low};
    CHECK(neap_bootstrap_of(engine, &columns, &use, 1, how, values, NULL) ==
          NEAP_OK);
    for (size_t d = 0; d < DRAWS; d++)
      counts[d * ROWS + i] = values[d] * ROWS;
  }
}

// Every draw has as many rows as there are, and its metrics are those of the
// rows it counts; of all metrics and columns, with weights and without.
static void test_draws(const neap *engine) {
  static double counts[DRAWS * ROWS], drawn[ROWS];
  enum { MOST = 64 };
  static double values[MOST * COLUMNS * DRAWS];
  const neap_bootstrap how = {.draws = DRAWS, .seed = 5};
  find_counts(engine, &how, counts);
  for (int weighted = 0; weighted < 2; weighted++) {
    neap_columns columns = columns_of(weighted);
    neap_metric_use uses[MOST];
    size_t count = 0;
    for (; neap_metric_at(count) != NULL; count++) {
      uses[count] = neap_metric_default(neap_metric_at(count));
      if (strstr(neap_metric_at(count)->name, "_at_k") != NULL)
        uses[count].params[0] = 17;
    }
    CHECK(neap_bootstrap_of(engine, &columns, uses, count, &how, values,
                            NULL) == NEAP_OK);
    for (size_t d = 0; d < DRAWS; d++) {
      double total = 0, each[MOST * COLUMNS];
      const char *why[MOST * COLUMNS];
      for (size_t i = 0; i < ROWS; i++) {
        total += counts[d * ROWS + i];
        drawn[i] = round(counts[d * ROWS + i]) * (weighted ? weights[i] : 1);
      }
      CHECK(fabs(total - ROWS) < 1e-9);
      columns.weights = drawn;
      CHECK(neap_metrics_of(engine, &columns, uses, count, each, why, NULL) ==
            NEAP_OK);
      for (size_t v = 0; v < count * COLUMNS; v++) {
        const double got = values[v * DRAWS + d];
        CHECK_SHOW(isnan(got) ? isnan(each[v]) : fabs(got - each[v]) < 1e-12,
                   "%s: %g, not %g", uses[v / COLUMNS].metric->name, got,
                   each[v]);
      }
    }
  }
}

// The rows that a draw left out are those whose count is 0, each once.
static void test_left_out(const neap *engine) {
  static double counts[DRAWS * ROWS], rest[ROWS];
  static double values[2 * COLUMNS * DRAWS];
  neap_bootstrap how = {.draws = DRAWS, .seed = 5};
  find_counts(engine, &how, counts);
  how.left_out = true;
  for (int weighted = 0; weighted < 2; weighted++) {
    neap_columns columns = columns_of(weighted);
    const neap_metric_use uses[] = {use_of("average_precision"),
                                    use_of("log_loss")};
    CHECK(neap_bootstrap_of(engine, &columns, uses, 2, &how, values, NULL) ==
          NEAP_OK);
    for (size_t d = 0; d < DRAWS; d++) {
      double each[2 * COLUMNS], left = 0;
      const char *why[2 * COLUMNS];
      for (size_t i = 0; i < ROWS; i++) {
        rest[i] = (counts[d * ROWS + i] < 0.5) * (weighted ? weights[i] : 1);
        left += counts[d * ROWS + i] < 0.5;
      }
      CHECK(fabs(left / ROWS - exp(-1)) < 0.15);
      columns.weights = rest;
      CHECK(neap_metrics_of(engine, &columns, uses, 2, each, why, NULL) ==
            NEAP_OK);
      for (size_t v = 0; v < 2 * COLUMNS; v++)
        CHECK(fabs(values[v * DRAWS + d] - each[v]) < 1e-12);
    }
  }
}

// One metric alone, whose negative rows are merged, gives what it gives beside
// one that wants all levels; and more draws extend.
static void test_alone(const neap *engine) {
  static double both[2 * COLUMNS * DRAWS], alone[COLUMNS * 3];
  static const char *const names[] = {
      "average_precision", "roc_auc",
      "partial_auc",       "ks",
      "precision_at_k",    "recall_at_precision",
      "fpr_at_recall"};
  const neap_columns columns = columns_of(true);
  for (size_t n = 0; n < sizeof names / sizeof *names; n++) {
    neap_metric_use uses[] = {use_of(names[n]), use_of("ece")};
    neap_bootstrap how = {.draws = DRAWS, .seed = 5, .stratified = true};
    if (n == 4)
      uses[0].params[0] = 9;
    CHECK(neap_bootstrap_of(engine, &columns, uses, 2, &how, both, NULL) ==
          NEAP_OK);
    how.draws = 3;
    CHECK(neap_bootstrap_of(engine, &columns, uses, 1, &how, alone, NULL) ==
          NEAP_OK);
    for (size_t c = 0; c < COLUMNS; c++) {
      for (size_t d = 0; d < 3; d++)
        CHECK_SHOW(fabs(alone[c * 3 + d] - both[c * DRAWS + d]) < 1e-14, "%s",
                   names[n]);
    }
  }
}

// A metric that takes a batch of draws at once has the bits that it has beside
// another one, draw by draw; with ties, and of draws that fill no batch.
static void test_batches(const neap *engine) {
  static double both[2 * COLUMNS * DRAWS], alone[COLUMNS * DRAWS];
  const neap_columns columns = columns_of(false);
  const neap_metric_use uses[] = {use_of("average_precision"),
                                  use_of("roc_auc")};
  for (int kind = 0; kind < 4; kind++) {
    const neap_bootstrap how = {.draws = DRAWS - 3,
                                .seed = 8,
                                .stratified = kind & 1,
                                .left_out = kind & 2};
    CHECK(neap_bootstrap_of(engine, &columns, uses, 2, &how, both, NULL) ==
          NEAP_OK);
    CHECK(neap_bootstrap_of(engine, &columns, uses, 1, &how, alone, NULL) ==
          NEAP_OK);
    CHECK(memcmp(both, alone, COLUMNS * (DRAWS - 3) * sizeof *both) == 0);
  }
}

// A stratified draw has as many positive rows as there are: the accuracy of
// calling all rows positive never changes. Of other draws it spreads as a
// binomial share does.
static void test_strata(const neap *engine) {
  enum { MANY = 4000 };
  static double values[COLUMNS * MANY];
  const neap_metric_use use = use_of("accuracy");
  const double low[] = {-1e9, -1e9};
  neap_columns columns = columns_of(false);
  columns.thresholds = low;
  double prior = 0;
  for (size_t i = 0; i < ROWS; i++)
    prior += targets[i] / ROWS;
  for (int stratified = 0; stratified < 2; stratified++) {
    const neap_bootstrap how = {
        .draws = MANY, .seed = 9, .stratified = stratified};
    CHECK(neap_bootstrap_of(engine, &columns, &use, 1, &how, values, NULL) ==
          NEAP_OK);
    double mean = 0, square = 0;
    for (size_t d = 0; d < MANY; d++) {
      mean += values[d] / MANY;
      square += (values[d] - prior) * (values[d] - prior) / MANY;
      CHECK(values[d] == values[MANY + d]);  // the same draw for both columns
    }
    const double variance = prior * (1 - prior) / ROWS;
    CHECK(fabs(mean - prior) < 5 * sqrt(variance / MANY));
    if (stratified)
      CHECK(square < 1e-30);
    else
      CHECK_SHOW(fabs(square / variance - 1) < 0.12, "%g", square / variance);
  }
}

// DeLong's variance agrees with the bootstrap's to its own error.
static void test_delong(const neap *engine) {
  enum { MANY = 4000 };
  static double values[COLUMNS * MANY];
  double areas[COLUMNS], covariance[COLUMNS * COLUMNS], sum = 0, square = 0;
  const neap_columns columns = columns_of(false);
  const neap_metric_use use = use_of("roc_auc");
  const neap_bootstrap how = {.draws = MANY, .seed = 2, .stratified = true};
  CHECK(neap_delong(engine, &columns, areas, covariance, NULL) == NEAP_OK);
  CHECK(neap_bootstrap_of(engine, &columns, &use, 1, &how, values, NULL) ==
        NEAP_OK);
  for (size_t d = 0; d < MANY; d++) {
    const double difference =
        values[d] - values[MANY + d] - (areas[0] - areas[1]);
    sum += difference / MANY;
    square += difference * difference / MANY;
  }
  const double variance = covariance[0] - 2 * covariance[1] + covariance[3];
  CHECK(covariance[1] == covariance[2]);
  CHECK_SHOW(fabs((square - sum * sum) / variance - 1) < 0.12, "%g and %g",
             square - sum * sum, variance);
}

// An allocator that gives memory a few times and then no more.
typedef struct budget {
  int left, live;
} budget;

static void *allocate(void *data, void *block, size_t old_size,
                      size_t new_size) {
  budget *b = data;
  (void)old_size;
  if (new_size == 0) {
    b->live -= block != NULL;
    free(block);
    return NULL;
  }
  if (b->left-- <= 0)
    return NULL;
  b->live += block == NULL;
  return realloc(block, new_size);
}

// Without memory every function fails with a reason and keeps nothing.
static void test_memory(void) {
  static double values[COLUMNS * DRAWS], areas[COLUMNS];
  double covariance[COLUMNS * COLUMNS];
  const neap_columns columns = columns_of(false);
  const neap_metric_use use = use_of("roc_auc"), f1 = use_of("f1");
  const neap_bootstrap how = {.draws = DRAWS};
  for (int left = 1; left < 3; left++) {
    budget b = {.left = left};
    const char *why[COLUMNS];
    const neap_host host = {.data = &b, .allocate = allocate};
    neap *engine = neap_new(&host, NULL);
    neap_error error = {0};
    const int live = b.live;
    CHECK(neap_bootstrap_of(engine, &columns, &use, 1, &how, values, &error) ==
          NEAP_EMEMORY);
    CHECK(error.message[0] != 0 && b.live == live);
    CHECK(neap_metrics_of(engine, &columns, &use, 1, values, why, NULL) ==
          NEAP_EMEMORY);
    CHECK(neap_delong(engine, &columns, areas, covariance, NULL) ==
          NEAP_EMEMORY);
    CHECK(neap_find_thresholds(engine, &columns, &f1, values, NULL) ==
          NEAP_EMEMORY);
    CHECK(b.live == live);
    neap_free(engine);
    CHECK(b.live == 0);
  }
}

static void test_isa(const neap *engine) {
  test_poisson(engine);
  test_draws(engine);
  test_left_out(engine);
  test_batches(engine);
  test_alone(engine);
  test_strata(engine);
  test_delong(engine);
}

int main(void) {
  set_data();
  for_each_isa(test_isa);
  test_memory();
  return check_result();
}
