// loss/sum.c -- sums of losses: one pass for each, a few rows at a time.
#include <math.h>
#include <string.h>

#include "loss/loss.h"

// Rows at a time; more of them where a row is one number.
enum { FEW_ROWS = 16, MANY_ROWS = 256 };

// Some rows, dense, and what the terms make of them.
typedef struct buffers {
  char *x, *y;                       // logits; targets that are numbers
  char *value, *gradient, *hessian;  // of one term
  double *values, *gradients, *hessians;
  char *scratch;  // of the terms
} buffers;

static size_t lay_out(const neap_loss *sum, size_t classes, neap_dtype dtype,
                      char *memory, buffers *b) {
  const bool few = neap_loss_kind_of(sum) == NEAP_CLASSES;
  const size_t numbers = (few ? FEW_ROWS : MANY_ROWS) * classes;
  size_t most = 0, at = 0;
  char *start[8];
  for (int i = 0; i < 8; i++) {
    start[i] = memory != NULL ? memory + at : NULL;
    at += neap_aligned(numbers * (i < 5 ? neap_dtype_size(dtype) : 8));
  }
  for (size_t t = 0; t < sum->term_count; t++) {
    const size_t bytes =
        neap_loss_scratch_bytes(sum->terms[t].loss, classes, dtype);
    most = bytes > most ? bytes : most;
  }
  *b = (buffers){.x = start[0],
                 .y = start[1],
                 .value = start[2],
                 .gradient = start[3],
                 .hessian = start[4],
                 .values = (double *)(void *)start[5],
                 .gradients = (double *)(void *)start[6],
                 .hessians = (double *)(void *)start[7],
                 .scratch = memory != NULL ? memory + at : NULL};
  return at + most;
}

static size_t scratch_bytes(const neap_loss *sum, size_t classes,
                            neap_dtype dtype) {
  buffers b;
  return lay_out(sum, classes > 1 ? classes : 1, dtype, NULL, &b);
}

// Numbers that lie as the logits do, copied to dense rows, or back.
static void gather(const neap_loss_call *call, const void *input, size_t row,
                   size_t rows, char *to) {
  for (size_t i = 0; i < rows; i++) {
    for (size_t j = 0; j < call->classes; j++) {
      const ptrdiff_t at = (ptrdiff_t)(row + i) * call->row_stride +
                           (ptrdiff_t)j * call->class_stride;
      neap_put(to, call->dtype, i * call->classes + j,
               neap_get(input, call->dtype, (size_t)at));
    }
  }
}

static void scatter(const neap_loss_call *call, void *output, size_t row,
                    size_t rows, const double *from) {
  for (size_t i = 0; output != NULL && i < rows; i++) {
    for (size_t j = 0; j < call->classes; j++) {
      const ptrdiff_t at = (ptrdiff_t)(row + i) * call->row_stride +
                           (ptrdiff_t)j * call->class_stride;
      neap_put(output, call->dtype, (size_t)at, from[i * call->classes + j]);
    }
  }
}

static void add(double *to, double factor, const char *from, neap_dtype dtype,
                size_t count) {
  for (size_t i = 0; i < count && factor != 0; i++)
    to[i] += factor * neap_get(from, dtype, i);
}

static bool has_differences(const neap_loss *sum) {
  for (size_t t = 0; t < sum->term_count; t++) {
    if (sum->terms[t].factor < 0)
      return true;
  }
  return false;
}

// The options of a term with those of the call on the sum. The positive terms
// of a difference are not those of its parts.
static neap_loss_options join(const neap_loss *sum,
                              const neap_loss_options *term,
                              const neap_loss_options *whole) {
  const bool positive = whole->hessian_mode == NEAP_HESSIAN_POSITIVE;
  neap_loss_options o = *term;
  o.normalizer = NEAP_COUNT;
  o.hessian_mode = positive && !has_differences(sum) ? NEAP_HESSIAN_POSITIVE
                                                     : NEAP_HESSIAN_EXACT;
  if (whole->ignore_index != NULL)
    o.ignore_index = whole->ignore_index;
  return o;
}

static double second_of(double h, const neap_loss_options *o) {
  if (o->hessian_mode == NEAP_HESSIAN_ABSOLUTE)
    return fabs(h);
  if (o->hessian_mode == NEAP_HESSIAN_POSITIVE)
    return h < 0 ? 0 : h;
  return o->hessian_mode == NEAP_HESSIAN_FLOOR && h < o->hessian_floor
             ? o->hessian_floor
             : h;
}

// The columns of a term from a row on; before: those of the terms before it.
static const void *const *columns_of(const neap_loss_call *call,
                                     const neap_loss_term *term, size_t before,
                                     size_t row, const void **room) {
  const size_t count = neap_loss_columns(term->loss);
  const size_t offset = row * neap_dtype_size(call->dtype);
  for (size_t i = 0; i < count; i++)
    room[i] = (const char *)call->columns[before + i] + offset;
  return count > 0 ? room : NULL;
}

// The call of one term on the rows in the buffers.
static neap_loss_call part_of(const neap_loss *sum, const neap_loss_call *call,
                              const neap_loss_term *term, const buffers *b,
                              size_t row, size_t rows) {
  const bool labels = call->target_dtype == NEAP_INT32;
  const size_t size = neap_dtype_size(call->dtype);
  return (neap_loss_call){
      .rows = rows,
      .classes = call->classes,
      .row_stride = (ptrdiff_t)call->classes,
      .class_stride = 1,
      .dtype = call->dtype,
      .target_dtype = call->target_dtype,
      .logits = b->x,
      .targets =
          labels ? (const void *)((const int32_t *)call->targets + row) : b->y,
      .weights = call->weights != NULL
                     ? (const char *)call->weights + row * size
                     : NULL,
      .options = join(sum, &term->options, &call->options),
      .value = b->value,
      .gradient = b->gradient,
      .hessian = call->hessian != NULL ? b->hessian : NULL,
      .scratch = b->scratch};
}

