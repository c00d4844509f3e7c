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
  for (; p.first < columns; p.first += p.count) {
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

size_t neap_find_not_finite(size_t rows, size_t columns, const void *x,
                            neap_dtype dtype) {
  const size_t count = rows * columns;
  for (size_t i = 0; i < count; i++) {
    if (!isfinite(neap_get(x, dtype, i)))
      return i;
  }
  return count;
}
