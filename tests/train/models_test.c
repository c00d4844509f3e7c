// tests/train/models_test.c -- gradients and Hessians of the models against
// differences, in float64.
#include "check.h"
#include "dataset/dataset.h"
#include "train/train.h"

enum { ROWS = 37, FEATURES = 5, LD = NEAP_BLOCK_ROWS + NEAP_PAD };

typedef struct rig {
  const neap *engine;
  const neap_model *model;
  neap_shape shape;
  neap_block block;
  double rows[ROWS][NEAP_PAD], columns[FEATURES][LD], targets[3 * LD];
  uint16_t bits[64 * LD];
  double dropout;
  double x[512], gradient[512], hessian[64 * 64];
  _Alignas(64) double logits[3 * LD];
  _Alignas(64) double curvature[3 * LD];
  _Alignas(64) char scratch[1 << 22];
} rig;

static rig r;

static const neap_model *find_model(const char *name) {
  size_t i = 0;
  while (strcmp(neap_model_at(i)->name, name) != 0)
    i++;
  return neap_model_at(i);
}

static void fill_rig(void) {
  memset(&r.rows, 0, sizeof r.rows);
  for (uint64_t i = 0; i < ROWS; i++) {
    for (uint64_t j = 0; j < FEATURES; j++) {
      const double u = 4 * test_uniform(i * FEATURES + j) - 2;
      r.rows[i][j] = r.columns[j][i] = u;
    }
    for (uint64_t o = 0; o < 3; o++)
      r.targets[o * LD + i] = test_uniform(900 + i + o) < 0.4;
  }
  for (size_t i = 0; i < 64 * LD; i++)
    r.bits[i] = (uint16_t)(test_uniform(i + 5000) * 65536);
  r.block = (neap_block){.count = ROWS,
                         .rows = r.rows,
                         .columns = r.columns,
                         .width = NEAP_PAD,
                         .stride = LD,
                         .targets = r.targets,
                         .bits = r.dropout > 0 ? r.bits : NULL};
}

// The sum of the losses at x; fills gradient and Hessian if `derive`.
static double objective(int derive) {
  double *x = r.x, *gradient = r.gradient, *hessian = r.hessian, sum;
  const neap_loss *loss = neap_loss_find(r.engine, "binary_cross_entropy");
  const neap_chunk chunk = {.kernels = neap_kernels_of(r.engine, NEAP_FLOAT64),
                            .shape = r.shape,
                            .points = 1,
                            .x = &x,
                            .gradient = &gradient,
                            .dropout = &r.dropout,
                            .block = &r.block,
                            .logits = r.logits,
                            .curvature = r.curvature,
                            .stride = LD,
                            .scratch = r.scratch};
  r.model->forward(&chunk);
  const neap_loss_call call = {.rows = ROWS,
                               .classes = r.shape.outputs,
                               .row_stride = 1,
                               .class_stride = LD,
                               .logits = r.logits,
                               .targets = r.targets,
                               .gradient = derive ? r.logits : NULL,
                               .hessian = derive ? r.curvature : NULL,
                               .sum = &sum};
  neap_error error = {0};
  CHECK_SHOW(neap_loss_evaluate(loss, &call, &error) == NEAP_OK, "%s",
             error.message);
  if (!derive)
    return sum;
  memset(r.gradient, 0, sizeof r.gradient);
  memset(r.hessian, 0, sizeof r.hessian);
  r.model->backward(&chunk);
  if (r.model->bend != NULL && r.shape.outputs == 1)
    r.model->bend(&chunk, &hessian);
  return sum;
}

// Central differences of the sum, h^2 = 1e-10 off.
static void check_gradient(const char *what) {
  const size_t count = r.model->parameter_count(&r.shape);
  static double gradient[512];
  objective(1);
  memcpy(gradient, r.gradient, sizeof gradient);
  for (size_t i = 0; i < count; i++) {
    const double kept = r.x[i], h = 1e-5;
    r.x[i] = kept + h;
    const double up = objective(0);
    r.x[i] = kept - h;
    const double down = objective(0);
    r.x[i] = kept;
    const double truth = (up - down) / (2 * h);
    CHECK_SHOW(fabs(gradient[i] - truth) <= 2e-7 * (1 + fabs(truth)),
               "%s: parameter %zu: %.10g, differences %.10g", what, i,
               gradient[i], truth);
  }
}

