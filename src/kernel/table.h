// kernel/table.h -- the functions behind a neap_kernels table.
#ifndef NEAP_KERNEL_TABLE_H
#define NEAP_KERNEL_TABLE_H

#include "kernel/isa.h"
#include "kernel/kernel.h"

void NEAP_NAME(neap_array_exp)(size_t count, const void *x, void *y);
void NEAP_NAME(neap_array_log)(size_t count, const void *x, void *y);
void NEAP_NAME(neap_array_log1p)(size_t count, const void *x, void *y);
void NEAP_NAME(neap_array_sigmoid)(size_t count, const void *x, void *y);
double NEAP_NAME(neap_array_sum)(size_t count, const void *x);
size_t NEAP_NAME(neap_find_outside)(size_t count, const void *x, double low,
                                    double high);
size_t NEAP_NAME(neap_find_sum)(size_t rows, size_t count, ptrdiff_t stride,
                                const void *x, double wanted, double tolerance);
void NEAP_NAME(neap_matmul)(size_t m, size_t n, size_t k, const void *a,
                            ptrdiff_t lda, const void *b, ptrdiff_t ldb,
                            const void *start, void *c, ptrdiff_t ldc);
void NEAP_NAME(neap_matmul_times)(size_t m, size_t n, size_t k, const void *a,
                                  ptrdiff_t lda, const void *b, ptrdiff_t ldb,
                                  const void *times, void *c, ptrdiff_t ldc);
void NEAP_NAME(neap_products)(size_t m, size_t n, size_t k, const void *a,
                              ptrdiff_t lda, const void *b, ptrdiff_t ldb,
                              void *c, ptrdiff_t ldc);
void NEAP_NAME(neap_activate)(neap_activation what, size_t count, void *z,
                              void *a);
void NEAP_NAME(neap_multiply)(size_t count, const void *by, void *x);
void NEAP_NAME(neap_drop)(size_t count, const uint16_t *bits, double rate,
                          void *a, void *slope);
void NEAP_NAME(neap_load)(size_t count, const double *from, void *to);
void NEAP_NAME(neap_accumulate)(size_t count, const void *from, double *to);
void NEAP_NAME(neap_pack)(size_t count, const neap_rows *from, void *rows,
                          ptrdiff_t row_stride, void *columns,
                          ptrdiff_t column_stride);

void NEAP_NAME(neap_place)(size_t features, const double *mean, double scale,
                           const double *factor, const float *normal, void *x);
void NEAP_NAME(neap_turn)(size_t rows, size_t features, const void *x,
                          size_t row_stride, void *columns, size_t stride);
void NEAP_NAME(neap_square_distances)(size_t features, size_t rows,
                                      const void *columns, size_t stride,
                                      const double *mean, double *out);

// Of one number type only; the tables of both have them.
void NEAP_PASTE(neap_normals, f32, NEAP_ISA)(uint64_t seed, neap_stream stream,
                                             uint32_t part, uint64_t first,
                                             size_t rows, size_t width,
                                             float *normals);
void NEAP_PASTE(neap_words, f32, NEAP_ISA)(uint64_t seed, neap_stream stream,
                                           uint32_t part, uint64_t first,
                                           size_t count, size_t stride,
                                           uint32_t *words);
void NEAP_PASTE(neap_places, f32, NEAP_ISA)(uint64_t seed, neap_stream stream,
                                            uint32_t part, uint32_t first,
                                            size_t count, uint32_t *places);
void NEAP_PASTE(neap_divide, f64, NEAP_ISA)(size_t count, double by, double *x);
void NEAP_PASTE(neap_adam, f64, NEAP_ISA)(size_t count, const neap_adam *by,
                                          const double *gradient, double *m,
                                          double *v, double *x);
void NEAP_PASTE(neap_solve_lower, f64,
                NEAP_ISA)(size_t features, size_t rows, const double *lower,
                          size_t stride, double *columns);
void NEAP_PASTE(neap_posterior, f64,
                NEAP_ISA)(size_t rows, size_t terms, const double *weights,
                          const uint32_t *term_classes, size_t classes,
                          size_t stride, const double *half, double *shares);
void NEAP_PASTE(neap_noise, f32, NEAP_ISA)(uint64_t seed, uint32_t step,
                                           uint32_t group, size_t count,
                                           const uint32_t *rows, uint16_t *bits,
                                           size_t stride);

// Of whole numbers, and built beside float32; both tables have them.
void NEAP_PASTE(neap_poisson, f32, NEAP_ISA)(uint64_t seed, uint32_t batch,
                                             size_t rows, uint8_t *counts,
                                             uint32_t *total);
void NEAP_PASTE(neap_add_counts, f32,
                NEAP_ISA)(size_t count, const uint32_t *rows,
                          const uint8_t *counts, uint32_t *total);
void NEAP_PASTE(neap_add_weighted, f32,
                NEAP_ISA)(size_t count, const uint32_t *rows,
                          const uint8_t *counts, const double *weights,
                          double *total);

#endif
