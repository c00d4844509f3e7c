// dataset/csv_scan.c -- the layout of CSV text: delimiter, header, rows.
#include "dataset/csv_cursor.h"

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
              .line = options->first_line > 0 ? options->first_line : 1};
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
  if (found.columns > NEAP_CSV_COLUMNS) {
    return neap_fail(error, NEAP_EDATA,
                     "line %zu has %zu fields; wanted at most %d", first.line,
                     found.columns, NEAP_CSV_COLUMNS);
  }
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
