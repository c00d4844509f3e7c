-- Files as data sets: lua/neap/files and what it is made of. The files of
-- tests/data/files: the binary ones are numpy's (tests/lua/files.py), the
-- others are a few lines each.
local neap = require "neap"

local folder = "tests/data/files/"

local function read(name, given)
  return assert(neap.data.read(folder .. name, given))
end

-- Says that reading raises a message; plain text, not a pattern.
local function refuses(name, given, message)
  local ok, why = pcall(neap.data.read, folder .. name, given)
  assert.is_false(ok, name)
  assert.truthy(tostring(why):find(message, 1, true),
    ("%s: %s"):format(name, tostring(why)))
  assert.truthy(tostring(why):find(folder .. name, 1, true)
    or tostring(why):find("bad argument", 1, true), why)
end

local rows = { { 1.5, -2 }, { 3, 0.25 }, { -0.0, 1e300 } }
local function of_y(given)
  given = given or {}
  given.target = folder .. "y.npy"
  return given
end

describe("CSV", function()
  local y = { target = "y" }

  it("has its dialects", function()
    assert.same({ { 1.5 }, { 2.5 } }, read("bom_crlf.csv", y).x:totable())
    assert.same({ { 1.5 }, { 2.5 } }, read("cr.csv", y).x:totable())
    assert.same({ { 1.5 }, { 2.5 } }, read("tabs.tsv", y).x:totable())
    local d = read("decimal_comma.csv", { target = "class" })
    assert.same({ { 1.5, 2 }, { 2.25, 3 } }, d.x:totable())
    assert.matches("numbers have a decimal comma", tostring(d))
    d = read("quotes.csv", y)
    assert.same({ 'x, "1"' }, d.names)
    assert.same({ "a\nb", 'c "d"' }, d.classes)
  end)

  it("may have no header, or one of numbers", function()
    local d = read("no_header.csv", { target = 3 })
    assert.same({ { { 1.5, 2 }, { 2.5, 3 } }, { "1", "2" } },
      { d.x:totable(), d.names })
    -- A header with a number in it passes for a row, unless one says so.
    assert.equal(3, read("years.csv", { target = 3 }).n)
    d = read("years.csv", { target = "y", header = true })
    assert.same({ { "2019", "2020" }, 2 }, { d.names, d.n })
  end)

  it("may have comments, if that is said", function()
    local d = read("comments.csv", { target = "y", comment = "#" })
    assert.same({ { 1.5 }, { 3.5 } }, d.x:totable())
    refuses("comments.csv", { target = "y" }, "target is 'y'")
  end)

  it("says what is wrong, with line and column", function()
    refuses("ragged.csv", y, "line 3 has 1 fields; wanted 2")
    refuses("inf.csv", y, "line 3, column 1 (x): 'inf' is not finite")
    refuses("hex.csv", y, "line 3, column 1 (x): '0x1F' is hexadecimal")
    refuses("underscore.csv", y, "line 3, column 1 (x): '1_000' has '_' in it")
    refuses("thousands.csv", y, "line 3, column 1 (x): '1,234' has a comma")
    refuses("open_quote.csv", y, "line 3: a quote is never closed")
    refuses("utf16.csv", y, "this is UTF-16 text, which neap does not read; "
      .. "convert it: iconv -f UTF-16")
    refuses("twice.csv", { target = "y", ignore = { "x" } },
      "ignore is 'x', which is the name of columns 1 and 2; give the number")
    refuses("colors.csv", y, "line 2, column 1 (color): 'red' is no number; "
      .. "text is for target, group and categorical")
    refuses("colors.csv", { target = "y", delimiter = "7" },
      "delimiter is '7'; wanted one character")
    refuses("colors.csv", { target = "y", base = 1 }, "base is no option of "
      .. "csv")
    refuses("colors.csv", { target = "y", weight = "y" },
      "weight is 'y', which is the target")
  end)

  it("asks whether a target of many numbers is one to predict", function()
    local lines = { "x,y" }
    for i = 1, 101 do lines[i + 1] = ("%d,%d"):format(i, i) end
    assert.error_matches(function()
      neap.data.parse(table.concat(lines, "\n"), y)
    end, "target y: there are 101 classes, more than 100; is the target a "
      .. "number to predict%?")
    for i = 102, 3000 do lines[i + 1] = ("%d,%d"):format(i, i) end
    assert.error_matches(function()
      neap.data.parse(table.concat(lines, "\n"), y)
    end, "line 1002, column 2 %(y%): '1001' is one of too many different "
      .. "values; is this a number to predict, or to learn from%?")
  end)

  it("tells how labels became classes", function()
    local d = neap.data.parse("x,y\n1,no\n2,yes\n3,no\n", y)
    assert.matches("target y: 0 is 'no' %(2 rows%), 1 is 'yes' %(1 rows; the "
      .. "rarer one; positive = names another%)", tostring(d))
    d = neap.data.parse("x,y\n1,-1\n2,1.0\n3,1\n", { target = 2, positive = 1 })
    assert.same({ "-1", "1" }, d.classes)
    assert.matches("1 is '1' %(2 rows; as asked%)", tostring(d))
  end)

  it("takes many lines as it takes few", function()
    local lines = { "a,b,y" }
    for i = 1, 5000 do
      lines[i + 1] = ("%.17g,%d,%s"):format(i / 7, i * i, i % 3 == 0 and "p"
        or "n")
    end
    local d = neap.data.parse(table.concat(lines, "\r\n"), y)
    assert.equal(5000, d.n)
    assert.equal(1666, d.counts[2])
    for i = 1, 5000, 37 do
      assert.equal(i / 7, d.x[i][1])
      assert.equal(i * i, d.x[i][2])
    end
  end)
end)

