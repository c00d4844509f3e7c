// loss/asymmetric.c -- focal losses of two powers, and a margin below which a
// negative row costs nothing.
#include "loss/margin.h"

enum { POSITIVE, POSITIVE_LOW, NEGATIVE, NEGATIVE_LOW, MARGIN };

// Powers of u that are products, by g; and any other.
enum { POWER_0, POWER_1, POWER_2, POWER_3, POWER_4, ANY_POWER };

// Some rows' curves.
typedef struct step {
  _Alignas(NEAP_ALIGNMENT) real value[NEAP_SUM_LANES];
  real first[NEAP_SUM_LANES], plus[NEAP_SUM_LANES], minus[NEAP_SUM_LANES];
} step;

NEAP_INLINE void put(step *to, int i, neap_curve f) {
  to->value[i] = f.value;
  to->first[i] = f.first;
  to->plus[i] = f.plus;
  to->minus[i] = f.minus;
}

// ----------------------------------------------- y = 1, and without a margin

// w l with w = q^g, the focal loss.
NEAP_INLINE neap_curve focal(neap_margin m, real g, real w) {
  const real focus = g * bounded(m.l), wp = w * m.p;
  return (neap_curve){
      .value = w * m.l,
      .first = w * NEAP_FMA(-m.p, focus, -m.q),
      .plus = wp * NEAP_FMA(g * m.p, focus, NEAP_FMA(R(2) * g, m.q, m.q)),
      .minus = wp * (focus * m.q)};
}

NEAP_INLINE neap_margin margin_at(const neap_margins *m, int i) {
  return (neap_margin){.l = m->l[i],
                       .p = m->p[i],
                       .q = m->q[i],
                       .x = m->x[i],
                       .small = m->small[i],
                       .l1 = m->l1[i]};
}

static void run_cross_entropy(const neap_margins *m, int start, step *to) {
  NEAP_LANES
  for (int i = 0; i < NEAP_SUM_LANES; i++) {
    to->value[i] = m->l[start + i];
    to->first[i] = -m->q[start + i];
    to->plus[i] = m->p[start + i] * m->q[start + i];
    to->minus[i] = R(0);
  }
}

static void run_focal(const neap_margins *m, int start, const neap_constants *c,
                      step *to) {
  const real *y = m->y + start;
  const real g1 = c->c[POSITIVE], low1 = c->c[POSITIVE_LOW];
  const real g0 = c->c[NEGATIVE], low0 = c->c[NEGATIVE_LOW];
  NEAP_LANES
  for (int i = 0; i < NEAP_SUM_LANES; i++) {
    const real g = y[i] != R(0) ? g1 : g0, low = y[i] != R(0) ? low1 : low0;
    const neap_margin margin = margin_at(m, start + i);
    put(to, i, focal(margin, g, power_of_q(margin, (neap_wide){g, low})));
  }
}

// ------------------------------------------------------ y = 0 with a margin

// w = u^g, u^(g - 1) and u^(g - 2), unless a factor g or g - 1 kills them.
typedef struct powers {
  real w, w1, w2;
} powers;

NEAP_INLINE powers powers_of(real u, real w, const int path) {
  const real square = u * u;
  if (path == POWER_0)
    return (powers){.w = R(1)};
  if (path == POWER_1)
    return (powers){.w = u, .w1 = R(1)};
  if (path == POWER_2)
    return (powers){.w = square, .w1 = u, .w2 = R(1)};
  if (path == POWER_3)
    return (powers){.w = square * u, .w1 = square, .w2 = u};
  if (path == POWER_4)
    return (powers){.w = square * square, .w1 = square * u, .w2 = square};
  const real inverse = R(1) / u;
  return (powers){.w = w, .w1 = w * inverse, .w2 = w * inverse * inverse};
}

// With q the probability of class 1, u = q - margin, v = 1 - u, L = -log v,
// w = u^g and t = p q / v:
//   f = w L,   f' = -(w t + g u^(g-1) p q L) = -d,
//   f'' = t (w t + 2 g u^(g-1) p q) + g (g-1) u^(g-2) (p q)^2 L + (p - q) d
// and all of it 0 where u <= 0, or next to it.
NEAP_INLINE neap_curve shifted(real p, real q, real power, real g, real margin,
                               const int path) {
  const real gap = q - margin, least = NEAP_SMALLEST_NORMAL;
  const int off = gap < least;
  const real u = off ? R(0.5) : gap, rounded = R(1) - u;
  // Whichever of u and v is small says what log v is.
  const real other = p + margin > least ? p + margin : least;
  const real v = u < R(0.5) ? rounded : other, inverse = R(1) / v;
  const real lost = u < R(0.5) ? (R(1) - rounded) - u : R(0);
  const real cost = -log_core(v, lost * inverse);
  const powers k = powers_of(u, power, path);
  const real pq = p * q, t = pq * inverse, gw = g * k.w1 * pq;
  const real down = NEAP_FMA(k.w, t, gw * cost);
  const real bend = t * NEAP_FMA(k.w, t, R(2) * gw);
  const real focus = g * (g - R(1)) * k.w2 * (pq * pq) * cost;
  const real turn = (p - q) * down;
  const real up = (focus > R(0) ? focus : R(0)) + (turn > R(0) ? turn : R(0));
  const real less =
      (focus < R(0) ? -focus : R(0)) + (turn < R(0) ? -turn : R(0));
  return (neap_curve){.value = off ? R(0) : k.w * cost,
                      .first = off ? R(0) : -down,
                      .plus = off ? R(0) : bend + up,
                      .minus = off ? R(0) : less};
}

