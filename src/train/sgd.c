// train/sgd.c -- stochastic gradient descent with momentum.
#include "train/schedule.h"

enum { LEARNING_RATE, MOMENTUM, NESTEROV, TAIL };

static size_t state_bytes(size_t count, const double *options) {
  return options[MOMENTUM] > 0 ? count * sizeof(double) : 0;
}

// v = momentum v + g,   x = x - rate v, or with Nesterov's step ahead
// x = x - rate (g + momentum v).
static neap_fit_state step(void *state, size_t count, const double *options,
                           neap_iterate *at) {
  const double *tail = options + TAIL;
  const double rate = options[LEARNING_RATE] * neap_rate_factor(tail, at);
  const double clip = neap_clip_factor(tail, count, at->gradient);
  const double momentum = options[MOMENTUM];
  const bool ahead = options[NESTEROV] != 0;
  double *velocity = state;
  for (size_t i = 0; i < count; i++) {
    const double g = clip * at->gradient[i];
    double move = g;
    if (momentum > 0) {
      velocity[i] = momentum * velocity[i] + g;
      move = ahead ? g + momentum * velocity[i] : velocity[i];
    }
    at->x[i] -= rate * move;
  }
  at->steps++;
  return NEAP_FIT_RUNNING;
}

static const char *const no_yes[] = {"no", "yes", NULL};

static const neap_parameter parameter_rows[] = {
    {"learning_rate", 0.1, 0, INFINITY, .meaning = "length of a step"},
    {"momentum", 0, 0, 1, .meaning = "share of the last step kept"},
    {"nesterov", 0, 0, 1, .meaning = "the gradient is that of the step ahead",
     .choices = no_yes},
    NEAP_BATCH_PARAMETERS,
    {0}};

const neap_optimizer neap_optimizer_sgd = {
    .name = "sgd",
    .summary = "stochastic gradient descent with momentum",
    .source =
        "Polyak 1964; Nesterov 1983 as Sutskever et al. 2013; as "
        "torch.optim.SGD",
    .parameters = parameter_rows,
    .batches = true,
    .precision = NEAP_FLOAT32,
    .state_bytes = state_bytes,
    .step = step,
};
