// dataset/quadrature.c -- Gauss and Legendre's rule of 16 nodes, and the
// metrics of scores along a line.
//
// With g1 and g0 the densities of both classes times their priors, and T1 and
// T0 what of them lies above s:
//   AUC = int g1 (N - T0) ds / (P N),   P = T1(-inf), N = T0(-inf)
//   AP  = int g1 T1 / (T1 + T0) ds / P
//   F1  = 2 T1 / (P + T1 + T0), balanced accuracy = (T1 / P + 1 - T0 / N) / 2
#include "dataset/quadrature.h"

#include <math.h>

enum { FIRST_PANELS = 64, LAST_PANELS = 16384 };

// The roots of the Legendre polynomial P_16, and 2 / ((1 - x^2) P_16'(x)^2).
const double neap_nodes[NEAP_NODES] = {
    -0.98940093499164993260, -0.94457502307323257608, -0.86563120238783174388,
    -0.75540440835500303390, -0.61787624440264374845, -0.45801677765722738634,
    -0.28160355077925891323, -0.09501250983763744018, 0.09501250983763744018,
    0.28160355077925891323,  0.45801677765722738634,  0.61787624440264374845,
    0.75540440835500303390,  0.86563120238783174388,  0.94457502307323257608,
    0.98940093499164993260};
const double neap_node_weights[NEAP_NODES] = {
    0.02715245941175409485, 0.06225352393864789286, 0.09515851168249278481,
    0.12462897125553387205, 0.14959598881657673208, 0.16915651939500253819,
    0.18260341504492358887, 0.18945061045506849629, 0.18945061045506849629,
    0.18260341504492358887, 0.16915651939500253819, 0.14959598881657673208,
    0.12462897125553387205, 0.09515851168249278481, 0.06225352393864789286,
    0.02715245941175409485};

typedef struct solution {
  const neap_line *line;
  size_t panels;
  double width;                            // of half a panel
  double partial[NEAP_NODES][NEAP_NODES];  // from a node to the panel's end
  double *density[2];                      // [panels][NEAP_NODES]
  double *tail[2];  // [panels][NEAP_NODES]: what lies above a node
  double *end[2];   // [panels + 1]: what lies above a panel's start
  double *score;    // [panels][NEAP_NODES]
  neap_arena arena;
} solution;

// Legendre polynomials P_0 to P_NEAP_NODES at x.
static void legendre(double x, double *p) {
  p[0] = 1;
  p[1] = x;
  for (int k = 1; k < NEAP_NODES; k++)
    p[k + 1] = ((2 * k + 1) * x * p[k] - k * p[k - 1]) / (k + 1);
}

// The interpolant is sum_k a_k P_k, a_k = (2 k + 1) / 2 sum_j w_j P_k(x_j) f_j,
// and the integral of P_k from x to 1 is (P_(k-1)(x) - P_(k+1)(x)) / (2 k + 1).
static void find_partials(double partial[NEAP_NODES][NEAP_NODES]) {
  double at_node[NEAP_NODES][NEAP_NODES + 1];
  for (int j = 0; j < NEAP_NODES; j++)
    legendre(neap_nodes[j], at_node[j]);
  for (int i = 0; i < NEAP_NODES; i++) {
    for (int j = 0; j < NEAP_NODES; j++) {
      double sum = (1 - neap_nodes[i]) / 2;
      for (int k = 1; k < NEAP_NODES; k++) {
        sum += at_node[j][k] * (at_node[i][k - 1] - at_node[i][k + 1]) / 2;
      }
      partial[i][j] = neap_node_weights[j] * sum;
    }
  }
}

static void lay_out(solution *s) {
  const size_t count = s->panels * NEAP_NODES;
  for (int c = 0; c < 2; c++) {
    s->density[c] = neap_arena_take(&s->arena, count, sizeof(double));
    s->tail[c] = neap_arena_take(&s->arena, count, sizeof(double));
    s->end[c] = neap_arena_take(&s->arena, s->panels + 1, sizeof(double));
  }
  s->score = neap_arena_take(&s->arena, count, sizeof(double));
}

