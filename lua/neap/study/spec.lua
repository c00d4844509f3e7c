--- The options of a study, checked.
local data = require "neap.data"
local metrics = require "neap.study.metrics"
local options = require "neap.options"
local rows = require "neap.rows"
local store = require "neap.store"
local train = require "neap.train"

local M = {}

M.options = {
  name = { "string", default = "study" },
  seed = { "number", default = 1, low = 0, high = 2 ^ 53, whole = true },
  data = { "any", required = true, wanted = "a recipe or a data set" },
  datasets = { "number", low = 1, high = 1e6, whole = true },
  confirm = { "number", low = 0, high = 1e6, whole = true },
  folds = { "number", low = 2, high = 1e6, whole = true },
  repeats = { "number", low = 1, high = 1e6, whole = true },
  nested = { "number", low = 2, high = 1e6, whole = true },
  draws = { "number", low = 200, high = 1e6, whole = true },
  test = { "object", type = "neap.Data" },
  model = { "maker", type = "neap.Model", wanted = "a model or a function" },
  optimizer = { "maker", type = "neap.Optimizer",
    wanted = "an optimizer or a function" },
  loss = { "maker", type = "neap.Loss", required = true,
    wanted = "a loss or a function" },
  search = { "table", required = true,
    wanted = "a search, such as neap.search.grid { ... }" },
  score = { "choice", default = "average_precision", names = metrics.names },
  baselines = { "choice", default = "standard",
    names = { "standard", "none" } },
  fair = { "choice", names = { "tuned", "given" } },
  reruns = { "boolean", default = true },
  worth = { "number", low = 0 },
  standardize = { "boolean" },
  epochs = { "number", low = 1, high = 1e9, whole = true },
  batch = { "number", low = 1, high = 2 ^ 31, whole = true },
}
for key, rule in pairs(store.options) do M.options[key] = rule end

--- Fewer fresh data sets can't decide: of 5, a sign test's least p is 1/32.
M.LEAST_DATASETS = 8

local function check_data(d, folds)
  if #d.classes ~= 2 then
    options.refuse("study", ("studies compare losses of two classes; the data "
      .. "have %d"):format(#d.classes))
  end
  for c, count in ipairs(d.counts) do
    if count < folds then
      options.refuse("study", ("folds is %d; class '%s' has %d rows, fewer "
        .. "than one for each fold"):format(folds, d.classes[c], count))
    end
  end
end

local function refuse(message)
  options.refuse("study", message)
end

-- Training rows of a fold have all rows of a class but a fold's share.
local function check_nested(o)
  for c, count in ipairs(o.data.counts) do
    local left = count - math.ceil(count / o.folds)
    if not o.data.groups and left < o.nested then
      options.refuse("study", ("nested is %d; class '%s' leaves %d rows to "
        .. "train on, fewer than one for each fold"):format(o.nested,
          o.data.classes[c], left))
    end
  end
end

local function check_test(o)
  if not o.test then return end
  local fault = rows.fault(o.data, o.test)
  if fault then refuse("held-out test: " .. fault) end
end

local function check_folds(o)
  if o.datasets or o.confirm then
    refuse(("%s is for a recipe; a data set takes folds and repeats")
      :format(o.datasets and "datasets" or "confirm"))
  end
  o.folds, o.repeats = o.folds or 5, o.repeats or 5
  o.draws = o.draws or 2000
  check_data(o.data, o.folds)
  check_test(o)
  if o.nested then check_nested(o) end
end

local function check_datasets(o)
  if o.folds or o.repeats then
    refuse("folds and repeats are for a data set; a recipe takes datasets")
  elseif o.nested or o.draws then
    refuse(("%s is for a data set; a recipe confirms on fresh data sets")
      :format(o.nested and "nested" or "draws"))
  elseif o.test then
    refuse("test is for a data set; a recipe draws its own")
  end
  o.datasets = o.datasets or 10
  if o.confirm and o.confirm > 0 and o.datasets < M.LEAST_DATASETS then
    refuse(("confirm is %d and datasets %d; what is picked on fewer than %d is "
      .. "not confirmed"):format(o.confirm, o.datasets, M.LEAST_DATASETS))
  end
  o.confirm = o.confirm or 20
  if o.confirm > 0 and o.confirm < M.LEAST_DATASETS then
    refuse(("confirm is %d; wanted 0, or %d and more, for fewer can't decide")
      :format(o.confirm, M.LEAST_DATASETS))
  end
end

-- Whether the optimizer goes with the rest. What a function makes is known in
-- the run only.
local function check_optimizer(o)
  local made = type(o.model) == "function" or type(o.optimizer) == "function"
  if made then return end
  local optimizer = o.optimizer or train.default_optimizer(o.model)
  local fault = train.batches_fault(o, optimizer)
    or train.model_fault(o.model, optimizer)
  if fault then options.refuse("study", fault) end
end

--- Reads the options of neap.study; blames the caller of the function that
-- calls this.
function M.read(given)
  if type(given) == "table" and given.prune ~= nil then
    options.refuse("study", "prune is for studies of an objective; a verdict "
      .. "compares points that have seen the same rows")
  end
  local o = options.read("study", given, M.options)
  if data.is_data(o.data) then
    check_folds(o)
  elseif type(o.data) == "function" then
    check_datasets(o)
  else
    options.refuse("study", "data is neither a recipe nor a data set")
  end
  if not o.search.is_search then
    options.refuse("study", "search is a table; wanted a search, such as "
      .. "neap.search.grid { ... }")
  end
  check_optimizer(o)
  return o
end

return M
