// dataset/columns.c -- means and deviations of columns, and numbers that are
// none.
#include <float.h>
#include <math.h>

#include "dataset/dataset.h"

// Columns that are gone through together, row by row.
enum { PART = 64 };

typedef struct part {
  const void *x;
  neap_dtype dtype;
  size_t rows, columns;
  size_t first, count;  // of the part's columns
} part;

static void read_line(const part *p, size_t row, double *restrict line) {
  const size_t at = row * p->columns + p->first;
  if (p->dtype == NEAP_FLOAT32) {
    const float *from = (const float *)p->x + at;
    for (size_t j = 0; j < p->count; j++)
      line[j] = from[j];
  } else {
    for (size_t j = 0; j < p->count; j++)
      line[j] = neap_get(p->x, p->dtype, at + j);
  }
}

// Sums are of distances to the first row: of a constant column they are exactly
// 0. Also finds the largest distance from the mean, which is one of the least
// or of the largest number.
static void find_means(const part *p, double *mean, double *farthest) {
  double line[PART], origin[PART], sum[PART] = {0}, least[PART], most[PART];
  read_line(p, 0, origin);
  for (size_t j = 0; j < p->count; j++)
    least[j] = most[j] = origin[j];
  for (size_t i = 1; i < p->rows; i++) {
    read_line(p, i, line);
    for (size_t j = 0; j < p->count; j++) {
      sum[j] += line[j] - origin[j];
      least[j] = line[j] < least[j] ? line[j] : least[j];
      most[j] = line[j] > most[j] ? line[j] : most[j];
    }
  }
  for (size_t j = 0; j < p->count; j++) {
    mean[j] = origin[j] + sum[j] / (double)p->rows;
    farthest[j] = fmax(most[j] - mean[j], mean[j] - least[j]);
  }
}

// A second pass, so that a large mean costs nothing. Squares are of gaps in
// units of the farthest one: they are always numbers.
static void find_deviations(const part *p, const double *mean,
                            const double *farthest, double *deviation) {
  double line[PART], unit[PART], square[PART] = {0};
  for (size_t j = 0; j < p->count; j++)
    unit[j] = farthest[j] > 0 ? farthest[j] : 1;
  for (size_t i = 0; i < p->rows; i++) {
    read_line(p, i, line);
    for (size_t j = 0; j < p->count; j++) {
      const double gap = (line[j] - mean[j]) / unit[j];
      square[j] += gap * gap;
    }
  }
  for (size_t j = 0; j < p->count; j++)
    deviation[j] = farthest[j] * sqrt(square[j] / (double)p->rows);
}

void neap_standardize(size_t rows, size_t columns, const void *x,
                      neap_dtype dtype, double *shift, double *scale) {
  part p = {.x = x, .dtype = dtype, .rows = rows, .columns = columns};
  double farthest[PART], deviation[PART];
  for (size_t j = 0; j < columns && rows == 0; j++) {
    shift[j] = 0;
    scale[j] = 1;
  }
  for (; p.first < columns && rows > 0; p.first += p.count) {
    p.count = columns - p.first < PART ? columns - p.first : PART;
    double *mean = shift + p.first;
    find_means(&p, mean, farthest);
    find_deviations(&p, mean, farthest, deviation);
    for (size_t j = 0; j < p.count; j++) {
      // What rounding leaves of a constant that was computed is no deviation.
      const double noise = 64 * DBL_EPSILON * fabs(mean[j]);
      scale[p.first + j] = deviation[j] > noise ? 1 / deviation[j] : 1;
    }
  }
}

// ------------------------------------------------- numbers that are none

enum { SEARCHED = 1 << 16, SEARCHES = 64 };  // numbers a part; parts at most

typedef struct search {
  const neap_kernels *kernels;
  const char *x;
  size_t count, parts;
  size_t found[SEARCHES];  // by part: a place in x, or count
} search;

static void search_part(void *argument, size_t i, size_t worker) {
  search *s = argument;
  (void)worker;
  const size_t first = s->count * i / s->parts;
  const size_t count = s->count * (i + 1) / s->parts - first;
  const bool single = s->kernels->dtype == NEAP_FLOAT32;
  const double most = single ? (double)FLT_MAX : DBL_MAX;
  const char *from = s->x + first * neap_dtype_size(s->kernels->dtype);
  const size_t at = s->kernels->find_outside(count, from, -most, most);
  s->found[i] = at < count ? first + at : s->count;
}

size_t neap_find_not_finite(const neap *engine, size_t count, const void *x,
                            neap_dtype dtype) {
  search s = {.kernels = neap_kernels_of(engine, dtype),
              .x = x,
              .count = count,
              .parts = count / SEARCHED + 1};
  if (s.parts > SEARCHES)
    s.parts = SEARCHES;
  neap_parallel_for(engine, search_part, &s, s.parts);
  for (size_t i = 0; i < s.parts; i++) {
    if (s.found[i] < count)
      return s.found[i];
  }
  return count;
}
