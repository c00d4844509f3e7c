// tests/loss/rows_test.c -- what holds for every row of losses.def: gradients
// against differences, sizes around the blocks, strides, weights, infinite
// and missing logits, bad calls, and the same bits where they are promised.
#include "check.h"
#include "loss/loss.h"

enum { ROWS = 1003, CLASSES = 3, LOSS_MAX = 64 };

static _Alignas(64) char scratch[1 << 16];

// Data that every loss can take, in double.
typedef struct data {
  double x[ROWS * CLASSES], soft[ROWS * CLASSES], weights[ROWS];
  double hard[ROWS];
  int32_t labels[ROWS];
} data;

static data d;

static void set_data(void) {
  for (size_t i = 0; i < ROWS; i++) {
    d.hard[i] = test_uniform(10000 + i) < 0.3;
    d.labels[i] = (int32_t)(test_uniform(20000 + i) * CLASSES);
    d.weights[i] = i % 5 == 0 ? 0 : test_uniform(30000 + i);
    double sum = 0;
    for (size_t j = 0; j < CLASSES; j++) {
      d.x[i * CLASSES + j] = 8 * test_uniform(i * CLASSES + j) - 4;
      d.soft[i * CLASSES + j] = test_uniform(50000 + i * CLASSES + j);
      sum += d.soft[i * CLASSES + j];
    }
    for (size_t j = 0; j < CLASSES; j++)
      d.soft[i * CLASSES + j] /= sum;
  }
}

static bool has_classes(const neap_loss *loss) {
  return neap_loss_kind_of(loss) == NEAP_CLASSES;
}

// Losses of numbers have no classes to weigh.
static bool takes_weights(const neap_loss *loss) {
  return neap_loss_form_of(loss, NEAP_FLOAT64)->domain == NEAP_UNIT;
}

// Losses whose targets are logits, too.
static bool takes_logits(const neap_loss *loss) {
  return has_classes(loss) &&
         neap_loss_form_of(loss, NEAP_FLOAT64)->domain == NEAP_LINE;
}

// Losses that have no value for a target that is one class.
static bool is_spread(const neap_loss *loss) {
  const neap_loss_form *form = neap_loss_form_of(loss, NEAP_FLOAT64);
  return takes_logits(loss) || (form->takes & NEAP_TAKES_SPREAD) != 0;
}

static neap_loss_call hard_call(const neap_loss *loss, size_t rows) {
  neap_loss_call call = {
      .rows = rows, .logits = d.x, .targets = d.hard, .scratch = scratch};
  if (is_spread(loss)) {
    call.classes = CLASSES;
    call.targets = d.soft;
  } else if (has_classes(loss)) {
    call.classes = CLASSES;
    call.target_dtype = NEAP_INT32;
    call.targets = d.labels;
  }
  return call;
}

static neap_loss_call soft_call(const neap_loss *loss, size_t rows) {
  neap_loss_call call = hard_call(loss, rows);
  call.target_dtype = NEAP_FLOAT64;
  call.targets = d.soft;
  return call;
}

// The target of one row of hard_call or soft_call.
static const void *target_of(const neap_loss_call *call, size_t row) {
  if (call->target_dtype == NEAP_INT32)
    return (const int32_t *)call->targets + row;
  const size_t k = call->classes > 1 ? call->classes : 1;
  return (const double *)call->targets + row * k;
}

static double evaluate(const neap_loss *loss, const neap_loss_call *call) {
  double sum = NAN;
  neap_loss_call with_sum = *call;
  with_sum.sum = &sum;
  neap_error error = {0};
  CHECK_SHOW(neap_loss_evaluate(loss, &with_sum, &error) == NEAP_OK, "%s",
             error.message);
  return sum;
}

