// train/trainer.c -- the lockstep trainer: a job over blocks of rows.
//
// A pass is the rows between two steps of the optimizer: a batch, or all rows.
// It is cut into blocks of NEAP_BLOCK_ROWS rows, one unit of work each. For a
// slice of blocks the running points are dealt out to the workers in ranges;
// each worker takes its points through all blocks of the slice, in chunks
// whose logits stay in the cache. No sum ever crosses a point, so neither
// ranges nor chunks nor slices change a bit.
#include <math.h>
#include <string.h>

#include "dataset/dataset.h"
#include "train/lockstep.h"

// Steps on batches count as converged where the gradient norm on all rows is
// that of the first batch times this, which is also what lbfgs stops at by
// default.
static const double batch_tolerance = 1e-6;

// ------------------------------------------------------------- one slice

typedef struct slice {
  neap_trainer *trainer;
  size_t blocks;  // to do, from the present one on
  size_t ranges;  // that the running points are dealt into
} slice;

// Where a point's loss finds its columns of a block; NULL: it has none.
static const void *const *find_columns(const neap_form *form,
                                       const neap_block *block,
                                       neap_workspace *space,
                                       const neap_point *p) {
  const size_t count = neap_loss_columns(p->spec.loss);
  for (size_t i = 0; i < count; i++) {
    const size_t line = p->spec.loss_columns[i] * block->loss_stride;
    space->loss_pointers[i] =
        (const char *)block->loss_columns + line * form->number_bytes;
  }
  return count > 0 ? space->loss_pointers : NULL;
}

static void run_loss(const neap_trainer *t, const neap_form *form,
                     const neap_block *block, neap_workspace *space,
                     size_t position, neap_point *p) {
  const size_t outputs = t->spec.shape.outputs;
  const size_t offset =
      position * outputs * (size_t)t->stride * form->number_bytes;
  const neap_dtype precision = form->kernels->dtype;
  double sum;
  const neap_loss_call call = {
      .rows = block->count,
      .classes = outputs,
      .row_stride = 1,
      .class_stride = t->stride,
      .dtype = precision,
      .target_dtype = neap_has_classes(t) ? NEAP_INT32 : precision,
      .logits = space->logits + offset,
      .targets = block->targets,
      .weights = block->weights,
      .columns = find_columns(form, block, space, p),
      .options = p->spec.options,
      .gradient = space->logits + offset,
      .hessian = t->spec.optimizer->bends ? space->curvature + offset : NULL,
      .sum = &sum,
      .scratch = space->loss};
  neap_loss_evaluate_unchecked(p->spec.loss, &call);
  p->value += sum;
}

// Calls for some rows of the next block, which lie anywhere, while a point is
// being worked on.
static void fetch_ahead(const neap_trainer *t, neap_workspace *space) {
  const size_t row_bytes =
      t->spec.shape.features * neap_dtype_size(t->spec.dtype);
  for (size_t i = 0; i < space->ahead_step && space->ahead < space->ahead_end;
       i++) {
    const char *row =
        (const char *)t->spec.x + t->order[space->ahead++] * row_bytes;
    for (size_t line = 0; line < row_bytes; line += 64)
      __builtin_prefetch(row + line, 0, 2);
  }
}

// Adds a block's loss and gradient to the points of a workspace's positions.
static void run_chunk(const neap_trainer *t, const neap_form *form,
                      const neap_block *block, neap_workspace *space,
                      size_t count) {
  for (size_t i = 0; i < count; i++) {
    const neap_point *p = t->points[space->positions[i]];
    space->x[i] = p->at.x;
    space->gradient[i] = p->gradient;
    space->hessian[i] = p->hessian;
    space->dropout[i] = p->spec.dropout;
  }
  const bool bends = t->spec.optimizer->bends;
  const neap_chunk chunk = {.kernels = form->kernels,
                            .shape = t->spec.shape,
                            .points = count,
                            .x = space->x,
                            .gradient = space->gradient,
                            .dropout = space->dropout,
                            .block = block,
                            .logits = space->logits,
                            .curvature = bends ? space->curvature : NULL,
                            .stride = t->stride,
                            .scratch = space->model};
  t->spec.model->forward(&chunk);
  for (size_t i = 0; i < count; i++) {
    fetch_ahead(t, space);
    run_loss(t, form, block, space, i, t->points[space->positions[i]]);
  }
  t->spec.model->backward(&chunk);
  if (bends)
    t->spec.model->bend(&chunk, space->hessian);
}

