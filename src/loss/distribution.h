// loss/distribution.h -- losses that compare the softmax q of a row with a
// target distribution P as a whole.
//
// A loss is D = sum phi(q_k). Its file gives phi and its derivatives for one
// class; distribution.c does the rest. With c = phi', d = q phi'', E = sum q c:
//   df/dz_k = q_k (c_k - E),
//   d2f/dz_k2 = q_k (c_k - E + d_k) - q_k^2 (2 (c_k - E) + 2 d_k - sum q d).
#ifndef NEAP_LOSS_DISTRIBUTION_H
#define NEAP_LOSS_DISTRIBUTION_H

#include "loss/softmax.h"

// One class of one row: other = 1 - q, ratio = log(q / P), which is infinite
// where P or q is 0. All have their own digits, however close to 0 they are.
typedef struct neap_pair {
  real p, q, other, ratio;
} neap_pair;

// From logits: phi, q phi', q^2 phi'' and the sum of the last two, which a
// loss may know better than it comes from the two. From probabilities: phi,
// phi' and phi''.
typedef struct neap_terms {
  real value, first, second, both;
} neap_terms;

// Sixteen rows of one class, and what a loss makes of them.
typedef struct neap_pairs {
  neap_line p, q, other, ratio;
  neap_line value, first, second, both;
} neap_pairs;

// What a loss of distributions is.
typedef struct neap_distribution {
  void (*of_logits)(neap_pairs *pairs);
  void (*of_probabilities)(neap_pairs *pairs);  // NULL: refused
  int distils;  // the targets are logits, and the value is over scale^2
} neap_distribution;

// Returns e^t - 1 - t >= 0 for |t| <= 1.38 without cancellation: from r = t/4,
// E(2r) = 2 E(r) + (e^r - 1)^2, twice.
NEAP_INLINE real excess(real t) {
  const real r = R(0.25) * t, once = r * r * excess_tail(r);
  const real rise = r + once, twice = R(2) * once + rise * rise;
  const real more = R(2) * r + twice;
  return R(2) * twice + more * more;
}

// The bound of excess.
NEAP_INLINE int is_near(real t) {
  return NEAP_ABS(t) <= R(1.38);
}

// Returns q - P. A q above one half is less exact than 1 - q.
NEAP_INLINE real gap_of(neap_pair x) {
  return x.q > R(0.5) ? (R(1) - x.p) - x.other : x.q - x.p;
}

typedef neap_terms neap_pair_function(neap_pair pair);

// Applies a function of one pair, a constant at every call.
NEAP_INLINE void map_pairs(neap_pairs *x, neap_pair_function *f) {
  NEAP_LANES
  for (int i = 0; i < NEAP_SOFT_ROWS; i++) {
    const neap_terms t = f((neap_pair){.p = x->p[i],
                                       .q = x->q[i],
                                       .other = x->other[i],
                                       .ratio = x->ratio[i]});
    x->value[i] = t.value;
    x->first[i] = t.first;
    x->second[i] = t.second;
    x->both[i] = t.both;
  }
}

// evaluate of the losses of distributions, which `what` describes.
void NEAP_NAME(neap_run_distribution)(const neap_loss_call *call,
                                      const neap_distribution *what);

#endif
