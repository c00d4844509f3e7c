// loss/divergence.c -- entropy and its kin, from probabilities.
#include <math.h>

#include "loss/loss.h"

enum { PIECE = 256 };

// Calls with natural logarithms of up to PIECE numbers at a time.
static void take_logs(const neap *engine, size_t count, const double *x,
                      double *logs) {
  neap_kernels_of(engine, NEAP_FLOAT64)->log(count, x, logs);
}

static size_t piece_of(size_t count, size_t start) {
  return count - start < PIECE ? count - start : PIECE;
}

double neap_cross_entropy(const neap *engine, size_t count, const double *p,
                          const double *q) {
  double sum = 0, logs[PIECE], terms[PIECE];
  for (size_t start = 0; start < count; start += PIECE) {
    const size_t n = piece_of(count, start);
    take_logs(engine, n, q + start, logs);
    for (size_t i = 0; i < n; i++) {
      terms[i] = p[start + i] == 0 ? 0 : -p[start + i] * logs[i];
    }
    sum += neap_kernels_of(engine, NEAP_FLOAT64)->sum(n, terms);
  }
  return sum;
}

double neap_entropy(const neap *engine, size_t count, const double *p) {
  return neap_cross_entropy(engine, count, p, p);
}

// Returns d - log(1 + d) from its series, for |d| <= 1/4.
static double small_excess(double d) {
  double power = d * d, sum = 0, term;
  int n = 2;
  do {
    term = power / n++;
    sum += term;
    power *= -d;
  } while (fabs(term) > 0x1p-56 * sum);
  return sum;
}

// With d = (q - p) / p each term is p (d - log(1 + d)) >= 0, and q where p is
// 0: the terms p log(p / q) with q - p added, which adds 0 in all. So close
// distributions keep their digits, and no rounding makes the sum negative.
double neap_kl(const neap *engine, size_t count, const double *p,
               const double *q) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT64);
  double sum = 0, d[PIECE], terms[PIECE];
  for (size_t start = 0; start < count; start += PIECE) {
    const size_t n = piece_of(count, start);
    const double *a = p + start, *b = q + start;
    for (size_t i = 0; i < n; i++)
      d[i] = a[i] > 0 ? (b[i] - a[i]) / a[i] : 0;
    kernels->log1p(n, d, terms);
    for (size_t i = 0; i < n; i++) {
      const double excess =
          fabs(d[i]) <= 0.25 ? small_excess(d[i]) : d[i] - terms[i];
      terms[i] = a[i] > 0 ? a[i] * excess : b[i];
      if (isinf(d[i]))  // a is far below b
        terms[i] = a[i] * (log(a[i]) - log(b[i])) + (b[i] - a[i]);
    }
    sum += kernels->sum(n, terms);
  }
  return sum;
}
