// dataset/csv.c -- CSV text: its layout, its fields, its rows.
#include <math.h>
#include <string.h>

#include "dataset/dataset.h"
#include "dataset/decimal.h"

// Where a reading has got to.
typedef struct cursor {
  const char *at, *end;
  char delimiter, comment;
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

// Steps over what ended a field.
static inline stop stop_at(cursor *c) {
  if (c->at == c->end)
    return STOP_TEXT;
  if (*c->at == c->delimiter) {
    c->at++;
    return STOP_FIELD;
  }
  skip_line_end(c);
  return STOP_ROW;
}

static neap_status next_field(cursor *c, neap_field *field, stop *stopped,
                              neap_error *error) {
  if (c->at < c->end && *c->at == '"') {
    NEAP_TRY(read_quoted(c, field, error));
  } else {
    read_plain(c, field);
  }
  *stopped = stop_at(c);
  return NEAP_OK;
}

// A blank line is no row; where there is one column it can't be told from an
// empty field, and is no row either. Nor is a comment.
static void skip_blank_lines(cursor *c) {
  while (c->at < c->end) {
    if (c->comment != '\0' && *c->at == c->comment) {
      while (c->at < c->end && !is_line_end(*c->at))
        c->at++;
    }
    if (c->at == c->end || !is_line_end(*c->at))
      break;
    skip_line_end(c);
  }
}

// -------------------------------------------------------------- the layout

static neap_status refuse_utf16(const char *text, size_t size_bytes,
                                neap_error *error) {
  const unsigned char *b = (const unsigned char *)text;
  if (size_bytes >= 2 &&
      ((b[0] == 0xFF && b[1] == 0xFE) || (b[0] == 0xFE && b[1] == 0xFF))) {
    return neap_fail(error, NEAP_EDATA,
                     "line 1: the text is UTF-16; wanted UTF-8");
  }
  return NEAP_OK;
}

static neap_status refuse_zero(const char *text, size_t size_bytes,
                               neap_error *error) {
  const char *zero = memchr(text, '\0', size_bytes);
  size_t line = 1;
  for (const char *c = text; c < zero; c++)
    line += *c == '\n';
  return neap_fail(error, NEAP_EDATA,
                   "line %zu: a NUL byte; wanted text, not a binary file",
                   line);
}

// What a first pass over all bytes finds.
typedef struct census {
  size_t lines;  // that are not blank
  bool has_zero, has_quote;
} census;

enum { LANES = 64 };

// The bytes are looked at side by side, and counted in bytes, so that the loop
// is vector code. at[-1] is there.
static void count_block(const char *at, int turns, census *c) {
  uint8_t ends[LANES] = {0}, zeros[LANES] = {0}, quotes[LANES] = {0};
  for (int turn = 0; turn < turns; turn++, at += LANES) {
    for (int i = 0; i < LANES; i++) {
      const uint8_t here = (at[i] == '\n') | (at[i] == '\r');
      const uint8_t before = (at[i - 1] == '\n') | (at[i - 1] == '\r');
      ends[i] = (uint8_t)(ends[i] + (here & (before ^ 1)));
      zeros[i] |= at[i] == '\0';
      quotes[i] |= at[i] == '"';
    }
  }
  for (int i = 0; i < LANES; i++) {
    c->lines += ends[i];
    c->has_zero = c->has_zero || zeros[i];
    c->has_quote = c->has_quote || quotes[i];
  }
}

static census take_census(const char *text, size_t size) {
  census c = {.has_zero = text[0] == '\0', .has_quote = text[0] == '"'};
  size_t at = 1;
  while (size - at >= LANES) {
    const size_t turns = (size - at) / LANES;
    const int some = turns < 255 ? (int)turns : 255;
    count_block(text + at, some, &c);
    at += (size_t)some * LANES;
  }
  for (; at < size; at++) {
    c.lines += is_line_end(text[at]) && !is_line_end(text[at - 1]);
    c.has_zero = c.has_zero || text[at] == '\0';
    c.has_quote = c.has_quote || text[at] == '"';
  }
  c.lines += !is_line_end(text[size - 1]);
  return c;
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
    const char *found = quoted ? NULL : memchr(candidates, *c, 4);
    if (found != NULL)
      counts[found - candidates]++;
  }
  for (size_t i = 1; i < 4; i++) {
    if (counts[i] > counts[best])
      best = i;
  }
  return candidates[best];
}