// First and second derivative of one row's loss, against central differences.
static void test_derivatives(const neap_loss *loss, bool soft) {
  const size_t k = has_classes(loss) ? CLASSES : 1;
  const double class_weights[] = {0.5, 2, 0.75};
  double z[CLASSES], gradient[CLASSES], hessian[CLASSES];
  double above[CLASSES], below[CLASSES];
  for (size_t i = 0; i < 100; i++) {
    neap_loss_call call = soft ? soft_call(loss, 1) : hard_call(loss, 1);
    memcpy(z, d.x + i * k, k * sizeof *z);
    call.logits = z;
    call.options.class_weights = takes_weights(loss) ? class_weights : NULL;
    call.targets = target_of(&call, i);
    neap_loss_call first = call;
    first.gradient = gradient;
    first.hessian = hessian;
    evaluate(loss, &first);
    for (size_t j = 0; j < k; j++) {
      const double step = 1e-5, at = z[j];
      neap_loss_call probe = call;
      z[j] = at + step;
      probe.gradient = above;
      const double up = evaluate(loss, &probe);
      z[j] = at - step;
      probe.gradient = below;
      const double down = evaluate(loss, &probe);
      z[j] = at;
      const double g = (up - down) / (2 * step);
      const double h = (above[j] - below[j]) / (2 * step);
      CHECK_SHOW(fabs(g - gradient[j]) < 1e-8, "%s row %zu: %g, %g",
                 neap_loss_name(loss), i, gradient[j], g);
      CHECK_SHOW(fabs(h - hessian[j]) < 1e-8, "%s row %zu: %g, %g",
                 neap_loss_name(loss), i, hessian[j], h);
    }
  }
}

// Every size gives the values of the rows alone, and their sum.
static void test_sizes(const neap_loss *loss) {
  static const size_t sizes[] = {0, 1, 15, 16, 17, 63, 64, 65, 1003};
  static double value[ROWS], alone[ROWS];
  const size_t k = has_classes(loss) ? CLASSES : 1;
  for (size_t i = 0; i < ROWS; i++) {
    neap_loss_call call = hard_call(loss, 1);
    call.logits = d.x + i * k;
    call.targets = target_of(&call, i);
    call.value = &alone[i];
    evaluate(loss, &call);
  }
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    neap_loss_call call = hard_call(loss, sizes[s]);
    double count = -1, sum = 0;
    call.value = value;
    call.denominator = &count;
    const double got = evaluate(loss, &call);
    CHECK(memcmp(value, alone, sizes[s] * sizeof *value) == 0);
    for (size_t i = 0; i < sizes[s]; i++)
      sum += value[i];
    CHECK(fabs(got - sum) <= 1e-12 * fabs(sum));
    CHECK(count == (double)sizes[s]);
  }
}

// Any layout and any order of work gives the same bits: by lines of classes,
// in place, with weights of 1.
static void test_layouts(const neap_loss *loss) {
  static double dense[ROWS * CLASSES], lines[ROWS * CLASSES];
  static double z[ROWS * CLASSES], y[ROWS * CLASSES];
  const size_t k = has_classes(loss) ? CLASSES : 1;
  neap_loss_call call = hard_call(loss, ROWS);
  call.gradient = dense;
  const double sum = evaluate(loss, &call);
  for (size_t i = 0; i < ROWS; i++) {
    for (size_t j = 0; j < k; j++) {
      z[j * ROWS + i] = d.x[i * k + j];
      y[j * ROWS + i] = d.soft[i * k + j];
    }
  }
  call.logits = call.gradient = z;
  if (is_spread(loss))
    call.targets = y;
  call.row_stride = 1;
  call.class_stride = ROWS;
  CHECK(evaluate(loss, &call) == sum);
  for (size_t i = 0; i < ROWS; i++) {
    for (size_t j = 0; j < k; j++)
      CHECK(z[j * ROWS + i] == dense[i * k + j]);
  }
  double ones[ROWS];
  for (size_t i = 0; i < ROWS; i++)
    ones[i] = 1;
  call = hard_call(loss, ROWS);
  call.weights = ones;
  call.gradient = lines;
  CHECK(evaluate(loss, &call) == sum);
  CHECK(memcmp(lines, dense, sizeof(double) * ROWS * k) == 0);
}

