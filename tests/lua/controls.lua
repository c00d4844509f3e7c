-- Controls whose truth is known, for tests/lua/verdict_spec.lua in a short form
-- and for ./scripts/bench verdict as a whole.
local core = require "neap.core"
local neap = require "neap"

local M = {}

local function focal(p)
  return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
end

-- Two Gaussians of one covariance, 36 points: no loss ranks better.
M.null = {}

local search = neap.search.grid {
  alpha = { .05, .1, .25, .5, .75, .9 }, gamma = { 0, .5, 1, 2, 3, 5 },
}

function M.null.recipe(condition, n)
  return neap.data.recipe("gaussians", {
    n = n or 1000, features = 4, distance = 2, prior = 0.1,
    condition = condition,
  })
end

function M.null.run(seed, condition, optimizer, n)
  local draw = M.null.recipe(condition)
  if n then
    draw = neap.data.recipe("gaussians", {
      n = n, features = 4, distance = 2, prior = 0.05, condition = condition,
    })
  end
  return assert(neap.study {
    seed = seed, data = draw, datasets = 10, optimizer = optimizer,
    loss = focal, search = search,
  }:run { quiet = true })
end

-- The same on one data set of 100 positive rows and 900 others.
function M.null.run_folds(seed)
  return assert(neap.study {
    seed = seed, folds = 5, repeats = 2, loss = focal, search = search,
    data = neap.data.gaussians {
      n = 1000, features = 4, distance = 2, prior = 0.1, labels = "exact",
      seed = core.data.seed_of(77, seed),
    },
  }:run { quiet = true })
end

-- What each point, and cross-entropy ("ce"), reaches on endless rows: the mean
-- over training sets of n rows (1000) of the fit's exact average precision.
-- alpha = 1/2, gamma = 0 is half of cross-entropy: it is the same fit, and what
-- is left of a difference is rounding.
function M.null.truth(condition, draws, n)
  local draw, sums = M.null.recipe(condition, n), {}
  local points = {}
  for i = 1, search.size do points[i] = { loss = focal(search:point(i)) } end
  points[#points + 1] = { loss = neap.loss.binary_cross_entropy {} }
  for d = 1, draws do
    local train = draw(core.data.seed_of(999, d))
    local job = neap.job { data = train, points = points }
    while not job:step(1) do end
    for i, fit in ipairs(job:fits()) do
      sums[i] = (sums[i] or 0)
        + neap.data.population(train, fit).average_precision / draws
    end
    job:close()
  end
  sums.ce = sums[#points]
  for i = 1, search.size do
    local p = search:point(i)
    if p.alpha == .5 and p.gamma == 0 then sums[i] = sums.ce end
  end
  return sums
end

-- The number of a study's point.
function M.number_of(study, params)
  for i, p in ipairs(study.points) do
    if p == params then return i end
  end
end

-- Weighting wins F1 at 1/2, by the threshold alone.
function M.threshold(seed, n)
  return assert(neap.study {
    seed = seed, data = neap.data.recipe("gaussians", {
      n = n, features = 2, distance = 2, prior = 0.01,
    }),
    datasets = 10, score = "f1", loss = focal,
    search = neap.search.grid { alpha = { .75, .9 }, gamma = { 0, 2 } },
  }:run { quiet = true })
end

-- Positives of which a share .05 lies elsewhere; scored on clean data. Fits on
-- 4,000,000 rows have an exact average precision of .5376 by generalized
-- cross-entropy, .508 by cross-entropy and .468 by focal loss with gamma 2.
function M.contaminated(n, test)
  local function drawn(seed, rows, part, share)
    return neap.data.mixture {
      n = rows, part = part, seed = seed, components = {
        { class = 0, weight = .95, mean = { -1, 0 } },
        { class = 1, weight = .05 * (1 - share), mean = { 1, 0 } },
        { class = 1, weight = .05 * share, mean = { -6, 6 }, deviation = .7 },
      },
    }
  end
  return function(seed)
    return drawn(seed, n, 0, .05), drawn(seed, test, 1, 0)
  end
end

function M.contaminated_study(seed, loss, n, datasets, confirm)
  return assert(neap.study {
    seed = seed, data = M.contaminated(n, 4 * n), datasets = datasets,
    confirm = confirm, search = neap.search.grid { loss = { loss } },
    loss = function(p)
      return p.loss == "focal" and neap.loss.focal { gamma = 2 }
        or neap.loss.generalized_cross_entropy { q = .7 }
    end,
  }:run { quiet = true })
end

return M
