// tests/kernel/units_test.c -- what hidden units are made of: activations
// against the C library's long double, inner products against plain loops, and
// the random bits of dropout and places of a shuffle against Philox word by
// word.
#include "check.h"
#include "kernel/kernel.h"

// ------------------------------------------------------------- activations

static long double normal_share(long double z) {
  return erfcl(-z / sqrtl(2)) / 2;
}

static long double value_of(neap_activation what, long double z) {
  return what == NEAP_RELU   ? fmaxl(z, 0)
         : what == NEAP_TANH ? tanhl(z)
         : what == NEAP_GELU ? z * normal_share(z)
                             : z / (1 + expl(-z));
}

static long double slope_of(neap_activation what, long double z) {
  const long double s = 1 / (1 + expl(-z)), c = coshl(z);
  const long double density = expl(-z * z / 2) / sqrtl(2 * acosl(-1));
  return what == NEAP_RELU   ? z > 0
         : what == NEAP_TANH ? 1 / (c * c)
         : what == NEAP_GELU ? normal_share(z) + z * density
                             : s + z * s * (1 - s);
}

// The bounds are relative to |truth|, but for slopes that cross 0 and for gelu,
// whose far tail loses z^2 epsilon: to the size of their terms.
static void test_activation(const neap *engine, neap_activation what) {
  enum { COUNT = 4096 };
  static float z32[COUNT], a32[COUNT];
  static double z[COUNT], a[COUNT];
  for (int i = 0; i < COUNT; i++) {
    const double far = i % 3 == 0 ? 60 : i % 3 == 1 ? 8 : 0.01;
    z[i] = z32[i] = (float)(far * (2 * test_uniform((uint64_t)i) - 1));
  }
  static double given[COUNT];
  memcpy(given, z, sizeof z);
  neap_kernels_of(engine, NEAP_FLOAT64)->activate(what, COUNT, z, a);
  neap_kernels_of(engine, NEAP_FLOAT32)->activate(what, COUNT, z32, a32);
  for (int i = 0; i < COUNT; i++) {
    const long double x = given[i], value = value_of(what, x);
    const long double slope = slope_of(what, x);
    const long double tail = what == NEAP_GELU ? 1 + x * x : 1;
    const long double size = fabsl(value) * tail, steep = fabsl(slope) + tail;
    const long double fine = what == NEAP_GELU ? 2e-13L : 0x1p-50L;
    CHECK_SHOW(fabsl((long double)a[i] - value) <= fine * size + 1e-300L,
               "%d at %g: %g", (int)what, given[i], a[i]);
    CHECK_SHOW(fabsl((long double)z[i] - slope) <= fine * steep,
               "%d at %g: slope %g", (int)what, given[i], z[i]);
    CHECK_SHOW(fabsl((long double)a32[i] - value) <= 0x1p-20L * size + 1e-35L,
               "%d at %g: %g", (int)what, given[i], (double)a32[i]);
    CHECK_SHOW(fabsl((long double)z32[i] - slope) <= 0x1p-20L * steep,
               "%d at %g: slope %g", (int)what, given[i], (double)z32[i]);
  }
}

// At the ends nothing is lost, and NaN stays.
static void test_ends(const neap *engine) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT64);
  for (int what = NEAP_RELU; what <= NEAP_SILU; what++) {
    double z[NEAP_PAD] = {INFINITY, -INFINITY, NAN, 0}, a[NEAP_PAD];
    kernels->activate((neap_activation)what, NEAP_PAD, z, a);
    CHECK(a[0] == (what == NEAP_TANH ? 1 : INFINITY));
    CHECK(a[1] == (what == NEAP_TANH ? -1 : 0));
    CHECK(isnan(a[2]) && a[3] == 0);
  }
}

// ----------------------------------------------------------- inner products

enum { M = 11, N = 9, K = 131, LD = 144 };

