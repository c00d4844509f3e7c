-- A control that no loss can win: two Gaussians of one covariance, where every
-- margin loss has the same best ranking. What does the verdict say, trained to
-- convergence, and by an optimizer that stops early?
--
--   scripts/neap scripts/null_control.lua [SEED]
local neap = require "neap"

local seed = math.tointeger(tonumber(arg[1] or "1"))
if not seed or seed < 0 then
  print "usage: null_control.lua [SEED]"
  os.exit(1)
end

local grid = neap.search.grid {
  alpha = { .05, .1, .25, .5, .75, .9 }, gamma = { 0, .5, 1, 2, 3, 5 },
}

local function recipe(condition)
  return neap.data.recipe("gaussians", {
    n = 5000, features = 8, distance = 2, prior = 0.05, condition = condition,
  })
end

-- What the picked point and cross-entropy reach on endless rows: exact, by a
-- formula, of fits on fresh training rows; the mean of ten.
local function exact_gain(study, draw)
  local best, sum = study:best(), 0
  for i = 1, 10 do
    local train, test = draw(1000000 + i)
    local function reached(point)
      local fit = study:refit(point, { data = train })
      return assert(neap.data.population(test, fit)).average_precision
    end
    sum = sum + reached(best) - reached "cross-entropy"
  end
  return sum / 10
end

local function run(title, condition, optimizer)
  local draw = recipe(condition)
  local study = neap.study {
    name = title, seed = seed, data = draw, datasets = 10, search = grid,
    optimizer = optimizer,
    loss = function(p)
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end,
  }
  if not study:run() then os.exit(1) end
  local verdict, _, test = study:verdict(), draw(1)
  local plain = verdict.cross_entropy
  print(("%s\n  verdict on focusing: %s; on the best of 36 against "
    .. "cross-entropy:\n  %s"):format(title, verdict.converged
      and verdict.verdict or "undecided, not converged", plain.converged
      and plain.verdict or "undecided, not converged"))
  print(("  the best point gains %+.4f AP (%+.4f to %+.4f) on 20 fresh sets%s")
    :format(plain.gain.mean, plain.gain.low, plain.gain.high,
      plain.split.source and "; source: " .. plain.split.source or ""))
  if plain.split.longer then
    print(("  at five times the epochs it gains %+.4f"):format(
      plain.split.longer.mean))
  end
  print(("  exact, on endless rows: such fits %+.4f; the best there is, of any "
    .. "loss: AP %.4f"):format(exact_gain(study, draw),
      test:ceiling().average_precision))
end

print "Two Gaussians of one covariance: no loss can rank better than another.\n"
local converged = neap.optimizer.lbfgs { tolerance = 1e-6 }
local early = neap.optimizer.adam { learning_rate = 1e-2 }
run("isotropic, trained to convergence", 1, converged)
run("condition number 100, trained to convergence", 100, converged)
run("condition number 100, 20 epochs of Adam", 100, early)