static void start_rig(const neap *engine, const char *model, neap_shape shape,
                      double dropout) {
  const double bias[] = {-0.5, 0.25, 1};
  r.engine = engine;
  r.model = find_model(model);
  r.shape = shape;
  r.dropout = dropout;
  fill_rig();
  const neap_start start = {.engine = engine, .seed = 3, .bias = bias};
  r.model->initialise(&shape, &start, r.x);
  const size_t count = r.model->parameter_count(&shape);
  for (size_t i = 0; i < count; i++)
    r.x[i] += 0.2 * test_uniform(7000 + i) - 0.1;
}

static void test_gradients(const neap *engine) {
  start_rig(engine, "linear", (neap_shape){.features = FEATURES, .outputs = 3},
            0);
  check_gradient("linear");
  for (int what = NEAP_RELU; what <= NEAP_SILU; what++) {
    for (int drops = 0; drops < 2; drops++) {
      const neap_shape shape = {.features = FEATURES,
                                .outputs = drops ? 3 : 1,
                                .layers = 2,
                                .hidden = {7, 9},
                                .activation = (neap_activation)what};
      start_rig(engine, "mlp", shape, drops * 0.25);
      check_gradient("mlp");
    }
  }
}

// The Hessian of a linear model: differences of its gradient.
static void test_hessian(const neap *engine) {
  start_rig(engine, "linear", (neap_shape){.features = FEATURES, .outputs = 1},
            0);
  enum { N = FEATURES + 1 };
  double hessian[N * N], up[N];
  objective(1);
  memcpy(hessian, r.hessian, sizeof hessian);
  for (size_t i = 0; i < N; i++) {
    const double kept = r.x[i], h = 1e-5;
    r.x[i] = kept + h;
    objective(1);
    memcpy(up, r.gradient, sizeof up);
    r.x[i] = kept - h;
    objective(1);
    r.x[i] = kept;
    for (size_t j = 0; j < N; j++) {
      const double truth = (up[j] - r.gradient[j]) / (2 * h);
      CHECK_SHOW(fabs(hessian[i * N + j] - truth) <= 1e-7 * (1 + fabs(truth)),
                 "%zu %zu: %.10g, differences %.10g", i, j, hessian[i * N + j],
                 truth);
    }
  }
}

// He: deviation sqrt(2 / inputs); Glorot: even up to sqrt(6 / (in + out)).
static void test_starts(const neap *engine) {
  enum { IN = 200, OUT = 100 };
  static double x[OUT * (IN + 1) + OUT + 1];
  const neap_shape shape = {
      .features = IN, .outputs = 1, .layers = 1, .hidden = {OUT}};
  const double bias = -4.5;
  for (int how = NEAP_INITIAL_HE; how <= NEAP_INITIAL_GLOROT; how++) {
    const neap_start start = {.engine = engine,
                              .initialisation = (neap_initialisation)how,
                              .seed = 11,
                              .bias = &bias};
    double mean = 0, square = 0, most = 0;
    find_model("mlp")->initialise(&shape, &start, x);
    for (size_t o = 0; o < OUT; o++) {
      for (size_t j = 0; j < IN; j++) {
        const double w = x[o * (IN + 1) + j];
        mean += w / (IN * OUT);
        square += w * w / (IN * OUT);
        most = fmax(most, fabs(w));
      }
      CHECK(x[o * (IN + 1) + IN] == 0);
    }
    const double reach = sqrt(6.0 / (IN + OUT));
    const double variance =
        how == NEAP_INITIAL_HE ? 2.0 / IN : reach * reach / 3;
    // 20,000 draws: four deviations of their mean and mean square.
    CHECK(fabs(mean) <= 4 * sqrt(variance / (IN * OUT)));
    CHECK(fabs(square / variance - 1) <= 0.04);
    CHECK(how == NEAP_INITIAL_HE || most <= reach);
    CHECK(x[OUT * (IN + 1) + OUT] == bias);
  }
}

static void test_isa(const neap *engine) {
  test_gradients(engine);
  test_hessian(engine);
  test_starts(engine);
}

int main(void) {
  for_each_isa(test_isa);
  return check_result();
}
