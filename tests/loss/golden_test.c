// tests/loss/golden_test.c -- every loss agrees with 40-digit arithmetic
// (tests/data/loss_golden.txt, made by golden.py) in both number types.
#include "check.h"
#include "loss/loss.h"

enum { K_MAX = 8, LINE_MAX_BYTES = 2048 };

typedef struct row {
  bool binary;
  double gamma, x[K_MAX], y[K_MAX];
  int k;
  long double value, gradient[K_MAX], hessian[K_MAX];
} row;

// The largest errors seen: in ULP, in epsilons of the sum of absolute terms,
// and for soft targets in such epsilons over 1 + gamma, as u^gamma amplifies
// the rounding of log u.
typedef struct errors {
  double value, gradient, hessian, soft;
} errors;

static long double read_number(char **at) {
  char *end;
  const long double x = strtold(*at, &end);
  CHECK_SHOW(end != *at, "unreadable number: %s", *at);
  *at = end;
  return x;
}

static row read_row(char *line) {
  row r = {.binary = strncmp(line, "binary", 6) == 0};
  char *at = line + strcspn(line, " ");
  r.gamma = (double)read_number(&at);
  r.k = r.binary ? 1 : (int)read_number(&at);
  for (int j = 0; j < r.k; j++)
    r.x[j] = (double)read_number(&at);
  for (int j = 0; j < r.k; j++)
    r.y[j] = (double)read_number(&at);
  at += strcspn(at, ":") + 1;
  r.value = read_number(&at);
  for (int j = 0; j < r.k; j++)
    r.gradient[j] = read_number(&at);
  for (int j = 0; j < r.k; j++)
    r.hessian[j] = read_number(&at);
  return r;
}

// Evaluates a row in a number type and widens what comes out.
static void evaluate(const neap *engine, const row *r, neap_dtype dtype,
                     double *value, double *gradient, double *hessian) {
  static _Alignas(64) char scratch[1 << 16];
  const neap_loss *loss =
      neap_loss_find(engine, r->binary ? "focal" : "softmax_focal");
  const double params[] = {r->gamma, NAN, 0};
  const bool single = dtype == NEAP_FLOAT32;
  float x[K_MAX], y[K_MAX], v, g[K_MAX], h[K_MAX];
  for (int j = 0; j < r->k; j++) {
    x[j] = (float)r->x[j];
    y[j] = (float)r->y[j];
  }
  const neap_loss_call call = {
      .rows = 1,
      .classes = r->binary ? 1 : (size_t)r->k,
      .dtype = dtype,
      .target_dtype = dtype,
      .logits = single ? (void *)x : (void *)r->x,
      .targets = single ? (void *)y : (void *)r->y,
      .options = {.params = params},
      .value = single ? (void *)&v : (void *)value,
      .gradient = single ? (void *)g : (void *)gradient,
      .hessian = single ? (void *)h : (void *)hessian,
      .scratch = scratch};
  neap_error error = {0};
  CHECK_SHOW(neap_loss_evaluate(loss, &call, &error) == NEAP_OK, "%s",
             error.message);
  if (!single)
    return;
  *value = (double)v;
  for (int j = 0; j < r->k; j++) {
    gradient[j] = (double)g[j];
    hessian[j] = (double)h[j];
  }
}

static double ulps(neap_dtype dtype, double got, long double truth) {
  if (fabsl(truth) < (dtype == NEAP_FLOAT32 ? 0x1p-126L : 0x1p-1022L)) {
    // Below the normal range: at most one step of it, and never a NaN.
    const long double step = dtype == NEAP_FLOAT32 ? 0x1p-149L : 0x1p-1074L;
    return (double)(fabsl((long double)got - truth) / step);
  }
  return dtype == NEAP_FLOAT32 ? ulps_of_float(got, truth)
                               : ulps_of_double(got, truth);
}

// |error| in epsilons of a sum of absolute terms.
static double epsilons(neap_dtype dtype, double got, long double truth,
                       long double terms) {
  const long double epsilon = dtype == NEAP_FLOAT32 ? 0x1p-24L : 0x1p-53L;
  const long double tiny = dtype == NEAP_FLOAT32 ? 0x1p-126L : 0x1p-1022L;
  return (double)(fabsl((long double)got - truth) /
                  (epsilon * (terms > tiny ? terms : tiny)));
}

