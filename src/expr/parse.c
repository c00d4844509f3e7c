// expr/parse.c -- losses from a formula's text: a recursive descent over
//
//   sum     = product { ("+" | "-") product }
//   product = sign { ("*" | "/") sign }
//   sign    = "-" sign | power
//   power   = atom [ "^" sign ]
//   atom    = number | name | name "(" sum { "," sum } ")" | "(" sum ")"
//
// so that -x^2 is -(x^2), and x^y^z is x^(y^z), as in Lua.
#include <math.h>
#include <string.h>

#include "expr/expr.h"

enum { DEPTH_MAX = 200, NAME_MAX_BYTES = 40 };

typedef struct parser {
  const neap_formula_text *text;
  neap_graph *graph;
  const char *at;
  int depth;
  bool has_margin, has_logit;
  neap_error *error;  // of the first failure
  neap_status status;
} parser;

static const neap_op functions[] = {
    NEAP_OP_EXP,     NEAP_OP_EXPM1,   NEAP_OP_LOG,         NEAP_OP_LOG1P,
    NEAP_OP_POW,     NEAP_OP_SQRT,    NEAP_OP_ABS,         NEAP_OP_TANH,
    NEAP_OP_SIGMOID, NEAP_OP_LESS,    NEAP_OP_LOG_SIGMOID, NEAP_OP_SOFTPLUS,
    NEAP_OP_MIN,     NEAP_OP_GREATER, NEAP_OP_MAX,         NEAP_OP_EQUAL,
    NEAP_OP_WHERE};

static neap_ref parse_sum(parser *p);

// Notes the first failure, and where its cause begins; makes the rest of the
// text end at once.
static neap_ref refuse_from(parser *p, const char *start, const char *what,
                            const char *name) {
  if (p->status == NEAP_OK) {
    const long position = (long)(start - p->text->formula) + 1;
    p->status = neap_fail(p->error, NEAP_EARGUMENT,
                          "the formula of '%.40s': %s%s%s at "
                          "position %ld",
                          p->text->name, what, name != NULL ? " " : "",
                          name != NULL ? name : "", position);
  }
  p->at += strlen(p->at);
  return 0;
}

static neap_ref refuse(parser *p, const char *what, const char *name) {
  return refuse_from(p, p->at, what, name);
}

static void skip_space(parser *p) {
  p->at += strspn(p->at, " \t\n");
}

static bool take(parser *p, char mark) {
  skip_space(p);
  if (*p->at != mark)
    return false;
  p->at++;
  return true;
}

static bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

static int parse_exponent(parser *p) {
  int exponent = 0;
  if (*p->at != 'e' && *p->at != 'E')
    return 0;
  const bool negative = p->at[1] == '-';
  p->at += negative || p->at[1] == '+' ? 2 : 1;
  if (!is_digit(*p->at))
    refuse(p, "wanted the digits of an exponent", NULL);
  for (; is_digit(*p->at); p->at++)
    exponent = exponent < 1000 ? 10 * exponent + (*p->at - '0') : exponent;
  return negative ? -exponent : exponent;
}

// A decimal number; the C library's reader would ask the locale. As it stands
// up to 15 digits and 22 powers of ten: both are exact, and so is their
// quotient or product but for one rounding.
static neap_ref parse_number(parser *p) {
  const char *start = p->at;
  double number = 0, scale = 1;
  int digits = 0, decimals = 0;
  for (; is_digit(*p->at); p->at++, digits++)
    number = 10 * number + (*p->at - '0');
  if (*p->at == '.') {
    for (p->at++; is_digit(*p->at); p->at++, decimals++)
      number = 10 * number + (*p->at - '0');
  }
  if (digits + decimals == 0)
    return refuse(p, "wanted a number, a name or (", NULL);
  const int power = parse_exponent(p) - decimals;
  for (int i = power < 0 ? -power : power; i > 0; i--)
    scale *= 10;
  number = power < 0 ? number / scale : number * scale;
  if (!isfinite(number))
    return refuse_from(p, start, "a number is too large", NULL);
  return neap_number(p->graph, number);
}

// Whether a name of an operation, in capitals, is that of the text.
static bool is_named(const char *capitals, const char *name) {
  for (; *capitals != 0; capitals++, name++) {
    const char small = *capitals >= 'A' && *capitals <= 'Z'
                           ? (char)(*capitals - 'A' + 'a')
                           : *capitals;
    if (small != *name)
      return false;
  }
  return *name == 0;
}

