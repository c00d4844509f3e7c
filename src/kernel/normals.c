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

enum { LANES = 64 };

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
static void draw_numbers(uint32_t words[4][LANES], float *normals) {
  float z[4][LANES];
  pair(words[0], words[1], z[0], z[1]);
  pair(words[2], words[3], z[2], z[3]);
  for (int i = 0; i < LANES; i++) {
    for (int j = 0; j < 4; j++)
      normals[4 * i + j] = z[j][i];
  }
}

// Where 64 counters are: each row has `blocks` of them.
typedef struct places {
  uint64_t row[LANES];
  uint32_t block[LANES];
} places;

static void start_places(places *p, uint64_t first, uint32_t blocks) {
  for (uint32_t i = 0; i < LANES; i++) {
    p->row[i] = first + i / blocks;
    p->block[i] = i % blocks;
  }
}

static void move_places(places *p, uint32_t blocks) {
  const uint32_t rows = LANES / blocks, rest = LANES % blocks;
  NEAP_LANES
  for (int i = 0; i < LANES; i++) {
    const uint32_t block = p->block[i] + rest;
    const uint32_t carry = block >= blocks;
    p->block[i] = carry ? block - blocks : block;
    p->row[i] += rows + carry;
  }
}

void NEAP_NAME(neap_normals)(uint64_t seed, neap_stream stream, uint32_t part,
                             uint64_t first, size_t rows, size_t width,
                             float *normals) {
  const size_t count = rows * (width / 4);
  const uint32_t blocks = (uint32_t)(width / 4);
  places p;
  uint32_t words[4][LANES];
  if (count == 0)
    return;
  start_places(&p, first, blocks);
  for (size_t start = 0; start < count; start += LANES) {
    NEAP_LANES
    for (int i = 0; i < LANES; i++) {
      words[0][i] = (uint32_t)p.row[i];
      words[1][i] = (uint32_t)(p.row[i] >> 32);
      words[2][i] = part << 24 | p.block[i];
      words[3][i] = (uint32_t)stream;
    }
    neap_draw_lanes(seed, LANES, words[0]);
    move_places(&p, blocks);
    if (count - start >= LANES) {
      draw_numbers(words, normals + 4 * start);
    } else {
      float rest[4 * LANES];
      draw_numbers(words, rest);
      memcpy(normals + 4 * start, rest, 4 * (count - start) * sizeof *rest);
    }
  }
}

// The words of LANES indices.
static void draw_words(uint64_t seed, neap_stream stream, uint32_t part,
                       uint64_t first, uint32_t words[4][LANES]) {
  for (int i = 0; i < LANES; i++) {
    const uint64_t index = first + (uint64_t)i;
    words[0][i] = (uint32_t)index;
    words[1][i] = (uint32_t)(index >> 32);
    words[2][i] = part;
    words[3][i] = (uint32_t)stream;
  }
  neap_draw_lanes(seed, LANES, words[0]);
}

void NEAP_NAME(neap_words)(uint64_t seed, neap_stream stream, uint32_t part,
                           uint64_t first, size_t count, size_t stride,
                           uint32_t *to) {
  uint32_t words[4][LANES];
  for (size_t start = 0; start < count; start += LANES) {
    draw_words(seed, stream, part, first + start, words);
    const size_t left = count - start < LANES ? count - start : LANES;
    for (int word = 0; word < 4; word++) {
      memcpy(to + (size_t)word * stride + start, words[word],
             left * sizeof *to);
    }
  }
}

// neap_random_below of LANES bounds, from `first` on.
static void draw_below(uint32_t first, const uint32_t *low,
                       const uint32_t *high, uint32_t *numbers) {
  for (uint32_t i = 0; i < LANES; i += NEAP_WIDE_LANES) {
    neap_words32 l, h, bound;
    memcpy(&l, low + i, sizeof l);
    memcpy(&h, high + i, sizeof h);
    for (uint32_t lane = 0; lane < NEAP_WIDE_LANES; lane++)
      bound[lane] = first + i + lane;
    const neap_words64 bounds = __builtin_convertvector(bound, neap_words64);
    const neap_words64 above =
        multiply_low(__builtin_convertvector(h, neap_words64), bounds);
    const neap_words64 below =
        multiply_low(__builtin_convertvector(l, neap_words64), bounds);
    const neap_words64 sum = (above + (below >> 32)) >> 32;
    const neap_words32 number = __builtin_convertvector(sum, neap_words32);
    memcpy(numbers + i, &number, sizeof number);
  }
}

void NEAP_NAME(neap_places)(uint64_t seed, neap_stream stream, uint32_t part,
                            uint32_t first, size_t count, uint32_t *to) {
  uint32_t words[4][LANES], numbers[LANES];
  for (size_t start = 0; start < count; start += LANES) {
    const uint32_t index = first + (uint32_t)start;
    draw_words(seed, stream, part, index, words);
    draw_below(index, words[0], words[1], numbers);
    const size_t left = count - start < LANES ? count - start : LANES;
    memcpy(to + start, numbers, left * sizeof *to);
  }
}

#endif
