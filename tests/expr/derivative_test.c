// tests/expr/derivative_test.c -- the derivatives of every opcode, and of
// random expressions, against the complex step: with f analytic at x,
//   f'(x) = Im f(x + i h) / h + O(h^2),
// without cancellation, so that h = 1e-100 gives all digits.
// Source: Squire and Trapp 1998, SIAM Review 40(1), p. 110.
//
// The evaluator here knows nothing of the engine's: C's complex functions, on
// the trace as it was recorded. Opcodes with kinks are analytic beside them,
// and branch by the real part.
#include <complex.h>

#include "check.h"
#include "expr/expr.h"

#define STEP 1e-100

enum { NODES = 1 << 14, POINTS = 7 };

static const double points[POINTS] = {-2.3, -1.1, -0.4, 0.3, 0.85, 1.6, 2.7};

// ------------------------------------------------- the opcodes, in complex

static double complex less(double complex a, double complex b) {
  return creal(a) < creal(b) ? 1 : 0;
}

static double complex softplus(double complex a) {
  return clog(1 + cexp(a));
}

static double complex sigmoid(double complex a) {
  return 1 / (1 + cexp(-a));
}

// C's pow of a complex base is no power of a negative number; this one is.
static double complex power(double complex a, double complex b) {
  if (creal(a) < 0) {
    const int odd = fmod(creal(b), 2) != 0;
    return (odd ? -1 : 1) * cexp(b * clog(-a));
  }
  return cexp(b * clog(a));
}

static double complex complex_of(neap_op op, double complex a, double complex b,
                                 double complex c) {
  switch (op) {
    case NEAP_OP_ADD:
      return a + b;
    case NEAP_OP_SUB:
      return a - b;
    case NEAP_OP_MUL:
      return a * b;
    case NEAP_OP_DIV:
      return a / b;
    case NEAP_OP_NEG:
      return -a;
    case NEAP_OP_ABS:
      return creal(a) < 0 ? -a : a;
    case NEAP_OP_SIGN:
      return creal(a) < 0 ? -1 : 1;
    case NEAP_OP_SQRT:
      return csqrt(a);
    case NEAP_OP_LOG:
      return clog(a);
    case NEAP_OP_LOG1P:
      return clog(1 + a);
    case NEAP_OP_TANH:
      return ctanh(a);
    case NEAP_OP_POW:
      return power(a, b);
    case NEAP_OP_MIN:
      return creal(b) < creal(a) ? b : a;
    case NEAP_OP_MAX:
      return creal(a) < creal(b) ? b : a;
    case NEAP_OP_LESS:
      return less(a, b);
    case NEAP_OP_GREATER:
      return less(b, a);
    case NEAP_OP_EQUAL:
      return creal(a) == creal(b) ? 1 : 0;
    case NEAP_OP_WHERE:
      return creal(a) == 0 ? c : b;
    case NEAP_OP_EXP:
      return cexp(a);
    case NEAP_OP_EXPM1:
      return cexp(a) - 1;
    case NEAP_OP_SIGMOID:
      return sigmoid(a);
    case NEAP_OP_SOFTPLUS:
      return softplus(a);
    case NEAP_OP_LOG_SIGMOID:
      return -softplus(-a);
    case NEAP_OP_POWER_SIGMOID:
      return power(sigmoid(a), b);
    default:
      CHECK_SHOW(0, "no complex form of %s", neap_op_name(op));
      return NAN;
  }
}

// The value of a node of a graph at the logit x.
static double complex evaluate(const neap_graph *g, neap_ref node,
                               double complex x) {
  static double complex values[NODES];
  for (neap_ref i = 0; i <= node && i < NODES; i++) {
    const neap_node *n = &g->nodes[i];
    double complex from[3] = {0};
    for (int j = 0; j < 3 && n->from[j] >= 0; j++)
      from[j] = values[n->from[j]];
    values[i] = n->op == NEAP_OP_NUMBER ? n->number
                : n->op == NEAP_OP_INPUT
                    ? x
                    : complex_of(n->op, from[0], from[1], from[2]);
  }
  CHECK(node < NODES);
  return values[node];
}

// ---------------------------------------------------------------- the checks

