// dataset/curves.h -- two classes along curves of the plane, with noise.
#ifndef NEAP_DATASET_CURVES_H
#define NEAP_DATASET_CURVES_H

#include "dataset/dataset.h"

typedef struct neap_curve_point {
  double x, y;
} neap_curve_point;

// How the density of the noise is summed along a curve.
typedef enum neap_rule {
  NEAP_RULE_CLOSED,  // evenly, which is exact around a closed curve
  NEAP_RULE_OPEN,    // by Gauss and Legendre's panels
} neap_rule;

typedef struct neap_curves {
  double prior;  // of class 1
  double noise;  // deviation around the curve
  // Returns the point at a share in [0, 1) of the curve of a class.
  neap_curve_point (*point)(const double *params, uint32_t class_index,
                            double share);
  neap_rule rule;
  double length[2];  // of each class's curve, in the plane
} neap_curves;

// Returns (cos, sin)(2 pi turns) for turns in [0, 1), the same on every
// machine.
neap_curve_point neap_turned(double turns);

// Draws rows: a class, a uniform place on its curve, and noise.
neap_status neap_draw_curves(const neap *engine, const neap_draw *draw,
                             const neap_curves *curves, neap_error *error);

#endif
