// expr/lower.c -- from functions to the kernels that run.
//
// Several functions of one u share exp(-|u|), log(1 + exp(-|u|)) and
// 1 / (1 + exp(-|u|)); of the margin itself all of them are there already.
// Where u is a polynomial, what rounding loses of it is found, too, and given
// to the functions as its small part: exp(u) would otherwise lose |u| ULP.
#include <float.h>
#include <math.h>

#include "expr/graph.h"

static neap_ref kernel(neap_graph *g, neap_op op, neap_ref a, neap_ref b,
                       neap_ref c, neap_ref d, neap_ref e) {
  const neap_ref from[NEAP_ARGUMENT_MAX] = {a, b, c, d, e};
  return g->failed == NEAP_OK ? neap_intern(g, op, from) : 0;
}

#define KERNEL(name, a, b, c) kernel(g, NEAP_OP_##name, a, b, c, -1, -1)
#define INPUT(name) neap_input_node(g, NEAP_INPUT_##name)
#define OP(ref) (neap_node_at(g, ref).op)
#define FROM(ref, i) (neap_node_at(g, ref).from[i])

// What nodes are lowered to; kernels stand for themselves.
typedef struct lowering {
  neap_graph *g;
  neap_ref *map;
  neap_ref count;  // of nodes that are mapped
} lowering;

enum { DEPTH_MAX = 8 };

// Whether a uniform node is >= 0 with all parameters in their ranges.
static bool is_positive(const neap_graph *g, neap_ref ref, int depth) {
  const neap_node node = neap_node_at(g, ref);
  if (node.op == NEAP_OP_NUMBER)
    return node.number >= 0;
  if (node.op == NEAP_OP_PARAMETER)
    return g->parameters != NULL && g->parameters[(int)node.number].low >= 0;
  return (node.op == NEAP_OP_ADD || node.op == NEAP_OP_MUL) && depth > 0 &&
         is_positive(g, node.from[0], depth - 1) &&
         is_positive(g, node.from[1], depth - 1);
}

// Whether a node is never infinite where its inputs are not NaN.
static bool is_bounded(const neap_graph *g, neap_ref ref, int depth) {
  const neap_node node = neap_node_at(g, ref);
  switch (node.op) {
    case NEAP_OP_NUMBER:
    case NEAP_OP_PARAMETER:
    case NEAP_OP_SIGMOID:
    case NEAP_OP_TANH:
    case NEAP_OP_SIGN:
    case NEAP_OP_LESS:
    case NEAP_OP_EQUAL:
      return true;
    case NEAP_OP_INPUT:
      return node.number == NEAP_INPUT_TARGET;
    case NEAP_OP_POWER_SIGMOID:
      return is_positive(g, node.from[1], DEPTH_MAX);
    case NEAP_OP_NEG:
    case NEAP_OP_ABS:
      return depth > 0 && is_bounded(g, node.from[0], depth - 1);
    case NEAP_OP_ADD:
    case NEAP_OP_SUB:
    case NEAP_OP_MUL:
    case NEAP_OP_MIN:
    case NEAP_OP_MAX:
      return depth > 0 && is_bounded(g, node.from[0], depth - 1) &&
             is_bounded(g, node.from[1], depth - 1);
    case NEAP_OP_WHERE:
      return depth > 0 && is_bounded(g, node.from[1], depth - 1) &&
             is_bounded(g, node.from[2], depth - 1);
    default:
      return false;
  }
}

// Whether a node is a number that turns no infinity into a NaN, in float32
// neither.
static bool is_factor(const neap_graph *g, neap_ref ref) {
  const neap_node node = neap_node_at(g, ref);
  const double size = fabs(node.number);
  return node.op == NEAP_OP_NUMBER && size >= FLT_MIN && size <= FLT_MAX;
}

// Whether 0 times infinity can't be.
static bool is_product(const neap_graph *g, const neap_node *node) {
  const neap_ref a = node->from[0], b = node->from[1];
  return is_factor(g, a) || is_factor(g, b) ||
         (is_bounded(g, a, DEPTH_MAX) && is_bounded(g, b, DEPTH_MAX));
}

static neap_ref lower(const lowering *s, neap_ref ref) {
  return ref < s->count && s->g->failed == NEAP_OK ? s->map[ref] : ref;
}

static bool is_logit(const neap_graph *g, neap_ref ref) {
  return neap_is_input(g, ref, NEAP_INPUT_LOGIT);
}

// ------------------------------------------------------------- small parts

static bool has_parts(const neap_graph *g, neap_ref ref, int depth) {
  const neap_node node = neap_node_at(g, ref);
  if (node.is_uniform || node.op == NEAP_OP_INPUT)
    return true;
  if (depth == 0)
    return false;
  if (node.op == NEAP_OP_NEG)
    return has_parts(g, node.from[0], depth - 1);
  if (node.op == NEAP_OP_ADD || node.op == NEAP_OP_SUB ||
      node.op == NEAP_OP_MUL)
    return has_parts(g, node.from[0], depth - 1) &&
           has_parts(g, node.from[1], depth - 1);
  return false;
}

