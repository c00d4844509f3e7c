// dataset/look.c -- columns that say nothing or name the row, and rows that
// are there twice.
#include <math.h>
#include <string.h>

#include "dataset/dataset.h"

// Marks the constant columns, and those of whole numbers; ends as soon as no
// column can be either.
static void look_at_columns(size_t rows, size_t columns, const void *x,
                            neap_dtype dtype, neap_look *look) {
  memset(look->constant, 1, columns);
  memset(look->id, 1, columns);
  bool any = true;
  for (size_t i = 0; i < rows && any; i++) {
    any = false;
    for (size_t j = 0; j < columns; j++) {
      if (!look->constant[j] && !look->id[j])
        continue;
      const double number = neap_get(x, dtype, i * columns + j);
      look->constant[j] &= number == neap_get(x, dtype, j);
      look->id[j] &= number == floor(number);
      any = true;
    }
  }
}

// 64 bits mixed: the finisher of MurmurHash3, Appleby.
static uint64_t mix(uint64_t word) {
  word = (word ^ word >> 33) * UINT64_C(0xFF51AFD7ED558CCD);
  word = (word ^ word >> 33) * UINT64_C(0xC4CEB9FE1A85EC53);
  return word ^ word >> 33;
}

// A part of rows: columns [first] to [first + count - 1].
typedef struct part {
  const void *x;
  neap_dtype dtype;
  size_t columns, first, count;
} part;

static uint64_t hash_of(const part *p, size_t row) {
  uint64_t hash = p->count;
  for (size_t j = 0; j < p->count; j++) {
    // -0 and 0 are equal.
    const double number =
        neap_get(p->x, p->dtype, row * p->columns + p->first + j) + 0.0;
    uint64_t word;
    memcpy(&word, &number, sizeof word);
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    hash ^= hash >> 29;
  }
  return mix(hash);
}

static bool is_same(const part *p, size_t a, size_t b) {
  for (size_t j = 0; j < p->count; j++) {
    if (neap_get(p->x, p->dtype, a * p->columns + p->first + j) !=
        neap_get(p->x, p->dtype, b * p->columns + p->first + j))
      return false;
  }
  return true;
}

// Counts the rows whose part equals an earlier row's; stops at `most`.
static size_t count_repeats(const part *p, size_t rows, size_t most,
                            uint32_t *slots, uint32_t *marks, size_t mask) {
  size_t repeats = 0;
  memset(slots, 0, (mask + 1) * sizeof *slots);
  for (size_t i = 0; i < rows && repeats < most; i++) {
    const uint64_t hash = hash_of(p, i);
    const uint32_t mark = (uint32_t)(hash >> 32);
    size_t at = (size_t)hash & mask;
    while (slots[at] != 0 &&
           (marks[at] != mark || !is_same(p, slots[at] - 1, i)))
      at = (at + 1) & mask;
    repeats += slots[at] != 0;
    if (slots[at] == 0) {
      slots[at] = (uint32_t)i + 1;
      marks[at] = mark;
    }
  }
  return repeats;
}

neap_status neap_look_over(const neap *engine, size_t rows, size_t columns,
                           const void *x, neap_dtype dtype, neap_look *look,
                           neap_error *error) {
  size_t slot_count = 64;
  while (slot_count < 2 * rows)
    slot_count *= 2;
  neap_arena arena = {0};
  neap_arena_take(&arena, slot_count, sizeof(uint32_t));
  neap_arena_take(&arena, slot_count, sizeof(uint32_t));
  NEAP_TRY(neap_arena_new(engine, &arena, error));
  uint32_t *slots = neap_arena_take(&arena, slot_count, sizeof(uint32_t));
  uint32_t *marks = neap_arena_take(&arena, slot_count, sizeof(uint32_t));
  look_at_columns(rows, columns, x, dtype, look);
  part p = {.x = x, .dtype = dtype, .columns = columns, .count = columns};
  look->duplicates =
      count_repeats(&p, rows, rows, slots, marks, slot_count - 1);
  p.count = 1;
  for (size_t j = 0; j < columns; j++) {
    p.first = j;
    // Fewer rows than this may well have numbers of their own by chance.
    look->id[j] = look->id[j] && rows >= 20 &&
                  count_repeats(&p, rows, 1, slots, marks, slot_count - 1) == 0;
  }
  neap_arena_free(engine, &arena);
  return NEAP_OK;
}
