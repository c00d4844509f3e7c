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

#include <stddef.h>

typedef struct neap_moments {
  size_t features;
  double *vectors;  // V: [features][features], an eigenvector a row
  double *values;   // v: [features], >= 0
  double *means;    // [features]
} neap_moments;

// Turns sums of x x' [features + 1][features + 1], of rows with a 1 at their
// end, into moments, by Jacobi's rotations. sums is overwritten.
// Source: Golub and Van Loan 2013, Matrix Computations, 4th ed., sec. 8.5.
void neap_moments_find(double *sums, neap_moments *moments);

// x = H^-1 x of one output: x: [features + 1]; space: [features].
void neap_moments_solve(const neap_moments *moments, double curvature,
                        double l2, double *x, double *space);

// Returns y' M^-1 y, M = H with curvature 1 and without l2.
double neap_moments_inverse_square(const neap_moments *moments,
                                   const double *y);

#endif
