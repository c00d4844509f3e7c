-- Which rows go where: lua/neap/split.lua, src/bind/split.c,
-- src/dataset/deal.c.
local neap = require "neap"

-- n rows of two columns: the row's number, and a key that falls; every fifth
-- is positive; `groups` of some rows each.
local function numbered(n, per_group)
  local x, y, groups = {}, {}, {}
  for i = 1, n do
    x[i] = { i, n - math.floor(i / 10) }
    y[i] = i % 5 == 0 and 1 or 0
    groups[i] = math.floor((i - 1) / (per_group or n))
  end
  return neap.data.from {
    x = x, y = y, groups = per_group and groups or nil,
    names = { "row", "key" },
  }
end

local function rows_of(d)
  local rows = {}
  for i = 1, d.n do rows[i] = math.floor(d.x[i][1]) end
  return rows
end

local function set_of(list)
  local set = {}
  for _, value in ipairs(list) do set[value] = true end
  return set
end

-- Whether no group of a is in b.
local function are_apart(a, b)
  local there = set_of(a.groups:totable())
  for _, group in ipairs(b.groups:totable()) do
    if there[group] then return false end
  end
  return true
end

describe("groups", function()
  local d = numbered(400, 10)

  it("are never split, and classes keep their shares as they can", function()
    local train, test = d:split { test = 0.25, seed = 3 }
    assert.is_true(are_apart(train, test))
    assert.equal(100, test.n)
    assert.equal(20, test.counts[2])
    local seen = 0
    for a, b in d:folds { k = 4, seed = 2 } do
      assert.is_true(are_apart(a, b))
      assert.same({ 100, 20 }, { b.n, b.counts[2] })
      seen = seen + b.n
    end
    assert.equal(400, seen)
  end)

  it("of unequal size are dealt as evenly as can be", function()
    local x, y, groups, sizes = {}, {}, {}, { 40, 30, 20, 20, 10, 10, 10, 10 }
    for g, size in ipairs(sizes) do
      for i = 1, size do
        x[#x + 1], y[#y + 1] = { g }, i % 2
        groups[#groups + 1] = "g" .. g
      end
    end
    local uneven = neap.data.from { x = x, y = y, groups = groups }
    for _, test in uneven:folds { k = 3, seed = 7 } do
      assert.equal(50, test.n)
      assert.equal(25, test.counts[2])
    end
  end)

  it("may be another column, or none", function()
    local train, test = d:split { by = "key", seed = 1 }
    local there = {}
    for i = 1, train.n do there[train.x[i][2]] = true end
    for i = 1, test.n do assert.is_nil(there[test.x[i][2]]) end
    train, test = d:split { by = false, seed = 1 }
    assert.is_false(are_apart(train, test))
    assert.equal(80, test.n)
  end)

  it("are refused where they can't be dealt", function()
    assert.error_matches(function()
      numbered(30, 10):folds { k = 4 }
    end, "class '0' is in 3 of 3 groups; wanted 4 or more, one for each part")
    assert.error_matches(function()
      numbered(40, 1):split { by = "group", test = 0.001 }
    end, "class '0' is in too few or too unequal groups")
    assert.error_matches(function() numbered(40):split { by = "group" } end,
      "by is 'group', and these data have no groups")
    assert.error_matches(function() d:split { by = "kee" } end,
      "by is 'kee', which is no column; did you mean 'key'%?")
    assert.error_matches(function()
      neap.data.from { x = { { 1 }, { 2 } }, y = { 0, 1 }, groups = { 1 } }
    end, "groups are %[1%]; wanted %[2%]")
  end)

  it("stay whole in a study", function()
    local checked = 0
    local loss = neap.loss.binary_cross_entropy {}
    local study = neap.study {
      data = d, folds = 4, repeats = 2, baselines = "none",
      model = neap.model.linear { l2 = 0.1 },
      loss = function(_, train)
        checked = checked + 1
        assert.equal(300, train.n)
        local groups, count = {}, 0
        for _, group in ipairs(train.groups:totable()) do
          count = count + (groups[group] and 0 or 1)
          groups[group] = true
        end
        assert.equal(30, count) -- 300 rows of 30 whole groups
        return loss
      end,
      search = neap.search.grid { gamma = { 0 } },
    }
    assert(study:run { quiet = true })
    assert.equal(8, #study.runs)
    assert.is_true(checked >= 8)
  end)
end)

describe("folds", function()
  local d = numbered(100)

  it("are the same for the same seed, and others in each repeat", function()
    local seen, order = {}, {}
    for _, test, fold, part in d:folds { k = 5, seed = 4, repeats = 3 } do
      order[#order + 1] = ("%d.%d"):format(part, fold)
      seen[#seen + 1] = rows_of(test)
      assert.same({ 20, 4 }, { test.n, test.counts[2] })
    end
    assert.equal("1.1 1.2 1.3 1.4 1.5 2.1 2.2 2.3 2.4 2.5 3.1 3.2 3.3 3.4 3.5",
      table.concat(order, " "))
    assert.not_same(seen[1], seen[6])
    local i = 0
    for _, test in d:folds { k = 5, seed = 4, repeats = 2 } do
      i = i + 1
      assert.same(seen[i], rows_of(test))
    end
  end)

  it("need not be stratified", function()
    local counts = {}
    for _, test in d:folds { k = 5, stratified = false, seed = 2 } do
      counts[#counts + 1] = test.counts[2]
      assert.equal(20, test.n)
    end
    assert.not_same({ 4, 4, 4, 4, 4 }, counts)
    local few = numbered(8)
    assert.has_no_error(function() few:folds { k = 4, stratified = false } end)
  end)
end)

describe("an order", function()
  local d = numbered(100)

  it("puts training rows first", function()
    local train, test = d:split { order = true, test = 0.25 }
    local rows = rows_of(train)
    assert.same({ 75, 1, 75 }, { #rows, rows[1], rows[75] })
    rows = rows_of(test)
    assert.same({ 25, 76, 100 }, { #rows, rows[1], rows[25] })
    -- The key falls in steps of ten rows, whose own order stays.
    train, test = d:split { order = "key", test = 0.25 }
    rows = rows_of(train)
    assert.same({ 100, 90, 91 }, { rows[1], rows[2], rows[3] })
    assert.same(25, test.n)
    local last = train.x[75][2]
    for i = 1, 25 do assert.is_true(test.x[i][2] >= last) end
  end)

  it("has folds that train on all before them", function()
    local sizes = {}
    for train, test in d:folds { k = 4, order = true } do
      local rows = rows_of(test)
      sizes[#sizes + 1] = train.n
      assert.same({ 20, train.n + 1 }, { test.n, rows[1] })
    end
    assert.same({ 20, 40, 60, 80 }, sizes)
  end)

  it("is refused what goes not with it", function()
    assert.error_matches(function() d:split { order = "kex" } end,
      "order is 'kex', which is no column; did you mean 'key'%?")
    assert.error_matches(function() d:split { order = true, by = "key" } end,
      "by goes not with order")
    assert.error_matches(function() d:folds { order = true, repeats = 2 } end,
      "repeats goes not with order")
    assert.error_matches(function() d:split { order = true, test = 0.001 } end,
      "a share of 0.001 of 100 rows leaves one side without any")
  end)
end)

describe("what is refused", function()
  it("is told with the caller's line", function()
    local d = numbered(20)
    for _, call in ipairs {
      function() return (d:split { order = "q" }) end,
      function() return (d:split { by = "q" }) end,
      function() return (d:split { test = 0.001 }) end,
      function() return (d:split { test = 0.001, order = true }) end,
      function() return (d:folds { k = 15 }) end,
      function() return (d:folds { order = "q" }) end,
      function() return (d:folds { by = "q" }) end,
      function() return (d:samples { sizes = { 21 } }) end,
      function() return (d:write "x") end,
      function() return (d:write("x.csv", { target = "key" })) end,
      function() return (neap.data.parse("x", { target = 2 })) end,
      function() return (neap.data.read("README.md", { target = 1 })) end,
    } do
      local ok, why = pcall(call)
      assert.is_false(ok)
      assert.matches("^tests/lua/split_spec.lua:%d+: ", why)
    end
  end)
end)

describe("samples", function()
  local d = numbered(1000)

  it("are nested, and have the shares of the classes", function()
    local list = d:samples { sizes = { 50, 400, 1000, 333 }, seed = 5 }
    assert.same({ 50, 400, 1000, 333 },
      { list[1].n, list[2].n, list[3].n, list[4].n })
    for _, sample in ipairs(list) do
      assert.is_true(math.abs(sample.counts[2] - sample.n / 5) <= 1)
    end
    local large = set_of(rows_of(list[2]))
    for _, row in ipairs(rows_of(list[4])) do assert.is_true(large[row]) end
    local middle = set_of(rows_of(list[4]))
    for _, row in ipairs(rows_of(list[1])) do assert.is_true(middle[row]) end
    local again = d:samples { sizes = { 50 }, seed = 5 }
    assert.same(rows_of(list[1]), rows_of(again[1]))
    again = d:samples { sizes = { 50 }, seed = 6 }
    assert.not_same(rows_of(list[1]), rows_of(again[1]))
  end)

  it("are refused wrong sizes", function()
    assert.error_matches(function() d:samples { sizes = { 10, 1001 } } end,
      "sizes%[2%] is 1001; wanted a whole number, 1 to 1000")
    assert.error_matches(function() d:samples {} end,
      "sizes is missing; wanted a list of numbers of rows")
  end)
end)
