-- tests/bench/report.lua -- what looking costs: figures, reports, watching.
local cases = dofile "tests/lua/plot_cases.lua"
local host = require "neap.host"
local neap = require "neap"
local terminal = require "neap.plot.terminal"

local folder = arg[1]

local function measure(case, act)
  collectgarbage()
  local start = host.clock()
  act()
  print(("neap\t%s\t%.6g"):format(case, (host.clock() - start) * 1000))
end

local grid = neap.plot.figure(cases.grid(51, 101))
measure("heatmap of 101 x 51 in a terminal", function()
  terminal.draw(grid, { columns = 120, colour = true, unicode = true })
end)
measure("the same in plain characters", function() tostring(grid) end)

local function study_of(changes)
  local o = {
    loss = function(p)
      return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
    end,
    search = neap.search.grid {
      alpha = { false, .01, .05, .1, .25, .5, .75, .9, .95, .99, .999 },
      gamma = { 0, .1, .2, .5, .75, 1, 1.5, 2, 3, 4, 5 },
    },
  }
  for key, value in pairs(changes) do o[key] = value end
  local study = neap.study(o)
  study:run { quiet = true }
  return study
end

local path = folder .. "/report.html"
local folds = study_of {
  data = neap.data.read("tests/data/breast_cancer.csv",
    { target = "diagnosis", positive = "malignant" }),
  folds = 5, repeats = 5,
}
measure("report of 121 points x 25 folds, with curves", function()
  assert(folds:report(path))
end)
local fresh = study_of {
  data = neap.data.recipe("hard_negatives", { n = 2000, prior = 0.05 }),
  datasets = 25, confirm = 0,
}
measure("report of 121 points x 25 data sets, with curves", function()
  assert(fresh:report(path))
end)
os.remove(path)
