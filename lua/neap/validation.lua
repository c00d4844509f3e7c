--- Validation while training: a score at each epoch's end, the best weights
-- kept, and points that got no better for some epochs stopped.
local core = require "neap.core"
local loss_columns = require "neap.loss_columns"

local Watch = {}
Watch.__index = Watch

--- Watches a group of a job.
function Watch.new(job, group)
  local watch = {
    job = job, group = group, rules = job.validation, points = {},
  }
  for i = 1, #group.points do watch.points[i] = { history = {} } end
  return setmetatable(watch, Watch)
end

-- The logits of a point among those of all: [n], or [n][outputs].
local function logits_of(lines, i, outputs)
  if outputs == 1 then return lines:row(i) end
  local _, n = lines:shape()
  local z = core.array.zeros(n, outputs, lines:dtype())
  for o = 1, outputs do
    local line = lines:row((i - 1) * outputs + o)
    for j = 1, n do z:row(j)[o] = line[j] end
  end
  return z
end

-- The score of some logits, and whether more of it is better.
local function score_of(self, point, z)
  local rules, d = self.rules, self.rules.data
  if type(rules.score) == "function" then
    local score = rules.score(z, d)
    if type(score) ~= "number" then
      core.blame(("the validation score is a %s; wanted a number")
        :format(type(score)))
    end
    return score, true
  end
  local dtype = z:dtype()
  if rules.score == "loss" then
    local y = rules.codes or rules.y:copy(dtype)
    local weights = d.weights and d.weights:copy(dtype)
    return point.loss(z, y, weights,
      loss_columns.of(point.loss, d, dtype)), false
  end
  local score, why = core.metric[rules.score](z:copy "float64",
    rules.codes or rules.y, d.weights)
  if not score then
    core.blame(("the validation score %s has no value: %s"):format(rules.score,
      why))
  end
  return score, rules.larger
end

-- An epoch has ended: scores every point that still runs.
function Watch:look()
  local group, job = self.group, self.job
  local _, epoch = group.trainer:paused()
  local lines = core.train.predict(group.model, self.rules.data.x,
    group.trainer:parameters(), job.outputs, job.shift, job.scale,
    group.precision)
  for i, at in ipairs(self.points) do
    if not at.stopped then
      local score, larger = score_of(self, group.points[i],
        logits_of(lines, i, job.outputs))
      at.history[epoch] = score
      local gain = at.best and (larger and score - at.best or at.best - score)
      if score == score and (not at.best or gain > 0) then
        at.best, at.epoch = score, epoch
        group.trainer:keep(i)
      elseif self.rules.patience
        and epoch - (at.epoch or 0) >= self.rules.patience then
        at.stopped = true
        group.trainer:stop(i)
      end
    end
  end
end

--- Adds what was seen of a point to its report.
function Watch:describe(i, report)
  local at = self.points[i]
  report.validation = core.array.freeze(core.array.array(at.history))
  report.best_epoch = at.epoch
  report.stopped_early = at.stopped or false
end

return Watch
