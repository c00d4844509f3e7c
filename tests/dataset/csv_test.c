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

static neap_field name_of(const neap_csv *csv, size_t column) {
  static neap_field names[8];
  CHECK(csv->columns <= 8);
  neap_csv_names(csv, names);
  return names[column];
}

static bool is_field(neap_field field, const char *text) {
  return field.size_bytes == strlen(text) &&
         memcmp(field.text, text, field.size_bytes) == 0;
}

static void test_layouts(void) {
  neap_csv csv = scan("a,b\n1,2\n3,4\n");
  CHECK(csv.has_header && csv.columns == 2 && csv.rows == 2);
  CHECK(is_field(name_of(&csv, 0), "a"));
  CHECK(is_field(name_of(&csv, 1), "b"));
  csv = scan("1,2\n3,4");
  CHECK(!csv.has_header && csv.rows == 2);
  csv = scan("\xEF\xBB\xBFx;y\r\n1;2\r\n\r\n3;4\r\n");
  CHECK(csv.delimiter == ';' && csv.has_header && csv.rows == 2);
  CHECK(is_field(name_of(&csv, 0), "x"));
  csv = scan("x\ty\r1\t2\r");
  CHECK(csv.delimiter == '\t' && csv.rows == 1);
  csv = scan("\"a,\"\"b\"\"\",\"c\nd\"\n1,2\n");
  CHECK(csv.columns == 2 && csv.rows == 1 && csv.start_line == 3);
  CHECK(name_of(&csv, 0).has_doubled_quotes);
  CHECK(is_field(name_of(&csv, 1), "c\nd"));
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
  double x[4];
  int32_t codes[2];
  neap *engine = neap_new(NULL, NULL);
  neap_levels levels = {.engine = engine};
  neap_column columns[] = {
      {.kind = NEAP_TEXT, .codes = codes, .levels = &levels},
      {.kind = NEAP_NUMBER, .numbers = x, .stride = 2},
      {.kind = NEAP_SKIP},
      {.kind = NEAP_NUMBER, .numbers = x + 1, .stride = 2}};
  CHECK(neap_csv_read(&csv, columns, NULL) == NEAP_OK);
  CHECK(x[0] == 1.5 && x[1] == -2 && x[2] == 300 && x[3] == 0.25);
  CHECK(levels.count == 2 && codes[0] == 0 && codes[1] == 1);
  CHECK(is_field(levels.list[0].field, "red") && levels.list[0].line == 2);
  CHECK(is_field(levels.list[1].field, "b,lue"));
  neap_levels_free(&levels);
  neap_free(engine);
}

// 5,000 texts, each three times: the table grows, and finds them all again.
static void test_levels(void) {
  static char texts[5000][8];
  neap *engine = neap_new(NULL, NULL);
  neap_levels levels = {.engine = engine};
  for (int turn = 0; turn < 3; turn++) {
    for (int i = 0; i < 5000; i++) {
      const int size = snprintf(texts[i], sizeof texts[i], "t%d", i);
      const neap_field field = {.text = texts[i], .size_bytes = (size_t)size};
      int32_t code = -1;
      CHECK(neap_levels_code(&levels, &field, 1, &code, NULL) == NEAP_OK);
      CHECK(code == i);
    }
  }
  CHECK(levels.count == 5000 && levels.list[4999].count == 3);
  neap_levels_free(&levels);
  neap_free(engine);
}

// An allocator that refuses its calls from one on, and counts what is live.
typedef struct failing {
  int calls, fail_from;
  size_t live_bytes;
} failing;

static void *allocate(void *data, void *block, size_t old_size,
                      size_t new_size) {
  failing *f = data;
  if (new_size == 0) {
    f->live_bytes -= block != NULL ? old_size : 0;
    free(block);
    return NULL;
  }
  if (++f->calls >= f->fail_from)
    return NULL;
  f->live_bytes += new_size - (block != NULL ? old_size : 0);
  return realloc(block, new_size);
}

