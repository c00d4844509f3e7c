// dataset/decimal.c -- decimal numbers: read with one rounding, written so that
// reading gives the same double.
//
// What 53 bits can't hold is multiplied by a power of five of 128 bits whose
// error is known. Where the error could change the rounding, whole numbers of
// any size decide. After Clinger 1990, How to read floating point numbers
// accurately, PLDI, and Lemire 2021, Number parsing at a gigabyte per second.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "dataset/dataset.h"
#include "dataset/decimal.h"
#include "dataset/powers.h"

// ------------------------------------------------------- powers of five

// Returns 5^q as T * 2^exponent with the top bit of T set; q: -364 to 335. The
// true power is in [T, T + 3).
static wide power_of_five(int q, int *exponent) {
  const int row = (q + 364) / 28;
  const uint64_t factor = fine[(q + 364) % 28];
  // high:low * factor has up to 191 bits, top:last.
  const wide bottom = (wide)coarse[row].low * factor;
  const wide top = (wide)coarse[row].high * factor + (bottom >> 64);
  const uint64_t over = (uint64_t)(top >> 64), last = (uint64_t)bottom;
  const int bits = over != 0 ? 64 - __builtin_clzll(over) : 0;
  *exponent = coarse[row].exponent + bits;
  if (bits == 0)
    return top << 64 | last;
  return top << (64 - bits) | last >> bits;
}

// ---------------------------------------------------------- the rounding

// Returns value * 2^exponent, rounded to the nearest double, ties to even.
static double round_wide(wide value, int exponent) {
  const uint64_t high = (uint64_t)(value >> 64);
  const int bits = high != 0 ? 128 - __builtin_clzll(high)
                             : 64 - __builtin_clzll((uint64_t)value);
  const int top = bits - 1 + exponent;  // value is in [2^top, 2^(top + 1))
  const int lost = top < -1022 ? -1022 - top : 0;
  if (top > 1023)
    return (double)INFINITY;
  if (lost > 53)
    return 0;
  const int shift = bits - 53 + lost;
  uint64_t kept;
  if (shift <= 0) {
    kept = (uint64_t)value << -shift;
  } else {
    const wide half = (wide)1 << (shift - 1);
    const wide rest = shift == 128 ? value : value & (2 * half - 1);
    kept = shift == 128 ? 0 : (uint64_t)(value >> shift);
    kept += rest > half || (rest == half && (kept & 1) != 0);
  }
  // A carry out of the fraction moves the exponent on, as it should.
  const uint64_t biased = lost > 0 ? 0 : (uint64_t)(top + 1022) << 52;
  const uint64_t word = biased + kept;
  double number;
  memcpy(&number, &word, sizeof number);
  return number;
}

// Sets the two doubles that digits * 10^q may round to (mostly one), digits
// being above 0, and, where digits were dropped, below digits + 1.
static void bound(uint64_t digits, bool dropped, int q, double *low,
                  double *high) {
  int exponent;
  const wide power = power_of_five(q, &exponent);
  const int free_bits = __builtin_clzll(digits);
  const uint64_t factor = digits << free_bits;
  const wide bottom = (wide)factor * (uint64_t)power;
  const wide product = (wide)factor * (uint64_t)(power >> 64) + (bottom >> 64);
  // The error of the power is 3 units; what was cut off is one more.
  wide error = 4;
  if (dropped)
    error += (power >> (64 - free_bits)) + 4;
  exponent += q + 64 - free_bits;
  *low = round_wide(product, exponent);
  *high = product + error < product ? (double)INFINITY
                                    : round_wide(product + error, exponent);
}

// ------------------------------------------- whole numbers of any size

enum { LIMBS = 176, DIGITS_MOST = 800 };

typedef struct whole {
  uint32_t limbs[LIMBS];  // the lowest first
  int count;
} whole;

