// base/arena.c -- one block from the host, dealt out in aligned pieces.
#include <string.h>

#include "base/base.h"

void *neap_arena_take(neap_arena *arena, size_t count, size_t size_bytes) {
  const size_t limit = SIZE_MAX / 4;
  // An overflow is remembered as a size that no allocator can give.
  if (arena->used_bytes > limit ||
      (size_bytes != 0 && count > limit / size_bytes)) {
    arena->used_bytes = SIZE_MAX;
    return NULL;
  }
  const size_t start = arena->used_bytes;
  arena->used_bytes += neap_aligned(count * size_bytes);
  return arena->base != NULL ? arena->base + start : NULL;
}

neap_status neap_arena_new(const neap *engine, neap_arena *arena,
                           neap_error *error) {
  const neap_host *host = &engine->host;
  const size_t wanted = arena->used_bytes;
  *arena = (neap_arena){0};
  if (wanted <= SIZE_MAX / 2) {
    arena->block_bytes = wanted + NEAP_ALIGNMENT;
    arena->block = host->allocate(host->data, NULL, 0, arena->block_bytes);
  }
  if (arena->block == NULL) {
    return neap_fail(error, NEAP_EMEMORY, "no memory for %zu bytes", wanted);
  }
  arena->base = (char *)neap_aligned((size_t)arena->block);
  memset(arena->base, 0, wanted);
  return NEAP_OK;
}

void neap_arena_free(const neap *engine, neap_arena *arena) {
  const neap_host *host = &engine->host;
  if (arena->block != NULL) {
    host->allocate(host->data, arena->block, arena->block_bytes, 0);
  }
  *arena = (neap_arena){0};
}