bool neap_has_parts(const neap_graph *g, neap_ref ref) {
  return has_parts(g, ref, DEPTH_MAX);
}

static neap_ref zero(neap_graph *g) {
  return neap_number(g, 0);
}

static neap_ref sum(neap_graph *g, neap_ref a, neap_ref b) {
  return neap_simplified(g, NEAP_OP_ADD, a, b, -1);
}

// The product of a number and a small part, unless there is none.
static neap_ref scaled(neap_graph *g, neap_ref a, neap_ref small) {
  return neap_simplified(g, NEAP_OP_MUL, a, small, -1);
}

// Whether a number is the same in float32.
static bool is_short(double number) {
  return (double)(float)number == number;
}

// What the lowered node of ref lacks of its true value.
static neap_ref low_of(const lowering *s, neap_ref ref) {
  neap_graph *g = s->g;
  const neap_node node = neap_node_at(g, ref);
  if (g->failed != NEAP_OK ||
      (node.op == NEAP_OP_NUMBER && is_short(node.number)))
    return zero(g);
  if (is_logit(g, ref))
    return KERNEL(ADD_LOST, INPUT(X), INPUT(SMALL), lower(s, ref));
  if (node.is_uniform)
    return KERNEL(LOW_PART, ref, -1, -1);
  if (node.op == NEAP_OP_INPUT)
    return zero(g);
  const neap_ref a = lower(s, node.from[0]);
  const neap_ref low_a = low_of(s, node.from[0]);
  if (node.op == NEAP_OP_NEG)
    return neap_simplified(g, NEAP_OP_NEG, low_a, -1, -1);
  const neap_ref b = lower(s, node.from[1]);
  const neap_ref low_b = low_of(s, node.from[1]), r = lower(s, ref);
  if (node.op == NEAP_OP_MUL) {
    const neap_ref lost = KERNEL(MULTIPLY_LOST, a, b, r);
    return sum(g, lost, sum(g, scaled(g, b, low_a), scaled(g, a, low_b)));
  }
  const bool minus = node.op == NEAP_OP_SUB;
  const neap_ref lost =
      minus ? KERNEL(SUB_LOST, a, b, r) : KERNEL(ADD_LOST, a, b, r);
  return sum(
      g, lost,
      neap_simplified(g, minus ? NEAP_OP_SUB : NEAP_OP_ADD, low_a, low_b, -1));
}

// --------------------------------------------------------------- functions

// An argument u of a function, without its sign: a node that is lowered, its
// small part, and what functions of it share. Of the margin x is the margin's
// own, whose small part the bundle holds.
typedef struct bundle {
  bool is_margin, is_minus;
  neap_ref u, low, e, l1, inverse;
} bundle;

static bundle bundle_of(const lowering *s, neap_ref ref) {
  neap_graph *g = s->g;
  bundle b = {.is_minus = OP(ref) == NEAP_OP_NEG};
  const neap_ref inner = b.is_minus ? FROM(ref, 0) : ref;
  if (is_logit(g, inner)) {
    b.is_margin = true;
    b.u = INPUT(X);
    b.low = INPUT(SMALL);
    b.l1 = INPUT(L1);
    return b;
  }
  b.u = lower(s, inner);
  b.low = neap_has_parts(g, inner) ? low_of(s, inner) : zero(g);
  b.e = KERNEL(MINUS_ABS_EXP, b.u, -1, -1);
  if (!neap_is_number(g, b.low, 0))
    b.e = KERNEL(MINUS_ABS_ADD, b.u, b.low, b.e);
  return b;
}

static neap_ref lower_sigmoid(const lowering *s, neap_ref ref) {
  neap_graph *g = s->g;
  const bundle b = bundle_of(s, ref);
  if (b.is_margin)
    return b.is_minus ? INPUT(Q) : INPUT(P);
  const neap_ref inverse = KERNEL(INVERSE, b.e, -1, -1);
  return b.is_minus ? KERNEL(OTHER_OF, b.u, b.e, inverse)
                    : KERNEL(SIGMOID_OF, b.u, b.e, inverse);
}

static neap_ref l1_of(neap_graph *g, const bundle *b) {
  return b->is_margin ? b->l1 : KERNEL(LOG1P_UNIT, b->e, -1, -1);
}

static neap_ref lower_softplus(const lowering *s, neap_ref ref) {
  neap_graph *g = s->g;
  const bundle b = bundle_of(s, ref);
  if (b.is_margin && b.is_minus)
    return INPUT(L);
  const neap_ref l1 = l1_of(g, &b);
  return b.is_minus ? KERNEL(SOFTPLUS_OFF, b.u, b.low, l1)
                    : KERNEL(SOFTPLUS_OF, b.u, b.low, l1);
}

