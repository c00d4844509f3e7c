// tests/dataset/csv_test.c -- CSV text is read as written, and what is wrong
// with it is said with line and column.
#include "check.h"
#include "dataset/dataset.h"

static neap_csv scan(const char *text) {
  const neap_csv_options options = {0};
  neap_csv csv = {0};
  neap_error error = {0};
  CHECK_SHOW(
      neap_csv_scan(text, strlen(text), &options, &csv, &error) == NEAP_OK,
      "%s", error.message);
  return csv;
}

static bool is_field(neap_field field, const char *text) {
  return field.size_bytes == strlen(text) &&
         memcmp(field.text, text, field.size_bytes) == 0;
}

static void test_layouts(void) {
  neap_csv csv = scan("a,b\n1,2\n3,4\n");
  CHECK(csv.has_header && csv.columns == 2 && csv.rows == 2);
  CHECK(is_field(neap_csv_name(&csv, 0), "a"));
  CHECK(is_field(neap_csv_name(&csv, 1), "b"));
  csv = scan("1,2\n3,4");
  CHECK(!csv.has_header && csv.rows == 2);
  csv = scan("\xEF\xBB\xBFx;y\r\n1;2\r\n\r\n3;4\r\n");
  CHECK(csv.delimiter == ';' && csv.has_header && csv.rows == 2);
  CHECK(is_field(neap_csv_name(&csv, 0), "x"));
  csv = scan("x\ty\r1\t2\r");
  CHECK(csv.delimiter == '\t' && csv.rows == 1);
  csv = scan("\"a,\"\"b\"\"\",\"c\nd\"\n1,2\n");
  CHECK(csv.columns == 2 && csv.rows == 1 && csv.start_line == 3);
  CHECK(neap_csv_name(&csv, 0).has_doubled_quotes);
  CHECK(is_field(neap_csv_name(&csv, 1), "c\nd"));
}

static void test_options(void) {
  const char *text = "a|b,c\nd|e,f\n";
  neap_csv_options options = {.delimiter = '|', .header = NEAP_HEADER_NO};
  neap_csv csv;
  CHECK(neap_csv_scan(text, strlen(text), &options, &csv, NULL) == NEAP_OK);
  CHECK(csv.columns == 2 && csv.rows == 2 && !csv.has_header);
  options.header = NEAP_HEADER_YES;
  CHECK(neap_csv_scan("1,2\n3,4", 7, &options, &csv, NULL) == NEAP_OK);
  CHECK(csv.has_header && csv.rows == 1);
}

static void test_reading(void) {
  static const char text[] =
      "name,x,skip,y\nred , 1.5,?,-2\n\"b,lue\",+3e2,!, .25 \n";
  const neap_csv csv = scan(text);
  const neap_column columns[] = {NEAP_TEXT, NEAP_NUMBER, NEAP_SKIP,
                                 NEAP_NUMBER};
  double x[4];
  neap_field texts[2];
  CHECK(neap_csv_read(&csv, columns, x, texts, NULL) == NEAP_OK);
  CHECK(x[0] == 1.5 && x[1] == -2 && x[2] == 300 && x[3] == 0.25);
  CHECK(is_field(texts[0], "red") && is_field(texts[1], "b,lue"));
}

static void refuse_scan(const char *text, size_t size, const char *message) {
  const neap_csv_options options = {0};
  neap_csv csv;
  neap_error error = {0};
  CHECK(neap_csv_scan(text, size, &options, &csv, &error) == NEAP_EDATA);
  CHECK_SHOW(strcmp(error.message, message) == 0, "%s", error.message);
}

static void test_refused_layouts(void) {
  refuse_scan("", 0, "the text has no rows");
  refuse_scan("\n\r\n", 3, "the text has no rows");
  refuse_scan("a,b\n", 4, "the text has a header and no rows");
  refuse_scan("a,b\n1,2\n1,2,3\n", 14,
              "line 3 has 3 fields; wanted 2, as in the first line");
  refuse_scan("a,b\n1,\"2\n3,4\n", 13, "line 2: a quote is never closed");
  refuse_scan("a,b\n1,\"2\"x\n", 11,
              "line 2: 'x' follows a closing quote; wanted ',' or the end of "
              "the line");
  refuse_scan("\xFF\xFE\x61\x00", 4,
              "line 1: the text is UTF-16; wanted UTF-8");
  refuse_scan("a,b\n1,\0\n", 8,
              "line 2: a NUL byte; wanted text, not a binary file");
}

static void refuse_read(const char *text, const char *message) {
  const neap_csv csv = scan(text);
  const neap_column columns[] = {NEAP_NUMBER, NEAP_NUMBER};
  double x[8];
  neap_error error = {0};
  CHECK(neap_csv_read(&csv, columns, x, NULL, &error) == NEAP_EDATA);
  CHECK_SHOW(strcmp(error.message, message) == 0, "%s", error.message);
}

static void test_refused_numbers(void) {
  refuse_read("a,b\n1,2\n3,\n", "line 3, column 2 (b): '' is a missing value");
  refuse_read("a,b\n\n1,NA\n", "line 3, column 2 (b): 'NA' is a missing value");
  refuse_read("a,b\nred,1\n", "line 2, column 1 (a): 'red' is no number");
  refuse_read("a,b\n1,inf\n", "line 2, column 2 (b): 'inf' is no number");
  refuse_read("a,b\n1,1e999\n", "line 2, column 2 (b): '1e999' is no number");
  refuse_read("a,b\n1,0x10\n", "line 2, column 2 (b): '0x10' is no number");
  refuse_read("1,2\n1,1_000\n", "line 2, column 2 (): '1_000' is no number");
}

// Every double that is written with 17 digits comes back; so do the hard
// cases of rounding (ties, and 1 ULP below the largest double).
static void test_numbers(void) {
  for (uint64_t i = 0; i < 200000; i++) {
    const uint64_t bits = neap_random_bits(1, NEAP_STREAM_FEATURE, 3, i);
    double truth, got;
    memcpy(&truth, &bits, sizeof truth);
    if (!isfinite(truth))
      continue;
    char text[40];
    snprintf(text, sizeof text, "%.17g", truth);
    CHECK(neap_parse_number(text, strlen(text), &got));
    CHECK_SHOW(memcmp(&got, &truth, sizeof got) == 0, "%s", text);
  }
  static const char *const hard[] = {
      "9007199254740993",
      "0.1",
      "1.7976931348623157e308",
      "5e-324",
      "2.2250738585072011e-308",
      "123456789012345678901234567890",
      "0.000000000000000000000000000000000000000000000000001",
      "-0.0",
      "1e23",
      "8.5e22",
      ".5",
      "5.",
      "1E5"};
  for (size_t i = 0; i < sizeof hard / sizeof *hard; i++) {
    double got;
    CHECK(neap_parse_number(hard[i], strlen(hard[i]), &got));
    const double truth = strtod(hard[i], NULL);
    CHECK_SHOW(memcmp(&got, &truth, sizeof got) == 0, "%s", hard[i]);
  }
  static const char *const wrong[] = {"",    "-",     ".",   "e5",
                                      "1e",  "1e+",   "1 2", "nan",
                                      "inf", "0x1p3", "1,5", "--1"};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    double got;
    CHECK_SHOW(!neap_parse_number(wrong[i], strlen(wrong[i]), &got), "'%s'",
               wrong[i]);
  }
}

int main(void) {
  test_layouts();
  test_options();
  test_reading();
  test_refused_layouts();
  test_refused_numbers();
  test_numbers();
  return check_result();
}
