// bind/train.c -- models, optimizers, training jobs and prediction.
#include <math.h>
#include <string.h>

#include "bind/bound_row.h"

#define NEAP_TRAINER NEAP_TYPE("Trainer")

// ---------------------------------------------------------------- the job

// A trainer as userdata; its user values are the array x, which it reads, the
// memory of its losses, and the points.
typedef struct bound_trainer {
  neap_trainer *trainer;
  size_t points, parameters;
  neap_dtype precision;
} bound_trainer;

static bound_trainer *check_trainer(lua_State *L) {
  bound_trainer *bound = luaL_checkudata(L, 1, NEAP_TRAINER);
  luaL_argcheck(L, bound->trainer != NULL, 1, "the trainer is closed");
  return bound;
}

// Gives the memory back, at once if called as trainer:close(): what Lua can't
// see it does not hurry to collect.
static int close_trainer(lua_State *L) {
  bound_trainer *bound = luaL_checkudata(L, 1, NEAP_TRAINER);
  neap_trainer_free(bound->trainer);
  bound->trainer = NULL;
  return 0;
}

static bool field_is_nil(lua_State *L, int table, const char *key) {
  return lua_getfield(L, table, key) == LUA_TNIL;
}

// Leaves the field on the stack, as float64.
static const double *push_doubles(lua_State *L, int table, const char *key) {
  if (field_is_nil(L, table, key))
    return NULL;
  const int top = lua_gettop(L);
  return neap_check_doubles(L, top)->data;
}

static size_t integer_field(lua_State *L, int table, const char *key) {
  lua_getfield(L, table, key);
  const lua_Number number = lua_tonumber(L, -1);
  lua_pop(L, 1);
  return (size_t)number;
}

static const neap_bound_row *row_field(lua_State *L, int table, const char *key,
                                       const char *type) {
  lua_getfield(L, table, key);
  const neap_bound_row *row = luaL_checkudata(L, -1, type);
  lua_pop(L, 1);  // its table keeps it
  return row;
}

static size_t columns_bytes(lua_State *L, int loss) {
  return neap_aligned(neap_count_columns(L, loss) * sizeof(uint16_t));
}

// Bytes that all points' losses need when they are resolved.
static size_t losses_bytes(lua_State *L, int list, size_t points,
                           const neap_classes *classes) {
  size_t bytes = 0;
  for (size_t i = 0; i < points; i++) {
    lua_geti(L, list, (lua_Integer)i + 1);
    lua_getfield(L, -1, "loss");
    bytes += neap_aligned(neap_resolve_bytes(L, lua_gettop(L), classes)) +
             columns_bytes(L, lua_gettop(L));
    lua_pop(L, 2);
  }
  return bytes;
}

// Reads points[i] = { loss =, optimizer =, l2 =, dropout = } and moves *memory
// on.
static const neap_optimizer *read_point(lua_State *L, int list, size_t i,
                                        const neap_classes *classes,
                                        neap_train_point *point,
                                        char **memory) {
  lua_geti(L, list, (lua_Integer)i + 1);
  const int table = lua_gettop(L);
  lua_getfield(L, table, "loss");
  const int loss = lua_gettop(L);
  const neap_bound_row *optimizer =
      row_field(L, table, "optimizer", NEAP_OPTIMIZER_TYPE);
  lua_getfield(L, table, "l2");
  const double l2 = lua_tonumber(L, -1);
  lua_getfield(L, table, "dropout");
  const double dropout = lua_tonumber(L, -1);  // nil is 0
  const neap_resolved r = neap_resolve(L, loss, classes, *memory, i + 1);
  *memory += neap_aligned(neap_resolve_bytes(L, loss, classes));
  uint16_t *columns = (uint16_t *)(void *)*memory;
  neap_find_loss_columns(L, loss, 1, columns);
  *memory += columns_bytes(L, loss);
  *point = (neap_train_point){.loss = r.loss,
                              .options = r.options,
                              .l2 = l2,
                              .dropout = dropout,
                              .loss_columns = columns};
  memcpy(point->optimizer, optimizer->options, sizeof point->optimizer);
  lua_settop(L, table - 1);
  return optimizer->row;
}