static void test_products(const neap *engine) {
  static float a[M * LD], b[N * LD], c[M * N], fused[M * N];
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT32);
  for (uint64_t i = 0; i < M * LD; i++)
    a[i] = (float)(test_uniform(i) - 0.5);
  for (uint64_t i = 0; i < N * LD; i++)
    b[i] = (float)(test_uniform(i + 5000) - 0.5);
  kernels->products(M, N, K, a, LD, b, LD, c, N);
  for (int i = 0; i < M; i++) {
    for (int j = 0; j < N; j++) {
      double truth = 0, terms = 0;
      for (int k = 0; k < K; k++) {
        const double term = (double)a[i * LD + k] * (double)b[j * LD + k];
        truth += term;
        terms += fabs(term);
      }
      CHECK(fabs((double)c[i * N + j] - truth) <= terms * 12 * 0x1p-24);
      float alone;
      kernels->products(1, 1, K, a + i * LD, LD, b + j * LD, LD, &alone, 1);
      CHECK(memcmp(&alone, &c[i * N + j], sizeof alone) == 0);
    }
  }
  if (strcmp(neap_isa(engine), "avx2") == 0)
    memcpy(fused, c, sizeof c);
  if (strcmp(neap_isa(engine), "avx512") == 0)
    CHECK(memcmp(fused, c, sizeof c) == 0);
}

// ------------------------------------------------------------------ dropout

static void test_noise(const neap *engine) {
  enum { ROWS = 37, STRIDE = 48 };
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT32);
  uint32_t rows[ROWS];
  uint16_t bits[8 * STRIDE];
  for (uint32_t i = 0; i < ROWS; i++)
    rows[i] = i * 7919 % 1000;
  kernels->noise(99, 5, 3, ROWS, rows, bits, STRIDE);
  for (uint32_t i = 0; i < ROWS; i++) {
    const neap_philox counter = {{rows[i], 3, 5, NEAP_STREAM_DROPOUT}};
    const neap_philox truth = neap_philox_block(counter, 99, 0);
    for (uint32_t unit = 0; unit < 8; unit++) {
      const uint32_t word = truth.word[unit / 2];
      CHECK(bits[unit * STRIDE + i] ==
            (unit % 2 == 0 ? word & 0xFFFF : word >> 16));
    }
  }
}

__extension__ typedef unsigned __int128 wide;

// A place below each bound, by 128-bit arithmetic; the largest bounds, too.
static void test_places(const neap *engine) {
  enum { COUNT = 200 };
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT32);
  const uint32_t firsts[] = {1, 2, 77, 1 << 20, UINT32_MAX - COUNT + 1};
  for (int f = 0; f < 5; f++) {
    uint32_t places[COUNT + 1] = {[COUNT] = 7};
    kernels->places(99, NEAP_STREAM_SHUFFLE, 3, firsts[f], COUNT, places);
    CHECK(places[COUNT] == 7);
    for (uint32_t i = 0; i < COUNT; i++) {
      const uint64_t bound = firsts[f] + i;
      const uint64_t bits = neap_random_bits(99, NEAP_STREAM_SHUFFLE, 3, bound);
      const uint64_t truth = (uint64_t)(((wide)bits * bound) >> 64);
      CHECK_SHOW(places[i] == truth, "of %llu: %u", (unsigned long long)bound,
                 places[i]);
    }
  }
}

static void test_drop(const neap *engine) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT64);
  const uint16_t bits[4] = {0, 16383, 16384, 65535};
  double a[4] = {1, 2, 3, 4}, slope[4] = {1, 1, 1, 1};
  kernels->drop(4, bits, 0.25, a, slope);
  CHECK(a[0] == 0 && a[1] == 0 && slope[1] == 0);
  CHECK(a[2] == 3 / 0.75 && a[3] == 4 / 0.75 && slope[3] == 1 / 0.75);
}

static void test_isa(const neap *engine) {
  for (int what = NEAP_RELU; what <= NEAP_SILU; what++)
    test_activation(engine, (neap_activation)what);
  test_ends(engine);
  test_products(engine);
  test_noise(engine);
  test_places(engine);
  test_drop(engine);
}

int main(void) {
  for_each_isa(test_isa);
  return check_result();
}
