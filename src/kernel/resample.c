// kernel/resample.c -- how often rows are in draws of the bootstrap, 16 draws
// at once: Poisson numbers of mean 1, and sums of them over rows.
//
// Given their sum n, n such numbers are what n draws with replacement from n
// rows give (Kingman 1993, Poisson processes, sec. 1.3); whoever draws sets
// the sum right, one row at a time.
#define NEAP_PLAIN
#include "kernel/philox_lanes.h"
#include "kernel/table.h"

#if NEAP_REAL_BITS == 32

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "the bytes of a random word are taken in the order of a little machine"
#endif

enum { BLOCK_ROWS = 16, BLOCK = BLOCK_ROWS * NEAP_DRAWS };

// Of 256 bytes the first 94 stand for 0, the next 94 for 1, then 47 for 2, 15
// for 3 and 3 for 4: as many as fit into the probabilities. The last three
// bytes are open: 32 bits more say where between 0 and 3 * 2^32 they fall
// among what is left of the probabilities. Here are its sums up to 0, 1, ...,
// in units of 2^-40; numbers above 13 have a chance below 2^-41.
static const uint64_t left[] = {
    0x02D58D8B4, 0x05AB1B167, 0x0715E1DC1, 0x123979735, 0x21025F591,
    0x2D90F3BA4, 0x2FA8B71FC, 0x2FF540C09, 0x2FFED1F4B, 0x2FFFE216E,
    0x2FFFFD4D8, 0x2FFFFFC6E, 0x2FFFFFFBA, 0x2FFFFFFFB, 0x300000000};

// The least number of each of the three.
static const uint8_t least[] = {0, 3, 4};

// A random byte for each row and draw of a block, less 2^7.
static void draw_bytes(uint64_t seed, uint32_t first, uint32_t batch,
                       int8_t bytes[BLOCK]) {
  uint32_t words[4][BLOCK_ROWS];
  uint32_t turned[BLOCK_ROWS][4];
  for (uint32_t i = 0; i < BLOCK_ROWS; i++) {
    words[0][i] = first + i;
    words[1][i] = batch;
    words[2][i] = 0;
    words[3][i] = NEAP_STREAM_DRAWS;
  }
  neap_draw_lanes(seed, BLOCK_ROWS, words[0]);
  for (int i = 0; i < BLOCK_ROWS; i++) {
    for (int word = 0; word < 4; word++)
      turned[i][word] = words[word][i] ^ 0x80808080u;
  }
  memcpy(bytes, turned, BLOCK);
}

#define ABOVE(byte) (x > (byte)-0x80 ? 1 : 0)

// Writes the numbers that a byte decides, and marks those that it does not.
static void compare(const int8_t bytes[BLOCK], uint8_t numbers[BLOCK],
                    uint8_t open[BLOCK]) {
  for (int i = 0; i < BLOCK; i++) {
    const int8_t x = bytes[i];
    uint8_t n = ABOVE(93);
    n = (uint8_t)(n + ABOVE(187));
    n = (uint8_t)(n + ABOVE(234));
    n = (uint8_t)(n + ABOVE(249));
    numbers[i] = n;
    open[i] = ABOVE(252);
  }
}

// Packs eight bytes that are 0 or 1 into as many bits.
NEAP_INLINE uint64_t bits_of_eight(const uint8_t *bytes) {
  uint64_t eight;
  memcpy(&eight, bytes, sizeof eight);
  return eight * UINT64_C(0x0102040810204080) >> 56;
}

// Lists the places that are open; returns how many there are.
NEAP_INLINE uint32_t list_open(const uint8_t open[BLOCK],
                               uint8_t places[BLOCK]) {
  uint32_t count = 0;
  for (uint32_t first = 0; first < BLOCK; first += 64) {
    uint64_t mask = 0;
    for (uint32_t i = 0; i < 64; i += 8)
      mask |= bits_of_eight(open + first + i) << i;
    for (; mask != 0; mask &= mask - 1)
      places[count++] = (uint8_t)(first + (uint32_t)__builtin_ctzll(mask));
  }
  return count;
}

