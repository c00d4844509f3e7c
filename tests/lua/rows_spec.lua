-- Rows without labels, for a fit to predict: neap.data.read_rows, parse_rows.
local neap = require "neap"

local files = "tests/data/files/"
local breast_cancer = "tests/data/breast_cancer.csv"

local function refuses(text, given, message)
  assert.error_matches(function() neap.data.parse_rows(text, given) end,
    message, nil, true)
end

describe("rows", function()
  local d = neap.data.parse("id,x,color,y,w\n1,3,red,a,1\n2,,blue,b,2\n"
    .. "3,5,red,a,1\n4,7,blue,b,1\n", {
    target = "y", positive = "b", weight = "w", ignore = "id",
    categorical = "color", missing = "mean",
  })
  local function rows_of(text, given)
    given = given or {}
    given.like = d
    return neap.data.parse_rows(text, given):totable()
  end

  it("have the columns of like, by name, and its means", function()
    local wanted = { { 5, 1, 0 }, { 2, 0, 1 } }
    assert.same({ "x", "color=blue", "color=red" }, d.names)
    assert.same(wanted, rows_of "color,x\nblue,\nred,2\n")
    assert.same(wanted, rows_of "x;color\n;blue\n2;red\n")
    assert.same(wanted, rows_of "y,color,w,x,id\n?,blue,,,7\n?,red,,2,8\n")
    assert.same({ { 3, 1, 0 }, { 2, 0, 1 } },
      rows_of("color,x\nblue,\nred,2\n", { missing = 3 }))
    assert.same({ { 2, 1, 0 }, { 2, 0, 1 } },
      rows_of("color,x,z\nblue,,1\nred,2,2\n", {
        missing = "median", ignore = "z",
      }))
  end)

  it("are those of the data set in its own file", function()
    local all = assert(neap.data.read(breast_cancer, {
      target = "diagnosis", positive = "malignant",
    }))
    local rows = assert(neap.data.read_rows(breast_cancer, { like = all }))
    assert.equal(all.x:tobytes(), rows:tobytes())
    local fit = neap.train {
      data = all, loss = neap.loss.focal { gamma = 1 },
      model = neap.model.linear { l2 = 1e-2 },
    }
    assert.equal(fit:probabilities(all):tobytes(),
      fit:probabilities(rows):tobytes())
  end)

  it("may be arrays and LIBSVM text", function()
    local all = assert(neap.data.read(files .. "good.npz"))
    assert.equal(all.x:tobytes(),
      neap.data.read_rows(files .. "good.npz", { like = all }):tobytes())
    all = assert(neap.data.read(files .. "base1.libsvm"))
    assert.equal(all.x:tobytes(),
      neap.data.read_rows(files .. "base1.libsvm", { like = all }):tobytes())
    -- A column was the target: rows may have it or lack it.
    local path = files .. "fortran.npy"
    local whole = assert(neap.data.read_array(path)):totable()
    all = assert(neap.data.read(path, { target = 1 }))
    assert.equal(all.x:tobytes(),
      neap.data.read_rows(path, { like = all }):tobytes())
    assert.equal(#whole[1] - 1, all.features)
    assert.error_matches(function()
      neap.data.read_rows(path, { like = all, ignore = { 1, 2 } })
    end, "no column is left to learn from", nil, true)
  end)

  it("are all kept", function()
    refuses("color,x\nred,\n", { like = d, missing = "drop" },
      'missing is "drop"; rows that are read alone are all kept')
    refuses("color,x\n,1\n", { like = d }, "line 2, column 1 (color): '' is a "
      .. "missing value; missing are 1 in 'color'; rows that are read alone "
      .. "are all kept, and no level stands for none")
    local strict = neap.data.parse("x,y\n1,a\n,b\n3,b\n", {
      target = "y", missing = "drop",
    })
    assert.equal(2, strict.n)
    refuses("x\n1\n\n?\n", { like = strict }, "line 4, column 1 (x): '?' is a "
      .. 'missing value; missing are 1 in \'x\'; missing = "mean", "median" '
      .. "or a number says what to do")
  end)

  it("are those of a fit, also where the fit is loaded elsewhere", function()
    local fit = neap.train { data = d:rows { 1, 2, 3, 4 },
      loss = neap.loss.focal {}, model = neap.model.linear { l2 = 1 } }
    local loaded = neap.from_saved(fit:calibrate { method = "platt", data = d }
      :tobytes())
    local new = "y,color,w,x,id\n?,blue,,,7\n?,red,,2,8\n"
    for _, like in ipairs { fit, loaded } do
      assert.same({ { 5, 1, 0 }, { 2, 0, 1 } },
        neap.data.parse_rows(new, { like = like }):totable())
      local read = neap.data.parse("id,color,x,w,y\n1,red,,1,b\n2,blue,1,1,a\n",
        { like = like })
      assert.same({ { { 5, 0, 1 }, { 1, 1, 0 } }, { 1, 0 }, { "a", "b" } },
        { read.x:totable(), read.y:totable(), read.classes })
      refuses("color,x\ngreen,1\n", { like = like }, "'green' is none of the "
        .. "known levels, blue, red")
    end
    local drawn = neap.data.gaussians { n = 99, prior = 0.5, seed = 1 }
    refuses("x\n1\n", { like = neap.train { data = drawn,
      loss = neap.loss.focal {} } }, "bad argument #2 to 'parse_rows' "
      .. "(like is no data set that was read from a file, nor a fit of one)")
    refuses("x\n1\n", { like = 1 }, "like is 1; wanted a data set or a fit")
  end)

  it("are refused where they can't be those of like", function()
    refuses("color,z\nred,1\n", { like = d },
      "a column of like is 'x'; the columns are 'color', 'z'")
    refuses("color,x,z\nred,1,2\n", { like = d },
      "column 'z' is none of like; name it in ignore")
    refuses("color,x\ngreen,1\n", { like = d }, "line 2, column 1 (color): "
      .. "'green' is none of the known levels, blue, red")
    refuses("color,x\nred,1\n", {}, "bad argument #2 to 'parse_rows' (like is "
      .. "missing; wanted a data set that was read, or a fit)")
    refuses("x\n1\n", { like = neap.data.gaussians { n = 9 } },
      "bad argument #2 to 'parse_rows' (like is no data set that was read "
      .. "from a file, nor a fit of one)")
    assert.error_matches(function()
      neap.data.parse("color,x\nred,1\n", { like = d })
    end, "(read_rows and parse_rows read rows without labels)", nil, true)
    refuses("x\n1\n", { like = d, target = "x" }, "unknown option 'target'")
    assert.same({ nil, "can't open /nowhere: No such file or directory" },
      { neap.data.read_rows("/nowhere", { like = d }) })
  end)
end)
