--- Fair fights: what each loss needs for itself is tuned for each, by a split
-- of the training rows: l2 of linear models, the learning rate of an mlp.
--
-- On the rows that are held back a point is scored by its own loss, as
-- neap.tune does.
local core = require "neap.core"
local loss_columns = require "neap.loss_columns"

local M = {}

-- Candidates for l2, a decade apart: scikit-learn's C is 1 / (rows * l2).
local penalties = { 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1 }

-- Candidates for the learning rate, as parts of the one that is given.
local rates = { 0.1, 0.3, 1, 3, 10 }

-- Fewer rows than this for each feature make l2 matter.
local ROWS_A_FEATURE = 50

-- The options of an optimizer, by name.
local optimizer_options = {
  "tolerance", "max_iterations", "memory", "learning_rate", "momentum",
  "nesterov", "beta1", "beta2", "epsilon", "weight_decay", "schedule", "warmup",
  "clip",
}

--- An optimizer as another, with some options changed.
function M.changed(optimizer, changes)
  local o = {}
  for _, name in ipairs(optimizer_options) do
    local value = changes[name]
    if value == nil then value = optimizer[name] end
    o[name] = value
  end
  return core.train.optimizer[optimizer.name](o)
end

--- Whether training rows are so many that l2 can't matter: drawn ones, 50 for
-- each feature.
function M.has_many_rows(training)
  return not training.standardize
    and training.n >= ROWS_A_FEATURE * training.features
end

-- What is tuned of a point: "rate", "l2" or nothing.
local function what_of(point, how, many_rows)
  if how == "given" then return nil end
  if point.model.hidden and point.optimizer.batches then return "rate" end
  if how == "tuned" then return "l2" end
  -- Unless it is said, an l2 of the model's own stands.
  if point.model.l2 > 0 or many_rows then return nil end
  return "l2"
end

local function candidates_of(point, what)
  local list = {}
  if what == "rate" then
    for i, part in ipairs(rates) do
      list[i] = { optimizer = M.changed(point.optimizer,
        { learning_rate = point.optimizer.learning_rate * part }) }
    end
    return list
  end
  local known = false
  for i, l2 in ipairs(penalties) do
    list[i] = { l2 = l2 }
    known = known or l2 == point.model.l2
  end
  if point.model.l2 > 0 and not known then
    list[#list + 1] = { l2 = point.model.l2 }
  end
  return list
end

-- The loss of each point on held-back rows, and the least one of each owner.
local function pick(points, owners, fits, scores, held)
  local least, best = {}, {}
  local dtype = scores:dtype()
  local y = held.y:copy(dtype)
  local weights = held.weights and held.weights:copy(dtype)
  for i, owner in ipairs(owners) do
    local loss = points[i].loss
    local value = fits(i).state ~= "failed" and loss(scores:row(i), y, weights,
      loss_columns.of(loss, held, dtype)) or math.huge
    if value == value and value < (least[owner] or math.huge) then
      least[owner], best[owner] = value, points[i]
    end
  end
  return best
end

--- Sets l2 or the optimizer of each point to what is best for its loss.
-- @param points { { loss =, optimizer =, model = }, ... }; changed in place,
--   with tuned = "l2" or "rate" where something was tuned, and edge = true
--   where the best candidate is the first or the last
-- @param training rows, of which a fifth of each class is held back
-- @param how { fair = "tuned", "given" or nil: tuned where that is the default,
--   many_rows = whether l2 can't matter for the study's training rows, seed = }
-- @param train function(data, points) -> job, or nil where it was interrupted
-- @return false where it was interrupted
function M.tune(points, training, how, train)
  local all, owners = {}, {}
  for i, point in ipairs(points) do
    local what = what_of(point, how.fair, how.many_rows)
    point.tuned = what
    for at, candidate in ipairs(what and candidates_of(point, what) or {}) do
      candidate.loss, candidate.model = point.loss, point.model
      candidate.optimizer = candidate.optimizer or point.optimizer
      candidate.at = at
      all[#all + 1], owners[#owners + 1] = candidate, i
    end
  end
  if #all == 0 then return true end
  local ok, part, held = pcall(training.split, training,
    { test = 0.2, seed = how.seed })
  if not ok then
    core.blame(("%s, which tunes on a part of the training rows; fair = "
      .. "\"given\" leaves l2 and learning rates as they are"):format(
        tostring(part):match("%((.*)%)$") or part))
  end
  local job = train(part, all)
  if not job then return false end
  local best = pick(all, owners, function(i) return job:report(i) end,
    job:scores(held), held)
  job:close()
  for i, chosen in pairs(best) do
    local point = points[i]
    if point.tuned == "l2" then point.l2 = chosen.l2 end
    point.optimizer = chosen.optimizer
    point.edge = chosen.at == 1 or chosen.at == (point.tuned == "rate"
      and #rates or #penalties)
  end
  return true
end

return M
