// metric/evaluate.c -- the list of metrics, all columns at once, thresholds.
#include <math.h>
#include <string.h>

#include "metric/column.h"

#define NEAP_METRIC(name, file) extern const neap_metric neap_metric_##name;
#include "metric/metrics.def"
#undef NEAP_METRIC

static const neap_metric *const all_metrics[] = {
#define NEAP_METRIC(name, file) &neap_metric_##name,
#include "metric/metrics.def"
};

const neap_metric *neap_metric_at(size_t position) {
  const size_t count = sizeof all_metrics / sizeof *all_metrics;
  return position < count ? all_metrics[position] : NULL;
}

const neap_metric *neap_metric_find(const char *name) {
  for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
    if (strcmp(neap_metric_at(i)->name, name) == 0)
      return neap_metric_at(i);
  }
  return NULL;
}

neap_metric_use neap_metric_default(const neap_metric *metric) {
  neap_metric_use use = {.metric = metric};
  neap_initial_parameters(metric->parameters, use.params);
  return use;
}

typedef struct evaluation {
  const neap *engine;
  const neap_columns *columns;
  bool decides, sorted;
  const neap_metric_use *uses;
  size_t use_count;
  double *values, *thresholds;
  const char **undefined;
  neap_column_space *spaces;  // [workers]
  neap_arena arena;
} evaluation;

static void lay_out(evaluation *e) {
  const size_t workers = e->engine->host.max_workers;
  e->spaces = neap_arena_take(&e->arena, workers, sizeof *e->spaces);
  for (size_t i = 0; i < workers; i++) {
    const neap_column_space space = neap_take_workspace(&e->arena, e->columns);
    if (e->spaces != NULL)
      e->spaces[i] = space;
  }
}

static neap_status start(evaluation *e, neap_error *error) {
  lay_out(e);
  NEAP_TRY(neap_arena_new(e->engine, &e->arena, error));
  lay_out(e);
  return NEAP_OK;
}

// One column's scores and, if it is wanted, their curve.
static neap_scores load_column(const evaluation *e, size_t column,
                               size_t worker) {
  const neap_column_space *space = &e->spaces[worker];
  neap_scores scores =
      neap_load_column(e->engine, e->columns, column, e->sorted, space);
  neap_sum_weights(&scores);
  if (e->sorted) {
    const neap_curve curve = {
        .true_positives = space->numbers,
        .false_positives = space->numbers + e->columns->rows,
        .row = space->sort_rows};
    neap_draw_curve(&scores, space->order, &curve);
  }
  if (e->decides)
    neap_decide(&scores);
  return scores;
}

// Metrics of the curve come first: the others may write over it.
static void evaluate_column(void *argument, size_t column, size_t worker) {
  evaluation *e = argument;
  neap_scores scores = load_column(e, column, worker);
  for (int late = 0; late <= 1; late++) {
    for (size_t u = 0; u < e->use_count; u++) {
      const neap_metric_use *use = &e->uses[u];
      if ((use->metric->needs == NEAP_NEEDS_ROWS) != late)
        continue;
      const size_t at = u * e->columns->columns + column;
      e->values[at] = neap_evaluate_use(use, &scores, &e->undefined[at]);
    }
  }
}

neap_status neap_metrics_of(const neap *engine, const neap_columns *columns,
                            const neap_metric_use *uses, size_t use_count,
                            double *values, const char **undefined,
                            neap_error *error) {
  evaluation e = {.engine = engine,
                  .columns = columns,
                  .uses = uses,
                  .use_count = use_count,
                  .values = values,
                  .undefined = undefined,
                  .sorted = neap_needs_of(uses, use_count) != NEAP_NEEDS_ROWS};
  for (size_t u = 0; u < use_count; u++)
    e.decides = e.decides || uses[u].metric->decide != NULL;
  NEAP_TRY(start(&e, error));
  neap_parallel_for(engine, evaluate_column, &e, columns->columns);
  neap_arena_free(engine, &e.arena);
  return NEAP_OK;
}

// ------------------------------------------------------------- thresholds

// Half-way from a score to the next lower one, so that rows which are not in
// this column fall on the likelier side; the score itself where no number
// that is finite lies between.
static double between(double score, double lower) {
  const double middle = score / 2 + lower / 2;
  return middle > lower && middle <= score ? middle : score;
}

static neap_decisions decisions_at(const neap_scores *s, double true_positives,
                                   double false_positives) {
  return (neap_decisions){
      .true_positives = true_positives,
      .false_positives = false_positives,
      .false_negatives = s->positive_weight - true_positives,
      .true_negatives = s->negative_weight - false_positives};
}

static void find_threshold(void *argument, size_t column, size_t worker) {
  evaluation *e = argument;
  const neap_scores s = load_column(e, column, worker);
  const neap_metric_use *use = e->uses;
  const double sign = use->metric->larger_is_better ? 1 : -1;
  const neap_curve *c = &s.curve;
  const char *ignored;
  double best = -INFINITY, threshold = NAN;
  if (sign < 0 && c->count > 0) {  // no row at all
    const neap_decisions none = decisions_at(&s, 0, 0);
    best = sign * use->metric->decide(&none, use->params, &ignored);
    threshold = INFINITY;
  }
  if (sign > 0 && s.positive_weight == 0) {
    e->thresholds[column] = NAN;
    return;
  }
  for (size_t i = 0; i < c->count; i++) {
    const neap_decisions d =
        decisions_at(&s, c->true_positives[i], c->false_positives[i]);
    const double value = sign * use->metric->decide(&d, use->params, &ignored);
    if (!(value > best))
      continue;
    best = value;
    threshold = s.scores[c->row[i]];
    if (i + 1 < c->count)
      threshold = between(threshold, s.scores[c->row[i + 1]]);
  }
  e->thresholds[column] = threshold;
}

neap_status neap_find_thresholds(const neap *engine,
                                 const neap_columns *columns,
                                 const neap_metric_use *use, double *thresholds,
                                 neap_error *error) {
  evaluation e = {.engine = engine,
                  .columns = columns,
                  .sorted = true,
                  .uses = use,
                  .thresholds = thresholds};
  NEAP_TRY(start(&e, error));
  neap_parallel_for(engine, find_threshold, &e, columns->columns);
  neap_arena_free(engine, &e.arena);
  return NEAP_OK;
}

// ----------------------------------------------------- curves of one column

neap_status neap_curve_of(const neap *engine, const neap_columns *columns,
                          double *thresholds, double *true_positives,
                          double *false_positives, size_t *count,
                          neap_error *error) {
  evaluation e = {.engine = engine, .columns = columns, .sorted = true};
  NEAP_TRY(start(&e, error));
  const neap_scores s = load_column(&e, 0, 0);
  *count = s.curve.count;
  for (size_t i = 0; i < s.curve.count; i++) {
    thresholds[i] = s.scores[s.curve.row[i]];
    true_positives[i] = s.curve.true_positives[i];
    false_positives[i] = s.curve.false_positives[i];
  }
  neap_arena_free(engine, &e.arena);
  return NEAP_OK;
}

neap_status neap_reliability(const neap *engine, const neap_columns *columns,
                             neap_binning binning, size_t bin_count,
                             neap_bin *bins, size_t *count, neap_error *error) {
  evaluation e = {.engine = engine, .columns = columns, .sorted = true};
  NEAP_TRY(start(&e, error));
  const neap_scores s = load_column(&e, 0, 0);
  *count = neap_bins_of(&s, binning, bin_count, bins);
  neap_arena_free(engine, &e.arena);
  return NEAP_OK;
}
