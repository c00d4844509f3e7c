// expr/numbers.c -- expressions on plain numbers: as a script has them, and
// with a bound of what rounding does to them.
#include <float.h>
#include <math.h>

#include "expr/graph.h"

// ------------------------------------------------- the opcodes, on doubles

#define R(literal) (literal)
#define NEAP_ABS fabs
#define NEAP_SQRT sqrt
#define neap_exp exp
#define neap_log log
#define neap_log1p log1p
#define expm1_of expm1
#define tanh_of tanh

static double times(double a, double b) {
  return a * b;
}

static double sign_of(double a) {
  return a > 0 ? 1 : a < 0 ? -1 : a;
}

static double neap_sigmoid(double a) {
  const double e = exp(-fabs(a));
  return (a < 0 ? e : 1) / (1 + e);
}

static double softplus(double a) {
  return (a > 0 ? a : 0) + log1p(exp(-fabs(a)));
}

// As Lua's ^ does it.
static double power(double a, double b) {
  return b == 2 ? a * a : pow(a, b);
}

static double least_of(double a, double b) {
  return a < b || a != a ? a : b;
}

static double most_of(double a, double b) {
  return a > b || a != a ? a : b;
}

static double is_less(double a, double b) {
  return a < b ? 1 : a >= b ? 0 : a + b;
}

static double is_equal(double a, double b) {
  return a == b ? 1 : a != a || b != b ? a + b : 0;
}

static double choose(double a, double b, double c) {
  return a == 0 ? c : a != a ? a : b;
}

double neap_op_number(neap_op op, double a, double b, double c) {
  switch (op) {
#define NEAP_OPERATION(name, arguments, expression, derivative) \
  case NEAP_OP_##name:                                          \
    return expression;
#define NEAP_FUNCTION NEAP_OPERATION
#define NEAP_KERNEL(name, arguments, expression)
#include "expr/opcodes.def"
#undef NEAP_OPERATION
#undef NEAP_FUNCTION
#undef NEAP_KERNEL
    default:
      return NAN;  // kernels run on rows alone
  }
}

static double value_of(const neap_node *node, const double *params,
                       const double *inputs, const double *values) {
  double from[3] = {0, 0, 0};
  for (int j = 0; j < 3 && node->from[j] >= 0; j++)
    from[j] = values[node->from[j]];
  switch (node->op) {
    case NEAP_OP_NUMBER:
      return node->number;
    case NEAP_OP_PARAMETER:
      return params[(int)node->number];
    case NEAP_OP_INPUT:
      return inputs != NULL ? inputs[(int)node->number] : NAN;
    default:
      return neap_op_number(node->op, from[0], from[1], from[2]);
  }
}

void neap_evaluate_nodes(const neap_graph *g, neap_ref last,
                         const double *params, const double *inputs,
                         double *values) {
  for (neap_ref i = 0; i <= last; i++)
    values[i] = value_of(&g->nodes[i], params, inputs, values);
}

// ------------------------------------------------------------------ errors

// How much a change of each argument changes the result r.
static void find_slopes(const neap_node *node, const double *v, double r,
                        double slope[3]) {
  const double a = v[0], b = v[1];
  slope[0] = slope[1] = slope[2] = 0;
  switch (node->op) {
    case NEAP_OP_ADD:
    case NEAP_OP_SUB:
      slope[0] = slope[1] = 1;
      break;
    case NEAP_OP_MUL:
      slope[0] = b;
      slope[1] = a;
      break;
    case NEAP_OP_DIV:
      slope[0] = 1 / b;
      slope[1] = r / b;
      break;
    case NEAP_OP_NEG:
    case NEAP_OP_ABS:
      slope[0] = 1;
      break;
    case NEAP_OP_SQRT:
      slope[0] = 0.5 / r;
      break;
    case NEAP_OP_LOG:
      slope[0] = 1 / a;
      break;
    case NEAP_OP_LOG1P:
      slope[0] = 1 / (1 + a);
      break;
    case NEAP_OP_EXP:
      slope[0] = r;
      break;
    case NEAP_OP_EXPM1:
      slope[0] = r + 1;
      break;
    case NEAP_OP_TANH:
      slope[0] = 4 * neap_sigmoid(2 * a) * neap_sigmoid(-2 * a);
      break;
    case NEAP_OP_SIGMOID:
      slope[0] = r * neap_sigmoid(-a);
      break;
    case NEAP_OP_SOFTPLUS:
      slope[0] = neap_sigmoid(a);
      break;
    case NEAP_OP_POWER_SIGMOID:
      slope[0] = b * r * neap_sigmoid(-a);
      slope[1] = r * softplus(-a);
      break;
    case NEAP_OP_POW:
      slope[0] = b * r / a;
      slope[1] = r * log(fabs(a));
      break;
    case NEAP_OP_MIN:
    case NEAP_OP_MAX:
      slope[r == a ? 0 : 1] = 1;
      break;
    case NEAP_OP_WHERE:
      slope[a != 0 ? 1 : 2] = 1;
      break;
    default:
      break;
  }
}

// Whether an operation's own result is exact.
static bool is_exact(neap_op op) {
  return op <= NEAP_OP_INPUT || op == NEAP_OP_NEG || op == NEAP_OP_ABS ||
         op == NEAP_OP_SIGN || op == NEAP_OP_MIN || op == NEAP_OP_MAX ||
         op == NEAP_OP_WHERE || op == NEAP_OP_LESS || op == NEAP_OP_EQUAL;
}

// What functions are given in two parts costs them nothing: see lower.c.
static bool takes_parts(neap_op op) {
  return op == NEAP_OP_EXP || op == NEAP_OP_SIGMOID || op == NEAP_OP_SOFTPLUS ||
         op == NEAP_OP_POWER_SIGMOID;
}

static double error_of(const neap_graph *g, const neap_node *node,
                       const double *values, const double *errors, double r) {
  double v[3] = {0, 0, 0}, slope[3];
  for (int j = 0; j < 3 && node->from[j] >= 0; j++)
    v[j] = values[node->from[j]];
  // A sum or difference without rounding error.
  double error = is_exact(node->op) ? 0 : 2 * fabs(r);
  if ((node->op == NEAP_OP_ADD && r - v[0] == v[1] && r - v[1] == v[0]) ||
      (node->op == NEAP_OP_SUB && r + v[1] == v[0] && v[0] - r == v[1]))
    error = 0;
  find_slopes(node, v, r, slope);
  for (int j = 0; j < 3 && node->from[j] >= 0; j++) {
    const neap_ref from = node->from[j];
    const bool carried =
        j == 0 && takes_parts(node->op) && neap_has_parts(g, from);
    const double part = fabs(slope[j]) * errors[from];
    if (!carried && errors[from] != 0 && slope[j] != 0)
      error += part;
  }
  return error;
}

void neap_bound_errors(const neap_graph *g, neap_ref last, const double *params,
                       const double *inputs, double *values, double *errors) {
  for (neap_ref i = 0; i <= last; i++) {
    const neap_node *node = &g->nodes[i];
    values[i] = value_of(node, params, inputs, values);
    errors[i] = error_of(g, node, values, errors, values[i]);
    // Uniform parts are found in double, and given in two parts.
    if (node->is_uniform)
      errors[i] = 0;
  }
}
