// dataset/inflate.c -- deflate, decoded; and CRC-32.
//
// Source: RFC 1951, Deutsch 1996, DEFLATE compressed data format 1.3.
#include <string.h>

#include "dataset/dataset.h"

enum {
  LONGEST_CODE = 15,
  LITERALS = 288,
  DISTANCES = 32,
  FAST_BITS = 10,
};

// A prefix code: how many symbols have each length, and the symbols in the
// order of their codes. Short codes are looked up: symbol << 4 | length by the
// bits as they come, 0 for longer ones.
typedef struct code {
  uint16_t counts[LONGEST_CODE + 1];
  uint16_t symbols[LITERALS];
  uint16_t fast[1 << FAST_BITS];
} code;

typedef struct decoder {
  const unsigned char *at, *end;
  uint64_t bits;  // the next ones, the first lowest
  unsigned bit_count;
  unsigned char *out;  // NULL: counts only
  size_t length, size_bytes;
  bool damaged;
  code literals, distances;
} decoder;

static void fill_bits(decoder *d) {
  while (d->bit_count <= 56 && d->at < d->end) {
    d->bits |= (uint64_t)*d->at++ << d->bit_count;
    d->bit_count += 8;
  }
}

// Beyond the end the bits are 0, and the text is damaged.
static unsigned take_bits(decoder *d, unsigned count) {
  if (d->bit_count < count)
    fill_bits(d);
  if (d->bit_count < count) {
    d->damaged = true;
    return 0;
  }
  const unsigned taken = (unsigned)(d->bits & ((UINT64_C(1) << count) - 1));
  d->bits >>= count;
  d->bit_count -= count;
  return taken;
}

static unsigned reversed(unsigned bits, unsigned length) {
  unsigned turned = 0;
  for (unsigned i = 0; i < length; i++)
    turned |= (bits >> i & 1) << (length - 1 - i);
  return turned;
}

// Makes the code of some lengths (3.2.2). Returns whether it is one: not more
// codes than there is room for, and no room left but for a single code.
static bool make_code(code *c, const uint8_t *lengths, unsigned count) {
  unsigned starts[LONGEST_CODE + 2] = {0}, used = 0;
  memset(c, 0, sizeof *c);
  for (unsigned i = 0; i < count; i++)
    c->counts[lengths[i]]++;
  c->counts[0] = 0;
  int left = 1;
  for (unsigned length = 1; length <= LONGEST_CODE; length++) {
    left = 2 * left - c->counts[length];
    if (left < 0)
      return false;
    used += c->counts[length];
    starts[length + 1] = starts[length] + c->counts[length];
  }
  unsigned next[LONGEST_CODE + 1] = {0}, bits = 0;
  for (unsigned length = 1; length <= LONGEST_CODE; length++) {
    next[length] = bits;
    bits = (bits + c->counts[length]) << 1;
  }
  for (unsigned i = 0; i < count; i++) {
    const unsigned length = lengths[i];
    if (length == 0)
      continue;
    c->symbols[starts[length]++] = (uint16_t)i;
    const unsigned first = reversed(next[length]++, length);
    for (unsigned at = first; length <= FAST_BITS && at < 1u << FAST_BITS;
         at += 1u << length)
      c->fast[at] = (uint16_t)(i << 4 | length);
  }
  return left == 0 || used <= 1;
}

// Reads one symbol: bit by bit, the codes of each length being a range.
static unsigned take_symbol(decoder *d, const code *c) {
  if (d->bit_count < LONGEST_CODE)
    fill_bits(d);
  const unsigned entry = c->fast[d->bits & ((1u << FAST_BITS) - 1)];
  if (entry != 0 && (entry & 15) <= d->bit_count) {
    d->bits >>= entry & 15;
    d->bit_count -= entry & 15;
    return entry >> 4;
  }
  int value = 0, first = 0, index = 0;
  for (unsigned length = 1; length <= LONGEST_CODE && !d->damaged; length++) {
    value |= (int)take_bits(d, 1);
    const int count = c->counts[length];
    if (value - count < first)
      return c->symbols[index + (value - first)];
    index += count;
    first = (first + count) << 1;
    value <<= 1;
  }
  d->damaged = true;
  return 0;
}

static void put_byte(decoder *d, unsigned byte) {
  if (d->length == d->size_bytes) {
    d->damaged = true;
    return;
  }
  if (d->out != NULL)
    d->out[d->length] = (unsigned char)byte;
  d->length++;
}

static void copy_back(decoder *d, size_t length, size_t distance) {
  if (distance > d->length || length > d->size_bytes - d->length) {
    d->damaged = true;
    return;
  }
  if (d->out != NULL) {
    unsigned char *to = d->out + d->length;
    const unsigned char *from = to - distance;
    for (size_t i = 0; i < length; i++)  // they may overlap
      to[i] = from[i];
  }
  d->length += length;
}

