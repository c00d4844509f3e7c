// kernel/pack.c -- rows of a data set, copied to where a pass can use them.
#include "kernel/table.h"

// `count` numbers of a row, from `first` on, with shift and scale.
NEAP_INLINE void copy_piece(const neap_rows *from, const void *row,
                            size_t first, const int count, real *to,
                            neap_dtype dtype) {
  const float *single = (const float *)row + first;
  const double *wide = (const double *)row + first;
  const double *shift = from->shift, *scale = from->scale;
  if (shift == NULL) {
    NEAP_LANES
    for (int j = 0; j < count; j++) {
      to[j] = dtype == NEAP_FLOAT32 ? (real)single[j] : (real)wide[j];
    }
  } else {
    NEAP_LANES
    for (int j = 0; j < count; j++) {
      // In double, so that a large mean does not cost the digits that count.
      const double x = dtype == NEAP_FLOAT32 ? (double)single[j] : wide[j];
      const size_t column = first + (size_t)j;
      to[j] = (real)((x - shift[column]) * scale[column]);
    }
  }
}

// One row, the rest of the line filled with 0.
NEAP_INLINE void copy_row(const neap_rows *from, size_t row, real *to,
                          ptrdiff_t width, neap_dtype dtype) {
  const size_t size_bytes = dtype == NEAP_FLOAT32 ? 4 : 8;
  const size_t offset = row * (size_t)from->stride * size_bytes;
  const char *start = (const char *)from->x + offset;
  size_t j = 0;
  for (; j + NEAP_PAD <= from->columns; j += NEAP_PAD) {
    copy_piece(from, start, j, NEAP_PAD, to + j, dtype);
  }
  for (; j < from->columns; j++)
    copy_piece(from, start, j, 1, to + j, dtype);
  for (; j < (size_t)width; j++)
    to[j] = R(0);
}

static size_t row_at(const neap_rows *from, size_t i) {
  return from->index != NULL ? from->index[i] : from->first + i;
}

// Rows in random order lie anywhere; they are called for one group ahead.
NEAP_INLINE void fetch_group(const neap_rows *from, size_t first, size_t count,
                             size_t size_bytes) {
  const size_t end = first + NEAP_PAD < count ? first + NEAP_PAD : count;
  for (size_t i = first; i < end; i++) {
    const size_t at = row_at(from, i) * (size_t)from->stride * size_bytes;
    const char *row = (const char *)from->x + at;
    for (size_t line = 0; line < from->columns * size_bytes; line += 64) {
      __builtin_prefetch(row + line);
    }
  }
}

NEAP_INLINE void pack(size_t count, const neap_rows *from, real *rows,
                      ptrdiff_t row_stride, real *columns,
                      ptrdiff_t column_stride, neap_dtype dtype) {
  const size_t size_bytes = dtype == NEAP_FLOAT32 ? 4 : 8;
  for (size_t i = 0; i < count; i += NEAP_PAD) {
    real *group = rows + (ptrdiff_t)i * row_stride;
    if (from->index != NULL) {
      fetch_group(from, i + NEAP_PAD, count, size_bytes);
    }
    for (size_t r = 0; r < NEAP_PAD; r++) {
      real *to = group + (ptrdiff_t)r * row_stride;
      if (i + r < count) {
        copy_row(from, row_at(from, i + r), to, row_stride, dtype);
      } else {
        memset(to, 0, (size_t)row_stride * sizeof *to);
      }
    }
    if (columns != NULL) {
      NEAP_NAME(neap_turn)
      (NEAP_PAD, from->columns, group, (size_t)row_stride, columns + i,
       (size_t)column_stride);
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