static double norm_of(const double *x, size_t count) {
  double square = 0;
  for (size_t i = 0; i < count; i++)
    square += x[i] * x[i];
  return sqrt(square);
}

static void remember(neap_point *p, double value) {
  if (p->history_count == NEAP_HISTORY_MAX)
    return;
  p->history[p->history_count++] = value;
}

// One step, and the objective of each step of an optimizer on all rows.
static void step(const neap_trainer *t, neap_point *p,
                 const neap_position *at) {
  const neap_optimizer *optimizer = t->spec.optimizer;
  const size_t kept = p->at.steps;
  p->at.value = p->value;
  p->epoch_value += p->value * (double)at->rows;
  if (optimizer->batches) {
    p->at.step = neap_steps_before(t, at);
    p->at.all_steps = t->spec.epochs * neap_batch_count(t);
    if (p->at.step == 0)
      p->at.first_norm = norm_of(p->gradient, t->parameters);
    if (!isfinite(p->value) && p->failed_step == 0)
      p->failed_step = p->at.step + 1;
  }
  p->state =
      optimizer->step(p->optimizer, t->parameters, p->spec.optimizer, &p->at);
  if (optimizer->batches)
    return;
  const bool is_first =
      p->history_count == 0 &&
      optimizer->kept(p->optimizer, t->parameters, p->spec.optimizer) != NULL;
  if (is_first || p->at.steps > kept)
    remember(p, p->at.best_value);
}

// Turns the sums of a pass into the objective and does what it was for.
static void end_pass(const neap_trainer *t, neap_point *p,
                     const neap_position *at) {
  const size_t count = t->parameters;
  const size_t square = p->hessian != NULL ? count * count : 0;
  const double rows = (double)at->rows;
  p->value /= rows;
  p->at.kernels->divide(count, rows, p->gradient);
  p->at.kernels->divide(square, rows, p->hessian);
  if (p->spec.l2 > 0) {
    p->value += t->spec.model->penalise(&t->spec.shape, p->spec.l2, p->at.x,
                                        p->gradient, p->hessian);
  }
  if (t->phase == NEAP_PHASE_STEPS) {
    step(t, p, at);
  } else {
    p->at.best_norm = norm_of(p->gradient, count);
    p->at.best_value = p->value;
  }
  p->value = 0;
  memset(p->gradient, 0, count * sizeof *p->gradient);
  if (square > 0)
    memset(p->hessian, 0, square * sizeof *p->hessian);
}

static bool is_last_block(const neap_position *at) {
  return at->block + 1 == neap_block_count(at->rows);
}

// The pass from some row on: a batch, or all rows.
static neap_position pass_from(const neap_trainer *t, size_t start) {
  const size_t left = t->phase_rows - start;
  const bool whole =
      t->phase != NEAP_PHASE_STEPS || !t->spec.optimizer->batches;
  return (neap_position){
      .start = start,
      .rows = whole || left < t->spec.batch ? left : t->spec.batch};
}

// The next block; at the end of the rows a position behind them.
static neap_position next_position(const neap_trainer *t, neap_position at) {
  if (!is_last_block(&at)) {
    at.block++;
    return at;
  }
  return pass_from(t, at.start + at.rows);
}

static bool is_behind(const neap_trainer *t, const neap_position *at) {
  return at->start == t->phase_rows;
}

// Takes those points of a range through a block that see it in this form.
static void run_form(const neap_trainer *t, const neap_form *form,
                     neap_workspace *space, const neap_position *at,
                     const size_t *range, size_t count) {
  neap_block block = {0};
  size_t filled = 0;
  for (size_t i = 0; i < count; i++) {
    if (neap_form_of(t, t->points[range[i]]) != form)
      continue;
    if (block.count == 0)
      block = neap_trainer_block(t, form, space, at);
    space->positions[filled++] = range[i];
    if (filled < t->chunk_points)
      continue;
    run_chunk(t, form, &block, space, filled);
    filled = 0;
  }
  if (filled > 0)
    run_chunk(t, form, &block, space, filled);
}

// Deals the rows of the block behind this one out to the points.
static void look_ahead(const neap_trainer *t, neap_workspace *space,
                       const neap_position *at, size_t points) {
  space->ahead = space->ahead_end = 0;
  if (t->order == NULL)
    return;
  const size_t left = at->rows - at->block * NEAP_BLOCK_ROWS;
  const size_t count = left < NEAP_BLOCK_ROWS ? left : NEAP_BLOCK_ROWS;
  space->ahead = at->start + at->block * NEAP_BLOCK_ROWS + count;
  space->ahead_end = space->ahead + NEAP_BLOCK_ROWS;
  if (space->ahead_end > t->phase_rows)
    space->ahead_end = t->phase_rows;
  space->ahead_step = NEAP_BLOCK_ROWS / points + 1;
}