static void raise_to(double *worst, double error) {
  if (!(error <= *worst))
    *worst = error;
}

// The sums of absolute terms, from long double formulas of the binary loss.
static long double hessian_terms(const row *r) {
  const long double x = r->x[0], g = r->gamma;
  const long double p = 1 / (1 + expl(-x)), q = 1 / (1 + expl(x));
  const long double l = x > 0 ? log1pl(expl(-x)) : log1pl(expl(x)) - x;
  return powl(q, g) * p * ((1 + 2 * g) * q + g * l * (g * p + q));
}

static void compare_hard(const row *r, neap_dtype dtype, double value,
                         const double *gradient, const double *hessian,
                         errors *worst) {
  raise_to(&worst->value, ulps(dtype, value, r->value));
  for (int j = 0; j < r->k; j++) {
    raise_to(&worst->gradient, ulps(dtype, gradient[j], r->gradient[j]));
    const long double terms =
        r->binary ? hessian_terms(r)
                  : fabsl(r->hessian[j]) + fabsl(r->gradient[j]);
    // The Hessian is a multiple of p, which must be a normal number.
    const long double low = dtype == NEAP_FLOAT32 ? -87 : -708;
    if (r->binary && r->x[0] < low)
      continue;
    raise_to(&worst->hessian,
             epsilons(dtype, hessian[j], r->hessian[j], terms));
  }
}

static void compare_soft(const row *r, neap_dtype dtype, double value,
                         const double *gradient, const double *hessian,
                         errors *worst) {
  const double unit = 1 + r->gamma;
  const long double size = fabsl(r->value);
  raise_to(&worst->soft, epsilons(dtype, value, r->value, size) / unit);
  for (int j = 0; j < r->k; j++) {
    const long double g = fabsl(r->gradient[j]), h = fabsl(r->hessian[j]);
    raise_to(&worst->soft,
             epsilons(dtype, gradient[j], r->gradient[j], size + g) / unit);
    raise_to(&worst->soft,
             epsilons(dtype, hessian[j], r->hessian[j], size + g + h) / unit);
  }
}

static void compare(const row *r, neap_dtype dtype, double value,
                    const double *gradient, const double *hessian,
                    errors *worst) {
  bool hard = true;
  for (int j = 0; j < r->k; j++)
    hard &= r->y[j] == 0 || r->y[j] == 1;
  if (hard) {
    compare_hard(r, dtype, value, gradient, hessian, worst);
  } else {
    compare_soft(r, dtype, value, gradient, hessian, worst);
  }
}

static char path[512];

static void test_type(const neap *engine, neap_dtype dtype) {
  FILE *file = fopen(path, "r");
  CHECK_SHOW(file != NULL, "can't open %s", path);
  if (file == NULL)
    return;
  errors worst[2];
  memset(worst, 0, sizeof worst);
  char line[LINE_MAX_BYTES];
  int rows = 0;
  while (fgets(line, sizeof line, file) != NULL) {
    const row r = read_row(line);
    double value, gradient[K_MAX], hessian[K_MAX];
    evaluate(engine, &r, dtype, &value, gradient, hessian);
    compare(&r, dtype, value, gradient, hessian, &worst[r.binary]);
    rows++;
  }
  fclose(file);
  CHECK_SHOW(rows > 800, "%d rows", rows);
  for (int binary = 0; binary < 2; binary++) {
    const errors *w = &worst[binary];
    printf(
        "%-7s %s %-7s value %.2f gradient %.2f ULP, hessian %.2f soft %.2f "
        "(1 + gamma) epsilons\n",
        neap_isa(engine), neap_dtype_name(dtype),
        binary ? "sigmoid" : "softmax", w->value, w->gradient, w->hessian,
        w->soft);
    CHECK(w->value <= 8);
    CHECK(w->gradient <= 8);
    CHECK(w->hessian <= 8);
    CHECK(w->soft <= 16);
  }
}

static void test_isa(const neap *engine) {
  test_type(engine, NEAP_FLOAT32);
  test_type(engine, NEAP_FLOAT64);
}

int main(int argc, char **argv) {
  snprintf(path, sizeof path, "%s/loss_golden.txt", test_data(argc, argv));
  for_each_isa(test_isa);
  return check_result();
}
