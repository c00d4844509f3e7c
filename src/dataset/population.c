// dataset/population.c -- scores whose distribution is known, along a line.
#include <math.h>

#include "dataset/logistic.h"
#include "dataset/quadrature.h"

#define ROOT_2_PI 2.50662827463100050242
// Normal numbers beyond this many deviations are none: 1.5e-23.
#define REACH 10.0
// Log odds that reach further are all 0 or 1, and would take too long.
#define WIDEST 1e5

static double log_odds(double prior) {
  return log(prior) - log1p(-prior);
}

static double sigmoid(double z) {
  return z < 0 ? exp(z) / (1 + exp(z)) : 1 / (1 + exp(-z));
}

// ------------------------------------------------- mixtures of normal numbers

typedef struct scores {
  const neap_score_term *terms;
  size_t count;
} scores;

static double scores_at(const void *context, double s, double *density) {
  const scores *all = context;
  density[0] = density[1] = 0;
  for (size_t t = 0; t < all->count; t++) {
    const neap_score_term *term = &all->terms[t];
    const double u = (s - term->mean) / term->deviation;
    density[term->class_index] +=
        term->weight * exp(-u * u / 2) / (ROOT_2_PI * term->deviation);
  }
  return s;
}

neap_status neap_population_of_scores(const neap *engine,
                                      const neap_score_term *terms,
                                      size_t count, neap_population *population,
                                      neap_error *error) {
  const scores all = {.terms = terms, .count = count};
  neap_line line = {
      .low = INFINITY, .high = -INFINITY, .context = &all, .at = scores_at};
  for (size_t t = 0; t < count; t++) {
    const double reach = REACH * terms[t].deviation;
    line.low = fmin(line.low, terms[t].mean - reach);
    line.high = fmax(line.high, terms[t].mean + reach);
    line.prior += terms[t].class_index == 1 ? terms[t].weight : 0;
  }
  return neap_line_solve(engine, &line, population, error);
}

// ---------------------------------------------------------------- logistic

typedef struct logistic {
  double intercept, slope;
} logistic;

// Along u ~ N(0, 1).
static double logistic_at(const void *context, double u, double *density) {
  const logistic *l = context;
  const double z = l->intercept + l->slope * u;
  const double normal = exp(-u * u / 2) / ROOT_2_PI;
  density[0] = normal * sigmoid(-z);
  density[1] = normal * sigmoid(z);
  return z;
}

neap_status neap_population_of_logistic(const neap *engine, double prior,
                                        double slope,
                                        neap_population *population,
                                        neap_error *error) {
  const logistic l = {.intercept = neap_logistic_intercept(prior, slope),
                      .slope = slope};
  // Positives are at most the density moved up by the slope.
  const neap_line line = {.low = -REACH - fmin(slope, REACH),
                          .high = REACH + fmin(slope, REACH),
                          .prior = prior,
                          .context = &l,
                          .at = logistic_at};
  return neap_line_solve(engine, &line, population, error);
}

// ----------------------------------------------------------------- circles

typedef struct circles {
  double prior, noise, factor;
} circles;

// log(e^-t I_0(t)), t >= 0: the power series, or the asymptotic one, whose
// terms shrink until e^-2t (Abramowitz and Stegun 1964, 9.6.10 and 9.7.1).
static double log_bessel(double t) {
  double term = 1, sum = 1;
  if (t < 20) {
    for (int k = 1; term > 1e-18 * sum; k++) {
      term *= t * t / (4.0 * k * k);
      sum += term;
    }
    return log(sum) - t;
  }
  for (int k = 1; k < 40 && fabs(term) > 1e-18; k++) {
    const double odd = 2 * k - 1;
    term *= odd * odd / (8 * t * k);
    sum += term;
  }
  return log(sum) - log(ROOT_2_PI * sqrt(t));
}

// The log of the density of the distance r from 0 is log(r / noise^2) plus
//   -(r - R)^2 / (2 noise^2) + log(e^-t I_0(t)), t = r R / noise^2.
static double log_ring(const circles *c, double r, double radius) {
  const double gap = (r - radius) / c->noise;
  return log_bessel(r / c->noise * (radius / c->noise)) - gap * gap / 2;
}

// Along -r, on which the logit rises.
static double circles_at(const void *context, double s, double *density) {
  const circles *c = context;
  const double r = -s;
  const double outer = log_ring(c, r, 1), inner = log_ring(c, r, c->factor);
  const double scale = r / c->noise / c->noise;
  density[0] = (1 - c->prior) * scale * exp(outer);
  density[1] = c->prior * scale * exp(inner);
  return log_odds(c->prior) + inner - outer;
}

neap_status neap_population_of_circles(const neap *engine, double prior,
                                       double noise, double factor,
                                       neap_population *population,
                                       neap_error *error) {
  const circles c = {.prior = prior, .noise = noise, .factor = factor};
  const double most = 1 + (REACH + 1) * noise;
  const double least = fmax(factor - (REACH + 1) * noise, 0);
  const neap_line line = {.low = -most,
                          .high = -least,
                          .prior = prior,
                          .context = &c,
                          .at = circles_at};
  return neap_line_solve(engine, &line, population, error);
}

