// expr/simplify.c -- one form for what is the same, and a stable one.
//
// Signs move outward, numbers to the left, and what functions of a logit
// cancel in (1 - sigmoid, log of sigmoid, powers of it) is replaced.
#include <math.h>

#include "expr/graph.h"

#define IS(ref, name) (neap_node_at(g, ref).op == NEAP_OP_##name)
#define FROM(ref, i) (neap_node_at(g, ref).from[i])
#define MAKE(name, a, b) neap_simplified(g, NEAP_OP_##name, a, b, -1)
#define NUMBER(x) neap_number(g, x)
#define NEGATED(a) neap_simplified(g, NEAP_OP_NEG, a, -1, -1)

enum { NONE = -1 };  // no rule: the node stays as it is

static bool is_number(const neap_graph *g, neap_ref ref) {
  return IS(ref, NUMBER);
}

static double number_of(const neap_graph *g, neap_ref ref) {
  return neap_node_at(g, ref).number;
}

// Numbers first, then in the order that nodes have.
static bool is_before(const neap_graph *g, neap_ref a, neap_ref b) {
  if (is_number(g, a) != is_number(g, b))
    return is_number(g, a);
  return neap_node_at(g, a).order <= neap_node_at(g, b).order;
}

static neap_ref negate(neap_graph *g, neap_ref a) {
  if (IS(a, NEG))
    return FROM(a, 0);
  if (IS(a, SUB))
    return MAKE(SUB, FROM(a, 1), FROM(a, 0));
  if ((IS(a, MUL) || IS(a, DIV)) && is_number(g, FROM(a, 0))) {
    const neap_ref first = NUMBER(-number_of(g, FROM(a, 0)));
    return neap_simplified(g, neap_node_at(g, a).op, first, FROM(a, 1), -1);
  }
  return NONE;
}

// The factor that two products share, if any: a b + a c = a (b + c).
static neap_ref factor_out(neap_graph *g, neap_op op, neap_ref a, neap_ref b) {
  if (!IS(a, MUL) || !IS(b, MUL))
    return NONE;
  for (int i = 0; i < 2; i++) {
    for (int j = 0; j < 2; j++) {
      const neap_ref shared = FROM(a, i);
      if (shared != FROM(b, j) || neap_node_at(g, shared).is_uniform)
        continue;
      const neap_ref rest =
          neap_simplified(g, op, FROM(a, 1 - i), FROM(b, 1 - j), -1);
      return MAKE(MUL, shared, rest);
    }
  }
  return NONE;
}

static neap_ref add(neap_graph *g, neap_ref a, neap_ref b) {
  if (neap_is_number(g, a, 0))
    return b;
  if (a == b)
    return MAKE(MUL, NUMBER(2), a);
  if (IS(b, NEG))
    return MAKE(SUB, a, FROM(b, 0));
  if (IS(a, NEG))
    return MAKE(SUB, b, FROM(a, 0));
  // 1 + (s - 1) and its like, where a number is taken and given back.
  if (is_number(g, a) && IS(b, SUB) && is_number(g, FROM(b, 0))) {
    const double sum = number_of(g, a) + number_of(g, FROM(b, 0));
    return MAKE(SUB, NUMBER(sum), FROM(b, 1));
  }
  return factor_out(g, NEAP_OP_ADD, a, b);
}

// 1 - s for the s that would cancel.
static neap_ref one_minus(neap_graph *g, neap_ref s) {
  if (IS(s, SIGMOID))
    return MAKE(SIGMOID, NEGATED(FROM(s, 0)), -1);
  if (IS(s, EXP))
    return NEGATED(MAKE(EXPM1, FROM(s, 0), -1));
  if (IS(s, POWER_SIGMOID)) {
    const neap_ref cost = MAKE(SOFTPLUS, NEGATED(FROM(s, 0)), -1);
    return NEGATED(MAKE(EXPM1, NEGATED(MAKE(MUL, FROM(s, 1), cost)), -1));
  }
  if (IS(s, SUB) && neap_is_number(g, FROM(s, 0), 1))
    return FROM(s, 1);
  return NONE;
}

static neap_ref subtract(neap_graph *g, neap_ref a, neap_ref b) {
  if (neap_is_number(g, b, 0))
    return a;
  if (neap_is_number(g, a, 0))
    return NEGATED(b);
  if (a == b && neap_node_at(g, a).is_uniform)
    return NUMBER(0);
  if (IS(b, NEG))
    return MAKE(ADD, a, FROM(b, 0));
  if (IS(a, NEG))
    return NEGATED(MAKE(ADD, FROM(a, 0), b));
  const neap_ref other = neap_is_number(g, a, 1)   ? one_minus(g, b)
                         : neap_is_number(g, b, 1) ? one_minus(g, a)
                                                   : NONE;
  if (other >= 0)
    return neap_is_number(g, a, 1) ? other : NEGATED(other);
  if (IS(a, ADD) && FROM(a, 0) == b)  // as in 1 + u - 1, of numbers alone
    return is_number(g, b) ? FROM(a, 1) : NONE;
  return factor_out(g, NEAP_OP_SUB, a, b);
}

