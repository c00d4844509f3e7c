// expr/run.c -- programs over blocks of rows.
//
// A register holds one block. Each instruction is one loop over it, in steps
// of 16 lanes; constants are 16 lanes long and stay where they are.
#include "expr/expr.h"
#include "expr/opcodes.h"
#include "loss/margin.h"

enum { LANES = NEAP_BLOCK_LANES, STEP = NEAP_SUM_LANES };

// A place: lane i lies at at[i & mask], for i a multiple of 16.
typedef struct place {
  real *at;
  size_t mask;
} place;

// All that the programs of one call work on.
typedef struct space {
  const neap_formula *formula;
  place places[NEAP_PLACE_COUNT];
  _Alignas(NEAP_ALIGNMENT) real constants[NEAP_CONSTANT_MAX][STEP];
  real columns[NEAP_COLUMN_MAX][LANES];
  real registers[NEAP_REGISTER_MAX][LANES];
} space;

// ------------------------------------------------------------- the opcodes

// The arguments of a lane; an opcode uses the first few.
#define LOAD(letter, i) const place p##letter = places[step->from[i]]

#define LOAD_1 LOAD(a, 0)
#define LOAD_2 \
  LOAD_1;      \
  LOAD(b, 1)
#define LOAD_3 \
  LOAD_2;      \
  LOAD(c, 2)
#define LOAD_5 \
  LOAD_3;      \
  LOAD(d, 3);  \
  LOAD(e, 4)

#define AT(letter) \
  const real *at_##letter = p##letter.at + (start & p##letter.mask)
#define AT_1 AT(a)
#define AT_2 \
  AT_1;      \
  AT(b)
#define AT_3 \
  AT_2;      \
  AT(c)
#define AT_5 \
  AT_3;      \
  AT(d);     \
  AT(e)

#define LANE(letter) const real letter = at_##letter[i]
#define LANE_1 LANE(a)
#define LANE_2 \
  LANE_1;      \
  LANE(b)
#define LANE_3 \
  LANE_2;      \
  LANE(c)
#define LANE_5 \
  LANE_3;      \
  LANE(d);     \
  LANE(e)

#define NEAP_KERNEL(name, arguments, expression)                         \
  static void NEAP_NAME(run_##name)(                                     \
      const place *places, const neap_instruction *step, size_t lanes) { \
    LOAD_##arguments;                                                    \
    real *to = places[step->to].at;                                      \
    for (size_t start = 0; start < lanes; start += STEP) {               \
      AT_##arguments;                                                    \
      NEAP_LANES                                                         \
      for (int i = 0; i < STEP; i++) {                                   \
        LANE_##arguments;                                                \
        to[start + (size_t)i] = expression;                              \
      }                                                                  \
    }                                                                    \
  }
#define NEAP_OPERATION(name, arguments, expression, derivative) \
  NEAP_KERNEL(name, arguments, expression)
#define NEAP_FUNCTION(name, arguments, expression, derivative)
#include "expr/opcodes.def"
#undef NEAP_OPERATION
#undef NEAP_FUNCTION
#undef NEAP_KERNEL

typedef void run_step(const place *places, const neap_instruction *step,
                      size_t lanes);

