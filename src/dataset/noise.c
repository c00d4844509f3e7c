// dataset/noise.c -- labels that are wrong with known probabilities.
#include <math.h>

#include "dataset/dataset.h"

// A uniform number in [0, 1) for the label of a row.
static double uniform_at(uint64_t seed, size_t row) {
  return neap_random_uniform(seed, NEAP_STREAM_NOISE, 0, row);
}

void neap_noise_transition(size_t rows, size_t classes, const int32_t *labels,
                           const double *transition, uint64_t seed,
                           int32_t *noisy) {
  for (size_t i = 0; i < rows; i++) {
    const double *row = transition + (size_t)labels[i] * classes;
    const double u = uniform_at(seed, i);
    double sum = 0;
    int32_t last = labels[i];
    for (size_t c = 0; c < classes; c++) {
      if (row[c] <= 0)
        continue;
      last = (int32_t)c;
      sum += row[c];
      if (u < sum)
        break;
    }
    noisy[i] = last;
  }
}

void neap_noise_truth(size_t rows, size_t classes, const double *truth,
                      const double *transition, double *noisy) {
  const size_t width = classes > 2 ? classes : 1;
  for (size_t i = 0; i < rows; i++) {
    for (size_t to = 0; to < width; to++) {
      double sum = 0;
      for (size_t from = 0; from < width && width > 1; from++) {
        sum += truth[i * width + from] * transition[from * classes + to];
      }
      if (width == 1)
        sum = truth[i] * transition[3] + (1 - truth[i]) * transition[1];
      noisy[i * width + to] = sum;
    }
  }
}

void neap_noise_boundary(size_t rows, const int32_t *labels,
                         const double *truth, double rate, double scale,
                         uint64_t seed, int32_t *noisy, double *noisy_truth) {
  for (size_t i = 0; i < rows; i++) {
    const double p = truth[i];
    const double logit = fabs(log(p) - log1p(-p));
    const double flip = rate * exp(-logit / scale);
    noisy[i] = uniform_at(seed, i) < flip ? 1 - labels[i] : labels[i];
    noisy_truth[i] = p * (1 - flip) + (1 - p) * flip;
  }
}