// Looks at the first rows for numbers that have a comma: where there are some,
// and none has a point, the comma is the point. Elsewhere than between ; a
// comma may as well part thousands.
static char find_decimal(const cursor *start) {
  cursor c = *start;
  size_t rows = 0, commas = 0;
  while (c.delimiter == ';' && c.at < c.end && rows < 1000) {
    neap_field field;
    stop stopped;
    double number;
    if (next_field(&c, &field, &stopped, NULL) != NEAP_OK)
      break;
    const size_t size = field.size_bytes;
    if (neap_parse_number(field.text, size, '.', &number)) {
      if (memchr(field.text, '.', size) != NULL)
        return '.';
    } else {
      commas += neap_parse_number(field.text, size, ',', &number);
    }
    if (stopped != STOP_FIELD) {
      skip_blank_lines(&c);
      rows++;
    }
  }
  return commas > 0 ? ',' : '.';
}

// Reads one row, counting its fields and, unless NULL, its numbers.
static neap_status count_row(cursor *c, char decimal, size_t *fields,
                             size_t *numbers, neap_error *error) {
  stop stopped;
  *fields = 0;
  do {
    neap_field field;
    double number;
    NEAP_TRY(next_field(c, &field, &stopped, error));
    ++*fields;
    if (numbers != NULL &&
        neap_parse_number(field.text, field.size_bytes, decimal, &number)) {
      ++*numbers;
    }
  } while (stopped == STOP_FIELD);
  return NEAP_OK;
}

static neap_status refuse_row(size_t line, size_t fields, size_t wanted,
                              neap_error *error) {
  return neap_fail(error, NEAP_EDATA,
                   "line %zu has %zu fields; wanted %zu, as in the first line",
                   line, fields, wanted);
}

static neap_status count_rows(cursor *c, neap_csv *csv, neap_error *error) {
  csv->rows = 0;
  for (skip_blank_lines(c); c->at < c->end; skip_blank_lines(c)) {
    const size_t line = c->line;
    size_t fields;
    NEAP_TRY(count_row(c, csv->decimal, &fields, NULL, error));
    if (fields != csv->columns)
      return refuse_row(line, fields, csv->columns, error);
    csv->rows++;
  }
  return NEAP_OK;
}

// Most texts have neither quotes nor comments, and their rows are their lines:
// whether each has the fields it should is seen when it is read. Where there
// can't be as many it is seen now, before anyone makes room for the numbers.
static neap_status find_rows(cursor *c, neap_csv *csv, neap_error *error) {
  const size_t size = (size_t)(c->end - c->at);
  if (size == 0)
    return NEAP_OK;
  const census found = take_census(c->at, size);
  if (found.has_zero)
    return refuse_zero(csv->text, csv->size_bytes, error);
  if (csv->comment != '\0' || found.has_quote)
    return count_rows(c, csv, error);
  csv->rows = found.lines;
  if (csv->rows > (size + 1) / csv->columns)
    return count_rows(c, csv, error);
  return NEAP_OK;
}

