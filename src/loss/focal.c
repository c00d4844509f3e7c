// loss/focal.c -- the focal loss: cross-entropy times (1 - p_t)^gamma.
#include "loss/margin.h"

// gamma in two parts, so that it is exact beyond the number type.
enum { GAMMA, GAMMA_LOW };

// Returns q^gamma = exp(-gamma m) for m = -log q = high + low. Rounding
// gamma * high would cost gamma |log q| ULP, so its error is carried along.
NEAP_INLINE real modulation(neap_margin m, const neap_constants *c) {
  const real gamma = c->c[GAMMA];
  const real product = gamma * m.high;
  const real error =
      NEAP_FMA(c->c[GAMMA_LOW], m.high, product_error(gamma, m.high, product));
  const real total = NEAP_FMA(gamma, m.low, product);
  const real rounded = NEAP_FMA(total, -NEAP_LOG2_E, NEAP_ROUNDING_LIFTED);
  const real k = rounded - NEAP_ROUNDING_LIFTED;
  real r = NEAP_FMA(k, -NEAP_LN2_HIGH, -product);
  r = NEAP_FMA(-gamma, m.low, r) - error;
  r = NEAP_FMA(k, -NEAP_LN2_LOW, r);
  return total > -NEAP_EXP_LOW ? R(0) : exp_scaled_down(r, rounded);
}

// With q = 1 - p, l = -log p, w = q^gamma:
//   f = w l,   f' = -w (q + gamma p l),
//   f'' = w p ((1 + 2 gamma) q + gamma l (gamma p - q))
NEAP_INLINE neap_curve curve(neap_margin m, const neap_constants *c) {
  const real gamma = c->c[GAMMA];
  const real w = modulation(m, c);
  // p l -> 0 as l grows; the bound keeps 0 * inf out of the products.
  const real bound = -NEAP_EXP_LOW;
  const real l = m.l < bound ? m.l : bound;
  const real gamma_l = gamma * l;
  return (neap_curve){.value = w * m.l,
                      .first = w * NEAP_FMA(-gamma * m.p, l, -m.q),
                      .second = w * m.p *
                                NEAP_FMA(gamma_l, NEAP_FMA(gamma, m.p, -m.q),
                                         NEAP_FMA(R(2) * gamma, m.q, m.q))};
}

static void curve_block(neap_margins *m, int lanes, neap_order order,
                        const neap_constants *c) {
  map_curve(m, lanes, order, c, curve);
}

// Soft targets take the p_t of the field (torchvision, optax), linear in y:
//   u = 1 - p_t = y (1 - p) + (1 - y) p,   C = binary cross-entropy,
//   f = u^gamma C, with the class weight y w_1 + (1 - y) w_0.
static void soft_block(neap_margins *m, const real *targets, int lanes,
                       const neap_constants *c) {
  const real gamma = c->c[GAMMA] + c->c[GAMMA_LOW];
  NEAP_LANES
  for (int i = 0; i < lanes; i++) {
    const real y = targets[i], n = R(1) - y, p = m->p[i], q = m->q[i];
    const real weight = y * c->weight1 + n * c->weight0;
    const real u = y * q + n * p;
    const real cost = y * m->l[i] + n * (m->high[i] + m->low[i]);
    const real d = n * p - y * q;              // dC/dx
    const real ratio = (n - y) * (p * q) / u;  // du/dx / u
    const real bend = (q - p) * ratio;         // d2u/dx2 / u
    const real power = weight * neap_exp(gamma * neap_log(u));
    m->value[i] = power * cost;
    m->first[i] = power * (d + gamma * ratio * cost);
    m->second[i] =
        power * (p * q + R(2) * gamma * ratio * d +
                 gamma * cost * ((gamma - R(1)) * (ratio * ratio) + bend));
  }
}

static void set_gamma(neap_constants *c, double gamma) {
  c->c[GAMMA] = (real)gamma;
  c->c[GAMMA_LOW] = (real)(gamma - (double)c->c[GAMMA]);
}

static const neap_margin_loss loss = {curve_block, soft_block};

// gamma = 0 has the bits of cross-entropy; with class weights it keeps the
// soft form of gamma > 0, so that nothing jumps as gamma goes to 0.
static const neap_margin_loss plain = {NEAP_NAME(neap_cross_entropy_curve), 0};
static const neap_margin_loss weighted = {NEAP_NAME(neap_cross_entropy_curve),
                                          soft_block};

static void evaluate_binary(const neap_loss_call *call) {
  const double gamma = call->params[0], alpha = call->params[1];
  neap_constants c = {.weight0 = 1, .weight1 = 1};
  if (!isnan(alpha)) {
    c.weight1 = (real)alpha;
    c.weight0 = (real)(1 - alpha);
  }
  set_gamma(&c, gamma);
  const int is_plain = isnan(alpha) && call->class_weights == NULL;
  const neap_margin_loss *unfocused = is_plain ? &plain : &weighted;
  NEAP_NAME(neap_run_sigmoid)(call, gamma == 0 ? unfocused : &loss, &c);
}

static void evaluate_classes(const neap_loss_call *call) {
  const double gamma = call->params[0];
  neap_constants c = {0};
  set_gamma(&c, gamma);
  NEAP_NAME(neap_run_softmax)(call, gamma == 0 ? &plain : &loss, &c);
}

const neap_loss_form NEAP_NAME(neap_loss_focal) = {
    .name = "focal",
    .formula = "-alpha_t (1 - p_t)^gamma log p_t, p = sigmoid(x)",
    .source = "Lin et al. 2017, arXiv 1708.02002, eq. 5",
    .kind = NEAP_BINARY,
    .parameters = {{"gamma", 2, 0, 1e9, "focusing: 0 is cross-entropy", 0},
                   {"alpha", NAN, 0, 1,
                    "weight of class 1, 1 - alpha of class 0; false: off", 0}},
    .evaluate = evaluate_binary,
};

const neap_loss_form NEAP_NAME(neap_loss_softmax_focal) = {
    .name = "softmax_focal",
    .formula = "-sum_k y_k (1 - p_k)^gamma log p_k, p = softmax(x)",
    .source = "Lin et al. 2017, arXiv 1708.02002, eq. 4",
    .kind = NEAP_CLASSES,
    .parameters = {{"gamma", 2, 0, 1e9, "focusing: 0 is cross-entropy", 0}},
    .evaluate = evaluate_classes,
};
