// train/lbfgs.c -- limited-memory BFGS on all rows, one evaluation a step.
//
// Where there are the second moments M of the rows, the first guess of the
// Hessian is c M + l2, with c from the last step: s' y = c s' M s + l2 s' s. So
// columns may be scaled and correlated as they like. Else it is that of
// eq. 7.20.
//
// The first steps see float32, which halves their cost. From where the gradient
// gets near to what that can tell, or a search does not end soon, all is of
// float64.
//
// Each point keeps its own memory and line search; a step is given value and
// gradient at the point it asked for, and answers with the next one.
// Source: Nocedal and Wright 2006, Numerical Optimization, algorithms 7.4 and
// 7.5; line search 3.5 with the approximate Wolfe conditions of Hager and
// Zhang 2005 (SIAM J. Optim. 16(1), eq. 4.1), which hold where values differ
// by rounding only.
#include <float.h>
#include <math.h>
#include <string.h>

#include "train/dot.h"
#include "train/moments.h"
#include "train/train.h"

enum { TOLERANCE, MAX_ITERATIONS, MEMORY };
enum { TRIAL_MAX = 40 };
enum { SCRATCH_LINES = 3 };

static const double sufficient_fall = 1e-4, curvature = 0.9;

// A point on the line x0 + t d.
typedef struct trial {
  double t, value, slope;
} trial;

typedef struct search {
  bool started;
  bool renews;      // the point that is kept is being evaluated in float64
  double rounding;  // the relative error of the value that is kept
  trial zero;       // t = 0, the point that is kept
  trial low, high;  // low falls enough and still goes down; high does not
  bool has_high;
  double t;  // the trial that is being evaluated
  int trials;
  size_t stored, newest;  // pairs in memory; a ring
  size_t memory;
  double curvature;  // c; 0: not known
} search;

// The state: a search, then x0, g0, d, SCRATCH_LINES lines of scratch and the
// rings of s, y, rho, alpha.
typedef struct state {
  search *at;
  size_t count;
  const neap_moments *moments;  // or NULL
  double l2;
  double *x0, *g0, *d, *scratch, *s, *y, *rho, *alpha;
} state;

static size_t state_bytes(size_t count, const double *options) {
  const size_t memory = (size_t)options[MEMORY];
  const size_t doubles =
      3 * count + SCRATCH_LINES * neap_padded(count) + 2 * memory * (count + 1);
  return neap_aligned(sizeof(search)) + doubles * sizeof(double);
}

static state state_of(void *memory, size_t count, const double *options) {
  const size_t pairs = (size_t)options[MEMORY];
  state k = {.at = memory, .count = count};
  k.at->memory = pairs;
  k.x0 = (double *)((char *)memory + neap_aligned(sizeof(search)));
  k.g0 = k.x0 + count;
  k.d = k.g0 + count;
  k.scratch = k.d + count;
  k.s = k.scratch + SCRATCH_LINES * neap_padded(count);
  k.y = k.s + pairs * count;
  k.rho = k.y + pairs * count;
  k.alpha = k.rho + pairs;
  return k;
}

static void add(size_t count, double factor, const double *a, double *b) {
  for (size_t i = 0; i < count; i++)
    b[i] += factor * a[i];
}

// The position in the ring of the pair that is `age` steps old.
static size_t pair_of(const search *at, size_t age) {
  return (at->newest + at->memory - age) % at->memory;
}

// The parameters of one output.
static size_t width_of(const state *k) {
  return k->moments->features + 1;
}

// x = H0 x, the first guess of the inverse Hessian.
static void precondition(const state *k, double *x) {
  const search *at = k->at;
  const double c = at->curvature > 0 ? at->curvature : 1;
  for (size_t i = 0; k->moments != NULL && i < k->count; i += width_of(k))
    neap_moments_solve(k->moments, c, k->l2, x + i, k->scratch);
  if (k->moments != NULL || at->stored == 0)
    return;
  const double *y = k->y + at->newest * k->count;
  const double scale = 1 / (k->rho[at->newest] * neap_dot(k->count, y, y));
  for (size_t i = 0; i < k->count; i++)
    x[i] *= scale;
}

// c from the last step: with r = y - l2 s = c M s it is r' M^-1 r / s' r.
static void find_curvature(state *k, const double *s, const double *y) {
  double square = 0, bend = 0, *r = k->scratch;
  for (size_t i = 0; k->moments != NULL && i < k->count; i += width_of(k)) {
    const size_t n = k->moments->features;
    for (size_t j = 0; j <= n; j++)
      r[j] = y[i + j] - (j < n ? k->l2 * s[i + j] : 0);
    square +=
        neap_moments_inverse_square(k->moments, r, r + neap_padded(n + 1));
    bend += neap_dot(n + 1, s + i, r);
  }
  const double c = square / bend;
  if (c > 0 && isfinite(c))
    k->at->curvature = c;
}

