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

// Rows of the matrix of one chunk: a multiple of what a tile of any
// instruction set has.
enum { CHUNK_ROWS = 24 };

// Steps on batches count as converged where the gradient norm on all rows
// fell by this, which is also what lbfgs stops at by default.
static const double batch_tolerance = 1e-6;

// ------------------------------------------------------------- one slice

typedef struct slice {
  neap_trainer *trainer;
  size_t blocks;  // to do, from the present one on
  size_t tasks;   // ranges that the running points are dealt into
} slice;

static void run_loss(const neap_trainer *t, const neap_block *block,
                     neap_workspace *space, size_t position, neap_point *p) {
  const size_t outputs = t->spec.shape.outputs;
  const size_t offset =
      position * outputs * (size_t)t->stride * t->number_bytes;
  const neap_dtype precision = t->spec.optimizer->precision;
  double sum;
  const neap_loss_call call = {
      .rows = block->count,
      .classes = neap_is_binary(t) ? 1 : outputs,
      .row_stride = 1,
      .class_stride = t->stride,
      .dtype = precision,
      .target_dtype = neap_is_binary(t) ? precision : NEAP_INT32,
      .logits = space->logits + offset,
      .targets = block->targets,
      .weights = block->weights,
      .options = p->spec.options,
      .gradient = space->logits + offset,
      .sum = &sum,
      .scratch = space->loss};
  neap_loss_evaluate_unchecked(p->spec.loss, &call);
  p->value += sum;
}

