-- tests/train/against_torch.lua -- for against_torch.py: prints rows, targets,
-- and what an mlp has before and after 3 epochs, one word a line.
local neap = require "neap"

local d = neap.data.gaussians { n = 2000, features = 6, prior = 0.2, seed = 5 }
local model = neap.model.mlp { hidden = { 8, 4 }, activation = arg[1] }

local function train(rate, epochs)
  return neap.train {
    data = d, loss = neap.loss.focal { gamma = 2, alpha = 0.25 },
    model = model, epochs = epochs, batch = d.n,
    optimizer = neap.optimizer.adam { learning_rate = rate },
  }.parameters
end

local function show(array)
  for i = 1, #array do print(("%a"):format(array[i])) end
end

for i = 1, d.n do show(d.x:row(i)) end
show(d.y)
show(train(0, 1))
show(train(0.01, 30))
