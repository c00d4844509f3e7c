// dataset/csv.c -- CSV text: its layout, its fields, its numbers.
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/dataset.h"

// Where a reading has got to.
typedef struct cursor {
  const char *at, *end;
  char delimiter;
  size_t line;
} cursor;

// What ended a field.
typedef enum stop { STOP_FIELD, STOP_ROW, STOP_TEXT } stop;

static bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

// Steps over LF, CRLF or CR.
static void skip_line_end(cursor *c) {
  if (c->at[0] == '\r' && c->at + 1 < c->end && c->at[1] == '\n')
    c->at++;
  c->at++;
  c->line++;
}

static neap_status read_quoted(cursor *c, neap_field *field,
                               neap_error *error) {
  const size_t open_line = c->line;
  const char *start = ++c->at;
  *field = (neap_field){.text = start};
  for (;; c->at++) {
    if (c->at == c->end) {
      return neap_fail(error, NEAP_EDATA, "line %zu: a quote is never closed",
                       open_line);
    }
    if (*c->at == '\n')
      c->line++;
    if (*c->at != '"')
      continue;
    if (c->at + 1 == c->end || c->at[1] != '"')
      break;
    field->has_doubled_quotes = true;
    c->at++;
  }
  field->size_bytes = (size_t)(c->at - start);
  c->at++;
  if (c->at < c->end && *c->at != c->delimiter && !is_line_end(*c->at)) {
    return neap_fail(error, NEAP_EDATA,
                     "line %zu: '%c' follows a closing quote; wanted '%c' or "
                     "the end of the line",
                     c->line, *c->at, c->delimiter);
  }
  return NEAP_OK;
}

static void read_plain(cursor *c, neap_field *field) {
  const char *start = c->at;
  while (c->at < c->end && *c->at != c->delimiter && !is_line_end(*c->at)) {
    c->at++;
  }
  *field = (neap_field){.text = start, .size_bytes = (size_t)(c->at - start)};
  // Spaces around a field are not a part of it, nor is a tab.
  while (field->size_bytes > 0 &&
         (*field->text == ' ' || *field->text == '\t')) {
    field->text++;
    field->size_bytes--;
  }
  while (field->size_bytes > 0) {
    const char last = field->text[field->size_bytes - 1];
    if (last != ' ' && last != '\t')
      break;
    field->size_bytes--;
  }
}

static neap_status next_field(cursor *c, neap_field *field, stop *stopped,
                              neap_error *error) {
  if (c->at < c->end && *c->at == '"') {
    NEAP_TRY(read_quoted(c, field, error));
  } else {
    read_plain(c, field);
  }
  if (c->at == c->end) {
    *stopped = STOP_TEXT;
  } else if (*c->at == c->delimiter) {
    c->at++;
    *stopped = STOP_FIELD;
  } else {
    skip_line_end(c);
    *stopped = STOP_ROW;
  }
  return NEAP_OK;
}

// A blank line is no row; where there is one column it can't be told from an
// empty field, and is no row either.
static void skip_blank_lines(cursor *c) {
  while (c->at < c->end && is_line_end(*c->at))
    skip_line_end(c);
}

// ------------------------------------------------------------- the numbers

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// digits[.digits][e[+-]digits], read into a whole number and a power of ten.
typedef struct decimal {
  uint64_t digits;
  int exponent;
  bool negative, exact;  // exact: no digit was dropped
} decimal;

static const char *read_digits(const char *at, const char *end, decimal *d,
                               int step) {
  for (; at < end && is_digit(*at); at++) {
    if (d->digits < UINT64_C(100000000000000000)) {
      d->digits = d->digits * 10 + (uint64_t)(*at - '0');
      d->exponent += step;
    } else {
      d->exact = d->exact && *at == '0';
      d->exponent += step + 1;
    }
  }
  return at;
}

static const char *read_exponent(const char *at, const char *end, decimal *d) {
  const char *start = at++;
  bool negative = false;
  int value = 0;
  if (at < end && (*at == '+' || *at == '-'))
    negative = *at++ == '-';
  if (at == end || !is_digit(*at))
    return start;
  for (; at < end && is_digit(*at); at++) {
    if (value < 100000)
      value = value * 10 + (*at - '0');
  }
  d->exponent += negative ? -value : value;
  return at;
}

