// train/moments.c -- see moments.h.
#include "train/moments.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "train/dot.h"

enum { SWEEP_MAX = 30 };

static void rotate(size_t count, double cosine, double sine, double *a,
                   double *b, size_t step) {
  for (size_t i = 0; i < count; i++) {
    const double x = a[i * step], y = b[i * step];
    a[i * step] = cosine * x - sine * y;
    b[i * step] = sine * x + cosine * y;
  }
}

// Makes a[p][q] 0; a has rows of `width` numbers.
static void turn(size_t n, size_t width, double *a, double *vectors, size_t p,
                 size_t q) {
  const double off = a[p * width + q];
  const double theta = (a[q * width + q] - a[p * width + p]) / (2 * off);
  const double sign = theta < 0 ? -1 : 1;
  const double t = sign / (fabs(theta) + sqrt(theta * theta + 1));
  const double cosine = 1 / sqrt(t * t + 1), sine = t * cosine;
  rotate(n, cosine, sine, a + p * width, a + q * width, 1);
  rotate(n, cosine, sine, a + p, a + q, width);
  rotate(n, cosine, sine, vectors + p * n, vectors + q * n, 1);
}

static void find_eigenvectors(size_t n, size_t width, double *a,
                              double *vectors) {
  double trace = 0;
  for (size_t i = 0; i < n * n; i++)
    vectors[i] = i % (n + 1) == 0;
  for (size_t i = 0; i < n; i++)
    trace += fabs(a[i * width + i]);
  const double least = DBL_EPSILON * trace / (double)(n > 0 ? n : 1);
  for (int sweep = 0, turns = 1; sweep < SWEEP_MAX && turns > 0; sweep++) {
    turns = 0;
    for (size_t p = 0; p < n; p++) {
      for (size_t q = p + 1; q < n; q++) {
        if (!(fabs(a[p * width + q]) > least))
          continue;
        turn(n, width, a, vectors, p, q);
        turns++;
      }
    }
  }
}

double neap_moments_condition(const neap_moments *m) {
  double most = 1, least = 1, square = 0;
  for (size_t i = 0; i < m->features; i++) {
    most = fmax(most, m->values[i]);
    least = fmin(least, m->values[i]);
    square += m->means[i] * m->means[i];
  }
  return (most + square) / least;
}

// out = x A, A: [features][width]; out: [width].
static void multiply(const neap_moments *m, const double *x, const double *a,
                     double *out) {
  const ptrdiff_t width = (ptrdiff_t)m->width;
  m->kernels->matmul(1, m->width, m->features, x, width, a, width, NULL, out,
                     width);
}

// A column that is constant, or alike another, gets some of the rounding of
// the largest.
static void raise_values(size_t n, double *values) {
  double most = 0;
  for (size_t i = 0; i < n; i++)
    most = fmax(most, values[i]);
  for (size_t i = 0; i < n; i++)
    values[i] = fmax(values[i], 1e-10 * most + DBL_MIN);
}

void neap_moments_find(double *sums, neap_moments *m) {
  const size_t n = m->features, width = n + 1;
  const double weight = sums[n * width + n];
  for (size_t i = 0; i < n; i++)
    m->means[i] = sums[i * width + n] / weight;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < n; j++) {
      sums[i * width + j] =
          sums[i * width + j] / weight - m->means[i] * m->means[j];
    }
  }
  // The eigenvectors are found in the place of V', close together.
  find_eigenvectors(n, width, sums, m->turned);
  for (size_t i = 0; i < n; i++) {
    m->values[i] = sums[i * width + i];
    memcpy(m->vectors + i * m->width, m->turned + i * n, n * sizeof(double));
    m->along[i] = neap_dot(n, m->vectors + i * m->width, m->means);
  }
  raise_values(n, m->values);
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < m->width; j++)
      m->turned[i * m->width + j] = j < n ? m->vectors[j * m->width + i] : 0;
  }
}

void neap_moments_solve(const neap_moments *m, double curvature, double l2,
                        double *x, double *scratch) {
  const size_t n = m->features;
  const double bias = x[n];
  double *out = scratch + m->width;
  for (size_t j = 0; j < n; j++)
    x[j] -= m->means[j] * bias;
  multiply(m, x, m->turned, scratch);
  for (size_t i = 0; i < n; i++)
    scratch[i] /= curvature * m->values[i] + l2;
  multiply(m, scratch, m->vectors, out);
  memcpy(x, out, n * sizeof *x);
  x[n] = bias / curvature - neap_dot(n, m->means, x);
}

double neap_moments_inverse_square(const neap_moments *m, const double *y,
                                   double *scratch) {
  const size_t n = m->features;
  const double bias = y[n];
  double sum = bias * bias;
  multiply(m, y, m->turned, scratch);
  for (size_t i = 0; i < n; i++) {
    const double along = scratch[i] - bias * m->along[i];
    sum += along * along / m->values[i];
  }
  return sum;
}
