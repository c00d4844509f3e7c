// tests/fuzz/npy_fuzz.c -- .npy files.
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *bytes = fuzz_copy(data, size);
  neap_npy npy;
  neap_error error = {0};
  if (fuzz_is_ok(neap_npy_scan(bytes, size, &npy, &error), &error)) {
    const size_t count = npy.rows * npy.columns;
    MUST(count == 0 || count * npy.item_bytes == size - npy.offset);
    double *out = calloc(count + 1, sizeof *out);
    MUST(out != NULL);
    neap_npy_in_place(&npy, bytes);
    fuzz_is_ok(neap_npy_read(&npy, bytes, out, &error), &error);
    free(out);
  }
  free(bytes);
  return 0;
}
