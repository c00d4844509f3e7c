-- Every piece of Lua in the documents runs, and prints what stands behind its
-- arrows. The pieces of a document are one script; a fence without a language
-- is no script. Draws are small here, and files lie in a folder of their own.
local host = require "neap.host"
local lfs = require "lfs"
local neap = require "neap"

local root = lfs.currentdir()

-- What a document takes as given.
local given = {
  ["README.md"] = "local function play(speed) return -(speed - 2) ^ 2 end",
  ["docs/losses.md"] = [[
    local logits, targets = { -2, 3, 0.5, 1 }, { 1, 0, 1, 0 }
    local p, q = { 0.2, 0.8 }, { 0.4, 0.6 }
    local z, u = { 1, 2 }, { 2, 1 } ]],
  ["docs/metrics.md"] = [[
    local neap = require "neap"
    local columns = { { 2, 0.5, -1, -3 }, { 1, 2, 0.5, -1 } }
    local test = neap.data.gaussians { n = 50, features = 2 }
    local other_rows = neap.data.gaussians { n = 80, features = 2, part = 1 }
    local fit = neap.train { data = test, loss = neap.loss.focal {} } ]],
  ["docs/studies.md"] = [[
    local neap = require "neap"
    local function train_one_epoch() return 1 end
    local function save() return "file" end
    local function loss() return 1 end ]],
  ["docs/training.md"] = [[
    local train = neap.data.gaussians { n = 80, features = 2 }
    local loss, mlp = neap.loss.focal {}, neap.model.mlp {} ]],
  ["docs/verdict.md"] = [[
    local z1, z2, y, folds = {}, {}, {}, {}
    for i = 1, 80 do
      z1[i], z2[i] = math.sin(i), math.sin(i + 0.1)
      y[i], folds[i] = i % 2, i % 5
    end ]],
}

local function read(path)
  local file <close> = assert(io.open(root .. "/" .. path))
  return file:read "a"
end

-- The script of a document.
local function script_of(path)
  local pieces = { ((given[path] or ""):gsub("\n", " ")) }
  for piece in read(path):gmatch "\n```lua\n(.-)\n```" do
    pieces[#pieces + 1] = piece
  end
  return table.concat(pieces, "\n"), #pieces - 1
end

-- Draws of fewer rows.
local small = setmetatable({
  recipe = function(name, options)
    local fewer = {}
    for key, value in pairs(options) do fewer[key] = value end
    fewer.n = math.min(fewer.n or 1000, 4000)
    return neap.data.recipe(name, fewer)
  end,
}, { __index = neap.data })
local module = setmetatable({ data = small }, { __index = neap })

-- Whether what was printed is what the arrow says, whole or, before "...", as
-- far as it goes; space is as wide as you like.
local function matches(said, printed)
  said, printed = said:gsub("%s+", " "), printed:gsub("%s+", " ")
  local start, cut = said:gsub("%.%.%.$", "")
  return cut == 0 and said == printed or cut == 1
    and printed:sub(1, #start) == start
end

-- The arrow of a call that begins in a line: there or where it ends.
local function arrow_of(lines, at)
  for place = at, math.min(at + 2, #lines) do
    if place > at and lines[place]:find "^ *print" then return nil end
    local said = lines[place]:match "%-%-> (.*)$"
    if said then return said, place end
  end
end

-- Runs a document's script, and checks what stands behind arrows.
local function run(path, script)
  local lines, arrows, told = {}, 0, {}
  for line in (script .. "\n"):gmatch "(.-)\n" do
    lines[#lines + 1] = line
    if line:find("--> ", 1, true) then arrows = arrows + 1 end
  end
  local world = setmetatable({
    neap = module,
    require = function(name)
      return name == "neap" and module or require(name)
    end,
    print = function(...)
      local parts = table.pack(...)
      for i = 1, parts.n do parts[i] = tostring(parts[i]) end
      local text = table.concat(parts, " ")
      local at = debug.getinfo(2, "l").currentline
      local said, place = arrow_of(lines, at)
      if not said then return end
      assert(matches(said, text), ("%s: %s"):format(lines[at], text))
      told[place] = true
    end,
  }, { __index = _G })
  assert(load(script, "=" .. path, "t", world))()
  local count = 0
  for _ in pairs(told) do count = count + 1 end
  assert.equal(arrows, count, path)
end

describe("the examples of", function()
  local stdout, folder = io.stdout, nil

  setup(function()
    folder = os.tmpname()
    os.remove(folder)
    assert(lfs.mkdir(folder) and lfs.mkdir(folder .. "/tests"))
    assert(lfs.link(root .. "/tests/data", folder .. "/tests/data", true))
    assert(lfs.chdir(folder))
    rawset(io, "stdout", io.open("/dev/null", "w"))
  end)

  teardown(function()
    rawset(io, "stdout", stdout)
    assert(lfs.chdir(root))
    assert(host.start { "rm", "-r", folder }):wait()
  end)

  local documents = { "README.md" }
  for name in lfs.dir "docs" do
    if name:find "%.md$" then documents[#documents + 1] = "docs/" .. name end
  end
  table.sort(documents)

  for _, path in ipairs(documents) do
    it(path .. " run, and print what they say", function()
      local script, pieces = script_of(path)
      assert.is_true(pieces > 0)
      run(path, script)
    end)
  end
end)
