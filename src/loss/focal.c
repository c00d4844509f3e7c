// loss/focal.c -- the focal loss: cross-entropy times (1 - p_t)^gamma.
#include "loss/margin.h"

// gamma in two parts, so that it is exact beyond the number type.
enum { GAMMA, GAMMA_LOW, EXPECTED };

// The powers that are products or roots of q = 1 - p_t, and any other.
enum { ANY_POWER, POWER_0, POWER_HALF, POWER_1, POWER_2 };

// All loops go in steps of 16 lanes, so that each is a few vectors.
static void find_any_powers(const neap_margins *m, int lanes,
                            const neap_constants *c, real *w) {
  const neap_wide gamma = {c->c[GAMMA], c->c[GAMMA_LOW]};
  for (int start = 0; start < lanes; start += NEAP_SUM_LANES) {
    NEAP_LANES
    for (int i = start; i < start + NEAP_SUM_LANES; i++) {
      const neap_margin margin = {
          .x = m->x[i], .small = m->small[i], .l1 = m->l1[i]};
      w[i] = power_of_q(margin, gamma);
    }
  }
}

// u^gamma where it is a product or a root of u.
static void find_easy_powers(const real *u, int lanes, int path, real *w) {
  for (int start = 0; start < lanes; start += NEAP_SUM_LANES) {
    if (path == POWER_HALF) {
      NEAP_LANES
      for (int i = start; i < start + NEAP_SUM_LANES; i++)
        w[i] = NEAP_SQRT(u[i]);
    } else if (path == POWER_2) {
      NEAP_LANES
      for (int i = start; i < start + NEAP_SUM_LANES; i++)
        w[i] = u[i] * u[i];
    } else {
      NEAP_LANES
      for (int i = start; i < start + NEAP_SUM_LANES; i++)
        w[i] = path == POWER_0 ? R(1) : u[i];
    }
  }
}

// With q = 1 - p, l = -log p, w = q^gamma:
//   f = w l,   f' = -w (q + gamma p l),
//   f'' = w p ((1 + 2 gamma) q + gamma^2 p l) - w p gamma q l
NEAP_INLINE void map_weighted(neap_margins *m, int lanes,
                              const neap_order order, real gamma,
                              const real *weight) {
  for (int start = 0; start < lanes; start += NEAP_SUM_LANES) {
    NEAP_LANES
    for (int i = start; i < start + NEAP_SUM_LANES; i++) {
      const real w = weight[i], p = m->p[i], q = m->q[i];
      const real focus = gamma * bounded(m->l[i]), wp = w * p;
      m->value[i] = w * m->l[i];
      m->first[i] = w * NEAP_FMA(-p, focus, -q);
      if (order == NEAP_SECOND) {
        m->plus[i] =
            wp * NEAP_FMA(gamma * p, focus, NEAP_FMA(R(2) * gamma, q, q));
        m->minus[i] = wp * (focus * q);
      }
    }
  }
}

static void curve_block(neap_margins *m, int lanes, neap_order order,
                        const neap_constants *c) {
  _Alignas(NEAP_ALIGNMENT) real w[NEAP_BLOCK_LANES];
  if (c->path == POWER_0) {
    NEAP_NAME(neap_cross_entropy_curve)(m, lanes, order, c);
    return;
  }
  if (c->path == ANY_POWER) {
    find_any_powers(m, lanes, c, w);
  } else {
    find_easy_powers(m->q, lanes, c->path, w);
  }
  if (order == NEAP_SECOND) {
    map_weighted(m, lanes, NEAP_SECOND, c->c[GAMMA], w);
  } else {
    map_weighted(m, lanes, NEAP_FIRST, c->c[GAMMA], w);
  }
}

// The weight alone:
//   w = q^gamma,   w' = -gamma p w,   w'' = gamma^2 p^2 w - gamma p q w
static void weight_block(neap_margins *m, int lanes, neap_order order,
                         const neap_constants *c) {
  const real gamma = c->c[GAMMA];
  (void)order;
  find_any_powers(m, lanes, c, m->value);
  NEAP_LANES
  for (int i = 0; i < lanes; i++) {
    const real step = gamma * m->p[i] * m->value[i];
    m->first[i] = -step;
    m->plus[i] = step * (gamma * m->p[i]);
    m->minus[i] = step * m->q[i];
  }
}

// u^gamma from u and v = 1 - u, both of them without cancellation.
static void find_soft_powers(const real *u, const real *v,
                             const neap_constants *c, real *to) {
  const real gamma = c->c[GAMMA], gamma_low = c->c[GAMMA_LOW];
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real log_u = v[i] < R(0.5) ? neap_log1p(-v[i]) : neap_log(u[i]);
    const real product = gamma * log_u;
    const real error =
        NEAP_FMA(gamma_low, log_u, product_error(gamma, log_u, product));
    const real power = neap_exp(product);
    // At the far end both are infinite, or their difference is no number.
    to[i] = product > NEAP_EXP_LOW ? NEAP_FMA(power, error, power) : power;
  }
}

// Soft targets take the p_t of the field (torchvision, optax), linear in y:
//   u = 1 - p_t = y (1 - p) + (1 - y) p,   C = binary cross-entropy,
//   f = u^gamma C, with the class weight y w_1 + (1 - y) w_0.
static void soft_linear(neap_margins *m, const neap_margins *no,
                        const real *targets, const neap_constants *c) {
  const real gamma = c->c[GAMMA] + c->c[GAMMA_LOW];
  const real weight0 = c->weight0, weight1 = c->weight1;
  _Alignas(NEAP_ALIGNMENT) real u[NEAP_BLOCK_LANES];
  real v[NEAP_BLOCK_LANES], powers[NEAP_BLOCK_LANES];
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real y = targets[i], n = R(1) - y, p = m->p[i], q = m->q[i];
    u[i] = y * q + n * p;
    v[i] = y * p + n * q;
  }
  if (c->path == ANY_POWER) {
    find_soft_powers(u, v, c, powers);
  } else {
    find_easy_powers(u, NEAP_BLOCK_LANES, c->path, powers);
  }
  NEAP_LANES
  for (int i = 0; i < NEAP_BLOCK_LANES; i++) {
    const real y = targets[i], n = R(1) - y, p = m->p[i], q = m->q[i];
    const real cost = y * m->l[i] + n * no->l[i];
    const real bound = bounded(cost);
    const real d = n * p - y * q;                 // dC/dx
    const real ratio = (n - y) * (p * q) / u[i];  // du/dx / u
    const real bend = (q - p) * ratio;            // d2u/dx2 / u
    const real weight = y * weight1 + n * weight0;
    const real power = weight * powers[i];
    const real second =
        power * (p * q + R(2) * gamma * ratio * d +
                 gamma * bound * ((gamma - R(1)) * (ratio * ratio) + bend));
    m->value[i] = power * cost;
    m->first[i] = power * (d + gamma * ratio * bound);
    m->plus[i] = second > R(0) ? second : R(0);
    m->minus[i] = m->plus[i] - second;
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
