-- Why focal loss? What an easy and a hard example cost, and what alpha and
-- gamma do about it.
local neap = require "neap"

-- A logit from a probability; losses take logits.
local function logit(p) return math.log(p / (1 - p)) end

local cross_entropy = neap.loss.binary_cross_entropy {}
local focal = neap.loss.focal { gamma = 2 } -- alpha is off

print "An easy negative (y = 0, p = 0.01) and a hard positive (y = 1, p = 0.1):"
local easy, hard = logit(0.01), logit(0.1)
for _, loss in ipairs { cross_entropy, focal } do
  local a, b = loss({ easy }, { 0 }), loss({ hard }, { 1 })
  print(("  %-32s easy %.6g   hard %.6f   hard / easy %.5g")
    :format(tostring(loss), a, b, b / a))
end
print [[
Cross-entropy pays a hundredth for each easy negative: a thousand of them
outweigh four hard positives. Focal loss pays a millionth.
]]

print "alpha weighs class 1, and 1 - alpha class 0 (texts differ in which side"
print "alpha names). With four negatives to a positive, alpha = 0.8 balances:"
local weighted = neap.loss.focal { gamma = 0, alpha = 0.8 }
local one = weighted({ 0 }, { 1 }) / cross_entropy({ 0 }, { 1 })
local zero = weighted({ 0 }, { 0 }) / cross_entropy({ 0 }, { 0 })
print(("  0.2 of the rows weigh %.1f, 0.8 of them weigh %.1f: %.2f = %.2f")
  :format(one, zero, 0.2 * one, 0.8 * zero))

print "\nA large gamma makes hard examples cheap, too. At p_t = 1/2:"
for _, gamma in ipairs { 0, 1, 2, 5 } do
  local loss = neap.loss.focal { gamma = gamma }
  local factor = loss({ 0 }, { 1 }) / cross_entropy({ 0 }, { 1 })
  print(("  gamma %d: factor 1/%d"):format(gamma, math.floor(1 / factor + 0.5)))
end

-- The loss of a positive row over the probability that it is given.
local losses = {}
for i, gamma in ipairs { 0, 0.5, 1, 2, 5 } do
  losses[i] = neap.loss.focal { gamma = gamma }
end
print()
neap.plot.loss(losses):show()
