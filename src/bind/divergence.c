// bind/divergence.c -- entropy, cross-entropy and KL of probabilities.
#include <math.h>

#include "bind/bind.h"
#include "loss/loss.h"

// Rounding of float32 probabilities stays well below this.
static const double sum_tolerance = 1e-6;

static const neap_parameter options[] = {
    {"base", 2.718281828459045, 0, INFINITY, .meaning = "of the logarithm"},
    {0}};

// Checks an argument: numbers >= 0 that add up to 1.
static const neap_array *check_distribution(lua_State *L, int index,
                                            const char *name) {
  const neap_array *p = neap_check_doubles(L, index);
  const double *numbers = p->data;
  double sum = 0;
  luaL_argcheck(L, p->dimensions == 1, index, "wanted one dimension");
  for (size_t i = 0; i < p->rows; i++) {
    if (!(numbers[i] >= 0)) {
      luaL_argerror(L, index,
                    lua_pushfstring(L, "%s[%I] is %f; wanted a probability",
                                    name, (lua_Integer)i + 1, numbers[i]));
    }
    sum += numbers[i];
  }
  if (!(fabs(sum - 1) <= sum_tolerance)) {
    luaL_argerror(L, index,
                  lua_pushfstring(L, "%s adds up to %f; wanted 1", name, sum));
  }
  return p;
}

// What a result in nats is divided by; 1 without the option, so that no digit
// changes.
static double check_unit(lua_State *L, int index) {
  double base;
  neap_check_keys(L, index, options, NULL);
  if (lua_isnoneornil(L, index))
    return 1;
  if (lua_getfield(L, index, "base") == LUA_TNIL)
    return 1;
  neap_read_parameters(L, index, options, &base);
  if (!(base > 0 && base != 1)) {
    luaL_argerror(L, index,
                  lua_pushfstring(L,
                                  "base is %f; wanted a number above 0 other "
                                  "than 1",
                                  base));
  }
  return log(base);
}

//- neap.divergence.entropy(p [, options]) -> -sum p log p
// p: [n] probabilities; options: { base = 2 } for bits, nats without.
static int entropy(lua_State *L) {
  const neap *engine = neap_bound_engine(L);
  const double unit = check_unit(L, 2);
  const neap_array *p = check_distribution(L, 1, "p");
  lua_pushnumber(L, neap_entropy(engine, p->rows, p->data) / unit);
  return 1;
}

typedef double pair_function(const neap *engine, size_t count, const double *p,
                             const double *q);

static int of_pair(lua_State *L, pair_function *f) {
  const double unit = check_unit(L, 3);
  const neap_array *p = check_distribution(L, 1, "p");
  const neap_array *q = check_distribution(L, 2, "q");
  neap_check_shape(L, 2, q, p, "q", "p");
  const double nats = f(neap_bound_engine(L), p->rows, p->data, q->data);
  lua_pushnumber(L, nats / unit);
  return 1;
}

//- neap.divergence.cross_entropy(p, q [, options]) -> -sum p log q
static int cross_entropy(lua_State *L) {
  return of_pair(L, neap_cross_entropy);
}

//- neap.divergence.kl(p, q [, options]) -> sum p log(p / q)
static int kl(lua_State *L) {
  return of_pair(L, neap_kl);
}

static const luaL_Reg functions[] = {{"entropy", entropy},
                                     {"cross_entropy", cross_entropy},
                                     {"kl", kl},
                                     {NULL, NULL}};

void neap_open_divergence(lua_State *L) {
  luaL_newlib(L, functions);
}
