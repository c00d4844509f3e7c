// expr/expr.h -- losses written as expressions: a graph, its derivatives, and
// the program over blocks that a loss runs.
//
// A graph is built by one thread. The formula made of it is immutable, and is
// shared by threads as any loss is.
#ifndef NEAP_EXPR_H
#define NEAP_EXPR_H

#include "loss/loss.h"

// ------------------------------------------------------------------- graphs

typedef enum neap_op {
  NEAP_OP_NUMBER,     // a constant
  NEAP_OP_PARAMETER,  // of the loss, by its position
  NEAP_OP_INPUT,      // of a row: see neap_input
#define NEAP_OPERATION(name, arguments, expression, derivative) NEAP_OP_##name,
#define NEAP_FUNCTION(name, arguments, expression, derivative) NEAP_OP_##name,
#define NEAP_KERNEL(name, arguments, expression) NEAP_OP_##name,
#include "expr/opcodes.def"
#undef NEAP_OPERATION
#undef NEAP_FUNCTION
#undef NEAP_KERNEL
  NEAP_OP_COUNT,
} neap_op;

// What a row gives. A formula sees the logit (or the margin) and the target;
// the others are parts of the logit's margin that functions are lowered to:
// see neap_margin.
typedef enum neap_input {
  NEAP_INPUT_LOGIT,
  NEAP_INPUT_TARGET,
  NEAP_INPUT_X,
  NEAP_INPUT_SMALL,
  NEAP_INPUT_L,
  NEAP_INPUT_P,
  NEAP_INPUT_Q,
  NEAP_INPUT_L1,
  NEAP_INPUT_COLUMN,  // the first column; the others follow
} neap_input;

enum { NEAP_ARGUMENT_MAX = 5 };

// The position of a node in its graph; arguments lie before what uses them.
typedef int32_t neap_ref;

typedef struct neap_node {
  neap_op op;
  bool is_uniform;  // the same for all rows
  neap_ref from[NEAP_ARGUMENT_MAX];
  double number;  // of a NUMBER; the position of a PARAMETER or INPUT
  // Where it stands beside others that it could change places with: of what it
  // computes alone, since compilers differ in the order in which nodes are
  // made.
  uint64_t order;
} neap_node;

// Nodes beyond this many are refused.
enum { NEAP_NODE_MAX = 1 << 16 };

// A graph without doubles. What fails leaves `failed` set and gives node 0, so
// that expressions can be built without a look at each step.
typedef struct neap_graph {
  const neap *engine;
  neap_node *nodes;
  uint32_t *table;  // positions + 1 by hash; 0: free
  size_t count, capacity, table_size;
  neap_status failed;  // NEAP_OK, NEAP_EMEMORY or NEAP_EARGUMENT (too large)
  const neap_parameter *parameters;  // their ranges; NULL: not known
} neap_graph;

void neap_graph_init(const neap *engine, neap_graph *graph);
void neap_graph_free(neap_graph *graph);

// Returns the node of an operation as it stands; for traces.
neap_ref neap_record(neap_graph *graph, neap_op op, neap_ref a, neap_ref b,
                     neap_ref c);

neap_ref neap_number(neap_graph *graph, double number);
neap_ref neap_parameter_node(neap_graph *graph, int position);
neap_ref neap_input_node(neap_graph *graph, int input);

// Returns a node of the same value, simplified: numbers folded, common parts
// shared, and what would cancel or overflow in a form that does not.
neap_ref neap_simplified(neap_graph *graph, neap_op op, neap_ref a, neap_ref b,
                         neap_ref c);

// Returns the derivative of a node with respect to an input.
neap_ref neap_derivative(neap_graph *graph, neap_ref node, int input);

// Returns the node of another graph, simplified into this one; target: a
// number that stands for the target, or NaN; minus: the logit is its negative.
neap_ref neap_translate(neap_graph *graph, const neap_graph *from,
                        neap_ref node, double target, bool minus);

// Returns a node that is a where the target is not 0, and b where it is; what
// they share is computed once.
neap_ref neap_unite(neap_graph *graph, neap_ref a, neap_ref b);

const char *neap_op_name(neap_op op);
int neap_op_arguments(neap_op op);
bool neap_op_is_kernel(neap_op op);

// Returns the C text of what an opcode computes.
const char *neap_op_expression(neap_op op);

// Returns an operation on numbers, by the C library's functions.
double neap_op_number(neap_op op, double a, double b, double c);

// Writes the value of nodes 0 to `last` in double; inputs by neap_input.
void neap_evaluate_nodes(const neap_graph *graph, neap_ref last,
                         const double *params, const double *inputs,
                         double *values);

// Writes values as above, and to `errors` bounds of what rounding does to each
// of them in units of 2^-53 of it; to first order.
void neap_bound_errors(const neap_graph *graph, neap_ref last,
                       const double *params, const double *inputs,
                       double *values, double *errors);

