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

// With p = sigmoid(x_t): l = -log p, q = 1 - p, and -log q = high + low, where
// high has no rounding error and low is small (at most log 2 under a sigmoid).
typedef struct neap_margin {
  real l, p, q, high, low;
} neap_margin;

// f, df/dx_t and d2f/dx_t2 at a margin.
typedef struct neap_curve {
  real value, first, second;
} neap_curve;

// A block of margins, and what a loss makes of them.
typedef struct neap_margins {
  _Alignas(NEAP_ALIGNMENT) real l[NEAP_BLOCK_LANES];
  real p[NEAP_BLOCK_LANES], q[NEAP_BLOCK_LANES];
  real high[NEAP_BLOCK_LANES], low[NEAP_BLOCK_LANES];
  real value[NEAP_BLOCK_LANES], first[NEAP_BLOCK_LANES];
  real second[NEAP_BLOCK_LANES];
} neap_margins;

// A loss's parameters in the form that its functions want them.
typedef struct neap_constants {
  real c[NEAP_PARAMETER_MAX];
  real weight0, weight1;  // of the classes of a binary loss
} neap_constants;

// Which derivatives a block is to have.
typedef enum neap_order { NEAP_FIRST, NEAP_SECOND } neap_order;

// Fills value, first and (for NEAP_SECOND) second of the first `lanes` lanes,
// a multiple of NEAP_SUM_LANES.
typedef void neap_curve_block(neap_margins *m, int lanes, neap_order order,
                              const neap_constants *c);

// The same for soft targets y of a binary loss: m holds the margins of y = 1,
// derivatives are d/dx, and the class weights are in the result.
typedef void neap_soft_block(neap_margins *m, const real *y, int lanes,
                             const neap_constants *c);

// What a margin loss is: soft may be NULL, which means
// y w_1 f(x) + (1 - y) w_0 f(-x).
typedef struct neap_margin_loss {
  neap_curve_block *curve;
  neap_soft_block *soft;
} neap_margin_loss;

// Runs a margin loss over the rows of a call.
void NEAP_NAME(neap_run_sigmoid)(const neap_loss_call *call,
                                 const neap_margin_loss *loss,
                                 neap_constants *c);
void NEAP_NAME(neap_run_softmax)(const neap_loss_call *call,
                                 const neap_margin_loss *loss,
                                 const neap_constants *c);

// Cross-entropy, which other losses fall back on.
neap_curve_block NEAP_NAME(neap_cross_entropy_curve);

typedef neap_curve curve_function(neap_margin m, const neap_constants *c);

// In steps of 16 lanes, so that the code stays small.
NEAP_INLINE void map_order(neap_margins *m, int lanes, const neap_order order,
                           const neap_constants *c, curve_function *curve) {
  for (int start = 0; start < lanes; start += NEAP_SUM_LANES) {
    NEAP_LANES
    for (int i = start; i < start + NEAP_SUM_LANES; i++) {
      const neap_margin margin = {.l = m->l[i],
                                  .p = m->p[i],
                                  .q = m->q[i],
                                  .high = m->high[i],
                                  .low = m->low[i]};
      const neap_curve f = curve(margin, c);
      m->value[i] = f.value;
      m->first[i] = f.first;
      if (order == NEAP_SECOND)
        m->second[i] = f.second;
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

#endif
