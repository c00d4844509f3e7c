// train/start.c -- a new trainer: what is checked, and where points start.
#include <math.h>
#include <string.h>

#include "train/lockstep.h"

// Lines of the product that a chunk's points share: a multiple of what a tile
// of any instruction set has.
enum { CHUNK_LINES = 24 };

// Whether any targets of their domain will do.
static bool takes_all(const neap_train_point *point) {
  return !neap_loss_wants_hard(point->loss, &point->options) &&
         point->options.ignore_index == NULL;
}

// Whether the targets must be looked at for a point: they were not for a point
// before it that asks for as much.
static bool asks_more(const neap_train_spec *spec, size_t p) {
  const neap_train_point *point = &spec->points[p];
  if (!takes_all(point))
    return true;
  if (spec->kind == NEAP_BINARY)
    return false;  // 0 to 1 is enough
  return p == 0 || !takes_all(point - 1) ||
         neap_domain_of(point->loss, &point->options) !=
             neap_domain_of(point[-1].loss, &point[-1].options);
}

static neap_status check_point_targets(const neap_train_spec *spec, size_t p,
                                       neap_error *why) {
  const size_t outputs = spec->shape.outputs;
  if (spec->targets == NULL || !asks_more(spec, p))
    return NEAP_OK;
  const neap_loss_call call = {.rows = spec->rows,
                               .classes = outputs,
                               .row_stride = (ptrdiff_t)outputs,
                               .class_stride = 1,
                               .dtype = NEAP_FLOAT64,
                               .target_dtype = NEAP_FLOAT64,
                               .targets = spec->targets,
                               .options = spec->points[p].options};
  return neap_loss_check_targets(spec->points[p].loss, &call, why);
}

static neap_status check_point(const neap_train_spec *spec, size_t p,
                               neap_error *error) {
  const neap_train_point *point = &spec->points[p];
  const bool binary = spec->kind == NEAP_BINARY;
  if (neap_loss_kind_of(point->loss) != spec->kind) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "points[%zu]: %s can't train on %s targets", p + 1,
                     neap_loss_name(point->loss), binary ? "binary" : "class");
  }
  neap_error why = {0};
  neap_status status = neap_loss_check_options(point->loss, spec->shape.outputs,
                                               spec->optimizer->precision,
                                               &point->options, &why);
  if (status == NEAP_OK && spec->classes != NULL) {
    status = neap_loss_check_class_targets(point->loss, &point->options, &why);
  }
  if (status == NEAP_OK)
    status = check_point_targets(spec, p, &why);
  if (status != NEAP_OK) {
    return neap_fail(error, why.code, "points[%zu]: %s", p + 1, why.message);
  }
  const size_t columns = neap_loss_columns(point->loss);
  for (size_t i = 0; i < columns; i++) {
    if (point->loss_columns != NULL &&
        point->loss_columns[i] < spec->loss_column_count)
      continue;
    return neap_fail(error, NEAP_EARGUMENT,
                     "points[%zu]: %s has no numbers for column %zu of %zu",
                     p + 1, neap_loss_name(point->loss), i + 1, columns);
  }
  if (point->options.from == NEAP_PROBABILITIES) {
    return neap_fail(
        error, NEAP_EARGUMENT,
        "points[%zu]: %s takes probabilities; a model gives logits", p + 1,
        neap_loss_name(point->loss));
  }
  if (point->dropout > 0 && spec->model->unit_count == NULL) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "points[%zu]: dropout wants a model with hidden units; %s "
                     "has none",
                     p + 1, spec->model->name);
  }
  if (point->dropout > 0 && !spec->optimizer->batches) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "points[%zu]: dropout wants an optimizer on batches; %s "
                     "sees all rows",
                     p + 1, spec->optimizer->name);
  }
  return NEAP_OK;
}

static neap_status check_sampling(const neap_train_spec *spec,
                                  neap_error *error) {
  if (spec->sampling == NEAP_SAMPLE_NONE)
    return NEAP_OK;
  if (!spec->optimizer->batches) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "sampling wants an optimizer on batches; %s sees all rows",
                     spec->optimizer->name);
  }
  if (spec->sampling > NEAP_SAMPLE_OVER) {
    return neap_fail(error, NEAP_EARGUMENT, "sampling is %d; wanted 0 to %d",
                     (int)spec->sampling, NEAP_SAMPLE_OVER);
  }
  if (spec->sampling != NEAP_SAMPLE_BALANCED &&
      !(spec->ratio > 0 && spec->ratio <= 1)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "sampling has the ratio %g; wanted above 0 to 1",
                     spec->ratio);
  }
  for (size_t i = 0; i < spec->rows && spec->classes == NULL; i++) {
    const double y = spec->targets[i];
    if (spec->shape.outputs == 1 && (y == 0 || y == 1))
      continue;
    return neap_fail(error, NEAP_EARGUMENT,
                     "sampling wants one class a row; row %zu has the target "
                     "%g",
                     i + 1, y);
  }
  return NEAP_OK;
}

