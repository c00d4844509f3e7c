// tests/bind/open_test.c -- neap_open in states of a program: what it leaves
// alone, what it takes from the host, and two states in two threads at once.
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <lualib.h>

#include "bind/compat.h"
#include "check.h"

// Files in memory.
enum { FILES = 16 };
typedef struct memory_file {
  char path[40], *bytes;
  size_t size_bytes;
  bool is_whole;
} memory_file;

typedef struct given {
  double now;
  size_t lines, loops;
  char line[200];
  memory_file files[FILES];
} given;

static memory_file *find_file(given *g, const char *path) {
  for (size_t i = 0; i < FILES; i++) {
    if (g->files[i].path[0] == '\0' || strcmp(g->files[i].path, path) == 0)
      return &g->files[i];
  }
  return NULL;
}

static void *read_from_memory(void *data, const neap_host *memory,
                              const char *path, size_t *size_bytes,
                              neap_error *error) {
  const memory_file *file = find_file(data, path);
  if (file == NULL || !file->is_whole) {
    snprintf(error->message, sizeof error->message, "there is no %s", path);
    return NULL;
  }
  char *block = memory->allocate(memory->data, NULL, 0, file->size_bytes + 1);
  memcpy(block, file->bytes, file->size_bytes);
  block[file->size_bytes] = 0;
  *size_bytes = file->size_bytes;
  return block;
}

static bool write_to_memory(void *data, const neap_file_part *part,
                            neap_error *error) {
  memory_file *file = find_file(data, part->path);
  if (file == NULL || strstr(part->path, "full") != NULL) {
    snprintf(error->message, sizeof error->message, "no room for %s",
             part->path);
    return false;
  }
  snprintf(file->path, sizeof file->path, "%s", part->path);
  if (part->offset == 0)
    file->size_bytes = 0;
  CHECK(part->offset == file->size_bytes);
  file->bytes = realloc(file->bytes, file->size_bytes + part->size_bytes + 1);
  if (part->bytes != NULL)
    memcpy(file->bytes + file->size_bytes, part->bytes, part->size_bytes);
  file->size_bytes += part->size_bytes;
  file->is_whole = part->is_last && part->bytes != NULL;
  return true;
}

static double tick(void *data) {
  given *g = data;
  return g->now += 10;
}

static void keep_line(void *data, const char *line) {
  given *g = data;
  g->lines++;
  snprintf(g->line, sizeof g->line, "%s", line);
}

static void run_backwards(void *data, neap_task *task, void *argument,
                          size_t task_count) {
  given *g = data;
  g->loops++;
  while (task_count-- > 0)
    task(argument, task_count, task_count % 3);
}

static void run(lua_State *L, const char *code) {
  CHECK_SHOW(luaL_dostring(L, code) == LUA_OK, "%s", lua_tostring(L, -1));
}

// No global comes or goes, no standard table changes its size.
static void test_globals(void) {
  static const char count[] =
      "local n = 0\n"
      "for _, t in pairs(_G) do\n"
      "  n = n + 1\n"
      "  if type(t) == 'table' and t ~= _G and t ~= package then\n"
      "    for _ in pairs(t) do n = n + 1 end\n"
      "  end\n"
      "end\n"
      "return n .. ' ' .. #(package.searchers or package.loaders)\n"
      "  .. package.path\n";
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  run(L, count);
  neap_open(L, NULL);
  CHECK(lua_istable(L, -1) && lua_gettop(L) == 2);
  run(L, "assert(require 'neap'.train and require 'neap'.metric)");
  run(L, count);
  CHECK_SHOW(lua_rawequal(L, 1, -1), "%s, then %s", lua_tostring(L, 1),
             lua_tostring(L, -1));
  CHECK(neap_open(L, NULL) == 1 && lua_rawequal(L, 2, -1));
  lua_close(L);
}

