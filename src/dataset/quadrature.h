// dataset/quadrature.h -- Gauss and Legendre's rule, and the metrics of a
// score whose densities are known.
#ifndef NEAP_DATASET_QUADRATURE_H
#define NEAP_DATASET_QUADRATURE_H

#include "dataset/dataset.h"

// The rule of 16 nodes on [-1, 1], exact for polynomials of degree 31.
enum { NEAP_NODES = 16 };
extern const double neap_nodes[NEAP_NODES], neap_node_weights[NEAP_NODES];

// Scores along a line, on which they rise.
typedef struct neap_line {
  double low, high;  // beyond these is nothing
  double prior;      // of class 1
  const void *context;
  // Writes the densities of classes 0 and 1 at s, times the classes' priors,
  // and returns the score there.
  double (*at)(const void *context, double s, double *density);
} neap_line;

// Computes the metrics of a line's scores; errors as neap_population_of_scores.
neap_status neap_line_solve(const neap *engine, const neap_line *line,
                            neap_population *population, neap_error *error);

#endif
