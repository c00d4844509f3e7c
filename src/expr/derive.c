// expr/derive.c -- derivatives, by the rules of the opcodes.
#include <math.h>
#include <string.h>

#include "expr/graph.h"

#define SIMPLE(op, a, b, c) neap_simplified(g, NEAP_OP_##op, a, b, c)
#define NUMBER(x) neap_number(g, x)
#define ZERO neap_number(g, 0)
#define ADD(a, b) SIMPLE(ADD, a, b, -1)
#define SUB(a, b) SIMPLE(SUB, a, b, -1)
#define MUL(a, b) SIMPLE(MUL, a, b, -1)
#define DIV(a, b) SIMPLE(DIV, a, b, -1)
#define NEG(a) SIMPLE(NEG, a, -1, -1)
#define SIGN(a) SIMPLE(SIGN, a, -1, -1)
#define EXP(a) SIMPLE(EXP, a, -1, -1)
#define LOG(a) SIMPLE(LOG, a, -1, -1)
#define POW(a, b) SIMPLE(POW, a, b, -1)
#define LESS(a, b) SIMPLE(LESS, a, b, -1)
#define WHERE(a, b, c) SIMPLE(WHERE, a, b, c)
#define SIGMOID(a) SIMPLE(SIGMOID, a, -1, -1)
#define SOFTPLUS(a) SIMPLE(SOFTPLUS, a, -1, -1)
// sigmoid(2 a) sigmoid(-2 a) = (1 - tanh(a)^2) / 4, which does not cancel.
#define BELL(a) MUL(SIGMOID(MUL(NUMBER(2), a)), SIGMOID(NEG(MUL(NUMBER(2), a))))

// The derivative of one node from those of its arguments.
static neap_ref chain(neap_graph *g, neap_ref R_, const neap_ref *derived) {
  const neap_node node = neap_node_at(g, R_);
  const neap_ref A = node.from[0], B = node.from[1], C = node.from[2];
  const neap_ref DA = derived[0], DB = derived[1], DC = derived[2];
  (void)C;
  switch (node.op) {
#define NEAP_OPERATION(name, arguments, expression, derivative) \
  case NEAP_OP_##name:                                          \
    return derivative;
#define NEAP_FUNCTION NEAP_OPERATION
#define NEAP_KERNEL(name, arguments, expression)
#include "expr/opcodes.def"
#undef NEAP_OPERATION
#undef NEAP_FUNCTION
#undef NEAP_KERNEL
    default:
      return ZERO;
  }
}

// Memory for one number a node; NULL sets `failed`.
static neap_ref *new_refs(neap_graph *g, size_t count) {
  const neap_host *host = &g->engine->host;
  neap_ref *refs =
      host->allocate(host->data, NULL, 0, (count + 1) * sizeof *refs);
  if (refs == NULL && g->failed == NEAP_OK)
    g->failed = NEAP_EMEMORY;
  return refs;
}

static void free_refs(const neap_graph *g, neap_ref *refs, size_t count) {
  const neap_host *host = &g->engine->host;
  if (refs != NULL)
    host->allocate(host->data, refs, (count + 1) * sizeof *refs, 0);
}

// Marks what a node needs with 0, all else with -1.
static void mark(const neap_graph *g, neap_ref node, neap_ref *refs) {
  for (neap_ref i = 0; i <= node; i++)
    refs[i] = -1;
  refs[node] = 0;
  for (neap_ref i = node; i >= 0; i--) {
    for (int j = 0; j < NEAP_ARGUMENT_MAX && refs[i] == 0; j++) {
      if (g->nodes[i].from[j] >= 0)
        refs[g->nodes[i].from[j]] = 0;
    }
  }
}

neap_ref neap_derivative(neap_graph *g, neap_ref node, int input) {
  const size_t count = (size_t)node + 1;
  if (g->failed != NEAP_OK)
    return 0;
  neap_ref *derived = new_refs(g, count);
  if (derived == NULL)
    return 0;
  mark(g, node, derived);
  for (neap_ref i = 0; i <= node && g->failed == NEAP_OK; i++) {
    const neap_node at = g->nodes[i];
    if (derived[i] < 0)
      continue;
    if (at.is_uniform || at.op == NEAP_OP_INPUT) {
      derived[i] = neap_number(g, at.op == NEAP_OP_INPUT && at.number == input);
      continue;
    }
    neap_ref parts[3] = {-1, -1, -1};
    for (int j = 0; j < 3 && at.from[j] >= 0; j++)
      parts[j] = derived[at.from[j]];
    derived[i] = chain(g, i, parts);
  }
  const neap_ref result = g->failed == NEAP_OK ? derived[node] : 0;
  free_refs(g, derived, count);
  return result;
}

