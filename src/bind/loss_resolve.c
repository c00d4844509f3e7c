// bind/loss_resolve.c -- a script's loss on some data, as C wants it.
#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "loss/loss.h"

// Room for the lists of one loss: class weights, label weights, offsets,
// margins, and the ignored target.
static size_t list_bytes(const neap_classes *classes) {
  const size_t doubles = 3 * classes->count + classes->labels + 1;
  return (doubles + 1) / 2 * 2 * sizeof(double);
}

bool neap_wants_counts(lua_State *L, int index) {
  const neap_bound_loss *bound = lua_touserdata(L, index);
  if (bound->loss == NULL) {
    bool wants = false;
    lua_getiuservalue(L, index, 1);
    for (size_t i = 0; i < bound->term_count; i++) {
      lua_geti(L, -1, (lua_Integer)i + 1);
      wants = wants || neap_wants_counts(L, lua_gettop(L));
      lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return wants;
  }
  const int takes = neap_loss_form_of(bound->loss, NEAP_FLOAT64)->takes;
  return bound->weighting == NEAP_WEIGHTS_BALANCED ||
         bound->weighting == NEAP_WEIGHTS_EFFECTIVE ||
         (takes & NEAP_TAKES_MARGINS) != 0 ||
         (bound->adjustment > 0 && bound->prior_count == 0);
}

size_t neap_resolve_bytes(lua_State *L, int index,
                          const neap_classes *classes) {
  const neap_bound_loss *bound = luaL_checkudata(L, index, NEAP_LOSS_TYPE);
  if (bound->loss != NULL)
    return list_bytes(classes);
  return bound->term_count * (list_bytes(classes) + sizeof(neap_loss_term)) +
         neap_aligned(neap_loss_sum_bytes(bound->term_count)) + 64;
}

// ------------------------------------------------------------- one loss

// What a message begins with where it is one point of several.
static const char *push_place(lua_State *L, size_t position) {
  if (position == 0)
    return lua_pushliteral(L, "");
  return lua_pushfstring(L, "points[%I]: ", (lua_Integer)position);
}

static const double *copy_list(lua_State *L, const double *from, size_t count,
                               size_t wanted, const char *name,
                               const char *what, size_t position, double *to) {
  if (count == 0)
    return NULL;
  if (count != wanted) {
    luaL_error(L, "%s%s has %I numbers; there are %I %s",
               push_place(L, position), name, (lua_Integer)count,
               (lua_Integer)wanted, what);
  }
  memcpy(to, from, count * sizeof *to);
  return to;
}

static bool is_class(lua_State *L, const neap_classes *classes,
                     const char *name) {
  bool found = false;
  for (size_t c = 0; c < classes->count && !found; c++) {
    lua_geti(L, classes->names, (lua_Integer)c + 1);
    found = strcmp(lua_tostring(L, -1), name) == 0;
    lua_pop(L, 1);
  }
  return found;
}

// Pushes the names of all classes as text, which it returns.
static const char *push_classes(lua_State *L, const neap_classes *classes) {
  luaL_Buffer text;
  luaL_buffinit(L, &text);
  for (size_t c = 0; c < classes->count; c++) {
    if (c > 0)
      luaL_addstring(&text, ", ");
    lua_geti(L, classes->names, (lua_Integer)c + 1);
    luaL_addvalue(&text);
  }
  luaL_pushresult(&text);
  return lua_tostring(L, -1);
}

static const double *named_weights(lua_State *L, int index,
                                   const neap_classes *classes, size_t position,
                                   double *to) {
  if (classes->names == 0) {
    luaL_error(L,
               "%sclass_weights go by name, which only data sets have; give "
               "a list from class 0 on",
               push_place(L, position));
  }
  lua_getiuservalue(L, index, 1);
  for (size_t c = 0; c < classes->count; c++) {
    lua_geti(L, classes->names, (lua_Integer)c + 1);
    const char *name = lua_tostring(L, -1);
    if (lua_getfield(L, -2, name) != LUA_TNUMBER) {
      luaL_error(L, "%sclass_weights has no number for the class '%s'",
                 push_place(L, position), name);
    }
    to[c] = lua_tonumber(L, -1);
    lua_pop(L, 2);
  }
  for (lua_pushnil(L); lua_next(L, -2) != 0; lua_pop(L, 1)) {
    const char *name = lua_tostring(L, -2);
    if (!is_class(L, classes, name)) {
      luaL_error(L, "%sclass_weights has the class '%s'; the data have %s",
                 push_place(L, position), name, push_classes(L, classes));
    }
  }
  lua_pop(L, 1);
  return to;
}

static const double *weights_of(lua_State *L, int index,
                                const neap_classes *classes, size_t position,
                                double *to) {
  const neap_bound_loss *bound = lua_touserdata(L, index);
  switch (bound->weighting) {
    case NEAP_WEIGHTS_LISTED:
      return copy_list(L, bound->numbers, bound->weight_count, classes->count,
                       "class_weights", "classes", position, to);
    case NEAP_WEIGHTS_BALANCED:
      neap_balanced_weights(classes->count, classes->counts, to);
      return to;
    case NEAP_WEIGHTS_EFFECTIVE:
      neap_effective_weights(classes->count, classes->counts, bound->beta, to);
      return to;
    case NEAP_WEIGHTS_NAMED:
      return named_weights(L, index, classes, position, to);
    default:
      return NULL;
  }
}

// tau log(prior) of each class, which is taken in while training (Menon et
// al. 2021, ICLR, eq. 10).
static const double *offsets_of(lua_State *L, const neap_bound_loss *bound,
                                const neap_classes *classes, size_t position,
                                double *to) {
  const double *prior =
      bound->numbers + bound->weight_count + bound->label_count;
  double sum = 0;
  if (bound->adjustment == 0)
    return NULL;
  if (bound->prior_count == 0) {
    prior = classes->counts;
  } else {
    prior = copy_list(L, prior, bound->prior_count, classes->count, "prior",
                      "classes", position, to);
  }
  for (size_t c = 0; c < classes->count; c++)
    sum += prior[c];
  for (size_t c = 0; c < classes->count; c++) {
    if (!(prior[c] > 0)) {
      luaL_error(L, "%slogit_adjustment: class %I has no share of the rows",
                 push_place(L, position), (lua_Integer)c);
    }
    to[c] = bound->adjustment * log(prior[c] / sum);
  }
  return to;
}

static neap_loss_options options_of(lua_State *L, int index,
                                    const neap_classes *classes,
                                    size_t position, double *room) {
  const neap_bound_loss *bound = lua_touserdata(L, index);
  const size_t k = classes->count;
  double *offsets = room + k, *margins = room + 2 * k, *labels = room + 3 * k;
  const bool takes_margins =
      (neap_loss_form_of(bound->loss, NEAP_FLOAT64)->takes &
       NEAP_TAKES_MARGINS) != 0;
  neap_loss_options o = {.params = bound->params,
                         .scale = 1 / bound->temperature,
                         .label_smoothing = bound->label_smoothing,
                         .smoothing = bound->smoothing,
                         .from = bound->from,
                         .hessian_mode = bound->hessian_mode,
                         .hessian_floor = bound->hessian_floor,
                         .normalizer = bound->normalizer};
  o.class_weights = weights_of(L, index, classes, position, room);
  o.class_offsets = offsets_of(L, bound, classes, position, offsets);
  if (bound->label_count == 1) {
    room[0] = 1;
    room[1] = bound->numbers[bound->weight_count];
    o.class_weights = room;
  } else {
    o.label_weights =
        copy_list(L, bound->numbers + bound->weight_count, bound->label_count,
                  classes->labels, "pos_weight", "labels", position, labels);
  }
  if (takes_margins) {
    neap_ldam_margins(k, classes->counts, bound->params[0], margins);
    o.class_margins = margins;
    o.scale *= bound->params[1];
  }
  if (bound->has_ignored) {
    labels[classes->labels] = bound->ignored;
    o.ignore_index = labels + classes->labels;
  }
  return o;
}

// ------------------------------------------------------------------- a sum

static neap_resolved resolve_sum(lua_State *L, int index,
                                 const neap_classes *classes, char *memory,
                                 size_t position) {
  const neap_bound_loss *sum = lua_touserdata(L, index);
  const size_t count = sum->term_count, bytes = list_bytes(classes);
  char *loss_memory = memory + count * bytes;
  neap_loss_term *terms =
      (neap_loss_term *)(void *)(loss_memory +
                                 neap_aligned(neap_loss_sum_bytes(count)));
  lua_getiuservalue(L, index, 1);
  for (size_t i = 0; i < count; i++) {
    lua_geti(L, -1, (lua_Integer)i + 1);
    const int term = lua_gettop(L);
    const neap_bound_loss *bound = lua_touserdata(L, term);
    terms[i] = (neap_loss_term){
        .factor = sum->numbers[i],
        .loss = bound->loss,
        .options = options_of(L, term, classes, position,
                              (double *)(void *)(memory + i * bytes))};
    lua_settop(L, term - 1);
  }
  lua_pop(L, 1);
  neap_error error = {0};
  const neap_loss *loss = neap_loss_sum(loss_memory, terms, count, &error);
  if (loss == NULL)
    neap_raise(L, &error);
  const neap_loss_options *first = &terms[0].options;
  return (neap_resolved){.loss = loss,
                         .options = {.ignore_index = first->ignore_index,
                                     .hessian_mode = sum->hessian_mode,
                                     .hessian_floor = sum->hessian_floor,
                                     .normalizer = sum->normalizer}};
}

neap_resolved neap_resolve(lua_State *L, int index, const neap_classes *classes,
                           void *memory, size_t position) {
  const neap_bound_loss *bound = lua_touserdata(L, index);
  luaL_checkstack(L, 16, "too many losses");
  if (bound->loss == NULL)
    return resolve_sum(L, index, classes, memory, position);
  return (neap_resolved){
      .loss = bound->loss,
      .options = options_of(L, index, classes, position, memory)};
}
