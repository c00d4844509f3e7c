-- Three losses of one's own against focal, in one study: written as a page of
-- formulas would have them, traced once, differentiated and run in C.
--
--   scripts/neap scripts/custom_loss.lua [rows [data sets]]
local neap = require "neap"
local m = neap.math

local rows = tonumber(arg[1]) or 20000
local datasets = tonumber(arg[2]) or 5

-- Focal as its paper writes it; sigmoid and logarithm are put into a form that
-- does not cancel.
local textbook_focal = neap.loss.define {
  name = "textbook_focal",
  params = { gamma = { 2, min = 0, max = 10 },
    alpha = { 0.5, min = 0, max = 1 } },
  binary = function(x, y, p)
    local q = m.sigmoid(x)
    return -y * p.alpha * (1 - q) ^ p.gamma * m.log(q)
      - (1 - y) * (1 - p.alpha) * q ^ p.gamma * m.log(1 - q)
  end,
}

-- Cross-entropy whose rows weigh less the closer they are to being sure, down
-- to a floor.
local floored = neap.loss.define {
  name = "floored",
  params = { floor = { 0.1, min = 0, max = 1 } },
  margin = function(t, p)
    return m.softplus(-t) * (p.floor + (1 - p.floor) * m.sigmoid(-t))
  end,
}

-- A hinge with a round corner of a width of its own.
local round_hinge = neap.loss.define {
  name = "round_hinge",
  params = { width = { 0.5, above = 0, max = 10 } },
  margin = function(t, p) return p.width * m.softplus((1 - t) / p.width) end,
}

print(textbook_focal:show())
print()
for _, loss in ipairs { textbook_focal {}, floored {}, round_hinge {} } do
  neap.loss.check(loss)
end
print()

-- Each loss has parameters of its own, so each has a grid of its own.
local makers = {
  focal = neap.loss.focal, textbook_focal = textbook_focal,
  floored = floored, round_hinge = round_hinge,
}

local study = neap.study {
  data = neap.data.recipe("gaussians", { n = rows, test = rows, features = 8,
    prior = 0.02, distance = 2 }),
  datasets = datasets,
  model = neap.model.linear {},
  optimizer = neap.optimizer.lbfgs {},
  loss = function(p)
    return makers[p.loss] { gamma = p.gamma, floor = p.floor, width = p.width }
  end,
  search = neap.search.grid {
    { loss = { "focal", "textbook_focal" }, gamma = { 0, 1, 2 } },
    { loss = { "floored" }, floor = { 0, 0.1, 0.5 } },
    { loss = { "round_hinge" }, width = { 0.25, 0.5, 1 } },
  },
  score = "average_precision",
}
study:run()
print(study:table())
