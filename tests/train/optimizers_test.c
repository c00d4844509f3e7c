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

static void check_line(char *line) {
  char *words;
  const char *name = strtok_r(line, " ", &words);
  const neap_optimizer *optimizer = find_optimizer(name);
  double options[16], truth[16];
  const int count = read_numbers(&words, options) - 1;
  CHECK(read_numbers(&words, truth) == 3);
  const double c[] = {1, 4, 0.25};
  double x[] = {3, -2, 0.5}, gradient[3], state[16] = {0};
  CHECK(optimizer->state_bytes(3, options) <= sizeof state);
  neap_iterate at = {.x = x, .gradient = gradient};
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

int main(int argc, char **argv) {
  char path[512], line[1024];
  int lines = 0;
  snprintf(path, sizeof path, "%s/optimizer_golden.txt", test_data(argc, argv));
  FILE *file = fopen(path, "r");
  while (file != NULL && fgets(line, sizeof line, file) != NULL) {
    check_line(line);
    lines++;
  }
  CHECK(lines == 13);
  if (file != NULL)
    fclose(file);
  return check_result();
}
