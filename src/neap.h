// neap.h -- what a C program includes to use neap. Nothing here needs Lua.
//
//   neap *engine = neap_new(NULL, &error);
//   const neap_loss *focal = neap_loss_find(engine, "focal");
//   double gamma_alpha[] = {2, 0.25, 0}, sum;
//   neap_loss_call call = {.rows = n, .logits = x, .targets = y,
//                          .options = {.params = gamma_alpha},
//                          .gradient = g, .sum = &sum};
//   neap_status status = neap_loss_evaluate(focal, &call, &error);
//
// The library starts no thread, prints nothing, never exits, reads no
// environment, opens no file and keeps no writable static: all of that is the
// host's, who hands it in with neap_new.
#ifndef NEAP_H
#define NEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEAP_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

typedef struct neap neap;

// Every function that can fail returns one of these and fills a neap_error.
// On an error all outputs are as they were before the call.
typedef enum neap_status {
  NEAP_OK = 0,
  NEAP_EARGUMENT,  // an argument has the wrong kind, or is out of its range
  NEAP_ESHAPE,     // two shapes that must agree differ
  NEAP_EDATA,      // data hold NaN, infinity, or a target that is no class
  NEAP_EMEMORY,    // the host's allocator returned NULL
  NEAP_EHOST,      // the host can't: a file, an instruction set
} neap_status;

// What went wrong: the argument's name, the value got and the value wanted.
typedef struct neap_error {
  neap_status code;
  char message[240];
} neap_error;

// ---------------------------------------------------------------- the host

// One task of a parallel loop; worker is below max_workers, and no two tasks
// run with the same worker at the same time.
typedef void neap_task(void *argument, size_t task, size_t worker);

// A part of a file that is written. The parts of one file come in order,
// without a gap, and the last one says so; the file is there then, and not
// before.
typedef struct neap_file_part {
  const char *path;
  const void *bytes;  // [size_bytes]; NULL: the file is given up
  size_t size_bytes;
  uint64_t offset;  // in the file; 0 begins a new one
  bool is_last;
} neap_file_part;

// What a program gives to the library. Any member may be 0, but for max_workers
// beside parallel_for. Where threads share an engine, or are its workers,
// functions are called from several at once.
typedef struct neap_host neap_host;
struct neap_host {
  void *data;  // handed to every function below

  // Allocates, grows, shrinks and frees, with the contract of lua_Alloc:
  // new_size 0 frees, block NULL allocates. 0: the C library's realloc.
  void *(*allocate)(void *data, void *block, size_t old_size, size_t new_size);

  // Runs task 0 to task_count - 1, in any order, on at most max_workers
  // threads (1 or more), and returns when all have ended. 0: the calling
  // thread, in order.
  void (*parallel_for)(void *data, neap_task *task, void *argument,
                       size_t task_count);
  size_t max_workers;

  // Seconds on a clock that never goes back. 0: a job can't be cut by time,
  // and each step of it does its smallest slice.
  double (*clock)(void *data);

  // Reads a whole file and sets its size in bytes. The block comes from
  // memory->allocate, memory being the engine's own host, and is one byte
  // longer: a 0 follows the last byte. On failure returns NULL and fills the
  // error. 0: no files.
  void *(*read_file)(void *data, const neap_host *memory, const char *path,
                     size_t *size_bytes, neap_error *error);

  // Writes a part of a file. On failure returns false, fills the error, and
  // leaves no part of the file. 0: no files are written.
  bool (*write_file)(void *data, const neap_file_part *part, neap_error *error);

  // "base", "avx2" or "avx512". 0: the best that this machine has.
  const char *isa;

  // Shows a file as memory that is read and not copied, and sets its size;
  // NULL, and the error, where it can't be. The file must not become shorter
  // until unmap_file is given the same block and size. 0: files are read.
  const void *(*map_file)(void *data, const char *path, size_t *size_bytes,
                          neap_error *error);
  void (*unmap_file)(void *data, const void *block, size_t size_bytes);

  // Takes a line of text, without its end, that tells how a study gets on.
  // 0: studies are silent.
  void (*log)(void *data, const char *line);

  // The most seconds that a step of a job takes, whatever its caller asks for,
  // and what one takes where the caller does not say. 0: no limit.
  double budget;
};

// Returns a new engine, or NULL. The host is copied; NULL means all defaults.
// An engine is immutable: any number of threads may use it at once.
//   NEAP_EARGUMENT  max_workers is 0 beside parallel_for
//   NEAP_EHOST      host->isa is unknown, or this machine does not have it
//   NEAP_EMEMORY    no memory
neap *neap_new(const neap_host *host, neap_error *error);

// Frees an engine, after all that was made with it; built-in losses stay. NULL
// is allowed.
void neap_free(neap *engine);

// Returns the instruction set that the engine runs: "base", "avx2", "avx512".
const char *neap_isa(const neap *engine);

// ------------------------------------------------------- numbers and arrays

