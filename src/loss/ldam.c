// loss/ldam.c -- cross-entropy with a larger margin for rarer classes.
#include "loss/margin.h"

// The margins Delta_c = C n_c^(-1/4) are taken from the label's logit, and all
// logits are scaled, before the loss sees them: class_margins and scale of
// neap_loss_options, which bindings set from the classes' counts.
static void prepare(const double *params, neap_constants *c) {
  (void)params;
  c->is_cross_entropy = 1;
}

static const neap_margin_loss margin_loss = {
    .prepare = prepare, .curve = NEAP_NAME(neap_cross_entropy_curve)};

static const neap_parameter parameter_rows[] = {
    {"max_margin", 0.5, 0, 1e6, .meaning = "Delta of the rarest class"},
    {"scale", 30, 0, 1e6, .meaning = "of all logits", .open = 1},
    {0}};

const neap_loss_form NEAP_NAME(neap_loss_ldam) = {
    .name = "ldam",
    .formula = "cross_entropy of scale (x_t - Delta_t), scale x_j",
    .source = "Cao et al. 2019, NeurIPS, arXiv 1906.07413, eq. 13",
    .kind = NEAP_CLASSES,
    .takes = NEAP_TAKES_MARGINS,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &margin_loss,
    .scratch_bytes = neap_softmax_bytes,
};
