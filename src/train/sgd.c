// train/sgd.c -- stochastic gradient descent with momentum.
#include <math.h>

#include "train/train.h"

enum { LEARNING_RATE, MOMENTUM };

static size_t state_bytes(size_t count, const double *options) {
  return options[MOMENTUM] > 0 ? count * sizeof(double) : 0;
}

// v = momentum v + gradient,   x = x - learning_rate v
static neap_fit_state step(void *state, size_t count, const double *options,
                           neap_iterate *at) {
  const double rate = options[LEARNING_RATE], momentum = options[MOMENTUM];
  double *velocity = state;
  for (size_t i = 0; i < count; i++) {
    double v = at->gradient[i];
    if (momentum > 0)
      v = velocity[i] = momentum * velocity[i] + v;
    at->x[i] -= rate * v;
  }
  at->steps++;
  return NEAP_FIT_RUNNING;
}

const neap_optimizer neap_optimizer_sgd = {
    .name = "sgd",
    .summary = "stochastic gradient descent with momentum",
    .source = "Polyak 1964; as torch.optim.SGD",
    .parameters = {{"learning_rate", 0.1, 0, INFINITY,
                    .meaning = "length of a step"},
                   {"momentum", 0, 0, 1,
                    .meaning = "share of the last step kept"}},
    .batches = true,
    .precision = NEAP_FLOAT32,
    .state_bytes = state_bytes,
    .step = step,
};
