// kernel/normals.c -- normal numbers in float32, the same on every machine.
//
// Box and Muller's pairs (1958, Ann. Math. Stat. 29(2), p. 610) from Philox:
//   z = sqrt(-2 log u) (cos, sin)(2 pi v),
// with u from all 32 bits of a word, so that |z| reaches 6.7, and v from 24.
// Nothing is fused here, whatever the machine can do.
#define NEAP_PLAIN
#include "kernel/math.h"
#include "kernel/table.h"

#if NEAP_REAL_BITS == 32

enum { LANES = 64, HALF = LANES / 2 };

// Words of 64 counters, each word one line.
typedef struct words {
  uint32_t line[4][LANES];
} words;

// AVX-512 multiplies 64 bits by 64 in one instruction, which is faster than to
// take words of 32 bits apart and to put their products together.
#ifdef __AVX512DQ__
typedef uint64_t lane_word;
#else
typedef uint32_t lane_word;
#endif

// Philox's ten rounds, written out, so that many counters are on their way at
// once: each round waits for the product of the last.
NEAP_INLINE void draw_half(const uint32_t *key0, const uint32_t *key1,
                           uint32_t *line0, uint32_t *line1, uint32_t *line2,
                           uint32_t *line3) {
  NEAP_LANES
  for (int i = 0; i < HALF; i++) {
    lane_word x0 = line0[i], x1 = line1[i], x2 = line2[i], x3 = line3[i];
#pragma GCC unroll 10
    for (int round = 0; round < 10; round++) {
      const uint64_t a = (uint64_t)(uint32_t)x0 * 0xD2511F53u;
      const uint64_t b = (uint64_t)(uint32_t)x2 * 0xCD9E8D57u;
      x0 = (lane_word)(b >> 32) ^ x1 ^ key0[round];
      x1 = (lane_word)b;
      x2 = (lane_word)(a >> 32) ^ x3 ^ key1[round];
      x3 = (lane_word)a;
    }
    line0[i] = (uint32_t)x0;
    line1[i] = (uint32_t)x1;
    line2[i] = (uint32_t)x2;
    line3[i] = (uint32_t)x3;
  }
}

static void draw_words(uint64_t seed, words *w) {
  uint32_t key0[10] = {(uint32_t)seed}, key1[10] = {(uint32_t)(seed >> 32)};
  for (int round = 1; round < 10; round++) {
    key0[round] = key0[round - 1] + 0x9E3779B9u;
    key1[round] = key1[round - 1] + 0xBB67AE85u;
  }
  for (int i = 0; i < LANES; i += HALF) {
    draw_half(key0, key1, w->line[0] + i, w->line[1] + i, w->line[2] + i,
              w->line[3] + i);
  }
}

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

// Four numbers of each counter, side by side.
static void draw_numbers(const words *w, float *normals) {
  float z[4][LANES];
  pair(w->line[0], w->line[1], z[0], z[1]);
  pair(w->line[2], w->line[3], z[2], z[3]);
  for (int i = 0; i < LANES; i++) {
    for (int j = 0; j < 4; j++)
      normals[4 * i + j] = z[j][i];
  }
}

void NEAP_NAME(neap_normals)(uint64_t seed, neap_stream stream, uint32_t part,
                             uint64_t first, size_t rows, size_t width,
                             float *normals) {
  const size_t count = rows * (width / 4);
  uint64_t row = first;
  uint32_t block = 0;
  words w;
  for (size_t start = 0; start < count; start += LANES) {
    for (int i = 0; i < LANES; i++) {
      w.line[0][i] = (uint32_t)row;
      w.line[1][i] = (uint32_t)(row >> 32);
      w.line[2][i] = part << 24 | block;
      w.line[3][i] = (uint32_t)stream;
      block++;
      row += block == width / 4;
      block = block == width / 4 ? 0 : block;
    }
    draw_words(seed, &w);
    if (count - start >= LANES) {
      draw_numbers(&w, normals + 4 * start);
    } else {
      float rest[4 * LANES];
      draw_numbers(&w, rest);
      memcpy(normals + 4 * start, rest, 4 * (count - start) * sizeof *rest);
    }
  }
}

void NEAP_NAME(neap_words)(uint64_t seed, neap_stream stream, uint32_t part,
                           uint64_t first, size_t count, size_t stride,
                           uint32_t *to) {
  words w;
  for (size_t start = 0; start < count; start += LANES) {
    for (int i = 0; i < LANES; i++) {
      const uint64_t index = first + start + (uint64_t)i;
      w.line[0][i] = (uint32_t)index;
      w.line[1][i] = (uint32_t)(index >> 32);
      w.line[2][i] = part;
      w.line[3][i] = (uint32_t)stream;
    }
    draw_words(seed, &w);
    const size_t left = count - start < LANES ? count - start : LANES;
    for (int word = 0; word < 4; word++) {
      memcpy(to + (size_t)word * stride + start, w.line[word],
             left * sizeof *to);
    }
  }
}

#endif
