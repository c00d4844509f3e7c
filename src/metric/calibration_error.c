// metric/calibration_error.c -- how far shares of positives are from
// probabilities, by bins.
#include <math.h>

#include "metric/metric.h"

enum { PLUGIN, DEBIASED };

static const char *const schemes[] = {"equal_mass", "equal_width", NULL};
static const char *const estimators[] = {"plugin", "debiased", NULL};

static double sigmoid(double x) {
  return x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x));
}

// The bin (b / n, (b + 1) / n] that a probability is in; 0 is in the first.
static size_t bin_of_width(double p, size_t n) {
  double b = ceil(p * (double)n) - 1;
  if (b > 0 && p <= b / (double)n)
    b--;
  if (p > (b + 1) / (double)n)
    b++;
  return b > 0 ? (size_t)b : 0;
}

// The bin that the middle of some rows of one score is in, when all rows stand
// in line from the largest score down.
static size_t bin_of_mass(double before, double block, double total, size_t n) {
  const double b = floor((before + block / 2) / total * (double)n);
  return b < (double)n ? (size_t)b : n - 1;
}

size_t neap_bins_of(const neap_scores *s, neap_binning binning,
                    size_t bin_count, neap_bin *bins) {
  const neap_curve *c = &s->curve;
  const double total = s->positive_weight + s->negative_weight;
  double before = 0, passed = 0;
  size_t count = 0, current = 0;
  for (size_t i = 0; i < c->count; i++) {
    const double found = c->true_positives[i] - before;
    const double block = found + (c->false_positives[i] - passed);
    const double p = sigmoid(s->scores[c->row[i]]);
    const size_t bin =
        binning == NEAP_EQUAL_WIDTH
            ? bin_of_width(p, bin_count)
            : bin_of_mass(before + passed, block, total, bin_count);
    if (count == 0 || bin != current)
      bins[count++] = (neap_bin){0};
    current = bin;
    bins[count - 1].weight += block;
    bins[count - 1].probability += block * p;
    bins[count - 1].positives += found;
    before = c->true_positives[i];
    passed = c->false_positives[i];
  }
  for (size_t b = 0; b < count; b++) {
    bins[b].probability /= bins[b].weight;
    bins[b].positives /= bins[b].weight;
  }
  return count;
}

// |d| less its bias: 2 |d| - E|N(d, v)|, v the variance of the share of
// positives. E|N(d, v)| is the mean of a folded normal distribution (Leone,
// Nelson, Nottingham 1961, Technometrics 3(4), eq. 2).
static double debiased(const neap_bin *bin) {
  const double d = fabs(bin->positives - bin->probability);
  const double v = bin->positives * (1 - bin->positives) / bin->weight;
  if (v == 0)
    return d;
  const double z = d / sqrt(2 * v);
  return 2 * d -
         (sqrt(2 * v / 3.14159265358979323846) * exp(-z * z) + d * erf(z));
}

// The bins that the parameters ask for; none of no rows.
static size_t read_bins(const neap_scores *s, const double *params,
                        neap_bin *bins, const char **undefined) {
  if (s->positive_weight + s->negative_weight > 0)
    return neap_bins_of(s, (neap_binning)params[1], (size_t)params[0], bins);
  *undefined = "there is no row";
  return 0;
}

static double ece(const neap_scores *s, const double *params,
                  const char **undefined) {
  neap_bin bins[NEAP_BIN_MAX];
  const size_t count = read_bins(s, params, bins, undefined);
  if (count == 0)
    return NAN;
  double sum = 0;
  for (size_t b = 0; b < count; b++) {
    const double plugin = fabs(bins[b].positives - bins[b].probability);
    sum +=
        bins[b].weight * (params[2] == DEBIASED ? debiased(&bins[b]) : plugin);
  }
  return sum / (s->positive_weight + s->negative_weight);
}

static double mce(const neap_scores *s, const double *params,
                  const char **undefined) {
  neap_bin bins[NEAP_BIN_MAX];
  const size_t count = read_bins(s, params, bins, undefined);
  if (count == 0)
    return NAN;
  double largest = 0;
  for (size_t b = 0; b < count; b++)
    largest = fmax(largest, fabs(bins[b].positives - bins[b].probability));
  return largest;
}

#define BINS                                                          \
  {"bins", 15, 1, NEAP_BIN_MAX, .meaning = "how many", .whole = 1}, { \
    "scheme", NEAP_EQUAL_MASS, 0, 1,                                  \
        .meaning =                                                    \
            "bins of as many rows, or of "                            \
            "as much of [0, 1]",                                      \
        .choices = schemes                                            \
  }

static const neap_parameter ece_rows[] = {
    BINS,
    {"estimator", PLUGIN, 0, 1, .meaning = "as it is, or less its bias",
     .choices = estimators},
    {0}};

const neap_metric neap_metric_ece = {
    .name = "ece",
    .summary =
        "sum over bins of n_b/n |share of positives - mean p|, "
        "p = P(class 1)",
    .source =
        "Naeini, Cooper, Hauskrecht 2015, AAAI; debiased after Kumar, "
        "Liang, Ma 2019, NeurIPS",
    .parameters = ece_rows,
    .needs = NEAP_NEEDS_LEVELS,
    .probabilities = true,
    .of = ece,
};

static const neap_parameter mce_rows[] = {BINS, {0}};

const neap_metric neap_metric_mce = {
    .name = "mce",
    .summary = "max over bins of |share of positives - mean p|",
    .source = "Naeini, Cooper, Hauskrecht 2015, AAAI",
    .parameters = mce_rows,
    .needs = NEAP_NEEDS_LEVELS,
    .probabilities = true,
    .of = mce,
};
