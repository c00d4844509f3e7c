// dataset/decimal.h -- the numbers that files mostly have, read in line by
// decimal.c and by the readers that have many of them.
#ifndef NEAP_DATASET_DECIMAL_H
#define NEAP_DATASET_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

// 10^q = powers[q + 40] * 2^(floor(q log2(10)) - 63) for q from -40 to 23, less
// than one unit too small.
static const uint64_t powers[] = {
    0x8b61313bbabce2c6U, 0xae397d8aa96c1b77U, 0xd9c7dced53c72255U,
    0x881cea14545c7575U, 0xaa242499697392d2U, 0xd4ad2dbfc3d07787U,
    0x84ec3c97da624ab4U, 0xa6274bbdd0fadd61U, 0xcfb11ead453994baU,
    0x81ceb32c4b43fcf4U, 0xa2425ff75e14fc31U, 0xcad2f7f5359a3b3eU,
    0xfd87b5f28300ca0dU, 0x9e74d1b791e07e48U, 0xc612062576589ddaU,
    0xf79687aed3eec551U, 0x9abe14cd44753b52U, 0xc16d9a0095928a27U,
    0xf1c90080baf72cb1U, 0x971da05074da7beeU, 0xbce5086492111aeaU,
    0xec1e4a7db69561a5U, 0x9392ee8e921d5d07U, 0xb877aa3236a4b449U,
    0xe69594bec44de15bU, 0x901d7cf73ab0acd9U, 0xb424dc35095cd80fU,
    0xe12e13424bb40e13U, 0x8cbccc096f5088cbU, 0xafebff0bcb24aafeU,
    0xdbe6fecebdedd5beU, 0x89705f4136b4a597U, 0xabcc77118461cefcU,
    0xd6bf94d5e57a42bcU, 0x8637bd05af6c69b5U, 0xa7c5ac471b478423U,
    0xd1b71758e219652bU, 0x83126e978d4fdf3bU, 0xa3d70a3d70a3d70aU,
    0xccccccccccccccccU, 0x8000000000000000U, 0xa000000000000000U,
    0xc800000000000000U, 0xfa00000000000000U, 0x9c40000000000000U,
    0xc350000000000000U, 0xf424000000000000U, 0x9896800000000000U,
    0xbebc200000000000U, 0xee6b280000000000U, 0x9502f90000000000U,
    0xba43b74000000000U, 0xe8d4a51000000000U, 0x9184e72a00000000U,
    0xb5e620f480000000U, 0xe35fa931a0000000U, 0x8e1bc9bf04000000U,
    0xb1a2bc2ec5000000U, 0xde0b6b3a76400000U, 0x8ac7230489e80000U,
    0xad78ebc5ac620000U, 0xd8d726b7177a8000U, 0x878678326eac9000U,
    0xa968163f0a57b400U};

static inline bool is_digit(char c) {
  return (unsigned char)(c - '0') < 10;
}

// Returns the number of eight digits, each a byte from 0 to 9, the first
// lowest: pairs of digits, and pairs of pairs, are put together by two
// products.
static inline uint64_t join_digits(uint64_t word) {
  const uint64_t mask = UINT64_C(0x000000FF000000FF);
  word = word * 10 + (word >> 8);
  return ((word & mask) * UINT64_C(0x000F424000000064) +
          (word >> 16 & mask) * UINT64_C(0x0000271000000001)) >>
         32;
}

// Adds the digits from `at` on to *digits, which wraps beyond 19 of them, and
// returns where they end. Eight at a time: a byte is a digit where its high
// half is 3, also after adding 6. Of the last ones, fewer than eight, those
// before the first byte that is none are moved to the high end, zeros coming
// before them.
static inline const char *scan_digits(const char *at, const char *end,
                                      uint64_t *digits) {
  static const uint32_t tens[] = {1,     10,     100,     1000,
                                  10000, 100000, 1000000, 10000000};
  uint64_t value = *digits;
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  while (end - at >= 8) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    word ^= UINT64_C(0x3030303030303030);
    // The lowest byte that is no digit is right; a carry may spoil those above.
    const uint64_t others = (word | (word + UINT64_C(0x0606060606060606))) &
                            UINT64_C(0xF0F0F0F0F0F0F0F0);
    if (others != 0) {
      const int count = __builtin_ctzll(others) / 8;
      const int half = 32 - 4 * count;  // in two steps, as 64 is none
      *digits = value * tens[count] + join_digits(word << half << half);
      return at + count;
    }
    value = value * 100000000 + join_digits(word);
    at += 8;
  }
