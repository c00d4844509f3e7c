// metric/delong.c -- the covariance of areas under the ROC.
#include <math.h>

#include "metric/column.h"

enum { BLOCK = 256 };  // rows whose products are summed together

typedef struct delong {
  const neap *engine;
  const neap_columns *columns;
  double positives, negatives;  // rows
  double *areas;
  size_t width;               // columns, padded
  double *block;              // [BLOCK][width]
  double *products;           // [columns][width] of a block
  double *sums;               // [columns][width]
  double *parts;              // V of every row, [columns][rows], less its mean
  neap_column_space *spaces;  // [workers]
  neap_arena arena;
} delong;

static void lay_out(delong *d) {
  const neap_columns *c = d->columns;
  const size_t workers = d->engine->host.max_workers;
  d->block = neap_arena_take(&d->arena, BLOCK * d->width, sizeof(double));
  d->products =
      neap_arena_take(&d->arena, c->columns * d->width, sizeof(double));
  d->sums = neap_arena_take(&d->arena, c->columns * d->width, sizeof(double));
  d->parts = neap_arena_take(&d->arena, c->columns * c->rows, sizeof(double));
  d->spaces = neap_arena_take(&d->arena, workers, sizeof *d->spaces);
  for (size_t i = 0; i < workers; i++) {
    const neap_column_space space = neap_take_workspace(&d->arena, c);
    if (d->spaces != NULL)
      d->spaces[i] = space;
  }
}

// V of the rows of one score: the share of negative rows below, or of positive
// ones above, and half of those beside.
static void set_parts(const delong *d, const neap_scores *s,
                      const uint32_t *rows, size_t count, double above,
                      double beside, double passed, double *part) {
  const double negatives = (double)count - beside;
  for (size_t i = 0; i < count; i++) {
    const bool positive = s->targets[rows[i]] != 0;
    part[rows[i]] = positive
                        ? (d->negatives - passed - negatives / 2) / d->negatives
                        : (above + beside / 2) / d->positives;
  }
}

static void rank_column(void *argument, size_t column, size_t worker) {
  const delong *d = argument;
  const neap_column_space *space = &d->spaces[worker];
  const neap_scores s =
      neap_load_column(d->engine, d->columns, column, true, space);
  double *part = d->parts + column * s.rows;
  double above = 0, passed = 0, sum = 0;
  for (size_t start = 0, i = 0; i < s.rows; start = i) {
    const double score = s.scores[space->order[start]];
    double beside = 0;
    for (; i < s.rows && s.scores[space->order[i]] == score; i++)
      beside += s.targets[space->order[i]];
    const double others = (double)(i - start) - beside;
    set_parts(d, &s, space->order + start, i - start, above, beside, passed,
              part);
    sum += others * (above + beside / 2);
    above += beside;
    passed += others;
  }
  d->areas[column] = sum / (d->positives * d->negatives);
  for (size_t i = 0; i < s.rows; i++)
    part[i] -= d->areas[column];
}

// Writes for a block of rows V of all columns, divided by n1 (n1 - 1) of
// positive rows and n0 (n0 - 1) of negative ones: [count][width].
static void scale_block(const delong *d, size_t first, size_t count) {
  const double yes = 1 / (d->positives * (d->positives - 1));
  const double no = 1 / (d->negatives * (d->negatives - 1));
  for (size_t c = 0; c < d->columns->columns; c++) {
    const double *part = d->parts + c * d->columns->rows + first;
    for (size_t i = 0; i < count; i++) {
      const double scale = d->columns->targets[first + i] != 0 ? yes : no;
      d->block[i * d->width + c] = part[i] * scale;
    }
  }
}

// The sums of products of V over the rows, block by block: [columns][width].
static void sum_products(const delong *d) {
  const size_t columns = d->columns->columns, rows = d->columns->rows;
  const neap_kernels *kernels = neap_kernels_of(d->engine, NEAP_FLOAT64);
  for (size_t first = 0; first < rows; first += BLOCK) {
    const size_t count = rows - first < BLOCK ? rows - first : BLOCK;
    scale_block(d, first, count);
    kernels->matmul(columns, d->width, count, d->parts + first, (ptrdiff_t)rows,
                    d->block, (ptrdiff_t)d->width, NULL, d->products,
                    (ptrdiff_t)d->width);
    for (size_t i = 0; i < columns * d->width; i++)
      d->sums[i] += d->products[i];
  }
}

neap_status neap_delong(const neap *engine, const neap_columns *columns,
                        double *areas, double *covariance, neap_error *error) {
  delong d = {.engine = engine,
              .columns = columns,
              .areas = areas,
              .width = neap_padded(columns->columns)};
  for (size_t i = 0; i < columns->rows; i++)
    d.positives += columns->targets[i];
  d.negatives = (double)columns->rows - d.positives;
  if (d.positives < 2 || d.negatives < 2) {
    return neap_fail(error, NEAP_EDATA,
                     "there are %.0f positive and %.0f negative rows; wanted "
                     "two of each class or more",
                     d.positives, d.negatives);
  }
  lay_out(&d);
  NEAP_TRY(neap_arena_new(engine, &d.arena, error));
  lay_out(&d);
  neap_parallel_for(engine, rank_column, &d, columns->columns);
  sum_products(&d);
  for (size_t a = 0; a < columns->columns; a++) {
    for (size_t b = 0; b < columns->columns; b++) {  // the same both ways
      const double *line = d.sums + (a > b ? a : b) * d.width;
      covariance[a * columns->columns + b] = line[a > b ? b : a];
    }
  }
  neap_arena_free(engine, &d.arena);
  return NEAP_OK;
}
