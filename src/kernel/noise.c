// kernel/noise.c -- random bits for dropout, the same on every machine.
#include "kernel/philox_lanes.h"
#include "kernel/table.h"

#if NEAP_REAL_BITS == 32

enum { LANES = 16 };

void NEAP_NAME(neap_noise)(uint64_t seed, uint32_t step, uint32_t group,
                           size_t count, const uint32_t *rows, uint16_t *bits,
                           size_t stride) {
  for (size_t start = 0; start < count; start += LANES) {
    uint32_t words[4][LANES];
    for (size_t i = 0; i < LANES; i++) {
      words[0][i] = start + i < count ? rows[start + i] : 0;
      words[1][i] = group;
      words[2][i] = step;
      words[3][i] = (uint32_t)NEAP_STREAM_DROPOUT;
    }
    neap_draw_lanes(seed, LANES, words[0]);
    for (size_t word = 0; word < 4; word++) {
      uint16_t *low = bits + 2 * word * stride + start, *high = low + stride;
      NEAP_LANES
      for (int i = 0; i < LANES; i++) {
        low[i] = (uint16_t)words[word][i];
        high[i] = (uint16_t)(words[word][i] >> 16);
      }
    }
  }
}

#endif
