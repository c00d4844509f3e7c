--- What a run trains: the points of the search, then the baselines.
local baselines = require "neap.baselines"
local core = require "neap.core"
local spec = require "neap.study.spec"
local options = require "neap.options"
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
      core.blame(("there is no parameter '%s'; the search has %s%s"):format(
        tostring(key), table.concat(names, ", "),
        near and ("; did you mean '%s'?"):format(near) or ""))
    end,
    __newindex = function() core.blame("a point's parameters can't be set") end,
    __pairs = function() return next, p, nil end,
  })
end

-- The model, optimizer or loss of a point: given, or made by a function.
local function value_of(study, key, p, training)
  local value, kind = study.spec[key], spec.options[key].type
  if type(value) ~= "function" then return value end
  local made = value(guarded_params(study, p), training)
  if options.fits(made, { "object", type = kind })
    or made == nil and key ~= "loss" then
    return made
  end
  core.blame(("the study's %s function returned a %s; wanted a %s"):format(key,
    type(made), kind))
end

-- Whether a point differs from another in more than its loss.
local function differs(point, from)
  return tostring(point.model) ~= tostring(from.model)
    or tostring(point.optimizer) ~= tostring(from.optimizer)
end

local function point_of(study, p, training)
  local model = value_of(study, "model", p, training)
    or core.train.model.linear {}
  local point = {
    model = model,
    loss = value_of(study, "loss", p, training),
    optimizer = value_of(study, "optimizer", p, training)
      or train.default_optimizer(model),
  }
  local kind = point.loss.kind
  if kind ~= "binary" then
    error(("studies compare losses of two classes by one logit; %s is one "
      .. "of %s"):format(point.loss.name, kind == "real" and "numbers" or kind),
      0)
  end
  return point
end

--- The points of a search by their numbers, made when they are first asked for;
-- of one that is adaptive those that have been set.
function M.lazy(search, seed)
  return setmetatable({}, {
    __len = function() return search.size end,
    __index = function(self, index)
      if search.adaptive or math.type(index) ~= "integer" or index < 1
        or index > search.size then
        return nil
      end
      local point = search:point(index, seed)
      rawset(self, index, point)
      return point
    end,
  })
end

--- The first point of the search: what baselines are trained as.
function M.first(study, training)
  return point_of(study, study.first, training)
end

--- The trained points of a run.
-- @param labels the numbers of the points
-- @param with_baselines whether what the baselines need comes after them
-- @return a list of { loss =, optimizer =, model =, differs = true of points
--   that differ from the first one in more than their loss }
function M.of(study, training, labels, with_baselines)
  local list, first = {}, nil
  for i, label in ipairs(labels) do
    list[i] = point_of(study, study.points[label], training)
    if label == 1 then first = list[i] end
  end
  first = first or M.first(study, training)
  for _, point in ipairs(list) do
    point.differs = differs(point, first) or nil
  end
  if with_baselines then
    for _, point in ipairs(baselines.points(first)) do
      list[#list + 1] = point
    end
  end
  return list
end

return M
