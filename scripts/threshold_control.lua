-- A control whose answer is known: weighting wins F1 at 1/2 by a large amount,
-- and all of it is the threshold.
--
--   scripts/neap scripts/threshold_control.lua [SEED]
local neap = require "neap"

local seed = math.tointeger(tonumber(arg[1] or "1"))
if not seed or seed < 0 then
  print "usage: threshold_control.lua [SEED]"
  os.exit(1)
end

local draw = neap.data.recipe("gaussians", {
  n = 20000, features = 4, distance = 2, prior = 0.01,
})
local study = neap.study {
  name = "threshold control", seed = seed, data = draw, datasets = 10,
  search = neap.search.grid { alpha = { .5, .75, .9 }, gamma = { 0, 1, 2 } },
  loss = function(p)
    return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
  end,
  score = "f1",
}
if not study:run() then os.exit(1) end
local verdict = study:verdict()
print(verdict)

local split = verdict.cross_entropy.split
print(("\nF1 at 1/2 against cross-entropy: %+.4f, of which ranking %+.4f and "
  .. "threshold %+.4f.\nSource: %s."):format(split.gain.mean,
  split.ranking.mean, split.threshold.mean, tostring(split.source)))

-- The truth: what these fits reach on endless rows, by a formula.
print "\nExact, on endless rows      F1 at 1/2   with the best threshold"
local train, test = draw(1000001)
local best = study:best()
for _, row in ipairs {
  { "cross-entropy", "cross-entropy" },
  { "the best point", best },
} do
  local fit = study:refit(row[2], { data = train })
  local reached = assert(neap.data.population(test, fit))
  print(("%-28s%9.4f   %9.4f"):format(row[1], reached.f1, reached.f1_tuned))
end
local ceiling = test:ceiling()
print(("%-28s%9.4f   %9.4f"):format("the true probability", ceiling.f1,
  ceiling.f1_tuned))
