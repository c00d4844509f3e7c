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
  NEAP_LABELS_INDEPENDENT,  // each row's by chance, with the classes' priors
  // Of the first n rows floor(n prior + 1/2) are of the last class; of the
  // others the class before it has its share in the same way, and so on.
  NEAP_LABELS_EXACT,
} neap_labels;

// A mixture of Gaussians: what many generators draw from, and what the best
// that is possible is computed from.
typedef struct neap_factor {
  double scale;    // the deviation of a round Gaussian, if lower is NULL
  double *lower;   // [features][features]: L of the covariance L L'
  double *turned;  // its transpose
  double log_determinant;  // of L
} neap_factor;

typedef struct neap_component {
  uint32_t class_index;  // below classes
  uint32_t factor;       // below factor_count
  double weight;         // within its class; they add up to 1
  double *mean;          // [features]
} neap_component;

typedef struct neap_mixture {
  size_t features, classes, count, factor_count, dense_count;
  double *priors;              // [classes]; they add up to 1
  neap_component *components;  // [count]
  neap_factor *factors;        // [factor_count]
  neap_arena arena;
} neap_mixture;

// Gives the memory of a mixture back. A mixture of zeros is allowed.
void neap_mixture_free(const neap *engine, neap_mixture *mixture);

// Writes the lower triangle L with L L' = covariance, and zeros above it.
// covariance, lower: [features][features], rows; only the lower triangle of
// covariance is read; lower may be covariance.
//   NEAP_EDATA  the covariance is not positive definite
neap_status neap_cholesky(size_t features, const double *covariance,
                          double *lower, neap_error *error);

// Sets the other members of a factor whose lower triangle is there.
void neap_factor_finish(size_t features, neap_factor *factor);

typedef struct neap_draw {
  size_t rows, features;
  uint64_t first;  // the number of the first row: 0, unless drawn in pieces
  uint64_t seed;
  uint32_t part;  // tells training rows (0) from test rows (1)
  neap_labels labels;
  const double *params;       // in the generator's order
  size_t classes;             // as the generator's classes_of has it
  const double *priors;       // [classes], adding up to 1; NULL: the default
  const neap_mixture *given;  // of generators that take components
  neap_dtype dtype;           // of x and y: float64 or float32
  void *x;                    // out [rows][features]
  void *y;                    // out [rows]: 0 to classes - 1
  double *truth;    // out: P(y = 1 | x) [rows]; classes > 2: [rows][classes]
  int32_t *groups;  // out [rows], of generators that have groups
  double *weights;  // out [rows], of generators that have weights
} neap_draw;

typedef struct neap_generator {
  const char *name;
  const char *summary;
  const neap_parameter *parameters;  // ends where name is NULL
  size_t features;                   // unless asked
  bool fixed_features;               // and nothing else
  bool has_groups, has_weights;
  bool takes_components;  // of a mixture that the caller describes
  // Returns the number of classes that its parameters ask for; NULL: 2.
  size_t (*classes_of)(const double *params);
  // Draws, for neap_draw_rows; NULL: from its mixture.
  neap_status (*draw)(const neap *engine, const neap_draw *draw,
                      neap_error *error);
  // Makes the mixture of Gaussians that a draw's rows are independent draws
  // from, which the caller frees; its outputs are not used. NULL: it is none.
  neap_status (*mixture)(const neap *engine, const neap_draw *draw,
                         neap_mixture *mixture, neap_error *error);
} neap_generator;

// Returns the generator at a position of the list, or NULL beyond its end.
const neap_generator *neap_generator_at(size_t position);

// Draws a generator's rows. On an error no output is to be used.
//   NEAP_EARGUMENT  parameters don't go together
//   NEAP_EMEMORY    no memory
neap_status neap_draw_rows(const neap *engine, const neap_generator *generator,
                           const neap_draw *draw, neap_error *error);

// Returns a seed for a purpose: distinct indices give unrelated seeds, all of
// them whole numbers below 2^53, which Lua and JSON keep exactly.
uint64_t neap_seed_of(uint64_t seed, uint64_t index);

// ---------------------------------------------------------- the population
//
// The metrics of a score on endless test rows, by Gauss and Legendre's rule on
// ever more panels, until twice as many change nothing above 1e-11. A score is
// the logit that a model gives; equal scores have probability 0.

typedef struct neap_population {
  double roc_auc, average_precision, log_loss, brier;
  double calibration_error;  // E |P(y = 1 | score) - sigmoid(score)|
  double f1;                 // of scores >= 0
  double f1_tuned;           // the largest, at scores >= f1_threshold
  double f1_threshold;
  double balanced_accuracy;  // the largest, at scores >= its threshold
  double balanced_threshold;
} neap_population;

