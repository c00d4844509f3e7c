// loss/poly1.c -- Poly-1: cross-entropy with its first coefficient changed.
#include "loss/margin.h"

enum { EPSILON };

// f = l + e q,   f' = -q (1 + e p),   f'' = p q (1 + e (p - q))
NEAP_INLINE neap_curve curve(neap_margin m, const neap_constants *c) {
  const real e = c->c[EPSILON];
  const real pq = m.p * m.q, up = e > R(0) ? m.p : -m.q;
  const real down = e > R(0) ? m.q : -m.p;
  return (neap_curve){.value = NEAP_FMA(e, m.q, m.l),
                      .first = -m.q * NEAP_FMA(e, m.p, R(1)),
                      .plus = pq * NEAP_FMA(e, up, R(1)),
                      .minus = pq * (e * down)};
}

NEAP_CURVE_BLOCK

static void prepare(const double *params, neap_constants *c) {
  c->c[EPSILON] = (real)params[0];
}

static const neap_margin_loss margin_loss = {.prepare = prepare,
                                             .curve = curve_block};

static const neap_parameter parameter_rows[] = {
    {"epsilon", 2, -1, 1e6, .meaning = "what is added to the first"}, {0}};

const neap_loss_form NEAP_NAME(neap_loss_poly1) = {
    .name = "poly1",
    .formula = "-log p_t + epsilon (1 - p_t), p = sigmoid(x)",
    .source = "Leng et al. 2022, ICLR, arXiv 2204.12511, eq. 5",
    .kind = NEAP_BINARY,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &margin_loss,
};

const neap_loss_form NEAP_NAME(neap_loss_softmax_poly1) = {
    .name = "softmax_poly1",
    .formula = "sum_k y_k (-log p_k + epsilon (1 - p_k)), p = softmax(x)",
    .source = "Leng et al. 2022, ICLR, arXiv 2204.12511, eq. 5",
    .kind = NEAP_CLASSES,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &margin_loss,
    .scratch_bytes = neap_softmax_bytes,
};
