// train/snapshot.c -- the state of a trainer as bytes, for a later trainer of
// the same spec to go on from.
//
// What a spec gives is not in it, but a fingerprint of that: shapes, options,
// targets, weights and some rows. Numbers are as this machine has them, so that
// both trainers go on with the same bits.
#include <string.h>

#include "train/lockstep.h"

static const char magic[8] = "neapjob3";

// Goes over the fields of a trainer, one way or the other.
typedef struct cursor {
  char *to;          // NULL: none
  const char *from;  // NULL: none
  size_t at, size;   // size: of from
} cursor;

// Copies a field; past the end of `from` it stays as it is.
static void pass(cursor *c, void *field, size_t size_bytes) {
  if (c->to != NULL)
    memcpy(c->to + c->at, field, size_bytes);
  if (c->from != NULL && c->at + size_bytes <= c->size)
    memcpy(field, c->from + c->at, size_bytes);
  c->at += size_bytes;
}

static void pass_count(cursor *c, size_t *count) {
  uint64_t wide = *count;
  pass(c, &wide, sizeof wide);
  *count = (size_t)wide;
}

static void pass_flag(cursor *c, bool *flag) {
  char byte = *flag ? 1 : 0;
  pass(c, &byte, 1);
  *flag = byte != 0;
}

static void pass_numbers(cursor *c, double *numbers, size_t count) {
  pass(c, numbers, count * sizeof *numbers);
}

// ---------------------------------------------------------- the fingerprint

static uint64_t hash_word(uint64_t so_far, uint64_t word) {
  so_far = (so_far ^ word) * 0x100000001B3u;
  return so_far ^ so_far >> 32;
}

// As FNV-1a (Fowler, Noll and Vo 1991), but of words of 8 bytes, whose upper
// half is folded into the lower one.
static uint64_t hash(uint64_t so_far, const void *bytes, size_t size_bytes) {
  const char *at = bytes;
  uint64_t word = 0;
  for (; size_bytes >= sizeof word; size_bytes -= sizeof word) {
    memcpy(&word, at, sizeof word);
    so_far = hash_word(so_far, word);
    at += sizeof word;
  }
  word = 0;
  memcpy(&word, at, size_bytes);
  return hash_word(so_far, word);
}

static uint64_t hash_number(uint64_t so_far, double number) {
  return hash(so_far, &number, sizeof number);
}

static uint64_t hash_text(uint64_t so_far, const char *text) {
  return hash(so_far, text, strlen(text));
}

// A list of a point, or that there is none.
static uint64_t hash_list(uint64_t h, const double *list, size_t count) {
  h = hash_word(h, list != NULL);
  return list != NULL ? hash(h, list, count * sizeof *list) : h;
}

// A loss with its options, lists of which have `classes` or `labels` numbers.
static uint64_t hash_loss(uint64_t h, const neap_loss *loss,
                          const neap_loss_options *o, size_t classes,
                          size_t labels) {
  size_t count;
  neap_loss_parameters(loss, &count);
  h = hash_text(h, neap_loss_name(loss));
  h = hash_list(h, o->params, count);
  h = hash_list(h, o->class_weights, classes);
  h = hash_list(h, o->label_weights, labels);
  h = hash_list(h, o->class_offsets, classes);
  h = hash_list(h, o->class_margins, classes);
  h = hash_list(h, o->ignore_index, 1);
  const double numbers[] = {
      o->scale,         o->label_smoothing,       (double)o->smoothing,
      (double)o->from,  (double)o->logit_targets, (double)o->hessian_mode,
      o->hessian_floor, (double)o->normalizer};
  h = hash(h, numbers, sizeof numbers);
  for (size_t t = 0; t < loss->term_count; t++) {
    const neap_loss_term *term = &loss->terms[t];
    h = hash_number(h, term->factor);
    h = hash_loss(h, term->loss, &term->options, classes, labels);
  }
  return h;
}

static uint64_t hash_point(const neap_trainer *t, uint64_t h,
                           const neap_train_point *p) {
  const size_t outputs = t->spec.shape.outputs;
  const size_t classes = t->spec.kind == NEAP_CLASSES ? outputs : 2;
  h = hash_loss(h, p->loss, &p->options, classes, outputs);
  for (size_t i = 0; i < NEAP_PARAMETER_MAX; i++)
    h = hash_number(h, p->optimizer[i]);
  for (size_t i = 0; i < neap_loss_columns(p->loss); i++)
    h = hash_word(h, p->loss_columns[i]);
  return hash_number(hash_number(h, p->l2), p->dropout);
}

static uint64_t hash_shape(uint64_t h, const neap_shape *shape) {
  const uint64_t numbers[] = {shape->features, shape->outputs, shape->layers,
                              (uint64_t)shape->activation};
  h = hash(h, numbers, sizeof numbers);
  return hash(h, shape->hidden, shape->layers * sizeof *shape->hidden);
}

// Rows of x, at most so many: all of them would take as long as an epoch.
enum { LOOKED_AT = 1024 };

static uint64_t hash_rows(const neap_trainer *t, uint64_t h) {
  const neap_train_spec *spec = &t->spec;
  const size_t features = spec->shape.features;
  const size_t row_bytes = features * neap_dtype_size(spec->dtype);
  const size_t count = spec->rows < LOOKED_AT ? spec->rows : LOOKED_AT;
  for (size_t i = 0; i < count; i++) {
    const size_t row = spec->rows / count * i;
    h = hash(h, (const char *)spec->x + row * row_bytes, row_bytes);
  }
  h = hash_list(h, t->shift, features);
  return hash_list(h, t->scale, features);
}

