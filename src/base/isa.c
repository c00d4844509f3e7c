// base/isa.c -- which instruction sets this build has and this machine runs.
#include "base/base.h"

const char *neap_isa_name(neap_isa_index isa) {
  static const char *const names[NEAP_ISA_COUNT] = {"base", "avx2", "avx512"};
  return names[isa];
}

#if NEAP_HAS_AVX
bool neap_isa_available(neap_isa_index isa) {
  switch (isa) {
    case NEAP_ISA_BASE:
      return true;
    case NEAP_ISA_AVX2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case NEAP_ISA_AVX512:
      return __builtin_cpu_supports("avx512f") &&
             __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512vl");
    default:
      return false;
  }
}
#else
bool neap_isa_available(neap_isa_index isa) {
  return isa == NEAP_ISA_BASE;
}
#endif
