// tests/base/engine_test.c -- the engine takes what the host gives, and the
// arena and the jobs do what base/base.h says.
#include "check.h"

static void test_isa_names(void) {
  neap_error error = {0};
  const neap_host host = {.isa = "sse9"};
  CHECK(neap_new(&host, &error) == NULL);
  CHECK(error.code == NEAP_EHOST);
  CHECK_SHOW(strcmp(error.message,
                    "unknown instruction set 'sse9'; wanted base, avx2 or "
                    "avx512") == 0,
             "%s", error.message);
  const neap_host base = {.isa = "base"};
  neap *engine = neap_new(&base, &error);
  CHECK(engine != NULL && strcmp(neap_isa(engine), "base") == 0);
  neap_free(engine);
  neap_free(NULL);
}

typedef struct counter {
  size_t live_bytes, calls, fail_at;
} counter;

static void *count_bytes(void *data, void *block, size_t old_size,
                         size_t new_size) {
  counter *c = data;
  c->calls++;
  if (new_size > 0 && c->calls == c->fail_at)
    return NULL;
  c->live_bytes += new_size;
  c->live_bytes -= block != NULL ? old_size : 0;
  if (new_size == 0) {
    free(block);
    return NULL;
  }
  return realloc(block, new_size);
}

static void test_allocator(void) {
  counter c = {.fail_at = 1};
  const neap_host host = {.data = &c, .allocate = count_bytes};
  neap_error error = {0};
  CHECK(neap_new(&host, &error) == NULL && error.code == NEAP_EMEMORY);
  neap *engine = neap_new(&host, &error);
  CHECK(engine != NULL && c.live_bytes > 0);
  neap_arena arena = {0};
  neap_arena_take(&arena, 3, 5);
  neap_arena_take(&arena, 100, 8);
  CHECK(neap_arena_new(engine, &arena, &error) == NEAP_OK);
  char *first = neap_arena_take(&arena, 3, 5);
  double *second = neap_arena_take(&arena, 100, 8);
  CHECK((size_t)first % NEAP_ALIGNMENT == 0);
  CHECK((char *)second == first + NEAP_ALIGNMENT && second[99] == 0);
  neap_arena_free(engine, &arena);
  neap_arena_free(engine, &arena);
  neap_arena_take(&arena, SIZE_MAX / 2, 8);
  CHECK(neap_arena_new(engine, &arena, &error) == NEAP_EMEMORY);
  neap_free(engine);
  CHECK(c.live_bytes == 0);
}

// A job of 1000 units that takes as long as its clock says.
typedef struct clocked_job {
  neap_job job;
  size_t done, calls, largest;
  double now;
} clocked_job;

static double clock_of(void *data) {
  return ((clocked_job *)data)->now;
}

static size_t work(neap_job *job, size_t units) {
  clocked_job *self = (clocked_job *)job;
  const size_t left = 1000 - self->done;
  const size_t count = units < left ? units : left;
  self->done += count;
  self->calls++;
  self->now += 0.001 * (double)count;
  if (count > self->largest)
    self->largest = count;
  return count;
}

static void test_job(bool has_clock) {
  clocked_job self = {.done = 0};
  const neap_host host = {.data = &self, .clock = has_clock ? clock_of : NULL};
  neap *engine = neap_new(&host, NULL);
  self.job = (neap_job){.engine = engine, .work = work};
  CHECK(!neap_job_step(&self.job, 0));
  CHECK(self.done == 1);
  CHECK(!neap_job_step(&self.job, 0.1));
  CHECK(has_clock ? self.done > 90 && self.done <= 101 : self.done == 2);
  // Even this long a slice does not overflow the count of its units.
  if (has_clock)
    CHECK(neap_job_step(&self.job, 1e300) && self.done == 1000);
  CHECK(neap_job_step(&self.job, INFINITY));
  CHECK(self.done == 1000);
  CHECK(neap_job_step(&self.job, 1));
  neap_free(engine);
}

int main(void) {
  test_isa_names();
  test_allocator();
  test_job(true);
  test_job(false);
  return check_result();
}
