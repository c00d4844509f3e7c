// dataset/curves.c -- two classes along curves of the plane, with noise.
//
// The density of a class is the mean of N(point, noise^2 I) over its curve. It
// is summed over nodes that lie so close that the rest is below rounding.
#include "dataset/curves.h"

#include "dataset/gaussian_mixture.h"
#include "dataset/quadrature.h"
#include "kernel/math.h"

enum { PIECE = 256 };

// e^-CUT beside 1 is nothing.
#define CUT 45.0

typedef struct nodes {
  size_t count;
  neap_curve_point *points;
  double *weights;  // they add up to 1
} nodes;

typedef struct drawing {
  const neap_draw *draw;
  const neap_curves *curves;
  const neap_kernels *kernels;
  nodes nodes[2];
  float *normals;   // [workers][PIECE][4]
  double *squares;  // [workers][the larger count of nodes]
  size_t most_nodes;
  neap_arena arena;
} drawing;

neap_curve_point neap_turned(double turns) {
  const double quarters = 4 * turns, rounded = floor(quarters + 0.5);
  const double rest = quarters - rounded;
  const double sine = rest * sine_tail(rest * rest);
  const double cosine = cosine_tail(rest * rest);
  switch ((int)rounded % 4) {
    case 0:
      return (neap_curve_point){cosine, sine};
    case 1:
      return (neap_curve_point){-sine, cosine};
    case 2:
      return (neap_curve_point){-cosine, -sine};
    default:
      return (neap_curve_point){sine, -cosine};
  }
}

// Nodes 0.6 deviations apart leave e^-54 of the sum around a closed curve;
// panels of 3 deviations leave less than that.
static size_t count_nodes(const neap_curves *c, uint32_t class_index) {
  const double deviations = c->length[class_index] / c->noise;
  if (c->rule == NEAP_RULE_OPEN)
    return NEAP_NODES * (size_t)(2 + deviations / 3);
  return 24 + (size_t)(deviations / 0.6);
}

static void fill_nodes(const drawing *d, uint32_t class_index) {
  const nodes *n = &d->nodes[class_index];
  for (size_t k = 0; k < n->count; k++) {
    double share = (double)k / (double)n->count;
    n->weights[k] = 1 / (double)n->count;
    if (d->curves->rule == NEAP_RULE_OPEN) {
      const double panels = (double)(n->count / NEAP_NODES);
      const double at = (neap_nodes[k % NEAP_NODES] + 1) / 2;
      share = ((double)(k / NEAP_NODES) + at) / panels;
      n->weights[k] = neap_node_weights[k % NEAP_NODES] / 2 / panels;
    }
    n->points[k] = d->curves->point(d->draw->params, class_index, share);
  }
}

static void lay_out(drawing *d, size_t workers) {
  for (int c = 0; c < 2; c++) {
    nodes *n = &d->nodes[c];
    n->points = neap_arena_take(&d->arena, n->count, sizeof *n->points);
    n->weights = neap_arena_take(&d->arena, n->count, sizeof *n->weights);
  }
  d->normals = neap_arena_take(&d->arena, workers * PIECE, 4 * sizeof(float));
  d->squares =
      neap_arena_take(&d->arena, workers * d->most_nodes, sizeof(double));
}

// The sum of a class's density as e^-*least times what is returned.
static double density(const drawing *d, const nodes *n, neap_curve_point at,
                      double *squares, double *least) {
  const double over = 0.5 / (d->curves->noise * d->curves->noise);
  double sum = 0;
  *least = INFINITY;
  for (size_t k = 0; k < n->count; k++) {
    const double x = at.x - n->points[k].x, y = at.y - n->points[k].y;
    squares[k] = (x * x + y * y) * over;
    *least = squares[k] < *least ? squares[k] : *least;
  }
  for (size_t k = 0; k < n->count; k++) {
    if (squares[k] - *least < CUT)
      sum += n->weights[k] * neap_exp(*least - squares[k]);
  }
  return sum;
}

static double truth_of(const drawing *d, neap_curve_point at, double *squares) {
  double least[2], part[2];
  for (int c = 0; c < 2; c++)
    part[c] = density(d, &d->nodes[c], at, squares, &least[c]);
  const double base = least[0] < least[1] ? least[0] : least[1];
  const double no =
      (1 - d->curves->prior) * part[0] * neap_exp(base - least[0]);
  const double yes = d->curves->prior * part[1] * neap_exp(base - least[1]);
  return d->curves->prior > 0 ? yes / (yes + no) : 0;
}

static void draw_row(const drawing *d, size_t row, const float *normal,
                     double *squares) {
  const neap_draw *draw = d->draw;
  const double priors[] = {1 - d->curves->prior, d->curves->prior};
  const uint64_t index = draw->first + row;
  const double label =
      neap_random_uniform(draw->seed, NEAP_STREAM_LABEL, draw->part, index);
  const uint32_t c = neap_label_of(draw->labels, 2, priors, index, label);
  neap_curve_point at = d->curves->point(
      draw->params, c,
      neap_random_uniform(draw->seed, NEAP_STREAM_POSITION, draw->part, index));
  neap_put(draw->x, draw->dtype, 2 * row,
           at.x + d->curves->noise * (double)normal[0]);
  neap_put(draw->x, draw->dtype, 2 * row + 1,
           at.y + d->curves->noise * (double)normal[1]);
  neap_put(draw->y, draw->dtype, row, c);
  at.x = neap_get(draw->x, draw->dtype, 2 * row);
  at.y = neap_get(draw->x, draw->dtype, 2 * row + 1);
  draw->truth[row] = truth_of(d, at, squares);
}

static void draw_piece(void *argument, size_t task, size_t worker) {
  const drawing *d = argument;
  const size_t first = task * PIECE, left = d->draw->rows - first;
  const size_t count = left < PIECE ? left : PIECE;
  float *normals = d->normals + worker * PIECE * 4;
  d->kernels->normals(d->draw->seed, NEAP_STREAM_FEATURE, d->draw->part,
                      d->draw->first + first, count, 4, normals);
  for (size_t i = 0; i < count; i++) {
    draw_row(d, first + i, normals + 4 * i,
             d->squares + worker * d->most_nodes);
  }
}

neap_status neap_draw_curves(const neap *engine, const neap_draw *draw,
                             const neap_curves *curves, neap_error *error) {
  drawing d = {.draw = draw,
               .curves = curves,
               .kernels = neap_kernels_of(engine, NEAP_FLOAT32)};
  for (uint32_t c = 0; c < 2; c++) {
    d.nodes[c].count = count_nodes(curves, c);
    if (d.nodes[c].count > d.most_nodes)
      d.most_nodes = d.nodes[c].count;
  }
  lay_out(&d, engine->host.max_workers);
  NEAP_TRY(neap_arena_new(engine, &d.arena, error));
  lay_out(&d, engine->host.max_workers);
  fill_nodes(&d, 0);
  fill_nodes(&d, 1);
  neap_parallel_for(engine, draw_piece, &d, (draw->rows + PIECE - 1) / PIECE);
  neap_arena_free(engine, &d.arena);
  return NEAP_OK;
}
