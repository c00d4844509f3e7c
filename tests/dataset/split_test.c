// tests/dataset/split_test.c -- splits keep the classes' shares, orders are
// permutations, and columns are standardised.
#include <float.h>

#include "check.h"
#include "dataset/dataset.h"

enum { ROWS = 1003 };

static int32_t classes[ROWS];
static uint32_t marks[ROWS];

static void set_classes(void) {
  for (size_t i = 0; i < ROWS; i++)
    classes[i] = i % 10 == 3 ? 1 : 0;
}

static void test_folds(const neap *engine) {
  size_t sizes[7][2] = {{0}};
  CHECK(neap_deal_folds(engine, ROWS, classes, 2, 7, 5, marks, NULL) ==
        NEAP_OK);
  for (size_t i = 0; i < ROWS; i++)
    sizes[marks[i]][classes[i]]++;
  for (size_t f = 0; f < 7; f++) {
    CHECK(sizes[f][1] == 14 || sizes[f][1] == 15);
    CHECK(sizes[f][0] + sizes[f][1] == 143 || sizes[f][0] + sizes[f][1] == 144);
  }
  neap_error error = {0};
  CHECK(neap_deal_folds(engine, 20, classes, 2, 3, 5, marks, &error) ==
        NEAP_EDATA);
  CHECK_SHOW(strcmp(error.message,
                    "class 1 has 2 rows; wanted 3 or more, one for each "
                    "fold") == 0,
             "%s", error.message);
}

static void test_share(const neap *engine) {
  size_t taken[2] = {0};
  CHECK(neap_mark_share(engine, ROWS, classes, 2, 0.2, 5, marks, NULL) ==
        NEAP_OK);
  for (size_t i = 0; i < ROWS; i++)
    taken[classes[i]] += marks[i];
  CHECK(taken[1] == 20 && taken[0] == 181);
  marks[0] = 77;
  neap_error error = {0};
  CHECK(neap_mark_share(engine, 10, classes, 2, 0.2, 5, marks, &error) ==
        NEAP_EDATA);
  CHECK(marks[0] == 77);
  CHECK_SHOW(strcmp(error.message,
                    "class 1 has 1 rows; a share of 0.2 leaves one side "
                    "without any") == 0,
             "%s", error.message);
}

// Fisher and Yates's shuffle as it is defined, one number at a time.
static void shuffle_plainly(size_t count, uint32_t *order) {
  for (size_t i = 0; i < count; i++)
    order[i] = (uint32_t)i;
  for (size_t i = count; i > 1; i--) {
    const uint64_t bits = neap_random_bits(3, NEAP_STREAM_SPLIT, 2, i);
    const size_t j = (size_t)neap_random_below(i, bits);
    const uint32_t swap = order[i - 1];
    order[i - 1] = order[j];
    order[j] = swap;
  }
}

static void test_shuffle(const neap *engine) {
  static uint32_t order[ROWS], other[ROWS];
  const size_t sizes[] = {1, 2, 3, 255, 256, 257, 258, 511, 512, 513, ROWS};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    neap_shuffle(engine, 3, NEAP_STREAM_SPLIT, 2, sizes[i], order);
    shuffle_plainly(sizes[i], other);
    CHECK(memcmp(order, other, sizes[i] * sizeof *order) == 0);
  }
  static bool seen[ROWS];
  neap_shuffle(engine, 3, NEAP_STREAM_SHUFFLE, 0, ROWS, order);
  for (size_t i = 0; i < ROWS; i++)
    seen[order[i]] = true;
  for (size_t i = 0; i < ROWS; i++)
    CHECK(seen[i]);
  neap_shuffle(engine, 3, NEAP_STREAM_SHUFFLE, 1, ROWS, other);
  CHECK(memcmp(order, other, sizeof order) != 0);
  // The place of row 0 over 7,000 orders of 7: five standard deviations.
  int places[7] = {0};
  for (uint32_t part = 0; part < 7000; part++) {
    neap_shuffle(engine, 9, NEAP_STREAM_SHUFFLE, part, 7, order);
    for (int i = 0; i < 7; i++)
      places[i] += order[i] == 0;
  }
  for (int i = 0; i < 7; i++)
    CHECK(abs(places[i] - 1000) < 5 * 30);
}

static void test_standardize(void) {
  const double x[] = {1e9 + 1, 5, 0.1, 1e9 + 2, 5, 0.1, 1e9 + 3, 5, 0.1};
  double shift[3], scale[3];
  neap_standardize(3, 3, x, NEAP_FLOAT64, shift, scale);
  CHECK(shift[0] == 1e9 + 2 && fabs(scale[0] - sqrt(1.5)) < 1e-12);
  CHECK(shift[1] == 5 && scale[1] == 1);
  CHECK(scale[2] == 1);
  // However many rows a constant has, and however far out the numbers lie.
  static double long_column[100000];
  for (size_t i = 0; i < 100000; i++)
    long_column[i] = 0.7;
  neap_standardize(100000, 1, long_column, NEAP_FLOAT64, shift, scale);
  CHECK(shift[0] == 0.7 && scale[0] == 1);
  const double far[] = {1e160, -1e-165, 3e160, 1e-165};
  neap_standardize(2, 2, far, NEAP_FLOAT64, shift, scale);
  CHECK(fabs(shift[0] / 2e160 - 1) < 1e-15 &&
        fabs(scale[0] * 1e160 - 1) < 1e-15);
  CHECK(fabs(shift[1]) < 1e-180 && fabs(scale[1] * 1e-165 - 1) < 1e-14);
}

// Wherever it lies, and in whatever part of the numbers.
static void test_not_finite(const neap *engine) {
  static double wide[300001];
  static float single[300001];
  const size_t count = sizeof wide / sizeof *wide;
  wide[0] = DBL_MAX;
  single[0] = -FLT_MAX;
  CHECK(neap_find_not_finite(engine, count, wide, NEAP_FLOAT64) == count);
  CHECK(neap_find_not_finite(engine, count, single, NEAP_FLOAT32) == count);
  const size_t places[] = {300000, 299999, 131072, 65535, 1};
  for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
    const size_t at = places[i];  // those behind it stay
    wide[at] = i % 2 == 0 ? NAN : -INFINITY;
    single[at] = i % 2 == 0 ? INFINITY : NAN;
    CHECK(neap_find_not_finite(engine, count, wide, NEAP_FLOAT64) == at);
    CHECK(neap_find_not_finite(engine, count, single, NEAP_FLOAT32) == at);
    CHECK(neap_find_not_finite(engine, at, wide, NEAP_FLOAT64) == at);
  }
}

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  set_classes();
  test_folds(engine);
  test_share(engine);
  test_shuffle(engine);
  test_standardize();
  test_not_finite(engine);
  neap_free(engine);
  return check_result();
}
