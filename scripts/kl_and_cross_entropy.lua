-- Information, entropy, cross-entropy and KL divergence, by example.
local neap = require "neap"
local divergence = neap.divergence
local bits = { base = 2 }

print "Information: a rare event tells more than a common one."
for _, p in ipairs { 0.99, 0.5, 0.01 } do
  print(("  P = %.2f: -log P = %.4f nats = %.4f bits")
    :format(p, -math.log(p), -math.log(p, 2)))
end

print "\nEntropy: the mean information of a distribution."
print(("  a fair coin has %g bit, a coin of 0.9 and 0.1 %.4f bits, a sure "
  .. "thing %g"):format(divergence.entropy({ .5, .5 }, bits),
  divergence.entropy({ .9, .1 }, bits), divergence.entropy({ 1, 0 }, bits)))

print "\nCross-entropy: what a guess costs. P(cat, dog, bird) = 0.8, 0.1, 0.1:"
local guess = { 0.8, 0.1, 0.1 }
for i, animal in ipairs { "cat", "dog", "bird" } do
  local truth = { 0, 0, 0 }
  truth[i] = 1
  print(("  it is a %-4s: cross-entropy %.4f, KL %.4f"):format(animal,
    divergence.cross_entropy(truth, guess), divergence.kl(truth, guess)))
end
print "  A one-hot truth has no entropy, so the two are equal."

print "\nSoft targets: cross-entropy = entropy + KL."
local p, q = { 0.7, 0.2, 0.1 }, { 0.5, 0.3, 0.2 }
print(("  %.4f = %.4f + %.4f"):format(divergence.cross_entropy(p, q),
  divergence.entropy(p), divergence.kl(p, q)))
print(("  A code made for q and used on p is %.4f bits a symbol too long.")
  :format(divergence.kl(p, q, bits)))
print "  As a loss on logits, soft targets work as hard ones do:"
local logits = {}
for i = 1, 3 do logits[i] = math.log(q[i]) end
print(("  neap.loss.cross_entropy gives %.4f")
  :format(neap.loss.cross_entropy {}({ logits }, { p })))

print "\nTerms of KL may be negative; their sum is not (Gibbs)."
local sum = 0
for i = 1, 3 do
  local term = p[i] * math.log(p[i] / q[i])
  sum = sum + term
  print(("  p log(p / q) = %+.4f"):format(term))
end
print(("  sum %+.4f, and %g for equal distributions"):format(sum,
  divergence.kl(p, p)))

print "\nKL(P || Q) is not KL(Q || P)."
local peaks = { 0.49, 0.02, 0.49 } -- two peaks
local guesses = {
  { "a wide Q", { 1 / 3, 1 / 3, 1 / 3 } }, -- covers both
  { "a narrow Q", { 0.90, 0.05, 0.05 } }, -- sits on one
}
for _, guess_of in ipairs(guesses) do
  local name, r = guess_of[1], guess_of[2]
  print(("  %-10s KL(P||Q) = %.4f   KL(Q||P) = %.4f"):format(name,
    divergence.kl(peaks, r), divergence.kl(r, peaks)))
end
print [[
  KL(P||Q) punishes Q for missing what P has: it prefers the wide Q.
  KL(Q||P) punishes Q for what P has not: it is kinder to the narrow one.]]
