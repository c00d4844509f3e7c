// bind/trace.c -- what a Lua function does to its arguments, written down.
#include <math.h>
#include <string.h>

#include "bind/trace.h"

// An expression as userdata; its user value is the trace.
typedef struct expression {
  neap_ref ref;
} expression;

static int free_trace(lua_State *L) {
  neap_bound_trace *trace = luaL_checkudata(L, 1, NEAP_TRACE_TYPE);
  trace->is_open = false;
  neap_graph_free(&trace->graph);
  return 0;
}

neap_bound_trace *neap_new_trace(lua_State *L) {
  neap_bound_trace *trace = lua_newuserdatauv(L, sizeof *trace, 0);
  *trace = (neap_bound_trace){.is_open = true};
  neap_graph_init(neap_bound_engine(L), &trace->graph);
  luaL_setmetatable(L, NEAP_TRACE_TYPE);
  return trace;
}

// Raises where the graph has no room.
static void check_graph(lua_State *L, const neap_graph *graph) {
  if (graph->failed == NEAP_EMEMORY)
    luaL_error(L, "no memory for a trace");
  if (graph->failed != NEAP_OK || graph->count > NEAP_TRACE_MAX) {
    luaL_error(L, "the function takes more than %d operations",
               (int)NEAP_TRACE_MAX);
  }
}

void neap_push_expression(lua_State *L, int trace, neap_ref ref) {
  const neap_bound_trace *of = luaL_checkudata(L, trace, NEAP_TRACE_TYPE);
  trace = lua_absindex(L, trace);
  check_graph(L, &of->graph);
  expression *e = lua_newuserdatauv(L, sizeof *e, 1);
  e->ref = ref;
  lua_pushvalue(L, trace);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, NEAP_EXPRESSION_TYPE);
}

// Pushes the trace of the first expression among 1 to count; it must be open,
// and the trace of all of them.
static neap_bound_trace *push_trace(lua_State *L, int count) {
  neap_bound_trace *trace = NULL;
  for (int i = 1; i <= count; i++) {
    if (luaL_testudata(L, i, NEAP_EXPRESSION_TYPE) == NULL)
      continue;
    lua_getiuservalue(L, i, 1);
    neap_bound_trace *other = lua_touserdata(L, -1);
    if (trace != NULL && other != trace)
      luaL_error(L, "an expression of another function that was traced");
    if (trace != NULL)
      lua_pop(L, 1);
    trace = other;
  }
  if (trace != NULL && !trace->is_open)
    luaL_error(L, "the expression is used after its function has returned");
  return trace;
}

neap_ref neap_check_node(lua_State *L, int index, int trace) {
  neap_bound_trace *of = luaL_checkudata(L, trace, NEAP_TRACE_TYPE);
  const expression *e = luaL_testudata(L, index, NEAP_EXPRESSION_TYPE);
  if (e == NULL) {
    if (lua_type(L, index) != LUA_TNUMBER)
      luaL_typeerror(L, index, "number or traced expression");
    return neap_number(&of->graph, lua_tonumber(L, index));
  }
  return e->ref;
}

static void check_operand(lua_State *L, int index) {
  if (lua_type(L, index) != LUA_TNUMBER &&
      luaL_testudata(L, index, NEAP_ARRAY) == NULL &&
      luaL_testudata(L, index, NEAP_EXPRESSION_TYPE) == NULL)
    luaL_typeerror(L, index, "number, array or traced expression");
}

// Applies an operation to its arguments, from 1 on.
static int apply(lua_State *L, neap_op op) {
  const int count = neap_op_arguments(op);
  lua_settop(L, count);
  for (int i = 1; i <= count; i++)
    check_operand(L, i);
  neap_bound_trace *trace = push_trace(L, count);
  if (trace != NULL) {
    neap_ref from[3] = {-1, -1, -1};
    const int at = lua_gettop(L);
    for (int i = 0; i < count; i++)
      from[i] = neap_check_node(L, i + 1, at);
    neap_push_expression(
        L, at, neap_record(&trace->graph, op, from[0], from[1], from[2]));
    return 1;
  }
  double numbers[3] = {0, 0, 0};
  for (int i = 0; i < count; i++) {
    if (luaL_testudata(L, i + 1, NEAP_ARRAY) != NULL) {
      neap_apply_to_arrays(L, op, count);
      return 1;
    }
  }
  for (int i = 0; i < count; i++)
    numbers[i] = lua_tonumber(L, i + 1);
  lua_pushnumber(L, neap_op_number(op, numbers[0], numbers[1], numbers[2]));
  return 1;
}

