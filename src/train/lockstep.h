// train/lockstep.h -- the parts of a trainer, shared by its three files.
#ifndef NEAP_TRAIN_LOCKSTEP_H
#define NEAP_TRAIN_LOCKSTEP_H

#include "train/moments.h"
#include "train/train.h"

// Objectives that a point remembers; the first ones.
enum { NEAP_HISTORY_MAX = 1000 };

typedef struct neap_point {
  neap_train_point spec;
  neap_fit_state state;
  neap_iterate at;
  double *gradient;  // [parameters]
  double *hessian;   // [parameters][parameters], or NULL
  void *optimizer;   // state_bytes
  double *history;
  size_t history_count;
  double value;        // of the pass so far
  double epoch_value;  // the batches' objectives so far, times their rows
  double *kept;        // [parameters] that were worth keeping, or NULL
  bool has_kept, stopped;
  size_t failed_step;  // the first whose objective is no number, from 1; or 0
} neap_point;

// The data in one number type. Optimizers that draft see float32 first, and
// the type of their own at the end.
typedef struct neap_form {
  const neap_kernels *kernels;  // NULL: there is none
  size_t number_bytes;
  char *targets;                       // [rows], or [rows][outputs]
  char *weights;                       // [rows]; NULL: all 1
  char *loss_columns;                  // [loss columns][rows]
  char *packed_rows, *packed_columns;  // all blocks, if steps see all rows
  char *packed_targets;                // the same, of several outputs
} neap_form;

enum { NEAP_FINE, NEAP_DRAFT, NEAP_FORM_COUNT };

// Buffers of one worker.
typedef struct neap_workspace {
  char *rows, *columns, *targets, *weights;  // of a batch's block
  uint16_t *bits;                            // [units][stride], for dropout
  char *logits, *curvature, *model, *loss;
  char *loss_columns;          // of a batch's block, [loss columns][stride]
  const void **loss_pointers;  // of one point, [loss columns of all]
  double **x, **gradient, **hessian, *dropout;  // [points of a chunk]
  size_t *positions;                            // [points of a chunk]
  size_t ahead, ahead_end, ahead_step;  // places in the order: rows to fetch
} neap_workspace;

// What the present pass is for: steps, and after steps on batches, objective
// and norm on all rows.
typedef enum neap_phase {
  NEAP_PHASE_STEPS,
  NEAP_PHASE_END,
  NEAP_PHASE_DONE,
} neap_phase;

// Where the work has got to: a block of a pass over some rows.
typedef struct neap_position {
  size_t start, rows;  // of the pass, in the order of the rows
  size_t block;
} neap_position;

struct neap_trainer {
  neap_job job;
  const neap *engine;
  neap_train_spec spec;
  neap_form forms[NEAP_FORM_COUNT];
  size_t parameters, width, chunk_points;
  ptrdiff_t stride;  // of columns and logits
  neap_arena arena;
  double *shift, *scale;  // [features]; NULL: none
  uint32_t *order;        // [epoch_rows], of batches
  uint32_t *next_order;   // of the epoch below; NULL: one worker or epoch
  size_t next_epoch;      // whose order has been drawn ahead; 0: none
  // Of samples: rows by class, the classes' sizes, and room for drawing.
  size_t class_count, *class_sizes, *sampled_sizes;
  uint32_t *by_class, *drawn, *listed;
  size_t epoch_rows;
  bool drops;           // some point has dropout
  neap_point **points;  // [point_count]
  size_t *running;      // [running_count] positions of points
  size_t running_count;
  neap_moments moments;     // of the rows; features 0: none
  double *sums;             // [features + 1][features + 1], of their products
  neap_workspace **spaces;  // [max_workers]
  neap_phase phase;
  size_t epoch;
  size_t phase_rows;  // of the present phase
  neap_position at;
};

