// metric/bootstrap.c -- metrics of rows drawn with replacement, without
// sorting again.
//
// A draw gives each row a count. Of a column that is sorted once, what lies
// between two steps of its curve is a stretch of the order, so a draw's curve
// is made of sums of counts over stretches; 16 draws are summed together.
#include <math.h>
#include <string.h>

#include "metric/column.h"

// A column, sorted once.
typedef struct sorted_column {
  uint32_t *order;          // [rows]
  neap_stretch *stretches;  // [rows], of which count are used
  size_t count;
} sorted_column;

// What one worker needs.
typedef struct drawing {
  neap_column_space column;
  uint8_t *counts;   // [rows][NEAP_DRAWS]
  uint32_t *sums;    // [stretches][NEAP_DRAWS] of counts, or
  double *weighted;  // the same of counts times weights
  double *weights;   // [rows] of one draw
} drawing;

typedef struct bootstrap {
  const neap *engine;
  const neap_columns *columns;
  const neap_metric_use *uses;
  size_t use_count;
  const neap_bootstrap *how;
  const neap_kernels *kernels;
  neap_metric_needs needs;
  bool any_rows;      // a metric looks at rows
  size_t strata;      // 1, or 2: the classes
  size_t first[3];    // of each stratum in members, and the end
  uint32_t *members;  // [rows]
  sorted_column *sorted;
  neap_column_space *sorting;  // [workers]
  drawing *spaces;             // [workers]
  size_t most_stretches;
  double *values;
  neap_arena arena, second;
} bootstrap;

// ------------------------------------------------------------ before draws

static void lay_out_columns(bootstrap *b) {
  const neap_columns *c = b->columns;
  const size_t workers = b->engine->host.max_workers;
  b->members = neap_arena_take(&b->arena, c->rows, sizeof *b->members);
  b->sorted = neap_arena_take(&b->arena, c->columns, sizeof *b->sorted);
  b->sorting = neap_arena_take(&b->arena, workers, sizeof *b->sorting);
  for (size_t i = 0; i < workers; i++) {
    const neap_column_space sorting = neap_take_workspace(&b->arena, c);
    if (b->sorting != NULL)
      b->sorting[i] = sorting;
  }
  for (size_t i = 0; b->needs != NEAP_NEEDS_ROWS && i < c->columns; i++) {
    const sorted_column column = {
        .order = neap_arena_take(&b->arena, c->rows, sizeof *column.order),
        .stretches =
            neap_arena_take(&b->arena, c->rows, sizeof *column.stretches)};
    if (b->sorted != NULL)
      b->sorted[i] = column;
  }
}

// Lists the rows by stratum.
static void set_strata(bootstrap *b) {
  const size_t rows = b->columns->rows;
  size_t next = 0;
  b->strata = b->how->stratified ? 2 : 1;
  for (size_t s = 0; s < b->strata; s++) {
    b->first[s] = next;
    for (uint32_t i = 0; i < rows; i++) {
      if (b->strata == 1 || (b->columns->targets[i] != 0) == s)
        b->members[next++] = i;
    }
  }
  b->first[b->strata] = next;
}

// Puts the negative rows of a step first; returns how many there are.
static size_t part(const double *targets, uint32_t *rows, size_t count,
                   uint32_t *scratch) {
  size_t negatives = 0, positives = 0;
  for (size_t i = 0; i < count; i++) {
    if (targets[rows[i]] != 0)
      scratch[positives++] = rows[i];
    else
      rows[negatives++] = rows[i];
  }
  memcpy(rows + negatives, scratch, positives * sizeof *rows);
  return negatives;
}

// Whether the latest step is of negative rows alone.
static bool ends_in_negatives(const sorted_column *column) {
  const size_t n = column->count;
  const neap_stretch *last = column->stretches + n - 1;
  return n > 0 && !last->positive;
}

