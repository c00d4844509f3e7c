// bind/relabel.c -- what lua/neap/relabel.lua is made of: noise of labels,
// fewer rows of a class, types of rows.
#include "bind/bind.h"
#include "dataset/dataset.h"

static const neap_array *check_labels(lua_State *L, size_t classes) {
  const neap_array *labels = neap_check_array_of(L, 1, NEAP_INT32, "labels");
  const int32_t *label = labels->data;
  for (size_t i = 0; i < labels->rows; i++) {
    luaL_argcheck(L, label[i] >= 0 && (size_t)label[i] < classes, 1,
                  "labels: wanted classes from 0 on");
  }
  return labels;
}

// Pushes an array of the shape of another one.
static neap_array *new_like(lua_State *L, const neap_array *array) {
  return neap_new_array(L, array->dtype, array->rows,
                        array->dimensions == 2 ? array->columns : 0);
}

// The truth at an index, in double, with the shape that the classes ask for.
static const neap_array *check_truth(lua_State *L, int index, size_t rows,
                                     size_t classes) {
  const neap_array *truth = neap_check_doubles(L, index);
  const size_t width = classes > 2 ? classes : 1;
  luaL_argcheck(L, truth->rows == rows && truth->columns == width, index,
                "truth: wanted a row for each label");
  return truth;
}

// (labels, transition [k][k], truth or nil, seed) -> noisy labels, noisy truth
// or nil
static int noise_transition(lua_State *L) {
  const neap_array *transition = neap_check_doubles(L, 2);
  const size_t classes = transition->rows;
  luaL_argcheck(L, transition->columns == classes, 2, "wanted a square");
  const neap_array *labels = check_labels(L, classes);
  const uint64_t seed = (uint64_t)luaL_checkinteger(L, 4);
  neap_array *noisy = new_like(L, labels);
  neap_noise_transition(labels->rows, classes, labels->data, transition->data,
                        seed, noisy->data);
  if (lua_isnil(L, 3))
    return 1;
  const neap_array *truth = check_truth(L, 3, labels->rows, classes);
  neap_array *noisy_truth = new_like(L, truth);
  neap_noise_truth(labels->rows, classes, truth->data, transition->data,
                   noisy_truth->data);
  return 2;
}

// (labels, truth, rate, scale, seed) -> noisy labels, noisy truth
static int noise_boundary(lua_State *L) {
  const neap_array *labels = check_labels(L, 2);
  const neap_array *truth = check_truth(L, 2, labels->rows, 2);
  neap_array *noisy = new_like(L, labels);
  neap_array *noisy_truth = new_like(L, truth);
  neap_noise_boundary(labels->rows, labels->data, truth->data,
                      luaL_checknumber(L, 3), luaL_checknumber(L, 4),
                      (uint64_t)luaL_checkinteger(L, 5), noisy->data,
                      noisy_truth->data);
  return 2;
}

// (labels, counts: one for each class, seed) -> int32 [rows]: 1 where kept
static int sample_classes(lua_State *L) {
  luaL_checktype(L, 2, LUA_TTABLE);
  const size_t classes = (size_t)luaL_len(L, 2);
  const neap_array *labels = check_labels(L, classes);
  size_t *counts = lua_newuserdatauv(L, (classes + 1) * sizeof *counts, 0);
  for (size_t c = 0; c < classes; c++) {
    lua_geti(L, 2, (lua_Integer)c + 1);
    const lua_Integer count = luaL_checkinteger(L, -1);
    luaL_argcheck(L, count >= 0, 2, "counts: wanted whole numbers >= 0");
    counts[c] = (size_t)count;
    lua_pop(L, 1);
  }
  const uint64_t seed = (uint64_t)luaL_checkinteger(L, 3);
  neap_array *kept = new_like(L, labels);
  neap_error error = {0};
  neap_raise_if(
      L,
      neap_sample_classes(neap_bound_engine(L), labels->rows, labels->data,
                          classes, counts, seed, kept->data, &error),
      &error);
  return 1;
}

// (truth, ratios: one for each class) -> the truth of rows so sampled
static int shift_truth(lua_State *L) {
  const neap_array *ratios = neap_check_doubles(L, 2);
  luaL_argcheck(L, ratios->rows >= 2, 2, "ratios: wanted two or more");
  const neap_array *truth = luaL_checkudata(L, 1, NEAP_ARRAY);
  truth = check_truth(L, 1, truth->rows, ratios->rows);
  neap_array *shifted = new_like(L, truth);
  neap_shift_truth(truth->rows, ratios->rows, truth->data, ratios->data,
                   shifted->data);
  return 1;
}

// (x, labels, k, shift or nil, scale) -> int32 [rows]: a neap_type
static int find_types(lua_State *L) {
  const neap_array *x = luaL_checkudata(L, 1, NEAP_ARRAY);
  const neap_array *labels = neap_check_array_of(L, 2, NEAP_INT32, "labels");
  const lua_Integer k = luaL_checkinteger(L, 3);
  luaL_argcheck(L, x->dtype != NEAP_INT32 && x->rows == labels->rows, 1,
                "x: wanted a row for each label");
  luaL_argcheck(L, k >= 1 && (size_t)k < x->rows, 3, "k: too large");
  neap_rows rows = {.x = x->data,
                    .dtype = x->dtype,
                    .columns = x->columns,
                    .stride = (ptrdiff_t)x->columns};
  if (!lua_isnoneornil(L, 4)) {
    const neap_array *shift = neap_check_doubles(L, 4);
    const neap_array *scale = neap_check_doubles(L, 5);
    luaL_argcheck(L, shift->rows == x->columns, 4, "shift: one a column");
    luaL_argcheck(L, scale->rows == x->columns, 5, "scale: one a column");
    rows.shift = shift->data;
    rows.scale = scale->data;
  }
  neap_array *types = new_like(L, labels);
  neap_error error = {0};
  neap_raise_if(L,
                neap_find_types(neap_bound_engine(L), &rows, x->rows,
                                labels->data, (size_t)k, types->data, &error),
                &error);
  return 1;
}

static const luaL_Reg functions[] = {{"noise_transition", noise_transition},
                                     {"noise_boundary", noise_boundary},
                                     {"sample_classes", sample_classes},
                                     {"shift_truth", shift_truth},
                                     {"find_types", find_types},
                                     {NULL, NULL}};

void neap_push_relabel(lua_State *L) {
  luaL_newlib(L, functions);
}
