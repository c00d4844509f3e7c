// dataset/blobs.c -- round Gaussians at random centers, one a class.
#include "dataset/gaussian_mixture.h"

enum { CLASSES, DEVIATION, BOX };

static size_t classes_of(const double *params) {
  return (size_t)params[CLASSES];
}

static neap_status make(const neap *engine, const neap_draw *draw,
                        neap_mixture *m, neap_error *error) {
  const size_t classes = draw->classes;
  *m = (neap_mixture){.features = draw->features,
                      .classes = classes,
                      .count = classes,
                      .factor_count = 1};
  NEAP_TRY(neap_mixture_new(engine, m, error));
  m->factors[0].scale = draw->params[DEVIATION];
  for (size_t c = 0; c < classes; c++) {
    m->priors[c] = draw->priors != NULL ? draw->priors[c] : 1 / (double)classes;
    m->components[c].class_index = (uint32_t)c;
    m->components[c].weight = 1;
    for (size_t j = 0; j < m->features; j++) {
      const double at = neap_random_uniform(draw->seed, NEAP_STREAM_POPULATION,
                                            0, c * m->features + j);
      m->components[c].mean[j] = draw->params[BOX] * (2 * at - 1);
    }
  }
  return NEAP_OK;
}

static const neap_parameter parameter_rows[] = {
    {"classes", 3, 2, 100, .meaning = "classes", .whole = 1},
    {"deviation", 1, 1e-6, 1e6, .meaning = "of each feature"},
    {"box", 10, 0, 1e6, .meaning = "centers are uniform in -box to box"},
    {0}};

const neap_generator neap_generator_blobs = {
    .name = "blobs",
    .summary = "round Gaussians at random centers, one a class",
    .parameters = parameter_rows,
    .features = 2,
    .classes_of = classes_of,
    .mixture = make,
};