static double run_rows(const neap_loss *sum, const neap_loss_call *call,
                       const buffers *b, size_t row, size_t rows) {
  const bool classes = neap_loss_kind_of(sum) == NEAP_CLASSES;
  const size_t numbers = rows * call->classes;
  const size_t values = classes ? rows : numbers;
  const void *room[NEAP_COLUMN_MAX];
  size_t columns = 0;
  double total = 0;
  gather(call, call->logits, row, rows, b->x);
  if (call->classes == 1) {
    const size_t size = neap_dtype_size(call->dtype);
    memcpy(b->y, (const char *)call->targets + row * size, rows * size);
  } else if (call->target_dtype != NEAP_INT32) {
    gather(call, call->targets, row, rows, b->y);
  }
  memset(b->values, 0, values * sizeof(double));
  memset(b->gradients, 0, numbers * sizeof(double));
  memset(b->hessians, 0, numbers * sizeof(double));
  for (size_t t = 0; t < sum->term_count; t++) {
    const neap_loss_term *term = &sum->terms[t];
    neap_loss_call part = part_of(sum, call, term, b, row, rows);
    part.columns = columns_of(call, term, columns, row, room);
    columns += neap_loss_columns(term->loss);
    neap_loss_evaluate_unchecked(term->loss, &part);
    add(b->values, term->factor, b->value, call->dtype, values);
    add(b->gradients, term->factor, b->gradient, call->dtype, numbers);
    if (call->hessian != NULL)
      add(b->hessians, term->factor, b->hessian, call->dtype, numbers);
  }
  for (size_t i = 0; i < values; i++)
    total += b->values[i];
  for (size_t i = 0; i < numbers; i++)
    b->hessians[i] = second_of(b->hessians[i], &call->options);
  return total;
}

static void evaluate(const neap_loss *sum, const neap_loss_call *given) {
  const bool classes = neap_loss_kind_of(sum) == NEAP_CLASSES;
  const size_t most = classes ? FEW_ROWS : MANY_ROWS;
  neap_loss_call call = *given;
  double total = 0;
  buffers b;
  call.classes = call.classes > 1 ? call.classes : 1;
  lay_out(sum, call.classes, call.dtype, call.scratch, &b);
  for (size_t row = 0; row < call.rows; row += most) {
    const size_t left = call.rows - row, rows = left < most ? left : most;
    total += run_rows(sum, &call, &b, row, rows);
    if (classes && call.value != NULL) {
      for (size_t i = 0; i < rows; i++)
        neap_put(call.value, call.dtype, row + i, b.values[i]);
    } else {
      scatter(&call, call.value, row, rows, b.values);
    }
    scatter(&call, call.gradient, row, rows, b.gradients);
    scatter(&call, call.hessian, row, rows, b.hessians);
  }
  if (call.sum != NULL)
    *call.sum = total;
}

// Sums have no row in a list: one form for each kind.
static const neap_loss_form forms[] = {
    {.name = "sum",
     .formula = "sum of factor loss",
     .source = "linear",
     .kind = NEAP_BINARY,
     .evaluate = evaluate,
     .scratch_bytes = scratch_bytes},
    {.name = "sum",
     .formula = "sum of factor loss",
     .source = "linear",
     .kind = NEAP_CLASSES,
     .evaluate = evaluate,
     .scratch_bytes = scratch_bytes},
    {.name = "sum",
     .formula = "sum of factor loss",
     .source = "linear",
     .kind = NEAP_REAL,
     .domain = NEAP_LINE,
     .evaluate = evaluate,
     .scratch_bytes = scratch_bytes},
};

size_t neap_loss_sum_bytes(size_t count) {
  return sizeof(neap_loss) + count * sizeof(neap_loss_term);
}

static neap_status check_terms(const neap_loss_term *terms, size_t count,
                               neap_error *error) {
  if (count == 0)
    return neap_fail(error, NEAP_EARGUMENT, "a sum wants one loss or more");
  for (size_t t = 0; t < count; t++) {
    const neap_loss *loss = terms[t].loss, *first = terms[0].loss;
    if (loss == NULL || loss->term_count > 0) {
      return neap_fail(error, NEAP_EARGUMENT, "term %zu is %s; wanted a loss",
                       t + 1, loss == NULL ? "NULL" : "a sum itself");
    }
    if (!isfinite(terms[t].factor)) {
      return neap_fail(error, NEAP_EARGUMENT,
                       "factor of %s is %g; wanted a finite number",
                       neap_loss_name(loss), terms[t].factor);
    }
    if (neap_loss_kind_of(loss) != neap_loss_kind_of(first) ||
        loss->form[0]->domain != first->form[0]->domain) {
      return neap_fail(error, NEAP_EARGUMENT,
                       "%s and %s take other targets; a sum wants the same",
                       neap_loss_name(first), neap_loss_name(loss));
    }
  }
  return NEAP_OK;
}

const neap_loss *neap_loss_sum(void *memory, const neap_loss_term *terms,
                               size_t count, neap_error *error) {
  if (check_terms(terms, count, error) != NEAP_OK)
    return NULL;
  neap_loss *sum = memory;
  neap_loss_term *copy = (neap_loss_term *)(sum + 1);
  const neap_loss_form *form = &forms[neap_loss_kind_of(terms[0].loss)];
  memcpy(copy, terms, count * sizeof *copy);
  *sum = (neap_loss){
      .form = {form, form},
      .kernels = {terms[0].loss->kernels[0], terms[0].loss->kernels[1]},
      .term_count = count,
      .terms = copy};
  return sum;
}