static void multiply(whole *a, uint32_t factor, uint32_t added) {
  uint64_t carry = added;
  for (int i = 0; i < a->count; i++) {
    carry += (uint64_t)a->limbs[i] * factor;
    a->limbs[i] = (uint32_t)carry;
    carry >>= 32;
  }
  if (carry != 0 && a->count < LIMBS)
    a->limbs[a->count++] = (uint32_t)carry;
}

static void multiply_by_fives(whole *a, int power) {
  for (; power >= 13; power -= 13)
    multiply(a, 1220703125, 0);
  for (; power > 0; power--)
    multiply(a, 5, 0);
}

static void multiply_by_twos(whole *a, int power) {
  for (; power >= 31; power -= 31)
    multiply(a, UINT32_C(1) << 31, 0);
  multiply(a, UINT32_C(1) << power, 0);
}

static int compare(const whole *a, const whole *b) {
  if (a->count != b->count)
    return a->count < b->count ? -1 : 1;
  for (int i = a->count - 1; i >= 0; i--) {
    if (a->limbs[i] != b->limbs[i])
      return a->limbs[i] < b->limbs[i] ? -1 : 1;
  }
  return 0;
}

// Reads the digits of a text as a whole number. A double halfway between two
// has no more than 767 digits, so that what follows the 800th can't do more
// than break a tie. Returns the power of ten that is left of the digits.
static int read_whole(const char *digits, const char *end, int exponent,
                      whole *number) {
  int taken = 0;
  bool rest = false;
  *number = (whole){.count = 0};
  for (; digits < end; digits++) {
    if (!is_digit(*digits) || (taken == 0 && *digits == '0'))
      continue;
    if (taken < DIGITS_MOST) {
      multiply(number, 10, (uint32_t)(*digits - '0'));
    } else {
      rest = rest || *digits != '0';
      exponent++;
    }
    taken++;
  }
  if (rest) {
    multiply(number, 10, 1);
    exponent--;
  }
  return exponent;
}

// Returns which of two neighbours is nearer to the digits * 10^exponent; both
// are positive, and high may be infinite.
static double nearer(const char *digits, const char *end, int exponent,
                     double low, double high) {
  uint64_t word;
  memcpy(&word, &low, sizeof word);
  const bool normal = word >> 52 != 0;
  const uint64_t fraction = word & ((UINT64_C(1) << 52) - 1);
  // Halfway: (2 m + 1) 2^(e - 1) for low = m 2^e.
  const uint64_t half = 2 * (fraction | (uint64_t)normal << 52) + 1;
  const int half_exponent = (normal ? (int)(word >> 52) - 1075 : -1074) - 1;
  whole left, right = {.limbs = {(uint32_t)half, (uint32_t)(half >> 32)},
                       .count = half >> 32 != 0 ? 2 : 1};
  exponent = read_whole(digits, end, exponent, &left);
  if (exponent >= 0) {
    multiply_by_fives(&left, exponent);
  } else {
    multiply_by_fives(&right, -exponent);
  }
  const int twos = half_exponent - exponent;
  multiply_by_twos(twos >= 0 ? &right : &left, twos >= 0 ? twos : -twos);
  const int order = compare(&left, &right);
  if (order != 0)
    return order < 0 ? low : high;
  return (word & 1) == 0 ? low : high;
}

// A decimal number that needs a closer look.
typedef struct decimal {
  uint64_t digits;         // the first 19 that count
  int exponent;            // of those
  bool dropped;            // a digit that is not 0 follows them
  const char *text, *end;  // all digits, with or without a point
  int text_exponent;       // of those
} decimal;

static double round_slowly(const decimal *d) {
  double low, high;
  if (!d->dropped && round_exactly(d->digits, d->exponent, &low))
    return low;
  if (d->digits == 0 || d->exponent < -345)
    return 0;
  if (d->exponent > 310)
    return (double)INFINITY;
  bound(d->digits, d->dropped, d->exponent, &low, &high);
  if (low == high)
    return low;
  return nearer(d->text, d->end, d->text_exponent, low, high);
}

// ---------------------------------------------------------- the reading

