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

  it("goes both ways, and between", function()
    local p, q = { 0.2, 0.3, 0.5 }, { 0.1, 0.4, 0.5 }
    local forth, back, js = 0, 0, 0
    for i = 1, 3 do
      local m = (p[i] + q[i]) / 2
      forth = forth + p[i] * math.log(p[i] / q[i])
      back = back + q[i] * math.log(q[i] / p[i])
      js = js + (p[i] * math.log(p[i] / m) + q[i] * math.log(q[i] / m)) / 2
    end
    assert.near(forth, divergence.kl(p, q), 1e-15)
    assert.near(back, divergence.reverse_kl(p, q), 1e-15)
    assert.near(js, divergence.jensen_shannon(p, q), 1e-15)
    assert.equal(1, divergence.jensen_shannon({ 1, 0 }, { 0, 1 }, { base = 2 }))
  end)

  it("is of rows, one number each", function()
    local p, q = { { 0.5, 0.5 }, { 1, 0 } }, { { 0.25, 0.75 }, { 0.5, 0.5 } }
    local got = divergence.kl(p, q)
    assert.equal(2, #got)
    for i = 1, 2 do assert.equal(divergence.kl(p[i], q[i]), got[i]) end
    assert.same({ 1, 0 }, divergence.entropy(p, { base = 2 }):totable())
  end)

  it("takes logits, of which probabilities would lose all digits", function()
    local function entropy(z)
      return divergence.entropy(z, { from = "logits" })
    end
    local u, z = { 0, 800, 0 }, { 800, 0, 0 }
    assert.equal(800, divergence.kl(u, z, { from = "logits" }))
    assert.equal(800, divergence.reverse_kl(u, z, { from = "logits" }))
    assert.near(math.log(3), entropy { 5, 5, 5 }, 1e-15)
    -- log(1 + e^40) and 40 (1 - p): what is left of both is e^-40 (1 + 40).
    assert.near(41 * 4.248354255291589e-18, entropy { 40, 0 }, 1e-31)
    -- At most d^2/8 for logits d apart; a plain sum has no digit left.
    local d = 1e-9
    assert.near(d * d / 8, divergence.kl({ 0, 0 }, { 0, d },
      { from = "logits" }), 1e-26)
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
    assert.error_matches(function()
      divergence.kl({ 1 }, { 1 }, { from = 1 })
    end, "from is 1; wanted probabilities or logits")
    assert.error_matches(function()
      divergence.kl({ { 1, 0 }, { 0.5, 0.6 } }, { { 1, 0 }, { 1, 0 } })
    end, "p%[2%] adds up to 1.1; wanted 1")
  end)
end)
