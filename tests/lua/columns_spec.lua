-- Columns of data that losses read and models do not: read, carried through
-- splits and folds, written, and looked at by training and studies.
local neap = require "neap"
local m = neap.math

local function parse(text, given)
  given.target = given.target or "y"
  return neap.data.parse(text, given)
end

local csv = "a,amount,y,g\n1,10,no,u\n2,20.5,yes,u\n3,30,no,v\n4,40,yes,v\n"

local function list(array)
  local numbers = {}
  for i = 1, #array do numbers[i] = array[i] end
  return numbers
end

describe("columns of a file", function()
  local folder = os.tmpname()
  os.remove(folder)
  setup(function() assert(os.execute("mkdir " .. folder)) end)
  teardown(function() os.execute("rm -r " .. folder) end)

  it("are kept beside the features", function()
    local d = parse(csv, { columns = { "amount" }, group = "g" })
    assert.same({ "a" }, { d.names[1], d.names[2] })
    assert.equal(1, d.features)
    assert.same({ "amount" }, { d.columns[1], d.columns[2] })
    assert.same({ 10, 20.5, 30, 40 }, list(d:column "amount"))
    assert.matches("columns that losses may read: amount", tostring(d))
    d = parse(csv, { columns = 2, ignore = "g" })
    assert.same({ 10, 20.5, 30, 40 }, list(d:column "amount"))
    d = parse("@relation r\n@attribute a numeric\n@attribute c real\n"
      .. "@attribute y {no, yes}\n@data\n1,5,no\n2,6,yes\n", { columns = "c" })
    assert.same({ 5.0, 6.0 }, list(d:column "c"))
    assert.equal(1, d.features)
  end)

  it("are those of the rows, however these are chosen", function()
    local lines = { "a,cost,b,y" }
    for i = 1, 60 do
      lines[i + 1] = ("%d,%d,%d,%d"):format(i, 1000 + i, -i, i % 3 == 0
        and 1 or 0)
    end
    local d = parse(table.concat(lines, "\n") .. "\n", { columns = "cost" })
    local function check(part)
      for i = 1, part.n do
        assert.equal(1000 + part.x:row(i)[1], part:column("cost")[i])
      end
      return part.n
    end
    local train, test = d:split { test = 0.25, seed = 3 }
    assert.equal(60, check(train) + check(test))
    local rows = 0
    for a, b in d:folds { k = 4, seed = 2 } do
      rows = rows + check(b)
      check(a)
    end
    assert.equal(60, rows)
    check(d:rows { 60, 1, 7 })
    check(d:imbalance { counts = { 20, 10 }, seed = 1 })
    check(d:noise { kind = "symmetric", rate = 0.1, seed = 1 })
    for _, sample in ipairs(d:samples { sizes = { 10, 30 }, seed = 1 }) do
      check(sample)
    end
  end)

  it("are written, and read again", function()
    local d = parse(csv, { columns = { "amount" }, group = "g" })
    d = d:with_columns { amount = d:column "amount", ["a b"] = { 1, 0.1, -3,
      1e-300 } }
    local path = folder .. "/d.csv"
    assert(d:write(path, { target = "y" }))
    local back = neap.data.read(path, { target = "y", group = "group",
      columns = { "amount", "a b" } })
    assert.same(list(d:column "a b"), list(back:column "a b"))
    assert.same(list(d:column "amount"), list(back:column "amount"))
    assert.equal(1, back.features)
    path = folder .. "/d.npz"
    assert(d:write(path))
    back = neap.data.read(path, { columns = { "amount", "a b" } })
    assert.same(list(d:column "a b"), list(back:column "a b"))
    assert.error_matches(function()
      d:with_columns { y = { 1, 2, 3, 4 } }:write(path)
    end, "two columns would be 'y'")
    assert.error_matches(function()
      neap.data.read(path, { columns = "y" })
    end, "columns has 'y', the target")
    assert.error_matches(function()
      neap.data.read(path, { columns = "z" })
    end, "columns is 'z'; the arrays are 'X', 'y'")
  end)

  it("of arrays are columns of them, or other files", function()
    local function save(name, d)
      assert(d:write(folder .. "/t.npz"))
      assert(os.execute(("cd %s && unzip -qo t.npz X.npy && mv X.npy %s.npy")
        :format(folder, name)))
    end
    save("rows", neap.data.from { x = { { 1, 5, 0 }, { 2, 6, 1 }, { 3, 7, 0 } },
      y = { 0, 1, 0 } })
    save("cost", neap.data.from { x = { { 9 }, { 8 }, { 7 } },
      y = { 0, 1, 0 } })
    local d = neap.data.read(folder .. "/rows.npy", { target = 3,
      columns = { 2, folder .. "/cost.npy" } })
    assert.equal(1, d.features)
    assert.same({ 5.0, 6.0, 7.0 }, list(d:column "x2"))
    assert.same({ 9.0, 8.0, 7.0 }, list(d:column "cost"))
    assert.error_matches(function()
      neap.data.read(folder .. "/rows.npy", { target = 3, columns = 3 })
    end, "columns is column 3, which is the target")
  end)

  it("are read alike by `like`", function()
    local d = parse(csv, { columns = { "amount" }, ignore = "g" })
    local new = neap.data.parse("amount,y,a,g\n7,no,9,u\n8,yes,8,u\n",
      { like = d })
    assert.same({ 7.0, 8.0 }, list(new:column "amount"))
    assert.same({ 9.0, 8.0 }, { new.x:row(1)[1], new.x:row(2)[1] })
  end)

  it("lose the rows that lack a value of them, if asked to", function()
    local text = csv:gsub("20.5", "")
    assert.error_matches(function()
      parse(text, { columns = "amount", ignore = "g" })
    end, "line 3, column 2 %(amount%): '' is a missing value; missing are 1 in "
      .. "'amount'; missing = \"drop\" leaves such rows out")
    assert.error_matches(function()
      parse(text, { columns = "amount", ignore = "g", missing = "mean" })
    end, "nothing else goes for these columns")
    local d = parse(text, { columns = "amount", ignore = "g",
      missing = { amount = "drop" } })
    assert.same({ 10.0, 30.0, 40.0 }, list(d:column "amount"))
    assert.equal(3, d.n)
  end)

  it("that can't be are refused", function()
    for why, given in pairs {
      ["columns is 'z'; the columns are 'a', 'amount', 'y', 'g'"] =
        { columns = "z" },
      ["columns is 'y', which is the target"] = { columns = { "y" } },
      ["columns is 'g', which is the group"] = { columns = "g", group = "g" },
      ["columns is 'amount', which is the columns"] =
        { columns = { "amount", 2 } },
      ["columns is 'a', which is the target or ignored"] =
        { columns = "a", ignore = "a" },
      ["line 2, column 4 (g): 'u' is no number"] = { columns = "g" },
      ["no column is left to learn from"] = { columns = { "a", "amount" },
        ignore = "g" },
    } do
      local ok, message = pcall(parse, csv, given)
      assert.is_false(ok)
      assert.is_truthy(message:find(why, 1, true), message)
    end
    assert.error_matches(function()
      neap.data.parse("1 1:2\n0 1:3\n", { format = "libsvm", columns = "a" })
    end, "columns is no option of libsvm")
    assert.error_matches(function()
      parse("a,b,b,y\n1,2,3,0\n2,3,4,1\n", { columns = { 2, 3 } })
    end, "two columns are named 'b'")
  end)
end)

