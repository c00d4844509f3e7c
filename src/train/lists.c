// train/lists.c -- the lists of optimizers and models.
#include "train/train.h"

#define NEAP_OPTIMIZER(name, file) \
  extern const neap_optimizer neap_optimizer_##name;
#include "train/optimizers.def"
#undef NEAP_OPTIMIZER

#define NEAP_MODEL(name) extern const neap_model neap_model_##name;
#include "train/models.def"
#undef NEAP_MODEL

static const neap_optimizer *const optimizers[] = {
#define NEAP_OPTIMIZER(name, file) &neap_optimizer_##name,
#include "train/optimizers.def"
};

static const neap_model *const models[] = {
#define NEAP_MODEL(name) &neap_model_##name,
#include "train/models.def"
};

const neap_optimizer *neap_optimizer_at(size_t position) {
  const size_t count = sizeof optimizers / sizeof *optimizers;
  return position < count ? optimizers[position] : NULL;
}

const neap_model *neap_model_at(size_t position) {
  const size_t count = sizeof models / sizeof *models;
  return position < count ? models[position] : NULL;
}
