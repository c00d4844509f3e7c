-- What docs/files.md and the stub say of files and splits is what there is.
local neap = require "neap"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

local text, stub = read "docs/files.md", read "lua/neap/meta/files.lua"

-- The options that a class of the stub has.
local function options_of(class)
  local list = {}
  local fields = stub:match("@class neap%." .. class .. "\n(.-)\n\n")
  for name in fields:gmatch("@field ([%w_]+)") do list[#list + 1] = name end
  assert.is_true(#list > 0)
  return list
end

-- Whether a call takes an option at all: an unknown one says that it is.
local function takes(name, call, ...)
  local _, why = pcall(call, ...)
  return not tostring(why):find("unknown option '" .. name .. "'", 1, true)
end

describe("docs/files.md", function()
  it("names every option", function()
    for _, class in ipairs { "ReadOptions", "SplitOptions", "FoldsOptions",
      "SamplesOptions", "WriteOptions" } do
      for _, name in ipairs(options_of(class)) do
        assert.truthy(text:find("`" .. name, 1, true)
          or text:find(name .. " =", 1, true), name)
      end
    end
  end)

  it("shows Lua that runs", function()
    local printed = {}
    local world = setmetatable({
      print = function(d) printed[1] = tostring(d) end,
    }, { __index = _G })
    assert(load(text:match("\n```lua\n(.-)\n```"), "files.md", "t", world))()
    assert.matches("1 is 'malignant' %(212 rows; as asked%)", printed[1])
  end)

  it("names every fuzz target", function()
    for _, name in ipairs { "csv", "npy", "zip", "libsvm", "number" } do
      assert.truthy(text:find(name .. "_fuzz", 1, true), name)
      read("tests/fuzz/" .. name .. "_fuzz.c")
    end
  end)
end)

describe("the stub of files", function()
  local d = neap.data.gaussians { n = 20 }

  it("has functions and methods that are there", function()
    for name in stub:gmatch("function M%.([%w_]+)") do
      assert.is_function(neap.data[name], name)
    end
    local count = 0
    for name in stub:gmatch("function Data:([%w_]+)") do
      assert.is_function(d[name], name)
      count = count + 1
    end
    assert.equal(4, count)
  end)

  it("has options that are taken", function()
    for _, name in ipairs(options_of "ReadOptions") do
      assert.is_true(takes(name, neap.data.parse, "", { [name] = {} }), name)
    end
    for method, class in pairs { split = "SplitOptions", folds = "FoldsOptions",
      samples = "SamplesOptions" } do
      for _, name in ipairs(options_of(class)) do
        assert.is_true(takes(name, d[method], d, { [name] = {} }), name)
      end
    end
    assert.is_false(takes("q", d.split, d, { q = 1 }))
  end)
end)