// The arguments of a function, whose name began at `start`.
static neap_ref parse_call(parser *p, const char *start, const char *name) {
  neap_ref from[3] = {-1, -1, -1};
  int count = 0;
  do {
    if (count == 3)
      return refuse_from(p, start, "too many arguments of", name);
    from[count++] = parse_sum(p);
  } while (take(p, ','));
  if (!take(p, ')'))
    return refuse(p, "wanted ) after the arguments of", name);
  for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
    if (!is_named(neap_op_name(functions[i]), name))
      continue;
    if (neap_op_arguments(functions[i]) != count)
      return refuse_from(p, start, "wrong number of arguments of", name);
    return neap_record(p->graph, functions[i], from[0], from[1], from[2]);
  }
  return refuse_from(p, start, "there is no function", name);
}

static neap_ref find_name(parser *p, const char *start, const char *name) {
  const neap_formula_text *text = p->text;
  for (size_t i = 0; i < text->parameter_count; i++) {
    if (strcmp(text->parameters[i].name, name) == 0)
      return neap_parameter_node(p->graph, (int)i);
  }
  for (size_t i = 0; i < text->column_count; i++) {
    if (strcmp(text->columns[i], name) == 0)
      return neap_input_node(p->graph, NEAP_INPUT_COLUMN + (int)i);
  }
  if (strcmp(name, "m") == 0) {
    p->has_margin = true;
    return neap_input_node(p->graph, NEAP_INPUT_LOGIT);
  }
  if (strcmp(name, "x") == 0 || strcmp(name, "y") == 0) {
    p->has_logit = true;
    return neap_input_node(p->graph,
                           *name == 'x' ? NEAP_INPUT_LOGIT : NEAP_INPUT_TARGET);
  }
  return refuse_from(p, start, "wanted m, x, y, a parameter or a column, not",
                     name);
}

static bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static neap_ref parse_atom(parser *p) {
  char name[NAME_MAX_BYTES + 1];
  size_t length = 0;
  skip_space(p);
  if (take(p, '(')) {
    const neap_ref inside = parse_sum(p);
    return take(p, ')') ? inside : refuse(p, "wanted )", NULL);
  }
  if (!is_letter(*p->at))
    return parse_number(p);
  while (is_letter(p->at[length]) || is_digit(p->at[length]))
    length++;
  if (length > NAME_MAX_BYTES)
    return refuse(p, "a name is too long", NULL);
  const char *start = p->at;
  memcpy(name, start, length);
  name[length] = 0;
  p->at += length;
  return take(p, '(') ? parse_call(p, start, name) : find_name(p, start, name);
}

static neap_ref parse_sign(parser *p) {
  if (++p->depth > DEPTH_MAX)
    return refuse(p, "brackets and signs are too deep", NULL);
  neap_ref result;
  if (take(p, '-')) {
    result = neap_record(p->graph, NEAP_OP_NEG, parse_sign(p), -1, -1);
  } else {
    result = parse_atom(p);
    if (take(p, '^'))
      result = neap_record(p->graph, NEAP_OP_POW, result, parse_sign(p), -1);
  }
  p->depth--;
  return result;
}

static neap_ref parse_product(parser *p) {
  neap_ref result = parse_sign(p);
  for (;;) {
    if (take(p, '*'))
      result = neap_record(p->graph, NEAP_OP_MUL, result, parse_sign(p), -1);
    else if (take(p, '/'))
      result = neap_record(p->graph, NEAP_OP_DIV, result, parse_sign(p), -1);
    else
      return result;
  }
}

static neap_ref parse_sum(parser *p) {
  neap_ref result = parse_product(p);
  for (;;) {
    if (take(p, '+'))
      result = neap_record(p->graph, NEAP_OP_ADD, result, parse_product(p), -1);
    else if (take(p, '-'))
      result = neap_record(p->graph, NEAP_OP_SUB, result, parse_product(p), -1);
    else
      return result;
  }
}

static neap_status parse(parser *p, neap_ref *value) {
  p->at = p->text->formula;
  *value = parse_sum(p);
  skip_space(p);
  if (*p->at != 0)
    refuse(p, "the formula should end", NULL);
  if (p->has_margin == p->has_logit)
    refuse(p, "wanted either m, or x and y", NULL);
  if (p->status == NEAP_OK && p->graph->failed == NEAP_EMEMORY)
    p->status = neap_fail(p->error, NEAP_EMEMORY, "no memory for a formula");
  if (p->status == NEAP_OK && p->graph->failed != NEAP_OK)
    refuse(p, "the formula is too large", NULL);
  return p->status;
}

static bool is_word(const char *name) {
  size_t length = 0;
  while (is_letter(name[length]) || (length > 0 && is_digit(name[length])))
    length++;
  return length > 0 && length <= NAME_MAX_BYTES && name[length] == 0;
}

