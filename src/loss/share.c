// loss/share.c -- how much of a loss its hardest rows hold.
#include "loss/loss.h"

// The sum of the largest `rows` values, the last of which may count in part.
static double head_of(size_t count, const double *values, const uint32_t *order,
                      double rows) {
  double sum = 0, left = rows;
  for (size_t i = 0; i < count && left > 0; i++) {
    sum += left < 1 ? left * values[order[i]] : values[order[i]];
    left -= 1;
  }
  return sum;
}

void neap_top_shares(size_t count, const double *values, size_t fractions,
                     const double *fraction, double *shares, uint64_t *space) {
  uint32_t *order = (uint32_t *)(void *)space;
  neap_sort_descending(count, values, NEAP_FLOAT64, order, order + count);
  const double total = head_of(count, values, order, (double)count);
  for (size_t i = 0; i < fractions; i++) {
    const double rows = fraction[i] * (double)count;
    shares[i] = head_of(count, values, order, rows) / total;
  }
}
