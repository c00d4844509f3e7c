// tests/dataset/decimal_test.c -- decimal numbers are read as Python reads
// them, and written so that they come back.
#include "check.h"
#include "dataset/dataset.h"

static uint64_t bits_of(double number) {
  uint64_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

// tests/data/decimals.txt: written by decimals.py beside this file, Python
// 3.11.
static void test_hard_cases(const char *folder) {
  static char path[1024], line[8192], text[8000];
  snprintf(path, sizeof path, "%s/decimals.txt", folder);
  FILE *file = fopen(path, "r");
  CHECK(file != NULL);
  size_t cases = 0;
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    unsigned long long bits;
    CHECK(sscanf(line, "%7999s %llx", text, &bits) == 2);
    double got = 0;
    CHECK(neap_parse_number(text, strlen(text), '.', &got));
    CHECK_SHOW(bits_of(got) == bits, "%.60s: %016llx, wanted %016llx", text,
               (unsigned long long)bits_of(got), bits);
    cases++;
  }
  CHECK(cases > 1400);
  if (file != NULL)
    fclose(file);
}

// Every double comes back, also where the text is cut right behind it.
static void test_round_trip(void) {
  for (uint64_t i = 0; i < 200000; i++) {
    uint64_t bits = neap_random_bits(1, NEAP_STREAM_FEATURE, 3, i);
    if (i % 4 == 0)
      bits &= ~(UINT64_C(0x7FF) << 52);  // zero and subnormals
    if (i % 4 == 1)
      bits = (bits & ~(UINT64_C(0x7FF) << 52)) | (1000 + bits % 40)
                                                     << 52;  // of common size
    double truth, got = 0;
    memcpy(&truth, &bits, sizeof truth);
    if (!isfinite(truth))
      continue;
    char text[NEAP_NUMBER_CHARS];
    const size_t size = neap_format_number(truth, text);
    CHECK(size <= 24);
    CHECK(neap_parse_number(text, size, '.', &got));
    CHECK_SHOW(bits_of(got) == bits, "%.*s", (int)size, text);
  }
}

// The C library rounds rightly, too, and knows long texts.
static void test_against_library(void) {
  for (uint64_t i = 0; i < 100000; i++) {
    const neap_philox r = neap_random(2, NEAP_STREAM_FEATURE, 0, i);
    char text[80];
    snprintf(text, sizeof text, "%s%u.%u%ue%d", i % 2 == 0 ? "-" : "",
             r.word[0] % 1000, r.word[1], r.word[2],
             (int)(r.word[3] % 640) - 340);
    const double truth = strtod(text, NULL);
    double got = 0;
    CHECK(neap_parse_number(text, strlen(text), '.', &got));
    CHECK_SHOW(bits_of(got) == bits_of(truth), "%s", text);
  }
}

static bool is_written(double number, const char *wanted) {
  char text[NEAP_NUMBER_CHARS];
  const size_t size = neap_format_number(number, text);
  return size == strlen(wanted) && memcmp(text, wanted, size) == 0;
}

static void test_writing(void) {
  CHECK(is_written(0, "0"));
  CHECK(is_written(-0.0, "-0"));
  CHECK(is_written(0.1, "0.1"));
  CHECK(is_written(1e22, "1e+22"));
  CHECK(is_written(5e-324, "5e-324"));
  CHECK(is_written(0.1 + 0.2, "0.30000000000000004"));
  CHECK(is_written((double)0.1f, "0.10000000149011612"));
}

static void test_refused(void) {
  static const char *const wrong[] = {
      "",    "-",     ".",   "e5",    "1e",        "1e+",
      "1 2", "nan",   "inf", "0x1p3", "1,5",       "--1",
      "+-1", "1.2.3", "1_0", "1e5.",  "12345678a", "0.12345678901234x"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    double got = 7;
    CHECK_SHOW(!neap_parse_number(wrong[i], strlen(wrong[i]), '.', &got),
               "'%s'", wrong[i]);
    CHECK(got == 7);
  }
  double got = 0;
  CHECK(neap_parse_number("1,5", 3, ',', &got) && got == 1.5);
  CHECK(neap_parse_number("1e999", 5, '.', &got) && isinf(got));
  CHECK(neap_parse_number("-1e400000000000", 15, '.', &got) && isinf(got));
  CHECK(neap_parse_number("1e-99999999999", 14, '.', &got) && got == 0);
  CHECK(neap_parse_number("0e99999999999", 13, '.', &got) && got == 0);
}

int main(int argc, char **argv) {
  (void)argc;
  test_hard_cases(argv[1]);
  test_round_trip();
  test_against_library();
  test_writing();
  test_refused();
  return check_result();
}
