--- Figures of losses and of training: neap.plot.loss, share and training.
local arguments = require "neap.arguments"
local core = require "neap.core"
local options = require "neap.options"
local plot = require "neap.plot"

local M = {}

-- So many points make a curve.
local POINTS <const> = 99

local function check_list(list, name, wanted, is)
  if #list == 0 then
    options.refuse(name, ("wanted a list of %s"):format(wanted))
  end
  for i, value in ipairs(list) do
    if not is(value) then
      options.refuse(name, ("element %d is a %s; wanted one of a list of %s")
        :format(i, type(value), wanted))
    end
  end
end

local function is_loss(value)
  return type(value) == "userdata" and getmetatable(value) == "neap.Loss"
end

-- A loss as a legend has it: without the library's name and what is off.
local function name_of(loss)
  return (tostring(loss):gsub("^neap%.", ""):gsub(", alpha = false", ""))
end

--- Losses of a row over the probability of its class (Lin et al. 2017, figure
-- 1), or their gradients.
-- @param losses a list
-- @param given { what = "value" or "gradient" by the margin log(p / (1 - p)),
--   target = the row's class, 1 of two and 0 of more classes }
function M.loss(losses, given)
  check_list(losses, "loss", "losses", is_loss)
  local o = options.read("loss", given, {
    what = { "choice", default = "value", names = { "value", "gradient" } },
    target = { "number", low = 0, high = 2 ^ 31, whole = true },
  }, 2)
  local p, series = {}, {}
  for i = 1, POINTS do p[i] = i / (POINTS + 1) end
  for s, loss in ipairs(losses) do
    local value, gradient = options.call("loss", 2, loss.curve, loss, p,
      o.target)
    local points, curve = {}, o.what == "value" and value or gradient
    for i = 1, POINTS do points[i] = { p[i], curve[i] } end
    series[s] = { label = name_of(loss), points = points }
  end
  return plot.figure {
    kind = "lines",
    title = o.what == "value" and "Loss of a row" or "Gradient of a row's loss",
    x = { label = "probability of its class", low = 0, high = 1 },
    y = { label = o.what == "value" and "loss, nats"
      or "gradient by the logit, nats" },
    series = series,
  }
end

local class_names = { [0] = "negatives", "positives" }

--- The cumulative share of a class's loss, easiest rows first (Lin et al. 2017,
-- figure 4).
-- @param losses a list
-- @param logits, targets of the rows
-- @param given { class = 0 or 1 alone }
function M.share(losses, logits, targets, given)
  check_list(losses, "share", "losses", is_loss)
  local o = options.read("share", given, {
    class = { "number", low = 0, high = 1, whole = true },
  }, 4)
  local hardest, series = {}, {}
  for i = 1, POINTS do hardest[i] = 1 - i / (POINTS + 1) end
  for class = 1, 0, -1 do
    for _, loss in ipairs(o.class and o.class ~= class and {} or losses) do
      local shares = loss:share(logits, targets, hardest)[class]
      if shares then
        local points = { { 0, 0 } }
        for i = 1, POINTS do
          points[i + 1] = { i / (POINTS + 1), 1 - shares[i] }
        end
        points[POINTS + 2] = { 1, 1 }
        series[#series + 1] = { points = points,
          label = ("%s, %s"):format(class_names[class], name_of(loss)) }
      end
    end
  end
  return plot.figure {
    kind = "lines", title = "Cumulative share of the loss",
    x = { label = "share of the class's rows, easiest first", low = 0,
      high = 1 },
    y = { label = "share of the class's loss", low = 0, high = 1 },
    series = series,
  }
end

-- A history as points, from step 1.
local function points_of(history)
  local points = {}
  for i = 1, #history do points[i] = { i, history[i] } end
  return points
end

--- The objective by epoch or iteration, and the validation score where there is
-- one.
-- @param fits a list of neap.train's fits
function M.training(fits)
  check_list(fits, "training", "fits", function(fit)
    return type(fit) == "table" and core.array.is_array(fit.history)
  end)
  local series = {}
  for i, fit in ipairs(fits) do
    local label = ("%d: %s"):format(i, name_of(fit.loss))
    series[#series + 1] = { label = label, points = points_of(fit.history) }
    if fit.validation then
      series[#series + 1] = { label = label .. ", validation",
        points = points_of(fit.validation) }
    end
  end
  return plot.figure {
    kind = "lines", title = "Training", x = { label = "epoch or iteration" },
    y = { label = "objective, nats" }, series = series,
  }
end

return arguments.functions(M, {
  loss = "losses: table, given?",
  share = "losses: table, logits: array, targets: array, given?",
  training = "fits: table",
})
