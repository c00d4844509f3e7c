// tests/loss/golden_test.c -- every loss agrees with high-precision arithmetic
// (tests/data/loss_golden.txt, made by golden.py) in both number types.
#include "check.h"
#include "loss/loss.h"

enum { K_MAX = 64, LINE_MAX_BYTES = 1 << 15, LOSS_MAX = 64 };

// One line of the file.
typedef struct row {
  char name[64];
  double params[NEAP_PARAMETER_MAX];
  double z[K_MAX], y[K_MAX];
  int k;
  bool terms;  // value and gradients have scales, too
  long double value, gradient[K_MAX], hessian[K_MAX];
  long double value_scale, gradient_scale[K_MAX], hessian_scale[K_MAX];
} row;

// The largest errors of a loss: in ULP, or in epsilons of the scales.
typedef struct errors {
  double value, gradient, hessian, terms;
} errors;

static long double read_number(char **at) {
  char *end;
  const long double x = strtold(*at, &end);
  CHECK_SHOW(end != *at, "unreadable number: %s", *at);
  *at = end;
  return x;
}

static void read_numbers(char **at, int count, long double *to) {
  for (int i = 0; i < count; i++)
    to[i] = read_number(at);
}

static void read_doubles(char **at, int count, double *to) {
  for (int i = 0; i < count; i++)
    to[i] = (double)read_number(at);
}

static row read_row(char *line) {
  row r = {.terms = strstr(line, "terms") != NULL};
  char *at = line;
  CHECK(sscanf(line, "%63s", r.name) == 1);
  at += strlen(r.name);
  read_doubles(&at, (int)read_number(&at), r.params);
  r.k = (int)read_number(&at);
  read_doubles(&at, r.k, r.z);
  read_doubles(&at, r.k, r.y);
  at = strchr(at, ':') + 1;
  r.value = read_number(&at);
  read_numbers(&at, r.k, r.gradient);
  read_numbers(&at, r.k, r.hessian);
  at = strchr(at, ':') + 1;
  if (r.terms) {
    at = strstr(at, "terms") + 5;
    r.value_scale = read_number(&at);
    read_numbers(&at, r.k, r.gradient_scale);
  }
  read_numbers(&at, r.k, r.hessian_scale);
  return r;
}

// Evaluates a row in a number type and widens what comes out.
static void evaluate(const neap *engine, const row *r, neap_dtype dtype,
                     double *value, double *gradient, double *hessian) {
  static _Alignas(64) char scratch[1 << 17];
  const neap_loss *loss = neap_loss_find(engine, r->name);
  const bool single = dtype == NEAP_FLOAT32;
  float z[K_MAX], y[K_MAX], v, g[K_MAX], h[K_MAX];
  CHECK_SHOW(loss != NULL, "%s", r->name);
  CHECK(neap_loss_scratch_bytes(loss, (size_t)r->k, dtype) <= sizeof scratch);
  for (int j = 0; j < r->k; j++) {
    z[j] = (float)r->z[j];
    y[j] = (float)r->y[j];
  }
  // Of this loss the one parameter in the file is the temperature.
  const bool is_heated = strcmp(r->name, "distillation") == 0;
  const neap_loss_call call = {
      .rows = 1,
      .classes = (size_t)r->k,
      .dtype = dtype,
      .target_dtype = dtype,
      .logits = single ? (void *)z : (void *)r->z,
      .targets = single ? (void *)y : (void *)r->y,
      .options = {.params = r->params,
                  .scale = is_heated ? 1 / r->params[0] : 1},
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
    // Below the normal range: some steps of it, and never a NaN.
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

// What a larger gamma adds to the bound of 8 ULP.
static double allowance(const row *r) {
  const bool focal =
      strstr(r->name, "focal") != NULL && strstr(r->name, "star") == NULL;
  const double gamma = focal ? r->params[0] : 0;
  return gamma > 5 ? 1 + 0.15 * gamma : 1;
}

static void compare(const row *r, neap_dtype dtype, double value,
                    const double *gradient, const double *hessian,
                    errors *worst) {
  const double unit = allowance(r);
  // A Hessian is a multiple of p, which must be a normal number.
  const long double low = dtype == NEAP_FLOAT32 ? -87 : -708;
  const bool tiny = r->k == 1 && (r->y[0] == 1 ? r->z[0] : -r->z[0]) < low;
  if (r->terms) {
    raise_to(&worst->terms, epsilons(dtype, value, r->value, r->value_scale));
  } else {
    raise_to(&worst->value, ulps(dtype, value, r->value) / unit);
  }
  for (int j = 0; j < r->k; j++) {
    if (r->terms) {
      raise_to(&worst->terms, epsilons(dtype, gradient[j], r->gradient[j],
                                       r->gradient_scale[j]));
    } else {
      raise_to(&worst->gradient,
               ulps(dtype, gradient[j], r->gradient[j]) / unit);
    }
    if (!tiny) {
      raise_to(r->terms ? &worst->terms : &worst->hessian,
               epsilons(dtype, hessian[j], r->hessian[j], r->hessian_scale[j]) /
                   unit);
    }
  }
}

static char path[512];

static size_t position_of(const neap *engine, const char *name) {
  size_t i = 0;
  while (neap_loss_at(engine, i) != NULL &&
         strcmp(neap_loss_name(neap_loss_at(engine, i)), name) != 0) {
    i++;
  }
  return i;
}

static void report(const neap *engine, neap_dtype dtype, const errors *worst,
                   const int *rows) {
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    const char *name = neap_loss_name(neap_loss_at(engine, i));
    const errors *w = &worst[i];
    if (rows[i] == 0)
      continue;
    printf(
        "%-6s %s %-33s value %5.2f gradient %5.2f ULP, hessian %5.2f, "
        "terms %5.2f epsilons\n",
        neap_isa(engine), neap_dtype_name(dtype), name, w->value, w->gradient,
        w->hessian, w->terms);
    CHECK(w->value <= 8);
    CHECK(w->gradient <= 8);
    CHECK(w->hessian <= 8);
    CHECK(w->terms <= 8);
  }
}

static void test_type(const neap *engine, neap_dtype dtype) {
  static char line[LINE_MAX_BYTES];
  errors worst[LOSS_MAX] = {{0}};
  int rows[LOSS_MAX] = {0}, count = 0;
  FILE *file = fopen(path, "r");
  CHECK_SHOW(file != NULL, "can't open %s", path);
  if (file == NULL)
    return;
  while (fgets(line, sizeof line, file) != NULL) {
    const row r = read_row(line);
    double value, gradient[K_MAX], hessian[K_MAX];
    evaluate(engine, &r, dtype, &value, gradient, hessian);
    const size_t at = position_of(engine, r.name);
    compare(&r, dtype, value, gradient, hessian, &worst[at]);
    rows[at]++;
    count++;
  }
  fclose(file);
  CHECK_SHOW(count > 3000, "%d rows", count);
  report(engine, dtype, worst, rows);
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