typedef enum neap_dtype {
  NEAP_FLOAT64 = 0,
  NEAP_FLOAT32 = 1,
  NEAP_INT32 = 2,
} neap_dtype;

// Returns the bytes of one element: 8, 4 or 4.
size_t neap_dtype_size(neap_dtype dtype);

// Returns "float64", "float32" or "int32".
const char *neap_dtype_name(neap_dtype dtype);

// One parameter of a loss, an optimizer, a model or a generator.
typedef struct neap_parameter {
  const char *name;
  double initial;    // the default; NaN: off, and false switches it off
  double low, high;  // the closed range of allowed values
  const char *meaning;
  int whole;                   // 1: a whole number
  int open;                    // 1: low itself is not allowed
  const char *const *choices;  // names of 0, 1, ..., ending in NULL; or NULL
} neap_parameter;

enum { NEAP_PARAMETER_MAX = 12 };

// ------------------------------------------------------------------- losses

// What the rows of a loss are.
typedef enum neap_loss_kind {
  NEAP_BINARY,   // one logit a row (or label); targets: probability of class 1
  NEAP_CLASSES,  // k logits a row; targets are classes or k probabilities
  NEAP_REAL,     // one number a row, a prediction; so is the target
} neap_loss_kind;

// A loss with its derivatives. Immutable, shared by threads, never freed.
typedef struct neap_loss neap_loss;

// Returns the loss of that name, or NULL.
const neap_loss *neap_loss_find(const neap *engine, const char *name);

// Returns the loss at a position of the list, or NULL beyond its end.
const neap_loss *neap_loss_at(const neap *engine, size_t position);

const char *neap_loss_name(const neap_loss *loss);
const char *neap_loss_source(const neap_loss *loss);   // paper and equation
const char *neap_loss_formula(const neap_loss *loss);  // in words of a page
neap_loss_kind neap_loss_kind_of(const neap_loss *loss);

// Returns the loss's parameters, in the order that params wants them.
const neap_parameter *neap_loss_parameters(const neap_loss *loss,
                                           size_t *count);

// What the logits of a call are.
typedef enum neap_source {
  NEAP_LOGITS,
  NEAP_PROBABILITIES,  // of class 1, or of all classes; derivatives are, too
} neap_source;

// What label_smoothing smooths.
typedef enum neap_smoothing {
  NEAP_SMOOTH_TARGETS,  // y becomes (1 - e) y + e / k, then the loss
  NEAP_SMOOTH_AFTER,    // the modulating weight is of the hard target, and
                        // the cross-entropy that it weighs of the smooth one
} neap_smoothing;

// Which second derivative is wanted.
typedef enum neap_hessian_mode {
  NEAP_HESSIAN_EXACT,
  NEAP_HESSIAN_POSITIVE,  // the sum of the exact one's positive terms
  NEAP_HESSIAN_ABSOLUTE,  // |exact|
  NEAP_HESSIAN_FLOOR,     // max(exact, hessian_floor)
} neap_hessian_mode;

// What *denominator is: it and the sum add up over batches.
typedef enum neap_normalizer {
  NEAP_COUNT,       // rows that are not ignored, times labels
  NEAP_WEIGHT_SUM,  // their weights, times the class weights of their targets
  NEAP_POSITIVES,   // the targets' sum; of classes, that of all but class 0
} neap_normalizer;

// A loss's numbers. Zeros mean defaults.
typedef struct neap_loss_options {
  const double *params;         // in the loss's order; NULL: its defaults
  const double *class_weights;  // [2] or [k], of class 0 first; NULL: all 1
  const double *label_weights;  // [labels] of class 1, binary; NULL: all 1
  const double *class_offsets;  // [2] or [k], added to logits; NULL: 0
  const double *class_margins;  // [2] or [k], taken from the logit of the
                                // target; hard targets only; NULL: 0
  double scale;                 // of logits, after both; 0: 1
  double label_smoothing;       // e in [0, 1)
  neap_smoothing smoothing;
  const double *ignore_index;  // a target whose rows count nothing; NULL: none
  neap_source from;
  int logit_targets;  // 1: targets are logits, too, whose softmax is P; of the
                      // losses that compare distributions only
  neap_hessian_mode hessian_mode;
  double hessian_floor;
  neap_normalizer normalizer;
} neap_loss_options;

