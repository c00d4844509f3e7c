-- tests/bench/verdict.lua -- what the verdict says where the truth is known,
-- and how long it takes. Shares are of studies with different seeds.
--
-- One case alone: NEAP_THREADS=1 build/neap tests/bench/verdict.lua CASE, such
-- as contaminated. NEAP_VERDICT_SEEDS: how many seeds; 200 unless it is set.
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

-- What verdicts said of the best of 36 points against cross-entropy.
local Tally = {}
Tally.__index = Tally

local function new_tally(title)
  return setmetatable({ title = title, focus = 0, plain = 0, errors = {},
    covered = 0 }, Tally)
end

function Tally:add(study, truth)
  local v = study:verdict()
  local plain = v.cross_entropy
  local gain = plain.gain
  local true_gain = truth[controls.number_of(study, plain.with)] - truth.ce
  if v.verdict == "better" then self.focus = self.focus + 1 end
  if plain.verdict == "better" then self.plain = self.plain + 1 end
  if gain.low <= true_gain and true_gain <= gain.high then
    self.covered = self.covered + 1
  end
  table.insert(self.errors, gain.mean - true_gain)
end

function Tally:show()
  local count = #self.errors
  local function line(what, number)
    show(("%s: %s"):format(self.title, what), number)
  end
  line("focusing called better, share", self.focus / count)
  line("best of 36 called better, share", self.plain / count)
  line("gain less the truth, AP", stats.mean(self.errors))
  line("its standard error", stats.deviation(self.errors) / math.sqrt(count))
  line("95 % interval covers the truth, share", self.covered / count)
end

local function null(title, condition)
  local truth = controls.null.truth(condition, 400)
  local tally = new_tally(title)
  for seed = 1, seeds do
    tally:add(controls.null.run(1000 + seed, condition), truth)
  end
  tally:show()
end

-- The same on one data set: 5 folds, dealt twice.
local function null_on_folds()
  -- Four folds of five train on 800 of 1,000 rows.
  local truth = controls.null.truth(1, 400, 800)
  local tally = new_tally "null on folds"
  for seed = 1, math.max(seeds * 3 // 4, 1) do
    tally:add(controls.null.run_folds(6000 + seed), truth)
  end
  tally:show()
end

local function unconverged()
  local better, named, gains, left = 0, 0, {}, {}
  for seed = 1, seeds do
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
  show("null by 20 epochs of Adam: optimisation named, share", named / seeds)
  show("null by 20 epochs of Adam: gain, AP", stats.mean(gains))
  show("null by 100 epochs of Adam: gain, AP", stats.mean(left))
end

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

-- ------------------------------------------------- contaminated positives

local ROWS, MANY = 2000, 4000000

-- The exact average precision of fits on many rows, on clean data.
local function show_truth()
  local training, clean = controls.contaminated(MANY, ROWS)(1)
  for _, loss in ipairs {
    neap.loss.binary_cross_entropy {}, neap.loss.focal { gamma = 2 },
    neap.loss.generalized_cross_entropy { q = .7 },
  } do
    local fit = neap.train { data = training, loss = loss }
    show(("contaminated: true AP of %s, %d rows"):format(loss.name, MANY),
      neap.data.population(clean, fit).average_precision)
  end
end

local function contaminated()
  local pilot = controls.contaminated_study(4000, "generalized", ROWS, 1000, 0)
    :verdict().cross_entropy
  local deviation = pilot.gain.error * math.sqrt(pilot.gain.count)
  local needed = math.max(stats.needed(pilot.gain.mean, 0.005, deviation), 8)
  show_truth()
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

-- ------------------------------------------------------------------- cases

local cases = {
  { "null", function() null("null", 1) end },
  { "condition", function() null("null, condition 100", 100) end },
  { "folds", null_on_folds },
  { "unconverged", unconverged },
  { "threshold", threshold },
  { "contaminated", contaminated },
  { "times", times },
}

local ran, known = false, {}
for i, case in ipairs(cases) do
  known[i] = case[1]
  if not arg[1] or arg[1] == case[1] then
    case[2]()
    ran = true
  end
end
if not ran then
  error(("there is no case '%s'; wanted %s"):format(arg[1],
    table.concat(known, ", ")), 0)
end
