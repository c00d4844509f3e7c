// bind/divergence.c -- entropy and its kin, of probabilities or logits.
#include <math.h>
#include <string.h>

#include "bind/bind.h"
#include "loss/loss.h"

// Rounding of float32 probabilities stays well below this.
static const double sum_tolerance = 1e-6;

static const neap_parameter numbers[] = {
    {"base", 2.718281828459045, 0, INFINITY, .meaning = "of the logarithm"},
    {0}};

// ------------------------------------------------------------- arguments

// A row of numbers >= 0 that add up to 1; `place` names it.
static void check_row(lua_State *L, int index, const double *row, size_t count,
                      const char *place) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) {
    if (!(row[i] >= 0)) {
      luaL_argerror(L, index,
                    lua_pushfstring(L, "%s[%I] is %f; wanted a probability",
                                    place, (lua_Integer)i + 1, row[i]));
    }
    sum += row[i];
  }
  if (!(fabs(sum - 1) <= sum_tolerance)) {
    luaL_argerror(L, index,
                  lua_pushfstring(L, "%s adds up to %f; wanted 1", place, sum));
  }
}

// The classes of an array's rows: one dimension is one row.
static size_t classes_of(const neap_array *p) {
  return p->dimensions == 2 ? p->columns : p->rows;
}

static size_t rows_of(const neap_array *p) {
  return p->dimensions == 2 ? p->rows : 1;
}

static const neap_array *check_rows(lua_State *L, int index, bool logits,
                                    const char *name) {
  const neap_array *p = neap_check_doubles(L, index);
  const size_t k = classes_of(p);
  luaL_argcheck(L, k > 0, index, "wanted one or more classes");
  if (logits) {
    luaL_argcheck(L, k > 1, index, "wanted two or more logits a row");
    return p;
  }
  for (size_t i = 0; i < rows_of(p); i++) {
    const double *row = (const double *)p->data + i * k;
    const char *place =
        p->dimensions == 1
            ? name
            : lua_pushfstring(L, "%s[%I]", name, (lua_Integer)i + 1);
    check_row(L, index, row, k, place);
    if (p->dimensions == 2)
      lua_pop(L, 1);
  }
  return p;
}

// The options of a call.
typedef struct options {
  double unit;  // what a result in nats is divided by; 1 without a base, so
                // that no digit changes
  bool logits;
} options;

static options check_options(lua_State *L, int index) {
  static const char *const others[] = {"from", NULL};
  options o = {.unit = 1};
  double base;
  neap_check_keys(L, index, numbers, others);
  if (lua_isnoneornil(L, index))
    return o;
  if (lua_getfield(L, index, "from") != LUA_TNIL) {
    const char *from =
        lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
    o.logits = strcmp(from, "logits") == 0;
    if (!o.logits && strcmp(from, "probabilities") != 0) {
      luaL_argerror(
          L, index,
          lua_pushfstring(L, "from is %s; wanted probabilities or logits",
                          neap_shown(L)));
    }
  }
  if (lua_getfield(L, index, "base") == LUA_TNIL)
    return o;
  neap_read_parameters(L, index, numbers, &base);
  if (!(base > 0 && base != 1)) {
    luaL_argerror(L, index,
                  lua_pushfstring(L,
                                  "base is %f; wanted a number above 0 other "
                                  "than 1",
                                  base));
  }
  o.unit = log(base);
  return o;
}

// ------------------------------------------------------------- functions

// A number for one row, an array for several.
static int push_result(lua_State *L, neap_divergence what, const neap_array *p,
                       const neap_array *q, options o) {
  const neap *engine = neap_bound_engine(L);
  const size_t k = classes_of(p), rows = rows_of(p);
  double one, *values = &one;
  if (p->dimensions == 2)
    values = neap_new_array(L, NEAP_FLOAT64, rows, 0)->data;
  if (o.logits) {
    void *scratch = neap_bound_scratch(L, neap_diverge_bytes(engine, k));
    neap_diverge_logits(engine, what, rows, k, p->data, q->data, values,
                        scratch);
  }
  for (size_t i = 0; i < rows; i++) {
    const double *a = (const double *)p->data + i * k;
    const double *b = (const double *)q->data + i * k;
    if (!o.logits)
      values[i] = neap_diverge(engine, what, k, a, b);
    values[i] /= o.unit;
  }
  if (p->dimensions == 1)
    lua_pushnumber(L, one);
  return 1;
}

// Each of these takes p or p and q: [k], or rows [n][k], and returns a number,
// or an array [n]. options: base = 2 for bits (nats without), from = "logits"
// where p and q are logits, of whose softmax it is then.

//- neap.divergence.entropy(p [, options]) -> -sum p log p
static int entropy(lua_State *L) {
  lua_settop(L, 2);
  const options o = check_options(L, 2);
  const neap_array *p = check_rows(L, 1, o.logits, "p");
  return push_result(L, NEAP_ENTROPY, p, p, o);
}

static int of_pair(lua_State *L, neap_divergence what) {
  lua_settop(L, 3);
  const options o = check_options(L, 3);
  const neap_array *p = check_rows(L, 1, o.logits, "p");
  const neap_array *q = check_rows(L, 2, o.logits, "q");
  neap_check_shape(L, 2, q, p, "q", "p");
  return push_result(L, what, p, q, o);
}

//- neap.divergence.cross_entropy(p, q [, options]) -> -sum p log q
static int cross_entropy(lua_State *L) {
  return of_pair(L, NEAP_CROSS_ENTROPY);
}

//- neap.divergence.kl(p, q [, options]) -> sum p log(p / q)
static int kl(lua_State *L) {
  return of_pair(L, NEAP_KL);
}

//- neap.divergence.reverse_kl(p, q [, options]) -> sum q log(q / p)
static int reverse_kl(lua_State *L) {
  return of_pair(L, NEAP_REVERSE_KL);
}

//- neap.divergence.jensen_shannon(p, q [, options])
// -> (kl(p, m) + kl(q, m)) / 2, m = (p + q) / 2: 0 to log 2
static int jensen_shannon(lua_State *L) {
  return of_pair(L, NEAP_JENSEN_SHANNON);
}

static const neap_function functions[] = {{"entropy", entropy, 2},
                                          {"cross_entropy", cross_entropy, 3},
                                          {"kl", kl, 3},
                                          {"reverse_kl", reverse_kl, 3},
                                          {"jensen_shannon", jensen_shannon, 3},
                                          {0}};

void neap_open_divergence(lua_State *L) {
  lua_newtable(L);
  neap_set_functions(L, functions);
}
