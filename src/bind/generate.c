// bind/generate.c -- what lua/neap/generate.lua is made of: the generators,
// and mixtures of Gaussians from and to tables.
#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "dataset/dataset.h"

// ----------------------------------------------------------------- options

static const neap_parameter size_rows[] = {
    {"n", 1000, 1, 4e9, .meaning = "rows", .whole = 1},
    {"features", NAN, 1, 1e6, .meaning = "columns", .whole = 1},
    {"seed", 1, 0, NEAP_SEED_MAX, .meaning = "another draw", .whole = 1},
    {"part", 0, 0, 255, .meaning = "another part of the same draw", .whole = 1},
    {0}};
enum { N, FEATURES, SEED, PART };

static const char *const label_names[] = {"independent", "exact", NULL};
static const char *const dtype_names[] = {"float64", "float32", NULL};

static int read_choice(lua_State *L, int index, const char *key,
                       const char *const *names, int initial) {
  lua_getfield(L, index, key);
  if (lua_isnil(L, -1)) {
    lua_pop(L, 1);
    return initial;
  }
  const char *got = lua_tostring(L, -1);
  for (int i = 0; names[i] != NULL; i++) {
    if (got == NULL || strcmp(got, names[i]) != 0)
      continue;
    lua_pop(L, 1);
    return i;
  }
  return luaL_argerror(L, index,
                       lua_pushfstring(L, "%s is %s; wanted %s or %s", key,
                                       neap_shown(L), names[0], names[1]));
}

// Names of all options but the generator's own.
static const char *const shared_names[] = {
    "n", "features", "seed", "part", "dtype", "labels", "priors", NULL};
static const char *const mixture_names[] = {
    "n", "features", "seed", "part", "dtype", "labels", "components", NULL};

// ---------------------------------------------------------------- mixtures

// A mixture from a table, whose memory is userdata that stays on the stack.
typedef struct reading {
  lua_State *L;
  neap_mixture mixture;
} reading;

static void *take(lua_State *L, size_t count, size_t size_bytes) {
  luaL_argcheck(L, size_bytes == 0 || count <= SIZE_MAX / 16 / size_bytes, 1,
                "components: too many numbers");
  void *memory = lua_newuserdatauv(L, count * size_bytes + 1, 0);
  memset(memory, 0, count * size_bytes + 1);
  return memory;
}

static int refuse_component(lua_State *L, size_t number, const char *what) {
  return luaL_argerror(
      L, 1,
      lua_pushfstring(L, "components[%I]: %s", (lua_Integer)number, what));
}

// The numbers of a component that are on top of the stack.
static const neap_array *check_numbers(lua_State *L, size_t component,
                                       const char *key) {
  if (!lua_istable(L, -1) && luaL_testudata(L, -1, NEAP_ARRAY) == NULL) {
    refuse_component(L, component,
                     lua_pushfstring(L,
                                     "%s is %s; wanted an array or a table of "
                                     "numbers",
                                     key, neap_shown(L)));
  }
  return neap_check_doubles(L, lua_gettop(L));
}

static double number_of(lua_State *L, size_t component, const char *key,
                        double low, double high) {
  lua_getfield(L, -1, key);
  int is_number;
  const double number = lua_tonumberx(L, -1, &is_number);
  if (!is_number || !(number >= low && number <= high)) {
    refuse_component(L, component,
                     lua_pushfstring(L, "%s is %s; wanted a number, %f to %f",
                                     key, neap_shown(L), low, high));
  }
  lua_pop(L, 1);
  return number;
}

