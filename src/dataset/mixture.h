// dataset/mixture.h -- draws from mixtures of round Gaussians, with the truth.
#ifndef NEAP_DATASET_MIXTURE_H
#define NEAP_DATASET_MIXTURE_H

#include "dataset/dataset.h"

enum { NEAP_COMPONENT_MAX = 4 };

// A Gaussian of deviation 1 whose mean is along * u + across * v, where
// u = (1, 1, 1, ...) / sqrt(features) and v = (1, -1, 1, -1, ..., 0) / norm
// are perpendicular.
typedef struct neap_component {
  int positive;   // class 1
  double weight;  // within its class; they add up to 1
  double along, across;
} neap_component;

// Draws rows whose class is 1 with probability prior, and their truth.
neap_status neap_draw_mixture(const neap *engine, const neap_draw *draw,
                              double prior, const neap_component *components,
                              size_t count, neap_error *error);

#endif
