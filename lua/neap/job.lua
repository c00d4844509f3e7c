--- Jobs: many points trained in lockstep, group by group.
--
-- Points that share model, kind of optimizer, seed and sampling see the same
-- rows in the same order: they are one group, which C trains at once.
local arguments = require "neap.arguments"
local core = require "neap.core"
local fits = require "neap.fit"
local pack = require "neap.pack"
local validation = require "neap.validation"

local Job = {}
Job.__index = Job
Job.__name = "neap.Job"

-- What tells groups apart: of a model all but its l2 and dropout.
local function key_of(point)
  local m, s = point.model, point.sampling
  return table.concat({
    m.name, m.hidden and table.concat(m.hidden, " ") or "",
    m.activation or "", m.initialisation or "", m.bias or "",
    point.optimizer.name, point.seed, s.kind, s.ratio,
    tostring(s.correct),
  }, "|")
end

local function groups_of(points)
  local groups, by_key = {}, {}
  for i, point in ipairs(points) do
    local key = key_of(point)
    local group = by_key[key]
    if not group then
      group = {
        model = point.model, seed = point.seed, sampling = point.sampling,
        points = {}, positions = {},
      }
      by_key[key] = group
      groups[#groups + 1] = group
    end
    table.insert(group.points, point)
    table.insert(group.positions, i)
  end
  return groups
end

-- The starts of a group's points, if they have any: a row for each.
local function initial_of(group)
  if not group.points[1].initial then return nil end
  local matrix
  for i, point in ipairs(group.points) do
    local from = point.initial.parameters
    matrix = matrix or core.array.zeros(#group.points, #from)
    for j = 1, #from do matrix:row(i)[j] = from[j] end
  end
  return matrix
end

-- What a group is trained by; C counts its points from 1, so what it raises
-- gets the job's numbers.
local function new_trainer(self, group, check)
  local ok, result = pcall(core.train.trainer, {
    check = check,
    x = self.data.x,
    kind = self.kind,
    y = self.y,
    classes = self.codes,
    outputs = self.outputs,
    class_names = self.data.classes,
    weights = self.data.weights,
    shift = self.shift,
    scale = self.scale,
    model = group.model,
    points = group.points,
    loss_columns = self.loss_columns,
    epochs = self.epochs,
    batch = self.batch,
    sampling = group.sampling.kind,
    ratio = group.sampling.ratio,
    pauses = self.validation ~= nil,
    seed = group.seed,
    initial = initial_of(group),
  })
  if ok then return result end
  error((tostring(result):gsub("points%[(%d+)%]", function(i)
    return ("points[%d]"):format(group.positions[tonumber(i)])
  end)), 0)
end

local FORMAT = "neap job 1"

local function refuse_another()
  error("resume: the checkpoint is of another job: its data, points or options "
    .. "differ", 0)
end

-- Takes a finished group from a checkpoint, if it is of the same job.
local function restore(self, group, done)
  local trainer = group.trainer or new_trainer(self, group)
  local fingerprint = trainer:fingerprint()
  if not group.trainer then trainer:close() end
  if fingerprint ~= done.fingerprint then refuse_another() end
  group.parameters, group.reports = done.parameters, done.reports
  group.fingerprint = fingerprint
  for _, report in ipairs(done.reports) do
    core.array.freeze(report.history)
  end
end

-- Goes on where a checkpoint was made.
local function resume(self, bytes)
  local ok, state = pcall(pack.unpack, bytes)
  if not ok or type(state) ~= "table" or state.format ~= FORMAT then
    error("resume: the bytes are no checkpoint of a job", 0)
  elseif state.current > #self.groups + 1 then
    refuse_another()
  end
  for i, done in ipairs(state.done) do restore(self, self.groups[i], done) end
  if state.current > 1 then
    self.groups[1].trainer:close()
    self.current = state.current
    if not self.groups[self.current] then return end
    self:start_group()
  end
  local group = self.groups[self.current]
  group.trainer:load(state.trainer)
  if group.watch then group.watch.points = state.watched end
end

--- Makes a job; for neap.train.
-- @param o { data =, kind =, outputs =, y = or codes =, shift =, scale =,
--   points =, epochs =, batch =, validation = or nil }
function Job.new(o)
  local self = setmetatable(o, Job)
  self.groups = groups_of(o.points)
  self.current, self.overrun, self.most_bytes = 1, 0, 0
  for i = 2, #self.groups do new_trainer(self, self.groups[i], true) end
  self:start_group()
  if o.resume then resume(self, o.resume) end
  return self
end

function Job:start_group()
  local group = self.groups[self.current]
  group.trainer = new_trainer(self, group)
  group.precision = group.trainer:precision()
  self.most_bytes = math.max(self.most_bytes, group.trainer:bytes())
  if self.validation then
    group.watch = validation.new(self, group)
  end
end

-- ------------------------------------------------------------ the parameters

-- Where the last biases are among a point's parameters.
local function bias_positions(group, features, outputs, count)
  local hidden = group.model.hidden
  local inputs = hidden and hidden[#hidden] or features
  local first = count - outputs * (inputs + 1)
  local positions = {}
  for o = 1, outputs do positions[o] = first + o * (inputs + 1) end
  return positions
end

-- What each last bias gains when the shares of a sample are taken back:
-- log(share / sampled share), of one logit the difference of both classes.
local function corrections_of(self, group)
  local counts = self.data.counts
  local list, total = {}, 0
  for c = 1, #self.data.classes do
    list[c] = counts[c]
    total = total + list[c]
  end
  local sampled = core.train.sampled_counts(list, group.sampling.kind,
    group.sampling.ratio)
  local sampled_total, gains = 0, {}
  for c = 1, #list do sampled_total = sampled_total + sampled[c] end
  for c = 1, #list do
    gains[c] = math.log(list[c] / total * sampled_total / sampled[c])
  end
  return self.outputs == 1 and { gains[2] - gains[1] } or gains
end

-- The parameters of a group's points, with what samples did to the biases
-- taken back.
local function parameters_of(self, group)
  local matrix = group.trainer:parameters()
  if group.sampling.kind == "none" or not group.sampling.correct then
    return matrix
  end
  local gains = corrections_of(self, group)
  local _, count = matrix:shape()
  local positions = bias_positions(group, self.data.features, self.outputs,
    count)
  for i = 1, #group.points do
    local row = matrix:row(i)
    for o, position in ipairs(positions) do
      row[position] = row[position] + gains[o]
    end
  end
  return matrix
end

-- Keeps what is known of a group's points, finished or not.
local function reap(self, group)
  group.parameters = parameters_of(self, group)
  group.fingerprint = group.trainer:fingerprint()
  group.reports = {}
  for i = 1, #group.points do
    local report = group.trainer:report(i)
    report.converged = report.state == "converged"
    if group.watch then group.watch:describe(i, report) end
    group.reports[i] = report
  end
end

-- ------------------------------------------------------------------ the work

local function check_open(self)
  if self.closed then core.blame("the job is closed") end
end

--- Works for about `seconds` and returns whether the job is finished. How it
-- is cut never changes the result. With validation a slice also ends at an
-- epoch's end.
function Job:step(seconds)
  check_open(self)
  local group = self.groups[self.current]
  if not group then return true end
  local trainer = group.trainer
  local finished = trainer:step(seconds)
  self.overrun = math.max(self.overrun, (select(3, trainer:progress())))
  if not finished and trainer:paused() then
    group.watch:look()
    trainer:resume()
    finished = trainer:step(0)
  end
  if not finished then return false end
  reap(self, group)
  if self.cancelled then return true end
  trainer:close()
  self.current = self.current + 1
  if not self.groups[self.current] then return true end
  self:start_group()
  return false
end

--- How far the job is.
-- @return { fraction = 0 to 1, running = points, overrun = seconds by which
--   the latest slice was late at worst, bytes = the most that it took of
--   memory beside the data }
function Job:progress()
  check_open(self)
  local done, running = 0, 0
  for i, group in ipairs(self.groups) do
    if i < self.current then
      done = done + #group.points
    elseif i == self.current then
      local fraction, left = group.trainer:progress()
      done, running = done + fraction * #group.points, left
    else
      running = running + #group.points
    end
  end
  return {
    fraction = done / #self.points, running = running, overrun = self.overrun,
    bytes = self.most_bytes,
  }
end

--- Ends the job: step returns true from now on.
function Job:cancel()
  check_open(self)
  local group = self.groups[self.current]
  self.cancelled = true
  if group then group.trainer:cancel() end
end

-- What is known of each group so far; nil of those that did not begin.
local function known(self, group)
  if group.trainer and not group.reports then
    reap(self, group)
    local parameters, reports = group.parameters, group.reports
    group.parameters, group.reports = nil, nil
    return parameters, reports
  end
  return group.parameters, group.reports
end

-- The model with what a point has in place of its l2 and dropout.
local function model_of(model, point)
  local l2 = point.l2 or model.l2
  local dropout = point.dropout or model.dropout
  if l2 == model.l2 and dropout == model.dropout then return model end
  if not model.hidden then return core.train.model.linear { l2 = l2 } end
  return core.train.model.mlp {
    hidden = model.hidden, activation = model.activation,
    initialisation = model.initialisation, bias = model.bias,
    dropout = dropout, l2 = l2,
  }
end

--- The fits of all points, in their order; of a finished job, unless it was
-- cancelled: then those of the groups that had begun.
function Job:fits()
  local all = {}
  for _, group in ipairs(self.groups) do
    local parameters, reports = known(self, group)
    for i, position in ipairs(group.positions) do
      all[position] = parameters and fits.new({
        model = model_of(group.model, group.points[i]),
        features = self.data.features,
        outputs = self.outputs,
        kind = self.kind,
        classes = self.data.classes,
        counts = self.data.counts,
        names = self.data.names,
        recipe = self.data.recipe,
        shift = self.shift,
        scale = self.scale,
        precision = group.precision,
      }, group.points[i], parameters:row(i):copy(), reports[i])
    end
  end
  return all
end

-- The group of a point, and its position there.
local function find(self, i)
  for _, group in ipairs(self.groups) do
    for at, position in ipairs(group.positions) do
      if position == i then return group, at end
    end
  end
end

--- For studies: how one point ended.
function Job:report(i)
  local group, at = find(self, i)
  local _, reports = known(self, group)
  return reports[at]
end

--- For studies: the logits of all points on a data set, [points][n], or
-- [points * outputs][n].
function Job:scores(d)
  local outputs, all = self.outputs, nil
  for _, group in ipairs(self.groups) do
    local scores = core.train.predict(group.model, d.x,
      (known(self, group)), outputs, self.shift, self.scale,
      group.precision)
    if #self.groups == 1 then return scores end
    local _, n = scores:shape()
    all = all or core.array.zeros(#self.points * outputs, n, group.precision)
    for i, position in ipairs(group.positions) do
      for o = 1, outputs do
        local from = scores:row((i - 1) * outputs + o)
        local to = all:row((position - 1) * outputs + o)
        for j = 1, n do to[j] = from[j] end
      end
    end
  end
  return all
end

-- -------------------------------------------------------------- checkpoints

--- The state of the job between two slices, as bytes. A job of the same options
-- with resume = bytes goes on from there, on the same kind of machine with the
-- same bits.
function Job:checkpoint()
  check_open(self)
  local state = { format = FORMAT, current = self.current, done = {} }
  for i = 1, self.current - 1 do
    local group = self.groups[i]
    state.done[i] = {
      parameters = group.parameters, reports = group.reports,
      fingerprint = group.fingerprint,
    }
  end
  local group = self.groups[self.current]
  if group then
    state.trainer = group.trainer:save()
    state.watched = group.watch and group.watch.points or nil
  end
  return pack.pack(state)
end

--- Gives the job's memory back; its fits stay.
function Job:close()
  self.closed = true
  for _, group in ipairs(self.groups) do
    if group.trainer then
      if not group.reports then reap(self, group) end
      group.trainer:close()
    end
  end
end

Job.__close = Job.close
Job.__metatable = "neap.Job"

function Job:__tostring()
  local count = #self.points
  return ("neap.Job (%d point%s, %s)"):format(count, count == 1 and "" or "s",
    self.closed and "closed"
      or ("%.0f %% done"):format(100 * self:progress().fraction))
end

arguments.methods("neap.Job", Job, Job, {
  step = "seconds?: seconds", progress = "", cancel = "", checkpoint = "",
  fits = "", close = "",
})

return Job
