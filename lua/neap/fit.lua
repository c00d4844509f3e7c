--- A trained point: its weights, and the logits that it gives to rows.
local arguments = require "neap.arguments"
local calibrate = require "neap.calibrate"
local core = require "neap.core"
local export = require "neap.export"
local host_files = require "neap.host_files"
local options = require "neap.options"
local saved = require "neap.saved"

local M = {}

local methods = {}

-- The fields of a fit are kept out of its table, so that a script that writes
-- to one is told.
local fields = setmetatable({}, { __mode = "k" })

local meta = {
  __name = "neap.Fit",
  __metatable = "neap.Fit",
  __index = function(self, key)
    local value = fields[self][key]
    if value ~= nil then return value end
    return methods[key]
  end,
  __newindex = function(_, key)
    core.blame(("a fit never changes; can't set '%s'"):format(tostring(key)))
  end,
  __tostring = function(self)
    local steps = { "" }
    for i, step in ipairs(self.calibration) do steps[i + 1] = step.method end
    return ("neap.Fit (%s, objective %.6g, %s after %d steps%s)")
      :format(tostring(self.loss), self.objective, self.state, self.steps,
        table.concat(steps, ", calibrated by "))
  end,
}

-- A flat row of parameters (each output's weights, then its bias) as weights
-- and bias: [features] and a number, or [k][features] and [k].
local function unpack_linear(parameters, features, outputs)
  if outputs == 1 then
    local weights = core.array.zeros(features)
    for j = 1, features do weights[j] = parameters[j] end
    return weights, parameters[features + 1]
  end
  local weights = core.array.zeros(outputs, features)
  local bias = core.array.zeros(outputs)
  for o = 1, outputs do
    local row, first = weights:row(o), (o - 1) * (features + 1)
    for j = 1, features do row[j] = parameters[first + j] end
    bias[o] = parameters[first + features + 1]
  end
  return weights, bias
end

-- The layers of an mlp, first to last: { weights = [units][inputs],
-- bias = [units] } each.
local function unpack_layers(parameters, features, hidden, outputs)
  local layers, at, inputs = {}, 0, features
  for l = 1, #hidden + 1 do
    local units = hidden[l] or outputs
    local weights = core.array.zeros(units, inputs)
    local bias = core.array.zeros(units)
    for o = 1, units do
      local row = weights:row(o)
      for j = 1, inputs do row[j] = parameters[at + j] end
      bias[o] = parameters[at + inputs + 1]
      at = at + inputs + 1
    end
    layers[l] = {
      weights = core.array.freeze(weights), bias = core.array.freeze(bias),
    }
    inputs = units
  end
  return layers
end

--- Makes the fit of one point of a finished job; for neap.train.
-- @param job { model =, features =, outputs =, kind =, classes =, names =,
--   recipe =, shift =, scale =, precision = }
-- @param point { loss =, optimizer = }
-- @param parameters a row of the trainer's parameters
-- @param report of the trainer
function M.new(job, point, parameters, report)
  local fit, weights, bias, layers = setmetatable({}, meta), nil, nil, nil
  if job.model.hidden then
    layers = unpack_layers(parameters, job.features, job.model.hidden,
      job.outputs)
  else
    weights, bias = unpack_linear(parameters, job.features, job.outputs)
    core.array.freeze(weights)
    if type(bias) ~= "number" then core.array.freeze(bias) end
  end
  fields[fit] = {
    weights = weights,
    bias = bias,
    layers = layers,
    loss = point.loss,
    optimizer = point.optimizer,
    model = job.model,
    classes = job.classes,
    counts = job.counts,
    names = job.names,
    recipe = job.recipe,
    scaler = job.shift and { shift = job.shift, scale = job.scale } or nil,
    state = report.state,
    converged = report.state == "converged",
    objective = report.objective,
    gradient_norm = report.gradient_norm,
    steps = report.steps,
    history = report.history,
    failed_epoch = report.failed_epoch,
    failed_step = report.failed_step,
    validation = report.validation,
    best_epoch = report.best_epoch,
    stopped_early = report.stopped_early,
    kind = job.kind,
    features = job.features,
    outputs = job.outputs,
    parameters = core.array.freeze(parameters),
    precision = job.precision,
    calibration = {},
  }
  return fit
end

-- A data set must have the columns of the training rows, in their order.
local function check_names(self, d, name)
  for j = 1, math.min(self.features, d.features) do
    if d.names[j] ~= self.names[j] then
      options.refuse(name, ("column %d is '%s'; the fit has '%s' there")
        :format(j, d.names[j], self.names[j]))
    end
  end
end

local function rows_of(self, x, name)
  if getmetatable(x) == "neap.Data" then
    check_names(self, x, name)
    x = x.x
  elseif type(x) == "table" then
    local ok, array = pcall(core.array.array, x)
    if not ok then
      options.refuse(name, array:match("%((.*)%)$") or array)
    end
    x = array
  end
  return x:dtype() == "int32" and x:copy("float64") or x
end

local function shape_text(rows, columns)
  return columns and ("[%d][%d]"):format(rows, columns)
    or ("[%d]"):format(rows)
end

local function check_out(out, n, width, dtype, name)
  local rows, columns = out:shape()
  if rows ~= n or columns ~= width or out:dtype() ~= dtype then
    options.refuse(name, ("out is %s %s; wanted %s %s"):format(out:dtype(),
      shape_text(rows, columns), dtype, shape_text(n, width)), 2)
  elseif core.array.is_frozen(out) then
    options.refuse(name, "out belongs to a data set, a fit or a file, which "
      .. "never changes", 2)
  end
end

local function logits(self, x, out, name)
  x = rows_of(self, x, name)
  local _, features = x:shape()
  if features ~= self.features then
    options.refuse(name, ("rows have %d features; the fit has %d")
      :format(features or 1, self.features))
  end
  local n, width = x:shape(), self.outputs > 1 and self.outputs or nil
  local scaler, steps = self.scaler, self.calibration
  local dtype = #steps > 0 and "float64" or self.precision
  if out then check_out(out, n, width, dtype, name) end
  out = out or core.array.zeros(n, width, dtype)
  core.train.predict_into(self.model, x, self.parameters, self.outputs,
    scaler and scaler.shift, scaler and scaler.scale, self.precision, out)
  for i = 1, #steps do calibrate.apply(steps[i], out) end
  return out
end

--- The logits of rows: raw ones, as they came to training. Those of a
-- calibrated fit are calibrated, too, and float64.
-- @param x a data set, an array [n][features] or rows of numbers
-- @param out an array for the result, of its shape and number type (that of
--   fit.precision); then no garbage is left
-- @return [n], or [n][k] for k classes
function methods:logits(x, out)
  return logits(self, x, out, "logits")
end

--- The probabilities of rows: the sigmoid or softmax of their logits, whatever
-- the loss was.
-- @return [n]: P(class 1), or [n][k]; of several labels [n][labels]
function methods:probabilities(x, out)
  local p = logits(self, x, out, "probabilities")
  if self.kind ~= "classes" then return core.train.sigmoid(p) end
  return core.train.softmax(p)
end

--- Calibrates: a new fit whose probabilities are calibrated, and whose
-- weights and classes are the same. Calibrating it again adds a step.
-- @param given { method = "inverse_focal", "temperature", "platt" or
--   "isotonic", data = rows to fit it on: not the training rows, and not those
--   that it is judged on; inverse_focal needs none }
-- @return a fit; fit.calibration lists the steps
function methods:calibrate(given)
  local step = calibrate.fit(self, given)
  local fit = setmetatable({}, meta)
  local copy, steps = {}, {}
  for key, value in pairs(fields[self]) do copy[key] = value end
  for i, before in ipairs(self.calibration) do steps[i] = before end
  steps[#steps + 1] = step
  copy.calibration = steps
  fields[fit] = copy
  return fit
end

-- ------------------------------------------------------------------- keeping

--- Returns the fit as bytes, for neap.from_saved: scaler, calibration, loss and
-- all, the same on every machine.
function methods:tobytes()
  return saved.pack(fields[self])
end

--- Writes the fit to a file, for neap.load: true, or nil and why. The file is
-- there whole or not at all.
function methods:save(path)
  return host_files.write_text(path, saved.pack(fields[self]))
end

--- Writes the fit as one C99 file without dependencies, whose function
-- NAME_logits gives what fit:logits gives: true, or nil and why.
-- @param name a C identifier; the file's name up to a dot if none is given
function methods:to_c(path, name)
  name = name or path:match("([^/\\]*)$"):match("^[^.]*")
  if not name:match("^[%a_][%w_]*$") then
    options.refuse("to_c", ("name is '%s'; wanted a C identifier"):format(name),
      2)
  elseif self.calibration and #self.calibration > 0 then
    core.blame("bad self (the fit is calibrated; write the one that it was "
      .. "calibrated from)")
  end
  return host_files.write_text(path, export.text(self, name))
end

-- Arrays of a fit never change.
local function freeze(value)
  if core.array.is_array(value) then core.array.freeze(value) end
  if type(value) == "table" then
    for _, part in pairs(value) do freeze(part) end
  end
end

local function revive(bytes)
  local fit = setmetatable({}, meta)
  local all = saved.unpack(bytes)
  freeze(all)
  fields[fit] = all
  return fit
end

--- For neap.from_saved: the fit of bytes.
function M.from_saved(bytes)
  return (options.call("from_saved", 1, revive, bytes))
end

--- For neap.load: the fit of a file, or nil and why it can't be read.
function M.load(path)
  local bytes, why = host_files.read(path)
  if not bytes then return nil, why end
  local ok, fit = pcall(revive, bytes)
  if not ok then return nil, ("%s: %s"):format(path, fit) end
  return fit
end

options.add_type("neap.Data|neap.Fit", meta)
arguments.methods("neap.Fit", meta, methods, {
  logits = "x: rows, out?: neap.Array",
  probabilities = "x: rows, out?: neap.Array",
  calibrate = "given",
  tobytes = "",
  save = "path: string",
  to_c = "path: string, name?: string",
})

return arguments.functions(M, {
  from_saved = "bytes: string", load = "path: string",
})
