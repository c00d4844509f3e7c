-- What the documents say is what there is.
local neap = require "neap"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

describe("docs/losses.md", function()
  local text = read "docs/losses.md"

  it("has the table of all losses (docs/loss_table.lua makes it)", function()
    assert.truthy(text:find(dofile "docs/loss_table.lua", 1, true))
  end)

  it("has a row for each option of a loss", function()
    local stub = read "lua/neap/meta/loss.lua"
    local class = stub:match("%-%-%-@class neap%.LossOptions\n(.-)\n\n")
    for name in class:gmatch("%-%-%-@field ([%w_]+)%?") do
      assert.truthy(text:find("`" .. name .. "`", 1, true), name)
    end
  end)

  it("has the recipe that tests/api/boosting.py runs", function()
    local recipe = text:match("```python\n(.-)\n```")
    local script = read "tests/api/boosting.py"
    for line in recipe:gmatch("params = [^\n]+") do
      assert.truthy(script:find(line, 1, true))
    end
    for name in recipe:gmatch("lib%.(neap_[%w_]+)") do
      assert.truthy(script:find("lib." .. name, 1, true), name)
    end
  end)
end)

describe("docs/scripted_losses.md", function()
  local text = read "docs/scripted_losses.md"

  it("names every function and option", function()
    for name in pairs(neap.math) do
      assert.truthy(text:find("`" .. name, 1, true), name)
    end
    local stub = read "lua/neap/meta/loss.lua"
    local class = stub:match("%-%-%-@class neap%.DefineOptions\n(.-)\n\n")
    for name in class:gmatch("%-%-%-@field ([%w_]+)") do
      assert.truthy(text:find("`" .. name .. "`", 1, true), name)
    end
  end)
end)

describe("docs/metrics.md", function()
  local text = read "docs/metrics.md"

  it("has the table of all metrics (docs/metric_table.lua makes it)", function()
    assert.truthy(text:find(dofile "docs/metric_table.lua", 1, true))
  end)

  it("names every function, and every metric of classes", function()
    for name, value in pairs(neap.metric) do
      if type(value) == "function" and name ~= "list" then
        assert.truthy(text:find("%f[%w_]" .. name .. "%f[^%w_]"), name)
      end
    end
    for name in pairs(neap.metric.multiclass) do
      assert.truthy(text:find("`" .. name .. "`", 1, true), name)
    end
  end)

end)

describe("docs/verdict.md", function()
  local text = read "docs/verdict.md"

  it("has every word, question, part and option that matters", function()
    for _, word in ipairs { "better", "worse", "equivalent",
      "too small to matter", "undecided", "focus", "remedy", "cross_entropy",
      "ranking", "threshold", "refinement", "calibration", "optimisation",
      "regularisation", "nested", "confirm", "draws", "reruns", "fair", "test" }
    do
      assert.truthy(text:find(word, 1, true), word)
    end
  end)
end)

describe("docs/figures.md", function()
  local text = read "docs/figures.md"

  it("has every figure and option", function()
    local stub = read "lua/neap/meta/plot.lua"
    for name in stub:gmatch("\nfunction M%.([%w_]+)") do
      assert.truthy(text:find("%f[%w_]" .. name .. "%f[^%w_]"), name)
    end
    for kind in read("lua/neap/meta/study.lua"):match("@param kind ([^\n]+)")
      :gmatch('"([%w_]+)"') do
      assert.truthy(text:find('"' .. kind .. '"', 1, true), kind)
    end
  end)

  it("names the Chart.js that is there", function()
    local chart = read "lua/neap/report/chart.umd.min.js"
    assert.truthy(text:find(require("neap.host").sha256(chart), 1, true))
    assert.truthy(text:find("Chart.js "
      .. chart:match("Chart%.js v([%d.]+)"), 1, true))
  end)
end)

describe("docs/training.md", function()
  local text = read "docs/training.md"

  it("has every optimizer and model", function()
    for _, list in ipairs { neap.optimizer, neap.model } do
      for name in pairs(list) do
        assert.truthy(text:find("`" .. name, 1, true), name)
      end
    end
  end)
end)

describe("docs/embedding.md", function()
  local text = read "docs/embedding.md"

  it("has every member of a host", function()
    local host = read "src/neap.h":match("\nstruct neap_host {(.-)\n};")
    local count = 0
    for line in host:gsub("\n%s*//[^\n]*", ""):gmatch("\n  ([^ ][^\n]*)") do
      local name = line:match("%(%*([%l_]+)%)") or line:match("([%l_]+);$")
      if name and name ~= "data" and name ~= "unmap_file" then
        assert.truthy(text:find("`" .. name .. "`", 1, true), name)
        count = count + 1
      end
    end
    assert.equal(10, count)
  end)

  it("shows C that compiles", function()
    local pieces_of_c = {}
    for piece in text:gmatch("\n```c\n(.-)\n```") do
      pieces_of_c[#pieces_of_c + 1] = piece
    end
    local source = ([[
#include <stddef.h>
#include <neap.h>
typedef struct lua_State lua_State;
void *lua_touserdata(lua_State *L, int index);
void lua_pushcfunction(lua_State *L, int (*function)(lua_State *L));
void lua_pushlightuserdata(lua_State *L, void *pointer);
int lua_pcall(lua_State *L, int arguments, int results, int handler);
const char *lua_tostring(lua_State *L, int index);
enum { LUA_OK };
void stop(const char *why);
void draw_a_frame(void);
double my_seconds(void *data);
void my_log(void *data, const char *line);
void my_jobs(void *data, neap_task *task, void *argument, size_t count);
const double *use(size_t n, size_t d, double *x, double *y, double *g,
                  double *rows);
const double *use(size_t n, size_t d, double *x, double *y, double *g,
                  double *rows) {
%s
return ap > 0 ? weights : NULL;
}
%s
void open(lua_State *L);
void open(lua_State *L) {
%s
}
]]):format(pieces_of_c[1], pieces_of_c[2], pieces_of_c[3])
    local path = os.tmpname()
    local file <close> = assert(io.open(path, "w"))
    assert(file:write(source))
    file:close()
    local host = require "neap.host"
    local process <close> = assert(host.start { "cc", "-Wall", "-Wextra",
      "-Werror", "-Isrc", "-fsyntax-only", "-x", "c", path, stdout = "pipe",
      stderr = "stdout" })
    local output = process:read()
    os.remove(path)
    assert.same({ "exit", 0 }, { process:wait() }, output)
  end)
end)
