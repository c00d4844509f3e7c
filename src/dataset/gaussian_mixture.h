// dataset/gaussian_mixture.h -- draws from mixtures of Gaussians, with truth.
#ifndef NEAP_DATASET_GAUSSIAN_MIXTURE_H
#define NEAP_DATASET_GAUSSIAN_MIXTURE_H

#include "dataset/dataset.h"

// Takes the memory of a mixture whose sizes are set, as zeros: the first
// dense_count factors get a lower triangle, the others scale 1.
//   NEAP_EMEMORY  no memory
neap_status neap_mixture_new(const neap *engine, neap_mixture *mixture,
                             neap_error *error);

// Makes a mixture of round components of deviation 1 and two classes, which
// stand in `terms`. Their means are along * u + across * v, where
// u = (1, 1, 1, ...) / sqrt(features) and v = (1, -1, 1, -1, ..., 0) / norm
// are perpendicular; a weight is within its class.
typedef struct neap_round_term {
  uint32_t class_index;
  double weight, along, across;
} neap_round_term;
neap_status neap_round_mixture(const neap *engine, size_t features,
                               double prior, const neap_round_term *terms,
                               size_t count, neap_mixture *mixture,
                               neap_error *error);

// Writes along * u + across * v into a mean [features].
void neap_round_mean(size_t features, double along, double across,
                     double *mean);

// Turns every component N(m, I) into the one of L x: N(L m, L L'). All share
// factor 0, whose lower triangle is L.
void neap_mixture_stretch(neap_mixture *mixture);

// Returns the class of a row: of the classes' shares as they are, by a uniform
// number in [0, 1), or such that the counts of the first n rows are exact.
uint32_t neap_label_of(neap_labels labels, size_t classes, const double *priors,
                       uint64_t row, double uniform);

// Draws the rows of a mixture: labels as the draw has them.
neap_status neap_draw_mixture(const neap *engine, const neap_draw *draw,
                              const neap_mixture *mixture, neap_error *error);

// A mixture made ready for truths, and the memory of pieces of rows.
typedef struct neap_pieces neap_pieces;
neap_status neap_pieces_new(const neap *engine, const neap_draw *draw,
                            const neap_mixture *mixture, neap_pieces **pieces,
                            neap_error *error);
void neap_pieces_free(const neap *engine, neap_pieces *pieces);

// Returns the most rows of a piece.
size_t neap_piece_rows(const neap_pieces *pieces);

// Writes x of `count` rows from row `first` of the draw on, each from the
// component that is given for it. shift [features] is added to the means;
// NULL: nothing.
void neap_piece_place(neap_pieces *pieces, size_t worker, size_t first,
                      size_t count, const uint32_t *components,
                      const double *shift);

// Writes the truth of rows whose x is there.
void neap_piece_truth(neap_pieces *pieces, size_t worker, size_t first,
                      size_t count);

#endif