// Decides what is open by 32 bits more, four of a counter.
static void settle(uint64_t seed, uint32_t first, uint32_t batch,
                   const int8_t bytes[BLOCK], const uint8_t open[BLOCK],
                   uint8_t numbers[BLOCK]) {
  const uint64_t index = (uint64_t)batch << 32 | first;
  uint8_t places[BLOCK];
  neap_philox more = {{0}};
  const uint32_t count = list_open(open, places);
  for (uint32_t i = 0; i < count; i++) {
    const uint8_t at = places[i];
    if (i % 4 == 0)
      more = neap_random(seed, NEAP_STREAM_DRAWS, 16 + i / 4, index);
    const uint64_t high = (uint64_t)(bytes[at] + 0x80 - 253);
    const uint64_t bits = high << 32 | more.word[i % 4];
    uint8_t number = least[high];
    while (bits >= left[number])
      number++;
    numbers[at] = number;
  }
}

// Adds the numbers of some rows of a block, which 16 bits hold.
NEAP_INLINE void add_rows(size_t count, const uint8_t numbers[BLOCK],
                          uint32_t *total) {
  uint16_t sum[NEAP_DRAWS] = {0};
  for (size_t row = 0; row < count; row++) {
    NEAP_LANES
    for (size_t i = 0; i < NEAP_DRAWS; i++)
      sum[i] = (uint16_t)(sum[i] + numbers[row * NEAP_DRAWS + i]);
  }
  NEAP_LANES
  for (int i = 0; i < NEAP_DRAWS; i++)
    total[i] += sum[i];
}

void NEAP_NAME(neap_poisson)(uint64_t seed, uint32_t batch, size_t rows,
                             uint8_t *counts, uint32_t *total) {
  int8_t bytes[BLOCK];
  uint8_t numbers[BLOCK], open[BLOCK];
  memset(total, 0, NEAP_DRAWS * sizeof *total);
  for (size_t first = 0; first < rows; first += BLOCK_ROWS) {
    draw_bytes(seed, (uint32_t)first, batch, bytes);
    compare(bytes, numbers, open);
    settle(seed, (uint32_t)first, batch, bytes, open, numbers);
    const size_t left_rows = rows - first;
    if (left_rows >= BLOCK_ROWS) {
      memcpy(counts + first * NEAP_DRAWS, numbers, BLOCK);
      add_rows(BLOCK_ROWS, numbers, total);
    } else {
      memcpy(counts + first * NEAP_DRAWS, numbers, left_rows * NEAP_DRAWS);
      add_rows(left_rows, numbers, total);
    }
  }
}

// Adds the lines of eight rows, a sum of which 16 bits hold.
NEAP_INLINE void add_eight(const uint32_t *rows, const uint8_t *counts,
                           uint32_t *total) {
  const uint8_t *a = counts + (size_t)rows[0] * NEAP_DRAWS;
  const uint8_t *b = counts + (size_t)rows[1] * NEAP_DRAWS;
  const uint8_t *c = counts + (size_t)rows[2] * NEAP_DRAWS;
  const uint8_t *d = counts + (size_t)rows[3] * NEAP_DRAWS;
  const uint8_t *e = counts + (size_t)rows[4] * NEAP_DRAWS;
  const uint8_t *f = counts + (size_t)rows[5] * NEAP_DRAWS;
  const uint8_t *g = counts + (size_t)rows[6] * NEAP_DRAWS;
  const uint8_t *h = counts + (size_t)rows[7] * NEAP_DRAWS;
  uint16_t sum[NEAP_DRAWS];
  NEAP_LANES
  for (int i = 0; i < NEAP_DRAWS; i++)
    sum[i] = (uint16_t)(a[i] + b[i] + c[i] + d[i] + e[i] + f[i] + g[i] + h[i]);
  NEAP_LANES
  for (int i = 0; i < NEAP_DRAWS; i++)
    total[i] += sum[i];
}

void NEAP_NAME(neap_add_counts)(size_t count, const uint32_t *rows,
                                const uint8_t *counts, uint32_t *total) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8)
    add_eight(rows + i, counts, total);
  for (; i < count; i++) {
    const uint8_t *line = counts + (size_t)rows[i] * NEAP_DRAWS;
    NEAP_LANES
    for (int lane = 0; lane < NEAP_DRAWS; lane++)
      total[lane] += line[lane];
  }
}

void NEAP_NAME(neap_add_weighted)(size_t count, const uint32_t *rows,
                                  const uint8_t *counts, const double *weights,
                                  double *total) {
  for (size_t i = 0; i < count; i++) {
    const uint8_t *line = counts + (size_t)rows[i] * NEAP_DRAWS;
    const double weight = weights[rows[i]];
    NEAP_LANES
    for (int lane = 0; lane < NEAP_DRAWS; lane++)
      total[lane] += line[lane] * weight;
  }
}

#endif