static bool read_decimal(const char *at, const char *end, decimal *d) {
  *d = (decimal){.exact = true};
  if (at < end && (*at == '+' || *at == '-'))
    d->negative = *at++ == '-';
  const char *whole = at;
  at = read_digits(at, end, d, 0);
  size_t count = (size_t)(at - whole);
  if (at < end && *at == '.') {
    const char *fraction = ++at;
    at = read_digits(at, end, d, -1);
    count += (size_t)(at - fraction);
  }
  if (count == 0)
    return false;
  if (at < end && (*at == 'e' || *at == 'E'))
    at = read_exponent(at, end, d);
  return at == end;
}

static const double powers_of_ten[] = {
    1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

// What does not fit the exact path below: the C library rounds rightly, but
// wants its locale's decimal point.
static bool parse_by_library(const char *text, size_t size_bytes,
                             double *number) {
  char copy[2048];
  size_t length = 0;
  const char *point = localeconv()->decimal_point;
  for (size_t i = 0; i < size_bytes; i++) {
    if (length + strlen(point) + 1 >= sizeof copy)
      return false;
    if (text[i] == '.') {
      memcpy(copy + length, point, strlen(point));
      length += strlen(point);
    } else {
      copy[length++] = text[i];
    }
  }
  copy[length] = '\0';
  char *end;
  *number = strtod(copy, &end);
  return end == copy + length;
}

bool neap_parse_number(const char *text, size_t size_bytes, double *number) {
  decimal d;
  if (!read_decimal(text, text + size_bytes, &d))
    return false;
  // Clinger 1990, PLDI: both factors are exact, so one rounding is right.
  const bool fits = d.exact && d.digits <= UINT64_C(1) << 53;
  if (!fits || d.exponent < -22 || d.exponent > 22) {
    return parse_by_library(text, size_bytes, number);
  }
  const double digits = (double)d.digits;
  const double value = d.exponent < 0 ? digits / powers_of_ten[-d.exponent]
                                      : digits * powers_of_ten[d.exponent];
  *number = d.negative ? -value : value;
  return true;
}

// -------------------------------------------------------------- the layout

static neap_status refuse_encodings(const char *text, size_t size_bytes,
                                    neap_error *error) {
  const unsigned char *b = (const unsigned char *)text;
  if (size_bytes >= 2 &&
      ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF))) {
    return neap_fail(error, NEAP_EDATA,
                     "line 1: the text is UTF-16; wanted UTF-8");
  }
  const char *zero = memchr(text, '\0', size_bytes);
  if (zero == NULL)
    return NEAP_OK;
  size_t line = 1;
  for (const char *c = text; c < zero; c++)
    line += *c == '\n';
  return neap_fail(error, NEAP_EDATA,
                   "line %zu: a NUL byte; wanted text, not a binary file",
                   line);
}

// The delimiter that the first line has most of, outside quotes.
static char find_delimiter(const cursor *start) {
  static const char candidates[] = ",;\t|";
  size_t counts[4] = {0}, best = 0;
  bool quoted = false;
  for (const char *c = start->at; c < start->end; c++) {
    if (*c == '"')
      quoted = !quoted;
    if (!quoted && is_line_end(*c))
      break;
    const char *found = quoted ? NULL : strchr(candidates, *c);
    if (found != NULL)
      counts[found - candidates]++;
  }
  for (size_t i = 1; i < 4; i++) {
    if (counts[i] > counts[best])
      best = i;
  }
  return candidates[best];
}

// Reads one row, counting its fields and, unless NULL, its numbers.
static neap_status count_row(cursor *c, size_t *fields, size_t *numbers,
                             neap_error *error) {
  stop stopped;
  *fields = 0;
  do {
    neap_field field;
    double number;
    NEAP_TRY(next_field(c, &field, &stopped, error));
    ++*fields;
    if (numbers != NULL &&
        neap_parse_number(field.text, field.size_bytes, &number)) {
      ++*numbers;
    }
  } while (stopped == STOP_FIELD);
  return NEAP_OK;
}

static neap_status count_rows(cursor *c, neap_csv *csv, neap_error *error) {
  for (skip_blank_lines(c); c->at < c->end; skip_blank_lines(c)) {
    const size_t line = c->line;
    size_t fields;
    NEAP_TRY(count_row(c, &fields, NULL, error));
    if (fields != csv->columns) {
      return neap_fail(error, NEAP_EDATA,
                       "line %zu has %zu fields; wanted %zu, as in the first "
                       "line",
                       line, fields, csv->columns);
    }
    csv->rows++;
  }
  return NEAP_OK;
}

