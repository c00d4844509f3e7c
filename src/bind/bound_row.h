// bind/bound_row.h -- models and optimizers as Lua values.
#ifndef NEAP_BIND_BOUND_ROW_H
#define NEAP_BIND_BOUND_ROW_H

#include "bind/bind.h"
#include "train/train.h"

#define NEAP_MODEL_TYPE NEAP_TYPE("Model")
#define NEAP_OPTIMIZER_TYPE NEAP_TYPE("Optimizer")

// A row of models.def or optimizers.def with the numbers of one script.
typedef struct neap_bound_row {
  const void *row;
  const char *name;
  const neap_parameter *parameters;
  double options[NEAP_PARAMETER_MAX];
  size_t layers, hidden[NEAP_LAYERS_MAX];  // of a model with hidden units
} neap_bound_row;

// Returns the option of that name, or 0 where the row has none.
double neap_row_number(const neap_bound_row *row, const char *name);

// Returns the shape that a model has on rows of some features.
neap_shape neap_shape_of(const neap_bound_row *model, size_t features,
                         size_t outputs);

// Push the tables of constructors by name.
void neap_push_models(lua_State *L);
void neap_push_optimizers(lua_State *L);

// The names of samplings, and the lua_CFunction core.train.sampled_counts.
extern const char *const neap_samplings[];
int neap_sampled_counts_of(lua_State *L);

// Returns the rows at an index, an array of float64 or float32, or raises.
const neap_array *neap_check_train_rows(lua_State *L, int index);

// Raises unless parameters [points][..] are those of a model of this shape.
void neap_check_train_parameters(lua_State *L, const neap_array *parameters,
                                 const neap_model *model,
                                 const neap_shape *shape, const char *name);

// Adds the functions of prediction to the table on top of the stack.
void neap_add_prediction(lua_State *L);

#endif
