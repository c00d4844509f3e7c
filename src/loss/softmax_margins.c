// loss/softmax_margins.c -- from the gap between a logit and all others to the
// margin, without cancellation.
#include "loss/softmax.h"

enum { ROWS = NEAP_SOFT_ROWS };

// x_t in two parts: `exact` and what rounding lost of it.
static void find_sums_of_gaps(const neap_line gap, const neap_line gap_low,
                              const neap_line rest, neap_line exact,
                              neap_line rounded) {
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    real high, lost;
    const real low = log_parts(rest[i], &high);
    exact[i] = difference(gap[i], high, &lost);
    rounded[i] = (lost + gap_low[i]) - low;
  }
}

// ahead: 1 where x_t > 0; e = exp(-|x_t|).
static void find_exponentials_of_gaps(const neap_line gap,
                                      const neap_line gap_low,
                                      const neap_line rest, neap_line ahead,
                                      neap_line e) {
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    const real a = exp_of_minus_abs(gap[i]), lost = gap_low[i];
    const real over = rest[i] * NEAP_FMA(a, -lost, a);
    const real under = NEAP_FMA(a, lost, a) / rest[i];
    const int above = gap[i] >= R(0);
    const real inverse = R(1) / over, behind = above ? inverse : under;
    const real positive = over <= R(1) ? R(1) : R(0);
    ahead[i] = above ? positive : R(0);
    e[i] = ahead[i] > R(0) ? over : behind;
  }
}

void NEAP_NAME(neap_margins_of_gaps)(const neap_gaps *g, neap_margins *m) {
  neap_line gap, rest, exact, rounded, ahead, e;
  // Where all others are impossible the label is certain, unless it is, too.
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    const real given = g->gap[i], others = g->rest[i];
    const real certain = given > -R(INFINITY) ? R(1e30) : given - given;
    const real known = others == others ? given : others;  // NaN stays NaN
    gap[i] = others == R(0) ? certain : known;
    rest[i] = others == R(0) ? R(1) : others;
  }
  find_sums_of_gaps(gap, g->gap_low, rest, exact, rounded);
  find_exponentials_of_gaps(gap, g->gap_low, rest, ahead, e);
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    const real l1 = log1p_unit(e[i]), behind = -exact[i] + (l1 - rounded[i]);
    const real r = R(1) / (R(1) + e[i]), er = e[i] * r;
    m->l[i] = ahead[i] > R(0) ? l1 : behind;
    m->p[i] = ahead[i] > R(0) ? r : er;
    m->q[i] = ahead[i] > R(0) ? er : r;
    m->l1[i] = l1;
  }
  // Where the small part decides the sign, it is all there is.
  NEAP_LANES
  for (int i = 0; i < ROWS; i++) {
    const real sign = ahead[i] > R(0) ? R(1) : R(-1);
    const real sum = exact[i] + rounded[i], least = sign * NEAP_SMALLEST_NORMAL;
    const int turned = sign * exact[i] <= R(0);
    m->x[i] = turned ? least : exact[i];
    m->small[i] = turned ? sum : rounded[i];
  }
}
