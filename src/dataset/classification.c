// dataset/classification.c -- clusters at the corners of a cube, with columns
// that say the same again and columns that say nothing.
//
// As scikit-learn's make_classification: cluster k belongs to class
// k mod classes and is N(corner, A'A) with entries of A uniform in -1 to 1;
// redundant columns are the informative ones times a matrix of such entries;
// repeated ones are copies; the rest is N(0, 1). Source: Guyon 2003, Design of
// experiments for the NIPS 2003 variable selection benchmark. Unlike there,
// flip is 0 if not asked for, and the columns stay in order: informative,
// redundant, repeated, useless.
#include <math.h>
#include <string.h>

#include "dataset/gaussian_mixture.h"

enum {
  CLASSES,
  PRIOR,
  INFORMATIVE,
  REDUNDANT,
  REPEATED,
  CLUSTERS,
  CLASS_SEP,
  FLIP,
  SHIFT,
  SCALE,
  HYPERCUBE,
};

enum { CHUNK = 4096, CODE_BITS = 60 };

// The parts of the population that are drawn: streams of one purpose.
enum { CORNERS = 1, CORNER_SCALES, SPREADS, COMBINATIONS, COPIES };

static size_t classes_of(const double *params) {
  return (size_t)params[CLASSES];
}

static size_t count_of(const neap_draw *d, int parameter) {
  return (size_t)d->params[parameter];
}

static double uniform_at(const neap_draw *d, uint32_t purpose, uint64_t index) {
  return neap_random_uniform(d->seed, NEAP_STREAM_POPULATION, purpose, index);
}

static neap_status check(const neap_draw *d, neap_error *error) {
  const size_t used =
      count_of(d, INFORMATIVE) + count_of(d, REDUNDANT) + count_of(d, REPEATED);
  const double clusters = d->params[CLASSES] * d->params[CLUSTERS];
  if (used > d->features) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "features is %zu; wanted %zu or more: informative, "
                     "redundant and repeated together",
                     d->features, used);
  }
  if (clusters > exp2(d->params[INFORMATIVE])) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "classes times clusters is %g; of %g informative features "
                     "wanted at most %g, the corners of a cube",
                     clusters, d->params[INFORMATIVE],
                     exp2(d->params[INFORMATIVE]));
  }
  if (!isnan(d->params[PRIOR]) && (d->classes != 2 || d->priors != NULL)) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "prior is for two classes; wanted priors, one for each of "
                     "%zu, and no prior",
                     d->classes);
  }
  return NEAP_OK;
}

// Chooses distinct corners, as bits; those beyond 60 can't tell them apart and
// are drawn later.
static void choose_corners(const neap_draw *d, size_t count, uint64_t *codes) {
  const size_t bits = count_of(d, INFORMATIVE);
  const uint64_t mask =
      ((uint64_t)1 << (bits < CODE_BITS ? bits : CODE_BITS)) - 1;
  uint64_t index = 0;
  for (size_t k = 0; k < count; k++) {
    bool is_new = false;
    while (!is_new) {
      codes[k] = mask & neap_random_bits(d->seed, NEAP_STREAM_POPULATION,
                                         CORNERS, index++);
      is_new = true;
      for (size_t other = 0; other < k; other++)
        is_new = is_new && codes[other] != codes[k];
    }
  }
}

static void set_corner(const neap_draw *d, size_t k, uint64_t code,
                       double *mean) {
  const size_t n = count_of(d, INFORMATIVE);
  const double sep = d->params[CLASS_SEP];
  const double of_cluster = uniform_at(d, CORNER_SCALES, k * (n + 1) + n);
  for (size_t j = 0; j < n; j++) {
    const bool high = j < CODE_BITS
                          ? (code >> j & 1) != 0
                          : uniform_at(d, CORNERS, (k + 1) << 32 | j) < 0.5;
    mean[j] = high ? sep : -sep;
    if (d->params[HYPERCUBE] == 0)
      mean[j] *= of_cluster * uniform_at(d, CORNER_SCALES, k * (n + 1) + j);
  }
}

// A'A, by the entries of A that are drawn for cluster k.
static neap_status set_spread(const neap_draw *d, size_t k, neap_factor *f,
                              neap_error *error) {
  const size_t n = count_of(d, INFORMATIVE);
  double *a = f->turned;
  for (size_t i = 0; i < n * n; i++)
    a[i] = 2 * uniform_at(d, SPREADS, k * n * n + i) - 1;
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++) {
      double sum = 0;
      for (size_t r = 0; r < n; r++)
        sum += a[r * n + i] * a[r * n + j];
      f->lower[i * n + j] = sum;
    }
  }
  NEAP_TRY(neap_cholesky(n, f->lower, f->lower, error));
  neap_factor_finish(n, f);
  return NEAP_OK;
}