// ------------------------------------------------------------- translation

static neap_ref translated(neap_graph *g, const neap_node *node,
                           const neap_ref *map, double target, bool minus) {
  neap_ref from[3] = {-1, -1, -1};
  for (int j = 0; j < 3 && node->from[j] >= 0; j++)
    from[j] = map[node->from[j]];
  switch (node->op) {
    case NEAP_OP_NUMBER:
      return neap_number(g, node->number);
    case NEAP_OP_PARAMETER:
      return neap_parameter_node(g, (int)node->number);
    case NEAP_OP_INPUT:
      if (node->number == NEAP_INPUT_TARGET && !isnan(target))
        return neap_number(g, target);
      if (node->number == NEAP_INPUT_LOGIT && minus)
        return NEG(neap_input_node(g, NEAP_INPUT_LOGIT));
      return neap_input_node(g, (int)node->number);
    default:
      return neap_simplified(g, node->op, from[0], from[1], from[2]);
  }
}

neap_ref neap_translate(neap_graph *g, const neap_graph *from, neap_ref node,
                        double target, bool minus) {
  const size_t count = (size_t)node + 1;
  if (from->failed != NEAP_OK)
    g->failed = from->failed;
  neap_ref *map = g->failed == NEAP_OK ? new_refs(g, count) : NULL;
  if (map == NULL)
    return 0;
  mark(from, node, map);
  for (neap_ref i = 0; i <= node && g->failed == NEAP_OK; i++) {
    if (map[i] >= 0)
      map[i] = translated(g, &from->nodes[i], map, target, minus);
  }
  const neap_ref result = g->failed == NEAP_OK ? map[node] : 0;
  free_refs(g, map, count);
  return result;
}

// ------------------------------------------------------------------- union

// Whether a node is one that the margin gives without work.
static bool is_margin(const neap_graph *g, neap_ref ref) {
  const neap_node node = neap_node_at(g, ref);
  const neap_ref inner = node.op == NEAP_OP_NEG ? node.from[0] : ref;
  return neap_is_input(g, inner, NEAP_INPUT_LOGIT);
}

static bool can_unite(const neap_graph *g, const neap_node *a,
                      const neap_node *b) {
  if (a->op != b->op || a->is_uniform || b->is_uniform ||
      neap_op_arguments(a->op) == 0)
    return false;
  const bool bundled = a->op == NEAP_OP_SIGMOID || a->op == NEAP_OP_SOFTPLUS ||
                       a->op == NEAP_OP_POWER_SIGMOID;
  return !bundled || a->from[0] == b->from[0] ||
         !(is_margin(g, a->from[0]) && is_margin(g, b->from[0]));
}

static neap_ref unite(neap_graph *g, neap_ref a, neap_ref b, int *budget,
                      int depth) {
  const neap_node left = neap_node_at(g, a);
  neap_node right = neap_node_at(g, b);
  if (a == b || g->failed != NEAP_OK)
    return a;
  if (--*budget < 0 || depth == 0 || !can_unite(g, &left, &right))
    return WHERE(neap_input_node(g, NEAP_INPUT_TARGET), a, b);
  const bool commutes = left.op == NEAP_OP_ADD || left.op == NEAP_OP_MUL;
  const bool crossed =
      left.from[0] == right.from[1] || left.from[1] == right.from[0];
  if (commutes && crossed) {
    const neap_ref first = right.from[0];
    right.from[0] = right.from[1];
    right.from[1] = first;
  }
  neap_ref from[3] = {-1, -1, -1};
  for (int i = 0; i < neap_op_arguments(left.op); i++)
    from[i] = unite(g, left.from[i], right.from[i], budget, depth - 1);
  return neap_simplified(g, left.op, from[0], from[1], from[2]);
}

neap_ref neap_unite(neap_graph *g, neap_ref a, neap_ref b) {
  int budget = 4096;
  return unite(g, a, b, &budget, 64);
}