#else
  (void)tens;
#endif
  for (; at < end && is_digit(*at); at++)
    value = value * 10 + (uint64_t)(*at - '0');
  *digits = value;
  return at;
}

// What most numbers need: digits * 10^q from 64 bits of the power and of the
// product. Returns false where their error could change the rounding, and for
// powers that are rare.
static inline bool round_quickly(uint64_t digits, int q, double *number) {
  if (q < -40 || q > 23 || digits == 0)
    return false;
  const int free_bits = __builtin_clzll(digits);
  const wide product = (wide)(digits << free_bits) * powers[q + 40];
  // The true one is in [high, high + 2).
  const uint64_t high = (uint64_t)(product >> 64);
  const int shift = 10 + (int)(high >> 63);
  const uint64_t rest = high & ((UINT64_C(1) << shift) - 1);
  const uint64_t half = UINT64_C(1) << (shift - 1);
  if (rest + 2 - half <= 2)  // from half - 2 to half
    return false;
  // The value is high * 2^(floor(q log2(10)) + 1 - free_bits).
  const int top = 52 + shift + (q * 217706 >> 16) + 1 - free_bits;
  const uint64_t kept = (high >> shift) + (rest > half);
  const uint64_t word = ((uint64_t)(top + 1022) << 52) + kept;
  memcpy(number, &word, sizeof word);
  return true;
}

// Clinger: both factors are exact, so that one rounding is right.
static inline bool round_exactly(uint64_t digits, int q, double *number) {
  static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  if (digits > UINT64_C(1) << 53 || q < -22 || q > 22)
    return false;
  const double factor = (double)digits;
  *number = q < 0 ? factor / tens[-q] : factor * tens[q];
  return true;
}

// A sign is as likely as not, so nothing branches on it.
static inline void set_sign(double *number, bool negative) {
  uint64_t word;
  memcpy(&word, number, sizeof word);
  word |= (uint64_t)negative << 63;
  memcpy(number, &word, sizeof word);
}

// Where a number has been scanned to.
typedef struct neap_scan {
  const char *text, *at;  // the first digit, and what follows the last
  uint64_t digits;        // of up to 19 digits
  ptrdiff_t count, places;
  bool negative;
} neap_scan;

// Reads [+-]digits[.digits] where that is all, and the rounding is easy; else
// returns false with as much as has been scanned.
static inline bool read_quickly(const char *at, const char *end, char point,
                                neap_scan *scan, double *number) {
  // A sign is as likely as not, so that nothing should branch on it.
  const char first = at < end ? *at : '\0';
  const bool negative = first == '-';
  at += (int)negative | (first == '+');
  const char *text = at;
  uint64_t digits = 0;
  for (; at < end && is_digit(*at); at++)
    digits = digits * 10 + (uint64_t)(*at - '0');
  ptrdiff_t count = at - text, places = 0;
  if (at < end && *at == point) {
    const char *fraction = ++at;
    at = scan_digits(at, end, &digits);
    places = at - fraction;
    count += places;
  }
  *scan = (neap_scan){text, at, digits, count, places, negative};
  if (count == 0 || count > 19 || (at < end && (*at | 32) == 'e'))
    return false;
  // Of up to 14 digits, or from 16 on, one way is taken mostly.
  const int exponent = -(int)places;
  if (!(digits < UINT64_C(1) << 49 &&
        round_exactly(digits, exponent, number)) &&
      !round_quickly(digits, exponent, number))
    return false;
  set_sign(number, negative);
  return true;
}

#endif
