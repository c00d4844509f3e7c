// tests/dataset/all_generators_test.c -- every row of the list of generators
// keeps what all of them promise.
#include "check.h"
#include "dataset/dataset.h"

enum {
  ROWS = 60000,
  FEATURES = 6,
  MOST_CLASSES = 3,
  NUMBERS = ROWS * FEATURES
};

typedef struct drawn {
  double x[NUMBERS], y[ROWS], truth[ROWS * MOST_CLASSES], weights[ROWS];
  int32_t groups[ROWS];
} drawn;

static drawn first, second;

// Parameters that make all that a generator has to do.
static const struct {
  const char *name;
  double params[NEAP_PARAMETER_MAX];
} cases[] = {
    {"gaussians", {0.2, 1.5, 0, 1}},
    {"gaussians", {0.2, 1.5, 0.6, 1}},
    {"gaussians", {0.2, 1.5, -0.15, 1}},
    {"gaussians", {0.2, 1.5, 0, 400}},
    {"logistic", {0.1, 2.5}},
    {"mixture", {0}},
    {"hard_negatives", {0.05, 0.2, 3, 1.5}},
    {"hard_negatives", {0.5, 0, 3, 200}},
    {"anchors", {100, 6, 0.1, 3, 1.5, 0.5, 0.1}},
    {"moons", {0.3, 0.3}},
    {"circles", {0.3, 0.2, 0.5}},
    {"blobs", {3, 2, 2}},
    {"blobs", {2, 1, 1}},
    {"classification", {3, NAN, 3, 1, 1, 2, 0.8, 0.1, 1, 2, 1}},
    {"classification", {2, 0.2, 3, 1, 1, 2, 0.8, 0, 0, 1, 0}},
};
enum { CASES = sizeof cases / sizeof *cases };

// The mixture of `mixture`: three classes, all forms of covariance.
static double means[] = {0, 0, 0, 0, 0, 0, 2, 0, 1, 0,  0, 0,
                         0, 2, 0, 1, 0, 0, 1, 1, 1, -1, 0, 0};
static double lower[FEATURES * FEATURES], turned[FEATURES * FEATURES];
static double priors[] = {0.5, 0.3, 0.2};
static neap_component components[] = {{0, 0, 1, means},
                                      {1, 1, 0.25, means + 6},
                                      {1, 0, 0.75, means + 12},
                                      {2, 2, 1, means + 18}};
static neap_factor factors[] = {{.scale = 1},
                                {.scale = 0.7},
                                {.scale = 1, .lower = lower, .turned = turned}};
static const neap_mixture given = {.features = FEATURES,
                                   .classes = 3,
                                   .count = 4,
                                   .factor_count = 3,
                                   .priors = priors,
                                   .components = components,
                                   .factors = factors};

static void fill_factor(void) {
  double covariance[FEATURES * FEATURES];
  for (size_t i = 0; i < FEATURES; i++) {
    for (size_t j = 0; j < FEATURES; j++)
      covariance[i * FEATURES + j] = i == j ? 1.2 : 0.3;
  }
  CHECK(neap_cholesky(FEATURES, covariance, lower, NULL) == NEAP_OK);
  neap_factor_finish(FEATURES, &factors[2]);
}

static const neap_generator *find(const char *name) {
  size_t i = 0;
  while (strcmp(neap_generator_at(i)->name, name) != 0)
    i++;
  return neap_generator_at(i);
}

static neap_draw plan(size_t i, drawn *to) {
  const neap_generator *g = find(cases[i].name);
  memset(to, 0, sizeof *to);
  neap_draw d = {.rows = ROWS,
                 .features = g->fixed_features ? g->features : FEATURES,
                 .seed = 7,
                 .params = cases[i].params,
                 .classes = 2,
                 .dtype = NEAP_FLOAT64,
                 .x = to->x,
                 .y = to->y,
                 .truth = to->truth,
                 .groups = to->groups,
                 .weights = to->weights};
  if (g->classes_of != NULL)
    d.classes = g->classes_of(cases[i].params);
  if (g->takes_components) {
    d.given = &given;
    d.classes = given.classes;
  }
  return d;
}

static void draw(const neap *engine, size_t i, const neap_draw *d) {
  neap_error error = {.message = ""};
  const neap_status status =
      neap_draw_rows(engine, find(cases[i].name), d, &error);
  CHECK_SHOW(status == NEAP_OK, "%s: %s", cases[i].name, error.message);
}

static double truth_of(const neap_draw *d, size_t row, size_t class_index) {
  if (d->classes > 2)
    return d->truth[row * d->classes + class_index];
  return class_index == 1 ? d->truth[row] : 1 - d->truth[row];
}