// What an optimizer asks of the model.
static neap_status check_optimizer(const neap_train_spec *spec,
                                   neap_error *error) {
  if (!spec->optimizer->bends)
    return NEAP_OK;
  if (spec->model->bend == NULL || spec->shape.outputs > 1) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s can't train %s with %zu outputs; wanted a linear "
                     "model of two classes",
                     spec->optimizer->name, spec->model->name,
                     spec->shape.outputs);
  }
  return NEAP_OK;
}

// Rows in random order have numbers of 32 bits; steps are counted in a double.
static neap_status check_batches(const neap_train_spec *spec,
                                 neap_error *error) {
  if (spec->epochs == 0 || spec->batch == 0) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "epochs is %zu and batch is %zu; wanted 1 or more",
                     spec->epochs, spec->batch);
  }
  if (spec->rows > UINT32_MAX) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "there are %zu rows; batches want at most 2^32 - 1",
                     spec->rows);
  }
  if (spec->epochs > (UINT64_C(1) << 53) / spec->rows) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "epochs is %zu of %zu rows; wanted at most 2^53 rows in "
                     "all",
                     spec->epochs, spec->rows);
  }
  return NEAP_OK;
}

neap_status neap_train_check(const neap_train_spec *spec, neap_error *error) {
  NEAP_TRY(check_optimizer(spec, error));
  NEAP_TRY(check_sampling(spec, error));
  for (size_t p = 0; p < spec->point_count; p++)
    NEAP_TRY(check_point(spec, p, error));
  double weight = spec->weights == NULL ? 1 : 0;
  for (size_t i = 0; spec->weights != NULL && i < spec->rows; i++)
    weight += spec->weights[i];
  if (spec->rows > 0 && !(weight > 0)) {
    return neap_fail(error, NEAP_EARGUMENT, "the weights of all rows are 0");
  }
  if (spec->rows == 0) {
    return neap_fail(error, NEAP_EARGUMENT, "there are no rows to train on");
  }
  if (spec->point_count == 0) {
    return neap_fail(error, NEAP_EARGUMENT, "there are no points to train");
  }
  return spec->optimizer->batches ? check_batches(spec, error) : NEAP_OK;
}

static double sum_targets(const neap_train_spec *spec, size_t output) {
  double sum = 0;
  for (size_t i = 0; i < spec->rows; i++)
    sum += spec->targets[i * spec->shape.outputs + output];
  return sum;
}

// log((n_o + 1/2) / (n - n_o + 1/2)) of a class: where a sigmoid starts with
// the classes' shares (Lin et al. 2017, sec. 4.1). A softmax takes
// log(n_o + 1/2), which differs by what is common to all.
static void find_bias(const neap_train_spec *spec, double *bias) {
  const size_t outputs = spec->shape.outputs;
  const double rows = (double)spec->rows;
  for (size_t o = 0; o < outputs; o++)
    bias[o] = 0;
  if (spec->zero_bias)
    return;
  for (size_t i = 0; i < spec->rows && spec->classes != NULL; i++)
    bias[spec->classes[i]]++;
  for (size_t o = 0; o < outputs && spec->classes == NULL; o++)
    bias[o] = sum_targets(spec, o);
  for (size_t o = 0; o < outputs; o++) {
    const double others = spec->kind == NEAP_CLASSES ? 1 : rows - bias[o] + 0.5;
    bias[o] = log((bias[o] + 0.5) / others);
  }
}

// Second moments that lie further apart are beyond float32: it is off by its
// rounding times the root.
static const double draft_condition = 1e8;

// Whether a point's steps begin in float32: where that can tell, and where its
// loss takes the options.
static bool can_draft(const neap_trainer *t, const neap_point *point) {
  neap_error error;
  return t->forms[NEAP_DRAFT].kernels != NULL &&
         (t->moments.features == 0 ||
          neap_moments_condition(&t->moments) < draft_condition) &&
         neap_loss_check_options(point->spec.loss, t->spec.shape.outputs,
                                 NEAP_FLOAT32, &point->spec.options,
                                 &error) == NEAP_OK;
}

static void start_points(neap_trainer *t) {
  const neap_train_spec *spec = &t->spec;
  // A gradient's buffer is free until the work begins.
  double *bias = t->points[0]->gradient;
  find_bias(spec, bias);
  const neap_start start = {.engine = t->engine,
                            .initialisation = spec->initialisation,
                            .seed = spec->seed,
                            .bias = bias};
  for (size_t p = 0; p < spec->point_count; p++) {
    neap_point *point = t->points[p];
    t->running[t->running_count++] = p;
    point->at.kernels = neap_kernels_of(t->engine, NEAP_FLOAT64);
    point->at.moments = t->moments.features > 0 ? &t->moments : NULL;
    point->at.l2 = point->spec.l2;
    point->at.draft = can_draft(t, point);
    point->at.best_value = point->at.best_norm = NAN;  // not known yet
    if (spec->initial != NULL) {
      memcpy(point->at.x, spec->initial + p * t->parameters,
             t->parameters * sizeof(double));
    } else {
      spec->model->initialise(&spec->shape, &start, point->at.x);
    }
  }
  memset(bias, 0, t->parameters * sizeof *bias);
}

