// kernel/choose.c -- the tables of all instruction sets, and the engine's.
#include "kernel/kernel.h"

const neap_kernels *neap_kernels_of(const neap *engine, neap_dtype dtype) {
  const bool single = dtype == NEAP_FLOAT32;
  switch (engine->isa) {
#if NEAP_HAS_AVX
    case NEAP_ISA_AVX512:
      return single ? &neap_kernels_f32_avx512 : &neap_kernels_f64_avx512;
    case NEAP_ISA_AVX2:
      return single ? &neap_kernels_f32_avx2 : &neap_kernels_f64_avx2;
#endif
    default:
      return single ? &neap_kernels_f32_base : &neap_kernels_f64_base;
  }
}