// A function of neap.math; the operation is its second upvalue.
static int apply_function(lua_State *L) {
  return apply(L, (neap_op)lua_tointeger(L, lua_upvalueindex(2)));
}

// An operator; the operation is its first upvalue.
static int apply_operator(lua_State *L) {
  return apply(L, (neap_op)lua_tointeger(L, lua_upvalueindex(1)));
}

// min and max take two or more.
static int apply_to_all(lua_State *L) {
  const int count = lua_gettop(L);
  luaL_argcheck(L, count >= 2, count + 1, "wanted two or more");
  for (int i = 1; i <= count; i++)
    check_operand(L, i);
  lua_pushvalue(L, 1);
  for (int i = 2; i <= count; i++) {
    lua_pushvalue(L, lua_upvalueindex(2));
    lua_pushcclosure(L, apply_operator, 1);
    lua_insert(L, -2);
    lua_pushvalue(L, i);
    lua_call(L, 2, 1);
  }
  return 1;
}

// Comparisons by Lua's operators can't be traced.
static int refuse_comparison(lua_State *L) {
  return luaL_error(L,
                    "<, <=, > and >= can't be traced; use neap.math.less or "
                    "greater, and neap.math.where");
}

static int expression_tostring(lua_State *L) {
  luaL_checkudata(L, 1, NEAP_EXPRESSION_TYPE);
  lua_pushliteral(L, "neap.Expression");
  return 1;
}

// ------------------------------------------------------------- for Lua files

// core.expr.trace() -> trace
static int new_trace(lua_State *L) {
  neap_new_trace(L);
  return 1;
}

static neap_bound_trace *check_trace(lua_State *L) {
  return luaL_checkudata(L, 1, NEAP_TRACE_TYPE);
}

// trace:input(i) and trace:parameter(i) -> expression; i from 0
static int trace_input(lua_State *L) {
  neap_bound_trace *trace = check_trace(L);
  const int i = (int)luaL_checkinteger(L, 2);
  luaL_argcheck(L, i >= 0 && i < NEAP_INPUT_COLUMN + NEAP_COLUMN_MAX, 2,
                "no such input");
  neap_push_expression(L, 1, neap_input_node(&trace->graph, i));
  return 1;
}

static int trace_parameter(lua_State *L) {
  neap_bound_trace *trace = check_trace(L);
  const int i = (int)luaL_checkinteger(L, 2);
  luaL_argcheck(L, i >= 0 && i < NEAP_PARAMETER_MAX, 2, "no such parameter");
  neap_push_expression(L, 1, neap_parameter_node(&trace->graph, i));
  return 1;
}

void neap_read_list(lua_State *L, int index, int count, double *to) {
  for (int i = 0; i < count; i++) {
    lua_geti(L, index, i + 1);
    to[i] = lua_tonumber(L, -1);
    lua_pop(L, 1);
  }
}

// trace:close(): expressions can't be used any more; what was traced stays.
static int trace_close(lua_State *L) {
  check_trace(L)->is_open = false;
  return 0;
}

// trace:evaluate(result, params, inputs) -> the number that the function gives
// for these: lists, inputs by core.expr.inputs.
static int trace_evaluate(lua_State *L) {
  neap_bound_trace *trace = check_trace(L);
  double params[NEAP_PARAMETER_MAX];
  double inputs[NEAP_INPUT_COLUMN + NEAP_COLUMN_MAX];
  const neap_ref ref = neap_check_node(L, 2, 1);
  check_graph(L, &trace->graph);
  neap_read_list(L, 3, NEAP_PARAMETER_MAX, params);
  neap_read_list(L, 4, NEAP_INPUT_COLUMN + NEAP_COLUMN_MAX, inputs);
  double *values = neap_bound_scratch(L, ((size_t)ref + 1) * sizeof *values);
  neap_evaluate_nodes(&trace->graph, ref, params, inputs, values);
  lua_pushnumber(L, values[ref]);
  return 1;
}

