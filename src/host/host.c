// host/host.c -- the cores, the files and the clock of this process.
#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/base.h"
#include "host/threads.h"

// ---------------------------------------------------------- clock and cores

double neap_host_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

size_t neap_host_cores(void) {
  cpu_set_t allowed;  // fewer than are online, under taskset or in a container
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0)
    return (size_t)CPU_COUNT(&allowed);
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (size_t)online : 1;
}

static double read_clock(void *data) {
  (void)data;
  return neap_host_seconds();
}

// -------------------------------------------------------------------- files

// A file on its way into memory. The block has one byte more than `capacity`,
// for the zero behind the last byte.
typedef struct reading {
  const neap_host *memory;
  char *block;
  size_t capacity, size_bytes;
} reading;

static bool set_capacity(reading *r, size_t capacity) {
  const neap_host *memory = r->memory;
  const size_t old_size = r->block != NULL ? r->capacity + 1 : 0;
  char *block =
      memory->allocate(memory->data, r->block, old_size, capacity + 1);
  if (block == NULL)
    return false;
  r->block = block;
  r->capacity = capacity;
  return true;
}

// Reads to the end, which need not be where the file's size says: a pipe and
// /proc have none, and a file may grow. Returns 0 or an error number.
static int read_to_end(int file, reading *r) {
  struct stat about;
  if (fstat(file, &about) != 0)
    return errno;
  // One byte more than there should be, so that the end shows at once.
  const bool sized = S_ISREG(about.st_mode) && about.st_size > 0;
  if (!set_capacity(r, sized ? (size_t)about.st_size + 1 : 65536))
    return ENOMEM;
  for (;;) {
    if (r->size_bytes == r->capacity && !set_capacity(r, r->capacity * 2))
      return ENOMEM;
    const ssize_t got =
        read(file, r->block + r->size_bytes, r->capacity - r->size_bytes);
    if (got == 0)
      break;
    if (got < 0 && errno != EINTR)
      return errno;
    r->size_bytes += got > 0 ? (size_t)got : 0;
  }
  if (!set_capacity(r, r->size_bytes))
    return ENOMEM;
  r->block[r->size_bytes] = 0;
  return 0;
}

static void *read_file(void *data, const neap_host *memory, const char *path,
                       size_t *size_bytes, neap_error *error) {
  (void)data;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    neap_fail(error, NEAP_EHOST, "can't open %.150s: %s", path,
              strerror(errno));
    return NULL;
  }
  reading r = {.memory = memory};
  const int failure = read_to_end(file, &r);
  close(file);
  if (failure != 0) {
    if (r.block != NULL)
      memory->allocate(memory->data, r.block, r.capacity + 1, 0);
    neap_fail(error, failure == ENOMEM ? NEAP_EMEMORY : NEAP_EHOST,
              "can't read %.150s: %s", path, strerror(failure));
    return NULL;
  }
  *size_bytes = r.size_bytes;
  return r.block;
}

// Where the parts of a file are kept until all are there, and then take its
// name; what is no plain file, such as /dev/stdout, is written to as it is.
static const char *place_of(const char *path, char *room, size_t size_bytes) {
  struct stat about;
  if (lstat(path, &about) == 0 && !S_ISREG(about.st_mode))
    return path;
  const int length = snprintf(room, size_bytes, "%s.part", path);
  return length > 0 && (size_t)length < size_bytes ? room : NULL;
}

// Writes all of a part at the file's end. Returns 0 or an error number.
static int append(const char *place, const neap_file_part *part) {
  const int how = part->offset == 0 ? O_CREAT | O_TRUNC : O_APPEND;
  const int file = open(place, O_WRONLY | O_CLOEXEC | how, 0666);
  if (file < 0)
    return errno;
  int failure = 0;
  for (size_t done = 0; done < part->size_bytes && failure == 0;) {
    const ssize_t put =
        write(file, (const char *)part->bytes + done, part->size_bytes - done);
    if (put < 0 && errno != EINTR)
      failure = errno;
    done += put > 0 ? (size_t)put : 0;
  }
  if (close(file) != 0 && failure == 0)
    failure = errno;
  return failure;
}

