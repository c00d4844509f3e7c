// bind/predict.c -- the logits and probabilities of fits.
#include <math.h>
#include <string.h>

#include "bind/bound_row.h"

// What the arguments 1 to 7 of both functions below ask for.
static neap_predict_spec check_prediction(lua_State *L,
                                          const neap_array *parameters) {
  static const char *const precisions[] = {"float64", "float32", NULL};
  const neap_bound_row *model = luaL_checkudata(L, 1, NEAP_MODEL_TYPE);
  const neap_array *x = neap_check_train_rows(L, 2);
  const size_t outputs = (size_t)luaL_checkinteger(L, 4);
  neap_predict_spec spec = {
      .rows = x->rows,
      .shape = neap_shape_of(model, x->columns, outputs),
      .x = x->data,
      .dtype = x->dtype,
      .model = model->row,
      .precision = (neap_dtype)luaL_checkoption(L, 7, NULL, precisions)};
  neap_check_train_parameters(L, parameters, model->row, &spec.shape,
                              "the fit");
  if (!lua_isnil(L, 5)) {
    spec.shift = neap_check_doubles(L, 5)->data;
    spec.scale = neap_check_doubles(L, 6)->data;
  }
  return spec;
}

// (model, x, parameters [points][p], outputs, shift, scale, precision)
// -> logits [points * outputs][rows]
static int predict(lua_State *L) {
  lua_settop(L, 7);
  const neap_array *parameters =
      neap_check_array_of(L, 3, NEAP_FLOAT64, "parameters");
  neap_predict_spec spec = check_prediction(L, parameters);
  const double **rows =
      lua_newuserdatauv(L, (parameters->rows + 1) * sizeof *rows, 0);
  for (size_t p = 0; p < parameters->rows; p++) {
    rows[p] = (const double *)parameters->data + p * parameters->columns;
  }
  spec.parameters = rows;
  spec.point_count = parameters->rows;
  neap_array *logits = neap_new_array(
      L, spec.precision, parameters->rows * spec.shape.outputs, spec.rows);
  spec.logits = logits->data;
  neap_error error = {0};
  neap_raise_if(L, neap_predict(neap_bound_engine(L), &spec, &error), &error);
  return 1;
}

// (model, x, parameters [p], outputs, shift, scale, precision, out): writes the
// logits of one point to out, [rows] or [rows][outputs], of this precision or
// float64, which the caller has checked; without garbage
static int predict_into(lua_State *L) {
  lua_settop(L, 8);
  const neap_array *given =
      neap_check_array_of(L, 3, NEAP_FLOAT64, "parameters");
  const neap_array flat = {.rows = 1, .columns = given->rows};
  const double *parameters = given->data;
  neap_predict_spec spec = check_prediction(L, &flat);
  neap_array *out = luaL_checkudata(L, 8, NEAP_ARRAY);
  const size_t outputs = spec.shape.outputs,
               bytes = neap_dtype_size(spec.precision);
  const bool same = out->dtype == spec.precision;
  spec.parameters = &parameters;
  spec.point_count = 1;
  spec.logits = outputs == 1 && same
                    ? out->data
                    : neap_bound_scratch(L, spec.rows * outputs * bytes);
  neap_error error = {0};
  neap_raise_if(L, neap_predict(neap_bound_engine(L), &spec, &error), &error);
  for (size_t i = 0; spec.logits != out->data && i < spec.rows; i++) {
    for (size_t o = 0; o < outputs; o++) {
      neap_put(out->data, out->dtype, i * outputs + o,
               neap_get(spec.logits, spec.precision, o * spec.rows + i));
    }
  }
  return 0;
}

// (array [rows][k]) -> the same array, each row replaced by its softmax
static int softmax(lua_State *L) {
  neap_array *x = luaL_checkudata(L, 1, NEAP_ARRAY);
  for (size_t i = 0; i < x->rows; i++) {
    const size_t first = i * x->columns, end = first + x->columns;
    double largest = -HUGE_VAL, sum = 0;
    for (size_t at = first; at < end; at++)
      largest = fmax(largest, neap_get(x->data, x->dtype, at));
    for (size_t at = first; at < end; at++) {
      const double e = exp(neap_get(x->data, x->dtype, at) - largest);
      neap_put(x->data, x->dtype, at, e);
      sum += e;
    }
    for (size_t at = first; at < end; at++)
      neap_put(x->data, x->dtype, at, neap_get(x->data, x->dtype, at) / sum);
  }
  lua_settop(L, 1);
  return 1;
}

// (array) -> the same array, each number replaced by its sigmoid
static int sigmoid(lua_State *L) {
  neap_array *x = luaL_checkudata(L, 1, NEAP_ARRAY);
  luaL_argcheck(L, x->dtype != NEAP_INT32 && !x->frozen, 1,
                "wanted an array of logits");
  neap_kernels_of(neap_bound_engine(L), x->dtype)
      ->sigmoid(neap_array_count(x), x->data, x->data);
  lua_settop(L, 1);
  return 1;
}

void neap_add_prediction(lua_State *L) {
  static const luaL_Reg functions[] = {{"predict", predict},
                                       {"predict_into", predict_into},
                                       {"sigmoid", sigmoid},
                                       {"softmax", softmax},
                                       {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