static run_step *const steps[NEAP_OP_COUNT] = {
#define NEAP_OPERATION(name, arguments, expression, derivative) \
  [NEAP_OP_##name] = NEAP_NAME(run_##name),
#define NEAP_FUNCTION(name, arguments, expression, derivative)
#define NEAP_KERNEL(name, arguments, expression) \
  [NEAP_OP_##name] = NEAP_NAME(run_##name),
#include "expr/opcodes.def"
#undef NEAP_OPERATION
#undef NEAP_FUNCTION
#undef NEAP_KERNEL
};

static void run(const space *s, const neap_program *program, size_t lanes) {
  const neap_instruction *step = program->instructions;
  for (size_t n = program->count; n > 0; n--, step++)
    steps[step->op](s->places, step, lanes);
}

// ------------------------------------------------------------ the constants

static void find_scalars(const neap_formula *f, const double *params,
                         double *values) {
  for (int i = 0; i < f->scalar_count; i++) {
    const neap_node *node = &f->scalars[i];
    const neap_ref a = node->from[0], b = node->from[1], c = node->from[2];
    values[i] =
        node->op == NEAP_OP_NUMBER ? node->number
        : node->op == NEAP_OP_PARAMETER
            ? params[(int)node->number]
            : neap_op_number(node->op, a >= 0 ? values[a] : 0,
                             b >= 0 ? values[b] : 0, c >= 0 ? values[c] : 0);
  }
}

static void set_place(space *s, int at, const real *to, size_t mask) {
  s->places[at] = (place){.at = (real *)(uintptr_t)to, .mask = mask};
}

static void start(space *s, const neap_formula *f, const double *params) {
  double scalars[NEAP_SCALAR_MAX];
  s->formula = f;
  find_scalars(f, params, scalars);
  for (int k = 0; k < f->constant_count; k++) {
    const double whole = scalars[f->constants[k].scalar];
    const real high = (real)whole, low = (real)(whole - (double)high);
    const real value = f->constants[k].is_low ? known(low) : high;
    for (int i = 0; i < STEP; i++)
      s->constants[k][i] = value;
    set_place(s, NEAP_PLACE_CONSTANT + k, s->constants[k], 0);
  }
  for (int r = 0; r < NEAP_REGISTER_MAX; r++)
    set_place(s, NEAP_PLACE_REGISTER + r, s->registers[r], ~(size_t)0);
}

// ------------------------------------------------------------------- blocks

static void set_columns(space *s, const neap_margins *m) {
  const real *const *columns = (const real *const *)m->call->columns;
  for (int k = 0; k < s->formula->column_count; k++) {
    const real *from = columns[k] + m->row;
    if (m->count < LANES) {  // beyond the rows there is nothing to read
      memset(s->columns[k], 0, sizeof s->columns[k]);
      memcpy(s->columns[k], from, m->count * sizeof *from);
      from = s->columns[k];
    }
    set_place(s, NEAP_INPUT_COLUMN + k, from, ~(size_t)0);
  }
}

static void set_inputs(space *s, neap_margins *m, const real *y) {
  const size_t all = ~(size_t)0;
  if (s->formula->column_count > 0)
    set_columns(s, m);
  set_place(s, NEAP_INPUT_TARGET, y, all);
  set_place(s, NEAP_INPUT_X, m->x, all);
  set_place(s, NEAP_INPUT_SMALL, m->small, all);
  set_place(s, NEAP_INPUT_L, m->l, all);
  set_place(s, NEAP_INPUT_P, m->p, all);
  set_place(s, NEAP_INPUT_Q, m->q, all);
  set_place(s, NEAP_INPUT_L1, m->l1, all);
  set_place(s, NEAP_PLACE_OUTPUT, m->value, all);
  set_place(s, NEAP_PLACE_OUTPUT + 1, m->first, all);
  set_place(s, NEAP_PLACE_OUTPUT + 2, m->plus, all);
  set_place(s, NEAP_PLACE_OUTPUT + 3, m->minus, all);
}

// The call's space, which is not shared with any other.
static space *space_of(const neap_constants *c) {
  return (space *)(uintptr_t)c->own;
}

static void curve_block(neap_margins *m, int lanes, neap_order order,
                        const neap_constants *c) {
  space *s = space_of(c);
  set_inputs(s, m, m->y);
  run(s, &s->formula->hard[order == NEAP_SECOND], (size_t)lanes);
}

// The class weight y w_1 + (1 - y) w_0; 0 times an infinite loss is 0.
static void soft_block(neap_margins *m, neap_margins *no, const real *y,
                       const neap_constants *c) {
  space *s = space_of(c);
  (void)no;
  set_inputs(s, m, y);
  run(s, &s->formula->soft, LANES);
  NEAP_LANES
  for (int i = 0; i < LANES; i++) {
    const real weight = y[i] * c->weight1 + (R(1) - y[i]) * c->weight0;
    m->value[i] = times(weight, m->value[i]);
    m->first[i] = times(weight, m->first[i]);
    m->plus[i] = times(weight, m->plus[i]);
    m->minus[i] = times(weight, m->minus[i]);
  }
}

// -------------------------------------------------------------------- calls

_Static_assert(sizeof(neap_margin_loss) <= NEAP_MARGIN_BYTES,
               "neap_defined has room for it");

static void fill(const neap_formula *f, void *memory) {
  const uint32_t inputs = f->hard[0].inputs | f->hard[1].inputs;
  const uint32_t logit =
      (uint32_t)1 << NEAP_INPUT_X | (uint32_t)1 << NEAP_INPUT_SMALL |
      (uint32_t)1 << NEAP_INPUT_TARGET | ~(uint32_t)0 << NEAP_INPUT_COLUMN;
  const uint32_t probability =
      (uint32_t)1 << NEAP_INPUT_P | (uint32_t)1 << NEAP_INPUT_Q |
      (uint32_t)1 << NEAP_INPUT_TARGET | ~(uint32_t)0 << NEAP_INPUT_COLUMN;
  *(neap_margin_loss *)memory = (neap_margin_loss){
      .curve = curve_block,
      .needs = (inputs & ~logit) == 0         ? NEAP_NEEDS_LOGIT
               : (inputs & ~probability) == 0 ? NEAP_NEEDS_PROBABILITY
                                              : NEAP_NEEDS_ALL,
      .soft = f->soft.count > 0 ? soft_block : NULL};
}

static void sigmoid(const neap_loss *loss, const neap_loss_call *call) {
  space s;
  start(&s, neap_loss_form_of(loss, NEAP_REAL_DTYPE)->program,
        call->options.params);
  NEAP_NAME(neap_run_sigmoid_with)(loss, call, &s);
}

static void softmax(const neap_loss *loss, const neap_loss_call *call) {
  space s;
  start(&s, neap_loss_form_of(loss, NEAP_REAL_DTYPE)->program,
        call->options.params);
  NEAP_NAME(neap_run_softmax_with)(loss, call, &s);
}

static void map(const neap_formula *f, size_t count, const void *const *columns,
                void *value) {
  space s;
  real *to = value;
  real out[LANES];
  start(&s, f, NULL);
  // The derivative, which is 0 and not looked at.
  set_place(&s, NEAP_PLACE_OUTPUT + 1, s.registers[NEAP_REGISTER_MAX - 1],
            ~(size_t)0);
  for (size_t row = 0; row < count; row += LANES) {
    const size_t left = count - row, some = left < LANES ? left : LANES;
    for (int k = 0; k < f->column_count; k++) {
      const real *from = (const real *)columns[k] + row;
      if (some < LANES) {
        memset(s.columns[k], 0, sizeof s.columns[k]);
        memcpy(s.columns[k], from, some * sizeof *from);
        from = s.columns[k];
      }
      set_place(&s, NEAP_INPUT_COLUMN + k, from, ~(size_t)0);
    }
    set_place(&s, NEAP_PLACE_OUTPUT, some < LANES ? out : to + row, ~(size_t)0);
    run(&s, &f->hard[0], LANES);
    if (some < LANES)
      memcpy(to + row, out, some * sizeof *to);
  }
}

const neap_expr_kernels NEAP_NAME(neap_expr_kernels) = {
    .sigmoid = sigmoid, .softmax = softmax, .fill = fill, .map = map};