// Logits and targets in, loss and derivatives out. Strides count elements:
// [n][k] by rows is row_stride k, class_stride 1; one row of logits for each
// class, [k][n], is row_stride 1, class_stride n. Targets given as
// probabilities, the gradient and the Hessian lie as the logits do; so do the
// targets and values of a binary loss with several labels. All else is dense.
//
//   value_i    = w_i c(y_i) f(x_i, y_i)     w: weights, c: class_weights
//   gradient_i = d value_i / d x_i          one number a logit
//   hessian_i  = d2 value_i / d x_i2        the diagonal
typedef struct neap_loss_call {
  size_t rows;
  size_t classes;  // k >= 2 of a loss of classes; else the labels, 0 means 1
  ptrdiff_t row_stride, class_stride;  // both 0: rows, dense
  neap_dtype dtype;  // of logits, weights and outputs: float64 or float32
  neap_dtype target_dtype;  // dtype, or NEAP_INT32 for classes 0..k-1
  const void *logits;
  const void *targets;         // binary: in [0, 1]; classes [rows]: 0..k-1, or
                               // probabilities; real: finite
  const void *weights;         // [rows], >= 0; NULL: all 1
  const void *const *columns;  // of a loss that has some: for each of them
                               // its numbers [rows], of the logits' dtype
  neap_loss_options options;
  void *value;          // out [rows], or as the logits; NULL: not wanted
  void *gradient;       // out; NULL: not wanted; may be the logits
  void *hessian;        // out; NULL: not wanted
  double *sum;          // out: the sum of values; NULL: not wanted
  double *denominator;  // out: see neap_normalizer; NULL: not wanted
  void *scratch;        // neap_loss_scratch_bytes(), one a thread
} neap_loss_call;

// Returns the bytes of scratch memory (64-byte aligned) that a call needs.
// Binary losses need none, but for sums.
size_t neap_loss_scratch_bytes(const neap_loss *loss, size_t classes,
                               neap_dtype dtype);

// Evaluates a loss on the caller's buffers, allocating nothing. Safe from any
// number of threads. NaN in a logit gives NaN out; -inf as a logit is a class
// that can't be.
//   NEAP_EARGUMENT  a parameter, weight or option is out of its range, or does
//                   not go with this loss; scratch is missing
//   NEAP_ESHAPE     the classes don't fit the kind of loss
//   NEAP_EDATA      a target is no class, or outside [0, 1]; those of a row do
//                   not add up to 1 but for 1e-4; one is soft, and
//                   class_margins or smoothing after the loss want classes; the
//                   same of probabilities in place of logits. Names its row
neap_status neap_loss_evaluate(const neap_loss *loss,
                               const neap_loss_call *call, neap_error *error);

// Evaluates a loss of one logit a row in double: the gradient and the diagonal
// of the Hessian that boosting libraries ask of a custom objective. A flat
// signature, for foreign function interfaces; otherwise as neap_loss_evaluate.
// Not of sums, which want scratch.
neap_status neap_loss_derivatives(const neap_loss *loss, const double *params,
                                  neap_hessian_mode mode, size_t rows,
                                  const double *logits, const double *targets,
                                  double *gradient, double *hessian,
                                  neap_error *error);

// ---------------------------------------------------- weights of classes

// Writes n / (k n_c), or 0 where a class has no rows: the weights that
// scikit-learn calls balanced. counts, weights: [k].
void neap_balanced_weights(size_t k, const double *counts, double *weights);

// Writes (1 - beta) / (1 - beta^n_c), scaled to the sum k over the classes
// with rows; beta in [0, 1). Source: Cui et al. 2019, CVPR, eq. 3.
void neap_effective_weights(size_t k, const double *counts, double beta,
                            double *weights);

// Writes the margins n_c^(-1/4), scaled so that the largest is `largest`.
// Source: Cao et al. 2019, NeurIPS, eq. 13.
void neap_ldam_margins(size_t k, const double *counts, double largest,
                       double *margins);

// ---------------------------------------------------------- sums of losses

typedef struct neap_loss_term {
  double factor;          // finite
  const neap_loss *loss;  // no sum
  neap_loss_options options;
} neap_loss_term;

// Returns the bytes that a sum of that many losses takes.
size_t neap_loss_sum_bytes(size_t count);

// Makes sum_i factor_i loss_i in the caller's memory (16-byte aligned), which
// is the loss that is returned; NULL on error. The terms are copied; what
// their options point to must stay. Options of a call on the sum itself must
// be zeros, but for hessian_mode, ignore_index and normalizer.
//   NEAP_EARGUMENT  the losses are of different kinds, there are none, or one
//                   of them is a sum or NULL
const neap_loss *neap_loss_sum(void *memory, const neap_loss_term *terms,
                               size_t count, neap_error *error);

// --------------------------------------------------------------------- Lua

struct lua_State;

// Pushes the module that require "neap" gives, and makes require know it and
// all of its parts, which the library holds: no file is looked for. It wants
// Lua's package library, sets no global, and may be called again. The host is
// copied when a state is first opened; without one, or without an allocator,
// all memory comes from the state's own, and a limit of it holds. Returns 1,
// as a lua_CFunction does. Raises a Lua error where neap_new fails.
int neap_open(struct lua_State *state, const neap_host *host);

// Returns the loss at an index of a Lua stack, one that a script defined or a
// built-in one, or NULL if there is no loss, or a sum. Call it with options of
// its own. It lives as long as the Lua value does.
const neap_loss *neap_to_loss(struct lua_State *state, int index);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

// Losses from a formula, training, metrics: parts of this header.
#include "neap_define.h"
#include "neap_metric.h"
#include "neap_train.h"

#endif
