// kernel/normals.c -- normal numbers in float32, the same on every machine.
//
// Box and Muller's pairs (1958, Ann. Math. Stat. 29(2), p. 610) from Philox:
//   z = sqrt(-2 log u) (cos, sin)(2 pi v),
// with u from all 32 bits of a word, so that |z| reaches 6.7, and v from 24.
// Nothing is fused here, whatever the machine can do.
#define NEAP_PLAIN
#include "kernel/math.h"
#include "kernel/philox_lanes.h"
#include "kernel/table.h"

#if NEAP_REAL_BITS == 32

enum { LANES = NEAP_PHILOX_LANES };

// (bits + 1/2) / 2^32, in two halves that signed conversions can take.
NEAP_INLINE float uniform_of(uint32_t bits) {
  const float high = (float)(int32_t)(bits >> 16);
  const float low = (float)(int32_t)(bits & 0xFFFF) + 0.5f;
  return high * 0x1p-16f + low * 0x1p-32f;
}

// Turns a line of radius bits and one of angle bits into two of normals.
static void pair(const uint32_t *radius_bits, const uint32_t *angle_bits,
                 float *x, float *y) {
  NEAP_LANES
  for (int i = 0; i < LANES; i++) {
    const float log_u = log_core(uniform_of(radius_bits[i]), 0.0f);
    const float radius = NEAP_SQRT(-2.0f * (log_u < 0.0f ? log_u : 0.0f));
    // Quarter turns: the nearest whole number of them, and the rest.
    const float turns = (float)(int32_t)(angle_bits[i] >> 8) * 0x1p-22f;
    const float rounded = turns + 0x1.8p23f;
    const uint32_t quarter = bits_of(rounded);
    const float rest = turns - (rounded - 0x1.8p23f);
    const float sine = rest * sine_tail(rest * rest);
    const float cosine = cosine_tail(rest * rest);
    const float first = quarter & 1 ? sine : cosine;
    const float second = quarter & 1 ? cosine : sine;
    x[i] = radius * ((quarter + 1) & 2 ? -first : first);
    y[i] = radius * (quarter & 2 ? -second : second);
  }
}

// Sixteen counters give 64 numbers: four of each row's next ones.
static void draw_block(uint64_t seed, uint32_t part, const uint64_t *row,
                       const uint32_t *block, float *to[LANES]) {
  neap_philox_lanes w;
  float z[4][LANES];
  for (int i = 0; i < LANES; i++) {
    w.line[0][i] = (uint32_t)row[i];
    w.line[1][i] = (uint32_t)(row[i] >> 32);
    w.line[2][i] = part << 24 | block[i];
    w.line[3][i] = (uint32_t)NEAP_STREAM_FEATURE;
  }
  neap_draw_lanes(seed, &w);
  pair(w.line[0], w.line[1], z[0], z[1]);
  pair(w.line[2], w.line[3], z[2], z[3]);
  for (int i = 0; i < LANES; i++) {
    if (to[i] == NULL)
      continue;
    for (int j = 0; j < 4; j++)
      to[i][j] = z[j][i];
  }
}

void NEAP_NAME(neap_normals)(uint64_t seed, uint32_t part, uint64_t first,
                             size_t rows, size_t width, float *normals) {
  uint64_t row[LANES] = {0};
  uint32_t block[LANES] = {0};
  float *to[LANES] = {0};
  int lane = 0;
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < width; j += 4) {
      row[lane] = first + i;
      block[lane] = (uint32_t)(j / 4);
      to[lane] = normals + i * width + j;
      if (++lane < LANES)
        continue;
      draw_block(seed, part, row, block, to);
      lane = 0;
    }
  }
  for (int i = lane; i < LANES; i++)
    to[i] = NULL;
  if (lane > 0)
    draw_block(seed, part, row, block, to);
}

#endif
