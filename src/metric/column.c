// metric/column.c -- one column of scores: its order, its curve, what is
// decided at its threshold.
#include "metric/column.h"

neap_column_space neap_take_workspace(neap_arena *arena,
                                      const neap_columns *c) {
  const size_t copied = c->dtype == NEAP_FLOAT64 ? 0 : c->rows;
  return (neap_column_space){
      .copy = neap_arena_take(arena, copied, sizeof(double)),
      .order = neap_arena_take(arena, c->rows, sizeof(uint32_t)),
      .sort_rows = neap_arena_take(arena, 2 * c->rows, sizeof(uint32_t)),
      .numbers = neap_arena_take(arena, 2 * c->rows, sizeof(double))};
}

static const double *doubles_of(const neap_columns *c, size_t column,
                                const neap_column_space *space) {
  if (c->dtype == NEAP_FLOAT64)
    return (const double *)c->scores + column * c->rows;
  for (size_t i = 0; i < c->rows; i++)
    space->copy[i] = neap_get(c->scores, c->dtype, column * c->rows + i);
  return space->copy;
}

neap_scores neap_load_column(const neap *engine, const neap_columns *c,
                             size_t column, bool sorted,
                             const neap_column_space *space) {
  const neap_scores scores = {
      .engine = engine,
      .rows = c->rows,
      .scores = doubles_of(c, column, space),
      .targets = c->targets + (c->own_targets ? column * c->rows : 0),
      .weights = c->weights,
      .threshold = c->thresholds != NULL ? c->thresholds[column] : 0,
      .scratch = space->numbers};
  if (sorted) {
    const size_t first = column * c->rows * neap_dtype_size(c->dtype);
    neap_sort_descending(c->rows, (const char *)c->scores + first, c->dtype,
                         space->order, space->sort_rows);
  }
  return scores;
}

void neap_sum_weights(neap_scores *s) {
  s->positive_weight = s->negative_weight = 0;
  for (size_t i = 0; i < s->rows; i++) {
    const double weight = s->weights != NULL ? s->weights[i] : 1;
    s->positive_weight += weight * s->targets[i];
    s->negative_weight += weight * (1 - s->targets[i]);
  }
}

static size_t walk_counted(const neap_scores *s, const uint32_t *order,
                           const neap_curve *c) {
  double positives = 0, last = 0;
  size_t count = 0;
  for (size_t i = 0; i < s->rows; i++) {
    const double score = s->scores[order[i]];
    if (count == 0 || score != last)
      c->row[count++] = order[i];
    last = score;
    positives += s->targets[order[i]];
    c->true_positives[count - 1] = positives;
    c->false_positives[count - 1] = (double)(i + 1) - positives;
  }
  return count;
}

static size_t walk_weighted(const neap_scores *s, const uint32_t *order,
                            const neap_curve *c) {
  double positives = 0, negatives = 0, last = 0;
  size_t count = 0;
  for (size_t i = 0; i < s->rows; i++) {
    const double weight = s->weights[order[i]], score = s->scores[order[i]];
    if (weight == 0)
      continue;
    if (count == 0 || score != last)
      c->row[count++] = order[i];
    last = score;
    positives += weight * s->targets[order[i]];
    negatives += weight * (1 - s->targets[order[i]]);
    c->true_positives[count - 1] = positives;
    c->false_positives[count - 1] = negatives;
  }
  return count;
}

void neap_draw_curve(neap_scores *s, const uint32_t *order,
                     const neap_curve *curve) {
  s->curve = *curve;
  s->curve.count = s->weights != NULL ? walk_weighted(s, order, curve)
                                      : walk_counted(s, order, curve);
  const size_t last = s->curve.count - 1;
  s->positive_weight = s->curve.count > 0 ? curve->true_positives[last] : 0;
  s->negative_weight = s->curve.count > 0 ? curve->false_positives[last] : 0;
}

void neap_decide(neap_scores *s) {
  neap_decisions d = {0};
  for (size_t i = 0; i < s->rows; i++) {
    const double weight = s->weights != NULL ? s->weights[i] : 1;
    const double chosen = s->scores[i] >= s->threshold ? weight : 0;
    d.true_positives += chosen * s->targets[i];
    d.false_positives += chosen * (1 - s->targets[i]);
    d.false_negatives += (weight - chosen) * s->targets[i];
    d.true_negatives += (weight - chosen) * (1 - s->targets[i]);
  }
  s->decisions = d;
}

double neap_evaluate_use(const neap_metric_use *use, const neap_scores *scores,
                         const char **undefined) {
  *undefined = NULL;
  if (use->metric->decide != NULL) {
    return use->metric->decide(&scores->decisions, use->params, undefined);
  }
  return use->metric->of(scores, use->params, undefined);
}

neap_metric_needs neap_needs_of(const neap_metric_use *uses, size_t count) {
  neap_metric_needs most = NEAP_NEEDS_ROWS;
  for (size_t u = 0; u < count; u++) {
    if (uses[u].metric->needs > most)
      most = uses[u].metric->needs;
  }
  return most;
}