NEAP_INLINE void map_shifted(const neap_margins *m, int start,
                             const neap_constants *c, const int path,
                             step *to) {
  const real g = c->c[NEGATIVE], margin = c->c[MARGIN];
  const real *p = m->p + start, *q = m->q + start;
  const real least = NEAP_SMALLEST_NORMAL;
  real power[NEAP_SUM_LANES];
  if (path == ANY_POWER) {
    NEAP_LANES
    for (int i = 0; i < NEAP_SUM_LANES; i++) {
      const real gap = q[i] - margin;
      power[i] = neap_exp(g * log_core(gap < least ? R(0.5) : gap, R(0)));
    }
  }
  NEAP_LANES
  for (int i = 0; i < NEAP_SUM_LANES; i++) {
    const real w = path == ANY_POWER ? power[i] : R(0);
    put(to, i, shifted(p[i], q[i], w, g, margin, path));
  }
}

static void run_shifted(const neap_margins *m, int start,
                        const neap_constants *c, step *to) {
  switch (c->path) {
    case POWER_0:
      map_shifted(m, start, c, POWER_0, to);
      break;
    case POWER_1:
      map_shifted(m, start, c, POWER_1, to);
      break;
    case POWER_2:
      map_shifted(m, start, c, POWER_2, to);
      break;
    case POWER_3:
      map_shifted(m, start, c, POWER_3, to);
      break;
    case POWER_4:
      map_shifted(m, start, c, POWER_4, to);
      break;
    default:
      map_shifted(m, start, c, ANY_POWER, to);
  }
}

// ------------------------------------------------------------------ the loss

// Rows of y = 0 get theirs from `no`, all others from `yes`.
static void store_step(const step *yes, const step *no, int start,
                       neap_margins *m) {
  const real *y = m->y + start;
  NEAP_LANES
  for (int i = 0; i < NEAP_SUM_LANES; i++) {
    const int is_yes = y[i] != R(0);
    m->value[start + i] = is_yes ? yes->value[i] : no->value[i];
    m->first[start + i] = is_yes ? yes->first[i] : no->first[i];
    m->plus[start + i] = is_yes ? yes->plus[i] : no->plus[i];
    m->minus[start + i] = is_yes ? yes->minus[i] : no->minus[i];
  }
}

static void curve_block(neap_margins *m, int lanes, neap_order order,
                        const neap_constants *c) {
  const int has_margin = c->c[MARGIN] > R(0);
  step yes, no;
  (void)order;
  for (int start = 0; start < lanes; start += NEAP_SUM_LANES) {
    if (has_margin && c->c[POSITIVE] == R(0)) {
      run_cross_entropy(m, start, &yes);
    } else {
      run_focal(m, start, c, &yes);
    }
    if (has_margin)
      run_shifted(m, start, c, &no);
    store_step(&yes, has_margin ? &no : &yes, start, m);
  }
}

static void prepare(const double *params, neap_constants *c) {
  const neap_wide positive = wide_of(params[0]), negative = wide_of(params[1]);
  c->c[POSITIVE] = positive.high;
  c->c[POSITIVE_LOW] = positive.low;
  c->c[NEGATIVE] = negative.high;
  c->c[NEGATIVE_LOW] = negative.low;
  c->c[MARGIN] = (real)params[2];
  c->path = ANY_POWER;
  for (int power = POWER_0; power <= POWER_4; power++) {
    if (params[1] == power)
      c->path = power;
  }
}

static const neap_margin_loss margin_loss = {.prepare = prepare,
                                             .curve = curve_block};

static const neap_parameter parameter_rows[] = {
    {"gamma_positive", 0, 0, 1e6, .meaning = "g1"},
    {"gamma_negative", 4, 0, 1e6, .meaning = "g0"},
    {"margin", 0.05, 0, 0.999999,
     .meaning = "negative rows below it cost nothing"},
    {0}};

const neap_loss_form NEAP_NAME(neap_loss_asymmetric) = {
    .name = "asymmetric",
    .formula =
        "y = 1: (1 - p)^g1 (-log p); y = 0: u^g0 (-log(1 - u)), "
        "u = max(p - margin, 0)",
    .source = "Ridnik et al. 2021, ICCV, arXiv 2009.14119, eq. 7",
    .kind = NEAP_BINARY,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &margin_loss,
};
