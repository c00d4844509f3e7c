// tests/check.h -- what the C tests share: checks that print and count.
#ifndef NEAP_TESTS_CHECK_H
#define NEAP_TESTS_CHECK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

static int check_failures;

// Both print where and what, and count; the test goes on, so that one run
// shows all.
#define CHECK(condition) CHECK_SHOW(condition, " ")
#define CHECK_SHOW(condition, ...)                           \
  do {                                                       \
    if (!(condition)) {                                      \
      check_failures++;                                      \
      printf("%s:%d: %s: ", __FILE__, __LINE__, #condition); \
      printf(__VA_ARGS__);                                   \
      printf("\n");                                          \
    }                                                        \
  } while (0)

// What a test's main returns.
static inline int check_result(void) {
  if (check_failures != 0)
    printf("%d checks failed\n", check_failures);
  return check_failures != 0;
}

// Every C test is called with the folder of the test data.
static inline const char *test_data(int argc, char **argv) {
  if (argc < 2) {
    printf("usage: %s tests/data [--all]\n", argv[0]);
    exit(2);
  }
  return argv[1];
}

// Calls test(engine) for each instruction set that this machine has.
static inline void for_each_isa(void (*test)(const neap *engine)) {
  for (neap_isa_index isa = 0; isa < NEAP_ISA_COUNT; isa++) {
    if (!neap_isa_available(isa))
      continue;
    const neap_host host = {.isa = neap_isa_name(isa)};
    neap *engine = neap_new(&host, NULL);
    test(engine);
    neap_free(engine);
  }
}

// A number of test data in [0, 1).
static inline double test_uniform(uint64_t index) {
  return neap_random_uniform(20170807, NEAP_STREAM_FEATURE, 7, index);
}

// Returns |got - true| in units in the last place of the number type.
static inline double ulps_of_float(double got, long double truth) {
  if (isinf(got) || truth == 0)
    return got == (double)truth ? 0 : INFINITY;
  int exponent;
  frexpl(truth, &exponent);
  if (exponent < -125)
    exponent = -125;
  return (double)(fabsl((long double)got - truth) * ldexpl(1, 24 - exponent));
}

static inline double ulps_of_double(double got, long double truth) {
  if (isinf(got) || truth == 0)
    return got == (double)truth ? 0 : INFINITY;
  int exponent;
  frexpl(truth, &exponent);
  if (exponent < -1021)
    exponent = -1021;
  return (double)(fabsl((long double)got - truth) * ldexpl(1, 53 - exponent));
}

#endif
