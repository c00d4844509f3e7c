// dataset/logistic.c -- one round Gaussian, labels by a logistic model.
//
// x ~ N(0, I), u = sum_j x_j / sqrt(features) ~ N(0, 1), and
// P(y = 1 | x) = sigmoid(b + slope u), with b such that its mean is the prior:
// cross-entropy of a linear model is exactly right.
#include "dataset/logistic.h"

#include "dataset/curves.h"
#include "dataset/gaussian_mixture.h"
#include "kernel/math.h"

enum { PRIOR, SLOPE };
enum { PIECE = 256 };

// The mean of sigmoid(b + slope u) over u ~ N(0, 1): the trapezoid rule, whose
// error falls as e^(-2 pi^2 / (step slope)).
static double mean_sigmoid(double b, double slope) {
  const double step = slope > 5 ? 0.5 / slope : 0.1;
  const long count = (long)(10 / step);
  double sum = 0;
  for (long k = -count; k <= count; k++) {
    const double u = (double)k * step;
    sum += neap_exp(-u * u / 2) * neap_sigmoid(b + slope * u);
  }
  return sum * step / 2.50662827463100050242;
}

double neap_logistic_intercept(double prior, double slope) {
  double low = -800 - 10 * slope, high = 800 + 10 * slope;
  for (;;) {
    const double middle = low + (high - low) / 2;
    if (!(middle > low && middle < high))
      return middle;
    if (mean_sigmoid(middle, slope) < prior) {
      low = middle;
    } else {
      high = middle;
    }
  }
}

typedef struct drawing {
  const neap_draw *draw;
  const neap_kernels *kernels;
  double intercept, slope;
  float *normals;  // [workers][PIECE][width]
  size_t width;
} drawing;

// u given the class of row i: normal numbers until one is accepted, each with
// the probability of the class there.
static double find_u(const drawing *d, uint64_t row, int positive) {
  for (uint32_t t = 0;; t++) {
    const neap_philox r =
        neap_random(d->draw->seed, NEAP_STREAM_POSITION,
                    d->draw->part << 24 | (t & 0xFFFFFF), row);
    const double radius =
        sqrt(-2 * neap_log(((double)r.word[0] + 0.5) * 0x1p-32));
    const double u = radius * neap_turned((double)r.word[1] * 0x1p-32).x;
    const double z = d->intercept + d->slope * u;
    const double accepted = neap_sigmoid(positive ? z : -z);
    const uint64_t bits = (uint64_t)r.word[3] << 32 | r.word[2];
    if ((double)(bits >> 11) * 0x1p-53 < accepted)
      return u;
  }
}

static double project(const drawing *d, size_t row) {
  const size_t features = d->draw->features;
  double sum = 0;
  for (size_t j = 0; j < features; j++)
    sum += neap_get(d->draw->x, d->draw->dtype, row * features + j);
  return sum / sqrt((double)features);
}

// Exact counts: the class first, then u, and x with that u.
static void draw_exact(const drawing *d, size_t row, const float *normal) {
  const neap_draw *draw = d->draw;
  const size_t features = draw->features;
  const double prior = draw->params[PRIOR], priors[] = {1 - prior, prior};
  const uint32_t c =
      neap_label_of(draw->labels, 2, priors, draw->first + row, 0);
  double sum = 0;
  for (size_t j = 0; j < features; j++)
    sum += (double)normal[j];
  const double root = sqrt((double)features);
  const double add = (find_u(d, draw->first + row, c == 1) - sum / root) / root;
  for (size_t j = 0; j < features; j++) {
    neap_put(draw->x, draw->dtype, row * features + j, (double)normal[j] + add);
  }
  neap_put(draw->y, draw->dtype, row, c);
}

static void draw_row(const drawing *d, size_t row, const float *normal) {
  const neap_draw *draw = d->draw;
  const size_t features = draw->features;
  if (draw->labels == NEAP_LABELS_EXACT) {
    draw_exact(d, row, normal);
  } else {
    for (size_t j = 0; j < features; j++)
      neap_put(draw->x, draw->dtype, row * features + j, (double)normal[j]);
  }
  const double truth = neap_sigmoid(d->intercept + d->slope * project(d, row));
  draw->truth[row] = truth;
  if (draw->labels == NEAP_LABELS_EXACT)
    return;
  const double label = neap_random_uniform(draw->seed, NEAP_STREAM_LABEL,
                                           draw->part, draw->first + row);
  neap_put(draw->y, draw->dtype, row, label < truth);
}

static void draw_piece(void *argument, size_t task, size_t worker) {
  const drawing *d = argument;
  const size_t first = task * PIECE, left = d->draw->rows - first;
  const size_t count = left < PIECE ? left : PIECE;
  float *normals = d->normals + worker * PIECE * d->width;
  d->kernels->normals(d->draw->seed, NEAP_STREAM_FEATURE, d->draw->part,
                      d->draw->first + first, count, d->width, normals);
  for (size_t i = 0; i < count; i++)
    draw_row(d, first + i, normals + i * d->width);
}

static neap_status draw_logistic(const neap *engine, const neap_draw *draw,
                                 neap_error *error) {
  const double *p = draw->params;
  drawing d = {.draw = draw,
               .kernels = neap_kernels_of(engine, NEAP_FLOAT32),
               .intercept = neap_logistic_intercept(p[PRIOR], p[SLOPE]),
               .slope = p[SLOPE],
               .width = (draw->features + 3) / 4 * 4};
  neap_arena arena = {0};
  const size_t floats = engine->host.max_workers * PIECE * d.width;
  neap_arena_take(&arena, floats, sizeof(float));
  NEAP_TRY(neap_arena_new(engine, &arena, error));
  d.normals = neap_arena_take(&arena, floats, sizeof(float));
  neap_parallel_for(engine, draw_piece, &d, (draw->rows + PIECE - 1) / PIECE);
  neap_arena_free(engine, &arena);
  return NEAP_OK;
}

static const neap_parameter parameter_rows[] = {
    {"prior", 0.5, 1e-9, 0.999999999, .meaning = "probability of class 1"},
    {"slope", 2, 0, 1e3, .meaning = "of the true logit"},
    {0}};

const neap_generator neap_generator_logistic = {
    .name = "logistic",
    .summary = "one round Gaussian, labels by a logistic model",
    .parameters = parameter_rows,
    .features = 16,
    .draw = draw_logistic,
};
