// dataset/files.h -- readers of bytes: decimal numbers, CSV, LIBSVM, .npy,
// ZIP. They open no file, and allocate nothing but levels. A part of dataset.h.
#ifndef NEAP_DATASET_FILES_H
#define NEAP_DATASET_FILES_H

#include "base/base.h"

// ---------------------------------------------------------------- numbers

// Reads a decimal number at the beginning of a text: [+-]digits[.digits]
// [e[+-]digits], to the nearest double, ties to even, whatever the locale.
// Infinite where it is too large. Returns where it ends, or NULL where there
// is none. point: '.' or ','.
const char *neap_read_number(const char *at, const char *end, char point,
                             double *number);

// The same for a whole text. Returns false where it is no number:
// hexadecimal ones, "inf" and "nan" are not. *number is untouched then.
bool neap_parse_number(const char *text, size_t size_bytes, char point,
                       double *number);

enum { NEAP_NUMBER_CHARS = 32 };

// Writes a finite number with the fewest of 15 to 17 digits that read back as
// the same double. text: [NEAP_NUMBER_CHARS], no 0 at the end. Returns its
// length.
size_t neap_format_number(double number, char *text);

// ----------------------------------------------------------------- levels

// A piece of a text: a field without its quotes. A field that holds doubled
// quotes keeps them doubled, and says so.
typedef struct neap_field {
  const char *text;
  size_t size_bytes;
  bool has_doubled_quotes;
} neap_field;

// One distinct text of a column.
typedef struct neap_level {
  neap_field field;
  size_t line;   // of the first row that has it; or its row
  size_t count;  // rows that have it
} neap_level;

// The distinct texts of a column, in the order in which they came. Begins as
// zeros with an engine.
typedef struct neap_levels {
  const neap *engine;
  neap_level *list;
  uint32_t *slots;  // a table of hashes: positions + 1, 0 where free
  size_t count, list_size, slot_count;
  size_t last;  // position of the level that was found last
  size_t most;  // levels that there may be; 0: any number
} neap_levels;

// Finds a field's level, or adds it.
//   NEAP_EDATA    there are more than levels->most
//   NEAP_EMEMORY  no memory
neap_status neap_levels_code(neap_levels *levels, const neap_field *field,
                             size_t line, int32_t *code, neap_error *error);

// Gives the memory back. Zeros are allowed.
void neap_levels_free(neap_levels *levels);

// -------------------------------------------------------------------- CSV

// How a text is to be read; zeros mean: find out (no comments).
typedef struct neap_csv_options {
  char delimiter;
  char decimal;  // '.' or ','
  char comment;  // lines that begin with it are none
  enum { NEAP_HEADER_FIND, NEAP_HEADER_YES, NEAP_HEADER_NO } header;
  size_t first_line;  // the number of the text's first line; 0 means 1
} neap_csv_options;

// A text's layout. Lines and columns count from 1.
typedef struct neap_csv {
  const char *text;
  size_t size_bytes;
  char delimiter, decimal, comment;
  bool has_header;
  size_t columns;
  size_t rows;        // data rows; blank lines and comments don't count
  size_t start;       // offset of the first data row
  size_t start_line;  // its line
} neap_csv;

// What a row may have; a hostile one could have as many as it has bytes.
enum { NEAP_CSV_COLUMNS = 100000 };

// Finds the layout of CSV text. Delimiters are , ; tab and | unless one is
// given; lines end in LF, CRLF or CR; fields may be quoted; a UTF-8 byte-order
// mark is skipped. The decimal point is a comma where fields are apart by ;
// and a number has one. A first row without numbers is the header.
//   NEAP_EDATA  the text is empty, UTF-16, has NUL bytes or an open quote, or
//               rows that can't have as many fields as the first, or these
//               are more than NEAP_CSV_COLUMNS; names line and counts
neap_status neap_csv_scan(const char *text, size_t size_bytes,
                          const neap_csv_options *options, neap_csv *csv,
                          neap_error *error);

// Writes the columns' names, the fields of the header; empty ones without.
// names: out [columns]
void neap_csv_names(const neap_csv *csv, neap_field *names);

typedef enum neap_column_kind {
  NEAP_SKIP,
  NEAP_NUMBER,
  NEAP_TEXT,
} neap_column_kind;

// What becomes of a column, and what was found in it.
typedef struct neap_column {
  neap_column_kind kind;
  double *numbers;      // NEAP_NUMBER: out, NaN where missing; NULL: none
  size_t stride;        // from row to row of numbers
  int32_t *codes;       // NEAP_TEXT: out [rows], -1 where missing
  neap_levels *levels;  // NEAP_TEXT: in and out
  size_t missing;       // out: rows without a value
  size_t missing_line;  // out: the first such row's line
  neap_field missing_field;
} neap_column;

