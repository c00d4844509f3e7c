// train/adam.c -- Adam: steps by running moments of the gradient.
#include <math.h>

#include "train/train.h"

enum { LEARNING_RATE, BETA1, BETA2, EPSILON, WEIGHT_DECAY };

static size_t state_bytes(size_t count, const double *options) {
  (void)options;
  return 2 * count * sizeof(double);
}

// m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2,
// x = x - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
static neap_fit_state step(void *state, size_t count, const double *options,
                           neap_iterate *at) {
  const double b1 = options[BETA1], b2 = options[BETA2];
  const double time = (double)++at->steps;
  const double rate = options[LEARNING_RATE] / (1 - pow(b1, time));
  const double bias = 1 / (1 - pow(b2, time));
  double *m = state, *v = m + count;
  for (size_t i = 0; i < count; i++) {
    const double g = at->gradient[i] + options[WEIGHT_DECAY] * at->x[i];
    m[i] = b1 * m[i] + (1 - b1) * g;
    v[i] = b2 * v[i] + (1 - b2) * (g * g);
    at->x[i] -= rate * m[i] / (sqrt(v[i] * bias) + options[EPSILON]);
  }
  return NEAP_FIT_RUNNING;
}

const neap_optimizer neap_optimizer_adam = {
    .name = "adam",
    .summary = "steps by running moments of the gradient",
    .source = "Kingma and Ba 2015, ICLR, algorithm 1; as torch.optim.Adam",
    .parameters = {{"learning_rate", 1e-3, 0, INFINITY,
                    .meaning = "length of a step"},
                   {"beta1", 0.9, 0, 0.999999, .meaning = "memory of the mean"},
                   {"beta2", 0.999, 0, 0.999999999, .meaning = "of the square"},
                   {"epsilon", 1e-8, 0, INFINITY,
                    .meaning = "keeps 0 / 0 away"},
                   {"weight_decay", 0, 0, INFINITY,
                    .meaning = "times every parameter, added to its gradient"}},
    .batches = true,
    .precision = NEAP_FLOAT32,
    .state_bytes = state_bytes,
    .step = step,
};
