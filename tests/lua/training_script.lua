-- A training study, for tests that run it as a script and kill it: its output
-- is all that the study says. Words: the store or "none", how many points to
-- claim at once, and "grid", "tpe" or "folds".
local neap = require "neap"

local store, batch, kind = arg[1], tonumber(arg[2]), arg[3] or "grid"

local searches = {
  grid = function()
    return neap.search.grid {
      alpha = { false, .1, .2, .3, .4, .5, .7, .9 }, gamma = { 0, .5, 1, 2, 4 },
    }
  end,
  tpe = function()
    return neap.search.tpe {
      trials = 40, startup = 6, alpha = { low = 0.05, high = 0.9 },
      gamma = { low = 0, high = 4 },
    }
  end,
}

local given = {
  name = "s", store = store ~= "none" and store or nil, seed = 2,
  allow_other_isa = os.getenv "ALLOW_OTHER_ISA" ~= nil,
  loss = function(p)
    return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
  end,
  search = (searches[kind] or searches.grid)(),
}
if kind == "folds" then
  local all = neap.data.gaussians {
    n = 400, features = 3, prior = 0.3, dtype = "float64", seed = 5,
  }
  given.data, given.test = all:split { test = 0.25, seed = 1 }
  given.folds, given.repeats, given.draws = 3, 2, 200
else
  given.data = neap.data.recipe("gaussians", {
    n = 400, test = 300, features = 3, prior = 0.2,
  })
  given.datasets, given.confirm = 8, 8
end

local study = neap.study(given)
local done, why = study:run { quiet = true, batch = batch }
if not done then
  print(why)
  os.exit(1)
end
print(study:verdict())
print(study:table { top = 99 })
study:close()
