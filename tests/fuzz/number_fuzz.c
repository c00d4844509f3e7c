// tests/fuzz/number_fuzz.c -- decimal numbers against the C library.
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  char *text = fuzz_copy(data, size), *end;
  double got = 0;
  const char *at = neap_read_number(text, text + size, '.', &got);
  if (at != NULL) {
    MUST(at > text && at <= text + size);
    char *copy = malloc((size_t)(at - text) + 1);
    MUST(copy != NULL);
    memcpy(copy, text, (size_t)(at - text));
    copy[at - text] = '\0';
    const double wanted = strtod(copy, &end);
    MUST(*end == '\0');
    MUST(memcmp(&got, &wanted, sizeof got) == 0);
    if (isfinite(got)) {
      char written[NEAP_NUMBER_CHARS];
      double again = 0;
      const size_t length = neap_format_number(got, written);
      MUST(length < NEAP_NUMBER_CHARS);
      MUST(neap_parse_number(written, length, '.', &again));
      MUST(memcmp(&got, &again, sizeof got) == 0);
    }
    free(copy);
  }
  free(text);
  return 0;
}
