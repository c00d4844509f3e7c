// bind/loss.c -- losses as objects: neap.loss.focal { gamma = 2 }.
#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "loss/loss.h"

const char *const neap_loss_kinds[] = {"binary", "classes", "real"};
const char *const neap_reductions[] = {"mean", "sum", "none", NULL};
const char *const neap_normalizers[] = {"count", "weight_sum", "positives",
                                        NULL};
const char *const neap_empties[] = {"zero", "nan", "error", NULL};
const char *const neap_sources[] = {"logits", "probabilities", NULL};
const char *const neap_smoothings[] = {"targets", "after", NULL};
const char *const neap_hessians[] = {"exact", "positive", "absolute", NULL};

static const char *const common_options[] = {"reduction",   "normalizer",
                                             "empty",       "class_weights",
                                             "pos_weight",  "label_smoothing",
                                             "smoothing",   "ignore_index",
                                             "from",        "hessian",
                                             "temperature", "logit_adjustment",
                                             "prior",       NULL};

static const neap_loss_form *form_of(const neap_loss *loss) {
  return neap_loss_form_of(loss, NEAP_FLOAT64);
}

neap_loss_kind neap_bound_kind(const neap_bound_loss *bound) {
  return bound->loss != NULL ? neap_loss_kind_of(bound->loss) : bound->kind;
}

// ------------------------------------------------------------- making one

static int refuse(lua_State *L, const char *message) {
  return luaL_argerror(L, 1, message);
}

// One of some names; the option's default is the first.
static int read_choice(lua_State *L, const char *key,
                       const char *const *names) {
  if (lua_getfield(L, 1, key) == LUA_TNIL) {
    lua_pop(L, 1);
    return 0;
  }
  const char *got = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  for (int i = 0; names[i] != NULL; i++) {
    if (strcmp(got, names[i]) != 0)
      continue;
    lua_pop(L, 1);
    return i;
  }
  luaL_Buffer b;
  const char *text = neap_shown(L);
  luaL_buffinit(L, &b);
  luaL_addstring(&b, key);
  luaL_addstring(&b, " is ");
  luaL_addstring(&b, text);
  luaL_addstring(&b, "; wanted ");
  for (int i = 0; names[i] != NULL; i++) {
    if (i > 0)
      luaL_addstring(&b, names[i + 1] == NULL ? " or " : ", ");
    luaL_addstring(&b, names[i]);
  }
  luaL_pushresult(&b);
  return refuse(L, lua_tostring(L, -1));
}

// A number of an option in a range, whose ends may be left out.
static double read_number(lua_State *L, const char *key, double initial,
                          double low, double high, bool open) {
  if (lua_getfield(L, 1, key) == LUA_TNIL) {
    lua_pop(L, 1);
    return initial;
  }
  const double x = lua_tonumber(L, -1);
  const bool fits = lua_type(L, -1) == LUA_TNUMBER && isfinite(x) &&
                    (open ? x > low : x >= low) && x <= high;
  if (!fits) {
    refuse(L, lua_pushfstring(L, "%s is %s; wanted a number %s %f%s", key,
                              neap_shown(L), open ? "above" : ">=", low,
                              high < HUGE_VAL ? ", below 1" : ""));
  }
  lua_pop(L, 1);
  return x;
}

// normalizer = "count", "weight_sum", "positives" or a number above 0.
static void read_normalizer(lua_State *L, neap_bound_loss *bound) {
  const int type = lua_getfield(L, 1, "normalizer");
  if (type == LUA_TNUMBER) {
    bound->divisor = lua_tonumber(L, -1);
    if (!(bound->divisor > 0 && isfinite(bound->divisor))) {
      refuse(L, lua_pushfstring(L, "normalizer is %s; wanted a number above 0",
                                neap_shown(L)));
    }
  }
  lua_pop(L, 1);
  if (type != LUA_TNUMBER)
    bound->normalizer =
        (neap_normalizer)read_choice(L, "normalizer", neap_normalizers);
}

// hessian = "exact", "positive", "absolute" or the floor.
static void read_hessian(lua_State *L, neap_bound_loss *bound) {
  const int type = lua_getfield(L, 1, "hessian");
  if (type == LUA_TNUMBER) {
    bound->hessian_mode = NEAP_HESSIAN_FLOOR;
    bound->hessian_floor = lua_tonumber(L, -1);
    if (!(bound->hessian_floor >= 0 && isfinite(bound->hessian_floor))) {
      refuse(L, lua_pushfstring(L, "hessian is %s; wanted a floor >= 0",
                                neap_shown(L)));
    }
  }
  lua_pop(L, 1);
  if (type != LUA_TNUMBER)
    bound->hessian_mode =
        (neap_hessian_mode)read_choice(L, "hessian", neap_hessians);
}

