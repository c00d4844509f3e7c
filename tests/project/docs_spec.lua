-- What the documents say is what there is.
local neap = require "neap"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

-- The fenced pieces of Lua of a document.
local function pieces(text)
  local list = {}
  for piece in text:gmatch("\n```lua\n(.-)\n```") do list[#list + 1] = piece end
  return list
end

-- Runs the first piece: each line it prints stands behind an arrow there, whole
-- or, before "...", as far as it goes.
local function says_what_it_prints(text)
  local piece, printed, i = pieces(text)[1], {}, 0
  local world = setmetatable({
    print = function(...)
      local parts = table.pack(...)
      for j = 1, parts.n do parts[j] = tostring(parts[j]) end
      printed[#printed + 1] = table.concat(parts, " ", 1, parts.n)
    end,
  }, { __index = _G })
  assert(load(piece, "document", "t", world))()
  for said in piece:gmatch("%-%-> ([^\n]+)") do
    i = i + 1
    local whole = said:gsub("%s+", " ")
    local start, cut = whole:gsub("%.%.%.$", "")
    assert.equal(start, cut == 0 and printed[i] or printed[i]:sub(1, #start))
  end
  assert.equal(#printed, i)
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

  it("shows Lua that says what it says", function()
    local print_of = {}
    local quiet = setmetatable({ explain = function() end },
      { __index = neap.loss })
    local module = setmetatable({ loss = quiet }, { __index = neap })
    local world = setmetatable({
      print = function(...) print_of[#print_of + 1] = { ... } end,
      require = function() return module end,
    }, { __index = _G })
    assert(load(pieces(text)[1], "losses.md", "t", world))()
    assert.near(1.2436, print_of[1][1], 5e-5)
    assert.truthy(text:find("--> 1.2436...", 1, true))
    assert.equal(#neap.loss.list() + 1, #print_of)
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

  it("shows Lua that says what it says", function()
    says_what_it_prints(text)
  end)

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

  it("shows Lua that says what it says", function()
    says_what_it_prints(text)
    for at = 2, 4 do assert(load(pieces(text)[at])) end
  end)
end)

describe("docs/verdict.md", function()
  local text = read "docs/verdict.md"

  it("shows Lua that says what it says", function()
    says_what_it_prints(text)
    assert(load(pieces(text)[2]))
  end)

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

  it("shows Lua that says what it says", function()
    says_what_it_prints(text)
    assert(load(pieces(text)[2]))
  end)

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

  it("shows Lua that runs", function()
    local shown = {}
    local world = setmetatable({
      print = function(...) shown[#shown + 1] = ... end,
    }, { __index = _G })
    assert(load(pieces(text)[1], "training.md", "t", world))()
    assert.same({ true }, shown)
  end)

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

  it("shows Lua that says what it says", function()
    says_what_it_prints(text)
  end)

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
    assert.equal(9, count)
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
void lua_pop(lua_State *L, int n);
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
void open(lua_State *L);
void open(lua_State *L) {
%s
}
]]):format(pieces_of_c[1], pieces_of_c[2])
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
