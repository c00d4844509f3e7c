// tests/dataset/population_test.c -- metrics on endless rows, against other
// programs: gaussians by SciPy 1.10.1 (one-dimensional quadrature), the rest by
// tests/dataset/population.py (mpmath 1.3.0, numpy 2.4.6).
#include "check.h"
#include "dataset/dataset.h"
#include "dataset/quadrature.h"

static void check_near(double got, double wanted, double tolerance,
                       const char *what) {
  CHECK_SHOW(fabs(got - wanted) <= tolerance, "%s: %.12f, wanted %.12f", what,
             got, wanted);
}

static neap_status solve_gaussians(const neap *engine, double distance,
                                   double prior, neap_population *p) {
  const double middle = log(prior / (1 - prior));
  const double half = distance * distance / 2;
  const neap_score_term terms[] = {{1, prior, middle + half, distance},
                                   {0, 1 - prior, middle - half, distance}};
  return neap_population_of_scores(engine, terms, 2, p, NULL);
}

static void test_gaussians(const neap *engine) {
  static const double rows[][7] = {
      {1, .1, .7602499389, .2928356435, .2823407039, .0806511805, .3433299681},
      {2, .1, .9213503965, .6654712781, .1830625670, .0529835974, .6121260028},
      {2, .01, .9213503965, .2690203204, .0373509031, .0083604243, .3211062902},
      {3, .001, .9830525732, .3780429515, .0037439333, .0007555045,
       .4111000063}};
  for (size_t i = 0; i < 4; i++) {
    const double *row = rows[i];
    neap_population p;
    CHECK(solve_gaussians(engine, row[0], row[1], &p) == NEAP_OK);
    check_near(p.roc_auc, row[2], 6e-11, "AUC");
    check_near(p.average_precision, row[3], 6e-11, "AP");
    check_near(p.log_loss, row[4], 6e-11, "log loss");
    check_near(p.brier, row[5], 6e-11, "Brier");
    check_near(p.f1_tuned, row[6], 6e-11, "F1");
    // Phi(distance / sqrt 2), Phi(distance / 2), and where F1 is largest the
    // probability is half of it.
    check_near(p.roc_auc, erfc(-row[0] / 2) / 2, 1e-13, "AUC");
    check_near(p.balanced_accuracy, erfc(-row[0] / sqrt(8)) / 2, 1e-13,
               "balanced accuracy");
    check_near(1 / (1 + exp(-p.f1_threshold)), p.f1_tuned / 2, 1e-6, "at");
    check_near(p.balanced_threshold, log(row[1] / (1 - row[1])), 1e-6, "at");
    check_near(p.calibration_error, 0, 1e-12, "calibration error");
  }
}

// A score whose log odds are wrong keeps its ranking. The control of a known
// size: cross-entropy's F1 at probability 1/2 is .1697.
static void test_distorted(const neap *engine) {
  const double prior = 0.01, middle = log(prior / (1 - prior));
  const neap_score_term terms[] = {{1, prior, (middle + 2) / 2 + 1, 1},
                                   {0, 1 - prior, (middle - 2) / 2 + 1, 1}};
  neap_population p, right;
  CHECK(neap_population_of_scores(engine, terms, 2, &p, NULL) == NEAP_OK);
  CHECK(solve_gaussians(engine, 2, prior, &right) == NEAP_OK);
  check_near(p.average_precision, right.average_precision, 1e-12, "AP");
  check_near(p.f1_tuned, right.f1_tuned, 1e-12, "F1");
  check_near(p.f1_threshold, right.f1_threshold / 2 + 1, 1e-6, "at");
  CHECK(p.log_loss > right.log_loss && p.brier > right.brier);
  CHECK(p.calibration_error > 0.01);
  check_near(right.f1, .1697, 5e-5, "F1 at 1/2");
}

static void test_logistic(const neap *engine) {
  neap_population p;
  CHECK(neap_population_of_logistic(engine, .1, 2, &p, NULL) == NEAP_OK);
  check_near(p.roc_auc, 0.88287931108021, 1e-12, "AUC");
  check_near(p.average_precision, 0.52834798451453, 1e-12, "AP");
  check_near(p.log_loss, .21919385, 6e-9, "log loss");
  check_near(p.brier, .06421085, 6e-9, "Brier");
  CHECK(neap_population_of_logistic(engine, .01, 2, &p, NULL) == NEAP_OK);
  check_near(p.roc_auc, 0.90963368022717, 1e-12, "AUC");
  check_near(p.average_precision, 0.20055541279121, 1e-12, "AP");
  check_near(p.log_loss, .03969806, 6e-9, "log loss");
  check_near(p.brier, .00879469, 6e-9, "Brier");
}

