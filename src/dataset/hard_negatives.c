// dataset/hard_negatives.c -- rare positives among easy and hard negatives.
//
// Easy negatives lie around 0, positives `distance` away, and a share `hard`
// of the negatives lies beside the positives, `overlap` away from them in a
// direction of their own. It is the case that the focal loss was made for.
#include "dataset/gaussian_mixture.h"

enum { PRIOR, HARD, DISTANCE, OVERLAP };

static neap_status make(const neap *engine, const neap_draw *draw,
                        neap_mixture *mixture, neap_error *error) {
  const double *p = draw->params;
  const neap_round_term terms[] = {
      {.class_index = 1, .weight = 1, .along = p[DISTANCE]},
      {.class_index = 0, .weight = 1 - p[HARD]},
      {.class_index = 0,
       .weight = p[HARD],
       .along = p[DISTANCE],
       .across = p[OVERLAP]}};
  return neap_round_mixture(engine, draw->features, p[PRIOR], terms, 3, mixture,
                            error);
}

static const neap_parameter parameter_rows[] = {
    {"prior", 0.01, 0, 1, .meaning = "probability of class 1"},
    {"hard", 0.05, 0, 1, .meaning = "share of hard ones in class 0"},
    {"distance", 4, 0, 1e6, .meaning = "positives from easy negatives"},
    {"overlap", 1.5, 0, 1e6, .meaning = "positives from hard ones"},
    {0}};

const neap_generator neap_generator_hard_negatives = {
    .name = "hard_negatives",
    .summary = "rare positives, most negatives easy, a share beside them",
    .parameters = parameter_rows,
    .features = 16,
    .mixture = make,
};
