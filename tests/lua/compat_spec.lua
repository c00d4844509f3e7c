-- What stands in for Lua 5.4 in older ones, and what they are told is missing.
local compat = require "neap.compat"
local neap = require "neap"

describe("packed numbers", function()
  local pack, unpack = compat.string_pack, compat.string_unpack

  it("are the bytes that string.pack of Lua 5.4 gives", function()
    assert.equal("\254\255\255\255\255\255\255\255", pack("<i8", -2))
    assert.equal("\0\0\0\0\0\0\16\0", pack("<I8", 2 ^ 52))
    assert.equal("\1\2\4\3\2\1", pack("<I2I4", 513, 16909060))
    assert.equal("\0\0\0\0\0\0\248\191\0\0\192\63", pack("<df", -1.5, 1.5))
    assert.equal("\2\0ab\3\0\0\0\0\0\0\0abcz",
      pack("<s2s8c1", "ab", "abc", "z"))
  end)

  it("come back", function()
    local bytes = pack("<i8i4dfs2", -9007199254740991, -7, 0.1, 0.5, "x\0y")
    local a, b, c, d, e, at = unpack("<i8i4dfs2", bytes)
    assert.same({ -9007199254740991, -7, 0.1, 0.5, "x\0y", #bytes + 1 },
      { a, b, c, d, e, at })
    assert.equal(-7, (unpack("<i4", bytes, 9)))
    assert.error(function() unpack("<I8", "1234567") end)
  end)
end)

describe("UTF-8", function()
  local utf8 = compat.utf8
  local text = "a\195\169\226\130\172\240\159\152\128" -- of 1 to 4 bytes

  it("is counted, read and written", function()
    assert.equal(4, utf8.len(text))
    local codes = {}
    for at, code in utf8.codes(text) do
      codes[#codes + 1] = at .. " " .. code
    end
    assert.same({ "1 97", "2 233", "4 8364", "7 128512" }, codes)
    for _, code in ipairs { 97, 233, 8364, 128512 } do
      assert.truthy(text:find(utf8.char(code), 1, true))
    end
  end)

  it("is none where the bytes say so", function()
    for _, bytes in ipairs { "\128", "\193\129", "\195", "\224\128\128",
      "\237\160\128", "\244\144\128\128", "\255" } do
      assert.same({ n = 2, [2] = 2 },
        compat.table_pack(utf8.len("a" .. bytes .. "b")))
    end
  end)
end)

describe("numbers as C reads them", function()
  it("are exact", function()
    for text, number in pairs { ["0x1.8p+1"] = 3, ["-0x1p-1"] = -0.5,
      ["0x1.999999999999ap-4"] = 0.1, ["0x0p+0"] = 0,
      ["0x1.fffffffffffffp+1023"] = 1.7976931348623157e308 } do
      assert.equal(text, compat.hex(number))
    end
    local zero = 0.0
    assert.equal("-0x0p+0", compat.hex(-zero))
  end)
end)

describe("whole numbers", function()
  it("are refused where they have a fraction", function()
    assert.error_matches(function() neap.zeros(1.5) end,
      "bad argument #1 to 'zeros' %(1%.5; wanted a whole number")
    assert.error_matches(function() neap.zeros("3") end,
      "bad argument #1 to 'zeros' %(number expected, got string%)")
  end)

  -- A double holds 2^53, and is it for 2^53 + 1, too.
  it("are taken as they are, or refused", function()
    local d = neap.data.gaussians { n = 20, prior = 0.4, seed = 2 ^ 53 - 1 }
    assert.equal(20, d.n)
    local function refuses(f)
      if math.type then return assert(pcall(f)) end
      assert.error_matches(f, "seed.*wanted a whole number")
    end
    refuses(function() neap.data.gaussians { n = 20, seed = 2 ^ 53 } end)
    refuses(function() d:split { test = 0.5, seed = 2 ^ 53 } end)
    refuses(function()
      neap.train { data = d, loss = neap.loss.focal {}, seed = 2 ^ 53 }
    end)
  end)

  it("of saved values are never rounded", function()
    local pack = require "neap.pack"
    local core = require "neap.core"
    local bytes = "i\1\0\0\0\0\0\32\0" -- 2^53 + 1
    bytes = bytes .. compat.string_pack("<I4", core.files.crc32(bytes))
    if math.type then
      assert.equal("9007199254740993", tostring(pack.unpack(bytes)))
    else
      assert.error_matches(function() pack.unpack(bytes) end,
        "rounds whole numbers from 2^53 on")
    end
  end)
end)

describe("what is written for Lua 5.4", function()
  it("is there, or says so", function()
    for _, name in ipairs { "study", "search", "prune", "verdict", "plot",
      "open" } do
      if compat.is_new then
        assert.truthy(neap[name])
      else
        local ok, why = pcall(function() return neap[name] end)
        assert.is_false(ok)
        assert.equal(("tests/lua/compat_spec.lua:%s: neap.%s wants Lua 5.4; "
          .. "this is %s"):format(why:match(":(%d+):"), name, compat.name), why)
      end
    end
  end)
end)

describe("require 'neap'", function()
  it("leaves the globals as they are", function()
    local found = {}
    for name in pairs(_G) do found[name] = true end
    local before = {}
    for name, module in pairs(package.loaded) do
      if name:match("^neap") then before[name] = module end
    end
    for name in pairs(before) do package.loaded[name] = nil end
    local again = require "neap"
    assert(again ~= neap and again.train and again.data)
    assert.equal(neap.loss.focal {}({ 1 }, { 1 }),
      again.loss.focal {}({ 1 }, { 1 }))
    for name, module in pairs(before) do package.loaded[name] = module end
    for name in pairs(_G) do assert.truthy(found[name], name) end
  end)
end)

describe("a job in coroutines", function()
  it("can be stepped by each of them", function()
    local d = neap.data.gaussians { n = 300, prior = 0.3 }
    local function make()
      return neap.job { data = d, points = { { loss = neap.loss.focal {} } } }
    end
    local job, whole = make(), make()
    local done
    repeat
      done = coroutine.wrap(function()
        coroutine.yield(job:step(0))
      end)()
    until done
    while not whole:step() do end
    assert.equal(whole:fits()[1]:tobytes(), job:fits()[1]:tobytes())
  end)
end)
