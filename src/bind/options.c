// bind/options.c -- named options: checked keys, ranges, defaults.
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "bind/bind.h"

enum { NAME_MAX_BYTES = 32 };

// Edits (insertions, deletions, changes) that turn one name into the other:
// Levenshtein 1966.
static size_t distance(const char *a, const char *b) {
  size_t row[NAME_MAX_BYTES + 1];
  const size_t size_a = strlen(a), size_b = strlen(b);
  if (size_a > NAME_MAX_BYTES || size_b > NAME_MAX_BYTES)
    return SIZE_MAX;
  for (size_t j = 0; j <= size_b; j++)
    row[j] = j;
  for (size_t i = 1; i <= size_a; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= size_b; j++) {
      const size_t change = diagonal + (a[i - 1] != b[j - 1]);
      const size_t shorter = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      diagonal = row[j];
      row[j] = change < shorter ? change : shorter;
    }
  }
  return row[size_b];
}

typedef struct nearest {
  const char *name;
  size_t edits;
} nearest;

// Whether a key has the first letters of a name's words: lr, learning_rate.
static bool are_initials(const char *key, const char *name) {
  for (bool is_first = true; *name != '\0'; name++) {
    if (is_first && *key++ != *name)
      return false;
    is_first = *name == '_';
  }
  return *key == '\0';
}

static void compare(nearest *best, const char *key, const char *name) {
  const size_t edits =
      are_initials(key, name) && strlen(key) > 1 ? 1 : distance(key, name);
  if (edits < best->edits)
    *best = (nearest){name, edits};
}

// A name that shares next to nothing with the key helps nobody.
static bool is_near(const nearest *best, const char *key) {
  return best->name != NULL && best->edits <= 1 + strlen(key) / 3;
}

//- core.nearest(key, names) -> the nearest name of a list, or nil
int neap_nearest(lua_State *L) {
  const char *key = luaL_checkstring(L, 1);
  nearest best = {NULL, SIZE_MAX};
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  for (lua_Integer i = 1; lua_geti(L, 2, i) == LUA_TSTRING; i++) {
    compare(&best, key, lua_tostring(L, -1));
    lua_pop(L, 1);  // the list keeps it
  }
  lua_pushstring(L, is_near(&best, key) ? best.name : NULL);
  return 1;
}

static void check_key(lua_State *L, int index, const neap_parameter *rows,
                      const char *const *others, const char *key) {
  nearest best = {NULL, SIZE_MAX};
  for (size_t i = 0; i < neap_parameter_count(rows); i++) {
    compare(&best, key, rows[i].name);
  }
  for (; others != NULL && *others != NULL; others++) {
    compare(&best, key, *others);
  }
  if (best.edits == 0)
    return;
  const bool helps = is_near(&best, key);
  const char *message =
      helps ? lua_pushfstring(L, "unknown option '%s'; did you mean '%s'?", key,
                              best.name)
            : lua_pushfstring(L, "unknown option '%s'", key);
  luaL_argerror(L, index, message);
}

void neap_check_keys(lua_State *L, int index, const neap_parameter *rows,
                     const char *const *others) {
  if (lua_isnoneornil(L, index))
    return;
  luaL_checktype(L, index, LUA_TTABLE);
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) {
      luaL_argerror(L, index,
                    lua_pushfstring(L,
                                    "option names are strings, such as "
                                    "gamma = 2; got a %s",
                                    luaL_typename(L, -2)));
    }
    check_key(L, index, rows, others, lua_tostring(L, -2));
  }
}

const char *neap_shown(lua_State *L) {
  const int type = lua_type(L, -1);
  if (type == LUA_TSTRING)
    return lua_pushfstring(L, "'%s'", lua_tostring(L, -1));
  if (type == LUA_TNUMBER && isnan(lua_tonumber(L, -1)))
    return lua_pushliteral(L, "nan");
  if (type == LUA_TNUMBER || type == LUA_TBOOLEAN)
    return luaL_tolstring(L, -1, NULL);
  if (type == LUA_TNIL)
    return lua_pushliteral(L, "nil");
  return lua_pushfstring(L, "a %s", luaL_typename(L, -1));
}

