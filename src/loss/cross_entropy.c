// loss/cross_entropy.c -- cross-entropy, of a sigmoid or of a softmax.
#include "loss/margin.h"

// f = -log p,   f' = -(1 - p),   f'' = p (1 - p)
// Never p - y, which loses the digits of both where they are close.
NEAP_INLINE neap_curve curve(neap_margin m, const neap_constants *c) {
  (void)c;
  return (neap_curve){.value = m.l, .first = -m.q, .plus = m.p * m.q};
}

void NEAP_NAME(neap_cross_entropy_curve)(neap_margins *m, int lanes,
                                         neap_order order,
                                         const neap_constants *c) {
  map_curve(m, lanes, order, c, curve);
}

// y w_1 l + (1 - y) w_0 l_0, where 0 times an infinite loss is 0.
void NEAP_NAME(neap_cross_entropy_soft)(neap_margins *m, neap_margins *no,
                                        const real *y,
                                        const neap_constants *c) {
  const real weight0 = c->weight0, weight1 = c->weight1;
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real yes = weight1 * y[i], not = weight0 * (R(1) - y[i]);
    const real cost1 = yes == R(0) ? R(0) : m->l[i];
    const real cost0 = not == R(0) ? R(0) : no->l[i];
    const real p = m->p[i], q = m->q[i], pq = p * q;
    m->value[i] = yes * cost1 + not *cost0;
    m->first[i] = not *p - yes * q;
    m->plus[i] = yes * pq + not *pq;
    m->minus[i] = R(0);
  }
}

// Its weight is 1, whatever the margin.
NEAP_INLINE neap_curve one(neap_margin m, const neap_constants *c) {
  (void)m;
  (void)c;
  return (neap_curve){.value = R(1)};
}

static void weight_block(neap_margins *m, int lanes, neap_order order,
                         const neap_constants *c) {
  map_curve(m, lanes, order, c, one);
}

static void prepare(const double *params, neap_constants *c) {
  (void)params;
  c->is_cross_entropy = 1;
}

static const neap_margin_loss margin_loss = {
    .prepare = prepare,
    .curve = NEAP_NAME(neap_cross_entropy_curve),
    .soft = NEAP_NAME(neap_cross_entropy_soft),
    .weight = weight_block,
};

const neap_loss_form NEAP_NAME(neap_loss_binary_cross_entropy) = {
    .name = "binary_cross_entropy",
    .formula = "-y log p - (1 - y) log(1 - p), p = sigmoid(x)",
    .source = "Cox 1958, J. R. Stat. Soc. B 20(2), sec. 2",
    .kind = NEAP_BINARY,
    .takes = NEAP_TAKES_AFTER,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &margin_loss,
};

const neap_loss_form NEAP_NAME(neap_loss_cross_entropy) = {
    .name = "cross_entropy",
    .formula = "-sum_k y_k log p_k, p = softmax(x)",
    .source = "Bridle 1990, Neurocomputing, NATO ASI F68, p. 227",
    .kind = NEAP_CLASSES,
    .takes = NEAP_TAKES_AFTER,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &margin_loss,
    .scratch_bytes = neap_softmax_bytes,
};
