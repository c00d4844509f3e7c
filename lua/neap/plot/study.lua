--- Figures of a study: what Study:figure makes.
local compare = require "neap.verdict.compare"
local core = require "neap.core"
local metrics = require "neap.study.metrics"
local options = require "neap.options"
local plot = require "neap.plot"
local scale = require "neap.plot.scale"
local stats = require "neap.stats"
local verdict = require "neap.verdict"

local M = {}

-- Bad arguments, told to the caller of Study:figure.
local function refuse(message, ...)
  error({ refused = message:format(...) }, 0)
end

-- ----------------------------------------------------- what options stand for

local function metric_of(study, o)
  local metric = o.metric or study.spec.score
  if metrics[metric] then return metric end
  refuse("there is no metric '%s'; there are %s", metric,
    table.concat(options.sorted_keys(metrics.titles), ", "))
end

-- The values of a parameter as texts, and the place of each.
local function axis_of(study, name, what)
  local values = (study.spec.search.values or {})[name]
  if not values then
    refuse("%s is '%s'; the parameters are %s", what, name,
      table.concat(study.spec.search.names, ", "))
  end
  local axis = { label = name, values = {}, raw = values, at = {} }
  for i, value in ipairs(values) do
    axis.values[i], axis.at[value] = scale.parameter(value), i
  end
  return axis
end

-- The row that differences are to; nil for none. Without a word about it, that
-- of cross-entropy where the study has one.
local function baseline_of(study, o)
  if o.against == false then return nil end
  local row = study.by_label[o.against or "cross-entropy"]
  if row and row.kind == "baseline" or not (row or o.against) then
    return row
  end
  refuse("against is %s, which is no baseline", options.show(o.against))
end

-- What a metric of a point is over the runs, less that of a baseline or not:
-- positive is better of differences. { mean =, low =, high = }
local function estimate(study, row, base, metric)
  local sign, list = metrics[metric].sign, {}
  for run = 1, #study.runs do
    local value = row.values[metric][run]
    list[run] = base and sign * (value - base.values[metric][run]) or value
  end
  return stats.paired(list, study:correction())
end

-- Whether a 95 % interval lies on one side of 0.
local function excludes_zero(gain)
  return gain.low ~= nil and (gain.low > 0 or gain.high < 0)
end

local function title_of(metric, base)
  local title = verdict.titles[metric]
  if not base then return title end
  return ("%s: %s %s"):format(title, metrics[metric].falls and "fall from"
    or "difference to", base.label)
end

-- ---------------------------------------------------------------- the kinds

local kinds = {}

-- Where a study has more than two parameters, a cell is its best point.
local function fill(study, figure, base, metric)
  local sign = base and 1 or metrics[metric].sign
  for _, row in ipairs(study.rows) do
    local point = row.kind == "point" and study.points[row.label]
    local i = point and figure.y.at[point[figure.y.label]]
    local j = point and figure.x.at[point[figure.x.label]]
    if i and j then
      local found = estimate(study, row, base, metric)
      local value, old = found.mean, figure.cells[i][j]
      if value == value and (not old or sign * value > sign * old) then
        figure.cells[i][j] = value
        figure.marks[i][j] = base and excludes_zero(found) or false
      end
    end
  end
end

--- A heatmap.
-- @param o { x =, y =, metric = or nil, against = or nil }, see Study:figure
function M.heatmap(study, o)
  if o.x == o.y then refuse("x and y are both '%s'", o.x) end
  local metric, base = metric_of(study, o), baseline_of(study, o)
  local x, y, cells = axis_of(study, o.x, "x"), axis_of(study, o.y, "y"), {}
  for i = 1, #y.values do cells[i] = {} end
  local figure = plot.figure {
    kind = "heatmap", title = title_of(metric, base), x = x, y = y,
    cells = cells, diverging = base and true or false,
    mark_means = base and "the 95 % interval excludes 0" or nil,
  }
  fill(study, figure, base, metric)
  return figure
end

local against = { "types", "string", "boolean",
  wanted = "a baseline's label, or false" }

kinds.heatmap = {
  options = {
    x = { "string", required = true }, y = { "string", required = true },
    metric = { "string" }, against = against,
  },
  make = M.heatmap,
}