static void refuse_number(lua_State *L, int index, const neap_parameter *row) {
  char range[64];
  if (isinf(row->high)) {
    snprintf(range, sizeof range, row->open ? " above %g" : " >= %g", row->low);
    if (lua_type(L, -1) == LUA_TNUMBER && isinf(lua_tonumber(L, -1)))
      snprintf(range, sizeof range, " >= %g that is finite", row->low);
  } else if (row->open) {
    snprintf(range, sizeof range, " above %g, to %g", row->low, row->high);
  } else {
    snprintf(range, sizeof range, ", %g to %g", row->low, row->high);
  }
  const char *got = neap_shown(L);
  luaL_argerror(L, index,
                lua_pushfstring(L, "%s is %s; wanted a %snumber%s%s", row->name,
                                got, row->whole ? "whole " : "", range,
                                isnan(row->initial) ? " or false" : ""));
}

// The place of the name on top of the stack among a parameter's choices.
static double read_choice(lua_State *L, int index, const neap_parameter *row) {
  const char *got = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : "";
  for (int i = 0; row->choices[i] != NULL; i++) {
    if (strcmp(got, row->choices[i]) == 0)
      return i;
  }
  const char *shown = neap_shown(L), *all = row->choices[0];
  for (int i = 1; row->choices[i] != NULL; i++) {
    const char *between = row->choices[i + 1] == NULL ? " or " : ", ";
    all = lua_pushfstring(L, "%s%s%s", all, between, row->choices[i]);
  }
  luaL_argerror(
      L, index,
      lua_pushfstring(L, "%s is %s; wanted %s", row->name, shown, all));
  return 0;
}

static double read_parameter(lua_State *L, int index,
                             const neap_parameter *row) {
  double number = row->initial;
  lua_getfield(L, index, row->name);
  const bool is_off = lua_isboolean(L, -1) && !lua_toboolean(L, -1);
  if (is_off && isnan(row->initial)) {
    number = NAN;
  } else if (!lua_isnil(L, -1) && row->choices != NULL) {
    number = read_choice(L, index, row);
  } else if (!lua_isnil(L, -1)) {
    number = lua_tonumber(L, -1);
    const bool fits = lua_type(L, -1) == LUA_TNUMBER && isfinite(number) &&
                      number >= row->low && number <= row->high &&
                      !(row->open && number == row->low) &&
                      (!row->whole || number == floor(number));
    if (!fits)
      refuse_number(L, index, row);
  }
  lua_pop(L, 1);
  return number;
}

void neap_read_parameters(lua_State *L, int index, const neap_parameter *rows,
                          double *numbers) {
  const bool given = !lua_isnoneornil(L, index);
  for (size_t i = 0; i < neap_parameter_count(rows); i++) {
    numbers[i] = given ? read_parameter(L, index, &rows[i]) : rows[i].initial;
  }
}

void neap_push_parameter(lua_State *L, double number) {
  if (isnan(number)) {
    lua_pushboolean(L, 0);
  } else if (number == floor(number) && fabs(number) < 0x1p53) {
    lua_pushinteger(L, (lua_Integer)number);  // prints as 2, not as 2.0
  } else {
    lua_pushnumber(L, number);
  }
}

static void push_choices(lua_State *L, const char *const *choices) {
  lua_newtable(L);
  for (int i = 0; choices[i] != NULL; i++) {
    lua_pushstring(L, choices[i]);
    lua_rawseti(L, -2, i + 1);
  }
}

void neap_push_parameters(lua_State *L, const neap_parameter *rows) {
  lua_newtable(L);
  for (size_t i = 0; i < neap_parameter_count(rows); i++) {
    lua_createtable(L, 0, 5);
    lua_pushstring(L, rows[i].name);
    lua_setfield(L, -2, "name");
    if (rows[i].choices != NULL) {
      push_choices(L, rows[i].choices);
      lua_setfield(L, -2, "choices");
      lua_pushstring(L, rows[i].choices[(int)rows[i].initial]);
    } else {
      neap_push_parameter(L, rows[i].initial);
    }
    lua_setfield(L, -2, "default");
    lua_pushboolean(L, rows[i].open);
    lua_setfield(L, -2, "open");
    lua_pushnumber(L, rows[i].low);
    lua_setfield(L, -2, "low");
    lua_pushnumber(L, rows[i].high);
    lua_setfield(L, -2, "high");
    lua_pushstring(L, rows[i].meaning);
    lua_setfield(L, -2, "meaning");
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
}