static void test_circles(const neap *engine) {
  neap_population p;
  CHECK(neap_population_of_circles(engine, .1, .1, .8, &p, NULL) == NEAP_OK);
  check_near(p.roc_auc, 0.9207007289434, 1e-12, "AUC");
  check_near(p.average_precision, 0.66317596578221, 1e-12, "AP");
  check_near(p.log_loss, .18374679, 6e-9, "log loss");
}

static void test_wedge(const neap *engine) {
  const neap_wedge wedge = {.prior = .01,
                            .single = 1,
                            .weight = {.95, .05},
                            .a = {{-4, 0}, {0, 1.5}}};
  neap_population p, other;
  CHECK(neap_population_of_wedge(engine, &wedge, &p, NULL) == NEAP_OK);
  check_near(p.log_loss, 0.02308822802641892, 1e-12, "log loss");
  check_near(p.brier, 0.006565001326272235, 1e-12, "Brier");
  check_near(p.roc_auc, 0.987281187449148, 5e-9, "AUC");
  check_near(p.average_precision, 0.5098591634403559, 2e-8, "AP");
  check_near(p.f1_tuned, 0.5033104563274061, 2e-7, "F1");
  // The same, turned, mirrored and in another order.
  const neap_wedge turned = {.prior = .01,
                             .single = 1,
                             .weight = {.05, .95},
                             .a = {{.9, 1.2}, {-3.2, 2.4}}};
  CHECK(neap_population_of_wedge(engine, &turned, &other, NULL) == NEAP_OK);
  check_near(other.roc_auc, p.roc_auc, 1e-12, "AUC");
  check_near(other.average_precision, p.average_precision, 1e-11, "AP");
  // With classes that change their names the AUC stays.
  const neap_wedge flipped = {.prior = .99,
                              .single = 0,
                              .weight = {.95, .05},
                              .a = {{-4, 0}, {0, 1.5}}};
  CHECK(neap_population_of_wedge(engine, &flipped, &other, NULL) == NEAP_OK);
  check_near(other.roc_auc, p.roc_auc, 1e-12, "AUC");
  check_near(other.log_loss, p.log_loss, 1e-12, "log loss");
  check_near(other.brier, p.brier, 1e-12, "Brier");
}

// What is hard for a quadrature: far, near, rare; and what is none.
static void test_limits(const neap *engine) {
  static const double distances[] = {1e-3, 0.1, 7, 30, 100};
  static const double priors[] = {1e-9, 1e-4, 0.5, 0.999};
  for (size_t i = 0; i < 5; i++) {
    for (size_t j = 0; j < 4; j++) {
      neap_population p;
      CHECK(solve_gaussians(engine, distances[i], priors[j], &p) == NEAP_OK);
      check_near(p.roc_auc, erfc(-distances[i] / 2) / 2, 1e-12, "AUC");
      CHECK(p.average_precision >= priors[j] * (1 - 1e-9));
      CHECK(p.average_precision <= 1 + 1e-12);
    }
  }
  neap_population p = {.roc_auc = 7};
  neap_error error = {0};
  const neap_score_term one[] = {{1, 1, 0, 1}};
  CHECK(neap_population_of_scores(engine, one, 1, &p, &error) == NEAP_EDATA);
  CHECK(strstr(error.message, "the prior is 1") != NULL && p.roc_auc == 7);
  const neap_score_term apart[] = {{1, .5, 0, 1e-6}, {0, .5, 1e3, 1}};
  CHECK(neap_population_of_scores(engine, apart, 2, &p, &error) == NEAP_EDATA);
  CHECK(strstr(error.message, "panels are too few") != NULL && p.roc_auc == 7);
}

// The rule is exact for x^30, and its weights add up to 2.
static void test_rule(void) {
  double sum = 0, power = 0;
  for (size_t i = 0; i < NEAP_NODES; i++) {
    sum += neap_node_weights[i];
    power += neap_node_weights[i] * pow(neap_nodes[i], 30);
  }
  check_near(sum, 2, 1e-15, "weights");
  check_near(power, 2. / 31, 1e-15, "x^30");
}

int main(void) {
  neap *engine = neap_new(NULL, NULL);
  test_rule();
  test_gaussians(engine);
  test_distorted(engine);
  test_logistic(engine);
  test_circles(engine);
  test_wedge(engine);
  test_limits(engine);
  neap_free(engine);
  return check_result();
}
