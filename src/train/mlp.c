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

// Adds a line of dz to the gradient of a unit's bias.
static void add_bias(const neap_chunk *c, const layer *at, size_t unit,
                     const char *line) {
  double *to = c->gradient[0] + at->parameters + at->inputs;
  to[unit * (at->inputs + 1)] += c->kernels->sum(c->block->count, line);
}

// Adds b's gradient, lines of `width`, to that of a layer's weights.
static void add_weights(const neap_chunk *c, const layer *at, const buffers *b,
                        size_t width) {
  double *to = c->gradient[0] + at->parameters;
  for (size_t o = 0; o < at->outputs; o++) {
    c->kernels->accumulate(at->inputs, b->gradient + o * width * b->size_bytes,
                           to + o * (at->inputs + 1));
  }
}

static void turn_weights(const neap_chunk *c, const layer *at,
                         const buffers *b) {
  const double *x = c->x[0] + at->parameters;
  for (size_t o = 0; o < at->outputs; o++) {
    for (size_t j = 0; j < at->inputs; j++)
      neap_put(b->turned, c->kernels->dtype, j * at->outputs + o,
               x[o * (at->inputs + 1) + j]);
  }
}

// Units whose values, slopes and dz stay in the nearest cache.
enum { GROUP = 8 };

// Adds the gradient of a layer's weights, dz: its lines [outputs], and turns dz
// into that of the layer below, in the place of its values.
static void pass_down(const neap_chunk *c, const layer *at, const layer *below,
                      const buffers *b, const char *dz) {
  const neap_kernels *k = c->kernels;
  const size_t count = c->block->count, outputs = at->outputs;
  // More lines of dz than a group's are not worth a second look.
  const size_t step = outputs < GROUP ? GROUP : at->inputs;
  turn_weights(c, at, b);
  for (size_t j = 0; j < at->inputs; j += step) {
    const size_t left = at->inputs - j, units = left < step ? left : step;
    const size_t line = (below->unit + j) * b->line_bytes;
    char *values = b->values + line;
    k->products(outputs, units, count, dz, c->stride, values, c->stride,
                b->gradient + j * b->size_bytes, (ptrdiff_t)at->inputs);
    k->matmul_times(units, neap_padded(count), outputs,
                    b->turned + j * outputs * b->size_bytes, (ptrdiff_t)outputs,
                    dz, c->stride, b->slopes + line, values, c->stride);
    for (size_t i = 0; i < units; i++)
      add_bias(c, below, j + i, values + i * b->line_bytes);
  }
  add_weights(c, at, b, at->inputs);
}

static void backward(const neap_chunk *c) {
  const neap_kernels *k = c->kernels;
  const size_t width = c->block->width;
  buffers b;
  place(&c->shape, k->dtype, c->scratch, &b);
  const char *dz = c->logits;
  layer at = layer_of(&c->shape, c->shape.layers);
  for (size_t o = 0; o < at.outputs; o++)
    add_bias(c, &at, o, dz + o * b.line_bytes);
  for (size_t l = c->shape.layers; l > 0; l--) {
    const layer below = layer_of(&c->shape, l - 1);
    pass_down(c, &at, &below, &b, dz);
    dz = b.values + below.unit * b.line_bytes;
    at = below;
  }
  k->matmul(at.outputs, width, c->block->count, dz, c->stride, c->block->rows,
            (ptrdiff_t)width, NULL, b.gradient, (ptrdiff_t)width);
  add_weights(c, &at, &b, width);
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
