-- neap.data: lua/neap/data.lua and src/bind/data.c.
local neap = require "neap"

describe("a generated data set", function()
  it("has the fields it is said to have", function()
    local d = neap.data.gaussians { n = 500, features = 3, prior = 0.2 }
    assert.equal(500, d.n)
    assert.equal(3, d.features)
    assert.same({ "x1", "x2", "x3" }, d.names)
    assert.same({ "0", "1" }, d.classes)
    assert.equal(500, d.counts[1] + d.counts[2])
    assert.equal(d.counts[2] / 500, d.prior)
    assert.equal("float32", d.x:dtype())
    assert.equal("float32", d.y:dtype())
    assert.equal("float64", d.truth:dtype())
    assert.equal(("neap.Data (500 rows, 3 features, classes 0: %d, 1: %d; "
      .. "gaussians, seed 1)"):format(d.counts[1], d.counts[2]), tostring(d))
  end)

  it("is the same for the same seed, and another for another", function()
    local given = { n = 50, seed = 3 }
    local a = neap.data.hard_negatives(given).x:totable()
    assert.same(a, neap.data.hard_negatives(given).x:totable())
    given.seed = 4
    assert.not_same(a, neap.data.hard_negatives(given).x:totable())
  end)

  it("can have exact counts of classes", function()
    local d = neap.data.gaussians { n = 1000, prior = 0.03, labels = "exact" }
    assert.equal(30, d.counts[2])
  end)

  it("never changes", function()
    local d = neap.data.gaussians { n = 10 }
    assert.error_matches(function() d.x = 1 end,
      "a data set never changes; can't set 'x'")
    assert.error_matches(function() d.x:row(1)[1] = 0 end,
      "it belongs to a data set, a fit or a file, which never changes")
    assert.error_matches(function() d.y:fill(0) end, "never changes")
    local copy = d.x:copy()
    copy:fill(0)
    assert.equal(0, copy[1][1])
  end)

  it("has lists that can't be written", function()
    local d = neap.data.gaussians { n = 10 }
    assert.error_matches(function() d.counts[1] = 5 end, "never changes")
    assert.error_matches(function() d.classes[1] = "x" end, "never changes")
    assert.error_matches(function() d.warnings[1] = 1 end, "never changes")
  end)

  it("is drawn afresh by a recipe", function()
    local recipe = neap.data.recipe("gaussians", { n = 100, test = 40 })
    local train, test = recipe(7)
    assert.equal(100, train.n)
    assert.equal(40, test.n)
    assert.same(train.x:totable(), (recipe(7)).x:totable())
    assert.not_same(train.x:row(1):totable(), test.x:row(1):totable())
    assert.not_same(train.x:row(1):totable(), (recipe(8)).x:row(1):totable())
  end)

  it("is refused bad options", function()
    assert.error_matches(function() neap.data.gaussians { distanse = 2 } end,
      "bad argument #1 to 'gaussians' %(unknown option 'distanse'; "
      .. "did you mean 'distance'%?%)")
    assert.error_matches(function() neap.data.gaussians { prior = 2 } end,
      "prior is 2; wanted a number, 0 to 1")
    assert.error_matches(function() neap.data.gaussians { n = 1.5 } end,
      "n is 1.5; wanted a whole number")
    assert.error_matches(function() neap.data.gaussians { labels = "some" } end,
      "labels is 'some'; wanted independent or exact")
    assert.error_matches(function() neap.data.recipe("moon", {}) end,
      "no generator 'moon'; there are gaussians, logistic, mixture")
    assert.error_matches(function()
      neap.data.recipe("gaussians", { test = -1 })
    end, "test is %-1; wanted a whole number >= 1")
    assert.error_matches(function()
      neap.data.recipe("gaussians", { prier = 0.1 })
    end, "unknown option 'prier'; did you mean 'prior'%?")
  end)
end)

