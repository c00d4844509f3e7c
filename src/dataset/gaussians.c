// dataset/gaussians.c -- two round Gaussians, one a class.
//
// x | y ~ N(+-delta / 2, I) with |delta| = distance along (1, ..., 1). The
// best logit is linear: log(prior / (1 - prior)) + delta . x. So every margin
// loss has the same best ranking, whatever its parameters: a null.
#include "dataset/mixture.h"

enum { PRIOR, DISTANCE };

static neap_status draw_gaussians(const neap *engine, const neap_draw *draw,
                                  neap_error *error) {
  const double half = draw->params[DISTANCE] / 2;
  const neap_component components[] = {
      {.positive = 1, .weight = 1, .along = half},
      {.positive = 0, .weight = 1, .along = -half}};
  return neap_draw_mixture(engine, draw, draw->params[PRIOR], components, 2,
                           error);
}

const neap_generator neap_generator_gaussians = {
    .name = "gaussians",
    .summary = "two Gaussians of unit covariance, one a class",
    .parameters = {{"prior", 0.5, 0, 1, .meaning = "probability of class 1"},
                   {"distance", 2, 0, 1e6, .meaning = "between the two means"}},
    .features = 16,
    .draw = draw_gaussians,
};
