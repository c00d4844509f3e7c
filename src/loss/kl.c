// loss/kl.c -- Kullback and Leibler's divergence, both ways, and distillation.
#include "loss/distribution.h"

// D = sum P log(P / q). The terms phi = q - P - P t = P (e^t - 1 - t) with
// t = log(q / P), and q where P is 0, have the same sum, and none is negative:
//   q phi' = q - P = P (e^t - 1),   q^2 phi'' = P
NEAP_INLINE neap_terms forward(neap_pair x) {
  const int near = is_near(x.ratio);
  const real t = near ? x.ratio : R(0), gap = gap_of(x);
  const real apart = x.p == R(0) ? x.q : gap - x.p * x.ratio;
  return (neap_terms){.value = near ? x.p * excess(t) : apart,
                      .first = near ? x.p * (t + excess(t)) : gap,
                      .second = x.p,
                      .both = x.q};
}

// D = sum q log(q / P), by the terms phi = q t - q + P, which near t = 0 are
// P (t (e^t - 1) - excess):
//   q phi' = q t,   q^2 phi'' = q
NEAP_INLINE neap_terms reverse(neap_pair x) {
  const int near = is_near(x.ratio), none = x.q == R(0);
  const real t = near ? x.ratio : R(0), beyond = excess(t);
  const real close = x.p * (t * (t + beyond) - beyond);
  const real slope = none ? R(0) : x.q * x.ratio;
  const real apart = none ? x.p : slope - gap_of(x);
  return (neap_terms){.value = near ? close : apart,
                      .first = slope,
                      .second = x.q,
                      .both = slope + x.q};
}

NEAP_INLINE neap_terms forward_slopes(neap_pair x) {
  const real c = x.p == R(0) ? R(0) : x.p / x.q;
  return (neap_terms){.value = forward(x).value,
                      .first = -c,
                      .second = x.p == R(0) ? R(0) : c / x.q};
}

NEAP_INLINE neap_terms reverse_slopes(neap_pair x) {
  return (neap_terms){
      .value = reverse(x).value, .first = x.ratio + R(1), .second = R(1) / x.q};
}

static void forward_terms(neap_pairs *x) {
  map_pairs(x, forward);
}

static void reverse_terms(neap_pairs *x) {
  map_pairs(x, reverse);
}

static void forward_of_probabilities(neap_pairs *x) {
  map_pairs(x, forward_slopes);
}

static void reverse_of_probabilities(neap_pairs *x) {
  map_pairs(x, reverse_slopes);
}

static const neap_distribution kl = {forward_terms, forward_of_probabilities,
                                     0};
static const neap_distribution reverse_kl = {reverse_terms,
                                             reverse_of_probabilities, 0};
static const neap_distribution distillation = {forward_terms, NULL, 1};

static void evaluate_kl(const neap_loss *loss, const neap_loss_call *call) {
  (void)loss;
  NEAP_NAME(neap_run_distribution)(call, &kl);
}

static void evaluate_reverse(const neap_loss *loss,
                             const neap_loss_call *call) {
  (void)loss;
  NEAP_NAME(neap_run_distribution)(call, &reverse_kl);
}

static void evaluate_distillation(const neap_loss *loss,
                                  const neap_loss_call *call) {
  (void)loss;
  NEAP_NAME(neap_run_distribution)(call, &distillation);
}

const neap_loss_form NEAP_NAME(neap_loss_kl) = {
    .name = "kl",
    .formula = "sum_k P_k log(P_k / q_k), q = softmax(x)",
    .source = "Kullback and Leibler 1951, Ann. Math. Stat. 22(1), eq. 2.4",
    .kind = NEAP_CLASSES,
    .takes = NEAP_TAKES_WHOLE,
    .evaluate = evaluate_kl,
    .scratch_bytes = neap_softmax_bytes,
};

const neap_loss_form NEAP_NAME(neap_loss_reverse_kl) = {
    .name = "reverse_kl",
    .formula = "sum_k q_k log(q_k / P_k), q = softmax(x)",
    .source = "Kullback and Leibler 1951, Ann. Math. Stat. 22(1), eq. 2.4",
    .kind = NEAP_CLASSES,
    .takes = NEAP_TAKES_WHOLE | NEAP_TAKES_SPREAD,
    .evaluate = evaluate_reverse,
    .scratch_bytes = neap_softmax_bytes,
};

const neap_loss_form NEAP_NAME(neap_loss_distillation) = {
    .name = "distillation",
    .formula =
        "T^2 KL(softmax(u / T) || softmax(x / T)), T: temperature, "
        "u: targets, which are logits",
    .source = "Hinton et al. 2015, arXiv 1503.02531, sec. 2",
    .kind = NEAP_CLASSES,
    .domain = NEAP_LINE,
    .takes = NEAP_TAKES_WHOLE,
    .evaluate = evaluate_distillation,
    .scratch_bytes = neap_softmax_bytes,
};
