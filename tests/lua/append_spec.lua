-- Rows that come later.
local neap = require "neap"
local unpack = require "neap.compat".table_unpack

local function start(more)
  local given = { x = { { 1, 2 }, { 3, 4 } }, y = { "miss", "hit" },
    positive = "hit" }
  for key, value in pairs(more or {}) do given[key] = value end
  return neap.data.from(given)
end

describe("d:append", function()
  it("has its rows behind those of the data, which stay", function()
    local d = start()
    local all = d:append { x = { { 5, 6 } }, y = { "hit" } }
    assert.same({ { 1, 2 }, { 3, 4 }, { 5, 6 } }, all.x:totable())
    assert.same({ 0, 1, 1 }, all.y:totable())
    assert.same({ 2, 3, 1, 2 }, { d.n, all.n, all.counts[1], all.counts[2] })
    assert.is_nil(all.weights)
  end)

  it("keeps the last rows", function()
    local d = start { weights = { 1, 2 } }
    local all = d:append { x = { { 5, 6 }, { 7, 8 } }, y = { "hit", "miss" },
      keep = 3 }
    assert.same({ { 3, 4 }, { 5, 6 }, { 7, 8 } }, all.x:totable())
    assert.same({ 1, 1, 0 }, all.codes:totable())
    assert.same({ 2, 1, 1 }, all.weights:totable())
    all = all:append { x = { { 9, 9 } }, y = { "hit" }, weights = { 5 },
      keep = 2 }
    assert.same({ 1, 5 }, all.weights:totable())
  end)

  it("trains as data that were made at once", function()
    local d = neap.data.gaussians { n = 200, features = 3, prior = 0.3 }
    local rows, y = d.x:totable(), d.y:totable()
    local first = neap.data.from { x = { unpack(rows, 1, 120) },
      y = { unpack(y, 1, 120) }, positive = 1 }
    local all = first:append { x = { unpack(rows, 121) },
      y = { unpack(y, 121) } }
    local whole = neap.data.from { x = rows, y = y, positive = 1 }
    local loss = neap.loss.focal {}
    assert.same(neap.train { data = whole, loss = loss }.parameters:totable(),
      neap.train { data = all, loss = loss }.parameters:totable())
  end)

  it("refuses rows that don't fit", function()
    local d = start()
    local function refuses(message, given)
      local ok, why = pcall(d.append, d, given)
      assert.is_false(ok)
      assert.truthy(why:find(message, 1, true), why)
    end
    refuses("x has 1 columns; the data have 2", { x = { { 1 } }, y = { 1 } })
    refuses("y is [2] and x is [1][2]", { x = { { 1, 2 } }, y = { 1, 2 } })
    refuses("y[1] is 'draw'; the classes are miss, hit",
      { x = { { 1, 2 } }, y = { "draw" } })
    refuses("x in row 1, column 2 is ", { x = { { 1, 0 / 0 } },
      y = { "hit" } })
    refuses("weights[1] is -1", { x = { { 1, 2 } }, y = { "hit" },
      weights = { -1 } })
    refuses("keep", { x = { { 1, 2 } }, y = { "hit" }, keep = 0 })
    d = start { groups = { 1, 2 } }
    refuses("groups", { x = { { 1, 2 } }, y = { "hit" } })
  end)
end)
