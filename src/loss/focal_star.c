// loss/focal_star.c -- focal*: a focal loss that is convex.
#include "loss/margin.h"

enum { GAMMA, GAMMA_LOW, BETA, INVERSE };

// With u = gamma x_t + beta and s = sigmoid(-u):
//   f = log(1 + exp(-u)) / gamma,   f' = -s,   f'' = gamma s (1 - s)
// Rounding gamma x_t would cost |u| ULP of exp(-u), so what it loses, and what
// the sum with beta loses, is carried along.
NEAP_INLINE neap_curve curve(neap_margin m, const neap_constants *c) {
  const real gamma = c->c[GAMMA], beta = c->c[BETA];
  const real product = gamma * m.x;
  const real error =
      NEAP_FMA(c->c[GAMMA_LOW], m.x, product_error(gamma, m.x, product));
  const real shift = NEAP_FMA(gamma, m.small, beta);
  const real u = product + shift, back = u - product;
  const real lost = (product - (u - back)) + (shift - back);
  const real rest = error + lost == error + lost ? error + lost : R(0);
  const int ahead = u >= R(0);
  const real a = exp_of_minus_abs(u);
  const real e = ahead ? NEAP_FMA(a, -rest, a) : NEAP_FMA(a, rest, a);
  const real inverse = R(1) / (R(1) + e);
  const real s = (ahead ? e : R(1)) * inverse;
  const real other = (ahead ? R(1) : e) * inverse;
  const real cost = (ahead ? R(0) : -u - rest) + log1p_unit(e);
  return (neap_curve){
      .value = cost * c->c[INVERSE], .first = -s, .plus = gamma * (s * other)};
}

// One loop for both orders: next to the value the second costs little.
static void curve_block(neap_margins *m, int lanes, neap_order order,
                        const neap_constants *c) {
  (void)order;
  map_order(m, lanes, NEAP_SECOND, c, curve);
}

static void prepare(const double *params, neap_constants *c) {
  const neap_wide gamma = wide_of(params[0]);
  c->c[GAMMA] = gamma.high;
  c->c[GAMMA_LOW] = gamma.low;
  c->c[BETA] = (real)params[1];
  c->c[INVERSE] = (real)(1 / params[0]);
}

static const neap_margin_loss margin_loss = {
    .prepare = prepare, .curve = curve_block, .needs = NEAP_NEEDS_LOGIT};

static const neap_parameter parameter_rows[] = {
    {"gamma", 2, 0, 1e6, .meaning = "steepness", .open = 1},
    {"beta", 1, -1e6, 1e6, .meaning = "shift"},
    {0}};

const neap_loss_form NEAP_NAME(neap_loss_focal_star) = {
    .name = "focal_star",
    .formula = "-log sigmoid(gamma x_t + beta) / gamma",
    .source = "Lin et al. 2017, arXiv 1708.02002, appendix A, eq. 8",
    .kind = NEAP_BINARY,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &margin_loss,
};

const neap_loss_form NEAP_NAME(neap_loss_softmax_focal_star) = {
    .name = "softmax_focal_star",
    .formula = "-log sigmoid(gamma x_t + beta) / gamma, x_t the margin",
    .source = "Lin et al. 2017, arXiv 1708.02002, appendix A, eq. 8",
    .kind = NEAP_CLASSES,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &margin_loss,
    .scratch_bytes = neap_softmax_bytes,
};
