// dataset/npy.c -- .npy files: arrays as numpy.save writes them.
//
// Source: NumPy Enhancement Proposal 1, and numpy.lib.format, versions 1 to 3.
#include <string.h>

#include "dataset/dataset.h"

// Where a reading of the header has got to: a Python dict of literals.
typedef struct cursor {
  const char *at, *end;
} cursor;

static void skip_spaces(cursor *c) {
  while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\t'))
    c->at++;
}

// Steps over a character, and the spaces before it, where it is there.
static bool take(cursor *c, char wanted) {
  skip_spaces(c);
  if (c->at == c->end || *c->at != wanted)
    return false;
  c->at++;
  return true;
}

static bool take_string(cursor *c, const char **text, size_t *size) {
  skip_spaces(c);
  if (c->at == c->end || (*c->at != '\'' && *c->at != '"'))
    return false;
  const char quote = *c->at++;
  *text = c->at;
  while (c->at < c->end && *c->at != quote)
    c->at++;
  *size = (size_t)(c->at - *text);
  return take(c, quote);
}

static bool take_word(cursor *c, const char *word) {
  skip_spaces(c);
  const size_t size = strlen(word);
  if ((size_t)(c->end - c->at) < size || memcmp(c->at, word, size) != 0)
    return false;
  c->at += size;
  return true;
}

static bool is_text(const char *text, size_t size, const char *wanted) {
  return size == strlen(wanted) && memcmp(text, wanted, size) == 0;
}

static neap_status refuse_header(neap_error *error) {
  return neap_fail(error, NEAP_EDATA,
                   "the .npy header is damaged; wanted a dict of descr, "
                   "fortran_order and shape");
}

// What numbers of other kinds are, and what to do.
static neap_status refuse_type(const char *text, size_t size,
                               neap_error *error) {
  const char kind = size < 2 ? text[0]
                             : text[text[0] == '<' || text[0] == '>' ||
                                    text[0] == '|' || text[0] == '='];
  const char *what = "no type of numbers that neap reads";
  if (kind == 'O')
    what = "Python objects, a pickle, which may run code when it is read";
  if (kind == 'U' || kind == 'S' || kind == 'a')
    what = "text; number it with numpy.unique(a, return_inverse=True)";
  if (kind == 'M' || kind == 'm')
    what = "times; save a.astype('f8')";
  if (kind == 'c')
    what = "complex numbers; save a.real and a.imag";
  if (kind == 'V')
    what = "records; save one plain array";
  if (kind == 'f')
    what = "floats of that size; save a.astype('f8')";
  const int shown = (int)(size < 40 ? size : 40);
  return neap_fail(error, NEAP_EDATA,
                   "dtype '%.*s' is %s; wanted b1, i1 to i8, u1 to u8, f2, f4 "
                   "or f8",
                   shown, text, what);
}

static bool is_big_endian(void) {
  const uint16_t one = 1;
  unsigned char bytes[2];
  memcpy(bytes, &one, sizeof one);
  return bytes[0] == 0;
}

static neap_status read_type(cursor *c, neap_npy *npy, neap_error *error) {
  const char *text;
  size_t size;
  skip_spaces(c);
  if (c->at < c->end && *c->at == '[') {
    return neap_fail(error, NEAP_EDATA,
                     "the dtype is structured, rows of named fields; save one "
                     "plain array, such as numpy.lib.recfunctions."
                     "structured_to_unstructured(a)");
  }
  if (!take_string(c, &text, &size) || size == 0)
    return refuse_header(error);
  static const char *const types[] = {"b1", "i1", "i2", "i4", "i8", "u1",
                                      "u2", "u4", "u8", "f2", "f4", "f8"};
  const size_t order = strchr("<>|=", text[0]) != NULL && text[0] != 0;
  for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
    if (!is_text(text + order, size - order, types[i]))
      continue;
    npy->kind = types[i][0];
    npy->item_bytes = (size_t)(types[i][1] - '0');
    npy->swapped = npy->item_bytes > 1 &&
                   ((text[0] == '>') != is_big_endian()) &&
                   (text[0] == '>' || text[0] == '<');
    return NEAP_OK;
  }
  return refuse_type(text, size, error);
}

