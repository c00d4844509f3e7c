// loss/generalized_cross_entropy.c -- between cross-entropy and the mean
// absolute error.
#include "loss/margin.h"

enum { Q, Q_LOW, INVERSE };

// With P = p^Q:
//   f = (1 - P) / Q,   f' = -P q,   f'' = P q (p - Q q)
// Where Q l is small, f = l - Q l^2 tail(-Q l), which is l for Q = 0.
NEAP_INLINE neap_curve curve(neap_margin m, const neap_constants *c) {
  const real order = c->c[Q],
             power = power_of_p(m, (neap_wide){order, c->c[Q_LOW]});
  const real t = order * m.l, limit = R(0.3465);
  const int near = t <= limit;
  const real small = near ? t : limit;
  const real l = near ? m.l : R(0);
  const real close = NEAP_FMA(-l * small, exp_tail(-small), l);
  const real far = (R(1) - power) * c->c[INVERSE];
  const real pq = power * m.q;
  const real value = near ? close : far;
  return (neap_curve){.value = m.l == m.l ? value : m.l,
                      .first = -pq,
                      .plus = pq * m.p,
                      .minus = pq * (order * m.q)};
}

// One loop for both orders: next to the value the second costs little.
static void curve_block(neap_margins *m, int lanes, neap_order order,
                        const neap_constants *c) {
  (void)order;
  map_order(m, lanes, NEAP_SECOND, c, curve);
}

static void prepare(const double *params, neap_constants *c) {
  const neap_wide q = wide_of(params[0]);
  c->c[Q] = q.high;
  c->c[Q_LOW] = q.low;
  c->c[INVERSE] = params[0] > 0 ? (real)(1 / params[0]) : R(1);
}

static const neap_margin_loss margin_loss = {.prepare = prepare,
                                             .curve = curve_block};

static const neap_parameter parameter_rows[] = {
    {"q", 0.7, 0, 1, .meaning = "0 is cross-entropy, 1 the absolute error"},
    {0}};

const neap_loss_form NEAP_NAME(neap_loss_generalized_cross_entropy) = {
    .name = "generalized_cross_entropy",
    .formula = "(1 - p_t^q) / q, p = sigmoid(x)",
    .source = "Zhang and Sabuncu 2018, NeurIPS, eq. 6",
    .kind = NEAP_BINARY,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &margin_loss,
};

const neap_loss_form NEAP_NAME(neap_loss_softmax_generalized_cross_entropy) = {
    .name = "softmax_generalized_cross_entropy",
    .formula = "sum_k y_k (1 - p_k^q) / q, p = softmax(x)",
    .source = "Zhang and Sabuncu 2018, NeurIPS, eq. 6",
    .kind = NEAP_CLASSES,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &margin_loss,
    .scratch_bytes = neap_softmax_bytes,
};
