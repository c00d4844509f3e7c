// dataset/gaussians.c -- two Gaussians of one covariance, one a class.
//
// x | y ~ N(+-delta / 2, S), delta' S^-1 delta = distance^2. The best logit is
// linear: log(prior / (1 - prior)) + delta' S^-1 x. So every margin loss has
// the same best ranking, whatever its parameters: a null. The area under its
// ROC curve is Phi(distance / sqrt 2), whatever S is.
//
// correlation: S has 1 on the diagonal and it elsewhere. condition: S has
// eigenvalues that fall geometrically from sqrt(condition) to its inverse, its
// eigenvectors are the cosines of DCT-II, and each of them carries the same
// share of the distance.
#include "dataset/gaussian_mixture.h"
#include "kernel/math.h"

enum { PRIOR, DISTANCE, CORRELATION, CONDITION };

enum { MOST_FEATURES = 1024 };  // of a covariance, which takes their square

// cos(pi j / 2n) of whole j, from the first quarter.
static double cosine_of(size_t j, size_t n) {
  j %= 4 * n;
  const size_t mirrored = j > 2 * n ? 4 * n - j : j;  // cos is even
  const size_t folded = mirrored > n ? 2 * n - mirrored : mirrored;
  // cos(pi/2 t) = sin(pi/2 (1 - t)); t in [0, 1/2] or [1/2, 1].
  const double t = (double)folded / (double)n;
  const double near = t <= 0.5 ? t : (double)(n - folded) / (double)n;
  const double value =
      t <= 0.5 ? cosine_tail(near * near) : near * sine_tail(near * near);
  return mirrored > n ? -value : value;
}

// Element j of eigenvector k of n.
static double vector_at(size_t k, size_t j, size_t n) {
  const double scale = k == 0 ? sqrt(1 / (double)n) : sqrt(2 / (double)n);
  return scale * cosine_of((2 * j + 1) * k, n);
}

// The square root of eigenvalue k of n: condition^(1/4 - k / (2 (n - 1))).
static double deviation_at(size_t k, size_t n, double condition) {
  const double at = n > 1 ? (double)k / (double)(n - 1) : 0.5;
  return neap_exp(neap_log(condition) * (0.25 - at / 2));
}

// |L^-1 x|. Of large conditions it is not quite what it was meant to be.
static double length_of(size_t n, const double *lower, const double *x,
                        double *solved) {
  double square = 0;
  for (size_t i = 0; i < n; i++) {
    double left = x[i];
    for (size_t k = 0; k < i; k++)
      left -= lower[i * n + k] * solved[k];
    solved[i] = left / lower[i * n + i];
    square += solved[i] * solved[i];
  }
  return sqrt(square);
}

static neap_status stretch_by_condition(double condition, double half,
                                        neap_mixture *m, neap_error *error) {
  const size_t n = m->features;
  double *lower = m->factors[0].lower, *delta = m->components[0].mean;
  double *vector = m->factors[0].turned;  // not needed yet
  for (size_t j = 0; j < n; j++)
    delta[j] = 0;
  for (size_t k = 0; k < n; k++) {
    const double deviation = deviation_at(k, n, condition);
    for (size_t i = 0; i < n; i++)
      vector[i] = deviation * vector_at(k, i, n);
    for (size_t i = 0; i < n; i++) {
      delta[i] += vector[i] * half / sqrt((double)n);
      for (size_t j = 0; j <= i; j++)
        lower[i * n + j] += vector[i] * vector[j];
    }
  }
  NEAP_TRY(neap_cholesky(n, lower, lower, error));
  const double lost = half / length_of(n, lower, delta, vector);
  for (size_t j = 0; j < n; j++) {
    delta[j] *= half > 0 ? lost : 1;
    m->components[1].mean[j] = -delta[j];
  }
  neap_factor_finish(n, &m->factors[0]);
  return NEAP_OK;
}

static neap_status stretch_by_correlation(double correlation, neap_mixture *m,
                                          neap_error *error) {
  const size_t n = m->features;
  double *lower = m->factors[0].lower;
  if (correlation * (double)(n - 1) <= -1) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "correlation is %g; of %zu features wanted a number above "
                     "%g",
                     correlation, n, -1 / (double)(n - 1));
  }
  for (size_t i = 0; i < n; i++) {
    for (size_t j = 0; j <= i; j++)
      lower[i * n + j] = i == j ? 1 : correlation;
  }
  NEAP_TRY(neap_cholesky(n, lower, lower, error));
  neap_factor_finish(n, &m->factors[0]);
  neap_mixture_stretch(m);
  return NEAP_OK;
}

static neap_status make(const neap *engine, const neap_draw *draw,
                        neap_mixture *m, neap_error *error) {
  const double *p = draw->params, half = p[DISTANCE] / 2;
  const bool is_round = p[CORRELATION] == 0 && p[CONDITION] == 1;
  if (p[CORRELATION] != 0 && p[CONDITION] != 1) {
    return neap_fail(error, NEAP_EARGUMENT,
                     "correlation is %g and condition %g; wanted one of them",
                     p[CORRELATION], p[CONDITION]);
  }
  if (!is_round && draw->features > MOST_FEATURES) {
    return neap_fail(
        error, NEAP_EARGUMENT,
        "features is %zu; with a correlation or a condition wanted "
        "at most %d",
        draw->features, MOST_FEATURES);
  }
  *m = (neap_mixture){.features = draw->features,
                      .classes = 2,
                      .count = 2,
                      .factor_count = 1,
                      .dense_count = !is_round};
  NEAP_TRY(neap_mixture_new(engine, m, error));
  m->priors[0] = 1 - p[PRIOR];
  m->priors[1] = p[PRIOR];
  m->components[0].class_index = 1;
  for (int c = 0; c < 2; c++) {
    m->components[c].weight = 1;
    neap_round_mean(m->features, c == 0 ? half : -half, 0,
                    m->components[c].mean);
  }
  neap_status status = NEAP_OK;
  if (p[CONDITION] != 1) {
    status = stretch_by_condition(p[CONDITION], half, m, error);
  } else if (!is_round) {
    status = stretch_by_correlation(p[CORRELATION], m, error);
  }
  if (status != NEAP_OK)
    neap_mixture_free(engine, m);
  return status;
}

static const neap_parameter parameter_rows[] = {
    {"prior", 0.5, 0, 1, .meaning = "probability of class 1"},
    {"distance", 2, 0, 1e6, .meaning = "Mahalanobis, between the means"},
    {"correlation", 0, -1, 0.999999,
     .meaning = "of any two features; deviations are 1", .open = 1},
    {"condition", 1, 1, 1e12,
     .meaning = "of the covariance: largest over smallest eigenvalue"},
    {0}};

const neap_generator neap_generator_gaussians = {
    .name = "gaussians",
    .summary = "two Gaussians of one covariance, one a class",
    .parameters = parameter_rows,
    .features = 16,
    .mixture = make,
};
