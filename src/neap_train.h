// neap_train.h -- training many points on the same rows; part of neap.h.
//
// A point is a loss with its parameters, an l2 and an optimizer with its
// options. All points of a trainer share rows, model, optimizer and the order
// of the rows, so the data is read once for all of them. The result of a point
// has the same bits alone as among others, on one thread as on many, and
// however the work is cut into slices.
//
//   neap_train_point point = neap_point_of(optimizer, focal);
//   neap_train_spec spec = {
//       .rows = n, .shape = {.features = 8, .outputs = 1}, .x = x,
//       .targets = y, .model = neap_model_find("linear"),
//       .optimizer = neap_optimizer_find("lbfgs"),
//       .points = &point, .point_count = 1};
//   neap_trainer *trainer = neap_trainer_new(engine, &spec, &error);
//   while (!neap_trainer_step(trainer, 0.002)) draw_a_frame();
#ifndef NEAP_TRAIN_API_H
#define NEAP_TRAIN_API_H

#include "neap.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

// ------------------------------------------------- models and optimizers

// Both are immutable, shared by threads, and never freed. Returned by name, or
// by their position of a list: NULL where there is none.
typedef struct neap_model neap_model;
typedef struct neap_optimizer neap_optimizer;
const neap_model *neap_model_find(const char *name);
const neap_model *neap_model_at(size_t position);
const neap_optimizer *neap_optimizer_find(const char *name);
const neap_optimizer *neap_optimizer_at(size_t position);

const char *neap_model_name(const neap_model *model);
const char *neap_optimizer_name(const neap_optimizer *optimizer);

// Returns the optimizer's options, in the order that a point has them.
const neap_parameter *neap_optimizer_parameters(const neap_optimizer *optimizer,
                                                size_t *count);

// Returns whether it takes batches, so that epochs and batch count; else it
// works on all rows.
bool neap_optimizer_takes_batches(const neap_optimizer *optimizer);

// What a hidden unit makes of its sum z: max(z, 0), tanh z, z F(z) with F the
// normal distribution function, z sigmoid(z).
// Source: Hendrycks and Gimpel 2016, arXiv 1606.08415, for the last two.
typedef enum neap_activation {
  NEAP_RELU,
  NEAP_TANH,
  NEAP_GELU,
  NEAP_SILU,
} neap_activation;

enum { NEAP_LAYERS_MAX = 8 };

typedef struct neap_shape {
  size_t features;
  size_t outputs;                  // 1: binary; k: classes, or labels
  size_t layers;                   // hidden ones, of an mlp
  size_t hidden[NEAP_LAYERS_MAX];  // the units of each
  neap_activation activation;
} neap_shape;

// Returns the parameters that a point of this model and shape has: for each
// output its weights, then its bias; of an mlp layer by layer.
size_t neap_model_parameters(const neap_model *model, const neap_shape *shape);

// How the weights of hidden units start.
typedef enum neap_initialisation {
  NEAP_INITIAL_HE,      // normal with deviation sqrt(2 / inputs)
  NEAP_INITIAL_GLOROT,  // even up to sqrt(6 / (inputs + outputs))
} neap_initialisation;

// -------------------------------------------------------------- what is given

typedef struct neap_train_point {
  const neap_loss *loss;
  neap_loss_options options;             // of the loss
  double optimizer[NEAP_PARAMETER_MAX];  // its options
  double l2;                             // >= 0
  double dropout;                // rate in [0, 1), of models with hidden units
  const uint16_t *loss_columns;  // of a loss that reads columns: for each of
                                 // them a position in the spec's; else NULL
} neap_train_point;

// Returns a point with the optimizer's defaults and no l2.
neap_train_point neap_point_of(const neap_optimizer *optimizer,
                               const neap_loss *loss);

// Which rows an epoch of an optimizer on batches has.
typedef enum neap_sampling {
  NEAP_SAMPLE_NONE,      // all, once
  NEAP_SAMPLE_BALANCED,  // as many as there are, the classes taking turns
  NEAP_SAMPLE_UNDER,     // of each class at most the smallest one / ratio
  NEAP_SAMPLE_OVER,      // of each class at least the largest one * ratio
} neap_sampling;

typedef struct neap_train_spec {
  size_t rows;
  neap_shape shape;
  const void *x;  // [rows][features], finite
  neap_dtype dtype;
  const double *shift, *scale;  // [features], standardisation; both NULL: none
  neap_loss_kind kind;     // NEAP_BINARY: outputs are labels; or NEAP_CLASSES
  const double *targets;   // [rows][outputs] in [0, 1]: of class 1; or of all
                           // classes, adding up to 1 but for 1e-4
  const int32_t *classes;  // [rows] below outputs, of NEAP_CLASSES, in place of
                           // targets
  const double *weights;   // [rows], >= 0; NULL: all 1
  const double *const *loss_columns;  // what losses read of a row, each [rows]
  size_t loss_column_count;
  const neap_model *model;
  neap_initialisation initialisation;
  bool zero_bias;  // the last biases start at 0, not at the classes' shares
  const neap_optimizer *optimizer;
  size_t epochs, batch;  // of optimizers that take batches, 1 or more; a batch
                         // of more rows than there are is all of them
  neap_sampling sampling;  // wants classes, or targets that are 0 or 1
  double ratio;            // in (0, 1], of under and over
  bool pauses;             // at each epoch's end; see neap_trainer_resume
  uint64_t seed;           // of the rows' order, the start and dropout
  const neap_train_point *points;
  size_t point_count;
  const double *initial;  // [points][parameters]; NULL: the model's start
} neap_train_spec;