static void read_common(lua_State *L, neap_bound_loss *bound) {
  bound->reduction =
      (neap_reduction)read_choice(L, "reduction", neap_reductions);
  bound->empty = (neap_empty)read_choice(L, "empty", neap_empties);
  bound->from = (neap_source)read_choice(L, "from", neap_sources);
  bound->smoothing =
      (neap_smoothing)read_choice(L, "smoothing", neap_smoothings);
  bound->label_smoothing =
      read_number(L, "label_smoothing", 0, 0, 0x1.fffffffffffffp-1, false);
  bound->temperature = read_number(L, "temperature", 1, 0, HUGE_VAL, true);
  bound->adjustment = read_number(L, "logit_adjustment", 0, 0, HUGE_VAL, false);
  read_normalizer(L, bound);
  read_hessian(L, bound);
  bound->has_ignored = lua_getfield(L, 1, "ignore_index") != LUA_TNIL;
  if (bound->has_ignored) {
    bound->ignored = lua_tonumber(L, -1);
    if (lua_type(L, -1) != LUA_TNUMBER || !isfinite(bound->ignored))
      refuse(L, lua_pushfstring(L, "ignore_index is %s; wanted a target",
                                neap_shown(L)));
  }
  lua_pop(L, 1);
}

// The lists of numbers among the options; they stay on the stack, at `first`
// and after: class_weights, pos_weight, prior.
typedef struct lists {
  int weights, labels, prior;
  size_t weight_count, label_count, prior_count;
} lists;

static size_t push_list(lua_State *L, const char *key, size_t least) {
  const int type = lua_getfield(L, 1, key);
  if (type == LUA_TNIL)
    return 0;
  const size_t count = type == LUA_TTABLE ? lua_rawlen(L, -1) : 0;
  if (type != LUA_TTABLE || count < least) {
    refuse(L,
           lua_pushfstring(L, "%s is %s; wanted a list of %d or more numbers",
                           key, neap_shown(L), (int)least));
  }
  return count;
}

// class_weights = "balanced", { "effective", beta = }, a list, or by name.
static void push_weights(lua_State *L, neap_bound_loss *to, lists *l) {
  const int type = lua_getfield(L, 1, "class_weights");
  l->weights = lua_gettop(L);
  if (type == LUA_TNIL)
    return;
  if (type == LUA_TSTRING && strcmp(lua_tostring(L, -1), "balanced") == 0) {
    to->weighting = NEAP_WEIGHTS_BALANCED;
    return;
  }
  if (type != LUA_TTABLE) {
    refuse(L, lua_pushfstring(
                  L,
                  "class_weights is %s; wanted \"balanced\", { \"effective\", "
                  "beta = }, numbers from class 0 on, or numbers by name",
                  neap_shown(L)));
  }
  if (lua_geti(L, -1, 1) == LUA_TSTRING &&
      strcmp(lua_tostring(L, -1), "effective") == 0) {
    lua_pop(L, 1);
    for (lua_pushnil(L); lua_next(L, l->weights) != 0; lua_pop(L, 1)) {
      const bool known = lua_type(L, -2) == LUA_TNUMBER
                             ? lua_tointeger(L, -2) == 1
                             : strcmp(lua_tostring(L, -2), "beta") == 0;
      if (!known)
        refuse(L, "class_weights: wanted { \"effective\", beta = }");
    }
    to->weighting = NEAP_WEIGHTS_EFFECTIVE;
    to->beta =
        lua_getfield(L, -1, "beta") == LUA_TNIL ? 0.999 : lua_tonumber(L, -1);
    if (!(to->beta >= 0 && to->beta < 1))
      refuse(L, "class_weights: beta: wanted a number >= 0, below 1");
  } else {
    lua_pop(L, 1);
    l->weight_count = lua_rawlen(L, -1);
    to->weighting =
        l->weight_count > 0 ? NEAP_WEIGHTS_LISTED : NEAP_WEIGHTS_NAMED;
  }
  lua_settop(L, l->weights);
}

static void read_list(lua_State *L, int list, size_t count, const char *name,
                      double *to) {
  for (size_t i = 0; i < count; i++) {
    lua_geti(L, list, (lua_Integer)i + 1);
    to[i] = lua_tonumber(L, -1);
    if (lua_type(L, -1) != LUA_TNUMBER || !(to[i] >= 0 && isfinite(to[i]))) {
      refuse(L, lua_pushfstring(L, "%s[%I] is %s; wanted a number >= 0", name,
                                (lua_Integer)i + 1, neap_shown(L)));
    }
    lua_pop(L, 1);
  }
}