// Labels are draws from the truth: the sums of y - P(y | x), of all rows and of
// those with small and large P, are within five standard errors of 0. That
// holds of rows that count; anchors of an image are not independent.
static void check_truth(size_t i, const neap_draw *d) {
  const bool has_weights = find(cases[i].name)->has_weights;
  static const double cuts[] = {0, 0.02, 0.1, 0.3, 0.6, 0.9, 1.0001};
  for (size_t c = 0; c < d->classes; c++) {
    double sum[6] = {0}, variance[6] = {0};
    for (size_t row = 0; row < d->rows; row++) {
      const double p = truth_of(d, row, c);
      CHECK(p >= 0 && p <= 1);
      if (has_weights && d->weights[row] == 0)
        continue;
      size_t bin = 0;
      while (p >= cuts[bin + 1])
        bin++;
      sum[bin] += (((double *)d->y)[row] == (double)c) - p;
      variance[bin] += p * (1 - p);
    }
    for (size_t bin = 0; bin < 6; bin++) {
      const double wide = d->groups != NULL && has_weights ? 2 : 1;
      CHECK_SHOW(fabs(sum[bin]) <= 5 * wide * sqrt(variance[bin]) + 3,
                 "%s: case %zu class %zu bin %zu: %g of %g", cases[i].name, i,
                 c, bin, sum[bin], sqrt(variance[bin]));
    }
  }
}

static void test_truth(const neap *engine) {
  for (size_t i = 0; i < CASES; i++) {
    const neap_draw d = plan(i, &first);
    draw(engine, i, &d);
    check_truth(i, &d);
  }
}

static size_t width_of(const neap_draw *d) {
  return d->classes > 2 ? d->classes : 1;
}

static bool is_equal(const neap_draw *d, const drawn *a, const drawn *b,
                     size_t rows) {
  return memcmp(a->x, b->x, rows * d->features * sizeof *a->x) == 0 &&
         memcmp(a->y, b->y, rows * sizeof *a->y) == 0 &&
         memcmp(a->truth, b->truth, rows * width_of(d) * sizeof *a->truth) ==
             0 &&
         memcmp(a->groups, b->groups, rows * sizeof *a->groups) == 0 &&
         memcmp(a->weights, b->weights, rows * sizeof *a->weights) == 0;
}

// More rows extend; a part is another draw.
static void test_extension(const neap *engine) {
  enum { FEWER = 4777 };
  for (size_t i = 0; i < CASES; i++) {
    neap_draw d = plan(i, &first);
    draw(engine, i, &d);
    d = plan(i, &second);
    d.rows = FEWER;
    draw(engine, i, &d);
    CHECK_SHOW(is_equal(&d, &first, &second, FEWER), "%s", cases[i].name);
    d.part = 1;
    draw(engine, i, &d);
    CHECK_SHOW(memcmp(first.x, second.x, FEWER * sizeof *first.x) != 0, "%s",
               cases[i].name);
  }
}

// Exact counts hold for the first n rows of any n; of anchors, for whole
// images.
static void check_exact(size_t i, const neap_draw *d, const double *shares) {
  double counts[MOST_CLASSES] = {0};
  const bool is_anchors = d->groups != NULL && find(cases[i].name)->has_groups;
  for (size_t row = 0; row < d->rows; row++) {
    counts[(size_t)((double *)d->y)[row]]++;
    if (is_anchors && (row + 1) % 100 != 0)
      continue;
    for (size_t c = 0; c < d->classes; c++) {
      CHECK_SHOW(fabs(counts[c] - (double)(row + 1) * shares[c]) <= 1,
                 "%s: row %zu: %g of class %zu", cases[i].name, row, counts[c],
                 c);
    }
  }
}

static void test_exact_labels(const neap *engine) {
  static const double shares[CASES][MOST_CLASSES] = {
      {0.8, 0.2},   {0.8, 0.2}, {0.8, 0.2},
      {0.8, 0.2},   {0.9, 0.1}, {0.5, 0.3, 0.2},
      {0.95, 0.05}, {0.5, 0.5}, {0.94, 0.06},
      {0.7, 0.3},   {0.7, 0.3}, {1. / 3, 1. / 3, 1. / 3},
      {0.5, 0.5},   {0},        {0.8, 0.2}};
  for (size_t i = 0; i < CASES; i++) {
    if (shares[i][0] == 0)  // labels that are flipped have no exact counts
      continue;
    neap_draw d = plan(i, &first);
    d.labels = NEAP_LABELS_EXACT;
    draw(engine, i, &d);
    check_exact(i, &d, shares[i]);
    if (!find(cases[i].name)->has_groups)
      check_truth(i, &d);
  }
}