static void test_host(void) {
  given g = {0};
  const neap_host host = {.data = &g,
                          .clock = tick,
                          .log = keep_line,
                          .parallel_for = run_backwards,
                          .max_workers = 3,
                          .isa = "base",
                          .budget = 1};
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  neap_open(L, &host);
  run(L,
      "local neap = require 'neap'\n"
      "assert(neap.isa == 'base')\n"
      "local d = neap.data.gaussians { n = 3000, features = 4 }\n"
      "local job = neap.job { data = d, epochs = 5, points = {\n"
      "  { loss = neap.loss.focal {}, optimizer = neap.optimizer.sgd {} } } }\n"
      "assert(not job:step(math.huge), 'the budget cuts it')\n"
      "while not job:step() do end\n"
      "local ok, why = neap.data.read('no.csv', { target = 'y' })\n"
      "assert(not ok and why:find('this host reads no files', 1, true), "
      "why)\n");
#if LUA_VERSION_NUM >= 504
  run(L,
      "local neap = require 'neap'\n"
      "local study = neap.study { name = 'told', seed = 1,\n"
      "  search = neap.search.random { trials = 3, a = { low = 0, high = 1 } },"
      "  objective = function(trial) return trial.params.a end }\n"
      "assert(study:run())\n"
      "local ok, why = pcall(neap.study, { name = 's', store = 's.db',\n"
      "  search = neap.search.random { trials = 3, a = { low = 0, high = 1 } },"
      "  objective = print })\n"
      "assert(ok)\n"
      "ok, why = why:run()\n"
      "assert(not ok and why:find('stores want neap.host', 1, true), why)\n");
  CHECK_SHOW(g.lines > 0 && strstr(g.line, "told: ") == g.line, "%zu: %s",
             g.lines, g.line);
#endif
  CHECK(g.loops > 0);
  lua_close(L);
}

// What is written and read goes through the host, and nothing through Lua's io.
static void test_files(void) {
  given g = {0};
  const neap_host host = {
      .data = &g, .read_file = read_from_memory, .write_file = write_to_memory};
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  neap_open(L, &host);
  run(L,
      "io, os, debug = nil, nil, nil\n"
      "local neap = require 'neap'\n"
      "local focal = neap.loss.focal {}\n"
      "local d = neap.data.gaussians { n = 3000, features = 4, seed = 1 }\n"
      "local fit = neap.train { data = d, loss = focal }\n"
      "assert(fit:save 'fit')\n"
      "assert(neap.load('fit'):tobytes() == fit:tobytes())\n"
      "assert(d:write 'd.csv' and d:write 'd.npz')\n"
      "local again = neap.data.read('d.csv', { target = 'class',\n"
      "  ignore = 'truth' })\n"
      "assert(again.n == 3000 and again.x[7][2] == d.x[7][2])\n"
      "assert(neap.data.read('d.npz', { target = 'y' }).n == 3000)\n"
      "assert(fit:to_c 'fit.c' and focal:to_c 'focal.c')\n"
      "local done, why = fit:save 'full'\n"
      "assert(done == nil and why == 'no room for full', why)\n"
      "done, why = neap.load 'none'\n"
      "assert(done == nil and why == 'there is no none', why)\n");
  size_t wanted = 5, whole = 0;
#if LUA_VERSION_NUM >= 504
  wanted = 9;
  run(L,
      "local neap = require 'neap'\n"
      "local figure = neap.plot.loss { neap.loss.focal {} }\n"
      "assert(figure:save 'f.txt' and figure:save 'f.html')\n"
      "local study = neap.study { objective = function() return 1 end,\n"
      "  search = neap.search.grid { a = { 1, 2 } } }\n"
      "assert(study:run() and study:export 's.csv' and study:report "
      "'s.html')\n");
#endif
  for (size_t i = 0; i < FILES; i++) {
    whole += g.files[i].is_whole;
    free(g.files[i].bytes);
  }
  CHECK_SHOW(whole == wanted, "%zu files", whole);
  lua_close(L);
  L = luaL_newstate();
  luaL_openlibs(L);
  neap_open(L, NULL);
  run(L,
      "local neap = require 'neap'\n"
      "local done, why = neap.loss.focal {}:to_c 'focal.c'\n"
      "assert(done == nil and why == 'this host writes no files', why)\n"
      "done, why = neap.load 'fit'\n"
      "assert(done == nil and why == 'this host reads no files', why)\n");
  lua_close(L);
}