static void run_block(const neap_trainer *t, neap_workspace *space,
                      const neap_position *at, const size_t *range,
                      size_t count) {
  look_ahead(t, space, at, count);
  for (int f = 0; f < NEAP_FORM_COUNT; f++)
    run_form(t, &t->forms[f], space, at, range, count);
  if (!is_last_block(at))
    return;
  for (size_t i = 0; i < count; i++) {
    end_pass(t, t->points[range[i]], at);
  }
}

// The running points are dealt into equal ranges, one for each task. A task
// behind them draws the order of the next epoch: one worker ends sooner.
static void run_task(void *argument, size_t task, size_t worker) {
  const slice *s = argument;
  neap_trainer *t = s->trainer;
  if (task == s->ranges) {
    neap_trainer_sample(t, t->epoch + 1, t->next_order);
    return;
  }
  const size_t first = t->running_count * task / s->ranges;
  const size_t last = t->running_count * (task + 1) / s->ranges;
  neap_position at = t->at;
  for (size_t i = 0; i < s->blocks; i++) {
    run_block(t, t->spaces[worker], &at, t->running + first, last - first);
    at = next_position(t, at);
  }
}

// ------------------------------------------------------- between the slices

// Makes the order that was drawn ahead the present one.
static void take_next_order(neap_trainer *t) {
  uint32_t *drawn = t->next_order;
  t->next_order = t->order;
  t->order = drawn;
  t->next_epoch = 0;
}

void neap_trainer_order(neap_trainer *t) {
  if (t->order == NULL || t->phase == NEAP_PHASE_DONE)
    return;
  if (t->phase == NEAP_PHASE_END) {
    for (size_t i = 0; i < t->spec.rows; i++)
      t->order[i] = (uint32_t)i;
  } else if (t->epoch > 0 && t->next_epoch == t->epoch) {
    take_next_order(t);
  } else {
    neap_trainer_sample(t, t->epoch, t->order);
  }
}

void neap_trainer_start(neap_trainer *t, neap_phase phase) {
  t->phase = phase;
  t->phase_rows = phase == NEAP_PHASE_STEPS && t->order != NULL ? t->epoch_rows
                                                                : t->spec.rows;
  t->at = pass_from(t, 0);
  neap_trainer_order(t);
}

// Points that are done leave the batch; the others close ranks.
static void drop_finished(neap_trainer *t) {
  size_t kept = 0;
  for (size_t i = 0; i < t->running_count; i++) {
    const size_t p = t->running[i];
    if (t->points[p]->state == NEAP_FIT_RUNNING && !t->points[p]->stopped)
      t->running[kept++] = p;
  }
  t->running_count = kept;
}

static bool is_finite(const neap_trainer *t, const neap_point *p) {
  for (size_t i = 0; i < t->parameters; i++) {
    if (!isfinite(p->at.x[i]))
      return false;
  }
  return isfinite(p->epoch_value);
}

static void end_epoch(neap_trainer *t) {
  for (size_t i = 0; i < t->running_count; i++) {
    neap_point *p = t->points[t->running[i]];
    remember(p, p->epoch_value / (double)t->epoch_rows);
    if (!is_finite(t, p))
      p->state = NEAP_FIT_FAILED;
    p->epoch_value = 0;
  }
  t->epoch++;
}

// After steps on batches: how far the gradient on all rows fell.
static void judge(neap_trainer *t) {
  for (size_t i = 0; i < t->running_count; i++) {
    neap_point *p = t->points[t->running[i]];
    const bool fell = p->at.best_norm <= batch_tolerance * p->at.first_norm;
    p->state = fell ? NEAP_FIT_CONVERGED : NEAP_FIT_STOPPED;
    if (!isfinite(p->at.best_norm))
      p->state = NEAP_FIT_FAILED;
  }
}

// Points that were stopped wait for the last pass.
static void restore_kept(neap_trainer *t) {
  t->running_count = 0;
  for (size_t i = 0; i < t->spec.point_count; i++) {
    neap_point *p = t->points[i];
    if (p->state != NEAP_FIT_RUNNING)
      continue;
    t->running[t->running_count++] = i;
    if (p->has_kept)
      memcpy(p->at.x, p->kept, t->parameters * sizeof *p->kept);
  }
}

