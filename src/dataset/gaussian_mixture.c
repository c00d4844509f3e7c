// dataset/gaussian_mixture.c -- draws from mixtures of Gaussians.
//
// The arithmetic here is the same on every machine: no fused operation, own
// exp and log (NEAP_PLAIN), normal numbers from the kernels' plain `normals`.
#include "dataset/gaussian_mixture.h"

#include "kernel/math.h"

// Numbers of a piece: what of it is worked on stays in the first-level cache.
enum { PIECE_NUMBERS = 2048, PIECE_MOST_ROWS = 256 };

struct neap_pieces {
  const neap *engine;
  const neap_draw *draw;
  const neap_mixture *mixture;
  const neap_kernels *kernels, *wide;  // of the draw's numbers, and of double
  size_t rows, stride;                 // of a piece
  size_t width;                        // features up to a multiple of 4
  size_t terms;                        // components of weights above 0
  // Of each term, shared by the workers.
  double *term_weights;    // [terms]: prior times weight
  uint32_t *term_classes;  // [terms]
  uint32_t *term_of;       // [terms]: its component
  double *centers;         // [terms][features]: the mean, or L^-1 of it
  // Of each worker.
  char *memory;
  size_t worker_bytes;
  neap_arena arena;
};

// What a worker holds of a piece.
typedef struct piece {
  uint32_t *words, *components;  // [4][stride]; [rows]
  float *normals;                // [rows][width]
  double *mean;                  // [features]
  void *padded;           // [NEAP_PAD][features up to NEAP_PAD] of any type
  void *columns;          // [features][stride] of any type
  double *half, *shares;  // [terms][stride]; [classes][stride]
} piece;

static void lay_out_piece(const neap_pieces *p, neap_arena *a, piece *w) {
  const size_t features = p->draw->features, stride = p->stride;
  w->words = neap_arena_take(a, 4 * stride, sizeof *w->words);
  w->components = neap_arena_take(a, stride, sizeof *w->components);
  w->normals = neap_arena_take(a, p->rows * p->width, sizeof *w->normals);
  w->mean = neap_arena_take(a, features, sizeof *w->mean);
  w->padded =
      neap_arena_take(a, NEAP_PAD * neap_padded(features), sizeof(double));
  w->columns = neap_arena_take(a, features * stride, sizeof(double));
  w->half = neap_arena_take(a, p->terms * stride, sizeof *w->half);
  w->shares =
      neap_arena_take(a, p->mixture->classes * stride, sizeof *w->shares);
}

static void lay_out(neap_pieces *p) {
  neap_arena *a = &p->arena;
  p->term_weights = neap_arena_take(a, p->terms, sizeof *p->term_weights);
  p->term_classes = neap_arena_take(a, p->terms, sizeof *p->term_classes);
  p->term_of = neap_arena_take(a, p->terms, sizeof *p->term_of);
  p->centers =
      neap_arena_take(a, p->terms, p->draw->features * sizeof *p->centers);
  const size_t workers = p->engine->host.max_workers;
  p->memory = neap_arena_take(a, workers, p->worker_bytes);
}

// A component of no weight is not there: it must not be the nearest one.
static bool has_weight(const neap_mixture *m, size_t c) {
  const neap_component *component = &m->components[c];
  return m->priors[component->class_index] * component->weight > 0;
}

static void solve_center(const neap_mixture *m, const neap_component *c,
                         double *center) {
  const double *lower = m->factors[c->factor].lower;
  memcpy(center, c->mean, m->features * sizeof *center);
  for (size_t i = 0; lower != NULL && i < m->features; i++) {
    const double *row = lower + i * m->features;
    for (size_t k = 0; k < i; k++)
      center[i] -= row[k] * center[k];
    center[i] /= row[i];
  }
}

static void prepare_terms(neap_pieces *p) {
  const neap_mixture *m = p->mixture;
  size_t t = 0;
  for (size_t c = 0; c < m->count; c++) {
    if (!has_weight(m, c))
      continue;
    const neap_component *component = &m->components[c];
    p->term_of[t] = (uint32_t)c;
    p->term_classes[t] = component->class_index;
    p->term_weights[t] = m->priors[component->class_index] * component->weight;
    solve_center(m, component, p->centers + t * m->features);
    t++;
  }
}