// Copies the array or list `key` of the table on top; returns false where
// there is none. columns 0: one dimension.
static bool copy_numbers(lua_State *L, size_t component, const char *key,
                         size_t rows, size_t columns, double *to) {
  if (lua_getfield(L, -1, key) == LUA_TNIL) {
    lua_pop(L, 1);
    return false;
  }
  const neap_array *array = check_numbers(L, component, key);
  const size_t got_columns = array->dimensions == 2 ? array->columns : 0;
  if (array->rows != rows || got_columns != columns) {
    refuse_component(
        L, component,
        lua_pushfstring(L,
                        "%s is %s; wanted one number, or row of numbers, "
                        "for each of %I features",
                        key, neap_push_shape(L, array), (lua_Integer)rows));
  }
  const double *from = array->data;
  for (size_t i = 0; i < neap_array_count(array); i++) {
    if (!isfinite(from[i]))
      refuse_component(L, component,
                       lua_pushfstring(L, "%s holds %f; wanted finite numbers",
                                       key, from[i]));
    to[i] = from[i];
  }
  lua_pop(L, 1);
  return true;
}

// deviation: a number or one for each feature; covariance: a matrix.
static void read_factor(reading *r, size_t component) {
  lua_State *L = r->L;
  const size_t d = r->mixture.features;
  neap_factor *f = &r->mixture.factors[component];
  f->scale = 1;
  const int type = lua_getfield(L, -1, "deviation");
  lua_pop(L, 1);
  if (type == LUA_TNUMBER)
    f->scale = number_of(L, component + 1, "deviation", 1e-9, 1e9);
  const bool has_covariance = lua_getfield(L, -1, "covariance") != LUA_TNIL;
  lua_pop(L, 1);
  if (has_covariance && type != LUA_TNIL) {
    refuse_component(L, component + 1,
                     "deviation and covariance; wanted one of them");
  }
  if (!has_covariance && (type == LUA_TNUMBER || type == LUA_TNIL))
    return;
  const int table = lua_gettop(L);
  f->lower = take(L, d * d, sizeof *f->lower);
  f->turned = take(L, d * d, sizeof *f->turned);
  lua_pushvalue(L, table);
  if (has_covariance) {
    copy_numbers(L, component + 1, "covariance", d, d, f->turned);
    for (size_t i = 0; i < d; i++) {
      for (size_t j = 0; j < i; j++) {
        if (f->turned[i * d + j] != f->turned[j * d + i])
          refuse_component(L, component + 1, "covariance is not symmetric");
      }
    }
    neap_error error = {0};
    if (neap_cholesky(d, f->turned, f->lower, &error) != NEAP_OK)
      refuse_component(L, component + 1, error.message);
  } else {
    copy_numbers(L, component + 1, "deviation", d, 0, f->turned);
    for (size_t i = 0; i < d; i++) {
      if (!(f->turned[i] > 0))
        refuse_component(L, component + 1, "deviation: wanted numbers above 0");
      f->lower[i * d + i] = f->turned[i];
    }
  }
  lua_pop(L, 1);
  neap_factor_finish(d, f);
  lua_insert(L, table);  // the memory below the component, which stays on top
  lua_insert(L, table);
}

static const char *const component_names[] = {"class",      "weight",    "mean",
                                              "covariance", "deviation", NULL};

static size_t count_features(lua_State *L) {
  luaL_argcheck(L, lua_geti(L, -1, 1) == LUA_TTABLE, 1,
                "components: wanted a list of { class =, weight =, mean = }");
  lua_getfield(L, -1, "mean");
  if (lua_isnil(L, -1))
    refuse_component(L, 1, "mean is missing");
  const neap_array *mean = check_numbers(L, 1, "mean");
  const size_t features = mean->rows;
  lua_pop(L, 2);
  return features;
}

