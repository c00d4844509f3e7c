// tests/loss/divergence_test.c -- entropy, cross-entropy and KL.
#include "check.h"
#include "loss/loss.h"

// The cat, dog, bird example; figures by hand from log 0.8 = -0.22314355131421
// and log 0.1 = -2.30258509299405.
static void test_example(const neap *engine) {
  const double truth[] = {1, 0, 0}, guess[] = {0.8, 0.1, 0.1};
  CHECK(fabs(neap_cross_entropy(engine, 3, truth, guess) - 0.22314355131421) <
        1e-14);
  CHECK(fabs(neap_kl(engine, 3, truth, guess) - 0.22314355131421) < 1e-14);
  CHECK(neap_entropy(engine, 3, truth) == 0);
  const double rare[] = {0, 0, 1};
  CHECK(fabs(neap_cross_entropy(engine, 3, rare, guess) - 2.30258509299405) <
        1e-14);
  const double half[] = {0.5, 0.5};
  CHECK(fabs(neap_entropy(engine, 2, half) - 0.693147180559945) < 1e-15);
}

static void test_limits(const neap *engine) {
  const double p[] = {0.5, 0.5, 0}, q[] = {1, 0, 0}, r[] = {0.5, 0.25, 0.25};
  CHECK(neap_kl(engine, 3, p, q) == INFINITY);
  CHECK(neap_cross_entropy(engine, 3, p, q) == INFINITY);
  CHECK(neap_kl(engine, 3, p, p) == 0);
  CHECK(isfinite(neap_kl(engine, 3, p, r)));
  const double tiny[] = {1e-310, 1}, half[] = {0.5, 0.5};
  CHECK(fabs(neap_kl(engine, 2, tiny, half) - log(2)) < 1e-15);
  // KL + entropy = cross-entropy.
  const double sum = neap_kl(engine, 3, p, r) + neap_entropy(engine, 3, p);
  CHECK(fabs(sum - neap_cross_entropy(engine, 3, p, r)) < 1e-15);
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
    const double got = neap_kl(engine, N, p, q);
    CHECK_SHOW(fabsl((long double)got - truth) < 1e-14L * truth, "%g at %g",
               got, e);
  }
}

static void test_isa(const neap *engine) {
  test_example(engine);
  test_limits(engine);
  test_close(engine);
}

int main(void) {
  for_each_isa(test_isa);
  return check_result();
}