describe("columns of any data", function()
  it("are put beside generated ones, whose truth stays", function()
    local d = neap.data.gaussians { n = 200, features = 2, prior = 0.2,
      distance = 2, seed = 1 }
    local e = d:with_columns { amount = neap.zeros(200):fill(2) }
    assert.equal(d.truth[7], e.truth[7])
    assert.equal(d:ceiling().roc_auc, e:ceiling().roc_auc)
    assert.equal(2, e:column("amount")[200])
    assert.is_nil(d:column "amount")
    local f = e:with_columns { other = neap.zeros(200) }
    assert.is_nil(f:column "amount")
    assert.equal(0, f:column("other")[1])
  end)

  it("are numbers, one a row", function()
    local d = neap.data.from { x = { { 1 }, { 2 } }, y = { 0, 1 } }
    for why, columns in pairs {
      ["columns.amount is [1]; wanted [2]"] = { amount = { 1 } },
      ["columns.amount is [2][1]; wanted [2]"] = { amount = { { 1 }, { 2 } } },
      ["columns.amount[2] is nan; wanted a finite number"] =
        { amount = { 1, 0 / 0 } },
      ["columns has the key 1; wanted names"] = { { 1, 2 } },
    } do
      local ok, message = pcall(d.with_columns, d, columns)
      assert.is_false(ok)
      message = message:gsub("%-nan", "nan")
      assert.is_truthy(message:find(why, 1, true), message)
    end
    assert.error_matches(function() d:with_columns(3) end,
      "columns is 3; wanted a table")
  end)
end)

describe("a loss that reads columns", function()
  local cost = neap.loss.define {
    name = "share_cost", columns = { "amount" },
    binary = function(x, y, _, c)
      return y * c.amount * m.softplus(-x) + (1 - y) * m.softplus(x)
    end,
  }

  it("has a curve and shares of what they are given", function()
    local value, gradient = cost {}:curve({ 0.1, 0.5 }, 1,
      { amount = { 2, 3 } })
    assert.near(-2 * math.log(0.1), value[1], 1e-14)
    assert.near(-3 * 0.5, gradient[2], 1e-14)
    local shares = cost {}:share({ 0, 0, 1 }, { 1, 1, 0 }, { 0.5 },
      { amount = { 1, 3, 9 } })
    assert.near(0.75, shares[1][1], 1e-14)
    assert.error_matches(function() cost {}:curve { 0.1 } end,
      "the loss reads c.amount; wanted columns = { amount = numbers }")
    assert.error_matches(function() cost {}:share({ 0 }, { 1 }) end,
      "the loss reads c.amount")
  end)
end)

