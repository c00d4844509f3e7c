// dataset/csv_cursor.h -- CSV text field by field, for csv_scan.c and csv.c.
#ifndef NEAP_DATASET_CSV_CURSOR_H
#define NEAP_DATASET_CSV_CURSOR_H

#include <string.h>

#include "dataset/dataset.h"

// Where a reading has got to.
typedef struct cursor {
  const char *at, *end;
  char delimiter, comment;
  size_t line;
} cursor;

// What ended a field.
typedef enum stop { STOP_FIELD, STOP_ROW, STOP_TEXT } stop;

static inline bool is_line_end(char c) {
  return c == '\n' || c == '\r';
}

// Steps over LF, CRLF or CR.
static inline void skip_line_end(cursor *c) {
  if (c->at[0] == '\r' && c->at + 1 < c->end && c->at[1] == '\n')
    c->at++;
  c->at++;
  c->line++;
}

static inline neap_status read_quoted(cursor *c, neap_field *field,
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

static inline void read_plain(cursor *c, neap_field *field) {
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

static inline neap_status next_field(cursor *c, neap_field *field,
                                     stop *stopped, neap_error *error) {
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
static inline void skip_blank_lines(cursor *c) {
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

// Reads one row, counting its fields and, unless NULL, its numbers.
static inline neap_status count_row(cursor *c, char decimal, size_t *fields,
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

static inline neap_status refuse_row(size_t line, size_t fields, size_t wanted,
                                     neap_error *error) {
  return neap_fail(error, NEAP_EDATA,
                   "line %zu has %zu fields; wanted %zu, as in the first line",
                   line, fields, wanted);
}

static inline cursor cursor_at(const neap_csv *csv, size_t offset,
                               size_t line) {
  return (cursor){.at = csv->text + offset,
                  .end = csv->text + csv->size_bytes,
                  .delimiter = csv->delimiter,
                  .comment = csv->comment,
                  .line = line};
}

#endif
