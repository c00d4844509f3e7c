// bind/trace.h -- traces of Lua functions, and the expressions in them.
#ifndef NEAP_BIND_TRACE_H
#define NEAP_BIND_TRACE_H

#include "bind/bind.h"
#include "expr/expr.h"

#define NEAP_TRACE_TYPE NEAP_TYPE("Trace")
#define NEAP_EXPRESSION_TYPE NEAP_TYPE("Expression")

// A userdata: what a function did to its arguments, while it is open.
typedef struct neap_bound_trace {
  neap_graph graph;
  bool is_open;
} neap_bound_trace;

// Operations of one trace; more of them are refused.
enum { NEAP_TRACE_MAX = 4096 };

// Pushes a new, open trace.
neap_bound_trace *neap_new_trace(lua_State *L);

// Reads a list of numbers; what it does not have is 0.
void neap_read_list(lua_State *L, int index, int count, double *to);

// Pushes a node of the trace at an index as an expression.
void neap_push_expression(lua_State *L, int trace, neap_ref ref);

// Returns the node of the expression or number at an index in the trace at
// `trace`, or raises.
neap_ref neap_check_node(lua_State *L, int index, int trace);

// Applies an operation to arrays and numbers at 1 to count, and pushes the
// array.
void neap_apply_to_arrays(lua_State *L, neap_op op, int count);

// Pushes what a formula is made of, as tables.
void neap_push_listing(lua_State *L, const neap_formula *formula);

// The lua_CFunction core.expr.kernel_text() -> the sources of the arithmetic.
int neap_push_kernel_text(lua_State *L);
extern const unsigned char neap_kernel_text[];

// The lua_CFunction neap.map(f, a, ...).
int neap_map_arrays(lua_State *L);

#endif