static void next_phase(neap_trainer *t) {
  const bool batches = t->spec.optimizer->batches;
  neap_phase next = NEAP_PHASE_STEPS;
  drop_finished(t);
  if (batches && t->phase == NEAP_PHASE_STEPS &&
      (t->epoch == t->spec.epochs || t->running_count == 0)) {
    next = NEAP_PHASE_END;
    restore_kept(t);
  }
  neap_trainer_start(t, t->running_count > 0 ? next : NEAP_PHASE_DONE);
}

// All rows have been seen once in the present phase.
static void end_rows(neap_trainer *t) {
  if (t->phase == NEAP_PHASE_END) {
    judge(t);
  } else if (t->phase == NEAP_PHASE_STEPS && t->spec.optimizer->batches) {
    end_epoch(t);
    t->job.paused = t->spec.pauses;
  }
  if (!t->job.paused)
    next_phase(t);
}

// Whether work up to a position ends an epoch that another one follows, whose
// order can be drawn meanwhile.
static bool draws_ahead(const neap_trainer *t, const neap_position *end) {
  return t->next_order != NULL && t->phase == NEAP_PHASE_STEPS &&
         is_behind(t, end) && t->epoch + 1 < t->spec.epochs;
}

size_t neap_trainer_work(neap_job *job, size_t units) {
  neap_trainer *t = (neap_trainer *)job;
  if (t->phase == NEAP_PHASE_DONE || t->job.paused)
    return 0;
  slice s = {.trainer = t, .ranges = neap_range_count(t, t->running_count)};
  neap_position end = t->at;
  while (s.blocks < units && !is_behind(t, &end)) {
    end = next_position(t, end);
    s.blocks++;
  }
  const bool draws = draws_ahead(t, &end);
  neap_parallel_for(t->engine, run_task, &s, s.ranges + (draws ? 1 : 0));
  if (draws)
    t->next_epoch = t->epoch + 1;
  t->at = end;
  if (is_behind(t, &end))
    end_rows(t);
  return s.blocks;
}

bool neap_trainer_paused(const neap_trainer *t) {
  return t->job.paused;
}

void neap_trainer_keep(neap_trainer *t, size_t point) {
  neap_point *p = t->points[point];
  memcpy(p->kept, p->at.x, t->parameters * sizeof *p->kept);
  p->has_kept = true;
}

void neap_trainer_stop(neap_trainer *t, size_t point) {
  t->points[point]->stopped = true;
}

void neap_trainer_resume(neap_trainer *t) {
  if (!t->job.paused)
    return;
  t->job.paused = false;
  next_phase(t);
}

size_t neap_trainer_bytes(const neap_trainer *t) {
  return sizeof *t + t->arena.block_bytes;
}

size_t neap_trainer_epoch(const neap_trainer *t) {
  return t->epoch;
}

// ---------------------------------------------------------- from the outside

neap_job *neap_trainer_job(neap_trainer *t) {
  return &t->job;
}

size_t neap_trainer_running(const neap_trainer *t) {
  return t->running_count;
}

double neap_trainer_fraction(const neap_trainer *t) {
  if (t->phase == NEAP_PHASE_DONE)
    return 1;
  const double count = (double)t->spec.point_count;
  if (!t->spec.optimizer->batches) {
    return 1 - (double)t->running_count / count;
  }
  const double rows = (double)t->at.start / (double)t->phase_rows;
  return ((double)t->epoch + (t->phase == NEAP_PHASE_STEPS ? rows : 0)) /
         (double)t->spec.epochs;
}

const double *neap_trainer_parameters(const neap_trainer *t, size_t point) {
  const neap_point *p = t->points[point];
  const neap_optimizer *optimizer = t->spec.optimizer;
  const double *kept =
      optimizer->kept != NULL && p->state == NEAP_FIT_RUNNING
          ? optimizer->kept(p->optimizer, t->parameters, p->spec.optimizer)
          : NULL;
  return kept != NULL ? kept : p->at.x;
}

neap_fit_report neap_trainer_report(const neap_trainer *t, size_t point) {
  const neap_point *p = t->points[point];
  const size_t failed = p->state == NEAP_FIT_FAILED ? p->failed_step : 0;
  return (neap_fit_report){
      .state = p->state,
      .failed_step = failed,
      .failed_epoch = failed > 0 ? (failed - 1) / neap_batch_count(t) + 1 : 0,
      .objective = p->at.best_value,
      .gradient_norm = p->at.best_norm,
      .steps = p->at.steps,
      .history = p->history,
      .history_count = p->history_count};
}
