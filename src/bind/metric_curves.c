// bind/metric_curves.c -- curves and counts of one column of scores, and how
// sure metrics are.
#include <math.h>
#include <string.h>

#include "bind/scores.h"

static const char *const common[] = {"from", NULL};

// One column of scores: (scores, targets [, weights [, options]]).
static neap_columns check_one_column(lua_State *L, neap_score_use use) {
  const neap_columns columns =
      neap_check_columns(L, (neap_places){1, 2, 3, 4}, use);
  const neap_array *scores = lua_touserdata(L, 1);
  luaL_argcheck(L, scores->dimensions == 1, 1,
                "wanted one column of scores, [n]");
  return columns;
}

// Pushes an array of doubles, and sets it as a field of the table at `table`.
static double *set_array(lua_State *L, int table, const char *name,
                         size_t count) {
  neap_array *array = neap_new_array(L, NEAP_FLOAT64, count, 0);
  lua_setfield(L, table, name);
  return array->data;
}

// ------------------------------------------------------------------- curves

// The curve of one column, in userdata on the stack.
typedef struct bound_curve {
  size_t count;
  double *thresholds, *true_positives, *false_positives;
  double positives, negatives;
} bound_curve;

static bound_curve push_curve(lua_State *L, const neap_columns *columns) {
  bound_curve c = {0};
  c.thresholds =
      lua_newuserdatauv(L, (3 * columns->rows + 1) * sizeof(double), 0);
  c.true_positives = c.thresholds + columns->rows;
  c.false_positives = c.true_positives + columns->rows;
  neap_error error = {0};
  neap_raise_if(
      L,
      neap_curve_of(neap_bound_engine(L), columns, c.thresholds,
                    c.true_positives, c.false_positives, &c.count, &error),
      &error);
  if (c.count > 0) {
    c.positives = c.true_positives[c.count - 1];
    c.negatives = c.false_positives[c.count - 1];
  }
  return c;
}

static int push_reason(lua_State *L, const char *why) {
  lua_pushnil(L);
  lua_pushstring(L, why);
  return 2;
}

// Takes out the points inside a straight line between two others, (0, 0) being
// one.
static size_t drop_straight(bound_curve *c) {
  size_t kept = 0;
  double x = 0, y = 0;
  for (size_t i = 0; i < c->count; i++) {
    const double right = c->false_positives[i], up = c->true_positives[i];
    if (i + 1 < c->count &&
        (right - x) * (c->true_positives[i + 1] - up) ==
            (c->false_positives[i + 1] - right) * (up - y)) {
      continue;
    }
    c->thresholds[kept] = c->thresholds[i];
    c->true_positives[kept] = y = up;
    c->false_positives[kept++] = x = right;
  }
  return kept;
}

//- neap.metric.roc_curve(scores, targets [, weights [, options]])
// -> { fpr =, tpr =, thresholds = }: arrays, thresholds falling. The first
// point is (0, 0), at threshold infinity. Options: from, and straight =
// "drop", which leaves out points inside straight lines. nil and why where
// there is one class only.
static int roc_curve(lua_State *L) {
  static const char *const names[] = {"from", "straight", NULL};
  static const char *const straights[] = {"keep", "drop", NULL};
  lua_settop(L, 4);
  neap_check_keys(L, 4, NULL, names);
  bool drops = false;
  if (!lua_isnil(L, 4)) {
    lua_getfield(L, 4, "straight");
    drops = luaL_checkoption(L, -1, "keep", straights) == 1;
    lua_settop(L, 4);
  }
  const neap_columns columns = check_one_column(L, NEAP_AS_GIVEN);
  bound_curve c = push_curve(L, &columns);
  if (c.positives == 0 || c.negatives == 0)
    return push_reason(L, "there is one class only");
  if (drops)
    c.count = drop_straight(&c);
  lua_createtable(L, 0, 3);
  const int table = lua_gettop(L);
  double *fpr = set_array(L, table, "fpr", c.count + 1);
  double *tpr = set_array(L, table, "tpr", c.count + 1);
  double *thresholds = set_array(L, table, "thresholds", c.count + 1);
  thresholds[0] = INFINITY;
  for (size_t i = 0; i < c.count; i++) {
    fpr[i + 1] = c.false_positives[i] / c.negatives;
    tpr[i + 1] = c.true_positives[i] / c.positives;
    thresholds[i + 1] = c.thresholds[i];
  }
  return 1;
}

