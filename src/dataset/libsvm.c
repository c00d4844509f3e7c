// dataset/libsvm.c -- LIBSVM text: "label [qid:n] index:value ... # comment".
//
// Source: Chang and Lin, LIBSVM, README, "Data format"; qid and comments as in
// Joachims's SVM-light.
#include <math.h>
#include <string.h>

#include "dataset/dataset.h"

// Where a reading has got to; a row's line, and where that begins.
typedef struct cursor {
  const char *at, *end, *start;
  size_t line;
} cursor;

// One line: label and group, with the cursor before its first index.
typedef struct line_head {
  double label, group;
  bool has_group;
} line_head;

static bool is_space(char c) {
  return c == ' ' || c == '\t';
}

static bool is_end(const cursor *c) {
  return c->at == c->end || *c->at == '\n' || *c->at == '\r' || *c->at == '#';
}

static void skip_spaces(cursor *c) {
  while (c->at < c->end && is_space(*c->at))
    c->at++;
}

// Steps to the next line that holds something. Returns whether there is one.
static bool next_line(cursor *c) {
  for (;;) {
    skip_spaces(c);
    if (!is_end(c)) {
      return true;
    }
    while (c->at < c->end && *c->at != '\n' && *c->at != '\r')
      c->at++;
    if (c->at == c->end)
      return false;
    if (*c->at == '\r' && c->end - c->at > 1 && c->at[1] == '\n')
      c->at++;
    c->at++;
    c->line++;
    c->start = c->at;
  }
}

static neap_status refuse(const cursor *c, const char *what,
                          neap_error *error) {
  const char *stop = c->at;
  while (stop < c->end && stop - c->at < 40 && !is_space(*stop) &&
         *stop != '\n' && *stop != '\r')
    stop++;
  return neap_fail(error, NEAP_EDATA, "line %zu, character %zu: '%.*s' %s",
                   c->line, (size_t)(c->at - c->start) + 1, (int)(stop - c->at),
                   c->at, what);
}

// Reads a number that a space, the line's end or `after` follows.
static bool take_number(cursor *c, char after, double *number) {
  const char *at = neap_read_number(c->at, c->end, '.', number);
  if (at == NULL || !isfinite(*number))
    return false;
  cursor next = *c;
  next.at = at;
  if (after != '\0' ? (at == c->end || *at != after)
                    : !(is_end(&next) || is_space(*at)))
    return false;
  c->at = at + (after != '\0');
  return true;
}

static bool take_whole(cursor *c, uint64_t *number) {
  const char *first = c->at;
  uint64_t value = 0;
  for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
    if (value > UINT64_C(1) << 53)
      return false;
    value = value * 10 + (uint64_t)(*c->at - '0');
  }
  *number = value;
  return c->at > first && value <= UINT64_C(1) << 53;
}

static neap_status read_head(cursor *c, line_head *head, neap_error *error) {
  *head = (line_head){0};
  const cursor start = *c;
  if (!take_number(c, '\0', &head->label)) {
    const char *at = neap_read_number(c->at, c->end, '.', &head->label);
    if (at != NULL && at < c->end && *at == ',')
      return refuse(&start, "is several labels; wanted one", error);
    if (at != NULL && at < c->end && *at == ':')
      return refuse(&start, "is no label; wanted one before the first index",
                    error);
    return refuse(&start, "is no label; wanted a number", error);
  }
  skip_spaces(c);
  if (c->end - c->at > 4 && memcmp(c->at, "qid:", 4) == 0) {
    const cursor group = *c;
    uint64_t number;
    c->at += 4;
    if (!take_whole(c, &number) || !(is_end(c) || is_space(*c->at)))
      return refuse(&group, "is no group; wanted qid:number", error);
    head->group = (double)number;
    head->has_group = true;
    skip_spaces(c);
  }
  return NEAP_OK;
}

// Reads one index:value.
static neap_status read_pair(cursor *c, uint64_t *index, double *value,
                             neap_error *error) {
  const cursor start = *c;
  if (!take_whole(c, index) || c->at == c->end || *c->at != ':')
    return refuse(&start, "is no feature; wanted index:value", error);
  c->at++;
  if (!take_number(c, '\0', value))
    return refuse(&start, "has no value; wanted index:number", error);
  skip_spaces(c);
  return NEAP_OK;
}

static neap_status scan_line(cursor *c, neap_libsvm *svm, neap_error *error) {
  const cursor start = *c;
  line_head head;
  NEAP_TRY(read_head(c, &head, error));
  if (svm->rows > 0 && head.has_group != svm->has_groups) {
    return refuse(&start,
                  "begins a row whose qid differs from the others': all rows "
                  "have one, or none",
                  error);
  }
  svm->has_groups = head.has_group;
  svm->rows++;
  uint64_t last = 0;
  for (bool first = true; !is_end(c); first = false) {
    const cursor pair = *c;
    uint64_t index = 0;
    double value = 0;
    NEAP_TRY(read_pair(c, &index, &value, error));
    if (!first && index <= last) {
      return refuse(&pair,
                    "follows a larger or the same index; wanted rising "
                    "ones",
                    error);
    }
    last = index;
    svm->least = index < svm->least ? index : svm->least;
    svm->most = index > svm->most ? index : svm->most;
  }
  return NEAP_OK;
}

neap_status neap_libsvm_scan(const char *text, size_t size_bytes,
                             neap_libsvm *svm, neap_error *error) {
  neap_libsvm found = {
      .text = text, .size_bytes = size_bytes, .least = UINT64_MAX};
  cursor c = {.at = text, .end = text + size_bytes, .start = text, .line = 1};
  while (next_line(&c))
    NEAP_TRY(scan_line(&c, &found, error));
  if (found.rows == 0)
    return neap_fail(error, NEAP_EDATA, "the text has no rows");
  *svm = found;
  return NEAP_OK;
}

void neap_libsvm_read(const neap_libsvm *svm, unsigned base, size_t features,
                      double *x, double *y, double *groups) {
  cursor c = {.at = svm->text, .end = svm->text + svm->size_bytes, .line = 1};
  for (size_t row = 0; row < svm->rows && next_line(&c); row++) {
    line_head head;
    read_head(&c, &head, NULL);
    y[row] = head.label;
    if (groups != NULL)
      groups[row] = head.group;
    while (!is_end(&c)) {
      uint64_t index = 0;
      double value = 0;
      read_pair(&c, &index, &value, NULL);
      x[row * features + (size_t)index - base] = value;
    }
  }
}