static void add_step(sorted_column *column, const double *targets, size_t start,
                     size_t end, bool merges, uint32_t *scratch) {
  const size_t negatives =
      part(targets, column->order + start, end - start, scratch);
  const bool mixed = negatives > 0 && negatives < end - start;
  if (merges && negatives == end - start && ends_in_negatives(column)) {
    column->stretches[column->count - 1].end = (uint32_t)end;
    return;
  }
  if (negatives > 0) {
    column->stretches[column->count++] = (neap_stretch){
        .end = (uint32_t)(start + negatives), .ends_step = !mixed};
  }
  if (negatives < end - start) {
    column->stretches[column->count++] = (neap_stretch){
        .end = (uint32_t)end, .positive = true, .ends_step = true};
  }
}

static void sort_column(void *argument, size_t at, size_t worker) {
  bootstrap *b = argument;
  sorted_column *column = &b->sorted[at];
  const neap_column_space *space = &b->sorting[worker];
  const neap_scores s =
      neap_load_column(b->engine, b->columns, at, true, space);
  memcpy(column->order, space->order, s.rows * sizeof *column->order);
  for (size_t start = 0, i = 1; i <= s.rows; i++) {
    const double score = s.scores[column->order[start]];
    if (i < s.rows && s.scores[space->order[i]] == score)
      continue;
    add_step(column, s.targets, start, i, b->needs == NEAP_NEEDS_CURVE,
             space->sort_rows);
    start = i;
  }
}

static void lay_out_spaces(bootstrap *b) {
  const size_t rows = b->columns->rows;
  const size_t lines = b->most_stretches * NEAP_DRAWS;
  const size_t workers = b->engine->host.max_workers;
  const bool weighted = b->columns->weights != NULL;
  b->spaces = neap_arena_take(&b->second, workers, sizeof *b->spaces);
  for (size_t i = 0; i < workers; i++) {
    const drawing s = {
        .counts = neap_arena_take(&b->second, rows, NEAP_DRAWS),
        .sums =
            neap_arena_take(&b->second, weighted ? 0 : lines, sizeof *s.sums),
        .weighted = neap_arena_take(&b->second, weighted ? lines : 0,
                                    sizeof *s.weighted),
        .weights = neap_arena_take(&b->second, b->any_rows ? rows : 0,
                                   sizeof(double))};
    if (b->spaces == NULL)
      continue;
    b->spaces[i] = s;
    b->spaces[i].column = b->sorting[i];
  }
}

// ------------------------------------------------------------------- draws

enum { GROUP = 16, GROUP_MOST = 64 };

// Takes one of the rows that are drawn from a group of members, each with the
// chance 1 / 64; returns whether it took any. That a group has more than 64
// has a chance below 2^-50.
static bool take_one(const uint32_t *members, size_t count, uint32_t which,
                     uint8_t *counts) {
  for (size_t i = 0; i < count; i++) {
    uint8_t *drawn = &counts[(size_t)members[i] * NEAP_DRAWS];
    if (which < *drawn) {
      *drawn = (uint8_t)(*drawn - 1);
      return true;
    }
    which -= *drawn;
  }
  return false;
}

// Adds or takes rows of a stratum at random, each drawn one with the same
// chance, until a draw has as many as the stratum.
static void correct(const bootstrap *b, size_t stratum, uint32_t draw,
                    uint32_t total, uint8_t *counts) {
  const uint32_t *members = b->members + b->first[stratum];
  const size_t size = b->first[stratum + 1] - b->first[stratum];
  const size_t groups = (size + GROUP - 1) / GROUP;
  const bool takes = total > size;
  for (uint64_t step = 0; total != size; step++) {
    const neap_philox r =
        neap_random(b->how->seed, NEAP_STREAM_DRAWS, (uint32_t)(2 + stratum),
                    (uint64_t)draw << 32 | step);
    for (int half = 0; half < 4 && total != size; half += 2) {
      const uint64_t bits = (uint64_t)r.word[half + 1] << 32 | r.word[half];
      if (!takes) {
        counts[(size_t)members[neap_random_below(size, bits)] * NEAP_DRAWS]++;
        total++;
        continue;
      }
      const size_t first = neap_random_below(groups, bits) * GROUP;
      const size_t left = size - first;
      total -= take_one(members + first, left < GROUP ? left : GROUP,
                        r.word[half] % GROUP_MOST, counts);
    }
  }
}

