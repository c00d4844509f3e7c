// train/newton.c -- Newton's method on all rows, with the positive part of the
// Hessian, for linear models of two classes.
//
// A step solves H d = -g by Cholesky's factors and halves its length until the
// objective falls enough (Armijo 1966). H has the positive terms of the loss's
// second derivative alone, so d always goes down; for cross-entropy it is the
// Hessian itself. The first steps see float32, as those of lbfgs.
#include <float.h>
#include <math.h>
#include <string.h>

#include "dataset/dataset.h"
#include "train/train.h"

enum { TOLERANCE, MAX_ITERATIONS };
enum { TRIAL_MAX = 50 };

static const double sufficient_fall = 1e-4;

typedef struct search {
  bool started;
  bool renews;          // the point that is kept is evaluated in float64
  double value, slope;  // at x0, along d
  double rounding;      // the relative error of value
  double t;             // the trial that is being evaluated
  int trials;
} search;

typedef struct state {
  search *at;
  size_t count;
  double *x0, *d, *factor;  // [count], [count], [count][count]
} state;

static size_t state_bytes(size_t count, const double *options) {
  (void)options;
  return neap_aligned(sizeof(search)) +
         (2 * count + count * count) * sizeof(double);
}

static state state_of(void *memory, size_t count) {
  state k = {.at = memory, .count = count};
  k.x0 = (double *)((char *)memory + neap_aligned(sizeof(search)));
  k.d = k.x0 + count;
  k.factor = k.d + count;
  return k;
}

// Factors H + ridge I; false where it is not positive definite.
static bool factorise(size_t n, const double *hessian, double ridge,
                      double *factor) {
  neap_error error;
  memcpy(factor, hessian, n * n * sizeof *factor);
  for (size_t i = 0; i < n; i++)
    factor[i * n + i] += ridge;
  return neap_cholesky(n, factor, factor, &error) == NEAP_OK;
}

// Turns x into the solution of L L' d = x.
static void solve(size_t n, const double *factor, double *x) {
  for (size_t i = 0; i < n; i++) {
    for (size_t k = 0; k < i; k++)
      x[i] -= factor[i * n + k] * x[k];
    x[i] /= factor[i * n + i];
  }
  for (size_t i = n; i-- > 0;) {
    x[i] /= factor[i * n + i];
    for (size_t k = 0; k < i; k++)
      x[k] -= factor[i * n + k] * x[i];
  }
}

static double norm_of(size_t n, const double *x) {
  double square = 0;
  for (size_t i = 0; i < n; i++)
    square += x[i] * x[i];
  return sqrt(square);
}

static void go_to(state *k, double t, double *x) {
  k->at->t = t;
  for (size_t i = 0; i < k->count; i++)
    x[i] = k->x0[i] + t * k->d[i];
}

// Where H is singular, as along columns that are alike, a ridge of some of its
// rounding error makes it definite.
static bool find_direction(state *k, const neap_iterate *at) {
  const size_t n = k->count;
  double trace = 0;
  for (size_t i = 0; i < n; i++)
    trace += at->hessian[i * n + i];
  double ridge = 0;
  while (!factorise(n, at->hessian, ridge, k->factor)) {
    ridge = ridge > 0 ? 100 * ridge : 64 * DBL_EPSILON * trace;
    if (!(ridge < trace))
      return false;
  }
  k->at->slope = 0;
  for (size_t i = 0; i < n; i++)
    k->d[i] = -at->gradient[i];
  solve(n, k->factor, k->d);
  for (size_t i = 0; i < n; i++)
    k->at->slope += k->d[i] * at->gradient[i];
  return k->at->slope < 0;
}

static neap_fit_state finish(state *k, neap_fit_state result,
                             neap_iterate *at) {
  memcpy(at->x, k->x0, k->count * sizeof *k->x0);
  return result;
}

// Asks for the point that is kept in float64.
static neap_fit_state renew(state *k, neap_iterate *at) {
  k->at->renews = true;
  at->draft = false;
  return finish(k, NEAP_FIT_RUNNING, at);
}

// What follows a point that was kept.
static neap_fit_state go_on(state *k, const double *options, neap_iterate *at) {
  const double wanted = at->steps > 0 ? options[TOLERANCE] : 0;
  if (!at->draft && neap_has_converged(at, wanted))
    return NEAP_FIT_CONVERGED;
  if (at->steps >= (size_t)options[MAX_ITERATIONS] || !find_direction(k, at))
    return at->draft ? renew(k, at) : finish(k, NEAP_FIT_STOPPED, at);
  if (at->steps > 0 && neap_draft_ends(at, wanted))
    at->draft = false;
  go_to(k, 1, at->x);
  return NEAP_FIT_RUNNING;
}

// Keeps x, and goes on from there.
static neap_fit_state keep(state *k, const double *options, neap_iterate *at) {
  search *s = k->at;
  memcpy(k->x0, at->x, k->count * sizeof *k->x0);
  s->value = at->best_value = at->value;
  s->rounding = at->draft ? FLT_EPSILON : DBL_EPSILON;
  at->best_norm = norm_of(k->count, at->gradient);
  s->trials = 0;
  if (!isfinite(at->value) || !isfinite(at->best_norm))
    return at->draft ? renew(k, at) : NEAP_FIT_FAILED;
  if (!s->started) {
    s->started = true;
    at->first_norm = at->best_norm;
  } else if (!s->renews) {
    at->steps++;
  }
  s->renews = false;
  return go_on(k, options, at);
}

static neap_fit_state step(void *memory, size_t count, const double *options,
                           neap_iterate *at) {
  state k = state_of(memory, count);
  search *s = k.at;
  if (!s->started || s->renews)
    return keep(&k, options, at);
  const double noise = 4 * s->rounding * fabs(s->value);
  const bool falls = at->value <= s->value + sufficient_fall * s->t * s->slope;
  const bool is_close = at->value <= s->value + noise &&
                        norm_of(count, at->gradient) < at->best_norm;
  if (isfinite(at->value) && (falls || is_close))
    return keep(&k, options, at);
  s->trials++;
  if (at->draft && s->trials > NEAP_DRAFT_TRIAL_MAX)
    return renew(&k, at);
  if (s->trials > TRIAL_MAX)
    return finish(&k, NEAP_FIT_STOPPED, at);
  go_to(&k, s->t / 2, at->x);
  return NEAP_FIT_RUNNING;
}

static const double *kept(void *memory, size_t count, const double *options) {
  const state k = state_of(memory, count);
  (void)options;
  return k.at->started ? k.x0 : NULL;
}

static const neap_parameter parameter_rows[] = {
    {"tolerance", 1e-6, 0, 1,
     .meaning = "stops where the gradient norm fell by this"},
    {"max_iterations", 200, 1, 1e9, .meaning = "steps at most", .whole = 1},
    {0}};

const neap_optimizer neap_optimizer_newton = {
    .name = "newton",
    .summary = "Newton's method on all rows, by the positive part of H",
    .source = "Nocedal and Wright 2006, algorithm 3.2",
    .parameters = parameter_rows,
    .batches = false,
    .bends = true,
    .drafts = true,
    .precision = NEAP_FLOAT64,
    .state_bytes = state_bytes,
    .step = step,
    .kept = kept,
};
