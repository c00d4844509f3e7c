// dataset/mixture.c -- a mixture of Gaussians that the caller describes.
#include <string.h>

#include "dataset/gaussian_mixture.h"

// A copy, so that it is freed as others are.
static neap_status make(const neap *engine, const neap_draw *draw,
                        neap_mixture *mixture, neap_error *error) {
  const neap_mixture *given = draw->given;
  const size_t square = given->features * given->features;
  *mixture = *given;
  mixture->dense_count = given->factor_count;
  NEAP_TRY(neap_mixture_new(engine, mixture, error));
  memcpy(mixture->priors, given->priors,
         given->classes * sizeof *given->priors);
  for (size_t c = 0; c < given->count; c++) {
    double *mean = mixture->components[c].mean;
    mixture->components[c] = given->components[c];
    mixture->components[c].mean = mean;
    memcpy(mean, given->components[c].mean, given->features * sizeof *mean);
  }
  for (size_t f = 0; f < given->factor_count; f++) {
    neap_factor *to = &mixture->factors[f];
    const neap_factor *from = &given->factors[f];
    to->scale = from->scale;
    if (from->lower == NULL) {
      to->lower = to->turned = NULL;
      continue;
    }
    memcpy(to->lower, from->lower, square * sizeof *to->lower);
    neap_factor_finish(given->features, to);
  }
  return NEAP_OK;
}

const neap_generator neap_generator_mixture = {
    .name = "mixture",
    .summary = "Gaussians of any means, covariances and classes",
    .takes_components = true,
    .mixture = make,
};