static neap_ref multiply(neap_graph *g, neap_ref a, neap_ref b) {
  if (neap_is_number(g, a, 0))
    return a;
  if (neap_is_number(g, a, 1))
    return b;
  if (neap_is_number(g, a, -1))
    return NEGATED(b);
  if (IS(a, NEG))
    return NEGATED(MAKE(MUL, FROM(a, 0), b));
  if (IS(b, NEG))
    return is_number(g, a) ? MAKE(MUL, NEGATED(a), FROM(b, 0))
                           : NEGATED(MAKE(MUL, a, FROM(b, 0)));
  if (is_number(g, a) && IS(b, MUL) && is_number(g, FROM(b, 0))) {
    const double product = number_of(g, a) * number_of(g, FROM(b, 0));
    return MAKE(MUL, NUMBER(product), FROM(b, 1));
  }
  // Numbers and other uniform factors to the outside, where they meet.
  if (!is_number(g, a) && IS(b, MUL) && is_number(g, FROM(b, 0)))
    return MAKE(MUL, FROM(b, 0), MAKE(MUL, a, FROM(b, 1)));
  if (!is_number(g, b) && IS(a, MUL) && is_number(g, FROM(a, 0)))
    return MAKE(MUL, FROM(a, 0), MAKE(MUL, FROM(a, 1), b));
  // (a / b) b = a: a power's derivative divided back.
  if (IS(a, DIV) && FROM(a, 1) == b)
    return FROM(a, 0);
  if (IS(b, DIV) && FROM(b, 1) == a)
    return FROM(b, 0);
  if (IS(a, EXP) && IS(b, EXP) && a != b)
    return MAKE(EXP, MAKE(ADD, FROM(a, 0), FROM(b, 0)), -1);
  return NONE;
}

// exp(u) / (1 + exp(u)) and 1 / (1 + exp(u)).
static neap_ref divide_by_sum(neap_graph *g, neap_ref a, neap_ref b) {
  if (!IS(b, ADD) || !neap_is_number(g, FROM(b, 0), 1) || !IS(FROM(b, 1), EXP))
    return NONE;
  const neap_ref u = FROM(FROM(b, 1), 0);
  if (neap_is_number(g, a, 1))
    return MAKE(SIGMOID, NEGATED(u), -1);
  return FROM(b, 1) == a ? MAKE(SIGMOID, u, -1) : NONE;
}

static neap_ref divide(neap_graph *g, neap_ref a, neap_ref b) {
  if (neap_is_number(g, b, 1) || neap_is_number(g, a, 0))
    return a;
  if (neap_is_number(g, b, -1))
    return NEGATED(a);
  if (IS(a, NEG))
    return NEGATED(MAKE(DIV, FROM(a, 0), b));
  if (IS(b, NEG))
    return NEGATED(MAKE(DIV, a, FROM(b, 0)));
  const neap_ref sigmoid = divide_by_sum(g, a, b);
  if (sigmoid >= 0)
    return sigmoid;
  for (int i = 0; i < 2 && IS(a, MUL); i++) {
    if (FROM(a, i) == b)
      return FROM(a, 1 - i);
    // (p c) / p with the factor one product further in.
    const neap_ref inner = FROM(a, i);
    for (int j = 0; j < 2 && IS(inner, MUL); j++) {
      if (FROM(inner, j) == b)
        return MAKE(MUL, FROM(a, 1 - i), FROM(inner, 1 - j));
    }
  }
  // By a power of two it is a product of the same bits.
  int exponent;
  if (is_number(g, b) && fabs(frexp(number_of(g, b), &exponent)) == 0.5)
    return MAKE(MUL, NUMBER(1 / number_of(g, b)), a);
  return NONE;
}

// Returns the product whose factor is -log_sigmoid, as (u, a) of a
// softplus(u) that differs between rows; or false.
static bool is_softplus_product(neap_graph *g, neap_ref ref, int depth,
                                neap_ref *u, neap_ref *factor) {
  if (IS(ref, SOFTPLUS) && !neap_node_at(g, ref).is_uniform) {
    *u = FROM(ref, 0);
    *factor = NUMBER(1);
    return true;
  }
  for (int i = 0; i < 2 && depth > 0 && IS(ref, MUL); i++) {
    neap_ref inner;
    if (is_softplus_product(g, FROM(ref, i), depth - 1, u, &inner)) {
      *factor = MAKE(MUL, inner, FROM(ref, 1 - i));
      return true;
    }
  }
  return false;
}

