-- Which alpha and gamma of the focal loss serve imbalanced data best, and is
-- that better than what costs nothing?
--
--   scripts/neap scripts/focal_grid.lua
--   scripts/neap scripts/focal_grid.lua FILE.csv --target NAME --positive CLASS
local neap = require "neap"

-- The command line: a file, and options that come in pairs.
local file, given, i = arg[1], {}, 2
while arg[i] do
  local name = arg[i]:match("^%-%-(%w+)$")
  if not name or not arg[i + 1] then file = "-" end
  given[name or 1], i = arg[i + 1], i + 2
end
if file and file:match("^%-") then
  print "usage: focal_grid.lua [FILE.csv --target COLUMN --positive CLASS]"
  os.exit(1)
end

local spec = {
  name = "focal grid",
  -- Every point is trained until its gradient vanishes, so that a difference
  -- is one of losses and not of training.
  optimizer = neap.optimizer.lbfgs { tolerance = 1e-6 },
  loss = function(p)
    return neap.loss.focal { alpha = p.alpha, gamma = p.gamma }
  end,
  search = neap.search.grid {
    alpha = { false, .01, .05, .1, .25, .5, .75, .9, .95, .99, .999 },
    gamma = { 0, .1, .2, .5, .75, 1, 1.5, 2, 3, 4, 5 },
  },
}

if file then
  -- One data set: 5 folds, dealt 5 times. l2 is tuned for each loss on
  -- training rows, so that a difference is one of losses.
  spec.data = assert(neap.data.read(file, given))
  spec.folds, spec.repeats = 5, 5
  print(spec.data)
  print(("Positive class: %s."):format(spec.data.classes[2]))
else
  -- A recipe: 10 fresh data sets with one positive row in a hundred, most
  -- negatives easy and some beside the positives; what is picked on them is
  -- confirmed on 20 more.
  spec.data = neap.data.recipe("hard_negatives", { n = 20000, test = 20000 })
  spec.datasets = 10
  spec.model = neap.model.linear {}
end

local study = neap.study(spec)
if not study:run() then print("Interrupted; this is what is known.") end

print()
print(study:verdict())
print()
print(study:table())
print()
study:figure("heatmap", { x = "gamma", y = "alpha" }):show()
