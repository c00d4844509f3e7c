--- Training: many points on the same rows at once, or one to its end.
local core = require "neap.core"
local data = require "neap.data"
local fits = require "neap.fit"
local options = require "neap.options"

local M = {}

local Job = {}
Job.__index = Job
Job.__name = "neap.Job"

local shared = {
  data = { "any", required = true, wanted = "a data set" },
  model = { "object", type = "neap.Model",
    wanted = "a model, such as neap.model.linear {}" },
  standardize = { "boolean" },
  seed = { "number", default = 1, low = 0, whole = true },
  epochs = { "number", low = 1, high = 1e9, whole = true },
  batch = { "number", low = 1, high = 2 ^ 31, whole = true },
}

local function with(spec, more)
  local all = {}
  for key, rule in pairs(spec) do all[key] = rule end
  for key, rule in pairs(more) do all[key] = rule end
  return all
end

local job_options = with(shared, { points = { "table", required = true } })
local train_options = with(shared, {
  loss = { "object", type = "neap.Loss", required = true,
    wanted = "a loss, such as neap.loss.focal {}" },
  optimizer = { "object", type = "neap.Optimizer",
    wanted = "an optimizer, such as neap.optimizer.lbfgs {}" },
  initial = { "table", wanted = "a fit" },
})

local point_options = {
  loss = train_options.loss,
  optimizer = train_options.optimizer,
  l2 = { "number", low = 0 },
  dropout = { "number", low = 0, high = 0.99 },
  initial = train_options.initial,
}

-- The points with their defaults; a point's l2 and dropout are the model's
-- unless given.
local function read_points(list, model, name, level)
  local points = {}
  local count = 0
  for _ in pairs(list) do count = count + 1 end
  if count ~= #list then
    options.refuse(name, "points is no list without gaps", level + 1)
  end
  for i, given in ipairs(list) do
    local point = options.read(name, given, point_options, level + 1)
    if point.loss.reduction ~= "mean" then
      options.refuse(name, ("points[%d]: training takes the mean of a loss; "
        .. "its reduction is %s"):format(i, point.loss.reduction), level + 1)
    end
    if point.dropout and not model.dropout then
      options.refuse(name, ("points[%d]: a %s model has no units to drop")
        :format(i, model.name), level + 1)
    end
    point.optimizer = point.optimizer or (model.hidden
      and core.train.optimizer.adam {} or core.train.optimizer.lbfgs {})
    point.l2 = point.l2 or model.l2
    point.dropout = point.dropout or model.dropout
    points[i] = point
  end
  if #points == 0 then
    options.refuse(name, "points is empty; wanted one or more", level + 1)
  end
  return points
end