describe("a data set from tables", function()
  local rows = { { 1, 2 }, { 3, 4 }, { 5, 6 }, { 7, 8 } }

  it("takes labels 0 and 1 as they are", function()
    local d = neap.data.from { x = rows, y = { 0, 1, 1, 1 } }
    assert.same({ 0, 1, 1, 1 }, d.y:totable())
    assert.same({ "0", "1" }, d.classes)
    assert.equal("float64", d.x:dtype())
    local whole = neap.array(rows, "int32")
    d = neap.data.from { x = whole, y = { 0, 1, 1, 1 } }
    assert.same({ "float64", rows }, { d.x:dtype(), d.x:totable() })
  end)

  it("takes the rarer of two names as positive, or the one named", function()
    local y = { "yes", "no", "yes", "yes" }
    local d = neap.data.from { x = rows, y = y }
    assert.same({ "yes", "no" }, d.classes)
    assert.same({ 0, 1, 0, 0 }, d.y:totable())
    d = neap.data.from { x = rows, y = y, positive = "yes" }
    assert.same({ 1, 0, 1, 1 }, d.y:totable())
  end)

  it("numbers more classes in order", function()
    local d = neap.data.from { x = rows, y = { 10, 2, 10, 7 } }
    assert.same({ "2", "7", "10" }, d.classes)
    assert.same({ 2, 0, 2, 1 }, d.y:totable())
    assert.equal("int32", d.y:dtype())
    assert.same({ 1, 1, 2 }, d.counts)
  end)

  it("codes labels of an array as those of a list", function()
    local cases = {
      { 10, 2, 10, 7 }, { 0, 1, -0.0, 1 }, { 1, 0, 0, 0 }, { -1, -1, 1, -1 },
      { 2.5, math.huge, 2.5, math.huge },
    }
    for _, y in ipairs(cases) do
      local list = neap.data.from { x = rows, y = y }
      for _, dtype in ipairs { "float32", "float64" } do
        local d = neap.data.from { x = rows, y = neap.array(y, dtype) }
        assert.same({ list.classes, list.counts, list.y:totable() },
          { d.classes, d.counts, d.y:totable() })
      end
    end
    local d = neap.data.from { x = rows, positive = "4",
      y = neap.array({ 4, 5, 5, 5 }, "int32") }
    assert.same({ { "5", "4" }, { 1, 0, 0, 0 } }, { d.classes, d.y:totable() })
  end)

  it("shares rows that never change, and copies those that may", function()
    local x = neap.array(rows, "float32")
    local d = neap.data.from { x = x, y = { 0, 1, 1, 1 } }
    x[1][1] = 100
    assert.equal(1, d.x[1][1])
    local big = neap.data.gaussians { n = 20000, features = 32, seed = 1 }
    local y = neap.zeros(20000, nil, "float32")
    y[1] = 1
    collectgarbage()
    local before = collectgarbage("count")
    local same = neap.data.from { x = big.x, y = y }
    collectgarbage()
    assert.is_true(collectgarbage("count") - before < 20000 * 32 * 4 / 1024 / 4)
    assert.equal(big.x:tobytes(), same.x:tobytes())
  end)

  it("refuses what can't be learned from", function()
    assert.error_matches(function()
      neap.data.from { x = rows, y = { 1, 1, 1, 1 } }
    end, "there is one class only, '1'; wanted two or more")
    assert.error_matches(function()
      neap.data.from { x = { { 1, 2 }, { 3, 0 / 0 } }, y = { 0, 1 } }
    end, "x in row 2, column 2 is %-?nan; wanted a finite number")
    assert.error_matches(function()
      neap.data.from { x = { { 1, math.huge }, { 3, 4 } }, y = { 0, 1 } }
    end, "x in row 1, column 2 is inf; wanted a finite number")
    assert.error_matches(function()
      neap.data.from { x = rows, y = { 0, 1 } }
    end, "y is %[2%] and x is %[4%]%[2%]")
    assert.error_matches(function()
      neap.data.from { x = rows, y = { 0, 1, 1, 1 },
        weights = { 1, 2, 3, -4.5 } }
    end, "weights%[4%] is %-4.5; wanted a number >= 0")
    assert.error_matches(function()
      neap.data.from { x = rows, y = { 0, 1, 1, 1 }, positive = 3 }
    end, "positive is '3'; the classes are '0' and '1'")
    assert.error_matches(function() neap.data.from { x = rows } end,
      "y is missing")
    assert.error_matches(function()
      neap.data.from { x = { 1, 2 }, y = { 0, 1 } }
    end, "x has one dimension; wanted rows of features")
    assert.error_matches(function()
      neap.data.from { x = { { 1, 2 }, { 3 } }, y = { 0, 1 } }
    end, "'from' %(x: row 2 has 1 numbers and row 1 has 2%)")
    assert.error_matches(function()
      neap.data.from { x = { { 1 }, { 2 } }, y = { 0 / 0, 1 } }
    end, "y%[1%] is nan; wanted a number or a string")
    assert.error_matches(function()
      neap.data.from { x = { { 1 }, { 2 } }, y = neap.array { 1, 0 / 0 } }
    end, "y%[2%] is nan; wanted a number or a string")
    local many = neap.zeros(101)
    for i = 1, 101 do many[i] = i end
    assert.error_matches(function()
      neap.data.from { x = neap.zeros(101, 1), y = many }
    end, "there are 101 classes, more than 100; is the target a number")
    assert.error_matches(function()
      neap.data.from { x = { { 1 }, { 2 } }, y = { { 0 }, { 1 } } }
    end, "y%[1%] is a table; wanted a number or a string")
    assert.error_matches(function()
      neap.data.from {
        x = { { 1 }, { 2 } }, y = { 0, 1 }, names = { "a", "b" },
      }
    end, "names has 2 names; x has 1 columns")
  end)
end)