neap_status neap_csv_scan(const char *text, size_t size_bytes,
                          const neap_csv_options *options, neap_csv *csv,
                          neap_error *error) {
  NEAP_TRY(refuse_utf16(text, size_bytes, error));
  cursor c = {.at = text,
              .end = text + size_bytes,
              .comment = options->comment,
              .line = 1};
  if (size_bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
    c.at += 3;
  skip_blank_lines(&c);
  if (c.at == c.end)
    return neap_fail(error, NEAP_EDATA, "the text has no rows");
  c.delimiter =
      options->delimiter != '\0' ? options->delimiter : find_delimiter(&c);
  neap_csv found = {.text = c.at,
                    .size_bytes = (size_t)(c.end - c.at),
                    .delimiter = c.delimiter,
                    .comment = c.comment,
                    .decimal = options->decimal != '\0' ? options->decimal
                                                        : find_decimal(&c)};
  const cursor first = c;
  size_t numbers = 0;
  NEAP_TRY(count_row(&c, found.decimal, &found.columns, &numbers, error));
  if (memchr(first.at, '\0', (size_t)(c.at - first.at)) != NULL)
    return refuse_zero(text, size_bytes, error);
  found.has_header = options->header == NEAP_HEADER_YES ||
                     (options->header == NEAP_HEADER_FIND && numbers == 0);
  if (!found.has_header)
    c = first;
  skip_blank_lines(&c);
  found.start = (size_t)(c.at - found.text);
  found.start_line = c.line;
  NEAP_TRY(find_rows(&c, &found, error));
  if (found.rows == 0)
    return neap_fail(error, NEAP_EDATA, "the text has a header and no rows");
  *csv = found;
  return NEAP_OK;
}

static cursor cursor_at(const neap_csv *csv, size_t offset, size_t line) {
  return (cursor){.at = csv->text + offset,
                  .end = csv->text + csv->size_bytes,
                  .delimiter = csv->delimiter,
                  .comment = csv->comment,
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

// Why a field is no number, as far as it can be told.
static const char *reason_of(const neap_csv *csv, const neap_field *field) {
  const char *text = field->text, *end = text + field->size_bytes;
  double number;
  const char other = csv->decimal == '.' ? ',' : '.';
  if (text < end && (*text == '-' || *text == '+'))
    text++;
  if (neap_parse_number(text, (size_t)(end - text), csv->decimal, &number))
    return "is too large for float64";
  if (end - text >= 3 &&
      (strncmp(text, "inf", 3) == 0 || strncmp(text, "Inf", 3) == 0 ||
       strncmp(text, "INF", 3) == 0))
    return "is not finite";
  if (end - text > 2 && text[0] == '0' && (text[1] | 32) == 'x')
    return "is hexadecimal; wanted a decimal number";
  if (neap_parse_number(text, (size_t)(end - text), other, &number))
    return other == ','
               ? "has a comma; wanted a decimal point and no thousands, or "
                 "decimal = ','"
               : "has a point; the decimal point of this text is a comma";
  if (text < end && *text >= '0' && *text <= '9' &&
      memchr(text, '_', (size_t)(end - text)) != NULL)
    return "has '_' in it; wanted digits alone";
  return "is no number";
}

static neap_status refuse_field(const neap_csv *csv, size_t line, size_t column,
                                const neap_field *field, neap_error *error) {
  const neap_field name = neap_csv_name(csv, column);
  const int name_size = (int)(name.size_bytes < 40 ? name.size_bytes : 40);
  const int size = (int)(field->size_bytes < 40 ? field->size_bytes : 40);
  return neap_fail(error, NEAP_EDATA, "line %zu, column %zu (%.*s): '%.*s' %s",
                   line, column + 1, name_size, name.text, size, field->text,
                   reason_of(csv, field));
}

// Notes that a row has no value in a column, where it has none.
static bool note_missing(neap_column *column, const neap_field *field,
                         size_t line) {
  if (!is_missing(field))
    return false;
  if (column->missing++ == 0) {
    column->missing_line = line;
    column->missing_field = *field;
  }
  return true;
}

static neap_status take_field(const neap_csv *csv, neap_column *column,
                              size_t index, size_t row, size_t line,
                              const neap_field *field, neap_error *error) {
  if (column->kind == NEAP_SKIP)
    return NEAP_OK;
  const bool missing = note_missing(column, field, line);
  if (column->kind == NEAP_TEXT) {
    column->codes[row] = -1;
    if (missing)
      return NEAP_OK;
    return neap_levels_code(column->levels, field, line, &column->codes[row],
                            error);
  }
  double number = (double)NAN;
  if (!missing && (!neap_parse_number(field->text, field->size_bytes,
                                      csv->decimal, &number) ||
                   !isfinite(number)))
    return refuse_field(csv, line, index, field, error);
  if (column->numbers != NULL)
    column->numbers[row * column->stride] = number;
  return NEAP_OK;
}

// Reads a number that ends where the field does, which most do. Returns false,
// and stays where it was, for all else.
static inline bool take_number(cursor *c, char decimal, neap_column *column,
                               size_t row, stop *stopped) {
  double number;
  neap_scan scan;
  const char *at;
  if (read_quickly(c->at, c->end, decimal, &scan, &number)) {
    at = scan.at;
  } else {
    at = neap_read_number(c->at, c->end, decimal, &number);
    if (at == NULL || !isfinite(number))
      return false;
  }
  if (at < c->end && *at != c->delimiter && !is_line_end(*at))
    return false;
  if (column->numbers != NULL)
    column->numbers[row * column->stride] = number;
  c->at = at;
  *stopped = stop_at(c);
  return true;
}

static neap_status read_row(const neap_csv *csv, cursor *c,
                            neap_column *columns, size_t row,
                            neap_error *error) {
  cursor again = *c;
  const size_t line = c->line, count = csv->columns;
  const bool apart = csv->decimal != csv->delimiter;
  stop stopped = STOP_FIELD;
  size_t fields = 0;
  while (fields < count && stopped == STOP_FIELD) {
    neap_column *column = &columns[fields];
    if (column->kind != NEAP_NUMBER || !apart ||
        !take_number(c, csv->decimal, column, row, &stopped)) {
      neap_field field;
      NEAP_TRY(next_field(c, &field, &stopped, error));
      if ((stopped == STOP_FIELD) != (fields + 1 < count))
        break;
      NEAP_TRY(take_field(csv, column, fields, row, line, &field, error));
    }
    fields++;
  }
  if (fields == count && stopped != STOP_FIELD)
    return NEAP_OK;
  NEAP_TRY(count_row(&again, csv->decimal, &fields, NULL, error));
  return refuse_row(line, fields, count, error);
}

neap_status neap_csv_read(const neap_csv *csv, neap_column *columns,
                          neap_error *error) {
  cursor c = cursor_at(csv, csv->start, csv->start_line);
  size_t row = 0;
  for (skip_blank_lines(&c); c.at < c.end; skip_blank_lines(&c)) {
    NEAP_TRY(read_row(csv, &c, columns, row, error));
    row++;
  }
  return NEAP_OK;
}
