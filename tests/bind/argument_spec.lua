-- Errors of arguments are told as the script wrote the call.
local neap = require "neap"

local focal = neap.loss.focal {}
local both = focal + neap.loss.brier {}

local function says(message, call, ...)
  local ok, why = pcall(call, ...)
  assert.is_false(ok)
  assert.equal(message, why)
end

describe("the message about an argument", function()
  it("does not count the object that is called", function()
    says("bad argument #1 to 'focal' (array or table of numbers expected, got "
      .. "string)", focal, "x", { 1 })
    says("bad argument #2 to 'focal' (targets are [2] and logits are [1])",
      focal, { 1 }, { 1, 0 })
    says("bad argument #2 to 'focal' (element 1 is a string; wanted a number)",
      focal, { 1 }, { "a" })
    local ok, why = pcall(both, { 1 }, { 1, 0 })
    assert.is_false(ok)
    assert.matches("^bad argument #2 to '[%w_.]+' %(targets are %[2%]", why)
  end)

  it("names the method, however it is called", function()
    local message = "bad argument #2 to 'gradient' (targets are [2] and logits "
      .. "are [1])"
    says(message, focal.gradient, focal, { 1 }, { 1, 0 })
    local ok, why = pcall(function() focal:gradient({ 1 }, { 1, 0 }) end)
    assert.is_false(ok)
    assert.equal(message, (why:gsub("^[^ ]+ ", "")))
    says("bad argument #1 to 'fill' (element 1 is a string; wanted a number)",
      neap.zeros(2).fill, neap.zeros(2), "x")
  end)

  it("names the function of a module", function()
    says("bad argument #2 to 'array' (dtype is 'q'; wanted float64, "
      .. "float32 or int32)", neap.array, { 1 }, "q")
  end)
end)