// What can't be said twice, or needs another kind of loss.
static void check_lists(lua_State *L, const neap_loss *loss,
                        const neap_bound_loss *bound, const lists *l) {
  const bool binary = neap_loss_kind_of(loss) == NEAP_BINARY;
  const bool alpha = (form_of(loss)->takes & NEAP_TAKES_ALPHA) != 0 &&
                     lua_getfield(L, 1, "alpha") == LUA_TNUMBER;
  const bool weights = bound->weighting != NEAP_WEIGHTS_NONE;
  if (l->label_count > 0 && !binary)
    refuse(L, lua_pushfstring(L,
                              "%s takes no pos_weight; class_weights weighs "
                              "each class",
                              neap_loss_name(loss)));
  if (l->label_count > 0 && weights)
    refuse(L, "pos_weight and class_weights both weigh class 1; give one");
  if (alpha && (weights || l->label_count > 0))
    refuse(L, "alpha and class_weights both weigh the classes; give one");
  if (binary && l->weight_count > 2) {
    refuse(L,
           lua_pushfstring(L, "class_weights has %I numbers; %s wants 2",
                           (lua_Integer)l->weight_count, neap_loss_name(loss)));
  }
  if (l->weight_count == 1)
    refuse(L, "class_weights: wanted two or more numbers, from class 0 on");
}

// Weights by class, or pos_weight = number: class 1 of each label.
static void push_lists(lua_State *L, neap_bound_loss *to, lists *l) {
  push_weights(L, to, l);
  if (lua_getfield(L, 1, "pos_weight") == LUA_TNUMBER) {
    lua_createtable(L, 1, 0);
    lua_insert(L, -2);
    lua_rawseti(L, -2, 1);
    l->label_count = 1;
  } else {
    lua_pop(L, 1);
    l->label_count = push_list(L, "pos_weight", 1);
  }
  l->labels = lua_gettop(L);
  l->prior_count = push_list(L, "prior", 2);
  l->prior = lua_gettop(L);
  if (l->prior_count > 0 && to->adjustment == 0)
    refuse(L, "prior is for logit_adjustment, which is not given");
}

int neap_new_loss(lua_State *L, const neap_loss *loss, int owner) {
  const neap_parameter *rows = form_of(loss)->parameters;
  if (lua_isnil(L, 1)) {
    lua_newtable(L);
    lua_replace(L, 1);
  }
  neap_check_keys(L, 1, rows, common_options);
  neap_bound_loss head = {.loss = loss};
  lists l = {0};
  read_common(L, &head);
  push_lists(L, &head, &l);
  check_lists(L, loss, &head, &l);
  head.weight_count = l.weight_count;
  head.label_count = l.label_count;
  head.prior_count = l.prior_count;
  neap_read_parameters(L, 1, rows, head.params);
  const size_t count = l.weight_count + l.label_count + l.prior_count;
  neap_bound_loss *bound =
      lua_newuserdatauv(L, sizeof *bound + count * sizeof(double), 2);
  *bound = head;
  luaL_setmetatable(L, NEAP_LOSS_TYPE);
  double *to = bound->numbers;
  read_list(L, l.weights, l.weight_count, "class_weights", to);
  to += l.weight_count;
  read_list(L, l.labels, l.label_count, "pos_weight", to);
  read_list(L, l.prior, l.prior_count, "prior", to + l.label_count);
  if (head.weighting == NEAP_WEIGHTS_NAMED) {
    lua_pushvalue(L, l.weights);
    lua_setiuservalue(L, -2, 1);
  }
  if (owner != 0) {
    lua_pushvalue(L, owner);
    lua_setiuservalue(L, -2, 2);
  }
  return 1;
}

// The constructor of one loss, which is its second upvalue.
static int new_loss(lua_State *L) {
  const neap_loss *loss = lua_touserdata(L, lua_upvalueindex(2));
  lua_settop(L, 1);
  return neap_new_loss(L, loss, 0);
}

const neap_loss *neap_to_loss(lua_State *L, int index) {
  const neap_bound_loss *bound = luaL_testudata(L, index, NEAP_LOSS_TYPE);
  return bound != NULL ? bound->loss : NULL;
}

// -------------------------------------------------------------------- sums

// How many losses stand for one, and pushes their list.
static size_t push_terms(lua_State *L, int index) {
  const neap_bound_loss *bound = luaL_checkudata(L, index, NEAP_LOSS_TYPE);
  if (bound->loss == NULL) {
    lua_getiuservalue(L, index, 1);
    return bound->term_count;
  }
  lua_createtable(L, 1, 0);
  lua_pushvalue(L, index);
  lua_rawseti(L, -2, 1);
  return 1;
}

