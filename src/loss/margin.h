// loss/margin.h -- what the losses of a margin share.
//
// A margin loss is a function f of x_t, the logit of the row's own class
// against all others: x_t = x for y = 1 and -x for y = 0 under a sigmoid, and
// z_t - log sum over j != t of exp(z_j) under a softmax. All that f needs is
// in neap_margin, without cancellation and without clipping. A loss gives f
// and its derivatives for a block of margins; sigmoid.c and softmax.c do the
// rest for every loss alike.
#ifndef NEAP_LOSS_MARGIN_H
#define NEAP_LOSS_MARGIN_H

#include "kernel/math.h"
#include "loss/loss.h"

// With x_t = x + small, where x has no rounding error and the sign of x_t, and
// |small| < 1: p = sigmoid(x_t), q = 1 - p, l = -log p, and
// l1 = log(1 + exp(-|x_t|)), so that
//   -log q = max(x, 0) + (l1 + small where x > 0),
//   -log p = max(-x, 0) + (l1 - small where x < 0).
// Under a sigmoid small is 0.
typedef struct neap_margin {
  real l, p, q, x, small, l1;
} neap_margin;

// f, df/dx_t and d2f/dx_t2 = plus - minus, both of them sums of terms >= 0.
typedef struct neap_curve {
  real value, first, plus, minus;
} neap_curve;

// A block of margins, and what a loss makes of them.
typedef struct neap_margins {
  _Alignas(NEAP_ALIGNMENT) real l[NEAP_BLOCK_LANES];
  real p[NEAP_BLOCK_LANES], q[NEAP_BLOCK_LANES];
  real x[NEAP_BLOCK_LANES], small[NEAP_BLOCK_LANES], l1[NEAP_BLOCK_LANES];
  real value[NEAP_BLOCK_LANES], first[NEAP_BLOCK_LANES];
  real plus[NEAP_BLOCK_LANES], minus[NEAP_BLOCK_LANES];
  const real *y;  // 0 or 1 in each lane, under a sigmoid
  // Under a sigmoid: the call, and which of its rows they are.
  const neap_loss_call *call;
  size_t row, count;
} neap_margins;

// A loss's parameters in the form that its functions want them.
typedef struct neap_constants {
  real c[NEAP_PARAMETER_MAX];
  int path;               // one of the loss's own
  int is_cross_entropy;   // with these parameters
  real weight0, weight1;  // of the classes of a binary loss
  const void *own;        // what evaluate hands on to the loss's functions
} neap_constants;

// Which derivatives a block is to have.
typedef enum neap_order { NEAP_FIRST, NEAP_SECOND } neap_order;

// Fills value, first and (for NEAP_SECOND) plus and minus of the first `lanes`
// lanes, a multiple of NEAP_SUM_LANES.
typedef void neap_curve_block(neap_margins *m, int lanes, neap_order order,
                              const neap_constants *c);

// The same for soft targets y of a binary loss: m holds the margins of y = 1
// and `no` those of y = 0; derivatives are d/dx and go to m, with the class
// weights in them. Both hold NEAP_BLOCK_LANES lanes.
typedef void neap_soft_block(neap_margins *m, neap_margins *no, const real *y,
                             const neap_constants *c);

// What of a margin a loss looks at.
typedef enum neap_needs {
  NEAP_NEEDS_ALL,
  NEAP_NEEDS_LOGIT,        // x and small
  NEAP_NEEDS_PROBABILITY,  // p and q
} neap_needs;

// What a margin loss is.
typedef struct neap_margin_loss {
  // Turns parameters into constants; c comes zeroed, with weights of 1. NULL:
  // there is nothing to turn.
  void (*prepare)(const double *params, neap_constants *c);
  neap_curve_block *curve;
  neap_needs needs;       // of the margins that curve is given
  neap_soft_block *soft;  // NULL: y w_1 f(x) + (1 - y) w_0 f(-x)
  // Of a loss that is a weight w(x_t) times the cross-entropy: the weight as
  // value, its derivatives as first, plus and minus; else NULL.
  neap_curve_block *weight;
} neap_margin_loss;

// evaluate of the losses of a margin.
void NEAP_NAME(neap_run_sigmoid)(const neap_loss *loss,
                                 const neap_loss_call *call);
void NEAP_NAME(neap_run_softmax)(const neap_loss *loss,
                                 const neap_loss_call *call);

// The same, with what neap_constants.own is to be.
void NEAP_NAME(neap_run_sigmoid_with)(const neap_loss *loss,
                                      const neap_loss_call *call,
                                      const void *own);
void NEAP_NAME(neap_run_softmax_with)(const neap_loss *loss,
                                      const neap_loss_call *call,
                                      const void *own);

// Cross-entropy and the soft form by expectation, which other losses fall
// back on.
neap_curve_block NEAP_NAME(neap_cross_entropy_curve);
neap_soft_block NEAP_NAME(neap_cross_entropy_soft);
void NEAP_NAME(neap_soft_expected)(neap_margins *m, neap_margins *no,
                                   const real *y, const neap_constants *c,
                                   neap_curve_block *curve);

// A number in two parts, beyond the number type; the first is the number
// rounded to it.
typedef struct neap_wide {
  real high, low;
} neap_wide;

