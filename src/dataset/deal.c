// dataset/deal.c -- whole groups dealt into bins, nested samples, and orders.
#include <math.h>

#include "dataset/dataset.h"

// ------------------------------------------------------------ whole groups

typedef struct deal {
  neap_arena arena;
  double *of_group;    // [groups][classes] rows
  double *in_bin;      // [bins][classes]
  double *totals;      // [classes]
  double *sizes;       // [groups], by random place
  size_t *with_class;  // [classes] groups that have it
  uint32_t *shuffled;  // [groups]
  uint32_t *order;     // [groups]
  uint32_t *bin_of;    // [groups]
  uint32_t *scratch;   // [2 * groups]
} deal;

static void lay_out(deal *d, size_t groups, size_t classes, size_t bins) {
  neap_arena *a = &d->arena;
  d->of_group = neap_arena_take(a, groups, classes * sizeof(double));
  d->in_bin = neap_arena_take(a, bins, classes * sizeof(double));
  d->totals = neap_arena_take(a, classes, sizeof(double));
  d->sizes = neap_arena_take(a, groups, sizeof(double));
  d->with_class = neap_arena_take(a, classes, sizeof(size_t));
  d->shuffled = neap_arena_take(a, groups, sizeof(uint32_t));
  d->order = neap_arena_take(a, groups, sizeof(uint32_t));
  d->bin_of = neap_arena_take(a, groups, sizeof(uint32_t));
  d->scratch = neap_arena_take(a, groups, 2 * sizeof(uint32_t));
}

static neap_status count_classes(deal *d, size_t rows, const int32_t *classes,
                                 size_t class_count, const int32_t *groups,
                                 size_t group_count, size_t bins,
                                 neap_error *error) {
  for (size_t i = 0; i < rows; i++) {
    const size_t c = (size_t)classes[i];
    double *count = &d->of_group[(size_t)groups[i] * class_count + c];
    d->with_class[c] += *count == 0;
    *count += 1;
    d->totals[c] += 1;
  }
  for (size_t c = 0; c < class_count; c++) {
    if (d->with_class[c] < bins) {
      return neap_fail(error, NEAP_EDATA,
                       "class %zu is in %zu of %zu groups; wanted %zu or more, "
                       "one for each part",
                       c, d->with_class[c], group_count, bins);
    }
  }
  return NEAP_OK;
}

// By how much the sum grows when a group comes into a bin.
static double growth(const deal *d, size_t class_count, size_t group,
                     size_t bin, double share) {
  double sum = 0;
  for (size_t c = 0; c < class_count; c++) {
    const double there = d->in_bin[bin * class_count + c];
    const double comes = d->of_group[group * class_count + c];
    const double whole = share * d->totals[c];
    sum += share * (comes / whole) * ((2 * there + comes) / whole);
  }
  return sum;
}

static void deal_one(deal *d, size_t class_count, size_t group, size_t bins,
                     const double *shares) {
  size_t best = 0;
  double least = (double)INFINITY;
  for (size_t b = 0; b < bins; b++) {
    const double grown = growth(d, class_count, group, b, shares[b]);
    if (grown < least) {
      least = grown;
      best = b;
    }
  }
  d->bin_of[group] = (uint32_t)best;
  for (size_t c = 0; c < class_count; c++) {
    d->in_bin[best * class_count + c] += d->of_group[group * class_count + c];
  }
}

static neap_status deal_all(const neap *engine, deal *d, size_t class_count,
                            size_t group_count, size_t bins,
                            const double *shares, uint64_t seed,
                            neap_error *error) {
  neap_shuffle(engine, seed, NEAP_STREAM_SPLIT, 0, group_count, d->shuffled);
  for (size_t i = 0; i < group_count; i++) {
    const double *counts = d->of_group + d->shuffled[i] * class_count;
    for (size_t c = 0; c < class_count; c++)
      d->sizes[i] += counts[c];
  }
  neap_sort_descending(group_count, d->sizes, NEAP_FLOAT64, d->order,
                       d->scratch);
  for (size_t i = 0; i < group_count; i++) {
    deal_one(d, class_count, d->shuffled[d->order[i]], bins, shares);
  }
  for (size_t i = 0; i < bins * class_count; i++) {
    if (d->in_bin[i] > 0)
      continue;
    return neap_fail(error, NEAP_EDATA,
                     "class %zu is in too few or too unequal groups for each "
                     "of %zu parts to get some; wanted fewer parts",
                     i % class_count, bins);
  }
  return NEAP_OK;
}

