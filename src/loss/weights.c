// loss/weights.c -- class weights and margins from the classes' counts.
#include <math.h>

#include "loss/loss.h"

void neap_balanced_weights(size_t k, const double *counts, double *weights) {
  double all = 0;
  for (size_t c = 0; c < k; c++)
    all += counts[c];
  for (size_t c = 0; c < k; c++)
    weights[c] = counts[c] > 0 ? all / ((double)k * counts[c]) : 0;
}

// 1 - beta^n without cancellation where beta is close to 1.
void neap_effective_weights(size_t k, const double *counts, double beta,
                            double *weights) {
  double sum = 0;
  for (size_t c = 0; c < k; c++) {
    const double number =
        beta > 0 ? -expm1(counts[c] * log1p(-(1 - beta))) / (1 - beta) : 1;
    weights[c] = counts[c] > 0 ? 1 / number : 0;
    sum += weights[c];
  }
  for (size_t c = 0; c < k && sum > 0; c++)
    weights[c] *= (double)k / sum;
}

void neap_ldam_margins(size_t k, const double *counts, double largest,
                       double *margins) {
  double most = 0;
  for (size_t c = 0; c < k; c++) {
    margins[c] = counts[c] > 0 ? pow(counts[c], -0.25) : 0;
    most = fmax(most, margins[c]);
  }
  for (size_t c = 0; c < k && most > 0; c++)
    margins[c] *= largest / most;
}
