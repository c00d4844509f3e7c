// kernel/philox_lanes.h -- Philox4x32-10 of many counters at once; see
// base/philox.h.
//
// The only source of the kernels that is not a plain loop. Each round takes
// two products of 32 bits by 32, which x86 has for the low halves of lanes of
// 64 bits. gcc makes a product of all 64 bits from any loop that says so.
#ifndef NEAP_KERNEL_PHILOX_LANES_H
#define NEAP_KERNEL_PHILOX_LANES_H

#include "kernel/isa.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

enum { NEAP_WIDE_LANES = NEAP_VECTOR_BYTES / (int)sizeof(uint64_t) };

typedef uint64_t neap_words64
    __attribute__((vector_size(NEAP_WIDE_LANES * sizeof(uint64_t))));
typedef uint32_t neap_words32
    __attribute__((vector_size(NEAP_WIDE_LANES * sizeof(uint32_t))));

// Products of the low halves.
NEAP_INLINE neap_words64 multiply_low(neap_words64 a, neap_words64 b) {
#if NEAP_VECTOR_BYTES == 64
  return (neap_words64)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif NEAP_VECTOR_BYTES == 32
  return (neap_words64)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__x86_64__)
  return (neap_words64)_mm_mul_epu32((__m128i)a, (__m128i)b);
#else
  return (a & 0xFFFFFFFFu) * (b & 0xFFFFFFFFu);
#endif
}

NEAP_INLINE neap_words64 in_all_lanes(uint32_t x) {
  return (neap_words64){0} + x;
}

// Turns `lanes` counters, a multiple of 16, into random bits; words:
// [4][lanes]. Each round waits for the products of the last, so 16 are worked
// on in turn.
NEAP_INLINE void neap_draw_lanes(uint64_t seed, size_t lanes, uint32_t *words) {
  enum { GROUP = 16 / NEAP_WIDE_LANES };
  const neap_words64 m0 = in_all_lanes(0xD2511F53u);
  const neap_words64 m1 = in_all_lanes(0xCD9E8D57u);
  neap_words64 keys[10][2];
  for (uint32_t round = 0; round < 10; round++) {
    keys[round][0] = in_all_lanes((uint32_t)seed + round * 0x9E3779B9u);
    keys[round][1] = in_all_lanes((uint32_t)(seed >> 32) + round * 0xBB67AE85u);
  }
  for (size_t i = 0; i < lanes; i += 16) {
    neap_words64 w[GROUP][4];  // what stands above the low halves is of no use
    neap_words32 half;
    for (size_t g = 0; g < GROUP; g++) {
      for (size_t k = 0; k < 4; k++) {
        memcpy(&half, words + k * lanes + i + g * NEAP_WIDE_LANES, sizeof half);
        w[g][k] = __builtin_convertvector(half, neap_words64);
      }
    }
    for (int round = 0; round < 10; round++) {
      for (int g = 0; g < GROUP; g++) {
        const neap_words64 a = multiply_low(w[g][0], m0);
        const neap_words64 b = multiply_low(w[g][2], m1);
        w[g][0] = b >> 32 ^ w[g][1] ^ keys[round][0];
        w[g][1] = b;
        w[g][2] = a >> 32 ^ w[g][3] ^ keys[round][1];
        w[g][3] = a;
      }
    }
    for (size_t g = 0; g < GROUP; g++) {
      for (size_t k = 0; k < 4; k++) {
        half = __builtin_convertvector(w[g][k], neap_words32);
        memcpy(words + k * lanes + i + g * NEAP_WIDE_LANES, &half, sizeof half);
      }
    }
  }
}

#endif
