// train/layout.c -- all memory of a trainer, in one block.
#include <string.h>

#include "train/lockstep.h"

// Takes room for a list of numbers and copies it there, once there is room.
static const double *copy_list(neap_arena *a, const double *from,
                               size_t count) {
  double *to = from != NULL ? neap_arena_take(a, count, sizeof *to) : NULL;
  if (to != NULL)
    memcpy(to, from, count * sizeof *to);
  return to;
}

static neap_loss_options copy_options(neap_trainer *t,
                                      const neap_train_point *point) {
  neap_arena *a = &t->arena;
  const size_t outputs = t->spec.shape.outputs;
  const size_t k = t->spec.kind == NEAP_CLASSES ? outputs : 2;
  neap_loss_options o = point->options;
  size_t parameters;
  neap_loss_parameters(point->loss, &parameters);
  o.params = copy_list(a, o.params, parameters);
  o.class_weights = copy_list(a, o.class_weights, k);
  o.class_offsets = copy_list(a, o.class_offsets, k);
  o.class_margins = copy_list(a, o.class_margins, k);
  o.label_weights = copy_list(a, o.label_weights, outputs);
  o.ignore_index = copy_list(a, o.ignore_index, 1);
  return o;
}

// The columns of a point's loss.
static const uint16_t *copy_columns(neap_trainer *t,
                                    const neap_train_point *point) {
  const size_t count = neap_loss_columns(point->loss);
  uint16_t *to = neap_arena_take(&t->arena, count, sizeof *to);
  if (to != NULL && count > 0)
    memcpy(to, point->loss_columns, count * sizeof *to);
  return to;
}

// The most columns that one point's loss reads.
static size_t most_columns(const neap_trainer *t) {
  size_t most = 0;
  for (size_t p = 0; p < t->spec.point_count; p++) {
    const size_t count = neap_loss_columns(t->spec.points[p].loss);
    most = count > most ? count : most;
  }
  return most;
}

static void lay_out_point(neap_trainer *t, size_t p) {
  neap_arena *a = &t->arena;
  const size_t parameters = t->parameters;
  const neap_train_point *spec = &t->spec.points[p];
  const bool bends = t->spec.optimizer->bends;
  const size_t square = bends ? parameters * parameters : 0;
  const size_t state =
      t->spec.optimizer->state_bytes(parameters, spec->optimizer);
  neap_point *point = neap_arena_take(a, 1, sizeof *point);
  double *x = neap_arena_take(a, parameters, sizeof(double));
  double *gradient = neap_arena_take(a, parameters, sizeof(double));
  double *hessian = bends ? neap_arena_take(a, square, sizeof(double)) : NULL;
  void *optimizer = neap_arena_take(a, state, 1);
  double *kept =
      t->spec.pauses ? neap_arena_take(a, parameters, sizeof(double)) : NULL;
  double *history =
      neap_arena_take(a, neap_history_capacity(t), sizeof(double));
  const neap_loss_options options = copy_options(t, spec);
  const uint16_t *columns = copy_columns(t, spec);
  if (point == NULL)
    return;
  *point =
      (neap_point){.spec = *spec,
                   .at = {.x = x, .gradient = gradient, .hessian = hessian},
                   .gradient = gradient,
                   .hessian = hessian,
                   .optimizer = optimizer,
                   .kept = kept,
                   .history = history};
  point->spec.options = options;
  point->spec.loss_columns = columns;
  t->points[p] = point;
}

static size_t loss_scratch_bytes(const neap_trainer *t) {
  size_t most = 0;
  for (size_t p = 0; p < t->spec.point_count; p++) {
    for (int f = 0; f < NEAP_FORM_COUNT; f++) {
      if (t->forms[f].kernels == NULL)
        continue;
      const size_t bytes =
          neap_loss_scratch_bytes(t->spec.points[p].loss, t->spec.shape.outputs,
                                  t->forms[f].kernels->dtype);
      if (bytes > most)
        most = bytes;
    }
  }
  return most;
}

