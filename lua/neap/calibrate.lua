--- Calibration of a fit: what turns its logits into logits of probabilities.
local core = require "neap.core"
local options = require "neap.options"

local M = {}

local methods = {}

-- Each method has fit(logits, data, fit) -> step, and apply(step, logits),
-- which writes into the logits. A step is what is kept: plain numbers and
-- arrays.

-- eta of the loss's minimiser: of two classes for any binary loss, of more for
-- cross_entropy and softmax_focal.
methods.inverse_focal = {
  needs_data = false,
  fit = function(_, _, fit)
    local counts = core.array.array(fit.counts)
    return { loss = fit.loss, counts = core.array.freeze(counts),
      classes = fit.classes }
  end,
  apply = function(step, logits)
    return core.calibration.invert(logits, step.loss, step.counts,
      step.classes)
  end,
}

methods.temperature = {
  needs_data = true,
  fit = function(logits, d)
    return { temperature = core.calibration.temperature(logits, d.codes,
      d.weights) }
  end,
  apply = function(step, logits)
    return core.calibration.apply_line(logits, 1 / step.temperature, 0)
  end,
}

methods.platt = {
  needs_data = true,
  binary = true,
  fit = function(logits, d)
    local slope, intercept = core.calibration.platt(logits, d.y, d.weights)
    return { slope = slope, intercept = intercept }
  end,
  apply = function(step, logits)
    return core.calibration.apply_line(logits, step.slope, step.intercept)
  end,
}

methods.isotonic = {
  needs_data = true,
  binary = true,
  fit = function(logits, d)
    local knots, values = core.calibration.isotonic(logits, d.y, d.weights)
    return { knots = core.array.freeze(knots),
      values = core.array.freeze(values) }
  end,
  apply = function(step, logits)
    return core.calibration.apply_isotonic(logits, step.knots, step.values)
  end,
}

local spec = {
  data = { "any" },
  method = { "choice", required = true,
    names = { "inverse_focal", "temperature", "platt", "isotonic" } },
}

local function check_data(fit, d, method)
  if d == nil and not methods[method].needs_data then return end
  if getmetatable(d) ~= "neap.Data" then
    options.refuse("calibrate", ("data is %s; %s wants a data set to be "
      .. "fitted on"):format(d == nil and "missing" or options.show(d), method))
  end
  local same = #d.classes == #fit.classes
  for c = 1, #fit.classes do
    same = same and d.classes[c] == fit.classes[c]
  end
  if not same then
    options.refuse("calibrate", ("data has the classes %s; the fit has %s")
      :format(table.concat(d.classes, ", "), table.concat(fit.classes, ", ")))
  end
end

--- Fits a step of calibration.
-- @param fit whose logits are calibrated
-- @param given { method =, data = }
-- @return a step
function M.fit(fit, given)
  local o = options.read("calibrate", given, spec)
  local method = methods[o.method]
  check_data(fit, o.data, o.method)
  if fit.loss.kind == "real" then
    options.refuse("calibrate", "the fit predicts numbers, no classes")
  elseif fit.kind ~= "classes" and fit.outputs > 1 then
    options.refuse("calibrate", "the fit has several labels; wanted classes")
  elseif method.binary and fit.outputs > 1 then
    options.refuse("calibrate", ("%s is for losses of one logit and the "
      .. "fit has %d; wanted temperature or inverse_focal"):format(o.method,
      fit.outputs))
  end
  local logits = method.needs_data and fit:logits(o.data)
  local step = options.call("calibrate", 1, method.fit, logits, o.data,
    fit)
  step.method = o.method
  if not method.needs_data then -- a loss without a map is told now
    local row = fit.outputs > 1 and core.array.zeros(1, fit.outputs)
      or core.array.zeros(1)
    options.call("calibrate", 1, method.apply, step, row)
  end
  return step
end

--- Applies a step to logits, an array [n] or [n][k] of float64, in place.
function M.apply(step, logits)
  methods[step.method].apply(step, logits)
end

return M