describe("a locale with a decimal comma", function()
  it("changes nothing", function()
    local before = os.setlocale()
    local there = os.setlocale("de_DE.UTF-8") or os.setlocale("de_DE.utf8")
    if not there then return pending("there is no de_DE here") end
    local d = read("bom_crlf.csv", { target = "y" })
    local path = os.tmpname() .. ".csv"
    assert(d:write(path))
    os.setlocale(before)
    local file = assert(io.open(path))
    os.remove(path)
    assert.same({ { 1.5 }, { 2.5 } }, d.x:totable())
    assert.equal("x,y\n1.5,a\n2.5,b\n", file:read("*a"))
    file:close()
  end)
end)

describe("missing values", function()
  it("are refused, and counted by column", function()
    refuses("missing.csv", { target = "y" }, "line 2, column 2 (z): '' is a "
      .. "missing value; missing are 3 in 'z', 3 in 'x'; missing = \"drop\", "
      .. "\"mean\", \"median\" or a number says what to do")
  end)

  it("leave rows out", function()
    refuses("missing.csv", { target = "y", missing = "drop" },
      "target y: there is one class only, 'a'")
    local d = read("missing.csv", {
      target = "y", missing = { x = "mean", z = "drop" },
    })
    assert.same({ { 5, 2 }, { 5, 6 }, { 5, 7 } }, d.x:totable())
    assert.same({ 0, 1, 0 }, d.y:totable())
    assert.matches("3 of 6 rows were left out", tostring(d))
  end)

  it("become mean, median or a number", function()
    local d = read("missing.csv", {
      target = "y", missing = { x = "mean", z = "median" },
    })
    assert.same({ { 1, 6 }, { 3, 2 }, { 3, 6 }, { 3, 6 }, { 5, 6 }, { 3, 7 } },
      d.x:totable())
    assert.matches("x: 3 missing values became 3 %(mean%)", tostring(d))
    assert.matches("z: 3 missing values became 6 %(median%)", tostring(d))
    d = read("missing.csv", { target = "y", missing = -1 })
    assert.same({ -1, 2 }, d.x:row(2):totable())
    refuses("missing.csv", { target = "y", missing = "zero" },
      "missing is 'zero'; wanted \"drop\", \"mean\", \"median\" or a number")
    refuses("missing.csv", { target = "y", missing = { q = 1 } },
      "missing names 'q', which is no feature")
    refuses("missing.csv", { target = "y", missing = { x = 0 } },
      "line 2, column 2 (z): '' is a missing value; missing are 3 in 'z'")
  end)

  it("of new data become what they became before", function()
    local train = neap.data.parse("x,y\n1,a\n2,b\n6,a\n",
      { target = "y", missing = "mean" })
    local new = neap.data.parse("y,x\nb,\na,10\n", { like = train })
    assert.same({ { 3 }, { 10 } }, new.x:totable())
  end)

  it("of the target can only be left out", function()
    local text = "x,y\n1,a\n2,?\n3,b\n"
    assert.error_matches(function()
      neap.data.parse(text, { target = "y", missing = "mean" })
    end, "line 3, column 2 %(y%): '%?' is a missing value")
    local d = neap.data.parse(text, { target = "y", missing = "drop" })
    assert.same({ { 1 }, { 3 } }, d.x:totable())
    assert.matches("1 of 3 rows were left out", tostring(d))
  end)

  it("are NaN in arrays", function()
    local y = of_y()
    refuses("nan.npy", y, "row 1, column 2 (x2) is nan, a missing value; "
      .. "missing are 2 in 'x2', 1 in 'x1'")
    y.missing = "mean"
    assert.same({ { 1, 3 }, { 2, 3 }, { 1.5, 3 } }, read("nan.npy", y)
      .x:totable())
    y.missing = "drop"
    assert.error_matches(function() read("nan.npy", y) end,
      "there is one class only, '1'")
  end)
end)