// Adds a block's loss and gradient to some points.
static void run_chunk(const neap_trainer *t, const neap_block *block,
                      neap_workspace *space, const size_t *positions,
                      size_t count) {
  for (size_t i = 0; i < count; i++) {
    space->x[i] = t->points[positions[i]].at.x;
    space->gradient[i] = t->points[positions[i]].gradient;
  }
  const neap_chunk chunk = {.kernels = t->kernels,
                            .shape = t->spec.shape,
                            .points = count,
                            .x = space->x,
                            .gradient = space->gradient,
                            .block = block,
                            .logits = space->logits,
                            .stride = t->stride,
                            .scratch = space->model};
  t->spec.model->forward(&chunk);
  for (size_t i = 0; i < count; i++) {
    run_loss(t, block, space, i, &t->points[positions[i]]);
  }
  t->spec.model->backward(&chunk);
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
static void step(const neap_trainer *t, neap_point *p, size_t rows) {
  const neap_optimizer *optimizer = t->spec.optimizer;
  const size_t kept = p->at.steps;
  p->at.value = p->value;
  p->epoch_value += p->value * (double)rows;
  p->state =
      optimizer->step(p->optimizer, t->parameters, p->spec.optimizer, &p->at);
  const bool is_new = p->history_count == 0 || p->at.steps > kept;
  if (!optimizer->batches && is_new)
    remember(p, p->at.best_value);
}

// Turns the sums of a pass into the objective and does what it was for.
static void end_pass(const neap_trainer *t, neap_point *p, size_t rows) {
  const size_t count = t->parameters;
  p->value /= (double)rows;
  for (size_t i = 0; i < count; i++)
    p->gradient[i] /= (double)rows;
  p->value +=
      t->spec.model->penalise(&t->spec.shape, p->spec.l2, p->at.x, p->gradient);
  if (t->phase == NEAP_PHASE_STEPS) {
    step(t, p, rows);
  } else if (t->phase == NEAP_PHASE_START) {
    p->at.first_norm = norm_of(p->gradient, count);
  } else {
    p->at.best_norm = norm_of(p->gradient, count);
    p->at.best_value = p->value;
  }
  p->value = 0;
  memset(p->gradient, 0, count * sizeof *p->gradient);
}

static bool is_last_block(const neap_position *at) {
  return at->block + 1 == neap_block_count(at->rows);
}

// The pass from some row on: a batch, or all rows.
static neap_position pass_from(const neap_trainer *t, size_t start) {
  const size_t left = t->spec.rows - start;
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
  return at->start == t->spec.rows;
}

static void run_block(const neap_trainer *t, neap_workspace *space,
                      const neap_position *at, const size_t *range,
                      size_t count) {
  const neap_block block = neap_trainer_block(t, space, at);
  for (size_t i = 0; i < count; i += t->chunk_points) {
    const size_t left = count - i;
    run_chunk(t, &block, space, range + i,
              left < t->chunk_points ? left : t->chunk_points);
  }
  if (!is_last_block(at))
    return;
  for (size_t i = 0; i < count; i++) {
    end_pass(t, &t->points[range[i]], at->rows);
  }
}

// The running points are dealt into equal ranges, one for each task.
static void run_range(void *argument, size_t task, size_t worker) {
  const slice *s = argument;
  const neap_trainer *t = s->trainer;
  const size_t first = t->running_count * task / s->tasks;
  const size_t last = t->running_count * (task + 1) / s->tasks;
  neap_position at = t->at;
  for (size_t i = 0; i < s->blocks; i++) {
    run_block(t, &t->spaces[worker], &at, t->running + first, last - first);
    at = next_position(t, at);
  }
}

// ------------------------------------------------------- between the slices

static void start_phase(neap_trainer *t, neap_phase phase) {
  t->phase = phase;
  t->at = pass_from(t, 0);
  if (t->order == NULL)
    return;
  if (phase == NEAP_PHASE_STEPS) {
    neap_shuffle(t->spec.seed, NEAP_STREAM_SHUFFLE, (uint32_t)t->epoch,
                 t->spec.rows, t->order);
  } else {
    for (size_t i = 0; i < t->spec.rows; i++)
      t->order[i] = (uint32_t)i;
  }
}

// Points that are done leave the batch; the others close ranks.
static void drop_finished(neap_trainer *t) {
  size_t kept = 0;
  for (size_t i = 0; i < t->running_count; i++) {
    const size_t p = t->running[i];
    if (t->points[p].state == NEAP_FIT_RUNNING)
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
    neap_point *p = &t->points[t->running[i]];
    remember(p, p->epoch_value / (double)t->spec.rows);
    if (!is_finite(t, p))
      p->state = NEAP_FIT_FAILED;
    p->epoch_value = 0;
  }
  t->epoch++;
}

// After steps on batches: how far the gradient on all rows fell.
static void judge(neap_trainer *t) {
  for (size_t i = 0; i < t->running_count; i++) {
    neap_point *p = &t->points[t->running[i]];
    const bool fell = p->at.best_norm <= batch_tolerance * p->at.first_norm;
    p->state = fell ? NEAP_FIT_CONVERGED : NEAP_FIT_STOPPED;
    if (!isfinite(p->at.best_norm))
      p->state = NEAP_FIT_FAILED;
  }
}

// All rows have been seen once in the present phase.
static void end_rows(neap_trainer *t) {
  const bool batches = t->spec.optimizer->batches;
  neap_phase next = NEAP_PHASE_STEPS;
  if (t->phase == NEAP_PHASE_STEPS && batches) {
    end_epoch(t);
    if (t->epoch == t->spec.epochs)
      next = NEAP_PHASE_END;
  } else if (t->phase == NEAP_PHASE_END) {
    judge(t);
  }
  drop_finished(t);
  start_phase(t, t->running_count > 0 ? next : NEAP_PHASE_DONE);
}

static size_t work(neap_job *job, size_t units) {
  neap_trainer *t = (neap_trainer *)job;
  if (t->phase == NEAP_PHASE_DONE)
    return 0;
  const size_t chunks =
      (t->running_count + t->chunk_points - 1) / t->chunk_points;
  const size_t workers = t->engine->host.max_workers;
  slice s = {.trainer = t, .tasks = chunks < workers ? chunks : workers};
  neap_position end = t->at;
  while (s.blocks < units && !is_behind(t, &end)) {
    end = next_position(t, end);
    s.blocks++;
  }
  neap_parallel_for(t->engine, run_range, &s, s.tasks);
  t->at = end;
  if (is_behind(t, &end))
    end_rows(t);
  return s.blocks;
}

// ---------------------------------------------------------- from the outside

static neap_status check_point(const neap_train_spec *spec, size_t p,
                               neap_error *error) {
  const neap_train_point *point = &spec->points[p];
  const bool binary = spec->classes == NULL;
  const size_t outputs = spec->shape.outputs;
  const neap_loss_kind kind = binary ? NEAP_BINARY : NEAP_CLASSES;
  if (neap_loss_kind_of(point->loss) != kind) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "points[%zu]: %s can't train on %s targets", p + 1,
                     neap_loss_name(point->loss), binary ? "binary" : "class");
  }
  neap_error why = {0};
  neap_status status = neap_loss_check_options(
      point->loss, outputs, spec->optimizer->precision, &point->options, &why);
  if (status == NEAP_OK && !binary) {
    status = neap_loss_check_class_targets(point->loss, &point->options, &why);
  }
  if (status != NEAP_OK) {
    return neap_fail(error, why.code, "points[%zu]: %s", p + 1, why.message);
  }
  if (point->options.from == NEAP_PROBABILITIES) {
    return neap_fail(
        error, NEAP_EARGUMENT,
        "points[%zu]: %s takes probabilities; a model gives logits", p + 1,
        neap_loss_name(point->loss));
  }
  return NEAP_OK;
}

