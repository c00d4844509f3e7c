// tests/host/threads_test.c -- every task runs once, on a worker of its own,
// also in nested loops, from two callers at once, and in a forked child.
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"
#include "host/host.h"
#include "host/threads.h"

enum { WORKERS = 4, MOST_TASKS = 1003 };

// ------------------------------------------------------------ tasks and sums

typedef struct counts {
  atomic_uint runs[MOST_TASKS];
  atomic_bool busy[WORKERS];
  atomic_uint clashes;
} counts;

static void count_run(void *argument, size_t task, size_t worker) {
  counts *c = argument;
  if (worker >= WORKERS || atomic_exchange(&c->busy[worker], true))
    atomic_fetch_add(&c->clashes, 1);
  atomic_fetch_add(&c->runs[task], 1);
  if (worker < WORKERS)
    atomic_store(&c->busy[worker], false);
}

static void test_each_task_runs_once(void) {
  static const size_t sizes[] = {0, 1, 2, 3, 4, 5, 16, 17, MOST_TASKS};
  for (size_t workers = 1; workers <= WORKERS; workers++) {
    neap_threads *pool = neap_threads_new(workers);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
      counts c = {0};
      neap_threads_run(pool, count_run, &c, sizes[i]);
      size_t wrong = 0;
      for (size_t task = 0; task < MOST_TASKS; task++)
        wrong += c.runs[task] != (task < sizes[i] ? 1u : 0u);
      CHECK_SHOW(wrong == 0 && c.clashes == 0, "%zu workers, %zu tasks",
                 workers, sizes[i]);
    }
    neap_threads_free(pool);
  }
  neap_threads_free(NULL);
}

// ------------------------------------------------------- all workers at once

typedef struct meeting {
  atomic_uint arrived;
  size_t worker_of[WORKERS];  // by task; plain, so that TSan sees the order
  sigset_t blocked[WORKERS];
} meeting;

// No task ends before all have begun: only WORKERS threads at once can.
static void meet(void *argument, size_t task, size_t worker) {
  meeting *m = argument;
  m->worker_of[task] = worker;
  pthread_sigmask(SIG_SETMASK, NULL, &m->blocked[task]);
  atomic_fetch_add(&m->arrived, 1);
  while (atomic_load(&m->arrived) < WORKERS)
    sched_yield();
}

static void check_meeting(const meeting *m) {
  unsigned seen = 0;
  for (size_t task = 0; task < WORKERS; task++) {
    const size_t worker = m->worker_of[task];
    seen |= 1u << worker;
    CHECK(sigismember(&m->blocked[task], SIGINT) == (worker != 0));
    CHECK(sigismember(&m->blocked[task], SIGSEGV) == 0);
  }
  CHECK_SHOW(seen == (1u << WORKERS) - 1, "workers %x", seen);
}

static void stay_busy(double seconds) {
  const double end = neap_host_seconds() + seconds;
  while (neap_host_seconds() < end) {
  }
}

// Short pauses find the threads watching for the next loop, long ones asleep,
// and those between falling asleep.
static void test_workers_meet(void) {
  neap_threads *pool = neap_threads_new(WORKERS);
  for (int i = 0; i < 300; i++) {
    meeting m = {0};
    neap_threads_run(pool, meet, &m, WORKERS);
    check_meeting(&m);
    stay_busy(1e-6 * (i % 3 == 0 ? 0 : i % 150));
  }
  neap_threads_free(pool);
}

static void add_one(void *argument, size_t task, size_t worker) {
  (void)worker;
  size_t *sums = argument;
  sums[task]++;  // plain: each loop must end before the next begins
}

static void test_many_short_loops(void) {
  enum { LOOPS = 20000 };
  neap_threads *pool = neap_threads_new(WORKERS);
  size_t sums[3] = {0};
  for (int i = 0; i < LOOPS; i++)
    neap_threads_run(pool, add_one, sums, 3);
  CHECK(sums[0] == LOOPS && sums[1] == LOOPS && sums[2] == LOOPS);
  neap_threads_free(pool);
}

// ------------------------------------------------------------------- nesting

typedef struct nest {
  neap_threads *pool;
  atomic_uint wrong;
} nest;

typedef struct inner_loop {
  nest *outer;
  pthread_t thread;
  size_t next, worker;
} inner_loop;

static void check_inner(void *argument, size_t task, size_t worker) {
  inner_loop *inner = argument;
  const bool right = pthread_equal(pthread_self(), inner->thread) &&
                     worker == inner->worker && task == inner->next++;
  if (!right)
    atomic_fetch_add(&inner->outer->wrong, 1);
}

static void run_inner(void *argument, size_t task, size_t worker) {
  (void)task;
  nest *outer = argument;
  inner_loop inner = {outer, pthread_self(), 0, worker};
  neap_threads_run(outer->pool, check_inner, &inner, 5);
  if (inner.next != 5)
    atomic_fetch_add(&outer->wrong, 1);
}

static void test_nested_loops_run_in_order(void) {
  nest outer = {.pool = neap_threads_new(WORKERS)};
  neap_threads_run(outer.pool, run_inner, &outer, 100);
  CHECK(outer.wrong == 0);
  neap_threads_free(outer.pool);
}

// ------------------------------------------------------------- other callers

typedef struct caller {
  neap_threads *pool;
  size_t sums[5];
} caller;

static void *run_many(void *argument) {
  caller *c = argument;
  for (int i = 0; i < 1000; i++)
    neap_threads_run(c->pool, add_one, c->sums, 5);
  return NULL;
}

static void test_two_callers(void) {
  neap_threads *pool = neap_threads_new(WORKERS);
  caller callers[2] = {{.pool = pool}, {.pool = pool}};
  pthread_t other;
  CHECK(pthread_create(&other, NULL, run_many, &callers[1]) == 0);
  run_many(&callers[0]);
  pthread_join(other, NULL);
  for (int i = 0; i < 5; i++)
    CHECK(callers[0].sums[i] == 1000 && callers[1].sums[i] == 1000);
  neap_threads_free(pool);
}

// The child has no threads: its loops run in order, and it ends.
static void test_forked_child(void) {
  neap_threads *pool = neap_threads_new(WORKERS);
  size_t sums[MOST_TASKS] = {0};
  neap_threads_run(pool, add_one, sums, MOST_TASKS);
  const pid_t child = fork();
  if (child == 0) {
    neap_threads_run(pool, add_one, sums, MOST_TASKS);
    neap_threads_free(pool);
    _exit(sums[0] == 2 && sums[MOST_TASKS - 1] == 2 ? 0 : 1);
  }
  int status = -1;
  CHECK(waitpid(child, &status, 0) == child && status == 0);
  neap_threads_run(pool, add_one, sums, MOST_TASKS);
  CHECK(sums[0] == 2);
  neap_threads_free(pool);
}

int main(void) {
  test_each_task_runs_once();
  test_workers_meet();
  test_many_short_loops();
  test_nested_loops_run_in_order();
  test_two_callers();
  test_forked_child();
  return check_result();
}
