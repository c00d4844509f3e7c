// loss/softmax_brier.c -- the squared distance of two distributions.
#include "loss/distribution.h"

// D = sum (q - P)^2,   q phi' = 2 q (q - P),   q^2 phi'' = 2 q^2
NEAP_INLINE neap_terms terms_of(neap_pair x) {
  const real gap = gap_of(x);
  return (neap_terms){.value = gap * gap,
                      .first = R(2) * (x.q * gap),
                      .second = R(2) * (x.q * x.q),
                      .both = R(2) * (x.q * (gap + x.q))};
}

NEAP_INLINE neap_terms slopes_of(neap_pair x) {
  const real gap = x.q - x.p;
  return (neap_terms){.value = gap * gap, .first = R(2) * gap, .second = R(2)};
}

static void of_logits(neap_pairs *x) {
  map_pairs(x, terms_of);
}

static void of_probabilities(neap_pairs *x) {
  map_pairs(x, slopes_of);
}

static void evaluate(const neap_loss *loss, const neap_loss_call *call) {
  (void)loss;
  NEAP_NAME(neap_run_distribution)
  (call, &(neap_distribution){of_logits, of_probabilities, 0});
}

const neap_loss_form NEAP_NAME(neap_loss_softmax_brier) = {
    .name = "softmax_brier",
    .formula = "sum_k (q_k - y_k)^2, q = softmax(x)",
    .source = "Brier 1950, Mon. Weather Rev. 78(1), p. 1",
    .kind = NEAP_CLASSES,
    .takes = NEAP_TAKES_WHOLE,
    .evaluate = evaluate,
    .scratch_bytes = neap_softmax_bytes,
};
