--- A study that compares losses as neap.store.export writes it: all numbers of
-- all stages.
local keep = require "neap.study.keep"
local metrics = require "neap.study.metrics"
local verdict = require "neap.verdict"

local Export = {}
Export.__index = Export

local stages = { "points", "confirmed", "longer", "retuned", "held_out" }

local function add_run(list, stage, where, positives, metric, value, step)
  list[#list + 1] = {
    stage = stage, dataset = where.dataset, ["repeat"] = where["repeat"],
    fold = where.fold, positives = positives, step = step, metric = metric,
    value = value,
  }
end

-- All that a row has in a stage.
local function add_scores(list, stage, sheet, row)
  for run, of in ipairs(sheet.runs) do
    keep.each_number(row, run, function(name, value)
      add_run(list, stage, of.where, of.positives, name, value)
    end)
  end
  if row.pooled then
    add_run(list, stage, {}, nil, "pooled", row.pooled)
  end
end

local function add_curves(study, list, label)
  for run, curve in pairs(study:curves(label) or {}) do
    for step = 1, #curve do
      add_run(list, "points", study.runs[run].where, nil, "objective",
        curve[step], step)
    end
  end
end

local function scores_of(study, label)
  local list = {}
  for _, stage in ipairs(stages) do
    local sheet = stage == "points" and study or study[stage]
    local row = sheet and sheet.by_label[label]
    if row then add_scores(list, stage, sheet, row) end
  end
  return list
end

--- The names of the parameters.
function Export:param_names()
  return self.study.spec.search.names
end

--- Calls a function with each point, by its trial's number, then with each
-- baseline.
function Export:each(call)
  local study, rows, order = self.study, {}, {}
  for i, row in ipairs(study.rows) do
    -- Baselines, which have no number, stay in their order after the points.
    rows[i], order[row] = row, row.number or math.maxinteger - #study.rows + i
  end
  table.sort(rows, function(a, b) return order[a] < order[b] end)
  for _, row in ipairs(rows) do
    local scores = scores_of(study, row.label)
    if row.kind == "baseline" then
      call { baseline = row.label, state = "COMPLETE", params = {},
        scores = scores }
    else
      add_curves(study, scores, row.label)
      local mean = verdict.mean_of(row, study.spec.score, #study.runs)
      call {
        number = row.number, state = mean and "COMPLETE" or "FAIL",
        params = study.points[row.label], value = mean, scores = scores,
      }
    end
  end
end

--- A study to write.
return function(study)
  local metric = study.spec.score
  return setmetatable({
    study = study, name = study.session.name,
    direction = metrics[metric].falls and "minimize" or "maximize",
  }, Export)
end
