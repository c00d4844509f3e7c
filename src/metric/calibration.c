// metric/calibration.c -- the inverse focal map, and Platt's two numbers.
#include <float.h>
#include <math.h>

#include "metric/metric.h"

enum { ITERATION_MAX = 50 };

// Buffers of one worker: [rows] each, and the losses' scratch.
typedef struct space {
  double *s, *y, *z, *g, *h;
  void *scratch;
} space;

// Writes d loss / dx of all rows at one target.
static void evaluate_side(const neap_calibration *c, size_t rows, double target,
                          const double *x, double *y, double *gradient,
                          void *scratch) {
  for (size_t i = 0; i < rows; i++)
    y[i] = target;
  const neap_loss_call call = {.rows = rows,
                               .dtype = NEAP_FLOAT64,
                               .target_dtype = NEAP_FLOAT64,
                               .logits = x,
                               .targets = y,
                               .options = c->options,
                               .gradient = gradient,
                               .scratch = scratch};
  neap_loss_evaluate_unchecked(c->loss, &call);
}

// g of one score, from logarithms of the C library; NaN where a derivative is
// below the normal range, and so has lost digits.
static double link_of(const neap_calibration *c, double x, void *scratch) {
  double y, yes, no;
  evaluate_side(c, 1, 1, &x, &y, &yes, scratch);
  evaluate_side(c, 1, 0, &x, &y, &no, scratch);
  return no >= DBL_MIN && -yes >= DBL_MIN ? log(no) - log(-yes) : NAN;
}

bool neap_has_link(const neap_calibration *c, void *scratch) {
  return link_of(c, 0.25, scratch) > link_of(c, -0.25, scratch);
}

// g of a score so far out that a derivative is too small for a number. There
// log f' has become a straight line, which is drawn on from half-way in.
static double far_link(const neap_calibration *c, double x, void *scratch) {
  double near = x / 2, at = link_of(c, near, scratch);
  while (!isfinite(at) && fabs(near) > 1) {
    near /= 2;
    at = link_of(c, near, scratch);
  }
  const double slope = (at - link_of(c, near / 2, scratch)) / (near / 2);
  return isfinite(slope) ? at + (x - near) * slope : x;
}

// g of the scores in at->s, in place.
static void invert_link(const neap *engine, const neap_calibration *c,
                        size_t rows, space *at) {
  if (c->loss == NULL || !neap_has_link(c, at->scratch))
    return;
  const double log_of_least = log(DBL_MIN);
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT64);
  evaluate_side(c, rows, 1, at->s, at->y, at->g, at->scratch);
  evaluate_side(c, rows, 0, at->s, at->y, at->h, at->scratch);
  for (size_t i = 0; i < rows; i++)
    at->g[i] = -at->g[i];
  kernels->log(rows, at->g, at->g);
  kernels->log(rows, at->h, at->h);
  for (size_t i = 0; i < rows; i++) {
    const double g = at->h[i] - at->g[i];
    const bool is_far = !(fmin(at->g[i], at->h[i]) > log_of_least);
    at->s[i] = is_far ? far_link(c, at->s[i], at->scratch) : g;
  }
}

// One column's fit: s is g(x), y Platt's targets, z the logits a s + b, and
// the sums are what a step of Newton's needs.
typedef struct fit {
  const neap *engine;
  size_t rows;
  const double *weights;
  space at;
  double a, b;
  double value, ga, gb, haa, hab, hbb;
} fit;

static void evaluate(fit *f) {
  for (size_t i = 0; i < f->rows; i++)
    f->at.z[i] = f->a * f->at.s[i] + f->b;
  const neap_loss_call call = {.rows = f->rows,
                               .dtype = NEAP_FLOAT64,
                               .target_dtype = NEAP_FLOAT64,
                               .logits = f->at.z,
                               .targets = f->at.y,
                               .weights = f->weights,
                               .gradient = f->at.g,
                               .hessian = f->at.h,
                               .sum = &f->value};
  neap_loss_evaluate_unchecked(
      neap_loss_find(f->engine, "binary_cross_entropy"), &call);
  f->ga = f->gb = f->haa = f->hab = f->hbb = 0;
  for (size_t i = 0; i < f->rows; i++) {
    const double s = f->at.s[i];
    f->ga += f->at.g[i] * s;
    f->gb += f->at.g[i];
    f->haa += f->at.h[i] * s * s;
    f->hab += f->at.h[i] * s;
    f->hbb += f->at.h[i];
  }
}

// Halves the step until the value falls; returns whether it did.
static bool step(fit *f, double da, double db) {
  const double a = f->a, b = f->b, value = f->value;
  for (double t = 1; t > 1e-6; t /= 2) {
    f->a = a + t * da;
    f->b = b + t * db;
    evaluate(f);
    if (f->value < value)
      return true;
  }
  f->a = a;
  f->b = b;
  evaluate(f);
  return false;
}

// Newton's method on two numbers, with a ridge that keeps the matrix regular
// where all scores are equal.
static void run(fit *f) {
  evaluate(f);
  for (int i = 0; i < ITERATION_MAX; i++) {
    const double ridge = 1e-12 * (f->haa + f->hbb) + 1e-300;
    const double haa = f->haa + ridge, hbb = f->hbb + ridge;
    const double determinant = haa * hbb - f->hab * f->hab;
    const double da = -(hbb * f->ga - f->hab * f->gb) / determinant;
    const double db = -(haa * f->gb - f->hab * f->ga) / determinant;
    const double fall = -(da * f->ga + db * f->gb);
    if (!(fall > 1e-12 * f->value) || !step(f, da, db))
      return;
  }
}

