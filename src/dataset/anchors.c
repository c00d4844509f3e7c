// dataset/anchors.c -- the anchors of a detector: images, few positives each.
//
// Image k has Poisson(positives) positives among its per_image anchors, at
// random places. Of the others a share `ignore` lies half-way to the positives
// and has weight 0, a share `hard` lies beside them, the rest around 0. All
// anchors of an image share N(0, effect^2 I), so split by group. Truth is that
// of an anchor whose image is not known, and that is not ignored. Source of
// the setting: Lin et al. 2017, arXiv 1708.02002, sec. 4.
#include "dataset/gaussian_mixture.h"
#include "kernel/math.h"

enum { PER_IMAGE, POSITIVES, HARD, DISTANCE, OVERLAP, EFFECT, IGNORE };
enum { POSITIVE, EASY, NEAR, IGNORED };

typedef struct drawing {
  const neap_draw *draw;
  const neap_kernels *kernels;
  neap_pieces *placed, *known;  // to place rows by, and to find truth by
  size_t per_image, width;
  uint32_t *components;  // [workers][per_image]
  float *normals;        // [workers][width]
  double *effects;       // [workers][features]
  neap_arena arena;
} drawing;

static double share_at(const neap_draw *d, neap_stream stream, uint64_t index) {
  return neap_random_uniform(d->seed, stream, d->part, index);
}

// Knuth 1997, vol. 2, sec. 3.4.1: the smallest k whose cumulative probability
// is above a uniform number.
static size_t draw_poisson(double mean, double uniform, size_t most) {
  double chance = neap_exp(-mean), sum = chance;
  size_t k = 0;
  while (uniform >= sum && k < most) {
    k++;
    chance *= mean / (double)k;
    sum += chance;
  }
  return k;
}

static size_t count_positives(const drawing *w, uint64_t image) {
  const neap_draw *d = w->draw;
  const double mean = d->params[POSITIVES];
  if (d->labels == NEAP_LABELS_EXACT) {
    const double before = floor((double)image * mean + 0.5);
    return (size_t)(floor((double)(image + 1) * mean + 0.5) - before);
  }
  return draw_poisson(mean, share_at(d, NEAP_STREAM_GROUP, image),
                      w->per_image);
}

// Floyd's sample without replacement (Bentley and Floyd 1987, CACM 30(9)).
static void place_positives(const drawing *w, uint64_t image, size_t count,
                            uint32_t *components) {
  const neap_draw *d = w->draw;
  for (size_t j = w->per_image - count; j < w->per_image; j++) {
    const uint64_t bits = neap_random_bits(d->seed, NEAP_STREAM_POSITION,
                                           d->part, image * w->per_image + j);
    const size_t at = (size_t)neap_random_below(j + 1, bits);
    components[components[at] == POSITIVE ? j : at] = POSITIVE;
  }
}

static void choose_components(const drawing *w, uint64_t image,
                              uint32_t *components) {
  const neap_draw *d = w->draw;
  for (size_t i = 0; i < w->per_image; i++) {
    const neap_philox r = neap_random(d->seed, NEAP_STREAM_LABEL, d->part,
                                      image * w->per_image + i);
    const double ignored = ((double)r.word[0] + 0.5) * 0x1p-32;
    const double hard = ((double)r.word[1] + 0.5) * 0x1p-32;
    components[i] = hard < d->params[HARD] ? NEAR : EASY;
    if (ignored < d->params[IGNORE])
      components[i] = IGNORED;
  }
  place_positives(w, image, count_positives(w, image), components);
}

static void find_effect(const drawing *w, uint64_t image, float *normals,
                        double *effect) {
  const neap_draw *d = w->draw;
  w->kernels->normals(d->seed, NEAP_STREAM_GROUP, d->part, image, 1, w->width,
                      normals);
  for (size_t j = 0; j < d->features; j++)
    effect[j] = d->params[EFFECT] * (double)normals[j];
}

static void draw_image(void *argument, size_t task, size_t worker) {
  const drawing *w = argument;
  const neap_draw *d = w->draw;
  const size_t first = task * w->per_image, left = d->rows - first;
  const size_t count = left < w->per_image ? left : w->per_image;
  uint32_t *components = w->components + worker * w->per_image;
  double *effect = w->effects + worker * d->features;
  choose_components(w, task, components);
  find_effect(w, task, w->normals + worker * w->width, effect);
  for (size_t i = 0; i < count; i++) {
    neap_put(d->y, d->dtype, first + i, components[i] == POSITIVE);
    d->groups[first + i] = (int32_t)task;
    d->weights[first + i] = components[i] != IGNORED;
  }
  const size_t step = neap_piece_rows(w->placed);
  for (size_t i = 0; i < count; i += step) {
    const size_t rows = count - i < step ? count - i : step;
    neap_piece_place(w->placed, worker, first + i, rows, components + i,
                     effect);
    neap_piece_truth(w->known, worker, first + i, rows);
  }
}

