// base/base.h -- errors, memory, instruction sets, the parallel loop, jobs.
#ifndef NEAP_BASE_H
#define NEAP_BASE_H

#include <stdbool.h>

#include "base/philox.h"
#include "neap.h"

// ------------------------------------------------------- instruction sets

typedef enum neap_isa_index {
  NEAP_ISA_BASE,
  NEAP_ISA_AVX2,
  NEAP_ISA_AVX512,
  NEAP_ISA_COUNT,
} neap_isa_index;

// Whether this build has code for AVX2 and AVX-512 beside that of base. For
// Windows gcc does not align the stack as their vectors want it (GCC bug
// 54412).
#if defined(__x86_64__) && !defined(NEAP_BASE_ONLY) && !defined(_WIN32)
#define NEAP_HAS_AVX 1
#else
#define NEAP_HAS_AVX 0
#endif

// Returns the name of an instruction set: "base", "avx2" or "avx512".
const char *neap_isa_name(neap_isa_index isa);

// Returns whether this build has code for it and this machine can run it.
bool neap_isa_available(neap_isa_index isa);

// ------------------------------------------------------------- the engine

struct neap {
  neap_host host;  // every member is set
  neap_isa_index isa;
};

// ----------------------------------------------------------------- errors

// Fills *error (NULL allowed) from a printf format and returns the code, so
// that a function can end in `return neap_fail(...)`.
#if defined(__MINGW32__)
__attribute__((format(gnu_printf, 3, 4)))
#elif defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
neap_status
neap_fail(neap_error *error, neap_status code, const char *format, ...);

// Leaves the calling function with the status of a call that failed.
#define NEAP_TRY(call)                  \
  do {                                  \
    const neap_status status_ = (call); \
    if (status_ != NEAP_OK)             \
      return status_;                   \
  } while (0)

// ----------------------------------------------------------------- numbers

// Returns one number of an array of any type.
static inline double neap_get(const void *array, neap_dtype dtype, size_t at) {
  if (dtype == NEAP_FLOAT64)
    return ((const double *)array)[at];
  return dtype == NEAP_FLOAT32 ? (double)((const float *)array)[at]
                               : ((const int32_t *)array)[at];
}

// Sets one number of an array; of int32 it must be a whole one in range.
static inline void neap_put(void *array, neap_dtype dtype, size_t at,
                            double number) {
  if (dtype == NEAP_FLOAT64) {
    ((double *)array)[at] = number;
  } else if (dtype == NEAP_FLOAT32) {
    ((float *)array)[at] = (float)number;
  } else {
    ((int32_t *)array)[at] = (int32_t)number;
  }
}

// Returns the rows before the one whose name is NULL; rows NULL: 0.
size_t neap_parameter_count(const neap_parameter *rows);

// Writes the defaults; numbers: out [neap_parameter_count(rows)].
void neap_initial_parameters(const neap_parameter *rows, double *numbers);

// Checks numbers that are given in the order of rows (NULL: none are): each is
// in its range, or NaN where that is the default, which is off.
//   NEAP_EARGUMENT  one is not; names it
neap_status neap_check_parameters(const neap_parameter *rows,
                                  const double *given, neap_error *error);

// ----------------------------------------------------------------- memory

enum { NEAP_ALIGNMENT = 64 };

// Returns size_bytes rounded up to whole cache lines.
static inline size_t neap_aligned(size_t size_bytes) {
  return (size_bytes + NEAP_ALIGNMENT - 1) & ~(size_t)(NEAP_ALIGNMENT - 1);
}

// A block that is taken from the host once and dealt out in aligned pieces.
// Lay it out twice with the same calls of neap_arena_take: first with base
// NULL, which only counts, then after neap_arena_new.
typedef struct neap_arena {
  char *base;         // 64-byte aligned, or NULL while counting
  size_t used_bytes;  // dealt out so far
  void *block;        // what the allocator returned
  size_t block_bytes;
} neap_arena;

// Returns the next piece, aligned and zeroed; NULL while counting.
void *neap_arena_take(neap_arena *arena, size_t count, size_t size_bytes);

// Takes the counted bytes from the host and starts dealing them out.
//   NEAP_EMEMORY  no memory, or the count overflowed
neap_status neap_arena_new(const neap *engine, neap_arena *arena,
                           neap_error *error);

// Gives the block back to the host. An arena of zeros is allowed.
void neap_arena_free(const neap *engine, neap_arena *arena);

// ------------------------------------------------------ the parallel loop

// Runs task 0 to task_count - 1 by the host's parallel loop, or in order.
void neap_parallel_for(const neap *engine, neap_task *task, void *argument,
                       size_t task_count);

// ------------------------------------------------------------------- jobs

// Long work that is done in slices. A job is the first member of a larger
// struct; its owner sets engine, work and self, and leaves the rest 0.
typedef struct neap_job {
  const neap *engine;
  // Does at most `units` pieces of work (units >= 1) and returns how many it
  // did; 0 means that the job is finished. How the work is cut into slices
  // must not change its result.
  size_t (*work)(struct neap_job *job, size_t units);
  bool finished;
  bool cancelled;
  bool paused;  // set and taken back by the owner: there is nothing to do yet
  double unit_seconds;     // a running estimate of one unit
  double longest_overrun;  // seconds by which the worst slice was late
} neap_job;

// Works for about `seconds` (>= 0; INFINITY: to the end) and returns whether
// the job is finished. Without a clock one call does one unit, unless seconds
// is INFINITY.
bool neap_job_step(neap_job *job, double seconds);

// Returns the seconds that a step may take when `seconds` were asked for: no
// more than the host's budget, if it has one and a clock.
double neap_job_seconds(const neap_job *job, double seconds);

#endif
