// dataset/moons.c -- two half circles that reach into each other.
//
// Class 0 lies along (cos t, sin t), class 1 along (1 - cos t, 1/2 - sin t),
// t uniform on [0, pi]; scikit-learn's make_moons takes t from a grid.
#include "dataset/curves.h"

enum { PRIOR, NOISE };

#define PI 3.14159265358979323846

static neap_curve_point find_point(const double *params, uint32_t class_index,
                                   double share) {
  (void)params;
  const neap_curve_point p = neap_turned(share / 2);
  return class_index == 0 ? p : (neap_curve_point){1 - p.x, 0.5 - p.y};
}

static neap_status draw_moons(const neap *engine, const neap_draw *draw,
                              neap_error *error) {
  const neap_curves curves = {.prior = draw->params[PRIOR],
                              .noise = draw->params[NOISE],
                              .point = find_point,
                              .rule = NEAP_RULE_OPEN,
                              .length = {PI, PI}};
  return neap_draw_curves(engine, draw, &curves, error);
}

static const neap_parameter parameter_rows[] = {
    {"prior", 0.5, 0, 1, .meaning = "probability of class 1"},
    {"noise", 0.2, 0.01, 1e3, .meaning = "deviation around the half circles"},
    {0}};

const neap_generator neap_generator_moons = {
    .name = "moons",
    .summary = "two half circles that reach into each other",
    .parameters = parameter_rows,
    .features = 2,
    .fixed_features = true,
    .draw = draw_moons,
};