static void test_weights(const neap_loss *loss) {
  static double plain[ROWS], weighted[ROWS];
  const double class_weights[] = {0.5, 2, 0.75};
  neap_loss_call call = hard_call(loss, ROWS);
  call.value = plain;
  evaluate(loss, &call);
  call.weights = d.weights;
  const bool classes = takes_weights(loss) && !is_spread(loss);
  call.options.class_weights = classes ? class_weights : NULL;
  call.value = weighted;
  evaluate(loss, &call);
  for (size_t i = 0; i < ROWS; i++) {
    const int class = has_classes(loss) ? d.labels[i] : (int)d.hard[i];
    const double of_class = classes ? class_weights[class] : 1;
    const double truth = plain[i] * of_class * d.weights[i];
    CHECK(fabs(weighted[i] - truth) <= 4e-16 * truth);
  }
}

// (kornia 2115.) A row of weight 0 counts nothing, even if its loss is
// infinite; NaN goes through; nothing else is ever NaN.
static void test_extremes(const neap_loss *loss) {
  static const double far[] = {1e4, -1e4, 1e300, -1e300, 20, -20, 0};
  const size_t k = has_classes(loss) ? CLASSES : 1;
  double value, gradient[CLASSES], hessian[CLASSES];
  for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
    double z[CLASSES] = {far[i], 1, 2};
    const double yes = 1;
    const int32_t label = 0;
    neap_loss_call call = hard_call(loss, 1);
    call.logits = z;
    if (!is_spread(loss))
      call.targets = has_classes(loss) ? (const void *)&label : &yes;
    call.value = &value;
    call.gradient = gradient;
    call.hessian = hessian;
    evaluate(loss, &call);
    CHECK(!isnan(value) && value >= 0);
    const double there = value;
    for (size_t j = 0; j < k; j++) {
      CHECK(isfinite(gradient[j]) && isfinite(hessian[j]));
    }
    z[0] = -INFINITY;
    const double nothing = 0;
    call.weights = &nothing;
    evaluate(loss, &call);
    CHECK(value == 0 && gradient[0] == 0 && hessian[0] == 0);
    call.weights = NULL;
    evaluate(loss, &call);
    // Bounded losses have reached their bound long before.
    CHECK_SHOW(value == INFINITY || far[i] > 0 || fabs(value - there) < 1e-6 ||
                   fabs(far[i]) < 1e3,
               "%s at -inf: %g, at %g: %g", neap_loss_name(loss), value, far[i],
               there);
    CHECK(!isnan(gradient[0]) && !isnan(hessian[0]));
    z[0] = NAN;
    evaluate(loss, &call);
    CHECK(isnan(value) && isnan(gradient[0]));
  }
}

// f(x, 1) and f(-x, 0) have the same bits; so have index and one-hot targets.
static void test_symmetry(const neap_loss *loss) {
  static double value[2][ROWS], gradient[2][ROWS * CLASSES];
  static double turned[ROWS], other[ROWS], one_hot[ROWS * CLASSES];
  if (!takes_weights(loss) || is_spread(loss) ||
      strcmp(neap_loss_name(loss), "asymmetric") == 0) {
    return;
  }
  neap_loss_call call = hard_call(loss, ROWS);
  call.value = value[0];
  call.gradient = gradient[0];
  evaluate(loss, &call);
  call.value = value[1];
  call.gradient = gradient[1];
  if (has_classes(loss)) {
    for (size_t i = 0; i < ROWS; i++) {
      one_hot[i * CLASSES + (size_t)d.labels[i]] = 1;
    }
    call.target_dtype = NEAP_FLOAT64;
    call.targets = one_hot;
    evaluate(loss, &call);
    CHECK(memcmp(gradient[0], gradient[1], sizeof gradient[0]) == 0);
  } else {
    for (size_t i = 0; i < ROWS; i++) {
      turned[i] = -d.x[i];
      other[i] = 1 - d.hard[i];
    }
    call.logits = turned;
    call.targets = other;
    evaluate(loss, &call);
    for (size_t i = 0; i < ROWS; i++) {
      CHECK(gradient[0][i] == -gradient[1][i]);
    }
  }
  CHECK(memcmp(value[0], value[1], sizeof value[0]) == 0);
}

