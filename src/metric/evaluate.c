// metric/evaluate.c -- the list of metrics, and all columns at once.
#include <math.h>

#include "metric/ranking.h"

#define NEAP_METRIC(name) extern const neap_metric neap_metric_##name;
#include "metric/metrics.def"
#undef NEAP_METRIC

static const neap_metric *const all_metrics[] = {
#define NEAP_METRIC(name) &neap_metric_##name,
#include "metric/metrics.def"
};

const neap_metric *neap_metric_at(size_t position) {
  const size_t count = sizeof all_metrics / sizeof *all_metrics;
  return position < count ? all_metrics[position] : NULL;
}

// What one worker needs to look at a column.
typedef struct workspace {
  double *scores;        // [rows]
  double *scratch;       // [2 * rows]
  uint32_t *order;       // [rows]
  uint64_t *sort_space;  // [3 * rows]
} workspace;

typedef struct evaluation {
  const neap *engine;
  const neap_columns *columns;
  double positive_weight, negative_weight;
  bool ranks;
  const neap_metric *const *metrics;
  size_t metric_count;
  double *values, *thresholds;
  const char **undefined;
  workspace *spaces;  // [workers]
  neap_arena arena;
} evaluation;

static void lay_out(evaluation *e) {
  const size_t rows = e->columns->rows;
  const size_t workers = e->engine->host.max_workers;
  e->spaces = neap_arena_take(&e->arena, workers, sizeof *e->spaces);
  for (size_t i = 0; i < workers; i++) {
    const workspace space = {
        .scores = neap_arena_take(&e->arena, rows, sizeof(double)),
        .scratch = neap_arena_take(&e->arena, 2 * rows, sizeof(double)),
        .order = neap_arena_take(&e->arena, rows, sizeof(uint32_t)),
        .sort_space = neap_arena_take(&e->arena, 3 * rows, sizeof(uint64_t))};
    if (e->spaces != NULL)
      e->spaces[i] = space;
  }
}

static neap_status start(evaluation *e, neap_error *error) {
  const neap_columns *c = e->columns;
  for (size_t i = 0; i < c->rows; i++) {
    const double weight = c->weights != NULL ? c->weights[i] : 1;
    e->positive_weight += weight * c->targets[i];
    e->negative_weight += weight * (1 - c->targets[i]);
  }
  lay_out(e);
  NEAP_TRY(neap_arena_new(e->engine, &e->arena, error));
  lay_out(e);
  return NEAP_OK;
}

// One column's scores in double, and their order if it is wanted.
static neap_scores load_column(const evaluation *e, size_t column,
                               size_t worker) {
  const neap_columns *c = e->columns;
  const workspace *space = &e->spaces[worker];
  for (size_t i = 0; i < c->rows; i++) {
    const size_t at = column * c->rows + i;
    space->scores[i] = neap_get(c->scores, c->dtype, at);
  }
  if (e->ranks) {
    neap_sort_descending(c->rows, space->scores, space->order,
                         space->sort_space);
  }
  return (neap_scores){
      .engine = e->engine,
      .rows = c->rows,
      .scores = space->scores,
      .targets = c->targets,
      .weights = c->weights,
      .order = e->ranks ? space->order : NULL,
      .positive_weight = e->positive_weight,
      .negative_weight = e->negative_weight,
      .threshold = c->thresholds != NULL ? c->thresholds[column] : 0,
      .scratch = space->scratch};
}

static void evaluate_column(void *argument, size_t column, size_t worker) {
  evaluation *e = argument;
  const neap_scores scores = load_column(e, column, worker);
  for (size_t m = 0; m < e->metric_count; m++) {
    const size_t at = m * e->columns->columns + column;
    e->undefined[at] = NULL;
    e->values[at] = e->metrics[m]->of(&scores, &e->undefined[at]);
  }
}

neap_status neap_metrics_of(const neap *engine, const neap_columns *columns,
                            const neap_metric *const *metrics,
                            size_t metric_count, double *values,
                            const char **undefined, neap_error *error) {
  evaluation e = {.engine = engine,
                  .columns = columns,
                  .metrics = metrics,
                  .metric_count = metric_count,
                  .values = values,
                  .undefined = undefined};
  for (size_t m = 0; m < metric_count; m++)
    e.ranks |= metrics[m]->ranks;
  NEAP_TRY(start(&e, error));
  neap_parallel_for(engine, evaluate_column, &e, columns->columns);
  neap_arena_free(engine, &e.arena);
  return NEAP_OK;
}

// Half-way from a score to the next lower one, so that rows which are not in
// this column fall on the likelier side; the score itself where no number
// that is finite lies between.
static double between(double score, double lower) {
  const double middle = score / 2 + lower / 2;
  return middle > lower && middle <= score ? middle : score;
}

static void find_threshold(void *argument, size_t column, size_t worker) {
  evaluation *e = argument;
  const neap_scores scores = load_column(e, column, worker);
  double best = -1, threshold = NAN;
  bool is_next = false;
  neap_ranking r = {0};
  while (scores.positive_weight > 0 && next_threshold(&scores, &r)) {
    if (is_next)
      threshold = between(threshold, r.threshold);
    is_next = false;
    const double chosen = r.true_positives + r.false_positives;
    const double f1 = 2 * r.true_positives / (chosen + scores.positive_weight);
    if (f1 <= best)
      continue;
    best = f1;
    threshold = r.threshold;
    is_next = true;
  }
  e->thresholds[column] = threshold;
}

neap_status neap_f1_thresholds(const neap *engine, const neap_columns *columns,
                               double *thresholds, neap_error *error) {
  evaluation e = {.engine = engine,
                  .columns = columns,
                  .ranks = true,
                  .thresholds = thresholds};
  NEAP_TRY(start(&e, error));
  neap_parallel_for(engine, find_threshold, &e, columns->columns);
  neap_arena_free(engine, &e.arena);
  return NEAP_OK;
}