// Writes the counts of 16 draws.
static void draw_counts(const bootstrap *b, uint32_t draw, uint8_t *counts) {
  uint32_t total[NEAP_DRAWS];
  b->kernels->poisson(b->how->seed, draw / NEAP_DRAWS, b->columns->rows, counts,
                      total);
  for (size_t s = 0; s < b->strata; s++) {
    if (b->strata > 1) {
      memset(total, 0, sizeof total);
      b->kernels->add_counts(b->first[s + 1] - b->first[s],
                             b->members + b->first[s], counts, total);
    }
    for (uint32_t lane = 0; lane < NEAP_DRAWS; lane++)
      correct(b, s, draw + lane, total[lane], counts + lane);
  }
}

// Counts each row that a draw did not take once, and no other.
static void turn_counts(const bootstrap *b, uint8_t *counts) {
  for (size_t i = 0; i < b->columns->rows * NEAP_DRAWS; i++)
    counts[i] = counts[i] == 0;
}

static void sum_stretches(const bootstrap *b, const sorted_column *column,
                          const drawing *space) {
  const double *weights = b->columns->weights;
  size_t start = 0;
  for (size_t t = 0; t < column->count; t++) {
    const uint32_t *rows = column->order + start;
    const size_t count = column->stretches[t].end - start;
    if (weights == NULL) {
      uint32_t *sum = space->sums + t * NEAP_DRAWS;
      memset(sum, 0, NEAP_DRAWS * sizeof *sum);
      b->kernels->add_counts(count, rows, space->counts, sum);
    } else {
      double *sum = space->weighted + t * NEAP_DRAWS;
      memset(sum, 0, NEAP_DRAWS * sizeof *sum);
      b->kernels->add_weighted(count, rows, space->counts, weights, sum);
    }
    start = column->stretches[t].end;
  }
}

// The curve of one draw; steps without rows are left out.
static void draw_curve(const sorted_column *column, const drawing *space,
                       size_t lane, neap_scores *s) {
  double positives = 0, negatives = 0, before = 0;
  size_t count = 0;
  s->curve = (neap_curve){.true_positives = space->column.numbers,
                          .false_positives = space->column.numbers + s->rows,
                          .row = space->column.sort_rows};
  for (size_t t = 0; t < column->count; t++) {
    const size_t at = t * NEAP_DRAWS + lane;
    const double sum =
        s->weights != NULL ? space->weighted[at] : space->sums[at];
    *(column->stretches[t].positive ? &positives : &negatives) += sum;
    if (!column->stretches[t].ends_step || positives + negatives == before)
      continue;
    before = positives + negatives;
    s->curve.true_positives[count] = positives;
    s->curve.false_positives[count] = negatives;
    s->curve.row[count++] = column->order[column->stretches[t].end - 1];
  }
  s->curve.count = count;
  s->positive_weight = positives;
  s->negative_weight = negatives;
}

// The rows' weights in one draw, and what is decided by them.
static void set_weights(const drawing *space, size_t lane, neap_scores *s) {
  for (size_t i = 0; i < s->rows; i++) {
    space->weights[i] = space->counts[i * NEAP_DRAWS + lane] *
                        (s->weights != NULL ? s->weights[i] : 1);
  }
  s->weights = space->weights;
  neap_sum_weights(s);
  neap_decide(s);
}

static void evaluate_draw(const bootstrap *b, size_t column, size_t draw,
                          const neap_scores *s, neap_metric_needs least,
                          neap_metric_needs most) {
  const char *ignored;
  for (size_t u = 0; u < b->use_count; u++) {
    const neap_metric_use *use = &b->uses[u];
    if (use->metric->needs < least || use->metric->needs > most)
      continue;
    b->values[(u * b->columns->columns + column) * b->how->draws + draw] =
        neap_evaluate_use(use, s, &ignored);
  }
}

