// kernel/kernel_table.c -- the table of one instruction set and number type.
#include "kernel/table.h"

const neap_kernels NEAP_NAME(neap_kernels) = {
    .dtype = NEAP_REAL_DTYPE,
    .exp = NEAP_NAME(neap_array_exp),
    .log = NEAP_NAME(neap_array_log),
    .log1p = NEAP_NAME(neap_array_log1p),
    .sigmoid = NEAP_NAME(neap_array_sigmoid),
    .sum = NEAP_NAME(neap_array_sum),
    .find_outside = NEAP_NAME(neap_find_outside),
    .find_sum = NEAP_NAME(neap_find_sum),
    .matmul = NEAP_NAME(neap_matmul),
    .products = NEAP_NAME(neap_products),
    .activate = NEAP_NAME(neap_activate),
    .multiply = NEAP_NAME(neap_multiply),
    .drop = NEAP_NAME(neap_drop),
    .noise = NEAP_PASTE(neap_noise, f32, NEAP_ISA),
    .load = NEAP_NAME(neap_load),
    .accumulate = NEAP_NAME(neap_accumulate),
    .pack = NEAP_NAME(neap_pack),
    .normals = NEAP_PASTE(neap_normals, f32, NEAP_ISA),
    .poisson = NEAP_PASTE(neap_poisson, f32, NEAP_ISA),
    .add_counts = NEAP_PASTE(neap_add_counts, f32, NEAP_ISA),
    .add_weighted = NEAP_PASTE(neap_add_weighted, f32, NEAP_ISA),
};