// P(y = 1) of an anchor that is not ignored.
static double prior_of(const double *p) {
  const double share = p[POSITIVES] / p[PER_IMAGE];
  return share / (share + (1 - share) * (1 - p[IGNORE]));
}

static neap_status make_terms(const neap *engine, const neap_draw *d,
                              size_t count, neap_mixture *mixture,
                              neap_error *error) {
  const double *p = d->params;
  const neap_round_term terms[] = {
      [POSITIVE] = {.class_index = 1, .weight = 1, .along = p[DISTANCE]},
      [EASY] = {.class_index = 0, .weight = 1 - p[HARD]},
      [NEAR] = {.class_index = 0,
                .weight = p[HARD],
                .along = p[DISTANCE],
                .across = p[OVERLAP]},
      [IGNORED] = {.class_index = 0, .along = p[DISTANCE] / 2}};
  return neap_round_mixture(engine, d->features, prior_of(p), terms, count,
                            mixture, error);
}

static neap_status make(const neap *engine, const neap_draw *d,
                        neap_mixture *mixture, neap_error *error) {
  if (d->params[POSITIVES] > d->params[PER_IMAGE] / 4) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "positives is %g; wanted at most a quarter of per_image, "
                     "%g",
                     d->params[POSITIVES], d->params[PER_IMAGE] / 4);
  }
  NEAP_TRY(make_terms(engine, d, IGNORED, mixture, error));
  mixture->factors[0].scale = sqrt(1 + d->params[EFFECT] * d->params[EFFECT]);
  return NEAP_OK;
}

static void lay_out(drawing *w, size_t workers) {
  neap_arena *a = &w->arena;
  w->components =
      neap_arena_take(a, workers * w->per_image, sizeof *w->components);
  w->normals = neap_arena_take(a, workers * w->width, sizeof *w->normals);
  w->effects =
      neap_arena_take(a, workers * w->draw->features, sizeof *w->effects);
}

static neap_status draw_all(const neap *engine, drawing *w,
                            const neap_mixture *placed,
                            const neap_mixture *known, neap_error *error) {
  const neap_draw *d = w->draw;
  NEAP_TRY(neap_pieces_new(engine, d, placed, &w->placed, error));
  neap_status status = neap_pieces_new(engine, d, known, &w->known, error);
  if (status == NEAP_OK) {
    lay_out(w, engine->host.max_workers);
    status = neap_arena_new(engine, &w->arena, error);
    if (status == NEAP_OK) {
      lay_out(w, engine->host.max_workers);
      neap_parallel_for(engine, draw_image, w,
                        (d->rows + w->per_image - 1) / w->per_image);
      neap_arena_free(engine, &w->arena);
    }
    neap_pieces_free(engine, w->known);
  }
  neap_pieces_free(engine, w->placed);
  return status;
}

static neap_status draw_anchors(const neap *engine, const neap_draw *draw,
                                neap_error *error) {
  drawing w = {.draw = draw,
               .kernels = neap_kernels_of(engine, NEAP_FLOAT32),
               .per_image = (size_t)draw->params[PER_IMAGE],
               .width = (draw->features + 3) / 4 * 4};
  neap_mixture known, placed;
  NEAP_TRY(make(engine, draw, &known, error));
  neap_status status = make_terms(engine, draw, IGNORED + 1, &placed, error);
  if (status == NEAP_OK) {
    status = draw_all(engine, &w, &placed, &known, error);
    neap_mixture_free(engine, &placed);
  }
  neap_mixture_free(engine, &known);
  return status;
}

static const neap_parameter parameter_rows[] = {
    {"per_image", 1000, 4, 1e7, .meaning = "anchors", .whole = 1},
    {"positives", 1, 0, 500, .meaning = "mean number in an image"},
    {"hard", 0.01, 0, 1, .meaning = "share of hard ones in class 0"},
    {"distance", 4, 0, 1e6, .meaning = "positives from easy negatives"},
    {"overlap", 1.5, 0, 1e6, .meaning = "positives from hard ones"},
    {"effect", 0.5, 0, 1e3,
     .meaning = "deviation of what the anchors of an image share"},
    {"ignore", 0, 0, 0.99,
     .meaning = "share of negatives half-way, of weight 0"},
    {0}};

const neap_generator neap_generator_anchors = {
    .name = "anchors",
    .summary = "a detector's anchors: images, few positives, hard negatives",
    .parameters = parameter_rows,
    .features = 16,
    .has_groups = true,
    .has_weights = true,
    .draw = draw_anchors,
    .mixture = make,
};
