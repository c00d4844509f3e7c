// tests/host/host_test.c -- the process's host: its files in the engine's own
// memory, its clock and its workers.
#define _XOPEN_SOURCE 700  // mkstemp, P_tmpdir

#include "host/host.h"

#include <unistd.h>

#include "check.h"

// An allocator that knows what it gave, and can refuse one call.
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

static char *read_file(const char *path, counter *c, size_t *size_bytes,
                       neap_error *error) {
  const neap_host *host = neap_host_shared(NULL);
  const neap_host memory = {.data = c, .allocate = count_bytes};
  return host->read_file(host->data, &memory, path, size_bytes, error);
}

static void check_file(const char *path, const char *text, size_t length) {
  counter c = {0};
  size_t size_bytes = 0;
  neap_error error = {0};
  char *block = read_file(path, &c, &size_bytes, &error);
  CHECK_SHOW(block != NULL, "%s: %s", path, error.message);
  if (block == NULL)
    return;
  CHECK(size_bytes == length && c.live_bytes == length + 1);
  CHECK(memcmp(block, text, length) == 0 && block[length] == 0);
  free(block);
}

static void write_file(const char *path, const char *text, size_t length) {
  FILE *file = fopen(path, "wb");
  CHECK(file != NULL && fwrite(text, 1, length, file) == length);
  CHECK(file != NULL && fclose(file) == 0);
}

// Refuses each call in turn, until none is refused: nothing may be left.
static void check_failing_memory(const char *path) {
  counter c = {0};
  for (size_t fail_at = 1;; fail_at++) {
    c = (counter){.fail_at = fail_at};
    size_t size_bytes = 77;
    neap_error error = {0};
    char *block = read_file(path, &c, &size_bytes, &error);
    if (block != NULL) {
      CHECK(fail_at > 1 && c.calls < fail_at);
      free(block);
      return;
    }
    CHECK(c.live_bytes == 0 && size_bytes == 77);
    CHECK(error.code == NEAP_EMEMORY);
  }
}

static void test_files(void) {
  static char text[200000];
  for (size_t i = 0; i < sizeof text; i++)
    text[i] = (char)(i * 7);
  char path[] = P_tmpdir "/neap_XXXXXX";
  const int file = mkstemp(path);
  CHECK(file >= 0 && close(file) == 0);
  const size_t lengths[] = {0, 1, 65535, 65536, sizeof text};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    write_file(path, text, lengths[i]);
    check_file(path, text, lengths[i]);
  }
  check_failing_memory(path);
  remove(path);
  check_failing_memory("/proc/self/status");  // one whose size says 0
}

static void check_refusal(const char *path, const char *message) {
  counter c = {0};
  size_t size_bytes = 77;
  neap_error error = {0};
  CHECK(read_file(path, &c, &size_bytes, &error) == NULL);
  CHECK(error.code == NEAP_EHOST && size_bytes == 77 && c.live_bytes == 0);
  CHECK_SHOW(strcmp(error.message, message) == 0, "%s", error.message);
}

static void test_files_that_cannot_be_read(void) {
  check_refusal("/nosuch.csv",
                "can't open /nosuch.csv: No such file or directory");
  check_refusal("/", "can't read /: Is a directory");
}

static void refuse_mapping(const char *path, const char *message) {
  const neap_host *host = neap_host_shared(NULL);
  size_t size_bytes = 77;
  neap_error error = {0};
  CHECK(host->map_file(host->data, path, &size_bytes, &error) == NULL);
  CHECK(error.code == NEAP_EHOST && size_bytes == 77);
  CHECK_SHOW(strcmp(error.message, message) == 0, "%s", error.message);
}

static void test_mapped_files(void) {
  const neap_host *host = neap_host_shared(NULL);
  char path[] = P_tmpdir "/neap_XXXXXX";
  const int file = mkstemp(path);
  CHECK(file >= 0 && close(file) == 0);
  write_file(path, "some bytes", 10);
  size_t size_bytes = 0;
  const void *block = host->map_file(host->data, path, &size_bytes, NULL);
  CHECK(block != NULL && size_bytes == 10);
  remove(path);  // what is mapped stays
  CHECK(memcmp(block, "some bytes", 10) == 0);
  host->unmap_file(host->data, block, size_bytes);
  refuse_mapping("/nosuch.npy",
                 "can't map /nosuch.npy: No such file or directory");
  refuse_mapping("/", "can't map /: No such device");
  refuse_mapping("/proc/self/status",
                 "can't map /proc/self/status: No such device");
}

static void mark(void *argument, size_t task, size_t worker) {
  char *marks = argument;
  marks[task] = worker < neap_host_shared(NULL)->max_workers;
}

// Its threads are left running: they must end with the process.
static void test_parallel_loop(void) {
  const neap_host *host = neap_host_shared(NULL);
  char marks[100] = {0};
  host->parallel_for(host->data, mark, marks, sizeof marks);
  CHECK(memchr(marks, 0, sizeof marks) == NULL);
}

static void test_shared_host(void) {
  const neap_host *host = neap_host_shared(NULL);
  CHECK(host == neap_host_shared(NULL));
  CHECK(host->max_workers >= 1 && neap_host_cores() >= 1);
  CHECK(host->allocate == NULL);
  const double before = host->clock(host->data);
  CHECK(host->clock(host->data) >= before);
  neap *engine = neap_new(host, NULL);
  CHECK(engine != NULL);
  neap_free(engine);
}

int main(void) {
  test_shared_host();
  test_parallel_loop();
  test_files();
  test_files_that_cannot_be_read();
  test_mapped_files();
  return check_result();
}
