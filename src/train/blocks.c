// train/blocks.c -- rows of the data in the form that a pass wants them.
#include <string.h>

#include "train/lockstep.h"

static neap_rows source_of(const neap_trainer *t) {
  return (neap_rows){.x = t->spec.x,
                     .dtype = t->spec.dtype,
                     .columns = t->spec.shape.features,
                     .stride = (ptrdiff_t)t->spec.shape.features,
                     .shift = t->shift,
                     .scale = t->scale};
}

// Turns the targets of some rows [count][outputs] into lines.
static void turn_targets(const neap_trainer *t, const neap_form *form,
                         size_t first, size_t count, const uint32_t *order,
                         char *lines) {
  const size_t outputs = t->spec.shape.outputs, size = form->number_bytes;
  for (size_t o = 0; o < outputs; o++) {
    char *to = lines + o * (size_t)t->stride * size;
    for (size_t i = 0; i < count; i++) {
      const size_t row = order != NULL ? order[i] : first + i;
      memcpy(to + i * size, form->targets + (row * outputs + o) * size, size);
    }
  }
}

static char *packed_lines(const neap_trainer *t, const neap_form *form,
                          size_t block) {
  const size_t bytes =
      t->spec.shape.outputs * (size_t)t->stride * form->number_bytes;
  return form->packed_targets + block * bytes;
}

static void pack_form(const neap_trainer *t, const neap_form *form,
                      size_t block) {
  neap_rows from = source_of(t);
  from.first = block * NEAP_BLOCK_ROWS;
  const size_t left = t->spec.rows - from.first;
  const size_t row_bytes = NEAP_BLOCK_ROWS * t->width * form->number_bytes;
  const size_t column_bytes =
      t->spec.shape.features * (size_t)t->stride * form->number_bytes;
  const size_t count = left < NEAP_BLOCK_ROWS ? left : NEAP_BLOCK_ROWS;
  if (neap_has_lines(t)) {
    turn_targets(t, form, from.first, count, NULL,
                 packed_lines(t, form, block));
  }
  form->kernels->pack(count, &from, form->packed_rows + block * row_bytes,
                      (ptrdiff_t)t->width,
                      form->packed_columns + block * column_bytes, t->stride);
}

static void pack_block(void *argument, size_t block, size_t worker) {
  const neap_trainer *t = argument;
  (void)worker;
  for (int f = 0; f < NEAP_FORM_COUNT; f++) {
    if (t->forms[f].kernels != NULL)
      pack_form(t, &t->forms[f], block);
  }
}

// A block of the rows in their own order, which were packed at the start.
static neap_block packed_block(const neap_trainer *t, const neap_form *form,
                               size_t first, size_t count) {
  const size_t size = form->number_bytes, block = first / NEAP_BLOCK_ROWS;
  const size_t column_bytes = t->spec.shape.features * (size_t)t->stride * size;
  return (neap_block){
      .count = count,
      .rows = form->packed_rows + first * t->width * size,
      .columns = form->packed_columns + block * column_bytes,
      .width = t->width,
      .stride = t->stride,
      .targets = neap_has_lines(t)
                     ? packed_lines(t, form, block)
                     : form->targets + first * neap_target_bytes(t, form),
      .weights = form->weights != NULL ? form->weights + first * size : NULL,
      .loss_columns = form->loss_columns + first * size,
      .loss_stride = t->spec.rows};
}

static void gather(const char *from, const uint32_t *order, size_t count,
                   size_t size_bytes, char *to) {
  if (size_bytes == 4) {
    for (size_t i = 0; i < count; i++) {
      memcpy(to + 4 * i, from + 4 * (size_t)order[i], 4);
    }
  } else {
    for (size_t i = 0; i < count; i++) {
      memcpy(to + 8 * i, from + 8 * (size_t)order[i], 8);
    }
  }
}