// More digits than 19: the first that are not 0 again, and how many follow.
static void read_long(decimal *d, char point) {
  int taken = 0, after = 0;
  bool fraction = false;
  d->digits = 0;
  for (const char *at = d->text; at < d->end; at++) {
    if (*at == point) {
      fraction = true;
      continue;
    }
    if (taken < 19) {
      d->digits = d->digits * 10 + (uint64_t)(*at - '0');
      taken += d->digits != 0;
      after -= fraction;
    } else {
      d->dropped = d->dropped || *at != '0';
      after += !fraction;
    }
  }
  d->exponent = after;
}

// Returns how many of the digits follow the zeros at the beginning.
static ptrdiff_t significant(const decimal *d, ptrdiff_t count, char point) {
  for (const char *at = d->text; at < d->end; at++) {
    if (*at != '0' && *at != point)
      break;
    count -= *at == '0';
  }
  return count;
}

// Returns where the exponent of a number ends, or NULL where it has none.
static const char *read_exponent(const char *at, const char *end,
                                 int *exponent) {
  bool negative = false;
  int value = 0;
  if (at < end && (*at == '+' || *at == '-'))
    negative = *at++ == '-';
  if (at == end || !is_digit(*at))
    return NULL;
  for (; at < end && is_digit(*at); at++) {
    if (value < 100000000)
      value = value * 10 + (*at - '0');
  }
  *exponent = negative ? -value : value;
  return at;
}

// What reading quickly leaves: an exponent, many digits, a hard rounding.
static const char *read_rest(decimal *d, const char *at, const char *end,
                             ptrdiff_t count, char point, double *number) {
  // An int counts the digits: a GB of them is no number.
  if (count == 0 || count > INT32_MAX / 2)
    return NULL;
  d->end = at;
  d->text_exponent = d->exponent;
  if (count > 19 && significant(d, count, point) > 19)
    read_long(d, point);
  if (at < end && (*at == 'e' || *at == 'E')) {
    int power = 0;
    at = read_exponent(at + 1, end, &power);
    if (at == NULL)
      return NULL;
    d->exponent += power;
    d->text_exponent += power;
  }
  *number = round_slowly(d);
  return at;
}

const char *neap_read_number(const char *at, const char *end, char point,
                             double *number) {
  neap_scan scan;
  if (read_quickly(at, end, point, &scan, number))
    return scan.at;
  decimal d = {.digits = scan.digits,
               .exponent = scan.places <= INT32_MAX / 2 ? -(int)scan.places : 0,
               .text = scan.text};
  at = read_rest(&d, scan.at, end, scan.count, point, number);
  if (at != NULL)
    set_sign(number, scan.negative);
  return at;
}

bool neap_parse_number(const char *text, size_t size_bytes, char point,
                       double *number) {
  double read;
  const char *end = text + size_bytes;
  if (neap_read_number(text, end, point, &read) != end)
    return false;
  *number = read;
  return true;
}

// ---------------------------------------------------------- the writing

// snprintf without the locale: what is no digit, sign or e is the point.
static size_t print_digits(double number, int digits, char *text) {
  char raw[64];
  snprintf(raw, sizeof raw, "%.*g", digits, number);
  size_t length = 0;
  bool in_point = false;
  for (const char *c = raw; *c != '\0'; c++) {
    const bool plain = is_digit(*c) || *c == '-' || *c == '+' || *c == 'e';
    if (plain || !in_point)
      text[length++] = plain ? *c : '.';
    in_point = !plain;
  }
  return length;
}

size_t neap_format_number(double number, char *text) {
  // Doubles of full precision have 15 to 17 digits, the smallest ones fewer.
  const double size = number < 0 ? -number : number;
  for (int digits = size < 0x1p-1022 ? 1 : 15; digits < 17; digits++) {
    const size_t length = print_digits(number, digits, text);
    double again;
    if (neap_parse_number(text, length, '.', &again) && again == number)
      return length;
  }
  return print_digits(number, 17, text);
}
