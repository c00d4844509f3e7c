// neap.h -- what a C program includes to use neap. Nothing here needs Lua.
//
//   neap *engine = neap_new(NULL, &error);
//   const neap_loss *focal = neap_loss_find(engine, "focal");
//   double gamma_alpha[] = {2, 0.25}, sum;
//   neap_loss_call call = {.rows = n, .logits = x, .targets = y,
//                          .params = gamma_alpha, .gradient = g, .sum = &sum};
//   neap_status status = neap_loss_evaluate(focal, &call, &error);
//
// The library starts no thread, prints nothing, never exits, reads no
// environment, opens no file and keeps no writable static: all of that is the
// host's, who hands it in with neap_new.
#ifndef NEAP_H
#define NEAP_H

#include <stddef.h>
#include <stdint.h>

#define NEAP_VERSION "0.1.0"

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

// What a program gives to the library. Any member may be 0.
typedef struct neap_host neap_host;
struct neap_host {
  void *data;  // handed to every function below

  // Allocates, grows, shrinks and frees, with the contract of lua_Alloc:
  // new_size 0 frees, block NULL allocates. 0: the C library's realloc.
  void *(*allocate)(void *data, void *block, size_t old_size, size_t new_size);

  // Runs task 0 to task_count - 1, in any order, on at most max_workers
  // threads, and returns when all have ended. 0: the calling thread, in order.
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

  // "base", "avx2" or "avx512". 0: the best that this machine has.
  const char *isa;
};

// Returns a new engine, or NULL. The host is copied; NULL means all defaults.
// An engine is immutable: any number of threads may use it at once.
//   NEAP_EHOST    host->isa is unknown, or this machine does not have it
//   NEAP_EMEMORY  no memory
neap *neap_new(const neap_host *host, neap_error *error);

// Frees an engine. NULL is allowed.
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
  int whole;  // 1: a whole number
} neap_parameter;

enum { NEAP_PARAMETER_MAX = 8 };

// ------------------------------------------------------------------- losses

// What the rows of a loss's targets are.
typedef enum neap_loss_kind {
  NEAP_BINARY,   // one logit a row; targets are 0, 1 or a probability of 1
  NEAP_CLASSES,  // k logits a row; targets are classes or k probabilities
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

// Returns the loss's parameters, in the order that neap_loss_call wants them.
const neap_parameter *neap_loss_parameters(const neap_loss *loss,
                                           size_t *count);

// Returns the bytes of scratch memory that one call needs (64-byte aligned).
// Binary losses need none.
size_t neap_loss_scratch_bytes(const neap_loss *loss, size_t classes,
                               neap_dtype dtype);

// Logits and targets in, loss and derivatives out. Strides count elements:
// [n][k] by rows is row_stride k, class_stride 1; one row of logits for each
// class, [k][n], is row_stride 1, class_stride n. Targets given as
// probabilities, the gradient and the Hessian lie as the logits do; values
// and weights are dense.
//
//   value_i    = w_i c(y_i) f(x_i, y_i)     w: weights, c: class_weights
//   gradient_i = d value_i / d x_i          one number a logit
//   hessian_i  = d2 value_i / d x_i2        the diagonal
typedef struct neap_loss_call {
  size_t rows;
  size_t classes;  // 0 or 1 for a binary loss, k >= 2 for one of classes
  ptrdiff_t row_stride, class_stride;  // both 0: rows, dense
  neap_dtype dtype;  // of logits, weights and outputs: float64 or float32
  neap_dtype target_dtype;  // dtype, or NEAP_INT32 for classes 0..k-1
  const void *logits;
  const void *targets;   // binary [rows]: in [0, 1]; classes [rows]: 0..k-1
  const void *weights;   // [rows], >= 0; NULL: all 1
  const double *params;  // in the loss's order; NULL: its defaults
  const double *class_weights;  // [2] or [k], of class 0 first; NULL: all 1
  void *value;                  // out [rows]; NULL: not wanted
  void *gradient;               // out; NULL: not wanted; may be the logits
  void *hessian;                // out; NULL: not wanted
  double *sum;                  // out: the sum of values; NULL: not wanted
  double *denominator;          // out: the rows; NULL: not wanted
  void *scratch;                // neap_loss_scratch_bytes(), one a thread
} neap_loss_call;

// Evaluates a loss on the caller's buffers, allocating nothing. Safe from any
// number of threads. NaN in a logit gives NaN out.
//   NEAP_EARGUMENT  a parameter or weight is out of range, scratch is missing
//   NEAP_ESHAPE     the classes don't fit the kind of loss
//   NEAP_EDATA      a target is no class, or outside [0, 1]; names its row
neap_status neap_loss_evaluate(const neap_loss *loss,
                               const neap_loss_call *call, neap_error *error);

// --------------------------------------------------------------------- Lua

struct lua_State;

// Pushes the module table of the engine's bindings (what the Lua files of
// neap require as "neap.core") onto a Lua state. The host is copied; without
// one, memory comes from the state's allocator. Raises a Lua error where
// neap_new fails. Returns 1, as a lua_CFunction does.
int neap_open(struct lua_State *state, const neap_host *host);

#endif
