// dataset/dataset.h -- data with known truth, CSV, splits, standardisation.
#ifndef NEAP_DATASET_H
#define NEAP_DATASET_H

#include "dataset/files.h"
#include "kernel/kernel.h"

// ------------------------------------------------------------- generators
//
// A generator is one file and one row in generators.def. Row i of a data set
// is a pure function of (seed, part, i): more rows extend it, and the same
// seed gives the same bits on every machine.

// How the classes of a drawn data set are found.
typedef enum neap_labels {
  NEAP_LABELS_INDEPENDENT,  // each row is positive with probability prior
  NEAP_LABELS_EXACT,        // of the first n rows floor(n prior + 1/2) are
} neap_labels;

typedef struct neap_draw {
  size_t rows, features;
  uint64_t seed;
  uint32_t part;  // tells training rows (0) from test rows (1)
  neap_labels labels;
  const double *params;  // in the generator's order
  neap_dtype dtype;      // of x and y: float64 or float32
  void *x;               // out [rows][features]
  void *y;               // out [rows]: 0 or 1
  double *truth;         // out [rows]: P(y = 1 | x)
} neap_draw;

typedef struct neap_generator {
  const char *name;
  const char *summary;
  neap_parameter parameters[NEAP_PARAMETER_MAX];  // ends where name is NULL
  size_t features;                                // unless asked
  // Fails only for lack of memory.
  neap_status (*draw)(const neap *engine, const neap_draw *draw,
                      neap_error *error);
} neap_generator;

// Returns the generator at a position of the list, or NULL beyond its end.
const neap_generator *neap_generator_at(size_t position);

// Returns a seed for a purpose: distinct indices give unrelated seeds, all of
// them whole numbers below 2^53, which Lua and JSON keep exactly.
uint64_t neap_seed_of(uint64_t seed, uint64_t index);

// ------------------------------------------------------ splits and columns

// Deals the rows of each class into folds at random, so that the folds of a
// class differ by at most one row, and so do the folds.
//
// classes  [rows] class indices below class_count
// folds    >= 2
// fold     out [rows]: 0 to folds - 1
//   NEAP_EDATA    a class has fewer rows than there are folds
//   NEAP_EMEMORY  no memory
neap_status neap_deal_folds(const neap *engine, size_t rows,
                            const int32_t *classes, size_t class_count,
                            size_t folds, uint64_t seed, uint32_t *fold,
                            neap_error *error);

// Marks a share of each class at random: 1 in the share, else 0.
//
// share  in (0, 1); of c rows of a class floor(c share + 1/2) are marked
//   NEAP_EDATA  a class would have no row on one side
neap_status neap_mark_share(const neap *engine, size_t rows,
                            const int32_t *classes, size_t class_count,
                            double share, uint64_t seed, uint32_t *marked,
                            neap_error *error);

// Deals whole groups into bins, so that each bin gets about its share of the
// rows and of every class: groups in falling size, in random order where
// equal, each to the bin where the sum over bins and classes of
// share (rows / (share * rows of the class))^2 grows least.
//
// groups  [rows] group indices below group_count
// shares  [bins] above 0, in sum 1; bins >= 2
// bin     out [rows]: 0 to bins - 1
//   NEAP_EDATA    a class has fewer groups than there are bins, or a bin is
//                 left without a class
//   NEAP_EMEMORY  no memory
neap_status neap_deal_groups(const neap *engine, size_t rows,
                             const int32_t *classes, size_t class_count,
                             const int32_t *groups, size_t group_count,
                             const double *shares, size_t bins, uint64_t seed,
                             uint32_t *bin, neap_error *error);

// Writes an order of the rows of which every beginning has the shares of the
// classes, as near as whole rows come: row i of the c of a class, in random
// order, comes at (i + 1/2) / c.
//   NEAP_EMEMORY  no memory
neap_status neap_nest_rows(const neap *engine, size_t rows,
                           const int32_t *classes, size_t class_count,
                           uint64_t seed, uint32_t *order, neap_error *error);

// Writes the order that sorts keys upwards, equal keys in their own order.
// keys: [rows], no NaN.
//   NEAP_EMEMORY  no memory
neap_status neap_sort_rows(const neap *engine, size_t rows, const double *keys,
                           uint32_t *order, neap_error *error);

// What a look over rows finds.
typedef struct neap_look {
  size_t duplicates;  // rows that are equal to an earlier one
  uint8_t *constant;  // out [columns]: 1 where all rows have one number
  uint8_t *id;        // out [columns]: 1 where each row has its own whole one
} neap_look;

// Looks for columns and rows that are of no use, or harm.
//   NEAP_EMEMORY  no memory
neap_status neap_look_over(const neap *engine, size_t rows, size_t columns,
                           const void *x, neap_dtype dtype, neap_look *look,
                           neap_error *error);

// Writes a random order of 0 to count - 1: Fisher and Yates's shuffle (Knuth
// 1997, vol. 2, algorithm 3.4.2 P) with draw i of a part of a stream at step i.
void neap_shuffle(uint64_t seed, neap_stream stream, uint32_t part,
                  size_t count, uint32_t *order);

// Writes mean and 1 / deviation (ddof 0) of each column; 1 where a column is
// constant. x: [rows][columns]; shift, scale: out [columns].
void neap_standardize(size_t rows, size_t columns, const void *x,
                      neap_dtype dtype, double *shift, double *scale);

// Returns the position (row * columns + column) of the first number that is
// not finite, or rows * columns where all are.
size_t neap_find_not_finite(size_t rows, size_t columns, const void *x,
                            neap_dtype dtype);

#endif
