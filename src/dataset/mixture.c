// dataset/mixture.c -- mixtures of round Gaussians.
//
// The arithmetic here is the same on every machine: no fused operation, own
// exp (NEAP_PLAIN), normal numbers from the kernels' plain `normals`.
#include "dataset/mixture.h"

#include "kernel/math.h"

enum { PIECE = 256 };  // rows whose normal numbers are drawn at once

// A component's mean, feature by feature: two numbers, as u and v repeat.
typedef struct center {
  double even, odd, last;  // the last feature of an odd number has no v
} center;

typedef struct mixture {
  const neap_draw *draw;
  double prior;
  const neap_component *components;
  size_t count;
  center centers[NEAP_COMPONENT_MAX];
} mixture;

static center center_of(const neap_component *c, size_t features) {
  const double u = c->along / sqrt((double)features);
  const size_t paired = features - features % 2;
  const double v = paired > 0 ? c->across / sqrt((double)paired) : 0;
  return (center){.even = u + v, .odd = u - v, .last = u};
}

static double mean_at(const center *c, size_t j, size_t features) {
  if (features % 2 == 1 && j == features - 1)
    return c->last;
  return j % 2 == 0 ? c->even : c->odd;
}

// Whether row i is positive. Exact counts come from where i prior + 1/2
// passes a whole number, so that they hold for the first n rows of any n.
static int is_positive(const mixture *m, uint64_t i, double uniform) {
  if (m->draw->labels == NEAP_LABELS_INDEPENDENT)
    return uniform < m->prior;
  const double before = floor((double)i * m->prior + 0.5);
  return floor((double)(i + 1) * m->prior + 0.5) > before;
}

static size_t pick_component(const mixture *m, int positive, double uniform) {
  size_t last = 0;
  double sum = 0;
  for (size_t c = 0; c < m->count; c++) {
    if (m->components[c].positive != positive)
      continue;
    if (m->components[c].weight <= 0)
      continue;
    last = c;
    sum += m->components[c].weight;
    if (uniform < sum)
      return c;
  }
  return last;
}

static double uniform_of(uint32_t low, uint32_t high) {
  return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

// P(y = 1 | x) of a stored row:
//   sum over positive c of w_c exp(-|x - m_c|^2 / 2), over the sum of all.
static double truth_of(const mixture *m, size_t row) {
  const neap_draw *d = m->draw;
  double half[NEAP_COMPONENT_MAX], least = INFINITY;
  for (size_t c = 0; c < m->count; c++) {
    double square = 0;
    for (size_t j = 0; j < d->features; j++) {
      const double gap = neap_get(d->x, d->dtype, row * d->features + j) -
                         mean_at(&m->centers[c], j, d->features);
      square += gap * gap;
    }
    half[c] = square / 2;
    if (half[c] < least)
      least = half[c];
  }
  double yes = 0, all = 0;
  for (size_t c = 0; c < m->count; c++) {
    const neap_component *component = &m->components[c];
    const double prior = component->positive ? m->prior : 1 - m->prior;
    const double part = prior * component->weight * neap_exp(least - half[c]);
    all += part;
    if (component->positive)
      yes += part;
  }
  return yes / all;
}

static void draw_row(const mixture *m, size_t row, const float *normal) {
  const neap_draw *d = m->draw;
  const neap_philox r = neap_random(d->seed, NEAP_STREAM_LABEL, d->part, row);
  const int positive = is_positive(m, row, uniform_of(r.word[0], r.word[1]));
  const size_t c =
      pick_component(m, positive, uniform_of(r.word[2], r.word[3]));
  for (size_t j = 0; j < d->features; j++) {
    const double mean = mean_at(&m->centers[c], j, d->features);
    neap_put(d->x, d->dtype, row * d->features + j, mean + (double)normal[j]);
  }
  neap_put(d->y, d->dtype, row, positive);
  d->truth[row] = truth_of(m, row);
}

typedef struct drawing {
  const mixture *m;
  const neap_kernels *kernels;
  float *normals;  // [workers][PIECE][width]
  size_t width;    // features up to a multiple of 4
} drawing;

static void draw_piece(void *argument, size_t task, size_t worker) {
  const drawing *all = argument;
  const neap_draw *d = all->m->draw;
  const size_t first = task * PIECE;
  const size_t left = d->rows - first, count = left < PIECE ? left : PIECE;
  float *normals = all->normals + worker * PIECE * all->width;
  all->kernels->normals(d->seed, d->part, first, count, all->width, normals);
  for (size_t i = 0; i < count; i++) {
    draw_row(all->m, first + i, normals + i * all->width);
  }
}

neap_status neap_draw_mixture(const neap *engine, const neap_draw *draw,
                              double prior, const neap_component *components,
                              size_t count, neap_error *error) {
  mixture m = {
      .draw = draw, .prior = prior, .components = components, .count = count};
  for (size_t c = 0; c < count; c++) {
    m.centers[c] = center_of(&components[c], draw->features);
  }
  drawing all = {.m = &m,
                 .kernels = neap_kernels_of(engine, NEAP_FLOAT32),
                 .width = (draw->features + 3) / 4 * 4};
  neap_arena arena = {0};
  const size_t floats = engine->host.max_workers * PIECE * all.width;
  neap_arena_take(&arena, floats, sizeof(float));
  NEAP_TRY(neap_arena_new(engine, &arena, error));
  all.normals = neap_arena_take(&arena, floats, sizeof(float));
  neap_parallel_for(engine, draw_piece, &all, (draw->rows + PIECE - 1) / PIECE);
  neap_arena_free(engine, &arena);
  return NEAP_OK;
}
