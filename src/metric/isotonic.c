// metric/isotonic.c -- pool adjacent violators.
#include "metric/metric.h"

// A block of points that have one height.
typedef struct block {
  double first, last;  // x
  double sum, weight;  // of y
} block;

static double height(const block *b) {
  return b->sum / b->weight;
}

// Adds a block to a rising list of them; returns how many there are.
static size_t push(block *blocks, size_t count, block next) {
  while (count > 0 && height(&blocks[count - 1]) >= height(&next)) {
    const block *before = &blocks[--count];
    next.first = before->first;
    next.sum += before->sum;
    next.weight += before->weight;
  }
  blocks[count] = next;
  return count + 1;
}

// order: scores falling.
static size_t pool(size_t rows, const uint32_t *order, const double *x,
                   const double *y, const double *weights, block *blocks) {
  size_t count = 0;
  for (size_t i = rows; i > 0;) {
    const double at = x[order[i - 1]];
    block next = {at, at, 0, 0};
    for (; i > 0 && x[order[i - 1]] == at; i--) {
      const uint32_t row = order[i - 1];
      const double weight = weights != NULL ? weights[row] : 1;
      next.sum += weight * y[row];
      next.weight += weight;
    }
    if (next.weight > 0)
      count = push(blocks, count, next);
  }
  return count;
}

neap_status neap_fit_isotonic(const neap *engine, size_t rows, const double *x,
                              const double *y, const double *weights,
                              double *knots, double *values, size_t *count,
                              neap_error *error) {
  neap_arena arena = {0};
  neap_arena_take(&arena, 3 * rows, sizeof(uint32_t));
  neap_arena_take(&arena, rows, sizeof(block));
  NEAP_TRY(neap_arena_new(engine, &arena, error));
  uint32_t *order = neap_arena_take(&arena, 3 * rows, sizeof(uint32_t));
  block *blocks = neap_arena_take(&arena, rows, sizeof(block));
  neap_sort_descending(rows, x, NEAP_FLOAT64, order, order + rows);
  const size_t found = pool(rows, order, x, y, weights, blocks);
  *count = 0;
  for (size_t b = 0; b < found; b++) {
    knots[*count] = blocks[b].first;
    values[(*count)++] = height(&blocks[b]);
    if (blocks[b].last == blocks[b].first)
      continue;
    knots[*count] = blocks[b].last;
    values[(*count)++] = height(&blocks[b]);
  }
  neap_arena_free(engine, &arena);
  return NEAP_OK;
}

double neap_isotonic_at(size_t count, const double *knots, const double *values,
                        double x) {
  if (x <= knots[0])
    return values[0];
  if (x >= knots[count - 1])
    return values[count - 1];
  size_t low = 0, high = count - 1;  // knots[low] <= x < knots[high]
  while (high - low > 1) {
    const size_t middle = low + (high - low) / 2;
    *(knots[middle] <= x ? &low : &high) = middle;
  }
  const double part = (x - knots[low]) / (knots[high] - knots[low]);
  return values[low] + part * (values[high] - values[low]);
}
