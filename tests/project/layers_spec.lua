-- The layers call downward only, and every source is built: the #include
-- lines of src, CMakeLists.txt and the .def lists.
local lfs = require "lfs"

-- What each layer may include, besides its own headers and neap.h.
local below = {
  base = {},
  kernel = { "base" },
  loss = { "base", "kernel" },
  dataset = { "base", "kernel", "loss" },
  metric = { "base", "kernel", "loss" },
  train = { "base", "kernel", "loss", "dataset", "metric" },
  expr = { "base", "kernel", "loss" },
  bind = { "base", "kernel", "loss", "expr", "dataset", "metric", "train" },
  host = { "base", "bind" },
}

-- Headers of a layer that others may include beside layer/layer.h: what every
-- source needs that is built for one instruction set.
local shared = { ["kernel/isa.h"] = true, ["kernel/math.h"] = true,
  ["base/philox.h"] = true, ["loss/margin.h"] = true }

local function read(path)
  local file <close> = assert(io.open(path, "rb"))
  return file:read("a")
end

-- The files of src, as { layer =, name =, path = }.
local function sources()
  local list = {}
  for layer in pairs(below) do
    for name in lfs.dir("src/" .. layer) do
      if name:match("%.[ch]$") then
        list[#list + 1] = {
          layer = layer, name = name, path = ("src/%s/%s"):format(layer, name),
        }
      end
    end
  end
  return list
end

local function contains(list, value)
  for _, other in ipairs(list) do
    if other == value then return true end
  end
  return false
end

-- Whether a file of a layer may include a header of ours.
local function may_include(layer, header)
  local folder = header:match("^([^/]+)/")
  if header == "neap.h" or folder == layer then return true end
  local is_public = header == ("%s/%s.h"):format(folder, folder)
  return contains(below[layer] or {}, folder)
    and (is_public or shared[header] == true)
end

describe("the layers", function()
  it("are the folders of src", function()
    local folders = {}
    for name in lfs.dir("src") do
      if not name:match("^%.") and not name:match("^neap[_%l]*%.h$") then
        folders[name] = true
      end
    end
    for layer in pairs(below) do
      assert.is_true(folders[layer], layer)
      folders[layer] = nil
    end
    assert.same({}, folders)
  end)

  it("include what lies below, and nothing else", function()
    local wrong = {}
    for _, file in ipairs(sources()) do
      for header in read(file.path):gmatch('#include "([^"]+)"') do
        local is_list = header:match("%.def$")
          and header:match("^" .. file.layer .. "/")
        if not is_list and not may_include(file.layer, header) then
          wrong[#wrong + 1] = file.path .. " includes " .. header
        end
      end
    end
    assert.same({}, wrong)
  end)

  it("know nothing of Lua, threads and output below bind", function()
    local forbidden = {
      "lua.h", "lauxlib.h", "lualib.h", "pthread.h", "signal.h", "unistd.h",
    }
    local wrong = {}
    for _, file in ipairs(sources()) do
      if file.layer ~= "bind" and file.layer ~= "host" then
        for header in read(file.path):gmatch("#include <([^>]+)>") do
          if contains(forbidden, header) then
            wrong[#wrong + 1] = file.path .. " includes " .. header
          end
        end
      end
    end
    assert.same({}, wrong)
  end)
end)

describe("every source", function()
  -- The sources that the rows of a .def list stand for: NAME or NAME, FILE.
  local function listed_sources()
    local listed = {}
    for layer in pairs(below) do
      for name in lfs.dir("src/" .. layer) do
        local rows = name:match("%.def$")
          and read(("src/%s/%s"):format(layer, name)) or ""
        for row in ("\n" .. rows):gmatch("\nNEAP_%u+%(([%w_, ]+)%)") do
          listed[("src/%s/%s.c"):format(layer, row:match("[%w_]+$"))] = true
        end
      end
    end
    return listed
  end

  it("is built, by its name, its folder or a list", function()
    local listed, named = listed_sources(), {}
    local lists = read "CMakeLists.txt" .. read "src/host/program.cmake"
    for path in lists:gmatch("src/[%w_/]+%.c") do
      named[path] = true
    end
    local whole = {} -- folders of which all is built
    for layer in lists:gmatch("src/([%w_]+)/%*%.c") do
      whole[layer] = true
    end
    local missing = {}
    for _, file in ipairs(sources()) do
      if file.name:match("%.c$") and not named[file.path]
        and not listed[file.path] and not whole[file.layer] then
        missing[#missing + 1] = file.path
      end
    end
    assert.same({}, missing)
    for path in pairs(listed) do
      assert.is_truthy(lfs.attributes(path), path)
    end
  end)

  -- A file that defines a loss, a metric ... must have the row that builds it
  -- into the table.
  it("that defines a part has a row for it", function()
    local missing = {}
    for layer, list in pairs { loss = "losses", metric = "metrics",
      dataset = "generators", train = "models" } do
      local rows = read(("src/%s/%s.def"):format(layer, list))
      if layer == "train" then
        rows = rows .. read("src/train/optimizers.def")
      end
      for _, file in ipairs(sources()) do
        if file.layer == layer and file.name:match("%.c$") then
          for name in read(file.path):gmatch('%.name = "([%w_]+)"') do
            -- Sums are made by scripts, and have no row.
            if name ~= "sum" and not rows:find("%(" .. name .. "[,)]") then
              missing[#missing + 1] = file.path .. ": " .. name
            end
          end
        end
      end
    end
    assert.same({}, missing)
  end)
end)

describe("the Lua files", function()
  -- Those that need the program (databases, gnuplot, the script's own text, a
  -- page's parts where they are no part of the library) and its commands.
  local own = {
    ["plot/gnuplot.lua"] = true, ["report/facts.lua"] = true,
    ["report/page.lua"] = true, ["store/connection.lua"] = true,
    ["store/study.lua"] = true,
  }

  local function check(folder, prefix, wrong)
    for name in lfs.dir(folder) do
      local path = folder .. "/" .. name
      if name:find "%.lua$" then
        local text = read(path)
        if text:find "%f[%w]io%.[oplr]" and not own[prefix .. name]
          or text:find "%f[%w]os%.re[nm]" and not own[prefix .. name] then
          wrong[#wrong + 1] = prefix .. name
        end
      elseif not name:find "%." and name ~= "command" and name ~= "meta" then
        check(path, prefix .. name .. "/", wrong)
      end
    end
  end

  it("of the engine open files through the host alone", function()
    local wrong = {}
    check("lua/neap", "", wrong)
    assert.same({}, wrong)
  end)
end)