static void refuse(const neap_loss *loss, const neap_loss_call *call,
                   neap_status status, const char *message) {
  neap_error error = {0};
  CHECK(neap_loss_evaluate(loss, call, &error) == status);
  CHECK_SHOW(strstr(error.message, message) != NULL, "%s", error.message);
}

static void refuse_parameters(const neap_loss *loss) {
  size_t count;
  const neap_parameter *parameters = neap_loss_parameters(loss, &count);
  for (size_t i = 0; i < count; i++) {
    double params[NEAP_PARAMETER_MAX];
    for (size_t j = 0; j < count; j++)
      params[j] = parameters[j].initial;
    params[i] = parameters[i].low - 1;
    neap_loss_call call = hard_call(loss, 2);
    call.options.params = params;
    refuse(loss, &call, NEAP_EARGUMENT, parameters[i].name);
    params[i] = INFINITY;
    refuse(loss, &call, NEAP_EARGUMENT, parameters[i].name);
    params[i] = parameters[i].low;
    if (parameters[i].open)
      refuse(loss, &call, NEAP_EARGUMENT, "wanted above");
  }
}

// What a loss has no use for whose targets are no probabilities is refused,
// not ignored.
static void refuse_classes(const neap_loss *loss) {
  static const double ones[] = {1, 1, 1};
  neap_loss_call call = hard_call(loss, 2);
  call.options.class_weights = ones;
  refuse(loss, &call, NEAP_EARGUMENT, "does not take class_weights");
  call = hard_call(loss, 2);
  call.options.label_smoothing = 0.1;
  refuse(loss, &call, NEAP_EARGUMENT, "does not take label_smoothing");
  call = hard_call(loss, 2);
  call.options.from = NEAP_PROBABILITIES;
  refuse(loss, &call, NEAP_EARGUMENT, "does not take probabilities");
  call = hard_call(loss, 2);
  call.options.normalizer = NEAP_POSITIVES;
  refuse(loss, &call, NEAP_EARGUMENT, "does not take positives");
  const double missing[] = {1, NAN, 1, 1, 1, 1};
  call = hard_call(loss, 2);
  call.targets = missing;
  refuse(loss, &call, NEAP_EDATA, "is nan; wanted a finite");
  call = hard_call(loss, 2);
  if (has_classes(loss)) {
    call.targets = d.labels;
    call.target_dtype = NEAP_INT32;
    refuse(loss, &call, NEAP_EARGUMENT, "wants logits as targets");
  } else {
    call.options.scale = 2;
    refuse(loss, &call, NEAP_EARGUMENT, "does not take a scale");
  }
}

static void refuse_labels(const neap_loss *loss) {
  neap_loss_call call = hard_call(loss, 2);
  call.target_dtype = NEAP_INT32;
  call.targets = d.labels;
  if (is_spread(loss)) {
    refuse(loss, &call, NEAP_EARGUMENT, "of a class is infinite");
    return;
  }
  call.targets = (const int32_t[]){0, 3};
  refuse(loss, &call, NEAP_EDATA,
         "target in row 2 is 3; wanted a class, 0 to 2");
}