static double mean_of(size_t count, const double *x) {
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += x[i] / (double)count;
  return sum;
}

static double deviation_of(size_t count, const double *x, double mean) {
  double sum = 0;
  for (size_t i = 0; i < count; i++)
    sum += (x[i] - mean) * (x[i] - mean) / (double)count;
  return sqrt(sum);
}

// Fits to scores of mean 0 and deviation 1, from a = 0 and the b of the
// classes' shares, as Platt starts: so neither the scores' place nor their
// size can spoil the fit.
static void run_standardised(fit *f, double *slope, double *intercept) {
  const double mean = mean_of(f->rows, f->at.s);
  const double deviation = deviation_of(f->rows, f->at.s, mean);
  const double scale = deviation > 0 ? 1 / deviation : 1;
  for (size_t i = 0; i < f->rows; i++)
    f->at.s[i] = (f->at.s[i] - mean) * scale;
  run(f);
  *slope = f->a * scale;
  *intercept = f->b - f->a * scale * mean;
}

typedef struct calibrating {
  const neap *engine;
  const neap_columns *columns;
  neap_calibration *fitted;       // of neap_calibrate
  const neap_calibration *given;  // of neap_apply_calibration
  double yes, no;                 // Platt's targets
  double share;                   // log odds of class 1
  double *out;
  double *spaces;  // [workers][5][rows]
  char *scratch;   // [workers][scratch_bytes]
  size_t scratch_bytes;
  neap_arena arena;
} calibrating;

// The most scratch that the loss of a column wants.
static size_t most_scratch(const calibrating *all) {
  const neap_calibration *list = all->fitted != NULL ? all->fitted : all->given;
  size_t most = 0;
  for (size_t c = 0; c < all->columns->columns; c++) {
    const neap_loss *loss = list[c].loss;
    const size_t bytes =
        loss != NULL ? neap_loss_scratch_bytes(loss, 1, NEAP_FLOAT64) : 0;
    most = bytes > most ? bytes : most;
  }
  return most;
}

static void lay_out(calibrating *all) {
  const size_t workers = all->engine->host.max_workers;
  const size_t doubles = workers * 5 * all->columns->rows;
  all->spaces = neap_arena_take(&all->arena, doubles, sizeof(double));
  all->scratch = neap_arena_take(&all->arena, workers * all->scratch_bytes, 1);
}

static neap_status start(calibrating *all, neap_error *error) {
  all->scratch_bytes = most_scratch(all);
  lay_out(all);
  NEAP_TRY(neap_arena_new(all->engine, &all->arena, error));
  lay_out(all);
  return NEAP_OK;
}

// A worker's buffers, with the mapped scores of a column in s.
static space load_column(const calibrating *all, const neap_calibration *k,
                         size_t column, size_t worker) {
  const neap_columns *c = all->columns;
  double *first = all->spaces + worker * 5 * c->rows;
  space at = {.s = first,
              .y = first + c->rows,
              .z = first + 2 * c->rows,
              .g = first + 3 * c->rows,
              .h = first + 4 * c->rows,
              .scratch = all->scratch + worker * all->scratch_bytes};
  for (size_t i = 0; i < c->rows; i++) {
    const size_t from = column * c->rows + i;
    at.s[i] = neap_get(c->scores, c->dtype, from);
  }
  invert_link(all->engine, k, c->rows, &at);
  return at;
}

static void fit_column(void *argument, size_t column, size_t worker) {
  const calibrating *all = argument;
  const neap_columns *c = all->columns;
  neap_calibration *calibration = &all->fitted[column];
  fit f = {.engine = all->engine,
           .rows = c->rows,
           .weights = c->weights,
           .at = load_column(all, calibration, column, worker),
           .b = all->share};
  for (size_t i = 0; i < c->rows; i++) {
    f.at.y[i] = c->targets[i] != 0 ? all->yes : all->no;
  }
  run_standardised(&f, &calibration->slope, &calibration->intercept);
}

neap_status neap_calibrate(const neap *engine, const neap_columns *columns,
                           neap_calibration *calibrations, neap_error *error) {
  calibrating all = {
      .engine = engine, .columns = columns, .fitted = calibrations};
  double positives = 0, negatives = 0;
  for (size_t i = 0; i < columns->rows; i++) {
    const double weight = columns->weights != NULL ? columns->weights[i] : 1;
    if (columns->targets[i] != 0)
      positives += weight;
    if (columns->targets[i] == 0)
      negatives += weight;
  }
  all.yes = (positives + 1) / (positives + 2);
  all.no = 1 / (negatives + 2);
  all.share = log((positives + 1) / (negatives + 1));
  NEAP_TRY(start(&all, error));
  neap_parallel_for(engine, fit_column, &all, columns->columns);
  neap_arena_free(engine, &all.arena);
  return NEAP_OK;
}

static void apply_column(void *argument, size_t column, size_t worker) {
  const calibrating *all = argument;
  const neap_calibration *k = &all->given[column];
  const space at = load_column(all, k, column, worker);
  double *out = all->out + column * all->columns->rows;
  for (size_t i = 0; i < all->columns->rows; i++) {
    out[i] = k->slope * at.s[i] + k->intercept;
  }
}

neap_status neap_apply_calibration(const neap *engine,
                                   const neap_columns *columns,
                                   const neap_calibration *calibrations,
                                   double *out, neap_error *error) {
  calibrating all = {
      .engine = engine, .columns = columns, .given = calibrations, .out = out};
  NEAP_TRY(start(&all, error));
  neap_parallel_for(engine, apply_column, &all, columns->columns);
  neap_arena_free(engine, &all.arena);
  return NEAP_OK;
}
