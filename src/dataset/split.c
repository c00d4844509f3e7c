// dataset/split.c -- random orders, folds and shares, class by class.
#include <math.h>

#include "dataset/dataset.h"

// Places that are drawn at once.
enum { DRAWN = 256 };

// A run of places, from the last of a list to the first, and those that they
// are swapped with.
typedef struct swaps {
  size_t first, last;  // counted from 1
  uint32_t with[DRAWN];
} swaps;

// Draws what the places up to `last` are swapped with, and calls for it, as it
// lies anywhere.
static void draw_swaps(const neap_kernels *kernels, uint64_t seed,
                       neap_stream stream, uint32_t part, size_t last,
                       const uint32_t *order, swaps *s) {
  s->first = last > DRAWN ? last - DRAWN + 1 : 2;
  s->last = last;
  if (last < s->first)
    return;
  const size_t count = last - s->first + 1;
  kernels->places(seed, stream, part, (uint32_t)s->first, count, s->with);
  for (size_t i = 0; i < count; i++)
    __builtin_prefetch(order + s->with[i], 1);
}

void neap_shuffle(const neap *engine, uint64_t seed, neap_stream stream,
                  uint32_t part, size_t count, uint32_t *order) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT32);
  for (size_t i = 0; i < count; i++)
    order[i] = (uint32_t)i;
  swaps runs[2], *run = &runs[0], *next = &runs[1];
  draw_swaps(kernels, seed, stream, part, count, order, run);
  while (run->first <= run->last) {
    draw_swaps(kernels, seed, stream, part, run->first - 1, order, next);
    for (size_t i = run->last; i >= run->first; i--) {
      const size_t place = run->with[i - run->first];
      const uint32_t swap = order[i - 1];
      order[i - 1] = order[place];
      order[place] = swap;
    }
    swaps *done = run;
    run = next;
    next = done;
  }
}

// The rows of one class after another, each class in random order.
typedef struct dealt {
  neap_arena arena;
  uint32_t *rows;   // [rows]
  uint32_t *order;  // [rows], a scratch
  size_t *sizes;    // [classes]
} dealt;

static void lay_out(dealt *d, size_t rows, size_t class_count) {
  d->rows = neap_arena_take(&d->arena, rows, sizeof *d->rows);
  d->order = neap_arena_take(&d->arena, rows, sizeof *d->order);
  d->sizes = neap_arena_take(&d->arena, class_count, sizeof *d->sizes);
}

static neap_status deal(const neap *engine, size_t rows, const int32_t *classes,
                        size_t class_count, uint64_t seed, dealt *d,
                        neap_error *error) {
  *d = (dealt){0};
  lay_out(d, rows, class_count);
  NEAP_TRY(neap_arena_new(engine, &d->arena, error));
  lay_out(d, rows, class_count);
  size_t first = 0;
  for (size_t c = 0; c < class_count; c++) {
    size_t size = 0;
    for (size_t i = 0; i < rows; i++) {
      if ((size_t)classes[i] == c)
        d->rows[first + size++] = (uint32_t)i;
    }
    neap_shuffle(engine, seed, NEAP_STREAM_SPLIT, (uint32_t)c, size, d->order);
    for (size_t i = 0; i < size; i++)
      d->order[i] = d->rows[first + d->order[i]];
    for (size_t i = 0; i < size; i++)
      d->rows[first + i] = d->order[i];
    d->sizes[c] = size;
    first += size;
  }
  return NEAP_OK;
}

neap_status neap_deal_folds(const neap *engine, size_t rows,
                            const int32_t *classes, size_t class_count,
                            size_t folds, uint64_t seed, uint32_t *fold,
                            neap_error *error) {
  dealt d;
  NEAP_TRY(deal(engine, rows, classes, class_count, seed, &d, error));
  neap_status status = NEAP_OK;
  for (size_t c = 0; c < class_count && status == NEAP_OK; c++) {
    if (d.sizes[c] >= folds)
      continue;
    status = neap_fail(error, NEAP_EDATA,
                       "class %zu has %zu rows; wanted %zu or more, one for "
                       "each fold",
                       c, d.sizes[c], folds);
  }
  for (size_t i = 0; i < rows && status == NEAP_OK; i++) {
    fold[d.rows[i]] = (uint32_t)(i % folds);
  }
  neap_arena_free(engine, &d.arena);
  return status;
}

static size_t taken_of(size_t size, double share) {
  return (size_t)floor((double)size * share + 0.5);
}

neap_status neap_mark_share(const neap *engine, size_t rows,
                            const int32_t *classes, size_t class_count,
                            double share, uint64_t seed, uint32_t *marked,
                            neap_error *error) {
  dealt d;
  NEAP_TRY(deal(engine, rows, classes, class_count, seed, &d, error));
  neap_status status = NEAP_OK;
  for (size_t c = 0; c < class_count && status == NEAP_OK; c++) {
    const size_t taken = taken_of(d.sizes[c], share);
    if (taken > 0 && taken < d.sizes[c])
      continue;
    status = neap_fail(error, NEAP_EDATA,
                       "class %zu has %zu rows; a share of %g leaves one side "
                       "without any",
                       c, d.sizes[c], share);
  }
  size_t first = 0;
  for (size_t c = 0; c < class_count && status == NEAP_OK; c++) {
    const size_t taken = taken_of(d.sizes[c], share);
    for (size_t i = 0; i < d.sizes[c]; i++) {
      marked[d.rows[first + i]] = i < taken;
    }
    first += d.sizes[c];
  }
  neap_arena_free(engine, &d.arena);
  return status;
}