static double prior_of(const neap_draw *d, size_t c) {
  if (d->priors != NULL)
    return d->priors[c];
  if (!isnan(d->params[PRIOR]))
    return c == 1 ? d->params[PRIOR] : 1 - d->params[PRIOR];
  return 1 / (double)d->classes;
}

// The mixture of the informative columns.
static neap_status make(const neap *engine, const neap_draw *d, neap_mixture *m,
                        neap_error *error) {
  const size_t count = d->classes * count_of(d, CLUSTERS);
  *m = (neap_mixture){.features = count_of(d, INFORMATIVE),
                      .classes = d->classes,
                      .count = count,
                      .factor_count = count,
                      .dense_count = count};
  NEAP_TRY(check(d, error));
  NEAP_TRY(neap_mixture_new(engine, m, error));
  neap_arena arena = {0};
  neap_arena_take(&arena, count, sizeof(uint64_t));
  neap_status status = neap_arena_new(engine, &arena, error);
  uint64_t *codes = NULL;
  if (status == NEAP_OK) {
    codes = neap_arena_take(&arena, count, sizeof *codes);
    choose_corners(d, count, codes);
  }
  for (size_t c = 0; c < d->classes; c++)
    m->priors[c] = prior_of(d, c);
  for (size_t k = 0; k < count && status == NEAP_OK; k++) {
    m->components[k].class_index = (uint32_t)(k % d->classes);
    m->components[k].factor = (uint32_t)k;
    m->components[k].weight = 1 / d->params[CLUSTERS];
    set_corner(d, k, codes[k], m->components[k].mean);
    status = set_spread(d, k, &m->factors[k], error);
  }
  neap_arena_free(engine, &arena);
  if (status != NEAP_OK)
    neap_mixture_free(engine, m);
  return status;
}

// --------------------------------------------------------------- the columns

typedef struct drawing {
  const neap_draw *draw;
  neap_draw part;        // the informative columns of a chunk
  double *combinations;  // [informative][redundant]
  uint32_t *copied;      // [repeated]: a column
  float *useless;        // [CHUNK][width]
  double *row;           // [features]
  size_t width;          // of useless, a multiple of 4
  neap_arena arena;
} drawing;

static void lay_out(drawing *w) {
  const neap_draw *d = w->draw;
  const size_t informative = count_of(d, INFORMATIVE);
  neap_arena *a = &w->arena;
  w->part.x = neap_arena_take(a, CHUNK * informative, sizeof(double));
  w->part.y = neap_arena_take(a, CHUNK, sizeof(double));
  w->combinations =
      neap_arena_take(a, informative * count_of(d, REDUNDANT), sizeof(double));
  w->copied = neap_arena_take(a, count_of(d, REPEATED), sizeof *w->copied);
  w->useless = neap_arena_take(a, CHUNK * w->width, sizeof *w->useless);
  w->row = neap_arena_take(a, d->features, sizeof *w->row);
}

static void prepare(drawing *w) {
  const neap_draw *d = w->draw;
  const size_t informative = count_of(d, INFORMATIVE);
  const size_t redundant = count_of(d, REDUNDANT);
  for (size_t i = 0; i < informative * redundant; i++)
    w->combinations[i] = 2 * uniform_at(d, COMBINATIONS, i) - 1;
  for (size_t i = 0; i < count_of(d, REPEATED); i++) {
    w->copied[i] = (uint32_t)(uniform_at(d, COPIES, i) *
                              (double)(informative + redundant));
  }
}

static void fill_row(const drawing *w, size_t i, size_t to) {
  const neap_draw *d = w->draw;
  const size_t informative = count_of(d, INFORMATIVE);
  const size_t redundant = count_of(d, REDUNDANT);
  const size_t repeated = count_of(d, REPEATED);
  double *row = w->row;
  memcpy(row, (const double *)w->part.x + i * informative,
         informative * sizeof *row);
  for (size_t j = 0; j < redundant; j++) {
    row[informative + j] = 0;
    for (size_t k = 0; k < informative; k++)
      row[informative + j] += row[k] * w->combinations[k * redundant + j];
  }
  size_t at = informative + redundant;
  for (size_t j = 0; j < repeated; j++, at++)
    row[at] = row[w->copied[j]];
  for (size_t j = 0; at < d->features; j++, at++)
    row[at] = (double)w->useless[i * w->width + j];
  for (size_t j = 0; j < d->features; j++) {
    neap_put(d->x, d->dtype, to * d->features + j,
             (row[j] + d->params[SHIFT]) * d->params[SCALE]);
  }
}

