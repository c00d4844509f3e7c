// host/threads.h -- a pool of threads that run the tasks of one loop at once.
#ifndef NEAP_HOST_THREADS_H
#define NEAP_HOST_THREADS_H

#include "neap.h"

enum { NEAP_WORKERS_MAX = 1024 };

typedef struct neap_threads neap_threads;

// Returns a pool of `workers` (1 to NEAP_WORKERS_MAX), the calling thread
// being one of them, or NULL if there is no memory. The other threads start
// with the first loop that has work for them. If the system refuses some, the
// loops run on those that did start.
neap_threads *neap_threads_new(size_t workers);

// Ends and joins the threads. NULL is allowed. No loop may be running.
void neap_threads_free(neap_threads *pool);

// The parallel loop of neap_host, whose data is a neap_threads. Loops of
// different threads wait for each other. A loop inside a task runs in that
// task, in order, with its worker. Between loops the threads spin for a short
// while, then sleep.
void neap_threads_run(void *pool, neap_task *task, void *argument,
                      size_t task_count);

#endif
