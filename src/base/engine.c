// base/engine.c -- the engine: a copy of the host and the instruction set.
#include <stdlib.h>
#include <string.h>

#include "base/base.h"

static void *allocate_from_libc(void *data, void *block, size_t old_size,
                                size_t new_size) {
  (void)data;
  (void)old_size;
  if (new_size == 0) {
    free(block);
    return NULL;
  }
  return realloc(block, new_size);
}

static void run_in_order(void *data, neap_task *task, void *argument,
                         size_t task_count) {
  (void)data;
  for (size_t i = 0; i < task_count; i++)
    task(argument, i, 0);
}

static neap_status choose_isa(const char *name, neap_isa_index *isa,
                              neap_error *error) {
  if (name == NULL) {
    *isa = NEAP_ISA_COUNT - 1;
    while (!neap_isa_available(*isa))
      --*isa;
    return NEAP_OK;
  }
  for (neap_isa_index i = 0; i < NEAP_ISA_COUNT; i++) {
    if (strcmp(name, neap_isa_name(i)) != 0)
      continue;
    if (!neap_isa_available(i)) {
      return neap_fail(error, NEAP_EHOST,
                       "instruction set '%s' is not on this machine", name);
    }
    *isa = i;
    return NEAP_OK;
  }
  return neap_fail(error, NEAP_EHOST,
                   "unknown instruction set '%.40s'; wanted base, avx2 or "
                   "avx512",
                   name);
}

neap *neap_new(const neap_host *host, neap_error *error) {
  neap_host full = host != NULL ? *host : (neap_host){0};
  if (full.allocate == NULL)
    full.allocate = allocate_from_libc;
  if (full.parallel_for == NULL) {
    full.parallel_for = run_in_order;
    full.max_workers = 1;
  }
  if (full.max_workers == 0) {
    neap_fail(error, NEAP_EARGUMENT,
              "max_workers is 0; wanted the threads that parallel_for has");
    return NULL;
  }
  neap_isa_index isa = NEAP_ISA_BASE;
  if (choose_isa(full.isa, &isa, error) != NEAP_OK)
    return NULL;
  full.isa = neap_isa_name(isa);
  neap *engine = full.allocate(full.data, NULL, 0, sizeof *engine);
  if (engine == NULL) {
    neap_fail(error, NEAP_EMEMORY, "no memory for the engine");
    return NULL;
  }
  *engine = (neap){.host = full, .isa = isa};
  return engine;
}

void neap_free(neap *engine) {
  if (engine == NULL)
    return;
  engine->host.allocate(engine->host.data, engine, sizeof *engine, 0);
}

const char *neap_isa(const neap *engine) {
  return neap_isa_name(engine->isa);
}

void neap_parallel_for(const neap *engine, neap_task *task, void *argument,
                       size_t task_count) {
  const neap_host *host = &engine->host;
  if (task_count == 1) {
    task(argument, 0, 0);
  } else if (task_count > 1) {
    host->parallel_for(host->data, task, argument, task_count);
  }
}
