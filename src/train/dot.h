// train/dot.h -- the inner product, in the same order wherever it is needed.
#ifndef NEAP_TRAIN_DOT_H
#define NEAP_TRAIN_DOT_H

#include <stddef.h>

// In four sums, which vectors and pipelines like better than one.
static inline double neap_dot(size_t count, const double *a, const double *b) {
  double sum[4] = {0};
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    for (size_t lane = 0; lane < 4; lane++)
      sum[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < count; i++)
    sum[0] += a[i] * b[i];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

#endif