static void check_near(const char *what, const char *of, double x, double got,
                       double complex truth) {
  const double want = creal(truth);
  CHECK_SHOW(fabs(got - want) <= 2e-12 * (1 + fabs(want)),
             "%s of %s at %g: %.17g, not %.17g", what, of, x, got, want);
}

// f', f'' and what the compiled programs give of them.
static void check_expression(const neap *engine, const neap_graph *trace,
                             neap_ref value, const char *of) {
  const neap_definition d = {.name = "own",
                             .text = "",
                             .source = "",
                             .is_margin = true,
                             .trace = trace,
                             .value = value};
  neap_defined defined;
  neap_error error = {0};
  double ones[POINTS], f[POINTS], first[POINTS], second[POINTS];
  const neap_status made_it = neap_define(engine, &d, &defined, &error);
  CHECK_SHOW(made_it == NEAP_OK, "%s: %s", of, error.message);
  for (int i = 0; i < POINTS; i++)
    ones[i] = 1;
  const neap_loss_call call = {.rows = POINTS,
                               .logits = points,
                               .targets = ones,
                               .value = f,
                               .gradient = first,
                               .hessian = second};
  const neap_formula *made = &defined.formula;
  const bool runs = made_it == NEAP_OK &&
                    neap_loss_evaluate(&defined.binary, &call, NULL) == NEAP_OK;
  CHECK(runs);
  for (int i = 0; runs && i < POINTS; i++) {
    const double x = points[i];
    const double complex at = x + STEP * I;
    const double complex slope = cimag(evaluate(trace, value, at)) / STEP;
    const double complex bend =
        cimag(evaluate(&made->graph, made->first, at)) / STEP;
    check_near("derivative", of, x,
               creal(evaluate(&made->graph, made->first, x)), slope);
    check_near("second derivative", of, x,
               creal(evaluate(&made->graph, made->second, x)), bend);
    check_near("value that is run", of, x, f[i], evaluate(trace, value, x));
    check_near("gradient that is run", of, x, first[i], slope);
    check_near("Hessian that is run", of, x, second[i], bend);
  }
  neap_defined_free(&defined);
}

// p x + q
static neap_ref line(neap_graph *g, double p, double q) {
  const neap_ref x = neap_input_node(g, NEAP_INPUT_LOGIT);
  const neap_ref product =
      neap_record(g, NEAP_OP_MUL, neap_number(g, p), x, -1);
  return neap_record(g, NEAP_OP_ADD, product, neap_number(g, q), -1);
}

// One opcode of lines in x; scale 0 makes an argument a number.
static void check_op(const neap *engine, neap_op op, const double scale[3],
                     const double shift[3]) {
  neap_graph trace;
  neap_ref from[3] = {-1, -1, -1};
  neap_graph_init(engine, &trace);
  for (int j = 0; j < neap_op_arguments(op); j++)
    from[j] = line(&trace, scale[j], shift[j]);
  check_expression(engine, &trace,
                   neap_record(&trace, op, from[0], from[1], from[2]),
                   neap_op_name(op));
  neap_graph_free(&trace);
}

static bool wants_positive(neap_op op) {
  return op == NEAP_OP_SQRT || op == NEAP_OP_LOG || op == NEAP_OP_LOG1P ||
         op == NEAP_OP_POW;
}

static const neap_op differentiable[] = {
#define NEAP_OPERATION(name, arguments, expression, derivative) NEAP_OP_##name,
#define NEAP_FUNCTION NEAP_OPERATION
#define NEAP_KERNEL(name, arguments, expression)
#include "expr/opcodes.def"
#undef NEAP_OPERATION
#undef NEAP_FUNCTION
#undef NEAP_KERNEL
};

// Every opcode of arguments that all move, of positive ones, and with each of
// them held.
static void test_ops(const neap *engine) {
  const size_t count = sizeof differentiable / sizeof *differentiable;
  for (size_t i = 0; i < count; i++) {
    const neap_op op = differentiable[i];
    const double shift[3] = {2.6, 0.9, -0.7};
    check_op(engine, op, (double[]){0.5, -0.3, 0.8}, shift);
    check_op(engine, op, (double[]){0.5, 0, 0.8}, shift);
    check_op(engine, op, (double[]){0, -0.3, 0}, shift);
    if (!wants_positive(op)) {
      check_op(engine, op, (double[]){1.3, 0.6, -0.2},
               (double[]){0.1, 0.35, 1.4});
    }
  }
}

