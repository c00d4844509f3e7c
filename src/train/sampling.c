// train/sampling.c -- which rows an epoch has: all of them, or so many of each
// class.
#include <math.h>

#include "dataset/dataset.h"
#include "train/lockstep.h"

void neap_sampled_counts(neap_sampling sampling, double ratio, size_t k,
                         const size_t *counts, size_t *sampled) {
  size_t least = SIZE_MAX, most = 0, all = 0;
  for (size_t c = 0; c < k; c++) {
    least = counts[c] < least ? counts[c] : least;
    most = counts[c] > most ? counts[c] : most;
    all += counts[c];
  }
  const double under = floor((double)least / ratio + 0.5);
  const double over = floor((double)most * ratio + 0.5);
  for (size_t c = 0; c < k; c++) {
    const double count = (double)counts[c];
    sampled[c] = counts[c];
    if (sampling == NEAP_SAMPLE_UNDER && under < count)
      sampled[c] = (size_t)under;
    if (sampling == NEAP_SAMPLE_OVER && over > count)
      sampled[c] = (size_t)over;
    if (sampling == NEAP_SAMPLE_BALANCED)
      sampled[c] = all / k + (c < all % k);
  }
}

size_t neap_class_of_row(const neap_train_spec *spec, size_t row) {
  return spec->classes != NULL ? (size_t)spec->classes[row]
                               : (size_t)spec->targets[row];
}

// Sorts the rows by class, in their order.
void neap_trainer_sort_classes(neap_trainer *t) {
  const size_t k = t->class_count;
  size_t start = 0;
  for (size_t c = 0; c < k; c++) {
    size_t at = start;
    for (size_t i = 0; i < t->spec.rows; i++) {
      if (neap_class_of_row(&t->spec, i) == c)
        t->by_class[at++] = (uint32_t)i;
    }
    start = at;
  }
}

// Writes as many rows of a class as an epoch wants: all of them again and
// again, each time in another order, of which the last may be cut short.
static void draw_class(neap_trainer *t, size_t epoch, size_t class,
                       const uint32_t *rows, uint32_t *to, size_t step) {
  const size_t size = t->class_sizes[class], wanted = t->sampled_sizes[class];
  for (size_t done = 0, cycle = 0; done < wanted; cycle++) {
    const size_t left = wanted - done, count = left < size ? left : size;
    const uint64_t seed =
        neap_seed_of(t->spec.seed, class + t->class_count * cycle);
    neap_shuffle(t->engine, seed, NEAP_STREAM_SAMPLE, (uint32_t)epoch, size,
                 t->drawn);
    for (size_t i = 0; i < count; i++)
      to[(done + i) * step] = rows[t->drawn[i]];
    done += count;
  }
}

void neap_trainer_sample(neap_trainer *t, size_t epoch, uint32_t *order) {
  const size_t k = t->class_count, rows = t->epoch_rows;
  if (t->spec.sampling == NEAP_SAMPLE_NONE) {
    neap_shuffle(t->engine, t->spec.seed, NEAP_STREAM_SHUFFLE, (uint32_t)epoch,
                 rows, order);
    return;
  }
  const bool balanced = t->spec.sampling == NEAP_SAMPLE_BALANCED;
  uint32_t *list = balanced ? order : t->listed;
  size_t start = 0, at = 0;
  for (size_t c = 0; c < k; c++) {
    // Balanced: the classes take turns.
    draw_class(t, epoch, c, t->by_class + start, list + (balanced ? c : at),
               balanced ? k : 1);
    start += t->class_sizes[c];
    at += t->sampled_sizes[c];
  }
  if (balanced)
    return;
  neap_shuffle(t->engine, t->spec.seed, NEAP_STREAM_SHUFFLE, (uint32_t)epoch,
               rows, order);
  for (size_t i = 0; i < rows; i++)
    order[i] = t->listed[order[i]];
}
