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

// Of some rows: u = q - margin, 1/2 where it is 0 or next to it, and its powers
// w = u^g, u^(g - 1) and u^(g - 2), unless a factor g or g - 1 kills them.
typedef struct powers {
  _Alignas(NEAP_ALIGNMENT) real u[NEAP_SUM_LANES];
  real line[POWER_4 + 3][NEAP_SUM_LANES];
  const real *w, *w1, *w2;
} powers;

static void find_powers(const real *q, const neap_constants *c, powers *k) {
  const real g = c->c[NEGATIVE], margin = c->c[MARGIN];
  const real least = NEAP_SMALLEST_NORMAL;
  const int any = c->path == ANY_POWER, first = any ? POWER_0 : c->path;
  NEAP_LANES
  for (int i = 0; i < NEAP_SUM_LANES; i++) {
    const real gap = q[i] - margin, u = gap < least ? R(0.5) : gap;
    const real square = u * u;
    k->u[i] = u;
    k->line[0][i] = k->line[1][i] = R(0);
    k->line[2][i] = R(1);
    k->line[3][i] = u;
    k->line[4][i] = square;
    k->line[5][i] = square * u;
    k->line[6][i] = square * square;
  }
  k->w = k->line[first + 2];
  k->w1 = k->line[first + 1];
  k->w2 = k->line[first];
  if (!any)
    return;
  NEAP_LANES
  for (int i = 0; i < NEAP_SUM_LANES; i++) {
    const real inverse = R(1) / k->u[i];
    const real w = neap_exp(g * log_core(k->u[i], R(0)));
    k->line[2][i] = w;
    k->line[1][i] = w * inverse;
    k->line[0][i] = w * inverse * inverse;
  }
}

// With q the probability of class 1, u = q - margin, v = 1 - u, L = -log v,
// w = u^g and t = p q / v:
//   f = w L,   f' = -(w t + g u^(g-1) p q L) = -d,
//   f'' = t (w t + 2 g u^(g-1) p q) + g (g-1) u^(g-2) (p q)^2 L + (p - q) d
// and all of it 0 where u <= 0, or next to it.
NEAP_INLINE neap_curve shifted(real p, real q, const powers *k, int i, real g,
                               real margin) {
  const real u = k->u[i], w = k->w[i], least = NEAP_SMALLEST_NORMAL;
  const int off = q - margin < least;
  const real rounded = R(1) - u;
  // Whichever of u and v is small says what log v is.
  const real other = p + margin > least ? p + margin : least;
  const real v = u < R(0.5) ? rounded : other, inverse = R(1) / v;
  const real lost = u < R(0.5) ? (R(1) - rounded) - u : R(0);
  const real cost = -log_core(v, lost * inverse);
  const real pq = p * q, t = pq * inverse, gw = g * k->w1[i] * pq;
  const real down = NEAP_FMA(w, t, gw * cost);
  const real bend = t * NEAP_FMA(w, t, R(2) * gw);
  const real focus = g * (g - R(1)) * k->w2[i] * (pq * pq) * cost;
  const real turn = (p - q) * down;
  const real up = (focus > R(0) ? focus : R(0)) + (turn > R(0) ? turn : R(0));
  const real less =
      (focus < R(0) ? -focus : R(0)) + (turn < R(0) ? -turn : R(0));
  return (neap_curve){.value = off ? R(0) : w * cost,
                      .first = off ? R(0) : -down,
                      .plus = off ? R(0) : bend + up,
                      .minus = off ? R(0) : less};
}

static void run_shifted(const neap_margins *m, int start,
                        const neap_constants *c, step *to) {
  const real g = c->c[NEGATIVE], margin = c->c[MARGIN];
  const real *p = m->p + start, *q = m->q + start;
  powers k;
  find_powers(q, c, &k);
  NEAP_LANES
  for (int i = 0; i < NEAP_SUM_LANES; i++)
    put(to, i, shifted(p[i], q[i], &k, i, g, margin));
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