-- The points that differ from another in one parameter alone, by its values.
local function slice_of(study, x, at)
  local list = {}
  for _, row in ipairs(study.rows) do
    local point, fits = row.kind == "point" and study.points[row.label], true
    for _, name in ipairs(study.spec.search.names) do
      fits = fits and point and (name == x or point[name] == at[name])
    end
    if fits then list[#list + 1] = { point[x], row } end
  end
  return list
end

kinds.slice = {
  options = {
    x = { "string", required = true }, metric = { "string" },
    against = against, at = { "table" },
  },
  make = function(study, o)
    local metric, base = metric_of(study, o), baseline_of(study, o)
    axis_of(study, o.x, "x")
    local best = verdict.best(study)
    if not (o.at or best) then refuse("no point has a score in every run") end
    local at, points, left_out = o.at or best.params, {}, {}
    for _, of in ipairs(slice_of(study, o.x, at)) do
      local found = estimate(study, of[2], base, metric)
      if type(of[1]) == "number" then
        points[#points + 1] = { of[1], found.mean, found.low, found.high }
      else
        left_out[#left_out + 1] = ("%s %s: %.4f"):format(o.x,
          scale.parameter(of[1]), found.mean)
      end
    end
    table.sort(points, function(a, b) return a[1] < b[1] end)
    local held = {}
    for _, name in ipairs(study.spec.search.names) do
      if name ~= o.x then
        held[#held + 1] = name .. " " .. scale.parameter(at[name])
      end
    end
    return plot.figure {
      kind = "lines", title = title_of(metric, base),
      x = { label = o.x }, y = { label = verdict.titles[metric] },
      series = { { label = #held > 0 and table.concat(held, ", ")
        or o.x, points = points, dots = true } },
      note = "Band: 95 % interval. " .. table.concat(left_out, "; "),
    }
  end,
}

--- What the best point gains on each baseline, and focusing on weighting.
-- @param v the study's verdict
function M.forest(study, v)
  local rows, compared = {}, {}
  local function add(label, gain, is_remedy)
    local row = { label = label, mean = gain and gain.mean,
      low = gain and gain.low, high = gain and gain.high }
    rows[#rows + 1] = row
    if is_remedy then compared[#compared + 1] = row end
  end
  local best = verdict.best(study)
  local name = best and verdict.show_point(study, best.index) or ""
  if v.focus then
    add("best gamma > 0 over best gamma 0", v.focus.gain, true)
  end
  for _, remedy in ipairs(v.remedies) do
    add("best point over " .. remedy.label, remedy.gain, remedy.is_remedy)
  end
  -- The oracle and the constant are far off: the range is that of the others.
  local low, high = scale.of_intervals(compared)
  return plot.figure {
    kind = "intervals", rows = rows,
    title = ("%s: gains%s"):format(metrics.gain_title(study.spec.score),
      name ~= "" and (", best point %s"):format(name) or ""),
    x = { label = "gain, 95 % interval", low = low, high = high },
  }
end

kinds.forest = {
  options = {},
  make = function(study) return M.forest(study, study:verdict()) end,
}

local parts_of_gain = {
  "ranking", "threshold", "refinement", "calibration", "optimisation",
  "regularisation",
}

--- Where the best point's gain over cross-entropy comes from.
-- @param split of a verdict
function M.split(split)
  local rows = { { label = "gain", mean = split.gain.mean,
    low = split.gain.low, high = split.gain.high } }
  for _, name in ipairs(parts_of_gain) do
    local part = split[name]
    if part then
      rows[#rows + 1] = { label = name, mean = part.mean, low = part.low,
        high = part.high }
    end
  end
  return plot.figure {
    kind = "intervals", bars = true, rows = rows,
    title = ("%s: where the gain over cross-entropy comes from"):format(
      metrics.gain_title(split.metric)),
    x = { label = "gain, 95 % interval" },
  }
end

kinds.split = {
  options = { metric = { "choice", default = "score",
    names = { "score", "f1", "log_loss" } } },
  make = function(study, o)
    local v = study:verdict()
    local split = v.split and v.split[o.metric]
    if not split then refuse("there is nothing to split") end
    return M.split(split)
  end,
}

kinds.history = {
  options = { metric = { "string" } },
  make = function(study, o)
    local metric, list = metric_of(study, o), {}
    for _, row in ipairs(study.rows) do
      local mean = row.kind == "point"
        and compare.mean_of(row, metric, #study.runs)
      if mean then list[#list + 1] = { row.label, mean } end
    end
    return M.history(list, verdict.titles[metric], metrics[metric].sign,
      "point")
  end,
}

-- The values of all runs at one epoch.
local function at_epoch(curves, epoch)
  local values = {}
  for _, curve in ipairs(curves) do values[#values + 1] = curve[epoch] end
  return values
end

--- The objective of the best point by epoch; nil where nothing was trained by
-- epochs.
function M.training(study)
  local best = verdict.best(study)
  local curves = best and study:curves(best.index) or {}
  local point_of, points = require("neap.plot.curves").point_of, {}
  local values = at_epoch(curves, 1)
  while #values > 0 do
    points[#points + 1] = point_of(#points + 1, values)
    values = at_epoch(curves, #points + 1)
  end
  if #points == 0 then return nil end
  return plot.figure {
    kind = "lines", title = "Training of the best point, "
      .. verdict.show_point(study, best.index),
    x = { label = "epoch" }, y = { label = "objective, nats" },
    series = { { label = "mean over the runs", points = points } },
    note = "Band: one standard deviation either side.",
  }
end

kinds.training = {
  options = {},
  make = function(study)
    return M.training(study) or refuse("nothing was trained by epochs")
  end,
}

for _, kind in ipairs { "roc", "precision_recall", "reliability", "scores" } do
  kinds[kind] = {
    options = {},
    make = function(study)
      return require("neap.plot.curves").of_study(study, { kind })[kind]
    end,
  }
end

--- Values in the order of their numbers, and the best so far.
-- @param list { { number, value }, ... }
-- @param sign 1 where larger is better, -1 where less is
function M.history(list, title, sign, unit)
  local best, most = {}, nil
  table.sort(list, function(a, b) return a[1] < b[1] end)
  for i, of in ipairs(list) do
    if of[2] == of[2] and (not most or sign * of[2] > sign * most) then
      most = of[2]
    end
    best[i] = { of[1], most or 0 / 0 }
  end
  return plot.figure {
    kind = "lines", title = title .. " by " .. unit,
    x = { label = unit }, y = { label = title },
    series = {
      { label = "best so far", points = best, steps = true },
      { label = unit, points = list, dots = "only" },
    },
  }
end

--- See Study:figure.
function M.figure(study, kind, given)
  local of = kinds[kind]
  if not of then
    options.refuse("figure", ("no figure '%s'; there are %s")
      :format(tostring(kind), table.concat(options.sorted_keys(kinds), ", ")))
  end
  local o = options.read("figure", given, of.options, 2)
  if #study.runs == 0 then
    core.blame("the study has no results; call study:run() first")
  end
  local ok, result = pcall(of.make, study, o)
  if ok then return result end
  if type(result) ~= "table" or not result.refused then error(result, 0) end
  options.refuse("figure", ("%s"):format(result.refused), 2)
end

return M