//- neap.metric.precision_recall_curve(scores, targets [, weights [, options]])
// -> { precision =, recall =, thresholds = }: thresholds rise; precision and
// recall have one point more, the last one: (1, 0), at no threshold. Option:
// from. nil and why where there is no positive row.
static int precision_recall_curve(lua_State *L) {
  lua_settop(L, 4);
  neap_check_keys(L, 4, NULL, common);
  const neap_columns columns = check_one_column(L, NEAP_AS_GIVEN);
  const bound_curve c = push_curve(L, &columns);
  if (c.positives == 0)
    return push_reason(L, "there is no positive row");
  lua_createtable(L, 0, 3);
  const int table = lua_gettop(L);
  double *precision = set_array(L, table, "precision", c.count + 1);
  double *recall = set_array(L, table, "recall", c.count + 1);
  double *thresholds = set_array(L, table, "thresholds", c.count);
  for (size_t i = 0; i < c.count; i++) {
    const size_t from = c.count - 1 - i;
    const double chosen = c.true_positives[from] + c.false_positives[from];
    precision[i] = c.true_positives[from] / chosen;
    recall[i] = c.true_positives[from] / c.positives;
    thresholds[i] = c.thresholds[from];
  }
  precision[c.count] = 1;
  recall[c.count] = 0;
  return 1;
}

// Parts of the Brier score by bins (Murphy 1973, J. Appl. Meteorol. 12(4),
// eq. 12): reliability - resolution + uncertainty, but for what probabilities
// differ inside a bin.
static void set_parts(lua_State *L, int table, const neap_bin *bins,
                      size_t count) {
  double total = 0, positives = 0, reliability = 0, resolution = 0;
  for (size_t b = 0; b < count; b++) {
    total += bins[b].weight;
    positives += bins[b].weight * bins[b].positives;
  }
  const double prior = positives / total;
  for (size_t b = 0; b < count; b++) {
    const double off = bins[b].positives - bins[b].probability;
    const double away = bins[b].positives - prior;
    reliability += bins[b].weight / total * off * off;
    resolution += bins[b].weight / total * away * away;
  }
  lua_pushnumber(L, reliability);
  lua_setfield(L, table, "reliability");
  lua_pushnumber(L, resolution);
  lua_setfield(L, table, "resolution");
  lua_pushnumber(L, prior * (1 - prior));
  lua_setfield(L, table, "uncertainty");
}

//- neap.metric.reliability_curve(scores, targets [, weights [, options]])
// -> { probability =, positives =, weight = }: arrays of the bins that have
// rows, probabilities rising: their mean probability, share of positives and
// weight; and the numbers reliability, resolution, uncertainty. Options: from,
// bins (15), scheme ("equal_mass" or "equal_width"). nil and why where there
// is no row.
static int reliability_curve(lua_State *L) {
  lua_settop(L, 4);
  const neap_metric_use use =
      neap_read_metric(L, neap_metric_find("mce"), 4, common);
  const neap_columns columns = check_one_column(L, NEAP_AS_LOGITS);
  neap_bin *bins = lua_newuserdatauv(L, NEAP_BIN_MAX * sizeof *bins, 0);
  size_t count;
  neap_error error = {0};
  neap_raise_if(L,
                neap_reliability(neap_bound_engine(L), &columns,
                                 (neap_binning)use.params[1],
                                 (size_t)use.params[0], bins, &count, &error),
                &error);
  if (count == 0)
    return push_reason(L, "there is no row");
  lua_createtable(L, 0, 6);
  const int table = lua_gettop(L);
  double *probability = set_array(L, table, "probability", count);
  double *positives = set_array(L, table, "positives", count);
  double *weight = set_array(L, table, "weight", count);
  for (size_t b = 0; b < count; b++) {
    const neap_bin *bin = &bins[count - 1 - b];
    probability[b] = bin->probability;
    positives[b] = bin->positives;
    weight[b] = bin->weight;
  }
  set_parts(L, table, bins, count);
  return 1;
}

