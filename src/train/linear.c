// train/linear.c -- logits that are linear in the features.
//
// z_o = w_o . x + b_o. A point's parameters are one row for each output, its
// weights and then its bias, so the rows of all points form one matrix W and
// a block of rows costs one product W X.
#include <math.h>

#include "train/train.h"

static size_t parameter_count(const neap_shape *shape) {
  return shape->outputs * (shape->features + 1);
}

static void initialise(const neap_shape *shape, const double *bias, double *x) {
  const size_t stride = shape->features + 1;
  for (size_t o = 0; o < shape->outputs; o++) {
    for (size_t j = 0; j < shape->features; j++)
      x[o * stride + j] = 0;
    x[o * stride + shape->features] = bias[o];
  }
}

// The scratch: weights [rows][width], biases [rows], gradients [rows][width],
// with rows = points * outputs.
typedef struct buffers {
  size_t rows, width;
  char *weights, *biases, *gradients;
} buffers;

static size_t matrix_bytes(size_t rows, size_t width, neap_dtype dtype) {
  return neap_aligned(rows * width * neap_dtype_size(dtype));
}

static size_t scratch_bytes(const neap_shape *shape, size_t points,
                            neap_dtype dtype) {
  const size_t rows = points * shape->outputs;
  const size_t width = neap_padded(shape->features);
  return 2 * matrix_bytes(rows, width, dtype) + matrix_bytes(rows, 1, dtype);
}

static buffers buffers_of(const neap_chunk *c) {
  buffers b = {.rows = c->points * c->shape.outputs, .width = c->block->width};
  b.weights = c->scratch;
  b.biases = b.weights + matrix_bytes(b.rows, b.width, c->kernels->dtype);
  b.gradients = b.biases + matrix_bytes(b.rows, 1, c->kernels->dtype);
  return b;
}

static void load_parameters(const neap_chunk *c, const buffers *b) {
  const size_t features = c->shape.features, outputs = c->shape.outputs;
  const neap_dtype dtype = c->kernels->dtype;
  for (size_t row = 0; row < b->rows; row++) {
    const double *x = c->x[row / outputs] + (row % outputs) * (features + 1);
    for (size_t j = 0; j < features; j++) {
      neap_put(b->weights, dtype, row * b->width + j, x[j]);
    }
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
    for (size_t j = 0; j < features; j++) {
      gradient[j] += neap_get(b.gradients, dtype, row * b.width + j);
    }
    const size_t offset = row * (size_t)c->stride * neap_dtype_size(dtype);
    gradient[features] +=
        c->kernels->sum(c->block->count, (const char *)c->logits + offset);
  }
}

static double penalise(const neap_shape *shape, double l2, const double *x,
                       double *gradient) {
  double square = 0;
  for (size_t o = 0; o < shape->outputs; o++) {
    for (size_t j = 0; j < shape->features; j++) {
      const size_t i = o * (shape->features + 1) + j;
      square += x[i] * x[i];
      gradient[i] += l2 * x[i];
    }
  }
  return l2 / 2 * square;
}

const neap_model neap_model_linear = {
    .name = "linear",
    .summary = "logits linear in the features",
    .parameters = {{"l2", 0, 0, INFINITY,
                    .meaning = "l2/2 |weights|^2 is added"}},
    .parameter_count = parameter_count,
    .initialise = initialise,
    .scratch_bytes = scratch_bytes,
    .forward = forward,
    .backward = backward,
    .penalise = penalise,
};
