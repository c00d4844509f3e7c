// dataset/circles.c -- a circle within a circle.
//
// Class 0 lies around radius 1, class 1 around `factor`, at a uniform angle;
// scikit-learn's make_circles takes angles from a grid.
#include "dataset/curves.h"

enum { PRIOR, NOISE, FACTOR };

#define PI 3.14159265358979323846

static neap_curve_point find_point(const double *params, uint32_t class_index,
                                   double share) {
  const neap_curve_point p = neap_turned(share);
  const double radius = class_index == 0 ? 1 : params[FACTOR];
  return (neap_curve_point){radius * p.x, radius * p.y};
}

static neap_status draw_circles(const neap *engine, const neap_draw *draw,
                                neap_error *error) {
  const neap_curves curves = {
      .prior = draw->params[PRIOR],
      .noise = draw->params[NOISE],
      .point = find_point,
      .rule = NEAP_RULE_CLOSED,
      .length = {2 * PI, 2 * PI * draw->params[FACTOR]}};
  return neap_draw_curves(engine, draw, &curves, error);
}

static const neap_parameter parameter_rows[] = {
    {"prior", 0.5, 0, 1, .meaning = "probability of class 1"},
    {"noise", 0.1, 0.01, 1e3, .meaning = "deviation around the circles"},
    {"factor", 0.8, 0, 1, .meaning = "radius of class 1; class 0 has 1"},
    {0}};

const neap_generator neap_generator_circles = {
    .name = "circles",
    .summary = "a circle within a circle",
    .parameters = parameter_rows,
    .features = 2,
    .fixed_features = true,
    .draw = draw_circles,
};
