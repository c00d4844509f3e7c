// kernel/gaussian.c -- rows of Gaussians, their densities and posteriors, the
// same bits on every machine: nothing is fused, sums are in order.
#define NEAP_PLAIN
#include "kernel/math.h"
#include "kernel/table.h"

// `count` numbers of a row, from `first` on. What stands in the factor above
// the diagonal of its block is 0.
NEAP_INLINE void place_piece(size_t features, size_t first, const int count,
                             const double *mean, const double *factor,
                             const float *normal, real *x) {
  double sum[2 * NEAP_PAD];  // as many as keep the adders at work
  for (int j = 0; j < count; j++)
    sum[j] = mean[first + (size_t)j];
  for (size_t k = 0; k < first + (size_t)count; k++) {
    const double *column = factor + k * features + first;
    const double z = (double)normal[k];
    NEAP_LANES
    for (int j = 0; j < count; j++)
      sum[j] += column[j] * z;
  }
  for (int j = 0; j < count; j++)
    x[first + (size_t)j] = (real)sum[j];
}

void NEAP_NAME(neap_place)(size_t features, const double *mean, double scale,
                           const double *factor, const float *normal,
                           void *to) {
  real *x = to;
  size_t j = 0;
  if (factor == NULL) {
    NEAP_LANES
    for (size_t i = 0; i < features; i++)
      x[i] = (real)(mean[i] + scale * (double)normal[i]);
    return;
  }
  for (; j + 2 * NEAP_PAD <= features; j += 2 * NEAP_PAD)
    place_piece(features, j, 2 * NEAP_PAD, mean, factor, normal, x);
  for (; j + NEAP_PAD <= features; j += NEAP_PAD)
    place_piece(features, j, NEAP_PAD, mean, factor, normal, x);
  if (j < features)
    place_piece(features, j, (int)(features - j), mean, factor, normal, x);
}

enum { TILE = NEAP_PAD * NEAP_PAD };

// Puts the second half of a tile's lines between the numbers of the first.
// Done four times it turns the bits of a place, rrrrcccc, into ccccrrrr.
NEAP_INLINE void shuffle(const real *from, size_t stride, real *to) {
  for (int r = 0; r < NEAP_PAD / 2; r++) {
    const real *a = from + (size_t)r * stride;
    const real *b = a + NEAP_PAD / 2 * stride;
    NEAP_LANES
    for (int c = 0; c < NEAP_PAD; c++) {
      to[2 * c] = a[c];
      to[2 * c + 1] = b[c];
    }
    to += 2 * NEAP_PAD;
  }
}

// Turns a tile into `columns` lines.
NEAP_INLINE void turn_tile(const real *from, size_t row_stride,
                           const int columns, real *to, size_t stride) {
  real a[TILE], b[TILE];
  shuffle(from, row_stride, a);
  shuffle(a, NEAP_PAD, b);
  shuffle(b, NEAP_PAD, a);
  shuffle(a, NEAP_PAD, b);
  for (int c = 0; c < columns; c++)
    memcpy(to + (size_t)c * stride, b + c * NEAP_PAD, NEAP_PAD * sizeof *b);
}

// Turns a tile of fewer rows or columns; the other rows are 0.
static void turn_part(size_t rows, size_t columns, const real *from,
                      size_t row_stride, real *to, size_t stride) {
  real tile[TILE] = {0};
  for (size_t r = 0; r < rows; r++) {
    for (size_t c = 0; c < columns; c++)
      tile[r * NEAP_PAD + c] = from[r * row_stride + c];
  }
  turn_tile(tile, NEAP_PAD, (int)columns, to, stride);
}

