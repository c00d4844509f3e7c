// train/check.c -- training as neap_train.h has it: finding models and
// optimizers, and what is checked of the numbers that callers give.
#include <math.h>
#include <string.h>

#include "dataset/dataset.h"
#include "train/lockstep.h"

// --------------------------------------------------- models and optimizers

const neap_model *neap_model_find(const char *name) {
  for (size_t i = 0; neap_model_at(i) != NULL; i++) {
    if (strcmp(neap_model_at(i)->name, name) == 0)
      return neap_model_at(i);
  }
  return NULL;
}

const neap_optimizer *neap_optimizer_find(const char *name) {
  for (size_t i = 0; neap_optimizer_at(i) != NULL; i++) {
    if (strcmp(neap_optimizer_at(i)->name, name) == 0)
      return neap_optimizer_at(i);
  }
  return NULL;
}

const char *neap_model_name(const neap_model *model) {
  return model->name;
}

const char *neap_optimizer_name(const neap_optimizer *optimizer) {
  return optimizer->name;
}

const neap_parameter *neap_optimizer_parameters(const neap_optimizer *optimizer,
                                                size_t *count) {
  *count = neap_parameter_count(optimizer->parameters);
  return optimizer->parameters;
}

bool neap_optimizer_takes_batches(const neap_optimizer *optimizer) {
  return optimizer->batches;
}

size_t neap_model_parameters(const neap_model *model, const neap_shape *shape) {
  return model->parameter_count(shape);
}

neap_train_point neap_point_of(const neap_optimizer *optimizer,
                               const neap_loss *loss) {
  neap_train_point point = {.loss = loss};
  neap_initial_parameters(optimizer->parameters, point.optimizer);
  return point;
}

// ------------------------------------------------------------------- a spec

// What no memory holds, so that sizes in bytes are in range.
static const size_t weights_most = (size_t)1 << 40;

neap_status neap_check_row_count(size_t rows, size_t numbers,
                                 neap_error *error) {
  if (rows <= SIZE_MAX / 16 / numbers)
    return NEAP_OK;
  return neap_fail(error, NEAP_EARGUMENT,
                   "rows is %zu; wanted what fits into memory, %zu numbers "
                   "a row",
                   rows, numbers);
}

neap_status neap_model_check_shape(const neap_model *model,
                                   const neap_shape *shape, neap_error *error) {
  if (model == NULL || shape->features == 0 || shape->outputs == 0) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "the model is %s, of %zu features and %zu outputs; wanted "
                     "one of 1 or more",
                     model != NULL ? model->name : "NULL", shape->features,
                     shape->outputs);
  }
  if (shape->features > weights_most / shape->outputs) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "there are %zu features and %zu outputs; wanted no more "
                     "than 2^40 weights",
                     shape->features, shape->outputs);
  }
  const bool has_units = model->unit_count != NULL;
  if (has_units ? shape->layers < 1 || shape->layers > NEAP_LAYERS_MAX
                : shape->layers != 0) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "the shape has %zu hidden layers; wanted %s of a %s model",
                     shape->layers, has_units ? "1 to 8" : "none", model->name);
  }
  for (size_t i = 0; i < shape->layers; i++) {
    if (shape->hidden[i] < 1 || shape->hidden[i] > 65536) {
      return neap_fail(error, NEAP_EARGUMENT,
                       "hidden layer %zu has %zu units; wanted 1 to 65536",
                       i + 1, shape->hidden[i]);
    }
  }
  return NEAP_OK;
}

static neap_status check_rows(const neap *engine, const neap_train_spec *spec,
                              neap_error *error) {
  const size_t features = spec->shape.features;
  NEAP_TRY(neap_check_row_count(spec->rows, features, error));
  NEAP_TRY(neap_check_row_count(spec->rows, spec->shape.outputs, error));
  const size_t count = spec->rows * features;
  const void *x = spec->x;
  if (count > 0 && x == NULL) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "x is NULL; wanted rows of float64 or float32");
  }
  if (spec->dtype != NEAP_FLOAT64 && spec->dtype != NEAP_FLOAT32) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "dtype is %d; wanted NEAP_FLOAT64 or NEAP_FLOAT32",
                     (int)spec->dtype);
  }
  const size_t at = neap_find_not_finite(engine, count, x, spec->dtype);
  if (at < count) {
    return neap_fail(error, NEAP_EDATA,
                     "row %zu has %g in column %zu; wanted a finite number",
                     at / features + 1, neap_get(x, spec->dtype, at),
                     at % features + 1);
  }
  return NEAP_OK;
}

