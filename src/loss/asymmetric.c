// loss/asymmetric.c -- focal losses of two powers, and a margin below which a
// negative row costs nothing.
#include "loss/margin.h"

enum { POSITIVE, POSITIVE_LOW, NEGATIVE, NEGATIVE_LOW, MARGIN };

// y = 1, or y = 0 without a margin: w l with w = q^g, the focal loss.
NEAP_INLINE neap_curve focal(neap_margin m, real g, real w) {
  const real focus = g * bounded(m.l), wp = w * m.p;
  return (neap_curve){
      .value = w * m.l,
      .first = w * NEAP_FMA(-m.p, focus, -m.q),
      .plus = wp * NEAP_FMA(g * m.p, focus, NEAP_FMA(R(2) * g, m.q, m.q)),
      .minus = wp * (focus * m.q)};
}

// y = 0 with a margin: q is the probability of class 1. With u = q - margin,
// v = 1 - u, L = -log v, s = p q / u, t = p q / v and w = u^g:
//   f = w L,   f' = -w (t + g s L),
//   f'' = w (s (2 g t + g (g - 1) s L) + t^2 + (p - q) (t + g s L))
// and all of it 0 where u <= 0.
NEAP_INLINE neap_curve shifted(neap_margin m, real g, real margin) {
  const real gap = m.q - margin;
  const int off = gap <= R(0);
  const real u = off ? R(0.5) : gap, v = m.p + margin;
  const real cost = -neap_log1p(-u), w = neap_exp(g * neap_log(u));
  const real pq = m.p * m.q, s = pq / u, t = pq / v, pull = g * s * cost;
  const real bend = s * (R(2) * g * t) + t * t;
  const real focus = (g - R(1)) * s * pull, turn = (m.p - m.q) * (t + pull);
  const real up = (focus > R(0) ? focus : R(0)) + (turn > R(0) ? turn : R(0));
  const real down =
      (focus < R(0) ? -focus : R(0)) + (turn < R(0) ? -turn : R(0));
  return (neap_curve){.value = off ? R(0) : w * cost,
                      .first = off ? R(0) : -w * (t + pull),
                      .plus = off ? R(0) : w * (bend + up),
                      .minus = off ? R(0) : w * down};
}

NEAP_INLINE neap_margin margin_at(const neap_margins *m, int i) {
  return (neap_margin){.l = m->l[i],
                       .p = m->p[i],
                       .q = m->q[i],
                       .x = m->x[i],
                       .small = m->small[i],
                       .l1 = m->l1[i]};
}

static void run_focal(neap_margins *m, int lanes, const neap_constants *c) {
  NEAP_LANES
  for (int i = 0; i < lanes; i++) {
    const int yes = m->y[i] != R(0);
    const real g = yes ? c->c[POSITIVE] : c->c[NEGATIVE];
    const real low = yes ? c->c[POSITIVE_LOW] : c->c[NEGATIVE_LOW];
    const neap_margin margin = margin_at(m, i);
    const neap_curve f =
        focal(margin, g, power_of_q(margin, (neap_wide){g, low}));
    m->value[i] = f.value;
    m->first[i] = f.first;
    m->plus[i] = f.plus;
    m->minus[i] = f.minus;
  }
}

// Overwrites the lanes of negative rows.
static void run_shifted(neap_margins *m, int lanes, const neap_constants *c) {
  NEAP_LANES
  for (int i = 0; i < lanes; i++) {
    const int yes = m->y[i] != R(0);
    const neap_curve f = shifted(margin_at(m, i), c->c[NEGATIVE], c->c[MARGIN]);
    m->value[i] = yes ? m->value[i] : f.value;
    m->first[i] = yes ? m->first[i] : f.first;
    m->plus[i] = yes ? m->plus[i] : f.plus;
    m->minus[i] = yes ? m->minus[i] : f.minus;
  }
}

static void curve_block(neap_margins *m, int lanes, neap_order order,
                        const neap_constants *c) {
  (void)order;
  run_focal(m, lanes, c);
  if (c->c[MARGIN] > R(0))
    run_shifted(m, lanes, c);
}

static void prepare(const double *params, neap_constants *c) {
  const neap_wide positive = wide_of(params[0]), negative = wide_of(params[1]);
  c->c[POSITIVE] = positive.high;
  c->c[POSITIVE_LOW] = positive.low;
  c->c[NEGATIVE] = negative.high;
  c->c[NEGATIVE_LOW] = negative.low;
  c->c[MARGIN] = (real)params[2];
}

static const neap_margin_loss margin_loss = {.prepare = prepare,
                                             .curve = curve_block};

const neap_loss_form NEAP_NAME(neap_loss_asymmetric) = {
    .name = "asymmetric",
    .formula =
        "y = 1: (1 - p)^g1 (-log p); y = 0: u^g0 (-log(1 - u)), "
        "u = max(p - margin, 0)",
    .source = "Ridnik et al. 2021, ICCV, arXiv 2009.14119, eq. 7",
    .kind = NEAP_BINARY,
    .parameters = {{"gamma_positive", 0, 0, 1e6, .meaning = "g1"},
                   {"gamma_negative", 4, 0, 1e6, .meaning = "g0"},
                   {"margin", 0.05, 0, 0.999999,
                    .meaning = "negative rows below it cost nothing"}},
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &margin_loss,
};
