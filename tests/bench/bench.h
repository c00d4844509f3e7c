// tests/bench/bench.h -- what the benchmark programs share: the time of a call
// and the line that tests/bench/run.lua reads.
#ifndef NEAP_TESTS_BENCH_H
#define NEAP_TESTS_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/base.h"

enum { BENCH_SAMPLES = 15 };

static inline double bench_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static inline int bench_compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// Returns the seconds of one call: the median of 15 samples, each of as many
// calls as take 2 ms or more.
static inline double bench_seconds(void (*call)(void *argument),
                                   void *argument) {
  double samples[BENCH_SAMPLES];
  size_t calls = 1;
  for (double spent = 0; spent < 2e-3; calls *= 2) {
    const double start = bench_now();
    for (size_t i = 0; i < calls; i++)
      call(argument);
    spent = bench_now() - start;
  }
  calls /= 2;
  for (int s = 0; s < BENCH_SAMPLES; s++) {
    const double start = bench_now();
    for (size_t i = 0; i < calls; i++)
      call(argument);
    samples[s] = (bench_now() - start) / (double)calls;
  }
  qsort(samples, BENCH_SAMPLES, sizeof *samples, bench_compare);
  return samples[BENCH_SAMPLES / 2];
}

// Prints one measurement of a series ("neap", or a peer's name).
static inline void bench_print(const char *series, const char *name,
                               double number) {
  printf("%s\t%s\t%.6g\n", series, name, number);
  fflush(stdout);
}

// Returns an engine with the instruction set of NEAP_ISA, or the best.
static inline neap *bench_engine(void) {
  neap_error error = {0};
  const neap_host host = {.isa = getenv("NEAP_ISA")};
  neap *engine = neap_new(&host, &error);
  if (engine == NULL) {
    fprintf(stderr, "%s\n", error.message);
    exit(EXIT_FAILURE);
  }
  return engine;
}

#endif
