// kernel/isa.h -- what a source sees that is compiled once for each
// instruction set (NEAP_ISA) and each number type (NEAP_REAL_BITS).
//
// The arithmetic contract: plain C loops, no intrinsics (whole numbers of
// philox_lanes.h aside), -ffp-contract=off, fused operations only where
// NEAP_FMA is written. With that gcc and clang, AVX2, AVX-512 and aarch64 give
// the same bits; x86 `base`, which has no fused operation, gives others within
// a stated bound.
#ifndef NEAP_KERNEL_ISA_H
#define NEAP_KERNEL_ISA_H

#ifdef __FAST_MATH__
#error "-ffast-math folds the rounding steps of exp away; build without it"
#endif

#include <math.h>
#include <stdint.h>
#include <string.h>

#define NEAP_INLINE static inline __attribute__((always_inline))

// Stands before a loop over lanes that must become vector code. clang would
// unroll a short one into scalars before it looks for vectors.
#ifdef __clang__
#define NEAP_LANES \
  _Pragma("clang loop vectorize(assume_safety) unroll(disable)")
#elif defined(NEAP_AMALGAMATION)  // built without -fopenmp-simd
#define NEAP_LANES _Pragma("GCC ivdep") _Pragma("GCC unroll 1")
#else
#define NEAP_LANES _Pragma("omp simd")
#endif

#define NEAP_PASTE_(name, type, isa) name##_##type##_##isa
#define NEAP_PASTE(name, type, isa) NEAP_PASTE_(name, type, isa)

#if NEAP_REAL_BITS == 32
typedef float real;
typedef uint32_t real_bits;
#define NEAP_NAME(name) NEAP_PASTE(name, f32, NEAP_ISA)
#define NEAP_REAL_DTYPE NEAP_FLOAT32
#define NEAP_BUILTIN_FMA __builtin_fmaf
#define NEAP_ABS __builtin_fabsf
#define NEAP_SQRT __builtin_sqrtf
#else
typedef double real;
typedef uint64_t real_bits;
#define NEAP_NAME(name) NEAP_PASTE(name, f64, NEAP_ISA)
#define NEAP_REAL_DTYPE NEAP_FLOAT64
#define NEAP_BUILTIN_FMA __builtin_fma
#define NEAP_ABS __builtin_fabs
#define NEAP_SQRT __builtin_sqrt
#endif

// The bytes of the widest vectors. neap.c, which holds all instruction sets,
// says it itself: clang has no macros for what a pragma allows.
#ifndef NEAP_VECTOR_BYTES
#if defined(__AVX512F__) && defined(__FMA__)
#define NEAP_VECTOR_BYTES 64
#elif defined(__AVX2__) && defined(__FMA__)
#define NEAP_VECTOR_BYTES 32
#else
#define NEAP_VECTOR_BYTES 16
#endif
#endif

// NEAP_PLAIN: a source whose bits must be the same on every machine.
#if (NEAP_VECTOR_BYTES > 16 || defined(__aarch64__)) && !defined(NEAP_PLAIN)
#define NEAP_HAS_FMA 1
#define NEAP_FMA(a, b, c) NEAP_BUILTIN_FMA(a, b, c)
#else
#define NEAP_HAS_FMA 0
#define NEAP_FMA(a, b, c) ((a) * (b) + (c))
#endif

// A literal in the type of this build.
#define R(literal) ((real)(literal))

// Elements are worked on in blocks of this many lanes, and sums are kept in
// NEAP_SUM_LANES of them, whatever the width of the machine's vectors.
enum { NEAP_BLOCK_LANES = 64, NEAP_SUM_LANES = 16 };

NEAP_INLINE real_bits bits_of(real x) {
  real_bits bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

NEAP_INLINE real real_of(real_bits bits) {
  real x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// Returns a * b - product exactly, where product is the rounded a * b.
NEAP_INLINE real product_error(real a, real b, real product) {
#if NEAP_HAS_FMA
  return NEAP_FMA(a, b, -product);
#elif NEAP_REAL_BITS == 32
  return (float)((double)a * (double)b - (double)product);
#else
  // Dekker 1971, Numer. Math. 18, split into halves of 26 bits.
  const double c = 134217729.0 * a, d = 134217729.0 * b;
  const double a1 = c - (c - a), b1 = d - (d - b);
  const double a2 = a - a1, b2 = b - b1;
  return ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2;
#endif
}

// Adds the four quarters of a block to the lanes of a sum.
NEAP_INLINE void add_block(const real *block, double *total) {
  NEAP_LANES
  for (int lane = 0; lane < NEAP_SUM_LANES; lane++) {
    const real low = block[lane] + block[lane + NEAP_SUM_LANES];
    const real high =
        block[lane + 2 * NEAP_SUM_LANES] + block[lane + 3 * NEAP_SUM_LANES];
    total[lane] += (double)(low + high);
  }
}

// Adds 16 lanes in a fixed tree.
NEAP_INLINE double sum_of_lanes(const double *lane) {
  double level[NEAP_SUM_LANES];
  memcpy(level, lane, sizeof level);
  for (int width = NEAP_SUM_LANES / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; i++)
      level[i] += level[i + width];
  }
  return level[0];
}

#endif
