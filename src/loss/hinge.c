// loss/hinge.c -- the hinge, its square, and the modified Huber loss.
#include "loss/margin.h"

enum { MARGIN };

// How far the margin falls short of the one that is wanted; NaN stays NaN.
NEAP_INLINE real shortfall(neap_margin m, real wanted) {
  const real gap = (wanted - m.x) - m.small;
  return gap < R(0) ? R(0) : gap;
}

// With s = max(0, margin - x_t): f = s,   f' = -1 where s > 0,   f'' = 0
NEAP_INLINE neap_curve hinge(neap_margin m, const neap_constants *c) {
  const real s = shortfall(m, c->c[MARGIN]);
  return (neap_curve){.value = s,
                      .first = s > R(0) ? -R(1)
                               : s == s ? R(0)
                                        : s};
}

// f = s^2,   f' = -2 s,   f'' = 2 where s > 0
NEAP_INLINE neap_curve squared(neap_margin m, const neap_constants *c) {
  const real s = shortfall(m, c->c[MARGIN]);
  return (neap_curve){.value = s * s,
                      .first = -R(2) * s,
                      .plus = s > R(0) ? R(2)
                              : s == s ? R(0)
                                       : s};
}

// s with a margin of 1: f = s^2 for x_t >= -1, else -4 x_t = 4 (s - 1).
NEAP_INLINE neap_curve modified(neap_margin m, const neap_constants *c) {
  const real s = shortfall(m, R(1));
  const int far = s > R(2);
  (void)c;
  return (neap_curve){.value = far ? R(4) * (s - R(1)) : s * s,
                      .first = far ? -R(4) : -R(2) * s,
                      .plus = far        ? R(0)
                              : s > R(0) ? R(2)
                              : s == s   ? R(0)
                                         : s};
}

static void hinge_block(neap_margins *m, int lanes, neap_order order,
                        const neap_constants *c) {
  map_curve(m, lanes, order, c, hinge);
}

static void squared_block(neap_margins *m, int lanes, neap_order order,
                          const neap_constants *c) {
  map_curve(m, lanes, order, c, squared);
}

static void modified_block(neap_margins *m, int lanes, neap_order order,
                           const neap_constants *c) {
  map_curve(m, lanes, order, c, modified);
}

static void prepare(const double *params, neap_constants *c) {
  c->c[MARGIN] = (real)params[0];
}

static const neap_margin_loss hinge_loss = {
    .prepare = prepare, .curve = hinge_block, .needs = NEAP_NEEDS_LOGIT};
static const neap_margin_loss squared_loss = {
    .prepare = prepare, .curve = squared_block, .needs = NEAP_NEEDS_LOGIT};
static const neap_margin_loss modified_loss = {.curve = modified_block,
                                               .needs = NEAP_NEEDS_LOGIT};

static const neap_parameter parameter_rows[] = {
    {"margin", 1, 0, 1e6, .meaning = "from here on a row costs 0"}, {0}};

const neap_loss_form NEAP_NAME(neap_loss_hinge) = {
    .name = "hinge",
    .formula = "max(0, margin - x_t)",
    .source = "Cortes and Vapnik 1995, Mach. Learn. 20, sec. 3",
    .kind = NEAP_BINARY,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &hinge_loss,
};

const neap_loss_form NEAP_NAME(neap_loss_squared_hinge) = {
    .name = "squared_hinge",
    .formula = "max(0, margin - x_t)^2",
    .source = "Cortes and Vapnik 1995, Mach. Learn. 20, sec. 3",
    .kind = NEAP_BINARY,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &squared_loss,
};

const neap_loss_form NEAP_NAME(neap_loss_modified_huber) = {
    .name = "modified_huber",
    .formula = "max(0, 1 - x_t)^2 for x_t >= -1, else -4 x_t",
    .source = "Zhang 2004, ICML, eq. 12",
    .kind = NEAP_BINARY,
    .evaluate = NEAP_NAME(neap_run_sigmoid),
    .margin = &modified_loss,
};

const neap_loss_form NEAP_NAME(neap_loss_softmax_hinge) = {
    .name = "softmax_hinge",
    .formula = "max(0, margin - x_t), x_t = z_t - log sum exp of the others",
    .source = "Cortes and Vapnik 1995, lifted",
    .kind = NEAP_CLASSES,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &hinge_loss,
    .scratch_bytes = neap_softmax_bytes,
};

const neap_loss_form NEAP_NAME(neap_loss_softmax_squared_hinge) = {
    .name = "softmax_squared_hinge",
    .formula = "max(0, margin - x_t)^2, x_t = z_t - log sum exp of the others",
    .source = "Cortes and Vapnik 1995, lifted",
    .kind = NEAP_CLASSES,
    .parameters = parameter_rows,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &squared_loss,
    .scratch_bytes = neap_softmax_bytes,
};

const neap_loss_form NEAP_NAME(neap_loss_softmax_modified_huber) = {
    .name = "softmax_modified_huber",
    .formula = "modified_huber of x_t = z_t - log sum exp of the others",
    .source = "Zhang 2004, ICML, eq. 12, lifted",
    .kind = NEAP_CLASSES,
    .evaluate = NEAP_NAME(neap_run_softmax),
    .margin = &modified_loss,
    .scratch_bytes = neap_softmax_bytes,
};
