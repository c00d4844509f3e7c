// tests/api/training.h -- points and refusals for the tests of neap_train.h.
#ifndef NEAP_TESTS_API_TRAINING_H
#define NEAP_TESTS_API_TRAINING_H

#include <string.h>

#include "check.h"
#include "neap.h"

static neap_train_point point_of(const neap *engine, const char *optimizer,
                                 const char *loss) {
  return neap_point_of(neap_optimizer_find(optimizer),
                       neap_loss_find(engine, loss));
}

// Points on one column and one target a row, that see all of them three times.
static neap_train_spec spec_on(size_t rows, const double *x, const double *y,
                               const char *optimizer,
                               const neap_train_point *points, size_t count) {
  return (neap_train_spec){.rows = rows,
                           .shape = {.features = 1, .outputs = 1},
                           .x = x,
                           .targets = y,
                           .model = neap_model_find("linear"),
                           .optimizer = neap_optimizer_find(optimizer),
                           .epochs = 3,
                           .batch = 4,
                           .points = points,
                           .point_count = count};
}

static void refuses(const neap *engine, const neap_train_spec *spec,
                    neap_status code, const char *message) {
  neap_error error = {0};
  CHECK(neap_trainer_new(engine, spec, &error) == NULL);
  CHECK_SHOW(error.code == code && strstr(error.message, message) != NULL,
             "%d: %s", (int)error.code, error.message);
}

#endif