static neap_ref exponential(neap_graph *g, neap_ref a) {
  neap_ref u, factor;
  if (IS(a, LOG))
    return FROM(a, 0);
  const bool minus = IS(a, NEG);
  if (!is_softplus_product(g, minus ? FROM(a, 0) : a, 6, &u, &factor))
    return NONE;
  // exp(-b softplus(u)) = sigmoid(-u)^b
  return neap_simplified(g, NEAP_OP_POWER_SIGMOID, NEGATED(u),
                         minus ? factor : NEGATED(factor), -1);
}

static neap_ref logarithm(neap_graph *g, neap_ref a) {
  if (IS(a, EXP))
    return FROM(a, 0);
  if (IS(a, SIGMOID))
    return NEGATED(MAKE(SOFTPLUS, NEGATED(FROM(a, 0)), -1));
  if (IS(a, POWER_SIGMOID)) {
    const neap_ref cost = MAKE(SOFTPLUS, NEGATED(FROM(a, 0)), -1);
    return NEGATED(MAKE(MUL, FROM(a, 1), cost));
  }
  if (IS(a, ADD) && neap_is_number(g, FROM(a, 0), 1))
    return MAKE(LOG1P, FROM(a, 1), -1);
  if (IS(a, SUB) && neap_is_number(g, FROM(a, 0), 1))
    return MAKE(LOG1P, NEGATED(FROM(a, 1)), -1);
  return NONE;
}

// 1 - t for a t = s - c or max(0, s - c), where 1 - s does not cancel.
static neap_ref one_minus_shifted(neap_graph *g, neap_ref t) {
  if (IS(t, SUB)) {
    const neap_ref rest = one_minus(g, FROM(t, 0));
    return rest >= 0 ? MAKE(ADD, rest, FROM(t, 1)) : NONE;
  }
  if (IS(t, MAX) && neap_is_number(g, FROM(t, 0), 0) && IS(FROM(t, 1), SUB)) {
    const neap_ref rest = one_minus_shifted(g, FROM(t, 1));
    return rest >= 0 ? MAKE(MIN, NUMBER(1), rest) : NONE;
  }
  return NONE;
}

static neap_ref logarithm_1p(neap_graph *g, neap_ref a) {
  if (IS(a, EXP))
    return MAKE(SOFTPLUS, FROM(a, 0), -1);
  if (!IS(a, NEG))
    return NONE;
  const neap_ref t = FROM(a, 0), other = one_minus(g, t);
  if (other >= 0)
    return MAKE(LOG, other, -1);
  // Whichever of t and 1 - t is small says what the logarithm is.
  const neap_ref rest = one_minus_shifted(g, t);
  if (rest < 0 || g->failed != NEAP_OK)
    return NONE;
  const neap_ref from[3] = {a, -1, -1};
  return neap_simplified(g, NEAP_OP_WHERE, MAKE(LESS, t, NUMBER(0.5)),
                         neap_intern(g, NEAP_OP_LOG1P, from),
                         MAKE(LOG, rest, -1));
}

// Powers that are products or roots.
static neap_ref raise(neap_graph *g, neap_ref a, neap_ref b) {
  if (neap_is_number(g, b, 0))
    return NUMBER(1);
  if (neap_is_number(g, b, 1))
    return a;
  if (neap_is_number(g, b, 2))
    return MAKE(MUL, a, a);
  if (neap_is_number(g, b, 3) && !IS(a, SIGMOID))
    return MAKE(MUL, a, MAKE(MUL, a, a));
  if (neap_is_number(g, b, 0.5))
    return MAKE(SQRT, a, -1);
  if (neap_is_number(g, b, -1))
    return MAKE(DIV, NUMBER(1), a);
  if (IS(a, SIGMOID))
    return neap_simplified(g, NEAP_OP_POWER_SIGMOID, FROM(a, 0), b, -1);
  if (IS(a, POWER_SIGMOID)) {
    return neap_simplified(g, NEAP_OP_POWER_SIGMOID, FROM(a, 0),
                           MAKE(MUL, FROM(a, 1), b), -1);
  }
  if (IS(a, EXP))
    return MAKE(EXP, MAKE(MUL, b, FROM(a, 0)), -1);
  return NONE;
}