static double node_at(const solution *s, size_t panel, size_t node) {
  const double middle = s->line->low + (2 * (double)panel + 1) * s->width;
  return middle + s->width * neap_nodes[node];
}

static void tabulate(solution *s) {
  for (size_t p = s->panels; p-- > 0;) {
    const size_t first = p * NEAP_NODES;
    for (size_t i = 0; i < NEAP_NODES; i++) {
      double density[2];
      s->score[first + i] =
          s->line->at(s->line->context, node_at(s, p, i), density);
      s->density[0][first + i] = density[0];
      s->density[1][first + i] = density[1];
    }
    for (int c = 0; c < 2; c++) {
      const double *density = s->density[c] + first;
      double all = 0;
      for (int i = 0; i < NEAP_NODES; i++) {
        double above = 0;
        for (int j = 0; j < NEAP_NODES; j++)
          above += s->partial[i][j] * density[j];
        s->tail[c][first + (size_t)i] =
            s->end[c][p + 1] + s->width * fmax(above, 0);
        all += neap_node_weights[i] * density[i];
      }
      s->end[c][p] = s->end[c][p + 1] + s->width * all;
    }
  }
}

// What lies above any place.
static void tails_at(const solution *s, double place, double *tail) {
  double panel = floor((place - s->line->low) / (2 * s->width));
  panel = fmin(fmax(panel, 0), (double)(s->panels - 1));
  const double end = s->line->low + 2 * (panel + 1) * s->width;
  const double half = (end - place) / 2;
  for (int c = 0; c < 2; c++)
    tail[c] = s->end[c][(size_t)panel + 1];
  for (int i = 0; i < NEAP_NODES; i++) {
    double density[2];
    s->line->at(s->line->context, place + half * (neap_nodes[i] + 1), density);
    for (int c = 0; c < 2; c++)
      tail[c] += half * neap_node_weights[i] * density[c];
  }
}

// ------------------------------------------------------------- thresholds

typedef double objective(const solution *s, const double *tail);

static double f1_of(const solution *s, const double *tail) {
  return 2 * tail[1] / (s->end[1][0] + tail[1] + tail[0]);
}

static double balanced_of(const solution *s, const double *tail) {
  return (tail[1] / s->end[1][0] + 1 - tail[0] / s->end[0][0]) / 2;
}

static double value_at(const solution *s, objective *f, double place) {
  double tail[2];
  tails_at(s, place, tail);
  return f(s, tail);
}

// The largest value at a node, then golden sections between its neighbours
// (Kiefer 1953): Returns the value; writes the score there.
static double maximize(const solution *s, objective *f, double *threshold) {
  const double golden = 0.61803398874989484820;
  const size_t count = s->panels * NEAP_NODES;
  size_t best = 0;
  double most = -1;
  for (size_t i = 0; i < count; i++) {
    const double tail[] = {s->tail[0][i], s->tail[1][i]};
    if (f(s, tail) > most) {
      most = f(s, tail);
      best = i;
    }
  }
  const size_t before = best > 0 ? best - 1 : 0;
  const size_t after = best + 1 < count ? best + 1 : best;
  double low = node_at(s, before / NEAP_NODES, before % NEAP_NODES);
  double high = node_at(s, after / NEAP_NODES, after % NEAP_NODES);
  for (int step = 0; step < 60; step++) {
    const double left = high - golden * (high - low);
    const double right = low + golden * (high - low);
    if (value_at(s, f, left) < value_at(s, f, right)) {
      low = left;
    } else {
      high = right;
    }
  }
  double density[2];
  const double middle = low + (high - low) / 2;
  *threshold = s->line->at(s->line->context, middle, density);
  return fmax(most, value_at(s, f, middle));
}

