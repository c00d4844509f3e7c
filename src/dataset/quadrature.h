// dataset/quadrature.h -- Gauss and Legendre's rule, and the metrics of a
// score whose densities are known.
#ifndef NEAP_DATASET_QUADRATURE_H
#define NEAP_DATASET_QUADRATURE_H

#include "dataset/dataset.h"

// The rule of 16 nodes on [-1, 1], exact for polynomials of degree 31.
enum { NEAP_NODES = 16 };
extern const double neap_nodes[NEAP_NODES], neap_node_weights[NEAP_NODES];

#endif