NEAP_INLINE neap_wide wide_of(double x) {
  const real high = (real)x;
  return (neap_wide){high, (real)(x - (double)high)};
}

// Returns exp(-gamma (high + low)) for high >= 0 without rounding error and a
// small low. Rounding gamma * high would cost gamma * high ULP, so its error
// is carried along.
NEAP_INLINE real power_of(neap_wide gamma, real high, real low) {
  const real product = gamma.high * high;
  const real error =
      NEAP_FMA(gamma.low, high, product_error(gamma.high, high, product));
  const real total = NEAP_FMA(gamma.high, low, product);
  const real rounded = NEAP_FMA(total, -NEAP_LOG2_E, NEAP_ROUNDING_LIFTED);
  const real k = rounded - NEAP_ROUNDING_LIFTED;
  real r = NEAP_FMA(k, -NEAP_LN2_HIGH, -product);
  r = NEAP_FMA(-gamma.high, low, r) - error;
  r = NEAP_FMA(k, -NEAP_LN2_LOW, r);
  return total > -NEAP_EXP_LOW ? R(0) : exp_scaled_down(r, rounded);
}

// q^gamma and p^gamma.
NEAP_INLINE real power_of_q(neap_margin m, neap_wide gamma) {
  const int ahead = m.x > R(0);
  return power_of(gamma, ahead ? m.x : R(0), m.l1 + (ahead ? m.small : R(0)));
}

NEAP_INLINE real power_of_p(neap_margin m, neap_wide gamma) {
  const int behind = m.x < R(0);
  return power_of(gamma, behind ? -m.x : R(0),
                  m.l1 - (behind ? m.small : R(0)));
}

// p l and its like go to 0 as l grows; the bound keeps 0 * inf out of them.
NEAP_INLINE real bounded(real l) {
  const real bound = -NEAP_EXP_LOW;
  return l < bound ? l : bound;
}

// The second derivative that was asked for, without a branch: of plus and minus
// as max(h, turn h, floor) with h = plus - keep minus.
typedef struct neap_second {
  real keep, turn, floor;
} neap_second;

NEAP_INLINE neap_second second_for(const neap_loss_options *o) {
  const int positive = o->hessian_mode == NEAP_HESSIAN_POSITIVE;
  const int absolute = o->hessian_mode == NEAP_HESSIAN_ABSOLUTE;
  const int floors = o->hessian_mode == NEAP_HESSIAN_FLOOR;
  return (neap_second){.keep = positive ? R(0) : R(1),
                       .turn = absolute ? -R(1) : R(1),
                       .floor = floors ? (real)o->hessian_floor : -R(INFINITY)};
}

NEAP_INLINE real second_of(real plus, real minus, neap_second to) {
  const real h = plus - to.keep * minus, turned = to.turn * h;
  const real larger = h > turned ? h : turned;  // this order lets a NaN through
  return larger < to.floor ? to.floor : larger;
}

// The margins of a probability s of a class: p = s where y is 1 and 1 - s where
// it is 0. A p or q of 0 becomes the least number instead, which gives
// derivatives their limits. lanes: a multiple of NEAP_SUM_LANES.
void NEAP_NAME(neap_margins_of_probabilities)(int lanes, const real *s,
                                              const real *y, neap_margins *m);

// Turns derivatives with respect to x_t into those with respect to p:
//   df/dp = f' / (p q),   d2f/dp2 = (f'' + f' (p - q)) / (p q)^2
void NEAP_NAME(neap_turn_to_probabilities)(int lanes, neap_margins *m);

typedef neap_curve curve_function(neap_margin m, const neap_constants *c);

// In steps of 16 lanes, so that the code stays small.
NEAP_INLINE void map_order(neap_margins *m, int lanes, const neap_order order,
                           const neap_constants *c, curve_function *curve) {
  const neap_constants own = *c;  // so that no load of them is conditional
  for (int start = 0; start < lanes; start += NEAP_SUM_LANES) {
    NEAP_LANES
    for (int i = start; i < start + NEAP_SUM_LANES; i++) {
      const neap_margin margin = {.l = m->l[i],
                                  .p = m->p[i],
                                  .q = m->q[i],
                                  .x = m->x[i],
                                  .small = m->small[i],
                                  .l1 = m->l1[i]};
      const neap_curve f = curve(margin, &own);
      m->value[i] = f.value;
      m->first[i] = f.first;
      if (order == NEAP_SECOND) {
        m->plus[i] = f.plus;
        m->minus[i] = f.minus;
      }
    }
  }
}

// A curve block from a function of one margin. The function and the order are
// constants at every call, so that each becomes a vector loop of its own.
NEAP_INLINE void map_curve(neap_margins *m, int lanes, neap_order order,
                           const neap_constants *c, curve_function *curve) {
  if (order == NEAP_SECOND) {
    map_order(m, lanes, NEAP_SECOND, c, curve);
  } else {
    map_order(m, lanes, NEAP_FIRST, c, curve);
  }
}

// Defines curve_block from a function `curve` of one margin.
#define NEAP_CURVE_BLOCK                                                \
  static void curve_block(neap_margins *m, int lanes, neap_order order, \
                          const neap_constants *c) {                    \
    map_curve(m, lanes, order, c, curve);                               \
  }

#endif
