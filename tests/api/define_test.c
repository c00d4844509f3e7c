// tests/api/define_test.c -- losses from a formula's text.
#include <math.h>
#include <string.h>

#include "check.h"
#include "neap.h"

static const neap_parameter gamma_row = {
    .name = "gamma", .initial = 2, .low = 0, .high = 10};

static neap_defined *define(const neap *engine, const char *formula,
                            neap_error *error) {
  const neap_formula_text text = {.name = "mine",
                                  .formula = formula,
                                  .parameters = &gamma_row,
                                  .parameter_count = 1};
  return neap_loss_define(engine, &text, error);
}

enum { ROWS = 5 };
static const double logits[ROWS] = {0, 0.75, -3, 30, -40};
static const double targets[ROWS] = {1, 0, 1, 0, 1};

static void evaluate(const neap_loss *loss, const double *params,
                     double out[3][ROWS]) {
  const neap_loss_call call = {.rows = ROWS,
                               .logits = logits,
                               .targets = targets,
                               .options = {.params = params},
                               .value = out[0],
                               .gradient = out[1],
                               .hessian = out[2]};
  neap_error error = {0};
  CHECK_SHOW(neap_loss_evaluate(loss, &call, &error) == NEAP_OK, "%s",
             error.message);
}

static void check_near(double got[3][ROWS], double wanted[3][ROWS]) {
  for (int i = 0; i < 3 * ROWS; i++) {
    const double a = got[i / ROWS][i % ROWS], b = wanted[i / ROWS][i % ROWS];
    CHECK_SHOW(fabs(a - b) <= 4e-15 * fabs(b), "%d: %.17g %.17g", i, a, b);
  }
}

// The focal loss by its margin is the built-in one, in all derivatives.
static void test_margin(const neap *engine) {
  const double own[] = {1.5}, built_in[] = {1.5, NAN, 0};
  double got[3][ROWS], wanted[3][ROWS];
  neap_error error = {0};
  neap_defined *mine =
      define(engine, "softplus(-m) * (1 - sigmoid(m))^gamma", &error);
  CHECK_SHOW(mine != NULL, "%s", error.message);
  evaluate(neap_defined_loss(mine, NEAP_BINARY), own, got);
  evaluate(neap_loss_find(engine, "focal"), built_in, wanted);
  check_near(got, wanted);
  CHECK(neap_defined_loss(mine, NEAP_CLASSES) != NULL);
  CHECK(neap_defined_loss(mine, NEAP_REAL) == NULL);
  CHECK(strcmp(neap_loss_name(neap_defined_loss(mine, NEAP_BINARY)), "mine") ==
        0);
  neap_loss_undefine(mine);
}

// The same of logit and target has no softmax, and 0.5^2 log 2 at logit 0.
static void test_logit_and_target(const neap *engine) {
  double got[3][ROWS];
  neap_error error = {0};
  neap_defined *mine =
      define(engine,
             " -where(y, log_sigmoid(x)*sigmoid(-x)^2.0E0,\n"
             "  log_sigmoid(-x) * pow(sigmoid(x), 2)) + 0.0*gamma",
             &error);
  CHECK_SHOW(mine != NULL, "%s", error.message);
  evaluate(neap_defined_loss(mine, NEAP_BINARY), NULL, got);
  CHECK_SHOW(fabs(got[0][0] - 0.17328679513998633) < 1e-16, "%.17g", got[0][0]);
  CHECK(neap_defined_loss(mine, NEAP_CLASSES) == NULL);
  neap_loss_undefine(mine);
}

