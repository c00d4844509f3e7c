-- neap.search.grid: lua/neap/search/grid.lua.
local neap = require "neap"

describe("a grid", function()
  it("visits every combination, axes in the order of their names", function()
    local grid = neap.search.grid { gamma = { 0, 2 }, alpha = { false, .5, 1 } }
    assert.equal(6, grid.size)
    local points = {}
    for i = 1, grid.size do points[i] = grid:point(i) end
    assert.same({
      { alpha = false, gamma = 0 }, { alpha = false, gamma = 2 },
      { alpha = .5, gamma = 0 }, { alpha = .5, gamma = 2 },
      { alpha = 1, gamma = 0 }, { alpha = 1, gamma = 2 },
    }, points)
  end)

  it("costs nothing until a point is asked for", function()
    local values = {}
    for i = 1, 1000 do values[i] = i end
    local grid = neap.search.grid { a = values, b = values, c = values }
    assert.equal(1e9, grid.size)
    assert.same({ a = 1000, b = 1000, c = 999 }, grid:point(1e9 - 1))
  end)

  it("refuses empty and doubled axes", function()
    assert.error_matches(function() neap.search.grid { gamma = {} } end,
      "axis 'gamma' is empty")
    assert.error_matches(function() neap.search.grid {} end,
      "wanted one axis or more")
    assert.error_matches(function() neap.search.grid { gamma = 2 } end,
      "axis 'gamma' is a number; wanted a list of values")
    assert.error_matches(function() neap.search.grid { gamma = { 1, 1 } } end,
      "axis 'gamma' has 1 twice")
    assert.error_matches(function()
      neap.search.grid { gamma = { 0, nil, 2 } }
    end, "axis 'gamma' has a nil among its values")
    assert.error_matches(function() neap.search.grid { gamma = { 0 / 0 } } end,
      "axis 'gamma' has nan")
    assert.error_matches(function() neap.search.grid { gamma = { {} } } end,
      "axis 'gamma' has a table; wanted numbers, strings and booleans")
    assert.error_matches(function() neap.search.grid { { 1 } } end,
      "axes are named")
  end)

  it("is found by its file's name", function()
    assert.is_function(neap.search.grid)
    assert.is_nil(neap.search.nothing)
  end)
end)
