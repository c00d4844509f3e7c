// kernel/pack.c -- rows of a data set, copied to where a pass can use them.
#include "kernel/table.h"

// One number of the source, whatever its type.
NEAP_INLINE real element(const neap_rows *from, size_t row, size_t column,
                         neap_dtype dtype) {
  const ptrdiff_t at = (ptrdiff_t)row * from->stride + (ptrdiff_t)column;
  return dtype == NEAP_FLOAT32 ? (real)((const float *)from->x)[at]
                               : (real)((const double *)from->x)[at];
}

// One row with shift and scale, the rest of the line filled with 0.
NEAP_INLINE void copy_row(const neap_rows *from, size_t row, real *to,
                          ptrdiff_t width, neap_dtype dtype) {
  const size_t columns = from->columns;
  if (from->shift == NULL) {
    NEAP_LANES
    for (size_t j = 0; j < columns; j++)
      to[j] = element(from, row, j, dtype);
  } else {
    const real *shift = from->shift, *scale = from->scale;
    NEAP_LANES
    for (size_t j = 0; j < columns; j++) {
      to[j] = (element(from, row, j, dtype) - shift[j]) * scale[j];
    }
  }
  for (ptrdiff_t j = (ptrdiff_t)columns; j < width; j++)
    to[j] = R(0);
}

// Turns a group of 16 rows, which lies in the first-level cache, into its
// part of the columns.
static void turn_group(size_t columns, const real *rows, ptrdiff_t row_stride,
                       real *to, ptrdiff_t column_stride) {
  for (size_t j = 0; j < columns; j++) {
    NEAP_LANES
    for (int r = 0; r < NEAP_PAD; r++) {
      to[(ptrdiff_t)j * column_stride + r] =
          rows[r * row_stride + (ptrdiff_t)j];
    }
  }
}

NEAP_INLINE void pack(size_t count, const neap_rows *from, real *rows,
                      ptrdiff_t row_stride, real *columns,
                      ptrdiff_t column_stride, neap_dtype dtype) {
  for (size_t i = 0; i < count; i += NEAP_PAD) {
    real *group = rows + (ptrdiff_t)i * row_stride;
    for (size_t r = 0; r < NEAP_PAD; r++) {
      real *to = group + (ptrdiff_t)r * row_stride;
      if (i + r < count) {
        const size_t row =
            from->index != NULL ? from->index[i + r] : from->first + i + r;
        copy_row(from, row, to, row_stride, dtype);
      } else {
        memset(to, 0, (size_t)row_stride * sizeof *to);
      }
    }
    if (columns != NULL) {
      turn_group(from->columns, group, row_stride, columns + i, column_stride);
    }
  }
}

void NEAP_NAME(neap_pack)(size_t count, const neap_rows *from, void *rows,
                          ptrdiff_t row_stride, void *columns,
                          ptrdiff_t column_stride) {
  if (from->dtype == NEAP_FLOAT32) {
    pack(count, from, rows, row_stride, columns, column_stride, NEAP_FLOAT32);
  } else {
    pack(count, from, rows, row_stride, columns, column_stride, NEAP_FLOAT64);
  }
}