describe("CSV", function()
  local text = "id,x1,class,x2,w\n1,2.5,red,-1,1\n2,3.5,blue,0,2\n"
    .. "3,4.5,blue,1e1,3\n"

  it("is read by columns", function()
    local d = neap.data.parse(text, {
      target = "class", ignore = { "id" }, weight = "w",
    })
    assert.same({ "x1", "x2" }, d.names)
    assert.same({ { 2.5, -1 }, { 3.5, 0 }, { 4.5, 10 } }, d.x:totable())
    assert.same({ "blue", "red" }, d.classes)
    assert.same({ 1, 2, 3 }, d.weights:totable())
    assert.equal("float64", d.x:dtype())
  end)

  it("takes a column by its number, whatever the names are", function()
    local d = neap.data.parse("w,w,y\n1,10,a\n2,20,b\n3,30,a\n", {
      target = 3, weight = 1,
    })
    assert.same({ 1, 2, 3 }, d.weights:totable())
    assert.same({ { 10 }, { 20 }, { 30 } }, d.x:totable())
    assert.same({ "w" }, d.names)
  end)

  it("is read from a file", function()
    local d = assert(neap.data.read("tests/data/breast_cancer.csv", {
      target = "diagnosis", positive = "malignant",
    }))
    assert.equal(569, d.n)
    assert.equal(30, d.features)
    assert.equal(212, d.counts[2])
    assert.same({ "benign", "malignant" }, d.classes)
    assert.equal(17.99, d.x[1][1])
    local none, why = neap.data.read("no/such.csv", { target = "y" })
    assert.is_nil(none)
    assert.matches("no/such.csv", why)
  end)

  it("is refused columns that can't be, and no text at all", function()
    local text_of_one = "y\n1\n0\n"
    assert.error_matches(function()
      neap.data.parse(text_of_one, { target = "y" })
    end, "no column is left to learn from")
    assert.error_matches(function()
      neap.data.parse("x,y\n1,0\n2,1\n", { target = "y", ignore = { "y" } })
    end, "ignore names the target, 'y'")
    assert.error_matches(function() neap.data.read(nil, { target = "y" }) end,
      "'read' %(path is nil; wanted a string%)")
    assert.error_matches(function() neap.data.parse("x", { targt = "y" }) end,
      "bad argument #2 to 'parse'")
    assert.error_matches(function()
      neap.data.parse("x,y\n1,a\n2,b\n3,c\n",
        { target = "y", positive = "a" })
    end, "positive is for two classes; there are 'a', 'b', 'c'")
  end)

  it("is refused with line and column", function()
    local function refuses(message, csv, given)
      assert.error_matches(function()
        neap.data.parse(csv, given or { target = "y" })
      end, message)
    end
    refuses("line 3 has 3 fields; wanted 2", "x,y\n1,0\n1,2,3\n")
    refuses("line 2, column 1 %(x%): '' is a missing value", "x,y\n,0\n1,1\n")
    refuses("line 3, column 1 %(x%): 'two' is no number", "x,y\n1,0\ntwo,1\n")
    refuses("line 3, column 2 %(y%): 'NA' is a missing value",
      "x,y\n1,a\n2,NA\n3,b\n")
    refuses("weight is 'y', which is the target or ignored", "x,y\n1,0\n2,1\n",
      { target = "y", weight = "y" })
    refuses("target is 'z'; the columns are 'x', 'y'", "x,y\n1,0\n",
      { target = "z" })
    refuses("target y: there is one class only, '0'", "x,y\n1,0\n2,0\n")
    refuses("target y: positive is 'c'; the classes are 'a' and 'b'",
      "x,y\n1,a\n2,b\n", { target = "y", positive = "c" })
    refuses("target is 'y'; the columns are '1', '2', '3' %(line 1 was read as "
      .. "data; header = true makes it names%)", "a,2019,y\n1,0,0\n2,1,1\n",
      { target = "y" })
    refuses("ignore is 'q'; the columns are 'x', 'y'", "x,y\n1,a\n2,b\n",
      { target = "y", ignore = { "q" } })
    refuses("target is missing; wanted a column's name or number", "x,y\n1,0\n",
      {})
    refuses("unknown option 'tarqet'; did you mean 'target'%?", "x,y\n1,0\n",
      { tarqet = "y" })
  end)
end)

