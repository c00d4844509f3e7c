// dataset/covariance.c -- mixtures of Gaussians: memory, means, covariances.
#include "dataset/gaussian_mixture.h"
#include "kernel/math.h"

static void lay_out(neap_mixture *m) {
  neap_arena *a = &m->arena;
  m->priors = neap_arena_take(a, m->classes, sizeof *m->priors);
  m->components = neap_arena_take(a, m->count, sizeof *m->components);
  m->factors = neap_arena_take(a, m->factor_count, sizeof *m->factors);
  double *means = neap_arena_take(a, m->count, m->features * sizeof *means);
  for (size_t c = 0; means != NULL && c < m->count; c++) {
    m->components[c].mean = means + c * m->features;
  }
  for (size_t f = 0; f < m->dense_count; f++) {
    const size_t square = m->features * m->features;
    double *lower = neap_arena_take(a, square, sizeof *lower);
    double *turned = neap_arena_take(a, square, sizeof *turned);
    if (lower == NULL)
      continue;
    m->factors[f].lower = lower;
    m->factors[f].turned = turned;
  }
}

neap_status neap_mixture_new(const neap *engine, neap_mixture *mixture,
                             neap_error *error) {
  mixture->arena = (neap_arena){0};
  lay_out(mixture);
  NEAP_TRY(neap_arena_new(engine, &mixture->arena, error));
  lay_out(mixture);
  for (size_t f = 0; f < mixture->factor_count; f++)
    mixture->factors[f].scale = 1;
  return NEAP_OK;
}

void neap_mixture_free(const neap *engine, neap_mixture *mixture) {
  neap_arena_free(engine, &mixture->arena);
  *mixture = (neap_mixture){0};
}

void neap_round_mean(size_t features, double along, double across,
                     double *mean) {
  const double u = along / sqrt((double)features);
  const size_t paired = features - features % 2;
  const double v = paired > 0 ? across / sqrt((double)paired) : 0;
  for (size_t j = 0; j < features; j++)
    mean[j] = j % 2 == 0 ? u + v : u - v;
  if (features % 2 == 1)
    mean[features - 1] = u;
}

neap_status neap_round_mixture(const neap *engine, size_t features,
                               double prior, const neap_round_term *terms,
                               size_t count, neap_mixture *mixture,
                               neap_error *error) {
  *mixture = (neap_mixture){
      .features = features, .classes = 2, .count = count, .factor_count = 1};
  NEAP_TRY(neap_mixture_new(engine, mixture, error));
  mixture->priors[0] = 1 - prior;
  mixture->priors[1] = prior;
  for (size_t c = 0; c < count; c++) {
    neap_component *component = &mixture->components[c];
    component->class_index = terms[c].class_index;
    component->weight = terms[c].weight;
    neap_round_mean(features, terms[c].along, terms[c].across, component->mean);
  }
  return NEAP_OK;
}

// Cholesky and Banachiewicz: row by row.
neap_status neap_cholesky(size_t features, const double *covariance,
                          double *lower, neap_error *error) {
  for (size_t i = 0; i < features; i++) {
    double *row = lower + i * features;
    for (size_t j = 0; j <= i; j++) {
      const double *other = lower + j * features;
      double left = covariance[i * features + j];
      for (size_t k = 0; k < j; k++)
        left -= row[k] * other[k];
      if (j < i) {
        row[j] = left / other[j];
      } else if (left > 0 && left < INFINITY) {
        row[i] = sqrt(left);
      } else {
        return neap_fail(error, NEAP_EDATA,
                         "the covariance is not positive definite: its leading "
                         "%zu x %zu block has a pivot of %g",
                         i + 1, i + 1, left);
      }
    }
    for (size_t j = i + 1; j < features; j++)
      row[j] = 0;
  }
  return NEAP_OK;
}

void neap_factor_finish(size_t features, neap_factor *factor) {
  factor->log_determinant = 0;
  for (size_t i = 0; i < features; i++) {
    for (size_t j = 0; j < features; j++)
      factor->turned[j * features + i] = factor->lower[i * features + j];
    factor->log_determinant += neap_log(factor->lower[i * features + i]);
  }
}

void neap_mixture_stretch(neap_mixture *mixture) {
  const size_t features = mixture->features;
  const double *lower = mixture->factors[0].lower;
  for (size_t c = 0; c < mixture->count; c++) {
    double *mean = mixture->components[c].mean;
    for (size_t i = features; i-- > 0;) {
      double sum = 0;
      for (size_t j = 0; j <= i; j++)
        sum += lower[i * features + j] * mean[j];
      mean[i] = sum;
    }
  }
}