static double factor_of(const neap_bound_loss *bound, size_t i) {
  return bound->loss == NULL ? bound->numbers[i] : 1;
}

// Two losses must say the same about what comes after the sum.
static void check_alike(lua_State *L, const neap_bound_loss *a,
                        const neap_bound_loss *b) {
  const bool alike =
      a->reduction == b->reduction && a->empty == b->empty &&
      a->normalizer == b->normalizer && a->divisor == b->divisor &&
      a->has_ignored == b->has_ignored && a->ignored == b->ignored &&
      a->hessian_mode == b->hessian_mode &&
      a->hessian_floor == b->hessian_floor && a->from == b->from;
  if (!alike) {
    luaL_error(L,
               "a sum of losses wants the same reduction, normalizer, "
               "empty, ignore_index, from and hessian for both");
  }
  if (neap_bound_kind(a) != neap_bound_kind(b))
    luaL_error(L, "a sum of losses wants the same kind of targets for both");
}

// Pushes factor1 * (loss at 1) + factor2 * (loss at `second`, or none).
static int push_sum(lua_State *L, int first, double factor1, int second,
                    double factor2) {
  const neap_bound_loss *a = luaL_checkudata(L, first, NEAP_LOSS_TYPE);
  const neap_bound_loss *b =
      second != 0 ? luaL_checkudata(L, second, NEAP_LOSS_TYPE) : NULL;
  if (b != NULL)
    check_alike(L, a, b);
  const size_t count1 = push_terms(L, first);
  const int list1 = lua_gettop(L);
  const size_t count2 = b != NULL ? push_terms(L, second) : 0;
  const int list2 = lua_gettop(L);
  const size_t count = count1 + count2;
  neap_bound_loss *sum =
      lua_newuserdatauv(L, sizeof *sum + count * sizeof(double), 1);
  *sum = *a;
  sum->loss = NULL;
  sum->kind = neap_bound_kind(a);
  sum->term_count = count;
  sum->weighting = NEAP_WEIGHTS_NONE;
  sum->weight_count = sum->label_count = sum->prior_count = 0;
  luaL_setmetatable(L, NEAP_LOSS_TYPE);
  lua_createtable(L, (int)count, 0);
  for (size_t i = 0; i < count; i++) {
    const bool is_first = i < count1;
    sum->numbers[i] = is_first ? factor1 * factor_of(a, i)
                               : factor2 * factor_of(b, i - count1);
    lua_rawgeti(L, is_first ? list1 : list2,
                (lua_Integer)(is_first ? i : i - count1) + 1);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setiuservalue(L, -2, 1);
  return 1;
}

static double check_factor(lua_State *L, int index) {
  const double factor = luaL_checknumber(L, index);
  luaL_argcheck(L, isfinite(factor), index, "wanted a finite factor");
  return factor;
}

static int loss_mul(lua_State *L) {
  const int loss = lua_isnumber(L, 1) ? 2 : 1;
  return push_sum(L, loss, check_factor(L, 3 - loss), 0, 0);
}

static int loss_div(lua_State *L) {
  const double divisor = check_factor(L, 2);
  luaL_argcheck(L, divisor != 0, 2, "a loss is divided by 0");
  return push_sum(L, 1, 1 / divisor, 0, 0);
}

static int loss_add(lua_State *L) {
  return push_sum(L, 1, 1, 2, 1);
}

static int loss_sub(lua_State *L) {
  return push_sum(L, 1, 1, 2, -1);
}

static int loss_unm(lua_State *L) {
  return push_sum(L, 1, -1, 0, 0);
}

static const luaL_Reg meta[] = {
    {"__index", neap_loss_index}, {"__tostring", neap_loss_tostring},
    {"__mul", loss_mul},          {"__div", loss_div},
    {"__add", loss_add},          {"__sub", loss_sub},
    {"__unm", loss_unm},          {NULL, NULL}};
static const neap_function no_methods[] = {{0}};
static const neap_function list[] = {{"list", neap_loss_list, 0}, {0}};

void neap_open_loss(lua_State *L) {
  const neap *engine = neap_bound_engine(L);
  neap_make_type(L, NEAP_LOSS_TYPE, meta, no_methods);
  neap_add_loss_calls(L);
  lua_newtable(L);
  for (size_t i = 0; neap_loss_at(engine, i) != NULL; i++) {
    const neap_loss *loss = neap_loss_at(engine, i);
    lua_pushlightuserdata(L, (void *)loss);
    neap_set_function(L, (neap_function){neap_loss_name(loss), new_loss, 1});
  }
  neap_set_functions(L, list);
}
