// dataset/hard_negatives.c -- rare positives among easy and hard negatives.
//
// Easy negatives lie around 0, positives `distance` away, and a share `hard`
// of the negatives lies beside the positives, `overlap` away from them in a
// direction of their own. It is the case that the focal loss was made for.
#include "dataset/mixture.h"

enum { PRIOR, HARD, DISTANCE, OVERLAP };

static neap_status draw_hard_negatives(const neap *engine,
                                       const neap_draw *draw,
                                       neap_error *error) {
  const double *p = draw->params;
  const neap_component components[] = {
      {.positive = 1, .weight = 1, .along = p[DISTANCE]},
      {.positive = 0, .weight = 1 - p[HARD]},
      {.positive = 0,
       .weight = p[HARD],
       .along = p[DISTANCE],
       .across = p[OVERLAP]}};
  return neap_draw_mixture(engine, draw, p[PRIOR], components, 3, error);
}

const neap_generator neap_generator_hard_negatives = {
    .name = "hard_negatives",
    .summary = "rare positives, most negatives easy, a share beside them",
    .parameters =
        {{"prior", 0.01, 0, 1, .meaning = "probability of class 1"},
         {"hard", 0.05, 0, 1, .meaning = "share of hard ones in class 0"},
         {"distance", 4, 0, 1e6, .meaning = "positives from easy negatives"},
         {"overlap", 1.5, 0, 1e6, .meaning = "positives from hard ones"}},
    .features = 16,
    .draw = draw_hard_negatives,
};
