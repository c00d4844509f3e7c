// metric/temperature.c -- one number that sharpens or softens all logits.
#include <math.h>

#include "metric/metric.h"

enum { ITERATION_MAX = 200 };

// First and second derivative of the cross-entropy of logits a z, by a.
typedef struct derivatives {
  double first, second;
} derivatives;

// Of one row: the mean of z under softmax(a z) less the target's z, and the
// variance of z.
static derivatives of_row(const neap_class_rows *r, size_t row, double a) {
  const size_t k = r->classes;
  const double *z = r->scores + row * k;
  double top = z[0], sum = 0, mean = 0, variance = 0;
  for (size_t c = 1; c < k; c++)
    top = fmax(top, z[c]);
  for (size_t c = 0; c < k; c++) {
    const double share = exp(a * (z[c] - top));
    sum += share;
    mean += share * (z[c] - top);
  }
  mean /= sum;
  for (size_t c = 0; c < k; c++) {
    const double distance = z[c] - top - mean;
    variance += exp(a * (z[c] - top)) / sum * distance * distance;
  }
  return (derivatives){mean + top - z[r->targets[row]], variance};
}

static derivatives of_binary_row(const neap_class_rows *r, size_t row,
                                 double a) {
  const double z = r->targets[row] != 0 ? r->scores[row] : -r->scores[row];
  const double wrong = 1 / (1 + exp(a * z));
  return (derivatives){-z * wrong, z * z * wrong * (1 - wrong)};
}

static derivatives differentiate(const neap_class_rows *r, double a) {
  derivatives sum = {0, 0};
  for (size_t i = 0; i < r->rows; i++) {
    const double weight = r->weights != NULL ? r->weights[i] : 1;
    const derivatives d =
        r->classes == 1 ? of_binary_row(r, i, a) : of_row(r, i, a);
    sum.first += weight * d.first;
    sum.second += weight * d.second;
  }
  return sum;
}

// Whether some row's target does not have the largest logit: if not, the
// cross-entropy falls for ever as a grows.
static bool has_wrong_row(const neap_class_rows *r) {
  for (size_t i = 0; i < r->rows; i++) {
    const double *z = r->scores + i * r->classes;
    if (r->weights != NULL && r->weights[i] == 0)
      continue;
    if (r->classes == 1 && (r->targets[i] != 0 ? z[0] : -z[0]) < 0)
      return true;
    for (size_t c = 0; r->classes > 1 && c < r->classes; c++) {
      if (z[c] > z[r->targets[i]])
        return true;
    }
  }
  return false;
}

// The cross-entropy is convex in a, so a root of its derivative is kept
// between `low` and `high` and halved where a step of Newton's leaves them.
neap_status neap_fit_temperature(const neap_class_rows *rows,
                                 double *temperature, neap_error *error) {
  if (!(differentiate(rows, 0).first < 0)) {
    return neap_fail(error, NEAP_EDATA,
                     "the logits are no better than chance: no temperature "
                     "is best");
  }
  if (!has_wrong_row(rows)) {
    return neap_fail(error, NEAP_EDATA,
                     "every row is classified rightly: no temperature is "
                     "best, as it falls to 0");
  }
  double low = 0, high = INFINITY, a = 1;
  for (int i = 0; i < ITERATION_MAX; i++) {
    const derivatives d = differentiate(rows, a);
    *(d.first < 0 ? &low : &high) = a;
    double next = a - d.first / d.second;
    if (!(next > low && next < high))
      next = isinf(high) ? 2 * a : low + (high - low) / 2;
    const bool settled = fabs(next - a) <= 1e-15 * a;
    a = next;
    if (settled)
      break;
  }
  *temperature = 1 / a;
  return NEAP_OK;
}
