// train/predict.c -- the logits of many points on the same rows.
#include <string.h>

#include "train/train.h"

// Lines of the product that points share.
enum { CHUNK_LINES = 24 };

typedef struct workspace {
  char *rows, *columns, *logits, *model;
} workspace;

typedef struct prediction {
  const neap *engine;
  const neap_predict_spec *spec;
  const neap_kernels *kernels;
  size_t number_bytes, width;
  ptrdiff_t stride;
  workspace *spaces;  // [max_workers]
  neap_arena arena;
} prediction;

static size_t chunk_points(const neap_predict_spec *spec) {
  const size_t lines = spec->model->line_count(&spec->shape);
  return lines < CHUNK_LINES ? CHUNK_LINES / lines : 1;
}

static void lay_out(prediction *p) {
  neap_arena *a = &p->arena;
  const neap_shape *shape = &p->spec->shape;
  const size_t size = p->number_bytes, stride = (size_t)p->stride;
  const size_t workers = p->engine->host.max_workers;
  const size_t points = chunk_points(p->spec);
  const size_t model =
      p->spec->model->scratch_bytes(shape, points, p->spec->precision);
  p->spaces = neap_arena_take(a, workers, sizeof *p->spaces);
  for (size_t w = 0; w < workers; w++) {
    const workspace space = {
        .rows = neap_arena_take(a, NEAP_BLOCK_ROWS * p->width, size),
        .columns = neap_arena_take(a, shape->features * stride, size),
        .logits = neap_arena_take(a, points * shape->outputs * stride, size),
        .model = neap_arena_take(a, model, 1)};
    if (p->spaces != NULL)
      p->spaces[w] = space;
  }
}

static void predict_chunk(const prediction *p, const workspace *space,
                          const neap_block *block, size_t row, size_t point,
                          size_t count) {
  const neap_predict_spec *spec = p->spec;
  const size_t outputs = spec->shape.outputs, size = p->number_bytes;
  const neap_chunk chunk = {.kernels = p->kernels,
                            .shape = spec->shape,
                            .points = count,
                            // forward reads the parameters only
                            .x = (double *const *)(spec->parameters + point),
                            .block = block,
                            .logits = space->logits,
                            .stride = p->stride,
                            .scratch = space->model};
  spec->model->forward(&chunk);
  for (size_t line = 0; line < count * outputs; line++) {
    const size_t to = (point * outputs + line) * spec->rows + row;
    memcpy((char *)spec->logits + to * size,
           space->logits + line * (size_t)p->stride * size,
           block->count * size);
  }
}

static void predict_block(void *argument, size_t task, size_t worker) {
  const prediction *p = argument;
  const neap_predict_spec *spec = p->spec;
  const workspace *space = &p->spaces[worker];
  const size_t row = task * NEAP_BLOCK_ROWS, left = spec->rows - row;
  const neap_rows from = {.x = spec->x,
                          .dtype = spec->dtype,
                          .columns = spec->shape.features,
                          .stride = (ptrdiff_t)spec->shape.features,
                          .first = row,
                          .shift = spec->shift,
                          .scale = spec->scale};
  const neap_block block = {
      .count = left < NEAP_BLOCK_ROWS ? left : NEAP_BLOCK_ROWS,
      .rows = space->rows,
      .columns = space->columns,
      .width = p->width,
      .stride = p->stride};
  p->kernels->pack(block.count, &from, space->rows, (ptrdiff_t)p->width,
                   space->columns, p->stride);
  const size_t step = chunk_points(spec);
  for (size_t point = 0; point < spec->point_count; point += step) {
    const size_t rest = spec->point_count - point;
    predict_chunk(p, space, &block, row, point, rest < step ? rest : step);
  }
}

// What would be read or written where there is nothing, or as another type.
static neap_status check(const neap_predict_spec *spec, neap_error *error) {
  NEAP_TRY(neap_model_check_shape(spec->model, &spec->shape, error));
  if (spec->dtype != NEAP_FLOAT64 && spec->dtype != NEAP_FLOAT32) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "dtype is %d; wanted NEAP_FLOAT64 or NEAP_FLOAT32",
                     (int)spec->dtype);
  }
  if (spec->precision != NEAP_FLOAT64 && spec->precision != NEAP_FLOAT32) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "precision is %d; wanted NEAP_FLOAT64 or NEAP_FLOAT32",
                     (int)spec->precision);
  }
  NEAP_TRY(neap_check_scaling(spec->shift, spec->scale, error));
  if (spec->rows == 0 || spec->point_count == 0)
    return NEAP_OK;
  NEAP_TRY(neap_check_row_count(spec->rows, spec->shape.features, error));
  NEAP_TRY(neap_check_row_count(spec->rows, spec->shape.outputs, error));
  NEAP_TRY(neap_check_row_count(spec->rows * spec->shape.outputs,
                                spec->point_count, error));
  const char *missing = spec->x == NULL            ? "x"
                        : spec->parameters == NULL ? "parameters"
                        : spec->logits == NULL     ? "logits"
                                                   : NULL;
  if (missing != NULL) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "%s is NULL; wanted that of %zu rows and %zu points",
                     missing, spec->rows, spec->point_count);
  }
  return NEAP_OK;
}

neap_status neap_predict(const neap *engine, const neap_predict_spec *spec,
                         neap_error *error) {
  NEAP_TRY(check(spec, error));
  prediction p = {.engine = engine,
                  .spec = spec,
                  .kernels = neap_kernels_of(engine, spec->precision),
                  .number_bytes = neap_dtype_size(spec->precision),
                  .width = neap_padded(spec->shape.features),
                  .stride = NEAP_BLOCK_ROWS + NEAP_PAD};
  lay_out(&p);
  NEAP_TRY(neap_arena_new(engine, &p.arena, error));
  lay_out(&p);
  neap_parallel_for(engine, predict_block, &p,
                    (spec->rows + NEAP_BLOCK_ROWS - 1) / NEAP_BLOCK_ROWS);
  neap_arena_free(engine, &p.arena);
  return NEAP_OK;
}
