// bind/open.c -- one engine in one Lua state, and the table "neap.core".
#include <string.h>

#include "bind/bind.h"

// An engine as userdata. The engine's memory comes from the state, so the
// state's own limits and counts hold for it.
typedef struct bound_engine {
  neap *engine;
  neap_host given;     // as the program gave it
  lua_Alloc allocate;  // the state's
  void *allocate_data;
} bound_engine;

static const char engine_key = 0;  // its address is the registry's key

static void *allocate(void *data, void *block, size_t old_size,
                      size_t new_size) {
  const bound_engine *bound = data;
  if (bound->given.allocate != NULL) {
    return bound->given.allocate(bound->given.data, block, old_size, new_size);
  }
  return bound->allocate(bound->allocate_data, block,
                         block != NULL ? old_size : 0, new_size);
}

static void run_parallel(void *data, neap_task *task, void *argument,
                         size_t task_count) {
  const bound_engine *bound = data;
  bound->given.parallel_for(bound->given.data, task, argument, task_count);
}

static double read_clock(void *data) {
  const bound_engine *bound = data;
  return bound->given.clock(bound->given.data);
}

static void *read_file(void *data, const neap_host *memory, const char *path,
                       size_t *size_bytes, neap_error *error) {
  const bound_engine *bound = data;
  return bound->given.read_file(bound->given.data, memory, path, size_bytes,
                                error);
}

static bool write_file(void *data, const neap_file_part *part,
                       neap_error *error) {
  const bound_engine *bound = data;
  return bound->given.write_file(bound->given.data, part, error);
}

static const void *map_file(void *data, const char *path, size_t *size_bytes,
                            neap_error *error) {
  const bound_engine *bound = data;
  return bound->given.map_file(bound->given.data, path, size_bytes, error);
}

static void unmap_file(void *data, const void *block, size_t size_bytes) {
  const bound_engine *bound = data;
  bound->given.unmap_file(bound->given.data, block, size_bytes);
}

static void write_log(void *data, const char *line) {
  const bound_engine *bound = data;
  bound->given.log(bound->given.data, line);
}

// core.log(line): to the host's log
static int log_line(lua_State *L) {
  const neap_host *host = &neap_bound_engine(L)->host;
  host->log(host->data, luaL_checkstring(L, 1));
  return 0;
}

// core.clock() -> seconds on the host's clock
static int clock_now(lua_State *L) {
  const neap_host *host = &neap_bound_engine(L)->host;
  lua_pushnumber(L, host->clock(host->data));
  return 1;
}

// core.is(value, type) -> whether it is an object of a type: the name of one
// that C has, such as "neap.Loss", or the metatable of one of Lua
static int is_of_type(lua_State *L) {
  bool is;
  if (lua_type(L, 2) == LUA_TSTRING) {
    const char *key =
        lua_pushfstring(L, "%s " NEAP_VERSION, lua_tostring(L, 2));
    is = luaL_testudata(L, 1, key) != NULL;
  } else {
    is = lua_getmetatable(L, 1) && lua_rawequal(L, 2, -1);
  }
  lua_pushboolean(L, is);
  return 1;
}

static int collect_engine(lua_State *L) {
  bound_engine *bound = lua_touserdata(L, 1);
  neap_free(bound->engine);
  bound->engine = NULL;
  return 0;
}

// The engine of the state: made at the first call, kept in the registry.
static void push_engine(lua_State *L, const neap_host *host) {
  bound_engine *bound = lua_newuserdatauv(L, sizeof *bound, 0);
  *bound = (bound_engine){0};
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, collect_engine);
  lua_setfield(L, -2, "__gc");
  lua_pushliteral(L, "neap.Engine");
  lua_setfield(L, -2, "__name");
  lua_setmetatable(L, -2);
  if (host != NULL)
    bound->given = *host;
  bound->allocate = lua_getallocf(L, &bound->allocate_data);
  const neap_host *given = &bound->given;
  const bool maps = given->map_file != NULL && given->unmap_file != NULL;
  const neap_host full = {
      .data = bound,
      .allocate = allocate,
      .parallel_for = given->parallel_for != NULL ? run_parallel : NULL,
      .max_workers = given->max_workers,
      .clock = given->clock != NULL ? read_clock : NULL,
      .read_file = given->read_file != NULL ? read_file : NULL,
      .write_file = given->write_file != NULL ? write_file : NULL,
      .isa = given->isa,
      .map_file = maps ? map_file : NULL,
      .unmap_file = maps ? unmap_file : NULL,
      .log = given->log != NULL ? write_log : NULL,
      .budget = given->budget};
  neap_error error = {0};
  bound->engine = neap_new(&full, &error);
  if (bound->engine == NULL)
    neap_raise(L, &error);
}

const neap *neap_bound_engine(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
  const bound_engine *bound = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return bound->engine;
}

static const char scratch_key = 0;

void *neap_bound_scratch(lua_State *L, size_t bytes) {
  const size_t wanted = bytes + NEAP_ALIGNMENT;
  lua_rawgetp(L, LUA_REGISTRYINDEX, &scratch_key);
  char *block = lua_touserdata(L, -1);
  if (block == NULL || lua_rawlen(L, -1) < wanted) {
    block = lua_newuserdatauv(L, wanted + wanted / 2, 0);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &scratch_key);
  }
  lua_pop(L, 1);
  return (void *)neap_aligned((size_t)block);
}

int neap_raise(lua_State *L, const neap_error *error) {
  return luaL_error(L, "%s", error->message);
}

void neap_raise_if(lua_State *L, neap_status status, const neap_error *error) {
  if (status != NEAP_OK)
    neap_raise(L, error);
}

typedef struct module {
  const char *name;
  void (*open)(lua_State *L);
} module;

static const module modules[] = {{"array", neap_open_array},
                                 {"loss", neap_open_loss},
                                 {"divergence", neap_open_divergence},
                                 {"data", neap_open_data},
                                 {"files", neap_open_files},
                                 {"split", neap_open_split},
                                 {"metric", neap_open_metric},
                                 {"study", neap_open_study},
                                 {"classes", neap_open_classes},
                                 {"calibration", neap_open_calibration},
                                 {"train", neap_open_train},
                                 {"math", neap_open_math},
                                 {"expr", neap_open_expr},
                                 {NULL, NULL}};

static const luaL_Reg functions[] = {{"blame", neap_blame},
                                     {"is", is_of_type},
                                     {"nearest", neap_nearest},
                                     {"set_folder", neap_set_folder},
                                     {NULL, NULL}};

int neap_open_core(lua_State *L, const neap_host *host) {
  luaL_checkversion(L);
  const int known = lua_rawgetp(L, LUA_REGISTRYINDEX, &engine_key);
  lua_pop(L, 1);
  if (known == LUA_TNIL) {
    push_engine(L, host);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &engine_key);
  }
  lua_newtable(L);
  lua_pushliteral(L, NEAP_VERSION);
  lua_setfield(L, -2, "version");
  lua_pushstring(L, neap_isa(neap_bound_engine(L)));
  lua_setfield(L, -2, "isa");
  luaL_setfuncs(L, functions, 0);
  const neap_host *known_host = &neap_bound_engine(L)->host;
  if (known_host->log != NULL) {
    lua_pushcfunction(L, log_line);
    lua_setfield(L, -2, "log");
  }
  if (known_host->clock != NULL) {
    lua_pushcfunction(L, clock_now);
    lua_setfield(L, -2, "clock");
  }
  for (const module *m = modules; m->name != NULL; m++) {
    m->open(L);
    lua_setfield(L, -2, m->name);
  }
  return 1;
}