describe("categorical columns", function()
  local given = { target = "y", categorical = { "color" } }
  local d = read("colors.csv", given)

  it("become one column a level", function()
    assert.same({ "color=blue", "color=green", "color=red", "x" }, d.names)
    assert.same({ { 0, 0, 1, 1 }, { 0, 1, 0, 2 }, { 0, 0, 1, 3 },
      { 1, 0, 0, 4 } }, d.x:totable())
    assert.matches("color: one column for each of blue, green, red",
      tostring(d))
  end)

  it("are the same in new data", function()
    local new = read("colors_new.csv", { like = d })
    assert.same(d.names, new.names)
    assert.same({ { 0, 1, 0, 9 }, { 0, 0, 1, 8 } }, new.x:totable())
    assert.same({ 1, 0 }, new.y:totable())
    local train = d:split { test = 0.5 }
    assert.same(new.x:totable(), read("colors_new.csv", { like = train })
      .x:totable())
    refuses("colors_unknown.csv", { like = d }, "line 2, column 2 (color): "
      .. "'pink' is none of the known levels, blue, green, red")
    refuses("bom_crlf.csv", { like = d }, "categorical is 'color'; the "
      .. "columns are 'x', 'y'")
    assert.error_matches(function()
      neap.data.parse("color,y\nred,a\n", { like = d })
    end, "a column of like is 'x'; the columns are 'color', 'y'")
    assert.error_matches(function()
      neap.data.parse("x,color,y\n1,red,c\n", { like = d })
    end, "target y: 'c' in line 2 is no class of like, which has a, b")
    assert.error_matches(function()
      neap.data.parse("x,color,y,z\n1,red,a,1\n", { like = d })
    end, "column 'z' is none of like; name it in ignore")
    assert.error_matches(function()
      neap.data.parse("x,y\n1,a\n", { like = neap.data.gaussians { n = 9 } })
    end, "like is no data set that was read from a file")
  end)
end)

