// kernel/sort.c -- a radix sort of scores, stable, largest first.
//
// Scores become words that fall as the score rises. Their upper 32 bits are
// sorted by three digits, the least one first; only rows move, keys stay. In
// float64 rows with the same upper bits are then sorted by the lower ones.
#include <string.h>

#include "kernel/kernel.h"

enum { DIGIT_BITS = 11, DIGITS = 3, BUCKETS = 1 << DIGIT_BITS };

// A run of equal upper bits up to this long is sorted by insertion.
enum { SHORT_RUN = 24 };

typedef struct sorting {
  const void *scores;
  neap_dtype dtype;
  uint32_t *keys;   // [count], by row
  uint32_t *other;  // [count]
} sorting;

// -0 and 0 are equal.
static uint64_t falling_key64(double score) {
  uint64_t bits;
  score += 0.0;  // -0 becomes 0
  memcpy(&bits, &score, sizeof bits);
  return bits >> 63 ? bits : ~bits & ~(UINT64_C(1) << 63);
}

static uint32_t falling_key32(float score) {
  uint32_t bits;
  score += 0.0f;
  memcpy(&bits, &score, sizeof bits);
  return bits >> 31 ? bits : ~bits & ~(UINT32_C(1) << 31);
}

static void set_keys(const sorting *s, size_t count) {
  if (s->dtype == NEAP_FLOAT32) {
    for (size_t i = 0; i < count; i++)
      s->keys[i] = falling_key32(((const float *)s->scores)[i]);
  } else {
    for (size_t i = 0; i < count; i++) {
      const double score = ((const double *)s->scores)[i];
      s->keys[i] = (uint32_t)(falling_key64(score) >> 32);
    }
  }
}

static uint32_t low_key(const sorting *s, uint32_t row) {
  return (uint32_t)falling_key64(((const double *)s->scores)[row]);
}

static uint32_t digit_of(uint32_t key, int digit) {
  return key >> (digit * DIGIT_BITS) & (BUCKETS - 1);
}

// Counts the keys of some rows (NULL: 0 to count - 1) by each digit.
static void count_digits(size_t count, const uint32_t *keys,
                         const uint32_t *rows,
                         uint32_t buckets[DIGITS][BUCKETS]) {
  memset(buckets, 0, sizeof(uint32_t[DIGITS][BUCKETS]));
  for (size_t i = 0; i < count; i++) {
    const uint32_t key = keys[rows != NULL ? rows[i] : i];
    for (int digit = 0; digit < DIGITS; digit++)
      buckets[digit][digit_of(key, digit)]++;
  }
}

// Turns counts to starts; returns whether all keys share the digit, so that
// sorting by it changes nothing.
static bool settle(size_t count, uint32_t *buckets) {
  uint32_t start = 0;
  bool settled = false;
  for (int i = 0; i < BUCKETS; i++) {
    const uint32_t size = buckets[i];
    settled = settled || size == count;
    buckets[i] = start;
    start += size;
  }
  return settled;
}

static void scatter(size_t count, const uint32_t *keys, int digit,
                    uint32_t *starts, const uint32_t *from, uint32_t *to) {
  if (from == NULL) {
    for (uint32_t i = 0; i < count; i++)
      to[starts[digit_of(keys[i], digit)]++] = i;
  } else {
    for (size_t i = 0; i < count; i++)
      to[starts[digit_of(keys[from[i]], digit)]++] = from[i];
  }
}

// Sorts rows by their keys into `order`. from: the rows, which may be order
// or NULL for 0 to count - 1.
static void sort_by_keys(size_t count, const uint32_t *keys,
                         const uint32_t *from, uint32_t *order,
                         uint32_t *other) {
  uint32_t buckets[DIGITS][BUCKETS];
  int active[DIGITS], passes = 0;
  count_digits(count, keys, from, buckets);
  for (int digit = 0; digit < DIGITS; digit++) {
    if (!settle(count, buckets[digit]))
      active[passes++] = digit;
  }
  if (from == order && passes % 2 == 1) {  // the first pass writes to order
    memcpy(other, order, count * sizeof *order);
    from = other;
  }
  for (int p = 0; p < passes; p++) {
    uint32_t *to = (passes - p) % 2 == 1 ? order : other;
    scatter(count, keys, active[p], buckets[active[p]], from, to);
    from = to;
  }
  for (uint32_t i = 0; passes == 0 && from == NULL && i < count; i++)
    order[i] = i;
}

static void insert(size_t count, const uint32_t *keys, uint32_t *order) {
  for (size_t i = 1; i < count; i++) {
    const uint32_t row = order[i];
    size_t j = i;
    for (; j > 0 && keys[order[j - 1]] > keys[row]; j--)
      order[j] = order[j - 1];
    order[j] = row;
  }
}

// Sorts rows that have the same upper bits by the lower ones, which become
// their keys.
static void sort_run(const sorting *s, size_t count, uint32_t *order) {
  bool sorted = true;
  for (size_t i = 0; i < count; i++) {
    s->keys[order[i]] = low_key(s, order[i]);
    sorted = sorted && (i == 0 || s->keys[order[i - 1]] <= s->keys[order[i]]);
  }
  if (sorted)
    return;
  if (count <= SHORT_RUN)
    insert(count, s->keys, order);
  else
    sort_by_keys(count, s->keys, order, order, s->other);
}

void neap_sort_descending(size_t count, const void *scores, neap_dtype dtype,
                          uint32_t *order, uint32_t *scratch) {
  const sorting s = {scores, dtype, scratch, scratch + count};
  set_keys(&s, count);
  sort_by_keys(count, s.keys, NULL, order, s.other);
  if (dtype == NEAP_FLOAT32)
    return;
  for (size_t first = 0, i = 1; i <= count; i++) {
    if (i < count && s.keys[order[i]] == s.keys[order[first]])
      continue;
    if (i - first > 1)
      sort_run(&s, i - first, order + first);
    first = i;
  }
}