static neap_status check_points(const neap_train_spec *spec,
                                neap_error *error) {
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
  if (spec->optimizer->batches && (spec->epochs == 0 || spec->batch == 0)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "epochs is %zu and batch is %zu; wanted 1 or more",
                     spec->epochs, spec->batch);
  }
  return NEAP_OK;
}

// log((n_o + 1/2) / (n - n_o + 1/2)) of a class: where a sigmoid starts with
// the classes' shares (Lin et al. 2017, sec. 4.1). A softmax takes
// log(n_o + 1/2), which differs by what is common to all.
static void find_bias(const neap_train_spec *spec, double *bias) {
  if (spec->classes != NULL) {
    for (size_t o = 0; o < spec->shape.outputs; o++)
      bias[o] = 0.5;
    for (size_t i = 0; i < spec->rows; i++)
      bias[spec->classes[i]]++;
    for (size_t o = 0; o < spec->shape.outputs; o++)
      bias[o] = log(bias[o]);
    return;
  }
  double positives = 0;
  for (size_t i = 0; i < spec->rows; i++)
    positives += spec->targets[i];
  bias[0] = log((positives + 0.5) / ((double)spec->rows - positives + 0.5));
}

static void start_points(neap_trainer *t) {
  const neap_train_spec *spec = &t->spec;
  // The buffer of a chunk's gradients is free until the work begins.
  double *bias = t->points[0].gradient;
  for (size_t p = 0; p < spec->point_count; p++) {
    neap_point *point = &t->points[p];
    t->running[t->running_count++] = p;
    point->at.best_value = point->at.best_norm = NAN;  // not known yet
    if (spec->initial != NULL) {
      memcpy(point->at.x, spec->initial + p * t->parameters,
             t->parameters * sizeof(double));
    } else {
      find_bias(spec, bias);
      spec->model->initialise(&spec->shape, bias, point->at.x);
    }
  }
  memset(bias, 0, t->parameters * sizeof *bias);
}

neap_trainer *neap_trainer_new(const neap *engine, const neap_train_spec *spec,
                               neap_error *error) {
  const neap_host *host = &engine->host;
  if (check_points(spec, error) != NEAP_OK)
    return NULL;
  neap_trainer *t = host->allocate(host->data, NULL, 0, sizeof *t);
  if (t == NULL) {
    neap_fail(error, NEAP_EMEMORY, "no memory for a trainer");
    return NULL;
  }
  const size_t outputs = spec->shape.outputs;
  *t = (neap_trainer){
      .job = {.engine = engine, .work = work},
      .engine = engine,
      .spec = *spec,
      .kernels = neap_kernels_of(engine, spec->optimizer->precision),
      .number_bytes = neap_dtype_size(spec->optimizer->precision),
      .parameters = spec->model->parameter_count(&spec->shape),
      .width = neap_padded(spec->shape.features),
      .chunk_points = outputs < CHUNK_ROWS ? CHUNK_ROWS / outputs : 1,
      .stride = NEAP_BLOCK_ROWS + NEAP_PAD};
  if (neap_trainer_allocate(t, error) != NEAP_OK) {
    neap_trainer_free(t);
    return NULL;
  }
  neap_trainer_pack(t);
  start_points(t);
  start_phase(t,
              spec->optimizer->batches ? NEAP_PHASE_START : NEAP_PHASE_STEPS);
  return t;
}

void neap_trainer_free(neap_trainer *t) {
  if (t == NULL)
    return;
  const neap_host *host = &t->engine->host;
  neap_arena_free(t->engine, &t->arena);
  host->allocate(host->data, t, sizeof *t, 0);
}

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
  const double rows = (double)t->at.start / (double)t->spec.rows;
  if (t->phase == NEAP_PHASE_START)
    return 0;
  return ((double)t->epoch + (t->phase == NEAP_PHASE_STEPS ? rows : 0)) /
         (double)t->spec.epochs;
}

const double *neap_trainer_parameters(const neap_trainer *t, size_t point) {
  const neap_point *p = &t->points[point];
  const neap_optimizer *optimizer = t->spec.optimizer;
  const double *kept =
      optimizer->kept != NULL && p->state == NEAP_FIT_RUNNING
          ? optimizer->kept(p->optimizer, t->parameters, p->spec.optimizer)
          : NULL;
  return kept != NULL ? kept : p->at.x;
}

neap_fit_report neap_trainer_report(const neap_trainer *t, size_t point) {
  const neap_point *p = &t->points[point];
  return (neap_fit_report){.state = p->state,
                           .objective = p->at.best_value,
                           .gradient_norm = p->at.best_norm,
                           .steps = p->at.steps,
                           .history = p->history,
                           .history_count = p->history_count};
}
