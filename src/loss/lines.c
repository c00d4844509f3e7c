// loss/lines.c -- what several paths do to lines: one copy of it, for none of
// them is the one that must be fastest.
#include "loss/softmax.h"

// In steps of 16 lanes, so that the code stays small.
void NEAP_NAME(neap_margins_of_probabilities)(int lanes, const real *s,
                                              const real *y, neap_margins *m) {
  const real least = NEAP_SMALLEST_NORMAL;
  m->y = y;
  for (int start = 0; start < lanes; start += NEAP_SUM_LANES) {
    NEAP_LANES
    for (int i = start; i < start + NEAP_SUM_LANES; i++) {
      const real other = R(1) - s[i];
      const real p = y[i] != R(0) ? s[i] : other;
      const real q = y[i] != R(0) ? other : s[i];
      const int ahead = q < R(0.5);
      // Whichever of p and q is small is the number that was given, or exact.
      const real near = ahead ? q : p;
      real high;
      const real low = log_parts(near > least ? near : least, &high);
      const real l1 = -neap_log1p(-near);
      m->l[i] = ahead ? l1 : -neap_log(p);
      m->p[i] = p > R(0) ? p : least;
      m->q[i] = q > R(0) ? q : least;
      m->x[i] = ahead ? -high : high;
      m->small[i] = ahead ? -low - l1 : low + l1;
      m->l1[i] = l1;
    }
  }
}

void NEAP_NAME(neap_turn_to_probabilities)(int lanes, neap_margins *m) {
  for (int start = 0; start < lanes; start += NEAP_SUM_LANES) {
    NEAP_LANES
    for (int i = start; i < start + NEAP_SUM_LANES; i++) {
      const real p = m->p[i], q = m->q[i], first = m->first[i];
      const real up = first > R(0) ? first * p : -first * q;
      const real down = first > R(0) ? first * q : -first * p;
      m->first[i] = first / p / q;
      m->plus[i] = (m->plus[i] + up) / p / q / p / q;
      m->minus[i] = (m->minus[i] + down) / p / q / p / q;
    }
  }
}

void NEAP_NAME(neap_log_lines)(size_t count, neap_line *from, neap_line *to) {
  for (size_t j = 0; j < count; j++) {
    NEAP_LANES
    for (int i = 0; i < NEAP_SOFT_ROWS; i++)
      to[j][i] = neap_log(from[j][i]);
  }
}

void NEAP_NAME(neap_log1p_lines)(size_t count, neap_line *from, neap_line *to) {
  for (size_t j = 0; j < count; j++) {
    NEAP_LANES
    for (int i = 0; i < NEAP_SOFT_ROWS; i++)
      to[j][i] = neap_log1p(from[j][i]);
  }
}

void NEAP_NAME(neap_exp_line)(const neap_line z, const neap_line most,
                              neap_line e) {
  NEAP_LANES
  for (int i = 0; i < NEAP_SOFT_ROWS; i++)
    e[i] = exp_difference(z[i], most[i]);
}