neap_status neap_check_scaling(const double *shift, const double *scale,
                               neap_error *error) {
  if ((shift == NULL) == (scale == NULL))
    return NEAP_OK;
  return neap_fail(
      error, NEAP_EARGUMENT, "%s is NULL and %s is not; wanted both or none",
      shift == NULL ? "shift" : "scale", shift == NULL ? "scale" : "shift");
}

static neap_status check_targets(const neap_train_spec *spec,
                                 neap_error *error) {
  const size_t outputs = spec->shape.outputs;
  if ((spec->targets == NULL) == (spec->classes == NULL)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "wanted either targets or classes, and not both");
  }
  if (spec->kind == NEAP_REAL || (spec->kind == NEAP_CLASSES && outputs < 2)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "wanted binary targets, or classes of 2 or more outputs");
  }
  if (spec->classes != NULL && spec->kind != NEAP_CLASSES) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "classes want the kind NEAP_CLASSES; of binary losses "
                     "targets are numbers");
  }
  for (size_t i = 0; spec->classes != NULL && i < spec->rows; i++) {
    if (spec->classes[i] < 0 || (size_t)spec->classes[i] >= outputs) {
      return neap_fail(error, NEAP_EDATA,
                       "the class in row %zu is %d; wanted 0 to %zu", i + 1,
                       (int)spec->classes[i], outputs - 1);
    }
  }
  for (size_t i = 0; spec->targets != NULL && i < spec->rows * outputs; i++) {
    if (!(spec->targets[i] >= 0 && spec->targets[i] <= 1)) {
      return neap_fail(error, NEAP_EDATA,
                       "the target in row %zu is %g; wanted 0 to 1",
                       i / outputs + 1, spec->targets[i]);
    }
  }
  return NEAP_OK;
}

// Standardisation, and what losses read of the rows.
static neap_status check_columns(const neap_train_spec *spec,
                                 neap_error *error) {
  NEAP_TRY(neap_check_scaling(spec->shift, spec->scale, error));
  for (size_t i = 0; i < spec->loss_column_count; i++) {
    if (spec->loss_columns == NULL || spec->loss_columns[i] == NULL) {
      return neap_fail(error, NEAP_EARGUMENT,
                       "loss column %zu of %zu is NULL; wanted numbers of the "
                       "rows",
                       i + 1, spec->loss_column_count);
    }
  }
  return NEAP_OK;
}

static neap_status check_point(const neap_train_spec *spec, size_t p,
                               neap_error *error) {
  const neap_train_point *point = &spec->points[p];
  neap_error why = {0};
  if (point->loss == NULL) {
    return neap_fail(error, NEAP_EARGUMENT, "points[%zu] has no loss", p + 1);
  }
  if (!(point->l2 >= 0 && isfinite(point->l2))) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "points[%zu]: l2 is %g; wanted a number >= 0", p + 1,
                     point->l2);
  }
  if (!(point->dropout >= 0 && point->dropout < 1)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "points[%zu]: dropout is %g; wanted 0 to below 1", p + 1,
                     point->dropout);
  }
  if (neap_check_parameters(spec->optimizer->parameters, point->optimizer,
                            &why) != NEAP_OK) {
    return neap_fail(error, why.code, "points[%zu]: %s: %s", p + 1,
                     spec->optimizer->name, why.message);
  }
  return NEAP_OK;
}

neap_status neap_check_numbers(const neap *engine, const neap_train_spec *spec,
                               neap_error *error) {
  NEAP_TRY(neap_model_check_shape(spec->model, &spec->shape, error));
  if (spec->optimizer == NULL)
    return neap_fail(error, NEAP_EARGUMENT, "there is no optimizer");
  NEAP_TRY(check_rows(engine, spec, error));
  NEAP_TRY(check_columns(spec, error));
  NEAP_TRY(check_targets(spec, error));
  if (spec->points == NULL && spec->point_count > 0) {
    return neap_fail(error, NEAP_EARGUMENT, "points is NULL; wanted %zu",
                     spec->point_count);
  }
  for (size_t p = 0; p < spec->point_count; p++)
    NEAP_TRY(check_point(spec, p, error));
  for (size_t i = 0; spec->weights != NULL && i < spec->rows; i++) {
    if (!(spec->weights[i] >= 0 && isfinite(spec->weights[i]))) {
      return neap_fail(error, NEAP_EARGUMENT,
                       "the weight of row %zu is %g; wanted a number >= 0",
                       i + 1, spec->weights[i]);
    }
  }
  return NEAP_OK;
}

// ---------------------------------------------------------------------- time

bool neap_trainer_step(neap_trainer *trainer, double seconds) {
  neap_job *job = neap_trainer_job(trainer);
  const bool done = neap_job_step(job, neap_job_seconds(job, seconds));
  return done || neap_trainer_paused(trainer);
}
