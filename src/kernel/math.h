// kernel/math.h -- exp, log and their kin, branch-free, for vector loops.
//
// Each states its largest error in units in the last place (ULP), measured by
// tests/kernel/math_test.c on every instruction set. All take the whole range:
// NaN gives NaN, results below the normal range are rounded, not flushed.
#ifndef NEAP_KERNEL_MATH_H
#define NEAP_KERNEL_MATH_H

#include "kernel/polynomial.h"

// ln 2 in two parts; k times the high one is exact for every exponent k.
#if NEAP_REAL_BITS == 32
#define NEAP_LN2_HIGH 0x1.62ep-1f
#define NEAP_LN2_LOW 0x1.0bfbe8p-15f
#define NEAP_MANTISSA_BITS 23
#define NEAP_EXPONENT_BIAS 127
#define NEAP_SQRT_HALF 0x1.6a09e6p-1f
#define NEAP_SMALLEST_NORMAL 0x1p-126f
// Beyond these exp is 0 or infinity.
#define NEAP_EXP_LOW (-104.0f)
#define NEAP_EXP_HIGH 89.0f
#define NEAP_LIFT 64
#define NEAP_LIFTED 0x1p-64f
#else
#define NEAP_LN2_HIGH 0x1.62e42feep-1
#define NEAP_LN2_LOW 0x1.a39ef35793c76p-33
#define NEAP_MANTISSA_BITS 52
#define NEAP_EXPONENT_BIAS 1023
#define NEAP_SQRT_HALF 0x1.6a09e667f3bcdp-1
#define NEAP_SMALLEST_NORMAL 0x1p-1022
#define NEAP_EXP_LOW (-746.0)
#define NEAP_EXP_HIGH 710.0
#define NEAP_LIFT 512
#define NEAP_LIFTED 0x1p-512
#endif

#define NEAP_LOG2_E R(0x1.71547652b82fep0)

// Added to a number and taken away again it leaves the nearest whole number,
// and in between the low bits hold that number plus twice the exponent bias.
#define NEAP_ROUNDING                                    \
  (R(1.5) * (real)((real_bits)1 << NEAP_MANTISSA_BITS) + \
   R(2 * NEAP_EXPONENT_BIAS))

// Returns e^r 2^k for |r| <= ln(2) / 2; rounded holds k as NEAP_ROUNDING
// leaves it. Two factors, so that k may be far below the normal range.
NEAP_INLINE real exp_scaled(real r, real rounded) {
  const real tail = NEAP_FMA(r * r, exp_tail(r), r);  // e^r - 1
  const real_bits k = bits_of(rounded), half = k >> 1;
  const real first = real_of(half << NEAP_MANTISSA_BITS);
  const real second = real_of((k - half) << NEAP_MANTISSA_BITS);
  return NEAP_FMA(tail, first, first) * second;
}

// Returns r and what NEAP_ROUNDING leaves, such that x = k ln 2 + r.
NEAP_INLINE real exp_reduced(real x, real *rounded) {
  *rounded = NEAP_FMA(x, NEAP_LOG2_E, NEAP_ROUNDING);
  const real k = *rounded - NEAP_ROUNDING;
  const real r = NEAP_FMA(k, -NEAP_LN2_HIGH, x);
  return NEAP_FMA(k, -NEAP_LN2_LOW, r);
}

// Returns e^x, within 1 ULP.
NEAP_INLINE real neap_exp(real x) {
  x = x < NEAP_EXP_LOW ? NEAP_EXP_LOW : x;
  x = x > NEAP_EXP_HIGH ? NEAP_EXP_HIGH : x;
  real rounded;
  const real r = exp_reduced(x, &rounded);
  return exp_scaled(r, rounded);
}

// As NEAP_ROUNDING, but the low bits hold that number plus NEAP_EXPONENT_BIAS
// plus NEAP_LIFT.
#define NEAP_ROUNDING_LIFTED                             \
  (R(1.5) * (real)((real_bits)1 << NEAP_MANTISSA_BITS) + \
   R(NEAP_EXPONENT_BIAS + NEAP_LIFT))

// Returns e^r 2^k for |r| <= ln(2) / 2 and k <= 0, with k as it is left by
// NEAP_ROUNDING_LIFTED: 2^NEAP_LIFT too much first, so that one factor does.
NEAP_INLINE real exp_scaled_down(real r, real rounded) {
  const real tail = NEAP_FMA(r * r, exp_tail(r), r);
  const real factor = real_of(bits_of(rounded) << NEAP_MANTISSA_BITS);
  return NEAP_FMA(tail, factor, factor) * NEAP_LIFTED;
}

// Returns e^x for NEAP_EXP_LOW <= x <= 0, within 1 ULP.
NEAP_INLINE real exp_below_0(real x) {
  const real rounded = NEAP_FMA(x, NEAP_LOG2_E, NEAP_ROUNDING_LIFTED);
  const real k = rounded - NEAP_ROUNDING_LIFTED;
  const real r = NEAP_FMA(k, -NEAP_LN2_HIGH, x);
  return exp_scaled_down(NEAP_FMA(k, -NEAP_LN2_LOW, r), rounded);
}