// Pushes the points and fills the spec with them. What sums of losses need to
// live is kept by the trainer, at `trainer`.
static void push_points(lua_State *L, int table, int trainer,
                        neap_train_spec *spec, const neap_classes *classes) {
  lua_getfield(L, table, "points");
  const int list = lua_gettop(L);
  lua_pushvalue(L, list);  // which keeps losses alive that scripts defined
  lua_setiuservalue(L, trainer, 3);
  const size_t points = (size_t)luaL_len(L, list);
  neap_train_point *to = lua_newuserdatauv(L, (points + 1) * sizeof *to, 0);
  char *memory = lua_newuserdatauv(
      L, losses_bytes(L, list, points, classes) + NEAP_ALIGNMENT, 0);
  lua_setiuservalue(L, trainer, 2);
  memory = (char *)neap_aligned((size_t)memory);
  for (size_t i = 0; i < points; i++) {
    const neap_optimizer *optimizer =
        read_point(L, list, i, classes, &to[i], &memory);
    if (spec->optimizer != NULL && optimizer != spec->optimizer) {
      luaL_error(L,
                 "points[%I] has the optimizer %s and points[1] has %s; "
                 "wanted one kind for all",
                 (lua_Integer)i + 1, optimizer->name, spec->optimizer->name);
    }
    spec->optimizer = optimizer;
  }
  spec->points = to;
  spec->point_count = points;
}

// Pushes how many rows each class has; several labels count as one.
static const double *push_counts(lua_State *L, const neap_train_spec *spec,
                                 size_t count) {
  double *counts = lua_newuserdatauv(L, count * sizeof *counts, 0);
  const size_t outputs = spec->shape.outputs;
  memset(counts, 0, count * sizeof *counts);
  if (spec->classes != NULL) {
    for (size_t i = 0; i < spec->rows; i++)
      counts[spec->classes[i]]++;
  } else if (spec->kind == NEAP_CLASSES) {
    for (size_t i = 0; i < spec->rows * outputs; i++)
      counts[i % outputs] += spec->targets[i];
  } else {
    double zeros = 0, ones = 0;
    for (size_t i = 0; i < spec->rows * outputs; i++) {
      ones += spec->targets[i];
      zeros += 1 - spec->targets[i];
    }
    counts[0] = zeros;
    counts[1] = ones;
  }
  return counts;
}

const neap_array *neap_check_train_rows(lua_State *L, int index) {
  const neap_array *x = luaL_checkudata(L, index, NEAP_ARRAY);
  luaL_argcheck(L, x->dtype != NEAP_INT32, index,
                "rows are int32; wanted float64 or float32");
  return x;
}

void neap_check_train_parameters(lua_State *L, const neap_array *parameters,
                                 const neap_model *model,
                                 const neap_shape *shape, const char *name) {
  const size_t wanted = model->parameter_count(shape);
  if (parameters->columns == wanted)
    return;
  luaL_error(L, "%s has %I parameters a point; rows of %I features want %I",
             name, (lua_Integer)parameters->columns,
             (lua_Integer)shape->features, (lua_Integer)wanted);
}

// Leaves the starts of all points on the stack, if there are any.
static const double *push_initial(lua_State *L, const neap_train_spec *spec) {
  if (field_is_nil(L, 1, "initial"))
    return NULL;
  const neap_array *initial = neap_check_doubles(L, lua_gettop(L));
  neap_check_train_parameters(L, initial, spec->model, &spec->shape, "initial");
  if (initial->rows != spec->point_count)
    luaL_error(L, "initial is of other points");
  return initial->data;
}

// Leaves the targets on the stack: classes [n], or y [n] or [n][outputs].
static void push_targets(lua_State *L, neap_train_spec *spec) {
  lua_getfield(L, 1, "kind");
  const bool classes = strcmp(luaL_checkstring(L, -1), "classes") == 0;
  spec->kind = classes ? NEAP_CLASSES : NEAP_BINARY;
  if (!field_is_nil(L, 1, "classes")) {
    spec->classes =
        neap_check_array_of(L, lua_gettop(L), NEAP_INT32, "classes")->data;
  }
  spec->targets = push_doubles(L, 1, "y");
}

const char *const neap_samplings[] = {"none", "balanced", "under", "over",
                                      NULL};

// sampling = a name, ratio = a number, pauses = whether to wait at each
// epoch's end; all may be nil.
static void read_sampling(lua_State *L, neap_train_spec *spec) {
  lua_getfield(L, 1, "sampling");
  spec->sampling =
      (neap_sampling)luaL_checkoption(L, -1, "none", neap_samplings);
  if (lua_getfield(L, 1, "ratio") != LUA_TNIL)
    spec->ratio = lua_tonumber(L, -1);
  lua_getfield(L, 1, "pauses");
  spec->pauses = lua_toboolean(L, -1);
  lua_pop(L, 3);
}

