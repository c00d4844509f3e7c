// tests/kernel/arrays_test.c -- sums, products, packing and sorting against
// plain loops, at sizes around the blocks, with the same bits wherever a row
// lies and on every instruction set with fused operations.
#include "check.h"
#include "kernel/kernel.h"

enum { M = 27, N = 80, K = 70, LD = 96 };

static _Alignas(64) float a[M * LD], b[K * LD], c[M * LD], fused[M * LD];
static float start[M];

static void fill(float *x, size_t count, uint64_t from) {
  for (size_t i = 0; i < count; i++) {
    x[i] = (float)(test_uniform(from + i) - 0.5);
  }
}

static void test_matmul(const neap *engine) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT32);
  fill(a, M * LD, 0);
  fill(b, K * LD, 10000);
  fill(start, M, 20000);
  kernels->matmul(M, N, K, a, LD, b, LD, start, c, LD);
  for (int i = 0; i < M; i++) {
    for (int j = 0; j < N; j++) {
      double truth = (double)start[i], terms = fabs(truth);
      for (int k = 0; k < K; k++) {
        truth += (double)a[i * LD + k] * (double)b[k * LD + j];
        terms += fabs((double)a[i * LD + k] * (double)b[k * LD + j]);
      }
      CHECK(fabs((double)c[i * LD + j] - truth) <= terms * K * 0x1p-24);
    }
  }
  // A row alone has the bits that it has among others.
  float alone[N];
  for (int i = 0; i < M; i++) {
    kernels->matmul(1, N, K, a + i * LD, LD, b, LD, start + i, alone, N);
    CHECK(memcmp(alone, c + i * LD, sizeof alone) == 0);
  }
  // Multiplied by other numbers as it is stored.
  static float product[M * LD], times[M * LD];
  fill(times, M * LD, 30000);
  kernels->matmul(M, N, K, a, LD, b, LD, NULL, product, LD);
  for (int i = 0; i < M * LD; i++)
    product[i] *= times[i];
  static float got[M * LD];
  kernels->matmul_times(M, N, K, a, LD, b, LD, times, got, LD);
  for (int i = 0; i < M; i++)
    CHECK(memcmp(got + i * LD, product + i * LD, N * sizeof *got) == 0);
  if (strcmp(neap_isa(engine), "avx2") == 0)
    memcpy(fused, c, sizeof c);
  if (strcmp(neap_isa(engine), "avx512") == 0) {
    CHECK(memcmp(fused, c, sizeof c) == 0);
  }
}

static void test_sum(const neap *engine) {
  static const size_t sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 1003};
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT64);
  double x[1003];
  for (size_t i = 0; i < 1003; i++)
    x[i] = test_uniform(i) - 0.5;
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    long double truth = 0, terms = 0;
    for (size_t i = 0; i < sizes[s]; i++) {
      truth += (long double)x[i];
      terms += fabsl((long double)x[i]);
    }
    const double got = kernels->sum(sizes[s], x);
    CHECK(fabsl((long double)got - truth) <= 32 * 0x1p-53L * terms);
  }
  x[500] = NAN;
  CHECK(isnan(kernels->sum(1003, x)));
}

static void test_pack(const neap *engine) {
  enum { ROWS = 19, COLUMNS = 5, WIDTH = 16, PADDED = 32 };
  // A mean this large leaves nothing of 0.25 where it is rounded to float32
  // before it is taken away.
  static const double shift[COLUMNS] = {1, 2, 3, 4, 1e9};
  static const double scale[COLUMNS] = {2, 2, 2, 0.5, 1};
  double x[40][COLUMNS];
  uint32_t index[ROWS];
  static _Alignas(64) float rows[PADDED][WIDTH], columns[COLUMNS][PADDED];
  for (int i = 0; i < 40; i++) {
    for (int j = 0; j < COLUMNS; j++)
      x[i][j] = i + 0.25 * j + (j == 4 ? 1e9 : 0);
  }
  for (uint32_t i = 0; i < ROWS; i++)
    index[i] = (i * 7) % 40;
  memset(rows, 1, sizeof rows);
  memset(columns, 1, sizeof columns);
  const neap_rows from = {.x = x,
                          .dtype = NEAP_FLOAT64,
                          .columns = COLUMNS,
                          .stride = COLUMNS,
                          .index = index,
                          .shift = shift,
                          .scale = scale};
  neap_kernels_of(engine, NEAP_FLOAT32)
      ->pack(ROWS, &from, rows, WIDTH, columns, PADDED);
  for (int i = 0; i < PADDED; i++) {
    for (int j = 0; j < WIDTH; j++) {
      const float truth = i < ROWS && j < COLUMNS
                              ? (float)((x[index[i]][j] - shift[j]) * scale[j])
                              : 0;
      CHECK(rows[i][j] == truth);
      if (j < COLUMNS)
        CHECK(columns[j][i] == truth);
    }
  }
}

// Fills count scores of one kind with ties: few values; neighbours in float64
// that share their upper 32 bits; a wide range with infinities and both zeros.
static void fill_scores(int kind, size_t count, double *scores) {
  for (size_t i = 0; i < count; i++) {
    const double u = test_uniform(i);
    if (kind == 0)
      scores[i] = floor(u * 100) - 50;
    else if (kind == 1)
      scores[i] = 1 + floor(u * 700) * 0x1p-52;
    else
      scores[i] = ldexp(u - 0.5, (int)(i % 1200) - 600);
    if (scores[i] == 0 && i % 2)
      scores[i] = -0.0;
  }
  if (count > 3)
    scores[3] = INFINITY, scores[1] = -INFINITY;
}

static void test_sort(void) {
  enum { MOST = 5003 };
  static const size_t sizes[] = {0, 1, 2, 17, 1003, MOST};
  static double scores[MOST];
  static float floats[MOST];
  static uint32_t order[MOST], scratch[2 * MOST];
  for (size_t s = 0; s < 18; s++) {
    const size_t count = sizes[s % 6];
    fill_scores((int)(s / 6), count, scores);
    for (size_t i = 0; i < count; i++)
      floats[i] = (float)scores[i];
    neap_sort_descending(count, scores, NEAP_FLOAT64, order, scratch);
    for (size_t i = 1; i < count; i++) {
      const double before = scores[order[i - 1]], after = scores[order[i]];
      CHECK(before > after || (before == after && order[i - 1] < order[i]));
    }
    neap_sort_descending(count, floats, NEAP_FLOAT32, order, scratch);
    for (size_t i = 1; i < count; i++) {
      const float before = floats[order[i - 1]], after = floats[order[i]];
      CHECK(before > after || (before == after && order[i - 1] < order[i]));
    }
  }
}

static void test_isa(const neap *engine) {
  test_matmul(engine);
  test_sum(engine);
  test_pack(engine);
}

int main(void) {
  for_each_isa(test_isa);
  test_sort();
  return check_result();
}