static neap_workspace lay_out_space(neap_trainer *t) {
  neap_arena *a = &t->arena;
  const neap_shape *shape = &t->spec.shape;
  // What holds the largest numbers holds the others.
  const size_t size = t->forms[NEAP_FINE].number_bytes, rows = NEAP_BLOCK_ROWS;
  const size_t chunk = t->chunk_points * shape->outputs;
  const neap_dtype precision = t->spec.optimizer->precision;
  const size_t model =
      t->spec.model->scratch_bytes(shape, t->chunk_points, precision);
  const size_t units = t->drops ? t->spec.model->unit_count(shape) : 0;
  const size_t curvature = t->spec.optimizer->bends ? chunk : 0;
  const size_t line =
      (neap_has_lines(t) ? shape->outputs : 0) * (size_t)t->stride;
  const size_t stride = (size_t)t->stride;
  return (neap_workspace){
      .rows = neap_arena_take(a, rows * t->width, size),
      .columns = neap_arena_take(a, shape->features * stride, size),
      .targets = neap_arena_take(a, line > 0 ? line : rows, size),
      .weights = neap_arena_take(a, rows, size),
      .bits =
          neap_arena_take(a, neap_bit_lines(units) * stride, sizeof(uint16_t)),
      .logits = neap_arena_take(a, chunk * stride, size),
      .curvature = neap_arena_take(a, curvature * stride, size),
      .model = neap_arena_take(a, model, 1),
      .loss = neap_arena_take(a, loss_scratch_bytes(t), 1),
      .loss_columns =
          neap_arena_take(a, t->spec.loss_column_count * stride, size),
      .loss_pointers = neap_arena_take(a, most_columns(t), sizeof(void *)),
      .x = neap_arena_take(a, t->chunk_points, sizeof(double *)),
      .gradient = neap_arena_take(a, t->chunk_points, sizeof(double *)),
      .hessian = neap_arena_take(a, t->chunk_points, sizeof(double *)),
      .positions = neap_arena_take(a, t->chunk_points, sizeof(size_t)),
      .dropout = neap_arena_take(a, t->chunk_points, sizeof(double))};
}

// What a worker writes lies together, and apart from what the others write: a
// core fetches ahead of where it works, by several rows of logits, and would
// take those lines from the core that writes them. Two cores without a cache in
// common were a fifth slower by it.
enum { WORKERS_APART = 128 << 10 };

static void lay_out_workers(neap_trainer *t) {
  neap_arena *a = &t->arena;
  const size_t count = t->spec.point_count;
  const size_t workers = t->engine->host.max_workers;
  const size_t ranges = neap_range_count(t, count);
  const size_t apart = workers > 1 ? WORKERS_APART : 0;
  t->points = neap_arena_take(a, count, sizeof *t->points);
  t->running = neap_arena_take(a, count, sizeof *t->running);
  t->spaces = neap_arena_take(a, workers, sizeof *t->spaces);
  for (size_t w = 0; w < workers; w++) {
    neap_arena_take(a, apart, 1);
    const size_t end = w < ranges ? count * (w + 1) / ranges : 0;
    for (size_t p = count * w / ranges; p < end; p++)
      lay_out_point(t, p);
    neap_workspace *space = neap_arena_take(a, 1, sizeof *space);
    const neap_workspace parts = lay_out_space(t);
    if (space == NULL)
      continue;
    *space = parts;
    t->spaces[w] = space;
  }
  neap_arena_take(a, apart, 1);
}

static void lay_out_moments(neap_trainer *t) {
  neap_arena *a = &t->arena;
  const size_t n = t->moments.features;
  if (n == 0)
    return;
  t->sums = neap_arena_take(a, (n + 1) * (n + 1), sizeof(double));
  const size_t square = n * t->moments.width;
  t->moments.vectors = neap_arena_take(a, square, sizeof(double));
  t->moments.turned = neap_arena_take(a, square, sizeof(double));
  t->moments.values = neap_arena_take(a, n, sizeof(double));
  t->moments.means = neap_arena_take(a, n, sizeof(double));
  t->moments.along = neap_arena_take(a, n, sizeof(double));
}