neap_status neap_deal_groups(const neap *engine, size_t rows,
                             const int32_t *classes, size_t class_count,
                             const int32_t *groups, size_t group_count,
                             const double *shares, size_t bins, uint64_t seed,
                             uint32_t *bin, neap_error *error) {
  deal d = {0};
  lay_out(&d, group_count, class_count, bins);
  NEAP_TRY(neap_arena_new(engine, &d.arena, error));
  lay_out(&d, group_count, class_count, bins);
  neap_status status = count_classes(&d, rows, classes, class_count, groups,
                                     group_count, bins, error);
  if (status == NEAP_OK)
    status = deal_all(engine, &d, class_count, group_count, bins, shares, seed,
                      error);
  for (size_t i = 0; i < rows && status == NEAP_OK; i++)
    bin[i] = d.bin_of[groups[i]];
  neap_arena_free(engine, &d.arena);
  return status;
}

// ------------------------------------------------------------------ orders

neap_status neap_sort_rows(const neap *engine, size_t rows, const double *keys,
                           uint32_t *order, neap_error *error) {
  neap_arena arena = {0};
  neap_arena_take(&arena, rows, 2 * sizeof(uint32_t));
  neap_arena_take(&arena, rows, sizeof(double));
  NEAP_TRY(neap_arena_new(engine, &arena, error));
  uint32_t *scratch = neap_arena_take(&arena, rows, 2 * sizeof(uint32_t));
  double *falling = neap_arena_take(&arena, rows, sizeof(double));
  for (size_t i = 0; i < rows; i++)
    falling[i] = -keys[i];
  neap_sort_descending(rows, falling, NEAP_FLOAT64, order, scratch);
  neap_arena_free(engine, &arena);
  return NEAP_OK;
}

// Writes the places (i + 1/2) / c of the rows of one class.
static void place_class(const neap *engine, size_t rows, const int32_t *classes,
                        size_t class, uint64_t seed, uint32_t *members,
                        uint32_t *order, double *places) {
  size_t count = 0;
  for (size_t i = 0; i < rows; i++) {
    if ((size_t)classes[i] == class)
      members[count++] = (uint32_t)i;
  }
  neap_shuffle(engine, seed, NEAP_STREAM_SPLIT, (uint32_t) class, count, order);
  for (size_t i = 0; i < count; i++)
    places[members[order[i]]] = ((double)i + 0.5) / (double)count;
}

neap_status neap_nest_rows(const neap *engine, size_t rows,
                           const int32_t *classes, size_t class_count,
                           uint64_t seed, uint32_t *order, neap_error *error) {
  neap_arena arena = {0};
  neap_arena_take(&arena, rows, sizeof(double));
  neap_arena_take(&arena, rows, sizeof(uint32_t));
  neap_arena_take(&arena, rows, sizeof(uint32_t));
  NEAP_TRY(neap_arena_new(engine, &arena, error));
  double *places = neap_arena_take(&arena, rows, sizeof(double));
  uint32_t *members = neap_arena_take(&arena, rows, sizeof(uint32_t));
  uint32_t *shuffled = neap_arena_take(&arena, rows, sizeof(uint32_t));
  for (size_t c = 0; c < class_count; c++)
    place_class(engine, rows, classes, c, seed, members, shuffled, places);
  const neap_status status = neap_sort_rows(engine, rows, places, order, error);
  neap_arena_free(engine, &arena);
  return status;
}