// For lua/neap/job.lua, which has checked it all: a table with x, kind, y or
// classes, outputs, weights, shift, scale, model, points, epochs, batch,
// sampling, ratio, pauses, seed, initial -> trainer; or with check = true, only
// raises what it would raise
static int new_trainer(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  bound_trainer *bound = lua_newuserdatauv(L, sizeof *bound, 3);
  *bound = (bound_trainer){0};
  luaL_setmetatable(L, NEAP_TRAINER);
  lua_getfield(L, 1, "x");
  const neap_array *x = neap_check_train_rows(L, -1);
  lua_setiuservalue(L, 2, 1);
  const neap_bound_row *model = row_field(L, 1, "model", NEAP_MODEL_TYPE);
  neap_train_spec spec = {
      .rows = x->rows,
      .shape = neap_shape_of(model, x->columns, integer_field(L, 1, "outputs")),
      .x = x->data,
      .dtype = x->dtype,
      .weights = push_doubles(L, 1, "weights"),
      .shift = push_doubles(L, 1, "shift"),
      .scale = push_doubles(L, 1, "scale"),
      .model = model->row,
      .initialisation =
          (neap_initialisation)(int)neap_row_number(model, "initialisation"),
      .zero_bias = neap_row_number(model, "bias") != 0,
      .epochs = integer_field(L, 1, "epochs"),
      .batch = integer_field(L, 1, "batch"),
      .ratio = 1,
      .seed = integer_field(L, 1, "seed")};
  read_sampling(L, &spec);
  push_targets(L, &spec);
  neap_classes classes = {
      .count = spec.kind == NEAP_CLASSES ? spec.shape.outputs : 2,
      .labels = spec.kind == NEAP_CLASSES ? 1 : spec.shape.outputs};
  classes.counts = push_counts(L, &spec, classes.count);
  lua_getfield(L, 1, "class_names");
  classes.names = lua_gettop(L);
  spec.loss_columns = neap_push_loss_columns(L, 1, &spec.loss_column_count);
  push_points(L, 1, 2, &spec, &classes);
  spec.initial = push_initial(L, &spec);
  neap_error error = {0};
  if (!field_is_nil(L, 1, "check")) {
    neap_raise_if(L, neap_train_check(&spec, &error), &error);
    return 0;
  }
  bound->trainer = neap_trainer_new(neap_bound_engine(L), &spec, &error);
  if (bound->trainer == NULL)
    neap_raise(L, &error);
  bound->points = spec.point_count;
  bound->parameters = spec.model->parameter_count(&spec.shape);
  bound->precision = spec.optimizer->precision;
  lua_settop(L, 2);
  return 1;
}

// trainer:step(seconds or nil) -> whether it is finished; nil: the host's
// budget, or to the end
static int trainer_step(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  const double seconds = luaL_optnumber(L, 2, HUGE_VAL);
  if (!(seconds >= 0)) {
    luaL_argerror(
        L, 2,
        lua_pushfstring(L, "seconds is %f; wanted a number >= 0", seconds));
  }
  neap_job *job = neap_trainer_job(bound->trainer);
  lua_pushboolean(L, neap_job_step(job, neap_job_seconds(job, seconds)));
  return 1;
}

// trainer:progress() -> fraction done, points running, longest overrun in
// seconds
static int trainer_progress(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  lua_pushnumber(L, neap_trainer_fraction(bound->trainer));
  lua_pushinteger(L, (lua_Integer)neap_trainer_running(bound->trainer));
  lua_pushnumber(L, neap_trainer_job(bound->trainer)->longest_overrun);
  return 3;
}

// trainer:precision() -> "float64" or "float32": of logits and losses
static int trainer_precision(lua_State *L) {
  lua_pushstring(L, neap_dtype_name(check_trainer(L)->precision));
  return 1;
}

// trainer:paused() -> whether it waits at an epoch's end, and the epochs done
static int trainer_paused(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  lua_pushboolean(L, neap_trainer_paused(bound->trainer));
  lua_pushinteger(L, (lua_Integer)neap_trainer_epoch(bound->trainer));
  return 2;
}

static size_t check_point(lua_State *L, const bound_trainer *bound) {
  const lua_Integer i = luaL_checkinteger(L, 2);
  luaL_argcheck(L, i >= 1 && (size_t)i <= bound->points, 2, "no such point");
  return (size_t)i - 1;
}

static int trainer_keep(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  neap_trainer_keep(bound->trainer, check_point(L, bound));
  return 0;
}

static int trainer_stop(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  neap_trainer_stop(bound->trainer, check_point(L, bound));
  return 0;
}