// Returns e^-|x|, within 1 ULP.
NEAP_INLINE real exp_of_minus_abs(real x) {
  const real_bits sign = (real_bits)1 << (8 * sizeof(real) - 1);
  const real minus = real_of(bits_of(x) | sign);
  return exp_below_0(minus < NEAP_EXP_LOW ? NEAP_EXP_LOW : minus);
}

// Returns log(1 + e) for 0 <= e <= 1, within 2 ULP.
NEAP_INLINE real log1p_unit(real e) {
  return e * log1p_unit_tail(e);
}

// Returns what is left of log(x), x > 0 normal, beyond *high, which has no
// rounding error: log(x) = *high + low with |low| < 0.35.
NEAP_INLINE real log_parts(real x, real *high) {
  const real_bits bias = (real_bits)NEAP_EXPONENT_BIAS;
  const real_bits raised =
      bits_of(x) - bits_of(NEAP_SQRT_HALF) + (bias << NEAP_MANTISSA_BITS);
  const real_bits biased = raised >> NEAP_MANTISSA_BITS;
  const real f =
      real_of(bits_of(x) - ((biased - bias) << NEAP_MANTISSA_BITS)) - R(1);
  const real_bits power = bits_of((real)((real_bits)1 << NEAP_MANTISSA_BITS));
  const real k = real_of(power | biased) - real_of(power | bias);
  const real square = f * f;
  const real tail = NEAP_FMA(square * f, log_tail(f), k * NEAP_LN2_LOW);
  *high = k * NEAP_LN2_HIGH;
  return f + NEAP_FMA(R(-0.5), square, tail);
}

// Returns log(x) + low for a normal x > 0 and a small low.
NEAP_INLINE real log_core(real x, real low) {
  // x = 2^k (1 + f) with sqrt(1/2) <= 1 + f < sqrt(2).
  const real_bits bias = (real_bits)NEAP_EXPONENT_BIAS;
  const real_bits raised =
      bits_of(x) - bits_of(NEAP_SQRT_HALF) + (bias << NEAP_MANTISSA_BITS);
  const real_bits biased = raised >> NEAP_MANTISSA_BITS;  // k + bias
  const real f =
      real_of(bits_of(x) - ((biased - bias) << NEAP_MANTISSA_BITS)) - R(1);
  // A whole number below 2^mantissa, written into the low bits of 2^mantissa.
  const real_bits power = bits_of((real)((real_bits)1 << NEAP_MANTISSA_BITS));
  const real k = real_of(power | biased) - real_of(power | bias);
  const real square = f * f;
  const real tail =
      NEAP_FMA(square * f, log_tail(f), NEAP_FMA(k, NEAP_LN2_LOW, low));
  return NEAP_FMA(k, NEAP_LN2_HIGH, f + NEAP_FMA(R(-0.5), square, tail));
}

// Returns log(x), within 2 ULP; -inf at 0, NaN below.
NEAP_INLINE real neap_log(real x) {
  const real scale = (real)((real_bits)1 << NEAP_MANTISSA_BITS);
  const real lift = R(NEAP_MANTISSA_BITS) * R(0x1.62e42fefa39efp-1);
  const int tiny = x < NEAP_SMALLEST_NORMAL;
  const real normal = tiny ? x * scale : x;
  real y = log_core(normal, R(0));
  y = tiny ? y - lift : y;
  y = x == R(0) ? -R(INFINITY) : y;
  y = x == R(INFINITY) ? x : y;
  return x < R(0) || x != x ? R(NAN) : y;
}

// Returns log(1 + x), within 2 ULP; -inf at -1, NaN below.
NEAP_INLINE real neap_log1p(real x) {
  const real u = R(1) + x;
  const real lost = x < R(1) ? x - (u - R(1)) : R(1) - (u - x);
  real y = log_core(u, lost / u);
  y = x == R(-1) ? -R(INFINITY) : y;
  y = x == R(INFINITY) ? x : y;
  return x < R(-1) || x != x ? R(NAN) : y;
}

// Returns e^x - 1, within 3 ULP; x <= NEAP_EXP_HIGH.
NEAP_INLINE real neap_expm1(real x) {
  const int small = NEAP_ABS(x) <= R(0.3465);
  const real r = small ? x : R(0);
  return small ? NEAP_FMA(r * r, exp_tail(r), r) : neap_exp(x) - R(1);
}

// Returns 1 / (1 + e^-x), within 2 ULP.
NEAP_INLINE real neap_sigmoid(real x) {
  const real e = exp_of_minus_abs(x), above = x < R(0) ? e : R(1);
  const real below = R(1) + e, lost = e - (below - R(1));
  const real inverse = R(1) / below, y = above * inverse;
  // One step of Newton's takes back what the sum and the quotient lost.
  const real product = y * below;
  const real left = (above - product) - product_error(y, below, product);
  return NEAP_FMA(left - y * lost, inverse, y);
}

#endif
