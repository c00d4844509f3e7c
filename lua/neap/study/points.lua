--- What a run trains: the points of the search, then the baselines.
local baselines = require "neap.baselines"
local core = require "neap.core"
local spec = require "neap.study.spec"
local train = require "neap.train"

local M = {}

-- A point's parameters as a function sees them: to read, under their names.
local function guarded_params(study, p)
  local names = study.spec.search.names
  return setmetatable({}, {
    __index = function(_, key)
      local value = p[key]
      if value ~= nil then return value end
      for _, name in ipairs(names) do
        if name == key then return nil end
      end
      local near = type(key) == "string" and core.nearest(key, names)
      error(("there is no parameter '%s'; the search has %s%s"):format(
        tostring(key), table.concat(names, ", "),
        near and ("; did you mean '%s'?"):format(near) or ""), 2)
    end,
    __newindex = function() error("a point's parameters can't be set", 2) end,
    __pairs = function() return next, p, nil end,
  })
end

-- The model, optimizer or loss of a point: given, or made by a function.
local function value_of(study, key, p, training)
  local value, kind = study.spec[key], spec.options[key].type
  if type(value) ~= "function" then return value end
  local made = value(guarded_params(study, p), training)
  if getmetatable(made) == kind or made == nil and key ~= "loss" then
    return made
  end
  error(("the study's %s function returned a %s; wanted a %s"):format(key,
    type(made), kind), 0)
end

-- Whether points differ in more than their loss: baselines train as the first.
local function is_mixed(list)
  for _, point in ipairs(list) do
    if tostring(point.model) ~= tostring(list[1].model)
      or tostring(point.optimizer) ~= tostring(list[1].optimizer) then
      return true
    end
  end
  return false
end

local function point_of(study, label, training)
  local p = study.points[label]
  local model = value_of(study, "model", p, training)
    or core.train.model.linear {}
  local point = {
    model = model,
    loss = value_of(study, "loss", p, training),
    optimizer = value_of(study, "optimizer", p, training)
      or train.default_optimizer(model),
  }
  if point.loss.kind ~= "binary" then
    error(("studies compare losses of two classes by one logit; %s is one "
      .. "of classes"):format(point.loss.name), 0)
  end
  return point
end

--- The trained points of a run.
-- @param labels the numbers of the points; nil: all
-- @return a list of { loss =, optimizer =, model = }: first those of the
--   labels, then what the baselines need; and the labels
function M.of(study, training, labels)
  local list = {}
  if not labels then
    labels = {}
    for i = 1, #study.points do labels[i] = i end
  end
  for i, label in ipairs(labels) do
    list[i] = point_of(study, label, training)
  end
  study.mixed = study.mixed or is_mixed(list)
  if study.spec.baselines == "standard" then
    local first = labels[1] == 1 and list[1] or point_of(study, 1, training)
    for _, point in ipairs(baselines.points(first)) do
      list[#list + 1] = point
    end
  end
  return list, labels
end

return M
