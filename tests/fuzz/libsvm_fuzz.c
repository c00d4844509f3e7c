// tests/fuzz/libsvm_fuzz.c -- LIBSVM text.
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_copy(data, size);
  neap_libsvm svm;
  neap_error error = {0};
  if (fuzz_is_ok(neap_libsvm_scan(text, size, &svm, &error), &error)) {
    const bool some = svm.least <= svm.most;
    const unsigned base = some && svm.least > 0;
    const uint64_t features = some ? svm.most - base + 1 : 1;
    MUST(svm.rows >= 1 && svm.rows <= size);
    if (features < 1000) {
      double *x = calloc(svm.rows * (size_t)features, sizeof *x);
      double *y = calloc(svm.rows, sizeof *y);
      double *groups = calloc(svm.rows, sizeof *groups);
      MUST(x != NULL && y != NULL && groups != NULL);
      neap_libsvm_read(&svm, base, (size_t)features, x, y, groups);
      for (size_t i = 0; i < svm.rows; i++)
        MUST(isfinite(y[i]));
      free(groups);
      free(y);
      free(x);
    }
  }
  free(text);
  return 0;
}
