// bind/bind.h -- what the bindings give to the host, and share among them.
//
// Only this layer and host know lua.h. Each C file is one module of
// "neap.core"; the Lua files of lua/neap put the modules' names together.
#ifndef NEAP_BIND_H
#define NEAP_BIND_H

#include "base/base.h"
#include "bind/compat.h"

// Returns the engine of a state that neap_open_core has been called on.
const neap *neap_bound_engine(lua_State *L);

// Pushes the table "neap.core", which the Lua files put together. The state's
// first call makes its engine; later ones have the same, whatever the host.
int neap_open_core(lua_State *L, const neap_host *host);

// One of the files of lua/neap, inside the library.
typedef struct neap_embedded_file {
  const char *module;  // "neap.study"
  const char *path;    // "neap/study.lua"
  const unsigned char *bytes;
  size_t size_bytes;
} neap_embedded_file;

// Ends in a row of zeros. Written by bind/embed.cmake.
extern const neap_embedded_file neap_embedded_files[];

// Puts neap.core, of an engine that the state has, and the embedded files where
// require looks first, which is package.preload.
void neap_preload(lua_State *L);

// As luaL_error, but where neap's own Lua files called the function, the line
// is that of the script which called them.
int neap_throw(lua_State *L, const char *format, ...);
#undef luaL_error
#define luaL_error neap_throw

// The lua_CFunctions core.blame(message) and core.set_folder().
int neap_blame(lua_State *L);
int neap_set_folder(lua_State *L);

// As luaL_argerror and luaL_typeerror, but in a call object(...) the object is
// no argument, and methods have their names however they are called.
int neap_argument_error(lua_State *L, int argument, const char *message);
int neap_type_error(lua_State *L, int argument, const char *wanted);
void *neap_check_object(lua_State *L, int argument, const char *type);
lua_Integer neap_check_integer(lua_State *L, int argument);
lua_Number neap_check_number(lua_State *L, int argument);
const char *neap_check_lstring(lua_State *L, int argument, size_t *size);
const char *neap_opt_lstring(lua_State *L, int argument, const char *initial,
                             size_t *size);
int neap_check_option(lua_State *L, int argument, const char *initial,
                      const char *const names[]);
void neap_check_type(lua_State *L, int argument, int type);
#define luaL_argerror(L, argument, message) \
  neap_argument_error(L, argument, message)
#define luaL_typeerror(L, argument, wanted) neap_type_error(L, argument, wanted)
#define luaL_checkudata(L, argument, type) neap_check_object(L, argument, type)
#define luaL_checkinteger(L, argument) neap_check_integer(L, argument)
#define luaL_checknumber(L, argument) neap_check_number(L, argument)
#define luaL_checklstring(L, argument, size) \
  neap_check_lstring(L, argument, size)
#define luaL_optlstring(L, argument, initial, size) \
  neap_opt_lstring(L, argument, initial, size)
#define luaL_optinteger(L, argument, initial) \
  luaL_opt(L, neap_check_integer, argument, initial)
#define luaL_optnumber(L, argument, initial) \
  luaL_opt(L, neap_check_number, argument, initial)
#define luaL_checkoption(L, argument, initial, names) \
  neap_check_option(L, argument, initial, names)
#define luaL_checktype(L, argument, type) neap_check_type(L, argument, type)

// More arguments than a stack of Lua has room for.
enum { NEAP_ANY_NUMBER = 1 << 24 };

// A function that scripts call: its name in messages, and the most arguments
// that it takes, which of a method are those behind the object. An object that
// is called has the row's name "__call".
typedef struct neap_function {
  const char *name;
  lua_CFunction call;
  int most;
} neap_function;

// Set the functions of rows, which end in one without a call, into the table on
// top of the stack: of a module, or methods and "__call" of a type. More
// arguments than they take are refused before they are called.
void neap_set_functions(lua_State *L, const neap_function *rows);
void neap_set_methods(lua_State *L, const neap_function *rows);

// Sets one function into the table below the top of the stack; the value there,
// which it pops, becomes the function's second upvalue.
void neap_set_function(lua_State *L, neap_function row);

// Returns the row of the function that is running, or NULL.
const neap_function *neap_running_function(lua_State *L, bool *is_method);

// Raises for the argument behind the last that the running function takes; most
// counts the object.
int neap_refuse_extra(lua_State *L, int most);

// Raises a Lua error with the message of a neap_error.
int neap_raise(lua_State *L, const neap_error *error);

// Raises it unless the status is NEAP_OK.
void neap_raise_if(lua_State *L, neap_status status, const neap_error *error);