// The place where the score passes 0.
static double find_zero(const solution *s) {
  double low = s->line->low, high = s->line->high, density[2];
  for (int step = 0; step < 200; step++) {
    const double middle = low + (high - low) / 2;
    if (s->line->at(s->line->context, middle, density) < 0) {
      low = middle;
    } else {
      high = middle;
    }
  }
  return high;
}

// ---------------------------------------------------------------- metrics

static double softplus(double x) {
  return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static void sum_node(const solution *s, size_t i, double weight,
                     neap_population *sum) {
  const double g0 = weight * s->density[0][i], g1 = weight * s->density[1][i];
  const double t0 = s->tail[0][i], t1 = s->tail[1][i], z = s->score[i];
  const double p = exp(-softplus(-z)), q = exp(-softplus(z));
  sum->roc_auc += g1 * (s->end[0][0] - t0);
  sum->average_precision += t1 > 0 ? g1 * t1 / (t1 + t0) : 0;
  sum->log_loss += g1 > 0 ? g1 * softplus(-z) : 0;
  sum->log_loss += g0 > 0 ? g0 * softplus(z) : 0;
  sum->brier += g1 * q * q + g0 * p * p;
  sum->calibration_error += fabs(g1 * q - g0 * p);
}

static void measure(const solution *s, neap_population *population) {
  neap_population sum = {0};
  for (size_t i = 0; i < s->panels * NEAP_NODES; i++)
    sum_node(s, i, s->width * neap_node_weights[i % NEAP_NODES], &sum);
  sum.roc_auc /= s->end[1][0] * s->end[0][0];
  sum.average_precision /= s->end[1][0];
  sum.f1 = value_at(s, f1_of, find_zero(s));
  sum.f1_tuned = maximize(s, f1_of, &sum.f1_threshold);
  sum.balanced_accuracy = maximize(s, balanced_of, &sum.balanced_threshold);
  *population = sum;
}

static bool is_near(double a, double b) {
  return fabs(a - b) <= 1e-11 * fabs(b) + 1e-15;
}

static bool has_settled(const neap_population *a, const neap_population *b) {
  return is_near(a->roc_auc, b->roc_auc) &&
         is_near(a->average_precision, b->average_precision) &&
         is_near(a->log_loss, b->log_loss) && is_near(a->brier, b->brier) &&
         is_near(a->f1, b->f1) && is_near(a->f1_tuned, b->f1_tuned) &&
         is_near(a->balanced_accuracy, b->balanced_accuracy) &&
         // It has a kink wherever a score is right by chance.
         fabs(a->calibration_error - b->calibration_error) < 1e-7;
}

static neap_status solve_with(const neap *engine, size_t panels, solution *s,
                              neap_population *population, neap_error *error) {
  s->panels = panels;
  s->width = (s->line->high - s->line->low) / (double)panels / 2;
  s->arena = (neap_arena){0};
  lay_out(s);
  NEAP_TRY(neap_arena_new(engine, &s->arena, error));
  lay_out(s);
  tabulate(s);
  measure(s, population);
  neap_arena_free(engine, &s->arena);
  return NEAP_OK;
}

neap_status neap_line_solve(const neap *engine, const neap_line *line,
                            neap_population *population, neap_error *error) {
  solution s = {.line = line};
  neap_population last = {0}, next;
  find_partials(s.partial);
  if (!(line->prior > 0 && line->prior < 1)) {
    return neap_fail(error, NEAP_EDATA,
                     "the prior is %g; both classes must be there",
                     line->prior);
  }
  for (size_t panels = FIRST_PANELS; panels <= LAST_PANELS; panels *= 2) {
    NEAP_TRY(solve_with(engine, panels, &s, &next, error));
    if (panels > FIRST_PANELS && has_settled(&last, &next)) {
      *population = next;
      return NEAP_OK;
    }
    last = next;
  }
  return neap_fail(error, NEAP_EDATA,
                   "%d panels are too few: scores from %g to %g are too far "
                   "apart for their shape",
                   LAST_PANELS, line->low, line->high);
}