// Evaluates a metric that takes all draws of a batch at once.
static void evaluate_batch(const bootstrap *b, size_t column, size_t first,
                           const uint32_t *sums) {
  const sorted_column *sorted = &b->sorted[column];
  const size_t left = b->how->draws - first;
  double values[NEAP_DRAWS];
  b->uses[0].metric->of_draws(sorted->count, sorted->stretches, sums, values);
  memcpy(b->values + column * b->how->draws + first, values,
         (left < NEAP_DRAWS ? left : NEAP_DRAWS) * sizeof *values);
}

// Sixteen draws, of all columns.
static void run_draws(void *argument, size_t batch, size_t worker) {
  const bootstrap *b = argument;
  const drawing *space = &b->spaces[worker];
  const size_t first = batch * NEAP_DRAWS;
  draw_counts(b, (uint32_t)first, space->counts);
  if (b->how->left_out)
    turn_counts(b, space->counts);
  const bool at_once = b->use_count == 1 && b->columns->weights == NULL &&
                       b->uses[0].metric->of_draws != NULL;
  for (size_t c = 0; c < b->columns->columns; c++) {
    if (b->needs != NEAP_NEEDS_ROWS)
      sum_stretches(b, &b->sorted[c], space);
    if (at_once) {
      evaluate_batch(b, c, first, space->sums);
      continue;
    }
    const neap_scores loaded =
        neap_load_column(b->engine, b->columns, c, false, &space->column);
    for (size_t lane = 0; lane < NEAP_DRAWS; lane++) {
      neap_scores s = loaded;
      if (first + lane >= b->how->draws)
        break;
      if (b->needs != NEAP_NEEDS_ROWS) {
        draw_curve(&b->sorted[c], space, lane, &s);
        evaluate_draw(b, c, first + lane, &s, NEAP_NEEDS_CURVE,
                      NEAP_NEEDS_LEVELS);
      }
      if (!b->any_rows)
        continue;
      set_weights(space, lane, &s);
      evaluate_draw(b, c, first + lane, &s, NEAP_NEEDS_ROWS, NEAP_NEEDS_ROWS);
    }
  }
}

static neap_status run(bootstrap *b, neap_error *error) {
  const size_t columns = b->columns->columns;
  set_strata(b);
  if (b->needs != NEAP_NEEDS_ROWS)
    neap_parallel_for(b->engine, sort_column, b, columns);
  for (size_t c = 0; c < columns; c++) {
    if (b->sorted[c].count > b->most_stretches)
      b->most_stretches = b->sorted[c].count;
  }
  lay_out_spaces(b);
  NEAP_TRY(neap_arena_new(b->engine, &b->second, error));
  lay_out_spaces(b);
  neap_parallel_for(b->engine, run_draws, b,
                    (b->how->draws + NEAP_DRAWS - 1) / NEAP_DRAWS);
  neap_arena_free(b->engine, &b->second);
  return NEAP_OK;
}

neap_status neap_bootstrap_of(const neap *engine, const neap_columns *columns,
                              const neap_metric_use *uses, size_t use_count,
                              const neap_bootstrap *how, double *values,
                              neap_error *error) {
  bootstrap b = {.engine = engine,
                 .columns = columns,
                 .uses = uses,
                 .use_count = use_count,
                 .how = how,
                 .kernels = neap_kernels_of(engine, NEAP_FLOAT32),
                 .needs = neap_needs_of(uses, use_count),
                 .values = values};
  for (size_t u = 0; u < use_count; u++)
    b.any_rows = b.any_rows || uses[u].metric->needs == NEAP_NEEDS_ROWS;
  lay_out_columns(&b);
  NEAP_TRY(neap_arena_new(engine, &b.arena, error));
  lay_out_columns(&b);
  const neap_status status = run(&b, error);
  neap_arena_free(engine, &b.arena);
  return status;
}