neap_status neap_csv_scan(const char *text, size_t size_bytes,
                          const neap_csv_options *options, neap_csv *csv,
                          neap_error *error) {
  NEAP_TRY(refuse_encodings(text, size_bytes, error));
  cursor c = {.at = text, .end = text + size_bytes, .line = 1};
  if (size_bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
    c.at += 3;
  skip_blank_lines(&c);
  if (c.at == c.end) {
    return neap_fail(error, NEAP_EDATA, "the text has no rows");
  }
  c.delimiter =
      options->delimiter != '\0' ? options->delimiter : find_delimiter(&c);
  neap_csv found = {.text = c.at,
                    .size_bytes = (size_t)(c.end - c.at),
                    .delimiter = c.delimiter};
  const cursor first = c;
  size_t numbers = 0;
  NEAP_TRY(count_row(&c, &found.columns, &numbers, error));
  found.has_header = options->header == NEAP_HEADER_YES ||
                     (options->header == NEAP_HEADER_FIND && numbers == 0);
  if (!found.has_header)
    c = first;
  found.start = (size_t)(c.at - found.text);
  found.start_line = c.line;
  NEAP_TRY(count_rows(&c, &found, error));
  if (found.rows == 0) {
    return neap_fail(error, NEAP_EDATA, "the text has a header and no rows");
  }
  *csv = found;
  return NEAP_OK;
}

static cursor cursor_at(const neap_csv *csv, size_t offset, size_t line) {
  return (cursor){.at = csv->text + offset,
                  .end = csv->text + csv->size_bytes,
                  .delimiter = csv->delimiter,
                  .line = line};
}

neap_field neap_csv_name(const neap_csv *csv, size_t column) {
  neap_field field = {.text = ""};
  if (!csv->has_header)
    return field;
  cursor c = cursor_at(csv, 0, 1);
  stop stopped = STOP_FIELD;
  for (size_t i = 0; i <= column && stopped == STOP_FIELD; i++) {
    next_field(&c, &field, &stopped, NULL);
  }
  return field;
}

// ---------------------------------------------------------------- the rows

static bool is_missing(const neap_field *field) {
  static const char *const tokens[] = {"",    "NA",   "N/A",  "nan", "NaN",
                                       "NAN", "null", "NULL", "?",   "-"};
  for (size_t i = 0; i < sizeof tokens / sizeof *tokens; i++) {
    if (strlen(tokens[i]) == field->size_bytes &&
        memcmp(tokens[i], field->text, field->size_bytes) == 0) {
      return true;
    }
  }
  return false;
}

static neap_status refuse_field(const neap_csv *csv, size_t line, size_t column,
                                const neap_field *field, neap_error *error) {
  const neap_field name = neap_csv_name(csv, column);
  const int name_size = (int)(name.size_bytes < 60 ? name.size_bytes : 60);
  const int size = (int)(field->size_bytes < 60 ? field->size_bytes : 60);
  const char *what = is_missing(field) ? "a missing value" : "no number";
  return neap_fail(error, NEAP_EDATA,
                   "line %zu, column %zu (%.*s): '%.*s' is %s", line,
                   column + 1, name_size, name.text, size, field->text, what);
}

neap_status neap_csv_read(const neap_csv *csv, const neap_column *columns,
                          double *x, neap_field *texts, neap_error *error) {
  cursor c = cursor_at(csv, csv->start, csv->start_line);
  for (skip_blank_lines(&c); c.at < c.end; skip_blank_lines(&c)) {
    const size_t line = c.line;
    for (size_t column = 0; column < csv->columns; column++) {
      neap_field field;
      stop stopped;
      NEAP_TRY(next_field(&c, &field, &stopped, error));
      if (columns[column] == NEAP_TEXT) {
        if (is_missing(&field))
          return refuse_field(csv, line, column, &field, error);
        *texts++ = field;
      }
      if (columns[column] != NEAP_NUMBER)
        continue;
      if (!neap_parse_number(field.text, field.size_bytes, x) ||
          !isfinite(*x)) {
        return refuse_field(csv, line, column, &field, error);
      }
      x++;
    }
  }
  return NEAP_OK;
}
