// kernel/resample.c -- how often rows are in draws of the bootstrap, 16 draws
// at once: Poisson numbers of mean 1, and sums of them over rows.
//
// Given their sum n, n such numbers are what n draws with replacement from n
// rows give (Kingman 1993, Poisson processes, sec. 1.3); whoever draws sets
// the sum right, one row at a time.
#define NEAP_PLAIN
#include "kernel/table.h"
#include "kernel/words.h"

#if NEAP_REAL_BITS == 32

enum { BLOCK_ROWS = 8, BLOCK = BLOCK_ROWS * NEAP_DRAWS, CLEAR = 7 };

// 2^48 P(X <= k) for k = 0, 1, ...; P(X > 16) is below 2^-48.
static const uint64_t distribution[] = {
    0x5E2D58D8B3BC, 0xBC5AB1B16779, 0xEB715E1DC158, 0xFB23979734A2,
    0xFF1025F59174, 0xFFD90F3BA405, 0xFFFA8B71FC72, 0xFFFF540C0914,
    0xFFFFED1F4AA8, 0xFFFFFE216E64, 0xFFFFFFD4D85D, 0xFFFFFFFC6DA2,
    0xFFFFFFFFBA12, 0xFFFFFFFFFB07, 0xFFFFFFFFFFAB, 0xFFFFFFFFFFFA};

enum { LEVELS = sizeof distribution / sizeof *distribution };

// The number of a row and draw whose 16 bits do not decide: with 32 bits more.
static uint8_t decide(uint64_t seed, uint64_t row, uint32_t draw,
                      uint32_t high) {
  const uint64_t index = (uint64_t)draw << 32 | (uint32_t)row;
  const uint32_t low = neap_random(seed, NEAP_STREAM_DRAWS, 1, index).word[0];
  const uint64_t bits = (uint64_t)high << 32 | low;
  uint8_t number = 0;
  for (int k = 0; k < LEVELS; k++)
    number = (uint8_t)(number + (bits >= distribution[k]));
  return number;
}

// 16 random bits less 2^15 for each row and draw of a block of 8 rows.
static void draw_halves(uint64_t seed, uint32_t block, uint32_t draw,
                        int16_t halves[BLOCK]) {
  words w;
  for (uint32_t i = 0; i < WORD_LANES; i++) {
    w.line[0][i] = block;
    w.line[1][i] = draw + i;
    w.line[2][i] = 0;
    w.line[3][i] = NEAP_STREAM_DRAWS;
  }
  draw_words(seed, &w);
  for (int line = 0; line < 4; line++) {
    int16_t *even = halves + 2 * line * WORD_LANES, *odd = even + WORD_LANES;
    NEAP_LANES
    for (int i = 0; i < WORD_LANES; i++) {
      even[i] = (int16_t)(uint16_t)((w.line[line][i] & 0xFFFF) ^ 0x8000);
      odd[i] = (int16_t)(uint16_t)((w.line[line][i] >> 16) ^ 0x8000);
    }
  }
}

// Writes the numbers that 16 bits decide; returns whether some do not.
static bool compare(const int16_t halves[BLOCK], int16_t numbers[BLOCK],
                    int16_t open[BLOCK]) {
  int16_t level[CLEAR];
  int any = 0;
  for (int k = 0; k < CLEAR; k++)
    level[k] = (int16_t)((int)(distribution[k] >> 32) - 0x8000);
  NEAP_LANES
  for (int i = 0; i < BLOCK; i++) {
    const int16_t x = halves[i];
    numbers[i] = (int16_t)((x > level[0]) + (x > level[1]) + (x > level[2]) +
                           (x > level[3]) + (x > level[4]) + (x > level[5]) +
                           (x > level[6]));
    open[i] = (int16_t)((x == level[0]) | (x == level[1]) | (x == level[2]) |
                        (x == level[3]) | (x == level[4]) | (x == level[5]) |
                        (x == level[6]) | (x == INT16_MAX));
  }
  for (int i = 0; i < BLOCK; i++)
    any |= open[i];
  return any != 0;
}

void NEAP_NAME(neap_poisson)(uint64_t seed, uint32_t draw, size_t rows,
                             uint8_t *counts) {
  int16_t halves[BLOCK], numbers[BLOCK], open[BLOCK];
  for (size_t first = 0; first < rows; first += BLOCK_ROWS) {
    draw_halves(seed, (uint32_t)(first / BLOCK_ROWS), draw, halves);
    const bool unsettled = compare(halves, numbers, open);
    const size_t left = rows - first;
    const size_t here = (left < BLOCK_ROWS ? left : BLOCK_ROWS) * NEAP_DRAWS;
    uint8_t *to = counts + first * NEAP_DRAWS;
    for (size_t i = 0; i < here; i++)
      to[i] = (uint8_t)numbers[i];
    for (size_t i = 0; unsettled && i < here; i++) {
      if (open[i] == 0)
        continue;
      to[i] = decide(seed, first + i / NEAP_DRAWS,
                     draw + (uint32_t)(i % NEAP_DRAWS),
                     (uint16_t)halves[i] ^ 0x8000u);
    }
  }
}

void NEAP_NAME(neap_add_counts)(size_t count, const uint32_t *rows,
                                const uint8_t *counts, uint32_t *total) {
  uint32_t sum[NEAP_DRAWS];
  memcpy(sum, total, sizeof sum);
  for (size_t i = 0; i < count; i++) {
    const uint8_t *line = counts + (size_t)rows[i] * NEAP_DRAWS;
    NEAP_LANES
    for (int lane = 0; lane < NEAP_DRAWS; lane++)
      sum[lane] += line[lane];
  }
  memcpy(total, sum, sizeof sum);
}

void NEAP_NAME(neap_add_weighted)(size_t count, const uint32_t *rows,
                                  const uint8_t *counts, const double *weights,
                                  double *total) {
  double sum[NEAP_DRAWS];
  memcpy(sum, total, sizeof sum);
  for (size_t i = 0; i < count; i++) {
    const uint8_t *line = counts + (size_t)rows[i] * NEAP_DRAWS;
    const double weight = weights[rows[i]];
    NEAP_LANES
    for (int lane = 0; lane < NEAP_DRAWS; lane++)
      sum[lane] += line[lane] * weight;
  }
  memcpy(total, sum, sizeof sum);
}

#endif