uint64_t neap_trainer_fingerprint(const neap_trainer *t) {
  const neap_train_spec *spec = &t->spec;
  const neap_form *fine = &t->forms[NEAP_FINE];
  const uint64_t numbers[] = {spec->rows,
                              spec->point_count,
                              spec->epochs,
                              spec->batch,
                              spec->seed,
                              (uint64_t)spec->dtype,
                              (uint64_t)spec->kind,
                              (uint64_t)spec->initialisation,
                              (uint64_t)spec->sampling,
                              spec->zero_bias,
                              spec->pauses,
                              (uint64_t)fine->kernels->dtype,
                              t->forms[NEAP_DRAFT].kernels != NULL};
  uint64_t h = hash(0xCBF29CE484222325u, numbers, sizeof numbers);
  h = hash_number(hash_shape(h, &spec->shape), spec->ratio);
  h = hash_text(hash_text(h, spec->model->name), spec->optimizer->name);
  h = hash_rows(t, h);
  h = hash(h, fine->targets, spec->rows * neap_target_bytes(t, fine));
  if (fine->weights != NULL)
    h = hash(h, fine->weights, spec->rows * fine->number_bytes);
  h = hash(h, fine->loss_columns,
           spec->loss_column_count * spec->rows * fine->number_bytes);
  for (size_t p = 0; p < spec->point_count; p++)
    h = hash_point(t, h, &t->points[p]->spec);
  return h;
}

// ------------------------------------------------------------------ the state

static void pass_point(const neap_trainer *t, cursor *c, neap_point *p) {
  const size_t count = t->parameters;
  uint32_t state = (uint32_t)p->state;
  pass(c, &state, sizeof state);
  p->state = (neap_fit_state)state;
  pass_numbers(c, &p->at.value, 1);
  pass_numbers(c, &p->at.first_norm, 1);
  pass_numbers(c, &p->at.best_value, 1);
  pass_numbers(c, &p->at.best_norm, 1);
  pass_numbers(c, &p->value, 1);
  pass_numbers(c, &p->epoch_value, 1);
  pass_count(c, &p->at.steps);
  pass_count(c, &p->history_count);
  pass_count(c, &p->failed_step);
  pass_flag(c, &p->has_kept);
  pass_flag(c, &p->stopped);
  pass_flag(c, &p->at.draft);
  pass_numbers(c, p->at.x, count);
  pass_numbers(c, p->gradient, count);
  if (p->hessian != NULL)
    pass_numbers(c, p->hessian, count * count);
  if (p->kept != NULL)
    pass_numbers(c, p->kept, count);
  pass(c, p->optimizer,
       t->spec.optimizer->state_bytes(count, p->spec.optimizer));
  if (p->history_count <= neap_history_capacity(t))
    pass_numbers(c, p->history, p->history_count);
}

static void pass_all(neap_trainer *t, cursor *c) {
  uint64_t fingerprint = neap_trainer_fingerprint(t);
  uint32_t phase = (uint32_t)t->phase;
  char mark[sizeof magic];
  memcpy(mark, magic, sizeof magic);
  pass(c, mark, sizeof mark);
  pass(c, &fingerprint, sizeof fingerprint);
  pass(c, &phase, sizeof phase);
  t->phase = (neap_phase)phase;
  pass_count(c, &t->epoch);
  pass_count(c, &t->phase_rows);
  pass_count(c, &t->at.start);
  pass_count(c, &t->at.rows);
  pass_count(c, &t->at.block);
  pass_count(c, &t->running_count);
  pass_flag(c, &t->job.finished);
  pass_flag(c, &t->job.paused);
  for (size_t i = 0; i < t->spec.point_count; i++) {
    pass_count(c, &t->running[i]);
    pass_point(t, c, t->points[i]);
  }
}

// The bytes end in a hash of all before it.
size_t neap_trainer_save(const neap_trainer *trainer, void *bytes) {
  cursor c = {.to = bytes};
  // Nothing is written to the trainer where there is no `from`.
  pass_all((neap_trainer *)trainer, &c);
  if (bytes != NULL) {
    const uint64_t sum = hash(0, bytes, c.at);
    memcpy((char *)bytes + c.at, &sum, sizeof sum);
  }
  return c.at + sizeof(uint64_t);
}

static bool is_whole(const char *bytes, size_t size_bytes) {
  uint64_t sum;
  memcpy(&sum, bytes + size_bytes, sizeof sum);
  return sum == hash(0, bytes, size_bytes);
}

neap_status neap_trainer_load(neap_trainer *t, const void *bytes,
                              size_t size_bytes, neap_error *error) {
  const char *from = bytes;
  uint64_t fingerprint;
  if (size_bytes < sizeof magic + 2 * sizeof fingerprint ||
      memcmp(from, magic, sizeof magic) != 0) {
    return neap_fail(error, NEAP_EDATA, "this is no checkpoint of a job");
  }
  memcpy(&fingerprint, from + sizeof magic, sizeof fingerprint);
  if (fingerprint != neap_trainer_fingerprint(t)) {
    return neap_fail(error, NEAP_EDATA,
                     "the checkpoint is of another job: its data, points or "
                     "options differ");
  }
  const size_t size = size_bytes - sizeof(uint64_t);
  cursor c = {.from = from, .size = size};
  if (is_whole(from, size))
    pass_all(t, &c);
  if (c.at != size)
    return neap_fail(error, NEAP_EDATA, "the checkpoint is damaged");
  neap_trainer_order(t);
  return NEAP_OK;
}
