// loss/symmetric_cross_entropy.c -- cross-entropy both ways, with log 0 cut.
#include "loss/margin.h"

enum { FORWARD, REVERSE };

// With a, and b the reverse weight times -log 0:
//   f = a l + b q,   f' = -q (a + b p),   f'' = p q (a + b (p - q))
NEAP_INLINE neap_curve curve(neap_margin m, const neap_constants *c) {
  const real a = c->c[FORWARD], b = c->c[REVERSE], pq = m.p * m.q;
  const real cost = a == R(0) ? R(0) : a * m.l;
  return (neap_curve){.value = NEAP_FMA(b, m.q, cost),
                      .first = -m.q * NEAP_FMA(b, m.p, a),
                      .plus = pq * NEAP_FMA(b, m.p, a),
                      .minus = pq * (b * m.q)};
}

NEAP_CURVE_BLOCK

static void prepare(const double *params, neap_constants *c) {
  c->c[FORWARD] = (real)params[0];
  c->c[REVERSE] = (real)(params[1] * params[2]);
}

static const neap_margin_loss margin_loss = {.prepare = prepare,
                                             .curve = curve_block};

static const neap_parameter parameter_rows[] = {
    {"forward", 0.1, 0, 1e6, .meaning = "weight of the cross-entropy"},
    {"reverse", 1, 0, 1e6, .meaning = "weight of the reverse one"},
    {"cut", 4, 0, 1e6, .meaning = "what -log 0 is taken as"},
    {0}};

const neap_loss_form NEAP_NAME(neap_loss_symmetric_cross_entropy) = {
    .name = "symmetric_cross_entropy",
    .formula = "-forward log p_t + reverse cut (1 - p_t), p = sigmoid(x)",
    .source = "Wang et al. 2019, ICCV, arXiv 1908.06112, eq. 6",
    .kind = NEAP_BINARY,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &margin_loss,
};

const neap_loss_form NEAP_NAME(neap_loss_softmax_symmetric_cross_entropy) = {
    .name = "softmax_symmetric_cross_entropy",
    .formula = "sum_k y_k (-forward log p_k + reverse cut (1 - p_k))",
    .source = "Wang et al. 2019, ICCV, arXiv 1908.06112, eq. 6",
    .kind = NEAP_CLASSES,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &margin_loss,
    .scratch_bytes = neap_softmax_bytes,
};
