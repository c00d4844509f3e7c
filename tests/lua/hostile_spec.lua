-- Hostile bytes end in an error, without much memory: what is allocated is
-- counted with the garbage collector stopped, so that nothing is given back.
local neap = require "neap"

local string_pack = require "neap.compat".string_pack

-- Raises a message that has `message`, and allocates no more than four times
-- the text, or 2 MB.
local function refuses(text, given, message)
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  local ok, why = pcall(neap.data.parse, text, given)
  local grown = 1024 * (collectgarbage "count" - before)
  collectgarbage "restart"
  assert.is_false(ok)
  assert.truthy(tostring(why):find(message, 1, true), tostring(why))
  assert.is_true(grown <= math.max(4 * #text, 2 ^ 21), ("%s: %.3g bytes of %d")
    :format(message, grown, #text))
end

local unit = 262144
local y, first = { target = "y" }, { target = 1 }

describe("hostile CSV", function()
  it("of one long line", function()
    refuses(("1"):rep(32 * unit), first, "no column is left")
    refuses(("a"):rep(32 * unit), first, "the text has a header and no rows")
    refuses("x,y\n" .. ("1"):rep(32 * unit) .. ",0\n1,1\n", y,
      "is too large for float64")
    refuses("x,y\n" .. ("z"):rep(32 * unit) .. ",0\n1,1\n", y, "is no number")
    refuses("x,y\n1," .. ("z"):rep(8 * unit) .. "\n", y,
      "there is one class only")
    refuses(('"'):rep(32 * unit - 1), first, "a quote is never closed")
    refuses("x,y\n0." .. ("0"):rep(16 * unit) .. "1e" .. 16 * unit .. ",?\n", y,
      "'?' is a missing value")
  end)

  it("of many fields or lines", function()
    refuses((","):rep(16 * unit), first, "line 1 has 4194305 fields; wanted "
      .. "at most 100000")
    refuses(("\n"):rep(16 * unit), first, "the text has no rows")
    refuses(("\r"):rep(16 * unit) .. "#", { target = 1, comment = "#" },
      "the text has no rows")
    refuses(("1,"):rep(90000) .. "1\n" .. ("1\n"):rep(4 * unit), first,
      "line 2 has 1 fields; wanted 90001")
    refuses((",,,,,\n"):rep(unit), first, "is a missing value")
    refuses("y,x\n" .. ("1,\n"):rep(4 * unit), y, "'' is a missing value")
    local lines = { "x,y" }
    for i = 1, unit do lines[i + 1] = "1," .. i end
    refuses(table.concat(lines, "\n"), y, "one of too many different values")
    lines[1] = "c,y"
    for i = 1, unit do lines[i + 1] = i .. ",1" end
    refuses(table.concat(lines, "\n"), { target = "y", categorical = "c" },
      "one of too many different values")
  end)
end)

describe("hostile arrays", function()
  local function npy(dict, size)
    return "\147NUMPY\1\0" .. string_pack("<s2", dict) .. ("\0"):rep(size or 0)
  end

  it("say more than there is", function()
    local form = "{'descr': '<f8', 'fortran_order': False, 'shape': (%s)}"
    refuses(npy(form:format("1099511627776, 8")), first, "truncated")
    refuses(npy(form:format("4294967296, 4294967297")), first, "too large")
    refuses(npy(form:format("2305843009213693952,")), first, "too large")
    refuses(npy(form:format("0, 4611686018427387904")), first, "no rows")
    refuses(npy(form:format("0, 18446744073709551616")), first, "too large")
    refuses(npy(form:format(("1, "):rep(20000))), first, "20000 dimensions")
    refuses(npy(("{"):rep(60000)), first, "the .npy header is damaged")
    refuses(npy("{'descr': '<f8"), first, "the .npy header is damaged")
  end)

  -- A ZIP file of one deflated entry, with what its directory says of it.
  local function zip(packed, size, crc)
    local name = "X.npy"
    local head = string_pack("<I2I2I2I2I2I4I4I4I2I2", 20, 0, 8, 0, 0x21, crc,
      #packed, size, #name, 0)
    local start = "PK\3\4" .. head .. name .. packed
    local central = "PK\1\2" .. string_pack("<I2", 20) .. head
      .. string_pack("<I2I2I2I4I4", 0, 0, 0, 0, 0) .. name
    return start .. central .. "PK\5\6" .. string_pack("<I2I2I2I2I4I4I2", 0, 0,
      1, 1, #central, #start, 0)
  end

  it("lie about the size of what is packed", function()
    -- Fixed codes (RFC 1951, 3.2.6): an empty block.
    local empty = "\3\0"
    local x = { x = "X", target = "X" }
    refuses(zip(empty, 0, 0), x, "this is no .npy file")
    refuses(zip(empty, 1000, 0), x, "are not the 1000 that the directory says")
    refuses(zip(empty, 2 ^ 30, 0), x, "can't have the 1073741824 bytes")
    refuses(zip(("\0"):rep(unit), 1000 * unit, 0), x, "are not the 262144000")
    refuses(zip("\7", 1, 0), x, "the compressed bytes are damaged")
    refuses("PK\5\6\1" .. ("\0"):rep(17), nil, "several parts")
    refuses("PK\5\6" .. ("\0"):rep(4) .. "\255\255\255\255" .. ("\0"):rep(10),
      nil, "its directory lies outside of it")
    refuses("PK\3\4" .. ("\0"):rep(unit), nil, "no end record")
  end)
end)

describe("hostile LIBSVM text", function()
  it("would be large when dense", function()
    local svm = { format = "libsvm" }
    refuses("1 9007199254740991:1\n0 1:1\n", svm, "features = ")
    refuses("1 9007199254740993:1\n0 1:1\n", svm, "is no feature")
    refuses("1 99999999999999999999999999:1\n", svm, "is no feature")
    refuses("0 5000000:1\n" .. ("1 1:1\n"):rep(unit), svm, "as dense rows")
    refuses(("1 "):rep(8 * unit), svm, "is no feature")
    refuses(("#"):rep(8 * unit), svm, "the text has no rows")
  end)
end)