static size_t sizes_bytes(const neap_trainer *t) {
  return 2 * t->class_count * sizeof(size_t);
}

// The sizes of the classes, and of what an epoch has of each.
static neap_status count_classes(neap_trainer *t, neap_error *error) {
  const neap_train_spec *spec = &t->spec;
  const neap_host *host = &t->engine->host;
  t->epoch_rows = spec->rows;
  if (spec->sampling == NEAP_SAMPLE_NONE)
    return NEAP_OK;
  t->class_count = spec->classes != NULL ? spec->shape.outputs : 2;
  t->class_sizes = host->allocate(host->data, NULL, 0, sizes_bytes(t));
  if (t->class_sizes == NULL)
    return neap_fail(error, NEAP_EMEMORY, "no memory for a trainer");
  t->sampled_sizes = t->class_sizes + t->class_count;
  memset(t->class_sizes, 0, sizes_bytes(t));
  for (size_t i = 0; i < spec->rows; i++)
    t->class_sizes[neap_class_of_row(spec, i)]++;
  neap_sampled_counts(spec->sampling, spec->ratio, t->class_count,
                      t->class_sizes, t->sampled_sizes);
  t->epoch_rows = 0;
  for (size_t c = 0; c < t->class_count; c++) {
    t->epoch_rows += t->sampled_sizes[c];
    if (t->class_sizes[c] == 0) {
      return neap_fail(error, NEAP_EARGUMENT,
                       "sampling wants rows of every class; class %zu has none",
                       c);
    }
  }
  return t->epoch_rows <= UINT32_MAX
             ? NEAP_OK
             : neap_fail(error, NEAP_EARGUMENT,
                         "an epoch has %zu sampled rows; wanted at most "
                         "2^32 - 1",
                         t->epoch_rows);
}

static neap_form form_of(const neap *engine, neap_dtype dtype) {
  return (neap_form){.kernels = neap_kernels_of(engine, dtype),
                     .number_bytes = neap_dtype_size(dtype)};
}

neap_trainer *neap_trainer_new(const neap *engine, const neap_train_spec *spec,
                               neap_error *error) {
  const neap_host *host = &engine->host;
  if (neap_check_numbers(engine, spec, error) != NEAP_OK ||
      neap_train_check(spec, error) != NEAP_OK)
    return NULL;
  neap_trainer *t = host->allocate(host->data, NULL, 0, sizeof *t);
  if (t == NULL) {
    neap_fail(error, NEAP_EMEMORY, "no memory for a trainer");
    return NULL;
  }
  const size_t lines = spec->model->line_count(&spec->shape);
  *t = (neap_trainer){
      .job = {.engine = engine, .work = neap_trainer_work},
      .engine = engine,
      .spec = *spec,
      .forms = {[NEAP_FINE] = form_of(engine, spec->optimizer->precision)},
      .parameters = spec->model->parameter_count(&spec->shape),
      .width = neap_padded(spec->shape.features),
      .chunk_points = lines < CHUNK_LINES ? CHUNK_LINES / lines : 1,
      .stride = NEAP_BLOCK_ROWS + NEAP_PAD};
  if (spec->optimizer->drafts && spec->initial == NULL)
    t->forms[NEAP_DRAFT] = form_of(engine, NEAP_FLOAT32);
  if (spec->optimizer->preconditions && spec->model->bend != NULL &&
      spec->shape.features <= NEAP_MOMENTS_MAX)
    t->moments = (neap_moments){.kernels = t->forms[NEAP_FINE].kernels,
                                .features = spec->shape.features,
                                .width = t->width};
  for (size_t p = 0; p < spec->point_count; p++)
    t->drops |= spec->points[p].dropout > 0;
  if (count_classes(t, error) != NEAP_OK ||
      neap_trainer_allocate(t, error) != NEAP_OK) {
    neap_trainer_free(t);
    return NULL;
  }
  if (t->spec.batch > t->epoch_rows)
    t->spec.batch = t->epoch_rows;  // all of them, in one batch
  neap_trainer_pack(t);
  neap_trainer_moments(t);
  if (spec->sampling != NEAP_SAMPLE_NONE)
    neap_trainer_sort_classes(t);
  start_points(t);
  neap_trainer_start(t, NEAP_PHASE_STEPS);
  return t;
}

void neap_trainer_free(neap_trainer *t) {
  if (t == NULL)
    return;
  const neap_host *host = &t->engine->host;
  neap_arena_free(t->engine, &t->arena);
  if (t->class_sizes != NULL)
    host->allocate(host->data, t->class_sizes, sizes_bytes(t), 0);
  host->allocate(host->data, t, sizeof *t, 0);
}