// trace:count() -> nodes, which are operations, numbers and arguments
static int trace_count(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)check_trace(L)->graph.count);
  return 1;
}

// ------------------------------------------------------------- neap.math

typedef struct function {
  const char *name;
  neap_op op;
} function;

static const function functions[] = {
    {"exp", NEAP_OP_EXP},           {"expm1", NEAP_OP_EXPM1},
    {"log", NEAP_OP_LOG},           {"log1p", NEAP_OP_LOG1P},
    {"pow", NEAP_OP_POW},           {"sqrt", NEAP_OP_SQRT},
    {"abs", NEAP_OP_ABS},           {"tanh", NEAP_OP_TANH},
    {"sigmoid", NEAP_OP_SIGMOID},   {"log_sigmoid", NEAP_OP_LOG_SIGMOID},
    {"softplus", NEAP_OP_SOFTPLUS}, {"less", NEAP_OP_LESS},
    {"greater", NEAP_OP_GREATER},   {"equal", NEAP_OP_EQUAL},
    {"where", NEAP_OP_WHERE}};

static const function operators[] = {
    {"__add", NEAP_OP_ADD}, {"__sub", NEAP_OP_SUB}, {"__mul", NEAP_OP_MUL},
    {"__div", NEAP_OP_DIV}, {"__pow", NEAP_OP_POW}, {"__unm", NEAP_OP_NEG}};

static void set_function(lua_State *L, const char *name, lua_CFunction call,
                         neap_op op, int most) {
  lua_pushinteger(L, (lua_Integer)op);
  neap_set_function(L, (neap_function){name, call, most});
}

static void add_operators(lua_State *L, const char *type) {
  luaL_getmetatable(L, type);
  for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
    lua_pushinteger(L, (lua_Integer)operators[i].op);
    lua_pushcclosure(L, apply_operator, 1);
    lua_setfield(L, -2, operators[i].name);
  }
  lua_pop(L, 1);
}

void neap_open_math(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    const neap_op op = functions[i].op;
    set_function(L, functions[i].name, apply_function, op,
                 neap_op_arguments(op));
  }
  set_function(L, "min", apply_to_all, NEAP_OP_MIN, NEAP_ANY_NUMBER);
  set_function(L, "max", apply_to_all, NEAP_OP_MAX, NEAP_ANY_NUMBER);
}

static const luaL_Reg expression_meta[] = {{"__lt", refuse_comparison},
                                           {"__le", refuse_comparison},
                                           {"__tostring", expression_tostring},
                                           {NULL, NULL}};
static const luaL_Reg trace_meta[] = {{"__gc", free_trace}, {NULL, NULL}};
static const neap_function no_methods[] = {{0}};
static const neap_function trace_methods[] = {
    {"input", trace_input, 1}, {"parameter", trace_parameter, 1},
    {"close", trace_close, 0}, {"evaluate", trace_evaluate, 3},
    {"count", trace_count, 0}, {0}};
static const neap_function map[] = {{"map", neap_map_arrays, NEAP_ANY_NUMBER},
                                    {0}};

void neap_open_expr(lua_State *L) {
  static const luaL_Reg core[] = {{"trace", new_trace}, {NULL, NULL}};
  neap_make_type(L, NEAP_TRACE_TYPE, trace_meta, trace_methods);
  neap_make_type(L, NEAP_EXPRESSION_TYPE, expression_meta, no_methods);
  add_operators(L, NEAP_EXPRESSION_TYPE);
  add_operators(L, NEAP_ARRAY);
  luaL_newlib(L, core);
  neap_set_functions(L, map);
  neap_add_definitions(L);
}