neap_status neap_pieces_new(const neap *engine, const neap_draw *draw,
                            const neap_mixture *mixture, neap_pieces **pieces,
                            neap_error *error) {
  neap_arena self = {0}, worker = {0};
  piece counted;
  neap_pieces p = {.engine = engine, .draw = draw, .mixture = mixture};
  p.kernels = neap_kernels_of(engine, draw->dtype);
  p.wide = neap_kernels_of(engine, NEAP_FLOAT64);
  p.rows = neap_padded(PIECE_NUMBERS / draw->features);
  p.rows = p.rows < NEAP_PAD ? NEAP_PAD : p.rows;
  p.rows = p.rows > PIECE_MOST_ROWS ? PIECE_MOST_ROWS : p.rows;
  p.stride = p.rows + NEAP_PAD;
  p.width = (draw->features + 3) / 4 * 4;
  for (size_t c = 0; c < mixture->count; c++)
    p.terms += has_weight(mixture, c);
  lay_out_piece(&p, &worker, &counted);
  p.worker_bytes = worker.used_bytes;
  neap_arena_take(&self, 1, sizeof p);
  p.arena = self;
  lay_out(&p);
  NEAP_TRY(neap_arena_new(engine, &p.arena, error));
  neap_pieces *made = neap_arena_take(&p.arena, 1, sizeof p);
  lay_out(&p);
  *made = p;
  prepare_terms(made);
  *pieces = made;
  return NEAP_OK;
}

void neap_pieces_free(const neap *engine, neap_pieces *pieces) {
  neap_arena arena = pieces->arena;
  neap_arena_free(engine, &arena);
}

size_t neap_piece_rows(const neap_pieces *pieces) {
  return pieces->rows;
}

static piece piece_of(const neap_pieces *p, size_t worker) {
  piece w;
  neap_arena arena = {.base = p->memory + worker * p->worker_bytes,
                      .block_bytes = p->worker_bytes};
  lay_out_piece(p, &arena, &w);
  return w;
}

// ------------------------------------------------------------------- truth

// The rows as columns, in double.
static void widen(const neap_pieces *p, piece *w, size_t first, size_t count) {
  const size_t features = p->draw->features;
  neap_rows from = {.x = p->draw->x,
                    .dtype = p->draw->dtype,
                    .columns = features,
                    .stride = (ptrdiff_t)features};
  for (size_t i = 0; i < count; i += NEAP_PAD) {
    const size_t left = count - i;
    from.first = first + i;
    p->wide->pack(left < NEAP_PAD ? left : NEAP_PAD, &from, w->padded,
                  (ptrdiff_t)neap_padded(features), (double *)w->columns + i,
                  (ptrdiff_t)p->stride);
  }
}

// half = |L^-1 (x - m)|^2 / 2 + log det L of the terms with one factor.
static void add_factor(const neap_pieces *p, piece *w, size_t first,
                       size_t count, uint32_t factor) {
  const neap_mixture *m = p->mixture;
  const neap_factor *f = &m->factors[factor];
  const size_t rows = neap_padded(count), features = m->features;
  const neap_kernels *kernels = f->lower != NULL ? p->wide : p->kernels;
  if (f->lower != NULL) {
    widen(p, w, first, count);
    p->wide->solve_lower(features, rows, f->lower, p->stride, w->columns);
  } else {
    const size_t row_bytes = features * neap_dtype_size(p->draw->dtype);
    kernels->turn(count, features, (const char *)p->draw->x + first * row_bytes,
                  features, w->columns, p->stride);
  }
  const double over = f->lower != NULL ? 0.5 : 0.5 / (f->scale * f->scale);
  const double add = f->lower != NULL ? f->log_determinant
                                      : (double)features * neap_log(f->scale);
  for (size_t t = 0; t < p->terms; t++) {
    double *half = w->half + t * p->stride;
    if (m->components[p->term_of[t]].factor != factor)
      continue;
    kernels->square_distances(features, rows, w->columns, p->stride,
                              p->centers + t * features, half);
    for (size_t i = 0; i < rows; i++)
      half[i] = half[i] * over + add;
  }
}

static void find_truth(const neap_pieces *p, piece *w, size_t first,
                       size_t count) {
  const size_t classes = p->mixture->classes;
  for (uint32_t f = 0; f < p->mixture->factor_count; f++)
    add_factor(p, w, first, count, f);
  p->wide->posterior(neap_padded(count), p->terms, p->term_weights,
                     p->term_classes, classes, p->stride, w->half, w->shares);
  if (classes == 2) {
    memcpy(p->draw->truth + first, w->shares + p->stride,
           count * sizeof *w->shares);
    return;
  }
  for (size_t i = 0; i < count; i++) {
    for (size_t c = 0; c < classes; c++)
      p->draw->truth[(first + i) * classes + c] = w->shares[c * p->stride + i];
  }
}

// -------------------------------------------------------------------- rows