//- neap.metric.confusion(scores, targets [, weights [, options]])
// -> { true_negatives =, false_positives =, false_negatives =,
// true_positives = }: weights of rows. Options: from, threshold.
static int confusion(lua_State *L) {
  static const char *const names[] = {"from", "threshold", NULL};
  lua_settop(L, 4);
  neap_check_keys(L, 4, NULL, names);
  const neap_columns c = check_one_column(L, NEAP_AS_GIVEN);
  double sums[2][2] = {{0}};
  for (size_t i = 0; i < c.rows; i++) {
    const bool chosen = neap_get(c.scores, c.dtype, i) >= c.thresholds[0];
    sums[c.targets[i] != 0][chosen] += c.weights != NULL ? c.weights[i] : 1;
  }
  lua_createtable(L, 0, 4);
  lua_pushnumber(L, sums[0][0]);
  lua_setfield(L, -2, "true_negatives");
  lua_pushnumber(L, sums[0][1]);
  lua_setfield(L, -2, "false_positives");
  lua_pushnumber(L, sums[1][0]);
  lua_setfield(L, -2, "false_negatives");
  lua_pushnumber(L, sums[1][1]);
  lua_setfield(L, -2, "true_positives");
  return 1;
}

// ------------------------------------------------------- how sure they are

//- neap.metric.delong(scores, targets) -> areas, covariance
// The areas under the ROC of score columns [g][n] (or [n]) and their
// covariance [g][g], without weights. nil and why where a class has fewer than
// two rows.
static int delong(lua_State *L) {
  luaL_argcheck(L, lua_gettop(L) <= 2, 3, "DeLong's covariance has no weights");
  lua_settop(L, 4);
  const neap_columns columns =
      neap_check_columns(L, (neap_places){1, 2, 3, 4}, NEAP_AS_GIVEN);
  luaL_argcheck(L, !columns.own_targets, 2,
                "wanted the same targets for all columns");
  neap_array *areas = neap_new_array(L, NEAP_FLOAT64, columns.columns, 0);
  neap_array *covariance =
      neap_new_array(L, NEAP_FLOAT64, columns.columns, columns.columns);
  neap_error error = {0};
  const neap_status status = neap_delong(neap_bound_engine(L), &columns,
                                         areas->data, covariance->data, &error);
  if (status == NEAP_EDATA)
    return push_reason(L, error.message);
  neap_raise_if(L, status, &error);
  return 2;
}

static double integer_field(lua_State *L, int index, const char *name,
                            double initial, double low, double high) {
  lua_getfield(L, index, name);
  const double number = lua_isnil(L, -1) ? initial : lua_tonumber(L, -1);
  if ((lua_type(L, -1) != LUA_TNUMBER && !lua_isnil(L, -1)) ||
      !(number >= low && number <= high && number == floor(number))) {
    luaL_argerror(
        L, index,
        lua_pushfstring(L, "%s is %s; wanted a whole number, %d to %I", name,
                        neap_shown(L), (int)low, (lua_Integer)high));
  }
  lua_pop(L, 1);
  return number;
}