// Random bits for the hidden units of some rows, in the step of a position.
static const uint16_t *draw_bits(const neap_trainer *t, neap_workspace *space,
                                 const neap_position *at, const uint32_t *order,
                                 size_t count) {
  if (!t->drops || t->phase != NEAP_PHASE_STEPS)
    return NULL;
  const size_t units = t->spec.model->unit_count(&t->spec.shape);
  const size_t stride = (size_t)t->stride;
  const uint32_t step = (uint32_t)neap_steps_before(t, at);
  for (size_t unit = 0; unit < units; unit += 8) {
    t->forms[NEAP_FINE].kernels->noise(t->spec.seed, step, (uint32_t)(unit / 8),
                                       count, order,
                                       space->bits + unit * stride, stride);
  }
  return space->bits;
}

// A block of rows in the order of the epoch, gathered by the worker.
static neap_block gathered_block(const neap_trainer *t, const neap_form *form,
                                 neap_workspace *space, const neap_position *at,
                                 size_t first, size_t count) {
  const size_t size = form->number_bytes;
  const uint32_t *order = t->order + first;
  neap_rows from = source_of(t);
  from.index = order;
  form->kernels->pack(count, &from, space->rows, (ptrdiff_t)t->width,
                      space->columns, t->stride);
  if (neap_has_lines(t)) {
    turn_targets(t, form, 0, count, order, space->targets);
  } else {
    gather(form->targets, order, count, neap_target_bytes(t, form),
           space->targets);
  }
  if (form->weights != NULL) {
    gather(form->weights, order, count, size, space->weights);
  }
  for (size_t i = 0; i < t->spec.loss_column_count; i++) {
    gather(form->loss_columns + i * t->spec.rows * size, order, count, size,
           space->loss_columns + i * (size_t)t->stride * size);
  }
  return (neap_block){.count = count,
                      .rows = space->rows,
                      .columns = space->columns,
                      .width = t->width,
                      .stride = t->stride,
                      .targets = space->targets,
                      .weights = form->weights != NULL ? space->weights : NULL,
                      .bits = draw_bits(t, space, at, order, count),
                      .loss_columns = space->loss_columns,
                      .loss_stride = (size_t)t->stride};
}

void neap_trainer_pack(neap_trainer *t) {
  if (t->spec.optimizer->batches)
    return;
  neap_parallel_for(t->engine, pack_block, t, neap_block_count(t->spec.rows));
}

// Adds X' diag(w) X of a packed block, with a column of ones.
static void add_moments(neap_trainer *t, size_t block) {
  const neap_position at = {.rows = t->spec.rows, .block = block};
  const neap_form *form = &t->forms[NEAP_FINE];
  const neap_dtype dtype = form->kernels->dtype;
  neap_workspace *space = t->spaces[0];
  const neap_block rows = neap_trainer_block(t, form, space, &at);
  for (size_t i = 0; i < rows.count; i++) {
    neap_put(space->logits, dtype, i,
             rows.weights != NULL ? neap_get(rows.weights, dtype, i) : 1);
  }
  const neap_chunk chunk = {
      .kernels = form->kernels,
      .shape = {.features = t->spec.shape.features, .outputs = 1},
      .points = 1,
      .block = &rows,
      .curvature = space->logits,
      .stride = t->stride,
      .scratch = space->model};
  t->spec.model->bend(&chunk, &t->sums);
}

void neap_trainer_moments(neap_trainer *t) {
  if (t->moments.features == 0)
    return;
  for (size_t b = 0; b < neap_block_count(t->spec.rows); b++)
    add_moments(t, b);
  neap_moments_find(t->sums, &t->moments);
}

neap_block neap_trainer_block(const neap_trainer *t, const neap_form *form,
                              neap_workspace *space, const neap_position *at) {
  const size_t first = at->block * NEAP_BLOCK_ROWS;
  const size_t left = at->rows - first;
  const size_t count = left < NEAP_BLOCK_ROWS ? left : NEAP_BLOCK_ROWS;
  return t->order != NULL
             ? gathered_block(t, form, space, at, at->start + first, count)
             : packed_block(t, form, first, count);
}
