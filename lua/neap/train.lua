--- Training: many points on the same rows at once, or one to its end.
local arguments = require "neap.arguments"
local core = require "neap.core"
local Job = require "neap.job"
local loss_columns = require "neap.loss_columns"
local options = require "neap.options"
local rows = require "neap.rows"

local M = {}

local sampling_wanted = "none, balanced, { under = ratio } or { over = ratio }"

local shared = {
  data = { "object", type = "neap.Data", required = true },
  targets = { "array" },
  model = { "object", type = "neap.Model",
    wanted = "a model, such as neap.model.linear {}" },
  standardize = { "boolean" },
  seed = { "number", default = 1, low = 0, high = 2 ^ 53, whole = true },
  sampling = { "types", "string", "table", default = "none",
    wanted = sampling_wanted },
  epochs = { "number", low = 1, high = 1e9, whole = true },
  batch = { "number", low = 1, high = 2 ^ 31, whole = true },
  validation = { "object", type = "neap.Data" },
  score = { "types", "string", "function",
    wanted = "loss, the name of a metric, or a function" },
  patience = { "number", low = 1, high = 1e9, whole = true },
}

local function with(spec, more)
  local all = {}
  for key, rule in pairs(spec) do all[key] = rule end
  for key, rule in pairs(more) do all[key] = rule end
  return all
end

--- The options of neap.job, neap.train and of a point.
M.options = {}

M.options.job = with(shared, {
  points = { "table", required = true },
  resume = { "string" },
})
M.options.train = with(shared, {
  loss = { "object", type = "neap.Loss", required = true,
    wanted = "a loss, such as neap.loss.focal {}" },
  optimizer = { "object", type = "neap.Optimizer",
    wanted = "an optimizer, such as neap.optimizer.lbfgs {}" },
  l2 = { "number", low = 0 },
  dropout = { "number", low = 0, high = 0.99 },
  initial = { "object", type = "neap.Fit" },
})

M.options.point = {
  loss = M.options.train.loss,
  optimizer = M.options.train.optimizer,
  model = shared.model,
  seed = { "number", low = 0, high = 2 ^ 53, whole = true },
  sampling = { "types", "string", "table", wanted = sampling_wanted },
  l2 = M.options.train.l2,
  dropout = M.options.train.dropout,
  initial = M.options.train.initial,
}

-- ---------------------------------------------------------------- the points

local sampling_options = {
  under = { "number", above = 0, below = 1 + 2 ^ -52 },
  over = { "number", above = 0, below = 1 + 2 ^ -52 },
  balanced = { "boolean" },
  correct = { "boolean", default = true },
}