void NEAP_NAME(neap_turn)(size_t rows, size_t features, const void *x,
                          size_t row_stride, void *columns, size_t stride) {
  for (size_t i = 0; i < rows; i += NEAP_PAD) {
    const size_t left = rows - i, count = left < NEAP_PAD ? left : NEAP_PAD;
    const real *from = (const real *)x + i * row_stride;
    real *to = (real *)columns + i;
    size_t j = 0;
    for (; j + NEAP_PAD <= features && count == NEAP_PAD; j += NEAP_PAD)
      turn_tile(from + j, row_stride, NEAP_PAD, to + j * stride, stride);
    for (; j < features; j += NEAP_PAD) {
      const size_t width = features - j < NEAP_PAD ? features - j : NEAP_PAD;
      turn_part(count, width, from + j, row_stride, to + j * stride, stride);
    }
  }
}

NEAP_INLINE void add_squares(size_t features, const int count,
                             const real *columns, size_t stride,
                             const double *mean, double *out) {
  double square[4 * NEAP_PAD] = {0};  // as many as keep the adders at work
  for (size_t j = 0; j < features; j++) {
    const real *column = columns + j * stride;
    const double center = mean[j];
    NEAP_LANES
    for (int r = 0; r < count; r++) {
      const double gap = (double)column[r] - center;
      square[r] += gap * gap;
    }
  }
  memcpy(out, square, (size_t)count * sizeof *out);
}

void NEAP_NAME(neap_square_distances)(size_t features, size_t rows,
                                      const void *from, size_t stride,
                                      const double *mean, double *out) {
  const real *columns = from;
  size_t i = 0;
  for (; i + 4 * NEAP_PAD <= rows; i += 4 * NEAP_PAD)
    add_squares(features, 4 * NEAP_PAD, columns + i, stride, mean, out + i);
  for (; i < rows; i += NEAP_PAD)
    add_squares(features, NEAP_PAD, columns + i, stride, mean, out + i);
}

#if NEAP_REAL_BITS == 64

void NEAP_NAME(neap_solve_lower)(size_t features, size_t rows,
                                 const double *lower, size_t stride,
                                 double *columns) {
  for (size_t i = 0; i < rows; i += NEAP_PAD) {
    for (size_t j = 0; j < features; j++) {
      double left[NEAP_PAD];
      memcpy(left, columns + j * stride + i, sizeof left);
      for (size_t k = 0; k < j; k++) {
        const double *known = columns + k * stride + i;
        const double entry = lower[j * features + k];
        NEAP_LANES
        for (int r = 0; r < NEAP_PAD; r++)
          left[r] -= entry * known[r];
      }
      const double diagonal = lower[j * features + j];
      NEAP_LANES
      for (int r = 0; r < NEAP_PAD; r++)
        columns[j * stride + i + (size_t)r] = left[r] / diagonal;
    }
  }
}

// The smallest half square goes first, so that no exponential is too small.
static void find_least(size_t terms, size_t stride, const double *half,
                       double *least) {
  memcpy(least, half, NEAP_PAD * sizeof *least);
  for (size_t t = 1; t < terms; t++) {
    const double *row = half + t * stride;
    NEAP_LANES
    for (int r = 0; r < NEAP_PAD; r++)
      least[r] = row[r] < least[r] ? row[r] : least[r];
  }
}

void NEAP_NAME(neap_posterior)(size_t rows, size_t terms, const double *weights,
                               const uint32_t *term_classes, size_t classes,
                               size_t stride, const double *half,
                               double *shares) {
  for (size_t i = 0; i < rows; i += NEAP_PAD) {
    double least[NEAP_PAD], all[NEAP_PAD] = {0};
    find_least(terms, stride, half + i, least);
    for (size_t c = 0; c < classes; c++)
      memset(shares + c * stride + i, 0, sizeof all);
    for (size_t t = 0; t < terms; t++) {
      const double *row = half + t * stride + i;
      double *share = shares + term_classes[t] * stride + i;
      const double weight = weights[t];
      NEAP_LANES
      for (int r = 0; r < NEAP_PAD; r++) {
        const double part = weight * neap_exp(least[r] - row[r]);
        all[r] += part;
        share[r] += part;
      }
    }
    for (size_t c = 0; c < classes; c++) {
      double *share = shares + c * stride + i;
      NEAP_LANES
      for (int r = 0; r < NEAP_PAD; r++)
        share[r] /= all[r];
    }
  }
}

#endif
