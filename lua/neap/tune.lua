--- Tuning inside training rows: candidates trained on a part of them, scored on
-- the rest.
local arguments = require "neap.arguments"
local core = require "neap.core"
local loss_columns = require "neap.loss_columns"
local options = require "neap.options"
local train = require "neap.train"

local spec = {
  data = { "object", type = "neap.Data", required = true },
  loss = { "object", type = "neap.Loss", required = true,
    wanted = "a loss, such as neap.loss.focal {}" },
  model = { "object", type = "neap.Model",
    wanted = "a model, such as neap.model.mlp {}" },
  points = { "table", required = true },
  share = { "number", default = 0.2, above = 0, below = 1 },
  seed = { "number", default = 1, low = 0, high = 2 ^ 53, whole = true },
  standardize = { "boolean" },
  epochs = { "number", low = 1, high = 1e9, whole = true },
  batch = { "number", low = 1, high = 2 ^ 31, whole = true },
}

-- The loss of a candidate on the rows that were held back; infinite where it
-- failed, so that any other is better.
local function score_of(fit, loss, held)
  local z = fit:logits(held)
  local y = fit.kind == "classes" and held.codes or held.y:copy(z:dtype())
  local value = loss(z, y, held.weights and held.weights:copy(z:dtype()),
    loss_columns.of(loss, held, z:dtype()))
  return fit.state ~= "failed" and value == value and value or math.huge
end

--- Picks the candidate whose loss on held-back training rows is the least:
-- learning rate and l2 for each loss, say, before it is trained on all rows.
-- @param given { data = training rows, loss =, model =, points = { { optimizer
--   =, l2 =, dropout =, model =, sampling = }, ... }, share = 0.2 of the rows
--   held back (of each class), seed = 1, standardize =, epochs =, batch = }
-- @return the best of the points, and the score of each: an array
local function tune(given)
  local o = options.read("tune", given, spec)
  if #o.points == 0 then
    options.refuse("tune", "points is empty; wanted one or more")
  end
  local part, held = o.data:split { test = o.share, seed = o.seed }
  local points = {}
  for i, point in ipairs(o.points) do
    points[i] = { loss = o.loss }
    for key, value in pairs(point) do points[i][key] = value end
  end
  local ok, job = pcall(train.job, {
    data = part, model = o.model, points = points, seed = o.seed,
    standardize = o.standardize, epochs = o.epochs, batch = o.batch,
  })
  if not ok then
    options.refuse("tune", (tostring(job):match("%((.*)%)$") or job))
  end
  while not job:step(0.1) do end
  local scores, best = core.array.zeros(#points), 1
  for i, fit in ipairs(job:fits()) do
    scores[i] = score_of(fit, o.loss, held)
    if scores[i] < scores[best] then best = i end
  end
  job:close()
  return o.points[best], scores
end

return arguments.checked("tune", "given", tune)
