-- What docs/data.md says is what there is.
local neap = require "neap"

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

describe("docs/data.md", function()
  local text = read "docs/data.md"

  it("has the table of all generators (docs/generator_table.lua)", function()
    assert.truthy(text:find(dofile "docs/generator_table.lua", 1, true))
  end)

  it("shows Lua that says what it says", function()
    local printed = {}
    local world = setmetatable({
      print = function(line) printed[#printed + 1] = line end,
    }, { __index = _G })
    local all = {}
    for piece in text:gmatch("\n```lua\n(.-)\n```") do
      all[#all + 1] = piece
    end
    assert(load(table.concat(all, "\n"), "data.md", "t", world))()
    assert.equal("0.2690", printed[1])
    assert.is_true(printed[2] > 0 and printed[2] < 0.05)
    assert.truthy(text:find("--> " .. printed[3], 1, true), printed[3])
  end)

  it("names the options of the methods", function()
    for _, name in ipairs { "counts", "exponential", "step", "most", "rate",
      "rates", "matrix", "scale", "labels", "part", "dtype" } do
      assert.truthy(text:find("`" .. name .. "`", 1, true), name)
    end
  end)

  it("names what a ceiling has", function()
    local best = neap.data.gaussians { n = 5 }:ceiling()
    for key in pairs(best) do
      assert.truthy(text:find("`" .. key .. "`", 1, true), key)
    end
  end)
end)