describe("a study of a loss that reads a column", function()
  local per_row = neap.loss.define {
    name = "per_row", columns = { "amount" }, params = { scale = 1 },
    binary = function(x, y, p, c)
      return p.scale * c.amount * (y * m.softplus(-x) + (1 - y) * m.softplus(x))
    end,
  }

  -- Text of rows whose amounts are near 1 for class 0 and far from it else.
  local function text_of(n)
    local lines, state = { "u,v,amount,y" }, 1
    local function uniform()
      state = state * 48271 % 2147483647
      return state / 2147483647
    end
    for i = 1, n do
      local u, v = uniform() * 4 - 2, uniform() * 4 - 2
      local y = uniform() < 1 / (1 + math.exp(1.5 - u - v)) and 1 or 0
      lines[i + 1] = ("%.4f,%.4f,%.4f,%d"):format(u, v,
        y == 1 and 1 + 6 * uniform() or 0.5 + uniform(), y)
    end
    return table.concat(lines, "\n") .. "\n"
  end

  local function study_of(d, loss)
    local study = neap.study {
      data = d, folds = 3, repeats = 2, seed = 5, loss = loss,
      search = neap.search.grid { scale = { 1, 2 } },
      model = neap.model.linear { l2 = 0.01 }, fair = "given",
      score = "roc_auc", draws = 200,
    }
    study:run()
    return study
  end

  -- Amounts as weights of rows are the same thing, by the objective's formula.
  it("trains each fold on its rows' amounts", function()
    local text = text_of(300)
    local d = neap.data.parse(text, { target = "y", positive = "1",
      columns = "amount" })
    local weighed = neap.data.parse(text, { target = "y", positive = "1",
      weight = "amount" })
    local a = study_of(d, function(p) return per_row { scale = p.scale } end)
    local b = study_of(weighed, function(p)
      return p.scale * neap.loss.binary_cross_entropy {}
    end)
    for point = 1, 2 do
      local got, want = a:predictions(point), b:predictions(point)
      for r = 1, 2 do
        for i = 1, d.n do
          assert.near(want.scores:row(r)[i], got.scores:row(r)[i], 1e-4)
        end
      end
    end
    local plain = study_of(neap.data.parse(text, { target = "y",
      positive = "1", ignore = "amount" }), function(p)
      return p.scale * neap.loss.binary_cross_entropy {}
    end):predictions(1).scores:row(1)
    local got = a:predictions(1).scores:row(1)
    local apart = 0
    for i = 1, d.n do apart = math.max(apart, math.abs(got[i] - plain[i])) end
    assert.is_true(apart > 0.3)
    assert.equal(3, #a:refit(1).weights + 1)
  end)

  it("takes generated data with columns of one's own", function()
    local recipe = neap.data.recipe("gaussians", { n = 400, test = 400,
      features = 3, prior = 0.2, distance = 2 })
    local drawn = {}
    local function with_amounts(d)
      local amount = neap.zeros(d.n)
      for i = 1, d.n do amount[i] = d.y[i] == 1 and 4 or 1 end
      return d:with_columns { amount = amount }
    end
    local study = neap.study {
      data = function(seed)
        local train, test = recipe(seed)
        drawn[#drawn + 1] = { train = train, test = test }
        return with_amounts(train), with_amounts(test)
      end,
      datasets = 2, confirm = 0, seed = 3, score = "roc_auc",
      loss = function(p) return per_row { scale = p.scale } end,
      search = neap.search.grid { scale = { 1, 2 } },
      model = neap.model.linear { l2 = 0.1 }, fair = "given",
    }
    study:run()
    drawn = {}
    local got = study:predictions(1)[1].scores
    -- Class weights say the same.
    local fit = neap.train { data = drawn[1].train,
      model = neap.model.linear { l2 = 0.1 },
      loss = neap.loss.binary_cross_entropy { class_weights = { 1, 4 } } }
    local want = fit:logits(drawn[1].test)
    for i = 1, 400 do assert.near(want[i], got[i], 1e-3) end
  end)

  it("has its l2 tuned by its own loss", function()
    local d = neap.data.parse(text_of(200), { target = "y", positive = "1",
      columns = "amount" })
    local study = neap.study {
      data = d, folds = 3, seed = 5, fair = "tuned", draws = 200,
      loss = function(p) return per_row { scale = p.scale } end,
      search = neap.search.grid { scale = { 1, 2 } },
      model = neap.model.linear {}, score = "roc_auc",
    }
    study:run()
    assert.matches("scale", tostring(study:table()))
  end)

  it("is refused where the data have no such column", function()
    local d = neap.data.parse(text_of(90), { target = "y", positive = "1",
      ignore = "amount" })
    assert.error_matches(function()
      study_of(d, function(p) return per_row { scale = p.scale } end)
    end, "the loss reads c.amount; the data have u, v")
  end)
end)
