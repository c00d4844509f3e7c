// tests/loss/divergence_test.c -- entropy, cross-entropy and KL.
#include "check.h"
#include "loss/loss.h"

// The cat, dog, bird example; figures by hand from log 0.8 = -0.22314355131421
// and log 0.1 = -2.30258509299405.
static void test_example(const neap *engine) {
  const double truth[] = {1, 0, 0}, guess[] = {0.8, 0.1, 0.1};
  CHECK(fabs(neap_diverge(engine, NEAP_CROSS_ENTROPY, 3, truth, guess) -
             0.22314355131421) < 1e-14);
  CHECK(fabs(neap_diverge(engine, NEAP_KL, 3, truth, guess) -
             0.22314355131421) < 1e-14);
  CHECK(neap_diverge(engine, NEAP_ENTROPY, 3, truth, NULL) == 0);
  const double rare[] = {0, 0, 1};
  CHECK(fabs(neap_diverge(engine, NEAP_CROSS_ENTROPY, 3, rare, guess) -
             2.30258509299405) < 1e-14);
  const double half[] = {0.5, 0.5};
  CHECK(fabs(neap_diverge(engine, NEAP_ENTROPY, 2, half, NULL) -
             0.693147180559945) < 1e-15);
}

static void test_limits(const neap *engine) {
  const double p[] = {0.5, 0.5, 0}, q[] = {1, 0, 0}, r[] = {0.5, 0.25, 0.25};
  CHECK(neap_diverge(engine, NEAP_KL, 3, p, q) == INFINITY);
  CHECK(neap_diverge(engine, NEAP_CROSS_ENTROPY, 3, p, q) == INFINITY);
  CHECK(neap_diverge(engine, NEAP_KL, 3, p, p) == 0);
  CHECK(isfinite(neap_diverge(engine, NEAP_KL, 3, p, r)));
  const double tiny[] = {1e-310, 1}, half[] = {0.5, 0.5};
  CHECK(fabs(neap_diverge(engine, NEAP_KL, 2, tiny, half) - log(2)) < 1e-15);
  // KL + entropy = cross-entropy.
  const double sum = neap_diverge(engine, NEAP_KL, 3, p, r) +
                     neap_diverge(engine, NEAP_ENTROPY, 3, p, NULL);
  CHECK(fabs(sum - neap_diverge(engine, NEAP_CROSS_ENTROPY, 3, p, r)) < 1e-15);
}

// Close distributions keep their digits: q = p (1 + e c) with sum p c = 0 has
// KL = sum p (e c - log(1 + e c)), about e^2/2 sum p c^2. No value is ever
// negative. At 1e-9 a plain sum of p (log p - log q) has no digit left.
static void test_close(const neap *engine) {
  enum { N = 1000 };
  static double p[N], q[N];
  for (double e = 0.5; e > 1e-9; e /= 3) {
    long double truth = 0;
    for (int i = 0; i < N; i += 2) {
      p[i] = p[i + 1] = (1 + test_uniform((uint64_t)i)) / 1500;
      const double c = test_uniform((uint64_t)i + 1) * e * p[i];
      q[i] = p[i] + c;
      q[i + 1] = p[i + 1] - c;
      for (int j = i; j < i + 2; j++) {
        const long double d = ((long double)q[j] - p[j]) / p[j];
        long double excess = 0, power = d * d;
        for (int n = 2; n < 80; n++, power *= -d)
          excess += power / n;
        truth += (long double)p[j] * excess;
      }
    }
    const double got = neap_diverge(engine, NEAP_KL, N, p, q);
    CHECK_SHOW(fabsl((long double)got - truth) < 1e-14L * truth, "%g at %g",
               got, e);
  }
}

// Logits against the definitions in long double, whose exponents reach further:
// near and far, with classes that can't be.
static long double log_softmax(const double *z, int k, int j) {
  long double others = 0;
  if (z[j] == -INFINITY)
    return -INFINITY;
  for (int i = 0; i < k; i++)
    others += i == j ? 0 : expl((long double)z[i] - z[j]);
  return -log1pl(others);
}

static long double term(long double log_a, long double log_b) {
  return log_a == -INFINITY ? 0 : expl(log_a) * (log_a - log_b);
}

static long double defined(neap_divergence what, const double *u,
                           const double *z, int k) {
  long double sum = 0;
  for (int j = 0; j < k; j++) {
    const long double p = log_softmax(u, k, j), q = log_softmax(z, k, j);
    const long double top = p > q ? p : q, low = p > q ? q : p;
    const long double m =
        top == -INFINITY ? top : top + log1pl(expm1l(low - top) / 2);
    if (what == NEAP_ENTROPY)
      sum += term(p, 0) * -1;
    if (what == NEAP_CROSS_ENTROPY && p > -INFINITY)
      sum -= expl(p) * q;
    if (what == NEAP_KL)
      sum += term(p, q);
    if (what == NEAP_REVERSE_KL)
      sum += term(q, p);
    if (what == NEAP_JENSEN_SHANNON)
      sum += (term(p, m) + term(q, m)) / 2;
  }
  return sum;
}

static void test_logits(const neap *engine) {
  static const double pairs[][2][3] = {{{0, 800, 0}, {800, 0, 0}},
                                       {{1, 2, 3}, {3, 1, 2}},
                                       {{0.5, 0, 0.25}, {0.5, 0, 1}},
                                       {{40, 0, -40}, {30, 5, -50}},
                                       {{-INFINITY, 1, 2}, {-INFINITY, 2, 1}},
                                       {{1, 2, -3}, {1, 9, 9}}};
  static _Alignas(64) char scratch[1 << 16];
  CHECK(neap_diverge_bytes(engine, 3) <= sizeof scratch);
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    for (int what = NEAP_ENTROPY; what <= NEAP_JENSEN_SHANNON; what++) {
      const double *u = pairs[i][0], *z = pairs[i][1];
      const long double truth = defined((neap_divergence)what, u, z, 3);
      double got;
      neap_diverge_logits(engine, (neap_divergence)what, 1, 3, u, z, &got,
                          scratch);
      CHECK_SHOW(fabsl(got - truth) <= 4e-15L * truth + 1e-300L,
                 "%d of pair %zu: %.17g, %.17Lg", what, i, got, truth);
    }
  }
}

static void test_isa(const neap *engine) {
  test_example(engine);
  test_limits(engine);
  test_close(engine);
  test_logits(engine);
}

int main(void) {
  for_each_isa(test_isa);
  return check_result();
}
