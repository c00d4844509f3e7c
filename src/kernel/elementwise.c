// kernel/elementwise.c -- functions of one array, and its sum.
#include "kernel/math.h"
#include "kernel/table.h"

typedef real unary(real x);

// f is a constant at every call, so each call becomes one vector loop. The
// rest runs through the same code, filled up with ones.
NEAP_INLINE void apply(size_t count, const void *input, void *output,
                       unary *f) {
  enum { LANES = NEAP_SUM_LANES };
  real rest[LANES];
  const real *x = input;
  real *y = output;
  for (size_t left = count; left > 0;) {
    const size_t some = left < LANES ? left : LANES;
    real *to = y;
    if (some < LANES) {
      for (int lane = 0; lane < LANES; lane++)
        rest[lane] = R(1);
      memcpy(rest, x, some * sizeof *x);
      x = to = rest;
    }
    NEAP_LANES
    for (int lane = 0; lane < LANES; lane++)
      to[lane] = f(x[lane]);
    if (some < LANES)
      memcpy(y, rest, some * sizeof *y);
    x += LANES;
    y += LANES;
    left -= some;
  }
}

void NEAP_NAME(neap_array_exp)(size_t count, const void *x, void *y) {
  apply(count, x, y, neap_exp);
}

void NEAP_NAME(neap_array_log)(size_t count, const void *x, void *y) {
  apply(count, x, y, neap_log);
}

void NEAP_NAME(neap_array_log1p)(size_t count, const void *x, void *y) {
  apply(count, x, y, neap_log1p);
}

void NEAP_NAME(neap_array_sigmoid)(size_t count, const void *x, void *y) {
  apply(count, x, y, neap_sigmoid);
}

double NEAP_NAME(neap_array_sum)(size_t count, const void *input) {
  const real *x = input;
  double total[NEAP_SUM_LANES] = {0};
  size_t i = 0;
  for (; i + NEAP_BLOCK_LANES <= count; i += NEAP_BLOCK_LANES) {
    add_block(x + i, total);
  }
  if (i < count) {
    real rest[NEAP_BLOCK_LANES] = {0};
    memcpy(rest, x + i, (count - i) * sizeof *x);
    add_block(rest, total);
  }
  return sum_of_lanes(total);
}

NEAP_INLINE int is_outside(real x, real low, real high) {
  return !(x >= low) | !(x <= high);
}

NEAP_INLINE int has_outside(const real *x, const int count, real low,
                            real high) {
  real_bits outside = 0;
  for (int lane = 0; lane < count; lane++)
    outside |= (real_bits)is_outside(x[lane], low, high);
  return outside != 0;
}

size_t NEAP_NAME(neap_find_outside)(size_t count, const void *input, double low,
                                    double high) {
  enum { BLOCK = NEAP_BLOCK_LANES, STEP = 4 * BLOCK };
  const real *x = input, least = (real)low, most = (real)high;
  size_t i = 0;
  while (i + STEP <= count && !has_outside(x + i, STEP, least, most))
    i += STEP;
  while (i + BLOCK <= count && !has_outside(x + i, BLOCK, least, most))
    i += BLOCK;
  while (i < count && !is_outside(x[i], least, most))
    i++;
  return i;
}

size_t NEAP_NAME(neap_find_sum)(size_t rows, size_t count, ptrdiff_t stride,
                                const void *input, double wanted,
                                double tolerance) {
  const real *x = input;
  for (size_t i = 0; i < rows; i++, x += stride) {
    double sum = 0;
    if (count >= NEAP_BLOCK_LANES) {
      sum = NEAP_NAME(neap_array_sum)(count, x);
    } else {
      for (size_t j = 0; j < count; j++)
        sum += (double)x[j];
    }
    if (!(fabs(sum - wanted) <= tolerance))
      return i;
  }
  return rows;
}