static void lay_out_samples(neap_trainer *t, size_t rows) {
  neap_arena *a = &t->arena;
  if (t->spec.sampling == NEAP_SAMPLE_NONE)
    return;
  t->by_class = neap_arena_take(a, t->spec.rows, sizeof *t->by_class);
  t->drawn = neap_arena_take(a, t->spec.rows, sizeof *t->drawn);
  t->listed = neap_arena_take(a, rows, sizeof *t->listed);
}

static void lay_out_form(neap_trainer *t, neap_form *form) {
  neap_arena *a = &t->arena;
  const neap_train_spec *spec = &t->spec;
  const size_t size = form->number_bytes, features = spec->shape.features;
  const size_t stride = (size_t)t->stride;
  form->targets = neap_arena_take(a, spec->rows, neap_target_bytes(t, form));
  form->weights =
      spec->weights != NULL ? neap_arena_take(a, spec->rows, size) : NULL;
  form->loss_columns =
      neap_arena_take(a, spec->loss_column_count * spec->rows, size);
  if (spec->optimizer->batches)
    return;
  const size_t blocks = neap_block_count(spec->rows);
  const size_t lines = neap_has_lines(t) ? spec->shape.outputs : 0;
  form->packed_rows =
      neap_arena_take(a, blocks * NEAP_BLOCK_ROWS * t->width, size);
  form->packed_columns = neap_arena_take(a, blocks * features * stride, size);
  form->packed_targets = neap_arena_take(a, blocks * lines * stride, size);
}

static void lay_out(neap_trainer *t) {
  neap_arena *a = &t->arena;
  const neap_train_spec *spec = &t->spec;
  const size_t features = spec->shape.features;
  if (spec->shift != NULL) {
    t->shift = neap_arena_take(a, features, sizeof *t->shift);
    t->scale = neap_arena_take(a, features, sizeof *t->scale);
  }
  for (int f = 0; f < NEAP_FORM_COUNT; f++) {
    if (t->forms[f].kernels != NULL)
      lay_out_form(t, &t->forms[f]);
  }
  if (spec->optimizer->batches) {
    const size_t most = t->epoch_rows > spec->rows ? t->epoch_rows : spec->rows;
    t->order = neap_arena_take(a, most, sizeof *t->order);
    if (t->engine->host.max_workers > 1 && spec->epochs > 1)
      t->next_order = neap_arena_take(a, most, sizeof *t->next_order);
    lay_out_samples(t, most);
  } else {
    lay_out_moments(t);
  }
  lay_out_workers(t);
}

static void convert(const double *from, size_t count, neap_dtype dtype,
                    char *to) {
  for (size_t i = 0; from != NULL && i < count; i++) {
    neap_put(to, dtype, i, from[i]);
  }
}

static void copy_form(neap_trainer *t, neap_form *form) {
  const neap_train_spec *spec = &t->spec;
  const neap_dtype dtype = form->kernels->dtype;
  convert(spec->weights, spec->rows, dtype, form->weights);
  for (size_t i = 0; i < spec->loss_column_count; i++) {
    convert(spec->loss_columns[i], spec->rows, dtype,
            form->loss_columns + i * spec->rows * form->number_bytes);
  }
  if (neap_has_classes(t)) {
    memcpy(form->targets, spec->classes, spec->rows * sizeof(int32_t));
  } else {
    convert(spec->targets, spec->rows * spec->shape.outputs, dtype,
            form->targets);
  }
}

static void copy_data(neap_trainer *t) {
  const neap_train_spec *spec = &t->spec;
  if (spec->shift != NULL) {
    const size_t bytes = spec->shape.features * sizeof(double);
    memcpy(t->shift, spec->shift, bytes);
    memcpy(t->scale, spec->scale, bytes);
  }
  for (int f = 0; f < NEAP_FORM_COUNT; f++) {
    if (t->forms[f].kernels != NULL)
      copy_form(t, &t->forms[f]);
  }
}

neap_status neap_trainer_allocate(neap_trainer *t, neap_error *error) {
  lay_out(t);
  NEAP_TRY(neap_arena_new(t->engine, &t->arena, error));
  lay_out(t);
  copy_data(t);
  return NEAP_OK;
}