// Returns the blocks of a pass over some rows.
static inline size_t neap_block_count(size_t rows) {
  return (rows + NEAP_BLOCK_ROWS - 1) / NEAP_BLOCK_ROWS;
}

// Returns how many objectives there is room for.
static inline size_t neap_history_capacity(const neap_trainer *t) {
  const bool is_short =
      t->spec.optimizer->batches && t->spec.epochs < NEAP_HISTORY_MAX;
  return is_short ? t->spec.epochs : NEAP_HISTORY_MAX;
}

// Whether the targets are one class a row.
static inline bool neap_has_classes(const neap_trainer *t) {
  return t->spec.classes != NULL;
}

// Whether a row has a target for each output.
static inline bool neap_has_lines(const neap_trainer *t) {
  return t->spec.classes == NULL && t->spec.shape.outputs > 1;
}

// Returns the bytes of the targets of one row.
static inline size_t neap_target_bytes(const neap_trainer *t,
                                       const neap_form *form) {
  return neap_has_classes(t) ? sizeof(int32_t)
                             : t->spec.shape.outputs * form->number_bytes;
}

// Returns the form that a point's next value and gradient are taken from.
static inline const neap_form *neap_form_of(const neap_trainer *t,
                                            const neap_point *p) {
  return &t->forms[p->at.draft ? NEAP_DRAFT : NEAP_FINE];
}

// Lines of random bits for some units: 8 are drawn at once.
static inline size_t neap_bit_lines(size_t units) {
  return (units + 7) / 8 * 8;
}

// Batches of one epoch, and steps on batches before a position.
static inline size_t neap_batch_count(const neap_trainer *t) {
  return (t->epoch_rows + t->spec.batch - 1) / t->spec.batch;
}

static inline size_t neap_steps_before(const neap_trainer *t,
                                       const neap_position *at) {
  return t->epoch * neap_batch_count(t) + at->start / t->spec.batch;
}

// Returns how many ranges some points are dealt into, one for a worker. Each
// worker gathers the rows of a batch for itself, which a sixth of a chunk makes
// up for.
static inline size_t neap_range_count(const neap_trainer *t, size_t points) {
  const bool gathers = t->spec.optimizer->batches;
  const size_t least = gathers ? (t->chunk_points + 5) / 6 : 1;
  const size_t most = (points + least - 1) / least;
  const size_t workers = t->engine->host.max_workers;
  return most < workers ? most : workers;
}

// Returns the class of a row, of targets that are 0 or 1.
size_t neap_class_of_row(const neap_train_spec *spec, size_t row);

// Sorts the rows by class, for samples.
void neap_trainer_sort_classes(neap_trainer *trainer);

// Fills the order of an epoch.
void neap_trainer_sample(neap_trainer *trainer, size_t epoch, uint32_t *order);

// Fills the order of rows of the present phase, if it has one.
void neap_trainer_order(neap_trainer *trainer);

// Begins a pass over all rows, for what the phase wants.
void neap_trainer_start(neap_trainer *trainer, neap_phase phase);

// The trainer's job: works on some blocks, and returns how many.
size_t neap_trainer_work(neap_job *job, size_t units);

// Takes all memory of a trainer whose spec and sizes are set, and copies
// points, targets and weights into it.
//   NEAP_EMEMORY  no memory
neap_status neap_trainer_allocate(neap_trainer *trainer, neap_error *error);

// Features whose moments are worth their eigenvectors.
enum { NEAP_MOMENTS_MAX = 160 };

// Finds the moments of packed rows, if they are wanted.
void neap_trainer_moments(neap_trainer *trainer);

// Packs all rows, where steps see all of them.
void neap_trainer_pack(neap_trainer *trainer);

// Returns the rows of a position in a form, packed; gathered into the workspace
// where the order of the rows is the epoch's.
neap_block neap_trainer_block(const neap_trainer *trainer,
                              const neap_form *form, neap_workspace *space,
                              const neap_position *position);

#endif
