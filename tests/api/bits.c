// tests/api/bits.c -- prints hashes of what the library computes, a line for
// each instruction set and part. Two builds of it must print the same.
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "neap.h"

enum { ROWS = 1003, CLASSES = 5, FEATURES = 7, DRAWS = 64 };

static uint64_t mix(uint64_t hash, const void *bytes, size_t count) {
  const unsigned char *at = bytes;
  for (size_t i = 0; i < count; i++)
    hash = (hash ^ at[i]) * UINT64_C(0x100000001B3);
  return hash;
}

// Numbers that any machine has: a counter through Knuth's generator of 64 bits
// (TAOCP vol. 2, 3.3.4, line 26), from -8 to 8.
static double next_number(uint64_t *state) {
  *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
  return (double)(int64_t)*state / 0x1p63 * 8;
}

static double x[ROWS * CLASSES * 2], y[ROWS];
static float x32[ROWS * CLASSES * 2], y32[ROWS];
static int32_t labels[ROWS];
static double out[3][ROWS * CLASSES];

static void fill(void) {
  uint64_t state = 1;
  for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
    x[i] = next_number(&state);
    x32[i] = (float)x[i];
  }
  for (size_t i = 0; i < ROWS; i++) {
    y[i] = x[i * FEATURES] + next_number(&state) > 5;
    y32[i] = (float)y[i];
    labels[i] = (int32_t)(fabs(next_number(&state)) * CLASSES / 8);
  }
}

static void hash_loss(const neap_loss *loss, neap_dtype dtype, void *scratch) {
  const bool is_single = dtype == NEAP_FLOAT32;
  const bool classes = neap_loss_kind_of(loss) == NEAP_CLASSES;
  double sum = 0;
  neap_error error = {0};
  neap_loss_call call = {.rows = ROWS,
                         .classes = classes ? CLASSES : 0,
                         .dtype = dtype,
                         .target_dtype = classes ? NEAP_INT32 : dtype,
                         .logits = is_single ? (void *)x32 : (void *)x,
                         .targets = classes     ? (void *)labels
                                    : is_single ? (void *)y32
                                                : (void *)y,
                         .value = out[0],
                         .gradient = out[1],
                         .hessian = out[2],
                         .sum = &sum,
                         .scratch = scratch};
  memset(out, 0, sizeof out);
  if (neap_loss_evaluate(loss, &call, &error) != NEAP_OK) {
    // Distributions take probabilities only: those of x and its neighbours.
    call.target_dtype = dtype;
    call.targets = is_single ? (void *)(x32 + 1) : (void *)(x + 1);
    call.options.logit_targets = 1;
    neap_loss_evaluate(loss, &call, &error);
  }
  uint64_t hash = mix(0, out, sizeof out);
  hash = mix(hash, &sum, sizeof sum);
  printf(" %s %" PRIx64, neap_loss_name(loss), hash);
}

static void hash_losses(const neap *engine) {
  char *block = malloc((1 << 20) + 64);
  void *scratch = block + (64 - (uintptr_t)block % 64);
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    hash_loss(neap_loss_at(engine, i), NEAP_FLOAT64, scratch);
    hash_loss(neap_loss_at(engine, i), NEAP_FLOAT32, scratch);
  }
  const neap_formula_text text = {
      .name = "own", .formula = "log1p(exp(-m)) * (1 - sigmoid(m))^0.5 + m^2"};
  neap_defined *own = neap_loss_define(engine, &text, NULL);
  hash_loss(neap_defined_loss(own, NEAP_BINARY), NEAP_FLOAT64, scratch);
  hash_loss(neap_defined_loss(own, NEAP_BINARY), NEAP_FLOAT32, scratch);
  hash_loss(neap_defined_loss(own, NEAP_CLASSES), NEAP_FLOAT32, scratch);
  neap_loss_undefine(own);
  free(block);
}

static void hash_fits(const neap *engine, const neap_model *model,
                      const neap_optimizer *optimizer) {
  static const char *const losses[] = {"focal", "poly1", "brier"};
  const bool is_mlp = strcmp(neap_model_name(model), "mlp") == 0;
  neap_train_point points[3];
  for (int i = 0; i < 3; i++)
    points[i] = neap_point_of(optimizer, neap_loss_find(engine, losses[i]));
  points[1].dropout =
      is_mlp && neap_optimizer_takes_batches(optimizer) ? 0.25 : 0;
  const neap_train_spec spec = {.rows = ROWS,
                                .shape = {.features = FEATURES,
                                          .outputs = 1,
                                          .layers = is_mlp ? 2 : 0,
                                          .hidden = {9, 5},
                                          .activation = NEAP_GELU},
                                .x = x32,
                                .dtype = NEAP_FLOAT32,
                                .targets = y,
                                .model = model,
                                .optimizer = optimizer,
                                .epochs = 3,
                                .batch = 100,
                                .points = points,
                                .point_count = 3};
  neap_error error = {0};
  neap_trainer *trainer = neap_trainer_new(engine, &spec, &error);
  if (trainer == NULL) {  // newton takes no mlp
    printf(" %s", error.message);
    return;
  }
  neap_trainer_step(trainer, INFINITY);
  uint64_t hash = 0;
  for (size_t p = 0; p < 3; p++) {
    hash = mix(hash, neap_trainer_parameters(trainer, p),
               neap_model_parameters(model, &spec.shape) * sizeof(double));
  }
  printf(" %s %" PRIx64, neap_optimizer_name(optimizer), hash);
  neap_trainer_free(trainer);
}

static void hash_metrics(const neap *engine) {
  const neap_columns columns = {.rows = ROWS,
                                .columns = 2,
                                .scores = x32,
                                .dtype = NEAP_FLOAT32,
                                .targets = y};
  double values[2], draws[2 * DRAWS];
  for (size_t i = 0; neap_metric_at(i) != NULL; i++) {
    const neap_metric *metric = neap_metric_at(i);
    neap_metric_evaluate(engine, &columns, metric, NULL, values, NULL, NULL);
    neap_metric_bootstrap(engine, &columns, metric, NULL, DRAWS, 3, draws,
                          NULL);
    const uint64_t hash = mix(0, values, sizeof values);
    printf(" %s %" PRIx64, neap_metric_name(metric),
           mix(hash, draws, sizeof draws));
  }
}

int main(void) {
  static const char *const isas[] = {"base", "avx2", "avx512"};
  fill();
  for (int i = 0; i < 3; i++) {
    const neap_host host = {.isa = isas[i]};
    neap *engine = neap_new(&host, NULL);
    if (engine == NULL)
      continue;
    printf("%s losses", isas[i]);
    hash_losses(engine);
    printf("\n%s metrics", isas[i]);
    hash_metrics(engine);
    for (size_t m = 0; neap_model_at(m) != NULL; m++) {
      printf("\n%s %s", isas[i], neap_model_name(neap_model_at(m)));
      for (size_t o = 0; neap_optimizer_at(o) != NULL; o++)
        hash_fits(engine, neap_model_at(m), neap_optimizer_at(o));
    }
    printf("\n");
    neap_free(engine);
  }
  return 0;
}
