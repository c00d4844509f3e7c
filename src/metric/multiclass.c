// metric/multiclass.c -- rows of k scores: each class against the others, each
// pair of classes, and what is summed over rows.
#include <math.h>

#include "metric/metric.h"

static double weight_of(const neap_class_rows *r, size_t row) {
  return r->weights != NULL ? r->weights[row] : 1;
}

static size_t largest_of(size_t count, const double *x) {
  size_t best = 0;
  for (size_t i = 1; i < count; i++) {
    if (x[i] > x[best])
      best = i;
  }
  return best;
}

// log sum exp of all but one.
static double others_of(size_t count, const double *z, size_t but) {
  double most = -INFINITY, sum = 0;
  for (size_t i = 0; i < count; i++)
    most = i != but ? fmax(most, z[i]) : most;
  if (isinf(most))
    return most;
  for (size_t i = 0; i < count; i++)
    sum += i != but ? exp(z[i] - most) : 0;
  return most + log(sum);
}

// log P / (1 - P) of all classes of a row of logits. The sum of all but one
// loses no digits where another is the largest.
static void margins_of(size_t count, const double *z, double *margins) {
  const size_t top = largest_of(count, z);
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    margins[i] = exp(z[i] - z[top]);
    sum += margins[i];
  }
  for (size_t i = 0; i < count; i++) {
    if (i != top)
      margins[i] = z[i] - z[top] - log(sum - margins[i]);
  }
  margins[top] = z[top] - others_of(count, z, top);
}

static double softplus(double x) {
  return x > 0 ? x + log1p(exp(-x)) : log1p(exp(x));
}

void neap_lift_classes(const neap_class_rows *r, neap_lift lift, double *out) {
  const size_t k = r->classes;
  double margins[NEAP_CLASS_MAX];
  for (size_t i = 0; i < r->rows; i++) {
    const double *scores = r->scores + i * k;
    if (!r->probabilities)
      margins_of(k, scores, margins);
    for (size_t c = 0; c < k; c++) {
      double score = r->probabilities ? scores[c] : margins[c];
      if (r->probabilities && lift == NEAP_LIFT_LOGIT)
        score = log(score) - log1p(-score);
      out[c * r->rows + i] = score;
    }
  }
}

void neap_confuse(const neap_class_rows *r, double *confusion) {
  const size_t k = r->classes;
  for (size_t i = 0; i < k * k; i++)
    confusion[i] = 0;
  for (size_t i = 0; i < r->rows; i++) {
    const size_t predicted = largest_of(k, r->scores + i * k);
    confusion[(size_t)r->targets[i] * k + predicted] += weight_of(r, i);
  }
}

double neap_class_log_loss(const neap_class_rows *r) {
  const size_t k = r->classes;
  double sum = 0;
  for (size_t i = 0; i < r->rows; i++) {
    const double *scores = r->scores + i * k;
    const size_t c = (size_t)r->targets[i];
    const double loss = r->probabilities
                            ? -log(scores[c])
                            : softplus(others_of(k, scores, c) - scores[c]);
    if (weight_of(r, i) > 0)
      sum += weight_of(r, i) * loss;
  }
  return sum;
}

double neap_class_brier(const neap_class_rows *r) {
  const size_t k = r->classes;
  double sum = 0;
  for (size_t i = 0; i < r->rows; i++) {
    const double *scores = r->scores + i * k;
    const double all = r->probabilities ? 0 : others_of(k, scores, k);
    double squares = 0;
    for (size_t c = 0; c < k; c++) {
      const double p = r->probabilities ? scores[c] : exp(scores[c] - all);
      const double error = p - (c == (size_t)r->targets[i]);
      squares += error * error;
    }
    sum += weight_of(r, i) * squares;
  }
  return sum;
}