// What binds how, against numbers worked out by hand: at m = 3 it is
// -9 + 512 / 2 - 0.025.
static void test_precedence(const neap *engine) {
  const double x = 3, y = 1;
  double value;
  neap_error error = {0};
  neap_defined *mine =
      define(engine, "-m^2 + 2^m^2 / (1 + 1) - 2.5e-2*1", &error);
  CHECK_SHOW(mine != NULL, "%s", error.message);
  const neap_loss_call call = {
      .rows = 1, .logits = &x, .targets = &y, .value = &value};
  CHECK(neap_loss_evaluate(neap_defined_loss(mine, NEAP_BINARY), &call, NULL) ==
        NEAP_OK);
  CHECK_SHOW(fabs(value - 246.975) < 1e-12, "%.17g", value);
  neap_loss_undefine(mine);
}

static void check_text(const neap *engine, const neap_formula_text *text,
                       const char *message) {
  neap_error error = {0};
  CHECK(neap_loss_define(engine, text, &error) == NULL);
  CHECK_SHOW(
      strstr(error.message, message) != NULL && error.code == NEAP_EARGUMENT,
      "%s: %s", text->name, error.message);
}

static void test_names(const neap *engine) {
  static const neap_parameter word = {.name = "a b"}, margin = {.name = "m"},
                              nameless = {.name = NULL};
  static const char *const twice[] = {"amount", "amount"};
  static const struct {
    neap_formula_text text;
    const char *message;
  } wrong[] = {
      {{.name = "a b", .formula = "m"},
       "the name of a loss is 'a b'; wanted a word"},
      {{.name = "", .formula = "m"}, "the name of a loss is ''"},
      {{.name = "1st", .formula = "m"}, "the name of a loss is '1st'"},
      {{.name = "focal", .formula = "m"}, "'focal', as a loss of neap is"},
      {{"mine", "m", NULL, &word, 1, NULL, 0}, "'a b', which is no word"},
      {{"mine", "m", NULL, &nameless, 1, NULL, 0},
       "'(null)', which is no word"},
      {{"mine", "m", NULL, &margin, 1, NULL, 0},
       "'m', which is what the formula calls"},
      {{"mine", "x", NULL, NULL, 0, twice, 2},
       "'amount', which is there twice"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
    check_text(engine, &wrong[i].text, wrong[i].message);
}

static void test_errors(const neap *engine) {
  static const struct {
    const char *formula, *message;
  } wrong[] = {
      {"m + ", "wanted a number, a name or ( at position 5"},
      {"m * gama", "a column, not gama at position 5"},
      {"sin(m)", "there is no function sin at position 1"},
      {"1 + max(m)", "wrong number of arguments of max at position 5"},
      {"where(m, 1, 2, 3)", "too many arguments of where"},
      {"(m", "wanted ) at position 3"},
      {"m + x", "either m, or x and y"},
      {"gamma", "either m, or x and y"},
      {"m m", "should end at position 3"},
      {"m * 1e", "digits of an exponent at position 7"},
      {"exp_of(m)", "there is no function exp_of"},
      {"m * 1e999", "a number is too large at position 5"},
  };
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    neap_error error = {0};
    CHECK(define(engine, wrong[i].formula, &error) == NULL);
    CHECK_SHOW(strstr(error.message, wrong[i].message) != NULL &&
                   error.code == NEAP_EARGUMENT,
               "%s: %s", wrong[i].formula, error.message);
  }
  neap_error missing = {0};
  CHECK(neap_loss_define(
            engine,
            &(neap_formula_text){
                .name = "mine", .formula = "m", .parameter_count = 1},
            &missing) == NULL);
  CHECK_SHOW(strstr(missing.message, "NULL in place of the parameters") != NULL,
             "%s", missing.message);
  char deep[2001];
  memset(deep, '(', 2000);
  deep[2000] = 0;
  neap_error error = {0};
  CHECK(define(engine, deep, &error) == NULL);
  CHECK_SHOW(strstr(error.message, "too deep") != NULL, "%s", error.message);
  neap_loss_undefine(NULL);
}

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  test_margin(engine);
  test_logit_and_target(engine);
  test_precedence(engine);
  test_names(engine);
  test_errors(engine);
  neap_free(engine);
  return check_result();
}