static neap_ref lower_power(const lowering *s, neap_ref ref,
                            neap_ref exponent) {
  neap_graph *g = s->g;
  const bundle b = bundle_of(s, ref);
  const neap_ref low =
      neap_node_at(g, exponent).is_uniform ? low_of(s, exponent) : zero(g);
  const bool rises = is_positive(g, exponent, DEPTH_MAX);
  const neap_op p = rises ? NEAP_OP_RISE_P : NEAP_OP_POWER_P;
  const neap_op q = rises ? NEAP_OP_RISE_Q : NEAP_OP_POWER_Q;
  return kernel(g, b.is_minus ? q : p, b.u, b.low, l1_of(g, &b),
                lower(s, exponent), low);
}

static neap_ref lower_exp(const lowering *s, neap_ref ref) {
  neap_graph *g = s->g;
  const neap_ref e = KERNEL(EXP_OF, lower(s, ref), -1, -1);
  const neap_ref low = neap_has_parts(g, ref) ? low_of(s, ref) : zero(g);
  return neap_is_number(g, low, 0) ? e : KERNEL(EXP_ADD, e, low, -1);
}

// a b + c in one step.
static neap_ref lower_sum(const lowering *s, const neap_node *node) {
  neap_graph *g = s->g;
  for (int i = 1; i >= 0; i--) {
    const neap_node part = neap_node_at(g, node->from[i]);
    if (part.op == NEAP_OP_MUL && !part.is_uniform) {
      const neap_op op =
          is_product(g, &part) ? NEAP_OP_PRODUCT_ADD : NEAP_OP_MULTIPLY_ADD;
      return kernel(g, op, lower(s, part.from[0]), lower(s, part.from[1]),
                    lower(s, node->from[1 - i]), -1, -1);
    }
  }
  return sum(g, lower(s, node->from[0]), lower(s, node->from[1]));
}

static neap_ref lower_other(const lowering *s, const neap_node *node) {
  neap_graph *g = s->g;
  neap_ref from[NEAP_ARGUMENT_MAX] = {-1, -1, -1, -1, -1};
  for (int i = 0; i < neap_op_arguments(node->op); i++)
    from[i] = lower(s, node->from[i]);
  return g->failed == NEAP_OK ? neap_intern(g, node->op, from) : 0;
}

static neap_ref lower_node(const lowering *s, neap_ref ref) {
  neap_graph *g = s->g;
  const neap_node node = neap_node_at(g, ref);
  if (is_logit(g, ref))
    return sum(g, INPUT(X), INPUT(SMALL));
  if (node.is_uniform || node.op == NEAP_OP_INPUT || neap_op_is_kernel(node.op))
    return ref;
  switch (node.op) {
    case NEAP_OP_SIGMOID:
      return lower_sigmoid(s, node.from[0]);
    case NEAP_OP_SOFTPLUS:
      return lower_softplus(s, node.from[0]);
    case NEAP_OP_POWER_SIGMOID:
      return lower_power(s, node.from[0], node.from[1]);
    case NEAP_OP_EXP:
      return lower_exp(s, node.from[0]);
    case NEAP_OP_EXPM1:
      return KERNEL(EXPM1_OF, lower(s, node.from[0]), -1, -1);
    case NEAP_OP_ADD:
      return lower_sum(s, &node);
    case NEAP_OP_MUL:
      if (is_product(g, &node))
        return KERNEL(PRODUCT, lower(s, node.from[0]), lower(s, node.from[1]),
                      -1);
      return lower_other(s, &node);
    default:
      return lower_other(s, &node);
  }
}

void neap_lower(neap_graph *g, size_t count, neap_ref *outputs) {
  const neap_host *host = &g->engine->host;
  if (g->failed != NEAP_OK)
    return;
  lowering s = {.g = g};
  const size_t nodes = g->count, bytes = nodes * sizeof *s.map;
  s.map = host->allocate(host->data, NULL, 0, bytes);
  if (s.map == NULL) {
    g->failed = NEAP_EMEMORY;
    return;
  }
  for (size_t i = 0; i < nodes; i++)
    s.map[i] = -1;
  for (size_t i = 0; i < count; i++)
    s.map[outputs[i]] = 0;
  for (size_t i = nodes; i-- > 0;) {
    for (int j = 0; j < NEAP_ARGUMENT_MAX && s.map[i] == 0; j++) {
      if (g->nodes[i].from[j] >= 0)
        s.map[g->nodes[i].from[j]] = 0;
    }
  }
  for (size_t i = 0; i < nodes && g->failed == NEAP_OK; i++) {
    if (s.map[i] < 0)
      continue;
    s.count = (neap_ref)i;
    s.map[i] = lower_node(&s, (neap_ref)i);
  }
  for (size_t i = 0; i < count && g->failed == NEAP_OK; i++)
    outputs[i] = s.map[outputs[i]];
  host->allocate(host->data, s.map, bytes, 0);
}
