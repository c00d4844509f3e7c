// train/linear.c -- logits that are linear in the features.
//
// z_o = w_o . x + b_o. A point's parameters are one row for each output, its
// weights and then its bias, so the rows of all points form one matrix W and
// a block of rows costs one product W X.
#include <math.h>
#include <string.h>

#include "train/train.h"

static size_t parameter_count(const neap_shape *shape) {
  return shape->outputs * (shape->features + 1);
}

static size_t line_count(const neap_shape *shape) {
  return shape->outputs;
}

static void initialise(const neap_shape *shape, const neap_start *start,
                       double *x) {
  const size_t stride = shape->features + 1;
  for (size_t o = 0; o < shape->outputs; o++) {
    for (size_t j = 0; j < shape->features; j++)
      x[o * stride + j] = 0;
    x[o * stride + shape->features] = start->bias[o];
  }
}

// Lines of curvature times features that are worked on at once.
enum { BEND_LINES = 8 };

// The scratch: weights [rows][width], biases [rows], gradients [rows][width],
// with rows = points * outputs; and for second derivatives some lines and
// their products with the rows [BEND_LINES][width].
typedef struct buffers {
  size_t rows, width;
  char *weights, *biases, *gradients, *lines, *products;
} buffers;

static size_t matrix_bytes(size_t rows, size_t width, neap_dtype dtype) {
  return neap_aligned(rows * width * neap_dtype_size(dtype));
}

static size_t lines_bytes(neap_dtype dtype) {
  return matrix_bytes(BEND_LINES, NEAP_BLOCK_ROWS + NEAP_PAD, dtype);
}

static size_t scratch_bytes(const neap_shape *shape, size_t points,
                            neap_dtype dtype) {
  const size_t rows = points * shape->outputs;
  const size_t width = neap_padded(shape->features);
  return 2 * matrix_bytes(rows, width, dtype) + matrix_bytes(rows, 1, dtype) +
         lines_bytes(dtype) + matrix_bytes(BEND_LINES, width, dtype);
}

static buffers buffers_of(const neap_chunk *c) {
  const neap_dtype dtype = c->kernels->dtype;
  buffers b = {.rows = c->points * c->shape.outputs, .width = c->block->width};
  b.weights = c->scratch;
  b.biases = b.weights + matrix_bytes(b.rows, b.width, dtype);
  b.gradients = b.biases + matrix_bytes(b.rows, 1, dtype);
  b.lines = b.gradients + matrix_bytes(b.rows, b.width, dtype);
  b.products = b.lines + lines_bytes(dtype);
  return b;
}

static void load_parameters(const neap_chunk *c, const buffers *b) {
  const size_t features = c->shape.features, outputs = c->shape.outputs;
  const neap_dtype dtype = c->kernels->dtype;
  for (size_t row = 0; row < b->rows; row++) {
    const double *x = c->x[row / outputs] + (row % outputs) * (features + 1);
    const size_t size = neap_dtype_size(dtype);
    c->kernels->load(features, x, b->weights + row * b->width * size);
    neap_put(b->biases, dtype, row, x[features]);
  }
}

static void forward(const neap_chunk *c) {
  const buffers b = buffers_of(c);
  load_parameters(c, &b);
  c->kernels->matmul(b.rows, neap_padded(c->block->count), c->shape.features,
                     b.weights, (ptrdiff_t)b.width, c->block->columns,
                     c->block->stride, b.biases, c->logits, c->stride);
}

static void backward(const neap_chunk *c) {
  const buffers b = buffers_of(c);
  const size_t features = c->shape.features, outputs = c->shape.outputs;
  const neap_dtype dtype = c->kernels->dtype;
  c->kernels->matmul(b.rows, b.width, c->block->count, c->logits, c->stride,
                     c->block->rows, (ptrdiff_t)b.width, NULL, b.gradients,
                     (ptrdiff_t)b.width);
  for (size_t row = 0; row < b.rows; row++) {
    double *gradient =
        c->gradient[row / outputs] + (row % outputs) * (features + 1);
    const size_t size = neap_dtype_size(dtype);
    c->kernels->accumulate(features, b.gradients + row * b.width * size,
                           gradient);
    const size_t offset = row * (size_t)c->stride * size;
    gradient[features] +=
        c->kernels->sum(c->block->count, (const char *)c->logits + offset);
  }
}

// Rows `first` and on of H += X' diag(h) X up to the diagonal, with a column of
// ones for the bias: h is a line of curvature.
static void bend_rows(const neap_chunk *c, const buffers *b, const char *h,
                      size_t first, size_t lines, double *hessian) {
  const neap_kernels *k = c->kernels;
  const size_t features = c->shape.features, count = c->block->count;
  const size_t size = neap_dtype_size(k->dtype), n = features + 1;
  const size_t line_bytes = (size_t)c->stride * size;
  const size_t columns = first + lines < n ? first + lines : features;
  for (size_t i = 0; i < lines; i++) {
    char *line = b->lines + i * line_bytes;
    memcpy(line, h, count * size);
    if (first + i == features)
      continue;
    const size_t column = (first + i) * (size_t)c->block->stride * size;
    k->multiply(count, (const char *)c->block->columns + column, line);
  }
  k->matmul(lines, neap_padded(columns), count, b->lines, c->stride,
            c->block->rows, (ptrdiff_t)b->width, NULL, b->products,
            (ptrdiff_t)b->width);
  for (size_t i = 0; i < lines; i++) {
    double *row = hessian + (first + i) * n;
    k->accumulate(columns, b->products + i * b->width * size, row);
    if (first + i == features)
      row[features] += k->sum(count, b->lines + i * line_bytes);
  }
}

static void bend_point(const neap_chunk *c, const buffers *b, size_t point,
                       double *hessian) {
  const size_t n = c->shape.features + 1;
  const size_t line = (size_t)c->stride * neap_dtype_size(c->kernels->dtype);
  const char *h = (const char *)c->curvature + point * line;
  for (size_t first = 0; first < n; first += BEND_LINES) {
    const size_t left = n - first;
    bend_rows(c, b, h, first, left < BEND_LINES ? left : BEND_LINES, hessian);
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j < i; j++)
      hessian[j * n + i] = hessian[i * n + j];
  }
}

static void bend(const neap_chunk *c, double *const *hessian) {
  const buffers b = buffers_of(c);
  for (size_t p = 0; p < c->points; p++)
    bend_point(c, &b, p, hessian[p]);
}

static double penalise(const neap_shape *shape, double l2, const double *x,
                       double *gradient, double *hessian) {
  const size_t count = parameter_count(shape);
  double square = 0;
  for (size_t o = 0; o < shape->outputs; o++) {
    for (size_t j = 0; j < shape->features; j++) {
      const size_t i = o * (shape->features + 1) + j;
      square += x[i] * x[i];
      gradient[i] += l2 * x[i];
      if (hessian != NULL)
        hessian[i * count + i] += l2;
    }
  }
  return l2 / 2 * square;
}

static const neap_parameter parameter_rows[] = {
    {"l2", 0, 0, INFINITY, .meaning = "l2/2 |weights|^2 is added"}, {0}};

const neap_model neap_model_linear = {
    .name = "linear",
    .summary = "logits linear in the features",
    .parameters = parameter_rows,
    .parameter_count = parameter_count,
    .line_count = line_count,
    .initialise = initialise,
    .scratch_bytes = scratch_bytes,
    .forward = forward,
    .backward = backward,
    .bend = bend,
    .penalise = penalise,
};
