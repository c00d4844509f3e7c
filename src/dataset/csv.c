// dataset/csv.c -- the names and the rows of CSV text.
#include <math.h>
#include <string.h>

#include "dataset/csv_cursor.h"
#include "dataset/decimal.h"

// Reads names until there are `count`; the last one is in *field.
static void read_names(const neap_csv *csv, size_t count, neap_field *field,
                       size_t step) {
  cursor c = cursor_at(csv, 0, 1);
  for (size_t i = 0; i < count; i++) {
    stop stopped;
    neap_field name = {.text = ""};
    if (csv->has_header)
      next_field(&c, &name, &stopped, NULL);
    field[i * step] = name;
  }
}

void neap_csv_names(const neap_csv *csv, neap_field *names) {
  read_names(csv, csv->columns, names, 1);
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
                                const neap_field *field, const char *reason,
                                neap_error *error) {
  neap_field name = {.text = ""};
  read_names(csv, column + 1, &name, 0);
  const int name_size = (int)(name.size_bytes < 40 ? name.size_bytes : 40);
  const int size = (int)(field->size_bytes < 40 ? field->size_bytes : 40);
  return neap_fail(error, NEAP_EDATA, "line %zu, column %zu (%.*s): '%.*s' %s",
                   line, column + 1, name_size, name.text, size, field->text,
                   reason);
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
    const neap_status status = neap_levels_code(column->levels, field, line,
                                                &column->codes[row], error);
    if (status != NEAP_EDATA)
      return status;
    return refuse_field(csv, line, index, field,
                        "is one of too many different values; is this a number "
                        "to predict, or to learn from?",
                        error);
  }
  double number = (double)NAN;
  if (!missing && (!neap_parse_number(field->text, field->size_bytes,
                                      csv->decimal, &number) ||
                   !isfinite(number)))
    return refuse_field(csv, line, index, field, reason_of(csv, field), error);
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
