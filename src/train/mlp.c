// train/mlp.c -- a multilayer perceptron.
//
// a_0 = x,   z_l = W_l a_(l-1) + b_l,   a_l = f(z_l), and the last z are the
// logits. A point's parameters are, layer by layer, one row for each unit: its
// weights and then its bias. Points have no product in common, so a chunk is
// one point, whose units stay in the cache from forward to backward.
#include <math.h>
#include <string.h>

#include "dataset/dataset.h"
#include "train/train.h"

// A layer of a shape: the last one gives the logits.
typedef struct layer {
  size_t inputs, outputs;
  size_t parameters;  // offset of its first
  size_t unit;        // of its first unit among all hidden ones
  bool is_last;
} layer;

static layer layer_of(const neap_shape *shape, size_t l) {
  layer at = {.inputs = shape->features};
  for (size_t i = 0; i < l; i++) {
    at.parameters += shape->hidden[i] * (at.inputs + 1);
    at.unit += shape->hidden[i];
    at.inputs = shape->hidden[i];
  }
  at.is_last = l == shape->layers;
  at.outputs = at.is_last ? shape->outputs : shape->hidden[l];
  return at;
}

static size_t parameter_count(const neap_shape *shape) {
  const layer last = layer_of(shape, shape->layers);
  return last.parameters + last.outputs * (last.inputs + 1);
}

static size_t unit_count(const neap_shape *shape) {
  return layer_of(shape, shape->layers).unit;
}

// Points share no product.
static size_t line_count(const neap_shape *shape) {
  (void)shape;
  return SIZE_MAX;
}

// ----------------------------------------------------------------- the start

// Fills a layer's weights [outputs][inputs + 1].
static void draw_layer(const neap_start *start, size_t l, const layer *at,
                       double *x) {
  const uint64_t seed = neap_seed_of(start->seed, l);
  const bool he = start->initialisation == NEAP_INITIAL_HE;
  const double in = (double)at->inputs, out = (double)at->outputs;
  const double deviation = sqrt(2 / in), reach = sqrt(6 / (in + out));
  const neap_kernels *kernels = neap_kernels_of(start->engine, NEAP_FLOAT32);
  for (size_t o = 0; o < at->outputs; o++) {
    for (size_t j = 0; j < at->inputs; j += 4) {
      float normals[4];
      kernels->normals(seed, NEAP_STREAM_INITIAL, 0, o * at->inputs + j, 1, 4,
                       normals);
      for (size_t i = j; i < at->inputs && i < j + 4; i++) {
        const double u =
            neap_random_uniform(seed, NEAP_STREAM_INITIAL, (uint32_t)o, i);
        x[o * (at->inputs + 1) + i] =
            he ? deviation * (double)normals[i - j] : reach * (2 * u - 1);
      }
    }
    x[o * (at->inputs + 1) + at->inputs] = at->is_last ? start->bias[o] : 0;
  }
}

static void initialise(const neap_shape *shape, const neap_start *start,
                       double *x) {
  for (size_t l = 0; l <= shape->layers; l++) {
    const layer at = layer_of(shape, l);
    draw_layer(start, l, &at, x + at.parameters);
  }
}

// --------------------------------------------------------------- the scratch

// All lines are `stride` numbers long.
typedef struct buffers {
  char *parameters;  // in the number type
  char *biases;      // of one layer
  char *turned;      // weights of one layer, [inputs][outputs]
  char *values;      // [units] lines: a, then d loss / d z
  char *slopes;      // [units] lines: z, then f'(z)
  char *gradient;    // weights of one layer, [outputs][padded inputs]
  size_t line_bytes, size_bytes;
} buffers;

// The most numbers that some layer's matrix takes, its lines padded.
static size_t widest(const neap_shape *shape) {
  size_t most = 0;
  for (size_t l = 0; l <= shape->layers; l++) {
    const layer at = layer_of(shape, l);
    const size_t count = at.outputs * neap_padded(at.inputs);
    const size_t turned = at.inputs * at.outputs;
    most = count > most ? count : most;
    most = turned > most ? turned : most;
  }
  return most;
}

// Places the buffers in memory, or with NULL, counts its bytes.
static size_t place(const neap_shape *shape, neap_dtype dtype, char *memory,
                    buffers *b) {
  const size_t size = neap_dtype_size(dtype), most = widest(shape) * size;
  const size_t line = (NEAP_BLOCK_ROWS + NEAP_PAD) * size;
  const size_t units = unit_count(shape) * line;
  const size_t bytes[6] = {
      parameter_count(shape) * size, most, most, units, units, most};
  char **const to[6] = {&b->parameters, &b->biases, &b->turned,
                        &b->values,     &b->slopes, &b->gradient};
  size_t total = 0;
  for (int i = 0; i < 6; i++) {
    if (memory != NULL)
      *to[i] = memory + total;
    total += neap_aligned(bytes[i]);
  }
  b->line_bytes = line;
  b->size_bytes = size;
  return total;
}

static size_t scratch_bytes(const neap_shape *shape, size_t points,
                            neap_dtype dtype) {
  buffers b;
  (void)points;
  return place(shape, dtype, NULL, &b);
}

// --------------------------------------------------------------- both passes

static void activate_layer(const neap_chunk *c, const layer *at,
                           const buffers *b) {
  const neap_kernels *k = c->kernels;
  const size_t count = neap_padded(c->block->count);
  for (size_t i = at->unit; i < at->unit + at->outputs; i++) {
    char *value = b->values + i * b->line_bytes;
    char *slope = b->slopes + i * b->line_bytes;
    k->activate(c->shape.activation, count, slope, value);
    if (c->block->bits != NULL && c->dropout[0] > 0) {
      k->drop(c->block->count, c->block->bits + i * (size_t)c->stride,
              c->dropout[0], value, slope);
    }
  }
}

