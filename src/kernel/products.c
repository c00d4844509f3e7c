// kernel/products.c -- C = A B^T: the inner products of two sets of lines.
//
// Each element is a sum in NEAP_SUM_LANES lanes along the lines, of fused
// multiply-adds in order, and then of the lanes in a fixed tree; so its bits do
// not depend on the tile it lies in. As kernel/matmul.c, this file spells its
// lanes as vectors and is built with -ffp-contract=fast.
#include "kernel/table.h"

// Tiles whose sums fit into the registers.
#if NEAP_VECTOR_BYTES == 64
enum { TILE_ROWS = 4, TILE_COLUMNS = NEAP_REAL_BITS == 32 ? 4 : 2 };
#elif NEAP_VECTOR_BYTES == 32
enum { TILE_ROWS = NEAP_REAL_BITS == 32 ? 2 : 1, TILE_COLUMNS = 2 };
#else
enum { TILE_ROWS = 1, TILE_COLUMNS = NEAP_REAL_BITS == 32 ? 2 : 1 };
#endif

enum { LANES = NEAP_SUM_LANES };
enum {
  WIDTH = NEAP_VECTOR_BYTES / (int)sizeof(real),
  VECTORS = LANES / WIDTH,
};

typedef real vector __attribute__((vector_size(NEAP_VECTOR_BYTES),
                                   aligned(sizeof(real)), may_alias));

typedef struct matrices {
  size_t m, n, k;
  const real *a, *b;
  real *c;
  ptrdiff_t lda, ldb, ldc;
} matrices;

// What is left of two lines, and the sum of all lanes.
NEAP_INLINE real finish(const vector *sum, const real *a, const real *b,
                        size_t left) {
  real lanes[LANES];
  memcpy(lanes, sum, sizeof lanes);
  for (size_t i = 0; i < left; i++)
    lanes[i] = NEAP_FMA(a[i], b[i], lanes[i]);
  for (int width = LANES / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; i++)
      lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

// One tile; its size is a constant at every call.
NEAP_INLINE void tile(const int rows, const int columns, const matrices *at,
                      size_t row, size_t column) {
  const ptrdiff_t lda = at->lda, ldb = at->ldb;
  const real *a = at->a + (ptrdiff_t)row * lda;
  const real *b = at->b + (ptrdiff_t)column * ldb;
  real *c = at->c + (ptrdiff_t)row * at->ldc + column;
  vector sum[TILE_ROWS][TILE_COLUMNS][VECTORS] = {{{{0}}}};
  const size_t whole = at->k / LANES * LANES;
  for (size_t i = 0; i < whole; i += LANES) {
    for (int v = 0; v < VECTORS; v++) {
      vector line[TILE_COLUMNS];
      for (int s = 0; s < columns; s++)
        line[s] = *(const vector *)(b + s * ldb + v * WIDTH);
      for (int r = 0; r < rows; r++) {
        const vector factor = *(const vector *)(a + r * lda + v * WIDTH);
        for (int s = 0; s < columns; s++)
          sum[r][s][v] += factor * line[s];
      }
    }
    a += LANES;
    b += LANES;
  }
  for (int r = 0; r < rows; r++) {
    for (int s = 0; s < columns; s++) {
      c[r * at->ldc + s] =
          finish(sum[r][s], a + r * lda, b + s * ldb, at->k - whole);
    }
  }
}

NEAP_INLINE void strip(const int rows, const matrices *at, size_t row) {
  size_t column = 0;
  for (; column + TILE_COLUMNS <= at->n; column += TILE_COLUMNS)
    tile(rows, TILE_COLUMNS, at, row, column);
  for (; column < at->n; column++)
    tile(rows, 1, at, row, column);
}

void NEAP_NAME(neap_products)(size_t m, size_t n, size_t k, const void *a,
                              ptrdiff_t lda, const void *b, ptrdiff_t ldb,
                              void *c, ptrdiff_t ldc) {
  const matrices at = {.m = m,
                       .n = n,
                       .k = k,
                       .a = a,
                       .b = b,
                       .c = c,
                       .lda = lda,
                       .ldb = ldb,
                       .ldc = ldc};
  size_t row = 0;
  for (; row + TILE_ROWS <= m; row += TILE_ROWS)
    strip(TILE_ROWS, &at, row);
  for (; row < m; row++)
    strip(1, &at, row);
}
