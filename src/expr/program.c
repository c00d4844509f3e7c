// expr/program.c -- from nodes to programs over registers.
#include <string.h>

#include "expr/graph.h"

enum { SLOT_FREE = -1, NOT_NEEDED = -2, NOT_YET = -3 };

// The making of one program.
typedef struct compiler {
  neap_formula *formula;
  neap_graph *g;
  int *place;      // of each node: NOT_NEEDED, NOT_YET or a place
  int *last;       // the last node (or count: an output) that reads it
  int *scalar_of;  // position among the scalars of each node, or -1
  bool used[NEAP_REGISTER_MAX];
  neap_program *program;
  neap_error *error;
} compiler;

static neap_status too_many(neap_error *error, int most, const char *what) {
  return neap_fail(error, NEAP_EARGUMENT,
                   "the loss takes more than %d %s: split it into a sum of "
                   "losses",
                   most, what);
}

// ---------------------------------------------------------------- constants

static neap_status add_scalar(compiler *c, neap_ref ref, int depth) {
  neap_formula *f = c->formula;
  neap_node node = c->g->nodes[ref];
  if (c->scalar_of[ref] >= 0)
    return NEAP_OK;
  if (depth == NEAP_SCALAR_MAX)
    return too_many(c->error, NEAP_SCALAR_MAX, "steps on parameters alone");
  for (int j = 0; j < NEAP_ARGUMENT_MAX && node.from[j] >= 0; j++) {
    NEAP_TRY(add_scalar(c, node.from[j], depth + 1));
    node.from[j] = c->scalar_of[node.from[j]];
  }
  if (f->scalar_count == NEAP_SCALAR_MAX)
    return too_many(c->error, NEAP_SCALAR_MAX, "steps on parameters alone");
  c->scalar_of[ref] = f->scalar_count;
  f->scalars[f->scalar_count++] = node;
  return NEAP_OK;
}

// Finds the place of a uniform node, or of what the number type loses of it.
static neap_status place_constant(compiler *c, neap_ref ref, int *place) {
  neap_formula *f = c->formula;
  const neap_node node = c->g->nodes[ref];
  const bool is_low = node.op == NEAP_OP_LOW_PART;
  const neap_ref whole = is_low ? node.from[0] : ref;
  NEAP_TRY(add_scalar(c, whole, 0));
  for (int i = 0; i < f->constant_count; i++) {
    if (f->constants[i].scalar == c->scalar_of[whole] &&
        f->constants[i].is_low == is_low) {
      *place = NEAP_PLACE_CONSTANT + i;
      return NEAP_OK;
    }
  }
  if (f->constant_count == NEAP_CONSTANT_MAX)
    return too_many(c->error, NEAP_CONSTANT_MAX, "constants");
  f->constants[f->constant_count] =
      (neap_constant){.scalar = c->scalar_of[whole], .is_low = is_low};
  *place = NEAP_PLACE_CONSTANT + f->constant_count++;
  return NEAP_OK;
}

// ---------------------------------------------------------------- registers

// Marks what the outputs need, and who reads it last.
static void mark(compiler *c, const neap_ref *outputs, int count) {
  const int nodes = (int)c->g->count;
  for (int i = 0; i < nodes; i++) {
    c->place[i] = NOT_NEEDED;
    c->last[i] = -1;
  }
  for (int i = 0; i < count; i++) {
    c->place[outputs[i]] = NOT_YET;
    c->last[outputs[i]] = nodes;
  }
  for (int i = nodes - 1; i >= 0; i--) {
    const neap_node *node = &c->g->nodes[i];
    if (c->place[i] == NOT_NEEDED || node->is_uniform)
      continue;
    for (int j = 0; j < NEAP_ARGUMENT_MAX && node->from[j] >= 0; j++) {
      const neap_ref from = node->from[j];
      c->place[from] = NOT_YET;
      c->last[from] = c->last[from] > i ? c->last[from] : i;
    }
  }
}

