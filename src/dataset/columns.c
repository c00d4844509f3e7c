// dataset/columns.c -- means and deviations of columns, and numbers that are
// none.
#include <float.h>
#include <math.h>

#include "dataset/dataset.h"

// Two passes, so that a large mean costs the deviation nothing.
void neap_standardize(size_t rows, size_t columns, const void *x,
                      neap_dtype dtype, double *shift, double *scale) {
  for (size_t j = 0; j < columns; j++)
    shift[j] = scale[j] = 0;
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < columns; j++) {
      shift[j] += neap_get(x, dtype, i * columns + j);
    }
  }
  for (size_t j = 0; j < columns; j++)
    shift[j] /= (double)rows;
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < columns; j++) {
      const double gap = neap_get(x, dtype, i * columns + j) - shift[j];
      scale[j] += gap * gap;
    }
  }
  for (size_t j = 0; j < columns; j++) {
    const double deviation = sqrt(scale[j] / (double)rows);
    // What a constant column's mean leaves by rounding is no deviation.
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