// The modules: each pushes its table.
void neap_open_array(lua_State *L);
void neap_open_loss(lua_State *L);
void neap_open_divergence(lua_State *L);
void neap_open_data(lua_State *L);
void neap_open_files(lua_State *L);
void neap_open_metric(lua_State *L);
void neap_open_classes(lua_State *L);
void neap_open_calibration(lua_State *L);
void neap_open_split(lua_State *L);
void neap_open_study(lua_State *L);
void neap_open_train(lua_State *L);
void neap_open_math(lua_State *L);
void neap_open_expr(lua_State *L);

// Adds what makes losses of traces to the table on top of the stack.
void neap_add_definitions(lua_State *L);

// Pushes the list of generators: { name =, parameters =, draw =, ... }.
void neap_push_generators(lua_State *L);

// The lua_CFunction core.data.cholesky(covariance).
int neap_cholesky_of(lua_State *L);

// Push the tables core.data.population and core.data.relabel.
void neap_push_population(lua_State *L);
void neap_push_relabel(lua_State *L);

// The key of a type in the registry. Another version of neap in the same state
// has types of its own, as its objects may have another layout.
#define NEAP_TYPE(name) "neap." name " " NEAP_VERSION

// Where the metatable of a type of this version has its name.
#define NEAP_TYPE_KEY "neap.type " NEAP_VERSION

// Pushes the name that messages have for a type: its key up to the version.
const char *neap_push_type_name(lua_State *L, const char *type);

// Makes the metatable of a type, or takes the one that is there, sets its
// metamethods, and hides it from scripts. Methods are found by __index, which
// is a table unless `meta` has an __index function.
void neap_make_type(lua_State *L, const char *name, const luaL_Reg *meta,
                    const neap_function *methods);

// As luaL_testudata, for the types that every call asks for: by the address of
// NEAP_ARRAY or NEAP_LOSS_TYPE, not by its letters.
void *neap_test_type(lua_State *L, int index, const char *name);

// ----------------------------------------------------------------- arrays

extern const char neap_array_type[];
#define NEAP_ARRAY neap_array_type

// A userdata: one or two dimensions, rows first, dense.
typedef struct neap_array {
  neap_dtype dtype;
  int dimensions;        // 1 or 2
  size_t rows, columns;  // columns is 1 in one dimension
  bool frozen;           // of a data set, a fit or a file: never changes
  void *data;            // 64-byte aligned, or inside another array
} neap_array;

// Pushes a new array of zeros. columns 0: one dimension.
neap_array *neap_new_array(lua_State *L, neap_dtype dtype, size_t rows,
                           size_t columns);

// The same, with any numbers in it: for who writes all of them.
neap_array *neap_new_raw_array(lua_State *L, neap_dtype dtype, size_t rows,
                               size_t columns);

// Pushes an array whose numbers lie in what is at `owner`, which it keeps. It
// is frozen. columns 0: one dimension.
neap_array *neap_new_view(lua_State *L, neap_dtype dtype, size_t rows,
                          size_t columns, const void *data, int owner);

// Returns the array at an index, or raises. A table of numbers there, or of
// rows of numbers, is replaced by an array of `dtype`.
neap_array *neap_check_array(lua_State *L, int index, neap_dtype dtype);

// The same, and raises unless its type is dtype.
neap_array *neap_check_array_of(lua_State *L, int index, neap_dtype dtype,
                                const char *name);

// The same for numbers that are wanted in double, whatever their type: an
// array of another type is replaced by a copy.
neap_array *neap_check_doubles(lua_State *L, int index);

static inline size_t neap_array_count(const neap_array *array) {
  return array->rows * array->columns;
}

// Pushes the shape as text: "[3]" or "[3][2]".
const char *neap_push_shape(lua_State *L, const neap_array *array);

// Raises, printing both shapes, unless `got` has the shape of `wanted`.
void neap_check_shape(lua_State *L, int index, const neap_array *got,
                      const neap_array *wanted, const char *name,
                      const char *wanted_name);

// ---------------------------------------------------------------- options

// Raises for a key of the table at `index` that is no name of the rows and
// none of `others` (each may be NULL), and names the nearest one.
void neap_check_keys(lua_State *L, int index, const neap_parameter *rows,
                     const char *const *others);

// Reads the rows' numbers from the table at `index` (or their defaults where
// it has none): false switches off where the default is off (NaN).
void neap_read_parameters(lua_State *L, int index, const neap_parameter *rows,
                          double *numbers);

// Pushes what is on top of the stack as a message shows it.
const char *neap_shown(lua_State *L);

// Pushes a number as the option it came from: false where it is off.
void neap_push_parameter(lua_State *L, double number);

// Pushes the list of rows' parameters: { {name=, default=, low=, ...}, ... }.
void neap_push_parameters(lua_State *L, const neap_parameter *rows);

// The lua_CFunction core.nearest(key, names): the nearest name, or nil.
int neap_nearest(lua_State *L);

