// dataset/neighbors.c -- the nearest rows of each row, and what they say of it.
#include <math.h>

#include "dataset/dataset.h"

// Rows whose distances are held at once, and rows that are compared with them
// while they are in the second-level cache.
enum { CHUNK = 512, QUERIES = 32 };

typedef struct search {
  const neap_kernels *kernels;
  size_t rows, features, stride;
  size_t k;
  double *columns;  // [features][stride]
  const int32_t *classes;
  double *query;        // [workers][QUERIES][features]
  double *distances;    // [workers][CHUNK]
  double *nearest;      // [workers][QUERIES][k]
  uint32_t *neighbors;  // [rows][k], nearest first
  double *padded;
  neap_arena arena;
} search;

static void lay_out(search *s, size_t workers) {
  neap_arena *a = &s->arena;
  s->columns = neap_arena_take(a, s->features * s->stride, sizeof(double));
  s->query =
      neap_arena_take(a, workers * QUERIES, s->features * sizeof(double));
  s->distances = neap_arena_take(a, workers * CHUNK, sizeof(double));
  s->nearest = neap_arena_take(a, workers * QUERIES, s->k * sizeof(double));
  s->neighbors = neap_arena_take(a, s->rows * s->k, sizeof(uint32_t));
  s->padded =
      neap_arena_take(a, NEAP_PAD * neap_padded(s->features), sizeof(double));
}

// Puts a row among the k nearest; of equal distances the first row counts.
static void insert(size_t k, double distance, uint32_t row, double *nearest,
                   uint32_t *neighbors) {
  size_t at = k - 1;
  for (; at > 0 && distance < nearest[at - 1]; at--) {
    nearest[at] = nearest[at - 1];
    neighbors[at] = neighbors[at - 1];
  }
  nearest[at] = distance;
  neighbors[at] = row;
}

static void compare_chunk(const search *s, size_t row, size_t first,
                          const double *query, double *distances,
                          double *nearest) {
  const size_t left = s->rows - first, count = left < CHUNK ? left : CHUNK;
  uint32_t *neighbors = s->neighbors + row * s->k;
  s->kernels->square_distances(s->features, neap_padded(count),
                               s->columns + first, s->stride, query, distances);
  for (size_t i = 0; i < count; i++) {
    if (distances[i] < nearest[s->k - 1] && first + i != row)
      insert(s->k, distances[i], (uint32_t)(first + i), nearest, neighbors);
  }
}

static void find_neighbors(void *argument, size_t task, size_t worker) {
  const search *s = argument;
  double *query = s->query + worker * QUERIES * s->features;
  double *distances = s->distances + worker * CHUNK;
  double *nearest = s->nearest + worker * QUERIES * s->k;
  const size_t start = task * QUERIES, left = s->rows - start;
  const size_t count = left < QUERIES ? left : QUERIES;
  for (size_t q = 0; q < count; q++) {
    for (size_t j = 0; j < s->features; j++)
      query[q * s->features + j] = s->columns[j * s->stride + start + q];
  }
  for (size_t i = 0; i < count * s->k; i++)
    nearest[i] = INFINITY;
  for (size_t first = 0; first < s->rows; first += CHUNK) {
    for (size_t q = 0; q < count; q++) {
      compare_chunk(s, start + q, first, query + q * s->features, distances,
                    nearest + q * s->k);
    }
  }
}

static size_t count_alike(const search *s, size_t row) {
  size_t count = 0;
  for (size_t i = 0; i < s->k; i++)
    count += s->classes[s->neighbors[row * s->k + i]] == s->classes[row];
  return count;
}

// Whether the only neighbor of its class of a row stands alone, too: it has no
// other neighbor of the class than the row.
static bool is_rare(const search *s, size_t row) {
  size_t other = row;
  for (size_t i = 0; i < s->k; i++) {
    const uint32_t neighbor = s->neighbors[row * s->k + i];
    if (s->classes[neighbor] == s->classes[row])
      other = neighbor;
  }
  for (size_t i = 0; i < s->k; i++) {
    const uint32_t neighbor = s->neighbors[other * s->k + i];
    if (s->classes[neighbor] == s->classes[row] && neighbor != row)
      return false;
  }
  return true;
}

static neap_type type_of(const search *s, size_t row) {
  const size_t alike = count_alike(s, row);
  const double share = (double)alike / (double)s->k;
  if (share > 0.7)
    return NEAP_TYPE_SAFE;
  if (share > 0.3 || (alike == 1 && !is_rare(s, row)))
    return NEAP_TYPE_BORDERLINE;
  return share > 0.1 ? NEAP_TYPE_RARE : NEAP_TYPE_OUTLIER;
}

neap_status neap_find_types(const neap *engine, const neap_rows *x, size_t rows,
                            const int32_t *classes, size_t k, int32_t *types,
                            neap_error *error) {
  search s = {.kernels = neap_kernels_of(engine, NEAP_FLOAT64),
              .rows = rows,
              .features = x->columns,
              .stride = neap_padded(rows),
              .k = k,
              .classes = classes};
  lay_out(&s, engine->host.max_workers);
  NEAP_TRY(neap_arena_new(engine, &s.arena, error));
  lay_out(&s, engine->host.max_workers);
  neap_rows from = *x;
  for (size_t i = 0; i < rows; i += NEAP_PAD) {
    const size_t left = rows - i;
    from.first = i;
    s.kernels->pack(left < NEAP_PAD ? left : NEAP_PAD, &from, s.padded,
                    (ptrdiff_t)neap_padded(s.features), s.columns + i,
                    (ptrdiff_t)s.stride);
  }
  neap_parallel_for(engine, find_neighbors, &s, (rows + QUERIES - 1) / QUERIES);
  for (size_t i = 0; i < rows; i++)
    types[i] = (int32_t)type_of(&s, i);
  neap_arena_free(engine, &s.arena);
  return NEAP_OK;
}
