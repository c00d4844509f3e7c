// train/train.h -- lockstep training: many points of a grid on the same rows.
//
// A point is a loss with its parameters, an l2 and an optimizer with its
// options. All points of a trainer share rows, model, optimizer and the order
// of the rows, so the data is read once for all of them. The result of a
// point has the same bits alone as among others, on one thread as on many,
// and however the work is cut into slices.
#ifndef NEAP_TRAIN_H
#define NEAP_TRAIN_H

#include <float.h>
#include <math.h>

#include "loss/loss.h"

// ------------------------------------------------------------- optimizers

// What an optimizer sees of a point, and leaves behind.
typedef struct neap_iterate {
  const neap_kernels *kernels;  // in: of float64
  double *x;               // in: where value and gradient were taken; out: next
  double value;            // in: of the objective at x, or of a batch
  const double *gradient;  // in
  const double *hessian;   // in [count][count], where the optimizer bends
  const struct neap_moments *moments;  // in: of the rows, or NULL
  double l2;                           // in
  size_t step, all_steps;  // in: on batches, the steps before this, and all
  double first_norm;       // out: of the first step's gradient
  double best_value, best_norm;  // out: at the last point that was kept
  size_t steps;                  // out: points kept so far
  // In: value and gradient are of float32. Out: false asks for the type of the
  // optimizer's own from now on.
  bool draft;
} neap_iterate;

// What is left of the gradient norm where a draft ends: well above what float32
// can't tell.
#define NEAP_DRAFT_TOLERANCE 1e-5

// Whether a draft has got as far as it should, or as is wanted.
static inline bool neap_draft_ends(const neap_iterate *at, double tolerance) {
  const double least =
      tolerance > NEAP_DRAFT_TOLERANCE ? tolerance : NEAP_DRAFT_TOLERANCE;
  return at->best_norm <= least * at->first_norm;
}

// Trials of one search that a draft may take.
enum { NEAP_DRAFT_TRIAL_MAX = 4 };

// Whether the gradient is as small as was asked for, or as its rounding, which
// is some of the value's.
static inline bool neap_has_converged(const neap_iterate *at,
                                      double tolerance) {
  return at->best_norm <= tolerance * at->first_norm ||
         at->best_norm <= 64 * DBL_EPSILON * fabs(at->best_value);
}

// One file and one row in optimizers.def.
struct neap_optimizer {
  const char *name;
  const char *summary;
  const char *source;
  const neap_parameter *parameters;
  bool batches;          // steps on batches; else on all rows
  bool bends;            // wants the Hessian, of its positive terms
  bool preconditions;    // wants the rows' moments, of linear models
  bool drafts;           // may see float32 until it asks for better
  neap_dtype precision;  // of logits and losses
  // Bytes of state for `count` numbers; given zeroed.
  size_t (*state_bytes)(size_t count, const double *options);
  // Takes one step. When it returns anything but NEAP_FIT_RUNNING, x is the
  // best point that was kept.
  neap_fit_state (*step)(void *state, size_t count, const double *options,
                         neap_iterate *at);
  // Returns the point that was kept last where x may be a trial, or NULL
  // before the first one. 0: x is always what was kept.
  const double *(*kept)(void *state, size_t count, const double *options);
};

// ----------------------------------------------------------------- models

// A block of rows in the trainer's number type, as neap_kernels packs it.
typedef struct neap_block {
  size_t count;
  const void *rows;     // [count][width]
  const void *columns;  // [features][stride]
  size_t width;
  ptrdiff_t stride;
  const void *targets;       // [count]; of several outputs [outputs][stride]
  const void *weights;       // [count], or NULL
  const uint16_t *bits;      // [units][stride]: random, for dropout; or NULL
  const void *loss_columns;  // [loss columns][loss_stride]
  size_t loss_stride;
} neap_block;

// Some points on a block. The parameters of a point are a flat array.
typedef struct neap_chunk {
  const neap_kernels *kernels;
  neap_shape shape;
  size_t points;
  double *const *x;         // [points][parameters]
  double *const *gradient;  // [points][parameters], backward adds to it
  const double *dropout;    // [points]: rates, if the block has bits
  const neap_block *block;
  void *logits;           // [points * outputs][stride]; then d loss / d logits
  const void *curvature;  // the same: d2 loss / d logits2; NULL: not wanted
  ptrdiff_t stride;       // of both
  void *scratch;          // scratch_bytes of the model
} neap_chunk;

// What a point starts from.
typedef struct neap_start {
  const neap *engine;
  neap_initialisation initialisation;
  uint64_t seed;
  const double *bias;  // [outputs] of the last layer
} neap_start;

// One file and one row in models.def.
struct neap_model {
  const char *name;
  const char *summary;
  const neap_parameter *parameters;
  size_t (*parameter_count)(const neap_shape *shape);
  // Lines that a point adds to the product that all points of a chunk share;
  // SIZE_MAX: they share none.
  size_t (*line_count)(const neap_shape *shape);
  // Hidden units, which dropout may drop; NULL: there are none.
  size_t (*unit_count)(const neap_shape *shape);
  // Sets the start of a point: last biases as given, the rest by the model's
  // rule.
  void (*initialise)(const neap_shape *shape, const neap_start *start,
                     double *x);
  size_t (*scratch_bytes)(const neap_shape *shape, size_t points,
                          neap_dtype dtype);
  void (*forward)(const neap_chunk *chunk);
  void (*backward)(const neap_chunk *chunk);
  // Adds to the Hessian of each point [parameters][parameters], of models of
  // one output that are linear in the parameters; else NULL.
  void (*bend)(const neap_chunk *chunk, double *const *hessian);
  // Adds the gradient of l2/2 |weights|^2, biases left out, and unless hessian
  // is NULL the second derivative, and returns the value.
  double (*penalise)(const neap_shape *shape, double l2, const double *x,
                     double *gradient, double *hessian);
};

// -------------------------------------------------------------- the trainer

// Writes how many rows of each class an epoch has; counts, sampled: [k].
void neap_sampled_counts(neap_sampling sampling, double ratio, size_t k,
                         const size_t *counts, size_t *sampled);

// What neap_trainer_new checks, in two parts: a spec's numbers and pointers,
// and what goes with what. Neither makes anything.
neap_status neap_check_numbers(const neap *engine, const neap_train_spec *spec,
                               neap_error *error);
neap_status neap_train_check(const neap_train_spec *spec, neap_error *error);

// Checks a model's shape, as neap_predict does, too.
neap_status neap_model_check_shape(const neap_model *model,
                                   const neap_shape *shape, neap_error *error);

// Checks that there are both, shift and scale, or none.
neap_status neap_check_scaling(const double *shift, const double *scale,
                               neap_error *error);

// Checks that rows of so many numbers each, 1 or more, can be.
neap_status neap_check_row_count(size_t rows, size_t numbers,
                                 neap_error *error);

// A hash of what a trainer was made of: its labels, points, options, and some
// of its rows. Equal for trainers of the same spec.
uint64_t neap_trainer_fingerprint(const neap_trainer *trainer);

// The trainer as a job; see neap_job_step. No memory is taken while it works.
neap_job *neap_trainer_job(neap_trainer *trainer);

#endif
