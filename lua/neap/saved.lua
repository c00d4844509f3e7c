--- Fits as bytes, which any machine and later version reads.
--
-- The bytes are "neap fit 1\n" and a table in the form of neap.pack: the fit's
-- fields, with losses, models and optimizers as tables of their options.
local compat = require "neap.compat"
local core = require "neap.core"
local pack = require "neap.pack"

local M = {}

local FORMAT = "neap fit 1\n"

-- Our objects show their type's name instead of their metatable.
local function type_of(value)
  return type(value) == "userdata" and getmetatable(value) or type(value)
end

-- ------------------------------------------------------------------- losses

-- The options that losses share, as their constructors name them.
local shared = {
  "reduction", "normalizer", "empty", "class_weights", "pos_weight",
  "label_smoothing", "smoothing", "ignore_index", "from", "temperature",
  "logit_adjustment", "prior",
}

local function row_of(name)
  for _, row in ipairs(core.loss.list()) do
    if row.name == name then return row end
  end
end

local describe_loss

local function describe_sum(loss)
  local terms = {}
  for i, term in ipairs(loss.terms) do
    terms[i] = { factor = term[1] or term.factor,
      loss = describe_loss(term[2] or term.loss) }
  end
  return { object = "sum", terms = terms }
end

function describe_loss(loss)
  if loss.terms then return describe_sum(loss) end
  local definition = core.expr.definition(loss)
  local plain = not definition and core.loss[loss.name] {}
    or loss.kind == "classes" and definition:softmax {} or definition {}
  local parameters = (definition or row_of(loss.name)).parameters
  local options = {}
  for _, key in ipairs(shared) do
    local value = loss[key]
    if type(value) == "table" or value ~= plain[key] then
      options[key] = value
    end
  end
  -- pos_weight and class_weights are two names of the same numbers.
  if options.pos_weight then options.class_weights = nil end
  if loss.hessian_mode ~= "exact" then options.hessian = loss.hessian_mode end
  for _, parameter in ipairs(parameters) do
    options[parameter.name] = loss[parameter.name]
  end
  return { object = "loss", name = loss.name, options = options,
    kind = definition and loss.kind }
end

local function make_sum(saved)
  local sum
  for _, term in ipairs(saved.terms) do
    local part = term.factor * M.revive(term.loss)
    sum = sum and sum + part or part
  end
  return sum
end

-- ------------------------------------------------- models and optimizers

local function describe_row(row, object)
  local options = {}
  for _, name in ipairs(row.option_names) do options[name] = row[name] end
  return { object = object, name = row.name, options = options }
end

local makers = {
  loss = function(saved)
    if core.loss[saved.name] then
      return core.loss[saved.name](saved.options)
    end
    local own = require "neap.define".find(saved.name)
    if not own then
      error(("the loss %s is not defined here; define it before the fit is "
        .. "loaded"):format(saved.name), 0)
    end
    return saved.kind == "classes" and own:softmax(saved.options)
      or own(saved.options)
  end,
  sum = make_sum,
  model = function(saved)
    return core.train.model[saved.name](saved.options)
  end,
  optimizer = function(saved)
    return core.train.optimizer[saved.name](saved.options)
  end,
}

--- Returns a value without objects, for pack.
function M.flatten(value)
  local kind = type_of(value)
  if kind == "neap.Loss" then return describe_loss(value) end
  if kind == "neap.Model" then return describe_row(value, "model") end
  if kind == "neap.Optimizer" then return describe_row(value, "optimizer") end
  if kind ~= "table" then return value end
  local flat = {}
  for key, part in pairs(value) do flat[key] = M.flatten(part) end
  return flat
end

--- Returns the value that M.flatten was given.
function M.revive(value)
  if type(value) ~= "table" then return value end
  local maker = makers[value.object]
  if maker then return maker(value) end
  local whole = {}
  for key, part in pairs(value) do whole[key] = M.revive(part) end
  return whole
end

--- Returns the fields of a fit as bytes.
function M.pack(fields)
  return FORMAT .. pack.pack(M.flatten(fields))
end

--- Returns the fields that bytes hold; raises where they are no saved fit.
function M.unpack(bytes)
  if bytes:sub(1, 9) ~= FORMAT:sub(1, 9) then
    error("the bytes are no saved fit", 0)
  elseif bytes:sub(1, #FORMAT) ~= FORMAT then
    error(("the fit was saved in format %s; this neap reads %s"):format(
      bytes:match("^neap fit (%w+)") or "?", FORMAT:match("%d+")), 0)
  end
  local ok, fields = pcall(function()
    return M.revive(pack.unpack(bytes:sub(#FORMAT + 1)))
  end)
  if not ok and fields == compat.rounds then error(fields, 0) end
  if not ok or type(fields) ~= "table" or not fields.parameters then
    error("the saved fit is damaged", 0)
  end
  return fields
end

return M
