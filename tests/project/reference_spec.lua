-- The pages of reference name every public function and no other.
local host = require "neap.host"
local neap = require "neap"
local calls = dofile "tests/project/calls.lua"
local program = os.getenv "NEAP_PROGRAM" or "build/neap"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read "a"
end

describe("the reference", function()
  local folder, pages = calls.folder, {}

  setup(function()
    local process <close> = assert(host.start { program, "docs/reference.lua",
      folder, stderr = "stdout", stdout = "pipe" })
    local output = process:read()
    assert.same({ "exit", 0 }, { process:wait() }, output)
    for page in read(folder .. "/index.md"):gmatch "%]%((%w+)%.md%)" do
      pages[page] = pages[page] or read(folder .. "/" .. page .. ".md")
    end
  end)

  teardown(calls.remove)

  -- What is called "## neap.zeros(n, m?, dtype?)" on a page.
  local function headings()
    local found = {}
    for _, text in pairs(pages) do
      for name in text:gmatch "\n## ([%w_.:]+)%(" do found[name] = true end
    end
    return found
  end

  -- The functions of a module by what scripts call them.
  local function add(found, prefix, module)
    for name, value in pairs(module) do
      if type(value) == "function" then found[prefix .. name] = true end
    end
  end

  -- What is there by a name; some parts are loaded when they are asked for.
  local function find(name)
    local value = { neap = neap }
    for part in name:gmatch "[^.]+" do value = value and value[part] end
    return value
  end

  it("has every function, and no other", function()
    local found, there = headings(), {}
    for _, name in ipairs { "array", "zeros", "from_bytes", "map", "train",
      "job", "tune", "from_saved", "load", "study", "verdict", "open" } do
      assert.is_function(neap[name])
      there["neap." .. name] = true
    end
    add(there, "neap.", neap)
    for _, name in ipairs { "loss", "divergence", "math", "data", "metric",
      "plot", "model", "optimizer", "search", "prune" } do
      add(there, ("neap.%s."):format(name), neap[name])
    end
    for _, name in ipairs { "multiclass", "multilabel" } do
      add(there, ("neap.metric.%s."):format(name), neap.metric[name])
    end
    add(there, "neap.host.", host)
    for _, f in ipairs(calls.list()) do
      if f.is_method and not f.key:find "^reads" then
        there[f.key:lower()] = true
      end
    end
    for name in pairs(there) do assert.is_true(found[name], name) end
    for name in pairs(found) do
      assert.is_true(there[name] or type(find(name)) == "function", name)
    end
  end)

  it("has every option of the rows with its range", function()
    for _, row in ipairs(neap.loss.list()) do
      for _, p in ipairs(row.parameters) do
        assert.matches("| `" .. p.name .. "%?` | <code>[^\n]* if none is given",
          pages.loss)
      end
    end
  end)

  it("links to pages that are there", function()
    local count = 0
    for _ in pairs(pages) do count = count + 1 end
    assert.equal(13, count)
  end)
end)