// A part of the scores' distribution.
typedef struct neap_score_term {
  uint32_t class_index;    // 0 or 1
  double weight;           // of the whole; they add up to 1
  double mean, deviation;  // of the scores; deviation > 0
} neap_score_term;

// Scores that are mixtures of normal numbers: those of a linear model on a
// mixture of Gaussians.
//   NEAP_EDATA    a class has no weight, or the panels don't suffice
//   NEAP_EMEMORY  no memory
neap_status neap_population_of_scores(const neap *engine,
                                      const neap_score_term *terms,
                                      size_t count, neap_population *population,
                                      neap_error *error);

// The true logit of the logistic generator; errors as above.
neap_status neap_population_of_logistic(const neap *engine, double prior,
                                        double slope,
                                        neap_population *population,
                                        neap_error *error);

// The true logit of the circles generator; errors as above.
neap_status neap_population_of_circles(const neap *engine, double prior,
                                       double noise, double factor,
                                       neap_population *population,
                                       neap_error *error);

// Three Gaussians N(., I) in a plane: the one of a class that has one lies at
// 0, the other class's two at a[0] and a[1].
typedef struct neap_wedge {
  double prior;      // of class 1
  uint32_t single;   // the class that has one
  double weight[2];  // of the two within their class, above 0
  double a[2][2];    // not 0, and not on a line with 0
} neap_wedge;

// The true logit of three Gaussians; errors as above.
neap_status neap_population_of_wedge(const neap *engine,
                                     const neap_wedge *wedge,
                                     neap_population *population,
                                     neap_error *error);

// ------------------------------------------- labels that are wrong, or few

// Draws a label for each row from the row of its class in a matrix: noisy
// [rows]; transition [classes][classes], P(noisy class | class), whose rows add
// up to 1. Label i is a pure function of (seed, i, its class).
void neap_noise_transition(size_t rows, size_t classes, const int32_t *labels,
                           const double *transition, uint64_t seed,
                           int32_t *noisy);

// Writes P(noisy class | x) = sum_c P(c | x) transition_c. truth, noisy: as
// neap_draw's truth; noisy may be truth for two classes.
void neap_noise_truth(size_t rows, size_t classes, const double *truth,
                      const double *transition, double *noisy);

// Flips the labels of two classes with the probability
// rate exp(-|logit of the truth| / scale), rate in [0, 1], scale above 0, and
// writes the truth of the noisy labels.
void neap_noise_boundary(size_t rows, const int32_t *labels,
                         const double *truth, double rate, double scale,
                         uint64_t seed, int32_t *noisy, double *noisy_truth);

// Marks counts[c] rows of each class c at random, without replacement: kept
// [rows], 1 or 0. A smaller count's rows are among those of a larger one.
//   NEAP_EDATA    a class has fewer rows
//   NEAP_EMEMORY  no memory
neap_status neap_sample_classes(const neap *engine, size_t rows,
                                const int32_t *classes, size_t class_count,
                                const size_t *counts, uint64_t seed,
                                uint32_t *kept, neap_error *error);

// Writes the truth of rows of which a share ratios[c] of each class is kept:
// P(c | x) ratios_c over the sum over the classes.
void neap_shift_truth(size_t rows, size_t classes, const double *truth,
                      const double *ratios, double *shifted);

// How hard a row is, by the classes of its k nearest rows (Euclidean). Source:
// Napierala and Stefanowski 2016, J. Intell. Inf. Syst. 46(3), sec. 3.
typedef enum neap_type {
  NEAP_TYPE_SAFE,        // more than 0.7 of them are of its class
  NEAP_TYPE_BORDERLINE,  // more than 0.3; or 1, which is near others of it
  NEAP_TYPE_RARE,        // more than 0.1
  NEAP_TYPE_OUTLIER,
} neap_type;

// Finds the type of each row by comparing it with every other one.
//
// x      the rows, from the first on; shifted and scaled as it says
// k      1 to rows - 1
// types  out [rows]
//   NEAP_EMEMORY  no memory
neap_status neap_find_types(const neap *engine, const neap_rows *x, size_t rows,
                            const int32_t *classes, size_t k, int32_t *types,
                            neap_error *error);

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
void neap_shuffle(const neap *engine, uint64_t seed, neap_stream stream,
                  uint32_t part, size_t count, uint32_t *order);

// Returns the place of the first of float64 or float32 numbers that is not
// finite, or count where all are.
size_t neap_find_not_finite(const neap *engine, size_t count, const void *x,
                            neap_dtype dtype);

#endif
