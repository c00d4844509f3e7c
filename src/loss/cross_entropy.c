// loss/cross_entropy.c -- cross-entropy, of a sigmoid or of a softmax.
#include "loss/margin.h"

// f = -log p,   f' = -(1 - p),   f'' = p (1 - p)
// Never p - y, which loses the digits of both where they are close.
NEAP_INLINE neap_curve curve(neap_margin m, const neap_constants *c) {
  (void)c;
  return (neap_curve){.value = m.l, .first = -m.q, .second = m.p * m.q};
}

void NEAP_NAME(neap_cross_entropy_curve)(neap_margins *m, int lanes,
                                         neap_order order,
                                         const neap_constants *c) {
  map_curve(m, lanes, order, c, curve);
}

static const neap_margin_loss loss = {NEAP_NAME(neap_cross_entropy_curve), 0};

static void evaluate_binary(const neap_loss_call *call) {
  neap_constants c = {.weight0 = 1, .weight1 = 1};
  NEAP_NAME(neap_run_sigmoid)(call, &loss, &c);
}

static void evaluate_classes(const neap_loss_call *call) {
  NEAP_NAME(neap_run_softmax)(call, &loss, &(neap_constants){0});
}

const neap_loss_form NEAP_NAME(neap_loss_binary_cross_entropy) = {
    .name = "binary_cross_entropy",
    .formula = "-y log p - (1 - y) log(1 - p), p = sigmoid(x)",
    .source = "Cox 1958, J. R. Stat. Soc. B 20(2), sec. 2",
    .kind = NEAP_BINARY,
    .evaluate = evaluate_binary,
};

const neap_loss_form NEAP_NAME(neap_loss_cross_entropy) = {
    .name = "cross_entropy",
    .formula = "-sum_k y_k log p_k, p = softmax(x)",
    .source = "Bridle 1990, Neurocomputing, NATO ASI F68, p. 227",
    .kind = NEAP_CLASSES,
    .evaluate = evaluate_classes,
};