static void decode_symbols(decoder *d) {
  static const uint16_t lengths[] = {
      3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
      31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
  static const uint8_t length_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1,
                                        1, 1, 2, 2, 2, 2, 3, 3, 3, 3,
                                        4, 4, 4, 4, 5, 5, 5, 5, 0};
  static const uint16_t distances[] = {
      1,    2,    3,    4,    5,    7,    9,    13,    17,    25,
      33,   49,   65,   97,   129,  193,  257,  385,   513,   769,
      1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
  static const uint8_t distance_bits[] = {0, 0, 0,  0,  1,  1,  2,  2,  3,  3,
                                          4, 4, 5,  5,  6,  6,  7,  7,  8,  8,
                                          9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
  while (!d->damaged) {
    const unsigned symbol = take_symbol(d, &d->literals);
    if (symbol < 256) {
      put_byte(d, symbol);
      continue;
    }
    if (symbol == 256)
      return;
    const unsigned at = symbol - 257;
    if (at >= sizeof length_bits) {
      d->damaged = true;
      return;
    }
    const size_t length = lengths[at] + take_bits(d, length_bits[at]);
    const unsigned far = take_symbol(d, &d->distances);
    if (far >= sizeof distance_bits) {
      d->damaged = true;
      return;
    }
    const size_t distance = distances[far] + take_bits(d, distance_bits[far]);
    if (!d->damaged)
      copy_back(d, length, distance);
  }
}

static void decode_stored(decoder *d) {
  take_bits(d, d->bit_count & 7);  // to the next whole byte
  const unsigned length = take_bits(d, 16), check = take_bits(d, 16);
  d->damaged = d->damaged || length != (~check & 0xFFFF);
  for (unsigned i = 0; i < length && !d->damaged; i++)
    put_byte(d, take_bits(d, 8));
}

static void decode_fixed(decoder *d) {
  uint8_t lengths[LITERALS];
  for (int i = 0; i < LITERALS; i++)
    lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  make_code(&d->literals, lengths, LITERALS);
  memset(lengths, 5, DISTANCES);
  make_code(&d->distances, lengths, DISTANCES);
  decode_symbols(d);
}

// The lengths of both codes, themselves in a code (3.2.7): 16 repeats the last
// one, 17 and 18 are runs of 0.
static void read_lengths(decoder *d, const code *c, uint8_t *lengths,
                         unsigned count) {
  for (unsigned i = 0; i < count && !d->damaged;) {
    const unsigned symbol = take_symbol(d, c);
    if (symbol < 16) {
      lengths[i++] = (uint8_t)symbol;
      continue;
    }
    unsigned times = symbol == 16   ? 3 + take_bits(d, 2)
                     : symbol == 17 ? 3 + take_bits(d, 3)
                                    : 11 + take_bits(d, 7);
    const bool repeats = symbol == 16;
    if (times > count - i || (repeats && i == 0)) {
      d->damaged = true;
      return;
    }
    const uint8_t value = repeats ? lengths[i - 1] : 0;
    for (; times > 0; times--)
      lengths[i++] = value;
  }
}

static void decode_dynamic(decoder *d) {
  static const uint8_t order[] = {16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
                                  11, 4,  12, 3, 13, 2, 14, 1, 15};
  const unsigned literals = 257 + take_bits(d, 5);
  const unsigned distances = 1 + take_bits(d, 5);
  const unsigned codes = 4 + take_bits(d, 4);
  uint8_t lengths[LITERALS + DISTANCES] = {0};
  for (unsigned i = 0; i < codes; i++)
    lengths[order[i]] = (uint8_t)take_bits(d, 3);
  code *of_lengths = &d->distances;  // which comes later
  if (d->damaged || literals > 286 ||
      !make_code(of_lengths, lengths, sizeof order)) {
    d->damaged = true;
    return;
  }
  memset(lengths, 0, sizeof lengths);
  read_lengths(d, of_lengths, lengths, literals + distances);
  if (d->damaged || lengths[256] == 0 ||
      !make_code(&d->literals, lengths, literals) ||
      !make_code(&d->distances, lengths + literals, distances)) {
    d->damaged = true;
    return;
  }
  decode_symbols(d);
}

neap_status neap_inflate(const unsigned char *packed, size_t packed_bytes,
                         unsigned char *out, size_t size_bytes,
                         neap_error *error) {
  decoder d = {.at = packed,
               .end = packed + packed_bytes,
               .out = out,
               .size_bytes = size_bytes};
  bool last = false;
  while (!last && !d.damaged) {
    last = take_bits(&d, 1) != 0;
    const unsigned kind = take_bits(&d, 2);
    if (kind == 0) {
      decode_stored(&d);
    } else if (kind == 1) {
      decode_fixed(&d);
    } else if (kind == 2) {
      decode_dynamic(&d);
    } else {
      d.damaged = true;
    }
  }
  if (d.damaged || d.length != size_bytes || d.at != d.end ||
      d.bit_count >= 8) {
    return neap_fail(error, NEAP_EDATA,
                     "the compressed bytes are damaged, or are not the %zu "
                     "that the directory says",
                     size_bytes);
  }
  return NEAP_OK;
}

// ------------------------------------------------------------------ CRC-32

enum { SLICES = 8 };

// The remainders of a byte, and of a byte that 1 to 7 more follow.
static void make_remainders(uint32_t table[SLICES][256]) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; bit++)
      crc = crc >> 1 ^ ((crc & 1) != 0 ? 0xEDB88320u : 0);
    table[0][byte] = crc;
  }
  for (int s = 1; s < SLICES; s++) {
    for (int byte = 0; byte < 256; byte++) {
      const uint32_t crc = table[s - 1][byte];
      table[s][byte] = crc >> 8 ^ table[0][crc & 255];
    }
  }
}

uint32_t neap_crc32(uint32_t crc, const void *bytes, size_t size_bytes) {
  uint32_t table[SLICES][256];
  make_remainders(table);
  const unsigned char *at = bytes;
  crc = ~crc;
  for (; size_bytes >= SLICES; size_bytes -= SLICES, at += SLICES) {
    const uint32_t low = crc ^ ((uint32_t)at[0] | (uint32_t)at[1] << 8 |
                                (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24);
    crc = table[7][low & 255] ^ table[6][low >> 8 & 255] ^
          table[5][low >> 16 & 255] ^ table[4][low >> 24] ^ table[3][at[4]] ^
          table[2][at[5]] ^ table[1][at[6]] ^ table[0][at[7]];
  }
  for (; size_bytes > 0; size_bytes--, at++)
    crc = crc >> 8 ^ table[0][(crc ^ *at) & 255];
  return ~crc;
}