// ------------------------------------------------------------------- wedge
//
// With x the place relative to the single Gaussian, the log of its density over
// the other class's is v with
//   e^-v = sum_c w_c exp(a_c x - |a_c|^2 / 2).
// Let q be the first term's share of the sum, u = log(q / (1 - q)). Then both
// terms are known from (v, u), and so is x, with the Jacobian
// |d x / d (v, u)| = 1 / (|a_1| beta), beta the part of a_2 across a_1. So the
// density of v is an integral over u of a smooth function that dies out on both
// sides, for which the trapezoid rule is exact to rounding.

typedef struct wedge {
  double prior;
  uint32_t single;
  double length, along, across;  // |a_1|, and the parts of a_2
  double shift[2];               // |a_c|^2 / 2 - log w_c
} wedge;

static double softplus(double x) {
  return fmax(x, 0) + log1p(exp(-fabs(x)));
}

// The u at which softplus(u) is y > 0.
static double inverse_softplus(double y) {
  return y > 40 ? y : log(expm1(y));
}

static double wedge_density(const wedge *w, double v) {
  // |x| and |y| below REACH bound softplus(-u) and softplus(u).
  const double of_x = w->shift[0] - v, wide_x = REACH * w->length;
  const double of_y = w->shift[1] - v;
  const double wide_y = REACH * (fabs(w->across) + fabs(w->along));
  if (of_x + wide_x <= 0 || of_y + wide_y <= 0)
    return 0;
  double low = -inverse_softplus(of_x + wide_x);
  double high = inverse_softplus(of_y + wide_y);
  if (of_x - wide_x > 0)
    high = fmin(high, -inverse_softplus(of_x - wide_x));
  if (of_y - wide_y > 0)
    low = fmax(low, inverse_softplus(of_y - wide_y));
  const double step = fmin(0.5, fmin(w->length, fabs(w->across)) / 2);
  double sum = 0;
  for (double k = floor(low / step); k * step <= high + step; k++) {
    const double u = k * step;
    const double x = (w->shift[0] - v - softplus(-u)) / w->length;
    const double y = (w->shift[1] - v - softplus(u) - w->along * x) / w->across;
    sum += exp(-(x * x + y * y) / 2);
  }
  return sum * step / (ROOT_2_PI * ROOT_2_PI * w->length * fabs(w->across));
}

static double wedge_at(const void *context, double s, double *density) {
  const wedge *w = context;
  const double v = w->single == 1 ? s : -s;
  const double single = wedge_density(w, v);
  const double priors[] = {1 - w->prior, w->prior};
  density[w->single] = priors[w->single] * single;
  density[1 - w->single] = priors[1 - w->single] * single * exp(-v);
  return log_odds(w->prior) + s;
}

// The least and most of v around a place at which a_c x is dot[c].
static void widen(const wedge *w, double length2, const double *dot,
                  double *least, double *most) {
  const double length[] = {w->length, length2};
  double highest = -INFINITY, surest = -INFINITY;
  for (int c = 0; c < 2; c++) {
    const double middle = dot[c] - w->shift[c];
    highest = fmax(highest, middle + REACH * length[c]);
    surest = fmax(surest, middle - REACH * length[c]);
  }
  *least = fmin(*least, -highest - log(2));
  *most = fmax(*most, -surest);
}

neap_status neap_population_of_wedge(const neap *engine,
                                     const neap_wedge *wedge_,
                                     neap_population *population,
                                     neap_error *error) {
  const double(*a)[2] = wedge_->a;
  const double length = hypot(a[0][0], a[0][1]);
  const double length2 = hypot(a[1][0], a[1][1]);
  const double dot = a[0][0] * a[1][0] + a[0][1] * a[1][1];
  const double cross = a[0][0] * a[1][1] - a[0][1] * a[1][0];
  const wedge w = {.prior = wedge_->prior,
                   .single = wedge_->single,
                   .length = length,
                   .along = dot / length,
                   .across = cross / length,
                   .shift = {length * length / 2 - log(wedge_->weight[0]),
                             length2 * length2 / 2 - log(wedge_->weight[1])}};
  double least = INFINITY, most = -INFINITY;
  widen(&w, length2, (const double[]){0, 0}, &least, &most);
  widen(&w, length2, (const double[]){length * length, dot}, &least, &most);
  widen(&w, length2, (const double[]){dot, length2 * length2}, &least, &most);
  if (!(most - least < WIDEST)) {
    return neap_fail(error, NEAP_EDATA,
                     "the Gaussians are too far apart: their log odds reach "
                     "from %g to %g",
                     least, most);
  }
  const bool rises = w.single == 1;
  const neap_line line = {.low = rises ? least : -most,
                          .high = rises ? most : -least,
                          .prior = w.prior,
                          .context = &w,
                          .at = wedge_at};
  return neap_line_solve(engine, &line, population, error);
}