// A host that fails without a word, and a path that it would see but in part.
static void *read_nothing(void *data, const neap_host *memory, const char *path,
                          size_t *size_bytes, neap_error *error) {
  (void)data, (void)memory, (void)path, (void)size_bytes, (void)error;
  return NULL;
}

static bool write_nothing(void *data, const neap_file_part *part,
                          neap_error *error) {
  (void)data, (void)part, (void)error;
  return false;
}

static void test_silent_files(void) {
  const neap_host host = {.read_file = read_nothing,
                          .write_file = write_nothing};
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  neap_open(L, &host);
  run(L,
      "local neap = require 'neap'\n"
      "local done, why = neap.load 'fit'\n"
      "assert(done == nil and why == 'can\\'t read fit', why)\n"
      "done, why = neap.loss.focal {}:to_c 'focal.c'\n"
      "assert(done == nil and why == 'can\\'t write focal.c', why)\n"
      "done, why = neap.load 'fit\\0.old'\n"
      "assert(done == nil and why:find 'its path has a zero byte', why)\n");
  lua_close(L);
}

// A userdata as another version of neap in this state would make it.
static int push_other_array(lua_State *L) {
  memset(lua_newuserdatauv(L, 16, 0), 255, 16);
  luaL_newmetatable(L, "neap.Array 0.0.1");
  lua_pushliteral(L, "neap.Array");
  lua_setfield(L, -2, "__name");
  lua_setmetatable(L, -2);
  return 1;
}

static void test_other_version(void) {
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  neap_open(L, NULL);
  push_other_array(L);
  lua_setglobal(L, "other");
  run(L,
      "local neap = require 'neap'\n"
      "local focal = neap.loss.focal {}\n"
      "local function refuses(f, ...)\n"
      "  local ok, why = pcall(f, ...)\n"
      "  assert(not ok and why:find 'bad' and why:find 'Array', why)\n"
      "end\n"
      "refuses(focal, other, { 1 })\n"
      "refuses(focal.gradient, focal, { 1 }, { 1 }, nil, other)\n"
      "refuses(neap.zeros(2).fill, other, 1)\n"
      "refuses(neap.math.exp, other)\n"
      "refuses(neap.metric.roc_auc, other, { 1 })\n");
  lua_close(L);
}

static int open_neap(lua_State *L) {
  return neap_open(L, lua_touserdata(L, 1));
}

static void refuses(lua_State *L, const neap_host *host, const char *message) {
  lua_pushcfunction(L, open_neap);
  lua_pushlightuserdata(L, (void *)(size_t)host);
  CHECK(lua_pcall(L, 1, 0, 0) != LUA_OK);
  CHECK_SHOW(strstr(lua_tostring(L, -1), message) != NULL, "%s",
             lua_tostring(L, -1));
  lua_close(L);
}

static void test_errors(void) {
  const neap_host wrong = {.isa = "sse9"};
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  refuses(L, &wrong, "unknown instruction set 'sse9'");
  refuses(luaL_newstate(), NULL, "wants Lua's package library");
}

static void *work(void *argument) {
  double *sum = argument;
  lua_State *L = luaL_newstate();
  luaL_openlibs(L);
  neap_open(L, NULL);
  run(L,
      "local neap = require 'neap'\n"
      "local d = neap.data.gaussians { n = 500, features = 3, seed = 1 }\n"
      "local fit = neap.train { data = d, loss = neap.loss.focal {} }\n"
      "local own = neap.loss.define { name = 'own', margin = function(m)\n"
      "  return neap.math.softplus(-m) end }\n"
      "return fit.objective + own {}({ 0, 1 }, { 1, 0 })\n");
  *sum = lua_tonumber(L, -1);
  lua_close(L);
  return NULL;
}

static void test_threads(void) {
  double sums[2] = {0};
  pthread_t other;
  CHECK(pthread_create(&other, NULL, work, &sums[1]) == 0);
  work(&sums[0]);
  pthread_join(other, NULL);
  CHECK_SHOW(sums[0] == sums[1] && sums[0] > 0, "%g %g", sums[0], sums[1]);
}

int main(void) {
  test_globals();
  test_host();
  test_files();
  test_silent_files();
  test_other_version();
  test_errors();
  test_threads();
  return check_result();
}