static void read_component(reading *r, size_t i) {
  lua_State *L = r->L;
  neap_component *c = &r->mixture.components[i];
  if (lua_type(L, -1) != LUA_TTABLE)
    refuse_component(L, i + 1, "wanted a table { class =, weight =, mean = }");
  neap_check_keys(L, lua_gettop(L), NULL, component_names);
  const double class_index = number_of(L, i + 1, "class", 0, 99);
  if (class_index != floor(class_index))
    refuse_component(L, i + 1, "class: wanted a whole number from 0 on");
  c->class_index = (uint32_t)class_index;
  c->factor = (uint32_t)i;
  c->weight = 1;
  if (lua_getfield(L, -1, "weight") != LUA_TNIL) {
    lua_pop(L, 1);
    c->weight = number_of(L, i + 1, "weight", 0, 1e9);
  } else {
    lua_pop(L, 1);
  }
  if (!copy_numbers(L, i + 1, "mean", r->mixture.features, 0, c->mean))
    refuse_component(L, i + 1, "mean is missing");
  read_factor(r, i);
}

// Weights of the whole become priors of the classes, and shares within them.
static void share_weights(reading *r) {
  neap_mixture *m = &r->mixture;
  double total = 0;
  for (size_t i = 0; i < m->count; i++)
    total += m->components[i].weight;
  for (size_t i = 0; i < m->count; i++)
    m->priors[m->components[i].class_index] += m->components[i].weight / total;
  for (size_t c = 0; c < m->classes; c++) {
    if (!(m->priors[c] > 0)) {
      luaL_argerror(r->L, 1,
                    lua_pushfstring(r->L,
                                    "components: class %I has no weight; "
                                    "wanted some for each of %I classes",
                                    (lua_Integer)c, (lua_Integer)m->classes));
    }
  }
  for (size_t i = 0; i < m->count; i++) {
    neap_component *c = &m->components[i];
    c->weight = c->weight / total / m->priors[c->class_index];
  }
}

// Reads the field "components" of the options at index 1.
static void read_components(reading *r) {
  lua_State *L = r->L;
  neap_mixture *m = &r->mixture;
  luaL_argcheck(L, lua_getfield(L, 1, "components") == LUA_TTABLE, 1,
                "components: wanted a list of { class =, weight =, mean = }");
  m->count = m->factor_count = (size_t)luaL_len(L, -1);
  m->features = count_features(L);
  const int list = lua_gettop(L);
  m->components = take(L, m->count, sizeof *m->components);
  m->factors = take(L, m->count, sizeof *m->factors);
  double *means = take(L, m->count * m->features, sizeof *means);
  m->priors = take(L, 100, sizeof *m->priors);
  m->classes = 2;
  for (size_t i = 0; i < m->count; i++) {
    luaL_checkstack(L, 8, "components");
    m->components[i].mean = means + i * m->features;
    lua_geti(L, list, (lua_Integer)i + 1);
    read_component(r, i);
    lua_pop(L, 1);
    if (m->components[i].class_index >= m->classes)
      m->classes = m->components[i].class_index + 1;
  }
  share_weights(r);
}

static void push_numbers(lua_State *L, const char *key, const double *from,
                         size_t rows, size_t columns) {
  neap_array *array = neap_new_array(L, NEAP_FLOAT64, rows, columns);
  memcpy(array->data, from, neap_array_count(array) * sizeof *from);
  lua_setfield(L, -2, key);
}

