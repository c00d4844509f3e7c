// tests/expr/define_test.c -- losses made of traces, without Lua: the same bits
// on all instruction sets with fused operations, and no memory at any moment.
#include "check.h"
#include "expr/expr.h"

enum { ROWS = 203 };

// -(1 - s)^gamma log(s) of y = 1, and its mirror of y = 0: the textbook's
// focal.
static neap_ref trace_focal(neap_graph *g) {
  const neap_ref x = neap_input_node(g, NEAP_INPUT_LOGIT);
  const neap_ref y = neap_input_node(g, NEAP_INPUT_TARGET);
  const neap_ref gamma = neap_parameter_node(g, 0), one = neap_number(g, 1);
  const neap_ref s = neap_record(g, NEAP_OP_SIGMOID, x, -1, -1);
  const neap_ref rest = neap_record(g, NEAP_OP_SUB, one, s, -1);
  const neap_ref no = neap_record(g, NEAP_OP_SUB, one, y, -1);
  neap_ref part[2];
  for (int i = 0; i < 2; i++) {
    const neap_ref power =
        neap_record(g, NEAP_OP_POW, i == 0 ? rest : s, gamma, -1);
    const neap_ref cost =
        neap_record(g, NEAP_OP_LOG, i == 0 ? s : rest, -1, -1);
    const neap_ref product = neap_record(g, NEAP_OP_MUL, power, cost, -1);
    part[i] = neap_record(g, NEAP_OP_MUL, i == 0 ? y : no, product, -1);
  }
  return neap_record(g, NEAP_OP_NEG,
                     neap_record(g, NEAP_OP_ADD, part[0], part[1], -1), -1, -1);
}

static neap_status define(const neap *engine, neap_defined *defined,
                          neap_error *error) {
  neap_graph trace;
  neap_graph_init(engine, &trace);
  const neap_ref value = trace_focal(&trace);
  const neap_definition d = {
      .name = "own",
      .text = "",
      .source = "",
      .parameters = {{"gamma", 2, 0, 100, .meaning = ""}},
      .trace = &trace,
      .value = value};
  const neap_status status = neap_define(engine, &d, defined, error);
  neap_graph_free(&trace);
  return status;
}

static double x[ROWS], y[ROWS];

static void fill(void) {
  for (int i = 0; i < ROWS; i++) {
    x[i] = 200 * test_uniform((uint64_t)i) - 100;
    y[i] = i % 11 == 0 ? 0.25 : i % 2;
  }
}

static double results[NEAP_ISA_COUNT][3][ROWS];

static void test_isa(const neap *engine) {
  neap_defined defined;
  neap_error error = {0};
  CHECK(define(engine, &defined, &error) == NEAP_OK);
  const double gamma[] = {1.7}, focal[] = {1.7, NAN, 1};
  double(*own)[ROWS] = results[engine->isa], value[ROWS], gradient[ROWS];
  neap_loss_call call = {.rows = ROWS,
                         .logits = x,
                         .targets = y,
                         .options = {.params = gamma},
                         .value = own[0],
                         .gradient = own[1],
                         .hessian = own[2]};
  CHECK(neap_loss_evaluate(&defined.binary, &call, &error) == NEAP_OK);
  call.options.params = focal;
  call.value = value;
  call.gradient = gradient;
  call.hessian = NULL;
  const neap_loss *built_in = neap_loss_find(engine, "focal");
  CHECK(neap_loss_evaluate(built_in, &call, &error) == NEAP_OK);
  for (int i = 0; i < ROWS; i++) {
    if (y[i] != 0 && y[i] != 1)
      continue;
    CHECK_SHOW(ulps_of_double(own[0][i], value[i]) <= 32, "%g", x[i]);
    CHECK_SHOW(ulps_of_double(own[1][i], gradient[i]) <= 32, "%g", x[i]);
  }
  call.options.params = (const double[]){-1};
  CHECK(neap_loss_evaluate(&defined.binary, &call, &error) == NEAP_EARGUMENT);
  neap_defined_free(&defined);
}

static void test_bits(void) {
  if (!neap_isa_available(NEAP_ISA_AVX2) ||
      !neap_isa_available(NEAP_ISA_AVX512))
    return;
  CHECK(memcmp(results[NEAP_ISA_AVX2], results[NEAP_ISA_AVX512],
               sizeof results[0]) == 0);
}

// An allocator that counts, and fails at one call.
typedef struct counter {
  size_t live_bytes, calls, fail_at;
} counter;

static void *allocate(void *data, void *block, size_t old_size,
                      size_t new_size) {
  counter *c = data;
  if (new_size > 0 && ++c->calls == c->fail_at)
    return NULL;
  if (block == NULL)
    old_size = 0;
  c->live_bytes += new_size - old_size;
  if (new_size == 0) {
    free(block);
    return NULL;
  }
  return realloc(block, new_size);
}

static void test_no_memory(void) {
  for (size_t fail_at = 1;; fail_at++) {
    counter c = {0};
    const neap_host host = {.data = &c, .allocate = allocate};
    neap *engine = neap_new(&host, NULL);
    const size_t before = c.live_bytes;
    neap_defined defined;
    neap_error error = {0};
    c.calls = 0;
    c.fail_at = fail_at;
    const neap_status status = define(engine, &defined, &error);
    c.fail_at = 0;
    neap_defined_free(&defined);
    CHECK_SHOW(c.live_bytes == before, "%zu bytes at %zu",
               c.live_bytes - before, fail_at);
    neap_free(engine);
    CHECK(c.live_bytes == 0);
    if (status == NEAP_OK) {
      CHECK(fail_at > 8 && c.calls < fail_at);
      return;
    }
    CHECK(status == NEAP_EMEMORY);
  }
}

// What is too large is refused and not run.
static void test_too_large(const neap *engine) {
  neap_graph trace;
  neap_graph_init(engine, &trace);
  neap_ref value = neap_input_node(&trace, NEAP_INPUT_LOGIT);
  for (int i = 0; i < 3000; i++) {
    const neap_ref number = neap_number(&trace, i);
    value = neap_record(&trace, NEAP_OP_MUL, value, value, -1);
    value = neap_record(&trace, NEAP_OP_SUB, number, value, -1);
    value = neap_record(&trace, NEAP_OP_TANH, value, -1, -1);
  }
  const neap_definition d = {.name = "large",
                             .text = "",
                             .source = "",
                             .is_margin = true,
                             .trace = &trace,
                             .value = value};
  neap_defined defined;
  neap_error error = {0};
  CHECK(neap_define(engine, &d, &defined, &error) == NEAP_EARGUMENT);
  CHECK_SHOW(strstr(error.message, "more than") != NULL, "%s", error.message);
  neap_defined_free(&defined);
  neap_graph_free(&trace);
}

int main(void) {
  fill();
  for_each_isa(test_isa);
  for_each_isa(test_too_large);
  test_bits();
  test_no_memory();
  return check_result();
}
