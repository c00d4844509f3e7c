// bind/listing.c -- what a defined loss is made of, as tables: for what Lua
// prints of it and writes as C.
#include <string.h>

#include "bind/trace.h"

static void set_integer(lua_State *L, const char *key, lua_Integer number) {
  lua_pushinteger(L, number);
  lua_setfield(L, -2, key);
}

// { op =, number = or from = { positions from 1 } }
static void push_node(lua_State *L, const neap_node *node) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, neap_op_name(node->op));
  lua_setfield(L, -2, "op");
  lua_pushnumber(L, node->number);
  lua_setfield(L, -2, "number");
  lua_pushboolean(L, node->is_uniform);
  lua_setfield(L, -2, "uniform");
  lua_createtable(L, NEAP_ARGUMENT_MAX, 0);
  for (int j = 0; j < NEAP_ARGUMENT_MAX && node->from[j] >= 0; j++) {
    lua_pushinteger(L, node->from[j] + 1);
    lua_rawseti(L, -2, j + 1);
  }
  lua_setfield(L, -2, "from");
}

// { { op =, text =, to =, from = { places } }, ... , registers =, inputs = }
static void push_program(lua_State *L, const neap_program *program) {
  lua_createtable(L, (int)program->count, 2);
  for (size_t i = 0; i < program->count; i++) {
    const neap_instruction *step = &program->instructions[i];
    const neap_op op = (neap_op)step->op;
    lua_createtable(L, 0, 4);
    lua_pushstring(L, neap_op_name(op));
    lua_setfield(L, -2, "op");
    lua_pushstring(L, neap_op_expression(op));
    lua_setfield(L, -2, "text");
    set_integer(L, "to", step->to);
    lua_createtable(L, NEAP_ARGUMENT_MAX, 0);
    for (int j = 0; j < neap_op_arguments(op); j++) {
      lua_pushinteger(L, step->from[j]);
      lua_rawseti(L, -2, j + 1);
    }
    lua_setfield(L, -2, "from");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  set_integer(L, "registers", program->register_count);
  set_integer(L, "inputs", program->inputs);
}

static void set_root(lua_State *L, const char *key, neap_ref ref) {
  if (ref >= 0)
    set_integer(L, key, ref + 1);
}

void neap_push_listing(lua_State *L, const neap_formula *f) {
  lua_createtable(L, 0, 16);
  lua_createtable(L, (int)f->graph.count, 0);
  for (size_t i = 0; i < f->graph.count; i++) {
    push_node(L, &f->graph.nodes[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "nodes");
  set_root(L, "value", f->value);
  set_root(L, "gradient", f->first);
  set_root(L, "hessian", f->second);
  set_root(L, "soft_value", f->soft_value);
  set_root(L, "soft_gradient", f->soft_first);
  lua_createtable(L, f->scalar_count, 0);
  for (int i = 0; i < f->scalar_count; i++) {
    push_node(L, &f->scalars[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "scalars");
  lua_createtable(L, f->constant_count, 0);
  for (int i = 0; i < f->constant_count; i++) {
    lua_createtable(L, 0, 2);
    set_integer(L, "scalar", f->constants[i].scalar + 1);
    lua_pushboolean(L, f->constants[i].is_low);
    lua_setfield(L, -2, "low");
    lua_rawseti(L, -2, i + 1);
  }
  lua_setfield(L, -2, "constants");
  push_program(L, &f->hard[0]);
  lua_setfield(L, -2, "first");
  push_program(L, &f->hard[1]);
  lua_setfield(L, -2, "second");
  if (f->soft.count > 0) {
    push_program(L, &f->soft);
    lua_setfield(L, -2, "soft");
  }
  set_integer(L, "constant_place", NEAP_PLACE_CONSTANT);
  set_integer(L, "output_place", NEAP_PLACE_OUTPUT);
  set_integer(L, "register_place", NEAP_PLACE_REGISTER);
}

//- core.expr.kernel_text() -> the sources of the arithmetic of programs
int neap_push_kernel_text(lua_State *L) {
  lua_pushstring(L, (const char *)neap_kernel_text);
  return 1;
}