static neap_ref power_of_sigmoid(neap_graph *g, neap_ref a, neap_ref b) {
  if (neap_is_number(g, b, 0))
    return NUMBER(1);
  const neap_ref sigmoid = MAKE(SIGMOID, a, -1);
  if (neap_is_number(g, b, 1))
    return sigmoid;
  if (neap_is_number(g, b, 2))
    return MAKE(MUL, sigmoid, sigmoid);
  if (neap_is_number(g, b, 0.5))
    return MAKE(SQRT, sigmoid, -1);
  // A sigmoid that is the same for all rows is a number, s^b = exp(b log s).
  if (neap_node_at(g, a).is_uniform && !neap_node_at(g, b).is_uniform) {
    const neap_ref cost = MAKE(SOFTPLUS, NEGATED(a), -1);
    return MAKE(EXP, NEGATED(MAKE(MUL, b, cost)), -1);
  }
  return NONE;
}

static neap_ref where(neap_graph *g, neap_ref a, neap_ref b, neap_ref c) {
  if (b == c)
    return b;
  if (is_number(g, a))
    return number_of(g, a) != 0 ? b : c;
  if (IS(b, NEG) && IS(c, NEG)) {
    return NEGATED(
        neap_simplified(g, NEAP_OP_WHERE, a, FROM(b, 0), FROM(c, 0)));
  }
  return NONE;
}

// The least and the most of numbers: a tie is the number's.
static neap_ref pick(neap_graph *g, neap_op op, neap_ref a, neap_ref b) {
  if (a == b)
    return a;
  if (is_number(g, b) && !is_number(g, a))
    return neap_simplified(g, op, b, a, -1);
  return NONE;
}

static neap_ref magnitude(neap_graph *g, neap_ref a) {
  if (IS(a, NEG))
    return MAKE(ABS, FROM(a, 0), -1);
  const bool positive = IS(a, ABS) || IS(a, EXP) || IS(a, SIGMOID) ||
                        IS(a, SOFTPLUS) || IS(a, POWER_SIGMOID);
  return positive ? a : NONE;
}

// Returns the node that a rule leads to, or NONE.
static neap_ref rewrite(neap_graph *g, neap_op op, neap_ref a, neap_ref b,
                        neap_ref c) {
  switch (op) {
    case NEAP_OP_NEG:
      return negate(g, a);
    case NEAP_OP_ADD:
      return is_before(g, a, b) ? add(g, a, b) : MAKE(ADD, b, a);
    case NEAP_OP_MUL:
      return is_before(g, a, b) ? multiply(g, a, b) : MAKE(MUL, b, a);
    case NEAP_OP_EQUAL:
      return is_before(g, a, b) ? NONE : MAKE(EQUAL, b, a);
    case NEAP_OP_SUB:
      return subtract(g, a, b);
    case NEAP_OP_DIV:
      return divide(g, a, b);
    case NEAP_OP_EXP:
      return exponential(g, a);
    case NEAP_OP_LOG:
      return logarithm(g, a);
    case NEAP_OP_LOG1P:
      return logarithm_1p(g, a);
    case NEAP_OP_POW:
      return raise(g, a, b);
    case NEAP_OP_POWER_SIGMOID:
      return power_of_sigmoid(g, a, b);
    case NEAP_OP_WHERE:
      return where(g, a, b, c);
    case NEAP_OP_MIN:
    case NEAP_OP_MAX:
      return pick(g, op, a, b);
    case NEAP_OP_ABS:
      return magnitude(g, a);
    case NEAP_OP_TANH:
      return IS(a, NEG) ? NEGATED(MAKE(TANH, FROM(a, 0), -1)) : NONE;
    case NEAP_OP_GREATER:
      return MAKE(LESS, b, a);
    case NEAP_OP_LOG_SIGMOID:
      return NEGATED(MAKE(SOFTPLUS, NEGATED(a), -1));
    default:
      return NONE;
  }
}

neap_ref neap_simplified(neap_graph *g, neap_op op, neap_ref a, neap_ref b,
                         neap_ref c) {
  const neap_ref from[3] = {a, b, c};
  bool folds = neap_op_arguments(op) > 0;
  if (g->failed != NEAP_OK)
    return 0;
  for (int i = 0; i < neap_op_arguments(op); i++)
    folds = folds && is_number(g, from[i]);
  if (folds) {
    return NUMBER(neap_op_number(op, number_of(g, a),
                                 b >= 0 ? number_of(g, b) : 0,
                                 c >= 0 ? number_of(g, c) : 0));
  }
  const neap_ref rule = rewrite(g, op, a, b, c);
  return rule != NONE || g->failed != NEAP_OK ? rule : neap_intern(g, op, from);
}