// Whole powers, also of negative numbers, and the functions far out.
static void test_far(const neap *engine) {
  for (int power = -3; power <= 5; power++) {
    check_op(engine, NEAP_OP_POW, (double[]){1.7, 0, 0},
             (double[]){0.13, power, 0});
  }
  for (int side = -1; side <= 1; side += 2) {
    const double scale[3] = {12.0 * side, 0, 0};
    check_op(engine, NEAP_OP_SIGMOID, scale, (double[]){1.5, 0, 0});
    check_op(engine, NEAP_OP_SOFTPLUS, scale, (double[]){1.5, 0, 0});
    check_op(engine, NEAP_OP_LOG_SIGMOID, scale, (double[]){1.5, 0, 0});
    check_op(engine, NEAP_OP_TANH, scale, (double[]){1.5, 0, 0});
    check_op(engine, NEAP_OP_POWER_SIGMOID, scale, (double[]){1.5, 2.4, 0});
  }
}

// ------------------------------------------------------- random expressions

static uint64_t drawn;

static double uniform(void) {
  return test_uniform(drawn++);
}

static int draw(int count) {
  return (int)(uniform() * count);
}

static neap_ref unary(neap_graph *g, neap_op op, neap_ref a) {
  return neap_record(g, op, a, -1, -1);
}

// An expression of some depth whose values are no larger than about 30.
static neap_ref random_node(neap_graph *g, int depth) {
  static const neap_op bounded[] = {NEAP_OP_TANH, NEAP_OP_SIGMOID};
  static const neap_op functions[] = {
      NEAP_OP_EXP,     NEAP_OP_EXPM1, NEAP_OP_SOFTPLUS, NEAP_OP_LOG_SIGMOID,
      NEAP_OP_SIGMOID, NEAP_OP_TANH,  NEAP_OP_NEG,      NEAP_OP_ABS};
  static const neap_op pairs[] = {NEAP_OP_ADD, NEAP_OP_SUB, NEAP_OP_MUL,
                                  NEAP_OP_MIN, NEAP_OP_MAX};
  if (depth == 0) {
    const double slope = 0.3 + uniform();
    return line(g, slope, uniform() - 0.6);
  }
  const neap_ref a = random_node(g, depth - 1);
  const int kind = draw(5);
  if (kind == 0)
    return unary(g, functions[draw(8)], unary(g, bounded[draw(2)], a));
  if (kind == 1) {
    const neap_ref above = unary(g, NEAP_OP_EXP, unary(g, NEAP_OP_TANH, a));
    const neap_op op =
        (neap_op[]){NEAP_OP_LOG, NEAP_OP_LOG1P, NEAP_OP_SQRT}[draw(3)];
    return unary(g, op, above);
  }
  const neap_ref b = unary(g, bounded[draw(2)], random_node(g, depth - 1));
  if (kind == 2) {
    const neap_ref rest = neap_record(g, NEAP_OP_SUB, neap_number(g, 1),
                                      unary(g, NEAP_OP_SIGMOID, a), -1);
    return neap_record(g, NEAP_OP_POW, rest, neap_number(g, 0.5 * draw(6)), -1);
  }
  if (kind == 3) {
    return neap_record(g, NEAP_OP_WHERE, neap_record(g, NEAP_OP_LESS, a, b, -1),
                       b, a);
  }
  return neap_record(g, pairs[draw(5)], a, b, -1);
}

static void test_random(const neap *engine) {
  drawn = 1;
  for (int i = 0; i < 400; i++) {
    char name[32];
    neap_graph trace;
    neap_graph_init(engine, &trace);
    snprintf(name, sizeof name, "expression %d", i);
    check_expression(engine, &trace, random_node(&trace, 1 + i % 3), name);
    neap_graph_free(&trace);
  }
}

int main(void) {
  for_each_isa(test_ops);
  for_each_isa(test_far);
  for_each_isa(test_random);
  return check_result();
}
