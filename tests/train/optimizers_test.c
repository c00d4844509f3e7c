// tests/train/optimizers_test.c -- optimizers on batches step as torch.optim
// does: tests/data/optimizer_golden.txt, made by tests/train/golden.py with
// PyTorch 2.15.
#define _POSIX_C_SOURCE 200809L

#include "check.h"
#include "train/train.h"

static const neap_optimizer *find_optimizer(const char *name) {
  for (size_t i = 0; neap_optimizer_at(i) != NULL; i++) {
    if (strcmp(neap_optimizer_at(i)->name, name) == 0)
      return neap_optimizer_at(i);
  }
  return NULL;
}

// Reads words up to a colon into numbers, and returns how many.
static int read_numbers(char **words, double *numbers) {
  int count = 0;
  for (char *word; (word = strtok_r(NULL, " \n", words)) != NULL;) {
    if (strcmp(word, ":") == 0)
      break;
    numbers[count++] = strtod(word, NULL);
  }
  return count;
}

static void check_line(const neap *engine, char *line) {
  char *words;
  const char *name = strtok_r(line, " ", &words);
  const neap_optimizer *optimizer = find_optimizer(name);
  double options[16], truth[16];
  const int count = read_numbers(&words, options) - 1;
  CHECK(read_numbers(&words, truth) == 3);
  const double c[] = {1, 4, 0.25};
  double x[] = {3, -2, 0.5}, gradient[3], state[16] = {0};
  CHECK(optimizer->state_bytes(3, options) <= sizeof state);
  neap_iterate at = {.kernels = neap_kernels_of(engine, NEAP_FLOAT64),
                     .x = x,
                     .gradient = gradient};
  at.all_steps = (size_t)options[count];
  for (; at.step < at.all_steps; at.step++) {
    for (int i = 0; i < 3; i++)
      gradient[i] = c[i] * (x[i] - 1);
    CHECK(optimizer->step(state, 3, options, &at) == NEAP_FIT_RUNNING);
  }
  for (int i = 0; i < 3; i++) {
    CHECK_SHOW(fabs(x[i] - truth[i]) <= 1e-13, "%s %g %g %g: %.17g, wanted %g",
               name, options[0], options[1], options[2], x[i], truth[i]);
  }
}

static const char *folder;

static void test_golden(const neap *engine) {
  char path[512], line[1024];
  int lines = 0;
  snprintf(path, sizeof path, "%s/optimizer_golden.txt", folder);
  FILE *file = fopen(path, "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    check_line(engine, line);
    lines++;
  }
  CHECK(lines == 13);
  if (file != NULL)
    fclose(file);
}

enum { LANES = 35, STEPS = 5 };

// Steps some parameters of f(x) = sum x^4 / 4.
static void step_some(const neap *engine, const neap_optimizer *optimizer,
                      size_t count, double *x) {
  double options[NEAP_PARAMETER_MAX], gradient[LANES], state[2 * LANES] = {0};
  for (int i = 0; optimizer->parameters[i].name != NULL; i++)
    options[i] = optimizer->parameters[i].initial;
  CHECK(optimizer->state_bytes(count, options) <= sizeof state);
  neap_iterate at = {.kernels = neap_kernels_of(engine, NEAP_FLOAT64),
                     .x = x,
                     .gradient = gradient,
                     .all_steps = STEPS};
  for (; at.step < at.all_steps; at.step++) {
    for (size_t i = 0; i < count; i++)
      gradient[i] = x[i] * x[i] * x[i];
    optimizer->step(state, count, options, &at);
  }
}

// A parameter steps alike alone and in any lane.
static void test_lanes(const neap *engine) {
  const char *names[] = {"sgd", "adam", "adamw"};
  for (int n = 0; n < 3; n++) {
    const neap_optimizer *optimizer = find_optimizer(names[n]);
    double together[LANES];
    for (int i = 0; i < LANES; i++)
      together[i] = i / 7.0 - 2;
    step_some(engine, optimizer, LANES, together);
    for (int i = 0; i < LANES; i++) {
      double alone = i / 7.0 - 2;
      const double start = alone;
      step_some(engine, optimizer, 1, &alone);
      CHECK_SHOW(alone == together[i] && (alone != start || start == 0),
                 "%s of %g: %.17g alone, %.17g", names[n], start, alone,
                 together[i]);
    }
  }
}

int main(int argc, char **argv) {
  folder = test_data(argc, argv);
  for_each_isa(test_golden);
  for_each_isa(test_lanes);
  return check_result();
}
