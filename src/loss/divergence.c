// loss/divergence.c -- entropy and its kin, from probabilities.
#include <math.h>

#include "loss/loss.h"

enum { PIECE = 256 };

// Calls with natural logarithms of up to PIECE numbers at a time.
static void take_logs(const neap *engine, size_t count, const double *x,
                      double *logs) {
  neap_kernels_of(engine, NEAP_FLOAT64)->log(count, x, logs);
}

static size_t piece_of(size_t count, size_t start) {
  return count - start < PIECE ? count - start : PIECE;
}

static double cross_entropy(const neap *engine, size_t count, const double *p,
                            const double *q) {
  double sum = 0, logs[PIECE], terms[PIECE];
  for (size_t start = 0; start < count; start += PIECE) {
    const size_t n = piece_of(count, start);
    take_logs(engine, n, q + start, logs);
    for (size_t i = 0; i < n; i++) {
      terms[i] = p[start + i] == 0 ? 0 : -p[start + i] * logs[i];
    }
    sum += neap_kernels_of(engine, NEAP_FLOAT64)->sum(n, terms);
  }
  return sum;
}

// Returns d - log(1 + d) from its series, for |d| <= 1/4.
static double small_excess(double d) {
  double power = d * d, sum = 0, term;
  int n = 2;
  do {
    term = power / n++;
    sum += term;
    power *= -d;
  } while (fabs(term) > 0x1p-56 * sum);
  return sum;
}

// Returns sum a log(a / b), b = a + part (b' - a), where b' is `to`. With
// d = (b - a) / a each term is a (d - log(1 + d)) >= 0, and b where a is 0: the
// terms a log(a / b) with b - a added, which adds 0 in all. So close
// distributions keep their digits, and no rounding makes the sum negative.
static double diverge_to(const neap *engine, size_t count, const double *from,
                         const double *to, double part) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT64);
  double sum = 0, d[PIECE], terms[PIECE];
  for (size_t start = 0; start < count; start += PIECE) {
    const size_t n = piece_of(count, start);
    const double *a = from + start, *b = to + start;
    for (size_t i = 0; i < n; i++)
      d[i] = a[i] > 0 ? part * (b[i] - a[i]) / a[i] : 0;
    kernels->log1p(n, d, terms);
    for (size_t i = 0; i < n; i++) {
      const double excess =
          fabs(d[i]) <= 0.25 ? small_excess(d[i]) : d[i] - terms[i];
      terms[i] = a[i] > 0 ? a[i] * excess : part * b[i];
      if (isinf(d[i])) {  // a is far below b
        const double rise = part * (b[i] - a[i]);
        terms[i] = a[i] * (log(a[i]) - log(rise)) + rise;
      }
    }
    sum += kernels->sum(n, terms);
  }
  return sum;
}

double neap_diverge(const neap *engine, neap_divergence what, size_t count,
                    const double *p, const double *q) {
  switch (what) {
    case NEAP_ENTROPY:
      return cross_entropy(engine, count, p, p);
    case NEAP_CROSS_ENTROPY:
      return cross_entropy(engine, count, p, q);
    case NEAP_KL:
      return diverge_to(engine, count, p, q, 1);
    case NEAP_REVERSE_KL:
      return diverge_to(engine, count, q, p, 1);
    default:
      return (diverge_to(engine, count, p, q, 0.5) +
              diverge_to(engine, count, q, p, 0.5)) /
             2;
  }
}

// ----------------------------------------------------------- from logits

// Writes the softmax of a row.
static void softmax(const neap *engine, size_t count, const double *z,
                    double *p) {
  const neap_kernels *kernels = neap_kernels_of(engine, NEAP_FLOAT64);
  double most = z[0];
  for (size_t i = 1; i < count; i++)
    most = z[i] > most ? z[i] : most;
  for (size_t i = 0; i < count; i++)
    p[i] = z[i] - most;
  kernels->exp(count, p, p);
  const double sum = kernels->sum(count, p);
  for (size_t i = 0; i < count; i++)
    p[i] /= sum;
}

size_t neap_diverge_bytes(const neap *engine, size_t count) {
  const neap_loss *loss = neap_loss_find(engine, "kl");
  return neap_loss_scratch_bytes(loss, count, NEAP_FLOAT64) +
         neap_aligned(count * sizeof(double));
}

void neap_diverge_logits(const neap *engine, neap_divergence what, size_t rows,
                         size_t count, const double *p, const double *q,
                         double *values, void *scratch) {
  const bool crosses = what == NEAP_ENTROPY || what == NEAP_CROSS_ENTROPY;
  const neap_loss *loss =
      neap_loss_find(engine, crosses                       ? "cross_entropy"
                             : what == NEAP_JENSEN_SHANNON ? "jensen_shannon"
                             : what == NEAP_KL             ? "kl"
                                                           : "reverse_kl");
  double *share = scratch;
  neap_loss_call call = {
      .rows = 1,
      .classes = count,
      .options = {.logit_targets = !crosses},
      .scratch = (char *)scratch + neap_aligned(count * sizeof(double))};
  for (size_t i = 0; i < rows; i++) {
    const double *u = p + i * count;
    call.logits = what == NEAP_ENTROPY ? u : q + i * count;
    call.targets = u;
    if (crosses) {
      softmax(engine, count, u, share);
      call.targets = share;
    }
    call.value = values + i;
    neap_loss_evaluate_unchecked(loss, &call);
  }
}
