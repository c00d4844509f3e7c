// kernel/words.h -- Philox4x32-10 on 16 counters at once; see base/philox.h.
#ifndef NEAP_KERNEL_WORDS_H
#define NEAP_KERNEL_WORDS_H

#include "kernel/isa.h"

enum { WORD_LANES = 16 };

// Words of 16 counters, each word one line.
typedef struct words {
  uint32_t line[4][WORD_LANES];
} words;

// Replaces counters by their random bits.
NEAP_INLINE void draw_words(uint64_t seed, words *w) {
  uint32_t key0 = (uint32_t)seed, key1 = (uint32_t)(seed >> 32);
  for (int round = 0; round < 10; round++) {
    NEAP_LANES
    for (int i = 0; i < WORD_LANES; i++) {
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
