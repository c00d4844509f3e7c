// train/cholesky.c -- see cholesky.h. Rows of L times rows of L, in order.
#include "train/cholesky.h"

#include <math.h>
#include <string.h>

static double dot(size_t count, const double *a, const double *b) {
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += a[i] * b[i];
  return sum;
}

bool neap_cholesky(size_t n, const double *a, double ridge, double *factor) {
  if (factor != a)
    memcpy(factor, a, n * n * sizeof *factor);
  for (size_t j = 0; j < n; j++) {
    double *row = factor + j * n;
    for (size_t k = 0; k < j; k++) {
      const double *other = factor + k * n;
      row[k] = (row[k] - dot(k, row, other)) / other[k];
    }
    const double pivot = row[j] + ridge - dot(j, row, row);
    if (!(pivot > 0 && isfinite(pivot)))
      return false;
    row[j] = sqrt(pivot);
  }
  return true;
}

void neap_cholesky_solve(size_t n, const double *factor, double *x) {
  for (size_t i = 0; i < n; i++)
    x[i] = (x[i] - dot(i, factor + i * n, x)) / factor[i * n + i];
  for (size_t i = n; i-- > 0;) {
    const double *row = factor + i * n, s = x[i] / row[i];
    x[i] = s;
    for (size_t k = 0; k < i; k++)
      x[k] -= s * row[k];
  }
}
