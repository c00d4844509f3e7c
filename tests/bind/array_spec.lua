-- neap.array and its kin: src/bind/array.c.
local neap = require "neap"

describe("an array", function()
  it("is made from a table, nested tables being rows", function()
    local a = neap.array { { 1, 2, 3 }, { 4, 5, 6 } }
    assert.same({ 2, 3 }, { a:shape() })
    assert.equal("float64", a:dtype())
    assert.same({ { 1, 2, 3 }, { 4, 5, 6 } }, a:totable())
    assert.equal(2, #a)
    assert.equal(6, a[2][3])
    assert.equal("neap.Array float64 [2][3]", tostring(a))
  end)

  it("has rows that share its numbers", function()
    local function make()
      local a = neap.zeros(2, 3, "float32")
      a:row(2)[1] = 0.5
      assert.equal(0.5, a[2][1])
      return a:row(2) -- the array itself is garbage after this
    end
    local row = make()
    collectgarbage()
    assert.equal(0.5, row[1])
  end)

  it("keeps whole numbers in int32", function()
    local a = neap.array({ 1, -2, 3 }, "int32")
    assert.equal("-2", tostring(a[2])) -- and no float
    assert.error_matches(function() a[1] = 1.5 end,
      "element 1 is 1.5; wanted a whole number")
  end)

  it("goes to bytes and back", function()
    local a = neap.array({ 1.5, -2.25 }, "float32")
    assert.equal(8, #a:tobytes())
    local b = neap.from_bytes(a:tobytes(), "float32", 2)
    assert.same({ 1.5, -2.25 }, b:totable())
    assert.error_matches(function()
      neap.from_bytes("abc", "float64", 2, 2)
    end, "3 bytes; float64 %[2%]%[2%] wants 32")
  end)

  it("is filled, and copied to another type", function()
    local a = neap.zeros(3):fill(0.1)
    local b = a:copy("float32")
    a:fill(2)
    assert.near(0.1, b[3], 1e-8)
    assert.not_equal(0.1, b[3])
  end)

  it("says what is wrong with its rows and positions", function()
    assert.error_matches(function() neap.array { { 1, 2 }, { 3 } } end,
      "row 2 has 1 numbers and row 1 has 2")
    assert.error_matches(function() neap.array { { 1, 2 }, 3 } end,
      "row 2 is a number; wanted a table")
    assert.error_matches(function() neap.array { 1, "x" } end,
      "element 2 is a string; wanted a number")
    assert.error_matches(function() neap.array { x = 1 } end,
      "named fields; wanted a list of numbers")
    assert.error_matches(function() neap.array({ 1 }, "float16") end,
      "dtype is 'float16'; wanted float64, float32 or int32")
    assert.error_matches(function() return neap.zeros(3)[5] end,
      "position 5; wanted 1 to 3")
    assert.is_nil(neap.zeros(3)[4]) -- where ipairs ends
    assert.error_matches(function() neap.zeros(2, 2, "float16") end,
      "dtype is 'float16'")
    assert.error_matches(function() neap.zeros(-1) end, "whole number >= 0")
    assert.error_matches(function() neap.zeros(1e15, 1e15) end, "too large")
  end)

  it("hides its metatable", function()
    assert.equal("neap.Array", getmetatable(neap.zeros(1)))
  end)
end)