// The class of a row with the probability `flip` becomes any of the classes,
// and may stay what it is: P(y | x) = (1 - flip) P + flip / classes.
static void flip_row(const drawing *w, size_t i, size_t to) {
  const neap_draw *d = w->draw;
  const double flip = d->params[FLIP];
  const size_t width = d->classes > 2 ? d->classes : 1;
  double y = ((const double *)w->part.y)[i];
  if (flip > 0) {
    const neap_philox r =
        neap_random(d->seed, NEAP_STREAM_NOISE, d->part, d->first + to);
    const uint64_t bits = (uint64_t)r.word[1] << 32 | r.word[0];
    const uint64_t other = (uint64_t)r.word[3] << 32 | r.word[2];
    if ((double)(bits >> 11) * 0x1p-53 < flip)
      y = (double)neap_random_below(d->classes, other);
    for (size_t c = 0; c < width; c++) {
      double *truth = &d->truth[to * width + c];
      *truth = (1 - flip) * *truth + flip / (double)d->classes;
    }
  }
  neap_put(d->y, d->dtype, to, y);
}

static neap_status draw_chunk(const neap *engine, const neap_mixture *mixture,
                              drawing *w, size_t first, neap_error *error) {
  const neap_draw *d = w->draw;
  const size_t left = d->rows - first;
  w->part.rows = left < CHUNK ? left : CHUNK;
  w->part.first = d->first + first;
  w->part.truth = d->truth + first * (d->classes > 2 ? d->classes : 1);
  NEAP_TRY(neap_draw_mixture(engine, &w->part, mixture, error));
  if (w->width > 0) {
    neap_kernels_of(engine, NEAP_FLOAT32)
        ->normals(d->seed, NEAP_STREAM_POSITION, d->part, w->part.first,
                  w->part.rows, w->width, w->useless);
  }
  for (size_t i = 0; i < w->part.rows; i++) {
    fill_row(w, i, first + i);
    flip_row(w, i, first + i);
  }
  return NEAP_OK;
}

static neap_status draw_classification(const neap *engine,
                                       const neap_draw *draw,
                                       neap_error *error) {
  neap_mixture mixture;
  NEAP_TRY(make(engine, draw, &mixture, error));
  drawing w = {.draw = draw, .part = *draw};
  const size_t used = count_of(draw, INFORMATIVE) + count_of(draw, REDUNDANT) +
                      count_of(draw, REPEATED);
  w.width = (draw->features - used + 3) / 4 * 4;
  w.part.features = mixture.features;
  w.part.dtype = NEAP_FLOAT64;
  lay_out(&w);
  neap_status status = neap_arena_new(engine, &w.arena, error);
  if (status == NEAP_OK) {
    lay_out(&w);
    prepare(&w);
  }
  for (size_t i = 0; i < draw->rows && status == NEAP_OK; i += CHUNK)
    status = draw_chunk(engine, &mixture, &w, i, error);
  neap_arena_free(engine, &w.arena);
  neap_mixture_free(engine, &mixture);
  return status;
}

static const neap_parameter parameter_rows[] = {
    {"classes", 2, 2, 100, .meaning = "classes", .whole = 1},
    {"prior", NAN, 0, 1, .meaning = "probability of class 1, of two"},
    {"informative", 2, 1, 1000, .meaning = "columns", .whole = 1},
    {"redundant", 2, 0, 1e6, .meaning = "combinations of them", .whole = 1},
    {"repeated", 0, 0, 1e6, .meaning = "copies of either", .whole = 1},
    {"clusters", 2, 1, 1000, .meaning = "of each class", .whole = 1},
    {"class_sep", 1, 0, 1e6, .meaning = "half the edge of the cube"},
    {"flip", 0, 0, 1, .meaning = "share of rows given a random class"},
    {"shift", 0, -1e6, 1e6, .meaning = "added to every column"},
    {"scale", 1, 1e-6, 1e6, .meaning = "times every column, shifted"},
    {"hypercube", 1, 0, 1, .meaning = "0: corners are moved at random",
     .whole = 1},
    {0}};

const neap_generator neap_generator_classification = {
    .name = "classification",
    .summary = "clusters at corners of a cube, redundant and useless columns",
    .parameters = parameter_rows,
    .features = 20,
    .classes_of = classes_of,
    .draw = draw_classification,
};