static neap_status read_shape(cursor *c, neap_npy *npy, neap_error *error) {
  size_t sizes[2] = {1, 1}, count = 0;
  if (!take(c, '('))
    return refuse_header(error);
  while (!take(c, ')')) {
    size_t size = 0;
    skip_spaces(c);
    const char *first = c->at;
    for (; c->at < c->end && *c->at >= '0' && *c->at <= '9'; c->at++) {
      if (size > (SIZE_MAX - 9) / 10)
        return neap_fail(error, NEAP_EDATA, "the shape is too large");
      size = size * 10 + (size_t)(*c->at - '0');
    }
    if (c->at == first)
      return refuse_header(error);
    if (c->at < c->end && *c->at == 'L')  // as Python 2 wrote long integers
      c->at++;
    if (count < 2)
      sizes[count] = size;
    count++;
    skip_spaces(c);
    if (!take(c, ',') && (c->at == c->end || *c->at != ')'))
      return refuse_header(error);
  }
  if (count > 2) {
    return neap_fail(error, NEAP_EDATA,
                     "the array has %zu dimensions; wanted 1 or 2, such as "
                     "a.reshape(len(a), -1)",
                     count);
  }
  npy->dimensions = (int)count;
  npy->rows = sizes[0];
  npy->columns = sizes[1];
  return NEAP_OK;
}

static neap_status read_dict(cursor *c, neap_npy *npy, neap_error *error) {
  bool has_type = false, has_order = false, has_shape = false;
  if (!take(c, '{'))
    return refuse_header(error);
  while (!take(c, '}')) {
    const char *key;
    size_t size;
    if (!take_string(c, &key, &size) || !take(c, ':'))
      return refuse_header(error);
    if (is_text(key, size, "descr") && !has_type) {
      has_type = true;
      NEAP_TRY(read_type(c, npy, error));
    } else if (is_text(key, size, "fortran_order") && !has_order) {
      has_order = true;
      npy->fortran = take_word(c, "True");
      if (!npy->fortran && !take_word(c, "False"))
        return refuse_header(error);
    } else if (is_text(key, size, "shape") && !has_shape) {
      has_shape = true;
      NEAP_TRY(read_shape(c, npy, error));
    } else {
      return refuse_header(error);
    }
    skip_spaces(c);
    if (!take(c, ',') && (c->at == c->end || *c->at != '}'))
      return refuse_header(error);
  }
  skip_spaces(c);
  if (!has_type || !has_order || !has_shape || c->at != c->end)
    return refuse_header(error);
  return NEAP_OK;
}

// The header's beginning, and where the numbers begin.
static neap_status read_preamble(const unsigned char *b, size_t size_bytes,
                                 cursor *c, neap_error *error) {
  if (size_bytes < 10 || memcmp(b, "\x93NUMPY", 6) != 0) {
    return neap_fail(error, NEAP_EDATA, "this is no .npy file%s",
                     size_bytes < 10 ? ", or it is truncated" : "");
  }
  if (b[6] < 1 || b[6] > 3) {
    return neap_fail(error, NEAP_EDATA,
                     "the .npy version is %d.%d; wanted 1.0, 2.0 or 3.0", b[6],
                     b[7]);
  }
  const size_t start = b[6] == 1 ? 10 : 12;
  if (size_bytes < start)
    return neap_fail(error, NEAP_EDATA, "the .npy file is truncated");
  size_t length = (size_t)b[8] | (size_t)b[9] << 8;
  if (b[6] > 1)
    length |= (size_t)b[10] << 16 | (size_t)b[11] << 24;
  if (length > size_bytes - start) {
    return neap_fail(error, NEAP_EDATA,
                     "the .npy file is truncated: its header has %zu bytes, "
                     "and %zu are there",
                     length, size_bytes - start);
  }
  c->at = (const char *)b + start;
  c->end = c->at + length;
  return NEAP_OK;
}

