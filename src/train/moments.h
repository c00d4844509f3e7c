// train/moments.h -- the second moments of the rows, which tell what the
// Hessian of a linear model is like, whatever its loss.
//
// With C the rows' covariance and m their mean, and one curvature c for all
// rows, the Hessian of an output's weights and bias is
//   H = c (C + m m', m; m', 1) + l2 (I, 0; 0, 0).
// C = V' diag(v) V makes its inverse cost two products with V, for every c and
// l2.
#ifndef NEAP_TRAIN_MOMENTS_H
#define NEAP_TRAIN_MOMENTS_H

#include "kernel/kernel.h"

typedef struct neap_moments {
  const neap_kernels *kernels;  // of double
  size_t features, width;       // width: features, padded
  double *vectors;              // V: [features][width], an eigenvector a row
  double *turned;               // V': [features][width]
  double *values;               // v: [features], above 0
  double *means;                // m: [features]
  double *along;                // V m: [features]
} neap_moments;

// Turns sums of x x' [features + 1][features + 1], of rows with a 1 at their
// end, into moments, by Jacobi's rotations. sums is overwritten.
// Source: Golub and Van Loan 2013, Matrix Computations, 4th ed., sec. 8.5.
void neap_moments_find(double *sums, neap_moments *moments);

// Returns how far the second moments lie apart, about their condition number.
double neap_moments_condition(const neap_moments *moments);

// x = H^-1 x of one output; x: [features + 1]; scratch: [2 * width].
void neap_moments_solve(const neap_moments *moments, double curvature,
                        double l2, double *x, double *scratch);

// Returns y' M^-1 y, M = H with curvature 1 and without l2; y: [features + 1];
// scratch: [width].
double neap_moments_inverse_square(const neap_moments *moments, const double *y,
                                   double *scratch);

#endif