// Writes mean and 1 / deviation (ddof 0) of each column; 1 where a column is
// constant, 0 and 1 without rows. x: [rows][columns], finite; shift, scale: out
// [columns].
void neap_standardize(size_t rows, size_t columns, const void *x,
                      neap_dtype dtype, double *shift, double *scale);

// ---------------------------------------------------------------- the trainer

typedef struct neap_trainer neap_trainer;

// Returns a new trainer, or NULL. Copies points with the lists of their
// options, targets and weights; x, sums of losses and defined losses must stay
// while the trainer works. All its memory is taken here, none in a step.
//   NEAP_EARGUMENT  a loss does not fit the targets, or its options don't fit
//                   the loss; an option of the optimizer is out of its range
//                   (points count from 1); there are no rows or no points, or
//                   only rows of weight 0; batch or epochs is 0, or their rows
//                   are more than 2^53 in all or 2^32 - 1 an epoch; dropout or
//                   sampling without batches, dropout without hidden units;
//                   sampling of a class without rows; newton for an mlp or more
//                   than one output; the shape is none of the model's (an mlp
//                   has 1 to 8 hidden layers of 1 to 65,536 units); what must
//                   not be NULL is
//   NEAP_EDATA      a number of x is not finite; a target is no class, not in
//                   [0, 1] or soft where a loss wants classes; those of a row
//                   don't add up to 1
//   NEAP_EMEMORY    no memory
neap_trainer *neap_trainer_new(const neap *engine, const neap_train_spec *spec,
                               neap_error *error);

// Frees a trainer, before its engine. NULL is allowed.
void neap_trainer_free(neap_trainer *trainer);

// Works for about `seconds` (INFINITY: to the end), and no longer than the
// host's budget. Returns whether all points are done, or the trainer waits at
// an epoch's end. Without a clock of the host one call does the smallest piece,
// and with INFINITY all.
bool neap_trainer_step(neap_trainer *trainer, double seconds);

// Returns how far the work is, between 0 and 1: epochs done, or points done.
double neap_trainer_fraction(const neap_trainer *trainer);

// Returns the points that are still running; the epochs done; and the bytes
// that the trainer takes.
size_t neap_trainer_running(const neap_trainer *trainer);
size_t neap_trainer_epoch(const neap_trainer *trainer);
size_t neap_trainer_bytes(const neap_trainer *trainer);

// Returns the parameters of a point; see neap_model_parameters. Their order
// lasts as long as the trainer, their numbers until its next step.
const double *neap_trainer_parameters(const neap_trainer *trainer,
                                      size_t point);

// How a point stands.
typedef enum neap_fit_state {
  NEAP_FIT_RUNNING,
  NEAP_FIT_CONVERGED,  // the gradient norm fell by the tolerance
  NEAP_FIT_STOPPED,    // out of steps, or the objective falls no further
  NEAP_FIT_FAILED,     // the objective or a parameter is no finite number
} neap_fit_state;

// What is known of a point.
typedef struct neap_fit_report {
  neap_fit_state state;
  double objective;      // sum of w_i loss_i / rows + l2/2 |weights|^2
  double gradient_norm;  // of the objective
  size_t steps;
  const double *history;  // [history_count] objectives, by step or epoch: the
                          // first 1,000
  size_t history_count;
  size_t failed_epoch, failed_step;  // where it failed on batches, from 1; or 0
} neap_fit_report;

neap_fit_report neap_trainer_report(const neap_trainer *trainer, size_t point);

// Whether the trainer waits at an epoch's end, where every point may be looked
// at, kept and stopped. Its steps do nothing meanwhile.
bool neap_trainer_paused(const neap_trainer *trainer);

// Remembers the parameters that a point has now, or ends it when the trainer
// goes on: its parameters become the ones remembered, if any. While the trainer
// is paused.
void neap_trainer_keep(neap_trainer *trainer, size_t point);
void neap_trainer_stop(neap_trainer *trainer, size_t point);

// Goes on after a pause; points that were never kept keep what they have.
void neap_trainer_resume(neap_trainer *trainer);

// Writes the state of a trainer between two slices to bytes (NULL: writes
// nothing), and returns how many it takes.
size_t neap_trainer_save(const neap_trainer *trainer, void *bytes);

// Brings a new trainer to the state that one of the same spec had on the same
// kind of machine; it goes on with the same bits.
//   NEAP_EDATA  the bytes are no checkpoint, or damaged (then the trainer is
//               of no use), or of a trainer of other data, points or options;
//               of more than 1,024 rows of x not all are compared
neap_status neap_trainer_load(neap_trainer *trainer, const void *bytes,
                              size_t size_bytes, neap_error *error);

// ----------------------------------------------------------------- prediction

typedef struct neap_predict_spec {
  size_t rows;
  neap_shape shape;
  const void *x;  // [rows][features]
  neap_dtype dtype;
  const double *shift, *scale;  // both NULL: none
  const neap_model *model;
  const double *const *parameters;  // [points][parameters]
  size_t point_count;
  neap_dtype precision;  // of logits
  void *logits;          // out [points][outputs][rows]
} neap_predict_spec;

// Writes the logits of many points on the same rows.
//   NEAP_EARGUMENT  the shape is none of the model's; dtype or precision is no
//                   float; x, parameters or logits is NULL, or one of shift and
//                   scale
//   NEAP_EMEMORY    no memory
neap_status neap_predict(const neap *engine, const neap_predict_spec *spec,
                         neap_error *error);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
