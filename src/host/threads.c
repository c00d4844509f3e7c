// host/threads.c -- a pool of threads that run the tasks of one loop at once.
//
// A loop has a door. Its caller opens the door and works; other threads come
// in while it is open, take tasks by a counter until none is left, and leave.
// The caller then shuts the door and waits until nobody is inside. A thread
// that wakes up late finds the door shut, so short loops wait for no one.
#include "host/threads.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "host/host.h"

// How long a thread watches for the next loop before it sleeps: longer than
// what a job does between two loops, such as the shuffle of 100,000 rows,
// takes. And how long a caller watches for the end of its loop: about twice
// what waking a sleeper costs.
static const double loop_seconds = 400e-6, end_seconds = 50e-6;

enum { CACHE_LINE = 64, DOOR_OPEN = 1 << 30 };

struct neap_threads {
  size_t workers;           // the caller of a loop included
  unsigned born;            // fork_count when the pool was made
  pthread_mutex_t callers;  // held by the thread whose loop runs
  bool started;             // guarded by callers

  // The loop. Written by its caller while the door is shut and nobody is
  // inside; read by those inside.
  neap_task *task;
  void *argument;
  size_t task_count;

  _Alignas(CACHE_LINE) atomic_size_t next;  // the first task nobody took
  _Alignas(CACHE_LINE) atomic_uint door;    // DOOR_OPEN + threads inside
  _Alignas(CACHE_LINE) atomic_uint loops;   // begun so far; stopping adds one

  pthread_mutex_t mutex;
  pthread_cond_t loop_begun, door_left;
  atomic_uint sleepers;  // threads that wait, or are about to, on loop_begun
  atomic_bool stopping;
  atomic_size_t numbered;  // the next thread's worker number
  size_t thread_count;
  pthread_t threads[];
};

// The task that this thread is in: its pool, or NULL, and its worker.
typedef struct place {
  const neap_threads *pool;
  size_t worker;
} place;

static _Thread_local place here;

// A forked child has none of its parent's threads, so it must neither wait
// for them nor join them. It knows by this count that it is one.
static atomic_uint fork_count;

static void count_fork(void) {
  atomic_fetch_add(&fork_count, 1);
}

static void watch_forks(void) {
  pthread_atfork(NULL, NULL, count_fork);
}

static bool belongs_to_parent(const neap_threads *pool) {
  return pool->born != atomic_load(&fork_count);
}

