// kernel/activation.c -- activations of hidden units with their derivatives,
// and dropout.
#include "kernel/math.h"
#include "kernel/table.h"

// f(z) and f'(z).
typedef struct activated {
  real value, slope;
} activated;

// max(z, 0); the slope at 0 is 0. NaN stays NaN.
NEAP_INLINE activated relu(real z) {
  return (activated){.value = z < R(0) ? R(0) : z,
                     .slope = z > R(0) ? R(1) : R(0)};
}

// tanh |z| = -t / (t + 2) with t = e^(-2|z|) - 1; the slope is 4 e / (1 + e)^2.
NEAP_INLINE activated hyperbolic(real z) {
  const real a = NEAP_ABS(z), bound = -NEAP_EXP_LOW / R(2);
  const real t = neap_expm1(R(-2) * (a > bound ? bound : a));
  const real over = R(1) / (R(2) + t), value = -t * over;
  return (activated){.value = z < R(0) ? -value : value,
                     .slope = R(4) * (R(1) + t) * over * over};
}

// z s with s = sigmoid(z); the slope is s + z s (1 - s).
NEAP_INLINE activated swish(real z) {
  const real e = exp_of_minus_abs(z), r = R(1) / (R(1) + e), er = e * r;
  const real s = z < R(0) ? er : r, other = z < R(0) ? r : er;
  return (activated){.value = z == -R(INFINITY) ? R(0) : z * s,
                     .slope = NEAP_FMA(z * s, other, s)};
}

// z F with F the normal distribution function, F(-x) = erfc(x / sqrt 2) / 2;
// the slope is F + z e^(-z^2 / 2) / sqrt(2 pi).
NEAP_INLINE activated gaussian(real z) {
  const real a = NEAP_ABS(z), x = a * NEAP_SQRT_HALF;
  const real bound = a > R(40) ? R(40) : a;
  const real power = exp_of_minus_abs(R(0.5) * bound * bound);
  const real t = R(2) / (R(2) + x);
  const real tail = R(0.5) * t * power * neap_exp(erfc_tail(t));
  const real f = z < R(0) ? tail : R(1) - tail;
  const real density = power * R(0x1.9884533d43651p-2);  // 1 / sqrt(2 pi)
  return (activated){
      .value = a > R(40) && z < R(0) ? R(0) : z * f,
      .slope = NEAP_FMA(bound * density, z < R(0) ? R(-1) : R(1), f)};
}

typedef activated activation(real z);

NEAP_INLINE void apply(size_t count, real *z, real *a, activation *f) {
  for (size_t i = 0; i < count; i += NEAP_SUM_LANES) {
    NEAP_LANES
    for (int lane = 0; lane < NEAP_SUM_LANES; lane++) {
      const activated at = f(z[i + (size_t)lane]);
      a[i + (size_t)lane] = at.value;
      z[i + (size_t)lane] = at.slope;
    }
  }
}

void NEAP_NAME(neap_activate)(neap_activation what, size_t count, void *z,
                              void *a) {
  switch (what) {
    case NEAP_RELU:
      apply(count, z, a, relu);
      break;
    case NEAP_TANH:
      apply(count, z, a, hyperbolic);
      break;
    case NEAP_GELU:
      apply(count, z, a, gaussian);
      break;
    case NEAP_SILU:
      apply(count, z, a, swish);
  }
}

void NEAP_NAME(neap_multiply)(size_t count, const void *by, void *x) {
  const real *factor = by;
  real *to = x;
  NEAP_LANES
  for (size_t i = 0; i < count; i++)
    to[i] *= factor[i];
}

// A unit stays where its 16 bits are at or above rate 2^16.
void NEAP_NAME(neap_drop)(size_t count, const uint16_t *bits, double rate,
                          void *a, void *slope) {
  const int32_t threshold = (int32_t)(rate * 65536 + 0.5);
  const real scale = (real)(65536.0 / (65536 - threshold));
  real *value = a, *derivative = slope;
  NEAP_LANES
  for (size_t i = 0; i < count; i++) {
    const real keep = (int32_t)bits[i] >= threshold ? scale : R(0);
    value[i] *= keep;
    derivative[i] *= keep;
  }
}

void NEAP_NAME(neap_load)(size_t count, const double *from, void *to) {
  real *x = to;
  NEAP_LANES
  for (size_t i = 0; i < count; i++)
    x[i] = (real)from[i];
}

void NEAP_NAME(neap_accumulate)(size_t count, const void *from, double *to) {
  const real *x = from;
  NEAP_LANES
  for (size_t i = 0; i < count; i++)
    to[i] += (double)x[i];
}

#if NEAP_REAL_BITS == 64

void NEAP_NAME(neap_divide)(size_t count, double by, double *x) {
  NEAP_LANES
  for (size_t i = 0; i < count; i++)
    x[i] /= by;
}

void NEAP_NAME(neap_adam)(size_t count, const neap_adam *by,
                          const double *gradient, double *m, double *v,
                          double *x) {
  const neap_adam s = *by;
  NEAP_LANES
  for (size_t i = 0; i < count; i++) {
    const double g = s.clip * gradient[i] + s.inside * x[i];
    m[i] = s.b1 * m[i] + (1 - s.b1) * g;
    v[i] = s.b2 * v[i] + (1 - s.b2) * (g * g);
    const double kept = x[i] - s.outside * x[i];
    x[i] = kept - s.length * m[i] / (sqrt(v[i] * s.bias) + s.epsilon);
  }
}

#endif