// d = -H g by the two loops of algorithm 7.4.
static void find_direction(state *k) {
  const search *at = k->at;
  const size_t n = k->count;
  for (size_t i = 0; i < n; i++)
    k->d[i] = -k->g0[i];
  for (size_t age = 0; age < at->stored; age++) {
    const size_t p = pair_of(at, age);
    k->alpha[p] = k->rho[p] * neap_dot(n, k->s + p * n, k->d);
    add(n, -k->alpha[p], k->y + p * n, k->d);
  }
  precondition(k, k->d);
  for (size_t age = at->stored; age-- > 0;) {
    const size_t p = pair_of(at, age);
    const double beta = k->rho[p] * neap_dot(n, k->y + p * n, k->d);
    add(n, k->alpha[p] - beta, k->s + p * n, k->d);
  }
}

static void go_to(const state *k, double t, double *x) {
  k->at->t = t;
  for (size_t i = 0; i < k->count; i++)
    x[i] = k->x0[i] + t * k->d[i];
}

// Starts a search from x0 along a direction that goes down.
static void start_search(state *k, double *x) {
  search *at = k->at;
  find_direction(k);
  double slope = neap_dot(k->count, k->g0, k->d);
  if (!(slope < 0)) {
    at->stored = 0;
    find_direction(k);
    slope = neap_dot(k->count, k->g0, k->d);
  }
  at->zero = (trial){.value = at->zero.value, .slope = slope};
  at->low = at->zero;
  at->has_high = false;
  at->trials = 0;
  // Without memory d is -g, whose length says nothing about the step.
  const double length = sqrt(-slope);
  go_to(k, at->stored > 0 || length < 1 ? 1 : 1 / length, x);
}

// Remembers the step from x0 to x, unless it bends the wrong way.
static void remember(state *k, const double *x, const double *gradient) {
  search *at = k->at;
  const size_t n = k->count, p = (at->newest + 1) % at->memory;
  double *s = k->s + p * n, *y = k->y + p * n;
  for (size_t i = 0; i < n; i++) {
    s[i] = x[i] - k->x0[i];
    y[i] = gradient[i] - k->g0[i];
  }
  const double bend = neap_dot(n, s, y);
  if (!(bend > DBL_EPSILON * neap_dot(n, y, y)))
    return;
  find_curvature(k, s, y);
  k->rho[p] = 1 / bend;
  at->newest = p;
  if (at->stored < at->memory)
    at->stored++;
}

static void keep(state *k, double value, neap_iterate *at) {
  memcpy(k->x0, at->x, k->count * sizeof *k->x0);
  memcpy(k->g0, at->gradient, k->count * sizeof *k->g0);
  k->at->zero.value = value;
  k->at->rounding = at->draft ? FLT_EPSILON : DBL_EPSILON;
  at->best_value = value;
  at->best_norm = sqrt(neap_dot(k->count, k->g0, k->g0));
}

// What rounding may add to a value near that at 0.
static double noise_of(const search *at) {
  return 4 * at->rounding * fabs(at->zero.value);
}

static bool falls_enough(const search *at, const trial *now) {
  return now->value <=
         at->zero.value + sufficient_fall * now->t * at->zero.slope;
}

// Whether a trial ends the search: the strong Wolfe conditions, or the
// approximate ones where the value equals that at 0 but for rounding.
static bool is_good(const search *at, const trial *now) {
  const double slope0 = at->zero.slope;
  if (falls_enough(at, now) && fabs(now->slope) <= -curvature * slope0) {
    return true;
  }
  return now->value <= at->zero.value + noise_of(at) &&
         now->slope >= curvature * slope0 &&
         now->slope <= (2 * sufficient_fall - 1) * slope0;
}

// Whether the minimum lies further on: the line goes down here, and the value
// fell enough or is not to be told from that at 0.
static bool is_low(const search *at, const trial *now) {
  const bool is_close = fabs(now->value - at->zero.value) <= noise_of(at);
  return now->slope < 0 && (falls_enough(at, now) || is_close);
}