// Returns scratch memory of the state, 64-byte aligned, which lives until the
// next call of this function: results that Lua does not see need no garbage.
void *neap_bound_scratch(lua_State *L, size_t bytes);

// ----------------------------------------------------------------- losses

extern const char neap_loss_type[];
#define NEAP_LOSS_TYPE neap_loss_type

typedef enum neap_reduction { NEAP_MEAN, NEAP_SUM, NEAP_NONE } neap_reduction;
typedef enum neap_empty {
  NEAP_EMPTY_ZERO,
  NEAP_EMPTY_NAN,
  NEAP_EMPTY_ERROR,
} neap_empty;

// Where class weights come from.
typedef enum neap_weighting {
  NEAP_WEIGHTS_NONE,
  NEAP_WEIGHTS_LISTED,     // in the loss
  NEAP_WEIGHTS_BALANCED,   // from the classes' counts
  NEAP_WEIGHTS_EFFECTIVE,  // from the counts, with beta
  NEAP_WEIGHTS_NAMED,      // by class, in the user value; needs the names
} neap_weighting;

// A userdata: a loss with the options of one script. Its user values are a
// table of weights by class, or the list of a sum's losses; and what a defined
// loss is kept alive by.
typedef struct neap_bound_loss {
  const neap_loss *loss;  // NULL: a sum
  double params[NEAP_PARAMETER_MAX];
  neap_reduction reduction;
  neap_empty empty;
  neap_normalizer normalizer;
  double divisor;  // a number as the normalizer; 0: none
  neap_weighting weighting;
  double beta;
  bool has_ignored;
  double ignored;
  neap_source from;
  neap_smoothing smoothing;
  double label_smoothing;
  neap_hessian_mode hessian_mode;
  double hessian_floor;
  double temperature;  // 1: none
  double adjustment;   // tau of the logit adjustment; 0: none
  size_t weight_count, label_count, prior_count;
  // Of a sum.
  size_t term_count;
  neap_loss_kind kind;
  // class weights, label weights, prior; or factors of a sum's losses
  double numbers[];
} neap_bound_loss;

// What a loss is on some data.
typedef struct neap_resolved {
  const neap_loss *loss;
  neap_loss_options options;
} neap_resolved;

// What decides the options that are not numbers.
typedef struct neap_classes {
  size_t count;          // 2, or k
  size_t labels;         // of a binary loss, else 1
  const double *counts;  // [count] rows of each class; NULL: not known
  int names;             // stack index of the list of their names, or 0
} neap_classes;

// Pushes a loss with the options at 1, a table or nil; owner: the index of what
// keeps the loss alive, or 0.
int neap_new_loss(lua_State *L, const neap_loss *loss, int owner);

// Returns how many columns the loss at an index reads.
size_t neap_count_columns(lua_State *L, int index);

// Pushes the names of the columns that the loss at an index reads, in the order
// of a call, and returns how many they are.
size_t neap_push_columns(lua_State *L, int index);

// Leaves the columns of the table at an index that losses read on the stack,
// loss_columns = { { name =, numbers = float64 [n] }, ... }, and the list of
// pointers to them, which it returns; NULL: it has none.
const double *const *neap_push_loss_columns(lua_State *L, int table,
                                            size_t *count);

// Finds the columns of the loss at an index among those of the table, and
// writes their positions; UINT16_MAX: it is not there.
void neap_find_loss_columns(lua_State *L, int loss, int table, uint16_t *to);

// Returns the kind of targets that the loss at an index takes.
neap_loss_kind neap_bound_kind(const neap_bound_loss *bound);

// Whether the options of the loss at an index need the classes' counts.
bool neap_wants_counts(lua_State *L, int index);

// Checks that a loss is at an index and returns the bytes that neap_resolve,
// which checks it no more, needs.
size_t neap_resolve_bytes(lua_State *L, int index, const neap_classes *classes);

// Turns the loss at an index into one for C; memory: neap_resolve_bytes, which
// must stay with the loss, 16-byte aligned. Raises where lists have the wrong
// length or a name is no class; position > 0 names the point in messages.
neap_resolved neap_resolve(lua_State *L, int index, const neap_classes *classes,
                           void *memory, size_t position);

// The lua_CFunctions of what a loss tells of itself: loss[key], tostring(loss),
// and neap.loss.list(); and the names of the options' choices.
int neap_loss_index(lua_State *L);
int neap_loss_tostring(lua_State *L);
int neap_loss_list(lua_State *L);
extern const char *const neap_loss_kinds[];
extern const char *const neap_reductions[];
extern const char *const neap_normalizers[];
extern const char *const neap_empties[];
extern const char *const neap_sources[];
extern const char *const neap_smoothings[];
extern const char *const neap_hessians[];

// Adds the functions that evaluate a loss to the table on top of the stack.
void neap_add_loss_calls(lua_State *L);

#endif