-- Starts from other fits: all points or none.
local function read_initial(points, d, name, level)
  if not points[1].initial then return nil end
  local matrix
  for i, point in ipairs(points) do
    local from = point.initial and point.initial.parameters
    if not from then
      options.refuse(name, "initial is given for some points only", level + 1)
    end
    if point.initial.features ~= d.features then
      options.refuse(name, ("initial is a fit of %d features; the data have %d")
        :format(point.initial.features, d.features), level + 1)
    end
    matrix = matrix or core.array.zeros(#points, #from)
    for j = 1, #from do matrix:row(i)[j] = from[j] end
  end
  return matrix
end

-- epochs and batch, which only some optimizers have.
local function check_batches(o, points, name, level)
  local batches = points[1].optimizer.batches
  for _, key in ipairs { "epochs", "batch" } do
    if o[key] and not batches then
      options.refuse(name, ("%s is for optimizers that take batches; %s works "
        .. "on all rows"):format(key, points[1].optimizer.name), level + 1)
    end
  end
  return o.epochs or 20, o.batch or 1024
end

-- Calls C, and blames the caller for what it raises.
local function blamed(name, level, call, ...)
  local ok, result = pcall(call, ...)
  if ok then return result end
  options.refuse(name, (tostring(result):gsub("^[^ ]-:%d+: ", "")), level + 1)
end

-- Makes a job from checked options.
local function new_job(o, name, level)
  local d = o.data
  if not data.is_data(d) then
    options.refuse(name, "data is no data set", level + 1)
  end
  local model = o.model or core.train.model.linear {}
  local standardize = o.standardize
  if standardize == nil then standardize = d.standardize end
  local points = read_points(o.points, model, name, level + 1)
  local shift, scale
  if standardize then shift, scale = core.data.standardize(d.x) end
  local binary = #d.classes == 2 and points[1].loss.kind ~= "classes"
  local epochs, batch = check_batches(o, points, name, level + 1)
  local trainer = blamed(name, level + 1, core.train.trainer, {
    x = d.x,
    kind = binary and "binary" or "classes",
    y = binary and d.y or nil,
    classes = not binary and d.codes or nil,
    outputs = binary and 1 or #d.classes,
    class_names = d.classes,
    weights = d.weights,
    shift = shift,
    scale = scale,
    model = model,
    points = points,
    epochs = epochs,
    batch = batch,
    seed = o.seed,
    initial = read_initial(points, d, name, level + 1),
  })
  return setmetatable({
    trainer = trainer,
    points = points,
    model = model,
    features = d.features,
    outputs = binary and 1 or #d.classes,
    classes = d.classes,
    names = d.names,
    shift = shift,
    scale = scale,
    precision = trainer:precision(),
  }, Job)
end

--- A job that trains many points in lockstep, on the same rows in the same
-- order: the result of a point does not depend on the others.
-- @param given { data =, points = { { loss =, optimizer =, l2 =, initial = },
--   ... }, model = linear, standardize =, seed = 1, epochs = 20, batch = 1024 }
--   The optimizers are of one kind (lbfgs if none is given); epochs and batch
--   are for those that take batches. standardize: shift and scale each column
--   to mean 0 and deviation 1 of the training rows; true for data that were
--   read or given, false for generated ones, unless said. It is kept in the
--   fit, which takes raw rows ever after.
function M.job(given)
  local o = options.read("job", given, job_options)
  return new_job(o, "job", 2)
end

--- Works for about `seconds` and returns whether the job is finished. How it
-- is cut never changes the result.
function Job:step(seconds)
  return self.trainer:step(seconds)
end

--- How far the job is.
-- @return { fraction = 0 to 1, running = points, overrun = seconds by which
--   the latest slice was late at worst }
function Job:progress()
  local fraction, running, overrun = self.trainer:progress()
  return { fraction = fraction, running = running, overrun = overrun }
end

--- Ends the job: step returns true from now on.
function Job:cancel()
  self.trainer:cancel()
end

--- The fits of all points, in their order; of a finished job, unless it was
-- cancelled.
function Job:fits()
  local all, parameters = {}, self.trainer:parameters()
  for i, point in ipairs(self.points) do
    all[i] = fits.new(self, point, parameters:row(i):copy(),
      self.trainer:report(i))
  end
  return all
end

--- For studies: how one point ended.
function Job:report(i)
  local report = self.trainer:report(i)
  report.converged = report.state == "converged"
  return report
end

--- Gives the job's memory back; its fits stay.
function Job:close()
  self.trainer:close()
end

--- For studies: the logits of all points on a data set, [points][n].
function Job:scores(d)
  return core.train.predict(self.model, d.x, self.trainer:parameters(),
    self.outputs, self.shift, self.scale, self.precision)
end

--- Trains one point to its end.
-- @param given { data =, loss =, model =, optimizer =, standardize =, seed =,
--   epochs =, batch =, initial = fit }
-- @return a fit
function M.train(given)
  local o = options.read("train", given, train_options)
  o.points = {
    { loss = o.loss, optimizer = o.optimizer, initial = o.initial },
  }
  local job = new_job(o, "train", 2)
  -- Slices let an interrupt through; they never change a bit.
  while not job:step(0.1) do end
  local fit = job:fits()[1]
  job:close()
  return fit
end

return M
