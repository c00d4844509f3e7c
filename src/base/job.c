// base/job.c -- work done in slices of about a given time.
#include <math.h>

#include "base/base.h"

// Returns the units that fit into the seconds left, at least one. Growth is
// bounded, so that a wrong first estimate costs one short slice only.
static size_t units_for(const neap_job *job, double seconds, size_t last) {
  if (job->unit_seconds <= 0)
    return 1;
  const double fit = floor(seconds / job->unit_seconds);
  // Far beyond what any job has, and well within size_t.
  const double most = fmin((double)last * 4, 0x1p40);
  const double units = fit < most ? fit : most;
  return units < 1 ? 1 : (size_t)units;
}

static void run_to_the_end(neap_job *job) {
  while (!job->finished && !job->cancelled && !job->paused) {
    job->finished = job->work(job, SIZE_MAX) == 0;
  }
}

bool neap_job_step(neap_job *job, double seconds) {
  const neap_host *host = &job->engine->host;
  if (isinf(seconds))
    run_to_the_end(job);
  if (job->finished || job->cancelled)
    return true;
  if (job->paused)
    return false;
  if (host->clock == NULL) {
    job->finished = job->work(job, 1) == 0;
    return job->finished;
  }
  const double start = host->clock(host->data);
  double now = start;
  size_t units = 1;
  do {
    units = units_for(job, seconds - (now - start), units);
    const size_t done = job->work(job, units);
    const double end = host->clock(host->data);
    job->finished = done == 0;
    if (done > 0) {
      const double each = (end - now) / (double)done;
      job->unit_seconds =
          job->unit_seconds > 0 ? 0.75 * job->unit_seconds + 0.25 * each : each;
    }
    now = end;
  } while (!job->finished && !job->paused &&
           now - start + job->unit_seconds <= seconds);
  const double overrun = now - start - seconds;
  if (overrun > job->longest_overrun)
    job->longest_overrun = overrun;
  return job->finished;
}

double neap_job_seconds(const neap_job *job, double seconds) {
  const neap_host *host = &job->engine->host;
  const bool limited = host->budget > 0 && host->clock != NULL;
  return limited && seconds > host->budget ? host->budget : seconds;
}