// Names of parameters and columns are looked for in this order, and functions
// and inputs have theirs.
static neap_status check_names(const neap_formula_text *text,
                               neap_error *error) {
  const char *names[NEAP_PARAMETER_MAX + NEAP_COLUMN_MAX];
  size_t count = 0;
  for (size_t i = 0; i < text->parameter_count; i++)
    names[count++] = text->parameters[i].name;
  for (size_t i = 0; i < text->column_count; i++)
    names[count++] = text->columns[i];
  for (size_t i = 0; i < count; i++) {
    const char *wrong = NULL;
    if (names[i] == NULL || !is_word(names[i])) {
      wrong = "is no word";
    } else if (strlen(names[i]) == 1 && strchr("mxy", *names[i]) != NULL) {
      wrong = "is what the formula calls the margin, logit or target";
    }
    for (size_t j = 0; wrong == NULL && j < i; j++)
      wrong = strcmp(names[i], names[j]) == 0 ? "is there twice" : NULL;
    if (wrong != NULL) {
      return neap_fail(error, NEAP_EARGUMENT,
                       "'%.40s' has a parameter or column '%.40s', which %s",
                       text->name, names[i] != NULL ? names[i] : "(null)",
                       wrong);
    }
  }
  return NEAP_OK;
}

static neap_status check_text(const neap *engine, const neap_formula_text *text,
                              neap_error *error) {
  if (text->name == NULL || text->formula == NULL) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "a loss wants a name and a formula");
  }
  if (!is_word(text->name)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "the name of a loss is '%.60s'; wanted a word of at most "
                     "%d letters, digits and _",
                     text->name, NAME_MAX_BYTES);
  }
  if (neap_loss_find(engine, text->name) != NULL) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "the name of a loss is '%.40s', as a loss of neap is",
                     text->name);
  }
  if (text->parameter_count > NEAP_PARAMETER_MAX ||
      text->column_count > NEAP_COLUMN_MAX) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "'%.40s' has %zu parameters and %zu columns; wanted at "
                     "most %d and %d",
                     text->name, text->parameter_count, text->column_count,
                     NEAP_PARAMETER_MAX, NEAP_COLUMN_MAX);
  }
  if ((text->parameters == NULL && text->parameter_count > 0) ||
      (text->columns == NULL && text->column_count > 0)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "'%.40s' has %zu parameters and %zu columns, and NULL in "
                     "place of the %s",
                     text->name, text->parameter_count, text->column_count,
                     text->parameters == NULL && text->parameter_count > 0
                         ? "parameters"
                         : "columns");
  }
  NEAP_TRY(check_names(text, error));
  for (size_t i = 0; i < text->parameter_count; i++) {
    const neap_parameter *row = &text->parameters[i];
    if (row->name != NULL && row->initial >= row->low &&
        row->initial <= row->high)
      continue;
    return neap_fail(error, NEAP_EARGUMENT,
                     "parameter '%.40s' is %g at first; wanted a number from "
                     "%g to %g",
                     row->name != NULL ? row->name : "", row->initial, row->low,
                     row->high);
  }
  return NEAP_OK;
}

neap_defined *neap_loss_define(const neap *engine,
                               const neap_formula_text *text,
                               neap_error *error) {
  if (check_text(engine, text, error) != NEAP_OK)
    return NULL;
  const neap_host *host = &engine->host;
  neap_graph graph;
  neap_definition definition = {
      .name = text->name,
      .text = text->formula,
      .source = text->source != NULL ? text->source : "",
      .column_count = (int)text->column_count,
      .trace = &graph};
  for (size_t i = 0; i < text->parameter_count; i++)
    definition.parameters[i] = text->parameters[i];
  neap_defined *defined = host->allocate(host->data, NULL, 0, sizeof *defined);
  if (defined == NULL) {
    neap_fail(error, NEAP_EMEMORY, "no memory for a loss");
    return NULL;
  }
  *defined = (neap_defined){.formula = {.engine = engine}};
  neap_graph_init(engine, &defined->formula.graph);
  neap_graph_init(engine, &graph);
  parser p = {.text = text, .graph = &graph, .error = error};
  neap_status status = parse(&p, &definition.value);
  definition.is_margin = p.has_margin;
  if (status == NEAP_OK)
    status = neap_define(engine, &definition, defined, error);
  neap_graph_free(&graph);
  if (status == NEAP_OK)
    return defined;
  neap_loss_undefine(defined);
  return NULL;
}

void neap_loss_undefine(neap_defined *defined) {
  if (defined == NULL)
    return;
  const neap_host *host = &defined->formula.engine->host;
  neap_defined_free(defined);
  host->allocate(host->data, defined, sizeof *defined, 0);
}

const neap_loss *neap_defined_loss(const neap_defined *defined,
                                   neap_loss_kind kind) {
  if (kind == NEAP_BINARY)
    return &defined->binary;
  return kind == NEAP_CLASSES && defined->is_margin ? &defined->classes : NULL;
}
