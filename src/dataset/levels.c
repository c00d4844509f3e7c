// dataset/levels.c -- the distinct texts of a column, by a table of hashes.
#include <string.h>

#include "dataset/dataset.h"

static bool is_same(const neap_field *a, const neap_field *b) {
  return a->size_bytes == b->size_bytes &&
         a->has_doubled_quotes == b->has_doubled_quotes &&
         memcmp(a->text, b->text, a->size_bytes) == 0;
}

// Eight bytes at a time: multiply by an odd number, and let high bits down.
static uint64_t hash_of(const neap_field *field) {
  const char *at = field->text;
  size_t left = field->size_bytes;
  uint64_t hash = left * UINT64_C(0x9E3779B97F4A7C15);
  while (left > 0) {
    const size_t size = left < 8 ? left : 8;
    uint64_t word = 0;
    memcpy(&word, at, size);
    hash = (hash ^ word) * UINT64_C(0xD6E8FEB86659FD93);
    hash ^= hash >> 32;
    at += size;
    left -= size;
  }
  return hash;
}

// The slot of a field: where it is, or the free one where it belongs.
static uint32_t *slot_of(const neap_levels *levels, const neap_field *field) {
  const size_t mask = levels->slot_count - 1;
  for (size_t i = (size_t)hash_of(field) & mask;; i = (i + 1) & mask) {
    uint32_t *slot = &levels->slots[i];
    if (*slot == 0 || is_same(&levels->list[*slot - 1].field, field))
      return slot;
  }
}

static void *resize(const neap *engine, void *block, size_t old_size,
                    size_t new_size) {
  const neap_host *host = &engine->host;
  return host->allocate(host->data, block, block != NULL ? old_size : 0,
                        new_size);
}

static bool grow_list(neap_levels *levels) {
  const size_t size = levels->list_size, more = size == 0 ? 16 : size * 2;
  neap_level *list = resize(levels->engine, levels->list, size * sizeof *list,
                            more * sizeof *list);
  if (list == NULL)
    return false;
  levels->list = list;
  levels->list_size = more;
  return true;
}

// Twice the slots, so that half or more of them are free.
static bool grow_slots(neap_levels *levels) {
  const size_t old_size = levels->slot_count * sizeof *levels->slots;
  const size_t count = levels->slot_count == 0 ? 64 : levels->slot_count * 2;
  uint32_t *slots =
      resize(levels->engine, NULL, 0, count * sizeof *levels->slots);
  if (slots == NULL)
    return false;
  if (levels->slots != NULL)
    resize(levels->engine, levels->slots, old_size, 0);
  memset(slots, 0, count * sizeof *slots);
  levels->slots = slots;
  levels->slot_count = count;
  for (size_t i = 0; i < levels->count; i++)
    *slot_of(levels, &levels->list[i].field) = (uint32_t)i + 1;
  return true;
}

neap_status neap_levels_code(neap_levels *levels, const neap_field *field,
                             size_t line, int32_t *code, neap_error *error) {
  // Rows of one class often follow one another.
  if (levels->count > 0 && is_same(&levels->list[levels->last].field, field)) {
    levels->list[levels->last].count++;
    *code = (int32_t)levels->last;
    return NEAP_OK;
  }
  const bool full = levels->count == levels->list_size;
  if (levels->count >= INT32_MAX - 1 || (full && !grow_list(levels)) ||
      (2 * levels->count >= levels->slot_count && !grow_slots(levels))) {
    return neap_fail(error, NEAP_EMEMORY, "no memory for %zu levels",
                     levels->count + 1);
  }
  uint32_t *slot = slot_of(levels, field);
  if (*slot == 0) {
    if (levels->most > 0 && levels->count == levels->most) {
      return neap_fail(error, NEAP_EDATA, "more than %zu different values",
                       levels->most);
    }
    levels->list[levels->count++] = (neap_level){.field = *field, .line = line};
    *slot = (uint32_t)levels->count;
  }
  levels->last = *slot - 1;
  levels->list[levels->last].count++;
  *code = (int32_t)levels->last;
  return NEAP_OK;
}

void neap_levels_free(neap_levels *levels) {
  if (levels->list != NULL) {
    resize(levels->engine, levels->list,
           levels->list_size * sizeof *levels->list, 0);
  }
  if (levels->slots != NULL) {
    resize(levels->engine, levels->slots,
           levels->slot_count * sizeof *levels->slots, 0);
  }
  *levels = (neap_levels){.engine = levels->engine};
}