// Reads the rows. A field that is empty, NA, N/A, NaN, null, ? or - has no
// value, which is counted.
//   NEAP_EDATA    a row's number of fields differs, a field of numbers is
//                 none, or not finite, or there are too many levels; names
//                 line, column and field
//   NEAP_EMEMORY  no memory for levels
neap_status neap_csv_read(const neap_csv *csv, neap_column *columns,
                          neap_error *error);

// ----------------------------------------------------------------- LIBSVM

// Lines "label [qid:n] index:value ... # comment".
typedef struct neap_libsvm {
  const char *text;
  size_t size_bytes;
  size_t rows;
  uint64_t least, most;  // indices; least > most where there is none
  bool has_groups;       // qid
} neap_libsvm;

// Checks LIBSVM text, and finds its size.
//   NEAP_EDATA  no rows; a label, index or value that is none or not finite;
//               several labels; indices that don't rise; qid in some rows
//               only; names line, column (character) and what is there
neap_status neap_libsvm_scan(const char *text, size_t size_bytes,
                             neap_libsvm *svm, neap_error *error);

// Reads what has been scanned into zeros: x [rows][features], y [rows],
// groups [rows] (may be NULL). base is 0 or 1, not above `least`; features
// is above most - base.
void neap_libsvm_read(const neap_libsvm *svm, unsigned base, size_t features,
                      double *x, double *y, double *groups);

// ------------------------------------------------------------------- .npy

typedef struct neap_npy {
  char kind;  // 'b', 'i', 'u' or 'f'
  size_t item_bytes;
  bool swapped;  // not in this machine's byte order
  bool fortran;
  int dimensions;  // 0, 1 or 2
  size_t rows, columns;
  size_t offset;  // of the numbers
} neap_npy;

// Reads the header of a .npy file, versions 1 to 3.
//   NEAP_EDATA  not a .npy file, truncated, longer or shorter than its shape,
//               more than 2 dimensions, or of a type that is no number
neap_status neap_npy_scan(const void *bytes, size_t size_bytes, neap_npy *npy,
                          neap_error *error);

// Returns the type that the numbers are read as: float32 of f2 and f4, else
// float64.
neap_dtype neap_npy_dtype(const neap_npy *npy);

// Returns whether the numbers can be used where they lie: f4 or f8, in this
// machine's byte order, rows first, aligned.
bool neap_npy_in_place(const neap_npy *npy, const void *bytes);

// Converts the numbers to out [rows][columns] of neap_npy_dtype.
//   NEAP_EDATA  a whole number beyond 2^53, which float64 does not keep
neap_status neap_npy_read(const neap_npy *npy, const void *bytes, void *out,
                          neap_error *error);

// -------------------------------------------------------------------- ZIP

typedef struct neap_zip {
  const unsigned char *bytes;
  size_t size_bytes;
  size_t entries;
  size_t directory;  // offset; moves on with each entry
} neap_zip;

typedef struct neap_zip_entry {
  const char *name;
  size_t name_bytes;
  unsigned method;  // 0: stored, 8: deflate
  uint32_t crc;
  const unsigned char *packed;
  size_t packed_bytes, size_bytes;
} neap_zip_entry;

// Finds the central directory of a ZIP file, also of ZIP64.
//   NEAP_EDATA  not a ZIP file, truncated, of several parts
neap_status neap_zip_scan(const void *bytes, size_t size_bytes, neap_zip *zip,
                          neap_error *error);

// Reads the next of zip->entries entries.
//   NEAP_EDATA  it lies outside the file, is encrypted, or of another method
neap_status neap_zip_next(neap_zip *zip, neap_zip_entry *entry,
                          neap_error *error);

// Unpacks an entry to out [size_bytes]; NULL only checks that it has that
// many bytes. A stored entry is copied.
//   NEAP_EDATA  the bytes are damaged, their number or their CRC is not what
//               the directory says (CRC only where out is not NULL)
neap_status neap_zip_unpack(const neap_zip_entry *entry, void *out,
                            neap_error *error);

// Decodes deflate (RFC 1951). out NULL: counts only. Fails where the result
// is not size_bytes long.
neap_status neap_inflate(const unsigned char *packed, size_t packed_bytes,
                         unsigned char *out, size_t size_bytes,
                         neap_error *error);

// Goes on with a CRC-32 (ISO 3309); begins with 0.
uint32_t neap_crc32(uint32_t crc, const void *bytes, size_t size_bytes);

#endif
