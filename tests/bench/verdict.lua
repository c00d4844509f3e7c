-- tests/bench/verdict.lua -- what the verdict says where the truth is known,
-- and how long it takes. Shares are of studies with different seeds.
--
-- NEAP_VERDICT_SEEDS: how many; 200 unless it is set.
local controls = dofile "tests/lua/controls.lua"
local core = require "neap.core"
local host = require "neap.host"
local neap = require "neap"
local stats = require "neap.stats"

local seeds = tonumber(os.getenv "NEAP_VERDICT_SEEDS" or "200")

local function show(case, number)
  print(("neap\t%s\t%.6g"):format(case, number))
end

-- ---------------------------------------------------------------- the nulls

local function null(title, condition)
  local truth = controls.null.truth(condition, 400)
  local counts, errors, covered = { focus = 0, plain = 0 }, {}, 0
  for seed = 1, seeds do
    local study = controls.null.run(1000 + seed, condition)
    local v = study:verdict()
    local plain = v.cross_entropy
    if v.verdict == "better" then counts.focus = counts.focus + 1 end
    if plain.verdict == "better" then counts.plain = counts.plain + 1 end
    local true_gain = truth[controls.number_of(study, plain.with)] - truth.ce
    errors[seed] = plain.gain.mean - true_gain
    -- alpha 1/2 without gamma is cross-entropy but for rounding: 1e-5 AP is 0.
    if plain.gain.low - 1e-5 <= true_gain
      and true_gain <= plain.gain.high + 1e-5 then
      covered = covered + 1
    end
  end
  show(title .. ": focusing called better, share", counts.focus / seeds)
  show(title .. ": best of 36 called better, share", counts.plain / seeds)
  show(title .. ": gain less the truth, AP", stats.mean(errors))
  show(title .. ": its standard error",
    stats.deviation(errors) / math.sqrt(seeds))
  show(title .. ": 95 % interval covers, share", covered / seeds)
end

null("null", 1)
null("null, condition 100", 100)

local function unconverged()
  local few = math.max(seeds // 5, 1)
  local better, named, gains, left = 0, 0, {}, {}
  for seed = 1, few do
    local v = controls.null.run(2000 + seed, 100,
      neap.optimizer.adam { learning_rate = 1e-2 }, 20000):verdict()
    for _, key in ipairs { "focus", "remedy", "cross_entropy" } do
      if v[key].verdict == "better" then better = better + 1 end
    end
    local split = v.cross_entropy.split
    if split.source == "optimisation" then named = named + 1 end
    gains[seed], left[seed] = split.gain.mean, split.longer.mean
  end
  show("null by 20 epochs of Adam: better, studies", better)
  show("null by 20 epochs of Adam: optimisation named, share", named / few)
  show("null by 20 epochs of Adam: gain, AP", stats.mean(gains))
  show("null by 100 epochs of Adam: gain, AP", stats.mean(left))
end

unconverged()

-- ------------------------------------------------------ a threshold's gain

local function threshold()
  local count, named = math.max(seeds // 2, 1), 0
  for seed = 1, count do
    local split = controls.threshold(3000 + seed, 20000):verdict()
      .cross_entropy.split
    if split.source == "threshold" then named = named + 1 end
  end
  show("F1 at 1/2: threshold named, share", named / count)
end

threshold()

-- ------------------------------------------------- contaminated positives

local ROWS = 2000

local function contaminated()
  local pilot = controls.contaminated_study(4000, "generalized", ROWS, 1000, 0)
    :verdict().cross_entropy
  local deviation = pilot.gain.error * math.sqrt(pilot.gain.count)
  local needed = math.max(stats.needed(pilot.gain.mean, 0.005, deviation), 8)
  local found, called = 0, 0
  for seed = 1, seeds do
    if controls.contaminated_study(4000 + seed, "generalized", ROWS, needed, 0)
      :verdict().cross_entropy.verdict == "better" then
      found = found + 1
    end
    local loss = controls.contaminated_study(5000 + seed, "focal", ROWS, needed,
      0):verdict().cross_entropy.verdict
    if loss == "better" then called = called + 1 end
  end
  show("contaminated: data sets that the power statement names", needed)
  show("contaminated: gain of generalized CE, AP", pilot.gain.mean)
  show("contaminated: found at that size, share", found / seeds)
  show("contaminated: focal's loss called a gain, studies", called)
end

contaminated()

-- ------------------------------------------------------------------- times

local function seconds_of(work)
  local start = host.clock()
  work()
  return host.clock() - start
end

local grid = neap.search.grid {
  alpha = { false, .01, .05, .1, .25, .5, .75, .9, .95, .99, .999 },
  gamma = { 0, .1, .2, .5, .75, 1, 1.5, 2, 3, 4, 5 },
}

local function times()
  local study = neap.study {
    data = neap.data.recipe("hard_negatives", { n = 20000, test = 20000 }),
    datasets = 10, search = grid, loss = function(p)
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end,
  }
  show("the whole study, confirmation and all, s", seconds_of(function()
    study:run { quiet = true }
  end))
  show("its verdict: 121 points x 10 data sets, s", seconds_of(function()
    study:verdict()
  end))
  local d = neap.data.hard_negatives { n = 20000 }
  local z = neap.train { data = d, loss = neap.loss.focal {} }:logits(d)
  local scores = {}
  for g = 1, 121 do
    local column = core.array.zeros(d.n)
    for i = 1, d.n do column[i] = z[i] + g / 50 * d.x:row(i)[1] end
    scores[g == 1 and "ce" or "loss " .. g] = column
  end
  local folds = core.array.zeros(d.n, nil, "int32")
  for _, _, fold, _, positions in d:folds { k = 10 } do
    for i = 1, #positions do folds[positions[i]] = fold end
  end
  show("neap.verdict: 121 scores x 20,000 rows, 10 folds, 2,000 draws, s",
    seconds_of(function()
      neap.verdict { scores = scores, targets = d.y, folds = folds }
    end))
end

times()
