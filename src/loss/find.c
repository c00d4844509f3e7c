// loss/find.c -- the lists of losses, one for each instruction set.
#include <string.h>

#include "loss/loss.h"

#define ROW(name, isa)                                             \
  {{&neap_loss_##name##_f64_##isa, &neap_loss_##name##_f32_##isa}, \
   {&neap_kernels_f64_##isa, &neap_kernels_f32_##isa},             \
   0,                                                              \
   NULL},

#define NEAP_LOSS(name, file)                                \
  extern const neap_loss_form neap_loss_##name##_f64_base;   \
  extern const neap_loss_form neap_loss_##name##_f32_base;   \
  extern const neap_loss_form neap_loss_##name##_f64_avx2;   \
  extern const neap_loss_form neap_loss_##name##_f32_avx2;   \
  extern const neap_loss_form neap_loss_##name##_f64_avx512; \
  extern const neap_loss_form neap_loss_##name##_f32_avx512;
#include "loss/losses.def"
#undef NEAP_LOSS

#define NEAP_LOSS(name, file) ROW(name, base)
static const neap_loss base_losses[] = {
#include "loss/losses.def"
};
#undef NEAP_LOSS

#if NEAP_HAS_AVX
#define NEAP_LOSS(name, file) ROW(name, avx2)
static const neap_loss avx2_losses[] = {
#include "loss/losses.def"
};
#undef NEAP_LOSS

#define NEAP_LOSS(name, file) ROW(name, avx512)
static const neap_loss avx512_losses[] = {
#include "loss/losses.def"
};
#undef NEAP_LOSS
#endif

enum { LOSS_COUNT = sizeof base_losses / sizeof base_losses[0] };

const neap_loss *neap_loss_at(const neap *engine, size_t position) {
  if (position >= LOSS_COUNT)
    return NULL;
  switch (engine->isa) {
#if NEAP_HAS_AVX
    case NEAP_ISA_AVX512:
      return &avx512_losses[position];
    case NEAP_ISA_AVX2:
      return &avx2_losses[position];
#endif
    default:
      return &base_losses[position];
  }
}

const neap_loss *neap_loss_find(const neap *engine, const char *name) {
  for (size_t i = 0; i < LOSS_COUNT; i++) {
    const neap_loss *loss = neap_loss_at(engine, i);
    if (strcmp(neap_loss_name(loss), name) == 0)
      return loss;
  }
  return NULL;
}

const char *neap_loss_name(const neap_loss *loss) {
  return loss->form[0]->name;
}

const char *neap_loss_source(const neap_loss *loss) {
  return loss->form[0]->source;
}

const char *neap_loss_formula(const neap_loss *loss) {
  return loss->form[0]->formula;
}

neap_loss_kind neap_loss_kind_of(const neap_loss *loss) {
  return loss->form[0]->kind;
}

const neap_parameter *neap_loss_parameters(const neap_loss *loss,
                                           size_t *count) {
  const neap_parameter *parameters = loss->form[0]->parameters;
  *count = neap_parameter_count(parameters);
  return parameters;
}
