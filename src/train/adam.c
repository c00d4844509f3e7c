// train/adam.c -- Adam and AdamW: steps by running moments of the gradient.
#include "train/schedule.h"

enum { LEARNING_RATE, BETA1, BETA2, EPSILON, WEIGHT_DECAY, TAIL };

static size_t state_bytes(size_t count, const double *options) {
  (void)options;
  return 2 * count * sizeof(double);
}

// m = b1 m + (1 - b1) g,   v = b2 v + (1 - b2) g^2,
// x = x - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)
// Weight decay adds decay x to g, or decoupled, takes rate decay x from x.
static neap_fit_state move(void *state, size_t count, const double *options,
                           neap_iterate *at, const bool decoupled) {
  const double *tail = options + TAIL;
  const double b1 = options[BETA1], b2 = options[BETA2];
  const double time = (double)++at->steps, decay = options[WEIGHT_DECAY];
  const double rate = options[LEARNING_RATE] * neap_rate_factor(tail, at);
  const neap_adam by = {.b1 = b1,
                        .b2 = b2,
                        .clip = neap_clip_factor(tail, count, at->gradient),
                        .inside = decoupled ? 0 : decay,
                        .outside = decoupled ? rate * decay : 0,
                        .length = rate / (1 - pow(b1, time)),
                        .bias = 1 / (1 - pow(b2, time)),
                        .epsilon = options[EPSILON]};
  double *m = state, *v = m + count;
  at->kernels->adam(count, &by, at->gradient, m, v, at->x);
  return NEAP_FIT_RUNNING;
}

static neap_fit_state step(void *state, size_t count, const double *options,
                           neap_iterate *at) {
  return move(state, count, options, at, false);
}

static neap_fit_state step_decoupled(void *state, size_t count,
                                     const double *options, neap_iterate *at) {
  return move(state, count, options, at, true);
}

#define RATES                                                          \
  {"learning_rate", 1e-3, 0, INFINITY, .meaning = "length of a step"}, \
      {"beta1", 0.9, 0, 0.999999, .meaning = "memory of the mean"},    \
      {"beta2", 0.999, 0, 0.999999999, .meaning = "of the square"}, {  \
    "epsilon", 1e-8, 0, INFINITY, .meaning = "keeps 0 / 0 away"        \
  }

static const neap_parameter adam_rows[] = {
    RATES,
    {"weight_decay", 0, 0, INFINITY,
     .meaning = "times every parameter, added to its gradient"},
    NEAP_BATCH_PARAMETERS,
    {0}};

const neap_optimizer neap_optimizer_adam = {
    .name = "adam",
    .summary = "steps by running moments of the gradient",
    .source = "Kingma and Ba 2015, ICLR, algorithm 1; as torch.optim.Adam",
    .parameters = adam_rows,
    .batches = true,
    .precision = NEAP_FLOAT32,
    .state_bytes = state_bytes,
    .step = step,
};

static const neap_parameter adamw_rows[] = {
    RATES,
    {"weight_decay", 0.01, 0, INFINITY,
     .meaning = "times rate and parameter, taken from it"},
    NEAP_BATCH_PARAMETERS,
    {0}};

const neap_optimizer neap_optimizer_adamw = {
    .name = "adamw",
    .summary = "adam with decoupled weight decay",
    .source =
        "Loshchilov and Hutter 2019, ICLR, algorithm 2; as "
        "torch.optim.AdamW",
    .parameters = adamw_rows,
    .batches = true,
    .precision = NEAP_FLOAT32,
    .state_bytes = state_bytes,
    .step = step_decoupled,
};
