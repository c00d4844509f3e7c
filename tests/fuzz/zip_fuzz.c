// tests/fuzz/zip_fuzz.c -- ZIP files; and the bytes as deflate alone.
#include "fuzz.h"

static void read_entry(const neap_zip_entry *entry) {
  neap_error error = {0};
  if (!fuzz_is_ok(neap_zip_unpack(entry, NULL, &error), &error))
    return;
  MUST(entry->size_bytes <= 1032 * entry->packed_bytes);
  unsigned char *out = malloc(entry->size_bytes + 1);
  MUST(out != NULL);
  fuzz_is_ok(neap_zip_unpack(entry, out, &error), &error);
  free(out);
}

static void inflate_alone(const uint8_t *data, size_t size) {
  unsigned char out[4096];
  const size_t wanted = size < sizeof out ? size : sizeof out;
  neap_error error = {0};
  // What is counted is what is written.
  const neap_status counted = neap_inflate(data, size, NULL, wanted, &error);
  error = (neap_error){0};
  MUST(counted == neap_inflate(data, size, out, wanted, &error));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *bytes = fuzz_copy(data, size);
  neap_zip zip;
  neap_error error = {0};
  inflate_alone(data, size);
  if (fuzz_is_ok(neap_zip_scan(bytes, size, &zip, &error), &error)) {
    MUST(zip.entries <= size / 46);
    for (size_t i = 0; i < zip.entries; i++) {
      neap_zip_entry entry;
      if (!fuzz_is_ok(neap_zip_next(&zip, &entry, &error), &error))
        break;
      read_entry(&entry);
    }
  }
  free(bytes);
  return 0;
}
