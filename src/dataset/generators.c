// dataset/generators.c -- the list of generators.
#include "dataset/gaussian_mixture.h"

#define NEAP_GENERATOR(name) extern const neap_generator neap_generator_##name;
#include "dataset/generators.def"
#undef NEAP_GENERATOR

static const neap_generator *const generators[] = {
#define NEAP_GENERATOR(name) &neap_generator_##name,
#include "dataset/generators.def"
};

const neap_generator *neap_generator_at(size_t position) {
  const size_t count = sizeof generators / sizeof *generators;
  return position < count ? generators[position] : NULL;
}

neap_status neap_draw_rows(const neap *engine, const neap_generator *generator,
                           const neap_draw *draw, neap_error *error) {
  if (generator->draw != NULL)
    return generator->draw(engine, draw, error);
  neap_mixture mixture;
  NEAP_TRY(generator->mixture(engine, draw, &mixture, error));
  const neap_status status = neap_draw_mixture(engine, draw, &mixture, error);
  neap_mixture_free(engine, &mixture);
  return status;
}

uint64_t neap_seed_of(uint64_t seed, uint64_t index) {
  return neap_random_bits(seed, NEAP_STREAM_SEED, 0, index) >> 11;
}