// { priors =, components = { { class =, weight = (of the whole), mean =,
// factor = }, ... }, factors = { { scale = } or { lower = }, ... } }
static void push_mixture(lua_State *L, const neap_mixture *m) {
  lua_createtable(L, 0, 3);
  push_numbers(L, "priors", m->priors, m->classes, 0);
  lua_createtable(L, (int)m->count, 0);
  for (size_t i = 0; i < m->count; i++) {
    const neap_component *c = &m->components[i];
    lua_createtable(L, 0, 4);
    lua_pushinteger(L, (lua_Integer)c->class_index);
    lua_setfield(L, -2, "class");
    lua_pushnumber(L, m->priors[c->class_index] * c->weight);
    lua_setfield(L, -2, "weight");
    lua_pushinteger(L, (lua_Integer)c->factor + 1);
    lua_setfield(L, -2, "factor");
    push_numbers(L, "mean", c->mean, m->features, 0);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "components");
  lua_createtable(L, (int)m->factor_count, 0);
  for (size_t i = 0; i < m->factor_count; i++) {
    const neap_factor *f = &m->factors[i];
    lua_createtable(L, 0, 1);
    if (f->lower != NULL) {
      push_numbers(L, "lower", f->lower, m->features, m->features);
    } else {
      lua_pushnumber(L, f->scale);
      lua_setfield(L, -2, "scale");
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "factors");
}

// --------------------------------------------------------------- the plan

// The option priors: a share for each class, adding up to 1.
static const double *read_priors(lua_State *L, size_t *classes) {
  if (lua_getfield(L, 1, "priors") == LUA_TNIL)
    return NULL;
  const neap_array *priors = neap_check_doubles(L, lua_gettop(L));
  const double *share = priors->data;
  double sum = 0;
  for (size_t c = 0; c < priors->rows; c++) {
    if (!(share[c] >= 0))
      luaL_argerror(L, 1,
                    lua_pushfstring(L, "priors[%I] is %f; wanted a number >= 0",
                                    (lua_Integer)c + 1, share[c]));
    sum += share[c];
  }
  if (priors->dimensions != 1 || priors->rows != *classes ||
      fabs(sum - 1) > 1e-9) {
    luaL_argerror(L, 1,
                  lua_pushfstring(L,
                                  "priors are %s, with the sum %f; wanted one "
                                  "for each of %I classes, with the sum 1",
                                  neap_push_shape(L, priors), sum,
                                  (lua_Integer)*classes));
  }
  return share;
}

// What the options ask for; all that it points to is on the stack.
typedef struct plan {
  neap_draw draw;
  reading given;
  double params[NEAP_PARAMETER_MAX];
} plan;

static void read_plan(lua_State *L, const neap_generator *generator, plan *p) {
  double sizes[NEAP_PARAMETER_MAX];
  *p = (plan){.given.L = L};
  lua_settop(L, 1);
  luaL_checktype(L, 1, LUA_TTABLE);
  neap_check_keys(L, 1, generator->parameters,
                  generator->takes_components ? mixture_names : shared_names);
  neap_read_parameters(L, 1, size_rows, sizes);
  neap_read_parameters(L, 1, generator->parameters, p->params);
  size_t features = generator->features;
  if (generator->takes_components) {
    read_components(&p->given);
    p->draw.given = &p->given.mixture;
    features = p->given.mixture.features;
  }
  const bool asked = !isnan(sizes[FEATURES]);
  if ((generator->fixed_features || generator->takes_components) && asked &&
      sizes[FEATURES] != (double)features) {
    luaL_argerror(L, 1,
                  lua_pushfstring(L, "features is %d; there are %d",
                                  (int)sizes[FEATURES], (int)features));
  }
  p->draw.features = asked ? (size_t)sizes[FEATURES] : features;
  p->draw.classes = 2;
  if (generator->classes_of != NULL)
    p->draw.classes = generator->classes_of(p->params);
  if (generator->takes_components) {
    p->draw.classes = p->given.mixture.classes;
  } else {
    p->draw.priors = read_priors(L, &p->draw.classes);
  }
  p->draw.rows = (size_t)sizes[N];
  p->draw.seed = (uint64_t)sizes[SEED];
  p->draw.part = (uint32_t)sizes[PART];
  p->draw.params = p->params;
  p->draw.dtype =
      (neap_dtype)read_choice(L, 1, "dtype", dtype_names, NEAP_FLOAT32);
  p->draw.labels = (neap_labels)read_choice(L, 1, "labels", label_names,
                                            NEAP_LABELS_INDEPENDENT);
}

// Pushes an array, or nil, and returns its numbers.
static void *new_or_nil(lua_State *L, bool wanted, neap_dtype dtype,
                        size_t rows) {
  if (wanted)
    return neap_new_array(L, dtype, rows, 0)->data;
  lua_pushnil(L);
  return NULL;
}

// The draw of one generator, which is the first upvalue: options -> x, y,
// truth, groups or nil, weights or nil, number of classes.
static int draw(lua_State *L) {
  const neap_generator *generator = lua_touserdata(L, lua_upvalueindex(2));
  plan p;
  read_plan(L, generator, &p);
  neap_draw *d = &p.draw;
  luaL_checkstack(L, 8, "draw");
  d->x = neap_new_array(L, d->dtype, d->rows, d->features)->data;
  d->y = neap_new_array(L, d->dtype, d->rows, 0)->data;
  d->truth =
      neap_new_array(L, NEAP_FLOAT64, d->rows, d->classes > 2 ? d->classes : 0)
          ->data;
  d->groups = new_or_nil(L, generator->has_groups, NEAP_INT32, d->rows);
  d->weights = new_or_nil(L, generator->has_weights, NEAP_FLOAT64, d->rows);
  neap_error error = {0};
  neap_raise_if(L, neap_draw_rows(neap_bound_engine(L), generator, d, &error),
                &error);
  lua_pushinteger(L, (lua_Integer)d->classes);
  return 6;
}

static int push_mixture_of(lua_State *L) {
  push_mixture(L, lua_touserdata(L, 1));
  return 1;
}

// The mixture of a generator's rows: options -> a table, or nil.
static int describe(lua_State *L) {
  const neap_generator *generator = lua_touserdata(L, lua_upvalueindex(2));
  const neap *engine = neap_bound_engine(L);
  plan p;
  neap_error error = {0};
  if (generator->mixture == NULL)
    return 0;
  read_plan(L, generator, &p);
  lua_pushcfunction(L, push_mixture_of);
  neap_mixture mixture = {0};
  neap_raise_if(L, generator->mixture(engine, &p.draw, &mixture, &error),
                &error);
  // Lua may run out of memory; the mixture's must be given back first.
  lua_pushlightuserdata(L, &mixture);
  const int status = lua_pcall(L, 1, 1, 0);
  neap_mixture_free(engine, &mixture);
  return status == LUA_OK ? 1 : lua_error(L);
}

static void set_function(lua_State *L, const neap_generator *generator,
                         const char *key, lua_CFunction function) {
  lua_pushlightuserdata(L, (void *)generator);
  neap_set_function(L, (neap_function){key, function, 1});
}

void neap_push_generators(lua_State *L) {
  lua_newtable(L);
  for (size_t i = 0; neap_generator_at(i) != NULL; i++) {
    const neap_generator *generator = neap_generator_at(i);
    lua_createtable(L, 0, 6);
    lua_pushstring(L, generator->name);
    lua_setfield(L, -2, "name");
    lua_pushstring(L, generator->summary);
    lua_setfield(L, -2, "summary");
    lua_pushinteger(L, (lua_Integer)generator->features);
    lua_setfield(L, -2, "features");
    neap_push_parameters(L, generator->parameters);
    lua_setfield(L, -2, "parameters");
    set_function(L, generator, "draw", draw);
    set_function(L, generator, "describe", describe);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}

// (covariance: [d][d]) -> its lower triangle L, L L' = covariance
int neap_cholesky_of(lua_State *L) {
  const neap_array *covariance = neap_check_doubles(L, 1);
  if (covariance->dimensions != 2 || covariance->rows != covariance->columns) {
    luaL_argerror(L, 1,
                  lua_pushfstring(L, "covariance is %s; wanted a square",
                                  neap_push_shape(L, covariance)));
  }
  neap_array *lower =
      neap_new_array(L, NEAP_FLOAT64, covariance->rows, covariance->rows);
  neap_error error = {0};
  if (neap_cholesky(covariance->rows, covariance->data, lower->data, &error) !=
      NEAP_OK) {
    luaL_argerror(L, 1, error.message);
  }
  return 1;
}
