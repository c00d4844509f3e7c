// tests/fuzz/fuzz.h -- what the fuzz targets share. docs/files.md says how to
// run them.
#ifndef NEAP_TESTS_FUZZ_H
#define NEAP_TESTS_FUZZ_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// Ends the run, with the input kept, where something that must hold does not.
#define MUST(condition) \
  do {                  \
    if (!(condition))   \
      abort();          \
  } while (0)

// Returns a copy of exactly that size, so that a byte read beyond it is seen.
static inline char *fuzz_copy(const uint8_t *data, size_t size) {
  char *copy = malloc(size > 0 ? size : 1);
  MUST(copy != NULL);
  if (size > 0)
    memcpy(copy, data, size);
  return copy;
}

// The error of a failed call says something, and of a good one nothing.
static inline bool fuzz_is_ok(neap_status status, const neap_error *error) {
  MUST((status == NEAP_OK) == (error->message[0] == '\0'));
  return status == NEAP_OK;
}

#endif
