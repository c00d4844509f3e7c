// kernel/sort.c -- a radix sort of scores, stable, largest first.
#include <string.h>

#include "kernel/kernel.h"

enum { DIGIT_BITS = 11, DIGITS = 6, BUCKETS = 1 << DIGIT_BITS };

// Maps a double to a word that falls as the double rises; -0 and 0 are equal.
static uint64_t falling_key(double score) {
  uint64_t bits;
  score += 0.0;  // -0 becomes 0
  memcpy(&bits, &score, sizeof bits);
  return bits >> 63 ? bits : ~bits & ~(UINT64_C(1) << 63);
}

static void count_digits(size_t count, const uint64_t *keys,
                         uint32_t buckets[DIGITS][BUCKETS]) {
  memset(buckets, 0, sizeof(uint32_t[DIGITS][BUCKETS]));
  for (size_t i = 0; i < count; i++) {
    for (int digit = 0; digit < DIGITS; digit++) {
      buckets[digit][keys[i] >> (digit * DIGIT_BITS) & (BUCKETS - 1)]++;
    }
  }
}

// Whether all keys share this digit, so that sorting by it changes nothing.
static bool is_settled(size_t count, const uint32_t *buckets) {
  for (int i = 0; i < BUCKETS; i++) {
    if (buckets[i] != 0)
      return buckets[i] == count;
  }
  return true;
}

static void turn_counts_to_starts(uint32_t *buckets) {
  uint32_t start = 0;
  for (int i = 0; i < BUCKETS; i++) {
    const uint32_t size = buckets[i];
    buckets[i] = start;
    start += size;
  }
}

void neap_sort_descending(size_t count, const double *scores, uint32_t *order,
                          uint64_t *scratch) {
  uint64_t *keys = scratch, *next_keys = scratch + count;
  uint32_t *positions = (uint32_t *)(scratch + 2 * count);
  uint32_t *next_positions = positions + count;
  uint32_t buckets[DIGITS][BUCKETS];
  for (size_t i = 0; i < count; i++) {
    keys[i] = falling_key(scores[i]);
    positions[i] = (uint32_t)i;
  }
  count_digits(count, keys, buckets);
  for (int digit = 0; digit < DIGITS; digit++) {
    if (is_settled(count, buckets[digit]))
      continue;
    turn_counts_to_starts(buckets[digit]);
    for (size_t i = 0; i < count; i++) {
      const uint64_t value = keys[i] >> (digit * DIGIT_BITS) & (BUCKETS - 1);
      const uint32_t to = buckets[digit][value]++;
      next_keys[to] = keys[i];
      next_positions[to] = positions[i];
    }
    uint64_t *const keys_swap = keys;
    keys = next_keys;
    next_keys = keys_swap;
    uint32_t *const positions_swap = positions;
    positions = next_positions;
    next_positions = positions_swap;
  }
  memcpy(order, positions, count * sizeof *order);
}
