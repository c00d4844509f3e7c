// loss/sigmoid.h -- the margins of a block of logits, for sigmoid.c.
//
// Short loops, each over the whole block: several of their iterations are in
// flight at once where one long loop would wait for its own results.
#ifndef NEAP_LOSS_SIGMOID_H
#define NEAP_LOSS_SIGMOID_H

#include "loss/margin.h"

static const real ones[NEAP_BLOCK_LANES] = {
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const real zeros[NEAP_BLOCK_LANES];

static void find_exponentials(const real *x, real *e) {
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++)
    e[i] = exp_of_minus_abs(x[i]);
}

// The margins of x for y = 1 and of -x for y = 0. Their `small` is 0, and
// stays what it was.
static void find_margins(const real *x, const real *y, const real *e,
                         neap_margins *m) {
  m->y = y;
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const int positive = (x[i] > R(0)) == (y[i] != R(0));
    const real a = NEAP_ABS(x[i]), l1 = log1p_unit(e[i]);
    const real r = R(1) / (R(1) + e[i]), er = e[i] * r;
    m->l[i] = (positive ? R(0) : a) + l1;
    m->p[i] = positive ? r : er;
    m->q[i] = positive ? er : r;
    m->x[i] = positive ? a : -a;
    m->l1[i] = l1;
  }
}

static void find_probabilities(const real *x, const real *y, const real *e,
                               neap_margins *m) {
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const int positive = (x[i] > R(0)) == (y[i] != R(0));
    const real r = R(1) / (R(1) + e[i]), er = e[i] * r;
    m->p[i] = positive ? r : er;
    m->q[i] = positive ? er : r;
  }
}

static void find_logits(const real *x, const real *y, neap_margins *m) {
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++)
    m->x[i] = y[i] != R(0) ? x[i] : -x[i];
}

// The margins of both targets.
static void find_both_margins(const real *x, real *e, neap_margins *yes,
                              neap_margins *no) {
  find_exponentials(x, e);
  find_margins(x, ones, e, yes);
  no->y = zeros;
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real above = x[i] > R(0) ? x[i] : R(0);
    no->l[i] = above + yes->l1[i];
    no->p[i] = yes->q[i];
    no->q[i] = yes->p[i];
    no->x[i] = -yes->x[i];
    no->l1[i] = yes->l1[i];
  }
}

// What a block's curves come to with the class weights in them. The constant
// length of the inner loop lets every store be a whole vector, aligned or not.
// A class that weighs nothing counts nothing, even where its loss is infinite.
static void finish_first(const real *y, const neap_constants *c,
                         const neap_margins *m, real *value, real *gradient) {
  const real weight0 = c->weight0, weight1 = c->weight1;
  for (int start = 0; start < NEAP_BLOCK_LANES; start += NEAP_SUM_LANES) {
    const real *cost = m->value + start, *first = m->first + start;
    const real *target = y + start;
    real *to_value = value + start, *to_gradient = gradient + start;
    NEAP_LANES
    for (int i = 0; i < NEAP_SUM_LANES; i++) {
      const int yes = target[i] != R(0);
      const real weight = yes ? weight1 : weight0;
      to_value[i] = weight * (weight == R(0) ? R(0) : cost[i]);
      to_gradient[i] = (yes ? weight1 : -weight0) * first[i];
    }
  }
}

static void finish_second(const real *y, neap_second to,
                          const neap_constants *c, const neap_margins *m,
                          real *hessian) {
  const real weight0 = c->weight0, weight1 = c->weight1;
  for (int start = 0; start < NEAP_BLOCK_LANES; start += NEAP_SUM_LANES) {
    const real *plus = m->plus + start, *minus = m->minus + start;
    const real *target = y + start;
    real *to_hessian = hessian + start;
    NEAP_LANES
    for (int i = 0; i < NEAP_SUM_LANES; i++) {
      const real weight = target[i] != R(0) ? weight1 : weight0;
      to_hessian[i] = weight * second_of(plus[i], minus[i], to);
    }
  }
}

// Returns how many targets are neither 0 nor 1.
NEAP_INLINE int count_soft(const real *y, const int lanes) {
  int count = 0;
  NEAP_LANES
  for (int i = 0; i < lanes; i++)
    count += (y[i] != R(0)) & (y[i] != R(1));
  return count;
}

// Puts the results of a soft block where targets are soft.
static void put_soft(const real *y, neap_second to, const neap_margins *m,
                     real *value, real *gradient, real *hessian) {
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const int hard = y[i] == R(0) || y[i] == R(1);
    const real h = second_of(m->plus[i], m->minus[i], to);
    value[i] = hard ? value[i] : m->value[i];
    gradient[i] = hard ? gradient[i] : m->first[i];
    hessian[i] = hard ? hessian[i] : h;
  }
}

#endif