-- sampling = "none", "balanced", { under = ratio }, { over = ratio }, or
-- { balanced = true, correct = false }.
local function read_sampling(given, name)
  if given == "none" or given == "balanced" then
    return { kind = given, ratio = 1, correct = true }
  end
  if type(given) ~= "table" then
    options.refuse(name, ("sampling is %s; wanted %s"):format(
      options.show(given), sampling_wanted))
  end
  local o = options.read(name, given, sampling_options)
  local kinds = {}
  for _, kind in ipairs { "under", "over", "balanced" } do
    if o[kind] then kinds[#kinds + 1] = kind end
  end
  if #kinds ~= 1 then
    options.refuse(name, "sampling: wanted one of under, over and balanced")
  end
  local ratio = kinds[1] ~= "balanced" and o[kinds[1]] or 1
  return { kind = kinds[1], ratio = ratio, correct = o.correct }
end

local function is_list(list)
  local count = 0
  for _ in pairs(list) do count = count + 1 end
  return count == #list
end

--- Returns the optimizer of a point that names none.
-- @param model nil: linear
function M.default_optimizer(model)
  if model and model.hidden then return core.train.optimizer.adam {} end
  return core.train.optimizer.lbfgs {}
end

--- Returns what keeps an optimizer from training a model; or nil.
-- @param model nil: linear
function M.model_fault(model, optimizer)
  if optimizer.name == "newton" and model and model.hidden then
    return ("newton can't train %s; wanted a linear model"):format(model.name)
  end
end

--- Returns which option of a job goes with batches only, and not with this
-- optimizer; or nil.
function M.batches_fault(o, optimizer)
  for _, key in ipairs { "epochs", "batch", "validation" } do
    if o[key] and not optimizer.batches then
      return ("%s is for optimizers that take batches; %s works on all rows")
        :format(key, optimizer.name)
    end
  end
end

-- A point with what it takes from the job; `where` it stands, for messages.
local function complete(point, o, model, where, name)
  if point.loss.reduction ~= "mean" then
    options.refuse(name, ("%straining takes the mean of a loss; its reduction "
      .. "is %s"):format(where, point.loss.reduction))
  end
  point.model = point.model or model
  if point.dropout and not point.model.dropout then
    options.refuse(name, ("%sa %s model has no units to drop"):format(where,
      point.model.name))
  end
  point.optimizer = point.optimizer or M.default_optimizer(point.model)
  local optimizer = point.optimizer
  if optimizer.nesterov == "yes" and optimizer.momentum == 0 then
    options.refuse(name, where .. "nesterov looks ahead by momentum, which "
      .. "is 0; wanted momentum > 0")
  end
  point.l2 = point.l2 or point.model.l2
  point.dropout = point.dropout or point.model.dropout
  point.seed = point.seed or o.seed
  point.sampling = read_sampling(point.sampling or o.sampling, name)
  return point
end

local function read_points(o, name)
  local points = {}
  local model = o.model or core.train.model.linear {}
  if not is_list(o.points) then
    options.refuse(name, "points is no list without gaps")
  end
  for i, given in ipairs(o.points) do
    local place = ("points[%d]"):format(i)
    local point = options.read(name, given, M.options.point, 1, place)
    points[i] = complete(point, o, model,
      name == "job" and place .. ": " or "", name)
  end
  if #points == 0 then
    options.refuse(name, "points is empty; wanted one or more")
  end
  return points
end

-- Starts from other fits: all points or none.
local function check_initial(points, d, name)
  for _, point in ipairs(points) do
    local initial = point.initial
    if (initial and initial.parameters) == nil then
      if initial or points[1].initial then
        options.refuse(name, "initial is given for some points only")
      end
    elseif not points[1].initial then
      options.refuse(name, "initial is given for some points only")
    elseif initial.features ~= d.features then
      options.refuse(name, ("initial is a fit of %d features; the data have %d")
        :format(initial.features, d.features))
    end
  end
end

-- What only optimizers on batches have.
local function check_batches(o, points, name)
  for _, point in ipairs(points) do
    local fault = M.batches_fault(o, point.optimizer)
    if fault then options.refuse(name, fault) end
  end
end

-- --------------------------------------------------------------- the targets

-- Targets in place of the data's labels: [n] or [n][labels] from 0 to 1 of a
-- binary loss, [n][k] that add up to 1 of a loss of classes.
local function given_targets(o, kind, name)
  local ok, y = pcall(core.array.array, o.targets)
  if core.array.is_array(o.targets) then ok, y = true, o.targets end
  if not ok then options.refuse(name, "targets: " .. y) end
  local n, columns = y:shape()
  if n ~= o.data.n or (kind == "classes" and not columns) then
    options.refuse(name, ("targets are [%d]%s; wanted [%d]%s"):format(n,
      columns and ("[%d]"):format(columns) or "", o.data.n,
      kind == "classes" and "[classes]" or " or [rows][labels]"))
  end
  for i = 1, n do
    local sum = 0
    for j = 1, columns or 1 do
      local p = columns and y:row(i)[j] or y[i]
      if not (p >= 0 and p <= 1) then
        options.refuse(name, ("the target in row %d is %g; wanted 0 to 1")
          :format(i, p))
      end
      sum = sum + p
    end
    if kind == "classes" and math.abs(sum - 1) > 1e-4 then
      options.refuse(name, ("the targets in row %d add up to %g; wanted 1")
        :format(i, sum))
    end
  end
  return y:copy "float64", columns or 1
end

-- kind, outputs, and y or codes.
local function read_targets(o, points, name)
  local d, kind = o.data, points[1].loss.kind
  if kind ~= "classes" then kind = "binary" end
  if o.targets then
    local y, outputs = given_targets(o, kind, name)
    return { kind = kind, outputs = outputs, y = y }
  elseif kind == "binary" and #d.classes == 2 then
    return { kind = "binary", outputs = 1, y = d.y }
  end
  return { kind = "classes", outputs = #d.classes, codes = d.codes }
end

-- -------------------------------------------------------------- validation

local function metric_row(name)
  for _, row in ipairs(core.metric.list()) do
    if row.name == name then return row end
  end
end

local function read_validation(o, targets, name)
  if not o.validation then
    if o.score or o.patience then
      options.refuse(name, "score and patience want validation rows")
    end
    return nil
  end
  local d = o.validation
  local fault = rows.columns_fault(o.data, d, "validation rows")
  if fault then
    options.refuse(name, fault)
  elseif o.targets then
    options.refuse(name, "validation goes with the data's own labels only")
  end
  local score = o.score or "loss"
  local row = type(score) == "string" and metric_row(score)
  if score ~= "loss" and type(score) ~= "function" and not row then
    options.refuse(name, ("score is %s; wanted loss, the name of a metric, or "
      .. "a function"):format(options.show(score)))
  end
  return {
    data = d, score = score, patience = o.patience,
    larger = row and row.larger_is_better,
    y = targets.kind == "binary" and d.y or nil,
    codes = targets.kind == "classes" and d.codes or nil,
  }
end

-- ------------------------------------------------------------------ the jobs

-- Makes a job from checked options.
local function new_job(o, name)
  local d = o.data
  local standardize = o.standardize
  if standardize == nil then standardize = d.standardize end
  local points = read_points(o, name)
  check_initial(points, d, name)
  check_batches(o, points, name)
  local shift, scale
  if standardize then shift, scale = core.data.standardize(d.x) end
  local targets = read_targets(o, points, name)
  return options.call(name, 1, Job.new, {
    data = d,
    kind = targets.kind,
    outputs = targets.outputs,
    y = targets.y,
    codes = targets.codes,
    shift = shift,
    scale = scale,
    points = points,
    loss_columns = options.call(name, 1, loss_columns.all, points, d),
    epochs = o.epochs or 20,
    batch = o.batch or 1024,
    validation = read_validation(o, targets, name),
    resume = o.resume,
  })
end

--- A job that trains many points in lockstep, on the same rows in the same
-- order: the result of a point does not depend on the others.
-- @param given { data =, points = { { loss =, optimizer =, model =, l2 =,
--   dropout =, seed =, sampling =, initial = }, ... }, model = linear,
--   standardize =, seed = 1, sampling = "none", epochs = 20, batch = 1024,
--   validation =, score =, patience =, targets =, resume = }
--   What a point does not say it takes from the job. Points of one model, kind
--   of optimizer, seed and sampling are trained together, group after group.
--   epochs and batch are for optimizers on batches. standardize: shift and
--   scale each column to mean 0 and deviation 1 of the training rows; true for
--   data that were read or given, false for generated ones, unless said. It is
--   kept in the fit, which takes raw rows ever after.
--   sampling: "balanced" has the classes take turns; { under = ratio } takes of
--   each class at most the smallest / ratio, { over = ratio } at least the
--   largest * ratio. Afterwards the biases get the classes' own shares back,
--   unless correct = false.
--   validation: rows that score every epoch ("loss", the point's own; the name
--   of a metric; or a function of logits and data, larger is better). The fit
--   has the weights of the best epoch; patience ends a point that got no better
--   for so many epochs.
--   targets: in place of the data's labels, [n] or [n][labels] from 0 to 1 of a
--   binary loss, [n][k] that add up to 1 of a loss of classes.
--   resume: the bytes of job:checkpoint(), of a job with the same options.
function M.job(given)
  local o = options.read("job", given, M.options.job)
  return new_job(o, "job")
end

--- Trains one point to its end.
-- @param given { data =, loss =, model =, optimizer =, l2 =, dropout =,
--   initial = fit }, and
--   what neap.job takes besides
-- @return a fit
function M.train(given)
  local o = options.read("train", given, M.options.train)
  o.points = {
    { loss = o.loss, optimizer = o.optimizer, l2 = o.l2, dropout = o.dropout,
      initial = o.initial },
  }
  local job = new_job(o, "train")
  -- Slices let an interrupt through; they never change a bit.
  while not job:step(0.1) do end
  local fit = job:fits()[1]
  job:close()
  return fit
end

return arguments.functions(M, { job = "given", train = "given" })
