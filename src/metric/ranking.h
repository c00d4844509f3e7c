// metric/ranking.h -- a walk down the distinct scores of a column.
#ifndef NEAP_METRIC_RANKING_H
#define NEAP_METRIC_RANKING_H

#include "metric/metric.h"

// The weights of the rows whose score is at or above the present threshold.
typedef struct neap_ranking {
  size_t position;  // rows passed
  double threshold;
  double true_positives, false_positives;
} neap_ranking;

// Steps to the next lower distinct score; returns false at the end. Rows of
// weight 0 have no score.
static inline bool next_threshold(const neap_scores *s, neap_ranking *r) {
  bool any = false;
  for (; r->position < s->rows; r->position++) {
    const uint32_t row = s->order[r->position];
    const double weight = s->weights != NULL ? s->weights[row] : 1;
    if (weight == 0)
      continue;
    if (any && s->scores[row] != r->threshold)
      break;
    any = true;
    r->threshold = s->scores[row];
    r->true_positives += weight * s->targets[row];
    r->false_positives += weight * (1 - s->targets[row]);
  }
  return any;
}

#endif