// Where a cubic through two trials has its minimum (eq. 3.59), kept off the
// ends of the interval.
static double between(const trial *a, const trial *b) {
  const double width = b->t - a->t;
  const double d1 = a->slope + b->slope - 3 * (b->value - a->value) / width;
  const double d2 = sqrt(d1 * d1 - a->slope * b->slope);
  const double t =
      b->t - width * (b->slope + d2 - d1) / (b->slope - a->slope + 2 * d2);
  if (!(t >= a->t + 0.1 * width))
    return a->t + 0.1 * width;
  if (!(t <= b->t - 0.1 * width))
    return b->t - 0.1 * width;
  return t;
}

// The next trial beyond low: where the slope, drawn on, would be 0, but at
// least twice and at most ten times as far.
static double beyond(const trial *before, const trial *now) {
  const double step = now->t - before->t;
  const double ratio = now->slope / (before->slope - now->slope);
  const double further = ratio > 0 ? ratio * step : INFINITY;
  return now->t + fmin(fmax(further, now->t), 9 * now->t);
}

static double next_trial(search *at, const trial *now) {
  if (isfinite(now->value) && is_low(at, now)) {
    const trial before = at->low;
    at->low = *now;
    if (!at->has_high)
      return beyond(&before, now);
  } else {
    at->high = *now;
    at->has_high = true;
  }
  if (!isfinite(at->high.value) || !isfinite(at->high.slope)) {
    return at->low.t + 0.1 * (at->high.t - at->low.t);
  }
  return between(&at->low, &at->high);
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
    return finish(k, NEAP_FIT_CONVERGED, at);
  if (at->steps >= (size_t)options[MAX_ITERATIONS])
    return at->draft ? renew(k, at) : finish(k, NEAP_FIT_STOPPED, at);
  if (at->steps > 0 && neap_draft_ends(at, wanted))
    at->draft = false;
  start_search(k, at->x);
  return NEAP_FIT_RUNNING;
}

// The first evaluation, of any kind, or the first in float64.
static neap_fit_state start(state *k, const double *options, neap_iterate *at) {
  search *s = k->at;
  const bool is_first = !s->started;
  s->started = true;
  s->renews = false;
  keep(k, at->value, at);
  if (is_first) {
    at->first_norm = at->best_norm;
    at->steps = 0;
  }
  if (isfinite(at->value) && isfinite(at->best_norm))
    return go_on(k, options, at);
  if (!at->draft)
    return NEAP_FIT_FAILED;
  s->started = false;
  return renew(k, at);
}

// A search that gets nowhere starts again without memory, once.
static neap_fit_state give_up(state *k, neap_iterate *at) {
  if (k->at->stored == 0)
    return finish(k, NEAP_FIT_STOPPED, at);
  k->at->stored = 0;
  start_search(k, at->x);
  return NEAP_FIT_RUNNING;
}

static neap_fit_state step(void *memory, size_t count, const double *options,
                           neap_iterate *at) {
  state k = state_of(memory, count, options);
  k.moments = at->moments;
  k.l2 = at->l2;
  if (!k.at->started || k.at->renews)
    return start(&k, options, at);
  const trial now = {.t = k.at->t,
                     .value = at->value,
                     .slope = neap_dot(count, at->gradient, k.d)};
  if (!is_good(k.at, &now)) {
    k.at->trials++;
    if (at->draft && k.at->trials > NEAP_DRAFT_TRIAL_MAX)
      return renew(&k, at);
    if (k.at->trials > TRIAL_MAX)
      return give_up(&k, at);
    go_to(&k, next_trial(k.at, &now), at->x);
    return NEAP_FIT_RUNNING;
  }
  remember(&k, at->x, at->gradient);
  keep(&k, at->value, at);
  at->steps++;
  return go_on(&k, options, at);
}

static const double *kept(void *memory, size_t count, const double *options) {
  const state k = state_of(memory, count, options);
  return k.at->started ? k.x0 : NULL;
}

static const neap_parameter parameter_rows[] = {
    {"tolerance", 1e-6, 0, 1,
     .meaning = "stops where the gradient norm fell by this"},
    {"max_iterations", 1000, 1, 1e9, .meaning = "steps at most", .whole = 1},
    {"memory", 10, 1, 100, .meaning = "pairs of steps remembered", .whole = 1},
    {0}};

const neap_optimizer neap_optimizer_lbfgs = {
    .name = "lbfgs",
    .summary = "limited-memory BFGS on all rows",
    .source = "Nocedal and Wright 2006, algorithm 7.5",
    .parameters = parameter_rows,
    .batches = false,
    .preconditions = true,
    .drafts = true,
    .precision = NEAP_FLOAT64,
    .state_bytes = state_bytes,
    .step = step,
    .kept = kept,
};
