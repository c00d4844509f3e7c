// kernel/philox_lanes.h -- Philox4x32-10 of 16 counters at once; see
// base/philox.h.
#ifndef NEAP_KERNEL_PHILOX_LANES_H
#define NEAP_KERNEL_PHILOX_LANES_H

#include "kernel/isa.h"

enum { NEAP_PHILOX_LANES = 16 };

// Words of the counters, each word one line; they become random bits.
typedef struct neap_philox_lanes {
  uint32_t line[4][NEAP_PHILOX_LANES];
} neap_philox_lanes;

NEAP_INLINE void neap_draw_lanes(uint64_t seed, neap_philox_lanes *w) {
  uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    NEAP_LANES
    for (int i = 0; i < NEAP_PHILOX_LANES; i++) {
      const uint64_t a = (uint64_t)w->line[0][i] * 0xD2511F53u;
      const uint64_t b = (uint64_t)w->line[2][i] * 0xCD9E8D57u;
      w->line[0][i] = (uint32_t)(b >> 32) ^ w->line[1][i] ^ key0;
      w->line[1][i] = (uint32_t)b;
      w->line[2][i] = (uint32_t)(a >> 32) ^ w->line[3][i] ^ key1;
      w->line[3][i] = (uint32_t)a;
    }
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
}

#endif
