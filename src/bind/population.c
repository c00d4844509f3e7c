// bind/population.c -- what lua/neap/ceiling.lua is made of.
#include "bind/bind.h"
#include "dataset/dataset.h"

static int push_population(lua_State *L, neap_status status,
                           const neap_population *p, const neap_error *error) {
  if (status == NEAP_EDATA) {
    lua_pushnil(L);
    lua_pushstring(L, error->message);
    return 2;
  }
  neap_raise_if(L, status, error);
  const struct {
    const char *name;
    double number;
  } rows[] = {{"roc_auc", p->roc_auc},
              {"average_precision", p->average_precision},
              {"log_loss", p->log_loss},
              {"brier", p->brier},
              {"calibration_error", p->calibration_error},
              {"f1", p->f1},
              {"f1_tuned", p->f1_tuned},
              {"f1_threshold", p->f1_threshold},
              {"balanced_accuracy", p->balanced_accuracy},
              {"balanced_threshold", p->balanced_threshold}};
  const size_t count = sizeof rows / sizeof *rows;
  lua_createtable(L, 0, (int)count);
  for (size_t i = 0; i < count; i++) {
    lua_pushnumber(L, rows[i].number);
    lua_setfield(L, -2, rows[i].name);
  }
  return 1;
}

// ([n][4]: class, weight, mean, deviation) -> a table, or nil and why
static int of_scores(lua_State *L) {
  const neap_array *rows = neap_check_doubles(L, 1);
  luaL_argcheck(L, rows->dimensions == 2 && rows->columns == 4, 1,
                "wanted rows of four numbers");
  neap_score_term *terms =
      lua_newuserdatauv(L, rows->rows * sizeof *terms + 1, 0);
  const double *number = rows->data;
  for (size_t i = 0; i < rows->rows; i++, number += 4) {
    luaL_argcheck(L, number[3] > 0, 1, "deviations must be above 0");
    terms[i] = (neap_score_term){.class_index = number[0] == 1,
                                 .weight = number[1],
                                 .mean = number[2],
                                 .deviation = number[3]};
  }
  neap_population population;
  neap_error error = {0};
  const neap_status status = neap_population_of_scores(
      neap_bound_engine(L), terms, rows->rows, &population, &error);
  return push_population(L, status, &population, &error);
}

// (prior, slope)
static int of_logistic(lua_State *L) {
  neap_population population;
  neap_error error = {0};
  const neap_status status =
      neap_population_of_logistic(neap_bound_engine(L), luaL_checknumber(L, 1),
                                  luaL_checknumber(L, 2), &population, &error);
  return push_population(L, status, &population, &error);
}

// (prior, noise, factor)
static int of_circles(lua_State *L) {
  neap_population population;
  neap_error error = {0};
  const neap_status status = neap_population_of_circles(
      neap_bound_engine(L), luaL_checknumber(L, 1), luaL_checknumber(L, 2),
      luaL_checknumber(L, 3), &population, &error);
  return push_population(L, status, &population, &error);
}

// (prior, single class, weight 1, weight 2, x 1, y 1, x 2, y 2)
static int of_wedge(lua_State *L) {
  neap_population population;
  neap_error error = {0};
  const neap_wedge wedge = {
      .prior = luaL_checknumber(L, 1),
      .single = luaL_checkinteger(L, 2) == 1,
      .weight = {luaL_checknumber(L, 3), luaL_checknumber(L, 4)},
      .a = {{luaL_checknumber(L, 5), luaL_checknumber(L, 6)},
            {luaL_checknumber(L, 7), luaL_checknumber(L, 8)}}};
  const neap_status status = neap_population_of_wedge(
      neap_bound_engine(L), &wedge, &population, &error);
  return push_population(L, status, &population, &error);
}

static const luaL_Reg functions[] = {{"of_scores", of_scores},
                                     {"of_logistic", of_logistic},
                                     {"of_circles", of_circles},
                                     {"of_wedge", of_wedge},
                                     {NULL, NULL}};

void neap_push_population(lua_State *L) {
  luaL_newlib(L, functions);
}