// Reads options { draws =, seed =, stratified =, rows =, weights =, from =,
// threshold = } at 4.
static neap_bootstrap check_bootstrap(lua_State *L) {
  static const char *const names[] = {"draws",   "seed", "stratified", "rows",
                                      "weights", "from", "threshold",  NULL};
  if (lua_isnil(L, 4)) {
    lua_newtable(L);
    lua_replace(L, 4);
  }
  neap_check_keys(L, 4, NULL, names);
  neap_bootstrap how = {
      .draws = (size_t)integer_field(L, 4, "draws", 2000, 1, 1e9),
      .seed = (uint64_t)integer_field(L, 4, "seed", 1, 0, 0x1p53)};
  const int type = lua_getfield(L, 4, "stratified");
  luaL_argcheck(L, type == LUA_TNIL || type == LUA_TBOOLEAN, 4,
                "stratified: wanted true or false");
  how.stratified = lua_toboolean(L, -1);
  lua_getfield(L, 4, "rows");
  const char *rows = lua_isnil(L, -1) ? "drawn" : lua_tostring(L, -1);
  how.left_out = rows != NULL && strcmp(rows, "left_out") == 0;
  luaL_argcheck(L, how.left_out || (rows != NULL && strcmp(rows, "drawn") == 0),
                4, "rows: wanted drawn or left_out");
  lua_pop(L, 2);
  return how;
}

// Copies [columns][draws] of one metric into a new array on the stack.
static void push_draws(lua_State *L, const double *values, size_t columns,
                       size_t draws, bool many) {
  neap_array *out = many ? neap_new_array(L, NEAP_FLOAT64, columns, draws)
                         : neap_new_array(L, NEAP_FLOAT64, draws, 0);
  memcpy(out->data, values, columns * draws * sizeof *values);
}

//- neap.metric.bootstrap(metric, scores, targets [, options])
// metric: a name, a table of a name and parameters, or a list of such; with a
// list there is one array for each. -> an array [draws], or [g][draws] for
// scores [g][n]: the metric on n rows drawn with replacement, the same rows
// for all columns; NaN where a draw has no value. Options: draws (2000), seed
// (1), stratified (draw from each class as many rows as it has), rows ("drawn",
// or "left_out": on those that the same draw did not take), weights, from,
// threshold.
static int bootstrap(lua_State *L) {
  lua_settop(L, 4);
  const neap_bootstrap how = check_bootstrap(L);
  size_t count = 1;
  const bool is_list = lua_istable(L, 1) && (lua_geti(L, 1, 2) != LUA_TNIL ||
                                             lua_geti(L, 1, 1) != LUA_TSTRING);
  if (is_list)
    count = (size_t)luaL_len(L, 1);
  luaL_argcheck(L, count > 0, 1, "the list of metrics is empty");
  lua_settop(L, 4);
  neap_metric_use *uses = lua_newuserdatauv(L, count * sizeof *uses, 0);
  bool probabilities = false;
  for (size_t u = 0; u < count; u++) {
    if (is_list)
      lua_geti(L, 1, (lua_Integer)u + 1);
    uses[u] = neap_check_metric(L, is_list ? lua_gettop(L) : 1, 1);
    probabilities = probabilities || uses[u].metric->probabilities;
    lua_settop(L, 5);
  }
  const neap_columns columns =
      neap_check_columns(L, (neap_places){2, 3, 0, 4},
                         probabilities ? NEAP_AS_LOGITS : NEAP_AS_GIVEN);
  luaL_argcheck(L, !columns.own_targets, 3,
                "wanted the same targets for all columns");
  const neap_array *scores = lua_touserdata(L, 2);
  const size_t each = columns.columns * how.draws;
  double *values = lua_newuserdatauv(L, (count * each + 1) * sizeof *values, 0);
  neap_error error = {0};
  neap_raise_if(L,
                neap_bootstrap_of(neap_bound_engine(L), &columns, uses, count,
                                  &how, values, &error),
                &error);
  luaL_checkstack(L, (int)count, "too many metrics");
  for (size_t u = 0; u < count; u++) {
    push_draws(L, values + u * each, columns.columns, how.draws,
               scores->dimensions == 2);
  }
  return (int)count;
}

void neap_add_metric_curves(lua_State *L) {
  static const neap_function functions[] = {
      {"roc_curve", roc_curve, 4},
      {"precision_recall_curve", precision_recall_curve, 4},
      {"reliability_curve", reliability_curve, 4},
      {"confusion", confusion, 4},
      {"delong", delong, 2},
      {"bootstrap", bootstrap, 4},
      {0}};
  neap_set_functions(L, functions);
}
