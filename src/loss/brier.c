// loss/brier.c -- the squared error of a probability.
#include "loss/margin.h"

// f = q^2,   f' = -2 p q^2,   f'' = 2 p q^2 (2 p - q)
NEAP_INLINE neap_curve curve(neap_margin m, const neap_constants *c) {
  const real square = m.q * m.q, step = R(2) * (m.p * square);
  (void)c;
  return (neap_curve){.value = square,
                      .first = -step,
                      .plus = step * (R(2) * m.p),
                      .minus = step * m.q};
}

NEAP_CURVE_BLOCK

// Soft targets: with d = p - y = (1 - y) p - y q, which does not cancel,
//   f = d^2,   f' = 2 d p q,   f'' = 2 (p q)^2 + 2 d p q (q - p),
// and the class weight y w_1 + (1 - y) w_0.
static void soft_block(neap_margins *m, neap_margins *no, const real *y,
                       const neap_constants *c) {
  (void)no;
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real p = m->p[i], q = m->q[i], n = R(1) - y[i];
    const real weight = y[i] * c->weight1 + n * c->weight0;
    const real d = n * p - y[i] * q, pq = p * q;
    const real bend = d * (q - p) * pq;
    m->value[i] = weight * (d * d);
    m->first[i] = R(2) * weight * (d * pq);
    m->plus[i] = R(2) * weight * NEAP_FMA(pq, pq, bend > R(0) ? bend : R(0));
    m->minus[i] = R(2) * weight * (bend < R(0) ? -bend : R(0));
  }
}

static const neap_margin_loss margin_loss = {
    .curve = curve_block, .needs = NEAP_NEEDS_PROBABILITY, .soft = soft_block};

const neap_loss_form NEAP_NAME(neap_loss_brier) = {
    .name = "brier",
    .formula = "(p - y)^2, p = sigmoid(x)",
    .source = "Brier 1950, Mon. Weather Rev. 78(1), p. 1 (half of his sum)",
    .kind = NEAP_BINARY,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &margin_loss,
};
