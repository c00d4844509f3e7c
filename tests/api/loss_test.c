// tests/api/loss_test.c -- a C program that knows neap.h and nothing else: it
// finds losses, lists their parameters, and evaluates on its own buffers,
// from several threads at once.
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "neap.h"

static int failures;

static void check(int holds, const char *what) {
  if (holds)
    return;
  failures++;
  printf("not so: %s\n", what);
}

// An allocator that counts.
typedef struct counter {
  size_t calls, bytes;
} counter;

static void *count_memory(void *data, void *block, size_t old_size,
                          size_t new_size) {
  counter *c = data;
  c->calls++;
  c->bytes += new_size - old_size;
  if (new_size > 0)
    return realloc(block, new_size);
  free(block);
  return NULL;
}

// Every loss can be found by its name, with parameters in their ranges.
static void list_losses(const neap *engine) {
  size_t losses = 0;
  for (const neap_loss *loss; (loss = neap_loss_at(engine, losses)) != NULL;
       losses++) {
    size_t count;
    const neap_parameter *p = neap_loss_parameters(loss, &count);
    check(neap_loss_find(engine, neap_loss_name(loss)) == loss,
          "found by name");
    check(strlen(neap_loss_source(loss)) > 0, "a source");
    check(strlen(neap_loss_formula(loss)) > 0, "a formula");
    check(count <= NEAP_PARAMETER_MAX, "no more parameters than fit");
    for (size_t i = 0; i < count; i++) {
      check(p[i].name != NULL && p[i].meaning != NULL, "a name and a meaning");
      check(isnan(p[i].initial) ||
                (p[i].initial >= p[i].low && p[i].initial <= p[i].high),
            "a default in its range");
    }
  }
  check(losses >= 27, "all losses");
  check(neap_loss_find(engine, "no such") == NULL, "no other");
}

// The focal paper's example; the figure is of 40 digits.
static void evaluate_example(const neap *engine) {
  const neap_loss *focal = neap_loss_find(engine, "focal");
  double params[NEAP_PARAMETER_MAX] = {2, 0.25, 0};
  const double x[] = {log(0.1 / 0.9), log(0.01 / 0.99)}, y[] = {1, 0};
  double value[2], gradient[2], hessian[2], sum, denominator;
  neap_loss_call call = {.rows = 2,
                         .logits = x,
                         .targets = y,
                         .options = {.params = params},
                         .value = value,
                         .gradient = gradient,
                         .hessian = hessian,
                         .sum = &sum,
                         .denominator = &denominator};
  neap_error error = {0};
  check(neap_loss_evaluate(focal, &call, &error) == NEAP_OK, "evaluated");
  check(fabs(value[0] - 0.25 * 1.865093925325177) < 1e-15, "hard positive");
  check(fabs(value[1] - 0.75 * 1.0050335853501441e-6) < 1e-21, "easy negative");
  check(fabs(sum - value[0] - value[1]) < 1e-16, "the sum");
  check(denominator == 2, "the rows");
  check(gradient[0] < 0 && gradient[1] > 0 && hessian[1] > 0, "the signs");

  params[0] = -1;
  check(neap_loss_evaluate(focal, &call, &error) == NEAP_EARGUMENT, "refused");
  check(strcmp(error.message, "gamma is -1; wanted 0 to 1e+09") == 0,
        error.message);
  params[0] = 2;
  const double wrong[] = {1, 2};
  call.targets = wrong;
  check(neap_loss_evaluate(focal, &call, NULL) == NEAP_EDATA, "no class");
}

// The flat signature is the same evaluation.
// What can't be is refused, not followed.
static void refuse_nonsense(const neap *engine) {
  const neap_loss *loss = neap_loss_find(engine, "binary_cross_entropy");
  const double x = 1, y = 1;
  double sum;
  const neap_loss_call plain = {
      .rows = 1, .logits = &x, .targets = &y, .sum = &sum};
  neap_loss_call calls[6];
  for (int i = 0; i < 6; i++)
    calls[i] = plain;
  calls[0].logits = NULL;
  calls[1].targets = NULL;
  calls[2].dtype = (neap_dtype)9;
  calls[3].options.hessian_mode = (neap_hessian_mode)17;
  calls[4].options.normalizer = (neap_normalizer)17;
  calls[5].options.hessian_mode = NEAP_HESSIAN_FLOOR;
  calls[5].options.hessian_floor = -1;
  for (int i = 0; i < 6; i++) {
    neap_error error = {0};
    check(neap_loss_evaluate(loss, &calls[i], &error) == NEAP_EARGUMENT,
          "nonsense is refused");
    check(strstr(error.message, "wanted") != NULL || i < 2,
          "and what is wanted said");
  }
}

