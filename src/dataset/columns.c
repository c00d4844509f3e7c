// dataset/columns.c -- means and deviations of columns, and numbers that are
// none.
#include <float.h>
#include <math.h>

#include "dataset/dataset.h"

// Two passes, so that a large mean costs the deviation nothing. Sums are of
// distances to the first row: of a constant column they are exactly 0.
static void find_means(size_t rows, size_t columns, const void *x,
                       neap_dtype dtype, double *mean) {
  for (size_t j = 0; j < columns; j++)
    mean[j] = 0;
  for (size_t i = 1; i < rows; i++) {
    for (size_t j = 0; j < columns; j++) {
      mean[j] += neap_get(x, dtype, i * columns + j) - neap_get(x, dtype, j);
    }
  }
  for (size_t j = 0; j < columns; j++)
    mean[j] = neap_get(x, dtype, j) + mean[j] / (double)rows;
}

// The deviation of a column, in units of its largest distance from the mean,
// whose square is always a number.
static double deviation_of(size_t rows, size_t columns, size_t column,
                           const void *x, neap_dtype dtype, double mean) {
  double most = 0, square = 0;
  for (size_t i = 0; i < rows; i++) {
    const double gap = neap_get(x, dtype, i * columns + column) - mean;
    most = fmax(most, fabs(gap));
  }
  for (size_t i = 0; i < rows && most > 0; i++) {
    const double gap = neap_get(x, dtype, i * columns + column) - mean;
    square += (gap / most) * (gap / most);
  }
  return most * sqrt(square / (double)rows);
}

void neap_standardize(size_t rows, size_t columns, const void *x,
                      neap_dtype dtype, double *shift, double *scale) {
  find_means(rows, columns, x, dtype, shift);
  for (size_t j = 0; j < columns; j++) {
    const double deviation = deviation_of(rows, columns, j, x, dtype, shift[j]);
    // What rounding leaves of a constant that was computed is no deviation.
    const double noise = 64 * DBL_EPSILON * fabs(shift[j]);
    scale[j] = deviation > noise ? 1 / deviation : 1;
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
