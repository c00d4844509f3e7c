// loss/jensen_shannon.c -- half of KL to the mean of both, both ways.
#include "loss/distribution.h"

// With m = (P + q) / 2 and t = log(q / P):
//   D = 1/2 sum P log(P / m) + q log(q / m),
//   q phi' = q/2 log(q / m),   q^2 phi'' = q P / (2 (P + q))
// Near t = 0 a term is P (t (e^t - 1) / 4 - (1 + e^t) h / 2) with
// h = log cosh(t / 2), and nothing cancels but a half. Far from it
//   log(q / m) = log 2 - log(1 + e^-|t|) + min(t, 0),
// and of P likewise, which a tiny q, whose P / q would overflow, leaves finite.
NEAP_INLINE real log_over_mean(neap_pair x, real ratio) {
  const real low = x.p < x.q ? x.p : x.q, high = x.p < x.q ? x.q : x.p;
  const real log2 = R(0x1.62e42fefa39efp-1);
  return log2 - neap_log1p(low / high) + (ratio < R(0) ? ratio : R(0));
}

NEAP_INLINE neap_terms terms_of(neap_pair x) {
  const real t = x.ratio;
  const int near = NEAP_ABS(t) < R(0.6);
  const real r = near ? t : R(0);
  const real grow = neap_expm1(r), quarter = neap_expm1(R(0.5) * r);
  // cosh(y) - 1 = (e^y - 1)^2 / (2 e^y)
  const real h = neap_log1p(quarter * quarter / (R(2) * (quarter + R(1))));
  const real close = x.p * (R(0.25) * r * grow - R(0.5) * (R(2) + grow) * h);
  const real of_q = near ? R(0.5) * r - h : log_over_mean(x, t);
  const real of_p = log_over_mean(x, -t);
  const real cost_q = x.q == R(0) ? R(0) : x.q * of_q;
  const real cost_p = x.p == R(0) ? R(0) : x.p * of_p;
  const real far = R(0.5) * (cost_p + cost_q);
  const real bend = x.q == R(0) ? R(0) : R(0.5) * (x.q * x.p / (x.p + x.q));
  return (neap_terms){.value = near ? close : far,
                      .first = R(0.5) * cost_q,
                      .second = bend,
                      .both = R(0.5) * cost_q + bend};
}

NEAP_INLINE neap_terms slopes_of(neap_pair x) {
  const int none = x.p == R(0) && x.q == R(0);
  const real c = R(0.5) * log_over_mean(x, x.ratio);
  return (neap_terms){
      .first = none ? R(0) : c,
      .second = none ? R(0) : R(0.5) * (x.p / (x.q * (x.p + x.q)))};
}

static void of_logits(neap_pairs *x) {
  map_pairs(x, terms_of);
}

static void of_probabilities(neap_pairs *x) {
  neap_line value;
  of_logits(x);
  memcpy(value, x->value, sizeof value);
  map_pairs(x, slopes_of);
  memcpy(x->value, value, sizeof value);
}

static void evaluate(const neap_loss *loss, const neap_loss_call *call) {
  (void)loss;
  NEAP_NAME(neap_run_distribution)
  (call, &(neap_distribution){of_logits, of_probabilities, 0});
}

const neap_loss_form NEAP_NAME(neap_loss_jensen_shannon) = {
    .name = "jensen_shannon",
    .formula = "(KL(P || m) + KL(q || m)) / 2, m = (P + q) / 2",
    .source = "Lin 1991, IEEE Trans. Inf. Theory 37(1), eq. 4.1",
    .kind = NEAP_CLASSES,
    .takes = NEAP_TAKES_WHOLE,
    .evaluate = evaluate,
    .scratch_bytes = neap_softmax_bytes,
};
