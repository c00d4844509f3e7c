// expr/graph.c -- the nodes of a graph.
#include <math.h>
#include <string.h>

#include "expr/expr.h"

static const struct {
  const char *name, *expression;
  int arguments;
  bool is_kernel;
} ops[] = {
    {"number", "", 0, false},
    {"parameter", "", 0, false},
    {"input", "", 0, false},
#define NEAP_OPERATION(name, arguments, expression, derivative) \
  {#name, #expression, arguments, false},
#define NEAP_FUNCTION NEAP_OPERATION
#define NEAP_KERNEL(name, arguments, expression) \
  {#name, #expression, arguments, true},
#include "expr/opcodes.def"
#undef NEAP_OPERATION
#undef NEAP_FUNCTION
#undef NEAP_KERNEL
};

const char *neap_op_name(neap_op op) {
  return ops[op].name;
}

const char *neap_op_expression(neap_op op) {
  return ops[op].expression;
}

int neap_op_arguments(neap_op op) {
  return ops[op].arguments;
}

bool neap_op_is_kernel(neap_op op) {
  return ops[op].is_kernel;
}

// ------------------------------------------------------------------ memory

void neap_graph_init(const neap *engine, neap_graph *g) {
  *g = (neap_graph){.engine = engine};
}

void neap_graph_free(neap_graph *g) {
  const neap_host *host = &g->engine->host;
  if (g->nodes != NULL)
    host->allocate(host->data, g->nodes, g->capacity * sizeof *g->nodes, 0);
  if (g->table != NULL)
    host->allocate(host->data, g->table, g->table_size * sizeof *g->table, 0);
  neap_graph_init(g->engine, g);
}

static uint64_t hash_of(const neap_node *node) {
  uint64_t bits, hash = (uint64_t)node->op;
  memcpy(&bits, &node->number, sizeof bits);
  hash = (hash ^ bits) * 0x9e3779b97f4a7c15u;
  for (int i = 0; i < NEAP_ARGUMENT_MAX; i++) {
    hash = (hash ^ (uint32_t)node->from[i]) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  return hash;
}

static bool is_same(const neap_node *a, const neap_node *b) {
  return a->op == b->op && memcmp(a->from, b->from, sizeof a->from) == 0 &&
         memcmp(&a->number, &b->number, sizeof a->number) == 0;
}

// Returns where a node stands in the table, or the free place for it.
static size_t place_of(const neap_graph *g, const neap_node *node) {
  size_t at = (size_t)hash_of(node) & (g->table_size - 1);
  while (g->table[at] != 0 && !is_same(&g->nodes[g->table[at] - 1], node))
    at = (at + 1) & (g->table_size - 1);
  return at;
}

static bool grow(neap_graph *g) {
  const neap_host *host = &g->engine->host;
  const size_t capacity = g->capacity > 0 ? 2 * g->capacity : 128;
  const size_t old = g->table_size * sizeof *g->table;
  const size_t bytes = 2 * capacity * sizeof *g->table;
  neap_node *nodes =
      host->allocate(host->data, g->nodes, g->capacity * sizeof *nodes,
                     capacity * sizeof *nodes);
  if (nodes == NULL)
    return false;
  g->nodes = nodes;
  g->capacity = capacity;
  uint32_t *table = host->allocate(host->data, NULL, 0, bytes);
  if (table == NULL)
    return false;
  if (g->table != NULL)
    host->allocate(host->data, g->table, old, 0);
  g->table = table;
  g->table_size = 2 * capacity;
  memset(table, 0, bytes);
  for (size_t i = 0; i < g->count; i++) {
    const size_t at = place_of(g, &g->nodes[i]);
    table[at] = table[at] != 0 ? table[at] : (uint32_t)i + 1;
  }
  return true;
}

// Parameters first, then inputs, each by position; then all else.
static uint64_t order_of(const neap_graph *g, const neap_node *node) {
  uint64_t bits, order = (uint64_t)node->op + 1;
  if (node->op == NEAP_OP_PARAMETER)
    return (uint64_t)node->number;
  if (node->op == NEAP_OP_INPUT)
    return NEAP_PARAMETER_MAX + (uint64_t)node->number;
  memcpy(&bits, &node->number, sizeof bits);
  order = (order ^ bits) * 0x9e3779b97f4a7c15u;
  for (int i = 0; i < NEAP_ARGUMENT_MAX && node->from[i] >= 0; i++) {
    order = (order ^ g->nodes[node->from[i]].order) * 0x9e3779b97f4a7c15u;
    order ^= order >> 29;
  }
  return order | (uint64_t)1 << 63;
}

static neap_ref fail(neap_graph *g, neap_status status) {
  if (g->failed == NEAP_OK)
    g->failed = status;
  return 0;
}

// Adds a node, or returns the one that is the same, unless it is fresh.
static neap_ref add(neap_graph *g, const neap_node *node, bool is_fresh) {
  if (g->failed != NEAP_OK)
    return 0;
  if (g->count == g->capacity) {
    if (g->count >= NEAP_NODE_MAX)
      return fail(g, NEAP_EARGUMENT);
    if (!grow(g))
      return fail(g, NEAP_EMEMORY);
  }
  const size_t at = place_of(g, node);
  if (g->table[at] != 0 && !is_fresh)
    return (neap_ref)g->table[at] - 1;
  if (g->table[at] == 0)
    g->table[at] = (uint32_t)g->count + 1;
  g->nodes[g->count] = *node;
  g->nodes[g->count].order = order_of(g, node);
  return (neap_ref)g->count++;
}

// ------------------------------------------------------------------- nodes

static neap_node node_of(const neap_graph *g, neap_op op, neap_ref a,
                         neap_ref b, neap_ref c) {
  neap_node node = {.op = op, .is_uniform = true, .from = {a, b, c, -1, -1}};
  const int count = neap_op_arguments(op);
  for (int i = 0; i < NEAP_ARGUMENT_MAX; i++) {
    if (i >= count)
      node.from[i] = -1;
    else if (i < 3 && node.from[i] >= 0 && g->failed == NEAP_OK)
      node.is_uniform &= g->nodes[node.from[i]].is_uniform;
  }
  return node;
}

neap_ref neap_record(neap_graph *g, neap_op op, neap_ref a, neap_ref b,
                     neap_ref c) {
  const neap_node node = node_of(g, op, a, b, c);
  return add(g, &node, true);
}

neap_ref neap_intern(neap_graph *g, neap_op op, const neap_ref *from) {
  neap_node node = node_of(g, op, from[0], from[1], from[2]);
  for (int i = 3; i < neap_op_arguments(op); i++) {
    node.from[i] = from[i];
    if (g->failed == NEAP_OK)
      node.is_uniform &= g->nodes[from[i]].is_uniform;
  }
  return add(g, &node, false);
}

neap_ref neap_number(neap_graph *g, double number) {
  neap_node node = node_of(g, NEAP_OP_NUMBER, -1, -1, -1);
  node.number = number == 0 ? 0 : number;  // one zero only
  return add(g, &node, false);
}

neap_ref neap_parameter_node(neap_graph *g, int position) {
  neap_node node = node_of(g, NEAP_OP_PARAMETER, -1, -1, -1);
  node.number = position;
  return add(g, &node, false);
}

neap_ref neap_input_node(neap_graph *g, int input) {
  neap_node node = node_of(g, NEAP_OP_INPUT, -1, -1, -1);
  node.number = input;
  node.is_uniform = false;
  return add(g, &node, false);
}
