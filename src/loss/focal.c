// loss/focal.c -- the focal loss: cross-entropy times (1 - p_t)^gamma.
#include "loss/margin.h"

// gamma in two parts, so that it is exact beyond the number type.
enum { GAMMA, GAMMA_LOW, EXPECTED };

// The powers that are products or roots of q = 1 - p_t, and any other.
enum { ANY_POWER, POWER_0, POWER_HALF, POWER_1, POWER_2 };

NEAP_INLINE real any_power(neap_margin m, const neap_constants *c) {
  return power_of_q(m, (neap_wide){c->c[GAMMA], c->c[GAMMA_LOW]});
}

// With q = 1 - p, l = -log p, w = q^gamma:
//   f = w l,   f' = -w (q + gamma p l),
//   f'' = w p ((1 + 2 gamma) q + gamma^2 p l) - w p gamma q l
NEAP_INLINE neap_curve curve_of(neap_margin m, real gamma, real w) {
  const real l = bounded(m.l), focus = gamma * l;
  const real wp = w * m.p;
  return (neap_curve){.value = w * m.l,
                      .first = w * NEAP_FMA(-m.p, focus, -m.q),
                      .plus = wp * NEAP_FMA(gamma * m.p, focus,
                                            NEAP_FMA(R(2) * gamma, m.q, m.q)),
                      .minus = wp * (focus * m.q)};
}

NEAP_INLINE neap_curve curve_any(neap_margin m, const neap_constants *c) {
  return curve_of(m, c->c[GAMMA], any_power(m, c));
}

NEAP_INLINE neap_curve curve_half(neap_margin m, const neap_constants *c) {
  (void)c;
  return curve_of(m, R(0.5), NEAP_SQRT(m.q));
}

NEAP_INLINE neap_curve curve_1(neap_margin m, const neap_constants *c) {
  (void)c;
  return curve_of(m, R(1), m.q);
}

NEAP_INLINE neap_curve curve_2(neap_margin m, const neap_constants *c) {
  (void)c;
  return curve_of(m, R(2), m.q * m.q);
}

static void curve_block(neap_margins *m, int lanes, neap_order order,
                        const neap_constants *c) {
  switch (c->path) {
    case POWER_0:
      NEAP_NAME(neap_cross_entropy_curve)(m, lanes, order, c);
      break;
    case POWER_HALF:
      map_curve(m, lanes, order, c, curve_half);
      break;
    case POWER_1:
      map_curve(m, lanes, order, c, curve_1);
      break;
    case POWER_2:
      map_curve(m, lanes, order, c, curve_2);
      break;
    default:
      map_curve(m, lanes, order, c, curve_any);
  }
}

// The weight alone:
//   w = q^gamma,   w' = -gamma p w,   w'' = gamma^2 p^2 w - gamma p q w
NEAP_INLINE neap_curve weight(neap_margin m, const neap_constants *c) {
  const real w = any_power(m, c), step = c->c[GAMMA] * m.p * w;
  return (neap_curve){.value = w,
                      .first = -step,
                      .plus = step * (c->c[GAMMA] * m.p),
                      .minus = step * m.q};
}

static void weight_block(neap_margins *m, int lanes, neap_order order,
                         const neap_constants *c) {
  map_curve(m, lanes, order, c, weight);
}

// Returns u^gamma from u and v = 1 - u, both of them without cancellation.
NEAP_INLINE real soft_power(real u, real v, const neap_constants *c,
                            const int path) {
  const real gamma = c->c[GAMMA];
  if (path != ANY_POWER) {
    return path == POWER_0      ? R(1)
           : path == POWER_HALF ? NEAP_SQRT(u)
           : path == POWER_1    ? u
                                : u * u;
  }
  const real log_u = v < R(0.5) ? neap_log1p(-v) : neap_log(u);
  const real product = gamma * log_u;
  const real error =
      NEAP_FMA(c->c[GAMMA_LOW], log_u, product_error(gamma, log_u, product));
  const real power = neap_exp(product);
  // At the far end both are infinite, or their difference is no number.
  return product > NEAP_EXP_LOW ? NEAP_FMA(power, error, power) : power;
}

