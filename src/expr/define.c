// expr/define.c -- a loss from a trace.
#include <math.h>
#include <string.h>

#include "expr/graph.h"

#define KERNELS(isa)                                          \
  extern const neap_expr_kernels neap_expr_kernels_f64_##isa; \
  extern const neap_expr_kernels neap_expr_kernels_f32_##isa;
KERNELS(base)
#if NEAP_HAS_AVX
KERNELS(avx2)
KERNELS(avx512)
#endif

const neap_expr_kernels *neap_expr_kernels_of(const neap *engine,
                                              neap_dtype dtype) {
  const bool is_short = dtype == NEAP_FLOAT32;
  switch (engine->isa) {
#if NEAP_HAS_AVX
    case NEAP_ISA_AVX512:
      return is_short ? &neap_expr_kernels_f32_avx512
                      : &neap_expr_kernels_f64_avx512;
    case NEAP_ISA_AVX2:
      return is_short ? &neap_expr_kernels_f32_avx2
                      : &neap_expr_kernels_f64_avx2;
#endif
    default:
      return is_short ? &neap_expr_kernels_f32_base
                      : &neap_expr_kernels_f64_base;
  }
}

// ------------------------------------------------------------- the formula

// Of a loss of logit and target: hard targets are seen from their margin,
//   f(m, y) = f(x = m, y = 1) or f(x = -m, y = 0),
// so that what holds for both is computed once, and nothing cancels in y.
static void find_hard(const neap_definition *d, neap_formula *f) {
  neap_graph *g = &f->graph;
  if (d->is_margin) {
    f->value = neap_translate(g, d->trace, d->value, NAN, false);
  } else {
    const neap_ref yes = neap_translate(g, d->trace, d->value, 1, false);
    const neap_ref no = neap_translate(g, d->trace, d->value, 0, true);
    f->value = neap_unite(g, yes, no);
  }
  f->first = neap_derivative(g, f->value, NEAP_INPUT_LOGIT);
  f->second = neap_derivative(g, f->first, NEAP_INPUT_LOGIT);
}

static void find_soft(const neap_definition *d, neap_formula *f) {
  neap_graph *g = &f->graph;
  f->soft_value = f->soft_first = f->soft_second = -1;
  if (d->is_margin)
    return;
  f->soft_value = neap_translate(g, d->trace, d->value, NAN, false);
  f->soft_first = neap_derivative(g, f->soft_value, NEAP_INPUT_LOGIT);
  f->soft_second = neap_derivative(g, f->soft_first, NEAP_INPUT_LOGIT);
}

neap_status neap_map_formula(const neap *engine, const neap_graph *trace,
                             neap_ref value, neap_formula *f,
                             neap_error *error) {
  *f = (neap_formula){.engine = engine, .soft_value = -1};
  neap_graph_init(engine, &f->graph);
  f->value = neap_translate(&f->graph, trace, value, NAN, false);
  f->first = f->second = neap_number(&f->graph, 0);
  return neap_formula_compile(f, error);
}

// ---------------------------------------------------------------- the loss

static void fill_loss(const neap *engine, const neap_definition *d,
                      neap_loss_kind kind, neap_defined *to) {
  const bool classes = kind == NEAP_CLASSES;
  neap_loss *loss = classes ? &to->classes : &to->binary;
  neap_loss_form *forms = classes ? to->classes_forms : to->binary_forms;
  for (int i = 0; i < 2; i++) {
    const neap_dtype dtype = i == 0 ? NEAP_FLOAT64 : NEAP_FLOAT32;
    const neap_expr_kernels *kernels = neap_expr_kernels_of(engine, dtype);
    forms[i] = (neap_loss_form){
        .name = d->name,
        .formula = d->text,
        .source = d->source,
        .kind = kind,
        .parameters = to->parameters,
        .column_count = (size_t)d->column_count,
        .program = &to->formula,
        .evaluate = classes ? kernels->softmax : kernels->sigmoid,
        .margin = to->margins[i],
        .scratch_bytes = classes ? neap_softmax_bytes : NULL};
    loss->form[i] = &forms[i];
    loss->kernels[i] = neap_kernels_of(engine, dtype);
    kernels->fill(&to->formula, to->margins[i]);
  }
}

neap_status neap_define(const neap *engine, const neap_definition *d,
                        neap_defined *to, neap_error *error) {
  *to = (neap_defined){.is_margin = d->is_margin};
  neap_formula *f = &to->formula;
  f->engine = engine;
  f->column_count = d->column_count;
  memcpy(to->parameters, d->parameters, sizeof to->parameters);
  neap_graph_init(engine, &f->graph);
  f->graph.parameters = d->parameters;
  find_hard(d, f);
  find_soft(d, f);
  NEAP_TRY(neap_formula_compile(f, error));
  f->graph.parameters = NULL;
  fill_loss(engine, d, NEAP_BINARY, to);
  if (d->is_margin)
    fill_loss(engine, d, NEAP_CLASSES, to);
  return NEAP_OK;
}

void neap_defined_free(neap_defined *defined) {
  if (defined->formula.engine != NULL)
    neap_formula_free(&defined->formula);
}
