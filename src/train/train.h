// train/train.h -- lockstep training: many points of a grid on the same rows.
//
// A point is a loss with its parameters, an l2 and an optimizer with its
// options. All points of a trainer share rows, model, optimizer and the order
// of the rows, so the data is read once for all of them. The result of a
// point has the same bits alone as among others, on one thread as on many,
// and however the work is cut into slices.
#ifndef NEAP_TRAIN_H
#define NEAP_TRAIN_H

#include "loss/loss.h"

// ------------------------------------------------------------- optimizers

// How a point stands.
typedef enum neap_fit_state {
  NEAP_FIT_RUNNING,
  NEAP_FIT_CONVERGED,  // the gradient norm fell by the tolerance
  NEAP_FIT_STOPPED,    // out of steps, or the objective falls no further
  NEAP_FIT_FAILED,     // the objective or a parameter is no finite number
} neap_fit_state;

// What an optimizer sees of a point, and leaves behind.
typedef struct neap_iterate {
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

// One file and one row in optimizers.def.
typedef struct neap_optimizer {
  const char *name;
  const char *summary;
  const char *source;
  neap_parameter parameters[NEAP_PARAMETER_MAX];
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
} neap_optimizer;

// Returns the optimizer at a position of the list, or NULL beyond its end.
const neap_optimizer *neap_optimizer_at(size_t position);

// ----------------------------------------------------------------- models

enum { NEAP_LAYERS_MAX = 8 };

typedef struct neap_shape {
  size_t features;
  size_t outputs;                  // 1: binary; k: classes, or labels
  size_t layers;                   // hidden ones, of an mlp
  size_t hidden[NEAP_LAYERS_MAX];  // the units of each
  neap_activation activation;
} neap_shape;

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

// How the weights of hidden units start.
typedef enum neap_initialisation {
  NEAP_INITIAL_HE,      // normal with deviation sqrt(2 / inputs)
  NEAP_INITIAL_GLOROT,  // even up to sqrt(6 / (inputs + outputs))
} neap_initialisation;

// What a point starts from.
typedef struct neap_start {
  const neap *engine;
  neap_initialisation initialisation;
  uint64_t seed;
  const double *bias;  // [outputs] of the last layer
} neap_start;

// One file and one row in models.def.
typedef struct neap_model {
  const char *name;
  const char *summary;
  neap_parameter parameters[NEAP_PARAMETER_MAX];
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
} neap_model;

// Returns the model at a position of the list, or NULL beyond its end.
const neap_model *neap_model_at(size_t position);

// -------------------------------------------------------------- the trainer

typedef struct neap_train_point {
  const neap_loss *loss;
  neap_loss_options options;             // of the loss
  double optimizer[NEAP_PARAMETER_MAX];  // its options
  double l2;
  double dropout;  // rate in [0, 1), of models with hidden units
  const uint16_t
      *loss_columns;  // of neap_loss_columns: positions in the spec's
} neap_train_point;

// Which rows an epoch of an optimizer on batches has.
typedef enum neap_sampling {
  NEAP_SAMPLE_NONE,      // all, once
  NEAP_SAMPLE_BALANCED,  // as many as there are, the classes taking turns
  NEAP_SAMPLE_UNDER,     // of each class at most the smallest one / ratio
  NEAP_SAMPLE_OVER,      // of each class at least the largest one * ratio
} neap_sampling;

// Writes how many rows of each class an epoch has; counts, sampled: [k].
void neap_sampled_counts(neap_sampling sampling, double ratio, size_t k,
                         const size_t *counts, size_t *sampled);

typedef struct neap_train_spec {
  size_t rows;
  neap_shape shape;
  const void *x;  // [rows][features], finite
  neap_dtype dtype;
  const double *shift, *scale;  // [features], standardisation; NULL: none
  neap_loss_kind kind;     // NEAP_BINARY: outputs are labels; or NEAP_CLASSES
  const double *targets;   // [rows][outputs] in [0, 1]: of class 1, or of all
  const int32_t *classes;  // [rows] below outputs, in place of targets
  const double *weights;   // [rows], >= 0; NULL: all 1
  const double *const *loss_columns;  // what losses read of a row, each [rows]
  size_t loss_column_count;
  const neap_model *model;
  neap_initialisation initialisation;
  bool zero_bias;  // the last biases start at 0, not at the classes' shares
  const neap_optimizer *optimizer;
  size_t epochs, batch;    // of optimizers that take batches
  neap_sampling sampling;  // wants classes, or targets that are 0 or 1
  double ratio;            // in (0, 1], of under and over
  bool pauses;             // at each epoch's end; see neap_trainer_resume
  uint64_t seed;           // of the rows' order, the start and dropout
  const neap_train_point *points;
  size_t point_count;
  const double *initial;  // [points][parameters]; NULL: the model's start
} neap_train_spec;

typedef struct neap_trainer neap_trainer;

// What is known of a point.
typedef struct neap_fit_report {
  neap_fit_state state;
  double objective;      // sum of w_i loss_i / rows + l2/2 |weights|^2
  double gradient_norm;  // of the objective
  size_t steps;
  const double *history;  // [history_count] objectives, by step or epoch
  size_t history_count;
  size_t failed_epoch, failed_step;  // where it failed on batches, from 1; or 0
} neap_fit_report;

// Returns a new trainer, or NULL. Copies points with the lists of their
// options, targets and weights; x and sums of losses must stay while the
// trainer works.
//   NEAP_EARGUMENT  a loss does not fit the targets, or its options don't fit
//                   the loss (points count from 1); there are no rows or no
//                   points; batch or epochs is 0
//   NEAP_EMEMORY    no memory
neap_trainer *neap_trainer_new(const neap *engine, const neap_train_spec *spec,
                               neap_error *error);

// Checks a spec as neap_trainer_new does, and makes nothing.
neap_status neap_train_check(const neap_train_spec *spec, neap_error *error);

// Writes the state of a trainer between two slices to bytes (NULL: writes
// nothing), and returns how many it takes.
size_t neap_trainer_save(const neap_trainer *trainer, void *bytes);

// A hash of what a trainer was made of: its labels, points and options, not its
// rows' features. Equal for trainers of the same spec.
uint64_t neap_trainer_fingerprint(const neap_trainer *trainer);

// Brings a new trainer to the state that one of the same spec had on the same
// kind of machine; it goes on with the same bits.
//   NEAP_EDATA  the bytes are no checkpoint, or damaged (then the trainer is
//               of no use), or of a trainer of other data, points or options
neap_status neap_trainer_load(neap_trainer *trainer, const void *bytes,
                              size_t size_bytes, neap_error *error);

// Frees a trainer. NULL is allowed.
void neap_trainer_free(neap_trainer *trainer);

// The trainer as a job; see neap_job_step. No memory is taken while it works.
neap_job *neap_trainer_job(neap_trainer *trainer);

// Whether the trainer waits at an epoch's end, where every point may be looked
// at, kept and stopped. Its job does nothing meanwhile.
bool neap_trainer_paused(const neap_trainer *trainer);

// Remembers the parameters that a point has now, or ends it: its parameters
// become the ones remembered, if any. While the trainer is paused.
void neap_trainer_keep(neap_trainer *trainer, size_t point);
void neap_trainer_stop(neap_trainer *trainer, size_t point);

// Goes on after a pause; points that were never kept keep what they have.
void neap_trainer_resume(neap_trainer *trainer);

// Returns the bytes that a trainer takes.
size_t neap_trainer_bytes(const neap_trainer *trainer);

// Returns the epochs done.
size_t neap_trainer_epoch(const neap_trainer *trainer);

// Returns the points that are still running.
size_t neap_trainer_running(const neap_trainer *trainer);

// Returns how far the work is, between 0 and 1: epochs done, or points done.
double neap_trainer_fraction(const neap_trainer *trainer);

// Returns the parameters of a point [parameters]: for each output its
// weights, then its bias.
const double *neap_trainer_parameters(const neap_trainer *trainer,
                                      size_t point);

neap_fit_report neap_trainer_report(const neap_trainer *trainer, size_t point);

// ------------------------------------------------------------- prediction

typedef struct neap_predict_spec {
  size_t rows;
  neap_shape shape;
  const void *x;
  neap_dtype dtype;
  const double *shift, *scale;  // NULL: none
  const neap_model *model;
  const double *const *parameters;  // [points][parameters]
  size_t point_count;
  neap_dtype precision;  // of logits
  void *logits;          // out [points][outputs][rows]
} neap_predict_spec;

// Writes the logits of many points on the same rows.
//   NEAP_EMEMORY  no memory
neap_status neap_predict(const neap *engine, const neap_predict_spec *spec,
                         neap_error *error);

#endif
