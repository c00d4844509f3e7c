// bind/map.c -- arithmetic on whole arrays: one pass, in blocks.
#include <math.h>
#include <string.h>

#include "bind/trace.h"

// What the arrays of an expression have in common.
typedef struct operands {
  const neap_array *first;
  const void *columns[NEAP_COLUMN_MAX];
  int count;
} operands;

// Adds the array at an index, which must be like those before it.
static void add_operand(lua_State *L, int index, operands *all) {
  const neap_array *array = luaL_checkudata(L, index, NEAP_ARRAY);
  luaL_argcheck(L, array->dtype != NEAP_INT32, index,
                "an int32 array; wanted float64 or float32");
  if (all->first == NULL) {
    all->first = array;
  } else {
    if (array->dtype != all->first->dtype) {
      luaL_argerror(L, index,
                    lua_pushfstring(L, "a %s array; the others are %s",
                                    neap_dtype_name(array->dtype),
                                    neap_dtype_name(all->first->dtype)));
    }
    neap_check_shape(L, index, array, all->first, "numbers", "the others");
  }
  luaL_argcheck(L, all->count < NEAP_COLUMN_MAX, index, "too many arrays");
  all->columns[all->count++] = array->data;
}

// A formula as userdata, which is freed with it.
typedef struct bound_formula {
  neap_formula formula;
  bool is_made;
} bound_formula;

#define NEAP_FORMULA_TYPE NEAP_TYPE("Formula")

static int free_formula(lua_State *L) {
  bound_formula *bound = luaL_checkudata(L, 1, NEAP_FORMULA_TYPE);
  if (bound->is_made)
    neap_formula_free(&bound->formula);
  bound->is_made = false;
  return 0;
}

static const luaL_Reg meta[] = {{"__gc", free_formula}, {NULL, NULL}};
static const neap_function methods[] = {{0}};

// Pushes the array that a trace makes of others.
static void push_mapped(lua_State *L, const neap_graph *trace, neap_ref value,
                        const operands *all) {
  const neap *engine = neap_bound_engine(L);
  neap_make_type(L, NEAP_FORMULA_TYPE, meta, methods);
  bound_formula *bound = lua_newuserdatauv(L, sizeof *bound, 0);
  bound->is_made = false;
  luaL_setmetatable(L, NEAP_FORMULA_TYPE);
  neap_error error = {0};
  bound->is_made = true;
  neap_raise_if(L,
                neap_map_formula(engine, trace, value, &bound->formula, &error),
                &error);
  bound->formula.column_count = all->count;
  const neap_array *first = all->first;
  neap_array *out =
      neap_new_raw_array(L, first->dtype, first->rows,
                         first->dimensions == 2 ? first->columns : 0);
  neap_expr_kernels_of(engine, first->dtype)
      ->map(&bound->formula, neap_array_count(out), all->columns, out->data);
}

void neap_apply_to_arrays(lua_State *L, neap_op op, int count) {
  operands all = {0};
  neap_ref from[3] = {-1, -1, -1};
  neap_bound_trace *trace = neap_new_trace(L);
  const int at = lua_gettop(L);
  for (int i = 0; i < count; i++) {
    if (lua_type(L, i + 1) == LUA_TNUMBER) {
      from[i] = neap_check_node(L, i + 1, at);
    } else {
      from[i] = neap_input_node(&trace->graph, NEAP_INPUT_COLUMN + all.count);
      add_operand(L, i + 1, &all);
    }
  }
  push_mapped(L, &trace->graph,
              neap_record(&trace->graph, op, from[0], from[1], from[2]), &all);
}

// Rows at which the function is called with numbers, too.
enum { CHECKED_ROWS = 16 };

// Calls the function with the numbers of one row: Lua lets tests such as
// `u == 0` pass unseen.
static void check_row(lua_State *L, const neap_graph *trace, neap_ref value,
                      const operands *all, size_t row) {
  double inputs[NEAP_INPUT_COLUMN + NEAP_COLUMN_MAX] = {0};
  lua_pushvalue(L, 1);
  for (int i = 0; i < all->count; i++) {
    const double number = neap_get(all->columns[i], all->first->dtype, row);
    inputs[NEAP_INPUT_COLUMN + i] = number;
    lua_pushnumber(L, number);
  }
  lua_call(L, all->count, 1);
  double *values = neap_bound_scratch(L, ((size_t)value + 1) * sizeof *values);
  neap_evaluate_nodes(trace, value, NULL, inputs, values);
  const double want = values[value], got = lua_tonumber(L, -1);
  if (lua_type(L, -1) != LUA_TNUMBER ||
      !(got == want || (isnan(got) && isnan(want)))) {
    luaL_error(L,
               "the function branches: of the numbers at position %I it gives "
               "%s, but %f as traced; use neap.math.where, and less, greater "
               "or equal, in place of tests",
               (lua_Integer)row + 1, luaL_tolstring(L, -1, NULL), want);
  }
  lua_pop(L, 1);
}

static void check_rows(lua_State *L, const neap_graph *trace, neap_ref value,
                       const operands *all) {
  const size_t count = neap_array_count(all->first);
  const size_t rows = count < CHECKED_ROWS ? count : CHECKED_ROWS;
  for (size_t i = 0; i < rows; i++)
    check_row(L, trace, value, all,
              rows > 1 ? i * (count - 1) / (rows - 1) : 0);
}

//- neap.map(f, a, ...) -> array
// f of as many arguments as there are arrays, traced once and run in one pass;
// it is called with the numbers of some rows, which must give the same.
int neap_map_arrays(lua_State *L) {
  const int count = lua_gettop(L) - 1;
  operands all = {0};
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_argcheck(L, count >= 1, 2, "wanted one array or more");
  for (int i = 0; i < count; i++) {
    neap_check_array(L, i + 2, NEAP_FLOAT64);
    add_operand(L, i + 2, &all);
  }
  neap_bound_trace *trace = neap_new_trace(L);
  const int at = lua_gettop(L);
  lua_pushvalue(L, 1);
  for (int i = 0; i < count; i++) {
    neap_push_expression(L, at,
                         neap_input_node(&trace->graph, NEAP_INPUT_COLUMN + i));
  }
  lua_call(L, count, 1);
  if (lua_type(L, -1) != LUA_TNUMBER &&
      luaL_testudata(L, -1, NEAP_EXPRESSION_TYPE) == NULL) {
    luaL_error(L, "the function returns a %s; wanted a number",
               luaL_typename(L, -1));
  }
  const neap_ref value = neap_check_node(L, -1, at);
  trace->is_open = false;
  check_rows(L, &trace->graph, value, &all);
  push_mapped(L, &trace->graph, value, &all);
  return 1;
}
