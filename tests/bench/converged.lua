-- tests/bench/converged.lua -- fits to convergence on breast_cancer.csv: 121
-- points of focal loss together, and gamma = 0 as one of them.
local host = require "neap.host"
local neap = require "neap"

local d = assert(neap.data.read("tests/data/breast_cancer.csv", {
  target = "diagnosis", positive = "malignant",
}))
local points = {}
for _, alpha in ipairs { false, .01, .05, .1, .25, .5, .75, .9, .95, .99, .999 }
do
  for _, gamma in ipairs { 0, .1, .2, .5, .75, 1, 1.5, 2, 3, 4, 5 } do
    points[#points + 1] = {
      loss = neap.loss.focal { alpha = alpha, gamma = gamma },
    }
  end
end

local REPEATS = 31

-- Seconds of a job to its end, the median of some; all points must converge.
local function seconds(optimizer)
  local spent = {}
  for i = 1, REPEATS do
    for _, point in ipairs(points) do point.optimizer = optimizer end
    local start = host.clock()
    local job = neap.job {
      data = d, points = points, model = neap.model.linear { l2 = 1 / 569 },
    }
    while not job:step(math.huge) do end
    spent[i] = host.clock() - start
    for j, fit in ipairs(job:fits()) do
      assert(fit.converged, "point " .. j .. " has not converged")
    end
    job:close()
  end
  table.sort(spent)
  return spent[REPEATS // 2 + 1]
end

for _, name in ipairs { "lbfgs", "newton" } do
  print(("neap\t121 points, %s\t%.6g"):format(name,
    seconds(neap.optimizer[name] { tolerance = 1e-6 })))
end
