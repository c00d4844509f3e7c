// dataset/imbalance.c -- some rows of each class, at random.
#include "dataset/dataset.h"

neap_status neap_sample_classes(const neap *engine, size_t rows,
                                const int32_t *classes, size_t class_count,
                                const size_t *counts, uint64_t seed,
                                uint32_t *kept, neap_error *error) {
  neap_arena arena = {0};
  neap_arena_take(&arena, 2 * rows, sizeof(uint32_t));
  NEAP_TRY(neap_arena_new(engine, &arena, error));
  uint32_t *of_class = neap_arena_take(&arena, 2 * rows, sizeof(uint32_t));
  uint32_t *order = of_class + rows;
  neap_status status = NEAP_OK;
  for (size_t i = 0; i < rows; i++)
    kept[i] = 0;
  for (size_t c = 0; c < class_count && status == NEAP_OK; c++) {
    size_t size = 0;
    for (size_t i = 0; i < rows; i++) {
      if ((size_t)classes[i] == c)
        of_class[size++] = (uint32_t)i;
    }
    if (counts[c] > size) {
      status = neap_fail(error, NEAP_EDATA,
                         "class %zu has %zu rows; %zu are wanted, and none is "
                         "taken twice",
                         c, size, counts[c]);
      continue;
    }
    neap_shuffle(engine, seed, NEAP_STREAM_KEEP, (uint32_t)c, size, order);
    for (size_t i = 0; i < counts[c]; i++)
      kept[of_class[order[i]]] = 1;
  }
  neap_arena_free(engine, &arena);
  return status;
}

void neap_shift_truth(size_t rows, size_t classes, const double *truth,
                      const double *ratios, double *shifted) {
  for (size_t i = 0; i < rows; i++) {
    if (classes == 2) {
      const double yes = truth[i] * ratios[1], no = (1 - truth[i]) * ratios[0];
      shifted[i] = yes / (yes + no);
      continue;
    }
    double sum = 0;
    for (size_t c = 0; c < classes; c++)
      sum += truth[i * classes + c] * ratios[c];
    for (size_t c = 0; c < classes; c++)
      shifted[i * classes + c] = truth[i * classes + c] * ratios[c] / sum;
  }
}