static void relax_core(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

// ------------------------------------------------------ inside the door

static bool enter_door(neap_threads *pool) {
  unsigned door = atomic_load(&pool->door);
  while ((door & DOOR_OPEN) != 0) {
    if (atomic_compare_exchange_weak(&pool->door, &door, door + 1))
      return true;
  }
  return false;
}

static void leave_door(neap_threads *pool) {
  if (atomic_fetch_sub(&pool->door, 1) != 1)
    return;
  pthread_mutex_lock(&pool->mutex);  // shut, and this was the last inside
  pthread_cond_signal(&pool->door_left);
  pthread_mutex_unlock(&pool->mutex);
}

static void run_tasks(neap_threads *pool, size_t worker) {
  const place outer = here;
  here = (place){pool, worker};
  for (;;) {
    const size_t task =
        atomic_fetch_add_explicit(&pool->next, 1, memory_order_relaxed);
    if (task >= pool->task_count)
      break;
    pool->task(pool->argument, task, worker);
  }
  here = outer;
}

// ----------------------------------------------------- the other threads

static bool has_begun(const neap_threads *pool, unsigned seen) {
  return atomic_load(&pool->loops) != seen;
}

static void sleep_until_begun(neap_threads *pool, unsigned seen) {
  pthread_mutex_lock(&pool->mutex);
  // Counted before looking once more: either this thread sees the new loop,
  // or the caller, who counts the loop first, sees this thread.
  atomic_fetch_add(&pool->sleepers, 1);
  while (!has_begun(pool, seen))
    pthread_cond_wait(&pool->loop_begun, &pool->mutex);
  atomic_fetch_sub(&pool->sleepers, 1);
  pthread_mutex_unlock(&pool->mutex);
}

// Waits for a loop after the one counted `seen`; false: the pool ends.
static bool await_loop(neap_threads *pool, unsigned *seen) {
  const double end = neap_host_seconds() + loop_seconds;
  while (!has_begun(pool, *seen) && neap_host_seconds() < end)
    relax_core();
  if (!has_begun(pool, *seen))
    sleep_until_begun(pool, *seen);
  *seen = atomic_load(&pool->loops);
  return !atomic_load(&pool->stopping);
}

static void *run_thread(void *argument) {
  neap_threads *pool = argument;
  const size_t worker = atomic_fetch_add(&pool->numbered, 1);
  unsigned seen = 0;
  while (await_loop(pool, &seen)) {
    if (!enter_door(pool))
      continue;
    run_tasks(pool, worker);
    leave_door(pool);
  }
  return NULL;
}

// Signals go to the program's own threads, so that Ctrl-C is handled where
// Lua runs. Faults are not blocked: they belong to the thread that makes them.
static void start_threads(neap_threads *pool) {
  sigset_t blocked, before;
  sigfillset(&blocked);
  sigdelset(&blocked, SIGSEGV);
  sigdelset(&blocked, SIGBUS);
  sigdelset(&blocked, SIGFPE);
  sigdelset(&blocked, SIGILL);
  sigdelset(&blocked, SIGABRT);
  sigdelset(&blocked, SIGTRAP);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  while (pool->thread_count < pool->workers - 1) {
    pthread_t *thread = &pool->threads[pool->thread_count];
    if (pthread_create(thread, NULL, run_thread, pool) != 0)
      break;
    pool->thread_count++;
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  pool->started = true;
}

// -------------------------------------------------------------- the caller

static void wake_sleepers(neap_threads *pool, size_t wanted) {
  if (atomic_load(&pool->sleepers) == 0)
    return;
  pthread_mutex_lock(&pool->mutex);
  if (wanted >= atomic_load(&pool->sleepers)) {
    pthread_cond_broadcast(&pool->loop_begun);
  } else {
    for (size_t i = 0; i < wanted; i++)
      pthread_cond_signal(&pool->loop_begun);
  }
  pthread_mutex_unlock(&pool->mutex);
}

static void shut_door(neap_threads *pool) {
  if (atomic_fetch_and(&pool->door, ~(unsigned)DOOR_OPEN) == DOOR_OPEN)
    return;
  const double end = neap_host_seconds() + end_seconds;
  while (atomic_load(&pool->door) != 0 && neap_host_seconds() < end)
    relax_core();
  if (atomic_load(&pool->door) == 0)
    return;
  pthread_mutex_lock(&pool->mutex);
  while (atomic_load(&pool->door) != 0)
    pthread_cond_wait(&pool->door_left, &pool->mutex);
  pthread_mutex_unlock(&pool->mutex);
}

static void run_in_order(neap_task *task, void *argument, size_t task_count,
                         size_t worker) {
  for (size_t i = 0; i < task_count; i++)
    task(argument, i, worker);
}

void neap_threads_run(void *data, neap_task *task, void *argument,
                      size_t task_count) {
  neap_threads *pool = data;
  if (here.pool == pool) {
    run_in_order(task, argument, task_count, here.worker);
    return;
  }
  if (task_count < 2 || pool->workers < 2 || belongs_to_parent(pool)) {
    run_in_order(task, argument, task_count, 0);
    return;
  }
  pthread_mutex_lock(&pool->callers);
  if (!pool->started)
    start_threads(pool);
  pool->task = task;
  pool->argument = argument;
  pool->task_count = task_count;
  atomic_store(&pool->next, 0);
  atomic_store(&pool->door, DOOR_OPEN);
  atomic_fetch_add(&pool->loops, 1);
  wake_sleepers(pool, task_count - 1);
  run_tasks(pool, 0);
  shut_door(pool);
  pthread_mutex_unlock(&pool->callers);
}

neap_threads *neap_threads_new(size_t workers) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, watch_forks);
  size_t size_bytes = sizeof(neap_threads) + workers * sizeof(pthread_t);
  size_bytes = (size_bytes + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE;
  neap_threads *pool = aligned_alloc(CACHE_LINE, size_bytes);
  if (pool == NULL)
    return NULL;
  *pool = (neap_threads){.workers = workers, .born = atomic_load(&fork_count)};
  atomic_init(&pool->numbered, 1);  // the caller is worker 0
  pthread_mutex_init(&pool->callers, NULL);
  pthread_mutex_init(&pool->mutex, NULL);
  pthread_cond_init(&pool->loop_begun, NULL);
  pthread_cond_init(&pool->door_left, NULL);
  return pool;
}

static void stop_threads(neap_threads *pool) {
  atomic_store(&pool->stopping, true);
  atomic_fetch_add(&pool->loops, 1);
  wake_sleepers(pool, pool->workers);
  for (size_t i = 0; i < pool->thread_count; i++)
    pthread_join(pool->threads[i], NULL);
}

void neap_threads_free(neap_threads *pool) {
  if (pool == NULL)
    return;
  if (!belongs_to_parent(pool)) {
    stop_threads(pool);
    pthread_cond_destroy(&pool->door_left);
    pthread_cond_destroy(&pool->loop_begun);
    pthread_mutex_destroy(&pool->mutex);
    pthread_mutex_destroy(&pool->callers);
  }
  free(pool);
}
