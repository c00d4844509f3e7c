// base/parameters.c -- lists of numbers and their ranges.
#include <math.h>

#include "base/base.h"

size_t neap_parameter_count(const neap_parameter *rows) {
  size_t count = 0;
  while (rows != NULL && count < NEAP_PARAMETER_MAX && rows[count].name != NULL)
    count++;
  return count;
}

void neap_initial_parameters(const neap_parameter *rows, double *numbers) {
  const size_t count = neap_parameter_count(rows);
  for (size_t i = 0; i < count; i++)
    numbers[i] = rows[i].initial;
}

static bool is_whole(const neap_parameter *row) {
  return row->whole != 0 || row->choices != NULL;
}

static bool is_allowed(const neap_parameter *row, double number) {
  if (isnan(row->initial) && isnan(number))
    return true;  // off
  if (is_whole(row) && number != floor(number))
    return false;
  const bool above = row->open ? number > row->low : number >= row->low;
  return isfinite(number) && above && number <= row->high;
}

neap_status neap_check_parameters(const neap_parameter *rows,
                                  const double *given, neap_error *error) {
  const size_t count = given != NULL ? neap_parameter_count(rows) : 0;
  for (size_t i = 0; i < count; i++) {
    if (!is_allowed(&rows[i], given[i])) {
      return neap_fail(error, NEAP_EARGUMENT, "%s is %g; wanted %s%s%g to %g",
                       rows[i].name, given[i],
                       is_whole(&rows[i]) ? "a whole number, " : "",
                       rows[i].open ? "above " : "", rows[i].low, rows[i].high);
    }
  }
  return NEAP_OK;
}