neap_status neap_npy_scan(const void *bytes, size_t size_bytes, neap_npy *npy,
                          neap_error *error) {
  cursor c = {0};
  NEAP_TRY(read_preamble(bytes, size_bytes, &c, error));
  neap_npy found = {.offset = (size_t)(c.end - (const char *)bytes)};
  NEAP_TRY(read_dict(&c, &found, error));
  const size_t there = size_bytes - found.offset;
  const size_t item = found.item_bytes;
  if (found.columns != 0 && found.rows > SIZE_MAX / item / found.columns) {
    return neap_fail(error, NEAP_EDATA,
                     "the shape (%zu, %zu) is too large for memory", found.rows,
                     found.columns);
  }
  const size_t wanted = found.rows * found.columns * item;
  if (wanted != there) {
    return neap_fail(error, NEAP_EDATA,
                     "the .npy file is %s: shape (%zu, %zu) wants %zu bytes of "
                     "numbers, and %zu are there",
                     there < wanted ? "truncated" : "longer than its shape",
                     found.rows, found.columns, wanted, there);
  }
  *npy = found;
  return NEAP_OK;
}

neap_dtype neap_npy_dtype(const neap_npy *npy) {
  return npy->kind == 'f' && npy->item_bytes < 8 ? NEAP_FLOAT32 : NEAP_FLOAT64;
}

bool neap_npy_in_place(const neap_npy *npy, const void *bytes) {
  const size_t at = (size_t)bytes + npy->offset;
  const bool dense = !npy->fortran || npy->rows <= 1 || npy->columns <= 1;
  return npy->kind == 'f' && npy->item_bytes >= 4 && !npy->swapped && dense &&
         at % npy->item_bytes == 0;
}

// ------------------------------------------------------------ the numbers

// The float of 16 bits: sign, 5 bits of exponent, 10 of fraction.
static double half_to_double(uint16_t half) {
  const unsigned exponent = half >> 10 & 31, fraction = half & 1023;
  uint64_t word = (uint64_t)(half >> 15) << 63;
  if (exponent == 0) {
    const double small = (double)fraction * 0x1p-24;
    return half >> 15 ? -small : small;
  }
  word |= (uint64_t)(exponent == 31 ? 2047 : exponent + 1008) << 52;
  word |= (uint64_t)fraction << 42;
  double number;
  memcpy(&number, &word, sizeof number);
  return number;
}

// Returns the bits of an item as a whole number.
static uint64_t item_at(const unsigned char *at, size_t size, bool big) {
  uint64_t word = 0;
  for (size_t i = 0; i < size; i++)
    word = word << 8 | at[big ? i : size - 1 - i];
  return word;
}

static double item_to_double(const neap_npy *npy, uint64_t word) {
  if (npy->kind == 'b')
    return word != 0;
  if (npy->kind == 'u')
    return (double)word;
  if (npy->kind == 'i') {
    const unsigned unused = 64 - 8 * (unsigned)npy->item_bytes;
    const uint64_t high = word << unused;
    // A negative number by its distance below zero, which always fits.
    return high >> 63 ? -(double)((~high >> unused) + 1)
                      : (double)(high >> unused);
  }
  if (npy->item_bytes == 2)
    return half_to_double((uint16_t)word);
  if (npy->item_bytes == 4) {
    const uint32_t low = (uint32_t)word;
    float number;
    memcpy(&number, &low, sizeof number);
    return number;
  }
  double number;
  memcpy(&number, &word, sizeof number);
  return number;
}

neap_status neap_npy_read(const neap_npy *npy, const void *bytes, void *out,
                          neap_error *error) {
  const unsigned char *from = (const unsigned char *)bytes + npy->offset;
  const size_t rows = npy->rows, columns = npy->columns;
  const size_t size = npy->item_bytes;
  const neap_dtype dtype = neap_npy_dtype(npy);
  const bool big = npy->swapped != is_big_endian();
  const bool whole = npy->kind == 'i' || npy->kind == 'u';
  // Rows of no columns take no bytes, so that there may be any number of them.
  for (size_t i = 0; i < rows && columns > 0; i++) {
    for (size_t j = 0; j < columns; j++) {
      const size_t at = npy->fortran ? j * rows + i : i * columns + j;
      const uint64_t word = item_at(from + at * size, size, big);
      const double number = item_to_double(npy, word);
      if (whole && (number > 0x1p53 || number < -0x1p53)) {
        return neap_fail(error, NEAP_EDATA,
                         "row %zu, column %zu is beyond 2^53, which float64 "
                         "does not keep; wanted smaller whole numbers",
                         i + 1, j + 1);
      }
      neap_put(out, dtype, i * columns + j, number);
    }
  }
  return NEAP_OK;
}