static void place(neap_pieces *p, piece *w, size_t first, size_t count,
                  const uint32_t *components, const double *shift) {
  const neap_draw *d = p->draw;
  const size_t row_bytes = d->features * neap_dtype_size(d->dtype);
  p->kernels->normals(d->seed, NEAP_STREAM_FEATURE, d->part, d->first + first,
                      count, p->width, w->normals);
  for (size_t i = 0; i < count; i++) {
    const neap_component *c = &p->mixture->components[components[i]];
    const neap_factor *f = &p->mixture->factors[c->factor];
    const double *mean = c->mean;
    if (shift != NULL) {
      for (size_t j = 0; j < d->features; j++)
        w->mean[j] = c->mean[j] + shift[j];
      mean = w->mean;
    }
    p->kernels->place(d->features, mean, f->scale, f->turned,
                      w->normals + i * p->width,
                      (char *)d->x + (first + i) * row_bytes);
  }
}

void neap_piece_place(neap_pieces *pieces, size_t worker, size_t first,
                      size_t count, const uint32_t *components,
                      const double *shift) {
  piece w = piece_of(pieces, worker);
  place(pieces, &w, first, count, components, shift);
}

void neap_piece_truth(neap_pieces *pieces, size_t worker, size_t first,
                      size_t count) {
  piece w = piece_of(pieces, worker);
  find_truth(pieces, &w, first, count);
}

static double uniform_of(uint32_t low, uint32_t high) {
  return (double)(((uint64_t)high << 32 | low) >> 11) * 0x1p-53;
}

// Whether row i of a sequence is one of a share. Exact counts come from where
// i share + 1/2 passes a whole number, so that they hold for the first n rows
// of any n; *before is how many of the first i rows are.
static bool is_of_share(double share, uint64_t i, uint64_t *before) {
  const double below = floor((double)i * share + 0.5);
  *before = (uint64_t)below;
  return floor((double)(i + 1) * share + 0.5) > below;
}

uint32_t neap_label_of(neap_labels labels, size_t classes, const double *priors,
                       uint64_t row, double uniform) {
  if (labels == NEAP_LABELS_INDEPENDENT && classes == 2)
    return uniform < priors[1];
  if (labels == NEAP_LABELS_INDEPENDENT) {
    double sum = priors[0];
    uint32_t c = 0;
    while (c + 1 < classes && uniform >= sum)
      sum += priors[++c];
    return c;
  }
  // The last class against the rest, then the one before it among the rest.
  double left = 1;
  for (size_t c = classes - 1; c > 0; c--) {
    uint64_t before;
    const double share = left > 0 ? priors[c] / left : 0;
    if (is_of_share(share < 1 ? share : 1, row, &before))
      return (uint32_t)c;
    row -= before;
    left -= priors[c];
  }
  return 0;
}

static uint32_t pick_component(const neap_mixture *m, uint32_t class_index,
                               double uniform) {
  uint32_t last = 0;
  double sum = 0;
  for (uint32_t c = 0; c < m->count; c++) {
    const neap_component *component = &m->components[c];
    if (component->class_index != class_index || component->weight <= 0)
      continue;
    last = c;
    sum += component->weight;
    if (uniform < sum)
      return c;
  }
  return last;
}

// Whether the class of a row, or which of its components, is left to chance.
static bool needs_chance(const neap_pieces *p) {
  return p->draw->labels == NEAP_LABELS_INDEPENDENT ||
         p->mixture->count > p->mixture->classes;
}

static void draw_labels(neap_pieces *p, piece *w, size_t first, size_t count) {
  const neap_draw *d = p->draw;
  const uint32_t *word = w->words;
  if (needs_chance(p)) {
    p->kernels->words(d->seed, NEAP_STREAM_LABEL, d->part, d->first + first,
                      count, p->stride, w->words);
  } else {
    memset(w->words, 0, 4 * p->stride * sizeof *w->words);
  }
  for (size_t i = 0; i < count; i++) {
    const uint32_t class_index = neap_label_of(
        d->labels, p->mixture->classes, p->mixture->priors,
        d->first + first + i, uniform_of(word[i], word[p->stride + i]));
    w->components[i] = pick_component(
        p->mixture, class_index,
        uniform_of(word[2 * p->stride + i], word[3 * p->stride + i]));
    neap_put(d->y, d->dtype, first + i, class_index);
  }
}

static void draw_piece(void *argument, size_t task, size_t worker) {
  neap_pieces *p = argument;
  piece w = piece_of(p, worker);
  const size_t first = task * p->rows, left = p->draw->rows - first;
  const size_t count = left < p->rows ? left : p->rows;
  draw_labels(p, &w, first, count);
  place(p, &w, first, count, w.components, NULL);
  find_truth(p, &w, first, count);
}

neap_status neap_draw_mixture(const neap *engine, const neap_draw *draw,
                              const neap_mixture *mixture, neap_error *error) {
  neap_pieces *pieces;
  NEAP_TRY(neap_pieces_new(engine, draw, mixture, &pieces, error));
  neap_parallel_for(engine, draw_piece, pieces,
                    (draw->rows + pieces->rows - 1) / pieces->rows);
  neap_pieces_free(engine, pieces);
  return NEAP_OK;
}
