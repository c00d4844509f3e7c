// kernel/kernel.h -- arithmetic on arrays, one table for each instruction set
// and number type. Kernels cannot fail and never allocate.
#ifndef NEAP_KERNEL_H
#define NEAP_KERNEL_H

#include "base/base.h"

// Rows of a block: what a pass over data holds at once. One more cache line
// between lines of a block keeps them apart in the first-level cache.
enum { NEAP_BLOCK_ROWS = 512 };

// Lines of a matrix are padded to a multiple of this many numbers.
enum { NEAP_PAD = 16 };

// Where rows come from: a matrix of either number type, some rows of it in
// some order, shifted and scaled column by column.
typedef struct neap_rows {
  const void *x;  // [..][columns]
  neap_dtype dtype;
  size_t columns;
  ptrdiff_t stride;       // elements from row to row of x
  const uint32_t *index;  // rows to take; NULL: from `first` on
  size_t first;
  const double *shift, *scale;  // [columns]: (x - shift) scale; NULL: as is
} neap_rows;

// The constants of a step of Adam.
typedef struct neap_adam {
  double b1, b2, clip, inside, outside, length, bias, epsilon;
} neap_adam;

// All pointers are to the table's number type, `real`.
typedef struct neap_kernels {
  neap_dtype dtype;

  // y_i = f(x_i); y may be x.
  void (*exp)(size_t count, const void *x, void *y);
  void (*log)(size_t count, const void *x, void *y);
  void (*log1p)(size_t count, const void *x, void *y);
  void (*sigmoid)(size_t count, const void *x, void *y);

  // Returns the sum, in 16 lanes and a fixed tree, double beyond 64 terms.
  double (*sum)(size_t count, const void *x);

  // Returns the position of the first number that is not in [low, high], as
  // NaN never is, or count.
  size_t (*find_outside)(size_t count, const void *x, double low, double high);

  // Returns the first of `rows` rows of `count` numbers, `stride` apart, whose
  // sum is not within `tolerance` of `wanted`, as NaN never is; or rows.
  size_t (*find_sum)(size_t rows, size_t count, ptrdiff_t stride, const void *x,
                     double wanted, double tolerance);

  // C[m][n] = start[m] + A[m][k] B[k][n]; start NULL: 0; n a multiple of
  // NEAP_PAD. Each element of C is the chain of fused multiply-adds over k in
  // order, whatever m and n are.
  void (*matmul)(size_t m, size_t n, size_t k, const void *a, ptrdiff_t lda,
                 const void *b, ptrdiff_t ldb, const void *start, void *c,
                 ptrdiff_t ldc);

  // C[m][n] = (A[m][k] B[k][n]) times T[m][n], element by element; T has the
  // stride of C.
  void (*matmul_times)(size_t m, size_t n, size_t k, const void *a,
                       ptrdiff_t lda, const void *b, ptrdiff_t ldb,
                       const void *times, void *c, ptrdiff_t ldc);

  // C[m][n] = A[m][k] B[n][k]^T. Each element's bits depend on k alone.
  void (*products)(size_t m, size_t n, size_t k, const void *a, ptrdiff_t lda,
                   const void *b, ptrdiff_t ldb, void *c, ptrdiff_t ldc);

  // a_i = f(z_i), and z_i becomes f'(z_i); count a multiple of NEAP_PAD.
  void (*activate)(neap_activation what, size_t count, void *z, void *a);

  // x_i *= by_i
  void (*multiply)(size_t count, const void *by, void *x);

  // Zeroes what bits_i < rate 2^16 says, in a and slope, and scales the others
  // by 1 / (1 - rate), rate rounded to a multiple of 2^-16 below 1.
  void (*drop)(size_t count, const uint16_t *bits, double rate, void *a,
               void *slope);

  // Fills bits [8][stride] for the first `count` of `rows`, a multiple of
  // NEAP_PAD: 16 random bits for 8 units of each row, a pure function of
  // seed, step, row and group of units.
  void (*noise)(uint64_t seed, uint32_t step, uint32_t group, size_t count,
                const uint32_t *rows, uint16_t *bits, size_t stride);

  // to_i = from_i, and to_i += from_i.
  void (*load)(size_t count, const double *from, void *to);
  void (*accumulate)(size_t count, const void *from, double *to);

  // x_i = x_i / by.
  void (*divide)(size_t count, double by, double *x);

  // One step of Adam: g = clip gradient + inside x, m = b1 m + (1 - b1) g,
  // v = b2 v + (1 - b2) g^2, x = x - outside x and then
  // x = x - length m / (sqrt(bias v) + epsilon), with nothing fused.
  void (*adam)(size_t count, const neap_adam *by, const double *gradient,
               double *m, double *v, double *x);

  // Copies `count` rows into rows [count][row_stride] and, unless NULL,
  // turned into columns [columns][column_stride]. Both have room for the next
  // multiple of NEAP_PAD above count; what is there, and what lies between the
  // columns and row_stride, becomes 0.
  void (*pack)(size_t count, const neap_rows *from, void *rows,
               ptrdiff_t row_stride, void *columns, ptrdiff_t column_stride);

  // Fills normals [rows][width], width a multiple of 4, with independent
  // standard normal numbers: a pure function of seed, stream, part (< 256),
  // row and column, the same on every machine.
  void (*normals)(uint64_t seed, neap_stream stream, uint32_t part,
                  uint64_t first, size_t rows, size_t width, float *normals);

  // Writes for `rows` rows and NEAP_DRAWS draws a number that is Poisson
  // distributed with mean 1, to 2^-40: counts [rows][NEAP_DRAWS], at most 16,
  // a pure function of seed, row, batch and draw, the same on every machine.
  // total: out [NEAP_DRAWS], the sum over the rows.
  void (*poisson)(uint64_t seed, uint32_t batch, size_t rows, uint8_t *counts,
                  uint32_t *total);

  // Adds lines of counts, those of rows[0] to rows[count - 1], to a total
  // [NEAP_DRAWS]; add_weighted adds each line times its row's weight.
  void (*add_counts)(size_t count, const uint32_t *rows, const uint8_t *counts,
                     uint32_t *total);
  void (*add_weighted)(size_t count, const uint32_t *rows,
                       const uint8_t *counts, const double *weights,
                       double *total);

  // Fills words [4][stride] with neap_random of the indices first to
  // first + count - 1.
  void (*words)(uint64_t seed, neap_stream stream, uint32_t part,
                uint64_t first, size_t count, size_t stride, uint32_t *words);

  // places[i] = neap_random_below(first + i, neap_random_bits of that index).
  void (*places)(uint64_t seed, neap_stream stream, uint32_t part,
                 uint32_t first, size_t count, uint32_t *places);

  // x_j = mean_j + sum_(k <= j) factor_kj normal_k: one row of a Gaussian,
  // without fused operations. factor [features][features] holds a lower
  // triangle turned over, so its row k is a column; NULL: mean_j + scale
  // normal_j.
  void (*place)(size_t features, const double *mean, double scale,
                const double *factor, const float *normal, void *x);

  // Turns rows x [rows][row_stride] into columns [features][stride], with room
  // for the next multiple of NEAP_PAD above rows; what is there becomes 0.
  void (*turn)(size_t rows, size_t features, const void *x, size_t row_stride,
               void *columns, size_t stride);

  // out_i = sum_j (columns_ji - mean_j)^2 in order, in double, without fused
  // operations. columns [features][stride]; rows a multiple of NEAP_PAD.
  void (*square_distances)(size_t features, size_t rows, const void *columns,
                           size_t stride, const double *mean, double *out);

  // Replaces each x of columns [features][stride] by y with L y = x, L the
  // lower triangle of lower [features][features]; rows as above.
  void (*solve_lower)(size_t features, size_t rows, const double *lower,
                      size_t stride, double *columns);

  // shares_ci = sum over the terms t of class c of w_t e^-half_ti, over the sum
  // of all terms. half [terms][stride], shares [classes][stride]; rows as
  // above; w_t > 0.
  void (*posterior)(size_t rows, size_t terms, const double *weights,
                    const uint32_t *term_classes, size_t classes, size_t stride,
                    const double *half, double *shares);
} neap_kernels;

// Draws of the bootstrap that are made together.
enum { NEAP_DRAWS = 16 };

// The tables, one for each instruction set and number type.
#define NEAP_KERNEL_TABLES(isa) \
  extern const neap_kernels neap_kernels_f32_##isa, neap_kernels_f64_##isa;
NEAP_KERNEL_TABLES(base)
#if NEAP_HAS_AVX
NEAP_KERNEL_TABLES(avx2)
NEAP_KERNEL_TABLES(avx512)
#endif

// Returns the engine's kernels for NEAP_FLOAT32 or NEAP_FLOAT64.
const neap_kernels *neap_kernels_of(const neap *engine, neap_dtype dtype);

// Returns count rounded up to a multiple of NEAP_PAD.
static inline size_t neap_padded(size_t count) {
  return (count + NEAP_PAD - 1) / NEAP_PAD * NEAP_PAD;
}

// Writes the order that sorts scores downwards, equal ones in rising position,
// by a radix sort. scores: [count] float64 or float32, no NaN; order: out
// [count]; scratch: [2 * count]. So sorting takes 12 bytes a score.
void neap_sort_descending(size_t count, const void *scores, neap_dtype dtype,
                          uint32_t *order, uint32_t *scratch);

#endif
