// kernel/matmul.c -- C = s + A B for the skinny shapes of lockstep training.
//
// A tile keeps a few rows of C in registers while it runs down k, lanes along
// the columns. Every element of C sees the same chain of operations in every
// tile, so its bits do not depend on where it lies, nor on m and n.
//
// This one file spells its lanes as a vector type, which gcc and clang turn
// into registers alike; as loops over arrays either compiler spilled the sums
// in some of the shapes. It is built with -ffp-contract=fast, so that its only
// product, `sum += factor * b`, is a fused operation wherever there is one.
#include "kernel/table.h"

#if NEAP_VECTOR_BYTES == 64
enum { TILE_ROWS = 8 };
#elif NEAP_VECTOR_BYTES == 32
enum { TILE_ROWS = 6 };
#else
enum { TILE_ROWS = 4 };
#endif

enum { WIDTH = NEAP_VECTOR_BYTES / (int)sizeof(real), TILE_VECTORS = 2 };

typedef real vector __attribute__((vector_size(NEAP_VECTOR_BYTES),
                                   aligned(sizeof(real)), may_alias));

typedef struct matrices {
  size_t m, k;
  const real *a, *b, *start, *times;
  real *c;
  ptrdiff_t lda, ldb, ldc;
} matrices;

// One tile of rows x vectors; both are constants at every call, so that the
// sums live in registers.
NEAP_INLINE void tile(const int rows, const int vectors, const matrices *at,
                      size_t row, size_t column) {
  const ptrdiff_t lda = at->lda, ldb = at->ldb, ldc = at->ldc;
  const real *a = at->a + (ptrdiff_t)row * lda;
  const real *b = at->b + column;
  real *c = at->c + (ptrdiff_t)row * ldc + column;
  vector sum[TILE_ROWS][TILE_VECTORS];
  for (int r = 0; r < rows; r++) {
    const real start = at->start != NULL ? at->start[row + (size_t)r] : R(0);
    for (int v = 0; v < vectors; v++)
      sum[r][v] = start - (vector){0};
  }
  for (size_t k = 0; k < at->k; k++) {
    vector line[TILE_VECTORS];
    for (int v = 0; v < vectors; v++) {
      line[v] = *(const vector *)(b + v * WIDTH);
    }
    for (int r = 0; r < rows; r++) {
      const real factor = a[r * lda];
      for (int v = 0; v < vectors; v++)
        sum[r][v] += factor * line[v];
    }
    a++;
    b += ldb;
  }
  for (int r = 0; r < rows && at->times != NULL; r++) {
    const real *times = at->times + (ptrdiff_t)(row + (size_t)r) * ldc + column;
    for (int v = 0; v < vectors; v++)
      sum[r][v] *= *(const vector *)(times + v * WIDTH);
  }
  for (int r = 0; r < rows; r++) {
    for (int v = 0; v < vectors; v++) {
      *(vector *)(c + r * ldc + v * WIDTH) = sum[r][v];
    }
  }
}

// All rows of one strip of columns.
NEAP_INLINE void strip(const int vectors, const matrices *at, size_t column) {
  size_t row = 0;
  for (; row + TILE_ROWS <= at->m; row += TILE_ROWS) {
    tile(TILE_ROWS, vectors, at, row, column);
  }
  for (; row + 4 <= at->m; row += 4)
    tile(4, vectors, at, row, column);
  for (; row + 2 <= at->m; row += 2)
    tile(2, vectors, at, row, column);
  if (row < at->m)
    tile(1, vectors, at, row, column);
}

static void multiply(const matrices *at, size_t n) {
  const size_t wide = TILE_VECTORS * WIDTH;
  size_t column = 0;
  for (; column + wide <= n; column += wide)
    strip(TILE_VECTORS, at, column);
  for (; column < n; column += WIDTH)
    strip(1, at, column);
}

void NEAP_NAME(neap_matmul)(size_t m, size_t n, size_t k, const void *a,
                            ptrdiff_t lda, const void *b, ptrdiff_t ldb,
                            const void *start, void *c, ptrdiff_t ldc) {
  const matrices at = {.m = m,
                       .k = k,
                       .a = a,
                       .b = b,
                       .start = start,
                       .c = c,
                       .lda = lda,
                       .ldb = ldb,
                       .ldc = ldc};
  multiply(&at, n);
}

void NEAP_NAME(neap_matmul_times)(size_t m, size_t n, size_t k, const void *a,
                                  ptrdiff_t lda, const void *b, ptrdiff_t ldb,
                                  const void *times, void *c, ptrdiff_t ldc) {
  const matrices at = {.m = m,
                       .k = k,
                       .a = a,
                       .b = b,
                       .times = times,
                       .c = c,
                       .lda = lda,
                       .ldb = ldb,
                       .ldc = ldc};
  multiply(&at, n);
}