// float32 rows are the float64 ones, rounded.
static void test_float32(const neap *engine) {
  static float x[NUMBERS], y[ROWS];
  for (size_t i = 0; i < CASES; i++) {
    neap_draw d = plan(i, &first);
    d.rows = 5000;
    draw(engine, i, &d);
    d = plan(i, &second);
    d.rows = 5000;
    d.dtype = NEAP_FLOAT32;
    d.x = x;
    d.y = y;
    draw(engine, i, &d);
    size_t different = 0;
    for (size_t row = 0; row < d.rows; row++)
      different += (double)y[row] != first.y[row];
    for (size_t k = 0; k < d.rows * d.features; k++)
      different += fabs((double)x[k] - first.x[k]) > 3e-7 * fabs(first.x[k]);
    CHECK_SHOW(different == 0, "%s: %zu", cases[i].name, different);
  }
}

// The same bits on every instruction set.
static void test_bits(const neap *engine) {
  static drawn kept[CASES];
  static bool has_first;
  for (size_t i = 0; i < CASES; i++) {
    neap_draw d = plan(i, has_first ? &first : &kept[i]);
    d.rows = 3000;
    draw(engine, i, &d);
    CHECK_SHOW(!has_first || is_equal(&d, &first, &kept[i], d.rows), "%s: %s",
               cases[i].name, neap_isa_name(engine->isa));
  }
  has_first = true;
}

// An allocator whose block number `left` is NULL, and that counts bytes.
typedef struct memory {
  size_t left, bytes;
} memory;

static void *allocate(void *data, void *block, size_t old, size_t size) {
  memory *m = data;
  if (size > 0 && m->left-- == 0)
    return NULL;
  m->bytes = m->bytes - (block != NULL ? old : 0) + size;
  if (size == 0) {
    free(block);
    return NULL;
  }
  return realloc(block, size);
}

// Whichever allocation fails, that is what a draw and a mixture say, and
// nothing is lost.
static void test_memory(void) {
  memory m = {.left = SIZE_MAX};
  const neap_host host = {.data = &m, .allocate = allocate};
  neap *engine = neap_new(&host, NULL);
  const size_t before = m.bytes;
  for (size_t i = 0; i < CASES; i++) {
    const neap_generator *g = find(cases[i].name);
    neap_draw d = plan(i, &first);
    d.rows = 300;
    neap_status status = NEAP_EMEMORY;
    for (size_t k = 0; status != NEAP_OK && k < 20; k++) {
      m.left = k;
      status = neap_draw_rows(engine, g, &d, NULL);
      CHECK_SHOW(status == NEAP_OK || status == NEAP_EMEMORY, "%s", g->name);
      CHECK_SHOW(m.bytes == before, "%s: %zu", g->name, m.bytes);
    }
    CHECK_SHOW(status == NEAP_OK, "%s", g->name);
    status = g->mixture == NULL ? NEAP_OK : NEAP_EMEMORY;
    for (size_t k = 0; status != NEAP_OK && k < 20; k++) {
      neap_mixture mixture;
      m.left = k;
      status = g->mixture(engine, &d, &mixture, NULL);
      if (status == NEAP_OK)
        neap_mixture_free(engine, &mixture);
      CHECK_SHOW(m.bytes == before, "%s: %zu", g->name, m.bytes);
    }
    CHECK_SHOW(status == NEAP_OK, "%s", g->name);
  }
  m.left = SIZE_MAX;
  neap_free(engine);
  CHECK(m.bytes == 0);
}

// Every row has a case, and ranges that its defaults keep.
static void test_list(void) {
  for (size_t i = 0; neap_generator_at(i) != NULL; i++) {
    const neap_generator *g = neap_generator_at(i);
    size_t count = 0;
    for (size_t c = 0; c < CASES; c++)
      count += strcmp(cases[c].name, g->name) == 0;
    CHECK_SHOW(count > 0, "%s", g->name);
    for (size_t k = 0; k < neap_parameter_count(g->parameters); k++) {
      const neap_parameter *p = &g->parameters[k];
      CHECK_SHOW(
          isnan(p->initial) || (p->initial >= p->low && p->initial <= p->high),
          "%s: %s", g->name, p->name);
      CHECK_SHOW(p->meaning != NULL, "%s: %s", g->name, p->name);
    }
  }
}

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  fill_factor();
  test_list();
  test_truth(engine);
  test_extension(engine);
  test_exact_labels(engine);
  test_float32(engine);
  neap_free(engine);
  test_memory();
  for_each_isa(test_bits);
  return check_result();
}