static void evaluate_flat(const neap *engine) {
  const neap_loss *focal = neap_loss_find(engine, "focal");
  const double x[] = {-6, 0.5, 3}, y[] = {1, 1, 0};
  double g[2][3], h[2][3];
  const neap_loss_call call = {
      .rows = 3,
      .logits = x,
      .targets = y,
      .options = {.hessian_mode = NEAP_HESSIAN_POSITIVE},
      .gradient = g[0],
      .hessian = h[0]};
  neap_error error = {0};
  check(neap_loss_evaluate(focal, &call, &error) == NEAP_OK, error.message);
  check(neap_loss_derivatives(focal, NULL, NEAP_HESSIAN_POSITIVE, 3, x, y, g[1],
                              h[1], &error) == NEAP_OK,
        error.message);
  check(memcmp(g[0], g[1], sizeof g[0]) == 0, "the same gradient");
  check(memcmp(h[0], h[1], sizeof h[0]) == 0, "the same Hessian");
  check(h[0][0] > 0, "a positive Hessian where the exact one is negative");
  const neap_loss *classes = neap_loss_find(engine, "cross_entropy");
  check(neap_loss_derivatives(classes, NULL, NEAP_HESSIAN_EXACT, 3, x, y, g[1],
                              h[1], &error) == NEAP_ESHAPE,
        "classes want rows of logits");
}

// 0.7 a + 0.3 b in the caller's memory.
static void evaluate_sum(const neap *engine) {
  static _Alignas(16) char memory[4096];
  const neap_loss_term terms[] = {
      {.factor = 0.7, .loss = neap_loss_find(engine, "focal")},
      {.factor = 0.3, .loss = neap_loss_find(engine, "brier")}};
  check(neap_loss_sum_bytes(2) <= sizeof memory, "room for a sum");
  neap_error error = {0};
  const neap_loss *both = neap_loss_sum(memory, terms, 2, &error);
  const double x[] = {0.3, -2}, y[] = {1, 1};
  double sums[3];
  const neap_loss *losses[] = {terms[0].loss, terms[1].loss, both};
  for (int i = 0; i < 3; i++) {
    static _Alignas(64) char scratch[1 << 14];
    check(neap_loss_scratch_bytes(losses[i], 1, NEAP_FLOAT64) <= sizeof scratch,
          "room for scratch");
    const neap_loss_call call = {.rows = 2,
                                 .logits = x,
                                 .targets = y,
                                 .sum = &sums[i],
                                 .scratch = scratch};
    check(neap_loss_evaluate(losses[i], &call, &error) == NEAP_OK,
          error.message);
  }
  check(fabs(sums[2] - 0.7 * sums[0] - 0.3 * sums[1]) < 1e-15, "a sum");
}

// ------------------------------------------------------------------ threads

enum { THREADS = 4, ROWS = 1000, CLASSES = 7 };

typedef struct worker {
  const neap *engine;
  pthread_t thread;
  float gradient[ROWS * CLASSES];
  double sum;
} worker;

static float logits[ROWS * CLASSES];
static int32_t labels[ROWS];

static void *run_worker(void *argument) {
  worker *w = argument;
  const neap_loss *loss = neap_loss_find(w->engine, "softmax_focal");
  const size_t bytes = neap_loss_scratch_bytes(loss, CLASSES, NEAP_FLOAT32);
  char *block = malloc(bytes + 64);
  void *scratch = block + (64 - (uintptr_t)block % 64);
  const neap_loss_call call = {.rows = ROWS,
                               .classes = CLASSES,
                               .dtype = NEAP_FLOAT32,
                               .target_dtype = NEAP_INT32,
                               .logits = logits,
                               .targets = labels,
                               .gradient = w->gradient,
                               .sum = &w->sum,
                               .scratch = scratch};
  for (int i = 0; i < 20; i++) {
    if (neap_loss_evaluate(loss, &call, NULL) != NEAP_OK)
      w->sum = NAN;
  }
  free(block);
  return NULL;
}

static void evaluate_in_threads(const neap *engine) {
  static worker workers[THREADS];
  for (int i = 0; i < ROWS * CLASSES; i++)
    logits[i] = (float)((i * 37) % 101) / 10 - 5;
  for (int i = 0; i < ROWS; i++)
    labels[i] = (i * 13) % CLASSES;
  for (int i = 0; i < THREADS; i++) {
    workers[i].engine = engine;
    if (pthread_create(&workers[i].thread, NULL, run_worker, &workers[i]) != 0)
      exit(2);
  }
  for (int i = 0; i < THREADS; i++)
    pthread_join(workers[i].thread, NULL);
  for (int i = 0; i < THREADS; i++) {
    check(workers[i].sum == workers[0].sum && workers[i].sum > 0,
          "the same sum in each thread");
    check(memcmp(workers[i].gradient, workers[0].gradient,
                 sizeof workers[0].gradient) == 0,
          "the same bits in each thread");
  }
}

int main(void) {
  counter memory = {0};
  const neap_host host = {.data = &memory, .allocate = count_memory};
  neap_error error = {0};
  neap *engine = neap_new(&host, &error);
  if (engine == NULL) {
    printf("%s\n", error.message);
    return 1;
  }
  list_losses(engine);
  const size_t calls = memory.calls;
  evaluate_example(engine);
  refuse_nonsense(engine);
  evaluate_flat(engine);
  evaluate_sum(engine);
  evaluate_in_threads(engine);
  check(memory.calls == calls, "no allocation by any call");
  neap_free(engine);
  check(memory.bytes == 0, "all memory given back");
  return failures != 0;
}