static neap_status take_register(compiler *c, int *place) {
  for (int r = 0; r < NEAP_REGISTER_MAX; r++) {
    if (c->used[r])
      continue;
    c->used[r] = true;
    if (r >= c->program->register_count)
      c->program->register_count = r + 1;
    *place = NEAP_PLACE_REGISTER + r;
    return NEAP_OK;
  }
  return too_many(c->error, NEAP_REGISTER_MAX, "values at once");
}

static void release(compiler *c, int i) {
  const neap_node *node = &c->g->nodes[i];
  for (int j = 0; j < NEAP_ARGUMENT_MAX && node->from[j] >= 0; j++) {
    const int place = c->place[node->from[j]];
    if (c->last[node->from[j]] == i && place >= NEAP_PLACE_REGISTER)
      c->used[place - NEAP_PLACE_REGISTER] = false;
  }
}

static int output_of(const neap_ref *outputs, int count, neap_ref ref) {
  for (int i = 0; i < count; i++) {
    if (outputs[i] == ref)
      return i;
  }
  return -1;
}

static void emit(compiler *c, neap_op op, int to, const int *from, int count) {
  neap_instruction *step = &c->program->instructions[c->program->count++];
  *step = (neap_instruction){.op = (uint16_t)op, .to = (uint16_t)to};
  for (int j = 0; j < count; j++)
    step->from[j] = (uint16_t)from[j];
}

// Finds the place of a node that is not computed by an instruction.
static neap_status place_leaf(compiler *c, int i) {
  const neap_node *node = &c->g->nodes[i];
  if (node->is_uniform)
    return place_constant(c, i, &c->place[i]);
  c->place[i] = (int)node->number;
  c->program->inputs |= (uint32_t)1 << (int)node->number;
  return NEAP_OK;
}

static neap_status place_step(compiler *c, int i, const neap_ref *outputs,
                              int count) {
  const neap_node *node = &c->g->nodes[i];
  int from[NEAP_ARGUMENT_MAX];
  const int arguments = neap_op_arguments(node->op);
  for (int j = 0; j < arguments; j++)
    from[j] = c->place[node->from[j]];
  release(c, i);
  const int output = output_of(outputs, count, i);
  if (output >= 0) {
    c->place[i] = NEAP_PLACE_OUTPUT + output;
  } else {
    NEAP_TRY(take_register(c, &c->place[i]));
  }
  emit(c, node->op, c->place[i], from, arguments);
  return NEAP_OK;
}

static neap_status compile(compiler *c, neap_program *program,
                           const neap_ref *outputs, int count) {
  memset(c->used, 0, sizeof c->used);
  c->program = program;
  mark(c, outputs, count);
  for (int i = 0; i < (int)c->g->count; i++) {
    const neap_node *node = &c->g->nodes[i];
    if (c->place[i] == NOT_NEEDED)
      continue;
    if (node->is_uniform || node->op == NEAP_OP_INPUT) {
      NEAP_TRY(place_leaf(c, i));
    } else {
      NEAP_TRY(place_step(c, i, outputs, count));
    }
  }
  for (int k = 0; k < count; k++) {
    const int place = c->place[outputs[k]];
    if (place != NEAP_PLACE_OUTPUT + k)
      emit(c, NEAP_OP_COPY, NEAP_PLACE_OUTPUT + k, &place, 1);
  }
  return NEAP_OK;
}

// ------------------------------------------------------------- all programs

static void *take(const neap_formula *f, size_t bytes) {
  return f->engine->host.allocate(f->engine->host.data, NULL, 0, bytes);
}

static void give(const neap_formula *f, void *block, size_t bytes) {
  if (block != NULL)
    f->engine->host.allocate(f->engine->host.data, block, bytes, 0);
}

static size_t instruction_bytes(const neap_formula *f) {
  return f->instruction_max * sizeof(neap_instruction);
}