double neap_class_top_k(const neap_class_rows *r, size_t k) {
  double sum = 0;
  for (size_t i = 0; i < r->rows; i++) {
    const double *scores = r->scores + i * r->classes;
    const double own = scores[r->targets[i]];
    size_t above = 0, beside = 0;
    for (size_t c = 0; c < r->classes; c++) {
      above += scores[c] > own;
      beside += scores[c] == own;
    }
    const double chance =
        above >= k ? 0 : fmin(1, (double)(k - above) / (double)beside);
    sum += weight_of(r, i) * chance;
  }
  return sum;
}

// --------------------------------------------------------- pairs of classes

typedef struct pairing {
  const neap_class_rows *rows;
  const double *columns;  // [classes][rows]
  double *areas;
  double *sums;       // [classes] of the rows' weights
  uint32_t *sorting;  // [workers][3 * rows]
} pairing;

static void pair_column(void *argument, size_t a, size_t worker) {
  const pairing *p = argument;
  const neap_class_rows *r = p->rows;
  const double *scores = p->columns + a * r->rows;
  uint32_t *order = p->sorting + worker * 3 * r->rows;
  double *areas = p->areas + a * r->classes, above = 0;
  neap_sort_descending(r->rows, scores, NEAP_FLOAT64, order, order + r->rows);
  for (size_t c = 0; c < r->classes; c++)
    areas[c] = 0;
  for (size_t start = 0, end = 0; start < r->rows; start = end) {
    double beside = 0;
    for (; end < r->rows && scores[order[end]] == scores[order[start]]; end++) {
      if ((size_t)r->targets[order[end]] == a)
        beside += weight_of(r, order[end]);
    }
    for (size_t i = start; i < end; i++) {
      areas[r->targets[order[i]]] +=
          weight_of(r, order[i]) * (above + beside / 2);
    }
    above += beside;
  }
  for (size_t c = 0; c < r->classes; c++)
    areas[c] = c == a ? NAN : areas[c] / (p->sums[a] * p->sums[c]);
}

neap_status neap_pair_areas(const neap *engine, const neap_class_rows *rows,
                            double *areas, neap_error *error) {
  const size_t numbers = rows->classes * rows->rows;
  const size_t words = 3 * rows->rows * engine->host.max_workers;
  neap_arena arena = {0};
  neap_arena_take(&arena, numbers + rows->classes, sizeof(double));
  neap_arena_take(&arena, words, sizeof(uint32_t));
  NEAP_TRY(neap_arena_new(engine, &arena, error));
  double *columns =
      neap_arena_take(&arena, numbers + rows->classes, sizeof(double));
  pairing p = {.rows = rows,
               .columns = columns,
               .areas = areas,
               .sums = columns + numbers,
               .sorting = neap_arena_take(&arena, words, sizeof(uint32_t))};
  neap_lift_classes(rows, NEAP_LIFT_RANK, columns);
  for (size_t i = 0; i < rows->rows; i++)
    p.sums[rows->targets[i]] += weight_of(rows, i);
  neap_parallel_for(engine, pair_column, &p, rows->classes);
  neap_arena_free(engine, &arena);
  return NEAP_OK;
}

// ------------------------------------------------------- inverse focal map

// log h(q) of the margin x = log q / (1 - q):
//   log q - g log(1 - q) - log(1 + g r), r = -q log q / (1 - q),
// where r rises from 0 to 1 with x.
static double log_h(double x, double gamma) {
  const double log_q = -softplus(-x), log_rest = -softplus(x);
  const double r = x > 700 ? 1 : exp(log_q - log_rest) * -log_q;
  return log_q - gamma * log_rest - log1p(gamma * r);
}

void neap_invert_focal(size_t rows, size_t classes, double gamma,
                       const double *class_weights, double *logits) {
  double margins[NEAP_CLASS_MAX];
  for (size_t i = 0; i < rows; i++) {
    double *z = logits + i * classes;
    margins_of(classes, z, margins);
    for (size_t c = 0; c < classes; c++) {
      const double weight = class_weights != NULL ? class_weights[c] : 1;
      z[c] = log_h(margins[c], gamma) - log(weight);
    }
  }
}