static void forward(const neap_chunk *c) {
  const neap_kernels *k = c->kernels;
  buffers b;
  place(&c->shape, k->dtype, c->scratch, &b);
  k->load(parameter_count(&c->shape), c->x[0], b.parameters);
  const char *input = c->block->columns;
  for (size_t l = 0; l <= c->shape.layers; l++) {
    const layer at = layer_of(&c->shape, l);
    const char *weights = b.parameters + at.parameters * b.size_bytes;
    for (size_t o = 0; o < at.outputs; o++) {
      const double bias =
          c->x[0][at.parameters + o * (at.inputs + 1) + at.inputs];
      neap_put(b.biases, k->dtype, o, bias);
    }
    void *to =
        at.is_last ? c->logits : (void *)(b.slopes + at.unit * b.line_bytes);
    k->matmul(at.outputs, neap_padded(c->block->count), at.inputs, weights,
              (ptrdiff_t)at.inputs + 1, input, c->stride, b.biases, to,
              c->stride);
    if (!at.is_last)
      activate_layer(c, &at, &b);
    input = b.values + at.unit * b.line_bytes;
  }
}

// Adds the gradient of a layer's parameters; dz: its lines [outputs].
static void add_gradient(const neap_chunk *c, const layer *at, const buffers *b,
                         const char *dz, const char *inputs) {
  const neap_kernels *k = c->kernels;
  const size_t count = c->block->count;
  size_t width = at->inputs;
  if (inputs != NULL) {
    k->products(at->outputs, width, count, dz, c->stride, inputs, c->stride,
                b->gradient, (ptrdiff_t)width);
  } else {
    width = c->block->width;
    k->matmul(at->outputs, width, count, dz, c->stride, c->block->rows,
              (ptrdiff_t)width, NULL, b->gradient, (ptrdiff_t)width);
  }
  double *to = c->gradient[0] + at->parameters;
  for (size_t o = 0; o < at->outputs; o++, to += at->inputs + 1) {
    k->accumulate(at->inputs, b->gradient + o * width * b->size_bytes, to);
    to[at->inputs] += k->sum(count, dz + o * b->line_bytes);
  }
}

// Turns a layer's dz into that of the layer below, in the place of its values.
static void pass_down(const neap_chunk *c, const layer *at, const buffers *b,
                      const char *dz, size_t below) {
  const neap_kernels *k = c->kernels;
  const size_t count = neap_padded(c->block->count);
  const double *x = c->x[0] + at->parameters;
  for (size_t o = 0; o < at->outputs; o++) {
    for (size_t j = 0; j < at->inputs; j++)
      neap_put(b->turned, k->dtype, j * at->outputs + o,
               x[o * (at->inputs + 1) + j]);
  }
  char *to = b->values + below * b->line_bytes;
  const char *slope = b->slopes + below * b->line_bytes;
  k->matmul_times(at->inputs, count, at->outputs, b->turned,
                  (ptrdiff_t)at->outputs, dz, c->stride, slope, to, c->stride);
}

static void backward(const neap_chunk *c) {
  buffers b;
  place(&c->shape, c->kernels->dtype, c->scratch, &b);
  const char *dz = c->logits;
  for (size_t l = c->shape.layers + 1; l-- > 0;) {
    const layer at = layer_of(&c->shape, l);
    if (l == 0) {
      add_gradient(c, &at, &b, dz, NULL);
      return;
    }
    const size_t below = at.unit - at.inputs;
    add_gradient(c, &at, &b, dz, b.values + below * b.line_bytes);
    pass_down(c, &at, &b, dz, below);
    dz = b.values + below * b.line_bytes;
  }
}

static double penalise(const neap_shape *shape, double l2, const double *x,
                       double *gradient, double *hessian) {
  double square = 0;
  (void)hessian;  // an mlp does not bend
  for (size_t l = 0; l <= shape->layers; l++) {
    const layer at = layer_of(shape, l);
    for (size_t o = 0; o < at.outputs; o++) {
      const size_t row = at.parameters + o * (at.inputs + 1);
      for (size_t i = row; i < row + at.inputs; i++) {
        square += x[i] * x[i];
        gradient[i] += l2 * x[i];
      }
    }
  }
  return l2 / 2 * square;
}

static const char *const activations[] = {"relu", "tanh", "gelu", "silu", NULL};
static const char *const initialisations[] = {"he", "glorot", NULL};
static const char *const biases[] = {"prior", "zero", NULL};

static const neap_parameter parameter_rows[] = {
    {"activation", 0, 0, 3, .meaning = "of hidden units",
     .choices = activations},
    {"initialisation", 0, 0, 1,
     .meaning = "of weights: normal with deviation sqrt(2 / inputs) (He "
                "et al. 2015), or even up to sqrt(6 / (inputs + "
                "outputs)) (Glorot and Bengio 2010)",
     .choices = initialisations},
    {"bias", 0, 0, 1,
     .meaning = "of the last layer: log((n1 + 1/2) / (n0 + 1/2)), or 0",
     .choices = biases},
    {"dropout", 0, 0, 0.99, .meaning = "share of hidden units dropped"},
    {"l2", 0, 0, INFINITY, .meaning = "l2/2 |weights|^2 is added"},
    {0}};

const neap_model neap_model_mlp = {
    .name = "mlp",
    .summary = "a multilayer perceptron",
    .parameters = parameter_rows,
    .parameter_count = parameter_count,
    .line_count = line_count,
    .unit_count = unit_count,
    .initialise = initialise,
    .scratch_bytes = scratch_bytes,
    .forward = forward,
    .backward = backward,
    .penalise = penalise,
};