static void test_no_memory(void) {
  static const char names[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU";
  for (int fail_from = 2; fail_from < 8; fail_from++) {
    failing f = {.fail_from = fail_from};
    neap *engine =
        neap_new(&(neap_host){.data = &f, .allocate = allocate}, NULL);
    CHECK(engine != NULL);
    neap_levels levels = {.engine = engine};
    neap_error error = {0};
    neap_status status = NEAP_OK;
    for (size_t i = 0; i + 1 < sizeof names && status == NEAP_OK; i++) {
      const neap_field field = {.text = names + i, .size_bytes = 1};
      int32_t code;
      status = neap_levels_code(&levels, &field, 1, &code, &error);
    }
    CHECK(status == (f.calls >= fail_from ? NEAP_EMEMORY : NEAP_OK));
    neap_levels_free(&levels);
    neap_free(engine);
    CHECK(f.live_bytes == 0);
  }
}

// Missing values are counted, and the first is remembered.
static void test_missing(void) {
  const neap_csv csv = scan("a,b\n1,NA\n2,\n-,3\n");
  double x[6];
  neap_column columns[] = {
      {.kind = NEAP_NUMBER, .numbers = x, .stride = 2},
      {.kind = NEAP_NUMBER, .numbers = x + 1, .stride = 2}};
  CHECK(neap_csv_read(&csv, columns, NULL) == NEAP_OK);
  CHECK(columns[0].missing == 1 && columns[0].missing_line == 4);
  CHECK(columns[1].missing == 2 && columns[1].missing_line == 2);
  CHECK(is_field(columns[1].missing_field, "NA"));
  CHECK(isnan(x[1]) && isnan(x[3]) && isnan(x[4]) && x[5] == 3);
}

static void test_decimal_comma(void) {
  neap_csv csv = scan("a;b\n1,5;2\n3;4,25\n");
  CHECK(csv.delimiter == ';' && csv.decimal == ',');
  double x[4];
  neap_column columns[] = {
      {.kind = NEAP_NUMBER, .numbers = x, .stride = 2},
      {.kind = NEAP_NUMBER, .numbers = x + 1, .stride = 2}};
  CHECK(neap_csv_read(&csv, columns, NULL) == NEAP_OK);
  CHECK(x[0] == 1.5 && x[1] == 2 && x[2] == 3 && x[3] == 4.25);
  // A point anywhere, or another delimiter, and it is not guessed.
  CHECK(scan("a;b\n1,5;2.5\n").decimal == '.');
  CHECK(scan("a\tb\n1,5\t2\n").decimal == '.');
  CHECK(scan("a,b\n1,5\n").decimal == '.');
}

static void test_comments(void) {
  const char *text = "# made by hand\na,b\n#1,2\n3,4\n\n# end";
  neap_csv_options options = {.comment = '#'};
  neap_csv csv;
  CHECK(neap_csv_scan(text, strlen(text), &options, &csv, NULL) == NEAP_OK);
  CHECK(csv.rows == 1 && csv.columns == 2 && csv.start_line == 4);
  CHECK(is_field(name_of(&csv, 0), "a"));
}

// Lengths around those that vector code takes at once.
static void test_row_counts(void) {
  static char text[40000];
  for (size_t rows = 1; rows < 9000; rows = rows * 5 / 4 + 1) {
    size_t size = 0;
    for (size_t i = 0; i < rows; i++) {
      size += (size_t)snprintf(text + size, 16, "%s",
                               i % 7 == 3   ? "1\r\n\n"
                               : i % 5 == 1 ? "22\r"
                                            : "3\n");
    }
    const neap_csv_options options = {0};
    neap_csv csv;
    CHECK(neap_csv_scan(text, size, &options, &csv, NULL) == NEAP_OK);
    CHECK_SHOW(csv.rows == rows, "%zu rows, found %zu", rows, csv.rows);
  }
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
  refuse_scan("a,b\n1,\"2\n3,4\n", 13, "line 2: a quote is never closed");
  refuse_scan("a,b\n1,\"2\"x\n", 11,
              "line 2: 'x' follows a closing quote; wanted ',' or the end of "
              "the line");
  refuse_scan("\xFF\xFE\x61\x00", 4,
              "line 1: the text is UTF-16; wanted UTF-8");
  refuse_scan("a,\0\n1,2\n", 8,
              "line 1: a NUL byte; wanted text, not a binary file");
  refuse_scan("a,b\n1,\0\n", 8,
              "line 2: a NUL byte; wanted text, not a binary file");
}

static void refuse_read(const char *text, const char *message) {
  const neap_csv csv = scan(text);
  neap_column columns[] = {{.kind = NEAP_NUMBER}, {.kind = NEAP_NUMBER}};
  neap_error error = {0};
  CHECK(neap_csv_read(&csv, columns, &error) == NEAP_EDATA);
  CHECK_SHOW(strcmp(error.message, message) == 0, "%s", error.message);
}

static void test_refused_numbers(void) {
  refuse_read("a,b\nred,1\n", "line 2, column 1 (a): 'red' is no number");
  refuse_read("a,b\n1,inf\n", "line 2, column 2 (b): 'inf' is not finite");
  refuse_read("a,b\n1,-Infinity\n",
              "line 2, column 2 (b): '-Infinity' is not finite");
  refuse_read("a,b\n1,1e999\n",
              "line 2, column 2 (b): '1e999' is too large for float64");
  refuse_read("a,b\n1,0x10\n",
              "line 2, column 2 (b): '0x10' is hexadecimal; wanted a decimal "
              "number");
  refuse_read(
      "1,2\n1,1_000\n",
      "line 2, column 2 (): '1_000' has '_' in it; wanted digits alone");
  refuse_read("a,b\n1,\"1,234\"\n",
              "line 2, column 2 (b): '1,234' has a comma; wanted a decimal "
              "point and no thousands, or decimal = ','");
  refuse_read("a;b\n1,5;2\n2;1.5\n",
              "line 2, column 1 (a): '1,5' has a comma; wanted a decimal point "
              "and no thousands, or decimal = ','");
  refuse_read("a,b\n1,2\n1,2,3\n",
              "line 3 has 3 fields; wanted 2, as in the first line");
  refuse_read("a,b\n1,2\n\n1,2,\n3,4\n",
              "line 4 has 3 fields; wanted 2, as in the first line");
  refuse_read("a,b\n1\n1,2,3\n",
              "line 2 has 1 fields; wanted 2, as in the first line");
}

int main(void) {
  test_layouts();
  test_options();
  test_reading();
  test_refused_layouts();
  test_refused_numbers();
  test_levels();
  test_no_memory();
  test_missing();
  test_decimal_comma();
  test_comments();
  test_row_counts();
  return check_result();
}