describe("warnings", function()
  it("tell of constants, ids and copies", function()
    local lines = { "id,one,x,y" }
    for i = 1, 30 do
      lines[i + 1] = ("%d,7,%g,%d"):format(i, i / 2, i % 2)
    end
    local d = neap.data.parse(table.concat(lines, "\n"), { target = "y" })
    assert.equal(2, #d.warnings)
    assert.equal("constant: 'one'", d.warnings[1])
    assert.matches("a whole number of its own in 'id'; is it an id%?",
      d.warnings[2])
    assert.matches("\n  warning: constant: 'one'", tostring(d))
    d = neap.data.parse("x,z,y\n1,2,a\n1,3,b\n1,2,b\n0,0,a\n-0,0,b\n",
      { target = "y" })
    assert.same(1, #d.warnings)
    assert.matches("^2 rows are copies of earlier ones", d.warnings[1])
    assert.equal(0, #neap.data.gaussians { n = 5 }.warnings)
  end)
end)

describe(".npy", function()
  it("is read in every layout", function()
    for _, name in ipairs { "x", "fortran", "big_endian", "version2",
      "version3", "aligned16" } do
      local d = read(name .. ".npy", of_y())
      assert.same({ rows, "float64" }, { d.x:totable(), d.x:dtype() }, name)
      assert.equal(-math.huge, 1 / d.x[3][1], name)
    end
    local d = neap.data.read_array(folder .. "float16.npy")
    assert.same({ { { 1.5, -2 }, { 3, 0.25 } }, "float32" },
      { d:totable(), d:dtype() })
    assert.same({ 0, 2 }, { neap.data.read_array(folder .. "rows0.npy")
      :shape() })
    assert.same({ 1.5 }, neap.data.read_array(folder .. "scalar.npy")
      :totable())
  end)

  it("may hold its target", function()
    local d = neap.data.read(folder .. "x.npy", { target = 1 })
    assert.same({ { -2 }, { 0.25 }, { 1e300 } }, d.x:totable())
    assert.same({ "x2" }, d.names)
    assert.same({ "0", "1.5", "3" }, d.classes)
    assert.same({ "x2" }, read("x.npy", of_y { ignore = 1 }).names)
  end)

  it("never changes what is mapped", function()
    local a = neap.data.read_array(folder .. "x.npy")
    assert.error_matches(function() a:fill(0) end, "never changes")
    a = a:row(1)
    collectgarbage()
    assert.same(rows[1], a:totable())
  end)

  it("is refused with a reason", function()
    local y = of_y()
    refuses("truncated_header.npy", y, "the .npy file is truncated: its header "
      .. "has 118 bytes, and 30 are there")
    refuses("truncated.npy", y, "the .npy file is truncated: shape (3, 2) "
      .. "wants 48 bytes of numbers, and 47 are there")
    refuses("longer.npy", y, "the .npy file is longer than its shape")
    refuses("version9.npy", y, "the .npy version is 9.0; wanted 1.0")
    refuses("no_shape.npy", y, "the .npy header is damaged")
    refuses("header_length.npy", y, "its header has 4294967280 bytes")
    refuses("overflow.npy", y, "is too large for memory")
    refuses("no_columns.npy", y, "the array has no columns; wanted one or more")
    refuses("overflow_digits.npy", y, "the shape is too large")
    refuses("objects.npy", y, "dtype '|O' is Python objects, a pickle, which "
      .. "may run code when it is read; wanted b1")
    refuses("text.npy", y, "dtype '<U1' is text; number it with numpy.unique")
    refuses("times.npy", y, "is times; save a.astype('f8')")
    refuses("complex.npy", y, "dtype '<c16' is complex numbers")
    refuses("long_double.npy", y, "dtype '<f16' is floats of that size")
    refuses("records.npy", y, "the dtype is structured")
    refuses("dimensions3.npy", y, "the array has 3 dimensions; wanted 1 or 2")
    refuses("big_integers.npy", y, "row 2, column 2 is beyond 2^53")
    refuses("inf.npy", y, "row 2, column 2 (x2) is -inf; wanted a finite")
    refuses("scalar.npy", y, "the array has one dimension; wanted rows")
    refuses("rows0.npy", y, "the array has no rows")
    refuses("y.npy", y, "the array has one dimension")
    refuses("x.npy", { target = 3 }, "target is 3; wanted a .npy file's name, "
      .. "or a column from 1 to 2")
    refuses("x.npy", { target = folder .. "none.npy" }, "can't open")
    refuses("x.npy", nil, "target is missing")
  end)
end)

describe(".npz", function()
  it("is read, stored and deflated", function()
    local d = read "good.npz"
    assert.same({ rows, { 0, 1, 0 } }, { d.x:totable(), d.y:totable() })
    assert.same({ 1, 2, 3.5 }, d.weights:totable())
    assert.same({ 0, 0, 1 }, d.groups:totable())
    assert.same(rows, read("deflated.npz").x:totable())
    d = read "data_target.npz"
    assert.equal(600, d.n)
    assert.same(rows[2], d.x:row(599):totable())
    d = read "two.npz"
    assert.same({ rows, { 0, 1, 0 } }, { d.x:totable(), d.y:totable() })
    d = read("three.npz", { x = "a", target = "c" })
    assert.same(rows, d.x:totable())
  end)

  it("is refused with a reason", function()
    refuses("three.npz", nil, "which array has the rows, and which the labels? "
      .. "There are 'a', 'b', 'c'; wanted X and y, or x = and target =")
    refuses("three.npz", { x = "q", target = "b" }, "x is 'q'; the arrays are "
      .. "'a', 'b', 'c'")
    refuses("truncated.npz", nil, "the ZIP file is damaged or truncated: no "
      .. "end record")
    refuses("crc.npz", nil, "array 'X': it is damaged: its CRC is not")
    refuses("damaged.npz", nil, "damaged")
    refuses("lying.npz", nil, "array 'x': the compressed bytes are damaged, or "
      .. "are not the 240 that the directory says")
    refuses("bomb.npz", nil, "'x.npy' can't have the 2147483648 bytes that the "
      .. "directory says")
    refuses("offset.npz", nil, "an entry lies outside of it")
    refuses("no_arrays.zip", nil, "'readme.txt' is no .npy file")
    refuses("good.npz", { delimiter = ";" }, "delimiter is no option of npz")
  end)
end)

describe("LIBSVM text", function()
  it("is read as dense rows", function()
    local d = read "base1.libsvm"
    assert.same({ { 0.5, 0, -2 }, { 0, 1.5, 0 }, { 0, 0, 0 } }, d.x:totable())
    assert.same({ "-1", "1" }, d.classes)
    assert.matches("indices count from 1, as there is no 0", tostring(d))
    d = read "base0.libsvm"
    assert.same({ { 0.5, 0, 1 }, { 0, 2, 0 } }, d.x:totable())
    assert.same({ 0, 1 }, d.groups:totable())
    d = read("base1.libsvm", { base = 0, features = 6 })
    assert.same({ 0, 0.5, 0, -2, 0, 0 }, d.x:row(1):totable())
    local wide = read("base1.libsvm", { like = d })
    assert.equal(6, wide.features)
  end)

  it("is refused with line and character", function()
    refuses("multilabel.libsvm", nil, "line 1, character 1: '1,3' is several "
      .. "labels; wanted one")
    refuses("not_rising.libsvm", nil, "line 1, character 9: '2:1' follows a "
      .. "larger or the same index")
    refuses("no_index.libsvm", nil, "line 1, character 9: 'x:1' is no feature; "
      .. "wanted index:value")
    refuses("no_value.libsvm", nil, "line 1, character 9: '2:abc' has no value")
    refuses("qid.libsvm", nil, "line 2, character 1: '0' begins a row whose "
      .. "qid differs")
    refuses("sparse.libsvm", nil, "2 rows of 4000000000 features are 64 GB as "
      .. "dense rows; features = 4000000000 says that this is meant")
    refuses("base0.libsvm", { base = 1 }, "base is 1, and there is an index 0")
    refuses("base1.libsvm", { features = 2 }, "features is 2, and there is an "
      .. "index 3")
  end)
end)

describe("ARFF and KEEL text", function()
  local given = { target = "class" }

  it("is read with its names and levels", function()
    local d = read("weather.arff", given)
    assert.same({ "outlook=sunny", "outlook=over cast", "outlook=rainy",
      "temp. in C", "windy" }, d.names)
    assert.same({ { 1, 0, 0, 29.5, 0 }, { 0, 1, 0, 21, 1 },
      { 0, 1, 0, -3, 1 } }, d.x:totable())
    assert.same({ { "yes", "no" }, { 1, 0, 0 } }, { d.classes,
      d.y:totable() })
  end)

  it("has its target in @outputs", function()
    local d = read "keel.dat"
    assert.same({ "Length", "Width" }, d.names)
    assert.same({ { 5.1, 3.5 }, { 4.9, 3 }, { 6, 2 } }, d.x:totable())
    assert.same({ 0, 1, 0 }, d.y:totable())
  end)

  it("is refused with a reason", function()
    local function refuse(text, message)
      local ok, why = pcall(neap.data.parse, text, given)
      assert.is_false(ok)
      assert.truthy(why:find(message, 1, true), why)
    end
    local head = "@relation r\n@attribute x real\n"
    refuse(head .. "@attribute class {a,b}\n@data\n1,a\n2,c\nz,b\n",
      "line 7, column 1 (x): 'z' is no number")
    refuse(head .. "@attribute d date\n@data\n1,a\n",
      "line 3: attribute 'd' is 'date'; wanted numeric, real, integer or")
    refuse(head .. "@attribute s string\n", "attribute 's' is 'string'")
    refuse(head .. "@attribute class {a,b\n", "has no closing brace")
    refuse(head .. "@attribute class {a,b}\n", "there is no @data")
    refuse(head .. "@data\n1\n", "target is 'class'; the attributes are x")
    refuse(head .. "@attribute class {a,b}\n@data\n{0 1, 1 b}\n",
      "line 5: the rows are sparse; wanted dense ones")
    refuse(head .. "@attribute class {a,b}\n@data\n1,2,a\n",
      "line 5 has 3 fields; wanted 2, as there are attributes")
    refuse("@relation r\nx real\n", "line 2: 'x real' stands before @data")
    refuse("@relation r\n@atribute x real\n", "'@atribute' is unknown")
    refuse(head .. "@attribute c {u,v}\n@attribute class {a,b}\n@data\n"
      .. "1,u,a\n1,w,b\n", "line 7, column 2 (c): 'w' is none of the known "
      .. "levels, u, v")
  end)
end)

describe("other formats", function()
  it("are named, with what to do", function()
    local y = { target = "y" }
    refuses("parquet", y, "this is Parquet, which neap does not read; convert "
      .. "it: python3 -c \"import pandas; pandas.read_parquet('FILE')")
    refuses("arrow", y, "this is Arrow")
    refuses("hdf5", y, "this is HDF5")
    refuses("pickle", y, "this is a Python pickle")
    refuses("gzip", y, "this is gzip, which neap does not read; unpack it: "
      .. "gunzip FILE")
    refuses("zstd", y, "this is zstd")
    refuses("xz", y, "this is xz")
  end)

  it("are found by their bytes, not their names", function()
    local file = assert(io.open(folder .. "good.npz", "rb"))
    local d = neap.data.parse(file:read("*a"))
    file:close()
    assert.same(rows, d.x:totable())
    d = neap.data.parse("1 1:2\n0 1:3\n", { format = "libsvm" })
    assert.same({ { 2 }, { 3 } }, d.x:totable())
    d = neap.data.parse("a\ty\n1,5\t1\n2,5\t0\n",
      { format = "tsv", decimal = ",", target = "y" })
    assert.same({ { 1.5 }, { 2.5 } }, d.x:totable())
  end)
end)

describe("writing", function()
  local function written(d, ending, given, back)
    local path = os.tmpname()
    os.remove(path)
    path = path .. ending
    assert(d:write(path, given))
    local again = assert(neap.data.read(path, back))
    collectgarbage()
    os.remove(path)
    return again
  end

  local d = neap.data.from {
    x = { { 0.1, 1e-310 }, { 1 / 3, -0.0 },
      { 5e-324, 1.7976931348623157e308 } },
    y = { "no", "yes, \"so\"", "no" }, weights = { 1, 0.1, 3 },
    groups = { "u", "v", "u" },
  }

  it("gives CSV that is read back bit for bit", function()
    local again = written(d, ".csv", { target = "label" }, {
      target = "label", weight = "weight", group = "group",
    })
    assert.equal(d.x:tobytes(), again.x:tobytes())
    assert.equal(d.weights:tobytes(), again.weights:tobytes())
    assert.same(d.classes, again.classes)
    assert.same(d.groups:totable(), again.groups:totable())
    local float = neap.data.gaussians { n = 3000, features = 3, prior = 0.3 }
    again = written(float, ".csv", nil, { target = "class", ignore = "truth" })
    assert.equal(float.x:copy("float64"):tobytes(), again.x:tobytes())
  end)

  it("gives .npz that is read back bit for bit", function()
    local again = written(d, ".npz")
    assert.equal(d.x:tobytes(), again.x:tobytes())
    assert.equal(d.weights:tobytes(), again.weights:tobytes())
    assert.same(d.groups:totable(), again.groups:totable())
    assert.same({ "0", "1" }, again.classes)
    local float = neap.data.gaussians { n = 30, features = 3, prior = 0.3 }
    again = written(float, ".npz")
    assert.equal(float.x:tobytes(), again.x:tobytes())
    assert.equal(float.truth:tobytes(), again.truth:tobytes())
    local three = neap.data.from {
      x = { { 1 }, { 2 }, { 3 } }, y = { 2, 7, 10 },
    }
    assert.same({ "2", "7", "10" }, written(three, ".npz").classes)
  end)

  it("gives large files, mapped when read, that outlive names", function()
    local large = neap.data.gaussians { n = 9000, features = 3, prior = 0.3 }
    local row
    do
      local again = written(large, ".npz")
      assert.equal(large.x:tobytes(), again.x:tobytes())
      row = again.x:row(9000)
    end
    collectgarbage()
    assert.same(large.x:row(9000):totable(), row:totable())
    local again = written(large, ".csv", nil,
      { target = "class", ignore = "truth" })
    assert.equal(large.x:copy("float64"):tobytes(), again.x:tobytes())
  end)

  it("is refused where it can't be", function()
    assert.error_matches(function() d:write("x.parquet") end,
      "path is 'x.parquet'; wanted one that ends in .npz or .csv")
    assert.error_matches(function() d:write("x.csv", { target = "x1" }) end,
      "two columns would be 'x1'")
    local done, why = d:write("no/such/folder/x.npz")
    assert.is_nil(done)
    assert.matches("no/such/folder", why)
  end)
end)
