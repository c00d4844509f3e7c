// dataset/logistic.h -- what else is known of the logistic generator.
#ifndef NEAP_DATASET_LOGISTIC_H
#define NEAP_DATASET_LOGISTIC_H

// Returns b with E sigmoid(b + slope u) = prior for u ~ N(0, 1), prior in
// (0, 1), slope in [0, 1e3].
double neap_logistic_intercept(double prior, double slope);

#endif
