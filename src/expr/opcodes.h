// expr/opcodes.h -- the functions that the rows of opcodes.def name.
#ifndef NEAP_EXPR_OPCODES_H
#define NEAP_EXPR_OPCODES_H

#include "kernel/math.h"

// What rounding lost, or 0 where that is no number.
NEAP_INLINE real known(real lost) {
  return lost == lost ? lost : R(0);
}

NEAP_INLINE real times(real a, real b) {
  const real product = a * b;
  return isunordered(a, b) ? product : known(product);
}

// a b + c.
NEAP_INLINE real times_add(real a, real b, real c) {
  const real sum = NEAP_FMA(a, b, c);
  return sum == sum ? sum : times(a, b) + c;
}

NEAP_INLINE real sign_of(real a) {
  return a > R(0) ? R(1) : a < R(0) ? R(-1) : a;
}

NEAP_INLINE real least_of(real a, real b) {
  return a < b || a != a ? a : b;
}

NEAP_INLINE real most_of(real a, real b) {
  return a > b || a != a ? a : b;
}

NEAP_INLINE real is_less(real a, real b) {
  return a < b ? R(1) : a >= b ? R(0) : a + b;
}

NEAP_INLINE real is_equal(real a, real b) {
  return a == b ? R(1) : a == a && b == b ? R(0) : a + b;
}

NEAP_INLINE real choose(real a, real b, real c) {
  return a == R(0) ? c : a != a ? a : b;
}

NEAP_INLINE real above_0(real a) {
  return a < R(0) ? R(0) : a;
}

NEAP_INLINE real low_above(real a, real low) {
  return a > R(0) ? low : R(0);
}

NEAP_INLINE real expm1_of(real a) {
  return neap_expm1(a);
}

NEAP_INLINE real tanh_of(real a) {
  const real t = neap_expm1(R(-2) * NEAP_ABS(a));
  const real value = -t / (R(2) + t);
  return a < R(0) ? -value : value;
}

NEAP_INLINE real add_lost(real a, real b, real sum) {
  const real back = sum - a;
  return known((a - (sum - back)) + (b - back));
}

NEAP_INLINE real multiply_lost(real a, real b, real product) {
  return known(product_error(a, b, product));
}

// e^b more of a, for a small b.
NEAP_INLINE real exp_add(real a, real b) {
  return a == R(INFINITY) ? a : NEAP_FMA(a, b, a);
}

// exp(-|a + b|) from e = exp(-|a|).
NEAP_INLINE real minus_abs_add(real a, real b, real e) {
  return NEAP_FMA(e, a < R(0) ? b : -b, e);
}

// Returns e^(a + b) for a small b, where a + b is `total` when rounded.
NEAP_INLINE real exp_of_parts(real a, real b, real total) {
  const real low = total < NEAP_EXP_LOW ? NEAP_EXP_LOW : total;
  const real near = low > NEAP_EXP_HIGH ? NEAP_EXP_HIGH : low;
  const real rounded = NEAP_FMA(near, NEAP_LOG2_E, NEAP_ROUNDING);
  const real k = rounded - NEAP_ROUNDING;
  real r = NEAP_FMA(k, -NEAP_LN2_HIGH, a) + b;
  r = NEAP_FMA(k, -NEAP_LN2_LOW, r);
  real value = exp_scaled(r, rounded);
  value = total > NEAP_EXP_HIGH ? R(INFINITY) : value;
  return total < NEAP_EXP_LOW ? R(0) : value;
}

// Returns exp(-g (high + low)), g in two parts, for high >= 0 without rounding
// error and a small low.
NEAP_INLINE real exp_of_cost(real high, real low, real g, real g_low) {
  const real product = known(-g * high);  // 0 times infinity is 0
  const real lost = NEAP_FMA(-g_low, high, product_error(-g, high, product));
  const real part = NEAP_FMA(-g, low, known(lost));
  return exp_of_parts(product, part, product + part);
}

// The same for g >= 0: the power is at most 1, so that one factor scales it.
NEAP_INLINE real exp_of_cost_above_0(real high, real low, real g, real g_low) {
  const real product = known(g * high);
  const real lost = NEAP_FMA(g_low, high, product_error(g, high, product));
  const real total = NEAP_FMA(g, low, product);
  const real rounded = NEAP_FMA(total, -NEAP_LOG2_E, NEAP_ROUNDING_LIFTED);
  const real k = rounded - NEAP_ROUNDING_LIFTED;
  real r = NEAP_FMA(k, -NEAP_LN2_HIGH, -product);
  r = NEAP_FMA(-g, low, r) - known(lost);
  r = NEAP_FMA(k, -NEAP_LN2_LOW, r);
  return total > -NEAP_EXP_LOW ? R(0) : exp_scaled_down(r, rounded);
}

NEAP_INLINE real rise_p(real a, real b, real c, real g, real g_low) {
  return exp_of_cost_above_0(above_0(-a), c - low_above(-a, b), g, g_low);
}

NEAP_INLINE real rise_q(real a, real b, real c, real g, real g_low) {
  return exp_of_cost_above_0(above_0(a), c + low_above(a, b), g, g_low);
}

// sigmoid(a + b)^g and (1 - sigmoid(a + b))^g; c = log(1 + exp(-|a + b|)).
NEAP_INLINE real power_p(real a, real b, real c, real g, real g_low) {
  return exp_of_cost(above_0(-a), c - low_above(-a, b), g, g_low);
}

NEAP_INLINE real power_q(real a, real b, real c, real g, real g_low) {
  return exp_of_cost(above_0(a), c + low_above(a, b), g, g_low);
}

// Returns whether b is a whole number, and whether it is an odd one.
NEAP_INLINE int is_whole(real b) {
  const real lift = R(1.5) * (real)((real_bits)1 << NEAP_MANTISSA_BITS);
  const real limit = (real)((real_bits)1 << (NEAP_MANTISSA_BITS - 1));
  return NEAP_ABS(b) >= limit || (b + lift) - lift == b;
}

// a^b, as the C library has it, within 4 ULP.
NEAP_INLINE real power(real a, real b) {
  const real scale = (real)((real_bits)1 << NEAP_MANTISSA_BITS);
  const real size = NEAP_ABS(a);
  const int tiny = size < NEAP_SMALLEST_NORMAL;
  const int outside = size == R(0) || size == R(INFINITY);
  const real raised = tiny ? size * scale : size;
  real high;
  const real low = log_parts(outside ? R(1) : raised, &high);
  // The scale is a power of two, so its logarithm is one of the exact ones.
  const real shift = R(NEAP_MANTISSA_BITS);
  const real whole = tiny ? high - shift * NEAP_LN2_HIGH : high;
  const real rest = tiny ? low - shift * NEAP_LN2_LOW : low;
  const real product = b * whole;
  const real part = NEAP_FMA(b, rest, known(product_error(b, whole, product)));
  const real inside = exp_of_parts(product, part, product + part);
  const int grows = (size > R(1)) == (b > R(0));
  real value = outside ? (grows ? R(INFINITY) : R(0)) : inside;
  const int odd = is_whole(b) && !is_whole(R(0.5) * b);
  value = a < R(0) ? (odd ? -value : value) : value;
  value = a < R(0) && !outside && !is_whole(b) ? R(NAN) : value;
  value = a != a || b != b ? a + b : value;
  return b == R(0) || a == R(1) ? R(1) : value;
}

#endif
