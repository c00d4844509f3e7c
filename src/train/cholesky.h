// train/cholesky.h -- positive definite systems of a few hundred unknowns.
// Source: Golub and Van Loan 2013, Matrix Computations, 4th ed., sec. 4.2.
#ifndef NEAP_TRAIN_CHOLESKY_H
#define NEAP_TRAIN_CHOLESKY_H

#include <stdbool.h>
#include <stddef.h>

// Factors A + ridge I = L L' into the lower half of factor; a, factor: [n][n],
// may be the same. Returns false where it is not positive definite.
bool neap_cholesky(size_t n, const double *a, double ridge, double *factor);

// Turns x into the solution of L L' s = x; x: [n].
void neap_cholesky_solve(size_t n, const double *factor, double *x);

#endif