// Soft targets take the p_t of the field (torchvision, optax), linear in y:
//   u = 1 - p_t = y (1 - p) + (1 - y) p,   C = binary cross-entropy,
//   f = u^gamma C, with the class weight y w_1 + (1 - y) w_0.
NEAP_INLINE void map_linear(neap_margins *m, const neap_margins *no,
                            const real *targets, const neap_constants *c,
                            const int path) {
  const real gamma = c->c[GAMMA] + c->c[GAMMA_LOW];
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real y = targets[i], n = R(1) - y, p = m->p[i], q = m->q[i];
    const real u = y * q + n * p, v = y * p + n * q;
    const real cost = y * m->l[i] + n * no->l[i];
    const real bound = bounded(cost);
    const real d = n * p - y * q;              // dC/dx
    const real ratio = (n - y) * (p * q) / u;  // du/dx / u
    const real bend = (q - p) * ratio;         // d2u/dx2 / u
    const real weight = y * c->weight1 + n * c->weight0;
    const real power = weight * soft_power(u, v, c, path);
    const real second =
        power * (p * q + R(2) * gamma * ratio * d +
                 gamma * bound * ((gamma - R(1)) * (ratio * ratio) + bend));
    m->value[i] = power * cost;
    m->first[i] = power * (d + gamma * ratio * bound);
    m->plus[i] = second > R(0) ? second : R(0);
    m->minus[i] = m->plus[i] - second;
  }
}

static void soft_linear(neap_margins *m, const neap_margins *no, const real *y,
                        const neap_constants *c) {
  switch (c->path) {
    case POWER_0:
      map_linear(m, no, y, c, POWER_0);
      break;
    case POWER_HALF:
      map_linear(m, no, y, c, POWER_HALF);
      break;
    case POWER_1:
      map_linear(m, no, y, c, POWER_1);
      break;
    case POWER_2:
      map_linear(m, no, y, c, POWER_2);
      break;
    default:
      map_linear(m, no, y, c, ANY_POWER);
  }
}

// gamma = 0 has the bits of cross-entropy; with class weights it keeps the
// soft form of gamma > 0, so that nothing jumps as gamma goes to 0.
static void soft_block(neap_margins *m, neap_margins *no, const real *y,
                       const neap_constants *c) {
  const int plain = c->weight0 == R(1) && c->weight1 == R(1);
  const int expected = c->c[EXPECTED] != R(0);
  if (c->path == POWER_0 && (expected || plain)) {
    NEAP_NAME(neap_cross_entropy_soft)(m, no, y, c);
  } else if (expected) {
    NEAP_NAME(neap_soft_expected)(m, no, y, c, curve_block);
  } else {
    soft_linear(m, no, y, c);
  }
}

static void set_gamma(neap_constants *c, double gamma) {
  const neap_wide wide = wide_of(gamma);
  c->c[GAMMA] = wide.high;
  c->c[GAMMA_LOW] = wide.low;
  c->path = gamma == 0     ? POWER_0
            : gamma == 0.5 ? POWER_HALF
            : gamma == 1   ? POWER_1
            : gamma == 2   ? POWER_2
                           : ANY_POWER;
}

static void prepare_binary(const double *params, neap_constants *c) {
  const double alpha = params[1];
  set_gamma(c, params[0]);
  c->c[EXPECTED] = (real)params[2];
  if (isnan(alpha))
    return;
  c->weight1 = (real)alpha;
  c->weight0 = (real)(1 - alpha);
}

static void prepare_classes(const double *params, neap_constants *c) {
  set_gamma(c, params[0]);
  c->is_cross_entropy = c->path == POWER_0;
}

static const neap_margin_loss binary = {.prepare = prepare_binary,
                                        .curve = curve_block,
                                        .soft = soft_block,
                                        .weight = weight_block};
static const neap_margin_loss classes = {
    .prepare = prepare_classes, .curve = curve_block, .weight = weight_block};

static const char *const soft_forms[] = {"linear", "expected", NULL};

static const neap_parameter focal_rows[] = {
    {"gamma", 2, 0, 1e9, .meaning = "focusing: 0 is cross-entropy"},
    {"alpha", NAN, 0, 1,
     .meaning = "weight of class 1, 1 - alpha of class 0; false: off"},
    {"soft", 0, 0, 1, "of soft targets: p_t or the loss is linear in y",
     .choices = soft_forms},
    {0}};

const neap_loss_form NEAP_NAME(neap_loss_focal) = {
    .name = "focal",
    .formula = "-alpha_t (1 - p_t)^gamma log p_t, p = sigmoid(x)",
    .source = "Lin et al. 2017, arXiv 1708.02002, eq. 5",
    .kind = NEAP_BINARY,
    .takes = NEAP_TAKES_AFTER | NEAP_TAKES_ALPHA,
    .parameters = focal_rows,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &binary,
};

static const neap_parameter softmax_focal_rows[] = {
    {"gamma", 2, 0, 1e9, .meaning = "focusing: 0 is cross-entropy"}, {0}};

const neap_loss_form NEAP_NAME(neap_loss_softmax_focal) = {
    .name = "softmax_focal",
    .formula = "-sum_k y_k (1 - p_k)^gamma log p_k, p = softmax(x)",
    .source = "Lin et al. 2017, arXiv 1708.02002, eq. 4",
    .kind = NEAP_CLASSES,
    .takes = NEAP_TAKES_AFTER,
    .parameters = softmax_focal_rows,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &classes,
    .scratch_bytes = neap_softmax_bytes,
};