static int trainer_resume(lua_State *L) {
  neap_trainer_resume(check_trainer(L)->trainer);
  return 0;
}

// trainer:save() -> its state, for trainer:load
static int trainer_save(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  luaL_Buffer b;
  const size_t size = neap_trainer_save(bound->trainer, NULL);
  neap_trainer_save(bound->trainer, luaL_buffinitsize(L, &b, size));
  luaL_pushresultsize(&b, size);
  return 1;
}

// trainer:fingerprint() -> a text that trainers of the same spec share: not
// every Lua has whole numbers of 64 bits
static int trainer_fingerprint(lua_State *L) {
  const neap_trainer *trainer = check_trainer(L)->trainer;
  char text[17];
  snprintf(text, sizeof text, "%016llx",
           (unsigned long long)neap_trainer_fingerprint(trainer));
  lua_pushstring(L, text);
  return 1;
}

static int trainer_load(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  size_t size;
  const char *bytes = luaL_checklstring(L, 2, &size);
  neap_error error = {0};
  neap_raise_if(L, neap_trainer_load(bound->trainer, bytes, size, &error),
                &error);
  return 0;
}

// trainer:bytes() -> what it takes of memory
static int trainer_bytes(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  lua_pushinteger(L, (lua_Integer)neap_trainer_bytes(bound->trainer));
  return 1;
}

static int trainer_cancel(lua_State *L) {
  neap_trainer_job(check_trainer(L)->trainer)->cancelled = true;
  return 0;
}

// trainer:parameters() -> float64 [points][parameters]
static int trainer_parameters(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  neap_array *all =
      neap_new_array(L, NEAP_FLOAT64, bound->points, bound->parameters);
  const size_t bytes = bound->parameters * sizeof(double);
  for (size_t p = 0; p < bound->points; p++) {
    memcpy((char *)all->data + p * bytes,
           neap_trainer_parameters(bound->trainer, p), bytes);
  }
  return 1;
}

static const char *const state_names[] = {"running", "converged", "stopped",
                                          "failed"};

// trainer:report(i) -> { state=, objective=, gradient_norm=, steps=, history= }
static int trainer_report(lua_State *L) {
  const bound_trainer *bound = check_trainer(L);
  const neap_fit_report report =
      neap_trainer_report(bound->trainer, check_point(L, bound));
  lua_createtable(L, 0, 5);
  lua_pushstring(L, state_names[report.state]);
  lua_setfield(L, -2, "state");
  lua_pushnumber(L, report.objective);
  lua_setfield(L, -2, "objective");
  lua_pushnumber(L, report.gradient_norm);
  lua_setfield(L, -2, "gradient_norm");
  lua_pushinteger(L, (lua_Integer)report.steps);
  lua_setfield(L, -2, "steps");
  if (report.failed_step > 0) {
    lua_pushinteger(L, (lua_Integer)report.failed_epoch);
    lua_setfield(L, -2, "failed_epoch");
    lua_pushinteger(L, (lua_Integer)report.failed_step);
    lua_setfield(L, -2, "failed_step");
  }
  neap_array *history =
      neap_new_array(L, NEAP_FLOAT64, report.history_count, 0);
  memcpy(history->data, report.history, report.history_count * sizeof(double));
  lua_setfield(L, -2, "history");
  return 1;
}

static const luaL_Reg trainer_meta[] = {
    {"__gc", close_trainer}, {"__close", close_trainer}, {NULL, NULL}};
static const neap_function trainer_methods[] = {
    {"step", trainer_step, 1},
    {"progress", trainer_progress, 0},
    {"cancel", trainer_cancel, 0},
    {"paused", trainer_paused, 0},
    {"keep", trainer_keep, 1},
    {"stop", trainer_stop, 1},
    {"resume", trainer_resume, 0},
    {"save", trainer_save, 0},
    {"load", trainer_load, 1},
    {"fingerprint", trainer_fingerprint, 0},
    {"bytes", trainer_bytes, 0},
    {"precision", trainer_precision, 0},
    {"parameters", trainer_parameters, 0},
    {"report", trainer_report, 1},
    {"close", close_trainer, 0},
    {0}};

void neap_open_train(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"trainer", new_trainer},
      {"sampled_counts", neap_sampled_counts_of},
      {NULL, NULL}};
  neap_make_type(L, NEAP_TRAINER, trainer_meta, trainer_methods);
  luaL_newlib(L, functions);
  neap_add_prediction(L);
  neap_push_models(L);
  lua_setfield(L, -2, "model");
  neap_push_optimizers(L);
  lua_setfield(L, -2, "optimizer");
}