describe("a split", function()
  local d = neap.data.gaussians { n = 1000, prior = 0.1, labels = "exact" }

  it("keeps the shares of the classes and every row once", function()
    local train, test = d:split { test = 0.25, seed = 5 }
    assert.equal(750, train.n)
    assert.equal(250, test.n)
    assert.equal(25, test.counts[2])
    assert.equal(75, train.counts[2])
    local again = select(2, d:split { test = 0.25, seed = 5 })
    assert.same(test.x:totable(), again.x:totable())
  end)

  it("deals folds that together are all rows", function()
    local rows, positives, folds = 0, 0, 0
    for train, test in d:folds { k = 4, seed = 2 } do
      folds = folds + 1
      assert.equal(1000, train.n + test.n)
      assert.equal(25, test.counts[2])
      rows, positives = rows + test.n, positives + test.counts[2]
    end
    assert.same({ 4, 1000, 100 }, { folds, rows, positives })
  end)

  it("takes rows by position", function()
    local few = d:rows { 5, 1, 5 }
    assert.equal(3, few.n)
    assert.same(d.x:row(5):totable(), few.x:row(1):totable())
    assert.same(d.x:row(1):totable(), few.x:row(2):totable())
    assert.error_matches(function() d:rows { 1001 } end,
      "bad argument #1 to 'rows' %(row 1001; wanted 1 to 1000%)")
  end)

  it("is refused where a fold would have no positives", function()
    local few = neap.data.from {
      x = { { 1 }, { 2 }, { 3 }, { 4 }, { 5 }, { 6 } },
      y = { "a", "b", "a", "a", "a", "b" },
    }
    assert.error_matches(function() few:folds { k = 3 } end,
      "class 'b' has 2 rows; wanted 3 or more, one for each fold")
    assert.error_matches(function() few:split { test = 0.1 } end,
      "class 'a' has 4 rows; a share of 0.1 leaves one side without any")
    assert.error_matches(function() few.split { test = 0.5 } end,
      "neap.Data expected, got a table; wanted object:split%(...%)")
    assert.error_matches(function() few:split { test = 1 } end,
      "test is 1; wanted a number between 0 and 1")
    assert.error_matches(function() few:folds { k = 1 } end,
      "k is 1; wanted a whole number, 2 to")
  end)
end)
