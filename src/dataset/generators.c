// dataset/generators.c -- the list of generators.
#include "dataset/dataset.h"

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

uint64_t neap_seed_of(uint64_t seed, uint64_t index) {
  return neap_random_bits(seed, NEAP_STREAM_SEED, 0, index) >> 11;
}
