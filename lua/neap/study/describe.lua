--- A training study as plain values: what must stay the same where it is
-- resumed, and what a reader of its store has to know.
local core = require "neap.core"
local evaluate = require "neap.study.evaluate"
local loss_columns = require "neap.loss_columns"
local points = require "neap.study.points"
local specs = require "neap.store.spec"
local stages = require "neap.study.stages"

local M = {}

-- Options that are plain values.
local plain = {
  "datasets", "confirm", "folds", "repeats", "nested", "draws", "score",
  "baselines", "fair", "reruns", "standardize", "epochs", "batch", "worth",
}

local function whole(value)
  return math.type(value) == "float" and math.tointeger(value) or value
end

-- So many rows of a class tell one loss from another.
local ROWS <const> = 32

-- The first rows of each class.
local function some_rows(training)
  local positions, left = {}, { ROWS, ROWS }
  local codes = training.codes
  for i = 1, training.n do
    local class = codes[i] + 1
    if left[class] > 0 then
      left[class] = left[class] - 1
      positions[#positions + 1] = i
    elseif left[1] + left[2] == 0 then
      break
    end
  end
  return training:rows(positions)
end

-- What a loss is on some logits and targets of training rows: two losses that
-- are written in Lua may have the same name.
local function value_on(loss, training)
  local part = some_rows(training)
  local z, y = core.array.zeros(part.n), part.y:copy "float64"
  for i = 1, part.n do z[i] = (i * 7 % 17 - 8) / 2 end
  return ("%.9g"):format(loss(z, y,
    part.weights and part.weights:copy "float64",
    loss_columns.of(loss, part, "float64")))
end

-- The same, or nothing of a loss that wants more than rows.
local function value_of(loss, training)
  local ok, value = pcall(value_on, loss, training)
  return ok and value or nil
end

-- What the first point is trained with, as text.
local function first_of(study, training)
  local point = points.first(study, training)
  return {
    loss = tostring(point.loss), value = value_of(point.loss, training),
    model = tostring(point.model), optimizer = tostring(point.optimizer),
  }
end

--- Describes a study. Draws its first rows and makes its first point, so that
-- what is wrong with them is said before anything is stored.
function M.of(study)
  local o = study.spec
  local where, training, test = stages.runs_of(o)()
  evaluate.check(training, test, stages.name_of(where))
  local all = {
    kind = "training", search = o.search, seed = whole(o.seed),
    first = first_of(study, training), test = o.test,
  }
  for _, key in ipairs { "loss", "model", "optimizer" } do
    -- Of what is the same for all points the first one tells.
    if type(o[key]) == "function" then all[key] = o[key] end
  end
  if o.folds then
    all.data = o.data
  else
    all.data = { recipe = o.data, train = training, test = test }
  end
  for _, key in ipairs(plain) do all[key] = whole(o[key]) end
  return specs.describe(all)
end

return M