static bool write_file(void *data, const neap_file_part *part,
                       neap_error *error) {
  (void)data;
  char room[4096];
  const char *place = place_of(part->path, room, sizeof room);
  int failure = place == NULL ? ENAMETOOLONG : 0;
  if (failure == 0 && part->bytes != NULL)
    failure = append(place, part);
  const bool is_apart = place == room;
  if (failure == 0 && is_apart && part->bytes != NULL && part->is_last &&
      rename(place, part->path) != 0)
    failure = errno;
  if (is_apart && (failure != 0 || part->bytes == NULL))
    unlink(place);
  if (failure != 0)
    neap_fail(error, NEAP_EHOST, "can't write %.150s: %s", part->path,
              strerror(failure));
  return failure == 0;
}

// A file of no size, such as a pipe or one of /proc, can't be mapped.
static const void *map_file(void *data, const char *path, size_t *size_bytes,
                            neap_error *error) {
  (void)data;
  struct stat about = {0};
  void *block = MAP_FAILED;
  const int file = open(path, O_RDONLY | O_CLOEXEC);
  int failure = file < 0 || fstat(file, &about) != 0 ? errno : 0;
  if (failure == 0) {
    const bool sized = S_ISREG(about.st_mode) && about.st_size > 0;
    failure = sized ? 0 : ENODEV;
  }
  if (failure == 0) {
    block = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    failure = block == MAP_FAILED ? errno : 0;
  }
  if (file >= 0)
    close(file);
  if (failure == 0) {
    *size_bytes = (size_t)about.st_size;
    return block;
  }
  neap_fail(error, NEAP_EHOST, "can't map %.150s: %s", path, strerror(failure));
  return NULL;
}

static void unmap_file(void *data, const void *block, size_t size_bytes) {
  (void)data;
  munmap((void *)(size_t)block, size_bytes);
}

// ---------------------------------------------------------- the shared host

static struct {
  pthread_once_t once;
  neap_host host;
  neap_threads *threads;  // NULL: the error says why
  neap_error error;
} shared = {.once = PTHREAD_ONCE_INIT};

// Returns the workers that NEAP_THREADS asks for, or 0 after an error.
static size_t read_workers(neap_error *error) {
  const char *text = getenv("NEAP_THREADS");
  if (text == NULL) {
    const size_t cores = neap_host_cores();
    return cores < NEAP_WORKERS_MAX ? cores : NEAP_WORKERS_MAX;
  }
  const size_t digits = strspn(text, "0123456789");
  const unsigned long workers = strtoul(text, NULL, 10);
  if (digits > 0 && text[digits] == 0 && workers >= 1 &&
      workers <= NEAP_WORKERS_MAX)
    return workers;
  neap_fail(error, NEAP_EHOST,
            "NEAP_THREADS is '%.40s'; wanted a whole number from 1 to %d", text,
            NEAP_WORKERS_MAX);
  return 0;
}

// Runs at exit, and when stock Lua unloads the module: no thread may be left
// in code that is gone.
static void free_shared(void) {
  neap_threads_free(shared.threads);
  shared.threads = NULL;
}

static void make_shared(void) {
  const size_t workers = read_workers(&shared.error);
  if (workers == 0)
    return;
  shared.threads = neap_threads_new(workers);
  if (shared.threads == NULL) {
    neap_fail(&shared.error, NEAP_EMEMORY, "no memory for %zu threads",
              workers);
    return;
  }
  atexit(free_shared);
  shared.host = (neap_host){.data = shared.threads,
                            .parallel_for = neap_threads_run,
                            .max_workers = workers,
                            .clock = read_clock,
                            .read_file = read_file,
                            .write_file = write_file,
                            .isa = getenv("NEAP_ISA"),
                            .map_file = map_file,
                            .unmap_file = unmap_file};
}

const neap_host *neap_host_shared(neap_error *error) {
  pthread_once(&shared.once, make_shared);
  if (shared.threads != NULL)
    return &shared.host;
  if (error != NULL)
    *error = shared.error;
  return NULL;
}
