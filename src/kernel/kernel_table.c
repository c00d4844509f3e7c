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
    .pack = NEAP_NAME(neap_pack),
    .normals = NEAP_PASTE(neap_normals, f32, NEAP_ISA),
    .words = NEAP_PASTE(neap_words, f32, NEAP_ISA),
    .place = NEAP_NAME(neap_place),
    .turn = NEAP_NAME(neap_turn),
    .square_distances = NEAP_NAME(neap_square_distances),
    .solve_lower = NEAP_PASTE(neap_solve_lower, f64, NEAP_ISA),
    .posterior = NEAP_PASTE(neap_posterior, f64, NEAP_ISA),
};
