-- neap.divergence: src/bind/divergence.c.
local neap = require "neap"
local divergence = neap.divergence

describe("a divergence", function()
  it("gives the cat, dog and bird example", function()
    local guess = { 0.8, 0.1, 0.1 }
    assert.near(0.2231, divergence.cross_entropy({ 1, 0, 0 }, guess), 5e-5)
    assert.near(2.3026, divergence.cross_entropy({ 0, 1, 0 }, guess), 5e-5)
    assert.near(2.3026, divergence.kl({ 0, 0, 1 }, guess), 5e-5)
  end)

  it("takes a base", function()
    assert.equal(1, divergence.entropy({ 0.5, 0.5 }, { base = 2 }))
    assert.near(2, divergence.entropy({ .25, .25, .25, .25 }, { base = 2 }),
      1e-15)
    assert.equal(math.huge, divergence.kl({ 0.5, 0.5 }, { 1, 0 }, { base = 2 }))
  end)

  it("takes arrays of any type", function()
    local p = neap.array({ 0.25, 0.75 }, "float32")
    assert.near(0.5623351446188083, divergence.entropy(p), 1e-15)
  end)

  it("refuses what is no distribution", function()
    assert.error_matches(function() divergence.entropy { 0.5, 0.6 } end,
      "p adds up to 1.1; wanted 1")
    assert.error_matches(function() divergence.kl({ 1.5, -0.5 }, { 1, 0 }) end,
      "p%[2%] is %-0.5; wanted a probability")
    assert.error_matches(function() divergence.kl({ 1, 0 }, { 1 }) end,
      "q are %[1%] and p are %[2%]")
    assert.error_matches(function()
      divergence.entropy({ 1 }, { bass = 2 })
    end, "unknown option 'bass'; did you mean 'base'%?")
    assert.error_matches(function() divergence.entropy({ 1 }, { base = 1 }) end,
      "wanted a number above 0 other than 1")
  end)
end)
