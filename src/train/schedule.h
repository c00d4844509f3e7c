// train/schedule.h -- what all optimizers on batches share: schedules of the
// learning rate, and clipping of gradients.
#ifndef NEAP_TRAIN_SCHEDULE_H
#define NEAP_TRAIN_SCHEDULE_H

#include <math.h>

#include "train/train.h"

// The last three parameters of such an optimizer, at these offsets.
enum { NEAP_SCHEDULE, NEAP_WARMUP, NEAP_CLIP };

#define NEAP_BATCH_PARAMETERS                                            \
  {"schedule",                                                           \
   0,                                                                    \
   0,                                                                    \
   2,                                                                    \
   .meaning =                                                            \
       "of the learning rate: constant; cosine, to 0 (Loshchilov and "   \
       "Hutter 2017, eq. 5); one_cycle, from 1/25 up and down to "       \
       "1/250,000 (Smith and Topin 2019; as torch's OneCycleLR)",        \
   .choices = neap_schedules},                                           \
      {"warmup", 0, 0, 0.99,                                             \
       .meaning =                                                        \
           "share of all steps in which the rate grows from 0; of "      \
           "one_cycle 0 means 0.3"},                                     \
  {                                                                      \
    "clip", NAN, 0, INFINITY,                                            \
        .meaning = "the most that a gradient's norm may be; false: off", \
        .open = 1                                                        \
  }

static const char *const neap_schedules[] = {"constant", "cosine", "one_cycle",
                                             NULL};

// Goes from a to b along half a cosine, share in [0, 1].
static inline double neap_along_cosine(double a, double b, double share) {
  return b + (a - b) / 2 * (1 + cos(acos(-1.0) * share));
}

// Returns the factor of the learning rate in a step; tail: the parameters.
static inline double neap_rate_factor(const double *tail,
                                      const neap_iterate *at) {
  const bool cycles = tail[NEAP_SCHEDULE] == 2;
  const double share = tail[NEAP_WARMUP] > 0 ? tail[NEAP_WARMUP] : 0.3;
  const double all = (double)at->all_steps, now = (double)at->step;
  if (cycles) {
    const double peak = share * all - 1, end = all - 1;
    if (now <= peak)
      return neap_along_cosine(1.0 / 25, 1, peak > 0 ? now / peak : 1);
    return neap_along_cosine(1, 1.0 / 250000, (now - peak) / (end - peak));
  }
  const double warm = floor(tail[NEAP_WARMUP] * all);
  if (now < warm)
    return (now + 1) / warm;
  return tail[NEAP_SCHEDULE] == 1
             ? neap_along_cosine(1, 0, (now - warm) / (all - warm))
             : 1;
}

// Returns the factor that takes a gradient's norm down to the clip, or 1.
static inline double neap_clip_factor(const double *tail, size_t count,
                                      const double *gradient) {
  double square = 0;
  if (!(tail[NEAP_CLIP] > 0))
    return 1;
  for (size_t i = 0; i < count; i++)
    square += gradient[i] * gradient[i];
  const double norm = sqrt(square);
  return norm > tail[NEAP_CLIP] ? tail[NEAP_CLIP] / norm : 1;
}

#endif