// ------------------------------------------------------------------ programs

// One step of a program: to = op(from). What it names are places: the inputs,
// then the constants, then registers.
typedef struct neap_instruction {
  uint16_t op;
  uint16_t to;
  uint16_t from[NEAP_ARGUMENT_MAX];
} neap_instruction;

// A number of a program that is the same for all rows: a uniform node, or what
// the number type loses of it.
typedef struct neap_constant {
  int scalar;  // position
  bool is_low;
} neap_constant;

enum {
  NEAP_PLACE_CONSTANT = NEAP_INPUT_COLUMN + NEAP_COLUMN_MAX,
  NEAP_CONSTANT_MAX = 64,
  NEAP_PLACE_OUTPUT = NEAP_PLACE_CONSTANT + NEAP_CONSTANT_MAX,
  NEAP_OUTPUT_MAX = 4,
  NEAP_PLACE_REGISTER = NEAP_PLACE_OUTPUT + NEAP_OUTPUT_MAX,
  NEAP_REGISTER_MAX = 64,
  NEAP_SCALAR_MAX = 256,
  NEAP_PLACE_COUNT = NEAP_PLACE_REGISTER + NEAP_REGISTER_MAX,
};

typedef struct neap_program {
  neap_instruction *instructions;
  size_t count;
  int register_count;
  uint32_t inputs;  // bit i: input i is read
} neap_program;

// The programs of a loss. All of them read the same constants, which come from
// the scalars: the uniform nodes that are needed, in order; their arguments are
// positions in the list.
typedef struct neap_formula {
  const neap *engine;
  neap_graph graph;
  neap_ref value, first, second;  // of hard targets, by the margin
  neap_ref soft_value, soft_first, soft_second;  // by the logit; -1: no soft
  neap_program hard[2];  // value and first; value, first, plus and minus
  neap_program soft;     // value, first, plus and minus
  size_t instruction_max;
  neap_node *scalars;
  int scalar_count;
  neap_constant constants[NEAP_CONSTANT_MAX];
  int constant_count;
  int column_count;
} neap_formula;

// Fills the programs of a formula whose graph and nodes are set.
//   NEAP_EARGUMENT  it takes more registers or constants than there are
//   NEAP_EMEMORY    no memory
neap_status neap_formula_compile(neap_formula *formula, neap_error *error);

// Frees all that it holds; a formula of zeros but for the engine is allowed.
void neap_formula_free(neap_formula *formula);

// Lowers nodes to kernels; outputs: [count] nodes, replaced.
void neap_lower(neap_graph *graph, size_t count, neap_ref *outputs);

// ------------------------------------------------------------ defined losses

// What is built for each instruction set and number type.
typedef struct neap_expr_kernels {
  // evaluate of a loss whose form has a formula.
  void (*sigmoid)(const neap_loss *loss, const neap_loss_call *call);
  void (*softmax)(const neap_loss *loss, const neap_loss_call *call);

  // Fills a neap_margin_loss in `memory` for a formula.
  void (*fill)(const neap_formula *formula, void *memory);

  // Runs a formula's hard[0] over whole arrays: columns in, the value out.
  void (*map)(const neap_formula *formula, size_t count,
              const void *const *columns, void *value);
} neap_expr_kernels;

const neap_expr_kernels *neap_expr_kernels_of(const neap *engine,
                                              neap_dtype dtype);

// What a loss is made of. All that it points to must stay.
typedef struct neap_definition {
  const char *name, *text, *source;
  neap_parameter parameters[NEAP_PARAMETER_MAX];
  int column_count;
  bool is_margin;           // of the margin alone, else of logit and target
  const neap_graph *trace;  // as it was recorded
  neap_ref value;           // its node there
} neap_definition;

enum { NEAP_MARGIN_BYTES = 64 };

// A loss of binary targets and, if it is one of the margin, its softmax lift.
struct neap_defined {
  neap_loss binary, classes;
  neap_loss_form binary_forms[2], classes_forms[2];
  neap_parameter parameters[NEAP_PARAMETER_MAX];
  uint64_t margins[2][NEAP_MARGIN_BYTES / 8];
  neap_formula formula;
  bool is_margin;
};

// Makes the loss in the caller's memory; neap_defined_free frees what it
// holds, also after an error.
//   NEAP_EARGUMENT  the definition is too large
//   NEAP_EMEMORY    no memory
neap_status neap_define(const neap *engine, const neap_definition *definition,
                        neap_defined *defined, neap_error *error);
void neap_defined_free(neap_defined *defined);

// Makes the formula of a trace on columns alone, for neap_expr_kernels.map.
neap_status neap_map_formula(const neap *engine, const neap_graph *trace,
                             neap_ref value, neap_formula *formula,
                             neap_error *error);

#endif
