-- The engine without a study: data, a loss, its gradient, and a loop of one's
-- own.
local neap = require "neap"

local d = neap.data.gaussians { n = 5000, features = 2, prior = 0.1, seed = 1 }
local focal = neap.loss.focal { gamma = 2, alpha = 0.75 }
local logits, gradient = neap.zeros(d.n, nil, "float32"), nil
local w1, w2, b = 0, 0, 0

for step = 1, 200 do
  for i = 1, d.n do logits[i] = w1 * d.x[i][1] + w2 * d.x[i][2] + b end
  gradient = focal:gradient(logits, d.y, nil, gradient) -- of the mean
  local g1, g2, g0 = 0, 0, 0
  for i = 1, d.n do
    local g, row = gradient[i], d.x[i]
    g1, g2, g0 = g1 + g * row[1], g2 + g * row[2], g0 + g
  end
  w1, w2, b = w1 - 2 * g1, w2 - 2 * g2, b - 2 * g0
  if step % 50 == 0 then
    print(("step %3d  loss %.5f  average precision %.4f"):format(step,
      focal(logits, d.y), neap.metric.average_precision(logits, d.y)))
  end
end
print(("the same by neap.train: %s"):format(
  neap.train { data = d, loss = focal }))