static void test_refusals(const neap_loss *loss) {
  refuse_parameters(loss);
  if (!takes_weights(loss)) {
    refuse_classes(loss);
    return;
  }
  neap_loss_call call = soft_call(loss, 2);
  double wrong[] = {0.5, 0.5, 0, 1.5, -0.5, 0};
  if (!has_classes(loss))
    wrong[1] = 1.5;
  call.targets = wrong;
  refuse(loss, &call, NEAP_EDATA, "target in row 2 is 1.5; wanted 0 to 1");
  wrong[has_classes(loss) ? 3 : 1] = NAN;
  refuse(loss, &call, NEAP_EDATA, "target in row 2 is nan");
  if (has_classes(loss)) {
    const double uneven[] = {0.5, 0.5, 0, 0.5, 0.5, 0.5};
    call.targets = uneven;
    refuse(loss, &call, NEAP_EDATA, "targets in row 2 add up to 1.5");
  }
  const double weights[] = {1, -1};
  call = hard_call(loss, 2);
  call.weights = weights;
  refuse(loss, &call, NEAP_EARGUMENT, "weights[2] is -1");
  call = hard_call(loss, 2);
  call.options.class_weights = (const double[]){1, NAN, 1};
  refuse(loss, &call, NEAP_EARGUMENT, "class_weights[2] is nan");
  call = hard_call(loss, 2);
  if (has_classes(loss)) {
    call.classes = 1;
    refuse(loss, &call, NEAP_ESHAPE, "wanted 2");
  }
  if (has_classes(loss))
    refuse_labels(loss);
}

static void test_isa(const neap *engine) {
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    const neap_loss *loss = neap_loss_at(engine, i);
    CHECK(neap_loss_find(engine, neap_loss_name(loss)) == loss);
    test_derivatives(loss, false);
    test_derivatives(loss, true);
    test_sizes(loss);
    test_layouts(loss);
    test_weights(loss);
    test_extremes(loss);
    test_symmetry(loss);
    test_refusals(loss);
  }
  CHECK(neap_loss_find(engine, "nothing") == NULL);
}

// gamma = 0 is cross-entropy to the last bit, for hard and soft targets.
static void test_no_focus(const neap *engine) {
  static double a[2][ROWS], g[2][ROWS * CLASSES], h[2][ROWS * CLASSES];
  static const char *const pairs[2][2] = {{"binary_cross_entropy", "focal"},
                                          {"cross_entropy", "softmax_focal"}};
  const double params[] = {0, NAN, 0};
  for (int kind = 0; kind < 4; kind++) {
    for (int which = 0; which < 2; which++) {
      const neap_loss *loss = neap_loss_find(engine, pairs[kind % 2][which]);
      neap_loss_call call =
          kind < 2 ? hard_call(loss, ROWS) : soft_call(loss, ROWS);
      call.options.params = which == 1 ? params : NULL;
      call.value = a[which];
      call.gradient = g[which];
      call.hessian = h[which];
      evaluate(loss, &call);
    }
    CHECK(memcmp(a[0], a[1], sizeof a[0]) == 0);
    CHECK(memcmp(g[0], g[1], sizeof g[0]) == 0);
    CHECK(memcmp(h[0], h[1], sizeof h[0]) == 0);
  }
}

// The instruction sets with fused operations give the same bits.
static void test_bits(const neap *engine) {
  static double kept[LOSS_MAX][ROWS * CLASSES], now[ROWS * CLASSES];
  if (engine->isa == NEAP_ISA_BASE)
    return;
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    const neap_loss *loss = neap_loss_at(engine, i);
    neap_loss_call call = soft_call(loss, ROWS);
    CHECK(i < LOSS_MAX);
    memset(now, 0, sizeof now);
    call.gradient = now;
    evaluate(loss, &call);
    if (engine->isa == NEAP_ISA_AVX2)
      memcpy(kept[i], now, sizeof now);
    if (engine->isa == NEAP_ISA_AVX512) {
      CHECK(memcmp(kept[i], now, sizeof now) == 0);
    }
  }
}

int main(void) {
  set_data();
  for_each_isa(test_isa);
  for_each_isa(test_no_focus);
  for_each_isa(test_bits);
  return check_result();
}
