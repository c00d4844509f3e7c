// tests/kernel/math_test.c -- exp, log, log1p and sigmoid are within the
// bounds that kernel/math.h states, over the whole range of both types.
//
// The truth is the C library's long double, whose 64 bits of mantissa leave
// 2^-11 ULP of a double. With --all every 17th float is tried.
#include "check.h"
#include "kernel/kernel.h"

enum { PIECE = 4096 };

typedef struct function {
  const char *name;
  double bound;  // in ULP
  long double (*truth)(long double x);
} function;

static long double sigmoid_truth(long double x) {
  return x >= 0 ? 1 / (1 + expl(-x)) : expl(x) / (1 + expl(x));
}

static const function functions[] = {
    {"exp", 1, expl},
    {"log", 2, logl},
    {"log1p", 2, log1pl},
    {"sigmoid", 2, sigmoid_truth},
};

static void apply(const neap_kernels *kernels, int which, size_t count,
                  const void *x, void *y) {
  void (*const f[])(size_t, const void *, void *) = {
      kernels->exp, kernels->log, kernels->log1p, kernels->sigmoid};
  f[which](count, x, y);
}

// Compares one result; a NaN is right where the truth is NaN. long double
// overflows later than the types do, so the truth is cut to their range.
static double error_of(bool single, double got, long double truth) {
  if (isnan(truth))
    return isnan(got) ? 0 : INFINITY;
  const long double largest =
      single ? 0x1.ffffffp127L : 0x1.fffffffffffff8p1023L;
  if (truth >= largest)
    truth = INFINITY;
  if (isinf(truth))
    return got == (double)truth ? 0 : INFINITY;
  if (truth == 0)
    return got == 0 ? 0 : INFINITY;
  return single ? ulps_of_float(got, truth) : ulps_of_double(got, truth);
}

static float float_of_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static double double_of_bits(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

static uint32_t float_step = 4999;  // a prime: tries 860,000 floats

static void test_floats(const neap *engine, int which) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT32);
  static float x[PIECE], y[PIECE];
  double worst = 0;
  float at = 0;
  uint64_t bits = 0;
  while (bits < UINT64_C(1) << 32) {
    size_t count = 0;
    for (; count < PIECE && bits < UINT64_C(1) << 32; bits += float_step) {
      x[count++] = float_of_bits((uint32_t)bits);
    }
    apply(kernels, which, count, x, y);
    for (size_t i = 0; i < count; i++) {
      const double error = error_of(true, (double)y[i],
                                    functions[which].truth((long double)x[i]));
      if (error > worst)
        worst = error, at = x[i];
    }
  }
  printf("%-7s float32 %-7s %.3f ULP at %a\n", neap_isa(engine),
         functions[which].name, worst, (double)at);
  CHECK_SHOW(worst <= functions[which].bound, "%g ULP at %a", worst,
             (double)at);
}

// Doubles are drawn from three ranges: all bit patterns, the range where the
// function bends, and next to 0 and 1.
static double draw(uint64_t i) {
  const uint64_t bits = neap_random_bits(20170807, NEAP_STREAM_FEATURE, 1, i);
  const double u = (double)(bits >> 11) * 0x1p-53;
  switch (i % 4) {
    case 0:
      return double_of_bits(bits);
    case 1:
      return (u - 0.5) * 1500;
    case 2:
      return (u - 0.5) * 4;
    default:
      return 1 + (u - 0.5) * 0.01;
  }
}

static void test_doubles(const neap *engine, int which) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT64);
  static double x[PIECE], y[PIECE];
  double worst = 0, at = 0;
  for (uint64_t start = 0; start < 1000000; start += PIECE) {
    for (size_t i = 0; i < PIECE; i++)
      x[i] = draw(start + i);
    apply(kernels, which, PIECE, x, y);
    for (size_t i = 0; i < PIECE; i++) {
      const double error =
          error_of(false, y[i], functions[which].truth((long double)x[i]));
      if (error > worst)
        worst = error, at = x[i];
    }
  }
  printf("%-7s float64 %-7s %.3f ULP at %a\n", neap_isa(engine),
         functions[which].name, worst, at);
  CHECK_SHOW(worst <= functions[which].bound, "%g ULP at %a", worst, at);
}

static void test_special(const neap *engine) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT64);
  double x[] = {NAN, INFINITY, -INFINITY, 0, -0.0, -1};
  double y[6];
  kernels->exp(6, x, y);
  CHECK(isnan(y[0]) && y[1] == INFINITY && y[2] == 0 && y[3] == 1);
  kernels->log(6, x, y);
  CHECK(isnan(y[0]) && y[1] == INFINITY && isnan(y[2]) && y[3] == -INFINITY);
  kernels->log1p(6, x, y);
  CHECK(isnan(y[0]) && y[1] == INFINITY && y[3] == 0 && y[5] == -INFINITY);
  kernels->sigmoid(6, x, y);
  CHECK(isnan(y[0]) && y[1] == 1 && y[2] == 0 && y[3] == 0.5);
}

static void test_isa(const neap *engine) {
  for (int which = 0; which < 4; which++) {
    test_floats(engine, which);
    test_doubles(engine, which);
  }
  test_special(engine);
}

int main(int argc, char **argv) {
  if (argc > 1 && strcmp(argv[1], "--all") == 0)
    float_step = 17;
  for_each_isa(test_isa);
  return check_result();
}