static neap_status refuse(const neap_graph *g, neap_error *error) {
  if (g->failed == NEAP_EMEMORY)
    return neap_fail(error, NEAP_EMEMORY, "no memory for a loss");
  return neap_fail(error, NEAP_EARGUMENT,
                   "the loss and its derivatives take more than %d steps",
                   NEAP_NODE_MAX);
}

// The positive or the negative part of a node; kernels run on rows alone.
static neap_ref part(neap_graph *g, neap_op op, neap_ref of) {
  if (neap_node_at(g, of).is_uniform) {
    const bool negative = op == NEAP_OP_NEGATIVE;
    return neap_simplified(
        g, NEAP_OP_MAX, neap_number(g, 0),
        negative ? neap_simplified(g, NEAP_OP_NEG, of, -1, -1) : of, -1);
  }
  const neap_ref from[NEAP_ARGUMENT_MAX] = {of, -1, -1, -1, -1};
  return g->failed == NEAP_OK ? neap_intern(g, op, from) : 0;
}

static neap_status compile_all(neap_formula *f, compiler *c,
                               const neap_ref *low, bool has_soft) {
  neap_graph *g = &f->graph;
  const neap_ref hard[] = {low[0], low[1], part(g, NEAP_OP_POSITIVE, low[2]),
                           part(g, NEAP_OP_NEGATIVE, low[2])};
  const neap_ref soft[] = {low[3], low[4], part(g, NEAP_OP_POSITIVE, low[5]),
                           part(g, NEAP_OP_NEGATIVE, low[5])};
  if (g->failed != NEAP_OK)
    return refuse(g, c->error);
  const size_t nodes = g->count * sizeof(int);
  f->instruction_max = g->count + NEAP_OUTPUT_MAX;
  const size_t bytes = instruction_bytes(f);
  c->place = take(f, 3 * nodes);
  if (c->place == NULL)
    return neap_fail(c->error, NEAP_EMEMORY, "no memory for a loss");
  c->last = c->place + g->count;
  c->scalar_of = c->last + g->count;
  for (size_t i = 0; i < g->count; i++)
    c->scalar_of[i] = -1;
  f->scalars = take(f, NEAP_SCALAR_MAX * sizeof *f->scalars);
  f->hard[0].instructions = take(f, bytes);
  f->hard[1].instructions = take(f, bytes);
  f->soft.instructions = take(f, bytes);
  if (f->scalars == NULL || f->hard[0].instructions == NULL ||
      f->hard[1].instructions == NULL || f->soft.instructions == NULL)
    return neap_fail(c->error, NEAP_EMEMORY, "no memory for a loss");
  NEAP_TRY(compile(c, &f->hard[0], hard, 2));
  NEAP_TRY(compile(c, &f->hard[1], hard, 4));
  return has_soft ? compile(c, &f->soft, soft, 4) : NEAP_OK;
}

neap_status neap_formula_compile(neap_formula *f, neap_error *error) {
  neap_graph *g = &f->graph;
  const bool has_soft = f->soft_value >= 0;
  neap_ref low[6] = {f->value,      f->first,      f->second,
                     f->soft_value, f->soft_first, f->soft_second};
  compiler c = {.formula = f, .g = g, .error = error};
  if (g->failed == NEAP_OK)
    neap_lower(g, has_soft ? 6 : 3, low);
  if (!has_soft)
    low[3] = low[4] = low[5] = low[0];
  const neap_status status = g->failed == NEAP_OK
                                 ? compile_all(f, &c, low, has_soft)
                                 : refuse(g, error);
  if (c.place != NULL)
    give(f, c.place, 3 * g->count * sizeof(int));
  return status;
}

void neap_formula_free(neap_formula *f) {
  const size_t bytes = instruction_bytes(f);
  give(f, f->hard[0].instructions, bytes);
  give(f, f->hard[1].instructions, bytes);
  give(f, f->soft.instructions, bytes);
  give(f, f->scalars, NEAP_SCALAR_MAX * sizeof *f->scalars);
  neap_graph_free(&f->graph);
  *f = (neap_formula){.engine = f->engine, .graph = f->graph};
}
