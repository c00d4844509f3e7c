// tests/fuzz/csv_fuzz.c -- CSV. The first byte chooses options; columns are
// text, numbers and skipped ones in turn.
#include "fuzz.h"

static void read_all(const neap *engine, const neap_csv *csv, unsigned turn) {
  const size_t count = csv->columns;
  neap_column *columns = calloc(count, sizeof *columns);
  neap_levels *levels = calloc(count, sizeof *levels);
  double *x = calloc(csv->rows * count, sizeof *x);
  int32_t *codes = calloc(csv->rows * count, sizeof *codes);
  MUST(columns != NULL && levels != NULL && x != NULL && codes != NULL);
  for (size_t j = 0; j < count; j++) {
    levels[j].engine = engine;
    columns[j] = (neap_column){.kind = (neap_column_kind)((j + turn) % 3),
                               .numbers = x + j,
                               .stride = count,
                               .codes = codes + j * csv->rows,
                               .levels = &levels[j]};
  }
  neap_field *names = calloc(count, sizeof *names);
  MUST(names != NULL);
  neap_csv_names(csv, names);
  free(names);
  neap_error error = {0};
  if (fuzz_is_ok(neap_csv_read(csv, columns, &error), &error)) {
    for (size_t j = 0; j < count; j++)
      MUST(columns[j].missing <= csv->rows);
    for (size_t i = 0; i < csv->rows * count; i++)
      MUST(!isinf(x[i]));
  }
  for (size_t j = 0; j < count; j++)
    neap_levels_free(&levels[j]);
  free(codes);
  free(x);
  free(levels);
  free(columns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < 1)
    return 0;
  const unsigned turn = data[0];
  const neap_csv_options options = {.delimiter = (turn & 4) != 0 ? ';' : '\0',
                                    .decimal = (turn & 8) != 0 ? ',' : '\0',
                                    .comment = (turn & 16) != 0 ? '#' : '\0',
                                    .header = (turn >> 5) % 3};
  char *text = fuzz_copy(data + 1, size - 1);
  neap *engine = neap_new(NULL, NULL);
  neap_csv csv;
  neap_error error = {0};
  if (fuzz_is_ok(neap_csv_scan(text, size - 1, &options, &csv, &error),
                 &error)) {
    MUST(csv.columns >= 1 && csv.rows >= 1);
    MUST(csv.rows * csv.columns <= size + 1);
    read_all(engine, &csv, turn);
  }
  neap_free(engine);
  free(text);
  return 0;
}
